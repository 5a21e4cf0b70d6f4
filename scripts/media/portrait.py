"""The project's own portrait: a sleeper who never was, with her hair as a mask; `scripts/draw_media portrait [FOLDER]`, 5 s.

Shapes are splines, painted at twice the size from back to front: night, a halo, shoulders, a head in profile, hair. Flesh is
blown up from its outline like a cameo and lit from above; lid, brow and mouth are strokes that fade at their ends.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import cv2
import imageio.v3 as imageio
import numpy as np
import torch
from numpy.typing import NDArray

from media.harbour import rgb
from media.valley import at, ease, finish, spectrum
from render.picture.motion import spline_point

Array = NDArray[Any]
WIDTH, HEIGHT = 576, 720
FINE = 2  # painted at this many times the size
H = HEIGHT * FINE  # all lengths but those of points are in frame heights
ROWS, COLUMNS = (np.mgrid[0 : HEIGHT * FINE, 0 : WIDTH * FINE].astype(np.float32) + 0.5) / H
LIGHT = np.array([0.55, -0.62, 0.56])  # where it comes from: right, above, in front

# Splines: points x,y in thousandths of the frame's height, from the left and from the top.
FACE = (
    "520,205 560,262 580,318 586,345 577,368 592,402 611,434 624,457 622,468 607,475 590,479 589,490 595,500 "
    "602,511 600,520 589,525 598,532 598,543 588,554 584,565 593,582 591,603 570,620 536,618 488,598 442,566 "
    "408,527 385,460 350,360 370,240 450,190"
)
BUST = (
    "520,560 487,612 470,665 468,720 485,775 540,815 620,850 690,905 720,1080 60,1080 90,930 170,860 260,810 "
    "300,745 308,660 300,540 400,480"
)
HAIR = (
    "548,232 570,180 560,120 505,85 455,40 380,35 320,52 255,45 190,85 165,140 105,170 70,240 85,310 45,375 "
    "55,460 105,510 100,590 150,650 215,660 250,715 310,700 345,640 392,600 400,530 418,470 432,405 470,345 "
    "500,290"
)
EYE = "533,394 545,402 558,404 570,399"
CREASE = "530,379 545,376 562,381"
BROW = "512,352 532,337 553,333 574,340"
MOUTH = "560,531 574,526 590,525"
NOSTRIL = "590,467 597,461 606,464"
WING = "583,474 576,463 580,450"
LIPS = "556,531 572,519 588,505 600,508 606,513 594,525 604,535 602,546 590,549 574,541"


def curve(points: str, closed: bool) -> Array:
    """The spline through points, twelve for each of them: [n, 2]."""
    ring = [[int(number) / 1000 for number in point.split(",")] for point in points.split()]
    ring += ring[:1] if closed else []
    return spline_point(
        torch.tensor(ring, dtype=torch.float64), torch.linspace(0, 1, 12 * len(ring), dtype=torch.float64)
    ).numpy()


def shape(points: str) -> Array:
    """How much of each pixel lies inside a closed spline, 0..1."""
    mask = np.zeros(ROWS.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(curve(points, True) * H * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def stroke(points: str, width: float) -> Array:
    """A brush stroke along an open spline, thick in the middle, 0..1."""
    mask, line = np.zeros(ROWS.shape, np.uint8), curve(points, False)
    for share, (x, y) in zip(np.linspace(0, 1, len(line)), line, strict=True):
        radius = width * np.sin(np.pi * (0.08 + 0.84 * share)) ** 0.7
        cv2.circle(mask, (round(x * H * 16), round(y * H * 16)), round(radius * H * 16), 255, -1, cv2.LINE_AA, 4)
    return soft(mask.astype(np.float32) / 255, width * 0.4)


def soft(field: Array, radius: float) -> Array:
    return np.asarray(cv2.GaussianBlur(field, (0, 0), max(radius * H, 0.3)))


def spot(x: float, y: float, wide: float, high: float) -> Array:
    """A soft round hill of height 1."""
    return np.exp(-np.square((COLUMNS - x) / wide) - np.square((ROWS - y) / high))


def light(height: Array) -> Array:
    """How bright a height field (frame heights) is, about 0..1."""
    down, across = np.gradient(height * H)
    normal = np.stack((-across, -down, np.ones_like(height)), axis=-1)
    return np.clip(normal @ LIGHT / np.linalg.norm(normal, axis=-1), -0.2, None)


def inflate(mask: Array, depth: float) -> Array:
    """A shape blown up like a cushion whose rim is `depth` frame heights wide."""
    away = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / H
    return soft(depth * np.sqrt(1 - np.square(1 - np.clip(away / depth, 0, 1))), depth * 0.12)


def over(picture: Array, colour: Array, cover: Array) -> Array:
    return picture + (colour - picture) * cover[..., None]


def flesh(brightness: Array, dark: str, middle: str, bright: str) -> Array:
    """Skin or cloth: a colour for each brightness."""
    shade = over(np.broadcast_to(rgb(dark), (*brightness.shape, 3)), rgb(middle), ease(-0.05, 0.55, brightness))
    return over(shade, rgb(bright), ease(0.5, 0.98, brightness))


def night(rng: np.random.Generator) -> Array:
    """A deep evening with a golden halo of rings and beads."""
    cloud = at(spectrum(rng, 512, 1.6, 2), COLUMNS * 0.7, ROWS * 0.7)
    air = over(np.broadcast_to(rgb("16324a"), (*ROWS.shape, 3)), rgb("d98c6a"), ease(0.15, 1.15, ROWS + 0.04 * cloud))
    away = np.hypot(COLUMNS - 0.36, ROWS - 0.385)
    turn = np.arctan2(ROWS - 0.385, COLUMNS - 0.36)
    air = over(air, rgb("f3dcae"), 0.95 * ease(0.323, 0.319, away) * (0.78 + 0.04 * cloud))
    for inner, outer in ((0.322, 0.330), (0.372, 0.378)):
        air = over(air, rgb("e7b45c"), ease(inner - 0.001, inner + 0.001, away) * ease(outer + 0.001, outer - 0.001, away))
    air = over(air, rgb("274a5e"), 0.8 * ease(0.330, 0.332, away) * ease(0.372, 0.370, away))
    bead = np.hypot((away - 0.351), (np.mod(turn, 2 * np.pi / 44) - np.pi / 44) * 0.351)
    return over(air, rgb("f3cf83"), ease(0.0125, 0.0105, bead))


def strands(rng: np.random.Generator) -> Array:
    """Hair that is blown back from the brow: copper and brown, combed along its waves."""
    field, broad = spectrum(rng, 1024, 0.9, 6), spectrum(rng, 512, 1.8, 2)
    x, y = COLUMNS - 0.56, ROWS - 0.32
    turn, away = np.arctan2(y, -x), np.hypot(x, y)
    wave = 0.10 * np.sin(13 * away + 3 * turn) + 0.05 * at(broad, COLUMNS, ROWS)
    comb = at(field, (turn + wave) * 0.9, away * 0.07)
    brightness = 0.48 + 0.2 * comb + 0.16 * np.sin(9 * (turn + wave) + 10 * away) + 0.2 * at(broad, COLUMNS * 0.8, ROWS * 0.8)
    return flesh(brightness, "3a1620", "a4472c", "f0b067")


def portrait(seed: int = 7) -> tuple[Array, Array]:
    """The picture uint8 [height,width,3] and the mask of her hair uint8 [height,width]."""
    rng = np.random.default_rng(seed)
    face, bust, hair = shape(FACE), shape(BUST), shape(HAIR)
    picture = night(rng)

    brightness = light(inflate(bust, 0.11)) - 0.5 * soft(face, 0.02) * ease(0.80, 0.62, ROWS)
    picture = over(picture, flesh(brightness, "4a2430", "bf7a62", "f6cfae"), bust)
    cloth = bust * ease(0.868, 0.874, ROWS + 0.10 * np.square((COLUMNS - 0.46) / 0.3))
    picture = over(picture, flesh(brightness, "12222e", "2c5f6a", "8fc0b4"), cloth)

    height = inflate(face, 0.10) + 0.016 * spot(0.515, 0.475, 0.05, 0.06) - 0.012 * spot(0.552, 0.385, 0.026, 0.020)
    height += 0.006 * spot(0.553, 0.394, 0.016, 0.011) + 0.006 * spot(0.588, 0.463, 0.012, 0.012)
    brightness = light(soft(height, 0.002))
    skin = flesh(brightness, "5a2a34", "cb8568", "fbdcbc")
    skin = over(skin, rgb("d4583f"), 0.28 * spot(0.515, 0.475, 0.035, 0.028))
    skin = over(skin, rgb("a63a3c"), 0.75 * soft(shape(LIPS), 0.0015))
    for points, width, colour, depth in (
        (EYE, 0.0030, "2a1420", 0.95),
        (CREASE, 0.0016, "6b3034", 0.6),
        (BROW, 0.0042, "4a2020", 0.8),
        (MOUTH, 0.0018, "551a24", 0.85),
        (NOSTRIL, 0.0026, "5a2428", 0.8),
        (WING, 0.0018, "7c3c38", 0.6),
    ):
        skin = over(skin, rgb(colour), depth * stroke(points, width))
    picture = over(picture, skin, face)

    shadow = soft(hair, 0.012) * np.maximum(face, bust)
    picture = picture * (1 - 0.45 * shadow[..., None])
    picture = over(picture, strands(rng) * (0.72 + 0.45 * light(inflate(hair, 0.08)))[..., None], hair)

    small = cv2.resize(picture.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    mask = cv2.resize(hair, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return finish(small * 0.9, rng), np.round(mask * 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the project's own portrait and its mask.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[2] / "configs" / "media")
    folder = parser.parse_args().folder
    picture, mask = portrait()
    imageio.imwrite(folder / "portrait.jpg", picture, quality=85)
    imageio.imwrite(folder / "portrait-hair.png", mask)
    sys.stdout.write(f"{folder / 'portrait.jpg'}\n{folder / 'portrait-hair.png'}\n")


if __name__ == "__main__":
    main()
