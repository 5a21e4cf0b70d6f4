"""Receptive fields: (extractor, layers) -> how large the cells of a layer are and what they see, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from render.dream.network import Extractor, Network
from render.picture.rng import generator

STRIPS = (256, 1024)  # pixels: the width of the strips that a cell's field is measured on; a wider field counts as all
FURTHER = 448  # pixels by which a strip is lengthened to count cells: a multiple of all sides that cells have
CELLS = 4  # a layer has little to say about an octave of fewer cells a side
SPILL = 1e-6  # of a gradient's energy, that may lie past the reach of a cell that sees all
FARTHEST = 256  # pixels: the reach of such a cell at most


@dataclass(frozen=True)
class ReceptiveField:
    """What a cell of a layer sees of the picture. A size of 0 is all of it, a stride of 0 a layer that is one cell."""

    channels: int
    stride: int  # pixels from one cell to the next
    size: int  # pixels on a side that a cell sees
    reach: tuple[int, int] = field(default=(0, 0), compare=False)  # how far before and after its first pixel, to speak of

    def octave(self, network: Network) -> int:
        """The smallest side of an octave in which the layer has something to say, pixels."""
        return max(network.min_side, CELLS * self.stride)


def measure_fields(extract: Extractor, names: Sequence[str], min_side: int, device: torch.device) -> dict[str, ReceptiveField]:
    """The fields of layers: where in a strip of noise, `min_side` pixels high or more, a cell in the middle has a gradient."""
    found: dict[str, ReceptiveField] = {}
    for strip in STRIPS:
        open_ended = [name for name in names if name not in found or (found[name].stride and not found[name].size)]
        found |= _on_strip(extract, open_ended, (max(64, min_side), strip), device) if open_ended else {}
    return found


def _on_strip(
    extract: Extractor, names: Sequence[str], size: tuple[int, int], device: torch.device
) -> dict[str, ReceptiveField]:
    height, width = size
    picture = torch.rand(1, 3, height, width, generator=generator(0, "strip", width)).to(device).requires_grad_()
    with torch.enable_grad():
        seen = extract(picture)
    with torch.no_grad():
        longer = extract(torch.zeros(1, 3, height, width + FURTHER, device=device))
    found = {}
    for name in names:
        _, channels, _, cells = seen[name].shape
        more = longer[name].shape[-1] - cells
        if not more:
            found[name] = ReceptiveField(channels, 0, 0)
            continue
        cell, middle = round(FURTHER / more), cells // 2
        (slope,) = torch.autograd.grad(seen[name][..., middle].sum(), picture, retain_graph=True)
        columns = slope.abs().sum((0, 1, 2)).nonzero()
        first, last = int(columns.min()), int(columns.max())
        if first > 0 and last < width - 1:
            found[name] = ReceptiveField(
                channels, cell, last - first + 1, (max(middle * cell - first, 0), last + 1 - middle * cell)
            )
        else:
            found[name] = ReceptiveField(
                channels, cell, 0, _to_speak_of(slope.cpu().double().square().sum((0, 1, 2)), middle * cell)
            )
    return found


def _to_speak_of(energy: Tensor, at: int) -> tuple[int, int]:
    """How far before and after a column all but SPILL of the energy of the columns lies."""
    spilt = energy.sum() * SPILL / 2
    before = at - int((energy[:at].cumsum(0) <= spilt).sum())
    after = len(energy) - at - int((energy[at:].flip(0).cumsum(0) <= spilt).sum())
    return min(before, FARTHEST), min(after, FARTHEST)
