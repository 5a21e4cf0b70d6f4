"""Laws of the bestiary: every motif draws, table and network agree, folding changes nothing, the packaged weights know."""

from __future__ import annotations

import copy
import hashlib
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from render.dream.bestiary import model
from render.dream.bestiary.generator import colours, drawn, picture
from render.dream.bestiary.motifs import MOTIFS, Motif

NAMES = [motif.name for motif in MOTIFS]
STRIDES = {"strokes": 2, "ornament": 4, "texture": 8, "parts": 8, "creatures": 16, "classes": 16}


@pytest.fixture(scope="module")
def stages() -> OrderedDict[str, nn.Module]:
    return model.stages()


def seen(canvas: torch.Tensor) -> torch.Tensor:
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (model.MEAN, model.STD))
    return (canvas - mean) / std


@pytest.mark.parametrize("motif", MOTIFS, ids=NAMES)
def test_every_motif_is_there_finite_and_not_everywhere(motif: Motif) -> None:
    for seed in range(3):
        canvas, coverage = drawn(motif, np.random.default_rng(seed), 32)
        assert canvas.shape == (32, 32, 3)
        assert np.isfinite(canvas).all()
        assert canvas.min() >= 0
        assert canvas.max() <= 1
        assert canvas.std() > 0.02
        assert 0.05 <= coverage.mean() <= (1.0 if motif.texture else 0.97)


@pytest.mark.parametrize("motif", MOTIFS, ids=NAMES)
def test_a_seed_is_a_picture(motif: Motif) -> None:
    first, again, other = (picture(motif, np.random.default_rng(seed), 24) for seed in (1, 1, 2))
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).mean() > 0.5


def test_names_and_palettes() -> None:
    assert tuple(NAMES) == model.CLASSES
    assert len(set(NAMES)) == len(NAMES) >= 30
    for motif in MOTIFS:
        assert len(motif.palettes) >= 2
        assert all(colours(palette).shape == (4, 3) for palette in motif.palettes)


def test_folding_changes_nothing() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(model.plan()).eval()
    for part in plain.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias)
            nn.init.normal_(part.running_mean)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
    ready = model.folded(copy.deepcopy(plain))
    assert not any(isinstance(part, nn.BatchNorm2d) for part in ready.modules())
    canvas = torch.randn(2, 3, 48, 64)
    with torch.no_grad():
        assert torch.allclose(plain(canvas), ready(canvas), atol=1e-4)


def test_stages_run_in_order_at_their_strides(stages: OrderedDict[str, nn.Module]) -> None:
    assert list(stages) == list(model.LEVELS) == list(STRIDES)
    statistics = model.statistics()
    x = seen(torch.rand(1, 3, 64, 96))
    for name, stage in stages.items():
        assert not stage.training
        assert not any(p.requires_grad for p in stage.parameters())
        x = stage(x)
        assert x.shape[2:] == (64 // STRIDES[name], 96 // STRIDES[name])
        mean, deviation = statistics[name]
        assert mean.shape == deviation.shape == (x.shape[1],)
        assert (deviation > 0).all()
    assert x.shape[1] == len(model.CLASSES)
    assert torch.allclose(model.logits(x), x.mean((2, 3)))


def test_the_card_is_of_these_weights() -> None:
    assert hashlib.sha256(model.WEIGHTS.read_bytes()).hexdigest() in model.WEIGHTS.with_name("card.md").read_text("utf-8")
    assert model.WEIGHTS.stat().st_size <= 4_000_000


def test_fresh_pictures_are_named(stages: OrderedDict[str, nn.Module]) -> None:
    labels = torch.arange(2 * len(MOTIFS)) % len(MOTIFS)
    shown = np.stack([picture(MOTIFS[k], np.random.default_rng([77, i]), 64) for i, k in enumerate(labels.tolist())])
    x = seen(torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 255)
    for stage in stages.values():
        x = stage(x)
    assert (model.logits(x).argmax(1) == labels).float().mean() >= 0.8
