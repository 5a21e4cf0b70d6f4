"""Objectives. An Objective is the layers it needs and a score: (activations, view) -> how much of the wanted is there.

A score's size does not matter: its gradient is brought to unit rms before objectives are mixed. To add an objective, write its
function here and give it a row in `config/model.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from render.dream.network import CLASSES, Activations, Network

View = Callable[[int, int], Tensor]  # (h, w) of an activation map -> Coords [1, h, w, 2] of the canvas its cells look at
Weights = Callable[[Tensor], Tensor]  # Coords [1, h, w, 2] -> weights [1, K, h, w]


@dataclass(frozen=True)
class Objective:
    """What a network is asked for."""

    layers: tuple[str, ...]
    score: Callable[[Activations, View], Tensor]


def layer(network: Network, name: str) -> Objective:
    """Whatever the layer sees, more of it (Inceptionism, 2015).

    Departs from the article's mean square, in which the loudest channel takes the whole picture. Where the network knows its
    channels' usual deviations, all that is above the usual counts alike, everywhere; else the channels' rms are summed, so
    that each counts by what it is. A film then keeps more kinds at once, and finds new ones.
    """
    loudness = _above_the_usual if name in (network.statistics or {}) else _rms
    return Objective((name,), lambda seen, view: loudness(_normal(network, name, seen[name])))


def channels(network: Network, name: str, indices: Sequence[int]) -> Objective:
    """More of these channels of a layer."""
    return Objective((name,), lambda seen, view: _normal(network, name, seen[name])[:, list(indices)].mean())


def classes(network: Network, indices: Sequence[int]) -> Objective:
    """More of these classes, and less of all others: logit - 0.1 logsumexp, which keeps one class from being many."""

    def score(seen: Activations, view: View) -> Tensor:
        logits = seen[CLASSES].mean((2, 3))
        return logits[:, list(indices)].mean() - 0.1 * logits.logsumexp(1).mean()

    return Objective((CLASSES,), score)


def garden(network: Network, name: str, indices: Sequence[int], weights: Weights) -> Objective:
    """Every region its own kind: the channels or classes `indices` of a layer, each counted where `weights` says."""

    def score(seen: Activations, view: View) -> Tensor:
        kinds = _normal(network, name, seen[name])[:, list(indices)]
        return (weights(view(kinds.shape[-2], kinds.shape[-1])) * kinds).sum(1).mean()

    return Objective((name,), score)


def _above_the_usual(activations: Tensor) -> Tensor:
    return activations.relu().mean()


def _rms(activations: Tensor) -> Tensor:
    """The mean over channels of each one's rms, kept off zero, where a root has no slope."""
    power = activations.square().mean((0, 2, 3))
    return (power + 1e-6 * power.detach().mean() + 1e-12).sqrt().mean()


def _normal(network: Network, name: str, activations: Tensor) -> Tensor:
    """Each channel in units of its own deviation over natural pictures, where the network knows them."""
    if network.statistics is None or name not in network.statistics:
        return activations
    mean, std = network.statistics[name]
    return (activations - mean[:, None, None]) / std[:, None, None]
