"""Grain: noises and tilings over a grid, each from a pen's chance."""

from __future__ import annotations

import numpy as np

from bestiary.brush import Array, Rng


def lookup(rng: Rng, first: Array, second: Array) -> Array:
    """A random number 0..1 for each pair of whole numbers."""
    table = rng.random(1024, np.float32)
    return table.take((first.astype(np.int32) * 73 + second.astype(np.int32) * 269) & 1023)


def noise(rng: Rng, x: Array, y: Array, frequency: float) -> Array:
    """Value noise 0..1."""
    table = rng.random(4096, np.float32)
    u, v = x * frequency + 300.0, y * frequency + 300.0
    iu, iv = u.astype(np.int32), v.astype(np.int32)  # positive, so that this is the floor
    fu, fv = u - iu, v - iv
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    index = iu * 67 + iv * 541
    corner = [table.take((index + step) & 4095) for step in (0, 67, 541, 608)]
    near = corner[0] + (corner[1] - corner[0]) * fu
    far = corner[2] + (corner[3] - corner[2]) * fu
    return (near + (far - near) * fv).astype(np.float32)


def clouds(rng: Rng, x: Array, y: Array, frequency: float, octaves: int = 3) -> Array:
    """Noise of several octaves, 0..1, mean about .5."""
    total, weight, share = np.zeros_like(x), 0.0, 1.0
    for octave in range(octaves):
        total = total + share * noise(rng, x, y, frequency * 2**octave)
        weight, share = weight + share, share * 0.5
    return total / weight


def pebbles(rng: Rng, x: Array, y: Array, frequency: float, wander: float = 0.9) -> tuple[Array, Array, Array]:
    """Worley cells: distances to the nearest and the second nearest seed, and a random number of the nearest's own."""
    across, up, names = (np.ascontiguousarray(column) for column in rng.random((2048, 3), np.float32).T)
    across, up = 0.5 + (across - 0.5) * wander, 0.5 + (up - 0.5) * wander
    u, v = x * frequency + 300.0, y * frequency + 300.0
    iu, iv = u.astype(np.int32), v.astype(np.int32)  # positive, so that this is the floor
    fu, fv, index = (u - iu).astype(np.float32), (v - iv).astype(np.float32), iu * 67 + iv * 541
    first, second = np.full(fu.shape, 81.0, np.float32), np.full(fu.shape, 81.0, np.float32)
    owner = np.zeros(fu.shape, np.int32)
    for du in (-1, 0, 1):
        for dv in (-1, 0, 1):
            seed = (index + (du * 67 + dv * 541)) & 2047
            right, above = across.take(seed) + (du - fu), up.take(seed) + (dv - fv)
            away = right * right + above * above
            np.copyto(owner, seed, where=away < first)
            second = np.minimum(second, np.maximum(first, away))
            first = np.minimum(first, away)
    return np.sqrt(first), np.sqrt(second), names.take(owner)


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
