"""Laws of the sampler: what stands still stays, what moves lands where it should, and a loop of moves keeps the picture."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, radians, sin

import measures
import pytest
import tiny
import torch
from torch import Tensor

from render.picture import warp
from render.picture.warp import Move

KERNELS: dict[str, Callable[..., Tensor]] = {"lanczos4": warp.lanczos4, "bicubic": warp.bicubic}
each_border = pytest.mark.parametrize("border", warp.BORDERS)
each_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


def affine(scale: float = 1.0, degrees: float = 0.0, right: float = 0.0, down: float = 0.0) -> Move:
    """A move [3, 3], in Coords units."""
    c, s = scale * cos(radians(degrees)), scale * sin(radians(degrees))
    return Move(torch.tensor([[c, -s, right], [s, c, down], [0.0, 0.0, 1.0]], dtype=torch.float64))


def pixels(frame: Tensor) -> measures.Pixels:
    return frame[0].permute(1, 2, 0).numpy()


def test_coords_are_isotropic_and_centred() -> None:
    xy = warp.grid((20, 30))
    assert xy.shape == (1, 20, 30, 2)
    assert xy.mean((0, 1, 2)).abs().max() < 1e-6
    across, down = xy[0, 0, 1, 0] - xy[0, 0, 0, 0], xy[0, 1, 0, 1] - xy[0, 0, 0, 1]
    assert across == pytest.approx(float(down))
    assert xy[0, -1, 0, 1] + down / 2 == pytest.approx(1.0)
    assert xy[0, 0, -1, 0] + across / 2 == pytest.approx(1.5)


@each_border
@each_kernel
@pytest.mark.parametrize("size", [(20, 31), (33, 18)])
def test_standing_still_changes_nothing(kernel: Callable[..., Tensor], border: str, size: tuple[int, int]) -> None:
    frame = tiny.grain(size)
    torch.testing.assert_close(warp.move_frame(frame, affine(), kernel=kernel, border=border), frame, atol=2e-5, rtol=0)


@each_border
@each_kernel
@pytest.mark.parametrize("pan", [(3, 0), (0, -4), (2, 5)])
def test_a_pan_by_whole_pixels_is_exact(kernel: Callable[..., Tensor], border: str, pan: tuple[int, int]) -> None:
    frame = tiny.grain((24, 30))
    seen = warp.move_frame(frame, affine(right=pan[0] * 2 / 24, down=pan[1] * 2 / 24), kernel=kernel, border=border)
    wanted = frame.roll((pan[1], pan[0]), (2, 3))
    inside = (..., slice(6, -6), slice(6, -6)) if border != "wrap" else ...
    torch.testing.assert_close(seen[inside], wanted[inside], atol=1e-4, rtol=0)


@pytest.mark.parametrize(("border", "wanted"), [("reflect", [1, 0, 0, 1]), ("wrap", [6, 7, 0, 1]), ("replicate", [0, 0, 0, 1])])
def test_what_lies_beyond_the_edge(border: str, wanted: list[int]) -> None:
    """A pan of two pixels to the right brings in what the border rule says."""
    frame = torch.arange(8.0).expand(1, 3, 8, 8) / 8
    for kernel in KERNELS.values():
        seen = warp.move_frame(frame, affine(right=0.5), kernel=kernel, border=border)
        torch.testing.assert_close(seen[0, 0, 4, :4] * 8, torch.tensor(wanted).float(), atol=1e-3, rtol=0)


@each_border
@each_kernel
@pytest.mark.parametrize(
    "move",
    [
        affine(scale=1.07),
        affine(scale=0.4),
        affine(degrees=33),
        affine(right=0.013, down=-1.9),
        affine(0.9, -100, 7.0, 3.0),
    ],
    ids=["zoom", "out", "turn", "pan", "all"],
)
def test_a_wall_of_one_colour_stays_so(kernel: Callable[..., Tensor], border: str, move: Move) -> None:
    """The weights of every pixel sum to 1, wherever it looks."""
    wall = torch.tensor([0.2, 0.5, 0.9])[None, :, None, None].expand(1, 3, 18, 26).contiguous()
    torch.testing.assert_close(warp.move_frame(wall, move, kernel=kernel, border=border), wall, atol=2e-6, rtol=0)


def _waves(x: Tensor, y: Tensor) -> Tensor:
    """A picture of waves no shorter than four pixels, known at every place between the pixels too; periodic in 48."""
    k = 2 * pi / 48
    light = 0.5 + 0.2 * (k * (9 * x + 2 * y)).sin() + 0.2 * (k * (3 * x - 11 * y)).cos()
    return light.expand(1, 3, *light.shape).contiguous()


@pytest.mark.parametrize(("kernel", "error"), [(warp.lanczos4, 0.004), (warp.bicubic, 0.05)])
@pytest.mark.parametrize("shift", [(0.5, 0.5), (0.25, -0.4), (-3.3, 0.1)])
def test_a_shift_by_parts_of_a_pixel(kernel: Callable[..., Tensor], error: float, shift: tuple[float, float]) -> None:
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    move = affine(right=shift[0] / 24, down=shift[1] / 24)
    seen = warp.move_frame(_waves(x, y), move, kernel=kernel, border="wrap")
    off = (seen - _waves(x - shift[0], y - shift[1])).abs().max()
    assert off < error
    assert kernel is warp.lanczos4 or off > 0.004, "the bar would not tell kernels apart"


def test_turning_is_clockwise_and_keeps_shapes() -> None:
    """What is above the middle goes to its right, as far from it as before, in a frame that is not square."""
    frame = torch.zeros(1, 3, 40, 60)
    frame[..., 7:9, 29:31] = 1  # 12 pixels above the middle
    seen = warp.move_frame(frame, affine(degrees=90), kernel=warp.lanczos4, border="replicate")
    assert seen[0, 0, 19:21, 41:43].min() > 0.95


def loop(frame: Tensor, kernel: Callable[..., Tensor]) -> tuple[float, float]:
    """PSNR and share of fine detail kept, of 30 moves of x1.02 against one of x1.02**30, both clamped."""
    move = affine(scale=1.02)
    at_once = Move(torch.linalg.matrix_power(move.matrix, 30))
    once = warp.move_frame(frame, at_once, kernel=warp.lanczos4, border="reflect").clamp(0, 1)
    for _ in range(30):
        frame = warp.move_frame(frame, move, kernel=kernel, border="reflect").clamp(0, 1)
    often, direct = pixels(frame), pixels(once)
    return measures.psnr(often, direct), measures.fine(often) / measures.fine(direct)


def test_a_zoom_in_thirty_moves_is_a_zoom_in_one() -> None:
    """Lanczos-4 passes the bar that it was chosen for; bicubic must not, or the bar says nothing."""
    frame = tiny.photo((512, 512))
    psnr, fine = loop(frame, warp.lanczos4)
    assert psnr >= 36
    assert 0.7 <= fine <= 1.2
    psnr, fine = loop(frame, warp.bicubic)
    assert psnr < 36


@pytest.mark.parametrize("scale", [0.5, 0.37])
def test_zooming_out_does_not_alias(scale: float) -> None:
    """A checkerboard of single pixels is grey from afar; with a kernel that does not widen it would flicker."""
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    board = ((x + y) % 2).float().expand(1, 3, 64, 64).contiguous()
    seen = warp.move_frame(board, affine(scale, 3.0, 0.003, 0.001), kernel=warp.lanczos4, border="wrap")
    assert (seen - 0.5).abs().max() < 0.03


def test_cover_fades_where_the_picture_ends() -> None:
    still = warp.coverage(affine(), (40, 60), 0.1)
    assert still.shape == (1, 1, 40, 60)
    assert still[..., 20, 30] == 1
    assert still[..., 0, 30] < 0.2
    away = warp.coverage(affine(right=0.5), (40, 60), 0.1)
    assert away[..., :10].max() == 0
    assert away[..., 20, 30] == 1
    assert warp.coverage(affine(scale=2.0), (40, 60), 0.1).min() == 1
    assert warp.coverage(affine(scale=0.5), (40, 60), 0.1)[..., 20, 5] == 0


def test_the_scale_of_a_move() -> None:
    assert warp.scale(affine(1.3, 77, 2.0, -1.0)) == pytest.approx(1.3)
