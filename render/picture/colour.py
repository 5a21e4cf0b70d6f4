"""Colour. What is measured of a frame's colours, and how they are held."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

LUMA = (0.2126, 0.7152, 0.0722)  # BT.709
MOST_SHARPENED = 1.5  # how much fine detail may be raised
SHOULDER = 0.08  # of the range, at either end, over which a tone that is held fast rolls off instead of clipping


@dataclass(frozen=True)
class Tone:
    """Channel means [3] and the contrast: the standard deviation about them over all pixels and channels."""

    mean: Tensor
    contrast: float


def tone(frame: Tensor) -> Tone:
    """The tone of a frame."""
    mean = frame.mean((0, 2, 3))
    return Tone(mean, rms(frame - mean[:, None, None]))


def hold_tone(frame: Tensor, reference: Tone, hold: float) -> Tensor:
    """The frame with its tone brought `hold` (0..1) of the way to the reference; 0 leaves it to burn."""
    if not hold:
        return frame
    now = tone(frame)
    gain = 1 + hold * (reference.contrast / max(now.contrast, 1e-6) - 1)
    mean = torch.lerp(now.mean, reference.mean.to(now.mean), hold)
    return _roll_off((frame - now.mean[:, None, None]) * gain + mean[:, None, None], hold * SHOULDER)


def _roll_off(frame: Tensor, edge: float) -> Tensor:
    """The frame between 0 and 1, as film does it: what comes within `edge` of black or white nears it ever more slowly."""
    inside = frame.clamp(edge, 1 - edge)
    return inside + edge * ((frame - inside) / edge).tanh()


def crossfade(before: Tensor, after: Tensor, share: float) -> Tensor:
    """A cross-fade, `share` of `after`, as rich in contrast as the two are: an average of two pictures is a fog."""
    mix = torch.lerp(before, after, share)
    now, wanted = tone(mix), (1 - share) * tone(before).contrast + share * tone(after).contrast
    gain = min(max(wanted / max(now.contrast, 1e-6), 1.0), MOST_SHARPENED)
    mean = now.mean[:, None, None]
    return ((mix - mean) * gain + mean).clamp(0, 1)


def rms(detail: Tensor) -> float:
    """Root mean square of a detail, its strength."""
    return sqrt(_power(detail))


def fine(frame: Tensor) -> float:
    """Fine-detail energy: mean square of the luminance minus its 3x3 binomial blur."""
    light = luma(frame)
    return _power((light - _binomial(light))[..., 2:-2, 2:-2])


def sharpen_to(frame: Tensor, energy: float) -> Tensor:
    """The frame with its fine detail brought up to `energy`, at most by MOST.

    A cross-fade averages two dreams, and where they disagree detail is lost; the film would pump between ticks.
    """
    there = fine(frame)
    gain = min((energy / there) ** 0.5, MOST_SHARPENED) if there > 0 else 1.0
    return frame if gain <= 1 else frame + (gain - 1) * (frame - _binomial(frame))


def luma(frame: Tensor) -> Tensor:
    """Luminance [1, 1, H, W]."""
    return (frame * torch.tensor(LUMA, device=frame.device)[:, None, None]).sum(1, keepdim=True)


def _power(detail: Tensor) -> float:
    """Mean square, summed along rows first: the same number, however many threads there are."""
    return float(detail.square().mean(-1).mean())


def _binomial(frame: Tensor) -> Tensor:
    """Each pixel with its neighbours, weighed 1 2 1 in both directions."""
    for axis in (2, 3):
        end = frame.shape[axis] - 1
        blurred = 2 * frame
        for to, source, count in ((0, 0, 1), (1, 0, end), (0, 1, end), (end, end, 1)):  # the edges are their own neighbours
            blurred.narrow(axis, to, count).add_(frame.narrow(axis, source, count))
        frame = blurred.div_(4)
    return frame
