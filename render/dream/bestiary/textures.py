"""Motifs: textures, which fill the whole grid."""

from __future__ import annotations

import numpy as np

from render.dream.bestiary.brush import INK, WHITE, Paint, Pen, clouds, frac, lookup, mix, noise, pebbles, shingles, smooth


def scales(pen: Pen) -> Paint:
    """Overlapping scales."""
    r, u, v, name = shingles(pen.rng, pen.x * 5, pen.y * pen.between(4, 6))
    tint = mix(mix(pen.tones[0], pen.tones[1], name * 0.7), pen.tones[2], smooth(0.4, -0.6, v) * 0.35)
    colour = mix(tint, pen.tones[3], smooth(0.8, 1.0, r))
    ridge = smooth(0.12, 0.0, np.abs(u)) * (v < 0)
    return Paint(pen).over(np.ones_like(r), colour, 0.16 * (1 - v) * np.sqrt(np.clip(1 - r * r, 0, 1)) + 0.03 * ridge)


def fur(pen: Pen) -> Paint:
    """Wavy hair in locks."""
    flow = clouds(pen.rng, pen.x, pen.y, 1.2, 2) * 2.4
    u = pen.x + 0.9 * np.sin(flow * 2) * 0.4 + flow * 0.4
    strands = 0.6 * noise(pen.rng, u * 9, pen.y, 1.6) + 0.4 * noise(pen.rng, u * 20, pen.y * 1.3, 1.6)
    locks = noise(pen.rng, u * 3, pen.y * 0.8, 1.6)
    colour = mix(
        mix(pen.tones[0], pen.tones[1], strands * 1.5 - 0.3),
        pen.tones[2],
        smooth(0.6, 0.95, locks * 0.5 + strands * 0.5),
    )
    return Paint(pen).over(np.ones_like(u), colour * (0.65 + 0.5 * locks)[..., None], 0.16 * strands + 0.15 * locks)


def cells(pen: Pen) -> Paint:
    """Rounded cells or pebbles."""
    first, second, name = pebbles(pen.rng, pen.x, pen.y, pen.between(3, 4.5))
    gap = second - first
    tint = mix(pen.tones[0], pen.tones[1], name)
    colour = mix(pen.tones[3], tint, smooth(0.04, 0.2, gap))
    colour = mix(colour, pen.tones[2], smooth(0.26, 0.12, first) * 0.6)
    return Paint(pen).over(np.ones_like(gap), colour, 0.28 * np.sqrt(np.clip(gap, 0, 0.7)))


def labyrinth(pen: Pen) -> Paint:
    """Winding bands, like brain coral."""
    level = clouds(pen.rng, pen.x, pen.y, pen.between(1.4, 2.2), 2)
    wave = np.abs(frac(level * pen.between(5, 7)) - 0.5) * 2
    ridge = smooth(0.3, 0.62, wave)
    colour = mix(mix(pen.tones[3], pen.tones[2], smooth(0.3, 0.0, wave)), mix(pen.tones[0], pen.tones[1], wave), ridge)
    return Paint(pen).over(np.ones_like(level), colour, 0.22 * smooth(0.2, 1.0, wave))


def bubbles(pen: Pen) -> Paint:
    """Heaped glassy bubbles."""
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
    """Basket work."""
    u, v = pen.x * 4.5, pen.y * 4.5
    i, j = np.floor(u), np.floor(v)
    across = (i + j) % 2 == 0
    fu, fv = frac(u) - 0.5, frac(v) - 0.5
    side, along = np.where(across, fv, fu), np.where(across, fu, fv)
    threads = 0.8 + 0.2 * np.sin(side * 38)
    tint = (
        1.15
        * np.where(across[..., None], pen.tones[0], pen.tones[1])
        * (threads * (0.8 + 0.3 * lookup(pen.rng, i, j)))[..., None]
    )
    strip = smooth(0.48, 0.4, np.abs(side))
    return Paint(pen).over(np.ones_like(u), mix(pen.tones[3], tint, strip), 0.22 * np.cos(along * np.pi) * strip)


def plume(pen: Pen) -> Paint:
    """Overlapping feathers."""
    r, u, v, name = shingles(pen.rng, pen.x * 3.2, pen.y * 2.6)
    barbs = 0.5 + 0.5 * np.sin((np.abs(u) * 1.1 - v) * 26)
    tint = mix(mix(pen.tones[0], pen.tones[1], smooth(0.25, 0.8, r)), pen.tones[2], smooth(0.86, 0.97, r))
    tint = mix(tint, pen.tones[3], smooth(0.3, 0.22, np.hypot(u, (v + 0.42) * 0.9) * 1.4) * 0.9)
    colour = mix(tint, tint * 0.6, barbs * 0.8)
    colour = mix(colour, pen.tones[3], smooth(0.05, 0.02, np.abs(u)) * (v > -0.5))
    return Paint(pen).over(
        np.ones_like(r),
        colour * (0.85 + 0.2 * name)[..., None],
        0.2 * (1 - v) * np.sqrt(np.clip(1 - r * r, 0, 1)) + 0.02 * barbs,
    )


def glass(pen: Pen) -> Paint:
    """Stained glass in lead."""
    frequency = pen.between(2.2, 3.2)
    first, second, name = pebbles(pen.rng, pen.x, pen.y, frequency, 1.0)
    lead = smooth(0.13, 0.08, second - first)
    tones = np.stack([pen.tones[0], pen.tones[1], pen.tones[2], pen.tones[3]])
    pane = tones[np.minimum((name * 4).astype(np.int32), 3)]
    light = 0.75 + 0.6 * clouds(pen.rng, pen.x, pen.y, 3) * smooth(0.9, 0.1, first)
    colour = mix(pane * light[..., None], INK, lead)
    return Paint(pen).over(np.ones_like(first), colour, 0.12 * lead + 0.03 * noise(pen.rng, pen.x, pen.y, 6))


def honeycomb(pen: Pen) -> Paint:
    """Hexagons of wax, some with honey."""
    u, v = pen.x * 4, pen.y * 4
    h = float(np.sqrt(3))
    ax, ay = u - np.round(u), v - h * np.round(v / h)
    bx, by = u - 0.5 - np.round(u - 0.5), v - h / 2 - h * np.round((v - h / 2) / h)
    first = np.hypot(ax, ay) < np.hypot(bx, by)
    cx, cy = np.where(first, ax, bx), np.where(first, ay, by)
    wall = np.maximum(np.abs(cx), np.abs(cx) * 0.5 + np.abs(cy) * h / 2) * 2
    name = lookup(pen.rng, np.round((u - cx) * 2), np.round((v - cy) * 2))
    honey = mix(pen.tones[3], pen.tones[1], smooth(0.9, 0.1, np.hypot(cx + 0.12, cy - 0.14) * 1.7) * (0.4 + 0.8 * name))
    honey = mix(honey, WHITE, smooth(0.1, 0.05, np.hypot(cx + 0.14, cy - 0.17)) * (name > 0.4))
    colour = mix(honey, mix(pen.tones[0], pen.tones[2], smooth(0.9, 1.0, wall)), smooth(0.72, 0.8, wall))
    return Paint(pen).over(np.ones_like(u), colour, 0.2 * smooth(0.6, 0.95, wall))
