"""Alongside: a thread develops what is on disk while the film is dreamed, shares nothing with it, and ends when it is to."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, current_thread, main_thread
from time import perf_counter
from typing import Any

import numpy as np
import pytest
import raw
import torch
from clips import clip
from commands import Command

from render.config import load_text
from render.develop import ffmpeg, shoot
from render.develop.alongside import ClosedError, Watermark, alongside, helps
from render.develop.shoot import Shot
from render.errors import DevelopError
from render.facts import facts
from render.scene import Scene

CPU = torch.device("cpu")
TICKS = 60


@pytest.fixture
def helping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films are developed while they are dreamed, on the processor too."""
    monkeypatch.setattr(shoot, "helps", lambda device: True)


# ---- the watermark


def test_what_is_on_disk_is_developed_at_once_and_the_rest_when_it_is() -> None:
    watermark, developed, goes_on = Watermark(), list[int](), Event()

    def develop() -> str:
        for tick in range(9):
            watermark.wait_for(tick + 1)
            developed.append(tick)
            if tick == 4:
                goes_on.set()
        return current_thread().name

    with alongside(develop, watermark) as ahead:
        watermark.advance(5)
        assert goes_on.wait(60)
        assert developed == [0, 1, 2, 3, 4]
        assert not ahead.done()
        watermark.advance(9)
        assert ahead.result(60) != main_thread().name
    assert developed == list(range(9))


@pytest.mark.parametrize("safe_ticks", [0, 3])
def test_what_ends_early_is_called_off(safe_ticks: int) -> None:
    watermark, developed, cleaned = Watermark(), list[int](), list[bool]()

    def develop() -> None:
        try:
            for tick in range(9):
                watermark.wait_for(tick + 1)
                developed.append(tick)
        finally:
            cleaned.append(True)

    with alongside(develop, watermark) as ahead:
        watermark.advance(safe_ticks)
    assert len(developed) <= safe_ticks
    assert cleaned == [True]
    with pytest.raises(ClosedError):
        ahead.result()
    with pytest.raises(ClosedError):
        watermark.wait_for(0)


def test_what_goes_wrong_alongside_is_told_afterwards_and_what_goes_wrong_inside_at_once() -> None:
    def fail() -> None:
        raise OSError("the print")

    with alongside(fail, Watermark()) as ahead:
        ahead.exception(timeout=60)
    with pytest.raises(OSError, match="the print"):
        ahead.result()
    watermark = Watermark()
    with pytest.raises(ValueError, match="the dream"), alongside(lambda: watermark.wait_for(9), watermark):
        raise ValueError("the dream")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_encoder_that_takes_its_time_is_ended_with_what_it_was_for(tmp_path: Path) -> None:
    started = Event()

    def develop() -> None:
        endless = ("-f", "lavfi", "-i", "color=black:size=64x64", "-f", "null")
        with ffmpeg._run(*endless, "-") as child:
            started.set()
            ffmpeg._finish(child, None, tmp_path / "x.mp4")

    with suppress(KeyboardInterrupt), alongside(develop, Watermark()) as ahead:
        assert started.wait(60)
        raise KeyboardInterrupt
    with pytest.raises(DevelopError, match="signal 9"):
        ahead.result()


def test_the_dream_keeps_its_threads() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with alongside(torch.get_num_threads, Watermark()) as ahead:
            assert ahead.result(60) == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_it_helps_where_the_dream_leaves_the_processor_free() -> None:
    assert [helps(torch.device(name)) for name in ("cpu", "cuda", "mps")] == [False, True, True]


# ---- films


def shot(folder: Path, text: str, stop: int | None = None) -> Shot:
    """A film of that text; stopped after tick `stop`."""
    config = load_text(text, folder=folder.parent, inspect=facts)

    def watch(states: Iterator[Any], first: int, last: int) -> Iterator[Any]:
        for state in states:
            yield state
            if state.tick == stop:
                return

    return shoot.shoot(config, text, folder, CPU, watch)


def prints(taken: Shot) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in taken.paths}


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video whose pictures take longer to decode than a tiny film's to dream: large, and with one key frame."""
    grain = np.random.default_rng(0).integers(0, 256, (540, 960 + TICKS * 4, 3), dtype=np.uint8)
    pictures = [np.ascontiguousarray(grain[:, 4 * i : 4 * i + 960]) for i in range(TICKS)]
    return clip(tmp_path_factory.mktemp("footage") / "grain.mp4", pictures, "-c:v libx264 -preset ultrafast -crf 18 -g 1000")


FOOTAGE = """\
name: film
source: {{video: "{video}"}}
size: 48x28
fps: source
duration: source
seed: 3
flow: none
dream: {{steps: 1, first_steps: 1, octaves: 1, rate: every-frame}}
outputs: ["{{name}}.mkv", {{file: between.mkv, fps: 60}}]
"""


class Visits:
    """When which thread had which source make a picture."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.spans = defaultdict[str, list[tuple[float, float]]](list)
        self.sources = defaultdict[str, set[int]](set)
        real = Scene.picture

        def picture(scene: Scene, moment: Any) -> torch.Tensor:
            thread, start = current_thread().name, perf_counter()
            self.sources[thread].add(id(scene.source))
            try:
                return real(scene, moment)
            finally:
                self.spans[thread].append((start, perf_counter()))

        monkeypatch.setattr(Scene, "picture", picture)

    def meetings(self) -> int:
        """How often two threads were at it at the same time."""
        one, other = self.spans.values()
        return sum(a < d and c < b for a, b in one for c, d in other)


def test_a_footage_film_developed_alongside_has_the_bytes_of_one_developed_afterwards(
    tmp_path: Path, footage: Path, tiny_network: None, helping: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = FOOTAGE.format(video=footage)
    visits = Visits(monkeypatch)
    monkeypatch.setattr("render.source.decoder.ROOM", 1, raising=False)  # every picture is decoded, none kept
    ahead = shot(tmp_path / "ahead", text)
    assert (ahead.whole, ahead.dreamed) == (True, TICKS)
    assert visits.meetings() > TICKS / 4, "the two threads truly meet"
    one, other = visits.sources.values()
    assert not one & other, "a source decodes for one reader at a time"
    with monkeypatch.context() as patch:
        patch.setattr(shoot, "helps", lambda device: False)
        after = shot(tmp_path / "after", text)
    assert prints(ahead) == prints(after)
    assert [len(list(raw.read(path, (48, 28), "rgb24"))) for path in after.paths] == [TICKS, 2 * TICKS]


FILM = """\
name: film
size: 64x36
fps: 24
duration: 2s
seed: 3
motion: {zoom: 1.5}
dream: {steps: 1, first_steps: 1, octaves: 1, rate: 12}
outputs: ["{name}.mp4", "{name}.gif", "shots/{frame:03}.png"]
"""


@pytest.mark.parametrize("loop", ["none", "crossfade", "pingpong", "droste"])
def test_every_loop_has_the_bytes_of_one_developed_afterwards(
    tmp_path: Path, tiny_network: None, monkeypatch: pytest.MonkeyPatch, loop: str
) -> None:
    text = f"{FILM}loop: {loop}\n".replace("zoom: 1.5", "zoom: 3")
    after = shot(tmp_path / "after", text)
    monkeypatch.setattr(shoot, "helps", lambda device: True)
    ahead = shot(tmp_path / "ahead", text)
    assert prints(ahead) == prints(after)
    assert ahead.notices == after.notices


def test_stopped_and_gone_on_with_it_is_the_same_film(tmp_path: Path, tiny_network: None, helping: None) -> None:
    once = shot(tmp_path / "once", FILM)
    stopped = shot(tmp_path / "often", FILM, stop=9)
    assert (stopped.whole, len(stopped.paths)) == (False, 3)
    assert prints(stopped)["film.mp4"] != prints(once)["film.mp4"]
    again = shot(tmp_path / "often", FILM)
    assert (again.whole, again.dreamed) == (True, once.dreamed - 10)
    assert prints(again) == prints(once)
    assert not list(tmp_path.rglob(".part-*"))
    for path in again.paths:
        path.unlink()
    assert prints(shot(tmp_path / "often", FILM)) == prints(once)


def test_stopped_while_the_prints_are_finished_it_ends_and_leaves_no_part(
    tmp_path: Path, command: Command, tiny_network: None, helping: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.yaml").write_text(FILM)

    def interrupt(future: Any, timeout: float | None = None) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("concurrent.futures.Future.result", interrupt)
        stopped = command("film.yaml")
    assert stopped.code == 130, stopped
    assert not ffmpeg._running
    assert not list(tmp_path.rglob(".part-*"))
    again = command("film.yaml")
    assert (again.code, len(again.paths)) == (0, 3)
