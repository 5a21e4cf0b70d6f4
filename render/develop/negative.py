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
from render.source.tick import (
    CANVAS,
    WITHIN,
    Canvas,
    DamageError,
    Sealed,
    read_sealed,
    seal,
    tick_count,
    tick_numbers,
    tick_path,
)

STRIDE = 16  # ticks from a large state that stays to the next: 0.75 bytes a pixel, and damage costs so many ticks at most
LARGE = 0.5  # of its canvas's bytes: a larger state lies in a file of its own


@dataclass(frozen=True)
class Kept:
    """A tick as it was stored."""

    tick: int
    canvas: Canvas  # [H, W, 3]
    tensors: dict[str, Tensor]  # of its state, on the CPU


@dataclass(frozen=True)
class TickFiles:
    """A tick as the bytes of its files: what a negative keeps, and what travels where films are dreamed elsewhere."""

    tick: int
    # Names and contents: of the state's, where it has one of its own, and of the tick's.
    files: tuple[tuple[str, bytes | bytearray], ...]

    @staticmethod
    def of(tick: int, canvas: Canvas, tensors: Mapping[str, Tensor]) -> TickFiles:
        """The files of a tick: its canvas uint16 [H, W, 3], and the tensors of its state."""
        canvas = np.ascontiguousarray(canvas)  # safetensors takes bytes as they lie
        state = {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in tensors.items()}
        name = tick_path(Path(), tick).name
        if sum(array.nbytes for array in state.values()) <= LARGE * canvas.nbytes:
            return TickFiles(tick, ((name, seal(tick, {CANVAS: canvas, **state})[0]),))
        content, digest = seal(tick, state)
        return TickFiles(tick, ((_state_name(tick), content), (name, seal(tick, {CANVAS: canvas}, digest)[0])))

    def read(self) -> Kept:
        """The tick. Raises DamageError."""
        sealed, state = (Sealed.of(bytes(self.files[index][1]), self.tick) for index in (-1, 0))
        if sealed.state not in (WITHIN, state.hash):
            raise DamageError
        tensors = {name: from_numpy(array) for name, array in state.arrays.items() if name != CANVAS}
        return Kept(self.tick, sealed.canvas, tensors)


class Negative:
    """The folder of a take's negative, to read from and to go on with.

    first: the number of its first tick; not 0 where a shot from the middle of a film lies in a folder of its own.
    """

    def __init__(self, folder: Path, first: int = 0) -> None:
        self.folder = folder
        self.first = first
        self._newest: int | None = None  # tick last kept by this object

    def last(self) -> Kept | None:
        """The newest tick to go on from, or None: one that is damaged, or lacks its state, is passed over for the one before.

        Raises MissingError where a file cannot be read: what is safe is not dreamed again because a disk falters.
        """
        kept = (self.at(tick) for tick in reversed(range(self.first, self.first + self.count())))
        return next(filter(None, kept), None)

    def at(self, tick: int) -> Kept | None:
        """That tick with its state, or None: it is damaged, or its state is no longer there. Raises MissingError as `last`."""
        try:
            return self._read_tick(tick)
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
        self.keep_files(TickFiles.of(tick, canvas, tensors))

    def keep_files(self, files_of: TickFiles) -> None:
        """Store the next tick as its files; as `keep` does."""
        self._begin(files_of.tick)
        for name, content in files_of.files:  # first the state: a tick without one would not be a place to go on from
            files.write(self.folder / name, content)
        self._newest = files_of.tick

    def files_at(self, tick: int) -> TickFiles | None:
        """That tick and its state as their files, or None as `at`."""
        try:
            content = read_sealed(self._tick(tick))
            within = Sealed.of(content, tick).state == WITHIN
            own = () if within else ((self._state(tick).name, read_sealed(self._state(tick))),)
            tick_files = TickFiles(tick, (*own, (self._tick(tick).name, content)))
            tick_files.read()  # a state may be another tick's
            return tick_files
        except (DamageError, FileNotFoundError):
            return None

    def join(self, shot: Negative) -> int:
        """Take over what another negative has of the ticks after this one's last: how many. Its files are moved.

        In such an order that a kill in between loses nothing: what is moved has its state here before the last tick comes.
        """
        start = self.first + self.count()
        end = start + tick_count(shot.folder, start)
        if not shot.first <= start < end:
            return 0
        with files.refusals(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for tick in range(start, end):
                state = shot._state(tick)
                if state.exists() and ((tick + 1) % STRIDE == 0 or tick >= end - 2):
                    os.replace(state, self._state(tick))
                os.replace(shot._tick(tick), self._tick(tick))
        self._newest = end - 1
        return end - start

    def count(self) -> int:
        """How many ticks there are, from the first to before a gap; some may turn out to be damaged."""
        return tick_count(self.folder, self.first)

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
        """Take the tick and all after it out of the negative: nothing may follow a tick that is dreamed now."""
        with files.refusals(self.folder):
            numbered = [item for kind in ("tick", "state") for item in tick_numbers(self.folder, kind).items()]
            for path in [path for number, path in numbered if number >= tick]:
                path.unlink(missing_ok=True)

    def _read_tick(self, tick: int) -> Kept:
        """Raises DamageError, or OSError where one of its files is gone or cannot be read."""
        sealed = Sealed.read(self._tick(tick), tick)
        state = sealed if sealed.state == WITHIN else Sealed.read(self._state(tick), tick)
        if state is not sealed and state.hash != sealed.state:
            raise DamageError
        tensors = {name: from_numpy(array) for name, array in state.arrays.items() if name != CANVAS}
        return Kept(tick, sealed.canvas, tensors)

    def _begin(self, tick: int) -> None:
        """Make sure that the tick is the next one, and that nothing follows it."""
        if self._newest is not None and tick != self._newest + 1:
            raise ValueError(f"tick {tick} after tick {self._newest}")
        if tick > self.first and not self._tick(tick - 1).exists():  # the folder may have gone, and would be made again
            raise MissingError(f"{self.folder}: the dreams before number {tick + 1} are gone")
        if self._newest is None:
            self.drop(tick)  # and what was passed over

    def _tick(self, number: int) -> Path:
        return tick_path(self.folder, number)

    def _state(self, number: int) -> Path:
        """Where the large state of that tick lies: it takes the place of the one before the last, never of the last."""
        return self.folder / _state_name(number)


# ---- a file


def _state_name(number: int) -> str:
    """The name of the file of that tick's large state."""
    name = ("even", "odd")[number % 2] if (number + 1) % STRIDE else f"{number:06}"
    return f"state-{name}.safetensors"


def _link(path: Path, place: Path) -> None:
    """The same file under a second name, or a copy of it."""
    try:
        os.link(path, place)
    except OSError:  # disks refuse links in many ways
        shutil.copyfile(plain(path, NEGATIVE), place)


def _unread(error: OSError) -> str:
    return unopened(error) or f"cannot be read: {error.strerror or error}"
