"""Cut-outs. A cut-out is a frame with alpha, [1, 4, H, W]: laid over what was behind it, it is the frame again.

Its colours are straight, which is to say not multiplied by alpha, and both hold at the 16 bits that files store.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from render.picture.colour import from_linear, to_linear
from render.picture.picture import sixteen_bits

WHOLE = 0.12  # of the range: the rms change about a pixel from which on the dream hides all that is behind it
ABOUT = 1 / 50  # frame heights: how far about it, so that a beast is whole and not a sieve of the lines that changed most


def by_change(frame: Tensor, behind: Tensor, linear: bool = False) -> Tensor:
    """What of a frame is another than what is `behind`: clear where nothing is, whole where much changed all about.

    behind: a frame, or one colour [1, 3, 1, 1]. linear: it is laid over in linear light, as compositing programs do it.
    """
    change = _smooth((frame - behind).square().amax(1, keepdim=True)).sqrt() / WHOLE
    return by_alpha(frame, behind, change.square().clamp(0, 1), linear)


def _smooth(plane: Tensor) -> Tensor:
    """[1, 1, H, W] averaged about each pixel, nearly as a Gaussian does it."""
    reach = max(1, round(ABOUT * plane.shape[-2] / 2))
    for _ in range(3):
        plane = F.avg_pool2d(plane, 2 * reach + 1, 1, reach, count_include_pad=False)
    return plane


def by_alpha(frame: Tensor, behind: Tensor, alpha: Tensor, linear: bool = False) -> Tensor:
    """A frame with `alpha`, [1, 1, H, W] of 0..1, or more where no colour would do. Its colours are what lies over `behind`."""
    light, rest = (to_linear(frame), to_linear(behind)) if linear else (frame, behind)
    room = torch.where(light > rest, 1 - rest, rest).clamp_min(1e-6)  # how far a colour can go from what is behind
    needed = ((light - rest).abs() / room).amax(1, keepdim=True)
    alpha = (torch.maximum(alpha, needed).clamp(0, 1) * 65535).ceil() / 65535
    colours = torch.where(alpha > 0, rest + (light - rest) / alpha.clamp_min(1 / 65535), light).clamp(0, 1)
    return torch.cat((from_linear(colours) if linear else colours, alpha), dim=1)


def over(cutout: Tensor, behind: Tensor, linear: bool = False) -> Tensor:
    """The frame that a cut-out is over what is behind it."""
    colours, alpha = cutout[:, :3], cutout[:, 3:]
    if not linear:
        return torch.lerp(behind.expand_as(colours), colours, alpha)
    return from_linear(torch.lerp(to_linear(behind).expand_as(colours), to_linear(colours), alpha))


def crossfade(before: Tensor, after: Tensor, share: float) -> Tensor:
    """A cross-fade of two cut-outs, `share` of the second: what is clear in one has no say in the colours."""
    alpha = torch.lerp(before[:, 3:], after[:, 3:], share)
    both = torch.lerp(before[:, :3] * before[:, 3:], after[:, :3] * after[:, 3:], share)
    colours = torch.where(alpha > 0, both / alpha.clamp_min(1e-6), after[:, :3])
    return sixteen_bits(torch.cat((colours, alpha), dim=1))
