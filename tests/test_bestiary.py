"""Laws of the bestiary: every motif draws, table and network agree, folding changes nothing, the packaged weights know."""

from __future__ import annotations

import copy
import hashlib
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from bestiary import forms, grain
from bestiary import sheet as contact
from bestiary.brush import TAU, WHITE, Array, Paint, Pen, colours
from bestiary.generator import draw, picture
from bestiary.light import Light, illuminate, shadow
from bestiary.motifs import MOTIFS, Motif
from PIL import Image
from torch import nn

from render.dream.bestiary import model
from render.dream.bestiary.channels import CHANNELS, OF

NAMES = [motif.name for motif in MOTIFS]
STRIDES = {"strokes": 2, "ornament": 4, "texture": 8, "parts": 8, "creatures": 16, "classes": 16}


@pytest.fixture(scope="module")
def stages() -> OrderedDict[str, nn.Module]:
    return model.stages()


def seen(canvas: torch.Tensor) -> torch.Tensor:
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (model.MEAN, model.STD))
    return (canvas - mean) / std


def field(size: int) -> tuple[Array, Array]:
    line = np.linspace(-1.2, 1.2, size, dtype=np.float32)
    x, y = np.meshgrid(line, -line)
    return x, y


def painted(motif: Motif, seed: int = 3) -> Array:
    """The motif alone in four plain tones: colour by alpha, [40,40,3]."""
    x, y = field(40)
    tones = np.array([[0.8, 0.4, 0.2], [0.3, 0.6, 0.8], [0.95, 0.9, 0.5], [0.2, 0.15, 0.1]], np.float32)
    paint = motif.draw(Pen(x, y, 0.08, tones, np.random.default_rng(seed)))
    assert paint.colour.dtype == paint.alpha.dtype == paint.height.dtype == np.float32
    assert np.isfinite(paint.height).all()
    assert 0 <= paint.alpha.min() <= paint.alpha.max() <= 1.0001
    return paint.colour * paint.alpha[..., None]


@pytest.mark.parametrize("motif", MOTIFS, ids=NAMES)
def test_every_motif_is_there_and_finite(motif: Motif) -> None:
    for seed in range(3):
        canvas, coverage = draw(motif, np.random.default_rng(seed), 32)
        assert canvas.shape == (32, 32, 3)
        assert np.isfinite(canvas).all()
        assert canvas.min() >= 0
        assert canvas.max() <= 1
        assert canvas.std() > 0.02
        assert coverage.mean() >= 0.05


@pytest.mark.parametrize("motif", MOTIFS, ids=NAMES)
def test_a_seed_is_a_picture(motif: Motif) -> None:
    first, again, other = (picture(motif, np.random.default_rng(seed), 24) for seed in (1, 1, 2))
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).mean() > 0.5


@pytest.mark.parametrize("motif", MOTIFS, ids=NAMES)
def test_every_motif_has_many_colours_and_relief(motif: Motif) -> None:
    shown = np.concatenate([picture(motif, np.random.default_rng([5, k]), 32).reshape(-1, 3) for k in range(3)])
    assert len(np.unique(shown // 32, axis=0)) >= 40
    x, y = field(40)
    paint = motif.draw(Pen(x, y, 0.08, np.full((4, 3), 0.5, np.float32), np.random.default_rng(0)))
    assert paint.height.std() > 0.01


def test_kinds_differ_more_than_a_kind_from_itself() -> None:
    looks, again = ({motif.name: painted(motif, seed) for motif in MOTIFS} for seed in (3, 4))
    for name, look in looks.items():
        away = {other: np.abs(look - seen).mean() for other, seen in looks.items() if other != name}
        assert min(away.values()) > 0.04, (name, min(away, key=lambda other: away[other]))
        assert np.abs(look - again[name]).mean() > 0.001


def test_a_sheet_shows_the_kinds_that_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["bestiary_sheet", "owl", "fern", "--pictures", "3", "--size", "20", "-o", str(tmp_path / "sheet.png")]
    monkeypatch.setattr(sys, "argv", words)
    contact.main()
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (contact.MARGIN + 3 * 20, 2 * 20)
        last = np.asarray(sheet)[20:, -20:]
    fern = MOTIFS[NAMES.index("fern")]
    assert (last == picture(fern, np.random.default_rng([0, 2]), 20)).all()


def test_names_and_palettes() -> None:
    assert tuple(motif.name for motif in MOTIFS) == model.CLASSES
    assert len(set(NAMES)) == len(NAMES) >= 30
    for motif in MOTIFS:
        palettes = [colours(four) for four in motif.palettes.split("/")]
        assert len(palettes) >= 3
        assert all(palette.shape == (4, 3) and 0 <= palette.min() <= palette.max() <= 1 for palette in palettes)


def test_strokes_lie_over_each_other_as_if_the_whole_grid_were_worked_on() -> None:
    x, y = field(24)
    pen = Pen(x, y, 0.1, np.zeros((4, 3), np.float32), np.random.default_rng(0))
    paint, colour, alpha, height = Paint(pen), np.zeros((24, 24, 3)), np.zeros((24, 24)), np.zeros((24, 24))
    for k in range(5):
        cover = pen.ink(forms.disc(x, y, 0.2 * k - 0.5, 0.1 * k, 0.15 + 0.1 * k)) * (0.4 + 0.1 * k)
        tint = np.full(3, 0.2 * k, np.float32) if k % 2 else np.stack((x, y, x * y), -1)
        paint.over(cover, tint, None if k == 2 else x if k == 3 else 0.3 * k)
        under = np.where(alpha[..., None] > 0, colour, tint)
        colour = np.where(cover[..., None] > 0, under + (tint - under) * cover[..., None], colour)
        alpha = alpha + (1 - alpha) * cover
        height = height if k == 2 else height + ((x if k == 3 else 0.3 * k) - height) * cover
    assert paint.over(np.zeros_like(x), WHITE, 9.0) is paint
    for found, wanted in (
        (paint.colour * paint.alpha[..., None], colour * alpha[..., None]),
        (paint.alpha, alpha),
        (paint.height, height),
    ):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_tube_is_a_thick_line() -> None:
    x, y = field(64)
    path, width = np.array([[-0.6, 0.0], [0.0, 0.0], [0.6, 0.0]]), np.array([0.2, 0.2, 0.2])
    distance, along, across = forms.tube(x, y, path, width)
    inside = distance < 0
    np.testing.assert_allclose(distance[inside], forms.segment(x, y, (-0.6, 0.0), (0.6, 0.0))[inside] - 0.2, atol=1e-5)
    middle = inside & (np.abs(x) < 0.6)
    np.testing.assert_allclose(along[middle], (x[middle] + 0.6) / 1.2, atol=1e-5)
    np.testing.assert_allclose(across[middle], -y[middle] / 0.2, atol=1e-5)
    square = forms.walk((1.0, 2.0), 0.0, np.array([0.0, TAU / 4, TAU / 4, TAU / 4]), 0.5)
    np.testing.assert_allclose(square, [(1, 2), (1.5, 2), (1.5, 2.5), (1, 2.5), (1, 2)], atol=1e-9)


def test_pebbles_are_nearest_seeds_and_noise_is_even() -> None:
    x, y = field(96)
    near, second, name = grain.pebbles(np.random.default_rng(1), x, y, 3.0)
    assert (near <= second).all()
    assert ((near >= 0) & (near < 1.5)).all()
    step = np.hypot(*np.gradient(near)).max() / (3.0 * 2.4 / 95)
    assert step < 1.45  # a distance grows no faster than the way that is gone, so none jumps from cell to cell
    assert len(np.unique(name)) > 20
    for found in (grain.noise(np.random.default_rng(2), x, y, 9.0), grain.clouds(np.random.default_rng(2), x, y, 5.0)):
        assert 0 <= found.min() < found.max() <= 1
        assert abs(found.mean() - 0.5) < 0.06


def test_light_falls_on_the_side_it_comes_from_and_shadows_on_the_other() -> None:
    x, y = field(64)
    sun, shade = np.array([1.0, 0.9, 0.7], np.float32), np.array([0.6, 0.7, 0.9], np.float32)
    paint = Paint(Pen(x, y, 0.08, np.zeros((4, 3), np.float32), np.random.default_rng(0)))
    ball = forms.disc(x, y, 0, 0, 0.8)
    paint.over((ball < 0).astype(np.float32), np.full(3, 0.6, np.float32), forms.dome(ball, 0.8, 0.8))
    seen = illuminate(paint, 26.0, Light(-0.7, 0.7, sun, shade), 0.0)
    bright, dark = (seen[(np.hypot(x - s * 0.35, y + s * 0.35) < 0.15)].mean(0) for s in (-1, 1))
    assert (bright > dark + 0.05).all()
    assert bright[0] / bright[2] > dark[0] / dark[2]  # warm in the sun, cool in the shade
    low = (np.abs(x) < 0.2) & (y < -1.0)
    left = shadow(low.astype(np.float32), Light(-0.7, 0.7, sun, shade), 8.0)
    assert (left[:20] == 1).all()  # it does not come in again at the top
    disc = (np.hypot(x, y) < 0.4).astype(np.float32)
    away, toward = (shadow(disc, Light(-0.7, 0.7, sun, shade), 6.0)[row, column].mean() for row, column in ((44, 44), (19, 19)))
    assert away < 0.9 < toward


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


def test_channels_have_names_of_their_own() -> None:
    """They are those of the packaged weights, and each is there once."""
    assert hashlib.sha256(model.WEIGHTS.read_bytes()).hexdigest().startswith(OF)
    counts = {name: len(mean) for name, (mean, _) in model.statistics().items()}
    for layer, names in CHANNELS.items():
        assert layer != "classes"
        assert len(set(names.values())) == len(names)
        assert all(0 <= number < counts[layer] for number in names.values())


def test_fresh_pictures_are_named(stages: OrderedDict[str, nn.Module]) -> None:
    labels = torch.arange(2 * len(MOTIFS)) % len(MOTIFS)
    shown = np.stack([picture(MOTIFS[k], np.random.default_rng([77, i]), 64) for i, k in enumerate(labels.tolist())])
    x = seen(torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 255)
    for stage in stages.values():
        x = stage(x)
    assert (model.logits(x).argmax(1) == labels).float().mean() >= 0.8
