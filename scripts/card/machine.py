"""machine: what the card is, and the rates it reaches."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from functools import partial
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F

from card.films import Studio
from card.imports import importable
from card.report import Asked, Entry, Report
from card.timing import arithmetic, milliseconds, nvidia_smi


def describe_machine(asked: Asked) -> dict[str, Any]:
    """What there is."""
    told: dict[str, Any] = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor": f"{platform.machine()}, {os.cpu_count()} cores, torch uses {torch.get_num_threads()}",
        "missing": [
            name for name in ("av", "cv2", "imageio_ffmpeg", "pynvml", "torchvision", "triton") if not importable(name)
        ],
    }
    if asked.cuda:
        card = torch.cuda.get_device_properties(asked.device)
        told |= {
            "card": card.name,
            "memory GiB": card.total_memory / 2**30,
            "multiprocessors": card.multi_processor_count,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "driver": nvidia_smi("driver_version"),
            "tf32 in convolutions unless said otherwise": torch.backends.cudnn.allow_tf32,
        }
    return told


def rates(asked: Asked) -> dict[str, float]:
    """TFLOP/s of products and convolutions as torch does them, TB/s of copies, GB/s to the processor."""
    side, batch, cells, channels = (8192, 8, 128, 512) if asked.cuda else (256, 1, 16, 32)
    found: dict[str, float] = {}
    for name, dtype, tf32 in (
        ("float32", torch.float32, False),
        ("tf32", torch.float32, True),
        ("bfloat16", torch.bfloat16, False),
    ):
        with arithmetic(tf32=tf32, benchmark=True):
            one = torch.randn(side, side, device=asked.device).to(dtype)
            found[f"{name} product TFLOP/s"] = 2 * side**3 / milliseconds(asked, lambda one=one: one @ one, 0.3) / 1e9  # type: ignore[misc]
            x = torch.randn(batch, channels, cells, cells, device=asked.device).to(dtype, memory_format=torch.channels_last)
            w = torch.randn(channels, channels, 3, 3, device=asked.device).to(dtype, memory_format=torch.channels_last)
            work = 2 * batch * cells**2 * channels**2 * 9
            spent = milliseconds(asked, lambda x=x, w=w: F.conv2d(x, w, padding=1), 0.3)  # type: ignore[misc]
            found[f"{name} convolution TFLOP/s"] = work / spent / 1e9
            del one, x, w
    many = torch.randn((2**28 if asked.cuda else 2**18), device=asked.device)
    other = torch.empty_like(many)
    found["copy TB/s"] = 2 * 4 * many.numel() / milliseconds(asked, lambda: other.copy_(many), 0.3) / 1e9
    frame = torch.rand(1080, 1920, 3, device=asked.device)
    found["to the processor GB/s"] = 4 * frame.numel() / milliseconds(asked, frame.cpu, 0.3) / 1e6
    if asked.cuda:
        held = torch.empty(frame.shape, pin_memory=True)
        found["to pinned memory GB/s"] = 4 * frame.numel() / milliseconds(asked, lambda: held.copy_(frame, True), 0.3) / 1e6
        tiny = torch.zeros(1, device=asked.device)
        begun = perf_counter()
        for _ in range(2000):
            tiny.add_(1)
        found["µs to ask for a kernel"] = (perf_counter() - begun) * 500
        found["µs to read a number"] = 1000 * milliseconds(asked, lambda: float(tiny), 0.1)
    return found


def entries(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    yield "what there is", 10, partial(describe_machine, asked)
    yield "rates", 15, partial(rates, asked)
