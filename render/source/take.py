"""Takes as sources: a film begins with a picture that another one dreamed, or follows all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from render.errors import MissingError, unopened
from render.inputs import TEXT, read_text
from render.picture.picture import from_pixels
from render.source import Source
from render.source.image import FITS
from render.source.tick import NEGATIVE, Canvas, DamageError, Sealed, hash_in, tick_count, tick_path

TICKS = "ticks.txt"  # what shapes each of them, and when it is: a digest and seconds a line, under a line for people

Pick = Callable[[list[float]], int]  # the times of a take's dreams, seconds -> the number of one of them


def take(folder: Path, pick: Pick, fit: str, size: tuple[int, int]) -> Source:
    """A dream of the take in `folder` as a still picture that fills (height, width): `fit` is a row of FITS.

    Raises MissingError that names the folder and what is wrong with it.
    """
    canvas, digest = _read(folder, pick)
    frame = FITS[fit](from_pixels(canvas), size).clamp(0, 1)
    return Source(lambda moment: frame, digest=digest, picture_id=lambda moment: digest)


def take_size(folder: Path, pick: Pick) -> tuple[int, int]:
    """(height, width) of that dream."""
    canvas, _ = _read(folder, pick)
    height, width, _ = canvas.shape
    return height, width


def picked_canvas(folder: Path, pick: Pick) -> Canvas:
    """That dream, uint16 [H, W, 3]. Raises MissingError as `take`."""
    return _read(folder, pick)[0]


def nearest(seconds: float) -> Pick:
    """The dream nearest to that time of its film."""
    return lambda times: int(np.abs(np.array(times) - seconds).argmin())


def share(of_all: float) -> Pick:
    """The dream after that share of all, 0 the first and 1 the last."""
    return lambda times: round(of_all * (len(times) - 1))


def read_ticks(folder: Path) -> list[tuple[str, float]]:
    """A digest of what shapes each dream of the take in `folder`, and its time, seconds; empty for a take without them."""
    try:
        lines = read_text(folder / TICKS, TEXT, folder).splitlines()[1:]
        return [(digest, float(seconds)) for digest, seconds in map(str.split, lines)]
    except (MissingError, ValueError):
        return []


@dataclass(frozen=True)
class Dreams:
    """All dreams of a take, to be followed from one to the next."""

    folder: Path  # of the take
    count: int

    @classmethod
    def of(cls, folder: Path) -> Dreams:
        """Raises MissingError where there are none."""
        return cls(folder, _count(folder))

    def frame(self, tick: int) -> Tensor:
        """One of them, a frame of the take's size. Raises MissingError where it is damaged or gone."""
        return from_pixels(_sealed(self.folder, tick).canvas)

    def digest(self, tick: int) -> str:
        """What tells it from any other, without a look at its picture; as `frame`."""
        with _reasons(self.folder, tick):
            return hash_in(tick_path(self.folder / NEGATIVE, tick))


def _read(folder: Path, pick: Pick) -> tuple[Canvas, str]:
    """The picked canvas, and a digest of it."""
    count = _count(folder)
    times = [seconds for _, seconds in read_ticks(folder)][:count]
    sealed = _sealed(folder, pick(times if len(times) == count else [*map(float, range(count))]))
    return sealed.canvas, sealed.hash


def _count(folder: Path) -> int:
    """How many dreams the take in `folder` has."""
    count = tick_count(folder / NEGATIVE)
    if not count:
        raise MissingError(f"{folder}: not the folder of a take with dreams in it", "as in runs/zoom/take-001")
    return count


def _sealed(folder: Path, tick: int) -> Sealed:
    with _reasons(folder, tick):
        sealed = Sealed.read(tick_path(folder / NEGATIVE, tick), tick)
        _ = sealed.canvas  # damaged where there is none
        return sealed


@contextmanager
def _reasons(folder: Path, tick: int) -> Iterator[None]:
    """Turn what is wrong with a tick of the take into a sentence that names its file."""
    path = tick_path(folder / NEGATIVE, tick)
    try:
        yield
    except DamageError:
        raise MissingError(f"{path}: damaged; delete it and render its film again") from None
    except OSError as error:
        raise MissingError(f"{path}: {unopened(error) or error.strerror or error}") from error
