"""Laws of the judge of video dreams: a verdict can fail, others are tuned to equal strength, and the command runs."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import bench_video
import coherence
import imageio.v3 as imageio
import numpy as np
import pytest
import scenes
from bench_video import FIGURES, hopeless, tune, verdicts

GOOD = {
    "ours": {
        "E_warp x1000": 1.0,
        "E_excess x1000": 0.5,
        "flicker NRF": 0.04,
        "ghost": 0.2,
        "fill": 1.0,
        "sharpness": 3.0,
        "strength": 0.08,
        "cut": 0.02,
    },
    "alone": {"E_warp x1000": 10.0, "E_excess x1000": 9.5, "ghost": 0.1, "sharpness": 4.0, "strength": 0.08, "cut": 0.01},
    "blended": {"strength": 0.081},
    "frame carried": {"E_warp x1000": 4.0, "E_excess x1000": 3.5, "ghost": 0.5, "strength": 0.079},
    "detail carried": {"E_warp x1000": 2.0, "ghost": 0.9, "strength": 0.08},
}
FOUND = {method: dict.fromkeys(FIGURES, 1.0) | given for method, given in GOOD.items()}
FOUND["ours"]["level"] = 0.001


def missed(scene: str, changed: dict[str, float], method: str = "ours") -> list[str]:
    """The bars that are missed when some figures of a method are others."""
    return [verdict.bar for verdict in verdicts(FOUND | {method: FOUND[method] | changed}, scene) if not verdict.met]


def test_a_dream_that_sticks_passes() -> None:
    for scene in scenes.SCENES:
        assert missed(scene, {}) == []


@pytest.mark.parametrize(
    ("changed", "bars"),
    [
        ({"E_warp x1000": 1.55}, ["E_warp x1000 by 0.15 of alone's"]),
        ({"E_warp x1000": 1.7}, ["E_warp x1000 by 0.15 of alone's", "E_warp x1000 by 0.4 of frame carried's"]),
        ({"E_excess x1000": 1.43}, ["E_excess x1000 by 0.15 of alone's"]),
        ({"E_excess x1000": nan}, ["E_excess x1000 by 0.15 of alone's"]),
        ({"flicker NRF": 0.07}, ["flicker NRF"]),
        ({"flicker NRF": nan}, ["flicker NRF"]),
        ({"ghost": 0.251}, ["ghost by alone's and 0.15", "ghost by half of frame carried's"]),
        ({"fill": 0.7}, ["fill"]),
        ({"fill": 1.3}, ["fill"]),
        ({"sharpness": 1.4}, ["sharpness by half of alone's", "sharpness by 1.5 of the footage's"]),
        ({"cut": 0.07}, ["cut by alone's and 0.05"]),
        ({"drift": 1.2}, ["drift"]),
        ({"level": 0.02}, ["level"]),
    ],
    ids=str,
)
def test_every_bar_can_be_missed(changed: dict[str, float], bars: list[str]) -> None:
    assert missed("still", changed) == bars


def test_unequal_strength_is_no_comparison() -> None:
    assert missed("layers", {"strength": 0.09}, "blended") == ["strength of blended by ours"]


def test_a_bar_below_the_footage_s_own_is_said_to_be_so() -> None:
    bars = verdicts(FOUND, "layers")
    assert not hopeless(bars, 1.0)
    assert len(hopeless(bars, 1.55)) == 1
    assert len(hopeless(bars, 2.0)) == 2, "and sharpness, fill and the like have no floor"


def test_what_a_clip_does_not_have_is_not_asked_of_it() -> None:
    found = {method: figures | {"ghost": nan, "fill": nan, "cut": nan} for method, figures in FOUND.items()}
    bars = [verdict.bar for verdict in verdicts(found, "zoom")]
    assert not [bar for bar in bars if bar.startswith(("ghost", "fill", "cut", "drift", "level"))]
    only_ours = [verdict.bar for verdict in verdicts({"ours": FOUND["ours"]}, "still")]
    assert only_ours == ["flicker NRF", "drift", "level"]


def test_step_sizes_are_found_for_the_strength_that_is_wanted() -> None:
    footage = scenes.still((24, 32), 6)
    chance = np.random.default_rng(0)
    detail = [chance.standard_normal(frame.shape).astype(np.float32) for frame in footage.frames]

    def dreamed(step_size: float) -> list[coherence.Picture]:
        return [s + 3 * step_size**0.6 * d for s, d in zip(footage.frames, detail, strict=True)]

    clip, step_size = tune(dreamed, footage, 0.1, 0.02)
    assert coherence.strength(clip, footage, 2) == pytest.approx(0.1, rel=bench_video.EQUAL)
    assert step_size == pytest.approx((0.1 / 3) ** (1 / 0.6), rel=0.1)


@pytest.mark.usefixtures("tiny_network")
def test_the_command_runs_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tiny random network cannot please the judge; that it comes to a verdict is what counts."""
    film = ["--set", "dream.first_steps=2", "--set", "dream.octaves=1", "--objective", "{layer: shapes}", "--threads", "1"]
    small = ["--size", "64x36", "--frames", "6", "--json", str(tmp_path / "a.json"), "--sheets", str(tmp_path / "sheets")]
    code = bench_video.main(["--scenes", "cut", *small, *film])
    said = capsys.readouterr().out
    assert code in (0, 1)
    assert ("every bar met" in said) == (code == 0)
    report = json.loads((tmp_path / "a.json").read_text())
    assert set(report["cut"]["figures"]) == {"footage", *FOUND}
    assert imageio.imread(tmp_path / "sheets" / "cut.png").shape == (4 * 36, 6 * 64, 3)
    assert bench_video.main(["--drift", "5", "--size", "64x36", *film]) in (0, 1)
    assert "alone" not in capsys.readouterr().out
    assert bench_video.main(["--scenes", "still", *small, *film, "--set", "dream.objective.layer=nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
