"""Receptive fields: (extractor, layers) -> how large the cells of a layer are and what they see, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from render.dream.network import Extractor, Network
from render.picture.rng import generator

STRIPS = (256, 1024)  # pixels: the width of the strips that a cell's field is measured on; a wider field counts as all
FURTHER = 448  # pixels by which a strip is lengthened, to see how many cells more there are: a multiple of all strides
CELLS = 4  # a layer has little to say about an octave of fewer cells a side
SPILL = 1e-6  # of a gradient's energy, that may lie past the reach of a cell that sees all
FARTHEST = 256  # pixels: the reach of such a cell at most


@dataclass(frozen=True)
class ReceptiveField:
    """What a cell of a layer sees of the picture. A size of 0 is all of it, a stride of 0 a layer that is one cell."""

    channels: int
    stride: int  # pixels from one cell to the next
    size: int  # pixels on a side that a cell sees
    reach: tuple[int, int] = field(default=(0, 0), compare=False)  # pixels before and after its first that count, all but SPILL

    def octave(self, network: Network) -> int:
        """The smallest side of an octave in which the layer has something to say, pixels."""
        return max(network.min_side, CELLS * self.stride)


def measure_fields(extract: Extractor, names: Sequence[str], min_side: int, device: torch.device) -> dict[str, ReceptiveField]:
    """The fields of layers: where in a strip of noise, `min_side` pixels high or more, a cell in the middle has a gradient."""
    fields: dict[str, ReceptiveField] = {}
    for strip in STRIPS:
        open_ended = [name for name in names if name not in fields or (fields[name].stride and not fields[name].size)]
        fields |= _on_strip(extract, open_ended, (max(64, min_side), strip), device) if open_ended else {}
    return fields


def _on_strip(
    extract: Extractor, names: Sequence[str], size: tuple[int, int], device: torch.device
) -> dict[str, ReceptiveField]:
    """The fields of layers as far as a strip of (height, width) shows them."""
    height, width = size
    picture = torch.rand(1, 3, height, width, generator=generator(0, "strip", width)).to(device).requires_grad_()
    with torch.enable_grad():
        activations = extract(picture)
    with torch.no_grad():
        longer = extract(torch.zeros(1, 3, height, width + FURTHER, device=device))
    fields = {}
    for name in names:
        _, channels, _, cells = activations[name].shape
        more = longer[name].shape[-1] - cells
        if not more:
            fields[name] = ReceptiveField(channels, 0, 0)
            continue
        stride, middle = round(FURTHER / more), cells // 2
        (slope,) = torch.autograd.grad(activations[name][..., middle].sum(), picture, retain_graph=True)
        columns, at = slope.abs().sum((0, 1, 2)).nonzero(), middle * stride
        first, last = int(columns.min()), int(columns.max())
        if first > 0 and last < width - 1:
            fields[name] = ReceptiveField(channels, stride, last - first + 1, (max(at - first, 0), last + 1 - at))
        else:
            fields[name] = ReceptiveField(channels, stride, 0, _reach(slope.cpu().double().square().sum((0, 1, 2)), at))
    return fields


def _reach(energy: Tensor, at: int) -> tuple[int, int]:
    """How far before and after a column all but SPILL of the energy of the columns lies."""
    spilt = energy.sum() * SPILL / 2
    before = at - int((energy[:at].cumsum(0) <= spilt).sum())
    after = len(energy) - at - int((energy[at:].flip(0).cumsum(0) <= spilt).sum())
    return min(before, FARTHEST), min(after, FARTHEST)
