"""Laws of being killed: a dozen SIGKILLs at any moment cost the tick at work each, and not a bit; the torturer finds faults."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torture

ROOT = Path(__file__).parent.parent
FILM = """\
size: 48x32
fps: 8
duration: 2s
seed: 3
motion: {zoom: 1.5, rotate: 8}
dream: {network: bestiary, steps: 1, first_steps: 1, octaves: 1, rate: 8, jitter: 4, objective: {garden: all}}
outputs: ["{name}.mp4", "last.png"]
"""
TINY = f"""
sys.path.insert(0, {str(Path(__file__).parent)!r})
import tiny
from render.dream import registry
registry.NETWORKS["bestiary"] = lambda *_: tiny.network()
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="killing needs fork")


def tortured(folder: Path, *arguments: str, program: str = "") -> subprocess.CompletedProcess[str]:
    """`scripts/torture film.yaml` in a process of its own, in which `program` is run first."""
    (folder / "film.yaml").write_text(FILM)
    begin = f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\nimport torture\n{TINY}"
    code = f"{begin}\n{program}\nsys.exit(torture.main())"
    command = [sys.executable, "-c", code, "film.yaml", *arguments]
    return subprocess.run(command, cwd=folder, env={**os.environ, "TMPDIR": str(folder)}, capture_output=True, text=True)


def test_a_dozen_kills_lose_nothing(tmp_path: Path) -> None:
    done = tortured(tmp_path, "--kills", "12", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"12 kills, [1-9]\d* films finished all the same; at most [01] ticks dreamed twice\n", done.stdout)
    assert len(done.stdout.splitlines()[1].split(", ")) > 3, "blows fell in several places"
    assert done.stdout.endswith("0 faults\n")


def test_the_torturer_finds_what_is_lost(tmp_path: Path) -> None:
    forgetful = "from render.develop.negative import Negative; Negative.last = lambda *_: None"
    done = tortured(tmp_path, "--kills", "2", "--set", "duration=1s", "--set", "outputs=a.png", program=forgetful)
    assert done.returncode == 1
    assert "a whole film is gone on with" in done.stdout


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
    done = tortured(
        tmp_path, "--long", "--set", "duration=2s", "--set", "size=96x64", "--set", "outputs=a.png", program="torture.LONG = 8"
    )
    assert "open files; negative" in done.stdout, done.stderr  # of its memory nothing can be said after so few dreams
    assert "stay open" not in done.stdout
    assert "bytes, not" not in done.stdout


def test_what_grows_in_a_long_film_is_a_fault() -> None:
    flat = [torture.Level(tick, 300 + 0.0005 * tick, 12) for tick in range(0, 10_001, 1000)]
    assert torture.verdict(flat, 102, 100) == []
    assert torture.verdict(flat, 110, 100) == ["the negative takes 110 bytes, not 100"]
    swollen = torture.Level(10_000, 320, 13)
    assert torture.verdict([*flat, swollen], 100, 100) == ["memory grows by 2.17 MB per 1,000 ticks", "1 files stay open"]
