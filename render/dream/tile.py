"""Tiles. A frame too large for the memory there is, looked at in overlapping tiles: (extractor, frame, tiling) -> activations.

The frame is looked at tile by tile and nothing of that is kept but the cells each tile answers for, which make maps of the
whole frame. Objectives see those, and are what they always are. When they ask for a gradient each tile is looked at once
more, as in checkpointing (Chen et al., arXiv 1604.06174) but across the picture instead of down the network, and what they
want of its cells is its part of the frame's gradient. That equals the whole frame's as far as the overlap holds what a cell
sees.

A layer that gives one answer for the whole picture gives the mean of the tiles' answers, and what is wanted of it changes in
each place what the tile there sees: the same, but for rims, where the answer is made of a mean over the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import ceil, lcm
from typing import Any

import torch
from torch import Tensor

from render.dream.network import Activations, Extractor
from render.dream.receptive import ReceptiveField

FULL = 0.8  # of its side that a tile takes of the frame; the rest is room for the grid to move in


@dataclass(frozen=True)
class Tiling:
    """How a frame is cut."""

    side: int  # pixels, of what a tile answers for at most; it sees more
    cells: Mapping[str, int]  # layer -> pixels a cell; 0 where it gives one answer for all
    overlap: tuple[int, int]  # pixels that a tile sees before and after its own
    min_side: int  # pixels that it sees at least

    @property
    def step(self) -> int:
        """Pixels from one place where a tile may begin to the next: there cells of all layers do."""
        return lcm(*(cell or 1 for cell in self.cells.values()))


@dataclass(frozen=True)
class Span:
    """A tile along one axis. It sees pixels `first` to `last`, and answers for `begin` to `end`; None is the frame's end."""

    first: int
    last: int
    begin: int
    end: int | None

    def own(self, cell: int = 1) -> slice:
        """What it answers for, in cells of the frame."""
        return slice(self.begin // cell, None if self.end is None else self.end // cell)

    def within(self, cell: int = 1) -> slice:
        """The same, in cells of what it sees."""
        return slice((self.begin - self.first) // cell, None if self.end is None else (self.end - self.first) // cell)


Tile = tuple[Span, Span]  # down and right


def tiling(side: int, fields: Mapping[str, ReceptiveField], min_side: int) -> Tiling:
    """Tiles of that side, overlapping as far as the layers look whose `fields` are given.

    Twice as far if one has no cells: its answer is made of all that a tile sees, and none of that may be near a rim.
    """
    cells = {layer: field.stride for layer, field in fields.items()}
    far = 1 if all(cells.values()) else 2
    before, after = (far * max(field.reach[end] for field in fields.values()) for end in (0, 1))
    return Tiling(side, cells, (before, after), min_side)


def extract_tiled(
    extract: Extractor, frame: Tensor, layers: Sequence[str], tiling: Tiling | None, phase: tuple[float, float]
) -> Activations:
    """The activations of those layers for a frame [1, 3, H, W]. phase: 0..1, how far down and right the grid is moved."""
    if tiling is None or max(frame.shape[2:]) <= tiling.side:
        return extract(frame)
    tiles = list(product(*(spans(side, tiling, moved) for side, moved in zip(frame.shape[2:], phase, strict=True))))
    return dict(zip(layers, _Mosaic.apply(frame, extract, layers, tiling.cells, tiles), strict=True))


def spans(length: int, tiling: Tiling, phase: float) -> list[Span]:
    """A side of a frame cut into equal parts that cover it once; the grid is moved as `phase` says, 0.5 not at all."""
    count = ceil(length / (FULL * tiling.side)) if length > tiling.side else 1
    each, step = length / count, tiling.step
    moved = (2 * phase - 1) * min(tiling.side - each, each / 2)
    cuts = [0, *(step * round((i * each + moved) / step) for i in range(1, count)), length]
    return [_span(begin, end, length, tiling) for begin, end in pairwise(cuts)]


def _span(begin: int, end: int, length: int, tiling: Tiling) -> Span:
    before, after = tiling.overlap
    last = min(length, max(end + after, tiling.min_side))
    last = length - (length - last) // tiling.step * tiling.step  # a rest like the frame's: some networks pad by that
    first = max(0, min(begin - before, last - tiling.min_side))
    return Span(first // tiling.step * tiling.step, last, begin, None if end == length else end)


class _Mosaic(torch.autograd.Function):
    """The maps of a frame, put together from its tiles."""

    @staticmethod
    def forward(
        ctx: Any, frame: Tensor, extract: Extractor, layers: Sequence[str], cells: Mapping[str, int], tiles: Sequence[Tile]
    ) -> Any:
        ctx.save_for_backward(frame)
        ctx.set_materialize_grads(False)
        ctx.extract, ctx.layers, ctx.cells, ctx.tiles = extract, layers, cells, tiles
        area, maps = sum(map(_area, tiles)), dict[str, Tensor]()
        for tile in reversed(tiles):  # the last one knows where the maps end
            activations = extract(_part(frame, tile))
            for layer in layers:
                if cell := cells[layer]:
                    whole = maps.setdefault(layer, _blank(activations[layer], tile, cell))
                    _own(whole, tile, cell).copy_(_within(activations[layer], tile, cell))
                else:
                    maps[layer] = maps.get(layer, 0) + activations[layer] * (_area(tile) / area)
        return tuple(maps[layer] for layer in layers)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        (frame,) = ctx.saved_tensors
        slopes = {layer: slope for layer, slope in zip(ctx.layers, gradients, strict=True) if slope is not None}
        total = torch.zeros_like(frame)
        for tile in ctx.tiles:
            _add(total, frame, tile, ctx.extract, slopes, ctx.cells)
        return total, None, None, None, None


def _add(
    total: Tensor, frame: Tensor, tile: Tile, extract: Extractor, slopes: Mapping[str, Tensor], cells: Mapping[str, int]
) -> None:
    """Add to the frame's gradient what comes of one tile. slopes: the gradients of the whole frame's activations."""
    part, share = _part(frame, tile).detach().requires_grad_(), _area(tile) / frame[0, 0].numel()
    with torch.enable_grad():
        maps = extract(part)
        with_cells = [layer for layer in slopes if cells[layer]]
        answers = [_within(maps[layer], tile, cells[layer]) for layer in with_cells]
    whole = [layer for layer in slopes if not cells[layer]]
    if with_cells:
        wanted = [_own(slopes[layer], tile, cells[layer]) for layer in with_cells]
        _part(total, tile).add_(_slope(answers, wanted, part, again=bool(whole)))
    if whole:
        wanted = [slopes[layer] * share for layer in whole]
        _own(total, tile).add_(_within(_slope([maps[layer] for layer in whole], wanted, part), tile))


def _slope(activations: Sequence[Tensor], slopes: Sequence[Tensor], part: Tensor, again: bool = False) -> Tensor:
    """The gradient of a tile by those of its activations. again: they will be needed once more."""
    (slope,) = torch.autograd.grad(activations, part, slopes, retain_graph=again)
    return slope


def _area(tile: Tile) -> int:
    """Pixels that a tile sees."""
    down, right = tile
    return (down.last - down.first) * (right.last - right.first)


def _part(frame: Tensor, tile: Tile) -> Tensor:
    """What a tile sees."""
    down, right = tile
    return frame[..., down.first : down.last, right.first : right.last]


def _own(whole: Tensor, tile: Tile, cell: int = 1) -> Tensor:
    """The cells of the frame that a tile answers for."""
    down, right = tile
    return whole[..., down.own(cell), right.own(cell)]


def _within(part: Tensor, tile: Tile, cell: int = 1) -> Tensor:
    """The same cells, of what the tile sees."""
    down, right = tile
    return part[..., down.within(cell), right.within(cell)]


def _blank(part: Tensor, tile: Tile, cell: int) -> Tensor:
    """Room for a map of the frame, of whose last tile the part is given."""
    down, right = tile
    size = (1, part.shape[1], down.first // cell + part.shape[2], right.first // cell + part.shape[3])
    return torch.empty(size, dtype=part.dtype, device=part.device, memory_format=torch.channels_last)
