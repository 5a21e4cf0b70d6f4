"""Laws of estimates: what is counted before is what is done, whatever a film asks for; told in a table that adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from render.config import Config, load_text
from render.config.model import OutputSettings
from render.develop import stills
from render.develop.job import box_of
from render.develop.shoot import shoot
from render.dream.ascent import Terms
from render.dream.network import Activations
from render.dream.objective import Objective
from render.facts import facts
from render.film import Film, ticks
from render.show import dream_cost, print_cost
from render.show import estimate as estimates
from render.show.cost import Cost, measure_seconds
from render.show.dream_cost import dreaming
from render.show.estimate import costs, row, table

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
def pixels(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pixels that the network has looked at, by which everything is timed instead of a clock."""
    total = [0.0]

    def measure_seconds(device: torch.device, do: Callable[[], object]) -> float:
        before = total[0]
        do()
        return total[0] - before

    monkeypatch.setattr(dream_cost, "measure_seconds", measure_seconds)
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
def test_dreams_are_counted_as_they_are_dreamed(name: str, pixels: list[float], footage: None, tiny_network: None) -> None:
    settings, exactly = FILMS[name]
    film = counting(tiny.film("seed: 7", settings), pixels)
    _, seconds = dreaming(film, film.scene.size)
    pixels[0] = 0
    assert list(ticks(film))
    assert seconds == pytest.approx(pixels[0], rel=exactly)


def test_many_objectives_are_counted_by_a_few(monkeypatch: pytest.MonkeyPatch, tiny_network: None) -> None:
    settings = [f"dream.objective=[{', '.join(['{class: eye}'] * 40)}]", "dream.octaves=1"]
    film, scored = tiny.film("seed: 7", settings), [0]

    def terms(*words: Any) -> Terms:
        return [(weight, replace(objective, score=partial(score, objective))) for weight, objective in film.terms(*words)]

    def score(objective: Objective, *words: Any) -> Tensor:
        scored[0] += 1
        return objective.score(*words)

    def measure_seconds(device: torch.device, do: Callable[[], object]) -> float:
        before = scored[0]
        do()
        return scored[0] - before

    monkeypatch.setattr(dream_cost, "measure_seconds", measure_seconds)
    counted = replace(film, terms=terms)
    _, seconds = dreaming(counted, film.scene.size)
    tried, scored[0] = scored[0], 0
    assert list(ticks(counted))
    assert seconds == pytest.approx(scored[0])
    assert tried <= 4 * dream_cost.TERMS


def test_a_small_film_tells_of_a_large_one(pixels: list[float], tiny_network: None) -> None:
    large, small = (counting(tiny.film("seed: 7", [f"size={size}"]), pixels) for size in ("96x64", "48x32"))
    _, seconds = dreaming(small, large.scene.size)
    pixels[0] = 0
    assert list(ticks(large))
    assert seconds == pytest.approx(pixels[0], rel=0.01)


def test_all_of_a_render_is_told_in_a_table(tiny_network: None) -> None:
    settings = ["size=64x36", "duration=1s", "dream.steps=1", "outputs=[a.mp4, {file: b.gif, fps: 10}, 'c/{frame}.png']"]
    config = load_text("seed: 1", overrides=settings)
    film = tiny.film("seed: 1", settings)
    parts = dict(costs(config, film))
    assert list(parts) == ["dreaming", "frames between", "a.mp4", "b.gif", "c/{frame}.png"]
    assert all(part.seconds > 0 for part in parts.values())
    assert [name for name, part in parts.items() if part.disk] == ["dreaming", "a.mp4", "b.gif", "c/{frame}.png"]
    first, *rows = table(config, film)
    assert first == "64x36, 24 frames at 24 fps from 9 dreams"
    assert [line.split("  ")[1] for line in rows] == [*parts, "in all"]


def test_of_outputs_that_differ_by_name_one_is_tried(monkeypatch: pytest.MonkeyPatch, tiny_network: None) -> None:
    outputs = ["a.mp4", "b.mp4", "{file: c.mp4, fps: 12}", "d.png", "'{frame}.png'", "'e{frame:03}.png'", "f.png"]
    settings = ["size=64x36", "duration=1s", "dream.steps=1", f"outputs=[{', '.join(outputs)}]"]
    tried = list[str]()

    def try_one(config: Config, output: OutputSettings, *_: Any) -> Cost:
        tried.append(output.file)
        return Cost(len(tried), 1)

    monkeypatch.setattr(estimates, "printing", try_one)
    parts = dict(costs(load_text("seed: 1", overrides=settings), tiny.film("seed: 1", settings)))
    assert tried == ["a.mp4", "c.mp4", "d.png", "{frame}.png"]
    assert [parts[file].seconds for file in ("b.mp4", "f.png", "e{frame:03}.png")] == [1, 3, 4]


def test_a_table_adds_up(monkeypatch: pytest.MonkeyPatch, tiny_network: None) -> None:
    parts = {"dreaming": Cost(3.21, 2e6), "frames between": Cost(0, 0), "a.mp4": Cost(4000, 3.4e9)}
    monkeypatch.setattr(estimates, "costs", lambda *_: (part for part in parts.items()))
    *_, last = table(load_text("{duration: 1s, outputs: a.mp4}"), tiny.film())
    assert last == row("in all", Cost(4003.21, 3.402e9), len("frames between"))


def test_a_large_film_is_tried_small(tiny_network: None) -> None:
    config, film = load_text("seed: 7", overrides=["size=48x32", "duration=1s"]), tiny.film()
    small, times = estimates.within(config, film, 16 * 24)
    assert small.scene.size[0] * small.scene.size[1] * times == 48 * 32
    assert small.scene.size < film.scene.size
    assert estimates.within(config, film, 48 * 32) == (film, 1.0)


DISK = {  # films, and how exactly their size is known: that of pictures depends on what is dreamed
    "a picture": (["outputs=a.png"], 0.05),
    "a film": (["outputs=a.mkv"], 0.05),
    "droste": (["loop=droste", "motion.zoom=6", "outputs=a.png"], 0.05),
    "footage": (["source={frames: '*.png'}", "outputs=a.png", "flow.engine=dis"], 0.05),
    "pictures": (["outputs='{frame:03}.png'"], 0.15),
}


@pytest.mark.parametrize("name", DISK)
def test_the_disk_is_what_the_film_takes(name: str, footage: None, tiny_network: None, tmp_path: Path) -> None:
    film, exactly = DISK[name]
    settings = ["size=96x64", "duration=1s", "dream.steps=1", "dream.first_steps=1", "dream.octaves=1", *film]
    config = load_text("seed: 7", overrides=settings, inspect=facts)
    told = sum(cost.disk for _, cost in costs(config, tiny.film("seed: 7", settings)))
    shoot(config, "seed: 7", tmp_path / "runs", tiny.CPU, lambda states, first, last: states)
    assert told == pytest.approx(weight(tmp_path / "runs"), rel=exactly)


@pytest.mark.parametrize("step_size", [0.002, 0.03])
def test_a_gentle_film_is_told_to_be_smaller(step_size: float, tiny_network: None, tmp_path: Path) -> None:
    settings = [
        "size=192x128",
        "dream.steps=2",
        f"dream.step_size={step_size}",
        "dream.octaves=1",
        "outputs=a.mp4",
        "duration=2s",
    ]
    config = load_text("seed: 7", overrides=settings, inspect=facts)
    told = dict(costs(config, tiny.film("seed: 7", settings)))["a.mp4"].disk
    shoot(config, "seed: 7", tmp_path / "runs", tiny.CPU, lambda states, first, last: states)
    (film,) = tmp_path.rglob("a.mp4")
    assert told == pytest.approx(film.stat().st_size, rel=0.5)


def weight(folder: Path) -> int:
    """Bytes of what a render leaves, but for the few kilobytes of its poster and records, which do not grow with a film."""
    small = ("poster.jpg", "run.json", "config.yaml", "resolved.yaml")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name not in small)


@pytest.mark.parametrize("number", [1, 5, 6, 7, 300])
@pytest.mark.parametrize("times", [1, 4])
def test_the_start_of_an_encoder_is_counted_once(
    number: int, times: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """However many frames there are, and however many times larger they are than those that were tried."""
    start, frame = Cost(0.5, 100), Cost(0.02, 7)

    def try_printing(config: object, output: object, sample: object, number: int, folder: object) -> Cost:
        return Cost(start.seconds + number * frame.seconds, start.disk + number * frame.disk)

    monkeypatch.setattr(print_cost, "_try_printing", try_printing)
    config, sample = load_text("outputs: a.mp4"), print_cost.Sample([], number, 0.0)
    cost = print_cost.printing(config, config.outputs[0], sample, times, tmp_path)
    assert cost.seconds == pytest.approx(0.5 + number * 0.02 * times if number > 1 else 0.52 * times)
    assert cost.disk == pytest.approx((100 + number * 7) * times)


SHRUNK = {  # outputs of a film of 640x360, and as they are of one of 320x180: what they show, and how wide that becomes
    "a.mp4": ((0, 0, 320, 180), None),
    "{file: a.mp4, width: 300}": ((0, 0, 320, 180), 150),
    "{file: a.gif, height: 180}": ((0, 0, 320, 180), 160),
    "a.gif": ((0, 0, 320, 180), 240),
    "{file: a.mp4, crop: 400x300}": ((60, 15, 200, 150), None),
    "{file: a.mp4, crop: '1:1', width: 90}": ((70, 0, 180, 180), 45),
}


@pytest.mark.parametrize("written", SHRUNK)
def test_an_output_is_tried_as_much_smaller_as_its_film(written: str) -> None:
    output = load_text(f"outputs: [{written}]").outputs[0]
    small = print_cost.shrink(output, (640, 360), 0.5)
    assert (box_of(small, (320, 180)), small.width) == SHRUNK[written]
    assert print_cost.shrink(output, (640, 360), 1) == output


def test_a_try_burns_one_thread(tiny_network: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before, threads = torch.get_num_threads(), []
    usual = estimates.build
    monkeypatch.setattr(estimates, "build", lambda *words: threads.append(torch.get_num_threads()) or usual(*words))
    torch.set_num_threads(2)
    try:
        estimates.within(load_text("seed: 7", overrides=["size=48x32"]), tiny.film(), 16 * 24)
        measure_seconds(tiny.CPU, lambda: threads.append(torch.get_num_threads()))
        assert (threads, torch.get_num_threads()) == ([1, 1], 2)
    finally:
        torch.set_num_threads(before)


def test_costs_are_told_in_words() -> None:
    assert [
        row(name, cost, 14) for name, cost in (("dreaming", Cost(3.21, 2e6)), ("a.mp4", Cost(4000, 3.4e9)), ("x", Cost(9.5)))
    ] == [
        "  dreaming              3.2 s    2.0 MB",
        "  a.mp4             1 h 6 min    3.4 GB",
        "  x                     9.5 s",
    ]
