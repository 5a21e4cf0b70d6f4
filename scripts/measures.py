"""Measures. What can be told of a film from its pixels alone: (frame [H, W, 3], 0..1) -> number.

fine: how much finest detail there is. band: the border's detail by the middle's; 1 = a border like any other place.
psnr: how alike two frames are, decibels. clipped: share of values that are all but black or white in their channel.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]

LUMA = np.array((0.2126, 0.7152, 0.0722), np.float32)  # BT.709
DARK, LIGHT = 0.008, 0.992


def fine(frame: Pixels) -> float:
    """Mean square of the luminance minus its 3x3 binomial blur, two pixels from the edge inward."""
    light = frame @ LUMA
    rows = light[:-2] + 2 * light[1:-1] + light[2:]
    blurred = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16
    return float(np.mean(np.square((light[1:-1, 1:-1] - blurred)[1:-1, 1:-1])))


def band(frame: Pixels, share: float = 0.05) -> float:
    """Mean absolute Laplacian of the luminance in the outer `share` of the frame, by that in its middle quarter."""
    light = frame @ LUMA
    middle = light[1:-1, 1:-1]
    edges = np.abs(4 * middle - light[:-2, 1:-1] - light[2:, 1:-1] - light[1:-1, :-2] - light[1:-1, 2:])
    height, width = edges.shape
    down, across = max(1, int(height * share)), max(1, int(width * share))
    inside = edges[down:-down, across:-across]
    outside = (edges.sum(dtype=np.float64) - inside.sum(dtype=np.float64)) / (edges.size - inside.size)
    quarter = edges[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
    return float(outside / max(float(quarter.mean()), 1e-9))


def psnr(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio, at most 120 dB."""
    return float(-10 * np.log10(max(float(np.mean(np.square(one - other))), 1e-12)))


def clipped(frame: Pixels) -> float:
    """Share of values below DARK or above LIGHT."""
    return float(np.mean((frame < DARK) | (frame > LIGHT)))


def tone(frame: Pixels) -> tuple[NDArray[np.float64], float]:
    """Channel means [3], and the standard deviation about them over all pixels and channels."""
    mean = frame.mean((0, 1), dtype=np.float64)
    return mean, float(np.sqrt(np.mean(np.square(frame - mean))))


def worst(values: Iterable[float], low: float, high: float) -> float:
    """The value that is farthest out of low..high, or nearest to leaving it."""
    return max(values, key=lambda value: max(low - value, value - high))
