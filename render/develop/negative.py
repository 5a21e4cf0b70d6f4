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
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor, from_numpy

from render.develop import files
from render.errors import DevelopError, MissingError, unopened
from render.inputs import NEGATIVE, plain
from render.source.tick import CANVAS, WITHIN, Arrays, Canvas, DamageError, Sealed, seal, tick_count, tick_numbers, tick_path

STRIDE = 16  # ticks from a large state that stays to the next: 0.75 bytes a pixel, and damage costs so many ticks at most
LARGE = 0.5  # of its canvas's bytes: a larger state lies in a file of its own


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
        kept = (self.at(tick) for tick in reversed(range(self.count())))
        return next(filter(None, kept), None)

    def at(self, tick: int) -> Kept | None:
        """That tick with its state, or None: it is damaged, or its state is no longer there. Raises MissingError as `last`."""
        try:
            return self._kept(tick)
        except (DamageError, FileNotFoundError):
            return None
        except OSError as error:
            raise MissingError(f"{self._tick(tick)}: {_unread(error)}") from error

    def read(self, tick: int) -> Canvas:
        """The canvas of one tick, uint16 [H, W, 3]. Raises MissingError if it is gone, DevelopError if it is damaged."""
        path = self._tick(tick)
        try:
            return Sealed.read(path, tick).canvas
        except DamageError:
            raise DevelopError(f"{path}: damaged; delete it and render again from there") from None
        except OSError as error:
            kind = MissingError if unopened(error) else DevelopError
            raise kind(f"{path}: {_unread(error)}") from error

    def ticks(self, start: int = 0, step: int = 1) -> Iterator[Canvas]:
        """The canvases from tick `start` to the last, or with step -1 to tick 0. Raises as `read`, and MissingError if none."""
        count = self.count()
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
        return tick_count(self.folder)

    def begin_in(self, folder: Path, ticks: int) -> None:
        """Begin another negative with the first `ticks` of this one: as links, or as copies where the disk knows no links.

        No file of a negative is ever written to, only replaced, so neither of the two can spoil the other.
        """
        folder.mkdir()
        states = {number: path for number, path in tick_numbers(self.folder, "state").items() if number < ticks}
        near = [path for number in (0, 1) if (path := self._state(number)).exists()]  # even and odd: maybe of later ticks
        for path in (*map(self._tick, range(ticks)), *states.values(), *near):
            _link(path, folder / path.name)

    def drop(self, tick: int) -> None:
        """Take the tick and all after it out of the negative."""
        self._forget(tick)

    def _kept(self, tick: int) -> Kept:
        """Raises DamageError, or OSError where one of its files is gone or cannot be read."""
        sealed = Sealed.read(self._tick(tick), tick)
        state = sealed if sealed.state == WITHIN else Sealed.read(self._state(tick), tick)
        if state is not sealed and state.hash != sealed.state:
            raise DamageError
        tensors = {name: from_numpy(array) for name, array in state.arrays.items() if name != CANVAS}
        return Kept(tick, sealed.canvas, tensors)

    def _forget(self, tick: int) -> None:
        """Remove what was passed over: nothing may follow a tick that is dreamed now."""
        with files.refusals(self.folder):
            for kind in ("tick", "state"):
                for number, path in tick_numbers(self.folder, kind).items():
                    if number >= tick:
                        path.unlink(missing_ok=True)

    def _tick(self, number: int) -> Path:
        return tick_path(self.folder, number)

    def _state(self, number: int) -> Path:
        """Where the large state of that tick lies: it takes the place of the one before the last, never of the last."""
        name = ("even", "odd")[number % 2] if (number + 1) % STRIDE else f"{number:06}"
        return self.folder / f"state-{name}.safetensors"


# ---- a file


def _write(path: Path, tick: int, arrays: Arrays, state: str = WITHIN) -> str:
    """Write a sealed file, whole or not at all; its hash."""
    content, digest = seal(tick, arrays, state)
    files.write(path, content)
    return digest


def _link(path: Path, place: Path) -> None:
    """The same file under a second name, or a copy of it."""
    try:
        os.link(path, place)
    except OSError:  # disks refuse links in many ways
        shutil.copyfile(plain(path, NEGATIVE), place)


def _unread(error: OSError) -> str:
    return unopened(error) or f"cannot be read: {error.strerror or error}"
