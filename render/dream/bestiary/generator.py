"""Pictures of the bestiary: a motif's copies on a background, lit, shadowed, partly hidden, in natural colours; seeded.

`picture(motif, rng, size)` is the whole interface: uint8 RGB [size,size,3].
"""

from __future__ import annotations

from typing import cast

import numpy as np

from render.dream.bestiary.brush import Array, Paint, Pen, Rng, clouds, mix, noise, smooth
from render.dream.bestiary.motifs import MOTIFS, Motif

NATURAL = 0.85  # share of pictures in the colours of nature
OVERSAMPLED = 2
TEXTURES = tuple(motif for motif in MOTIFS if motif.texture)
EARTHS = (
    "2f3a24 5a6a3f", "4a3a2a 8a7050", "6f8fae c8d8e0", "1f2a3a 3f5468", "a89878 d8ccb0", "3a2f3a 6a5464", "2a4a4a 6a9088",
    "7a8a4a b8c080", "c0a080 e8d8c0", "18181f 3a3a48", "8a6a58 c09a84", "506050 90a088",
)  # fmt: skip


def colours(text: str) -> Array:
    """`"rrggbb rrggbb"` as float32 [n,3], 0..1."""
    return np.array([[int(word[i : i + 2], 16) / 255 for i in (0, 2, 4)] for word in text.split()], np.float32)


def tones(motif: Motif, rng: Rng) -> Array:
    """Four colours for one picture: a palette of the motif's own, a little off, or now and then any colours at all."""
    if rng.random() < NATURAL:
        base = colours(motif.palettes[int(rng.integers(len(motif.palettes)))])
        base = base * rng.uniform(0.88, 1.1) + rng.normal(0, 0.025, (4, 3))
    else:
        base = rng.uniform(0.1, 0.95, (4, 3))
        base = base * np.array([[1.0], [1.0], [1.0], [0.5]])
    return cast(Array, np.clip(base, 0.02, 1.0).astype(np.float32))


def grid(size: int) -> tuple[Array, Array]:
    """Pixel centres, x right and y up, -1..1."""
    line = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)
    x, y = np.meshgrid(line, -line)
    return x, y


def soften(field: Array, reach: int) -> Array:
    """Three box blurs along both axes: nearly a Gaussian."""
    for axis in (0, 1):
        for _ in range(2):
            padded = np.pad(field, [(reach + 1, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            summed = np.cumsum(padded, axis, dtype=np.float32)
            span = 2 * reach + 1
            field = (
                np.take(summed, range(span, summed.shape[axis]), axis) - np.take(summed, range(summed.shape[axis] - span), axis)
            ) / span
    return field


def background(rng: Rng, size: int) -> Array:
    """Ground, sky, dim texture or clutter: [size,size,3], what a motif must be told from."""
    x, y = grid(size)
    near, far = colours(EARTHS[int(rng.integers(len(EARTHS)))]) * rng.uniform(0.8, 1.15)
    if rng.random() > NATURAL:
        near, far = rng.uniform(0, 1, (2, 3)).astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = 0.5 + 0.35 * (x * float(np.cos(angle)) + y * float(np.sin(angle)))
    share = 0.5 * slope + 0.5 * clouds(rng, x, y, float(rng.uniform(0.8, 3)), 3)
    ground = mix(near, far, smooth(0.2, 0.8, share))
    kind = rng.random()
    if kind < 0.3:
        texture = TEXTURES[int(rng.integers(len(TEXTURES)))]
        scale = float(rng.uniform(0.8, 1.6))
        drawn = texture.draw(Pen(x * scale, y * scale, 2 * scale / size, tones(texture, rng), rng))
        calm = drawn.colour.mean((0, 1)) + 0.45 * (drawn.colour - drawn.colour.mean((0, 1)))
        ground = ground + (calm - ground) * float(rng.uniform(0.3, 0.8))
    if 0.2 < kind < 0.6:
        for _ in range(int(rng.integers(2, 9))):
            cx, cy, radius = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(0.05, 0.4)
            blot = smooth(radius, radius * rng.uniform(0.3, 0.98), np.hypot(x - cx, (y - cy) * rng.uniform(0.4, 2)))
            tint = mix(near, far, float(rng.random())) * rng.uniform(0.5, 1.5)
            ground = ground + (tint - ground) * (blot * rng.uniform(0.3, 0.9))[..., None]
    return ground.astype(np.float32)


def lit(paint: Paint, scale: float, light: tuple[float, float], gloss: float) -> Array:
    """The paint's colour under a light from (x, y), its surface given by the height; scale is pixels in a local unit."""
    down, right = np.gradient(paint.height * scale * 0.55)
    norm = 1 / np.sqrt(1 + right * right + down * down)
    lx, ly, lz = light[0], -light[1], 0.8
    length = float(np.sqrt(lx * lx + ly * ly + lz * lz))
    facing = (-right * lx - down * ly + lz) * norm / length
    shade = np.clip(0.38 + 0.78 * facing, 0.3, 1.25)
    shine = np.clip(facing, 0, 1) ** 24 * gloss
    return cast(Array, np.clip(paint.colour * shade[..., None] + shine[..., None] * 0.6, 0, 1))


def stand(
    canvas: Array, motif: Motif, rng: Rng, place: tuple[float, float, float], palette: Array, light: tuple[float, float]
) -> Array:
    """Draw one copy and its shadow into the canvas at place (column, row, radius in pixels); returns where it covers."""
    size = canvas.shape[0]
    column, row, radius = place
    reach = 1.25 * radius
    top, bottom = max(0, int(row - reach)), min(size, int(row + reach) + 1)
    left, right = max(0, int(column - reach)), min(size, int(column + reach) + 1)
    coverage = np.zeros((size, size), np.float32)
    if bottom - top < 4 or right - left < 4:
        return coverage
    px, py = np.meshgrid(np.arange(left, right, dtype=np.float32) - column, row - np.arange(top, bottom, dtype=np.float32))
    turn = float(np.deg2rad(rng.uniform(-motif.turn, motif.turn)))
    c, s = float(np.cos(turn)) / radius, float(np.sin(turn)) / radius
    x, y = c * px + s * py, c * py - s * px
    if rng.random() < 0.5:
        x = -x
    bend = [float(v) for v in rng.uniform(0, 6.28, 2)] + [float(v) for v in rng.uniform(0.0, 0.05, 2)]
    x, y = x + bend[2] * np.sin(2.6 * y + bend[0]), y + bend[3] * np.sin(2.6 * x + bend[1])
    squeeze = float(rng.uniform(0.92, 1.09))
    paint = motif.draw(Pen(x * squeeze, y / squeeze, 1.6 / radius, palette, rng))
    colour = lit(paint, radius, light, float(rng.uniform(0, 0.5)))
    window = canvas[top:bottom, left:right]
    shift = max(1, int(0.09 * radius))
    fall = (shift * (1 if light[1] > 0 else -1), shift * (-1 if light[0] > 0 else 1))
    shadow = soften(np.roll(paint.alpha, fall, (0, 1)), max(1, int(0.08 * radius)))
    window *= (1 - 0.55 * shadow * (1 - paint.alpha))[..., None]
    window += (colour - window) * paint.alpha[..., None]
    coverage[top:bottom, left:right] = paint.alpha
    return coverage


def object_picture(motif: Motif, rng: Rng, size: int) -> tuple[Array, Array]:
    """Copies of the motif on a ground, and where they are."""
    canvas = background(rng, size)
    light = (float(rng.uniform(-0.9, 0.3)), float(rng.uniform(0.4, 0.9)))
    copies = int(rng.choice([1, 1, 1, 1, 1, 2, 3, 4, 5]))
    coverage = np.zeros((size, size), np.float32)
    palette = tones(motif, rng)
    for k in range(copies):
        radius = size * float(rng.uniform(0.36, 0.6) if copies == 1 else rng.uniform(0.22, 0.36))
        wander = 0.12 if copies == 1 else 0.3
        column, row = (size * float(v) for v in rng.uniform(0.5 - wander, 0.5 + wander, 2))
        palette = palette if k == 0 or rng.random() < 0.6 else tones(motif, rng)
        coverage = np.maximum(coverage, stand(canvas, motif, rng, (column, row, radius), palette, light))
    return canvas, coverage


def texture_picture(motif: Motif, rng: Rng, size: int) -> tuple[Array, Array]:
    """The motif's surface all over, or in a patch, and where it is."""
    x, y = grid(size)
    angle, scale = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.75, 1.7))
    c, s = float(np.cos(angle)) * scale, float(np.sin(angle)) * scale
    u, v = c * x + s * y, c * y - s * x
    warp = float(rng.uniform(0.05, 0.35))
    u, v = u + warp * (noise(rng, x, y, 1.2) - 0.5), v + warp * (noise(rng, x, y, 1.2) - 0.5)
    paint = motif.draw(Pen(u, v, 2.6 * scale / size, tones(motif, rng), rng))
    light = (float(rng.uniform(-0.9, 0.9)), float(rng.uniform(0.2, 0.9)))
    skin = lit(paint, size / 2 / scale, light, float(rng.uniform(0, 0.4)))
    if rng.random() < 0.65:
        return skin, np.ones((size, size), np.float32)
    field = clouds(rng, x, y, 1.1, 2) + 0.5 * (
        0.75 - np.hypot(x - float(rng.uniform(-0.4, 0.4)), y - float(rng.uniform(-0.4, 0.4)))
    )
    alpha = smooth(0.36, 0.42, field)
    ground = background(rng, size) * (1 - 0.4 * soften(alpha, size // 24))[..., None]
    return ground + (skin - ground) * alpha[..., None], alpha


def occlude(canvas: Array, rng: Rng) -> Array:
    """A plain soft-edged thing in front: a leaf of colour from one side, or a bar."""
    x, y = grid(canvas.shape[0])
    angle = float(rng.uniform(0, 2 * np.pi))
    u = x * float(np.cos(angle)) + y * float(np.sin(angle))
    v = y * float(np.cos(angle)) - x * float(np.sin(angle))
    bar = rng.random() < 0.4
    edge = np.abs(u - rng.uniform(-0.5, 0.5)) - rng.uniform(0.04, 0.12) if bar else rng.uniform(0.35, 0.75) - u
    cover = smooth(0.02, -0.02, edge + 0.12 * np.sin(v * rng.uniform(2, 7) + rng.uniform(0, 6)))
    tint = colours(EARTHS[int(rng.integers(len(EARTHS)))])[0]
    return cast(Array, canvas + (tint * (0.7 + 0.5 * clouds(rng, x, y, 4))[..., None] - canvas) * cover[..., None])


def drawn(motif: Motif, rng: Rng, size: int) -> tuple[Array, Array]:
    """A picture float32 [size,size,3] 0..1 and where the motif is in it [size,size] 0..1; never a picture without the motif."""
    big = size * OVERSAMPLED
    make = texture_picture if motif.texture else object_picture
    canvas, coverage = make(motif, rng, big)
    while coverage.mean() < 0.06:
        canvas, coverage = make(motif, rng, big)
    if rng.random() < 0.2:
        canvas = occlude(canvas, rng)
    canvas = canvas.reshape(size, OVERSAMPLED, size, OVERSAMPLED, 3).mean((1, 3))
    exposure, grain = rng.uniform(0.85, 1.12), rng.uniform(0.0, 0.02)
    canvas = canvas * exposure + rng.normal(0, grain, canvas.shape)
    return np.clip(canvas, 0, 1).astype(np.float32), coverage.reshape(size, OVERSAMPLED, size, OVERSAMPLED).mean((1, 3))


def picture(motif: Motif, rng: Rng, size: int) -> Array:
    """One training picture: uint8 RGB [size,size,3]."""
    return cast(Array, np.round(drawn(motif, rng, size)[0] * 255).astype(np.uint8))
