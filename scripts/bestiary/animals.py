"""Motifs: animals, from eyes to whole creatures; each draws itself with a pen."""

from __future__ import annotations

import numpy as np

from bestiary.brush import INK, TAU, WHITE, Array, Paint, Pen, frac, mix, smooth
from bestiary.forms import almond, disc, dome, oval, polar, rotate, segment, tube, walk
from bestiary.grain import lookup, noise, pebbles, shingles


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
    creases = smooth(0.3, 0.0, np.abs(frac(lid * 8 + 0.5 * noise(pen.rng, x, y, 4)) - 0.5)) * smooth(0.2, 0.9, np.abs(x))
    skin = mix(
        mix(pen.tones[3], pen.tones[2], smooth(0.3, -0.4, y)), pen.tones[3] * 0.55, 0.5 * creases + smooth(-0.25, 0.0, lid)
    )
    paint.over(pen.ink(lid), skin, dome(lid, 0.3, 0.35) - 0.02 * creases)
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


def coat(pen: Pen, x: Array, y: Array, cy: float) -> Array:
    """Hair -0.5..0.5 that grows away from (0, cy), for a face that is the same on both sides."""
    r, a = polar(np.abs(x), y - cy)
    a = a + 0.12 * np.sin(r * 7)
    return 0.6 * noise(pen.rng, a * 6, r * 2, 1.7) + 0.4 * noise(pen.rng, a * 13, r * 3, 1.7) - 0.5


def butterfly(pen: Pen) -> Paint:
    """Two pairs of wings with veins, eyespots and a dotted rim."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    tilt, eyes = pen.between(0.5, 0.75), pen.chance(0.7)
    lower = rotate(side - 0.36, y + 0.42, -0.75)
    upper = rotate(side - 0.5, y - 0.32, tilt)
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
        rotate(side - 0.38, y - 0.72, -0.45)[1] - 0.3,
        np.abs(rotate(side - 0.38, y - 0.72, -0.45)[0]) * 2.2 - 0.32 + (y - 0.72),
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
    """A beetle from above: jewelled wing cases, ridged and marked; now and then with a stag's horns."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    shine = mix(pen.tones[3], pen.tones[0], np.asarray(0.35))
    for hip, knee, foot in ((0.35, 0.6, 0.88), (0.02, 0.06, -0.14), (-0.3, -0.48, -0.92)):
        reach = 0.7 + pen.between(0, 0.12)
        thigh, shin = segment(side, y, (0.3, hip), (reach, knee)), segment(side, y, (reach, knee), (reach + 0.17, foot))
        leg = np.minimum(thigh - 0.06, shin - 0.045 + 0.02 * np.sin((side + y) * 60))
        paint.over(pen.ink(leg), shine, dome(leg, 0.06, 0.16))
    if pen.chance(0.4):
        horn = np.minimum(
            segment(side, y, (0.1, 0.76), (0.36, 0.92)) - 0.065, segment(side, y, (0.36, 0.92), (0.2, 1.12)) - 0.05
        )
        horn = np.minimum(horn, segment(side, y, (0.33, 0.98), (0.2, 0.94)) - 0.035)
    else:
        feeler = segment(side, y, (0.1, 0.72), (0.32, 0.98)) - 0.028
        horn = np.minimum(feeler, np.abs(frac((y + 0.2 * side) * 14) - 0.5) * 0.05 + oval(side, y, 0.34, 1.0, 0.07, 0.1))
    paint.over(pen.ink(horn), shine, dome(horn, 0.06, 0.2))
    wings = oval(x, y, 0, -0.22, 0.52, 0.72)
    curve = side / np.sqrt(np.clip(1 - ((y + 0.22) / 0.74) ** 2, 0.05, 1))  # meets the rim all along
    ridges = np.cos(curve * 62)
    sheen = mix(pen.tones[0], pen.tones[1], 0.5 + 0.5 * np.sin(3.2 * y + 5 * side + pen.between(0, TAU)))
    sheen = mix(sheen, sheen[..., ::-1], 0.35 * smooth(0.1, 0.55, curve))  # the other colours of a jewel, aslant
    style = round(pen.between(-0.49, 3.49))
    near, _, _ = pebbles(pen.rng, side, y, 2.6, 0.5)
    marks = (near < 0.3, np.sin(y * 13 + 2 * side) > 0.35, np.abs(np.sin(curve * 15)) < 0.4, near > 9)[style]
    cover = mix(mix(sheen, pen.tones[2], marks * 0.95), INK, 0.3 * smooth(0.0, -0.9, ridges))
    paint.over(pen.ink(wings), cover, dome(wings, 0.5, 0.75) + 0.025 * ridges)
    paint.over(pen.line(x, 0.02) * (y < 0.3) * pen.ink(wings), INK)
    notch = np.maximum(side * 1.4 - (y - 0.12), np.maximum(side - 0.12, y - 0.32))
    paint.over(pen.ink(notch * 0.6), pen.tones[3])
    neck = oval(x, y, 0, 0.46, 0.44, 0.25)
    pits = smooth(0.2, 0.1, pebbles(pen.rng, x, y, 10)[0])
    plate = mix(mix(pen.tones[0], pen.tones[3], 0.55 - 0.6 * smooth(0.5, 0.1, side)), INK, 0.5 * pits)
    paint.over(pen.ink(neck), plate, dome(neck, 0.24, 0.55) - 0.03 * pits)
    paint.over(pen.line(neck + 0.03, 0.016), pen.tones[2])
    head = oval(x, y, 0, 0.72, 0.25, 0.17)
    paint.over(pen.ink(head), shine, dome(head, 0.17, 0.45))
    return eyeball(paint, pen, side - 0.19, y - 0.77, 0.07, pen.tones[2], WHITE)


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
    hx, hy = rotate(pen.x - far * np.cos(heading), pen.y - far * np.sin(heading), float(heading))
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
    """A ribbed and spotted bell, ruffled arms and beaded strands under it."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    sway, reach = pen.between(0, TAU), pen.between(0.5, 0.62)
    drift = x + 0.1 * np.sin(y * 5 + sway) * smooth(0.2, -0.6, y)
    count = round(pen.between(4, 6))
    cell = (drift / reach + 1) / 2 * count
    strand = np.abs(frac(cell) - 0.5) * 2 * reach / count
    beads = 0.026 + 0.022 * np.abs(np.sin(y * 21 + 2 * np.floor(cell)))
    ends = -0.98 + 0.3 * lookup(pen.rng, np.floor(cell), 0 * x)
    hanging = (np.abs(drift) < reach) * (y < 0.2) * smooth(ends - 0.02, ends + 0.06, y)
    paint.over(pen.ink(strand - beads) * hanging, mix(pen.tones[1], pen.tones[3], smooth(0, -1, y)), 0.1 + 0.1 * beads)
    for k in pen.rng.permutation(4):
        path = -0.33 + 0.22 * float(k) + 0.09 * np.sin(y * 6.5 + sway + 1.9 * float(k))
        ruffle = np.abs(np.sin(y * 16 + 1.3 * float(k)))
        ribbon = np.abs(x - path) - (0.045 + 0.055 * ruffle) * smooth(-0.98, -0.1, y)
        ribbon = np.maximum(ribbon * 0.7, np.maximum(y - 0.2, -0.96 - y))
        tint = mix(pen.tones[2], pen.tones[3], 0.7 * smooth(-0.05, 0.0, ribbon))
        paint.over(pen.ink(ribbon), mix(tint, WHITE, 0.35 * smooth(0.03, 0.0, np.abs(x - path))), 0.2 + 0.12 * ruffle)
    lobes, tall = 0.085 * np.abs(np.sin(x * 9.5)), pen.between(0.7, 0.88)
    bell = np.maximum((np.hypot(x / 0.84, (y - 0.08) / tall) - 1) * 0.75, 0.1 - lobes - y)
    fan = np.arctan2(x, y + 0.45)
    ribs, height = 0.5 + 0.5 * np.cos(fan * 17), np.hypot(x, y + 0.45)
    skin = mix(pen.tones[0], pen.tones[1], smooth(1.25, 0.6, height) * 0.75 + 0.3 * ribs - 0.1)
    spots = np.hypot(frac(fan * 17 / TAU + 0.5) - 0.5, (frac(height * 5.2) - 0.5) * 0.6)
    skin = mix(skin, pen.tones[2] if pen.chance(0.5) else WHITE, smooth(0.24, 0.14, spots) * smooth(0.45, 0.75, height))
    paint.over(pen.ink(bell), skin, dome(bell, 0.55, 0.65) + 0.05 * ribs)
    hem = y - 0.24 + 0.5 * lobes
    paint.over(pen.ink(bell) * smooth(0.05, -0.05, hem), mix(pen.tones[3], pen.tones[2], ribs))
    paint.over(pen.ink(bell) * pen.line(hem - 0.05, 0.015), WHITE)
    clover = np.abs(np.hypot(np.abs(np.abs(x) - 0.17) - 0.08, (y - 0.5) * 1.3) - 0.1) - 0.03
    paint.over(pen.ink(clover), mix(pen.tones[2], pen.tones[3], np.asarray(0.3)))
    return paint.over(pen.ink(oval(x, y, -0.36, 0.62, 0.13, 0.06)) * 0.85, WHITE)


def dog(pen: Pen) -> Paint:
    """A dog's face with hanging ears, its tongue out."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    hair = coat(pen, x, y, -0.2)
    head = oval(x, y, 0, 0.15, 0.66, 0.72) + 0.04 * hair
    patch = pen.chance(0.4)
    fur = mix(pen.tones[0] * 1.1, pen.tones[0] * 0.6, 0.5 + 1.3 * hair)
    if patch:
        fur = mix(fur, pen.tones[1], pen.ink(oval(x, y, 0.32, 0.3, 0.3, 0.36)))
    paint.over(pen.ink(head), fur, dome(head, 0.5, 0.6) - 0.08 * hair)
    paint.over(pen.ink(np.abs(x) - 0.1 - 0.08 * (y - 0.2)) * (y > 0.2) * pen.ink(head), pen.tones[2])
    muzzle = np.minimum(oval(x, y, 0, -0.36, 0.42, 0.36), disc(side, y, 0.2, -0.38, 0.26)) + 0.03 * hair
    paint.over(pen.ink(muzzle), mix(pen.tones[2], pen.tones[2] * 0.7, 0.5 + hair), 0.6 + dome(muzzle, 0.3, 0.5) - 0.06 * hair)
    u, v = rotate(side - 0.66, y - 0.2, 0.22)
    ear = oval(u, v, 0, 0, 0.24, 0.56) + 0.04 * hair
    paint.over(
        pen.ink(ear), mix(pen.tones[1] * 1.15, pen.tones[1] * 0.5, 0.5 + 1.3 * hair), 0.5 + dome(ear, 0.2, 0.3) - 0.08 * hair
    )
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
    hair = coat(pen, x, y, -0.32)
    u, v = rotate(side - 0.5, y - 0.45, -0.35)
    ear = np.maximum(np.abs(u) * 1.6 - (0.55 - v) * 0.62, -0.2 - v)
    paint.over(pen.ink(ear * 0.6), pen.tones[0] * 0.9, 0.2)
    paint.over(pen.ink((ear + 0.13) * 0.6), np.array([0.85, 0.55, 0.5], np.float32), 0.1)
    head = oval(x, y, 0, -0.12, 0.86, 0.72) + 0.04 * hair
    stripes = smooth(0.2, 0.6, np.sin((side * 1.2 + 0.25 * np.abs(y)) * 19)) * smooth(0.15, 0.4, y) * (side < 0.4)
    cheeks = smooth(0.2, 0.7, np.sin((y + 0.35 * side) * 22)) * smooth(0.52, 0.66, side)
    fur = mix(mix(pen.tones[0] * 1.1, pen.tones[0] * 0.62, 0.5 + 1.3 * hair), pen.tones[1], np.clip(stripes + cheeks, 0, 1))
    paint.over(pen.ink(head), fur, dome(head, 0.6, 0.7) - 0.08 * hair)
    muzzle = disc(side, y, 0.17, -0.46, 0.24) + 0.03 * hair
    paint.over(pen.ink(muzzle), mix(pen.tones[2], pen.tones[2] * 0.75, 0.5 + hair), 0.75 + dome(muzzle, 0.24, 0.25))
    pores = np.hypot(frac(side * 12) - 0.5, frac(y * 12 + 0.5) - 0.5) - 0.2
    paint.over(pen.ink(pores / 12) * pen.ink(muzzle + 0.08) * (side > 0.16), pen.tones[1])
    whisker = np.minimum(segment(side, y, (0.25, -0.42), (1.05, -0.28)), segment(side, y, (0.25, -0.48), (1.02, -0.58)))
    paint.over(pen.ink(whisker - 0.012), WHITE)
    paint.over(pen.line(np.hypot(side - 0.12, y + 0.45) - 0.13, 0.02) * (y < -0.47), INK)
    nose = np.maximum(side - 0.11 - (y + 0.3) * 0.9, np.abs(y + 0.32) - 0.08)
    paint.over(pen.ink(nose), np.array([0.8, 0.42, 0.42], np.float32), 1.0)
    ex, ey = rotate(side - 0.38, y - 0.02, 0.18)
    paint.over(pen.ink(almond(ex, ey, 0.29, 0.22)), INK, 0.7)
    ball = eyeball(Paint(pen), pen, ex, ey, 0.24, pen.tones[3], pen.tones[3] * 1.3, 0.38)
    inside = pen.ink(almond(ex, ey, 0.26, 0.19))
    return paint.over(inside, pen.tones[3], 0.75).over(ball.alpha * inside, ball.colour)


def octopus(pen: Pen) -> Paint:
    """A mottled head over curling arms with rows of suckers."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    mottles = noise(pen.rng, x, y, 7)
    blotches = mix(pen.tones[1], pen.tones[0] * 0.6, smooth(0.42, 0.6, mottles))
    for k in pen.rng.permutation(8):
        spread = float(k) / 3.5 - 1
        curl = (1 if spread > 0 else -1) * pen.between(0.7, 1.0)
        bends = curl * np.array([-0.16, -0.14, -0.1, 0.1, 0.25, 0.4, 0.55, 0.65, 0.75, 0.85, 0.95])
        path = walk((0.3 * spread, 0.1), -TAU / 4 + 1.25 * spread, bends, 0.15 - 0.01 * abs(spread))
        arm, along, across = tube(x, y, path, np.linspace(0.135, 0.025, len(path)))
        inner = smooth(-0.15, 0.1, across * curl)
        skin = mix(mix(pen.tones[0], blotches, 0.7), pen.tones[2], inner)
        paint.over(pen.ink(arm), mix(skin, INK, 0.55 * smooth(-0.035, 0.0, arm)), 0.15 + dome(arm, 0.1, 0.25))
        cup = np.hypot((across * curl - 0.5) * 0.1, (frac(along * 13) - 0.5) * 0.1)
        paint.over(pen.ink(np.abs(cup - 0.026) - 0.013) * pen.ink(arm), pen.tones[0] * 0.7)
    mantle = np.minimum(oval(x, y, 0, 0.52, 0.47, 0.5), oval(x, y, 0, 0.12, 0.38, 0.28)) + 0.03 * (mottles - 0.5)
    rings = np.abs(pebbles(pen.rng, x, y, 4.2, 0.7)[0] - 0.25)
    skin = mix(
        mix(pen.tones[0], blotches, 0.35 + 0.5 * smooth(0.1, 0.8, y)), pen.tones[2], smooth(0.07, 0.03, rings) * (y > 0.4)
    )
    paint.over(pen.ink(mantle), skin, 0.5 + dome(mantle, 0.4, 0.6) + 0.04 * mottles)
    side = np.abs(x)
    socket = disc(side, y, 0.22, 0.2, 0.175)
    paint.over(pen.ink(socket), pen.tones[1], 1.0 + dome(socket, 0.1, 0.12)).over(pen.ink(socket + 0.04), WHITE)
    return eyeball(paint, pen, side - 0.22, y - 0.2, 0.13, pen.tones[3], WHITE, 1.5)


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
    hair = coat(pen, x, y, -0.2)
    paint.over(
        pen.ink(face), mix(pen.tones[0] * 1.1, pen.tones[0] * 0.68, 0.5 + 1.3 * hair), 0.45 + dome(face, 0.4, 0.4) - 0.07 * hair
    )
    bridge = np.abs(x) - 0.13 - 0.06 * np.abs(y - 0.1)
    paint.over(pen.ink(bridge) * (y < 0.3) * (y > -0.3), pen.tones[0] * 1.1, 0.95)
    muzzle = np.minimum(disc(side, y, 0.15, -0.34, 0.2), oval(x, y, 0, -0.52, 0.17, 0.13))
    paint.over(pen.ink(muzzle), pen.tones[2], 0.9 + dome(muzzle, 0.2, 0.25))
    nose = np.maximum(side - 0.17 - (y + 0.2) * 0.9, np.abs(y + 0.17) - 0.1)
    paint.over(pen.ink(nose), np.array([0.3, 0.16, 0.14], np.float32), 1.2)
    paint.over(pen.line(np.hypot(side - 0.12, y + 0.32) - 0.13, 0.022) * (y < -0.35), INK)
    ex, ey = rotate(side - 0.27, y - 0.14, 0.25)
    paint.over(pen.ink(almond(ex, ey, 0.17, 0.11)), INK, 0.9)
    return eyeball(paint, pen, ex, ey, 0.085, pen.tones[3], pen.tones[3] * 1.3)


def fox(pen: Pen) -> Paint:
    """A fox's face: pointed ears, white cheeks, long snout."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    hair = coat(pen, x, y, -0.7)
    u, v = rotate(side - 0.52, y - 0.5, -0.28)
    ear = np.maximum(np.abs(u) * 1.8 - (0.5 - v) * 0.62, -0.35 - v) * 0.55
    paint.over(pen.ink(ear), pen.tones[0], 0.2).over(pen.ink(ear) * (v > 0.22), pen.tones[1]).over(
        pen.ink(ear + 0.1), pen.tones[2] * 0.8
    )
    head = (
        np.maximum(side * 0.75 + np.maximum(-y, 0) * 0.62 - 0.62 + 0.25 * np.maximum(y, 0), y - 0.5 + 0.35 * side * side)
        + 0.04 * hair
    )
    paint.over(
        pen.ink(head), mix(pen.tones[0] * 1.12, pen.tones[0] * 0.6, 0.5 + 1.3 * hair), dome(head, 0.4, 0.5) - 0.08 * hair
    )
    cheek = np.maximum(head + 0.03, 0.16 + 0.5 * (y + 0.2) - side * 0.55) + 0.03 * hair
    paint.over(pen.ink(np.maximum(cheek, y - 0.02)), mix(pen.tones[2], pen.tones[2] * 0.7, 0.5 + 1.3 * hair))
    brow = oval(x, y, 0, 0.28, 0.07, 0.2) + 0.05 * hair
    paint.over(pen.ink(brow), pen.tones[1] * 0.8)
    snout = np.maximum(side - 0.14 - 0.28 * (y + 0.85) * 0.5, np.maximum(y - 0.2, -0.88 - y))
    paint.over(pen.ink(snout), mix(pen.tones[0] * 1.15, pen.tones[0] * 0.8, 0.5 + hair), 0.6 + dome(snout, 0.15, 0.3))
    paint.over(pen.ink(oval(x, y, 0, -0.82, 0.14, 0.11)), INK, 1.0).over(pen.ink(disc(x, y, -0.04, -0.78, 0.03)), WHITE)
    ex, ey = rotate(side - 0.32, y - 0.08, 0.4)
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
    warts = smooth(0.32, 0.1, pebbles(pen.rng, x, y, 10)[0])
    paint.over(pen.ink(head), mix(skin, skin * 1.25, warts), 0.5 + dome(head, 0.4, 0.5) + 0.05 * warts)
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
        u, v = rotate(side - cx, y - cy, angle)
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


def stag(pen: Pen) -> Paint:
    """A stag's head under branching antlers."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    bone = mix(pen.tones[3], pen.tones[2], noise(pen.rng, x * 2, y * 2, 6))
    spread = pen.between(0.85, 1.15)
    beam = walk((0.13, 0.1), 0.5 * spread, np.array([0.0, 0.25, 0.35, 0.4, 0.35, 0.2, 0.1]), 0.165)
    horn, along, across = tube(side, y, beam, np.linspace(0.075, 0.03, len(beam)))
    for joint, turn in ((1, 0.9), (3, 0.75), (5, -0.95)):
        right, up = (beam[joint + 1] - beam[joint]).tolist()
        path = walk(beam[joint], float(np.arctan2(up, right)) + turn, np.array([0.0, 0.25, 0.2]), 0.12)
        horn = np.minimum(horn, tube(side, y, path, np.linspace(0.055, 0.02, 4))[0])
    rings = smooth(0.3, 0.0, np.abs(frac(across * 2 + along) - 0.5))
    paint.over(pen.ink(horn), mix(bone, bone * 0.55, rings), 0.2 + dome(horn, 0.06, 0.2))
    hair = coat(pen, x, y, -0.7)
    u, v = rotate(side - 0.46, y - 0.02, -1.15)
    ear = oval(u, v, 0, 0, 0.13, 0.3) + 0.03 * hair
    paint.over(pen.ink(ear), pen.tones[0] * 0.8, 0.2 + dome(ear, 0.1, 0.15)).over(pen.ink(ear + 0.05), pen.tones[2] * 0.85)
    snout = np.maximum(side - 0.2 - 0.16 * (y + 0.9), np.abs(y + 0.5) - 0.42)
    head = np.minimum(oval(x, y, 0, -0.15, 0.33, 0.36), snout) + 0.02 * hair
    fur = mix(pen.tones[0] * 1.15, pen.tones[0] * 0.6, 0.5 + 1.3 * hair)
    blaze = mix(fur, pen.tones[1], smooth(0.12, 0.06, side) * smooth(0.1, -0.1, y))
    paint.over(pen.ink(head), blaze, 0.4 + dome(head, 0.3, 0.45) - 0.06 * hair)
    muzzle = oval(x, y, 0, -0.86, 0.2, 0.13)
    paint.over(pen.ink(muzzle), mix(pen.tones[2], pen.tones[2] * 0.7, 0.5 + hair), 0.75 + dome(muzzle, 0.12, 0.2))
    nose = oval(side, y, 0.05, -0.82, 0.1, 0.075)
    paint.over(pen.ink(nose), INK, 1.0 + dome(nose, 0.07, 0.1)).over(pen.ink(disc(x, y, -0.04, -0.79, 0.025)), WHITE)
    ex, ey = rotate(side - 0.23, y + 0.12, -0.35)
    paint.over(pen.ink(almond(ex, ey, 0.13, 0.1)), pen.tones[2], 0.8)
    return eyeball(paint, pen, ex, ey, 0.085, INK + 0.15, pen.tones[1], 1.3)


def crab(pen: Pen) -> Paint:
    """A crab from above: jointed legs, claws, a bumpy shield."""
    x, y, paint = pen.x, pen.y, Paint(pen)
    side = np.abs(x)
    bumps = smooth(0.3, 0.1, pebbles(pen.rng, x, y, 7)[0])
    for k in range(4):
        low = -0.12 - 0.13 * k
        knee = walk((0.4, low), 0.5 - 0.42 * k, np.array([0.0, -0.5, -0.55]), 0.27 - 0.02 * k)
        leg, along, across = tube(side, y, knee, np.array([0.075, 0.07, 0.055, 0.015]))
        shell = mix(pen.tones[0], pen.tones[1], smooth(0.35, 0.0, np.abs(frac(along * 3) - 0.5)) + 0.3 * across)
        paint.over(pen.ink(leg), shell, 0.1 + dome(leg, 0.07, 0.2))
    arm, _, _ = tube(side, y, walk((0.42, 0.12), 0.5, np.array([0.0, 0.75]), 0.26), np.array([0.085, 0.1, 0.08]))
    paint.over(pen.ink(arm), pen.tones[0] * 0.9, 0.2 + dome(arm, 0.08, 0.2))
    cx, cy = rotate(side - 0.66, y - 0.58, 0.25 + pen.between(0, 0.4))
    mouth = np.maximum(np.abs(cx - 0.02) - 0.13 * np.clip((cy - 0.02) / 0.4, 0, 1) - 0.02 * frac(cy * 12), 0.02 - cy)
    claw = np.maximum(oval(cx, cy, 0, 0.08, 0.24, 0.38), -mouth)
    armour = mix(mix(pen.tones[0], pen.tones[1], 0.6 * bumps), pen.tones[3], smooth(0.2, 0.42, cy))
    paint.over(pen.ink(claw), armour, 0.3 + dome(claw, 0.15, 0.35) + 0.04 * bumps)
    stalk = segment(side, y, (0.14, 0.3), (0.17, 0.46)) - 0.04
    paint.over(pen.ink(stalk), pen.tones[0] * 0.8, 0.3)
    shield = np.maximum(oval(x, y, 0, -0.1, 0.62, 0.46), oval(x, y, 0, -0.3, 0.75, 0.68))
    shield = shield - 0.025 * np.abs(np.sin(np.arctan2(y + 0.1, x) * 11))
    back = mix(pen.tones[0], pen.tones[1], 0.7 * bumps + 0.6 * smooth(0.1, -0.5, y))
    back = mix(back, pen.tones[2], smooth(0.06, 0.02, np.abs(np.hypot(side - 0.24, y + 0.05) - 0.16)))
    paint.over(pen.ink(shield), back, 0.45 + dome(shield, 0.4, 0.45) + 0.06 * bumps)
    paint.over(pen.line(shield + 0.05, 0.018), pen.tones[3])
    return eyeball(paint, pen, side - 0.17, y - 0.48, 0.085, INK + 0.1, pen.tones[2], 1.0)
