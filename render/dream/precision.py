"""Precision. In which numbers a network works, its weights and activations; the canvas is float32 always.

bfloat16 has the range of float32 and 8 of its 24 bits: half the bytes to move, and twice the products at a time. A dream asks a
network for a direction, again and again, so what a single step loses in the last bits the next one mends.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

DTYPES: Mapping[str, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}
AUTO = "auto"
WORTHWHILE = 20_000  # pixels: a step on fewer is made of calls more than of products, and is as fast in float32

PROBES = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # of torch.cpu: what the processor says of itself


def choose_precision(setting: str, device: torch.device, size: tuple[int, int]) -> str:
    """The row of DTYPES to dream in, a frame of (height, width) on that device; "auto" takes what is fastest there."""
    if setting != AUTO:
        return setting
    return "bfloat16" if size[0] * size[1] >= WORTHWHILE and has_bfloat16(device) else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for products of bfloat16; where torch must imitate them they take longer."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    probes = (getattr(torch.cpu, name, None) for name in PROBES)
    return any(bool(probe()) for probe in probes if probe)
