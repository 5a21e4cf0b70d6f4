"""Masks. A Mask says where the film is dreamed: Moment -> [1, 1, H, W], 0 where the source stays and 1 where it dreams."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import torch
from torch import Tensor

from render.errors import MissingError
from render.moment import Moment
from render.picture.colour import LUMA
from render.source.footage import Footage, probe
from render.source.image import image, stands_still
from render.source.video import video

Mask = Callable[[Moment], Tensor]
BLACK = 0  # what lies behind the clear parts of a mask


def mask(file: Path, invert: bool, feather: Callable[[Moment], float], seconds: float, size: tuple[int, int]) -> Mask:
    """A picture, or a video as long as the film, as the mask of a film of (height, width): it dreams where that is bright.

    What of it is clear counts as black.

    invert: where it is dark. feather: the standard deviation, in pixels, of the Gaussian that softens its edges. seconds: that
    the film is shown for.
    Raises MissingError that names the file and what is wrong with it.
    """
    still = stands_still(file)
    source = image(file, "cover", size, BLACK) if still else video(_mask_footage(file, seconds), "cover", size, BLACK)

    @lru_cache(maxsize=2)  # the two sides of a tick
    def soften(picture: Tensor, sigma: float) -> Tensor:
        light = (picture * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True).clamp(0, 1)
        return gaussian_blur(1 - light if invert else light, sigma)

    return lambda moment: soften(source.at(moment), feather(moment))


def gaussian_blur(plane: Tensor, sigma: float) -> Tensor:
    """[1, 1, H, W] under a Gaussian of `sigma` pixels; past its edges the plane goes on as it is there."""
    if sigma <= 0:
        return plane
    soft = cv2.GaussianBlur(plane[0, 0].numpy(), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return torch.from_numpy(soft)[None, None].clamp(0, 1)


def _mask_footage(file: Path, seconds: float) -> Footage:
    """The mask's footage, if it lasts as long as the film, to a frame or so."""
    footage = probe(file)
    if footage.flaw:
        raise MissingError(f"{file}: {footage.flaw}")
    if abs(float(footage.seconds) - seconds) > 1.5 / min(float(footage.fps), 24.0):
        raise MissingError(
            f"{file}: lasts {float(footage.seconds):.4g} s, and the film {seconds:.4g} s",
            "a mask is a picture, or a video as long as the film",
        )
    return footage
