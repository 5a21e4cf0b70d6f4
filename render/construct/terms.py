"""The terms of a film's objective: (Config, networks) -> a BoundTerm for each, and their weighted sum at a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from render.config import Config
from render.config.curve import Curve
from render.config.parts import parts
from render.construct.faults import Faults, attempt
from render.construct.mask import make_mask
from render.construct.networks import Networks, prefix_of
from render.dream import garden, objective
from render.dream.ascent import Terms
from render.dream.binding import Binding, blank_features, changing
from render.dream.garden import Bed, World
from render.dream.network import CLASSES, Network
from render.dream.objective import Objective
from render.dream.view import view_of
from render.moment import Moment
from render.picture.picture import send
from render.plugins import function_of, of_package
from render.scene import Scene
from render.source.image import digest

if TYPE_CHECKING:  # what decodes films is imported where it is used: most films wait for no such library
    from render.source.mask import Mask


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
        part = _bind(key, term, networks[prefix], device, faults, config.clock.tick(0)) if prefix in networks else None
        if part and scene and term.mask:
            part = attempt(faults, f"{key}.mask", partial(_within_mask, part, term.mask, scene))
        bound += [replace(part, prefix=prefix)] if part else []
    return bound


def _bind(key: str, term: Any, dreamer: Network, device: torch.device, faults: Faults, start: Moment) -> BoundTerm | None:
    layer = attempt(faults, f"{key}.layer", lambda: dreamer.layer(getattr(term, "layer", None) or CLASSES))
    if not layer:
        return None
    bound = attempt(faults, f"{key}.{term.kind}", lambda: bind(term, layer, dreamer, device, start))
    if bound is None:
        return None
    return BoundTerm(layer, term.weight, bound.objective_at, bound.kinds, bound.bed, digest=_files_digest(term))


def bind(term: Any, layer: str, dreamer: Network, device: torch.device, start: Moment) -> Binding:
    """A term, bound to a layer of its network. Raises ConfigError where its settings do not fit that.

    start: the film's first moment, for which an objective of a package is tried.
    """
    part = parts().objectives[term.kind]
    function = function_of(part.function)
    make = partial(function, term, layer, dreamer, device) if part.binds else partial(_scored, function, term, layer, dreamer)
    if not part.package:
        return make()
    with of_package(part.package):
        bound: Binding = make()
        _try(bound.objective_at(start, torch.zeros_like), layer, dreamer, device)
    return bound


def _try(objective: Objective, layer: str, dreamer: Network, device: torch.device) -> None:
    """Score a blank picture, so that what is wrong in somebody else's score shows before the film begins."""
    features = blank_features(layer, dreamer, device)
    value = objective.score({layer: features}, view_of(torch.zeros(1, 3, 8, 8, device=device), 0, 0))
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise TypeError("a score is one number, as a tensor")


def _scored(score: Callable[..., Tensor], term: Any, layer: str, dreamer: Network) -> Binding:
    """An objective that is a score of one layer's features, and of its settings as they are at the moment."""
    settings = {name: getattr(term, name) for name in type(term).model_fields if name not in (*term.shared, "layer")}

    def objective_at(moment: Moment) -> Objective:
        values = {name: _value_at(value, moment) for name, value in settings.items()}
        return Objective(
            (layer,), lambda features, view: score(objective.normalize(dreamer, layer, features[layer]), view, **values)
        )

    return changing(objective_at)


def _value_at(value: Any, moment: Moment) -> Any:
    """A setting's value, its moving numbers as they are at the moment."""
    if isinstance(value, Curve):
        return value(moment)
    return tuple(_value_at(item, moment) for item in value) if isinstance(value, tuple) else value


def _files_digest(term: Any) -> str:
    """Of the files that a term's own settings name."""
    values = (getattr(term, name) for name in type(term).model_fields if name not in term.shared)
    return "".join(digest(value) for value in values if isinstance(value, Path))


def _within_mask(part: BoundTerm, section: Any, scene: Scene) -> BoundTerm:
    """The same term, counted within a mask only."""
    mask = make_mask(section, scene)
    return replace(
        part,
        mask=lambda moment: send(mask(moment), scene.device),
        digest=part.digest + (digest(section.file) if section.file else ""),
    )


def terms_at(parts: Sequence[BoundTerm], moment: Moment, worlds: tuple[World, ...], seed: int) -> Terms:
    """What a tick asks for: (weight, objective) of each term; `worlds` are those of its gardens, in order."""
    terms, number = [], 0
    for part in parts:
        weights: objective.Weights = torch.zeros_like
        if part.bed:
            weights = garden.weights(worlds[number], part.bed(moment), part.kinds, seed, number)
            number += 1
        bound = objective.with_prefix(part.prefix, part.objective_at(moment, weights))
        terms.append((part.weight(moment), replace(bound, mask=part.mask(moment)) if part.mask else bound))
    return terms
