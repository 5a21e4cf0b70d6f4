"""compile: a step under torch.compile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import torch

from card import cases
from card.films import Studio, gradient_of
from card.report import Asked, Entry, Report
from card.stand_ins import graphs
from card.timing import cosine, milliseconds
from render.film import State, begin


def compile_step(asked: Asked, studio: Studio, network: str, size: tuple[int, int], graph: bool) -> dict[str, Any]:
    """A step at full size whose network went through torch.compile."""
    film = studio.film(network, asked.device, size, "bfloat16", ["dream.tile=none"])
    state = State(1, torch.rand(1, 3, *film.scene.size, device=asked.device), begin(film).worlds)
    slope = gradient_of(film, state)().cpu()
    torch.compiler.reset()
    quick = replace(film, extract=torch.compile(film.extract, dynamic=False))
    with graphs() if graph else nullcontext():
        work, begun = gradient_of(quick, state), perf_counter()
        near = cosine(work(), slope)
        return {"seconds to compile": perf_counter() - begun, "ms a step": milliseconds(asked, work, 0.5, 20), "cosine": near}


def entries(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for network in cases.MEASURED:
        for graph in (False, True):
            work = partial(compile_step, asked, studio, network, asked.size(cases.SIZES["720p"]), graph)
            yield f"{network}, 720p{', graph' if graph else ''}", 40, work
