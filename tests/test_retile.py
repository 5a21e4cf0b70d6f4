"""Laws of sparing memory: a film for which it ends goes on in tiles and is the same film; begun in tiles, it ends in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tiny
import torch
from commands import Command
from torch import nn

from render import travel
from render.config import load_text
from render.construct import build
from render.develop import retile
from render.develop.negative import Negative
from render.dream import memory, registry
from render.dream.network import in_stages
from render.film import Film
from render.picture.picture import from_pixels

FILM = """\
size: 544x64
fps: 4
duration: 1s
seed: 3
dream: {steps: 1, first_steps: 1, octaves: 1, rate: 4, jitter: 4, objective: {layer: shapes}, precision: float32}
outputs: last.png
"""
TAKES = Path("runs/film")
ENDS = {
    "of Python": MemoryError(),
    "of the processor": RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
    "of the GPU": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."),
}


@pytest.fixture
def render(command: Command, tiny_network: None) -> Command:
    """`render film.yaml` in this process and a folder of its own."""
    Path("film.yaml").write_text(FILM)
    return partial(command, "film.yaml", "--progress", "none")


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """From a dream on there is memory for tiles of a side and less; gives the sides of all dreams that were tried."""

    def limit(side: int, error: Exception = ENDS["of Python"], since: int = 3) -> list[int]:
        real, tried = travel.dream, list[int]()

        def dream(canvas: Any, extract: Any, terms: Any, ascent: Any, *rest: Any) -> Any:
            tried.append(ascent.tiling.side if ascent.tiling else 0)
            if len(tried) >= since and (not tried[-1] or tried[-1] > side):
                raise error
            return real(canvas, extract, terms, ascent, *rest)

        monkeypatch.setattr(travel, "dream", dream)
        return tried

    return limit


def dreamed(take: str = "take-001") -> torch.Tensor:
    return torch.cat([from_pixels(pixels) for pixels in Negative(TAKES / take / "negative").ticks()])


def recorded(take: str = "take-001") -> Any:
    return json.loads((TAKES / take / "run.json").read_text())[retile.TILE]


@pytest.mark.parametrize("name", ENDS)
def test_a_film_goes_on_in_tiles_and_is_the_same(render: Command, fits: Callable[..., list[int]], name: str) -> None:
    assert render().code == 0
    peace, whole = dreamed(), recorded()
    tried = fits(136, ENDS[name])
    said = render("--fresh")
    assert (said.code, tried) == (0, [0, 0, 0, 272, 136, 136])
    assert "memory ended, and frames were seen in tiles of 136 pixels from there on" in said.words
    assert (whole, recorded("take-002")) == (0, 136)
    assert float((dreamed("take-002") - peace).square().mean()) < 1e-5  # 50 dB


HELPLESS = {  # what is tried, and what else could be
    "auto": ([0, 0, 0, 272, 136], "--set size=408x48"),
    "none": ([0, 0, 0], "--set dream.tile=auto"),
    200: ([200, 200, 200], "--set dream.tile=auto"),
}


@pytest.mark.parametrize("setting", HELPLESS)
def test_where_tiles_cannot_help_or_are_not_wanted_it_is_said(
    render: Command, fits: Callable[..., list[int]], setting: str | int
) -> None:
    seen, (tried, cure) = fits(0), HELPLESS[setting]
    said = render("--set", f"dream.tile={setting}")
    assert (said.code, seen) == (5, tried)
    assert cure in said.words


@pytest.mark.parametrize("begun", [0, 136])
def test_a_take_goes_on_in_the_tiles_it_was_begun_in(begun: int, monkeypatch: pytest.MonkeyPatch, tiny_network: None) -> None:
    """Whether there is more memory now or less."""
    take: Any = SimpleNamespace(record={retile.TILE: begun})
    monkeypatch.setattr(memory, "room", lambda device: 0.0 if not begun else 1e12)
    now = built("auto")
    assert retile.tile_side(now) == (128 if not begun else 0)
    assert retile.tile_side(retile.in_recorded_tiles(now, take)) == begun


@pytest.mark.parametrize(
    ("asked", "room", "side"), [("auto", 1e12, 0), ("auto", 0.0, 128), ("none", 0.0, 0), (200, 1e12, 200), (600, 0.0, 0)]
)
def test_tiles_are_what_is_asked_for_or_what_memory_asks_for(
    asked: str | int, room: float, side: int, monkeypatch: pytest.MonkeyPatch, tiny_network: None
) -> None:
    monkeypatch.setattr(memory, "room", lambda device: room)
    assert retile.tile_side(built(asked)) == side


def test_tiles_for_an_answer_without_a_place_begin_where_the_cells_it_is_made_of_do(monkeypatch: pytest.MonkeyPatch) -> None:
    row = tiny.stages() | {"classes": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, len(tiny.LABELS), 1))}
    answering = replace(tiny.network(), cut=in_stages(row))
    monkeypatch.setitem(registry.NETWORKS, "bestiary", lambda *_: answering)
    tiles = build(load_text("size: 544x64", overrides=["dream.objective={class: eye}"]), tiny.CPU).tiles(256)
    assert tiles.cells == {"classes": 0, "shapes": 2}
    assert tiles.overlap == (12, 16)


def built(tile: str | int) -> Film:
    return build(load_text(f"{FILM}\n", overrides=[f"dream.tile={tile}"]), tiny.CPU)
