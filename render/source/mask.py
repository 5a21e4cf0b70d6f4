"""Masks. A Mask says where the film is dreamed: Moment -> [1, 1, H, W], 0 where the source stays and 1 where it dreams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from render.errors import MissingError
from render.moment import Moment
from render.picture.colour import from_hex, luma, oklab
from render.source.decoder import NoVideoError
from render.source.footage import Footage, probe
from render.source.image import image, stands_still
from render.source.video import video

Mask = Callable[[Moment], Tensor]
SOFT = 0.25  # of a threshold, over which what is found fades, either way
BAND = 0.04  # of brightness, outside of what is meant, over which it fades
BLACK = 0  # what lies behind the clear parts of a mask


@dataclass(frozen=True)
class Shape:
    """What is made of a mask's picture."""

    invert: bool  # it dreams where the picture is dark
    feather: Callable[[Moment], float]  # the standard deviation, in pixels, of the Gaussian that softens its edges
    grow: Callable[[Moment], float] = lambda moment: 0.0  # pixels that its edges go outwards

    def __call__(self, plane: Tensor, moment: Moment) -> Tensor:
        """The mask of [1, 1, H, W] at a moment."""
        grown = grow_mask(1 - plane if self.invert else plane, self.grow(moment))
        return gaussian_blur(grown, self.feather(moment))


def mask(file: Path, shape: Shape, seconds: float, size: tuple[int, int]) -> Mask:
    """A picture, or a video as long as the film, as the mask of a film of (height, width): it dreams where that is bright.

    What of it is clear counts as black. seconds: that the film is shown for.
    Raises MissingError that names the file and what is wrong with it.
    """
    still = stands_still(file)
    source = image(file, "cover", size, BLACK) if still else video(_mask_footage(file, seconds), "cover", size, BLACK)

    def at(moment: Moment) -> Tensor:
        return shape(luma(source.at(moment)).clamp(0, 1), moment)

    return at


def grow_mask(plane: Tensor, pixels: float) -> Tensor:
    """[1, 1, H, W] whose edges lie so many pixels farther out, below 0 farther in."""
    if not pixels:
        return plane
    white = plane[0, 0].numpy() >= 0.5
    inwards, outwards = (cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 5) for part in (white, ~white))
    signed = inwards - outwards
    return (torch.from_numpy(signed)[None, None] + pixels + 0.5).clamp(0, 1)


# ---- what of a picture is meant


def near_colour(frame: Tensor, colour: str, within: float) -> Tensor:
    """[1, 1, H, W]: 1 where the frame is nearer to "#rrggbb" than `within`, as the eye tells colours apart; soft about that."""
    apart = (oklab(frame) - oklab(from_hex(colour).view(1, 3, 1, 1))).square().sum(1, keepdim=True).sqrt()
    return _ramp(apart, within * (1 + SOFT), within * (1 - SOFT))


def of_brightness(frame: Tensor, low: float, high: float) -> Tensor:
    """[1, 1, H, W]: 1 where the frame's luminance is between the two, soft about them."""
    light = luma(frame)
    return _ramp(light, low - BAND, low) * _ramp(light, high + BAND, high)


def along_edges(frame: Tensor, strength: float) -> Tensor:
    """[1, 1, H, W]: 1 at edges whose two sides differ in luminance by more than `strength`."""
    light = luma(frame)[0, 0].numpy()
    sigma = max(0.7, light.shape[0] / 300)
    slopes = [cv2.Sobel(cv2.GaussianBlur(light, (0, 0), sigma), cv2.CV_32F, *axes, scale=1 / 8) for axes in ((1, 0), (0, 1))]
    across = 2.5 * (sigma**2 + 0.7) ** 0.5  # pixels over which such an edge rises as steeply as in its middle
    steep = torch.from_numpy(np.hypot(*slopes))[None, None] * across
    return _ramp(steep, strength * (1 - SOFT), strength * (1 + SOFT))


def _ramp(value: Tensor, none: float, whole: float) -> Tensor:
    """From 0 at `none` to 1 at `whole`."""
    return ((value - none) / ((whole - none) or 1e-6)).clamp(0, 1)


def gaussian_blur(plane: Tensor, sigma: float) -> Tensor:
    """[1, 1, H, W] under a Gaussian of `sigma` pixels; past its edges the plane goes on as it is there."""
    if sigma <= 0:
        return plane
    soft = cv2.GaussianBlur(plane[0, 0].numpy(), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return torch.from_numpy(soft)[None, None].clamp(0, 1)


def _mask_footage(file: Path, seconds: float) -> Footage:
    """The mask's footage, if it lasts as long as the film, to a frame or so."""
    try:
        footage = probe(file)
    except NoVideoError as error:
        raise MissingError(f"{file}: is neither a picture nor a video that can be read here") from error
    if footage.flaw:
        raise MissingError(f"{file}: {footage.flaw}")
    if abs(float(footage.seconds) - seconds) > 1.5 / min(float(footage.fps), 24.0):
        raise MissingError(
            f"{file}: lasts {float(footage.seconds):.4g} s, and the film {seconds:.4g} s",
            "a mask is a picture, or a video as long as the film",
        )
    return footage
