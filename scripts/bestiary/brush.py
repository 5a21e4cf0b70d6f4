"""Drawing tools of the bestiary's generator: a `Pen` says where and in which colours, a `Paint` takes the strokes.

What is drawn is made of fields over a grid, float32 numpy: `forms` has shapes, `grain` has textures. The local unit is the
motif's radius; y points up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Rng = np.random.Generator
T = TypeVar("T")
TAU = 2 * np.pi
WHITE = np.array([0.97, 0.96, 0.92], np.float32)
INK = np.array([0.05, 0.04, 0.05], np.float32)


@dataclass(frozen=True)
class Pen:
    """Where a motif is drawn: its local grid [h,w], the width of a pixel in local units, its four colours [4,3], its chance."""

    x: Array
    y: Array
    edge: float
    tones: Array
    rng: Rng

    def ink(self, distance: Array) -> Array:
        """Anti-aliased coverage 0..1 of a signed distance."""
        return np.clip(0.5 - distance / self.edge, 0.0, 1.0)

    def line(self, distance: Array, width: float) -> Array:
        """Coverage of a stroke of that half width along distance 0, never thinner than the grid can show."""
        return self.ink(np.abs(distance) - max(width, 0.6 * self.edge))

    def between(self, low: float, high: float) -> float:
        return between(self.rng, low, high)

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)


class Paint:
    """Colour [h,w,3], alpha [h,w] and height [h,w] of one motif while it is being drawn; strokes lie over earlier ones."""

    def __init__(self, pen: Pen) -> None:
        self.colour: Array = np.zeros((*pen.x.shape, 3), np.float32)
        self.alpha: Array = np.zeros(pen.x.shape, np.float32)
        self.height: Array = np.zeros(pen.x.shape, np.float32)

    def over(self, cover: Array, colour: Array, height: Array | float | None = None) -> Paint:
        """Lay a colour over what is there; with a height the surface becomes that height, without it keeps its own."""
        rows, columns = (np.flatnonzero((cover > 0).any(axis)) for axis in (1, 0))
        if rows.size == 0:
            return self
        # most strokes are small: only the part of the grid that they touch is worked on
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        cover, colour = cover[box], colour[box] if colour.ndim == 3 else colour
        alpha, share = self.alpha[box], cover[..., None]
        # where nothing was painted yet the edge must not blend with black
        under = np.where(alpha[..., None] > 0, self.colour[box], colour)
        self.colour[box] = under + (colour - under) * share
        self.alpha[box] = alpha + (1 - alpha) * cover
        if height is not None:
            raised = height[box] if isinstance(height, np.ndarray) and height.ndim else height
            self.height[box] += (raised - self.height[box]) * cover
        return self

    def raise_by(self, height: Array) -> Paint:
        self.height += height
        return self


def colours(text: str) -> Array:
    """`"rrggbb rrggbb"` as float32 [n,3], 0..1."""
    return np.array([[int(word[i : i + 2], 16) / 255 for i in (0, 2, 4)] for word in text.split()], np.float32)


def between(rng: Rng, low: float, high: float) -> float:
    """A number from low to high."""
    return float(rng.uniform(low, high))


def pick(rng: Rng, things: Sequence[T]) -> T:
    """One of the things."""
    return things[int(rng.integers(len(things)))]


def mix(first: Array, second: Array, share: Array | float) -> Array:
    """From the first colour to the second as share goes 0..1."""
    amount = np.clip(np.asarray(share, np.float32), 0, 1)[..., None]
    return first + (second - first) * amount


def smooth(low: Array | float, high: Array | float, value: Array) -> Array:
    """Smoothstep between low and high (low may be the greater)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return cast(Array, t * t * (3 - 2 * t))


def frac(value: Array) -> Array:
    """What is left after the whole part, 0..1."""
    return value - np.floor(value)
