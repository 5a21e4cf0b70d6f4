"""Laws of sameness: what a print carries makes the same film again, and threads change a film less than anyone sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tiny
import torch
from commands import Command

from render.config import load_text
from render.construct import build
from render.film import ticks

FILM = """\
name: again
size: 64x36
fps: 8
duration: 1s
seed: random
motion: {zoom: {0s: 1, 1s: 2}, rotate: "30*sin(s)"}
dream: {steps: 1, first_steps: 1, octaves: 1, rate: 4, jitter: 4}
outputs: ["{name}.mp4", "{name}.mov", "{name}.mkv", "{name}.webm", "{name}.png", "frames/{frame:02}.png"]
"""
CARRIERS = ["again.mp4", "again.mov", "again.mkv", "again.webm", "again.png", "frames/03.png", "."]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_a_print_carries_makes_the_same_film_again(command: Command, tiny_network: None, carrier: str) -> None:
    Path("film.yaml").write_text(FILM)
    assert command("film.yaml", "--progress", "none", "-q", "draft").code == 0
    first, second = Path("runs/again/take-001"), Path("other/again/take-001")
    Path("back.yaml").write_text(command("from", str(first / carrier)).out)
    assert command("back.yaml", "--progress", "none", "-o", "other").code == 0
    made = [path.relative_to(first) for path in sorted(first.rglob("*")) if path.is_file()]
    varies = {Path(".lock"), Path("run.json"), Path("config.yaml")}  # who, when, and as it was written
    assert [path for path in made if path not in varies and (first / path).read_bytes() != (second / path).read_bytes()] == []
    assert len(made) > 16


def test_the_record_says_what_the_film_was_made_with(command: Command, tiny_network: None) -> None:
    Path("film.yaml").write_text(FILM)
    assert command("film.yaml", "--progress", "none").code == 0
    record = json.loads(Path("runs/again/take-001/run.json").read_text())
    assert set(record) >= {"name", "started", "versions", "fingerprint", "device", "threads", "seconds", "dreamed", "finished"}
    assert record["fingerprint"]["files"].startswith("tiny")
    assert (record["dreamed"], record["finished"], record["threads"]) == (5, True, 1)


# ---- threads

STEADY = """\
size: 64x48
fps: 10
duration: 30 frames
seed: 7
dream: {rate: every-frame, steps: 1, first_steps: 2, octaves: 1}
"""


@contextmanager
def threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def canvases(number: int) -> list[torch.Tensor]:
    with threads(number):
        return [state.canvas for state in ticks(build(load_text(STEADY), tiny.CPU))]


def test_threads_change_a_film_less_than_anyone_sees() -> None:
    """On smooth networks, such as the embedded one (65 dB and more after 30 ticks at 320x180).

    On networks of rectifiers and maxima, such as GoogLeNet, sums in another order flip some of them, and each step multiplies
    the difference: there another number of threads is another film (26 dB at its first tick).
    """
    alone, together = canvases(1), canvases(2)
    assert len(alone) == 30
    noise = torch.tensor([float((one - other).square().mean()) for one, other in zip(alone, together, strict=True)])
    assert float(-10 * noise.clamp_min(1e-12).log10().max()) >= 45
