"""The negative: checkpoint and frame store of a film, a file for each dreamed tick.

    tick-000000.safetensors  tick-000001.safetensors  …  tick-000123.safetensors

A tick's file holds its canvas, which the fold rounds to 16 bits, so that what is stored *is* the picture, and the tensors of
its state, so that resuming is reading. Over footage and in droste films a state has twice its canvas's bytes; such ones lie in
files of their own, `state-even`, `state-odd` and every STRIDE-th tick's, so that a negative is little larger than its pictures.

Each file is written beside its place and renamed when the disk has it: a kill, or a power cut, costs the tick at work and no
other. Each holds the SHA-256 of all its bytes, so that a damaged one is never taken for a tick.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor, from_numpy

from render.develop import files
from render.errors import DevelopError, MissingError, unopened
from render.inputs import NEGATIVE, plain

FORMAT = 1  # of a file; another one is not read
STRIDE = 16  # ticks from a large state that stays to the next: 0.75 bytes a pixel, and damage costs so many ticks at most
LARGE = 0.5  # of its canvas's bytes: a larger state lies in a file of its own
CANVAS = "canvas"  # the name of its tensor
WITHIN = "within"  # where a state lies: in its tick's file; else the hash of the file that holds it is said
UNSEALED = "0" * 64  # stands where the hash will, while the file is hashed
SEAL = re.compile(rb'"negative":"format (\d+), tick (\d+), state (\w+), sha256 ([0-9a-f]{64})"')
HEAD = 256  # bytes at the beginning of a file among which its seal lies

Canvas = NDArray[np.uint16]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Kept:
    """A tick as it was stored."""

    tick: int
    canvas: Canvas  # [H, W, 3]
    tensors: dict[str, Tensor]  # of its state, on the CPU


class Negative:
    """The folder of a take's negative, to read from and to go on with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._newest: int | None = None  # tick last kept by this object

    def last(self) -> Kept | None:
        """The newest tick to go on from, or None: one that is damaged, or lacks its state, is passed over for the one before.

        Raises MissingError where a file cannot be read: what is safe is not dreamed again because a disk falters.
        """
        for tick in reversed(range(self._count())):
            try:
                return self._kept(tick)
            except (_DamageError, FileNotFoundError):
                continue
            except OSError as error:
                raise MissingError(f"{self._tick(tick)}: {_unread(error)}") from error
        return None

    def read(self, tick: int) -> Canvas:
        """The canvas of one tick, uint16 [H, W, 3]. Raises MissingError if it is gone, DevelopError if it is damaged."""
        path = self._tick(tick)
        try:
            return _canvas(_Sealed.read(path, tick))
        except _DamageError:
            raise DevelopError(f"{path}: damaged; delete it and render again from there") from None
        except OSError as error:
            kind = MissingError if unopened(error) else DevelopError
            raise kind(f"{path}: {_unread(error)}") from error

    def ticks(self, start: int = 0, step: int = 1) -> Iterator[Canvas]:
        """The canvases from tick `start` to the last, or with step -1 to tick 0. Raises as `read`, and MissingError if none."""
        count = self._count()
        if not count:
            raise MissingError(f"{self.folder}: there are no dreams here")
        return map(self.read, range(start, count if step > 0 else -1, step))

    def keep(self, tick: int, canvas: Canvas, tensors: Mapping[str, Tensor]) -> None:
        """Store the next tick: its canvas uint16 [H, W, 3] and the tensors of its state. It is safe when this returns.

        Raises RoomError where the disk is full, MissingError where the folder cannot be written or the tick before is gone.
        """
        if self._newest is not None and tick != self._newest + 1:
            raise ValueError(f"tick {tick} after tick {self._newest}")
        if tick and not self._tick(tick - 1).exists():  # the folder may have gone, and would be made again
            raise MissingError(f"{self.folder}: the dreams before number {tick + 1} are gone")
        if self._newest is None:
            self._forget(tick)
        canvas = np.ascontiguousarray(canvas)  # safetensors takes bytes as they lie
        state = {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in tensors.items()}
        if sum(array.nbytes for array in state.values()) <= LARGE * canvas.nbytes:
            _write(self._tick(tick), tick, {CANVAS: canvas, **state})
        else:  # first the state: a tick without one would not be a place to go on from
            _write(self._tick(tick), tick, {CANVAS: canvas}, _write(self._state(tick), tick, state))
        self._newest = tick

    def count(self) -> int:
        """How many ticks there are, from the first to before a gap; some may turn out to be damaged."""
        return self._count()

    def begin_in(self, folder: Path, ticks: int) -> None:
        """Begin another negative with the first `ticks` of this one: as links, or as copies where the disk knows no links.

        No file of a negative is ever written to, only replaced, so neither of the two can spoil the other.
        """
        folder.mkdir()
        states = {number: path for number, path in self._numbered("state").items() if number < ticks}
        near = [path for number in (0, 1) if (path := self._state(number)).exists()]  # even and odd: maybe of later ticks
        for path in (*map(self._tick, range(ticks)), *states.values(), *near):
            _link(path, folder / path.name)

    def drop(self, tick: int) -> None:
        """Take the tick and all after it out of the negative."""
        self._forget(tick)

    def _kept(self, tick: int) -> Kept:
        """Raises _DamageError, or OSError where one of its files is gone or cannot be read."""
        sealed = _Sealed.read(self._tick(tick), tick)
        state = sealed if sealed.state == WITHIN else _Sealed.read(self._state(tick), tick)
        if state is not sealed and state.hash != sealed.state:
            raise _DamageError
        tensors = {name: from_numpy(array) for name, array in state.arrays.items() if name != CANVAS}
        return Kept(tick, _canvas(sealed), tensors)

    def _forget(self, tick: int) -> None:
        """Remove what was passed over: nothing may follow a tick that is dreamed now."""
        with files.refusals(self.folder):
            for kind in ("tick", "state"):
                for number, path in self._numbered(kind).items():
                    if number >= tick:
                        path.unlink(missing_ok=True)

    def _count(self) -> int:
        """How many ticks there are, from the first to before a gap."""
        numbers = self._numbered("tick")
        return next(count for count in range(len(numbers) + 1) if count not in numbers)

    def _numbered(self, kind: str) -> dict[int, Path]:
        found = {path.stem.removeprefix(f"{kind}-"): path for path in self.folder.glob(f"{kind}-*.safetensors")}
        return {int(number): path for number, path in found.items() if number.isdecimal()}

    def _tick(self, number: int) -> Path:
        return self.folder / f"tick-{number:06}.safetensors"

    def _state(self, number: int) -> Path:
        """Where the large state of that tick lies: it takes the place of the one before the last, never of the last."""
        name = ("even", "odd")[number % 2] if (number + 1) % STRIDE else f"{number:06}"
        return self.folder / f"state-{name}.safetensors"


# ---- a file


class _DamageError(Exception):
    """A file is not as it was written, or of another tick or format."""


@dataclass(frozen=True)
class _Sealed:
    """What one file holds, proven by its hash."""

    arrays: Arrays
    state: str  # WITHIN, or the hash of the file where the tick's state lies
    hash: str  # SHA-256 of the whole file with UNSEALED in its place, as hexadecimal digits

    @classmethod
    def read(cls, path: Path, tick: int) -> _Sealed:
        """Raises _DamageError or OSError."""
        if path.exists() and _is_no_tick(path):
            raise _DamageError
        content = path.read_bytes()
        seal = SEAL.search(content[:HEAD])
        if not seal or (int(seal[1]), int(seal[2])) != (FORMAT, tick):
            raise _DamageError
        state, digest, (start, end) = seal[3].decode(), seal[4].decode(), seal.span(4)
        proof = sha256(memoryview(content)[:start])
        proof.update(UNSEALED.encode())
        proof.update(memoryview(content)[end:])
        if proof.hexdigest() != digest:
            raise _DamageError
        try:
            return cls(load(content), state, digest)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:  # made by someone who knows how to seal
            raise _DamageError from error


def _is_no_tick(path: Path) -> bool:
    """Whether the file is a device, or far larger than a tick."""
    try:
        plain(path, NEGATIVE)
    except MissingError:
        return True
    return False


def _write(path: Path, tick: int, arrays: Arrays, state: str = WITHIN) -> str:
    """Write a sealed file, whole or not at all; its hash."""
    content = bytearray(save(arrays, {"negative": f"format {FORMAT}, tick {tick}, state {state}, sha256 {UNSEALED}"}))
    digest = sha256(content).hexdigest()
    start = content.index(UNSEALED.encode())
    content[start : start + len(digest)] = digest.encode()
    files.write(path, content)
    return digest


def _link(path: Path, place: Path) -> None:
    """The same file under a second name, or a copy of it."""
    try:
        os.link(path, place)
    except OSError:  # disks refuse links in many ways
        shutil.copyfile(path, place)


def _canvas(sealed: _Sealed) -> Canvas:
    canvas = sealed.arrays.get(CANVAS)
    if canvas is None or canvas.dtype != np.uint16 or canvas.shape[2:] != (3,):
        raise _DamageError
    return canvas


def _unread(error: OSError) -> str:
    return unopened(error) or f"cannot be read: {error.strerror or error}"
