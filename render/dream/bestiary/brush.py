"""Drawing tools of the bestiary's generator: a `Pen` says where and in which colours, a `Paint` takes the strokes.

All shapes are fields over a grid: signed distances (negative inside), noises and tilings of `x` and `y`. The local unit is the
motif's radius, y points up, and everything is float32 numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Rng = np.random.Generator
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
        return float(self.rng.uniform(low, high))

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
        share = cover[..., None]
        # where nothing was painted yet the edge must not blend with black
        under = np.where(self.alpha[..., None] > 0, self.colour, colour)
        self.colour = under + (colour - under) * share
        self.alpha = self.alpha + (1 - self.alpha) * cover
        if height is not None:
            self.height = self.height + (height - self.height) * cover
        return self

    def raise_by(self, height: Array) -> Paint:
        self.height = self.height + height
        return self


def mix(first: Array, second: Array, share: Array | float) -> Array:
    """From the first colour to the second as share goes 0..1."""
    amount = np.clip(np.asarray(share, np.float32), 0, 1)[..., None]
    return first + (second - first) * amount


def smooth(low: Array | float, high: Array | float, value: Array) -> Array:
    """Smoothstep between low and high (low may be the greater)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return cast(Array, t * t * (3 - 2 * t))


def polar(x: Array, y: Array) -> tuple[Array, Array]:
    """Radius and angle."""
    return np.hypot(x, y), np.arctan2(y, x)


def turned(x: Array, y: Array, angle: float) -> tuple[Array, Array]:
    """The grid as seen by a thing turned by angle (radians, counter-clockwise)."""
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return c * x + s * y, c * y - s * x


def frac(value: Array) -> Array:
    """What is left after the whole part, 0..1."""
    return value - np.floor(value)


def disc(x: Array, y: Array, cx: float, cy: float, radius: float) -> Array:
    """Signed distance to a disc."""
    return np.hypot(x - cx, y - cy) - radius


def oval(x: Array, y: Array, cx: float, cy: float, rx: float, ry: float) -> Array:
    """Signed distance (nearly) to an ellipse."""
    return (np.hypot((x - cx) / rx, (y - cy) / ry) - 1) * min(rx, ry)


def block(x: Array, y: Array, cx: float, cy: float, half_width: float, half_height: float) -> Array:
    """Signed distance (nearly) to a rectangle."""
    return np.maximum(np.abs(x - cx) - half_width, np.abs(y - cy) - half_height)


def almond(x: Array, y: Array, half_width: float, half_height: float) -> Array:
    """A lens: the cut of two discs, pointed left and right."""
    radius = (half_width**2 + half_height**2) / (2 * half_height)
    return np.hypot(x, np.abs(y) + radius - half_height) - radius


def segment(x: Array, y: Array, start: tuple[float, float], end: tuple[float, float]) -> Array:
    """Distance to a straight stroke."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    t = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.hypot(x - start[0] - t * dx, y - start[1] - t * dy)


def dome(distance: Array, width: float, height: float) -> Array:
    """A height that rounds off towards the edge over that width, like a pillow."""
    inside = np.clip(-distance / width, 0, 1)
    return height * np.sqrt(np.clip(1 - (1 - inside) ** 2, 0, 1))


def lookup(rng: Rng, first: Array, second: Array) -> Array:
    """A random number 0..1 for each pair of whole numbers."""
    table = rng.random(1024, np.float32)
    return cast(Array, table[(first.astype(np.int32) * 73 + second.astype(np.int32) * 269) % 1024])


def noise(rng: Rng, x: Array, y: Array, frequency: float) -> Array:
    """Value noise 0..1."""
    table = rng.random(4096, np.float32)
    u, v = x * frequency + 300.0, y * frequency + 300.0
    iu, iv = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    fu, fv = u - iu, v - iv
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    index = iu * 67 + iv * 541
    near = table[index % 4096] * (1 - fu) + table[(index + 67) % 4096] * fu
    far = table[(index + 541) % 4096] * (1 - fu) + table[(index + 608) % 4096] * fu
    return cast(Array, (near * (1 - fv) + far * fv).astype(np.float32))


def clouds(rng: Rng, x: Array, y: Array, frequency: float, octaves: int = 3) -> Array:
    """Noise of several octaves, 0..1, mean about .5."""
    total, weight, share = np.zeros_like(x), 0.0, 1.0
    for octave in range(octaves):
        total = total + share * noise(rng, x, y, frequency * 2**octave)
        weight, share = weight + share, share * 0.5
    return total / weight


def pebbles(rng: Rng, x: Array, y: Array, frequency: float, wander: float = 0.9) -> tuple[Array, Array, Array]:
    """Worley cells: distances to the nearest and the second nearest seed, and a random number of the nearest's own."""
    table = rng.random((2048, 3), np.float32)
    u, v = x * frequency + 300.0, y * frequency + 300.0
    iu, iv = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    first, second, name = np.full_like(x, 9.0), np.full_like(x, 9.0), np.zeros_like(x)
    for du in (-1, 0, 1):
        for dv in (-1, 0, 1):
            seed = table[((iu + du) * 67 + (iv + dv) * 541) % 2048]
            away = np.hypot(
                iu + du + 0.5 + (seed[..., 0] - 0.5) * wander - u, iv + dv + 0.5 + (seed[..., 1] - 0.5) * wander - v
            )
            closer = away < first
            second = np.where(closer, first, np.minimum(second, away))
            name = np.where(closer, seed[..., 2], name)
            first = np.where(closer, away, first)
    return first, second, name


def shingles(rng: Rng, x: Array, y: Array, reach: float = 0.72) -> tuple[Array, Array, Array, Array]:
    """Staggered overlapping discs, one a unit, the upper rows on top: radius 0..1 within the disc, place (u, v), own number."""
    row = np.floor(y + reach)
    out: list[Array] = []
    for k in (row, row - 1):
        shifted = x + 0.5 * (k % 2)
        column = np.floor(shifted + 0.5)
        u, v = shifted - column, y - k
        out += [np.hypot(u, v) / reach, u, v, lookup(rng, column, k)]
    upper = out[0] < 1
    radius, u, v, name = (np.where(upper, out[i], out[4 + i]) for i in range(4))
    return radius, u, v, name
