"""Frames. A Frame is float32 [1, 3, H, W], RGB, sRGB-encoded, 0..1; outside torch it is uint8 or uint16 [H, W, 3]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[Any]
WITH_THE_CALL = 64 * 1024  # bytes
DTYPES: dict[type[Any], torch.dtype] = {np.uint8: torch.uint8, np.uint16: torch.uint16}


def to_pixels(frame: Tensor, dtype: type[np.unsignedinteger[Any]] = np.uint8) -> Pixels:
    """Frame -> [H, W, 3] uint8 or uint16, rounded (truncation darkens a film fed back to itself)."""
    return pixels_in_place(frame, dtype).cpu().numpy()


def pixels_in_place(frame: Tensor, dtype: type[np.unsignedinteger[Any]]) -> Tensor:
    """The same as a tensor, made where the frame is: of all it has, this is least to copy."""
    whole = (frame[0].clamp(0, 1) * np.iinfo(dtype).max).round().to(DTYPES[dtype])
    return whole.permute(1, 2, 0).contiguous()


def from_pixels(pixels: Pixels, device: torch.device | str = "cpu") -> Tensor:
    """[H, W, 3] uint8 or uint16 -> Frame."""
    top = float(np.iinfo(pixels.dtype).max)
    planes = send(torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None], torch.device(device))
    return planes.float() / numbers((top,), planes.device)  # by a tensor: by a number a GPU multiplies, and misses the last bit


def sixteen_bits(frame: Tensor) -> Tensor:
    """The frame as the negative stores it: clamped, and rounded to 16 bits."""
    return (frame.clamp(0, 1) * 65535).round() / numbers((65535.0,), frame.device)


def numbers(values: Sequence[float], device: torch.device) -> Tensor:
    """Numbers for a device, [n] float32, sent without waiting until it has done all that it was asked for."""
    return send(torch.tensor(values), device)


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """The processor's tensor on a device, without waiting until that has done all that it was asked for.

    CUDA waits all the same for what does not lie in pinned memory, unless it is so little that it goes with the call.
    """
    much = device.type == "cuda" and tensor.nbytes > WITH_THE_CALL and tensor.device.type == "cpu"
    return (tensor.pin_memory() if much else tensor).to(device, non_blocking=True)


def resize(frame: Tensor, size: tuple[int, int]) -> Tensor:
    """A frame (or detail) at another (height, width): bicubic, antialiased where it shrinks."""
    if tuple(frame.shape[-2:]) == size:
        return frame
    return F.interpolate(frame, size=size, mode="bicubic", align_corners=False, antialias=True)
