"""Takes as sources: a film begins with the picture on which another one ended, or which it had at some time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from render.errors import MissingError, unopened
from render.inputs import TEXT, read_text
from render.picture.picture import from_pixels
from render.source import Source
from render.source.image import FITS
from render.source.tick import Canvas, DamageError, Sealed, tick_count, tick_path

NEGATIVE = "negative"  # the folder of a take's dreams
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


def _read(folder: Path, pick: Pick) -> tuple[Canvas, str]:
    """The picked canvas, and a digest of it."""
    count = tick_count(folder / NEGATIVE)
    if not count:
        raise MissingError(f"{folder}: not the folder of a take with dreams in it", "as in runs/zoom/take-001")
    times = [seconds for _, seconds in read_ticks(folder)][:count]
    tick = pick(times if len(times) == count else [*map(float, range(count))])
    path = tick_path(folder / NEGATIVE, tick)
    try:
        sealed = Sealed.read(path, tick)
        return sealed.canvas, sealed.hash
    except DamageError:
        raise MissingError(f"{path}: damaged; delete it and render its film again") from None
    except OSError as error:
        raise MissingError(f"{path}: {unopened(error) or error.strerror or error}") from error
