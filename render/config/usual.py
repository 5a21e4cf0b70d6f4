"""Usual dreams. What a film is that leaves settings out: (settings as written) -> the same with what they leave out.

A film that names no network dreams with efficientnet_lite0, unless it names something of the bestiary's: kinds for a garden,
classes, or a layer that the bestiary alone has. Classes of efficientnet_lite0 that grow from noise are dreamed as things: clear
ones need looks of very different sizes, turned far, and many steps. Thin lines that the bestiary dreams have a rainbow about
them, and where a film says nothing of its colours, more than half of that is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

USUAL, BESTIARY = "efficientnet_lite0", "bestiary"
OBJECTIVE = [{"layer": "high"}]  # of a film that names none
OBJECTIVES: Mapping[str, list[Any]] = {BESTIARY: [{"garden": "all"}]}  # the same, of networks that have one of their own
CLASSES = "classes"  # the layer of a network's classes
NAMING = ("garden", "class", "channels", "neuron", "direction")  # what may name some of them
THINGS: Mapping[str, Any] = {  # how classes of efficientnet_lite0 are dreamed from noise (docs/BENCH.md has what was tried)
    "parametrisation": "spectrum",
    "first_steps": 384,
    "steps": 8,
    "step_size": 0.02,
    "octaves": 1,
    "jitter": 60,
    "jitter_turn": 30,
    "jitter_scale": 3,
    "smoothing": 0.2,
    "chroma": 0.5,
    "residual": 0.3,
}
FOOTAGE: Mapping[str, Mapping[str, Any]] = {  # how much of footage is still seen; strength is the rms of dream minus source
    "subtle": {"step_size": 0.004, "first_steps": 10, "steps": 3},  # a strength of 0.04: a film of strokes, things as they are
    "clear": {"step_size": 0.012, "first_steps": 12, "steps": 4},  # 0.09: eyes and beasts, the place is still known
    "full": {"step_size": 0.03, "first_steps": 16, "steps": 4},  # 0.2: little is seen but the dream
}
LAYERS = frozenset(("strokes", "ornament", "texture", "parts", "creatures"))  # of the bestiary
COLOUR: Mapping[str, Any] = {"hold": 0, "fringes": 0.4}  # of what is shown, where the bestiary dreams
KINDS = (  # that the bestiary knows, in the order of its classes
    "eye", "flower", "shell", "tower", "arches", "leaf", "mask", "butterfly", "fish", "peacock", "mushroom", "mandala", "owl",
    "beetle", "snake", "jellyfish", "galaxy", "crystal", "pagoda", "dog", "cat", "fern", "octopus", "lion", "fox", "frog",
    "turtle", "clock", "rose", "skull", "sun", "tree",
    "scales", "fur", "cells", "labyrinth", "bubbles", "weave", "plume", "glass", "honeycomb",
    "stag", "crab", "lantern", "coral", "hand", "nave",
)  # fmt: skip


def complete_dream(dream: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of a dream with the network and the objective that they leave out."""
    named, objective = dream.get("network"), dream.get("objective")
    if "objective" not in dream:
        objective = OBJECTIVES.get(_name(named), OBJECTIVE)
    if "network" not in dream:
        terms = list(_terms(objective))
        named = BESTIARY if any(map(_asks_bestiary, terms)) and not any(map(_asks_others, terms)) else USUAL
    return {**dream, "network": named, "objective": objective}


def complete_on_footage(dream: Any) -> Any:
    """The settings of a dream on footage, with those that its `footage` (subtle, clear or full) stands for."""
    word = dream.get("footage") if isinstance(dream, Mapping) else None
    return {**FOOTAGE.get(word, {}), **dream} if isinstance(word, str) else dream


def complete_class_dream(film: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of a film, with THINGS in its dream where that is of efficientnet_lite0's classes and from noise."""
    source, dream = film.get("source", {}), film.get("dream")
    if not isinstance(dream, Mapping) or "parametrisation" in dream or not isinstance(source, Mapping):
        return film
    whole = complete_dream(dream)
    terms = list(_terms(whole["objective"]))
    of_classes = bool(terms) and all("class" in term for term in terms)
    from_noise = not source or "noise" in source
    return {**film, "dream": {**THINGS, **whole}} if of_classes and from_noise and whole["network"] == USUAL else film


def complete_colour(film: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of a film, with COLOUR in its look where the bestiary dreams: `colour: null` leaves its lines alone."""
    dream, look = film.get("dream"), film.get("look")
    look = {"hold": look} if isinstance(look, str | int | float) else look or {}
    if not (isinstance(dream, Mapping) and isinstance(look, Mapping)) or look.get("colour") is not None:
        return film
    whole = complete_dream(dream)
    networks = [_name(term.get("network") or whole["network"]) for term in _mappings(whole["objective"])]
    colour = {"hold": 0, "fringes": 0} if "colour" in look else COLOUR
    return {**film, "look": {**look, "colour": colour}} if BESTIARY in networks else film


def _name(network: Any) -> str:
    """The name of a network as written: a word, or a mapping of one to its files."""
    return str(next(iter(network), "") if isinstance(network, Mapping) else getattr(network, "name", network))


def _mappings(objective: Any) -> Iterator[Mapping[str, Any]]:
    """The terms of an objective; what is none is refused elsewhere."""
    for term in objective if isinstance(objective, list | tuple) else [objective]:
        if isinstance(term, Mapping):
            yield term


def _terms(objective: Any) -> Iterator[Mapping[str, Any]]:
    """The terms of an objective that ask the film's own network."""
    yield from (term for term in _mappings(objective) if not term.get("network"))


def _asks_bestiary(term: Mapping[str, Any]) -> bool:
    """Whether a term names something of the bestiary's."""
    layer = term.get("layer", CLASSES)
    if layer != CLASSES:
        return isinstance(layer, str) and layer in LAYERS
    return any(_kinds(term[key]) for key in NAMING if key in term)


def _asks_others(term: Mapping[str, Any]) -> bool:
    """Whether a term names a class that the bestiary does not have: lions and daisies are asked of one that knows both."""
    if term.get("layer", CLASSES) != CLASSES:
        return False
    return any(bool(_words(term[key])) and not _kinds(term[key]) for key in ("garden", "class") if key in term)


def _kinds(names: Any) -> bool:
    """Whether these are kinds of the bestiary, all that are names; a number alone says nothing."""
    words = _words(names)
    return bool(words) and (words == ["all"] or all(word in KINDS for word in words))


def _words(names: Any) -> list[str]:
    """Those that are names, not numbers."""
    return [name for name in (names if isinstance(names, list | tuple | Mapping) else [names]) if isinstance(name, str)]
