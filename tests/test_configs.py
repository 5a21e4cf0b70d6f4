"""Laws of the films that come with the project: each loads, draws two frames, and goes on from where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch

from render.construct import build
from render.dream import registry
from render.facts import load
from render.film import ticks
from render.frames import frames

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))
SAFARI = ("lion", "zebra", "flamingo")


@pytest.fixture(autouse=True)
def tiny_googlenet(monkeypatch: pytest.MonkeyPatch) -> None:
    """`network: inception_v1`, whose weights do not come with the project, means a tiny one with what the films ask for."""
    small = replace(tiny.network(), labels=(*SAFARI, *tiny.LABELS[len(SAFARI) :]), aliases={"inception_4c": "shapes"})
    monkeypatch.setitem(registry.NETWORKS, "inception_v1", lambda weights, device: small)


def test_every_config_is_found() -> None:
    names = "audio class layers levels loop noise photo portrait safari siesta sky spiral tour vertical video zoom"
    assert [path.stem for path in CONFIGS] == names.split()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_loads_and_says_what_it_shows(path: Path) -> None:
    config = load(path)
    assert config.name == path.stem
    assert f"render configs/{path.name}" in path.read_text(encoding="utf-8").split("size:")[0], "it opens with its command"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_draws_two_small_frames_and_resumes(path: Path) -> None:
    config = load(path, ["size=64x36", "duration=2 frames", "loop=none"])
    film = build(config, tiny.CPU)
    first, second = ticks(film)
    drawn = list(frames(film.scene, [first.canvas, second.canvas], film.scene.clock))
    assert len(drawn) == 2
    assert all(frame.shape == (1, 3, 36, 64) and bool(frame.isfinite().all()) and float(frame.std()) > 0.03 for frame in drawn)
    (again,) = ticks(film, tiny.stored(first))
    assert torch.equal(again.canvas, second.canvas)
