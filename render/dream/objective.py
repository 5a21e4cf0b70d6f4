"""Objectives. An Objective is the layers it needs and a score: (activations, view) -> how much of the wanted is there.

A score's size does not matter: its gradient is brought to unit rms before objectives are mixed. parts/objectives.py has the
settings of these, and is where one is added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream.network import CLASSES, Activations, Network
from render.dream.view import View
from render.picture.picture import numbers

RIVALRY = 0.5  # how firmly a class is told from those that are like it
PARTS = 1024  # of a guide, at most, that a place is compared with
BLOCK = 4096  # places that are compared with them at once
REGIONS = 5  # down a frame: in each of them a layer dreams what is loudest there
FIRMNESS = 6.0  # of their choice; 0 would let all channels count alike
ENOUGH = 2.0  # usual deviations above the usual, near which more of a channel counts ever less
Weights = Callable[[Tensor], Tensor]  # Coords [1, h, w, 2] -> weights [1, K, h, w]


@dataclass(frozen=True)
class Objective:
    """What a network is asked for. mask: [1, 1, H, W], how much it counts in each place; None is 1 everywhere."""

    layers: tuple[str, ...]
    score: Callable[[Activations, View], Tensor]
    mask: Tensor | None = None


def layer(network: Network, name: str) -> Objective:
    """Whatever the layer sees, more of it (Inceptionism, 2015).

    Departs from the article's mean square, in which the loudest channel takes the whole picture. Where the network knows its
    channels' usual deviations, every region of the picture grows the channels that are louder there than elsewhere; else the
    channels' rms are summed, so that each counts by what it is. A film then keeps more kinds at once, and finds new ones.
    """
    loudness = _by_regions if name in (network.statistics or {}) else _rms
    return Objective((name,), lambda activations, view: loudness(normalize(network, name, activations[name])))


def channels(network: Network, name: str, indices: Sequence[int]) -> Objective:
    """More of these channels of a layer."""
    return Objective((name,), lambda activations, view: _some(normalize(network, name, activations[name]), indices).mean())


def classes(network: Network, indices: Sequence[int]) -> Objective:
    """More of these classes, and less of what comes nearest to them: logit - 0.5 logsumexp of the others.

    A bare logit grows with all that is somewhat like it, and a loosely drawn fig is a pomegranate, too.
    """
    rivals = [index for index in range(len(network.labels)) if index not in set(indices)]

    def score(activations: Activations, view: View) -> Tensor:
        logits = activations[CLASSES].mean((2, 3))
        nearest = _some(logits, rivals).logsumexp(1).mean() if rivals else 0.0
        return _some(logits, indices).mean() - RIVALRY * nearest

    return Objective((CLASSES,), score)


def guide(network: Network, name: str, picture: Tensor) -> Objective:
    """What a picture shows: every place comes nearer to the part of the picture that it is most like already.

    picture: [1, C, h, w], the layer's activations for it. The likeness is the dot product, as in google/deepdream's
    notebook (2015), where the best match is the gradient itself; a score whose slope it is says the same.
    """
    parts = normalize(network, name, picture).flatten(2)[0]
    parts = parts[:, :: -(-parts.shape[1] // PARTS)]

    def score(activations: Activations, view: View) -> Tensor:
        places = normalize(network, name, activations[name]).flatten(2)[0]
        with torch.no_grad():
            best = torch.cat([(some.T @ parts).argmax(1) for some in torch.split(places, BLOCK, dim=1)])
        return (places * parts[:, best]).sum(0).mean()

    return Objective((name,), score)


def neuron(network: Network, name: str, channel: int, at: tuple[float, float]) -> Objective:
    """More of a channel in one place, (x, y) as shares of the frame; the cells about it count by how near they look to it."""

    def score(activations: Activations, view: View) -> Tensor:
        cells = normalize(network, name, activations[name])[:, channel]
        cell = view.place(1, 1) / numbers((cells.shape[-1], cells.shape[-2]), cells.device)  # half of one
        away = ((view(cells.shape[-2], cells.shape[-1]) - view.place(*at)) / cell).square().sum(-1)
        return (cells * (-away / 2).flatten(1).softmax(1).view_as(cells)).sum()

    return Objective((name,), score)


def direction(network: Network, name: str, amounts: Mapping[int, float]) -> Objective:
    """More of a layer's activations along a direction: so much of each channel named, below 0 less of it."""
    indices, shares = list(amounts), list(amounts.values())

    def score(activations: Activations, view: View) -> Tensor:
        chosen = _some(normalize(network, name, activations[name]), indices).mean((0, 2, 3))
        return (chosen * numbers(shares, chosen.device)).sum()

    return Objective((name,), score)


def garden(network: Network, name: str, indices: Sequence[int], weights: Weights) -> Objective:
    """Every region its own kind: the channels or classes `indices` of a layer, each counted where `weights` says."""

    def score(activations: Activations, view: View) -> Tensor:
        kinds = _some(normalize(network, name, activations[name]), indices)
        return (weights(view(kinds.shape[-2], kinds.shape[-1])) * kinds).sum(1).mean()

    return Objective((name,), score)


def with_prefix(prefix: str, objective: Objective) -> Objective:
    """The same, asked of an extractor of several networks, in which each one's activations bear a prefix."""
    layers = tuple(prefix + name for name in objective.layers)

    def score(activations: Activations, view: View) -> Tensor:
        return objective.score({name: activations[prefix + name] for name in objective.layers}, view)

    return replace(objective, layers=layers, score=score) if prefix else objective


def _by_regions(activations: Tensor) -> Tensor:
    """What every region has more of than the others, grown there until it is loud enough.

    Were all channels to count everywhere, a shallow layer would dream of spots: black beside white pleases most of its channels
    a little, and nothing else pleases any as much.
    """
    height, width = activations.shape[2:]
    rim = height // (4 * REGIONS)  # there a network sees its own padding
    above = ENOUGH * (activations / ENOUGH).tanh()  # below the usual it counts, too: else what is empty would stay empty
    with torch.no_grad():
        inside = above[:, :, rim : height - rim, rim : width - rim].relu()
        loud = F.adaptive_avg_pool2d(inside, (min(height, REGIONS), min(width, max(1, round(REGIONS * width / height)))))
        chosen = (FIRMNESS * loud / loud.mean((2, 3), keepdim=True).clamp_min(1e-3)).softmax(1)
        chosen = F.interpolate(chosen, (height, width), mode="bilinear", align_corners=False)
    return (chosen * above).sum(1).mean()


def _some(activations: Tensor, indices: Sequence[int]) -> Tensor:
    """These channels of activations [1, K, …]."""
    return activations[:, _index(tuple(indices), activations.device)]


@lru_cache(maxsize=64)
def _index(indices: tuple[int, ...], device: torch.device) -> Tensor:
    """Numbers of channels on a device, where a list would be sent anew at each step."""
    return torch.tensor(indices).to(device)


def _rms(activations: Tensor) -> Tensor:
    """The mean over channels of each one's rms, kept off zero, where a root has no slope."""
    power = activations.square().mean((0, 2, 3))
    return (power + 1e-6 * power.detach().mean() + 1e-12).sqrt().mean()


def normalize(network: Network, name: str, activations: Tensor) -> Tensor:
    """Each channel in units of its own deviation over natural pictures, where the network knows them."""
    if network.statistics is None or name not in network.statistics:
        return activations
    mean, std = network.statistics[name]
    return (activations - mean[:, None, None]) / std[:, None, None]
