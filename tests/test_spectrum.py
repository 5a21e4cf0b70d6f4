"""Laws of spectra: a canvas is taken up as it is, climbs what is asked of it, and is kept from burning."""

from __future__ import annotations

import pytest
import tiny
import torch

from render.dream import spectrum

CANVASES = {
    "photo": tiny.photo((24, 36)),
    "grain": tiny.grain((25, 37)),
    "black and white": (tiny.grain((24, 36)) > 0.5).float(),
}
STEP = torch.tensor(0.02)


@pytest.mark.parametrize("name", CANVASES)
def test_what_was_dreamed_is_taken_up_as_it_is(name: str) -> None:
    canvas = CANVASES[name]
    torch.testing.assert_close(spectrum.to_canvas(spectrum.begin(canvas, 0.0, 1.0)), canvas, atol=1e-6, rtol=0)


def test_steps_along_a_gradient_go_where_it_points() -> None:
    canvas, wanted = CANVASES["photo"], tiny.photo((24, 36), 5)
    state = spectrum.begin(canvas, 0.0, 1.0)
    for _ in range(60):
        state = spectrum.climb(state, wanted - spectrum.to_canvas(state), STEP)
    before, after = ((picture - wanted).mean(1).square().mean() for picture in (canvas, spectrum.to_canvas(state)))
    assert float(after) < 0.5 * float(before)


def test_contrast_is_held() -> None:
    """However long a gradient asks for more of the same."""
    state = spectrum.begin(CANVASES["grain"], 0.0, 1.0)
    uphill = tiny.photo((25, 37)) - 0.5
    for _ in range(200):
        state = spectrum.climb(state, uphill, STEP)
    assert float(spectrum.to_canvas(state).logit(1e-4).std()) < 1.1 * spectrum.CONTRAST
