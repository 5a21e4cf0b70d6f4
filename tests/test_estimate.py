"""Laws of estimates: what is counted before is what is done, whatever a film asks for; told in a table that adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from render.config import load_text
from render.develop import stills
from render.dream.network import Activations
from render.film import Film, ticks
from render.show import cost
from render.show import estimate as estimates
from render.show.cost import Cost
from render.show.estimate import Estimate, dreaming, estimate, in_all, together

FILMS = {  # what they ask for, and how exactly their dreams can be counted
    "usual": ([], 0.01),
    "a long first tick": (["dream.first_steps=20"], 0.01),
    "a first tick as it is": (["dream.first_steps=0"], 0.01),
    "steps that grow": (["dream.steps={0s: 1, 1s: 9}"], 0.05),
    "octaves that come": (["dream.octaves={0s: 1, 1s: 3}", "dream.octave_scale=1.3"], 0.05),
    "two objectives in turn": (
        ["dream.objective=[{class: eye, weight: {0s: 1, 0.5s: 0}}, {class: leaf, weight: {0.5s: 0, 1s: 1}}]"],
        0.01,
    ),
    "nothing but the source": (["dream.steps=0", "dream.first_steps=0"], 0.0),
    "a dream that ends": (["dream.objective={class: eye, weight: {0s: 1, 0.4s: 1, 0.5s: 0}}"], 0.05),
    "one tick": (["duration=1 frames"], 0.01),
    "droste": (["loop=droste", "motion.zoom=6"], 0.01),
    "crossfade": (["loop=crossfade"], 0.01),
    "pingpong": (["loop=pingpong"], 0.01),
    "footage": (["source={frames: '*.png'}", "flow=none", "duration=1s"], 0.01),
    "footage that moves": (["source={frames: '*.png'}", "dream.first_steps=6"], 0.3),
}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pixels that the network has looked at, by which everything is timed instead of a clock."""
    total = [0.0]

    def timed(device: torch.device, do: Callable[[], object]) -> Cost:
        before = total[0]
        do()
        return Cost(total[0] - before, total[0] - before)

    monkeypatch.setattr(estimates, "timed", timed)
    monkeypatch.setattr(cost, "timed", timed)
    return total


def counting(film: Film, total: list[float]) -> Film:
    def extract(frame: Tensor) -> Activations:
        total[0] += frame.shape[-1] * frame.shape[-2]
        return film.extract(frame)

    return replace(film, extract=extract)


@pytest.fixture
def footage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """24 pictures of something that moves, here."""
    monkeypatch.chdir(tmp_path)
    wide = (tiny.photo((32, 96), seed=3)[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    for index in range(24):
        Path(f"{index:02}.png").write_bytes(stills.png(np.ascontiguousarray(wide[:, 2 * index : 2 * index + 48])))


@pytest.mark.parametrize("name", FILMS)
def test_dreams_are_counted_as_they_are_dreamed(name: str, seen: list[float], footage: None, tiny_network: None) -> None:
    asked, exactly = FILMS[name]
    film = counting(tiny.film("seed: 7", asked), seen)
    _, told = dreaming(film)
    seen[0] = 0
    assert list(ticks(film))
    assert told.work == pytest.approx(seen[0], rel=exactly)


def test_all_of_a_render_is_told_in_a_table(tiny_network: None) -> None:
    usual = ["size=64x36", "duration=1s", "dream.steps=1", "outputs=[a.mp4, {file: b.gif, fps: 10}, 'c/{frame}.png']"]
    config = load_text("seed: 1", overrides=usual)
    cost = estimate(config, tiny.film("seed: 1", usual))
    assert list(cost.parts) == ["starting", "dreaming", "frames between", "a.mp4", "b.gif", "c/{frame}.png"]
    assert all(part.seconds > 0 for part in cost.parts.values())
    assert [name for name, part in cost.parts.items() if part.disk] == ["dreaming", "a.mp4", "b.gif", "c/{frame}.png"]
    negative = 9 * 6 * 64 * 36  # sixteen bits a channel
    assert negative < cost.parts["dreaming"].disk < 1.5 * negative
    assert max(part.seconds for part in cost.parts.values()) <= cost.seconds
    assert cost.seconds <= sum(part.seconds for part in cost.parts.values()) * 1.001
    first, *rows = str(cost).splitlines()
    assert first == "64x36, 24 frames at 24 fps from 9 dreams"
    assert [row.split("  ")[1] for row in rows] == [*cost.parts, "in all"]


def test_a_large_film_is_measured_small(monkeypatch: pytest.MonkeyPatch, seen: list[float], tiny_network: None) -> None:
    monkeypatch.setattr(estimates, "LARGE", 16 * 24)
    asked = ["dream.octaves=1", "outputs=a.png"]
    config, film = load_text("seed: 7", overrides=["size=48x32", "duration=1s", *asked]), tiny.film("seed: 7", asked)
    small, times = estimates.within(config, film, estimates.LARGE)
    assert small.scene.size[0] * small.scene.size[1] * times == 48 * 32
    assert small.scene.size < film.scene.size
    whole, once = estimates.within(config, film, 48 * 32)
    assert (whole, once) == (film, 1.0)


def test_what_is_done_at_once_is_not_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "processors", lambda: 2)
    for seconds, frames, printed, later in [
        (4, Cost(4, 4), [], []),
        (4, Cost(4, 4), [Cost(3, 3)], []),
        (5, Cost(4, 4), [Cost(3, 6)], []),
        (9, Cost(4, 4), [Cost(9, 9)], []),
        (9, Cost(4, 4), [Cost(1, 1)], [Cost(5, 5)]),
    ]:
        assert together(frames, printed, later) == seconds
    prints = (Cost(2, 2), [Cost(1, 1)], [Cost(3, 3)])
    assert in_all(Cost(10, 10), [prints], waits=False) == 13, "one of the two processors is free for frames and prints"
    assert in_all(Cost(10, 20), [prints], waits=False) == 11.5 + 3
    assert in_all(Cost(10, 20), [prints], waits=True) == 10 + 2 + 3
    assert in_all(Cost(10, 20), [prints, prints], waits=False) == 11.5 + 3 + 5


def test_costs_are_told_in_words() -> None:
    cost = Estimate((64, 36), 1, "30", 1, {"dreaming": Cost(3.21, 3, 2e6), "a.mp4": Cost(4000, 1, 3.4e9)}, 13000)
    assert str(cost) == (
        "64x36, 1 frame at 30 fps from 1 dream\n"
        "  dreaming        3.2 s    2.0 MB\n"
        "  a.mp4     66 min 40 s    3.4 GB\n"
        "  in all     3 h 37 min    3.4 GB"
    )
