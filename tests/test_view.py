"""Laws of views: a cell knows which part of the canvas it looks at, however that was rolled, turned and scaled."""

from __future__ import annotations

import pytest
import tiny
import torch
import torch.nn.functional as F

from render.dream.view import view_of
from render.picture.warp import grid

GRAIN = tiny.grain((24, 36))
PIXEL = 2 / 24  # in Coords


@pytest.mark.parametrize(("down", "right"), [(0, 0), (5, -7), (-24, 18)])
def test_a_cell_knows_which_part_of_the_canvas_it_looks_at(down: int, right: int) -> None:
    """Roll the coordinates themselves, as pictures are rolled, and average them over cells: that is where cells look."""
    xy = grid((24, 36)).permute(0, 3, 1, 2)
    view = view_of(GRAIN, down, right)
    torch.testing.assert_close(view(24, 36), view.roll(xy).permute(0, 2, 3, 1), atol=1e-5, rtol=0)
    torch.testing.assert_close(view.unroll(view.roll(GRAIN)), GRAIN)
    coarse = view_of(GRAIN)(6, 9).permute(0, 3, 1, 2)
    torch.testing.assert_close(coarse, F.avg_pool2d(xy, 4), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("degrees", "scale"), [(0.0, 1.3), (0.0, 0.8), (20.0, 1.0), (-35.0, 0.9), (90.0, 1.0)])
def test_the_same_where_it_is_turned_and_scaled(degrees: float, scale: float) -> None:
    """Look at the coordinates themselves; past the edges they are mirrored."""
    view = view_of(GRAIN, degrees=degrees, scale=scale)
    looked_at = view.look(grid((24, 36)).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    torch.testing.assert_close(view(24, 36), looked_at, atol=PIXEL / 2 + 1e-4, rtol=0)
    assert view(24, 36)[..., 1].abs().max() <= 1


def test_a_larger_scale_shows_less_larger() -> None:
    near = view_of(GRAIN, scale=2.0)(24, 36)
    torch.testing.assert_close(near, grid((24, 36)) / 2)


def test_a_turn_goes_clockwise() -> None:
    """What lay at the top comes to lie on the right."""
    canvas = torch.zeros(1, 3, 24, 24)
    canvas[..., :6, 9:15] = 1
    seen = view_of(canvas, degrees=90).look(canvas)
    assert seen[..., 9:15, 18:].mean() > 0.95
    assert seen[..., :6, 9:15].mean() < 0.05


def test_an_untouched_canvas_is_seen_as_it_is() -> None:
    assert view_of(GRAIN).look(GRAIN) is GRAIN


@pytest.mark.parametrize(("share", "place"), [((0, 0), (-1.5, -1)), ((0.5, 0.5), (0.0, 0.0)), ((1, 0.75), (1.5, 0.5))])
def test_places_are_shares_of_the_frame(share: tuple[float, float], place: tuple[float, float]) -> None:
    torch.testing.assert_close(view_of(GRAIN).place(*share), torch.tensor(place))
