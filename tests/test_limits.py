"""Laws of reason: what takes days, or more memory or disk than there is, is refused with its numbers, or confirmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny

from render.config import load_text
from render.develop.take import Take
from render.film import Film, State
from render.show import limits

FILM = """\
size: 64x36
fps: 4
duration: 1s
dream: {steps: 1, first_steps: 1, octaves: 1, rate: 4, jitter: 4}
outputs: last.png
"""

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(command: Callable[..., Any], tiny_network: None) -> Run:
    """`render film.yaml` in this process: its exit code and words."""
    Path("film.yaml").write_text(FILM)

    def film(*arguments: str) -> tuple[int, str]:
        said = command("film.yaml", "--progress", "none", *arguments)
        return said.code, said.words

    return film


TOO_MUCH = {  # what the machine is made to have, and what is said where
    "disk": ({"_free_disk": lambda root: 1000}, "film.yaml:3:11: duration makes 4 dreams of 64x36: the negative takes 55 kB"),
    "memory": ({"WIDE": 0, "memory.free": lambda device: 0.5e9}, "film.yaml:1:7: size is 64x36: a step takes 0.6 GB of memory"),
    "time": ({"LARGE": 0, "DAY": 1e-6}, "film.yaml:3:11: duration makes 4 dreams of 64x36: about"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_too_much_is_refused_with_its_place_or_confirmed(run: Run, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    machine, words = TOO_MUCH[what]
    for name, value in machine.items():
        monkeypatch.setattr(f"render.show.limits.{name}", value)
    code, said = run()
    assert (code, words in said) == (2, True), said
    assert "--yes" in said
    assert not Path("runs").exists()
    assert run("--yes")[0] == 0
    assert run("--yes", "--set", "seed=random", "--fresh")[0] == 0


def test_what_has_been_begun_is_not_asked_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    note = Take.note

    def unfinished(take: Take, **facts: Any) -> None:
        note(take, **{name: fact for name, fact in facts.items() if name != "finished"})

    with monkeypatch.context() as patch:
        patch.setattr(Take, "note", unfinished)
        assert run()[0] == 0
    monkeypatch.setattr(limits, "_free_disk", lambda root: 1)
    assert run()[0] == 0
    assert run("--set", "seed=4")[0] == 2


def test_a_take_that_does_not_say_what_it_is_of_is_passed_over(run: Run) -> None:
    take = Path("runs/film/take-001")
    take.mkdir(parents=True)
    (take / "run.json").write_text('{"format": 2, "name": "film"}')
    assert run()[0] == 0
    assert Path("runs/film/take-002").is_dir()


def test_a_disk_that_does_not_say_what_is_free_is_not_called_full(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_free_disk", lambda root: 0)
    assert run()[0] == 0


def test_usual_films_are_not_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(limits, "_small", lambda *_: pytest.fail("a usual film was measured"))
    for text in ("seed: 1", "size: 1080p", "{size: 720p, duration: 60s}"):
        limits.refuse_unreasonable(load_text(text), tiny.CPU, tmp_path)


@pytest.mark.parametrize("text", ["size: 7680x4320", "{duration: 23:00:00, dream: {steps: 100}}", "{size: 4k, duration: 5:00}"])
def test_vast_films_are_measured_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_network: None, text: str) -> None:
    measured: list[tuple[int, int]] = []

    def dreaming(film: Film, size: tuple[int, int]) -> tuple[list[State], float]:
        measured.append(film.scene.size)
        return [], 1.0

    monkeypatch.setattr(limits, "dreaming", dreaming)
    monkeypatch.setattr(limits, "_free_disk", lambda root: 1e18)
    limits.refuse_unreasonable(load_text(text), tiny.CPU, tmp_path)
    assert measured == [(180, 320)]


def test_work_grows_with_all_that_makes_a_film_long() -> None:
    def work(text: str) -> float:
        return limits.count_work(load_text(text), 1000)

    usual = work("seed: 1")
    assert work("duration: 100s") == pytest.approx(10 * usual, rel=0.02)
    assert work("dream: {steps: 8}") == 2 * usual
    assert work("dream: {steps: {0s: 0, 10s: 8}}") == pytest.approx(usual, rel=0.05)
    assert work("dream: {octave_scale: 1.1}") > 1.3 * usual
    assert work("dream: {octaves: 6}") > 1.1 * usual
    assert work("dream: {steps: 0}") == 0


def test_what_would_fit_is_named() -> None:
    assert limits._fitting(7680, 4320, 0.25) == "3840x2160"
