"""Motifs: buildings, ornaments and other things; each draws itself with a pen."""

from __future__ import annotations

import numpy as np

from bestiary.brush import INK, TAU, WHITE, Paint, Pen, frac, mix, smooth
from bestiary.forms import almond, block, disc, dome, oval, polar, rotate, tube, walk
from bestiary.grain import clouds, lookup, noise, pebbles, shingles


def shell(pen: Pen) -> Paint:
    """A snail's or nautilus's shell, a logarithmic spiral with ribs."""
    paint, (r, a) = Paint(pen), polar(pen.x - 0.06, pen.y)
    growth = np.log(pen.between(2.0, 2.8)) / TAU
    theta = a - TAU + TAU * np.ceil((np.log(np.maximum(r, 0.01)) / growth - a + TAU) / TAU)
    outer, inner = np.exp(growth * theta), np.exp(growth * (theta - TAU))
    w = np.clip((r - inner) / (outer - inner), 0, 1)
    ribs = 0.5 + 0.5 * np.sin(theta * round(pen.between(9, 20)) + 1.6 * w)
    bands = 0.5 + 0.5 * np.sin(w * pen.between(8, 16))
    colour = mix(mix(pen.tones[0], pen.tones[1], ribs), pen.tones[2], smooth(0.6, 1, bands) * 0.7)
    colour = mix(colour, pen.tones[3], smooth(0.2, 0.0, w) * 0.8 + smooth(0.93, 1.0, w) * 0.5)
    cover = pen.ink(r - 1) * np.where(theta > 0, 0.0, 1.0)
    paint.over(cover, colour, outer * (0.5 * np.sqrt(np.clip(1 - (2 * w - 1) ** 2, 0, 1)) + 0.06 * ribs))
    return paint.over(cover * smooth(-0.42, -0.2, theta), mix(pen.tones[3] * 0.4, pen.tones[0], w))


def tower(pen: Pen) -> Paint:
    """A round tower: bricks, battlements, tiled roof, lit windows."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    half, top = pen.between(0.27, 0.38), pen.between(0.15, 0.3)
    width = half * (1.12 - 0.12 * np.clip((y + 1) / 0.5, 0, 1))
    row = np.floor(y * 11)
    joint = np.minimum(frac(y * 11), frac(x * 7 + 0.5 * (row % 2)))
    stone = mix(pen.tones[0], pen.tones[0] * 0.72, lookup(pen.rng, row, np.floor(x * 7 + 0.5 * (row % 2))))
    stone = mix(stone, stone * 0.6, smooth(0.16, 0.04, joint))
    body = np.maximum(np.abs(x) - width, np.maximum(y - top, -1 - y))
    round_off = 0.6 * np.sqrt(np.clip(half**2 - x**2, 0.0, 1.0))
    paint.over(pen.ink(body), stone, round_off)
    gallery = block(x, y, 0, top + 0.1, half + 0.1, 0.12)
    notch = (y > top + 0.12) & (frac(x * 6.0 + 0.25) > 0.5)
    paint.over(pen.ink(gallery) * ~notch, stone * 1.1, round_off + 0.16)
    paint.over(pen.ink(block(x, y, 0, top - 0.04, half + 0.08, 0.025)), pen.tones[3])
    base = top + 0.16
    roof = np.maximum(np.abs(x) * 1.9 - (1.02 - y) * pen.between(0.85, 1.1) * (half + 0.1) * 1.9 / (1.02 - base), base - y)
    _, u, v, name = shingles(pen.rng, x * 7, y * 9)
    tile = mix(pen.tones[1], pen.tones[1] * 0.6, np.clip(np.hypot(u, v) * 1.2 - 0.2 + 0.3 * name, 0, 1))
    paint.over(pen.ink(roof * 0.5), tile, dome(roof, 0.5, 0.5) + 0.2)
    for k in range(round(pen.between(1.6, 3.4))):
        wx, wy = x - (0.0 if k % 2 == 0 else pen.between(-0.1, 0.1)), y - top + 0.3 + 0.36 * k
        hole = np.where(wy > 0, np.hypot(wx, wy) - 0.09, np.maximum(np.abs(wx) - 0.09, -wy - 0.13))
        paint.over(pen.ink(hole - 0.035), pen.tones[3]).over(
            pen.ink(hole), mix(pen.tones[2], INK, smooth(-0.1, 0.12, wy) * 0.7)
        )
    ivy = np.abs(x - pen.between(-0.25, 0.25) - 0.1 * np.sin(y * 6)) - 0.16 * smooth(pen.between(-0.5, 0.3), -1.0, y)
    leaves, other, tint = pebbles(pen.rng, x, y, 11)
    paint.over(
        pen.ink(np.maximum(ivy + 0.1 * (leaves - 0.3) + 0.035, np.abs(x) - half - 0.12) * 0.7) * (y > -1.02),
        mix(
            np.array([0.12, 0.24, 0.1], np.float32),
            np.array([0.5, 0.62, 0.24], np.float32),
            tint * smooth(0, 0.15, other - leaves),
        ),
        round_off + 0.15 * smooth(0, 0.15, other - leaves),
    )
    door = np.where(y + 0.72 > 0, np.hypot(x, y + 0.72) - 0.13, np.maximum(np.abs(x) - 0.13, -y - 1))
    return paint.over(pen.ink(door), mix(pen.tones[3] * 0.6, INK, frac(x * 14) > 0.8))


def arches(pen: Pen) -> Paint:
    """An arcade, round or pointed; within each arch smaller ones, striped, back to a light."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    count, tiers, pointed = round(pen.between(1.4, 3.5)), round(pen.between(0.8, 2.3)), pen.between(0, 0.8)
    wall = block(x, y, 0, 0, 1.0, 0.95)
    course = np.floor(y * 9)
    stones = np.minimum(frac(y * 9), frac(x * 5 + 0.5 * (course % 2)))
    brick = (0.8 + 0.3 * lookup(pen.rng, course, np.floor(x * 5 + 0.5 * (course % 2))))[..., None] * pen.tones[0]
    paint.over(pen.ink(wall), mix(brick, brick * 0.6, smooth(0.14, 0.05, stones)), 0.3)
    tall = 1.9 / tiers
    u = (frac((x + 1) * count / 2) - 0.5) * 2 / count
    v = frac((y + 0.95) / tall) * tall
    half = min(0.74 / count, 0.42 * tall)
    spring = tall * 0.88 - half * (1 + 0.6 * pointed)
    reach = half * (1 + pointed)
    vault = np.hypot(np.abs(u) + reach - half, np.maximum(v - spring, 0)) - reach
    hole = np.maximum(np.where(v > spring, vault, np.abs(u) - half), 0.03 - v)
    around = np.where(v > spring, np.arctan2(v - spring, np.abs(u)) * 3.6, (v - spring) / half * 3)
    ring = smooth(0.17, 0.13, hole / half) * (hole > -0.03)
    paint.over(pen.ink(wall) * ring, mix(pen.tones[0] * 0.55, pen.tones[1], frac(around) < 0.55), 0.42)
    band = (v > tall * 0.94) | ((np.abs(v - spring) < 0.06) & (np.abs(u) > half * 0.9))
    paint.over(pen.ink(wall) * band, mix(pen.tones[1], pen.tones[0] * 0.5, frac(x * 11) < 0.3), 0.5)
    depth = -hole / (0.17 * half)  # one a receding arch
    step = np.floor(depth)
    striped = mix(pen.tones[0] * 0.5, pen.tones[1], (frac(around + 0.5 * (step % 2)) < 0.5) * (0.95 - 0.12 * step))
    within = mix(striped, INK, 0.75 * smooth(0.3, 0.0, frac(depth)) + 0.12 * step)
    sky = mix(pen.tones[2], pen.tones[3], v / tall + 0.3 * (noise(pen.rng, x, y, 6) - 0.5))
    within = mix(within, sky, smooth(2.9, 3.1, depth))
    return paint.over(pen.ink(wall) * pen.ink(hole), within, 0.25 - 0.08 * np.clip(step, 0, 3) + 0.05 * frac(depth))


def mask(pen: Pen) -> Paint:
    """A painted face under a crown of feathers."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    r, a = polar(x, y - 0.1)
    feathers = round(pen.between(7, 12))
    k = np.floor((a + np.pi / 2) * feathers / np.pi)
    plume = mix(pen.tones[1], pen.tones[2], k % 2)
    u = frac((a + np.pi / 2) * feathers / np.pi) - 0.5
    length = 1.02 - 0.5 * np.abs(u) ** 1.6
    crown = np.maximum(r - length, -0.12 - y + 0.5 * side)
    paint.over(
        pen.ink(crown),
        mix(plume, plume * 0.5, smooth(0.03, 0.0, np.abs(u) * 0.2) + smooth(0.3, 0.5, np.abs(u))),
        0.2 - u * u,
    )
    face = oval(x, y, 0, -0.18, pen.between(0.52, 0.6), 0.78) + 0.08 * smooth(-0.4, -0.9, y)
    carved = smooth(0.25, 0.05, np.abs(frac(side * 7 + 1.5 * noise(pen.rng, side, y * 0.4, 2)) - 0.5))
    paint.over(pen.ink(face), mix(pen.tones[0], pen.tones[0] * 0.6, 0.6 * carved), dome(face, 0.5, 0.75) - 0.015 * carved)
    style = round(pen.between(-0.49, 2.49))
    rays = np.abs(frac(np.arctan2(y - 0.05, side) * 4) - 0.5) - 0.2
    bars = np.abs(frac((y - 0.3 * side) * 6) - 0.5) - 0.24
    war = (np.maximum(rays, 0.32 - np.hypot(side, y - 0.05)), np.maximum(bars, np.maximum(0.28 - side, y + 0.05)), y - 0.3)[
        style
    ]
    paint.over(
        pen.ink(face) * pen.ink(war * (-0.15 if style == 2 else 0.15)), mix(pen.tones[1], pen.tones[1] * 0.6, 0.5 * carved)
    )
    paint.over(pen.ink(face) * smooth(-0.11, -0.08, face), pen.tones[2])
    studs = np.hypot((face + 0.045) / 0.035, (frac(np.arctan2(y + 0.18, x) * 4.5) - 0.5) / 0.3) - 1
    paint.over(pen.ink(studs * 0.035) * pen.ink(face), pen.tones[3])
    nose = np.maximum(side - 0.05 - 0.09 * smooth(0.1, -0.3, y), np.maximum(y - 0.15, -0.34 - y))
    paint.over(pen.ink(nose), pen.tones[0] * 1.08, 0.8 + dome(nose, 0.1, 0.25))
    brow = np.abs(y - 0.22 - 0.1 * np.cos(side * 5)) - 0.035
    paint.over(pen.ink(brow) * (side > 0.08) * (side < 0.46), pen.tones[3])
    ex, ey = side - 0.26, y - 0.02
    paint.over(pen.ink(almond(ex, ey, 0.19, 0.12)), pen.tones[3]).over(pen.ink(almond(ex, ey, 0.15, 0.085)), WHITE)
    paint.over(pen.ink(disc(ex, ey, 0, 0, 0.08)), INK)
    cr, ca = polar(side - 0.33, y + 0.3)
    paint.over(pen.ink(np.abs(frac(cr * 11 - ca / TAU) - 0.5) - 0.24) * (cr < 0.15), pen.tones[1])
    lips = almond(x, y + 0.56, 0.26, 0.11)
    paint.over(pen.ink(lips), pen.tones[1], 0.8 + dome(lips, 0.1, 0.12)).over(pen.line(y + 0.56, 0.015) * (side < 0.22), INK)
    gem = side + 0.8 * np.abs(y - 0.43) - 0.1
    return paint.over(pen.ink(gem), pen.tones[2] * 1.1, 0.9 + dome(gem, 0.1, 0.2))


def peacock(pen: Pen) -> Paint:
    """A peacock's feather."""
    paint, bend = Paint(pen), pen.between(-0.3, 0.3)
    x, y = pen.x - bend * (pen.y - 0.3) ** 2, pen.y - 0.3
    r, a = polar(x, y)
    shape = oval(x, y, 0, -0.06, 0.58, 0.66)
    barbs = frac((np.abs(x) * 0.9 - y * 0.7 - 0.4 * r) * 9)
    fringe = pen.ink(shape - 0.14 * (barbs - 0.4)) + pen.ink(np.abs(x) - 0.34 * smooth(-1.4, -0.4, y)) * (barbs > 0.45) * (
        y < -0.3
    )
    paint.over(np.clip(fringe, 0, 1) * (y > -1.25), mix(pen.tones[0], pen.tones[0] * 0.5, barbs), 0.1 + 0.06 * barbs)
    paint.over(pen.line(x, 0.03) * (y < -0.2) * (y > -1.3), pen.tones[3], 0.3)
    drop = np.hypot(x, y * (0.9 + 0.12 * np.sign(y)))
    rings = ((0.5, pen.tones[3]), (0.44, pen.tones[0] * 1.1), (0.38, pen.tones[3] * 0.85), (0.3, pen.tones[1]))
    for radius, colour in rings:
        paint.over(pen.ink(drop - radius), colour * (0.86 + 0.14 * np.sin(a * 44))[..., None], 0.2 + 0.3 * (0.5 - radius))
    heart = np.maximum(disc(x, y, 0, 0.0, 0.19), 0.1 - np.hypot(x, y + 0.2))
    return paint.over(pen.ink(heart), pen.tones[2], 0.35).over(pen.ink(disc(x, y, -0.06, 0.07, 0.03)), WHITE)


def mandala(pen: Pen) -> Paint:
    """Rings of scallops, points and beads, many-fold."""
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    fold = 2 * round(pen.between(3.6, 8.4))
    rings, tones = round(pen.between(4, 6)), [pen.tones[k] for k in range(4)] + [WHITE]
    start = round(pen.between(0, 4))
    for k in range(rings):
        size = 1 - k / (rings + 0.3)
        u = np.abs(frac(a * fold / TAU + 0.5 * (k % 2)) - 0.5) * 2
        ornament = round(pen.between(-0.49, 3.49))
        edge = (
            size - 0.16 * u**2,
            size - 0.14 * u,
            size + 0 * u,
            size - 0.1 * (1 - np.sqrt(np.clip(1 - u * u, 0, 1))),
        )[ornament]
        paint.over(pen.ink(r - edge), tones[(start + k) % 4], 0.08 * k + dome(r - edge, 0.08, 0.1))
        paint.over(pen.line(r - edge + 0.03, 0.013), tones[(start + k + 2) % 4])
        bead = np.hypot((r - size + 0.1) / 0.045, (1 - u) * TAU * size / fold / 2 / 0.045) - 1
        paint.over(pen.ink(bead * 0.045), tones[(start + k + 3) % 5], 0.08 * k + 0.1 + dome(bead, 1, 0.06))
    return paint.over(pen.ink(r - 0.09), tones[(start + 1) % 4], 0.6 + dome(r - 0.09, 0.09, 0.1))


def galaxy(pen: Pen) -> Paint:
    """A spiral galaxy and its stars."""
    paint = Paint(pen)
    x, y = rotate(pen.x, pen.y, pen.between(0, TAU))
    y = y * pen.between(1.0, 1.7)
    r, a = polar(x, y)
    spin, arms = pen.between(0.22, 0.34), round(pen.between(2, 3))
    wisps = clouds(pen.rng, pen.x, pen.y, 6)
    arm = 0.5 + 0.5 * np.cos(arms * (a - np.log(r + 0.06) / spin) + 2.0 * (wisps - 0.5))
    light = smooth(0.15, 0.95, arm) * np.exp(-1.2 * r) * (0.5 + 1.3 * wisps) * smooth(1.05, 0.6, r)
    night = mix(np.array([0.03, 0.03, 0.08], np.float32), pen.tones[0] * 0.5, wisps * smooth(1.0, 0.3, r) * 0.7)
    colour = mix(night, mix(pen.tones[1], pen.tones[0], smooth(0.15, 0.7, r)), 1.9 * light)
    knots, _, hot = pebbles(pen.rng, pen.x, pen.y, 5)
    colour = mix(colour, pen.tones[2], smooth(0.3, 0.05, knots) * (hot > 0.5) * smooth(0.55, 0.9, arm) * 0.8)
    colour = mix(colour, pen.tones[3] * 0.5, smooth(0.4, 0.0, arm) * smooth(0.5, 0.2, np.abs(r - 0.45)) * 0.5)
    colour = mix(colour, pen.tones[2], np.exp(-r * r * 30) * 1.2)
    colour = mix(colour, WHITE, np.exp(-r * r * 130))
    near, _, name = pebbles(pen.rng, pen.x, pen.y, 9)
    colour = mix(colour, WHITE, smooth(0.2, 0.08, near) * (name > 0.45) * (0.3 + 0.7 * arm))
    return paint.over(smooth(1.02, 0.8, r), colour, 0.12 * light)


def crystal(pen: Pen) -> Paint:
    """A cluster of prisms on a rock."""
    paint, prisms = Paint(pen), round(pen.between(4, 7))
    order = pen.rng.permutation(prisms)
    for k in order:
        lean = float(-1.05 + 2.1 * k / (prisms - 1)) + pen.between(-0.1, 0.1)
        u, v = rotate(pen.x, pen.y + 0.75, -lean)
        width, length = pen.between(0.14, 0.24), pen.between(1.1, 1.65) * (1 - 0.32 * abs(lean))
        tip = width * pen.between(1.2, 1.9)
        shape = np.maximum(np.abs(u) - width, np.abs(u) * tip / width * 0.6 + (v - length) * 0.6)
        shape = np.maximum(shape, -0.05 - v)
        ridge = pen.between(-0.3, 0.3) * width
        facet = np.where(u < ridge, 1.15, 0.62) * np.where(v > length - tip + np.abs(u - ridge) * 0.6, 1.25, 1.0)
        body = mix(pen.tones[1], pen.tones[0], smooth(0, length, v)) * facet[..., None]
        clear = mix(body, pen.tones[2], smooth(0.62, 0.9, noise(pen.rng, u * 1.5, v * 0.6, 6)) * 0.6)
        paint.over(pen.ink(shape), np.clip(clear, 0, 1.1), 0.3 + 0.2 * (k % 2))
        paint.over(pen.ink(shape) * pen.line(u - ridge, 0.012) * (v < length - 0.3 * tip), WHITE)
        paint.over(pen.line(shape, 0.012), pen.tones[3] * 0.6)
    rock = oval(pen.x, pen.y + 0.08 * np.sin(pen.x * 9), 0, -0.8, 0.75, 0.2)
    return paint.over(
        pen.ink(rock), pen.tones[3] * (0.5 + clouds(pen.rng, pen.x, pen.y, 7))[..., None], 0.3 + dome(rock, 0.2, 0.3)
    )


def pagoda(pen: Pen) -> Paint:
    """Storeys of curved roofs, lit within."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side, storeys = np.abs(x), round(pen.between(3, 4.4))
    paint.over(pen.ink(block(x, y, 0, -0.95, 0.75, 0.07)), pen.tones[3] * 1.2, 0.2)
    tall = 1.6 / storeys
    for k in range(storeys):
        width, foot = 0.86 - 0.42 * k / (storeys - 1) * 1.15, -0.9 + k * tall
        wall = block(x, y, 0, foot + tall * 0.3, width * 0.58, tall * 0.32)
        pillars = frac(x / width * 3.5 + 0.5)
        room = mix(pen.tones[2], INK, smooth(0.0, 0.4, frac((y - foot) / tall)) * 0.6)
        room = mix(room, pen.tones[0] * 0.8, (pillars < 0.26) | (frac(x / width * 10.5) < 0.2))
        paint.over(pen.ink(wall), room, 0.15 + 0.1 * (pillars < 0.26))
        lower = foot + tall * 0.56 + 0.13 * (side / width) ** 3
        upper = foot + tall * (0.66 + 0.42 * np.clip(1 - side / width, 0, 1) ** 1.5) + 0.15 * (side / width) ** 3
        roof = np.maximum(np.maximum(lower - y, y - upper), side - width)
        ribs = frac(x / width * 9 * (1 - 0.2 * y))
        tile = mix(pen.tones[1], pen.tones[1] * 0.5, ribs)
        paint.over(pen.ink(roof), tile, 0.4 + 0.1 * ribs + 0.3 * (upper - y))
        paint.over(pen.ink(np.abs(y - lower - 0.015) - 0.022) * (side < width), pen.tones[0] * 1.15)
    spire = np.maximum(side - 0.035 - 0.03 * (frac(y * 12) < 0.4), np.abs(y - 0.87) - 0.16)
    return paint.over(pen.ink(spire), pen.tones[2], 0.5)


def clock(pen: Pen) -> Paint:
    """A clock's face, its hands anywhere, numerals in strokes; often one sees its wheels."""
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    rim = np.abs(r - 0.9) - 0.1
    paint.over(pen.ink(r - 1), pen.tones[0] * (0.8 + 0.2 * np.sin(a * 48))[..., None], dome(rim, 0.1, 0.25) + 0.1)
    aged = 0.12 * noise(pen.rng, pen.x, pen.y, 4)
    paint.over(pen.ink(r - 0.8), mix(pen.tones[1], pen.tones[0], 0.35 * smooth(0.3, 0.8, r) + aged), 0.05)
    hour = a * 12 / TAU + 0.5
    place, strokes = (frac(hour) - 0.5) * r * TAU / 12, 1 + np.floor(hour) % 3
    stroke = np.abs(frac(place / 0.058 + 0.5 * (strokes % 2) + 0.5) - 0.5) * 0.058 - 0.012
    numeral = np.maximum(np.maximum(stroke, np.abs(place) - strokes * 0.029), np.abs(r - 0.66) - 0.085)
    serif = np.maximum(np.abs(place) - 0.1, np.abs(np.abs(r - 0.66) - 0.085) - 0.012)
    minute = np.maximum(np.abs(frac(a * 60 / TAU + 0.5) - 0.5) * r * TAU / 60 - 0.012, np.abs(r - 0.775) - 0.02)
    paint.over(pen.ink(np.minimum(np.minimum(numeral, serif), minute)), pen.tones[3]).over(
        pen.line(r - 0.53, 0.015), pen.tones[2]
    )
    if pen.chance(0.6):
        paint.over(pen.ink(r - 0.5), pen.tones[3] * 0.8, -0.05)
        for cx, cy, size, teeth in ((0.16, 0.16, 0.3, 16), (-0.24, -0.06, 0.24, 12), (0.1, -0.3, 0.18, 9)):
            gr, ga = polar(pen.x - cx, pen.y - cy)
            wheel = gr - size - 0.022 * np.sign(np.sin(ga * teeth)) * smooth(0.0, 0.01, np.abs(np.sin(ga * teeth)))
            spokes = np.maximum(np.abs(gr - 0.58 * size) - 0.26 * size, 0.07 * size - np.abs(np.sin(ga * 2.5)) * gr)
            wheel = np.maximum(wheel, -spokes)
            paint.over(
                pen.ink(np.maximum(wheel, r - 0.5)),
                mix(pen.tones[0], pen.tones[1], 0.5 * frac(gr * 24)),
                0.05 + dome(wheel, 0.04, 0.1),
            )
    for length, width in ((0.68, 0.035), (0.46, 0.06)):
        u, v = rotate(pen.x, pen.y, pen.between(0, TAU))
        blade = np.maximum(np.abs(u) - width * (1.3 - v / length), np.maximum(-0.12 - v, v - length))
        blade = np.minimum(blade, np.hypot(u, v - 0.72 * length) - 1.5 * width)
        paint.over(pen.ink(blade), pen.tones[2] if length < 0.5 else pen.tones[3], 0.18)
    return paint.over(pen.ink(r - 0.07), pen.tones[0], 0.2 + dome(r - 0.07, 0.07, 0.1))


def skull(pen: Pen) -> Paint:
    """A human skull."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    jaw = block(x, y, 0, -0.62, 0.34, 0.3) - 0.05
    crown = np.minimum(oval(x, y, 0, 0.25, 0.76, 0.72), oval(x, y, 0, -0.2, 0.56, 0.42))
    bone = mix(pen.tones[0], pen.tones[1], 0.9 * clouds(pen.rng, x, y, 4) - 0.1)
    paint.over(pen.ink(jaw), bone * 0.93, dome(jaw, 0.25, 0.35)).over(pen.ink(crown), bone, dome(crown, 0.6, 0.75))
    ex, ey = rotate(side - 0.32, y - 0.08, -0.15)
    socket, festive = oval(ex, ey, 0, 0, 0.23, 0.21), pen.chance(0.5)
    if festive:
        petals = socket - 0.07 - 0.045 * np.abs(np.sin(5 * np.arctan2(ey, ex)))
        paint.over(pen.ink(petals), pen.tones[2]).over(pen.line(petals + 0.02, 0.014), pen.tones[3])
        br, ba = polar(x, y - 0.62)
        bloom = br - 0.13 - 0.08 * np.abs(np.cos(ba * 2.5))
        paint.over(pen.ink(bloom), mix(pen.tones[2], pen.tones[0], br * 3)).over(pen.ink(br - 0.06), pen.tones[3])
        cr, ca = polar(side - 0.47, y + 0.28)
        curl = np.maximum(np.abs(frac(cr * 12 - ca / TAU) - 0.5) - 0.22, cr - 0.13)
        beads = np.hypot(frac(ba * 2.6) - 0.5, (br - 0.34) * 4) - 0.22
        paint.over(pen.ink(curl * 0.1) * pen.ink(crown), pen.tones[3]).over(
            pen.ink(beads * 0.2) * pen.ink(crown) * (y > 0.45), pen.tones[3]
        )
    else:
        crack = np.abs(y - 0.55 - 0.1 * np.sin(x * 12) - 0.05 * np.sin(x * 31)) + 0.3 * smooth(0.1, 0.5, side)
        paint.over(pen.line(crack, 0.015) * pen.ink(crown), pen.tones[1] * 0.45)
    paint.over(pen.ink(socket - 0.045), pen.tones[1] * 0.75).over(
        pen.ink(socket), mix(pen.tones[3], INK, smooth(0.0, -0.12, socket)), 0.1
    )
    nose = np.maximum(side - 0.12 + (y + 0.3) * 0.45, np.abs(y + 0.28) - 0.12)
    paint.over(pen.ink(nose) * (side > 0.015), INK, 0.2)
    tooth = np.abs(frac(x * 6.5) - 0.5)
    teeth = block(x, y, 0, -0.66, 0.32, 0.14)
    paint.over(
        pen.ink(teeth),
        mix(pen.tones[0] * 1.05, INK, smooth(0.4, 0.47, tooth) + pen.line(y + 0.66, 0.02)),
        0.4 + 0.1 * (0.5 - tooth),
    )
    return paint.over(pen.ink(disc(x, y, -0.3, 0.6, 0.07)) * 0.4, WHITE)


def sun(pen: Pen) -> Paint:
    """A sun with a face and waving rays."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side, (r, a) = np.abs(x), polar(pen.x, pen.y)
    rays = round(pen.between(7, 12))
    for k, (length, share) in enumerate(((0.88, 0.5), (1.04, 0.0))):
        wave = a * rays / TAU + share + (0.16 * np.sin((r - 0.5) * 13) if k else 0)
        u = np.abs(frac(wave) - 0.5)
        cut = smooth(0.3, 0.12, np.abs(frac(u * 11 + 0.5) - 0.5)) * smooth(0.5, 0.7, r)
        ray = (u - 0.42 * np.clip((length - r) / (length - 0.45), 0, 1)) * r * TAU / rays
        paint.over(
            pen.ink(ray) * (r < length), mix(mix(pen.tones[k], pen.tones[2], u * 1.6), pen.tones[3], 0.75 * cut), 0.15 - 0.3 * u
        )
    beads = np.hypot(frac(a * rays * 2 / TAU) - 0.5, (r - 0.59) * rays * 0.55) - 0.32
    paint.over(pen.ink(r - 0.64), pen.tones[2]).over(pen.ink(beads * 0.2), pen.tones[1], 0.3)
    glow = mix(pen.tones[1], pen.tones[0], r / 0.6)
    etched = smooth(0.16, 0.06, np.abs(frac(a * 9 * rays / TAU) - 0.5)) * smooth(0.34, 0.5, r)
    paint.over(pen.ink(r - 0.53), mix(glow, pen.tones[2], 0.7 * etched), 0.2 + dome(r - 0.53, 0.5, 0.4))
    cr, ca = polar(side - 0.3, y + 0.13)
    paint.over(pen.ink(np.abs(frac(cr * 15 - ca / TAU) - 0.5) - 0.25) * (cr < 0.12), pen.tones[2])
    ex, ey = side - 0.2, y - 0.12
    paint.over(pen.ink(almond(ex, ey, 0.13, 0.075)), WHITE).over(pen.ink(disc(ex, ey, 0, 0, 0.055)), pen.tones[3])
    paint.over(pen.line(almond(ex, ey, 0.14, 0.085), 0.018), pen.tones[3])
    paint.over(pen.ink(np.abs(y - 0.27 - 0.06 * np.cos(ex * 9)) - 0.02) * (np.abs(ex) < 0.15), pen.tones[3])
    nose = np.maximum(side - 0.03 - 0.05 * smooth(0.1, -0.12, y), np.abs(y - 0.02) - 0.13)
    paint.over(pen.ink(nose), pen.tones[0] * 1.1, 0.75)
    return paint.over(pen.ink(almond(x, y + 0.26 - 0.5 * x * x, 0.2, 0.055)), pen.tones[2] * 0.8)


def lantern(pen: Pen) -> Paint:
    """A paper lantern, ribbed, painted, lit from within, a tassel under it."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    tall, folds = pen.between(0.5, 0.72), round(pen.between(7, 11))
    paint.over(pen.line(x, 0.025) * (y > 0.5), pen.tones[3])
    strands = np.abs(frac(x * 14) - 0.5)
    tassel = np.maximum(np.abs(x) - 0.09 - 0.05 * smooth(-0.75, -1.1, y), np.maximum(-1.1 - y, y + tall))
    paint.over(pen.ink(tassel), mix(pen.tones[2], pen.tones[0] * 0.6, strands * 2), 0.1)
    body = oval(x, y, 0, 0, 0.74, tall)
    turn = np.abs(x) / np.sqrt(np.clip(1 - (y / (tall * 1.03)) ** 2, 0.03, 1)) / 0.74  # 0..1 from the middle to the rim
    rib = np.abs(frac(y / tall * folds / 2) - 0.5) * 2
    glow = mix(pen.tones[1], pen.tones[0], smooth(0.0, 0.75, np.hypot(x, y * 1.1)))
    u = np.arcsin(np.clip(turn, 0, 1)) * np.sign(x)
    bloom = np.hypot(u, y * 1.5)
    petals = bloom - 0.3 - 0.16 * np.abs(np.cos(np.arctan2(y * 1.5, u) * round(pen.between(2, 4))))
    drawn = mix(glow, pen.tones[2], smooth(0.03, -0.03, petals) * smooth(0.1, 0.14, bloom))
    drawn = mix(drawn, pen.tones[3], smooth(0.04, 0.02, np.abs(petals)) * 0.8)
    paint.over(pen.ink(body), mix(drawn, drawn * 0.6, smooth(0.3, 0.0, rib)), dome(body, 0.5, 0.6) + 0.05 * rib)
    for edge in (-1, 1):
        cap = block(x, y, 0, edge * (tall - 0.01), 0.26, 0.07)
        paint.over(
            pen.ink(cap),
            mix(pen.tones[3], pen.tones[2], smooth(0.2, 0.1, np.abs(frac(x * 9) - 0.5))),
            0.5 + dome(cap, 0.07, 0.1),
        )
    return paint


def hand(pen: Pen) -> Paint:
    """An open hand with an eye in its palm, beads and bands painted on it."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    fingers, nails, joints = np.full_like(x, 9.0), np.full_like(x, 9.0), np.zeros_like(x)
    spread = pen.between(0.75, 1.1)
    for root, lean, long, thick in (
        ((-0.3, 0.05), 0.34, 0.7, 1.0), ((-0.1, 0.05), 0.11, 0.86, 1.0), ((0.1, 0.05), -0.09, 0.83, 1.0),
        ((0.3, 0.05), -0.3, 0.68, 1.0), ((0.36, -0.5), -1.0, 0.68, 1.15),
    ):  # fmt: skip
        path = walk(root, TAU / 4 + lean * spread, np.zeros(4), long / 4)
        finger, along, across = tube(x, y, path, thick * np.linspace(0.125, 0.095, 5))
        bent = smooth(0.035, 0.015, np.minimum(np.abs(along - 0.35), np.abs(along - 0.68)))
        joints = np.where(finger < fingers, bent, joints)
        nails = np.minimum(nails, np.hypot(across, (along - 0.93) * 5) - 0.55)
        fingers = np.minimum(fingers, finger)
    palm = np.minimum(oval(x, y, 0, -0.25, 0.45, 0.46), np.maximum(np.abs(x) - 0.27, np.abs(y + 0.72) - 0.3))
    both = np.minimum(fingers, palm)
    skin = mix(pen.tones[0], pen.tones[1], 0.5 * clouds(pen.rng, x, y, 3) + 0.5 * smooth(-0.12, 0.0, both))
    skin = mix(skin, pen.tones[1] * 0.6, joints * (palm > -0.02))
    paint.over(pen.ink(both), skin, 0.2 + dome(fingers, 0.1, 0.2) + dome(palm, 0.3, 0.2))
    paint.over(pen.ink(both) * pen.ink(nails * 0.1), pen.tones[2])
    r, a = polar(x, y + 0.25)
    beads = np.hypot(frac(a * 16 / TAU) - 0.5, (r - 0.4) * 7) - 0.3
    rays = np.maximum(np.abs(frac(a * 16 / TAU + 0.5) - 0.5) - 0.3, np.abs(r - 0.31) - 0.05)
    bands = np.abs(np.abs(y + 0.84) - 0.06) - 0.02
    inside = pen.ink(palm)
    paint.over(pen.ink(beads * 0.14) * inside, pen.tones[2]).over(pen.ink(np.minimum(rays * 0.2, bands)) * inside, pen.tones[3])
    lens = almond(x, y + 0.25, 0.28, 0.17)
    paint.over(pen.ink(lens), WHITE, 0.5)
    paint.over(pen.ink(r - 0.13) * pen.ink(lens), mix(pen.tones[3], pen.tones[2], 0.5 + 0.5 * np.sin(a * 14)), 0.55)
    paint.over(pen.ink(r - 0.06), INK).over(pen.ink(disc(x, y, -0.04, -0.2, 0.025)), WHITE)
    return paint.over(pen.line(lens, 0.028), INK)


def nave(pen: Pen) -> Paint:
    """Into a cathedral: ribs and columns one behind the other, a chequered floor, a rose window at the end."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side, pointed, bays = np.abs(x), pen.between(0.25, 0.6), round(pen.between(4, 6))
    # each arch is the outermost (1) made smaller about the window, so that one number says how far in one is
    arch = np.hypot(side + pointed, 1.1 * (1 + pointed) / np.sqrt(1 + 2 * pointed) * np.maximum(y, 0)) - pointed
    wall = np.where(y > 0, arch, side)
    frame = np.maximum(wall, -1.05 * y)
    floor = (y < 0) & (wall <= frame) & (wall < -1.05 * y)
    deep = np.log(np.maximum(frame, 0.05)) / np.log(0.62) * bays / 2.4
    bay, step = np.floor(deep), frac(deep)
    stone = mix(pen.tones[0], pen.tones[1], 0.9 * bay / bays + 0.25 * (noise(pen.rng, x, y, 12) - 0.5))
    course = np.where(y > 0, 7 * np.arctan2(y, side), 5 * y / np.maximum(frame, 0.05))
    blocks = mix(stone * 1.1, stone * 0.7, smooth(0.14, 0.04, np.abs(frac(course) - 0.5)))
    vault = mix(stone * 0.5, pen.tones[3] * 0.8, 0.6 * smooth(0.2, 0.1, np.abs(frac(course / 2) - 0.5)))
    rib = smooth(0.42, 0.34, step)
    tile = (np.floor(4 * x / np.maximum(-y, 0.05)) + np.floor(2 * deep)) % 2
    inside = np.where(floor[..., None], mix(pen.tones[0] * 0.9, pen.tones[3] * 0.6, tile), mix(vault, blocks, rib))
    paint.over(pen.ink(frame - 1), inside, 0.5 * frame + 0.12 * rib * ~floor)
    (r, a), petals = polar(x, y - 0.03), round(pen.between(6, 10))
    pane = mix(pen.tones[2], pen.tones[3], 0.5 + 0.5 * np.sin(a * petals * 2 + 3 * np.floor(r * 16)))
    lead = np.minimum(np.abs(frac(a * petals / TAU) - 0.5) * r * TAU / petals, np.abs(frac(r * 11) - 0.5) / 11)
    rose = mix(mix(pane * 1.15, WHITE, 0.6 * smooth(0.1, 0.0, r)), INK, smooth(0.016, 0.008, lead))
    return paint.over(pen.ink(r - 0.26), rose, 0.05).over(pen.line(r - 0.26, 0.025), pen.tones[1])
