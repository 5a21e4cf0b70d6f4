"""Motifs: plants; each draws itself with a pen."""

from __future__ import annotations

import numpy as np

from render.dream.bestiary.brush import (
    TAU,
    Paint,
    Pen,
    almond,
    clouds,
    disc,
    dome,
    frac,
    lookup,
    mix,
    noise,
    oval,
    pebbles,
    polar,
    segment,
    smooth,
    turned,
)


def flower(pen: Pen) -> Paint:
    """Rings of petals about a seeded heart."""
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    petals = round(pen.between(7, 17))
    rings, sharp = round(pen.between(1.6, 3.4)), pen.between(1.4, 3.2)
    for ring in range(rings):
        size = 1.0 - 0.24 * ring
        u = frac(a * petals / TAU + 0.5 * ring) - 0.5
        edge = size * (1 - 0.62 * np.abs(2 * u) ** sharp)
        tint = mix(pen.tones[1], pen.tones[0], smooth(0.2, 0.9, r / size))
        tint = mix(tint, tint * 0.62, smooth(0.25, 0.5, np.abs(u)) + 0.35 * (np.abs(u) < 0.06))
        streaks = 0.88 + 0.12 * np.sin(u * 40)
        paint.over(
            pen.ink((r - edge) * 0.8),
            tint * streaks[..., None],
            0.12 * ring + (0.16 - 0.5 * u * u) * smooth(0, 0.7, r / size),
        )
    heart = pen.between(0.2, 0.34)
    seeds = 0.5 + 0.5 * np.cos(r * 60) * np.cos(a * 13 + r * 22)
    paint.over(
        pen.ink(r - heart),
        mix(pen.tones[2], pen.tones[2] * 0.45, 1 - seeds),
        0.3 + dome(r - heart, heart, 0.22) + 0.03 * seeds,
    )
    return paint


def leaf(pen: Pen) -> Paint:
    """A toothed leaf with its veins."""
    paint = Paint(pen)
    bend = pen.between(-0.25, 0.25)
    x, y = pen.x - bend * (pen.y**2 - 0.3), pen.y
    t = np.clip((y + 0.72) / 1.7, 0, 1)
    teeth = 0.035 * frac((y - np.abs(x) * 0.2) * round(pen.between(8, 13)))
    width = pen.between(0.46, 0.66) * np.clip(np.sin(np.pi * t**0.8), 0, 1) ** 0.85 + teeth * (t > 0.02) * (t < 0.97)
    edge = np.maximum(np.abs(x) - width, np.maximum(-0.72 - y, y - 0.98)) * 0.85
    paint.over(pen.line(x, 0.035) * (y < -0.5) * (y > -1.05), pen.tones[2], 0.2)
    slant = frac((y - np.abs(x) * pen.between(0.75, 1.0)) * pen.between(5.5, 7.5))
    blade = mix(pen.tones[0], pen.tones[1], 0.6 * slant + 0.5 * smooth(0.0, 0.5, np.abs(x)) - 0.15)
    mottled = 0.85 + 0.3 * clouds(pen.rng, x, y, 5)
    veins = np.clip(pen.line(x, 0.028) + smooth(0.14, 0.02, np.minimum(slant, 1 - slant)) * 0.9, 0, 1)
    paint.over(pen.ink(edge), blade * mottled[..., None], 0.25 + 0.16 * np.sin(slant * np.pi) - 0.1 * np.abs(x))
    return paint.over(pen.ink(edge) * veins, pen.tones[2])


def mushroom(pen: Pen) -> Paint:
    """A spotted cap on a stem, gills under it."""
    paint, lean = Paint(pen), pen.between(-0.15, 0.15)
    x, y = pen.x - lean * pen.y, pen.y
    wide = pen.between(0.11, 0.2)
    stem = np.maximum(np.abs(x) - wide * (1 + 0.6 * smooth(-0.5, -1.0, y)), np.maximum(y - 0.2, -1 - y))
    paint.over(
        pen.ink(stem),
        mix(pen.tones[2], pen.tones[3], 0.25 * frac(x * 16)),
        0.6 * np.sqrt(np.clip(wide**2 - x**2, 0, 1)),
    )
    skirt = np.maximum(np.abs(x) - wide - 0.1 + (y + 0.2) * 0.3, np.abs(y + 0.24) - 0.07)
    paint.over(pen.ink(skirt), mix(pen.tones[2], pen.tones[3], frac(x * 11) * 0.6), 0.3)
    gills = oval(x, y, 0, 0.1, 0.78, 0.17)
    paint.over(pen.ink(gills), mix(pen.tones[3], pen.tones[3] * 0.5, frac(np.arctan2(y - 0.45, x) * 12)), 0.1)
    tall = pen.between(0.55, 0.85)
    dish = np.hypot(x / 0.92, (y - 0.1) / np.where(y > 0.1, tall, 0.12)) - 1
    cap = np.maximum(dish * 0.6, 0.1 - 0.1 * np.sqrt(np.clip(1 - (x / 0.92) ** 2, 0, 1)) - y + 0.06 * np.sin(x * 3))
    paint.over(pen.ink(cap), mix(pen.tones[0], pen.tones[0] * 0.62, smooth(0.5, 0.05, y)), dome(dish, 0.9, 0.75))
    squash = np.sqrt(np.clip(1 - (x / 0.95) ** 2, 0.08, 1))
    near, _, name = pebbles(pen.rng, np.arcsin(np.clip(x / 0.95, -1, 1)), y / (0.5 + 0.5 * squash), pen.between(3.2, 4.6), 0.5)
    spots = near - 0.22 - 0.16 * name
    return paint.over(pen.ink(spots * 0.25) * pen.ink(cap + 0.03), pen.tones[1]).raise_by(
        0.06 * smooth(0.05, -0.1, spots) * pen.ink(cap)
    )


def fern(pen: Pen) -> Paint:
    """A frond with two rows of leaflets."""
    paint, bend = Paint(pen), pen.between(-0.35, 0.35)
    y = pen.y
    x = pen.x - bend * (y + 0.2) ** 2
    t = np.clip((y + 0.8) / 1.8, 0, 1)
    reach = pen.between(0.6, 0.85) * (1 - t) ** 0.75 * smooth(0.0, 0.14, t)
    count = pen.between(6, 9)
    climb = (y - np.abs(x) * 0.45) * count + 0.5 * (x > 0)
    v = np.abs(frac(climb) - 0.5)
    along = np.clip(np.abs(x) / np.maximum(reach, 0.02), 0, 1)
    teeth = 0.8 + 0.2 * np.abs(np.sin(np.abs(x) * 34))
    leaflet = np.maximum((v - 0.42 * (1 - along**2.2) * teeth) / count, np.abs(x) - reach)
    lit = mix(pen.tones[0], pen.tones[1], 0.7 * along + 0.3 * lookup(pen.rng, np.floor(climb), np.sign(x)))
    paint.over(pen.ink(leaflet), mix(lit, pen.tones[2], smooth(0.08, 0.02, v)), 0.25 + 0.2 * (0.5 - v))
    return paint.over(pen.line(x, 0.03) * (y > -1.1) * (y < 0.95), pen.tones[3], 0.4)


def rose(pen: Pen) -> Paint:
    """A rose from above: rings of rolled petals."""
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    for k in range(3):
        u, v = turned(pen.x, pen.y, TAU * k / 3 + pen.between(-0.4, 0.4))
        sepal = almond(v - 0.85, u, 0.3, 0.16)
        paint.over(
            pen.ink(sepal),
            mix(pen.tones[3], pen.tones[3] * 1.5, frac((v - np.abs(u)) * 9)),
            0.05 + dome(sepal, 0.1, 0.1),
        )
    turn = 0.0
    for ring in range(7):
        size, petals = 0.92 * (1 - ring / 7.4), (5, 5, 4, 4, 3, 3, 2)[ring]
        turn += 0.62 + pen.between(-0.15, 0.15)
        u = frac(a * petals / TAU + turn) - 0.5
        edge = size * (1.0 - 0.42 * np.abs(2 * u) ** 2.4 + 0.06 * u)
        lip = smooth(0.2, 0.0, (edge - r) / size)
        tint = mix(mix(pen.tones[1], pen.tones[0], smooth(0.2, 0.95, r / size)), pen.tones[2], lip * 0.75)
        tint = mix(tint, pen.tones[1] * 0.6, smooth(0.32, 0.5, u) + 0.8 * smooth(0.5, 0.0, r / size))
        paint.over(pen.ink(r - edge), tint, 0.1 * ring + 0.28 * lip - 0.12 * u)
    return paint


def tree(pen: Pen) -> Paint:
    """A trunk and clumps of leaves, or of blossom."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    sway = pen.between(-0.1, 0.1)
    trunk = np.abs(x - sway * (y + 1)) - 0.09 - 0.12 * smooth(-0.75, -1.0, y) - 0.03 * np.sin(y * 7)
    bark = mix(pen.tones[3], pen.tones[3] * 0.55, noise(pen.rng, x * 5, y, 5))
    paint.over(pen.ink(np.maximum(trunk, np.maximum(y - 0.2, -1 - y))), bark, 0.15)
    for s in (-1, 1):
        limb = segment(x, y, (0.0, pen.between(-0.4, -0.25)), (0.42 * s, 0.15)) - 0.05
        paint.over(pen.ink(limb), bark, 0.15)
    clumps = [(pen.between(-0.62, 0.62), pen.between(-0.15, 0.62), pen.between(0.22, 0.36)) for _ in range(11)]
    for cx, cy, size in [*sorted(clumps, key=lambda c: c[1] + 0.6 * c[2], reverse=True), (0.0, 0.3, 0.36)]:
        ragged = disc(x, y, cx, cy, size) + 0.09 * (noise(pen.rng, x, y, 11) - 0.5)
        leaves = noise(pen.rng, x, y, 15)
        tint = mix(
            pen.tones[0],
            pen.tones[1],
            np.clip(0.5 + (y - cy + 0.5 * (cx - x)) / size * 0.5, 0, 1) * 0.6 + 0.6 * leaves - 0.25,
        )
        paint.over(
            pen.ink(ragged),
            mix(tint, pen.tones[2], smooth(0.86, 0.95, leaves)),
            0.3 + dome(ragged, size, size * 0.6) + 0.07 * leaves,
        )
    return paint
