"""Listings. What can be asked of a network, as lines of text: (network) -> lines."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from render.dream.network import Network


def layers(network: Network) -> Iterator[str]:
    """Each layer, shallow to deep: its name, channels, how many pixels a cell is, and a word on what it gives."""
    side = 4 * network.least
    device = torch.device("cpu")
    with torch.no_grad():
        seen = network.see(network.layers, device)(torch.zeros(1, 3, side, side))
    also = {layer: alias for alias, layer in (network.aliases or {}).items()}
    width = max(map(len, network.layers))
    yield f"{'layer':{width}}  channels  pixels a cell"
    for name in network.layers:
        _, channels, height, _ = seen[name].shape
        note = (network.notes or {}).get(name, "")
        alias = f"  (also: {also[name]})" if name in also else ""
        cell = "all" if height == 1 else str(round(side / height))
        yield f"{name:{width}}  {channels:8}  {cell:>13}  {note}{alias}".rstrip()


def classes(network: Network, query: str) -> Iterator[str]:
    """Each class whose label holds the query: its number and label."""
    for number, label in enumerate(network.labels):
        if query.lower() in label.lower():
            yield f"{number:5}  {label}"
