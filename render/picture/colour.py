"""Colour. What is measured of a frame's colours, and how they are held."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Tone:
    """Channel means [3] and the contrast: the standard deviation about them over all pixels and channels."""

    mean: Tensor
    contrast: float


def tone(frame: Tensor) -> Tone:
    """The tone of a frame."""
    mean = frame.mean((0, 2, 3))
    return Tone(mean, float((frame - mean[:, None, None]).square().mean().sqrt()))


def held(frame: Tensor, reference: Tone, hold: float) -> Tensor:
    """The frame with its tone brought `hold` (0..1) of the way to the reference; 0 leaves it to burn."""
    if not hold:
        return frame
    now = tone(frame)
    gain = 1 + hold * (reference.contrast / max(now.contrast, 1e-6) - 1)
    mean = torch.lerp(now.mean, reference.mean.to(now.mean), hold)
    return ((frame - now.mean[:, None, None]) * gain + mean[:, None, None]).clamp(0, 1)
