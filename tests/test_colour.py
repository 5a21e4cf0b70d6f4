"""Laws of colour: a tone is held as far as asked and no further, and detail is raised to what was there."""

from __future__ import annotations

from pathlib import Path

import measures
import pytest
import tiny
import torch
from PIL import Image
from torch import Tensor

from render.config.model import ColourSettings
from render.construct.palette import palette_colours
from render.errors import ConfigError
from render.film import ticks
from render.picture import colour
from render.picture.colour import Tone, fine, hold_tone, oklab, sharpen_to, tone
from render.picture.picture import to_pixels

REFERENCE = Tone(torch.tensor([0.5, 0.45, 0.4]), 0.1)


def pixels(frame: Tensor) -> measures.Pixels:
    return frame[0].permute(1, 2, 0).numpy()


def fringes(frame: Tensor) -> float:
    """The share of the energy of colour (Oklab's a and b) above a quarter of the sampling rate, in waves under 4 pixels.

    Under a Hann window: without one the step from each edge of the frame to the other is half of what is found.
    """
    hues = oklab(frame.clamp(0, 1))[0, 1:]
    down, across = (torch.hann_window(side, device=frame.device) for side in hues.shape[1:])
    waves = torch.fft.fft2((hues - hues.mean((1, 2), keepdim=True)) * down[:, None] * across).abs().square().sum(0)
    down, across = (torch.fft.fftfreq(side, device=frame.device).abs() for side in waves.shape)
    thin = torch.maximum(down[:, None], across[None]) > 0.25
    return float(waves[thin].sum() / waves.sum().clamp_min(1e-12))


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


def test_colours_are_held_as_firmly_as_asked_and_light_is_left() -> None:
    frame, source = tiny.grain((24, 32)), tiny.grain((24, 32), 1)
    wanted, before = colour.oklab(source), colour.oklab(frame)
    apart = [
        float((colour.oklab(colour.hold_colour(frame, wanted, hold)) - wanted)[:, 1:].abs().mean()) for hold in (0, 0.5, 1)
    ]
    assert apart[1] == pytest.approx(apart[0] / 2, rel=0.15)
    assert apart[2] < 0.15 * apart[0], "but for what no screen can show"
    assert (colour.oklab(colour.hold_colour(frame, wanted, 0.5)) - before)[:, 0].abs().mean() < 0.01


def test_a_palette_leads_to_its_colours() -> None:
    palette = palette_colours("sepia")
    led = colour.nearest_in(palette, colour.oklab(tiny.grain((24, 32))))
    low, high = palette[:, 1:].amin(0), palette[:, 1:].amax(0)
    assert bool(((low - 1e-4 <= led[0, 1:].flatten(1).T) & (high + 1e-4 >= led[0, 1:].flatten(1).T)).all())


@pytest.mark.parametrize("amount", [0.3, 0.6, 1.0])
def test_fringes_are_taken_out(amount: float) -> None:
    frame = tiny.photo((48, 64)) + 0.1 * (tiny.grain((48, 64)) - 0.5)
    calm = colour.calm_fringes(frame.clamp(0, 1), amount)
    assert fringes(calm) < (1 - 0.8 * amount) * fringes(frame.clamp(0, 1))
    assert torch.equal(colour.calm_fringes(frame, 0), frame)


@pytest.mark.parametrize("step", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_the_usual_amount_halves_fringes_whatever_the_picture(step: float, slope: float) -> None:
    """Also where its left is of another colour than its right: the frame's edges are no fringes."""
    ramp = torch.stack([torch.linspace(-slope, slope, 64), torch.zeros(64), torch.linspace(slope, -slope, 64)])[None, :, None]
    smooth = colour.calm_fringes((tiny.photo((48, 64)) + ramp / 2).clamp(0.2, 0.8), 1)
    frame = (smooth + step * (tiny.grain((48, 64)) - 0.5)).clamp(0, 1)
    usual = ColourSettings.rows()["fringes"].default
    assert fringes(smooth) < 0.35 * fringes(frame)
    assert fringes(colour.calm_fringes(frame, usual)) <= 0.5 * fringes(frame)
    assert (colour.oklab(colour.calm_fringes(frame, usual)) - colour.oklab(frame))[:, 0].abs().max() < 0.01


@pytest.mark.parametrize("look", ["{hold: HOLD}", "{hold: HOLD, palette: ember}"])
def test_a_film_s_colours_are_held_as_firmly_as_asked_however_long_it_is(look: str, tmp_path: Path, tiny_network: None) -> None:
    """At its first dream and after sixty."""
    Image.fromarray(to_pixels(tiny.photo((32, 48)))).save(tmp_path / "photo.png")
    text = "source: {image: photo.png}\nmotion: {zoom: 1.05, rotate: 5}"
    settings = ("size=48x32", "duration=8s", "dream.rate=8", "dream.octaves=1", "dream.steps=1", "dream.step_size=0.03")
    looks = [look.replace("HOLD", hold) for hold in ("0", "0.5", "0.8", "1")]
    films = [tiny.film(text, [*settings, f"look.colour={look}"], tmp_path) for look in looks]
    measured = []
    for state in ticks(films[0]):
        if state.tick not in (1, 10, 60):
            continue
        moment = films[0].scene.clock.tick(state.tick)
        free, *others, wanted = (colour.oklab(film.scene.show(moment, state.canvas))[:, 1:] for film in films)
        measured.append([float((shown - free).abs().mean() / (wanted - free).abs().mean()) for shown in others])
    assert len(measured) == 3
    assert all(moved == pytest.approx([0.5, 0.8], abs=0.06) for moved in measured), "but for what no screen can show"


def test_colours_cost_no_dreaming_and_leave_what_a_mask_leaves_out(tmp_path: Path, tiny_network: None) -> None:
    Image.fromarray(to_pixels(tiny.photo((32, 48)))).save(tmp_path / "photo.png")
    text = "source: {image: photo.png}\nmask: {key: {brightness: [0.5, 1]}, feather: 0}"
    plain, led = (tiny.film(text, more, tmp_path) for more in ([], ["look.colour={hold: 1, palette: sepia}"]))
    last = list(ticks(plain))[-1]
    assert torch.equal(list(ticks(led))[-1].canvas, last.canvas)
    moment = led.scene.clock.tick(last.tick)
    shown = led.scene.show(moment, last.canvas)
    assert led.scene.mask
    outside = (led.scene.mask(moment) == 0).expand_as(shown)
    assert torch.equal(shown[outside], last.canvas[outside])
    assert not torch.equal(shown, last.canvas)


@pytest.mark.parametrize(
    ("look", "words"),
    [("{palette: embers}", "it takes a picture, or one of ember"), ("{hold: 2}", "outside 0 to 1"), ("0.5", "noise has none")],
)
def test_colours_that_cannot_be_held_to_are_refused(look: str, words: str, tiny_network: None) -> None:
    with pytest.raises(ConfigError, match=words):
        tiny.film(f"look: {{colour: {look}}}")
