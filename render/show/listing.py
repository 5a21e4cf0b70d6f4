"""Listings. What can be asked of a network, as lines of text: (network) -> lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

import torch

from render.dream.network import Network
from render.dream.receptive import ReceptiveField, measure_fields

CPU = torch.device("cpu")


def layers(network: Network, query: str = "") -> Iterator[str]:
    """Each layer, shallow to deep: name, channels, pixels a cell, pixels it sees, safe octave, a word on what it gives.

    query: lists those whose name holds it, and names of their channels; of networks that have many layers, only blocks are
    listed without.
    """
    names = [name for name in network.layers if query in name] if query else list(network.blocks or network.layers)
    if not names:
        return
    fields, width = fields_of(network, names), max(map(len, names))
    aliases = {layer: alias for alias, layer in (network.aliases or {}).items()}
    yield f"{'':3}  {'layer':{width}}  channels  a cell    sees  octave from"
    for depth, name in enumerate(names, 1):
        field, note = fields[name], (network.notes or {}).get(name, "")
        spans = "  ".join(f"{f'{side} px' if side else 'all':>6}" for side in (field.stride, field.size))
        words = "  ".join(filter(None, (f"({aliases[name]})" if name in aliases else "", note)))
        yield f"{depth:3}  {name:{width}}  {field.channels:8}  {spans}  {field.octave(network):8} px  {words}".rstrip()
        if query and (channels := (network.channels or {}).get(name)):
            yield from wrap(", ".join(channels), 110, initial_indent=f"{'':5}channels: ", subsequent_indent=f"{'':15}")
    if not query and (inner := len(network.layers) - len(names)):
        yield f"and {inner} more inside them; `render layers {network.name} WORD` lists those with WORD in their names"


def fields_of(network: Network, names: Sequence[str], device: torch.device = CPU) -> dict[str, ReceptiveField]:
    """The fields of layers of a network."""
    return measure_fields(network.extractor(names, device), names, network.min_side, device)


def classes(network: Network, query: str) -> Iterator[str]:
    """Each class whose label holds the query: its number and label."""
    for number, label in enumerate(network.labels):
        if query.lower() in label.lower():
            yield f"{number:5}  {label}"
