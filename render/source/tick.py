"""Tick files. What one file of a take's negative holds, proven by its hash: the canvas of a tick, and the tensors of its state.

Reading them is all that this room does with takes: a film may begin with the picture on which another one ended.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from render.errors import MissingError
from render.inputs import NEGATIVE as TICK
from render.inputs import open_file, plain

NEGATIVE = "negative"  # the folder of a take's dreams
FORMAT = 1  # of a file; another one is not read
CANVAS = "canvas"  # the name of its tensor
WITHIN = "within"  # where a state lies: in its tick's file; else the hash of the file that holds it is said
UNSEALED = "0" * 64  # stands where the hash will, while the file is hashed
SEAL = re.compile(rb'"negative":"format (\d+), tick (\d+), state (\w+), sha256 ([0-9a-f]{64})"')
HEAD = 256  # bytes at the beginning of a file among which its seal lies

Canvas = NDArray[np.uint16]
Arrays = dict[str, NDArray[Any]]


class DamageError(Exception):
    """A file is not as it was written, or of another tick or format."""


def tick_path(folder: Path, number: int) -> Path:
    """The file of a tick in the folder of a negative."""
    return folder / f"tick-{number:06}.safetensors"


def tick_numbers(folder: Path, kind: str = "tick") -> dict[int, Path]:
    """The files of ticks (or, of kind "state", of large states) in the folder of a negative, by their numbers.

    Raises OSError where the folder is there and cannot be looked into: it is not empty because of that.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found = map(re.compile(rf"{kind}-(\d+)\.safetensors").fullmatch, names)
    return {int(name[1]): folder / name[0] for name in found if name}


def tick_count(folder: Path, first: int = 0) -> int:
    """How many ticks there are in the folder of a negative, from the first to before a gap; some may be damaged."""
    numbers = tick_numbers(folder)
    return next(count for count in range(len(numbers) + 1) if first + count not in numbers)


@dataclass(frozen=True)
class Sealed:
    """What one file holds, proven by its hash."""

    arrays: Arrays
    state: str  # WITHIN, or the hash of the file where the tick's state lies
    hash: str  # SHA-256 of the whole file with UNSEALED in its place, as hexadecimal digits

    @classmethod
    def read(cls, path: Path, tick: int) -> Sealed:
        """Raises DamageError or OSError."""
        return cls.of(read_sealed(path), tick)

    @classmethod
    def of(cls, content: bytes, tick: int) -> Sealed:
        """What such a file's bytes hold. Raises DamageError."""
        seal = SEAL.search(content[:HEAD])
        if not seal or (int(seal[1]), int(seal[2])) != (FORMAT, tick):
            raise DamageError
        state, digest, (start, end) = seal[3].decode(), seal[4].decode(), seal.span(4)
        proof = sha256(memoryview(content)[:start])
        proof.update(UNSEALED.encode())
        proof.update(memoryview(content)[end:])
        if proof.hexdigest() != digest:
            raise DamageError
        try:
            return cls(load(content), state, digest)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:  # made by someone who knows how to seal
            raise DamageError from error

    @property
    def canvas(self) -> Canvas:
        """The canvas, uint16 [H, W, 3]. Raises DamageError where there is none."""
        canvas = self.arrays.get(CANVAS)
        if canvas is None or canvas.dtype != np.uint16 or canvas.shape[2:] != (3,):
            raise DamageError
        return canvas


def read_sealed(path: Path) -> bytes:
    """The bytes of a tick's file, unproven. Raises DamageError for what is none, or OSError."""
    _require_tick(path)
    return path.read_bytes()


def hash_in(path: Path) -> str:
    """The hash that a file says it has, without a look at what it holds. Raises DamageError where there is none."""
    with open_file(path, TICK) as file:
        seal = SEAL.search(file.read(HEAD))
    if not seal:
        raise DamageError
    return seal[4].decode()


def _require_tick(path: Path) -> None:
    """Raises DamageError for a device, or a file far larger than a tick; OSError for one that the system does not show."""
    try:
        plain(path, TICK)
    except MissingError as error:
        if isinstance(error.__cause__, OSError):  # a disk that falters damages no tick
            raise error.__cause__ from None
        raise DamageError from error


def seal(tick: int, arrays: Arrays, state: str = WITHIN) -> tuple[bytearray, str]:
    """A file's bytes, and the hash in them."""
    content = bytearray(save(arrays, {"negative": f"format {FORMAT}, tick {tick}, state {state}, sha256 {UNSEALED}"}))
    digest = sha256(content).hexdigest()
    start = content.index(UNSEALED.encode())
    content[start : start + len(digest)] = digest.encode()
    return content, digest
