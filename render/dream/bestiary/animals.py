"""Motifs: animals, from eyes to whole creatures; each draws itself with a pen."""

from __future__ import annotations

import numpy as np

from render.dream.bestiary.brush import (
    INK,
    TAU,
    WHITE,
    Array,
    Paint,
    Pen,
    almond,
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
    """A human eye: iris, lids, lashes."""
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


def butterfly(pen: Pen) -> Paint:
    """Two pairs of wings with veins, eyespots and a dotted rim."""
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
    """A fish from the side: scales, fins, sometimes white bars."""
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
    r, _, _, name = shingles(pen.rng, y * 8, x * 8)
    skin = mix(mix(pen.tones[0], pen.tones[1], smooth(0.15, -0.4, y)), pen.tones[0] * 0.55, smooth(0.72, 1.0, r) + 0.2 * name)
    if pen.chance(0.5):
        bars = smooth(0.62, 0.82, np.sin((x + 0.12 * np.cos(y * 5)) * 9.5 + 1.0))
        skin = mix(skin, WHITE, bars)
    paint.over(pen.ink(body), skin, dome(body, 0.45, 0.55) + 0.05 * (1 - r))
    head = np.maximum(body, np.hypot(x + 0.95, y) - 0.5)
    paint.over(pen.ink(head), mix(pen.tones[0], pen.tones[1], smooth(0.1, -0.2, y)))
    paint.over(pen.ink(body) * pen.line(np.hypot(x + 0.95, y) - 0.5, 0.022), pen.tones[3])
    paint.over(pen.line(y + 0.1 - 0.2 * (x + 0.95), 0.02) * (x < -0.72) * pen.ink(body), INK)
    side = oval(x - 0.15 * y, y, -0.12, -0.12, 0.16, 0.11)
    paint.over(pen.ink(side), mix(pen.tones[2], pen.tones[2] * 0.6, comb), 0.7)
    paint.over(pen.ink(disc(x, y, -0.62, 0.1, 0.125)), WHITE, 0.7)
    return eyeball(paint, pen, x + 0.62, y - 0.1, 0.1, pen.tones[3], pen.tones[2])


def owl(pen: Pen) -> Paint:
    """An owl, sitting: face discs, barred breast, beak."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    ears = np.maximum(
        turned(side - 0.38, y - 0.72, -0.45)[1] - 0.3,
        np.abs(turned(side - 0.38, y - 0.72, -0.45)[0]) * 2.2 - 0.32 + (y - 0.72),
    )
    paint.over(pen.ink(ears) * (y > 0.4), pen.tones[1] * 0.8, 0.2)
    body = oval(x, y, 0, -0.15, 0.66, 0.85)
    body = np.minimum(body, oval(x, y, 0, 0.35, 0.68, 0.5))
    r, _, v, name = shingles(pen.rng, x * 5.2, y * 5.2)
    breast = mix(pen.tones[0], pen.tones[1], smooth(0.35, 0.95, r) * 0.8 + 0.15 * name)
    breast = mix(
        breast,
        pen.tones[3],
        smooth(0.16, 0.05, np.abs(frac(x * 5.2 + 0.5 * (np.floor(y * 5.2 + 0.72) % 2)) - 0.5)) * (v < 0) * 0.6,
    )
    paint.over(pen.ink(body), breast, dome(body, 0.5, 0.7) + 0.06 * (1 - r))
    wing = oval(side - 0.15 * y, y, 0.66, -0.3, 0.2, 0.55)
    bars = 0.5 + 0.5 * np.sin((y - 0.5 * side) * 24)
    paint.over(pen.ink(wing), mix(pen.tones[1] * 0.75, pen.tones[3], bars), 0.4 + dome(wing, 0.2, 0.3))
    er, ea = polar(side - 0.3, y - 0.36)
    disk = (
        mix(pen.tones[0] * 1.08, pen.tones[1], 0.5 + 0.5 * np.sin(ea * 22)) * (0.75 + 0.25 * smooth(0.1, 0.36, er))[..., None]
    )
    paint.over(pen.ink(er - 0.36), disk, 0.7 + 0.2 * er)
    paint.over(pen.line(er - 0.36, 0.025), pen.tones[3])
    eyeball(paint, pen, side - 0.3, y - 0.36, 0.235, pen.tones[2], pen.tones[2] * 1.15)
    paint.over(pen.ink(disc(x, y, 0.24, 0.43, 0.05)), WHITE)
    beak = np.maximum(side * 1.7 - (y + 0.12) * 0.7, y - 0.26)
    paint.over(pen.ink(beak * 0.5), np.array([0.92, 0.66, 0.2], np.float32) * 0.9, 1.1 + dome(beak, 0.2, 0.2))
    feet = np.hypot((frac(side * 9) - 0.5) / 9, (y + 0.97) * 0.5) - 0.045
    return paint.over(pen.ink(feet) * (side > 0.11) * (side < 0.45), np.array([0.85, 0.6, 0.2], np.float32))


def beetle(pen: Pen) -> Paint:
    """A beetle from above: striped, spotted or plain wing cases."""
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
    """A coiled snake with diamonds on its back."""
    paint, (r, a) = Paint(pen), polar(pen.x, pen.y)
    pitch, turns = pen.between(0.27, 0.33), pen.between(2.1, 2.5)
    whorl = np.floor(r / pitch - a / TAU)
    theta = a + TAU * whorl
    w = r / pitch - a / TAU - whorl - 0.5
    run = pitch * theta**2 / (2 * TAU) / 0.34
    end = TAU * turns
    cover = pen.ink((np.abs(w) - 0.45) * pitch) * (theta < end) * (theta > 0)
    scale, _, _, name = shingles(pen.rng, w * 5, run * 4)
    skin = mix(
        mix(pen.tones[0], pen.tones[1], smooth(0.1, 0.42, np.abs(w))),
        pen.tones[0] * 0.5,
        smooth(0.6, 1, scale) * 0.6 + 0.15 * name,
    )
    diamond = np.abs(frac(run) - 0.5) * 1.1 + np.abs(w) - 0.42
    skin = mix(skin, pen.tones[3], pen.ink(diamond * 0.3))
    skin = mix(skin, pen.tones[2], pen.ink(diamond * 0.3 + 0.05))
    paint.over(cover, skin, 0.55 * pitch * np.sqrt(np.clip(1 - (2 * w) ** 2, 0, 1)) * 2)
    heading = end - TAU * np.floor(turns) if end % TAU < np.pi else end - TAU * np.ceil(turns)
    far = pitch * (turns + 0.5)
    hx, hy = turned(pen.x - far * np.cos(heading), pen.y - far * np.sin(heading), float(heading))
    tongue = np.minimum(segment(hx, hy, (0, 0.2), (0, 0.42)), segment(np.abs(hx), hy, (0, 0.42), (0.06, 0.52)))
    paint.over(pen.ink(tongue - 0.02), np.array([0.8, 0.12, 0.1], np.float32), 0.3)
    head = oval(hx, hy, 0, 0.1, 0.17, 0.25)
    paint.over(
        pen.ink(head),
        mix(pen.tones[0], pen.tones[3], pen.ink(np.abs(hx) - 0.05) * (hy < 0.05)),
        0.3 + dome(head, 0.17, 0.4),
    )
    for s in (-1, 1):
        eyeball(paint, pen, hx - s * 0.1, hy - 0.14, 0.065, pen.tones[1], WHITE, 0.5)
    return paint


def jellyfish(pen: Pen) -> Paint:
    """A bell with frills and hanging strands."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    sway = pen.between(0, TAU)
    bend = x + 0.09 * np.sin(y * 5 + sway) * smooth(0.2, -0.6, y)
    strand = np.abs(frac(bend * 5.5 + 0.1 * np.sin(y * 9)) - 0.5)
    length = -0.95 + 0.35 * lookup(pen.rng, np.floor(bend * 5.5), 0 * x)
    paint.over(
        pen.ink((strand - 0.13) / 5.5) * (np.abs(bend) < 0.6) * (y < 0.2) * smooth(length - 0.05, length + 0.1, y),
        pen.tones[1],
        0.1,
    )
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


def dog(pen: Pen) -> Paint:
    """A dog's face with hanging ears, its tongue out."""
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
    paint.over(
        pen.ink(tongue),
        mix(np.array([0.9, 0.45, 0.45], np.float32), np.array([0.6, 0.2, 0.25], np.float32), smooth(0.06, 0.0, side)),
        0.8,
    )
    smile = np.abs(np.hypot(side - 0.17, y + 0.4) - 0.17) - 0.025
    paint.over(pen.ink(smile) * (y < -0.4), INK)
    paint.over(pen.line(x, 0.02) * (y < -0.25) * (y > -0.5), INK)
    nose = np.minimum(oval(x, y, 0, -0.18, 0.2, 0.13), disc(x, y, 0, -0.24, 0.1))
    paint.over(pen.ink(nose), INK, 1.1 + dome(nose, 0.13, 0.3)).over(pen.ink(oval(x, y, -0.05, -0.13, 0.07, 0.03)), WHITE * 0.8)
    paint.over(pen.ink(disc(side, y, 0.27, 0.22, 0.17)), pen.tones[1] * 0.5, 0.5)
    paint.over(pen.ink(disc(side, y, 0.27, 0.22, 0.15)), WHITE, 0.5)
    return eyeball(paint, pen, side - 0.27, y - 0.22, 0.135, pen.tones[3], pen.tones[3] * 1.5)


def cat(pen: Pen) -> Paint:
    """A cat's face: slit eyes, stripes, whiskers."""
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


def octopus(pen: Pen) -> Paint:
    """A head with two eyes over six waving arms with suckers."""
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


def lion(pen: Pen) -> Paint:
    """A lion's face in three rings of mane."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side, (r, a) = np.abs(x), polar(pen.x, pen.y)
    for ring, (size, count) in enumerate(((1.0, 19), (0.86, 15), (0.74, 13))):
        u = frac(a * count / TAU + 0.5 * ring + 0.06 * np.sin(r * 9)) - 0.5
        lock = r - size * (1 - 0.28 * np.abs(2 * u) ** 1.3)
        strands = 0.7 + 0.3 * np.sin(u * 26)
        tint = mix(pen.tones[1], mix(pen.tones[1], pen.tones[0], 0.5), ring / 2) * strands[..., None]
        paint.over(pen.ink(lock), mix(tint, tint * 0.5, smooth(0.25, 0.5, np.abs(u))), 0.12 * ring + 0.12 - 0.3 * u * u)
    ear = disc(side, y, 0.44, 0.5, 0.17)
    paint.over(pen.ink(ear), pen.tones[0] * 0.9, 0.5).over(pen.ink(ear + 0.07), pen.tones[1] * 0.7)
    face = oval(x, y, 0, 0.0, 0.54, 0.62)
    hair = noise(pen.rng, x, y * 2, 10) - 0.5
    paint.over(pen.ink(face), mix(pen.tones[0], pen.tones[0] * 0.82, 0.5 + hair), 0.45 + dome(face, 0.4, 0.4))
    bridge = np.abs(x) - 0.13 - 0.06 * np.abs(y - 0.1)
    paint.over(pen.ink(bridge) * (y < 0.3) * (y > -0.3), pen.tones[0] * 1.1, 0.95)
    muzzle = np.minimum(disc(side, y, 0.15, -0.34, 0.2), oval(x, y, 0, -0.52, 0.17, 0.13))
    paint.over(pen.ink(muzzle), pen.tones[2], 0.9 + dome(muzzle, 0.2, 0.25))
    nose = np.maximum(side - 0.17 - (y + 0.2) * 0.9, np.abs(y + 0.17) - 0.1)
    paint.over(pen.ink(nose), np.array([0.3, 0.16, 0.14], np.float32), 1.2)
    paint.over(pen.line(np.hypot(side - 0.12, y + 0.32) - 0.13, 0.022) * (y < -0.35), INK)
    ex, ey = turned(side - 0.27, y - 0.14, 0.25)
    paint.over(pen.ink(almond(ex, ey, 0.17, 0.11)), INK, 0.9)
    return eyeball(paint, pen, ex, ey, 0.085, pen.tones[3], pen.tones[3] * 1.3)


def fox(pen: Pen) -> Paint:
    """A fox's face: pointed ears, white cheeks, long snout."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    hair = noise(pen.rng, x * 2, y, 9) - 0.5
    u, v = turned(side - 0.52, y - 0.5, -0.28)
    ear = np.maximum(np.abs(u) * 1.8 - (0.5 - v) * 0.62, -0.35 - v) * 0.55
    paint.over(pen.ink(ear), pen.tones[0], 0.2).over(pen.ink(ear) * (v > 0.22), pen.tones[1]).over(
        pen.ink(ear + 0.1), pen.tones[2] * 0.8
    )
    head = (
        np.maximum(side * 0.75 + np.maximum(-y, 0) * 0.62 - 0.62 + 0.25 * np.maximum(y, 0), y - 0.5 + 0.35 * side * side)
        + 0.04 * hair
    )
    paint.over(pen.ink(head), mix(pen.tones[0], pen.tones[0] * 0.78, 0.5 + hair), dome(head, 0.4, 0.5))
    cheek = np.maximum(head + 0.03, 0.16 + 0.5 * (y + 0.2) - side * 0.55) + 0.03 * hair
    paint.over(pen.ink(np.maximum(cheek, y - 0.02)), pen.tones[2])
    snout = np.maximum(side - 0.14 - 0.28 * (y + 0.85) * 0.5, np.maximum(y - 0.2, -0.88 - y))
    paint.over(pen.ink(snout), pen.tones[0] * 1.06, 0.6 + dome(snout, 0.15, 0.3))
    paint.over(pen.ink(oval(x, y, 0, -0.82, 0.14, 0.11)), INK, 1.0).over(pen.ink(disc(x, y, -0.04, -0.78, 0.03)), WHITE)
    ex, ey = turned(side - 0.32, y - 0.08, 0.4)
    paint.over(pen.ink(almond(ex, ey, 0.18, 0.12)), INK, 0.7)
    return eyeball(paint, pen, ex, ey, 0.095, pen.tones[3], pen.tones[3] * 1.3, 0.6)


def frog(pen: Pen) -> Paint:
    """A sitting frog with eyes on top."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    leg = np.minimum(oval(side, y, 0.72, -0.62, 0.26, 0.34), segment(side, y, (0.4, -0.9), (0.98, -0.94)) - 0.07)
    paint.over(pen.ink(leg), pen.tones[0] * 0.8, dome(leg, 0.2, 0.3))
    body = oval(x, y, 0, -0.5, 0.62, 0.5)
    paint.over(pen.ink(body), mix(pen.tones[2], pen.tones[0], smooth(0.15, 0.5, side)), dome(body, 0.4, 0.4))
    arm = segment(side, y, (0.42, -0.5), (0.3, -0.92)) - 0.1
    paint.over(pen.ink(arm), pen.tones[0], 0.4 + dome(arm, 0.1, 0.2))
    bulge = disc(side, y, 0.4, 0.5, 0.3)
    head = np.minimum(oval(x, y, 0, 0.12, 0.84, 0.5), bulge)
    near, _, name = pebbles(pen.rng, x, y, 4, 0.8)
    skin = mix(
        mix(pen.tones[0], pen.tones[2], smooth(0.1, -0.35, y)),
        pen.tones[1],
        pen.ink((near - 0.3) * 0.2) * (y > 0.12) * (name > 0.3),
    )
    paint.over(pen.ink(head), skin, 0.5 + dome(head, 0.4, 0.5))
    mouth = np.abs(y + 0.13 - 0.22 * side * side) - 0.024
    paint.over(pen.ink(mouth) * (side < 0.72), INK)
    paint.over(pen.ink(disc(side, y, 0.1, 0.14, 0.025)), INK)
    paint.over(pen.ink(disc(side, y, 0.4, 0.54, 0.24)), pen.tones[3] * 0.6, 1.0)
    return eyeball(paint, pen, side - 0.4, y - 0.54, 0.21, pen.tones[3], pen.tones[3] * 1.2, 1.3)


def turtle(pen: Pen) -> Paint:
    """A sea turtle from above."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    near, second, _ = pebbles(pen.rng, x, y, 9, 0.9)
    skin = mix(pen.tones[3], pen.tones[1], smooth(0.05, 0.2, second - near))
    for cx, cy, angle, long in ((0.68, 0.42, 0.75, 0.46), (0.56, -0.6, -0.7, 0.34)):
        u, v = turned(side - cx, y - cy, angle)
        flipper = oval(u, v, 0, 0, long, 0.17)
        paint.over(pen.ink(flipper), skin, dome(flipper, 0.17, 0.25))
    tail = np.maximum(side * 2 - (y + 1.02) * 0.6, y + 0.6)
    head = np.minimum(oval(x, y, 0, 0.82, 0.19, 0.24), tail)
    paint.over(pen.ink(head), skin, dome(head, 0.2, 0.3))
    paint.over(pen.ink(disc(side, y, 0.12, 0.88, 0.05)), INK).over(pen.ink(disc(side, y, 0.135, 0.895, 0.018)), WHITE)
    shield = oval(x, y, 0, 0, 0.62, 0.72)
    paint.over(pen.ink(shield), pen.tones[2] * 0.8, dome(shield, 0.3, 0.4))
    seeds = [(0.0, 0.42 * k) for k in (-1, 0, 1)] + [(0.36, 0.42 * k + 0.21) for k in (-1.5, -0.5, 0.5)] + [(0.36, 0.63)]
    away = np.sort(np.stack([np.hypot((side - sx) * 1.1, y - sy) for sx, sy in seeds]), 0)
    gap, core = away[1] - away[0], away[0]
    plate = mix(pen.tones[0], pen.tones[2], smooth(0.14, 0.03, core)) * (0.85 + 0.15 * np.sin(core * 60))[..., None]
    plate = mix(pen.tones[3] * 0.6, plate, smooth(0.02, 0.07, gap))
    return paint.over(pen.ink(shield + 0.09), plate, 0.35 + dome(shield, 0.6, 0.4) + 0.12 * np.sqrt(np.clip(gap, 0, 0.3)))
