"""Warps. A warp is Coords [1, H, W, 2]: for each pixel of the result, where in the picture (x, y) it comes from.

Coords have their centre at 0; y runs from -1 at the top edge to 1 at the bottom edge, x in the same unit, so that turning
is isotropic. The same field serves the camera and optical flow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from render.picture.picture import resize

STRIP = 96  # rows or columns looked up by one matrix
MUCH = 2.0  # times smaller
LATTICE = 4  # pixels between the places that are followed along a move that bends
NEAR = 1e-3  # Coords about the middle, where a move is taken for affine
BLOCK = 1 << 13  # pixels gathered at once: what they need stays in the cache


def grid(size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """The Coords of a picture of (height, width) at rest."""
    height, width = size
    y = (torch.arange(height, device=device, dtype=torch.float32) * 2 + 1) / height - 1
    x = ((torch.arange(width, device=device, dtype=torch.float32) * 2 + 1) - width) / height
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)), dim=-1)[None]


@dataclass(frozen=True)
class Move:
    """Where the camera takes what it sees, Coords -> Coords.

    matrix: float64 [3, 3], projective. forth, back: the same where no matrix can say it, any Coords [..., 2] there and back;
    `matrix` is then the identity and means nothing.
    """

    matrix: Tensor
    forth: Callable[[Tensor], Tensor] | None = None
    back: Callable[[Tensor], Tensor] | None = None

    @property
    def inverse(self) -> Move:
        """The way back."""
        return Move(torch.linalg.inv(self.matrix), self.back, self.forth)

    @property
    def bends(self) -> bool:
        """Whether straight lines come out bent."""
        return self.forth is not None

    @property
    def turns(self) -> bool:
        """Whether rows and columns do not stay such."""
        return self.bends or any(bool(self.matrix[place]) for place in ((0, 1), (1, 0), (2, 0), (2, 1)))

    def __matmul__(self, before: Move) -> Move:
        """This move after the one `before`."""
        if not (self.bends or before.bends):
            return Move(self.matrix @ before.matrix)
        there, again = self.inverse, before.inverse
        return Move(STILL, lambda xy: carry(self, carry(before, xy)), lambda xy: carry(again, carry(there, xy)))


STILL = torch.eye(3, dtype=torch.float64)


def carry(move: Move, xy: Tensor) -> Tensor:
    """Coords (any [..., 2]) taken along by the move."""
    if move.forth:
        return move.forth(xy)
    matrix = move.matrix.to(xy)
    there = xy @ matrix[:2, :2].T + matrix[:2, 2]
    if not move.matrix[2, :2].any():
        return there
    return there / (xy @ matrix[2, :2] + matrix[2, 2])[..., None]


def affine(move: Move) -> Tensor:
    """The affine float64 [3, 3] that the move is at the middle of the frame."""
    if not (move.bends or move.matrix[2, :2].any()):
        return move.matrix
    near = torch.tensor(((0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)), dtype=torch.float64) * NEAR
    middle, right, left, below, above = carry(move, near)
    columns = ((right - left) / (2 * NEAR), (below - above) / (2 * NEAR), middle)
    return torch.cat((torch.stack(columns, dim=1), STILL[2:]))


def scale(move: Move) -> float:
    """How much larger things are after the move, at the middle of the frame."""
    return float(torch.linalg.det(affine(move)[:2, :2]).abs().sqrt())


def moved(frame: Tensor, move: Move, *, kernel: Kernel, border: str) -> Tensor:
    """The frame after the move: each pixel is looked up where it was before.

    A move that does not turn looks up rows, then columns: the same sum, several times as fast.
    """
    back = move.inverse
    size, shrink = (frame.shape[-2], frame.shape[-1]), max(1.0, scale(back))
    if back.turns:
        return _gathered(frame, looked_up(back, size, frame.device), kernel, border, shrink)
    xy = grid(size, frame.device)
    x, _ = _pixel(carry(back, xy[:, :1]), size)
    _, y = _pixel(carry(back, xy[:, :, :1]), size)
    rows = _along(frame, 2, *_taps(y.flatten(), size[0], kernel, border, shrink))
    return _along(rows, 3, *_taps(x.flatten(), size[1], kernel, border, shrink))


def _gathered(frame: Tensor, xy: Tensor, kernel: Kernel, border: str, shrink: float) -> Tensor:
    """The frame at `xy`. One that shrinks a lot is first made smaller, since a wide kernel gathers a square of samples."""
    if shrink < MUCH:
        return kernel(frame, xy, border=border, shrink=shrink)
    height, width = frame.shape[-2:]
    small = (max(1, round(height / shrink)), max(1, round(width / shrink)))
    wider = torch.tensor((small[1] / small[0] * height / width, 1.0), device=xy.device)
    return kernel(resize(frame, small), xy * wider, border=border)


def looked_up(back: Move, size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """Where each pixel of a frame of (height, width) comes from, Coords [1, H, W, 2].

    Where lines bend, only every LATTICE-th pixel is followed, and the others lie on cubics between.
    """
    if not back.bends:
        return carry(back, grid(size, device))
    height, width = size
    nodes = [torch.arange(-1, side // LATTICE + 3, dtype=torch.float64) * LATTICE for side in size]
    y, x = (nodes[0] * 2 + 1) / height - 1, (nodes[1] * 2 + 1 - width) / height
    places = torch.stack((x.expand(len(y), len(x)), y[:, None].expand(len(y), len(x))))
    followed = carry(back, places.permute(1, 2, 0)).permute(2, 0, 1)
    down, across = (_between_nodes(side, len(places)) for side, places in zip(size, nodes, strict=True))
    return (down @ followed @ across.T).permute(1, 2, 0)[None].float().to(device)


def _between_nodes(pixels: int, nodes: int) -> Tensor:
    """[pixels, nodes]: each pixel as the cubic (Lagrange's) through the four nodes about it, the first one left of pixel 0."""
    place = torch.arange(pixels, dtype=torch.float64) / LATTICE + 1
    first, u = place.floor().long(), place % 1
    shares = (
        -u * (u - 1) * (u - 2) / 6,
        (u + 1) * (u - 1) * (u - 2) / 2,
        -(u + 1) * u * (u - 2) / 2,
        (u + 1) * u * (u - 1) / 6,
    )
    weights = torch.zeros(pixels, nodes, dtype=torch.float64)
    for offset, share in enumerate(shares, -1):
        weights[torch.arange(pixels), first + offset] = share
    return weights


def cover(move: Move, size: tuple[int, int], feather: float, device: torch.device | str = "cpu") -> Tensor:
    """[1, 1, H, W], or [1, 1, 1, 1] where it is 1 everywhere: whether a frame after `move` has picture.

    It falls to 0 over `feather` (frame heights) inside its edge.
    """
    back, xy = move.inverse, grid(size, device)
    corners = _inside(carry(back, xy[:, :: size[0] - 1, :: size[1] - 1]), size)
    if not back.bends and float(corners.min()) >= feather:  # then it is so everywhere: a frame is convex
        return torch.ones(1, 1, 1, 1, device=device)
    return (_inside(looked_up(back, size, device), size) / feather).clamp(0, 1)[:, None]


def _inside(xy: Tensor, size: tuple[int, int]) -> Tensor:
    """How far inside the frame's edge each place lies, in frame heights."""
    return torch.minimum(size[1] / size[0] - xy[..., 0].abs(), 1 - xy[..., 1].abs()) / 2


# ---- what lies beyond the edge: pixel indices folded back into 0..n-1


def _reflect(index: Tensor, n: int) -> Tensor:
    index = index.remainder(2 * n)
    return torch.minimum(index, 2 * n - 1 - index)


BORDERS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "reflect": _reflect,
    "wrap": lambda index, n: index.remainder(n),
    "replicate": lambda index, n: index.clamp(0, n - 1),
}


# ---- kernels


@dataclass(frozen=True)
class Kernel:
    """How a pixel is made of its neighbours.

    reach: samples on either side. weight: distance in samples -> weight. look: (frame, coords, border) -> frame, a quicker way
    to the same without `shrink`. Called as (frame, coords, border, shrink) -> frame; `shrink` (1 or more) widens the kernel
    where a move minifies.
    """

    reach: int
    weight: Callable[[Tensor], Tensor]
    look: Callable[[Tensor, Tensor, str], Tensor] | None = None

    def __call__(self, frame: Tensor, xy: Tensor, *, border: str = "reflect", shrink: float = 1.0) -> Tensor:
        """The frame [1, C, H, W] looked up at `xy` [1, h, w, 2]."""
        if self.look and shrink < 1.2:
            return self.look(frame, xy, border)
        _, channels, height, width = frame.shape
        pixels = frame[0].reshape(channels, -1).T.contiguous()
        x, y = (place.flatten() for place in _pixel(xy, (height, width)))
        blocks = [
            _gather(
                pixels,
                *_taps(x[i : i + BLOCK], width, self, border, shrink),
                *_taps(y[i : i + BLOCK], height, self, border, shrink),
                width,
            )
            for i in range(0, len(x), BLOCK)
        ]
        return torch.cat(blocks).T.reshape(1, channels, *xy.shape[1:3])


def _lanczos4(distance: Tensor) -> Tensor:
    near = distance.clamp(-4, 4)
    return torch.sinc(near) * torch.sinc(near / 4)


def _bicubic(distance: Tensor) -> Tensor:
    d, a = distance.abs(), -0.75
    inner = ((a + 2) * d - (a + 3)) * d * d + 1
    outer = a * (((d - 5) * d + 8) * d - 4)
    return torch.where(d <= 1, inner, torch.where(d < 2, outer, 0.0))


def _torch_bicubic(frame: Tensor, xy: Tensor, border: str) -> Tensor:
    height, width = frame.shape[-2:]
    place = torch.stack((xy[..., 0] * (height / width), xy[..., 1]), dim=-1)
    if border == "wrap":  # torch has no such padding: a rim of two pixels from the other side, and coordinates folded
        frame = F.pad(frame, (2, 2, 2, 2), mode="circular")
        rim = torch.tensor((width / (width + 4), height / (height + 4)), device=frame.device)
        place = ((place + 1).remainder(2) - 1) * rim
    padding = {"reflect": "reflection", "wrap": "border", "replicate": "border"}[border]
    return F.grid_sample(frame, place, mode="bicubic", padding_mode=padding, align_corners=False)


# For canvases: resampled once a tick for a thousand ticks, bilinear blurs them away and bicubic makes them ring.
lanczos4 = Kernel(4, _lanczos4)
# For frames between ticks, which are seen once and not fed back: a quarter of the samples, and crisp.
bicubic = Kernel(2, _bicubic, _torch_bicubic)


def _pixel(xy: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Coords as places in the picture, (x, y) in pixels."""
    height, width = size
    return (xy[..., 0] * height + (width - 1)) / 2, (xy[..., 1] * height + (height - 1)) / 2


def _taps(place: Tensor, n: int, kernel: Kernel, border: str, shrink: float) -> tuple[Tensor, Tensor]:
    """Indices [N, T] and normalised weights [N, T] of the samples that make up each place on one axis."""
    reach = ceil(kernel.reach * shrink)
    first = place.floor()
    offset = torch.arange(1 - reach, reach + 1, device=place.device, dtype=torch.int32)
    weight = kernel.weight(((place - first)[:, None] - offset) / shrink)
    return BORDERS[border](first.int()[:, None] + offset, n), weight / weight.sum(1, keepdim=True)


def _gather(pixels: Tensor, ix: Tensor, wx: Tensor, iy: Tensor, wy: Tensor, width: int) -> Tensor:
    """[N, C]: the weighted sum of every tap in y with every tap in x."""
    index = (iy[:, :, None] * width + ix[:, None, :]).flatten(1)
    weight = (wy[:, :, None] * wx[:, None, :]).flatten(1)
    return F.embedding_bag(index, pixels, per_sample_weights=weight, mode="sum")


def _along(frame: Tensor, axis: int, index: Tensor, weight: Tensor) -> Tensor:
    """One axis of the frame looked up by its taps [N, T]: a strip of the result is a matrix times a strip of the frame."""
    strips = []
    for near, share in zip(torch.split(index, STRIP), torch.split(weight, STRIP), strict=True):
        low = int(near.min())
        width = int(near.max()) + 1 - low
        matrix = torch.zeros(len(near), width, device=frame.device).scatter_add_(1, near.long() - low, share)
        part = frame.narrow(axis, low, width)
        strips.append(matrix @ part if axis == 2 else part @ matrix.T)
    return torch.cat(strips, axis)
