"""Precision. In which numbers a network works, its weights and activations; the canvas is float32 always.

bfloat16 has the range of float32 and 8 of its 24 bits: half the bytes to move, and twice the products at a time. A dream asks a
network for a direction, again and again, so what a single step loses in the last bits the next one mends: films of 400 ticks on
efficientnet_lite0 and of 250 on inception_v1 hold as well as in float32, and look as good (docs/BENCH.md). So "auto" takes it
for finals as for drafts, wherever it is faster.
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
    """Whether the device is faster in bfloat16: a processor with instructions for it; others only imitate it.

    A GPU is not: an H100 takes 5.5 ms in float32 and 8.0 in bfloat16 for a step of efficientnet_lite0 at 480x270, 6.8 and 9.1
    at 1280x720; what it waits for are calls.
    """
    probes = (getattr(torch.cpu, name, None) for name in PROBES)
    return device.type == "cpu" and any(bool(probe()) for probe in probes if probe)
