"""The project's own photograph: a mountain lake that was never there; `scripts/draw_media valley [FILE.jpg]`, ten seconds.

A height field of summed noise is marched from near to far, column by column, which gives each pixel its distance; then every
pixel is coloured from the ground's height, slope and light, mist is laid over it by distance, and the water mirrors what stands
above it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
WIDTH, HEIGHT = 960, 640
HORIZON, LENS = 0.47, 1.25  # the horizon's height in the frame (from the top), focal length in frame widths
EYE = 0.13  # the camera's height above the water
NEAR, FAR, STRIDE = 0.12, 16.0, 1.0045  # what is marched, and how fast the steps grow
SUN = np.array([-0.62, 0.42, 0.3])  # where the light comes from: left, up, behind the mountains a little


def spectrum(rng: np.random.Generator, size: int, slope: float, low: float = 1.0) -> Array:
    """Periodic noise [size,size] whose amplitudes fall as 1/f^slope, mean 0, deviation 1."""
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]) * size
    shape = np.where(f >= low, np.maximum(f, low) ** -slope, 0)
    phase = np.exp(2j * np.pi * rng.random(f.shape)) * rng.rayleigh(1, f.shape)
    field = np.fft.irfft2(shape * phase, (size, size))
    return ((field - field.mean()) / field.std()).astype(np.float32)


def at(field: Array, u: Array, v: Array) -> Array:
    """The periodic field looked up between its points; one period is 1."""
    n = field.shape[0]
    u, v = (u % 1.0) * n, (v % 1.0) * n
    i, j = np.minimum(u.astype(np.int32), n - 1), np.minimum(v.astype(np.int32), n - 1)
    fu, fv = u - i, v - j
    k, m = (i + 1) % n, (j + 1) % n
    near = field[j, i] * (1 - fu) + field[j, k] * fu
    return near * (1 - fv) + (field[m, i] * (1 - fu) + field[m, k] * fu) * fv


def ease(low: float, high: float, value: Array) -> Array:
    """Smoothstep from low to high; falling when low is the greater."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


class Land:
    """The height field: a valley with a lake between ridged mountains."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.broad = spectrum(rng, 512, 2.2)
        self.ridge = spectrum(rng, 1024, 2.25, 2)
        self.rough = spectrum(rng, 1024, 1.7, 6)
        self.grain = spectrum(rng, 1024, 0.6, 20)

    def wood(self, x: Array, z: Array, height: Array) -> Array:
        """How much of the ground is forest, 0..1."""
        patch = at(self.broad, x / 2.3 + 0.3, z / 2.3)
        return ease(0.9, 1.3, z) * ease(0.012, 0.05, height) * ease(0.85, 0.5, height + 0.12 * patch) * ease(-1.3, -0.2, patch)

    def bare(self, x: Array, z: Array) -> Array:
        """Ground height without trees; the water lies at 0."""
        shore = np.abs(x - 0.3 * np.sin(z * 0.6)) - 0.75 - 0.3 * z * ease(5.0, 2.0, z) + 0.18 * at(self.broad, x / 3, z / 3)
        shore = np.maximum(shore, (z - 5.0 + 0.3 * at(self.broad, x / 3, z / 3)) * 0.5)
        side = ease(0.0, 2.4, shore) * (0.32 + 0.68 * ease(2.0, 6.0, z))
        ridged = 1 - np.abs(at(self.ridge, x / 7.0 + 0.13, z / 7.0 + 0.41)) * 0.6
        peak = np.clip(0.45 + 0.55 * ridged + 0.14 * (1 - np.abs(at(self.ridge, x / 3.1, z / 3.1))) * ridged, 0.08, None)
        small = 0.012 * at(self.rough, x / 1.6, z / 1.6) * (0.25 + 1.6 * side)
        bank = (0.04 + 0.0025 * at(self.rough, x / 0.7, z / 0.7)) * ease(
            0.6, 0.3, z + 0.05 * at(self.broad, x * 0.9, z * 0.9) + 0.2 * (x + 0.05)
        )
        slope = 0.1 * ease(-0.4, 0.5, shore) - 0.055
        return np.maximum(
            slope
            + side
            * peak
            * (0.7 + 0.75 * ease(3.0, 10.0, z))
            * np.clip(1 + 0.3 * at(self.broad, x / 11 + 0.6, z / 11), 0.5, 1.7)
            + small * ease(-0.1, 0.2, shore),
            bank - 0.012,
        )

    def height(self, x: Array, z: Array) -> Array:
        ground = self.bare(x, z)
        crown = np.clip(0.5 + 0.5 * at(self.grain, x / 1.1, z / 1.1), 0, 1.6)
        return ground + self.wood(x, z, ground) * 0.035 * crown


def distances(land: Land, width: int, height: int) -> tuple[Array, Array]:
    """Distance along z of the land seen in each pixel [height,width] (inf: sky), and each column's sideways slope."""
    rays = ((np.arange(width) + 0.5) / width - 0.5) / LENS
    depth = np.full((height, width), np.inf, np.float32)
    reached = np.full(width, height, np.float64)  # the highest row filled so far, from below
    last, before = np.full(width, height, np.float64), NEAR
    z, rows = NEAR, np.arange(height)[:, None]
    while z < FAR:
        tall = np.maximum(land.height((rays * z).astype(np.float32), np.full(width, z, np.float32)), 0)
        row = height * HORIZON - (tall - EYE) / z * LENS * width
        low, high = int(max(0, np.floor(row.min()))), int(min(height, np.ceil(reached.max()) + 1))
        if low < high:
            band = rows[low:high]
            fresh = (band >= row) & (band < reached)
            between = np.clip((last - band) / np.maximum(last - row, 1e-6), 0, 1)  # the surface from the last step to this one
            depth[low:high] = np.where(fresh, before + (z - before) * between, depth[low:high])
        reached, last, before = np.minimum(reached, row), row, z
        z *= STRIDE
    return depth, rays.astype(np.float32)


def sky(rng: np.random.Generator, width: int, height: int) -> Array:
    """Blue overhead, pale and warm towards the horizon, with heaps of cloud seen in perspective, lit from the sun's side."""
    row = (np.arange(height)[:, None] + 0.5) / height
    up = np.clip((HORIZON - row) / HORIZON, 0.0, 1) * np.ones((1, width))
    across = (np.arange(width)[None] / width - 0.5) * np.ones((height, 1))
    deep, pale, warm = np.array([0.27, 0.48, 0.76]), np.array([0.66, 0.79, 0.9]), np.array([0.98, 0.87, 0.72])
    tone = pale + (deep - pale) * ease(0.02, 1.0, up)[..., None]
    tone = tone + (warm - tone) * (ease(0.5, 0.0, up) * (0.65 - 0.6 * across))[..., None]
    field, fine = spectrum(rng, 1024, 1.45, 3), spectrum(rng, 1024, 1.0, 12)
    far = 1 / (up + 0.16)
    u, v = across * far * 0.22 + 0.2, far * 0.16

    def heap(du: float, dv: float) -> Array:
        return at(field, u + du, v + dv) + 0.22 * at(fine, 2 * u + du, 2 * v + dv)

    heaps = heap(0.0, 0.0)
    cover = ease(-0.25, 0.95, heaps + 0.25 * ease(0.6, 0.1, up))
    brightness = np.clip(0.62 + 0.4 * (heaps - heap(-0.02, 0.014)) - 0.16 * np.clip(heaps - 0.7, 0, 2), 0.3, 1.0)
    cloud = np.array([0.46, 0.5, 0.58]) + (np.array([1.0, 0.975, 0.94]) - np.array([0.46, 0.5, 0.58])) * brightness[..., None]
    return tone + (cloud - tone) * (cover * 0.95 * ease(0.0, 0.12, up))[..., None]


def ground(land: Land, depth: Array, rays: Array) -> Array:
    """The colour of the land in each pixel, without mist."""
    z = np.where(np.isfinite(depth), depth, 1.0).astype(np.float32)
    x = (rays[None] * z).astype(np.float32)
    step = np.maximum(0.0025 * z, 0.004).astype(np.float32)
    tall, bare = land.height(x, z), land.bare(x, z)
    normal = np.stack(((tall - land.height(x + step, z)) / step, np.ones_like(x), (tall - land.height(x, z + step)) / step), -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = np.clip(normal @ (SUN / np.linalg.norm(SUN)), 0, 1)
    shade = np.zeros_like(x)
    for k in range(1, 9):  # towards the sun: what stands in the way
        reach = 0.05 * k**1.6
        over = land.bare(x + SUN[0] * reach, z + SUN[2] * reach) - (bare + SUN[1] * reach)
        shade = np.maximum(shade, np.clip(over * 9, 0, 1))
    light = light * (1 - 0.85 * shade)
    steep = 1 - normal[..., 1]
    speck, broad = at(land.rough, x / 0.5, z / 0.5), at(land.broad, x / 1.7, z / 1.7)
    grass = np.array([0.33, 0.38, 0.14]) + np.array([0.1, 0.05, 0.02]) * (0.5 * broad + 0.3 * speck)[..., None]
    trees = np.array([0.09, 0.16, 0.07]) + np.array([0.05, 0.05, 0.015]) * (0.5 * broad + 0.6 * speck)[..., None]
    autumn = np.array([0.42, 0.27, 0.07])
    trees = trees + (autumn - trees) * (0.45 * ease(0.7, 1.8, broad + 0.7 * speck))[..., None]
    rock = np.array([0.4, 0.37, 0.34]) * (1 + 0.13 * speck + 0.08 * np.sin(bare * 90 + 2 * broad))[..., None]
    snow = np.array([0.93, 0.95, 1.0])
    colour = grass + (rock - grass) * ease(0.28, 0.55, steep + 0.25 * ease(0.6, 1.1, bare))[..., None]
    colour = colour + (trees - colour) * land.wood(x, z, bare)[..., None]
    colour = (
        colour + (snow - colour) * (ease(0.95, 1.25, bare + 0.12 * broad + 0.08 * speck) * ease(0.75, 0.4, steep))[..., None]
    )
    sand = np.array([0.45, 0.4, 0.31]) * (1 + 0.12 * speck)[..., None]
    colour = colour + (sand - colour) * ease(0.02, 0.005, bare)[..., None]
    sunlight, skylight = np.array([1.9, 1.6, 1.2]), np.array([0.46, 0.54, 0.66])
    return np.clip(colour, 0, 1.2) * (sunlight * light[..., None] + skylight * (0.6 + 0.4 * normal[..., 1:2]))


def valley(seed: int = 23, width: int = WIDTH, height: int = HEIGHT) -> Array:
    """The picture uint8 [height,width,3]."""
    rng = np.random.default_rng(seed)
    land = Land(rng)
    air = sky(rng, width, height)
    depth, rays = distances(land, width, height)
    land_mask = np.isfinite(depth)
    z = np.where(land_mask, depth, FAR)
    x = rays[None] * z
    scene = ground(land, depth, rays)
    mist = 1 - np.exp(-np.clip(z - 0.5, 0, None) * 0.085)
    haze = np.array([0.7, 0.78, 0.87]) + np.array([0.14, 0.06, -0.04]) * np.clip(0.4 - 1.2 * rays[None, :, None] * LENS, 0, 1)
    scene = np.where(land_mask[..., None], scene + (haze - scene) * mist[..., None], air)
    water = land_mask & (land.height(x.astype(np.float32), z.astype(np.float32)) <= 0)
    rows, columns = np.mgrid[0:height, 0:width]
    ripple = at(land.rough, x * 1.2, z * 0.5 + 0.3) + 0.6 * at(land.grain, x * 2.0, z * 0.7)
    calm = np.clip((rows / height - HORIZON) * 2, 0.02, 1)
    mirror = np.clip(2 * height * HORIZON - rows + ripple * calm * 9 * height / 640 - 1, 0, height * HORIZON - 1).astype(
        np.int32
    )
    aside = np.clip(columns + ripple * calm * 1.5, 0, width - 1).astype(np.int32)
    reflected = scene[mirror, aside]
    steepness = np.clip((rows / height - HORIZON) / (1 - HORIZON), 0, 1)[..., None]
    depths = np.array([0.06, 0.16, 0.19])
    wet = reflected * 0.9 + (depths - reflected * 0.9) * (0.08 + 0.36 * steepness)
    scene = np.where(water[..., None], wet + 0.012 * ripple[..., None], scene)
    return finish(scene, rng)


def finish(scene: Array, rng: np.random.Generator) -> Array:
    """Film: a soft shoulder, a little warmth in the lights, darker corners, grain."""
    scene = np.clip(scene, 0, None)
    scene = scene * 1.22 / (1 + 0.16 * scene**2)
    height, width = scene.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    scene = scene * (1 - 0.13 * (x * x + y * y) ** 1.2)[..., None]
    scene = scene + rng.normal(0, 0.008, (height, width, 1))
    return np.clip(np.round(scene * 255), 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the project's own photograph.")
    parser.add_argument("file", type=Path, nargs="?", default=Path(__file__).parents[2] / "configs" / "media" / "valley.jpg")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--scale", type=float, default=1.0, help="of the size 960x640")
    options = parser.parse_args()
    picture = valley(options.seed, round(WIDTH * options.scale), round(HEIGHT * options.scale))
    imageio.imwrite(options.file, picture, quality=80)
    sys.stdout.write(f"{options.file}\n")


if __name__ == "__main__":
    main()
