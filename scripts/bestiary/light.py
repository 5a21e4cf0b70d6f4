"""Light: a sun with its colours, and how a painted surface looks in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from bestiary.brush import Array, Paint, Rng, between, colours, pick

LIGHTS = (  # the colours of the sun and of the shade
    "fffaf0 ccd4e8",  # noon
    "ffe8c0 b8acd4",  # low sun
    "f4f8ff dcd8d4",  # overcast
    "e0fbf8 9cb8cc",  # under water
    "ffdcd0 a8a4d8",  # dusk
    "f8ffdc a8bca8",  # in a wood
    "ffe4b8 b89c94",  # candle
)


@dataclass(frozen=True)
class Light:
    """Where the light comes from (x right, y up; it stands 0.8 above the picture), and the colours [3] of sun and shade."""

    x: float
    y: float
    sun: Array
    shade: Array


def daylight(rng: Rng, low: float, high: float) -> Light:
    """A light from above, with its x between low and high."""
    sun, shade = colours(pick(rng, LIGHTS))
    return Light(between(rng, low, high), between(rng, 0.35, 0.9), sun, shade)


def soften(field: Array, reach: int) -> Array:
    """Two box blurs along both axes of [h,w] or [h,w,3]: nearly a Gaussian."""
    span = 2 * reach + 1
    for axis in (0, 1):
        for _ in range(2):
            padded = np.pad(field, [(reach + 1, reach) if a == axis else (0, 0) for a in range(field.ndim)], mode="edge")
            summed = np.cumsum(padded, axis, dtype=np.float32)
            ahead, behind = (summed[span:], summed[:-span]) if axis == 0 else (summed[:, span:], summed[:, :-span])
            field = (ahead - behind) / span
    return field


def shadow(alpha: Array, light: Light, fall: float) -> Array:
    """How much light [h,w,3] is left around a thing of that alpha that stands `fall` pixels before what is behind it."""
    right, down = round(-fall * float(np.sign(light.x))), round(fall)
    away, (high, wide) = max(abs(right), down), alpha.shape
    shifted = np.pad(alpha, away)[away - down : away - down + high, away - right : away - right + wide]
    dark = 0.6 * soften(shifted, max(1, int(0.6 * fall))) * (1 - alpha)
    return cast(Array, 1 - dark[..., None] * (1.15 - 0.4 * light.shade))


def illuminate(paint: Paint, scale: float, light: Light, gloss: float) -> Array:
    """The paint's colour in the light, its surface given by the height; scale is pixels in a local unit.

    The side towards the sun takes the sun's colour, the other the shade's; hollows are dark, turned-away edges catch the sky.
    """
    height = paint.height * (scale * 0.55)
    down, right = np.gradient(height)
    upright = 1 / np.sqrt(1 + right * right + down * down)
    length = float(np.sqrt(light.x**2 + light.y**2 + 0.64))
    facing = (-right * light.x + down * light.y + 0.8) * upright / length
    hollow = np.clip((soften(height, max(1, int(0.07 * scale))) - height) * (1.3 / scale), 0, 0.4)
    day = np.clip(0.9 * facing - 0.12, 0, 1)
    shade = (0.54 + 0.22 * (1 - upright) * (facing < 0.4)) * (1 - hollow)
    colour = paint.colour * (light.shade * shade[..., None] + light.sun * day[..., None])
    shine = np.clip(facing, 0, 1) ** 24 * gloss * 0.6
    return cast(Array, np.clip(colour + light.sun * shine[..., None], 0, 1))
