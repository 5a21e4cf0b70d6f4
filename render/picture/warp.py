"""Warps. A warp is Coords [1, H, W, 2]: for each pixel of the result, where in the picture (x, y) it comes from.

Coords have their centre at 0; y runs from -1 at the top edge to 1 at the bottom edge, x in the same unit, so that turning
is isotropic. The same field serves the camera and optical flow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, pi

import torch
import torch.nn.functional as F
from torch import Tensor

from render.picture.picture import numbers, resize

SHRINKS_MUCH = 2.0  # times smaller
LATTICE = 4  # pixels between the places that are followed along a move that bends
NEAR = 1e-3  # Coords about the middle, where a move is taken for affine
BLOCKS = {"cpu": 1 << 14}  # pixels gathered at once: what they need stays in the cache
MANY = 1 << 20  # elsewhere: each call costs, and what so many need takes less than a GiB


def grid(size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """The Coords of a picture of (height, width) at rest."""
    height, width = size
    y = (torch.arange(height, device=device, dtype=torch.float32) * 2 + 1) / height - 1
    x = ((torch.arange(width, device=device, dtype=torch.float32) * 2 + 1) - width) / height
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)), dim=-1)[None]


@dataclass(frozen=True)
class Move:
    """Where the camera takes what it sees, Coords -> Coords."""

    matrix: Tensor  # float64 [3, 3], projective; the identity, and meaningless, where `forth` is given
    forth: Callable[[Tensor], Tensor] | None = None  # Coords [..., 2] -> Coords, where no matrix can say it
    back: Callable[[Tensor], Tensor] | None = None  # the inverse of `forth`

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
        undone, before_undone = self.inverse, before.inverse
        return Move(STILL, lambda xy: carry(self, carry(before, xy)), lambda xy: carry(before_undone, carry(undone, xy)))


STILL = torch.eye(3, dtype=torch.float64)


def carry(move: Move, xy: Tensor) -> Tensor:
    """Coords (any [..., 2]) taken along by the move."""
    if move.forth:
        return move.forth(xy)
    matrix = move.matrix.to(xy, non_blocking=True)
    moved = xy @ matrix[:2, :2].T + matrix[:2, 2]
    if not move.matrix[2, :2].any():
        return moved
    return moved / (xy @ matrix[2, :2] + matrix[2, 2])[..., None]


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


def move_frame(frame: Tensor, move: Move, *, kernel: Kernel, border: str) -> Tensor:
    """The frame after the move: each pixel is looked up where it was before.

    A move that does not turn looks up rows, then columns: the same sum, several times as fast.
    """
    back = move.inverse
    size, shrink = (frame.shape[-2], frame.shape[-1]), max(1.0, scale(back))
    if back.turns:
        return _gather_frame(frame, source_coords(back, size, frame.device), kernel, border, shrink)
    across, down = _straight(back, grid(size, frame.device))
    x, y = _pixel(across, down, size)
    rows = _down(frame, *_taps(y.flatten(), size[0], kernel, border, shrink))
    columns = rows.transpose(2, 3).contiguous()
    return _down(columns, *_taps(x.flatten(), size[1], kernel, border, shrink)).transpose(2, 3).contiguous()


def _gather_frame(frame: Tensor, xy: Tensor, kernel: Kernel, border: str, shrink: float) -> Tensor:
    """The frame at `xy`. One that shrinks a lot is first made smaller, since a wide kernel gathers a square of samples."""
    if shrink < SHRINKS_MUCH:
        return kernel(frame, xy, border=border, shrink=shrink)
    height, width = frame.shape[-2:]
    small = (max(1, round(height / shrink)), max(1, round(width / shrink)))
    wider = numbers((small[1] / small[0] * height / width, 1.0), xy.device)
    return kernel(resize(frame, small), xy * wider, border=border)


def source_coords(back: Move, size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """Where each pixel of a frame of (height, width) comes from, Coords [1, H, W, 2].

    Where lines bend, only every LATTICE-th pixel is followed, and the others lie on cubics between.
    """
    if not back.bends:
        return carry(back, grid(size, device))
    height, width = size
    nodes = [torch.arange(-1, side // LATTICE + 3, dtype=torch.float64) * LATTICE for side in size]
    y, x = (nodes[0] * 2 + 1) / height - 1, (nodes[1] * 2 + 1 - width) / height
    places = torch.stack((x.expand(len(y), len(x)), y[:, None].expand(len(y), len(x))))
    followed = carry(back, places.permute(1, 2, 0)).permute(2, 0, 1).to(device, non_blocking=True)
    down, across = (
        _between_nodes(side, len(places)).to(device, non_blocking=True) for side, places in zip(size, nodes, strict=True)
    )
    return (down @ followed @ across.T).permute(1, 2, 0)[None].float()


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


def coverage(move: Move, size: tuple[int, int], feather: float, device: torch.device | str = "cpu") -> Tensor:
    """[1, 1, H, W], or [1, 1, 1, 1] where it is 1 everywhere: whether a frame after `move` has picture.

    It falls to 0 over `feather` (frame heights) inside its edge.
    """
    back = move.inverse
    if not back.bends and _corners_inside(back, size) >= feather:
        return torch.ones(1, 1, 1, 1, device=device)
    x, y = source_coords(back, size, device).unbind(-1) if back.turns else _straight(back, grid(size, device))
    return (_inside(x, y, size) / feather).clamp(0, 1)[:, None]


def covers(move: Move, size: tuple[int, int]) -> bool:
    """Whether a frame after `move` has picture everywhere."""
    back = move.inverse
    if back.bends:
        x, y = source_coords(back, size).unbind(-1)
        return float(_inside(x, y, size).min()) > 0
    return _corners_inside(back, size) > 0


def _corners_inside(back: Move, size: tuple[int, int]) -> float:
    """How far inside the frame's edge its outermost corner comes from, frame heights. A frame is convex: all else lies deeper.

    Reckoned without the device, which is far behind with what it was asked for.
    """
    height, width = size
    y = (torch.tensor((0.0, height - 1)) * 2 + 1) / height - 1
    x = (torch.tensor((0.0, width - 1)) * 2 + 1 - width) / height
    x, y = carry(back, torch.cartesian_prod(x, y)).unbind(-1)
    return float(_inside(x, y, size).min())


def _inside(x: Tensor, y: Tensor, size: tuple[int, int]) -> Tensor:
    """How far inside the frame's edge each place lies, in frame heights."""
    return torch.minimum(size[1] / size[0] - x.abs(), 1 - y.abs()) / 2


def _straight(back: Move, xy: Tensor) -> tuple[Tensor, Tensor]:
    """Where a move that does not turn looks up the Coords `xy` of a frame: x of columns [1, 1, W], y of rows [1, H, 1]."""
    return carry(back, xy[:, :1])[..., 0], carry(back, xy[:, :, :1])[..., 1]


# ---- what lies beyond the edge: pixel indices folded back into 0..n-1


def _reflect(index: Tensor, n: int) -> Tensor:
    index = index.remainder(2 * n)
    return torch.minimum(index, 2 * n - 1 - index)


BORDERS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "reflect": _reflect,
    "wrap": lambda index, n: index.remainder(n),
    "replicate": lambda index, n: index.clamp(0, n - 1),
}


def _reflect_place(place: Tensor, n: int, reach: int) -> Tensor:
    folded = n - 0.5 - ((place + 0.5).remainder(2 * n) - n).abs()
    return torch.where((place < -0.5) | (place > n - 0.5), folded, place)


FOLDS: dict[str, Callable[[Tensor, int, int], Tensor]] = {  # the same for places; a rim twice as wide as `reach` holds them
    "reflect": _reflect_place,
    "wrap": lambda place, n, reach: torch.where((place < 0) | (place >= n), place.remainder(n), place).clamp(0, n),
    "replicate": lambda place, n, reach: place.clamp(-reach, n - 1 + reach),
}


# ---- kernels


@dataclass(frozen=True)
class Kernel:
    """How a pixel is made of its neighbours.

    Called as (frame, coords, border, shrink) -> frame; `shrink` (1 or more) widens the kernel where a move minifies.
    """

    reach: int  # samples on either side
    weight: Callable[[Tensor], Tensor]  # distance in samples -> weight
    look: Callable[[Tensor, Tensor, str], Tensor] | None = None  # (frame, coords, border) -> frame: quicker, without `shrink`

    def __call__(self, frame: Tensor, xy: Tensor, *, border: str = "reflect", shrink: float = 1.0) -> Tensor:
        """The frame [1, C, H, W] looked up at `xy` [1, h, w, 2]."""
        if self.look and shrink < 1.2:
            return self.look(frame, xy, border)
        channels, size = frame.shape[1], (frame.shape[2], frame.shape[3])
        reach = ceil(self.reach * shrink)
        rows, width = _rows(frame, border, reach)
        across, down = xy.flatten(0, 2).unbind(-1)
        x, y = _pixel(across, down, size)
        x, y = FOLDS[border](x, size[1], reach), FOLDS[border](y, size[0], reach)
        block = BLOCKS.get(x.device.type, MANY)
        blocks = [
            _gather(rows, width, *_window(x[i : i + block], self, shrink), *_window(y[i : i + block], self, shrink), 2 * reach)
            for i in range(0, len(x), block)
        ]
        return torch.cat(blocks).T.reshape(1, channels, *xy.shape[1:3])


def _lanczos4(distance: Tensor) -> Tensor:
    x = distance.abs().clamp(1e-9, 4) * pi
    return 4 * x.sin() * (x / 4).sin() / (x * x)  # torch.sinc takes eight times as long


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
        rim = numbers((width / (width + 4), height / (height + 4)), frame.device)
        place = ((place + 1).remainder(2) - 1) * rim
    padding = {"reflect": "reflection", "wrap": "border", "replicate": "border"}[border]
    return F.grid_sample(frame, place, mode="bicubic", padding_mode=padding, align_corners=False)


# For canvases: resampled once a tick for a thousand ticks, bilinear blurs them away and bicubic makes them ring.
lanczos4 = Kernel(4, _lanczos4)
# For frames between ticks, which are seen once and not fed back: a quarter of the samples, and crisp.
bicubic = Kernel(2, _bicubic, _torch_bicubic)


def _pixel(x: Tensor, y: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Coords as places in the picture, (x, y) in pixels."""
    height, width = size
    return (x * height + (width - 1)) / 2, (y * height + (height - 1)) / 2


def _taps(place: Tensor, n: int, kernel: Kernel, border: str, shrink: float) -> tuple[Tensor, Tensor]:
    """Indices [N, T] and normalised weights [N, T] of the samples that make up each place on one axis."""
    first, weight = _window(place, kernel, shrink)
    offset = torch.arange(weight.shape[1], device=place.device, dtype=torch.int32)
    return BORDERS[border](first[:, None] + offset, n), weight


def _rows(frame: Tensor, border: str, reach: int) -> tuple[Tensor, int]:
    """[N, T * C]: each pixel with those right of it that a kernel sees, side by side; and how many pixels make a line.

    About the frame lies a rim, twice as wide as the kernel's reach, of what the border rule says.
    """
    rim, taps, channels = 2 * reach, 2 * reach, frame.shape[1]
    y, x = (BORDERS[border](torch.arange(-rim, n + rim, device=frame.device), n) for n in frame.shape[2:])
    pixels = frame[0].index_select(1, y).index_select(2, x).permute(1, 2, 0).flatten()
    rows = pixels.as_strided((len(y) * len(x) - taps + 1, taps * channels), (channels, 1))
    return rows.contiguous(), len(x)


def _window(place: Tensor, kernel: Kernel, shrink: float) -> tuple[Tensor, Tensor]:
    """Of each place on one axis: its first sample [N], and the normalised weights [N, T] of the samples from there on."""
    reach, before = ceil(kernel.reach * shrink), place.floor()
    offset = torch.arange(1 - reach, reach + 1, device=place.device)
    weight = kernel.weight(((place - before)[:, None] - offset) / shrink)
    return before.int() + (1 - reach), weight / weight.sum(1, keepdim=True)


def _gather(rows: Tensor, width: int, x: Tensor, wx: Tensor, y: Tensor, wy: Tensor, rim: int) -> Tensor:
    """[N, C]: the weighted sums of square windows, first of their rows as they lie in memory, then within them.

    x, y: their first samples, counted from the frame's edge; `rim` samples before that `rows` begin.
    """
    taps = wx.shape[1]
    lines = (torch.arange(taps, device=y.device, dtype=torch.int32) + rim) * width + rim
    summed = F.embedding_bag((y * width + x)[:, None] + lines, rows, per_sample_weights=wy, mode="sum")
    return torch.bmm(wx[:, None], summed.view(len(x), taps, -1))[:, 0]


def _down(frame: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """The frame's rows looked up by their taps [N, T]: each new row is a weighted sum of some."""
    _, channels, height, width = frame.shape
    first = torch.arange(channels, device=frame.device, dtype=index.dtype) * height
    taps = (first[:, None, None] + index).flatten(0, 1)
    rows = F.embedding_bag(taps, frame.reshape(-1, width), per_sample_weights=weight.repeat(channels, 1), mode="sum")
    return rows.view(1, channels, -1, width)
