"""Laws of cut-outs: over what was behind it a cut-out is the frame again, to 16 bits; it is clear where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from render.picture import cutout
from render.picture.picture import from_pixels, sixteen_bits, to_pixels

STEP = 1 / 65535
SIZE = (24, 32)
BEHIND = tiny.photo(SIZE)
FRAMES = {
    "a little": (BEHIND + 0.01 * (tiny.grain(SIZE) - 0.5)).clamp(0, 1),
    "much": tiny.grain(SIZE),
    "in its middle": torch.where(torch.linspace(0, 1, 32) > 0.5, tiny.grain(SIZE, 1), BEHIND),
    "black and white": (tiny.grain(SIZE) > 0.5).float(),
    "nothing": BEHIND,
}


def stored(cut: Tensor) -> Tensor:
    """As 16 bits hold it."""
    pixels = to_pixels(cut, np.uint16)
    assert pixels.shape == (*SIZE, 4)
    return from_pixels(pixels)


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("name", FRAMES)
def test_over_what_was_behind_it_it_is_the_frame_again(name: str, linear: bool) -> None:
    frame = sixteen_bits(FRAMES[name])
    for behind in (BEHIND, torch.tensor([0.46, 0.4, 0.3]).view(1, 3, 1, 1)):
        cut = stored(cutout.by_change(frame, behind, linear))
        assert float((cutout.over(cut, behind, linear) - frame).abs().max()) < 1.5 * STEP


def test_it_is_clear_where_nothing_changed_and_whole_where_much_did() -> None:
    alpha = cutout.by_change(FRAMES["in its middle"], BEHIND)[0, 3]
    assert float(alpha[:, :13].max()) == 0, "but for what lies beside a change"
    assert float(alpha[:, 17:].min()) == 1, "also where a line of it happens to be as it was"
    slight = cutout.by_change(FRAMES["a little"], BEHIND)[0, 3]
    assert 0 < float(slight.mean()) < 0.1


def test_with_a_mask_it_is_what_was_dreamed_inside() -> None:
    mask = torch.linspace(0, 1, 32).expand(1, 1, *SIZE)
    dreamed = tiny.grain(SIZE, 2)
    cut = cutout.by_alpha(torch.lerp(BEHIND, dreamed, mask), BEHIND, mask)
    assert torch.allclose(cut[:, 3:], mask, atol=2 * STEP)
    assert torch.allclose(cut[..., 4:][:, :3], dreamed[..., 4:], atol=1e-3)


def test_a_crossfade_of_cut_outs_gives_what_is_clear_no_say() -> None:
    clear, whole = torch.zeros(1, 4, 2, 2), torch.ones(1, 4, 2, 2) * 0.5
    whole[:, 3] = 1
    mixed = cutout.crossfade(clear, whole, 0.25)
    assert torch.allclose(mixed[0, :, 0, 0], torch.tensor([0.5, 0.5, 0.5, 0.25]), atol=1e-4)
