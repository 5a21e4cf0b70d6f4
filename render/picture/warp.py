"""Warps. A warp is Coords [1, H, W, 2]: for each pixel of the result, where in the picture (x, y) it comes from.

Coords have their centre at 0; y runs from -1 at the top edge to 1 at the bottom edge, x in the same unit, so that turning
is isotropic. The same field serves the camera and optical flow.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 1 << 16  # pixels gathered at once: bounds the memory of a 64-tap kernel


def grid(size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """The Coords of a picture of (height, width) at rest."""
    height, width = size
    y = (torch.arange(height, device=device, dtype=torch.float32) * 2 + 1) / height - 1
    x = ((torch.arange(width, device=device, dtype=torch.float32) * 2 + 1) - width) / height
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)), dim=-1)[None]


def carry(move: Tensor, xy: Tensor) -> Tensor:
    """Coords (any [..., 2]) taken through the affine `move` [3, 3]."""
    matrix = move.to(xy)
    return xy @ matrix[:2, :2].T + matrix[:2, 2]


def scale(move: Tensor) -> float:
    """How much larger things are after the affine `move`."""
    return float(torch.linalg.det(move[:2, :2]).abs().sqrt())


def moved(frame: Tensor, move: Tensor, *, kernel: Callable[..., Tensor], border: str) -> Tensor:
    """The frame after the affine `move` [3, 3]: each pixel is looked up where it was before."""
    back = torch.linalg.inv(move)
    xy = carry(back, grid((frame.shape[-2], frame.shape[-1]), frame.device))
    return kernel(frame, xy, border=border, shrink=max(1.0, scale(back)))


def cover(move: Tensor, size: tuple[int, int], feather: float, device: torch.device | str = "cpu") -> Tensor:
    """[1, 1, H, W]: 1 where a frame after `move` has picture, falling to 0 over `feather` (frame heights) inside its edge."""
    height, width = size
    xy = carry(torch.linalg.inv(move), grid(size, device)).abs()
    inside = torch.minimum(width / height - xy[..., 0], 1 - xy[..., 1]) / 2
    return (inside / feather).clamp(0, 1)[:, None]


# ---- what lies beyond the edge: pixel indices folded back into 0..n-1


def _reflect(index: Tensor, n: int) -> Tensor:
    index = index.remainder(2 * n)
    return torch.minimum(index, 2 * n - 1 - index)


BORDERS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "reflect": _reflect,
    "wrap": lambda index, n: index.remainder(n),
    "replicate": lambda index, n: index.clamp(0, n - 1),
}


# ---- kernels: (frame, coords, border, shrink) -> frame


def lanczos4(frame: Tensor, xy: Tensor, *, border: str = "reflect", shrink: float = 1.0) -> Tensor:
    """The frame [1, C, H, W] looked up at `xy` with exact, normalised Lanczos-4, widened by `shrink` where it minifies.

    For canvases: resampled once a tick for a thousand ticks, bilinear blurs them away and bicubic makes them ring.
    """
    _, channels, height, width = frame.shape
    pixels = frame[0].reshape(channels, -1).T.contiguous()
    x = (xy[..., 0].reshape(-1) * height + (width - 1)) / 2
    y = (xy[..., 1].reshape(-1) * height + (height - 1)) / 2
    blocks = [
        _gather(
            pixels,
            *_taps(x[i : i + BLOCK], width, border, shrink),
            *_taps(y[i : i + BLOCK], height, border, shrink),
            width,
        )
        for i in range(0, len(x), BLOCK)
    ]
    return torch.cat(blocks).T.reshape(1, channels, *xy.shape[1:3])


def _taps(place: Tensor, n: int, border: str, shrink: float) -> tuple[Tensor, Tensor]:
    """Indices [N, T] and weights [N, T] of the samples that make up each place on one axis."""
    reach = int(4 * shrink + 0.999)
    first = place.floor()
    offset = torch.arange(1 - reach, reach + 1, device=place.device)
    far = ((place - first)[:, None] - offset) / shrink
    weight = torch.where(far.abs() < 4, torch.sinc(far) * torch.sinc(far / 4), 0.0)
    return BORDERS[border](first.long()[:, None] + offset, n), weight / weight.sum(1, keepdim=True)


def _gather(pixels: Tensor, ix: Tensor, wx: Tensor, iy: Tensor, wy: Tensor, width: int) -> Tensor:
    """[N, C]: the weighted sum of every tap in y with every tap in x."""
    index = (iy[:, :, None] * width + ix[:, None, :]).flatten(1)
    weight = (wy[:, :, None] * wx[:, None, :]).flatten(1)
    return F.embedding_bag(index, pixels, per_sample_weights=weight, mode="sum")


def bicubic(frame: Tensor, xy: Tensor, *, border: str = "reflect", shrink: float = 1.0) -> Tensor:
    """The frame looked up at `xy` with torch's bicubic kernel: for frames between ticks, which are seen once and not fed back.

    `shrink` is not needed for the small moves between ticks.
    """
    height, width = frame.shape[-2:]
    place = torch.stack((xy[..., 0] * (height / width), xy[..., 1]), dim=-1)
    if border == "wrap":  # torch has no such padding: a rim of two pixels from the other side, and coordinates folded
        frame = F.pad(frame, (2, 2, 2, 2), mode="circular")
        rim = torch.tensor((width / (width + 4), height / (height + 4)), device=frame.device)
        place = ((place + 1).remainder(2) - 1) * rim
    padding = {"reflect": "reflection", "wrap": "border", "replicate": "border"}[border]
    return F.grid_sample(frame, place, mode="bicubic", padding_mode=padding, align_corners=False)
