"""Seams. How well a loop closes: the step from its last frame to its first, by the usual step from one frame to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
from numpy.typing import NDArray

from render.develop.ffmpeg import Pixels

SIDE = 96  # places that are compared along each side, at most


def measure_seam(frames: Iterator[Pixels], notice: Callable[[str], None]) -> Iterator[Pixels]:
    """The same frames [H, W, 3]; after the last, `notice` is told how its step to the first compares."""
    first = before = None
    steps: list[float] = []
    for frame in frames:
        sketch = _sketch(frame)
        if before is not None:
            steps.append(_step(before, sketch))
        first, before = sketch if first is None else first, sketch
        yield frame
    if first is not None and before is not None and steps and (usual := median(steps)):
        notice(f"the seam of the loop is {_step(before, first) / usual:.2f} of a usual step between two frames")


def _sketch(frame: Pixels) -> NDArray[np.float32]:
    """Some of the frame's pixels, 0..1."""
    rows, columns = (max(1, side // SIDE) for side in frame.shape[:2])
    return np.asarray(frame[::rows, ::columns] / np.float32(np.iinfo(frame.dtype).max), dtype=np.float32)


def _step(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    return float(np.abs(after - before).mean())
