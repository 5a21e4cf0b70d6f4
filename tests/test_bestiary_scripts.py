"""Laws of the bestiary's scripts: a stopped training ends as one left in peace, and figures are what they say they are."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from bestiary import figures
from bestiary import judge as judging
from bestiary import train as training
from bestiary.motifs import MOTIFS
from torch import Tensor, nn

from render.dream.bestiary import model

KINDS = len(MOTIFS)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def chance() -> Iterator[None]:
    """What is trained here leaves no trace in the others' random numbers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def grain(count: int, side: int) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(3))


# ---- training


def course(keep: list[dict[str, Tensor]], steps: int) -> training.Course:
    torch.manual_seed(2)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, KINDS))

    def loss(network: nn.Module, source: Tensor, labels: Tensor, share: float) -> Tensor:
        return F.cross_entropy(network(training.crops(source, 12)), labels)

    def kept(mean: nn.Module) -> None:
        keep.append({name: value.clone() for name, value in mean.state_dict().items()})

    return training.Course("tiny", network, loss, kept, steps, 1e-2, seed=4)


def test_a_stopped_training_ends_as_one_left_in_peace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (grain(3 * KINDS, 16) * 255).to(torch.uint8)
    peaceful: list[dict[str, Tensor]] = []
    stopped: list[dict[str, Tensor]] = []
    (tmp_path / "peaceful").mkdir()
    (tmp_path / "stopped").mkdir()
    training.train(course(peaceful, 5), source, tmp_path / "peaceful", CPU, minutes=1)

    def remember_and_die(*kept: object) -> None:
        remembered(*kept)
        if kept[-1] == 3:
            raise KeyboardInterrupt

    remembered = training.save_checkpoint
    monkeypatch.setattr(training, "save_checkpoint", remember_and_die)
    with pytest.raises(KeyboardInterrupt):
        training.train(course(stopped, 5), source, tmp_path / "stopped", CPU, minutes=0)
    monkeypatch.setattr(training, "save_checkpoint", remembered)
    training.train(course(stopped, 5), source, tmp_path / "stopped", CPU, minutes=1)
    assert all(torch.equal(value, stopped[-1][name]) for name, value in peaceful[-1].items())
    assert not all(torch.equal(value, stopped[0][name]) for name, value in peaceful[-1].items())


def test_batches_go_on_where_they_were() -> None:
    whole = list(islice(training.batches(200, 5, 0), 7))
    assert all(torch.equal(a, b) for a, b in zip(whole[4:], training.batches(200, 5, 4), strict=False))
    assert len(set(torch.cat(whole[:3]).tolist())) == 3 * training.BATCH, "no picture twice in a round"


def test_an_attack_keeps_within_its_reach_and_does_harm() -> None:
    network = nn.Sequential(model.stages())
    clean, labels = figures.draw_held_out(KINDS)

    def loss(pictures: Tensor) -> float:
        with torch.no_grad():
            return float(F.cross_entropy(model.logits(network(figures.normalise(pictures))), labels))

    once = training.attack(network, clean, labels, 2.0, 1)
    assert float(figures.length(once - clean).max()) <= 2.0001
    assert loss(once) > loss(clean)
    assert loss(figures.attack(network, clean, labels, 2.0, 12)) > loss(once)


@pytest.mark.parametrize("start", [None, model.WEIGHTS])
def test_weights_are_written_as_they_are_read(start: Path | None, tmp_path: Path) -> None:
    network = training.initial_network(start)
    assert all(parameter.requires_grad for parameter in network.parameters())
    asked = argparse.Namespace(crop=32, eps=1.0, reach=0.5, attack_steps=1, start=start)
    source = grain(4, 40)
    training.robust_loss(asked, network, source, torch.arange(4), 0.5).backward()
    training.write_weights(tmp_path / "weights.safetensors", (source * 255).to(torch.uint8), network)
    again = nn.Sequential(model.stages(tmp_path / "weights.safetensors"))
    with torch.no_grad():
        assert torch.allclose(again(source), network.eval()(source), atol=0.02, rtol=0.02)
    assert set(model.statistics(tmp_path / "weights.safetensors")) == set(model.LEVELS)


@pytest.mark.parametrize("known", [KINDS, KINDS - 3])
def test_what_goes_on_from_weights_knows_what_they_knew_and_has_a_place_for_more(known: int) -> None:
    torch.manual_seed(1)
    for plan, shown in ((nn.Sequential(model.plan(known)), grain(2, 32)), (judging.plan(known), grain(2, 64))):
        with torch.no_grad():
            before = model.logits(plan.eval()(shown)) if plan[-1].weight.dim() == 4 else plan.eval()(shown)
            after = training.grow(copy.deepcopy(plan)).eval()(shown)
            after = model.logits(after) if after.dim() == 4 else after
        torch.testing.assert_close(after[:, :known], before)
        torch.testing.assert_close(after[:, known:], before.mean(1, keepdim=True).expand(-1, KINDS - known))


def test_a_share_of_the_weights_it_began_with_can_be_kept() -> None:
    torch.manual_seed(3)
    learned = training.initial_network(model.WEIGHTS)
    for parameter in learned.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    began, shown = training.initial_network(model.WEIGHTS), grain(2, 32)
    for share, like in ((0, learned), (1, began)):
        assert torch.allclose(training.blend(learned, model.WEIGHTS, share)(shown), like(shown), atol=1e-4)
    half = training.blend(learned, model.WEIGHTS, 0.5).state_dict()["classes.bias"]
    assert torch.allclose(half, (learned[-1].bias + began[-1].bias).data / 2)


def test_what_a_run_began_with_outlives_what_it_writes(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"as they were")
    assert training.keep_start(tmp_path / "weights", tmp_path).read_bytes() == b"as they were"
    (tmp_path / "bestiary.checkpoint.pt").touch()
    (tmp_path / "weights").write_bytes(b"half way")
    assert training.keep_start(tmp_path / "weights", tmp_path).read_bytes() == b"as they were"


# ---- the judge


def test_the_judge_reads_tiles_in_their_order(tmp_path: Path) -> None:
    shown = torch.zeros(1, 3, 180, 270)
    shown[..., :90, 180:] = 1
    tiles = judging.tiles(shown, 90)
    assert tiles.shape == (6, 3, 64, 64)
    assert [float(tile.mean()) for tile in tiles] == [0, 0, 1, 0, 0, 0]
    judge = judging.plan(KINDS).eval()
    training.write_judge(tmp_path / "judge.safetensors", judge)
    told = judging.probabilities(judging.load(tmp_path / "judge.safetensors"), tiles)
    assert torch.allclose(told.sum(1), torch.ones(6))
    assert torch.allclose(told, judging.probabilities(judge, tiles))


def test_weathering_keeps_pictures_pictures() -> None:
    seen = judging.weather(grain(8, 40), 32)
    assert seen.shape == (8, 3, 32, 32)
    assert float(seen.min()) >= 0
    assert float(seen.max()) <= 1
    assert float(seen.std((1, 2, 3)).min()) > 0.01


# ---- figures


def test_figures_of_frames() -> None:
    x = np.arange(192, dtype=np.float32) / 192
    stripes = np.repeat((0.5 + 0.4 * np.sin(2 * np.pi * 24 * x))[None, :, None], 192, 0).repeat(3, 2)
    assert figures.frequency(stripes) == pytest.approx(100 * 24 / 192, rel=0.05)
    assert figures.colourfulness(stripes) == pytest.approx(0, abs=1e-3)
    assert figures.colourfulness(stripes * np.array([1, 0.2, 0], np.float32)) > 30
    half = np.random.default_rng(0).random((100, 200, 3), dtype=np.float32)
    half[:, :100] = 0.5
    assert figures.flat(half) == pytest.approx(0.5, abs=0.12)
    assert figures.flat(half[:, 100:]) == 0


def test_every_bar_can_be_missed() -> None:
    level = figures.Level(9.0, 0.0, 0.0, 0.0)
    worst = figures.Figures(
        **{"parameters": 1, "bytes": 10**9, "sha256": "", "clean_pictures": 1, "clean": 0.0, "clean_by_kind": {}},
        **{"attack": "", "robust_pictures": 1, "robust": 0.0, "robust_by_kind": {"eye": 0.0}, "judge": 0.0, "dreams": 1},
        **{"dreamed": 0.0, "dreamed_by_kind": {"eye": 0.0}, "levels": {"one": level, "two": level}, "step_ms": 1.0},
        step_of_googlenet=2.0,
        scene=figures.FilmFigures(300, 0, 0.0, 0.0, 0.0, 1.0, 0.0),
    )
    assert not any(verdict.met for verdict in figures.verdicts(worst))
    assert "eye 0 %" in "\n".join(figures.lines(worst))
