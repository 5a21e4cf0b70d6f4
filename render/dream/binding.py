"""Bindings. A Binding is an objective that knows its network: what a film's settings ask of it at any moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from render.dream.garden import Bed as Bed
from render.dream.network import CLASSES, Activations, Network, every
from render.dream.objective import Objective, Weights
from render.errors import ConfigError
from render.moment import Moment


@dataclass(frozen=True)
class Binding:
    """What one term of a film's objective asks of its network."""

    objective_at: Callable[[Moment, Weights], Objective]  # (moment, weights of its garden) -> what it asks for
    kinds: int = 0  # how many grow in its garden; 0 where there is none
    bed: Callable[[Moment], Bed] | None = None  # its garden's settings at a moment


def always(objective: Objective) -> Binding:
    """The same at every moment."""
    return Binding(lambda moment, weights: objective)


def changing(objective_at: Callable[[Moment], Objective]) -> Binding:
    """Another at every moment."""
    return Binding(lambda moment, weights: objective_at(moment))


def channel_numbers(channels: Sequence[str | int], layer: str, network: Network, device: torch.device) -> list[int]:
    """Channels of a layer, written as names or numbers, as numbers. Raises ConfigError for those that the layer has not."""
    numbers = every(channels, lambda channel: network.channel(layer, channel))
    if layer == CLASSES:
        return numbers
    count, _ = layer_shape(layer, network, device)
    if wrong := [channel for channel in numbers if channel >= count]:
        raise ConfigError(
            f"is {' '.join(map(str, wrong))}, and {network.name}'s layer {layer} has channels 0 to {count - 1}", continues=True
        )
    return numbers


def layer_shape(layer: str, network: Network, device: torch.device) -> tuple[int, int]:
    """How many channels a layer has, and in how many places, tried with a blank picture."""
    if layer not in network.shapes:
        _, channels, height, width = blank_features(layer, network, device).shape
        network.shapes[layer] = channels, height * width
    return network.shapes[layer]


def blank_features(layer: str, network: Network, device: torch.device) -> torch.Tensor:
    """A layer's activations [1, C, h, w] for a small blank picture."""
    blank = torch.zeros(1, 3, 4 * network.min_side, 4 * network.min_side, device=device)
    with torch.no_grad():
        features: Activations = network.extractor([layer], device)(blank)
    return features[layer]
