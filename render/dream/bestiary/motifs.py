"""The motif table of the bestiary: each motif is one function that draws itself with a pen, and one row with its name and colours.

A new creature is one function `(Pen) -> Paint` and one row in `MOTIFS`. It is drawn upright within radius 1 (textures: over the whole
grid), in four tones whose roles the function chooses; the row's palettes say which four occur in nature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from render.dream.bestiary.brush import (
    INK,
    TAU,
    WHITE,
    Array,
    Paint,
    Pen,
    almond,
    block,
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
    shingles,
    smooth,
    turned,
)


@dataclass(frozen=True)
class Motif:
    """One class of the bestiary: `turn` is how far (degrees) it may lean; a texture fills the picture instead of standing in it."""

    name: str
    draw: Callable[[Pen], Paint]
    palettes: tuple[str, ...]
    turn: float = 25.0
    texture: bool = False


def eyeball(paint: Paint, pen: Pen, x: Array, y: Array, radius: float, iris: Array, glow: Array, slit: float = 1.0) -> Paint:
    """A looking iris about the origin of x, y: limbal ring, fibres, pupil, highlight. Every creature's eye is made with it."""
    r, a = polar(x / radius, y / radius)
    fibres = 0.5 + 0.5 * np.sin(a * round(pen.between(18, 30)) + 3 * np.sin(a * 5))
    colour = mix(mix(glow, iris, smooth(0.25, 0.85, r)), iris * 0.55, fibres * 0.6 * smooth(0.3, 0.6, r))
    colour = mix(colour, INK, smooth(0.82, 1.0, r))
    paint.over(pen.ink((r - 1) * radius), colour, dome((r - 1) * radius, radius, radius * 0.35))
    paint.over(pen.ink((np.hypot(x / radius / slit, y / radius) - 0.45) * radius * min(slit, 1)), INK)
    return paint.over(pen.ink(disc(x, y, -0.3 * radius, 0.33 * radius, 0.19 * radius)), WHITE)


def eye(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    opening = pen.between(0.42, 0.62)
    lens = almond(x, y, 0.95, opening)
    lid = almond(x, y - 0.06, 1.12, opening + 0.26)
    paint.over(pen.ink(lid), mix(pen.tones[3], pen.tones[3] * 0.6, smooth(-0.25, 0.0, lid)), dome(lid, 0.3, 0.35))
    crease = np.abs(almond(x, y - 0.03, 1.05, opening + 0.13)) - 0.012
    paint.over(pen.ink(crease) * (y > 0), pen.tones[3] * 0.45)
    lash = (lens < 0.2) & (y > 0.05)
    paint.over(pen.ink((np.abs(frac((x + 0.35 * x * y) * 7) - 0.5) - 0.16) / 7) * lash, INK)
    white = mix(WHITE, np.array([0.75, 0.5, 0.45], np.float32), smooth(-0.2, 0.0, lens) * smooth(0.45, 0.95, np.abs(x)))
    paint.over(pen.ink(lens), white, 0.1 + dome(lens, 0.5, 0.4))
    inside, look = pen.ink(lens), (pen.between(-0.15, 0.15), pen.between(-0.04, 0.06))
    ball = eyeball(Paint(pen), pen, x - look[0], y - look[1], pen.between(0.4, 0.48), pen.tones[0], pen.tones[1])
    paint.over(ball.alpha * inside, ball.colour)
    return paint.over(pen.line(lens, 0.035), INK)


def flower(pen: Pen) -> Paint:
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
        paint.over(pen.ink((r - edge) * 0.8), tint * streaks[..., None], 0.12 * ring + (0.16 - 0.5 * u * u) * smooth(0, 0.7, r / size))
    heart = pen.between(0.2, 0.34)
    seeds = 0.5 + 0.5 * np.cos(r * 60) * np.cos(a * 13 + r * 22)
    paint.over(pen.ink(r - heart), mix(pen.tones[2], pen.tones[2] * 0.45, 1 - seeds), 0.3 + dome(r - heart, heart, 0.22) + 0.03 * seeds)
    return paint


def shell(pen: Pen) -> Paint:
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
        paint.over(pen.ink(hole - 0.035), pen.tones[3]).over(pen.ink(hole), mix(pen.tones[2], INK, smooth(-0.1, 0.12, wy) * 0.7))
    door = np.where(y + 0.72 > 0, np.hypot(x, y + 0.72) - 0.13, np.maximum(np.abs(x) - 0.13, -y - 1))
    return paint.over(pen.ink(door), mix(pen.tones[3] * 0.6, INK, frac(x * 14) > 0.8))


def arches(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    count, tiers, pointed = round(pen.between(2, 4)), round(pen.between(1, 2.4)), pen.between(0, 0.8)
    wall = block(x, y, 0, 0, 1.0, 0.95)
    grain = noise(pen.rng, x, y, 9) * 0.3 + 0.7
    paint.over(pen.ink(wall), pen.tones[0] * grain[..., None], 0.3)
    tall = 1.9 / tiers
    u = (frac((x + 1) * count / 2) - 0.5) * 2 / count
    v = frac((y + 0.95) / tall) * tall
    half, spring = 0.72 / count, tall * 0.86 - (0.72 / count) * (1 + 0.6 * pointed)
    reach = half * (1 + pointed)
    head = np.hypot(np.abs(u) + reach - half, np.maximum(v - spring, 0)) - reach
    hole = np.where(v > spring, head, np.abs(u) - half)
    hole = np.maximum(hole, 0.04 - v)
    ring = smooth(0.13, 0.0, hole / half * 0.4)
    stones = frac(np.arctan2(v - spring, u) * 3.2) < 0.86
    paint.over(pen.ink(wall) * ring, mix(pen.tones[0] * 0.6, pen.tones[1], stones), 0.42)
    band = (v > tall * 0.93) | ((np.abs(v - spring) < 0.05) & (np.abs(u) > half * 0.9))
    paint.over(pen.ink(wall) * band, pen.tones[1], 0.5)
    depth = smooth(0, -half, hole)
    sky = mix(pen.tones[2], pen.tones[3], v / tall)
    inside = mix(INK * 2, sky, depth * 1.3 - smooth(0.0, half, u) * 0.5)
    return paint.over(pen.ink(wall) * pen.ink(hole), inside, 0.0)


def leaf(pen: Pen) -> Paint:
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


def mask(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    r, a = polar(x, y - 0.1)
    feathers = round(pen.between(7, 12))
    k = np.floor((a + np.pi / 2) * feathers / np.pi)
    plume = mix(pen.tones[1], pen.tones[2], k % 2)
    u = frac((a + np.pi / 2) * feathers / np.pi) - 0.5
    length = 1.02 - 0.5 * np.abs(u) ** 1.6
    crown = np.maximum(r - length, -0.12 - y + 0.5 * side)
    paint.over(pen.ink(crown), mix(plume, plume * 0.5, smooth(0.03, 0.0, np.abs(u) * 0.2) + smooth(0.3, 0.5, np.abs(u))), 0.2 - u * u)
    face = oval(x, y, 0, -0.18, pen.between(0.52, 0.6), 0.78) + 0.08 * smooth(-0.4, -0.9, y)
    paint.over(pen.ink(face), pen.tones[0], dome(face, 0.5, 0.75))
    paint.over(pen.ink(face) * smooth(-0.09, -0.06, face), pen.tones[2])
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


def butterfly(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    tilt, eyes = pen.between(0.5, 0.75), pen.chance(0.7)
    lower = turned(side - 0.36, y + 0.42, -0.75)
    upper = turned(side - 0.5, y - 0.32, tilt)
    for (u, v), rx, ry, spot in ((lower, 0.44, 0.33, 0.12), (upper, 0.58, 0.36, 0.15)):
        wing = oval(u, v + 0.05 * np.sin(u * 14), 0, 0, rx, ry)
        span = np.hypot(side, y)
        base = mix(pen.tones[1], pen.tones[0], smooth(0.1, 0.75, span))
        veins = smooth(0.12, 0.02, np.abs(frac(np.arctan2(y - 0.02, side) * 3.6) - 0.5)) * smooth(0.12, 0.3, span)
        paint.over(pen.ink(wing), mix(base, pen.tones[3], veins * 0.85), 0.2 + 0.12 * np.cos(np.arctan2(y, side) * 22))
        rim = smooth(-0.13, -0.09, wing)
        paint.over(pen.ink(wing) * rim, pen.tones[3])
        dots = np.hypot((wing + 0.055) / 0.034, (frac(np.arctan2(v, u) * 3.2) - 0.5) / 0.26) - 1
        paint.over(pen.ink(dots * 0.034) * pen.ink(wing), WHITE)
        if eyes:
            ring = np.hypot(u - 0.3 * rx, v)
            for radius, colour in ((spot, pen.tones[3]), (spot * 0.78, pen.tones[2]), (spot * 0.45, INK)):
                paint.over(pen.ink(ring - radius), colour)
            paint.over(pen.ink(disc(u, v, 0.3 * rx - 0.04, 0.04, 0.03)), WHITE)
    body = oval(x, y, 0, -0.06, 0.075, 0.5)
    stripes = 0.7 + 0.3 * np.sin(y * 40)
    paint.over(pen.ink(body), mix(INK, pen.tones[2] * 0.7, stripes * 0.6), 0.4 + dome(body, 0.08, 0.3))
    feeler = np.hypot(side - 0.28, y - 0.42) - 0.3
    paint.over(pen.line(feeler, 0.018) * (side < 0.3) * (y > 0.42), INK)
    return paint.over(pen.ink(disc(side, y, 0.28, 0.72, 0.045)), INK)


def fish(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    tall = pen.between(0.36, 0.5)
    rays = 0.55 + 0.45 * np.sin(np.arctan2(y, x - 0.35) * 34)
    fan = np.maximum(np.abs(y) - (x - 0.42) * 1.05, x - 0.98 + 0.25 * np.cos(np.clip(y * 3, -3, 3)))
    paint.over(pen.ink(fan * 0.7), mix(pen.tones[2], pen.tones[2] * 0.5, rays), 0.1 + 0.05 * rays)
    fin = oval(x - 0.2 * y, y, 0.02, 0.0, 0.42, tall + 0.26)
    comb = 0.5 + 0.5 * np.sin((x - 0.4 * np.abs(y)) * 46)
    paint.over(pen.ink(fin) * (np.abs(y) > 0.1), mix(pen.tones[2], pen.tones[2] * 0.55, comb), 0.1 + 0.05 * comb)
    body = almond(x + 0.12, y, 0.84, tall)
    body = np.maximum(body, oval(x, y, -0.12, 0, 0.76, tall * 1.1))
    r, _, v, name = shingles(pen.rng, y * 8, x * 8)
    skin = mix(mix(pen.tones[0], pen.tones[1], smooth(0.15, -0.4, y)), pen.tones[0] * 0.55, smooth(0.72, 1.0, r) + 0.2 * name)
    if pen.chance(0.5):
        bars = smooth(0.62, 0.82, np.sin((x + 0.12 * np.cos(y * 5)) * 9.5 + 1.0))
        skin = mix(skin, WHITE, bars)
    paint.over(pen.ink(body), skin, dome(body, 0.45, 0.55) + 0.05 * (1 - r) + 0.0 * v)
    head = np.maximum(body, np.hypot(x + 0.95, y) - 0.5)
    paint.over(pen.ink(head), mix(pen.tones[0], pen.tones[1], smooth(0.1, -0.2, y)))
    paint.over(pen.ink(body) * pen.line(np.hypot(x + 0.95, y) - 0.5, 0.022), pen.tones[3])
    paint.over(pen.line(y + 0.1 - 0.2 * (x + 0.95), 0.02) * (x < -0.72) * pen.ink(body), INK)
    side = oval(x - 0.15 * y, y, -0.12, -0.12, 0.16, 0.11)
    paint.over(pen.ink(side), mix(pen.tones[2], pen.tones[2] * 0.6, comb), 0.7)
    paint.over(pen.ink(disc(x, y, -0.62, 0.1, 0.125)), WHITE, 0.7)
    return eyeball(paint, pen, x + 0.62, y - 0.1, 0.1, pen.tones[3], pen.tones[2])


def peacock(pen: Pen) -> Paint:
    paint, bend = Paint(pen), pen.between(-0.3, 0.3)
    x, y = pen.x - bend * (pen.y - 0.3) ** 2, pen.y - 0.3
    r, a = polar(x, y)
    shape = oval(x, y, 0, -0.06, 0.58, 0.66)
    barbs = frac((np.abs(x) * 0.9 - y * 0.7 - 0.4 * r) * 9)
    fringe = pen.ink(shape - 0.14 * (barbs - 0.4)) + pen.ink(np.abs(x) - 0.34 * smooth(-1.4, -0.4, y)) * (barbs > 0.45) * (y < -0.3)
    paint.over(np.clip(fringe, 0, 1) * (y > -1.25), mix(pen.tones[0], pen.tones[0] * 0.5, barbs), 0.1 + 0.06 * barbs)
    paint.over(pen.line(x, 0.03) * (y < -0.2) * (y > -1.3), pen.tones[3], 0.3)
    drop = np.hypot(x, y * (0.9 + 0.12 * np.sign(y)))
    rings = ((0.5, pen.tones[3]), (0.44, pen.tones[0] * 1.1), (0.38, pen.tones[3] * 0.85), (0.3, pen.tones[1]))
    for radius, colour in rings:
        paint.over(pen.ink(drop - radius), colour * (0.86 + 0.14 * np.sin(a * 44))[..., None], 0.2 + 0.3 * (0.5 - radius))
    heart = np.maximum(disc(x, y, 0, 0.0, 0.19), 0.1 - np.hypot(x, y + 0.2))
    return paint.over(pen.ink(heart), pen.tones[2], 0.35).over(pen.ink(disc(x, y, -0.06, 0.07, 0.03)), WHITE)


def mushroom(pen: Pen) -> Paint:
    paint, lean = Paint(pen), pen.between(-0.15, 0.15)
    x, y = pen.x - lean * pen.y, pen.y
    wide = pen.between(0.11, 0.2)
    stem = np.maximum(np.abs(x) - wide * (1 + 0.6 * smooth(-0.5, -1.0, y)), np.maximum(y - 0.2, -1 - y))
    paint.over(pen.ink(stem), mix(pen.tones[2], pen.tones[3], 0.25 * frac(x * 16)), 0.6 * np.sqrt(np.clip(wide**2 - x**2, 0, 1)))
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
    return paint.over(pen.ink(spots * 0.25) * pen.ink(cap + 0.03), pen.tones[1]).raise_by(0.06 * smooth(0.05, -0.1, spots) * pen.ink(cap))


def mandala(pen: Pen) -> Paint:
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    fold = 2 * round(pen.between(3.6, 8.4))
    rings, tones = round(pen.between(4, 6)), [pen.tones[k] for k in range(4)] + [WHITE]
    start = round(pen.between(0, 4))
    for k in range(rings):
        size = 1 - k / (rings + 0.3)
        u = np.abs(frac(a * fold / TAU + 0.5 * (k % 2)) - 0.5) * 2
        ornament = round(pen.between(-0.49, 3.49))
        edge = (size - 0.16 * u**2, size - 0.14 * u, size + 0 * u, size - 0.1 * (1 - np.sqrt(np.clip(1 - u * u, 0, 1))))[ornament]
        paint.over(pen.ink(r - edge), tones[(start + k) % 4], 0.08 * k + dome(r - edge, 0.08, 0.1))
        paint.over(pen.line(r - edge + 0.03, 0.013), tones[(start + k + 2) % 4])
        bead = np.hypot((r - size + 0.1) / 0.045, (1 - u) * TAU * size / fold / 2 / 0.045) - 1
        paint.over(pen.ink(bead * 0.045), tones[(start + k + 3) % 5], 0.08 * k + 0.1 + dome(bead, 1, 0.06))
    return paint.over(pen.ink(r - 0.09), tones[(start + 1) % 4], 0.6 + dome(r - 0.09, 0.09, 0.1))


def owl(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    ears = np.maximum(turned(side - 0.38, y - 0.72, -0.45)[1] - 0.3, np.abs(turned(side - 0.38, y - 0.72, -0.45)[0]) * 2.2 - 0.32 + (y - 0.72))
    paint.over(pen.ink(ears) * (y > 0.4), pen.tones[1] * 0.8, 0.2)
    body = oval(x, y, 0, -0.15, 0.66, 0.85)
    body = np.minimum(body, oval(x, y, 0, 0.35, 0.68, 0.5))
    r, _, v, name = shingles(pen.rng, x * 5.2, y * 5.2)
    breast = mix(pen.tones[0], pen.tones[1], smooth(0.35, 0.95, r) * 0.8 + 0.15 * name)
    breast = mix(breast, pen.tones[3], smooth(0.16, 0.05, np.abs(frac(x * 5.2 + 0.5 * (np.floor(y * 5.2 + 0.72) % 2)) - 0.5)) * (v < 0) * 0.6)
    paint.over(pen.ink(body), breast, dome(body, 0.5, 0.7) + 0.06 * (1 - r))
    wing = oval(side - 0.15 * y, y, 0.66, -0.3, 0.2, 0.55)
    bars = 0.5 + 0.5 * np.sin((y - 0.5 * side) * 24)
    paint.over(pen.ink(wing), mix(pen.tones[1] * 0.75, pen.tones[3], bars), 0.4 + dome(wing, 0.2, 0.3))
    er, ea = polar(side - 0.3, y - 0.36)
    disk = mix(pen.tones[0] * 1.08, pen.tones[1], 0.5 + 0.5 * np.sin(ea * 22)) * (0.75 + 0.25 * smooth(0.1, 0.36, er))[..., None]
    paint.over(pen.ink(er - 0.36), disk, 0.7 + 0.2 * er)
    paint.over(pen.line(er - 0.36, 0.025), pen.tones[3])
    eyeball(paint, pen, side - 0.3, y - 0.36, 0.235, pen.tones[2], pen.tones[2] * 1.15)
    paint.over(pen.ink(disc(x, y, 0.24, 0.43, 0.05)), WHITE)
    beak = np.maximum(side * 1.7 - (y + 0.12) * 0.7, y - 0.26)
    paint.over(pen.ink(beak * 0.5), np.array([0.92, 0.66, 0.2], np.float32) * 0.9, 1.1 + dome(beak, 0.2, 0.2))
    feet = np.hypot((frac(side * 9) - 0.5) / 9, (y + 0.97) * 0.5) - 0.045
    return paint.over(pen.ink(feet) * (side > 0.11) * (side < 0.45), np.array([0.85, 0.6, 0.2], np.float32))


def beetle(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    for hip, knee, foot in ((0.35, 0.6, 0.85), (0.02, 0.06, -0.12), (-0.3, -0.48, -0.9)):
        reach = 0.72 + pen.between(0, 0.12)
        leg = np.minimum(segment(side, y, (0.3, hip), (reach, knee)), segment(side, y, (reach, knee), (reach + 0.16, foot)))
        paint.over(pen.ink(leg - 0.035), INK * 1.5, 0.2)
    feeler = segment(side, y, (0.1, 0.72), (0.3, 1.0))
    paint.over(pen.ink(np.minimum(feeler - 0.022, disc(side, y, 0.3, 1.0, 0.05))), INK)
    wings = oval(x, y, 0, -0.22, 0.5, 0.7)
    sheen = mix(pen.tones[0], pen.tones[1], 0.5 + 0.5 * np.sin(3.2 * y + 4 * side))
    style = round(pen.between(-0.49, 2.49))
    near, _, _ = pebbles(pen.rng, side, y, 2.6, 0.5)
    marks = (near < 0.27, np.sin(y * 13) > 0.45, np.abs(np.sin(side * 15)) < 0.3)[style]
    cover = mix(sheen, pen.tones[2], marks * 0.95)
    paint.over(pen.ink(wings), cover, dome(wings, 0.5, 0.75))
    paint.over(pen.line(x, 0.018) * (y < 0.3) * pen.ink(wings), INK)
    neck = oval(x, y, 0, 0.45, 0.42, 0.24)
    paint.over(pen.ink(neck), mix(pen.tones[3], pen.tones[0] * 0.6, smooth(0.5, 0.1, side)), dome(neck, 0.24, 0.55))
    head = oval(x, y, 0, 0.7, 0.24, 0.17)
    paint.over(pen.ink(head), pen.tones[3] * 0.8, dome(head, 0.17, 0.45))
    paint.over(pen.ink(disc(side, y, 0.17, 0.74, 0.05)), pen.tones[2], 0.5)
    gloss = oval(side - 0.1 * y, y, 0.24, 0.02, 0.06, 0.26)
    return paint.over(pen.ink(gloss) * 0.75, WHITE)


def snake(pen: Pen) -> Paint:
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    pitch, turns = pen.between(0.27, 0.33), pen.between(2.1, 2.5)
    whorl = np.floor(r / pitch - a / TAU)
    theta = a + TAU * whorl
    w = r / pitch - a / TAU - whorl - 0.5
    run = pitch * theta**2 / (2 * TAU) / 0.34
    end = TAU * turns
    cover = pen.ink((np.abs(w) - 0.45) * pitch) * (theta < end) * (theta > 0)
    scale, _, _, name = shingles(pen.rng, w * 5, run * 4)
    skin = mix(mix(pen.tones[0], pen.tones[1], smooth(0.1, 0.42, np.abs(w))), pen.tones[0] * 0.5, smooth(0.6, 1, scale) * 0.6 + 0.15 * name)
    diamond = np.abs(frac(run) - 0.5) * 1.1 + np.abs(w) - 0.42
    skin = mix(skin, pen.tones[3], pen.ink(diamond * 0.3))
    skin = mix(skin, pen.tones[2], pen.ink(diamond * 0.3 + 0.05))
    paint.over(cover, skin, 0.55 * pitch * np.sqrt(np.clip(1 - (2 * w) ** 2, 0, 1)) * 2)
    heading = end - TAU * np.floor(turns) if end % TAU < np.pi else end - TAU * np.ceil(turns)
    far = pitch * (turns + 0.5)
    hx, hy = turned(pen.x - far * np.cos(heading), pen.y - far * np.sin(heading), float(heading))
    tongue = np.minimum(segment(hx, hy, (0, 0.2), (0, 0.42)), segment(np.abs(hx), hy, (0, 0.42), (0.06, 0.52)))
    paint.over(pen.ink(tongue - 0.02), np.array([0.8, 0.12, 0.1], np.float32), 0.3)
    head = oval(hx, hy, 0, 0.1, 0.17 + 0 * pitch, 0.25)
    paint.over(pen.ink(head), mix(pen.tones[0], pen.tones[3], pen.ink(np.abs(hx) - 0.05) * (hy < 0.05)), 0.3 + dome(head, 0.17, 0.4))
    for s in (-1, 1):
        eyeball(paint, pen, hx - s * 0.1, hy - 0.14, 0.065, pen.tones[1], WHITE, 0.5)
    return paint


def jellyfish(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    sway = pen.between(0, TAU)
    bend = x + 0.09 * np.sin(y * 5 + sway) * smooth(0.2, -0.6, y)
    strand = np.abs(frac(bend * 5.5 + 0.1 * np.sin(y * 9)) - 0.5)
    length = -0.95 + 0.35 * lookup(pen.rng, np.floor(bend * 5.5), 0 * x)
    paint.over(pen.ink((strand - 0.13) / 5.5) * (np.abs(bend) < 0.6) * (y < 0.2) * smooth(length - 0.05, length + 0.1, y), pen.tones[1], 0.1)
    frills = np.abs(frac(bend * 4 + 0.35 * np.sin(y * 17)) - 0.5) - 0.24
    paint.over(pen.ink(frills / 4) * (np.abs(bend) < 0.3 + 0.1 * np.sin(y * 11)) * (y < 0.2) * (y > -0.55), pen.tones[2], 0.25)
    lobes = 0.07 * np.abs(np.sin(x * 9))
    tall = pen.between(0.7, 0.9)
    bell = np.maximum((np.hypot(x / 0.8, (y - 0.1) / tall) - 1) * 0.7, 0.1 - lobes - y)
    spokes = 0.5 + 0.5 * np.cos(np.arctan2(x, y + 0.35) * 15)
    glow = mix(pen.tones[0], pen.tones[1], smooth(0.9, 0.2, np.hypot(x, y - 0.3) * 1.3) * 0.7 + 0.35 * spokes)
    paint.over(pen.ink(bell), glow, dome(bell, 0.5, 0.6) + 0.04 * spokes)
    paint.over(pen.ink(bell) * smooth(0.2, 0.08, y), pen.tones[3])
    clover = np.abs(np.hypot(np.abs(x) - 0.17, y - 0.45) - 0.13) - 0.03
    paint.over(pen.ink(clover), pen.tones[2])
    return paint.over(pen.ink(oval(x, y, -0.3, 0.62, 0.12, 0.07)) * 0.8, WHITE)


def galaxy(pen: Pen) -> Paint:
    paint = Paint(pen)
    x, y = turned(pen.x, pen.y, pen.between(0, TAU))
    y = y * pen.between(1.0, 1.7)
    r, a = polar(x, y)
    spin, arms = pen.between(0.22, 0.34), round(pen.between(2, 3))
    wisps = clouds(pen.rng, pen.x, pen.y, 6)
    arm = 0.5 + 0.5 * np.cos(arms * (a - np.log(r + 0.06) / spin) + 2.0 * (wisps - 0.5))
    light = smooth(0.15, 0.95, arm) * np.exp(-1.2 * r) * (0.4 + 1.2 * wisps) * smooth(1.05, 0.6, r)
    night = np.array([0.03, 0.03, 0.08], np.float32)
    colour = mix(night + 0 * r[..., None], mix(pen.tones[1], pen.tones[0], smooth(0.15, 0.7, r)), 1.5 * light)
    colour = mix(colour, pen.tones[3] * 0.5, smooth(0.4, 0.0, arm) * smooth(0.5, 0.2, np.abs(r - 0.45)) * 0.5)
    colour = mix(colour, pen.tones[2], np.exp(-r * r * 30) * 1.2)
    colour = mix(colour, WHITE, np.exp(-r * r * 130))
    near, _, name = pebbles(pen.rng, pen.x, pen.y, 9)
    colour = mix(colour, WHITE, smooth(0.2, 0.08, near) * (name > 0.45) * (0.3 + 0.7 * arm))
    return paint.over(smooth(1.02, 0.8, r), colour, 0.12 * light)


def crystal(pen: Pen) -> Paint:
    paint, prisms = Paint(pen), round(pen.between(4, 7))
    order = pen.rng.permutation(prisms)
    for k in order:
        lean = float(-1.05 + 2.1 * k / (prisms - 1)) + pen.between(-0.1, 0.1)
        u, v = turned(pen.x, pen.y + 0.75, -lean)
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
    return paint.over(pen.ink(rock), pen.tones[3] * (0.5 + clouds(pen.rng, pen.x, pen.y, 7))[..., None], 0.3 + dome(rock, 0.2, 0.3))


def pagoda(pen: Pen) -> Paint:
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


def dog(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    hair = noise(pen.rng, x * 3, y, 7) - 0.5
    head = oval(x, y, 0, 0.15, 0.66, 0.72) + 0.04 * hair
    patch = pen.chance(0.4)
    fur = mix(pen.tones[0], pen.tones[0] * 0.72, 0.5 + hair)
    if patch:
        fur = mix(fur, pen.tones[1], pen.ink(oval(x, y, 0.32, 0.3, 0.3, 0.36)))
    paint.over(pen.ink(head), fur, dome(head, 0.5, 0.6))
    paint.over(pen.ink(np.abs(x) - 0.1 - 0.08 * (y - 0.2)) * (y > 0.2) * pen.ink(head), pen.tones[2])
    muzzle = np.minimum(oval(x, y, 0, -0.36, 0.42, 0.36), disc(side, y, 0.2, -0.38, 0.26)) + 0.03 * hair
    paint.over(pen.ink(muzzle), mix(pen.tones[2], pen.tones[2] * 0.8, 0.5 + hair), 0.6 + dome(muzzle, 0.3, 0.5))
    u, v = turned(side - 0.66, y - 0.2, 0.22)
    ear = oval(u, v, 0, 0, 0.24, 0.56) + 0.04 * hair
    paint.over(pen.ink(ear), mix(pen.tones[1], pen.tones[1] * 0.6, 0.5 + hair), 0.5 + dome(ear, 0.2, 0.3))
    tongue = np.maximum(oval(x, y, 0, -0.72, 0.15, 0.26), y + 0.56)
    paint.over(pen.ink(tongue), mix(np.array([0.9, 0.45, 0.45], np.float32), np.array([0.6, 0.2, 0.25], np.float32), smooth(0.06, 0.0, side)), 0.8)
    smile = np.abs(np.hypot(side - 0.17, y + 0.4) - 0.17) - 0.025
    paint.over(pen.ink(smile) * (y < -0.4), INK)
    paint.over(pen.line(x, 0.02) * (y < -0.25) * (y > -0.5), INK)
    nose = np.minimum(oval(x, y, 0, -0.18, 0.2, 0.13), disc(x, y, 0, -0.24, 0.1))
    paint.over(pen.ink(nose), INK, 1.1 + dome(nose, 0.13, 0.3)).over(pen.ink(oval(x, y, -0.05, -0.13, 0.07, 0.03)), WHITE * 0.8)
    paint.over(pen.ink(disc(side, y, 0.27, 0.22, 0.17)), pen.tones[1] * 0.5, 0.5)
    paint.over(pen.ink(disc(side, y, 0.27, 0.22, 0.15)), WHITE, 0.5)
    return eyeball(paint, pen, side - 0.27, y - 0.22, 0.135, pen.tones[3], pen.tones[3] * 1.5)


def cat(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    hair = noise(pen.rng, x, y * 2.5, 9) - 0.5
    u, v = turned(side - 0.5, y - 0.45, -0.35)
    ear = np.maximum(np.abs(u) * 1.6 - (0.55 - v) * 0.62, -0.2 - v)
    paint.over(pen.ink(ear * 0.6), pen.tones[0] * 0.9, 0.2)
    paint.over(pen.ink((ear + 0.13) * 0.6), np.array([0.85, 0.55, 0.5], np.float32), 0.1)
    head = oval(x, y, 0, -0.12, 0.86, 0.72) + 0.04 * hair
    stripes = smooth(0.2, 0.6, np.sin((side * 1.2 + 0.25 * np.abs(y)) * 19)) * smooth(0.15, 0.4, y) * (side < 0.4)
    cheeks = smooth(0.2, 0.7, np.sin((y + 0.35 * side) * 22)) * smooth(0.52, 0.66, side)
    fur = mix(mix(pen.tones[0], pen.tones[0] * 0.75, 0.5 + hair), pen.tones[1], np.clip(stripes + cheeks, 0, 1))
    paint.over(pen.ink(head), fur, dome(head, 0.6, 0.7))
    muzzle = disc(side, y, 0.17, -0.46, 0.24) + 0.03 * hair
    paint.over(pen.ink(muzzle), pen.tones[2], 0.75 + dome(muzzle, 0.24, 0.25))
    whisker = np.minimum(segment(side, y, (0.25, -0.42), (1.05, -0.28)), segment(side, y, (0.25, -0.48), (1.02, -0.58)))
    paint.over(pen.ink(whisker - 0.012), WHITE)
    paint.over(pen.line(np.hypot(side - 0.12, y + 0.45) - 0.13, 0.02) * (y < -0.47), INK)
    nose = np.maximum(side - 0.11 - (y + 0.3) * 0.9, np.abs(y + 0.32) - 0.08)
    paint.over(pen.ink(nose), np.array([0.8, 0.42, 0.42], np.float32), 1.0)
    ex, ey = turned(side - 0.38, y - 0.02, 0.18)
    paint.over(pen.ink(almond(ex, ey, 0.29, 0.22)), INK, 0.7)
    ball = eyeball(Paint(pen), pen, ex, ey, 0.24, pen.tones[3], pen.tones[3] * 1.3, 0.38)
    inside = pen.ink(almond(ex, ey, 0.26, 0.19))
    return paint.over(inside, pen.tones[3], 0.75).over(ball.alpha * inside, ball.colour)


def fern(pen: Pen) -> Paint:
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


def octopus(pen: Pen) -> Paint:
    x, y, paint = pen.x, pen.y, Paint(pen)
    phase = pen.between(0, TAU)
    for k in pen.rng.permutation(6):
        spread = float(-1 + 2 * k / 5)
        down = np.clip(0.15 - y, 0, 2)
        path = spread * (0.2 + 0.75 * down**0.8) + 0.13 * np.sin(down * 7 + phase + k * 1.7) * smooth(0, 0.4, down)
        width = 0.15 * (1 - down / (1.2 - 0.1 * abs(spread))) + 0.02
        arm = (np.abs(x - path) - width) * 0.75
        arm = np.maximum(arm, np.maximum(y - 0.2, -1.02 + 0.12 * abs(spread) - y))
        skin = mix(pen.tones[0], pen.tones[1], smooth(0.0, 1.0, down))
        paint.over(pen.ink(arm), skin, 0.2 + dome(arm, 0.1, 0.25))
        sucker = np.hypot((x - path - 0.45 * width) / np.maximum(width, 0.02), (frac(down * 9) - 0.5) * 1.2) - 0.36
        paint.over(pen.ink(sucker * 0.1) * pen.ink(arm), pen.tones[2])
    head = np.minimum(oval(x, y, 0, 0.48, 0.46, 0.5), oval(x, y, 0, 0.12, 0.36, 0.3))
    freckles = smooth(0.3, 0.2, pebbles(pen.rng, x, y, 5)[0])
    paint.over(pen.ink(head), mix(pen.tones[0], pen.tones[1], 0.5 * freckles * (y > 0.3)), 0.5 + dome(head, 0.4, 0.6))
    side = np.abs(x)
    paint.over(pen.ink(disc(side, y, 0.21, 0.2, 0.16)), WHITE, 1.1)
    return eyeball(paint, pen, side - 0.21, y - 0.2, 0.125, pen.tones[3], WHITE, 1.3)


def scales(pen: Pen) -> Paint:
    r, u, v, name = shingles(pen.rng, pen.x * 5, pen.y * pen.between(4, 6))
    tint = mix(mix(pen.tones[0], pen.tones[1], name * 0.7), pen.tones[2], smooth(0.4, -0.6, v) * 0.35)
    colour = mix(tint, pen.tones[3], smooth(0.8, 1.0, r))
    ridge = smooth(0.12, 0.0, np.abs(u)) * (v < 0)
    return Paint(pen).over(np.ones_like(r), colour, 0.16 * (1 - v) * np.sqrt(np.clip(1 - r * r, 0, 1)) + 0.03 * ridge)


def fur(pen: Pen) -> Paint:
    flow = clouds(pen.rng, pen.x, pen.y, 1.2, 2) * 2.4
    u = pen.x + 0.9 * np.sin(flow * 2) * 0.4 + flow * 0.4
    strands = 0.6 * noise(pen.rng, u * 9, pen.y, 1.6) + 0.4 * noise(pen.rng, u * 20, pen.y * 1.3, 1.6)
    locks = noise(pen.rng, u * 3, pen.y * 0.8, 1.6)
    colour = mix(mix(pen.tones[0], pen.tones[1], strands * 1.5 - 0.3), pen.tones[2], smooth(0.6, 0.95, locks * 0.5 + strands * 0.5))
    return Paint(pen).over(np.ones_like(u), colour * (0.65 + 0.5 * locks)[..., None], 0.16 * strands + 0.15 * locks)


def cells(pen: Pen) -> Paint:
    first, second, name = pebbles(pen.rng, pen.x, pen.y, pen.between(3, 4.5))
    gap = second - first
    tint = mix(pen.tones[0], pen.tones[1], name)
    colour = mix(pen.tones[3], tint, smooth(0.04, 0.2, gap))
    colour = mix(colour, pen.tones[2], smooth(0.26, 0.12, first) * 0.6)
    return Paint(pen).over(np.ones_like(gap), colour, 0.28 * np.sqrt(np.clip(gap, 0, 0.7)))


def labyrinth(pen: Pen) -> Paint:
    level = clouds(pen.rng, pen.x, pen.y, pen.between(1.4, 2.2), 2)
    wave = np.abs(frac(level * pen.between(5, 7)) - 0.5) * 2
    ridge = smooth(0.3, 0.62, wave)
    colour = mix(mix(pen.tones[3], pen.tones[2], smooth(0.3, 0.0, wave)), mix(pen.tones[0], pen.tones[1], wave), ridge)
    return Paint(pen).over(np.ones_like(level), colour, 0.22 * smooth(0.2, 1.0, wave))


def bubbles(pen: Pen) -> Paint:
    paint = Paint(pen)
    deep = mix(pen.tones[3], pen.tones[3] * 0.5, clouds(pen.rng, pen.x, pen.y, 1.5))
    paint.over(np.ones_like(pen.x), deep, 0.0)
    for frequency in (1.8, 2.9, 4.6):
        near, second, name = pebbles(pen.rng, pen.x, pen.y, frequency, 0.7)
        radius = 0.28 + 0.2 * name
        ball = np.maximum(near - radius, near - second + 0.02) / frequency
        t = near / radius
        film = mix(pen.tones[0], pen.tones[1], t * t)
        film = mix(film, pen.tones[2], smooth(0.78, 1.0, t))
        paint.over(pen.ink(ball) * (name > 0.25), film, np.sqrt(np.clip(1 - t * t, 0, 1)) * radius / frequency * 0.8)
        px, py = pen.x * frequency + 300, pen.y * frequency + 300
        glint = np.hypot(px - np.floor(px) - 0.36, py - np.floor(py) - 0.66)
        paint.over(pen.ink((glint - 0.07) / frequency) * pen.ink(ball + 0.04) * (name > 0.25), WHITE)
    return paint


def weave(pen: Pen) -> Paint:
    u, v = pen.x * 4.5, pen.y * 4.5
    i, j = np.floor(u), np.floor(v)
    across = (i + j) % 2 == 0
    fu, fv = frac(u) - 0.5, frac(v) - 0.5
    side, along = np.where(across, fv, fu), np.where(across, fu, fv)
    threads = 0.8 + 0.2 * np.sin(side * 38)
    tint = 1.15 * np.where(across[..., None], pen.tones[0], pen.tones[1]) * (threads * (0.8 + 0.3 * lookup(pen.rng, i, j)))[..., None]
    strip = smooth(0.48, 0.4, np.abs(side))
    return Paint(pen).over(np.ones_like(u), mix(pen.tones[3], tint, strip), 0.22 * np.cos(along * np.pi) * strip)


def plume(pen: Pen) -> Paint:
    r, u, v, name = shingles(pen.rng, pen.x * 3.2, pen.y * 2.6)
    barbs = 0.5 + 0.5 * np.sin((np.abs(u) * 1.1 - v) * 26)
    tint = mix(mix(pen.tones[0], pen.tones[1], smooth(0.25, 0.8, r)), pen.tones[2], smooth(0.86, 0.97, r))
    tint = mix(tint, pen.tones[3], smooth(0.3, 0.22, np.hypot(u, (v + 0.42) * 0.9) * 1.4) * 0.9)
    colour = mix(tint, tint * 0.6, barbs * 0.8)
    colour = mix(colour, pen.tones[3], smooth(0.05, 0.02, np.abs(u)) * (v > -0.5))
    return Paint(pen).over(np.ones_like(r), colour * (0.85 + 0.2 * name)[..., None], 0.2 * (1 - v) * np.sqrt(np.clip(1 - r * r, 0, 1)) + 0.02 * barbs)


def glass(pen: Pen) -> Paint:
    frequency = pen.between(2.2, 3.2)
    first, second, name = pebbles(pen.rng, pen.x, pen.y, frequency, 1.0)
    lead = smooth(0.13, 0.08, second - first)
    tones = np.stack([pen.tones[0], pen.tones[1], pen.tones[2], pen.tones[3]])
    pane = tones[np.minimum((name * 4).astype(np.int32), 3)]
    light = 0.75 + 0.6 * clouds(pen.rng, pen.x, pen.y, 3) * smooth(0.9, 0.1, first)
    colour = mix(pane * light[..., None], INK, lead)
    return Paint(pen).over(np.ones_like(first), colour, 0.12 * lead + 0.03 * noise(pen.rng, pen.x, pen.y, 6))


MOTIFS: tuple[Motif, ...] = (
    Motif("eye", eye, ("3f7fae cfe3a0 d8b090 d9a886", "5c7a2e d9b44a d8b090 c08f70", "6b3d1e d98a3a d8b090 8a5a3e", "2f6f5f b9c77a c9a080 e0b49a")),
    Motif("flower", flower, ("f4efe2 e9d9a8 e2a818 6e8a3a", "d8452a f2a03a 5a2b18 5a7a2a", "b56fc4 f0c8e0 e8b830 4f6f3a", "f2c12e e07a1a 6a3a1a 4a6f2a"), 180),
    Motif("shell", shell, ("e8cfae b9805a f3e6d2 5a3826", "d9a58c f2dccb a8604a 4a2a22", "c9c2b2 f1ece0 8f7f6a 3f382f"), 180),
    Motif("tower", tower, ("c9b28c b5482e f2c65a 5a4230", "9a9a98 3f5a7f f2cf6a 3a3a40", "d8c8a8 6a7f4a f0b84a 54422c"), 12),
    Motif("arches", arches, ("d8c3a0 efe0c2 7fb0d8 d8e8f0", "c28a62 e2b58c 4a7fb5 b8d8e8", "b8b0a4 dcd6ca e8a860 f6dcae", "cdb48a e6d3ac 2f4f6f 8fb0c0"), 12),
    Motif("leaf", leaf, ("4f8a2a a6c84a dce8a0 3f5a1f", "c8702a e8b040 f4dc9a 6a3218", "a8321f e07030 f2c07a 4a1c12", "2f6a3a 7fae5a c8dca0 2a4a20"), 180),
    Motif("mask", mask, ("c89a4a b5321f f0cf6a 3a1c12", "8a4a2a e8d0a0 d87a2a 2a1610", "e8d8b8 2f7f8a d8a83a 3a2a24", "5a7a5a d8602a f0d890 24201a"), 15),
    Motif("butterfly", butterfly, ("e8841f f4c040 f2e2b0 1f1410", "2f6fc8 7fc0e8 e8d890 101828", "f0d848 f8f0b0 d8602a 241a10", "8a3a2a d87a4a e8c870 241210"), 90),
    Motif("fish", fish, ("e8701f f6b850 f0902a 2a1810", "3f8fae c8e0d0 e8c040 10242f", "d8b040 f4e8b0 c8602a 2f2210", "7f9aa8 e8ecea b85a4a 1f2a30"), 25),
    Motif("peacock", peacock, ("2f8a5a 1fa0b0 1a1f6a b5863a", "4f9a3a 28b0a0 241a5a c89a4a", "1f7a6a 3fa8d0 141850 a8742f"), 90),
    Motif("mushroom", mushroom, ("cf3a1f f6ead2 efe2c8 b89a7a", "d8762a f8ecd0 f0e4cc a8805a", "9a5a30 e8d0a8 e8dcc4 8a6a4a", "b5452f f0dcc0 e8d8bc 9a7a5a"), 15),
    Motif("mandala", mandala, ("b5321f f0b83a 2f5a8a f2e2c0", "2f7f7a e8c860 a8402a 1f2a4a", "7a3a7f e8a0a8 f0d070 2a2050", "c8702a f4e0b0 3f6a4a 5a1f1a"), 180),
    Motif("owl", owl, ("e8d4b0 9a6a3f f2a818 4a2f1c", "d8d4cc 8a827a f0c020 35302c", "d8a86a 8a4f28 f08a18 3a2012"), 12),
    Motif("beetle", beetle, ("1f7a4a 3fb890 e0c040 14201a", "c8301f e8602a 1a1210 1a1010", "2a4fa8 4fa8c8 7f3fa0 10142a", "8a5a1f e0a83a 2a1a10 24160c"), 90),
    Motif("snake", snake, ("c8a860 f0e0b0 e8c878 4a2a18", "5a8a3a d8d890 a8c050 1f3018", "c86030 f2dcb0 f0e8d8 241410", "8a8270 e0d8c0 b8a888 302a22"), 180),
    Motif("jellyfish", jellyfish, ("d878a8 f6d8e8 f0a8c0 9a3f7f", "5fa8d8 d8f0f8 a8d8e8 2f5fa0", "e8a050 f8e4b8 f0c080 b0602a", "8f78c8 e4dcf8 c0a8e8 54409a"), 25),
    Motif("galaxy", galaxy, ("5f7fd8 c8b8e8 f8d8a0 5a2a1f", "b868a8 8fb0f0 f8e0b0 3a2030", "3f90b8 b0e0e8 f8c880 402818"), 180),
    Motif("crystal", crystal, ("b898e0 6a3fa8 f0e4fc 4a4050", "a8e0e8 2f8fb0 f4fcfc 45505a", "b8e0a8 2f8a5a f0fae8 48503f", "f4cfa8 c8642f fcf0e0 5a463a"), 20),
    Motif("pagoda", pagoda, ("b5281f 3f6a5a f4c860 6a5a4a", "c8502a 4a4f5a f8d070 5a5048", "8a3a24 c89a3a f4d890 544638"), 10),
    Motif("dog", dog, ("d8a868 7a4a28 f4e6d0 5a3418", "8a5a34 3a2418 e8d0b0 6a3f18", "e8dccc 8a6038 fcf6ec 4a2c14", "5a524c 2a2624 d8c8b4 8a5a20"), 15),
    Motif("cat", cat, ("d89048 a05a24 f8ead4 8fae3a", "9a9490 54504c f0ece6 c8b838", "c8ac88 6f5438 f4e8d6 5fa0b8", "4a4440 1f1c1a d8d0c8 d8b428"), 12),
    Motif("fern", fern, ("3f7a2a 8fc04a b8dc7a 5a4a22", "2a5f3a 6fae6a a8d898 3f3a20", "7f8a2a c8c050 e8e090 5f4a1c"), 60),
    Motif("octopus", octopus, ("c8502f e89060 f8d8c0 f0c030", "8a3f6a d088a8 f4d8e0 e8d050", "b07a48 e0b888 f8ead4 d8e070", "3f7f8a 88c0b8 e4f4ec f0b040"), 15),
    Motif("scales", scales, ("4f8a4a a8c060 d8e0a0 1f3018", "3f7a9a 88c0c8 d0e8e0 14283a", "c8884a e8c080 f8e4b8 4a2814", "9a3a2a d8784a f0b888 2f1210"), 180, True),
    Motif("fur", fur, ("5a3a1f d8a868 f0dcb0 2a1a10", "8a827a d8d2c8 f4f0e8 3a3632", "b0602a e8a858 f8dca0 401c0c", "3a2c24 8a6a4a c8a880 140e0a"), 180, True),
    Motif("cells", cells, ("6a9a3a b8d05a e8f0a8 1f3010", "8a5a2a d8a04a f0d8a0 281808", "c8a880 ecdcb8 f8f4e4 5a4430", "3f8a7a 90d0b0 e0f4e0 10302a"), 180, True),
    Motif("labyrinth", labyrinth, ("d8a890 f0d0bc 8a3a34 5a1f20", "c8b060 ece0a0 5a6a2a 2f3a14", "4fa0a8 b0e0d8 1f4a5a 102838", "e8dcc4 f8f4e8 8a5a34 4a2a16"), 180, True),
    Motif("bubbles", bubbles, ("a8d8e8 4f98c0 e8f8fc 143a5a", "b8e4d0 4fa890 f0fcf4 103a38", "e8c8d8 a878b0 fcf0f8 38204a", "f0d8a0 d0984a fcf4e0 4a2a14"), 180, True),
    Motif("weave", weave, ("e0b870 a86c34 e8d0a0 2a1a0a", "c84a34 3f6494 e8d8b8 1a1014", "ecdcb4 b89c68 f4ecd8 2f2414", "5a8f64 e0c884 e8e0c0 141c10"), 180, True),
    Motif("plume", plume, ("3f8a4a 2f6fa8 d8b848 14204a", "c8702a e8b060 f8e8c8 3a1c10", "b0a898 e4dcd0 f8f4ec 4a423a", "a82a24 e8702a f4d050 1f1a3a"), 180, True),
    Motif("glass", glass, ("c8281f 2f5fb8 f0b830 3f9a5a", "7a2f8a e08a2a 2f8ab0 d8d060", "2f4fa0 58b0c8 e8e0c0 a83a4a"), 180, True),
)
