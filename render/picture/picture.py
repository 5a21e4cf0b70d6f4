"""Frames. A Frame is float32 [1, 3, H, W], RGB, sRGB-encoded, 0..1; outside torch it is uint8 or uint16 [H, W, 3]."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[Any]


def to_pixels(frame: Tensor, dtype: type[np.unsignedinteger[Any]] = np.uint8) -> Pixels:
    """Frame -> [H, W, 3] uint8 or uint16, rounded (truncation darkens a film fed back to itself)."""
    top = np.iinfo(dtype).max
    return (frame[0].clamp(0, 1) * top).round().permute(1, 2, 0).cpu().numpy().astype(dtype)


def from_pixels(pixels: Pixels, device: torch.device | str = "cpu") -> Tensor:
    """[H, W, 3] uint8 or uint16 -> Frame."""
    top = float(np.iinfo(pixels.dtype).max)
    planes = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].to(device)
    return planes.float() / top


def sixteen_bits(frame: Tensor) -> Tensor:
    """The frame as the negative stores it: clamped, and rounded to 16 bits."""
    return (frame.clamp(0, 1) * 65535).round() / 65535


def resize(frame: Tensor, size: tuple[int, int]) -> Tensor:
    """A frame (or detail) at another (height, width): bicubic, antialiased where it shrinks."""
    if tuple(frame.shape[-2:]) == size:
        return frame
    return F.interpolate(frame, size=size, mode="bicubic", align_corners=False, antialias=True)
