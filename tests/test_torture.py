"""Laws of being killed: a dozen SIGKILLs at any moment cost the tick at work each, and not a bit; the torturer finds faults."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import tiny
import torture

from render.develop.negative import Negative
from render.dream import registry

FILM = """\
size: 48x32
fps: 8
duration: 2s
seed: 3
motion: {zoom: 1.5, rotate: 8}
dream: {network: bestiary, steps: 1, first_steps: 1, octaves: 1, rate: 8, jitter: 4, objective: {garden: all}}
outputs: ["{name}.mp4", "last.png"]
"""
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="killing needs fork")


@dataclass(frozen=True)
class Done:
    """How a torturer ended, and what it printed."""

    code: int
    out: str


def tortured(folder: Path, *arguments: str, program: Callable[[], object] = lambda: None) -> Done:
    """`scripts/torture film.yaml` in a fork, in which `program` is run first."""
    (folder / "film.yaml").write_text(FILM)
    child = os.fork()
    if not child:
        _live(folder, arguments, program)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Done(code, (folder / "said").read_text())


def _live(folder: Path, arguments: Sequence[str], program: Callable[[], object]) -> None:
    """The life of the fork, which never returns."""
    code = 1
    try:
        os.chdir(folder)
        os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
        said = os.open("said", os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        registry.NETWORKS["bestiary"] = lambda *_: tiny.network()  # type: ignore[index]
        program()
        code = torture.main(["film.yaml", *arguments])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def test_a_dozen_kills_lose_nothing(tmp_path: Path) -> None:
    done = tortured(tmp_path, "--kills", "12", "--seed", "1")
    assert done.code == 0, done.out
    assert re.match(r"12 kills, [1-9]\d* films finished all the same; at most [01] ticks dreamed twice\n", done.out)
    assert len(done.out.splitlines()[1].split(", ")) > 3, "blows fell in several places"
    assert done.out.endswith("0 faults\n")


def test_the_torturer_finds_what_is_lost(tmp_path: Path) -> None:
    def forget() -> None:
        Negative.last = lambda *_: None  # type: ignore[method-assign]

    done = tortured(tmp_path, "--kills", "2", "--set", "duration=1s", "--set", "outputs=a.png", program=forget)
    assert done.code == 1
    assert "a whole film is gone on with" in done.out


def test_the_torturer_knows_half_made_prints_from_whole_ones(tmp_path: Path) -> None:
    whole = {"film/take-001/a.png": b"whole", "film/take-001/negative/tick-000000.safetensors": b"ticks"}
    for name, data in whole.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "film/take-001/run.json").write_bytes(b"the time of day")
    assert (torture.differing(torture.contents(tmp_path), whole), torture.half_made(tmp_path, whole)) == ([], [])
    (tmp_path / "film/take-001/a.png").write_bytes(b"who")
    assert torture.half_made(tmp_path, whole) == torture.differing(torture.contents(tmp_path), whole) == ["film/take-001/a.png"]


def test_a_long_film_keeps_its_files_and_its_disk(tmp_path: Path) -> None:
    def sooner() -> None:
        torture.LONG = 8

    settings = [word for setting in ("duration=2s", "size=96x64", "outputs=a.png") for word in ("--set", setting)]
    done = tortured(tmp_path, "--long", *settings, program=sooner)
    assert "open files; negative" in done.out, done.out  # of its memory nothing can be said after so few dreams
    assert "stay open" not in done.out
    assert "bytes, not" not in done.out


def test_what_grows_in_a_long_film_is_a_fault() -> None:
    flat = [torture.Level(tick, 300 + 0.0005 * tick, 12) for tick in range(0, 10_001, 1000)]
    assert torture.verdict(flat, 102, 100) == []
    assert torture.verdict(flat, 110, 100) == ["the negative takes 110 bytes, not 100"]
    swollen = torture.Level(10_000, 320, 13)
    assert torture.verdict([*flat, swollen], 100, 100) == ["memory grows by 2.17 MB per 1,000 ticks", "1 files stay open"]
