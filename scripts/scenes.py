"""Scenes. Clips whose every motion is known: (name, size, number of frames) -> Footage with exact flow and occlusion.

A scene is painted from layers, back to front. A layer is a picture without end, cut to a shape and moved by an affine pose of
its own, so where each pixel was and whether something stood before it follows from the poses alone, to the last digit.
Speeds are those of a film 640 pixels wide, and shrink with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin
from pathlib import Path

import cv2
import numpy as np
from coherence import Footage, Picture, Way
from numpy.typing import NDArray

from render.source.image import picture

Floats = NDArray[np.float64]
# places of a layer, pixels from its centre -> pixels inside its edge, negative outside
Shape = Callable[[Floats, Floats], Floats]
Pose = Callable[[int], Floats]  # frame -> affine [3, 3] from the layer's centred pixels to the frame's

VALLEY = Path(__file__).parents[1] / "configs" / "media" / "valley.jpg"
WIDTH = 640  # that speeds are meant for
CLEAR = 2.5  # pixels from an edge: nearer, a pixel looked up between others may show two things at once
PURE = 1.0  # pixels from an edge: nearer, a pixel itself may show two things at once
TONE = (0.46, 0.22)  # mean and deviation of a picture, as a film likes it: what it is held to shall not look like a dream
LENS = 0.8  # pixels of blur: no camera resolves the finest detail that pixels could hold


@dataclass(frozen=True)
class Layer:
    """A picture, its shape (None: it has no end) and how it moves."""

    picture: Picture
    pose: Pose
    shape: Shape | None = None


@dataclass(frozen=True)
class Sensor:
    """What a camera adds: noise of this deviation, and light that comes and goes by this share over 24 frames."""

    noise: float = 0.0
    gain: float = 0.0


# ---- poses and shapes


def steady(x: float, y: float, turn: float = 0.0, grow: float = 1.0, start: tuple[float, float] = (0, 0)) -> Pose:
    """A pose that moves by (x, y) pixels, `turn` degrees and `grow` times each frame."""
    return lambda t: _affine(start[0] + x * t, start[1] + y * t, turn * t, grow**t)


def swing(x: float, y: float, period: float) -> Pose:
    """A pose that swings (x, y) pixels to either side, and after `period` frames is where it was."""
    return lambda t: _affine(x * sin(2 * pi * t / period), y * sin(4 * pi * t / period), 0, 1)


def blob(radius: float) -> Shape:
    """A round thing with five soft corners, about `radius` pixels from centre to edge."""
    return lambda x, y: radius * (1 + 0.18 * np.sin(5 * np.arctan2(y, x))) - np.hypot(x, y)


def _affine(x: float, y: float, turn: float, grow: float) -> Floats:
    c, s = grow * cos(radians(turn)), grow * sin(radians(turn))
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1]])


# ---- painting, and what is known of it


@dataclass(frozen=True)
class Stage:
    """Layers back to front, seen in frames of (height, width)."""

    layers: tuple[Layer, ...]
    size: tuple[int, int]

    def frame(self, t: int) -> Picture:
        """What is seen at frame t."""
        seen = np.zeros((*self.size, 3), np.float32)
        for layer in self.layers:
            x, y = _through(np.linalg.inv(layer.pose(t)), *self._grid())
            down, across = layer.picture.shape[:2]
            places = [(x + (across - 1) / 2).astype(np.float32), (y + (down - 1) / 2).astype(np.float32)]
            painted = cv2.remap(layer.picture, *places, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
            cover = np.clip(layer.shape(x, y) + 0.5, 0, 1)[..., None] if layer.shape else np.ones((1, 1, 1))
            seen += (cover * (painted - seen)).astype(np.float32)
        return seen.clip(0, 1)

    def way(self, one: int, other: int) -> Way:
        """From each pixel of frame `one` to where the same thing is, or would be, in frame `other`."""
        x, y = self._grid()
        owner, margin = self._owner(one, x, y)
        there = np.zeros((2, *self.size))
        for index, layer in enumerate(self.layers):
            moved = np.stack(_through(layer.pose(other) @ np.linalg.inv(layer.pose(one)), x, y))
            there = np.where(owner == index, moved, there)
        height, width = self.size
        inside = (np.abs(there[0]) <= (width - 1) / 2) & (np.abs(there[1]) <= (height - 1) / 2)
        seen, margin_there = self._owner(other, there[0], there[1])
        known = inside & (seen == owner) & (np.minimum(margin, margin_there) > CLEAR)
        hidden = inside & (seen != owner) & (np.minimum(margin, margin_there) > PURE)
        return Way(np.stack((there[0] - x, there[1] - y), -1).astype(np.float32), known, hidden)

    def _grid(self) -> tuple[Floats, Floats]:
        height, width = self.size
        x, y = np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)
        return x, y

    def _owner(self, t: int, x: Floats, y: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Which layer is seen at these places of frame t, and how far they are from the nearest edge, in its layer's pixels."""
        owner, margin = np.zeros(x.shape, np.int64), np.full(x.shape, np.inf)
        for index, layer in enumerate(self.layers):
            if layer.shape:
                inside = layer.shape(*_through(np.linalg.inv(layer.pose(t)), x, y))
                owner[inside > 0] = index
                margin = np.minimum(margin, np.abs(inside))
        return owner, margin


def _through(matrix: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return (
        matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2],
        matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2],
    )


def film(stage: Stage, count: int, sensor: Sensor | None = None) -> Footage:
    """`count` frames of a stage, through a camera of 8 bits."""
    camera, chance = sensor or Sensor(), np.random.default_rng(5)
    frames = []
    for t in range(count):
        light = stage.frame(t) * (1 + camera.gain * sin(2 * pi * t / 24))
        noisy = light + camera.noise * chance.standard_normal(light.shape, np.float32)
        frames.append((noisy.clip(0, 1) * 255).round().astype(np.float32) / 255)
    return Footage(frames, lru_cache(maxsize=64)(stage.way))


def join(first: Footage, second: Footage) -> Footage:
    """Two shots with a hard cut between."""
    cut = len(first.frames)

    def way(one: int, other: int) -> Way:
        return first.way(one, other) if max(one, other) < cut else second.way(one - cut, other - cut)

    return Footage(first.frames + second.frames, way, (cut,))


# ---- the scenes


def paint(scale: float, mirror: bool = False, order: Sequence[int] = (0, 1, 2)) -> Picture:
    """The project's own valley, `scale` of 960x640, mirrored and its colours in another order if asked; in clear weather."""
    frame = picture(VALLEY, "cover", (round(640 * scale), round(960 * scale)))[0].permute(1, 2, 0).numpy()
    frame = frame[:, :: -1 if mirror else 1, list(order)]
    clear = TONE[0] + TONE[1] * (frame - frame.mean()) / frame.std()
    return cv2.GaussianBlur(np.ascontiguousarray(clear, dtype=np.float32), (0, 0), LENS)


def _pair(
    size: tuple[int, int], count: int, ground: Sequence[float], thing: Sequence[float], turn: float, grow: float
) -> Stage:
    """The valley, and a thing that crosses before it, in the middle of the frame half way through."""
    k, half = size[1] / WIDTH, (count - 1) / 2
    (gx, gy), (x, y) = (k * np.array(ground)), (k * np.array(thing))
    back = Layer(paint(0.9 * k), steady(gx, gy, 0, grow))
    front = Layer(paint(0.7 * k, mirror=True, order=(2, 0, 1)), steady(x, y, turn, 1, (-x * half, -y * half)), blob(100 * k))
    return Stage((back, front), size)


def layers(size: tuple[int, int], count: int) -> Footage:
    """One thing moves before another, and turns."""
    return film(_pair(size, count, (-4.2, 0.8), (9.5, 3.1), 1.5, 1), count)


def zoom(size: tuple[int, int], count: int) -> Footage:
    """The camera nears and turns; nothing hides anything."""
    return film(Stage((Layer(paint(0.9 * size[1] / WIDTH), steady(0, 0, 1, 1.03)),), size), count)


def fast(size: tuple[int, int], count: int) -> Footage:
    """Large motions, as of a thrown ball."""
    return film(_pair(size, count, (-14, 2), (30, -10), 0, 1.02), count)


def noisy(size: tuple[int, int], count: int) -> Footage:
    """The first scene through a poor camera under unsteady light."""
    return film(_pair(size, count, (-4.2, 0.8), (9.5, 3.1), 1.5, 1), count, Sensor(4 / 255, 0.06))


def still(size: tuple[int, int], count: int) -> Footage:
    """Nothing moves; only the sensor is never quite the same."""
    return film(Stage((Layer(paint(0.9 * size[1] / WIDTH), steady(0, 0)),), size), count, Sensor(2 / 255))


def cut(size: tuple[int, int], count: int) -> Footage:
    """Two shots: the first scene, then another country."""
    k, half = size[1] / WIDTH, count // 2
    other = Stage((Layer(paint(0.8 * k, mirror=True, order=(1, 2, 0)), steady(3 * k, -2 * k, 0.5)),), size)
    return join(layers(size, half), film(other, count - half))


def sway(size: tuple[int, int], count: int) -> Footage:
    """As the first scene, but it swings, and every hundred frames is where it was: for strength over hundreds of frames."""
    k = size[1] / WIDTH
    back = Layer(paint(0.9 * k), swing(-40 * k, 8 * k, 100))
    front = Layer(paint(0.7 * k, mirror=True, order=(2, 0, 1)), swing(120 * k, 30 * k, 100), blob(100 * k))
    return film(Stage((back, front), size), count)


SCENES: dict[str, Callable[[tuple[int, int], int], Footage]] = {
    "layers": layers,
    "zoom": zoom,
    "fast": fast,
    "noisy": noisy,
    "still": still,
    "cut": cut,
    "sway": sway,
}
