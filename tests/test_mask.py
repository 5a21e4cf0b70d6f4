"""Laws of masks: white dreams and black does not, at the film's size and time, with edges as soft as asked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from clips import clip, plain
from PIL import Image

from render.config import load_text
from render.errors import ConfigError, MissingError
from render.moment import Clock
from render.source.mask import gaussian_blur, mask

CLOCK = Clock(Fraction(30), 30, Fraction(8))
SIZE = (40, 64)


def half(folder: Path) -> Path:
    """White on the left, black on the right."""
    picture = np.zeros((*SIZE, 3), dtype=np.uint8)
    picture[:, :32] = 255
    Image.fromarray(picture).save(folder / "half.png")
    return folder / "half.png"


def test_white_dreams_and_black_does_not(tmp_path: Path) -> None:
    sharp = mask(half(tmp_path), False, lambda _: 0.0, CLOCK.seconds, SIZE)(CLOCK.tick(3))
    assert sharp.shape == (1, 1, *SIZE)
    assert sharp[..., :32].min() == 1
    assert sharp[..., 32:].max() == 0
    turned = mask(half(tmp_path), True, lambda _: 0.0, CLOCK.seconds, SIZE)(CLOCK.tick(3))
    assert torch.equal(turned, 1 - sharp)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)], ids=str)
def test_colours_count_by_how_bright_they_are(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    Image.fromarray(plain(1, SIZE, colour)[0]).save(tmp_path / "a.png")
    light = mask(tmp_path / "a.png", False, lambda _: 3.0, CLOCK.seconds, SIZE)(CLOCK.tick(0))
    assert torch.allclose(light, torch.tensor(np.dot((0.2126, 0.7152, 0.0722), colour) / 255).float(), atol=1e-4)


@pytest.mark.parametrize("sigma", [1.0, 4.0, 9.5])
def test_feathers_are_gaussian(sigma: float) -> None:
    """An edge becomes the Gaussian's integral: 16 % and 84 % one standard deviation on either side."""
    step = torch.zeros(1, 1, 16, 128)
    step[..., :64] = 1
    soft = gaussian_blur(step, sigma)[0, 0, 8]
    at = torch.arange(128) - 63.5
    assert torch.allclose(soft, torch.special.ndtr(-at / sigma), atol=0.03)
    assert gaussian_blur(torch.ones(1, 1, 9, 9), sigma).sub(1).abs().max() < 1e-5, "past the edge it goes on"


def test_a_feather_may_move(tmp_path: Path) -> None:
    film = mask(half(tmp_path), False, lambda moment: moment.seconds * 8, CLOCK.seconds, SIZE)
    widths = [int(((film(CLOCK.frame(i)) > 0.01) & (film(CLOCK.frame(i)) < 0.99))[0, 0, 0].sum()) for i in (0, 10, 29)]
    assert widths == sorted(set(widths))
    assert widths[0] == 0


def test_a_mask_is_fitted_to_the_film(tmp_path: Path) -> None:
    small = mask(half(tmp_path), False, lambda _: 0.0, CLOCK.seconds, (20, 32))(CLOCK.tick(0))
    assert small.shape == (1, 1, 20, 32)
    assert small[..., :15].min() > 0.9
    assert small[..., 17:].max() < 0.1


def test_a_video_masks_in_time(tmp_path: Path) -> None:
    pictures = plain(15, SIZE, (255, 255, 255)) + plain(15, SIZE, (0, 0, 0))
    film = mask(clip(tmp_path / "a.mp4", pictures), False, lambda _: 2.0, CLOCK.seconds, SIZE)
    assert [round(float(film(CLOCK.frame(i)).mean())) for i in range(30)] == [1] * 15 + [0] * 15


@pytest.mark.parametrize("count", [20, 28, 32, 60])
def test_a_mask_of_another_length_is_refused(tmp_path: Path, count: int) -> None:
    file = clip(tmp_path / "a.mp4", plain(count, SIZE))
    with pytest.raises(MissingError, match=rf"a\.mp4: lasts {count / 30:.4g} s, and the film 1 s"):
        mask(file, False, lambda _: 0.0, CLOCK.seconds, SIZE)


def test_a_mask_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    (tmp_path / "a.mov").write_bytes(b"nothing")
    for name in ("a.png", "a.mov", "b.png", "b.mkv"):
        with pytest.raises(MissingError, match=name):
            mask(tmp_path / name, False, lambda _: 0.0, CLOCK.seconds, SIZE)


def test_its_settings(tmp_path: Path) -> None:
    asked = load_text("mask: {file: a.png, invert: true, feather: {0s: 1, 4s: 9}}", folder=tmp_path).mask
    assert asked is not None
    assert (asked.file, asked.invert) == (tmp_path / "a.png", True)
    assert asked.feather(load_text("duration: 8s").clock.frame(120)) == pytest.approx(9)
    assert load_text("mask: a.png", folder=tmp_path).mask.invert is False  # type: ignore[union-attr]
    assert load_text("seed: 1").mask is None
    with pytest.raises(ConfigError, match=r"mask\.invert is .*maybe"):
        load_text("mask: {file: a.png, invert: maybe}")
