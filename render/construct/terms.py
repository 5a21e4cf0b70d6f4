"""The terms of a film's objective: (Config, networks) -> a BoundTerm for each, and their weighted sum at a moment.

To add an objective, write its function in dream/objective.py, bind it to its settings here, and list it in `PARTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from render.config import Config
from render.construct.faults import Faults, attempt
from render.construct.networks import Networks, channel_numbers, layer_shape, prefix_of
from render.construct.scene import make_mask
from render.dream import garden, objective
from render.dream.ascent import Terms
from render.dream.garden import Bed, World
from render.dream.network import CLASSES, Network
from render.dream.objective import Objective
from render.errors import ConfigError
from render.moment import Moment
from render.scene import Scene
from render.source.image import digest, image_size, picture

if TYPE_CHECKING:  # what decodes films is imported where it is used: most films wait for no such library
    from render.source.mask import Mask

GUIDE = 256  # a guide is looked at with as many pixels as a square of this side


@dataclass(frozen=True)
class BoundTerm:
    """A term of the objective, bound to its network."""

    layer: str
    weight: Callable[[Moment], float]
    objective_at: Callable[[Moment, objective.Weights], Objective]  # (moment, weights of its garden) -> what it asks for
    kinds: int = 0  # how many grow in its garden; 0 where there is none
    bed: Callable[[Moment], Bed] | None = None  # its garden's settings at a moment
    prefix: str = ""  # of its network's activations in the film's extractor
    mask: Mask | None = None  # where it counts; None is everywhere
    digest: str = ""  # of the files it reads


def bind_terms(
    config: Config, networks: Networks, scene: Scene | None, device: torch.device, faults: Faults
) -> list[BoundTerm]:
    """The terms of the objective, bound; those whose network could not be loaded left out."""
    bound = []
    for i, term in enumerate(config.dream.objective):
        key, prefix = f"dream.objective.{i}", prefix_of(config, term)
        part = _bind(key, term, networks[prefix], device, faults) if prefix in networks else None
        if part and scene and term.mask:
            part = attempt(faults, f"{key}.mask", partial(_within_mask, part, term.mask, scene))
        bound += [replace(part, prefix=prefix)] if part else []
    return bound


def _bind(key: str, term: Any, dreamer: Network, device: torch.device, faults: Faults) -> BoundTerm | None:
    layer = attempt(faults, f"{key}.layer", lambda: dreamer.layer(getattr(term, "layer", None) or CLASSES))
    if not layer:
        return None
    return attempt(faults, f"{key}.{term.kind}", lambda: PARTS[term.kind](term, layer, dreamer, device))


def _within_mask(part: BoundTerm, section: Any, scene: Scene) -> BoundTerm:
    """The same term, counted within a mask only."""
    mask = make_mask(section, scene)
    return replace(part, mask=lambda moment: mask(moment).to(scene.device), digest=part.digest + digest(section.file))


def terms_at(parts: Sequence[BoundTerm], moment: Moment, worlds: tuple[World, ...], seed: int) -> Terms:
    """What a tick asks for: (weight, objective) of each term; `worlds` are those of its gardens, in order."""
    terms, number = [], 0
    for part in parts:
        weights: objective.Weights = torch.zeros_like
        if part.bed:
            weights = garden.weights(worlds[number], part.bed(moment), part.kinds, seed, number)
            number += 1
        objective_at = objective.with_prefix(part.prefix, part.objective_at(moment, weights))
        terms.append((part.weight(moment), replace(objective_at, mask=part.mask(moment)) if part.mask else objective_at))
    return terms


# ---- each objective, bound to its settings


def _layer(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    objective_at = objective.layer(dreamer, layer)
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at)


def _channels(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    objective_at = objective.channels(dreamer, layer, channel_numbers(term.channels, layer, dreamer, device))
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at)


def _class(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    objective_at = objective.classes(dreamer, [dreamer.label(label) for label in term.classes])
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at)


def _guide(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    height, width = image_size(term.guide)
    scale = max(GUIDE / (height * width) ** 0.5, dreamer.min_side / min(height, width))
    guide = picture(term.guide, "stretch", (round(height * scale), round(width * scale))).to(device)
    with torch.no_grad():
        objective_at = objective.guide(dreamer, layer, dreamer.extractor([layer], device)(guide)[layer])
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at, digest=digest(term.guide))


def _neuron(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    (channel,) = channel_numbers([term.neuron], layer, dreamer, device)
    x, y = term.at
    return BoundTerm(layer, term.weight, lambda moment, _: objective.neuron(dreamer, layer, channel, (x(moment), y(moment))))


def _direction(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    channels = channel_numbers(list(term.direction), layer, dreamer, device)
    amounts = dict(zip(channels, term.direction.values(), strict=True))

    def objective_at(moment: Moment, _: objective.Weights) -> Objective:
        return objective.direction(dreamer, layer, {channel: amount(moment) for channel, amount in amounts.items()})

    return BoundTerm(layer, term.weight, objective_at)


def _garden(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    channels, cells = layer_shape(layer, dreamer, device)
    if cells == 1:
        raise ConfigError(
            f"needs a map, and {dreamer.name} gives {layer} for the picture as a whole", "name another layer", continues=True
        )
    kinds = list(range(channels)) if term.garden == "all" else channel_numbers(term.garden, layer, dreamer, device)
    return BoundTerm(
        layer,
        term.weight,
        lambda moment, weights: objective.garden(dreamer, layer, kinds, weights),
        kinds=len(kinds),
        bed=lambda moment: Bed(term.size(moment), term.drift(moment), term.sharpness(moment)),
    )


PARTS: dict[str, Callable[[Any, str, Network, torch.device], BoundTerm]] = {
    "layer": _layer,
    "channels": _channels,
    "class": _class,
    "guide": _guide,
    "neuron": _neuron,
    "direction": _direction,
    "garden": _garden,
}
