"""Laws of the long measurement: its measures are those of the project's papers, and its verdict knows a dream that burnt."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import hold
import measures
import numpy as np
import pytest
import tiny
from hold import Row, Verdict, fewest_changed, variety, verdicts
from PIL import Image

THEIRS = Path(__file__).parents[2] / "shared" / "measures.py"
MEAN = np.array([0.5, 0.4, 0.3])
KINDS = np.eye(50, dtype=np.float32)  # how loud 50 channels are in a tile that shows one kind of thing


def row(tick: int) -> Row:
    """A tick of a film that holds; what is strongest in a tile changes within a hundred ticks."""
    return Row(tick, MEAN + 0.01, 0.2, 0.01, 0.002, 1.1, KINDS[(np.arange(16) + tick // 10) % 50])


GOOD = [row(tick) for tick in range(301)]


def missed(rows: list[Row]) -> list[str]:
    return [verdict.bar.split()[0] for verdict in verdicts(rows, MEAN, 0.2) if not verdict.met]


def test_a_film_that_holds_passes() -> None:
    assert missed(GOOD) == []


@pytest.mark.parametrize(
    ("bar", "change"),
    [
        ("channel", {"mean": MEAN - np.array([0.0, 0.07, 0.0])}),
        ("contrast", {"contrast": 0.25}),
        ("contrast", {"contrast": 0.15}),
        ("share", {"clipped": 0.04}),
    ],
)
def test_one_burnt_tick_is_noticed(bar: str, change: dict[str, object]) -> None:
    rows = list(GOOD)
    rows[150] = replace(rows[150], **change)  # type: ignore[arg-type]
    assert missed(rows) == [bar]
    rows[150], rows[3] = GOOD[150], replace(rows[3], **change)  # type: ignore[arg-type]
    assert missed(rows) == [], "the first ticks may still settle"


def test_blur_noise_seams_and_standstill_are_noticed() -> None:
    for times in (0.5, 1.7):
        assert missed([*GOOD[:-1], replace(GOOD[-1], fine=times * GOOD[100].fine)]) == ["fine"]
    for band in (0.5, 1.6):
        assert missed([*GOOD[:101], *(replace(one, band=band) for one in GOOD[101:])]) == ["border"]
    assert missed([replace(one, tiles=KINDS[:16]) for one in GOOD]) == ["fewest"]
    assert missed([replace(one, fine=float("nan")) for one in GOOD]) == ["fine"]
    assert fewest_changed(GOOD) == 16
    once = [*GOOD[:237], replace(GOOD[237], tiles=GOOD[137].tiles), *GOOD[238:]]
    assert fewest_changed(once) == 0, "every pair counts"


def test_a_channel_that_is_always_loudest_hides_nothing_and_is_nothing_new() -> None:
    loud = 0.8 * KINDS[7]
    assert missed([replace(one, tiles=one.tiles + loud) for one in GOOD]) == []
    assert missed([replace(one, tiles=KINDS[:16] + loud) for one in GOOD]) == ["fewest"]
    assert missed([replace(one, tiles=0.1 * one.tiles + loud) for one in GOOD]) == ["share"], "one texture, everywhere"
    assert variety(GOOD) > 0.9


def test_measures_know_what_they_measure() -> None:
    noise = np.random.default_rng(0).random((48, 64, 3), np.float32)
    framed = noise.copy()
    framed[3:-3, 3:-3] = 0.5 + 0.1 * (framed[3:-3, 3:-3] - 0.5)
    assert measures.fine(framed) < 0.1 * measures.fine(noise)
    assert measures.band(framed) > 4
    assert 0.8 < measures.band(noise) < 1.2
    assert measures.clipped((noise > 0.5).astype(np.float32)) == 1
    assert measures.clipped(0.1 + 0.8 * noise) == 0
    assert measures.psnr(noise, noise) == pytest.approx(120)
    assert measures.psnr(noise, noise + 0.1) == pytest.approx(20, abs=1e-3)
    assert measures.worst([1.0, 0.7, 1.4], 0.8, 1.2) == 1.4
    assert measures.worst([1.0, 0.9], 0.8, 1.2) == 0.9


@pytest.mark.skipif(not THEIRS.is_file(), reason="compares with a file that does not come with this project")
def test_measures_are_those_of_the_design() -> None:
    spec = importlib.util.spec_from_file_location("theirs", THEIRS)
    assert spec
    assert spec.loader
    theirs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(theirs)
    for seed in range(3):
        one, other = (tiny.photo((60 + seed, 91), s)[0].permute(1, 2, 0).numpy() for s in (seed, seed + 5))
        assert measures.fine(one) == pytest.approx(theirs.fine(one), rel=1e-4)
        assert measures.band(one) == pytest.approx(theirs.band(one), rel=1e-4)
        assert measures.clipped(one) == pytest.approx(theirs.clipped(one))
        assert measures.psnr(one, other) == pytest.approx(theirs.psnr(one, other), rel=1e-5)


@pytest.mark.usefixtures("tiny_network")
def test_the_command_runs_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty ticks are too few for the last bar, so it says that one was missed."""
    Image.fromarray((tiny.photo((72, 128))[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)).save(tmp_path / "a.png")
    words = ["--layer", "shapes", "--size", "64x36", "--ticks", "20", "--set", "dream.first_steps=2"]
    code = hold.main([*words, "--photo", f"{tmp_path}/a.png", "--pump", "--sheet", str(tmp_path / "sheet.png")])
    said = capsys.readouterr().out
    assert code == 1
    assert "tick     0" in said
    assert "tick    20" in said
    assert said.count("\nok  ") + said.count("\nMISS") == 8
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (128, 36)
    assert hold.main(words) == 1, "of noise, too"
    assert capsys.readouterr().out.count("\nMISS") == 1
    assert hold.main([*words, "--set", "dream.objective.layer=nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_verdict_is_a_line() -> None:
    assert str(Verdict("fine", 0.5, 0.6, 1.6)) == "MISS  fine: 0.500  (0.6 to 1.6)"
    assert str(Verdict("fine", 0.6, 0.6, 1.6)).startswith("ok")
