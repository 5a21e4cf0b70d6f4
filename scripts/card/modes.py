"""modes: a step and a tick in each precision and memory layout, and as CUDA graphs, alone and together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from card import cases
from card.films import Studio, gradient_of
from card.report import Asked, Entry, Report
from card.stand_ins import autocast, channels_first, graphs, plain_depthwise
from card.timing import arithmetic, cosine, milliseconds
from render.film import State, begin, step


@dataclass(frozen=True)
class Mode:
    """A way to take a step."""

    precision: str = "bfloat16"
    tf32: bool = False
    benchmark: bool = False
    first: bool = False  # channels first
    plain: bool = False  # plain_depthwise
    graph: bool = False
    cast: bool = False  # weights in float32, torch.autocast


MODES = {
    "float32": Mode("float32"),
    "float32, channels first": Mode("float32", first=True),
    "float32, graph": Mode("float32", graph=True),
    "tf32": Mode("float32", tf32=True),
    "tf32, channels first": Mode("float32", tf32=True, first=True),
    "tf32, tried out": Mode("float32", tf32=True, benchmark=True),
    "tf32, graph": Mode("float32", tf32=True, graph=True),
    "bfloat16": Mode(),
    "bfloat16 by autocast": Mode("float32", cast=True),
    "bfloat16, channels first": Mode(first=True),
    "bfloat16, tried out": Mode(benchmark=True),
    "bfloat16, graph": Mode(graph=True),
    "bfloat16, tried out, graph": Mode(benchmark=True, graph=True),
    "tf32, plain depthwise": Mode("float32", tf32=True, plain=True),
    "tf32, plain depthwise, channels first, graph": Mode("float32", tf32=True, plain=True, first=True, graph=True),
    "bfloat16, plain depthwise": Mode(plain=True),
    "bfloat16, plain depthwise, channels first, graph": Mode(plain=True, first=True, graph=True),
}
FEWER = ("float32", "tf32", "bfloat16", "bfloat16, channels first", "bfloat16, graph", "bfloat16, tried out, graph")


def in_mode(asked: Asked, studio: Studio, network: str, size: tuple[int, int], mode: Mode, ideal: dict[str, Tensor]) -> Any:
    """ms of a step at full size and of a tick, and how near the gradient is to the first mode's."""
    with ExitStack() as stack:
        stack.enter_context(arithmetic(tf32=mode.tf32, benchmark=mode.benchmark))
        stack.enter_context(channels_first() if mode.first else nullcontext())
        stack.enter_context(plain_depthwise() if mode.plain else nullcontext())
        film = studio.film(network, asked.device, size, mode.precision, ["dream.tile=none"])
        stack.enter_context(graphs() if mode.graph else nullcontext())
        stack.enter_context(autocast(asked.device) if mode.cast else nullcontext())
        generator = torch.Generator().manual_seed(3)
        canvas = torch.rand(film.scene.size, generator=generator).expand(1, 3, -1, -1).contiguous().to(asked.device)
        state = State(1, canvas, begin(film).worlds)
        work = gradient_of(film, state)
        begun = perf_counter()
        slope = work().cpu()
        found = {
            "s for the first step": perf_counter() - begun,
            "ms a step": milliseconds(asked, work, 0.5, 20),
            "ms a tick": milliseconds(asked, lambda: step(film, state), 0.8, 8),
        }
        found["cosine"] = cosine(slope, ideal.setdefault("slope", slope))
        if asked.cuda:
            found["ticks a second"] = 1000 / found["ms a tick"]
        return found


def entries(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for label, names in {"720p": tuple(MODES), "1080p": FEWER}.items():
        for network in cases.MEASURED:
            ideal: dict[str, Tensor] = {}
            for name in names:
                work = partial(in_mode, asked, studio, network, asked.size(cases.SIZES[label]), MODES[name], ideal)
                yield f"{network}, {label}, {name}", 15, work
