"""Motifs: textures, which fill the whole grid."""

from __future__ import annotations

import numpy as np

from bestiary.brush import INK, WHITE, Paint, Pen, frac, mix, smooth
from bestiary.grain import clouds, lookup, noise, pebbles, shingles


def scales(pen: Pen) -> Paint:
    """Overlapping scales, keeled and ringed."""
    r, u, v, name = shingles(pen.rng, pen.x * pen.between(3.2, 4.4), pen.y * pen.between(2.8, 4.2))
    rings = 0.5 + 0.5 * np.cos(r * 26)
    tint = mix(mix(pen.tones[0], pen.tones[1], name * 0.7), pen.tones[2], smooth(0.35, -0.6, v) * 0.5)
    colour = mix(mix(tint, tint * 0.65, rings * smooth(0.25, 0.6, r)), pen.tones[3], smooth(0.86, 1.0, r))
    keel = smooth(0.09, 0.0, np.abs(u)) * (v < 0.2)
    colour = mix(colour, pen.tones[2], 0.6 * keel)
    return Paint(pen).over(
        np.ones_like(r), colour, 0.2 * (1 - v) * np.sqrt(np.clip(1 - r * r, 0, 1)) + 0.05 * keel + 0.012 * rings
    )


def fur(pen: Pen) -> Paint:
    """Wavy hair in locks, plain, striped or spotted."""
    flow = clouds(pen.rng, pen.x, pen.y, 1.2, 2) * 2.4
    u = pen.x + 0.9 * np.sin(flow * 2) * 0.4 + flow * 0.4
    strands = 0.6 * noise(pen.rng, u * 9, pen.y, 1.6) + 0.4 * noise(pen.rng, u * 20, pen.y * 1.3, 1.6)
    locks = noise(pen.rng, u * 3, pen.y * 0.8, 1.6)
    colour = mix(
        mix(pen.tones[0], pen.tones[1], strands * 1.5 - 0.3),
        pen.tones[2],
        smooth(0.6, 0.95, locks * 0.5 + strands * 0.5),
    )
    ragged = pen.y + 0.25 * strands
    style = round(pen.between(-0.49, 2.49))
    if style == 1:
        stripes = np.abs(frac(ragged * 1.3 + 0.6 * noise(pen.rng, pen.x, pen.y, 1.3)) - 0.5)
        colour = mix(colour, pen.tones[3], 0.85 * smooth(0.17, 0.1, stripes))
    if style == 2:
        near, _, name = pebbles(pen.rng, pen.x + 0.12 * strands, ragged, 2.3, 0.6)
        colour = mix(colour, pen.tones[3], 0.85 * smooth(0.12, 0.06, np.abs(near - 0.24 - 0.08 * name)))
    return Paint(pen).over(np.ones_like(u), colour * (0.7 + 0.5 * locks)[..., None], 0.16 * strands + 0.15 * locks)


def cells(pen: Pen) -> Paint:
    """Living cells: walls, grainy sap, a nucleus in each."""
    first, second, name = pebbles(pen.rng, pen.x, pen.y, pen.between(2.4, 3.6), 0.75)
    gap, grain = second - first, noise(pen.rng, pen.x, pen.y, 22)
    sap = mix(pen.tones[0], pen.tones[1], 0.75 * name + 0.4 * grain - 0.1)
    colour = mix(mix(pen.tones[3], pen.tones[2], smooth(0.0, 0.08, gap)), sap, smooth(0.1, 0.2, gap))
    colour = mix(colour, pen.tones[3], smooth(0.19, 0.165, first))
    colour = mix(colour, pen.tones[2], smooth(0.13, 0.1, first))
    nucleus = 0.07 * smooth(0.19, 0.05, first)
    return Paint(pen).over(np.ones_like(gap), colour, 0.26 * np.sqrt(np.clip(gap, 0, 0.5)) + nucleus + 0.02 * grain)


def labyrinth(pen: Pen) -> Paint:
    """Winding ridges, like brain coral: finely combed walls, a dotted seam."""
    level = clouds(pen.rng, pen.x, pen.y, pen.between(1.2, 1.9), 2)
    phase = level * pen.between(4, 6)
    wave = np.abs(frac(phase) - 0.5) * 2
    teeth = 0.5 + 0.5 * np.sin(60 * clouds(pen.rng, pen.x + 5, pen.y, 2.2, 2))
    ridge = smooth(0.3, 0.62, wave)
    wall = mix(pen.tones[0], pen.tones[1], wave) * (0.75 + 0.3 * teeth)[..., None]
    colour = mix(mix(pen.tones[3], pen.tones[2], smooth(0.22, 0.0, wave) * teeth), wall, ridge)
    return Paint(pen).over(np.ones_like(level), colour, 0.26 * smooth(0.2, 1.0, wave) + 0.025 * teeth * ridge)


def bubbles(pen: Pen) -> Paint:
    """Heaped soap bubbles: bright rims, thin films of colour, a window's glint."""
    paint = Paint(pen)
    paint.over(np.ones_like(pen.x), mix(pen.tones[3], pen.tones[3] * 0.4, clouds(pen.rng, pen.x, pen.y, 1.5)), 0.0)
    for frequency in (3.6, 2.3, 1.4):
        near, second, name = pebbles(pen.rng, pen.x, pen.y, frequency, 0.6)
        ball = np.maximum(near - 0.3 - 0.18 * name, near - second + 0.02)
        t = near / (0.3 + 0.18 * name)
        down, right = np.gradient(near)
        facing = (-0.6 * right - 0.8 * down) / (np.hypot(right, down) + 1e-6)  # 1 towards the window
        film = mix(pen.tones[0], pen.tones[1], 0.5 + 0.5 * np.sin(7 * t * t + 3 * facing + 9 * name))
        film = mix(mix(pen.tones[3], film, 0.25 + 0.75 * t**2.5), pen.tones[2], smooth(0.8, 0.97, t))
        film = mix(film, WHITE, smooth(0.62, 0.85, facing) * smooth(0.2, 0.08, np.abs(t - 0.58)))
        film = mix(film, WHITE, 0.7 * smooth(0.6, 0.95, -facing) * smooth(0.13, 0.03, np.abs(t - 0.8)))
        film = mix(film, INK, 0.5 * smooth(0.0, 0.02, ball + 0.03))
        paint.over(pen.ink(ball / frequency) * (name > 0.3), film, np.sqrt(np.clip(1 - t * t, 0, 1)) * 0.14 / frequency)
    return paint


def weave(pen: Pen) -> Paint:
    """Basket work: bundles of three reeds, one over one or in a twill."""
    frequency, twill = pen.between(2.3, 3.3), pen.chance(0.4)
    u, v = pen.x * frequency, pen.y * frequency
    i, j = np.floor(u), np.floor(v)
    across = (i + j) % 4 < 2 if twill else (i + j) % 2 == 0
    fu, fv = frac(u) - 0.5, frac(v) - 0.5
    side, along = np.where(across, fv, fu), np.where(across, fu, fv)
    lane = np.where(across, j, i)
    reed = np.abs(frac((side / 0.94 + 0.5) * 3) - 0.5) * 2
    straw = mix(np.where(across[..., None], pen.tones[0], pen.tones[1]), pen.tones[2], (lane % 4 == 0) * 0.75)
    grain = 0.8 + 0.4 * lookup(pen.rng, np.floor(side * 3.2), lane) * noise(pen.rng, side * 9, along * 1.5 + lane, 2.0)
    colour = mix(straw * grain[..., None] * 1.1, pen.tones[3], 0.75 * smooth(0.55, 1.0, reed))
    colour = mix(colour, pen.tones[3], 0.65 * smooth(0.34, 0.5, np.abs(along)))
    strip = smooth(0.49, 0.44, np.abs(side))
    round_off = np.sqrt(np.clip(1 - reed * reed, 0, 1))
    return Paint(pen).over(
        np.ones_like(u), mix(pen.tones[3] * 0.6, colour, strip), (0.3 * np.cos(along * np.pi) + 0.06 * round_off) * strip
    )


def plume(pen: Pen) -> Paint:
    """Overlapping feathers with shaft and barbs: barred, laced or eyed."""
    r, u, v, name = shingles(pen.rng, pen.x * pen.between(2.0, 2.7), pen.y * pen.between(1.35, 1.7))
    style = round(pen.between(-0.49, 2.49))
    shaft = u + 0.05 * np.sin(v * 4 + 6 * name)
    barbs = np.abs(frac((v - np.abs(shaft) * 1.15) * 8.5) - 0.5) * 2
    split = smooth(0.12, 0.0, barbs) * smooth(0.45, 0.75, r)
    base = mix(pen.tones[0], pen.tones[1], smooth(0.2, 0.9, np.abs(shaft) * 1.6 + 0.5 * name))
    bars = smooth(-0.25, 0.25, np.sin((v + 0.5 * np.abs(shaft)) * 19))
    lace = smooth(0.78, 0.92, r)
    eyed = np.hypot(shaft * 1.25, v + 0.36)
    marks = (
        mix(base, pen.tones[3], 0.85 * bars),
        mix(mix(base, pen.tones[2], lace), pen.tones[3], smooth(0.66, 0.74, r) * (1 - lace)),
        mix(
            mix(mix(base, pen.tones[2], smooth(0.3, 0.26, eyed)), pen.tones[1] * 0.8, smooth(0.22, 0.18, eyed)),
            pen.tones[3],
            smooth(0.13, 0.09, eyed),
        ),
    )[style]
    colour = mix(mix(marks, marks * 0.5, 0.8 * smooth(0.35, 1.0, barbs)), INK, 0.7 * split)
    colour = mix(colour, pen.tones[2], smooth(0.05, 0.025, np.abs(shaft)))
    vane = (1 - v) * np.sqrt(np.clip(1 - r * r, 0, 1))
    return Paint(pen).over(
        np.ones_like(r),
        colour * (0.85 + 0.25 * name)[..., None],
        0.24 * vane + 0.05 * smooth(0.1, 0.0, np.abs(shaft)) - 0.04 * barbs - 0.05 * split,
    )


def glass(pen: Pen) -> Paint:
    """Stained glass in lead, painted with fine lines."""
    first, second, name = pebbles(pen.rng, pen.x, pen.y, pen.between(1.9, 2.9), 1.0)
    gap = second - first
    lead = smooth(0.13, 0.08, gap)
    pane = pen.tones[np.minimum((name * 4).astype(np.int32), 3)]
    light = 0.8 + 0.7 * clouds(pen.rng, pen.x, pen.y, 3) * smooth(0.9, 0.1, first)
    lines = smooth(0.1, 0.04, np.abs(frac(gap * 5) - 0.5)) * (name * 7 % 1 > 0.4) * smooth(0.2, 0.3, gap)
    colour = mix(mix(pane * light[..., None], pane * 0.4, 0.8 * lines), INK, lead)
    return Paint(pen).over(np.ones_like(first), colour, 0.12 * lead + 0.03 * noise(pen.rng, pen.x, pen.y, 6))


def honeycomb(pen: Pen) -> Paint:
    """Hexagons of wax, some with honey."""
    frequency = pen.between(2.6, 3.7)
    u, v = pen.x * frequency, pen.y * frequency
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
