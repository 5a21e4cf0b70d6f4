"""Motifs: plants; each draws itself with a pen."""

from __future__ import annotations

import numpy as np

from bestiary.brush import TAU, Paint, Pen, frac, mix, smooth
from bestiary.forms import almond, disc, dome, oval, polar, rotate, tube, walk
from bestiary.grain import clouds, lookup, noise, pebbles


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
    """A leaf with its veins: toothed and pointed, or lobed like a maple's."""
    paint, bend = Paint(pen), pen.between(-0.25, 0.25)
    x, y = pen.x - bend * (pen.y**2 - 0.3), pen.y
    side = np.abs(x)
    if pen.chance(0.35):
        r, a = polar(side, y + 0.35)
        fan = (np.pi / 2 - a) * pen.between(1.0, 1.15)  # 0 upwards; lobes at 0, 1 and 2
        lobe = np.abs(frac(fan + 0.5) - 0.5) * 2
        reach = (1.3 - 0.17 * fan) * (1 - 0.52 * lobe**0.8) * smooth(2.75, 2.2, fan) + 0.05 * frac(r * 9)
        edge, vein, slant = (r - reach) * 0.7, lobe * r * 0.5, frac(r * 5.5 - lobe * 1.6)
    else:
        t = np.clip((y + 0.72) / 1.7, 0, 1)
        teeth = 0.035 * frac((y - side * 0.2) * round(pen.between(8, 13)))
        width = pen.between(0.46, 0.66) * np.clip(np.sin(np.pi * t**0.8), 0, 1) ** 0.85 + teeth * (t > 0.02) * (t < 0.97)
        edge, vein = np.maximum(side - width, np.maximum(-0.72 - y, y - 0.98)) * 0.85, side
        slant = frac((y - side * pen.between(0.75, 1.0)) * pen.between(5.5, 7.5))
    paint.over(pen.line(x, 0.035) * (y < -0.3) * (y > -1.08), pen.tones[2] * 0.8, 0.2)
    near, second, _ = pebbles(pen.rng, x, y, 9)
    net = smooth(0.12, 0.03, second - near)
    blade = mix(pen.tones[0], pen.tones[1], 0.35 * slant + 0.8 * clouds(pen.rng, x, y, 2.2) - 0.15)
    blade = mix(blade, pen.tones[3], 0.7 * smooth(0.62, 0.75, clouds(pen.rng, x, y, 3.5)) + 0.5 * smooth(-0.06, 0.0, edge))
    blade = mix(blade, pen.tones[2], 0.25 * net)
    ribs = smooth(0.16, 0.02, np.minimum(slant, 1 - slant))
    paint.over(pen.ink(edge), blade, 0.25 + 0.09 * np.sin(slant * np.pi) - 0.12 * vein - 0.02 * net)
    return paint.over(pen.ink(edge) * np.clip(pen.line(vein, 0.026) + 0.8 * ribs, 0, 1), pen.tones[2])


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
    silk = noise(pen.rng, x * 9 / (1.1 - np.clip(y, 0, 1)), y, 1.6)
    skin = mix(pen.tones[0] * 1.08, pen.tones[0] * 0.55, smooth(0.55, 0.05, y) * 0.8 + 0.5 * (silk - 0.5))
    paint.over(pen.ink(cap), skin, dome(dish, 0.9, 0.75) + 0.03 * silk)
    squash = np.sqrt(np.clip(1 - (x / 0.95) ** 2, 0.08, 1))
    near, _, name = pebbles(pen.rng, np.arcsin(np.clip(x / 0.95, -1, 1)), y / (0.5 + 0.5 * squash), pen.between(3.2, 4.6), 0.5)
    spots = near - 0.22 - 0.16 * name
    return paint.over(pen.ink(spots * 0.25) * pen.ink(cap + 0.03), pen.tones[1]).raise_by(
        0.06 * smooth(0.05, -0.1, spots) * pen.ink(cap)
    )


def fern(pen: Pen) -> Paint:
    """A frond: two rows of combed leaflets."""
    paint, bend = Paint(pen), pen.between(-0.35, 0.35)
    y = pen.y
    x = pen.x - bend * (y + 0.2) ** 2
    t = np.clip((y + 0.85) / 1.85, 0, 1)
    reach = pen.between(0.7, 0.95) * (1 - t) ** 0.7 * smooth(0.0, 0.12, t)
    count = pen.between(4.5, 7)
    climb = (y - np.abs(x) * 0.5) * count + 0.5 * (x > 0)
    v = frac(climb) - 0.5
    along = np.clip(np.abs(x) / np.maximum(reach, 0.02), 0, 1)
    comb = np.abs(frac(np.abs(x) * 13 - np.abs(v) * 1.5) - 0.5) * 2
    leaflet = np.maximum((np.abs(v) - 0.47 * (1 - along**2.4) * (0.72 + 0.28 * comb)) / count, np.abs(x) - reach)
    blade = mix(pen.tones[0], pen.tones[1], 0.6 * along + 0.4 * lookup(pen.rng, np.floor(climb), np.sign(x)))
    blade = mix(blade, pen.tones[3] * 0.6, 0.75 * smooth(0.35, 0.0, comb) * smooth(0.04, 0.12, np.abs(v)))
    paint.over(
        pen.ink(leaflet), mix(blade, pen.tones[2], smooth(0.09, 0.03, np.abs(v))), 0.25 + 0.22 * (0.5 - np.abs(v)) + 0.05 * comb
    )
    return paint.over(pen.line(x, 0.032) * (y > -1.12) * (y < 0.95), pen.tones[3], 0.4)


def rose(pen: Pen) -> Paint:
    """A rose from above: rings of rolled petals."""
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    for k in range(3):
        u, v = rotate(pen.x, pen.y, TAU * k / 3 + pen.between(-0.4, 0.4))
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
    """A rooted trunk, branches, and clumps of leaves or of blossom with the light falling through."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    sway, furrows = pen.between(-0.12, 0.12), noise(pen.rng, pen.x * 6 + np.sin(pen.y * 3), pen.y * 1.2, 4)
    bark = mix(pen.tones[3] * 1.25, pen.tones[3] * 0.4, smooth(0.35, 0.7, furrows))
    roots = 0.22 * smooth(-0.7, -1.0, y) * (0.6 + 0.6 * np.abs(np.sin(x * 9)))
    trunk = np.maximum(np.abs(x - sway * (y + 1)) - 0.1 - roots - 0.03 * np.sin(y * 7), np.maximum(y - 0.3, -1 - y))
    paint.over(pen.ink(trunk * 0.8), bark, dome(trunk, 0.12, 0.2) + 0.08 * furrows)
    for side in (-1.0, 1.0, pen.between(-0.5, 0.5)):
        path = walk((0.0, pen.between(-0.45, -0.2)), TAU / 4 - 0.85 * side, np.array([0.0, 0.25, -0.15, 0.2]) * side, 0.21)
        limb, _, _ = tube(x, y, path, np.linspace(0.075, 0.03, len(path)))
        paint.over(pen.ink(limb), bark, dome(limb, 0.07, 0.15))
    near, second, name = pebbles(pen.rng, x, y, 9.5)
    leaf, ragged = smooth(0.02, 0.14, second - near), 0.13 * (near - 0.35)
    clumps = [(pen.between(-0.62, 0.62), pen.between(-0.1, 0.62), pen.between(0.2, 0.34)) for _ in range(10)]
    for cx, cy, size in [*sorted(clumps, key=lambda c: c[1] + 0.6 * c[2], reverse=True), (pen.between(-0.1, 0.1), 0.3, 0.34)]:
        ball = disc(x, y, cx, cy, size) + ragged
        tint = mix(pen.tones[0] * 0.7, pen.tones[1], (y - cy + 0.5 * (cx - x)) / size * 0.4 + 0.15 + 0.6 * name)
        tint = mix(mix(tint, pen.tones[2], smooth(0.8, 0.9, name)), pen.tones[0] * 0.35, 0.8 * (1 - leaf))
        paint.over(pen.ink(ball), tint, 0.3 + dome(ball, size, size * 0.6) + 0.08 * leaf)
    return paint


def coral(pen: Pen) -> Paint:
    """A coral: forking branches, polyps open on them."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    near, second, name = pebbles(pen.rng, x, y, 10, 0.6)
    polyp = np.abs(near - 0.22)
    flesh = mix(mix(pen.tones[0], pen.tones[1], name), pen.tones[2], smooth(0.1, 0.04, polyp))
    flesh = mix(flesh, pen.tones[3], smooth(0.14, 0.08, near) + 0.5 * smooth(0.08, 0.0, second - near))
    bumps = smooth(0.35, 0.1, near) - smooth(0.14, 0.06, near)
    stems = [(np.array((0.0, -0.95)), TAU / 4 + lean) for lean in (-0.75, 0.0, 0.75)]
    for fork, wide in enumerate((0.15, 0.11, 0.08)):
        forks = []
        for root, heading in stems:
            path = walk(root, heading, pen.rng.uniform(-0.2, 0.2, 3), 0.19 - 0.02 * fork)
            branch, along, _ = tube(x, y, path, np.linspace(wide, 0.8 * wide, 4))
            tint = mix(flesh, pen.tones[2], 0.6 * smooth(0.5, 1.0, along) * (fork == 2))
            relief = 0.2 + 0.1 * fork + dome(branch, wide, wide) + 0.05 * bumps
            paint.over(pen.ink(branch), mix(tint, tint * 0.4, smooth(-0.04, 0.0, branch)), relief)
            forks += [(path[-1], heading - 0.5), (path[-1], heading + 0.5)]
        stems = forks
    return paint
