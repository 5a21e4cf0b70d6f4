"""Pictures of the bestiary: a motif's copies in a scene, lit, shadowed, partly hidden, in natural colours; seeded.

`picture(motif, rng, size)` is the whole interface: uint8 RGB [size,size,3].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from bestiary.brush import TAU, Array, Pen, Rng, between, colours, frac, mix, pick, smooth
from bestiary.forms import rotate
from bestiary.grain import clouds, noise
from bestiary.light import Light, daylight, illuminate, shadow, soften
from bestiary.motifs import MOTIFS, Motif

NATURAL = 0.85  # share of pictures in the colours of nature
MOODY = 0.3  # share of those that lean towards the colours of an hour or a place
CLOSE = 0.18  # share of single copies seen from so near that the picture cuts them
HIDDEN = 0.2  # share of pictures with something in front
OVERSAMPLED = 2
TEXTURES = tuple(motif for motif in MOTIFS if motif.texture)
OBJECTS = tuple(motif for motif in MOTIFS if not motif.texture)
EARTHS = (
    "2f3a24 5a6a3f", "4a3a2a 8a7050", "6f8fae c8d8e0", "1f2a3a 3f5468", "a89878 d8ccb0", "3a2f3a 6a5464", "2a4a4a 6a9088",
    "7a8a4a b8c080", "c0a080 e8d8c0", "18181f 3a3a48", "8a6a58 c09a84", "506050 90a088", "1a3a4f 3f8a98", "33472a 8fa05a",
    "5a3a4f d89a78", "2a2a4a 7a6a9a", "7a5a34 c8a868", "0f2a34 24607a", "4f5a6a b0b8c0", "6a2f2a b8644a",
)  # fmt: skip
MOODS = ("6a4a2f", "55703a", "2f6f80", "6a4f86", "d8885a", "3a4a6a")  # earth, moss, sea, dusk, dawn, night


def tones(motif: Motif, rng: Rng) -> Array:
    """Four colours for one picture: a palette of the motif's own, a little off, or now and then any colours at all."""
    if rng.random() < NATURAL:
        base = colours(pick(rng, motif.palettes.split("/")))
        if rng.random() < MOODY:
            mood = colours(pick(rng, MOODS))
            base = base + (mood * (0.5 + base.mean(1, keepdims=True)) - base) * between(rng, 0.1, 0.25)
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


def surface(rng: Rng, ground: Array, x: Array, y: Array) -> Array:
    """A ground with some texture's pattern dimly on it."""
    texture = pick(rng, TEXTURES)
    scale = between(rng, 0.8, 1.6)
    pattern = texture.draw(Pen(x * scale, y * scale, 2 * scale / len(x), tones(texture, rng), rng)).colour
    calm = pattern.mean((0, 1)) + 0.45 * (pattern - pattern.mean((0, 1)))
    return mix(ground, calm, between(rng, 0.3, 0.8))


def blots(rng: Rng, ground: Array, x: Array, y: Array) -> Array:
    """Soft and hard spots of the ground's own colours."""
    low, high = ground.min((0, 1)), ground.max((0, 1))
    for _ in range(int(rng.integers(2, 9))):
        radius = between(rng, 0.05, 0.4)
        away = np.hypot(x - between(rng, -1, 1), (y - between(rng, -1, 1)) * between(rng, 0.4, 2))
        tint = (low + (high - low) * between(rng, 0, 1)) * between(rng, 0.5, 1.5)
        ground = mix(ground, tint, smooth(radius, radius * between(rng, 0.3, 0.98), away) * between(rng, 0.3, 0.9))
    return ground


def hills(rng: Rng, ground: Array, x: Array, y: Array) -> Array:
    """Ridges one behind the other, paler with distance."""
    near, far = colours(pick(rng, EARTHS))
    top = between(rng, -0.2, 0.6)
    for k in range(3):
        ridge = top - 0.35 * k + 0.5 * (noise(rng, x, np.zeros_like(x), 1.3 + k) - 0.5)
        ground = mix(ground, mix(far, near, np.asarray(k / 2)), smooth(0.03, -0.03, y - ridge) * (0.5 + 0.2 * k))
    return ground


def crowd(rng: Rng, ground: Array, x: Array, y: Array) -> Array:
    """Other things far off: drawn coarsely, out of focus, pale."""
    half = ground.reshape(len(ground) // 2, 2, -1, 2, 3).mean((1, 3))
    for _ in range(int(rng.integers(1, 4))):
        motif = pick(rng, OBJECTS)
        place = (len(half) * between(rng, 0, 1), len(half) * between(rng, 0, 1), len(half) * between(rng, 0.15, 0.4))
        stand(half, motif, rng, place, tones(motif, rng), daylight(rng, -0.9, 0.9))
    blurred = soften(half, max(1, round(len(half) * between(rng, 0.01, 0.05))))
    return mix(ground, blurred.repeat(2, 0).repeat(2, 1), between(rng, 0.35, 0.75))


GROUNDS: tuple[tuple[float, Callable[[Rng, Array, Array, Array], Array]], ...] = (  # with their shares, one upon the other
    (0.15, hills), (0.25, surface), (0.35, blots), (0.22, crowd),
)  # fmt: skip


def background(rng: Rng, size: int) -> Array:
    """Ground, sky, hills, dim texture or clutter: [size,size,3], what a motif must be told from."""
    x, y = grid(size)
    near, far = colours(pick(rng, EARTHS)) * rng.uniform(0.8, 1.15)
    if rng.random() > NATURAL:
        near, far = rng.uniform(0, 1, (2, 3)).astype(np.float32)
    slope = 0.5 + 0.35 * rotate(x, y, between(rng, 0, TAU))[0]
    share = 0.5 * slope + 0.5 * clouds(rng, x, y, between(rng, 0.8, 3), 3)
    ground = mix(near.astype(np.float32), far.astype(np.float32), smooth(0.2, 0.8, share))
    for likely, add in GROUNDS:
        if rng.random() < likely:
            ground = add(rng, ground, x, y)
    return ground.astype(np.float32)


def stand(
    canvas: Array, motif: Motif, rng: Rng, place: tuple[float, float, float], palette: Array, light: Light, haze: float = 0.0
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
    x, y = pose(*rotate(px / radius, py / radius, float(np.deg2rad(rng.uniform(-motif.turn, motif.turn)))), rng)
    paint = motif.draw(Pen(x, y, 1.6 / radius, palette, rng))
    wear = noise(rng, x, y, between(rng, 5, 16)) - 0.5
    paint.raise_by(between(rng, 0.0, 0.03) * wear)
    paint.colour *= 1 + between(rng, 0.0, 0.3) * wear[..., None]
    window = canvas[top:bottom, left:right]
    colour = mix(illuminate(paint, radius, light, between(rng, 0, 0.5)), window.mean((0, 1)), haze)
    window *= shadow(paint.alpha, light, between(rng, 0.06, 0.2) * radius)
    window += (colour - window) * paint.alpha[..., None]
    coverage[top:bottom, left:right] = paint.alpha
    return coverage


def pose(x: Array, y: Array, rng: Rng) -> tuple[Array, Array]:
    """The grid of one copy: maybe mirrored, a little bent, stretched, and seen from a little aside."""
    x = -x if rng.random() < 0.5 else x
    x, y = (
        x + between(rng, 0, 0.055) * np.sin(2.6 * y + between(rng, 0, TAU)),
        y + between(rng, 0, 0.055) * np.sin(2.6 * x + between(rng, 0, TAU)),
    )
    squeeze = between(rng, 0.9, 1.11)
    x, y = x * squeeze, y / squeeze
    return x * (1 + between(rng, -0.1, 0.1) * y), y * (1 + between(rng, -0.1, 0.1) * x)


def places(rng: Rng, size: int) -> list[tuple[float, float, float]]:
    """Where copies stand (column, row, radius in pixels), the farther first; a single one may be so near that it is cut."""
    copies = int(rng.choice([1, 1, 1, 1, 1, 1, 2, 3, 4, 6]))
    if copies == 1:
        low, high, wander = (0.6, 0.85, 0.2) if rng.random() < CLOSE else (0.36, 0.6, 0.12)
        column, row = (size * between(rng, 0.5 - wander, 0.5 + wander) for _ in range(2))
        return [(column, row, size * between(rng, low, high))]
    rows = sorted(between(rng, 0.2, 0.8) for _ in range(copies))
    return [(size * between(rng, 0.2, 0.8), size * row, size * between(rng, 0.19, 0.28) * (0.7 + 0.75 * row)) for row in rows]


def object_picture(motif: Motif, rng: Rng, size: int) -> tuple[Array, Array]:
    """Copies of the motif on a ground, and where they are."""
    canvas = background(rng, size)
    light = daylight(rng, -0.9, 0.4)
    coverage = np.zeros((size, size), np.float32)
    palette, standing = tones(motif, rng), places(rng, size)
    haze = between(rng, 0, 0.35)
    for k, place in enumerate(standing):
        palette = palette if k == 0 or rng.random() < 0.6 else tones(motif, rng)
        coverage = np.maximum(coverage, stand(canvas, motif, rng, place, palette, light, haze * (1 - (k + 1) / len(standing))))
    return canvas, coverage


def texture_picture(motif: Motif, rng: Rng, size: int) -> tuple[Array, Array]:
    """The motif's surface all over, or in a patch, and where it is."""
    x, y = grid(size)
    scale = between(rng, 0.75, 1.7)
    u, v = rotate(x * scale, y * scale, between(rng, 0, TAU))
    warp = between(rng, 0.05, 0.35)
    u, v = u + warp * (noise(rng, x, y, 1.2) - 0.5), v + warp * (noise(rng, x, y, 1.2) - 0.5)
    paint = motif.draw(Pen(u, v, 2.6 * scale / size, tones(motif, rng), rng))
    folds = clouds(rng, x, y, between(rng, 0.8, 2), 2)
    paint.raise_by(between(rng, 0, 0.8) * folds)
    skin = illuminate(paint, size / 2 / scale, daylight(rng, -0.9, 0.9), between(rng, 0, 0.4))
    if rng.random() < 0.65:
        return skin, np.ones((size, size), np.float32)
    field = clouds(rng, x, y, 1.1, 2) + 0.5 * (0.75 - np.hypot(x - between(rng, -0.4, 0.4), y - between(rng, -0.4, 0.4)))
    alpha = smooth(0.36, 0.42, field)
    ground = background(rng, size) * (1 - 0.4 * soften(alpha, size // 24))[..., None]
    return mix(ground, skin, alpha), alpha


def sheet(rng: Rng, u: Array, v: Array) -> Array:
    """Something large from one side."""
    return between(rng, 0.35, 0.75) - u + 0.12 * np.sin(v * between(rng, 2, 7) + between(rng, 0, TAU))


def branch(rng: Rng, u: Array, v: Array) -> Array:
    """A winding bar."""
    path = between(rng, -0.5, 0.5) + 0.12 * np.sin(v * between(rng, 2, 7) + between(rng, 0, TAU))
    return np.abs(u - path) - between(rng, 0.04, 0.12)


def blades(rng: Rng, u: Array, v: Array) -> Array:
    """Grass growing from one side."""
    count, tall = between(rng, 2, 5), between(rng, 0.5, 1.1)
    along = np.clip((u + 1) / tall, 0, 1)
    across = v * count + 0.5 * np.sin(2 * u + between(rng, 0, TAU)) * along
    return (np.abs(frac(across) - 0.5) - 0.24 * (1 - along) + 0.02) / count


FRONTS: tuple[Callable[[Rng, Array, Array], Array], ...] = (sheet, branch, blades)


def occlude(canvas: Array, rng: Rng) -> Array:
    """A plain thing in front, sharp or out of focus."""
    x, y = grid(canvas.shape[0])
    u, v = rotate(x, y, between(rng, 0, TAU))
    edge, blur = pick(rng, FRONTS)(rng, u, v), between(rng, 0.015, 0.08)
    tint = colours(pick(rng, EARTHS))[0]
    return mix(canvas, tint * (0.6 + 0.6 * clouds(rng, x, y, 4))[..., None], smooth(blur, -blur, edge))


def draw(motif: Motif, rng: Rng, size: int) -> tuple[Array, Array]:
    """A picture float32 [size,size,3] 0..1 and where the motif is in it [size,size] 0..1; never a picture without the motif."""
    big = size * OVERSAMPLED
    make = texture_picture if motif.texture else object_picture
    canvas, coverage = make(motif, rng, big)
    while coverage.mean() < 0.06:
        canvas, coverage = make(motif, rng, big)
    if rng.random() < HIDDEN:
        canvas = occlude(canvas, rng)
    canvas = canvas.reshape(size, OVERSAMPLED, size, OVERSAMPLED, 3).mean((1, 3))
    exposure, grain = rng.uniform(0.85, 1.12), rng.uniform(0.0, 0.02)
    canvas = canvas * exposure + rng.normal(0, grain, canvas.shape)
    return np.clip(canvas, 0, 1).astype(np.float32), coverage.reshape(size, OVERSAMPLED, size, OVERSAMPLED).mean((1, 3))


def picture(motif: Motif, rng: Rng, size: int) -> Array:
    """One training picture: uint8 RGB [size,size,3]."""
    return cast(Array, np.round(draw(motif, rng, size)[0] * 255).astype(np.uint8))
