"""Listings. What can be asked of a network, as lines of text: (network) -> lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

import torch

from render.dream.network import Network
from render.picture.chance import generator

CPU = torch.device("cpu")
STRIPS = (256, 1024)  # pixels: the width of the strips that a cell's field is measured on; a wider field counts as all
CELLS = 4  # a layer has little to say about an octave of fewer cells a side


@dataclass(frozen=True)
class Field:
    """What a layer is made of: channels, and in pixels the side of a cell, and of what it sees; 0 is the whole picture."""

    channels: int
    cell: int
    sees: int

    def octave(self, network: Network) -> int:
        """The smallest side of an octave in which the layer has something to say, pixels."""
        return max(network.least, CELLS * self.cell)


def layers(network: Network, query: str = "") -> Iterator[str]:
    """Each layer, shallow to deep: name, channels, pixels a cell, pixels it sees, safe octave, a word on what it gives.

    query: lists those whose name holds it; of networks that have many, only blocks are listed without.
    """
    names = [name for name in network.layers if query in name] if query else list(network.blocks or network.layers)
    if not names:
        return
    fields, width = measured(network, names), max(map(len, names))
    also = {layer: alias for alias, layer in (network.aliases or {}).items()}
    yield f"{'':3}  {'layer':{width}}  channels  a cell    sees  octave from"
    for depth, name in enumerate(names, 1):
        field, note = fields[name], (network.notes or {}).get(name, "")
        spans = "  ".join(f"{f'{side} px' if side else 'all':>6}" for side in (field.cell, field.sees))
        words = "  ".join(filter(None, (f"({also[name]})" if name in also else "", note)))
        yield f"{depth:3}  {name:{width}}  {field.channels:8}  {spans}  {field.octave(network):8} px  {words}".rstrip()
    if not query and (inner := len(network.layers) - len(names)):
        yield f"and {inner} more inside them; `render layers {network.name} WORD` lists those with WORD in their names"


def measured(network: Network, names: Sequence[str], device: torch.device = CPU) -> dict[str, Field]:
    """The fields of layers, measured: where in a strip of noise a cell in the middle has a gradient."""
    fields: dict[str, Field] = {}
    for strip in STRIPS:
        open_ended = [name for name in names if name not in fields or (fields[name].cell and not fields[name].sees)]
        fields |= _on_strip(network, open_ended, strip, device) if open_ended else {}
    return fields


def _on_strip(network: Network, names: Sequence[str], width: int, device: torch.device) -> dict[str, Field]:
    height = max(64, network.least)
    picture = torch.rand(1, 3, height, width, generator=generator(0, "strip", width)).to(device).requires_grad_()
    seen = network.see(names, device)(picture)
    fields = {}
    for name in names:
        _, channels, _, cells = seen[name].shape
        (slope,) = torch.autograd.grad(seen[name][..., cells // 2].sum(), picture, retain_graph=True)
        columns = slope.abs().sum((0, 1, 2)).nonzero()
        first, last = int(columns.min()), int(columns.max())
        sees = last - first + 1 if first > 0 and last < width - 1 else 0
        # Without padding a map is a little smaller than its share of the picture.
        fields[name] = Field(channels, 2 ** round(log2(width / cells)), sees) if cells > 1 else Field(channels, 0, 0)
    return fields


def classes(network: Network, query: str) -> Iterator[str]:
    """Each class whose label holds the query: its number and label."""
    for number, label in enumerate(network.labels):
        if query.lower() in label.lower():
            yield f"{number:5}  {label}"
