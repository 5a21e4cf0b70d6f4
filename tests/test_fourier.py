"""Laws of waves: nothing is lost by taking a picture up, a step is as large as asked, and changes look as nature's do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import tiny
import torch
from torch import Tensor

from render.dream import fourier, objective
from render.dream.ascent import PARAMETRISATIONS, Ascent, dream, rms
from render.film import step, ticks
from render.picture import colour
from render.picture.picture import to_pixels

NETWORK = tiny.network()
EYE = NETWORK.extractor(["classes"], tiny.CPU)
LEAF = objective.classes(NETWORK, [3])
ONCE = Ascent(1, 0.01, 1, 1.4, jitter=3, smoothing=0.0, chroma=1.0, min_side=8, parametrisation="fourier")
CANVASES = {
    "grain": tiny.grain((24, 36)),
    "photo": tiny.photo((31, 45)),
    "black and white": (tiny.grain((24, 35)) > 0.5).float(),
}


def uphill(size: Sequence[int], seed: int = 0) -> Tensor:
    return torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", CANVASES)
def test_a_picture_is_taken_up_as_it_is(name: str) -> None:
    """Whatever its colours: and not changed by any number of steps of no size."""
    canvas = CANVASES[name]
    state = fourier.begin(canvas, smoothing=0.3, chroma=0.5)
    for _ in range(3):
        torch.testing.assert_close(fourier.to_canvas(state), canvas, atol=1e-6, rtol=0)
        state = fourier.climb(state, uphill(canvas.shape[-2:]), torch.tensor(0.0))
    assert torch.equal(dream(canvas, EYE, [(1.0, LEAF)], replace(ONCE, steps=0), 1, 0), canvas)


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
@pytest.mark.parametrize("chroma", [0.0, 1.0])
@pytest.mark.parametrize("size", [(24, 36), (33, 47)])
def test_a_step_changes_middle_grey_as_much_as_asked(size: tuple[int, int], smoothing: float, chroma: float) -> None:
    grey = torch.full((1, 3, *size), 0.5)
    for times in (1e-6, 1.0, 1e6):  # whatever the gradient's own size
        after = fourier.to_canvas(
            fourier.climb(fourier.begin(grey, smoothing, chroma), times * uphill(size), torch.tensor(0.01))
        )
        assert float(rms(after - grey)) == pytest.approx(0.01, rel=0.05)
        assert float((after - grey).mean((2, 3)).abs().max()) < 1e-3, "the mean is the tone's business"


def test_a_gradient_of_nothing_is_no_step() -> None:
    canvas = CANVASES["grain"]
    after = fourier.to_canvas(fourier.climb(fourier.begin(canvas, 0.0, 1.0), torch.zeros_like(canvas), torch.tensor(0.1)))
    torch.testing.assert_close(after, canvas, atol=1e-6, rtol=0)


def test_changes_fall_off_as_in_nature() -> None:
    """Power over frequency falls as 1/f**2, steeper with smoothing, whatever the gradient's own spectrum is."""
    size, slopes = (64, 64), []
    near, far = (fourier.rings(size) == 4), (fourier.rings(size) == 16)
    for smoothing in (0.0, 1.0):
        rough = uphill(size) - uphill(size).roll(1, 3)
        change = (
            fourier.to_canvas(fourier.climb(fourier.begin(torch.full((1, 3, *size), 0.5), smoothing, 1.0), rough, 1e-3)) - 0.5
        )
        power = torch.fft.rfft2(change.mean(1)[0]).abs().square()
        slopes.append(float((power[near].mean() / power[far].mean()).log() / torch.tensor(4.0).log()))
    assert slopes == pytest.approx([2.0, 4.0], abs=0.1)


def test_light_changes_more_than_colour() -> None:
    def colourful(chroma: float) -> float:
        grey = torch.full((1, 3, 48, 48), 0.5)
        change = fourier.to_canvas(fourier.climb(fourier.begin(grey, 0.0, chroma), uphill((48, 48)), 0.01)) - grey
        return float(rms(change - change.mean(1, keepdim=True)) / rms(change.mean(1)))

    assert colourful(0.0) < 1e-3
    assert 0.2 < colourful(1.0) < 0.4
    assert colourful(0.5) == pytest.approx(colourful(1.0) / 2, rel=0.05)


def test_what_steps_agree_on_adds_up() -> None:
    """Five steps of one mind go further than five that each go their own way."""
    size, grey = (32, 48), torch.full((1, 3, 32, 48), 0.5)

    def gone(slopes: Sequence[Tensor]) -> float:
        state = fourier.begin(grey, 0.0, 1.0)
        for slope in slopes:
            state = fourier.climb(state, slope, 0.01)
        return float(rms(fourier.to_canvas(state) - grey))

    assert gone([uphill(size)] * 5) > 1.5 * gone([uphill(size, seed) for seed in range(5)])


@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
def test_a_dream_stays_where_it_may(parametrisation: str) -> None:
    canvas, where = CANVASES["grain"], torch.zeros(1, 1, 24, 36)
    where[..., :12] = 1
    ascent = replace(ONCE, steps=3, step_size=0.3, parametrisation=parametrisation)
    after = dream(canvas, EYE, [(1.0, LEAF)], ascent, 1, 0, where)
    torch.testing.assert_close(after[..., 12:], canvas[..., 12:], atol=1e-6, rtol=0)
    assert float((after - canvas)[..., :12].abs().max()) > 0.1
    assert after.min() >= -1e-6
    assert after.max() <= 1 + 1e-6


@pytest.mark.usefixtures("tiny_network")
def test_a_zoom_on_waves_keeps_its_colours() -> None:
    """Each tick takes up the warped canvas: over a hundred, neither the means nor the contrast drift away."""
    film = tiny.film("dream: {objective: {class: leaf}, parametrisation: fourier}", ["duration=13s"])
    tones = [colour.tone(state.canvas) for state in ticks(film)]
    assert len(tones) > 100
    means = torch.stack([tone.mean for tone in tones[10:]])
    assert float((means - 0.46).abs().max()) < 0.06
    assert all(0.17 < tone.contrast < 0.27 for tone in tones[10:])


@pytest.mark.usefixtures("tiny_network")
def test_a_film_on_waves_goes_on_where_it_stopped() -> None:
    film = tiny.film("dream: {parametrisation: fourier, jitter_turn: 10, jitter_scale: 1.2}")
    first, second, third = (state for state, _ in zip(ticks(film), range(3), strict=False))
    assert torch.equal(step(film, second).canvas, third.canvas)
    assert (to_pixels(first.canvas) != to_pixels(third.canvas)).any()
