"""Laws of colour: a tone is held as far as asked and no further, and detail is raised to what was there."""

from __future__ import annotations

import measures
import pytest
import tiny
import torch
from torch import Tensor

from render.picture import colour
from render.picture.colour import Tone, fine, hold_tone, sharpen_to, tone

REFERENCE = Tone(torch.tensor([0.5, 0.45, 0.4]), 0.1)


def pixels(frame: Tensor) -> measures.Pixels:
    return frame[0].permute(1, 2, 0).numpy()


def test_tone_is_channel_means_and_the_deviation_about_them() -> None:
    frame = tiny.photo((40, 60))
    seen, (mean, contrast) = tone(frame), measures.tone(pixels(frame))
    assert seen.mean.tolist() == pytest.approx(mean.tolist(), abs=1e-6)
    assert seen.contrast == pytest.approx(contrast, abs=1e-6)
    assert tone(torch.tensor([0.1, 0.5, 0.9])[None, :, None, None].expand(1, 3, 8, 8)).contrast == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("hold", [0.0, 0.25, 0.5, 1.0])
def test_a_tone_is_held_exactly_as_far_as_asked(hold: float) -> None:
    frame = 0.35 + 0.5 * (tiny.grain((40, 60)) - 0.5)  # so that nothing clips on the way
    before, after = tone(frame), tone(hold_tone(frame, REFERENCE, hold))
    torch.testing.assert_close(after.mean, torch.lerp(before.mean, REFERENCE.mean, hold), atol=1e-5, rtol=0)
    assert after.contrast == pytest.approx(before.contrast + hold * (REFERENCE.contrast - before.contrast), abs=1e-5)


def test_not_held_is_left_alone() -> None:
    frame = tiny.grain((8, 8))
    assert hold_tone(frame, REFERENCE, 0) is frame


def test_light_rolls_off_instead_of_clipping() -> None:
    """A sun somewhat too bright keeps its shape; the middle of the range is left alone."""
    ramp = torch.linspace(0.0, 1.0, 200).expand(1, 3, 20, 200)
    seen = hold_tone(ramp, tone(ramp), 0.5)
    assert seen.min() >= 0
    assert seen.max() <= 1
    assert (seen[..., 1:] > seen[..., :-1]).all()
    torch.testing.assert_close(seen[..., 10:-10], ramp[..., 10:-10], atol=1e-5, rtol=0)
    assert measures.clipped(pixels(ramp)) > 0.015
    assert measures.clipped(pixels(seen)) == 0


def test_what_is_held_stays_a_picture() -> None:
    burnt = (tiny.grain((20, 20)) > 0.5).float()
    assert hold_tone(burnt, Tone(torch.full((3,), 0.8), 0.25), 1.0).max() <= 1
    flat = hold_tone(torch.full((1, 3, 20, 20), 0.5), REFERENCE, 1.0)
    assert flat.isfinite().all()
    torch.testing.assert_close(tone(flat).mean, REFERENCE.mean)


def test_fine_detail_is_what_the_measures_say() -> None:
    for frame in (tiny.photo((40, 60)), tiny.grain((31, 22))):
        assert fine(frame) == pytest.approx(measures.fine(pixels(frame)), rel=1e-4)


@pytest.mark.parametrize("more", [1.0, 1.3, 2.0])
def test_sharpening_reaches_the_energy_asked_for(more: float) -> None:
    """Near enough: the mask that is added has some of the middle's detail too."""
    frame = tiny.photo((64, 64))
    assert fine(sharpen_to(frame, more * fine(frame))) == pytest.approx(more * fine(frame), rel=0.25)


def test_sharpening_never_blurs_and_knows_its_bounds() -> None:
    frame = tiny.photo((40, 60))
    assert sharpen_to(frame, 0.0) is frame
    assert fine(sharpen_to(frame, 100 * fine(frame))) < colour.MOST_SHARPENED**2.5 * fine(frame)
    flat = torch.full((1, 3, 9, 9), 0.5)
    assert sharpen_to(flat, 1.0) is flat
    torch.testing.assert_close(tone(sharpen_to(frame, 2 * fine(frame))).mean, tone(frame).mean, atol=1e-4, rtol=0)


def test_oklab_and_back_is_the_same() -> None:
    frame = tiny.grain((8, 8))
    torch.testing.assert_close(colour.from_oklab(colour.oklab(frame)), frame, atol=1e-4, rtol=0)
    grey = colour.oklab(torch.full((1, 3, 1, 1), 1.0)).flatten()
    torch.testing.assert_close(grey, torch.tensor([1.0, 0, 0]), atol=1e-3, rtol=0)
