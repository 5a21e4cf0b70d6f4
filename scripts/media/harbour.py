"""The project's own footage: a harbour at dusk that was never there; `scripts/draw_media harbour [FILE.mp4]`, two minutes.

Everything is painted at twice the size on layers of different depth, and the camera walks past them: clouds drift, a boat
sails before the town, two walkers and a dog cross each other on the quay, gulls fly, and a lamp passes close by. So it has
what a dream over footage must cope with: things that hide others, water, fine texture, large and small motion. The sound is
made from noise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from media.valley import ease, spectrum

Array = NDArray[Any]
Points = Sequence[tuple[float, float]]
WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 24, 7
FINE = 2  # painted at this many times the size
H = HEIGHT * FINE  # all lengths below are in frame heights
SIZE = (H, WIDTH * FINE)
RIGHT = WIDTH / HEIGHT  # the frame's right edge
HORIZON, QUAY = 0.45, 0.77  # heights from the top: where sea meets sky, and where the quay's edge lies
SUN = 0.52  # where it went down, from the left
TRACK = 0.05  # how fast the camera walks to the right, a second
RATE = 44100  # of the sound
ROWS, COLUMNS = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float32) / H


def rgb(code: str) -> Array:
    """A colour [3] from six hexadecimal digits."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


# ---- paint: pictures [h, w, 4] whose colours are already multiplied by how much they cover


def blank(height: float, width: float) -> Array:
    return np.zeros((round(height * H), round(width * H), 4), np.float32)


def fill(canvas: Array, points: Points, colour: Array) -> None:
    """Paint a polygon; colour: [3], or a texture of the canvas's size."""
    corners = np.array(points) * H
    left, top = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 2, canvas.shape[1::-1])
    if left >= right or top >= bottom:
        return
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [np.round((corners - (left, top)) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    covered = mask[..., None].astype(np.float32) / 255
    part = canvas[top:bottom, left:right]
    part[..., :3] += covered * ((colour if colour.ndim == 1 else colour[top:bottom, left:right]) - part[..., :3])
    part[..., 3:] += covered * (1 - part[..., 3:])


def lay(frame: Array, layer: Array, x: float, y: float, turn: float = 0.0, foot: tuple[float, float] = (0, 0)) -> None:
    """Lay a picture on the frame, its `foot` (from its own top left corner) at (x, y), turned about it by `turn` degrees."""
    matrix = cv2.getRotationMatrix2D((foot[0] * H, foot[1] * H), turn, 1)
    matrix[:, 2] += (x - foot[0]) * H, (y - foot[1]) * H
    height, width = layer.shape[:2]
    corners = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)]) @ matrix.T
    left, top = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 2, frame.shape[1::-1])
    if left >= right or top >= bottom:
        return
    matrix[:, 2] -= left, top
    warped = cv2.warpAffine(layer, matrix, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    part = frame[top:bottom, left:right, :3]
    part[:] = part * (1 - warped[..., 3:]) + warped[..., :3]


def noise(field: Array, u: Array, v: Array) -> Array:
    """The periodic field looked up between its points; one period is 1."""
    n = field.shape[0]
    x, y = (np.broadcast_to(place % 1.0 * n, np.broadcast_shapes(u.shape, v.shape)).astype(np.float32) for place in (u, v))
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP))


def limb(start: tuple[float, float], end: tuple[float, float], thick: float, thin: float) -> Points:
    """A polygon from one point to another, tapering."""
    (x, y), (u, v) = start, end
    length = max(float(np.hypot(u - x, v - y)), 1e-6)
    across, down = (v - y) / length / 2, (x - u) / length / 2
    return [
        (x + across * thick, y + down * thick),
        (u + across * thin, v + down * thin),
        (u - across * thin, v - down * thin),
        (x - across * thick, y - down * thick),
    ]


def oval(x: float, y: float, wide: float, high: float, lean: float = 0.0) -> Points:
    """An ellipse of these half axes, leaning by radians."""
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    u, v = wide * np.cos(turn), high * np.sin(turn)
    return list(zip(x + u * np.cos(lean) - v * np.sin(lean), y + u * np.sin(lean) + v * np.cos(lean), strict=True))


def rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


class Grain:
    """Noise of three kinds that everything is textured with."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.cloud, self.rough, self.fine = spectrum(rng, 512, 1.5, 2), spectrum(rng, 512, 1.1, 8), spectrum(rng, 512, 0.5, 30)

    def on(self, canvas: Array, scale: float = 1.0) -> Array:
        """Rough and fine grain on a canvas, [h, w, 1], deviation about 1."""
        y, x = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32) / H
        return (0.8 * noise(self.rough, x * scale, y * scale) + 0.5 * noise(self.fine, x * scale, y * scale))[..., None]


# ---- what stands far off


def sky(grain: Grain, t: float) -> Array:
    """The evening sky with clouds that drift, lit from below the horizon."""
    up = np.clip((HORIZON - ROWS) / HORIZON, 0, 1)
    glow = np.exp(-np.square((COLUMNS - SUN) / 0.75) - np.square(up / 0.55))[..., None]
    near, middle, high = rgb("f6a45c"), rgb("b8738a"), rgb("2b3d77")
    air = middle + (near - middle) * ease(0.35, 0.0, up)[..., None]
    air = air + (high - air) * ease(0.2, 1.0, up)[..., None] + 0.28 * glow * np.array([1.0, 0.62, 0.25])
    far = 1 / (up + 0.25)
    u, v = (COLUMNS - SUN) * far * 0.13 + 0.006 * t, far * 0.3 + 0.0025 * t

    def heap(du: float, dv: float) -> Array:
        return noise(grain.cloud, u + du, v + dv) + 0.35 * noise(grain.rough, u * 1.7 + du, v * 1.7 + dv + 0.004 * t)

    heaps = heap(0, 0)
    thick = ease(-0.1, 1.2, heaps)[..., None] * ease(0.02, 0.16, up)[..., None]
    brightness = np.clip(0.5 + 0.8 * (heaps - heap(0.0, 0.012)), 0, 1)[..., None]
    warm = rgb("ffb27a") + (rgb("d9738f") - rgb("ffb27a")) * ease(0.1, 0.7, up)[..., None]
    return air + (rgb("4d4a78") + (warm - rgb("4d4a78")) * brightness - air) * thick * 0.9


def headland(grain: Grain) -> Array:
    """A wooded cape with a lighthouse, in haze."""
    land = blank(0.3, 1.5)
    texture = grain.on(land, 2.5)
    x = np.linspace(0, 1.5, 300)
    trees = 0.006 * noise(grain.rough, x[None] * 0.7, 0 * x[None])[0]
    ridge = 0.245 - 0.13 * ease(1.15, 0.1, x) * (0.8 + 0.25 * np.sin(3 * x + 1)) - trees
    fill(land, [(0, 0.29), *zip(x, ridge, strict=True), (1.5, 0.29)], rgb("6a5878") + 0.075 * texture)
    fill(
        land, [(0, 0.29), *zip(x, 0.5 * ridge + 0.145 + 0.5 * trees, strict=True), (1.5, 0.29)], rgb("4b4567") + 0.07 * texture
    )
    for index in range(6):
        low, high = 0.225 - 0.022 * index, 0.247 - 0.022 * index
        x, wide = 0.92, 0.016 - 0.0011 * index
        fill(land, [(x - wide, high), (x + wide, high), (x + wide - 0.001, low), (x - wide + 0.001, low)], STRIPES[index % 2])
    fill(land, rectangle(0.907, 0.095, 0.933, 0.118), rgb("ffe9a8"))
    fill(land, [(0.902, 0.097), (0.938, 0.097), (0.92, 0.073)], rgb("6d2f38"))
    return land


STRIPES = rgb("e6d4cf"), rgb("a8434b")
WALLS = [rgb(code) for code in ("c9965a", "b8605a", "d8bb8c", "7f8f94", "a9716b", "cfa9a0", "8c6a58", "94a08a")]


def town(grain: Grain, rng: np.random.Generator) -> Array:
    """Gabled houses in two rows with lit windows, and a church."""
    land = blank(0.42, 1.9)
    texture = grain.on(land, 3)
    courses = 0.05 * np.sign(np.sin(np.mgrid[0 : land.shape[0], 0 : land.shape[1]][0] * np.pi / (0.006 * H)))[..., None]
    for base, tall, shade in ((0.34, 0.15, 0.66), (0.4, 0.115, 0.82)):
        left = 0.02
        while left < 1.8:
            wide, high = rng.uniform(0.07, 0.12), tall * rng.uniform(0.75, 1.25)
            wall = WALLS[rng.integers(len(WALLS))] * shade
            house(land, rng, left, base - high, left + wide, base, wall * (1 + 0.09 * texture + courses))
            left += wide + rng.choice([0.0, 0.004, 0.02])
    tower(land, 0.84, texture)
    fill(land, rectangle(0, 0.395, 1.9, 0.42), rgb("4a4050") * (1 + 0.2 * texture))
    return land


def house(land: Array, rng: np.random.Generator, left: float, top: float, right: float, base: float, wall: Array) -> None:
    fill(land, rectangle(left, top, right, base), wall)
    peak, tiles = rng.uniform(0.02, 0.05), (rgb("5b2f38"), rgb("3d4052"), rgb("6d4038"))[rng.integers(3)]
    ridge = (left + right) / 2 + rng.uniform(-0.01, 0.01)
    fill(land, [(left - 0.004, top + 0.002), (ridge, top - peak), (right + 0.004, top + 0.002)], tiles)
    for k in range(1, 4):
        share = k / 4
        fill(
            land,
            limb(
                (left + (ridge - left) * share, top - peak * share),
                (right + (ridge - right) * share, top - peak * share),
                0.002,
                0.002,
            ),
            tiles * 1.35,
        )
    fill(land, rectangle(ridge + 0.012, top - peak * 0.9, ridge + 0.022, top - 0.004), rgb("4a3038"))
    columns, rows = max(2, round((right - left) / 0.026)), max(2, round((base - top) / 0.036))
    for i in range(columns):
        for j in range(rows):
            x, y = left + (i + 0.5) * (right - left) / columns, top + (j + 0.45) * (base - top) / rows
            light = rgb("ffcf73") * rng.uniform(0.8, 1.1) if rng.random() < 0.5 else rgb("2c3350")
            fill(land, rectangle(x - 0.0075, y - 0.011, x + 0.0075, y + 0.011), rgb("efe0cf") * 0.7)
            fill(land, rectangle(x - 0.0055, y - 0.009, x + 0.0055, y + 0.009), light)
            fill(land, rectangle(x - 0.0007, y - 0.009, x + 0.0007, y + 0.009), rgb("5a4a4a"))


def tower(land: Array, x: float, texture: Array) -> None:
    """A church tower with a clock and a green spire."""
    fill(land, rectangle(x - 0.032, 0.11, x + 0.032, 0.34), rgb("a58a78") * (1 + 0.12 * texture))
    for y in (0.17, 0.24, 0.29):
        fill(land, rectangle(x - 0.036, y, x + 0.036, y + 0.005), rgb("c7ac92"))
    fill(land, [(x - 0.036, 0.112), (x + 0.036, 0.112), (x, 0.0)], rgb("4f7a70") * (1 + 0.15 * texture))
    fill(land, oval(x, 0.142, 0.02, 0.02), rgb("f3e6c0"))
    fill(land, oval(x, 0.142, 0.016, 0.016), rgb("fff3cf"))
    fill(land, limb((x, 0.142), (x + 0.009, 0.135), 0.003, 0.002), rgb("3a2d30"))
    fill(land, limb((x, 0.142), (x - 0.002, 0.129), 0.003, 0.002), rgb("3a2d30"))
    for y in (0.2, 0.265):
        fill(land, [*oval(x, y, 0.009, 0.014)], rgb("ffcf73") * 0.9)


# ---- what floats and flies


def boat(grain: Grain) -> Array:
    """A fishing boat under two red sails; its waterline is at 0.42 from the top."""
    ship = blank(0.5, 0.5)
    texture = grain.on(ship, 3)
    y, x = np.mgrid[0 : ship.shape[0], 0 : ship.shape[1]].astype(np.float32)[..., None] / H
    panels = np.where(np.abs(((y + 0.25 * x) * 26) % 1 - 0.5) < 0.06, 0.72, 1.0)
    bend = np.linspace(0, 1, 14)
    leech = [(0.245 - 0.17 * s - 0.035 * np.sin(np.pi * s), 0.035 + 0.305 * s) for s in bend]
    fill(ship, [(0.25, 0.03), *leech, (0.25, 0.35)], rgb("b5483c") * panels * (1 + 0.07 * texture) * (0.72 + 1.2 * x))
    luff = [(0.262 + 0.16 * s, 0.06 + 0.29 * s) for s in bend]
    foot = [(0.422 - 0.15 * s, 0.35 - 0.028 * np.sin(np.pi * s)) for s in bend]
    fill(ship, [*luff, *foot], rgb("d98a4a") * panels * (1 + 0.07 * texture))
    fill(ship, limb((0.255, 0.385), (0.255, 0.01), 0.009, 0.005), rgb("5a3a2a"))
    fill(ship, limb((0.06, 0.352), (0.262, 0.358), 0.006, 0.006), rgb("6b4630"))
    fill(ship, [(0.255, 0.012), (0.2, 0.02), (0.255, 0.03)], rgb("f2c14e"))
    fill(ship, rectangle(0.13, 0.335, 0.21, 0.375), rgb("e6dccb") * (1 + 0.06 * texture))
    for left in (0.14, 0.165, 0.19):
        fill(ship, rectangle(left, 0.343, left + 0.013, 0.357), rgb("ffd27a"))
    planks = np.where((y * 90) % 1 < 0.16, 0.7, 1.0)
    hull = [(0.03, 0.365), (0.2, 0.376), (0.36, 0.372), (0.47, 0.345), (0.42, 0.42), (0.08, 0.42)]
    fill(ship, hull, rgb("2f5f73") * planks * (1 + 0.1 * texture))
    fill(
        ship,
        [
            (0.03, 0.365),
            (0.2, 0.376),
            (0.36, 0.372),
            (0.47, 0.345),
            (0.468, 0.353),
            (0.36, 0.381),
            (0.2, 0.385),
            (0.032, 0.374),
        ],
        rgb("f0e2c4"),
    )
    fill(ship, limb((0.45, 0.352), (0.262, 0.06), 0.002, 0.002), rgb("3a3030"))
    return ship


def gull(frame: Array, x: float, y: float, size: float, beat: float) -> None:
    """A gull that flies to the left; beat: -1..1, wings down to up."""
    lift, tip = size * (0.25 + 0.55 * beat), size * (0.1 + 0.75 * beat)
    for side, dark in ((-0.35, rgb("8f8ca0")), (0.35, rgb("d9d2d6"))):
        elbow, end = (x + side * size, y - lift), (x + side * 2.2 * size + 0.2 * size, y - tip)
        fill(frame, [(x - 0.16 * size, y), elbow, (x + 0.22 * size, y + 0.05 * size)], dark)
        fill(frame, [elbow, end, (x + 0.24 * size, y + 0.03 * size)], dark)
        fill(
            frame,
            limb(end, ((elbow[0] + 2 * end[0]) / 3, (elbow[1] + 2 * end[1]) / 3), 0.02 * size, 0.14 * size),
            rgb("3a3848"),
        )
    fill(frame, oval(x, y, 0.42 * size, 0.11 * size, 0.06), rgb("efe6e2"))
    fill(frame, oval(x - 0.38 * size, y - 0.06 * size, 0.11 * size, 0.09 * size), rgb("f7efe9"))
    fill(frame, limb((x - 0.46 * size, y - 0.06 * size), (x - 0.6 * size, y - 0.03 * size), 0.06 * size, 0.01), rgb("e8a23c"))


def water(frame: Array, mirror: Array, grain: Grain, t: float, walk: float) -> None:
    """The sea: what stands above it mirrored in waves, the sun's last glitter, and the deep where one looks down."""
    below = np.clip(ROWS - HORIZON, 1e-3, 1)
    far = 0.06 / below
    u, v = (COLUMNS - SUN + walk * 3 * below) * far, far * 1.4
    wave = noise(grain.rough, u * 0.9 + 0.02 * t, v * 1.1 + 0.055 * t) + 0.7 * noise(
        grain.cloud, u * 2.3 - 0.03 * t, v * 2.2 + 0.09 * t
    )
    swell = wave + 0.5 * noise(grain.fine, u * 1.2 + 0.03 * t, v * 1.6 - 0.05 * t)
    calm = np.clip(below * 3.2, 0.05, 1)
    x = ((COLUMNS + 0.010 * calm * swell) * H).astype(np.float32)
    y = ((ROWS + 0.032 * calm * wave) * H).astype(np.float32)
    reflection = cv2.remap(mirror, x, np.maximum(y, HORIZON * H), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    steep = ease(0.0, 0.42, below)[..., None]
    colour = reflection * (0.92 - 0.3 * steep) + (rgb("16395a") - reflection) * 0.42 * steep
    colour = colour * (1 + 0.11 * calm * swell)[..., None]
    column = np.exp(-np.square((COLUMNS - SUN) / (0.1 + 0.55 * below)))
    glitter = ease(0.9, 2.3, swell + 0.5 * wave) * column * (1 - 0.6 * steep[..., 0])
    colour = colour + glitter[..., None] * np.array([0.95, 0.62, 0.3], np.float32) * 0.9
    frame[..., :3] = np.where((ROWS > HORIZON)[..., None], colour, frame[..., :3])


# ---- the quay


def quay(frame: Array, grain: Grain, tints: Array, walk: float) -> None:
    """Cobbles in perspective, wet and warm under the lamps, and a kerb."""
    below = np.clip(ROWS - HORIZON, 0.05, 1)
    depth = (QUAY - HORIZON) / below
    x, z = (COLUMNS - RIGHT / 2) * depth + walk, 5.2 * (1 - depth)
    row = np.floor(z * 7)
    along = x * 9 + 0.5 * (row % 2)
    stone = np.floor(along)
    gap = np.minimum(np.minimum(along - stone, stone + 1 - along) / 9, np.minimum(z * 7 - row, row + 1 - z * 7) / 24) / depth
    tint = tints[stone.astype(int) % tints.shape[0], row.astype(int) % tints.shape[1]]
    texture = noise(grain.rough, x * 1.3, z * 0.5) + 0.6 * noise(grain.fine, x * 2, z * 0.8)
    colour = rgb("7d6b70") * (0.72 + 0.4 * tint + 0.11 * texture)[..., None] * ease(0.0, 0.011, gap)[..., None].clip(0.3)
    shine = np.exp(-np.square((COLUMNS - SUN) / 0.5)) * ease(0.9, 0.2, below) * (0.5 + 0.5 * tint)
    colour = colour + shine[..., None] * np.array([0.42, 0.22, 0.1])
    frame[..., :3] = np.where((ROWS > QUAY)[..., None], colour, frame[..., :3])
    kerb = (np.abs(ROWS - QUAY) < 0.012) * (0.85 + 0.15 * np.sign(np.sin(x * 20)) + 0.1 * texture)
    frame[..., :3] = np.where((np.abs(ROWS - QUAY) < 0.012)[..., None], rgb("a08a84") * kerb[..., None], frame[..., :3])


def railing(grain: Grain) -> Array:
    """Iron posts and bars along the quay's edge, longer than the walk."""
    rail = blank(0.24, RIGHT + 0.8)
    texture = grain.on(rail, 3)
    iron, bright = rgb("2b2a38") * (1 + 0.15 * texture), rgb("8a6a66")
    for y in (0.045, 0.12, 0.19):
        fill(rail, rectangle(0, y - 0.006, RIGHT + 0.8, y + 0.006), iron)
        fill(rail, rectangle(0, y - 0.006, RIGHT + 0.8, y - 0.003), bright)
    for k in range(9):
        x = 0.12 + 0.3 * k
        fill(rail, rectangle(x - 0.012, 0.03, x + 0.012, 0.24), iron)
        fill(rail, rectangle(x - 0.012, 0.03, x - 0.007, 0.24), bright)
        fill(rail, oval(x, 0.02, 0.019, 0.019), rgb("3a3848") * (1 + 0.15 * texture))
        fill(rail, oval(x - 0.006, 0.013, 0.006, 0.006), rgb("e0a070"))
        for j in range(1, 5):
            fill(rail, rectangle(x + 0.06 * j - 0.003, 0.045, x + 0.06 * j + 0.003, 0.19), iron)
    return rail


def lamp(grain: Grain) -> Array:
    """A street lamp close to the camera, its light on."""
    post = blank(1.15, 0.5)
    texture = grain.on(post, 2)
    iron = rgb("23262f") * (1 + 0.12 * texture)
    fill(post, limb((0.25, 0.33), (0.25, 1.15), 0.03, 0.05), iron)
    fill(post, limb((0.241, 0.33), (0.236, 1.15), 0.007, 0.012), rgb("7a5a58"))
    for y, wide in ((0.34, 0.036), (0.5, 0.03), (0.53, 0.034), (0.9, 0.045), (0.94, 0.05)):
        fill(post, oval(0.25, y, wide, 0.014), iron * 1.3)
    for side in (-1, 1):
        curl = [(0.25 + side * (0.02 + 0.07 * np.sin(a)), 0.42 - 0.05 * np.cos(a)) for a in np.linspace(0, 4, 20)]
        for start, end in pairwise(curl):
            fill(post, limb(start, end, 0.01, 0.01), iron)
    fill(post, [(0.2, 0.12), (0.3, 0.12), (0.28, 0.31), (0.22, 0.31)], rgb("ffe2a0"))
    fill(post, oval(0.25, 0.22, 0.02, 0.05), rgb("fffbe6"))
    for x, u in ((0.2, 0.22), (0.25, 0.25), (0.3, 0.28)):
        fill(post, limb((x, 0.12), (u, 0.31), 0.007, 0.007), iron)
    fill(post, rectangle(0.21, 0.3, 0.29, 0.325), iron)
    fill(post, [(0.185, 0.125), (0.315, 0.125), (0.265, 0.065), (0.235, 0.065)], iron)
    fill(post, oval(0.25, 0.055, 0.014, 0.016), iron)
    return post


# ---- who walks there


def walker(grain: Grain, step: float, looks: dict[str, Array], coat: Callable[[Array, Array], Array], hat: str) -> Array:
    """A person who walks to the right, mid-stride at `step` radians; the feet are at (0.3, 0.58)."""
    body = blank(0.62, 0.6)
    texture = grain.on(body, 3)
    y, x = np.mgrid[0 : body.shape[0], 0 : body.shape[1]].astype(np.float32)[..., None] / H
    bob = 0.007 * np.cos(2 * step)
    hip, neck = (0.3, 0.34 + bob), (0.308, 0.145 + bob)

    def leg(phase: float, colour: Array) -> None:
        swing, bend = 0.5 * np.sin(phase), 0.5 * max(0.0, np.cos(phase)) + 0.08
        knee = hip[0] + 0.12 * np.sin(swing), hip[1] + 0.12 * np.cos(swing)
        ankle = knee[0] + 0.115 * np.sin(swing - bend), knee[1] + 0.115 * np.cos(swing - bend)
        fill(body, limb(hip, knee, 0.06, 0.045), colour)
        fill(body, limb(knee, ankle, 0.044, 0.03), colour)
        fill(body, oval(ankle[0] + 0.018, ankle[1] + 0.005, 0.034, 0.012, 0.3 * (swing - bend)), rgb("2a2024"))

    def arm(phase: float, colour: Array) -> None:
        swing = 0.45 * np.sin(phase)
        elbow = neck[0] + 0.095 * np.sin(swing) - 0.005, neck[1] + 0.03 + 0.095 * np.cos(swing)
        hand = elbow[0] + 0.085 * np.sin(swing + 0.35), elbow[1] + 0.085 * np.cos(swing + 0.35)
        fill(body, limb((neck[0] - 0.005, neck[1] + 0.025), elbow, 0.042, 0.036), colour)
        fill(body, limb(elbow, hand, 0.036, 0.028), colour)
        fill(body, oval(*hand, 0.014, 0.016), looks["skin"])

    cloth = coat(x, y - bob) * (1 + 0.1 * texture) * (0.8 + 0.6 * (x - 0.2))
    arm(step + np.pi, 0.65 * cloth)
    leg(step + np.pi, 0.7 * looks["legs"] * (1 + 0.1 * texture))
    leg(step, looks["legs"] * (1 + 0.1 * texture))
    flare = 0.02 * np.sin(step)
    hem = 0.435 + bob
    fill(
        body,
        [
            (0.262, 0.165 + bob),
            (0.352, 0.165 + bob),
            (0.36, 0.3 + bob),
            (0.378 + flare, hem),
            (0.225 + flare, hem),
            (0.252, 0.3 + bob),
        ],
        cloth,
    )
    for k in range(4):
        fill(body, oval(0.345, 0.2 + 0.05 * k + bob, 0.005, 0.005), rgb("e8c77a"))
    flutter = [(0.285 - 0.035 * s, 0.165 + bob + 0.018 * s + 0.012 * np.sin(1.3 * s - 2 * step)) for s in np.linspace(0, 4, 9)]
    for index, (start, end) in enumerate(pairwise(flutter)):
        fill(body, limb(start, end, 0.028, 0.028), looks["scarf"] * (0.75 if index % 2 else 1.1))
    fill(body, oval(0.306, 0.155 + bob, 0.04, 0.018, 0.1), looks["scarf"])
    fill(body, oval(0.312, 0.1 + bob, 0.034, 0.043), looks["skin"])
    fill(body, [(0.343, 0.098 + bob), (0.354, 0.112 + bob), (0.342, 0.118 + bob)], looks["skin"])
    fill(body, oval(0.296, 0.095 + bob, 0.032, 0.04), looks["hair"] * (1 + 0.25 * texture))
    fill(body, oval(0.331, 0.097 + bob, 0.004, 0.005), rgb("241a1c"))
    if hat == "bowler":
        fill(body, oval(0.308, 0.062 + bob, 0.04, 0.034), rgb("2e2a34") * (1 + 0.15 * texture))
        fill(body, oval(0.312, 0.075 + bob, 0.062, 0.01, 0.05), rgb("24212b"))
        fill(body, rectangle(0.272, 0.062 + bob, 0.346, 0.071 + bob), rgb("8d4a3c"))
    else:
        fill(body, oval(0.3, 0.064 + bob, 0.05, 0.028, -0.25), rgb("d8b04a") * (1 + 0.15 * texture))
        fill(body, oval(0.285, 0.033 + bob, 0.012, 0.012), rgb("f0d890"))
    arm(step, cloth)
    return rim_light(body)


def rim_light(body: Array) -> Array:
    """The figure with the evening's light on its left edge."""
    edge = np.clip(body[..., 3] - np.roll(body[..., 3], 4, axis=1), 0, 1)
    body[..., :3] += cv2.GaussianBlur(edge, (0, 0), 1.2)[..., None] * body[..., 3:] * np.array([0.6, 0.36, 0.18], np.float32)
    return body.clip(0, 1)


def dog(grain: Grain, step: float) -> Array:
    """A spotted dog that trots to the right; the feet are at (0.2, 0.26)."""
    body = blank(0.3, 0.4)
    fur = rgb("e3d6c4") + (rgb("5b3a2c") - rgb("e3d6c4")) * ease(0.35, 0.6, 0.6 * grain.on(body, 0.9))
    for x, phase in ((0.13, 0.0), (0.26, 2.6), (0.145, 3.1), (0.275, 5.7)):
        swing = 0.028 * np.sin(2 * step + phase)
        knee = (x + 0.4 * swing + 0.008, 0.2)
        fill(body, limb((x, 0.15), knee, 0.034, 0.022), 0.85 * fur)
        fill(body, limb(knee, (x + swing, 0.252 - 0.016 * max(0.0, np.cos(2 * step + phase))), 0.022, 0.016), 0.85 * fur)
    wag = 0.03 * np.sin(5 * step)
    fill(body, limb((0.11, 0.13), (0.055 + 0.4 * wag, 0.07 + wag), 0.02, 0.008), fur)
    fill(body, oval(0.2, 0.142, 0.1, 0.042, 0.03), fur)
    fill(body, limb((0.27, 0.135), (0.315, 0.09), 0.06, 0.05), fur)
    fill(body, oval(0.325, 0.085, 0.036, 0.03), fur)
    fill(body, limb((0.33, 0.09), (0.378, 0.1), 0.036, 0.022), fur)
    fill(body, oval(0.378, 0.096, 0.008, 0.007), rgb("1e1718"))
    fill(body, oval(0.305, 0.092, 0.015, 0.032, 0.3), rgb("5b3a2c"))
    fill(body, oval(0.337, 0.076, 0.005, 0.005), rgb("1e1718"))
    fill(body, limb((0.287, 0.108), (0.307, 0.128), 0.014, 0.014), rgb("c23b3b"))
    return rim_light(body)


def plaid(x: Array, y: Array) -> Array:
    """Red cloth with dark and golden lines."""
    dark = 0.3 * ((x * 34) % 1 < 0.3) + 0.3 * ((y * 34) % 1 < 0.3)
    gold = ((x * 34 + 0.3) % 1 < 0.08) | ((y * 34 + 0.3) % 1 < 0.08)
    return np.where(gold, rgb("e0b060"), rgb("a8332f") * (1 - dark))


def herringbone(x: Array, y: Array) -> Array:
    """Blue-green tweed."""
    zigzag = ((y * 60 + np.abs((x * 22) % 1 - 0.5) * 2) % 1) < 0.45
    return np.where(zigzag, rgb("3f6f78"), rgb("2a4f5c"))


SHE = {"skin": rgb("e0a88a"), "legs": rgb("3a3450"), "scarf": rgb("f0e0b8"), "hair": rgb("5a3424")}
HE = {"skin": rgb("c98f70"), "legs": rgb("6a5a48"), "scarf": rgb("d07a38"), "hair": rgb("8a8580")}


# ---- the film


class Harbour:
    """All that is painted once, and the camera that walks past it."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.grain = Grain(rng)
        self.headland, self.town = headland(self.grain), town(self.grain, rng)
        self.boat, self.railing, self.lamp = boat(self.grain), railing(self.grain), lamp(self.grain)
        self.tints = rng.random((97, 61)).astype(np.float32)

    def frame(self, t: float) -> Array:
        """What is seen t seconds in, uint8."""
        walk = TRACK * t
        frame = sky(self.grain, t)
        lay(frame, self.headland, -0.25 - 0.06 * walk, HORIZON - 0.285)
        lay(frame, self.town, 0.78 - 0.18 * walk, HORIZON - 0.405)
        self.gulls(frame, t)
        mirror = np.concatenate((frame[: round(HORIZON * H)], frame[round(HORIZON * H) - 1 :: -1]))[: SIZE[0]]
        mirror = np.ascontiguousarray(np.pad(mirror, ((0, SIZE[0] - len(mirror)), (0, 0), (0, 0)), "edge"))
        x, line, heel = 0.25 + 0.13 * t - 0.4 * walk, 0.53 + 0.004 * np.sin(2.1 * t), 2.5 * np.sin(1.4 * t) - 2
        lay(mirror, np.ascontiguousarray(self.boat[::-1]), x, line, -heel, (0.25, 0.08))
        water(frame, mirror, self.grain, t, walk)
        lay(frame, self.boat, x, line, heel, (0.25, 0.42))
        quay(frame, self.grain, self.tints, walk)
        lay(frame, self.railing, -0.2 - walk, QUAY - 0.225)
        self.people(frame, t, walk)
        lay(frame, self.lamp, 1.75 - 2.6 * walk, -0.09, foot=(0.25, 0))
        frame += self.light(1.75 - 2.6 * walk)
        return self.develop(frame, t)

    def gulls(self, frame: Array, t: float) -> None:
        for x, y, size, speed, phase in (
            (1.9, 0.16, 0.07, 0.2, 0),
            (2.15, 0.1, 0.045, 0.16, 2),
            (1.45, 0.27, 0.032, 0.1, 4),
            (2.9, 0.22, 0.1, 0.36, 1),
        ):
            beat = np.sin(7 * t + phase) * (0.6 + 0.4 * np.sin(0.9 * t + phase))
            gull(frame, x - speed * t, y + 0.012 * np.sin(1.3 * t + phase) - 0.006 * beat, size, beat)

    def people(self, frame: Array, t: float, walk: float) -> None:
        she, he = 1.72 - 0.19 * t - 1.1 * walk, 0.02 + 0.3 * t - 1.25 * walk
        woman = np.ascontiguousarray(walker(self.grain, 4.6 * t, SHE, plaid, "beret")[:, ::-1])
        for x, wide in ((she, 0.13), (he, 0.14), (he + 0.32, 0.13)):
            shade = np.exp(-np.square((COLUMNS - x - 0.03) / wide) - np.square((ROWS - (0.93 if x == she else 0.962)) / 0.014))
            frame *= 1 - 0.5 * shade[..., None]
        lay(frame, woman, she, 0.93, foot=(0.3, 0.58))
        hand, collar = (he + 0.09, 0.962 - 0.26), (he + 0.42, 0.962 - 0.145)
        sag = [
            (hand[0] + (collar[0] - hand[0]) * s, hand[1] + (collar[1] - hand[1]) * s + 0.05 * np.sin(np.pi * s))
            for s in np.linspace(0, 1, 12)
        ]
        for start, end in pairwise(sag):
            fill(frame, limb(start, end, 0.004, 0.004), rgb("5a2a24"))
        lay(frame, dog(self.grain, 4.6 * t), he + 0.32, 0.962, foot=(0.2, 0.26))
        lay(frame, walker(self.grain, 4.2 * t + 1, HE, herringbone, "bowler"), he, 0.962, foot=(0.3, 0.58))

    def light(self, x: float) -> Array:
        """The lamp's halo."""
        away = np.square(COLUMNS - x) + np.square(ROWS - 0.13)
        return (0.34 * np.exp(-away / 0.012) + 0.14 * np.exp(-away / 0.12))[..., None] * np.array([1.0, 0.72, 0.36], np.float32)

    def develop(self, frame: Array, t: float) -> Array:
        """A lens that darkens corners, a hand that is never quite still, and half the size."""
        y, x = ROWS * 2 - 1, COLUMNS * 2 / RIGHT - 1
        frame = frame.clip(0, None) * (1 - 0.16 * np.square(x * x + y * y))[..., None]
        frame = 1.06 * frame / (1 + 0.1 * frame**2)
        sway = cv2.getRotationMatrix2D((SIZE[1] / 2, SIZE[0] / 2), 0.25 * np.sin(1.1 * t + 1), 1.03)
        sway[:, 2] += 0.006 * H * np.sin(1.3 * t), 0.005 * H * np.sin(1.9 * t + 2)
        frame = cv2.warpAffine(frame.astype(np.float32), sway, SIZE[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        small = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return (small.clip(0, 1) * 255).round().astype(np.uint8)


# ---- the sound


def sound(seed: int, seconds: float) -> Array:
    """Waves on the quay wall, gulls, a bell buoy and steps, float32 [2, N]."""
    rng, n = np.random.default_rng(seed), round(seconds * RATE)
    t = np.arange(n) / RATE
    tone = np.fft.rfftfreq(n, 1 / RATE)
    sea = [np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) / (1 + (tone / 420) ** 1.3), n) for _ in range(2)]
    wash = 0.35 + 0.65 * np.clip(np.sin(2 * np.pi * t / 3.4 - 1), 0, None) ** 2
    mix = np.stack([0.09 * channel / channel.std() * wash for channel in sea])

    def add(start: float, wave: Callable[[Array], Array], length: float, loud: float, side: float) -> None:
        begin = round(start * RATE)
        age = np.arange(min(round(length * RATE), n - begin)) / RATE
        note = loud * wave(age)
        mix[:, begin : begin + len(age)] += np.stack((note * (1 - side), note * side))

    def cry(age: Array) -> Array:
        pitch = 1150 + 500 * np.sin(np.pi * np.clip(age / 0.28, 0, 1)) - 300 * age
        return np.sin(2 * np.pi * np.cumsum(pitch) / RATE + 1.2 * np.sin(2 * np.pi * 47 * age)) * np.sin(np.pi * age / 0.3) ** 2

    def bell(age: Array) -> Array:
        return sum(
            np.sin(2 * np.pi * 440 * f * age) * np.exp(-age * d) / k
            for k, (f, d) in enumerate(((1, 2), (2.76, 3), (5.4, 6)), 1)
        )

    def heel(age: Array) -> Array:
        return np.sin(2 * np.pi * (170 - 600 * age) * age) * np.exp(-age * 60)

    for k, start in enumerate((0.9, 1.25, 1.6, 4.4, 4.7, 6.1)):
        add(start, cry, 0.3, 0.05 if k < 3 else 0.08, 0.3 + 0.09 * k)
    for start in (0.3, 3.1, 5.6):
        add(start, bell, min(2.5, seconds - start), 0.035, 0.3)
    for k in range(int(seconds * 2.7)):
        add(0.2 + k / 2.7, heel, 0.08, 0.16, 0.25 + 0.5 * k / 19)
    ends = np.clip(np.minimum(t, seconds - t) / 0.25, 0, 1)
    return np.tanh(mix * ends).astype(np.float32)


def write(file: Path, frames: Iterator[Array], samples: Array, fps: int) -> None:
    """An mp4 of H.264 and AAC, its colours tagged."""
    with av.open(str(file), "w", options={"movflags": "+faststart"}) as film:
        picture = film.add_stream(
            "libx264", rate=Fraction(fps), options={"crf": "26", "preset": "slow", "tune": "animation", "threads": "1"}
        )
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        voice = film.add_stream("aac", rate=RATE, layout="stereo", bit_rate=96_000)
        for pixels in frames:
            film.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(picture.encode(None))
        for begin in range(0, samples.shape[1], 1024):
            block = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[:, begin : begin + 1024]), format="fltp", layout="stereo"
            )
            block.sample_rate, block.pts = RATE, begin
            film.mux(voice.encode(block))
        film.mux(voice.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the project's own footage.")
    parser.add_argument("file", type=Path, nargs="?", default=Path(__file__).parents[2] / "configs" / "media" / "harbour.mp4")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    harbour = Harbour(options.seed)
    frames = (harbour.frame(index / FPS) for index in range(round(options.seconds * FPS)))
    write(options.file, frames, sound(options.seed, options.seconds), FPS)
    sys.stdout.write(f"{options.file}\n")


if __name__ == "__main__":
    main()
