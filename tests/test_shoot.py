"""Laws of shooting: however often a render is stopped, by Ctrl-C or by kill -9, its prints come out bit for bit the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import pytest
import torch
import tracks
from commands import Command

from render.config import load_text
from render.develop.reprint import print_again
from render.develop.shoot import Shot, shoot
from render.errors import MissingError
from render.facts import facts
from render.frames import at_rate, clip_clock
from render.moment import Clock

CPU = torch.device("cpu")
FILM = """\
name: stop
size: 64x36
fps: 24
duration: 4s
seed: 3
motion: {zoom: 1.5, rotate: 8}
dream: {steps: 1, first_steps: 1, octaves: 1, rate: 24, jitter: 4, objective: {garden: all}}
outputs: ["{name}.mp4", "{name}.gif"]
"""
FRAMES = 96
STOPPED = 21  # the tick after which it is stopped


@dataclass(frozen=True)
class Ended:
    """What a `render` of its own process left. tick: the last one that it told of."""

    code: int
    paths: list[Path]
    words: str
    tick: int


def render(folder: Path, stop: signal.Signals | None = None) -> Ended:
    """Render FILM in `folder` in a process of its own, and send it `stop` when tick STOPPED has passed."""
    (folder / "stop.yaml").write_text(FILM)
    process = subprocess.Popen(
        [sys.executable, "-m", "render", "stop.yaml", "--progress", "json"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    words, tick = [], -1
    with process:
        for line in process.stderr:
            words.append(line)
            tick = json.loads(line)["tick"] if line.startswith("{") else tick
            if stop and tick >= STOPPED:
                process.send_signal(stop)
                stop = None
        out, _ = process.communicate()
    return Ended(process.returncode, [folder / path for path in out.splitlines()], "".join(words), tick)


def prints(folder: Path) -> Mapping[str, bytes]:
    """The bytes of the take's prints."""
    return {path.name: path.read_bytes() for path in sorted((folder / "runs/stop/take-001").glob("stop.*"))}


def frames(path: Path) -> int:
    """How many frames are read back from a film."""
    return int(imageio_ffmpeg.count_frames_and_secs(str(path))[0])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The prints of FILM, rendered without a stop."""
    folder = tmp_path_factory.mktemp("whole")
    ended = render(folder)
    assert ended.code == 0, ended.words
    assert [frames(path) for path in ended.paths] == [FRAMES, FRAMES]
    return prints(folder)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_the_film_so_far_and_goes_on_from_there(
    tmp_path: Path, command: Command, whole: Mapping[str, bytes], stop: signal.Signals
) -> None:
    first = render(tmp_path, stop)
    assert first.code == 130, first.words
    assert "goes on from here" in first.words
    assert "Traceback" not in first.words
    assert [path.name for path in first.paths] == ["stop.mp4", "stop.gif"]
    assert STOPPED < frames(first.paths[0]) == first.tick + 1 < FRAMES
    assert prints(tmp_path) != whole
    again = command("stop.yaml")
    assert (again.code, [tmp_path / path for path in again.paths]) == (0, first.paths)
    assert f"{first.tick + 1} of {FRAMES} dreams are there already" in again.words
    assert prints(tmp_path) == whole


def test_killed_it_goes_on_from_the_tick_it_was_killed_at(tmp_path: Path, command: Command, whole: Mapping[str, bytes]) -> None:
    first = render(tmp_path, signal.SIGKILL)
    assert first.code == -signal.SIGKILL
    assert (first.paths, prints(tmp_path)) == ([], {})
    again = command("stop.yaml")
    assert again.code == 0
    kept = int(again.words.split(f" of {FRAMES} dreams")[0].split()[-1])
    assert kept >= first.tick, "what it told of, but for the tick at work"
    assert prints(tmp_path) == whole
    assert not list(tmp_path.rglob(".part-*"))


# ---- in this process


def shot(folder: Path, ticks: int | None = None, **settings: Any) -> Shot:
    """Shoot a film of 8 ticks, or the first `ticks` of them."""
    usual = {"fps": "8", "duration": "1s", "dream.rate": "8", "outputs": "['{name}.mp4']"}
    overrides = [f"{key}={value}" for key, value in {**usual, **settings}.items()]
    config = load_text(FILM, folder=folder, overrides=overrides, inspect=facts)

    def watch(states: Any, first: int, last: int) -> Any:
        for state in states:
            yield state
            if ticks is not None and state.tick - first == ticks:
                return

    return shoot(config, FILM, folder, CPU, watch)


def test_a_film_stopped_at_every_tick_is_the_same_film(tmp_path: Path) -> None:
    once = shot(tmp_path / "once")
    assert (once.dreamed, once.whole) == (8, True)
    stops = [shot(tmp_path / "often", ticks=1) for _ in range(8)]
    assert [stop.dreamed for stop in stops] == [1] * 8
    assert [stop.whole for stop in stops] == [False] * 7 + [True]
    assert stops[-1].paths[0].read_bytes() == once.paths[0].read_bytes()
    assert shot(tmp_path / "often").dreamed == 0


def test_stopped_before_the_first_dream_there_is_nothing_yet(tmp_path: Path) -> None:
    config = load_text(FILM, folder=tmp_path)
    nothing = shoot(config, FILM, tmp_path, CPU, lambda states, first, last: ())
    assert (nothing.paths, nothing.dreamed, nothing.whole) == ([], 0, False)
    with pytest.raises(MissingError, match="nothing was dreamed"):
        print_again(nothing.folder, ["x.gif"], {})


def test_a_print_that_went_away_is_made_again(tmp_path: Path) -> None:
    first = shot(tmp_path)
    content = first.paths[0].read_bytes()
    first.paths[0].unlink()
    again = shot(tmp_path)
    assert again.dreamed == 0
    assert again.paths[0].read_bytes() == content


def test_music_that_no_number_hears_changes_the_prints_alone(tmp_path: Path) -> None:
    music = tracks.wav(tmp_path / "music.wav", tracks.clicks([0.25], 2))
    first = shot(tmp_path, audio=str(music))
    before = first.paths[0].read_bytes()
    assert shot(tmp_path, audio=str(music)).paths[0].read_bytes() == before
    tracks.wav(music, tracks.clicks([0.5], 2))
    again = shot(tmp_path, audio=str(music))
    assert (again.folder, again.dreamed) == (first.folder, 0)
    assert again.paths[0].read_bytes() != before
    faded = shot(tmp_path, audio=f"{{file: {music}, fade: 0.2}}")
    silent = shot(tmp_path)
    assert (faded.folder, faded.dreamed, silent.dreamed) == (first.folder, 0, 0)
    with av.open(str(silent.paths[0])) as film:
        assert not film.streams.audio


def test_music_that_moves_the_film_is_part_of_it(tmp_path: Path) -> None:
    music = tracks.wav(tmp_path / "music.wav", tracks.clicks([0.25], 2, pitch=60))
    heard = {"audio": str(music), "motion.zoom": "1.2 + kick"}
    assert shot(tmp_path, **heard).folder.name == "take-001"
    assert shot(tmp_path, **heard, outputs="x.gif").dreamed == 0
    assert print_again(tmp_path / "stop/take-001", ["y.mkv"], {})[0][0].exists()
    tracks.wav(music, tracks.clicks([0.5], 2, pitch=60))
    with pytest.raises(MissingError, match="audio is another one now than when this film was dreamed"):
        print_again(tmp_path / "stop/take-001", ["z.mkv"], {})
    assert shot(tmp_path, **heard).folder.name == "take-002"
    assert shot(tmp_path, **{**heard, "audio": f"{{file: {music}, features: {{kick: rms}}}}"}).folder.name == "take-003"
    louder = {"duration": "audio", "audio": f"{{file: {music}, start: 1.5s}}"}
    assert shot(tmp_path, **{**heard, **louder}).paths[0].exists()
    record = json.loads((tmp_path / "stop/take-004/run.json").read_text())
    assert record["dreamed"] == 4, "half a second at 8 ticks a second"


def test_print_again_keeps_what_is_there(tmp_path: Path) -> None:
    first = shot(tmp_path)
    before = first.paths[0].read_bytes()
    paths, _ = print_again(first.folder, ["one.png", "x.gif"], {"width": 32})
    assert [path.name for path in paths] == ["one.png", "x.gif"]
    assert first.paths[0].read_bytes() == before
    assert shot(tmp_path).dreamed == 0


def test_the_record_knows_what_it_took(tmp_path: Path) -> None:
    shot(tmp_path, ticks=3)
    half = json.loads((tmp_path / "stop/take-001/run.json").read_text())
    shot(tmp_path)
    record = json.loads((tmp_path / "stop/take-001/run.json").read_text())
    assert (half["finished"], record["finished"]) == (False, True)
    assert record["seconds"] >= half["seconds"] > 0
    assert record["device"] == "cpu"
    assert record["versions"]["torch"]


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(12), Fraction(30000, 1001), Fraction(1, 10)])
def test_another_rate_is_as_long(fps: Fraction) -> None:
    clock = Clock(Fraction(24), 240, Fraction(8))
    other = at_rate(clock, fps)
    assert other.frames >= 1
    assert abs(other.frames / other.fps - 10) <= 1 / (2 * fps)


def test_the_film_so_far_ends_at_its_last_tick() -> None:
    clock = Clock(Fraction(24), 240, Fraction(8))
    assert [clip_clock(clock, last).frames for last in (0, 1, 2)] == [1, 4, 7]
    assert clip_clock(clock, clock.last_tick).frames == 240


def test_a_film_of_a_random_seed_goes_on_with_the_seed_it_began_with(tmp_path: Path) -> None:
    stopped = shot(tmp_path, ticks=3, seed="random")
    finished = shot(tmp_path, seed="random")
    assert (finished.folder, finished.whole) == (stopped.folder, True)
    assert finished.dreamed + stopped.dreamed == 8
    assert shot(tmp_path, seed="random").folder != finished.folder  # a finished one is not what is asked for again
