"""Mappings. A film asked for in Python: a mapping of settings, as a YAML file would have them -> Config."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from render.config import nodes
from render.config.check import Inspect, check, no_facts
from render.config.config import Config
from render.config.curve import Curve, written
from render.config.loader import with_base
from render.config.nodes import Node
from render.config.problem import Origin, Place, Problem, ProblemsError

NAME = "film"  # of a film that has none
DEEPEST = nodes.DEEPEST
LARGEST = 10**300  # a number: Python's have no end, and floats have one


def load_mapping(
    settings: Mapping[str, Any], folder: Path | str = ".", quality: str = "final", inspect: Inspect = no_facts
) -> Config:
    """The film that `settings` ask for; the keys and values of a YAML file, with paths, fractions and numpy's numbers besides.

    A number that may move may also be a function of the film's seconds:

    >>> load_mapping({"motion": {"zoom": lambda seconds: 1 + seconds / 10}}).motion.zoom.over([5.0], Config().clock)
    array([1.5])

    folder: where relative paths start. inspect: finds out what the film's own files say.
    Raises ConfigError with everything that is wrong, each with its key; MissingError for a base that cannot be read.
    """
    tree = _node(_plain(settings, ()), Origin(NAME, Path(folder).absolute()))
    return check(with_base(tree, ()), NAME, inspect, quality)


def mapping_yaml(settings: Mapping[str, Any]) -> str:
    """The settings as the text of a YAML file, functions by their names. Raises ConfigError for a value that no film has."""
    return nodes.to_yaml(written(_plain(settings, ())))


def _node(value: Any, origin: Origin) -> Node:
    """The node of a plain value; its places are all the origin's."""
    place = Place(origin)
    if isinstance(value, dict):
        return Node(place, pairs=tuple((Node(place, nodes.text_from(key, origin)), _node(value[key], origin)) for key in value))
    if isinstance(value, list):
        return Node(place, items=tuple(_node(item, origin) for item in value))
    return Node(place, nodes.text_from(value, origin) if isinstance(value, str) else value)


def _plain(value: Any, path: tuple[str, ...]) -> Any:
    """A value as YAML has it, or a function, or what made a Curve."""
    if len(path) > DEEPEST:
        raise _refused(path[:3], f"goes on inside for more than {DEEPEST} levels")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, (*path, str(key))) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, (*path, str(index))) for index, inner in enumerate(value)]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist(), path)
    if isinstance(value, Curve):
        return _plain(value.given, path)
    if isinstance(value, PurePath | Fraction):
        return str(value)
    if isinstance(value, str) and not _is_text(value):
        raise _refused(path, "holds half a letter, which no file can hold")
    if type(value) is int and abs(value) > LARGEST:
        raise _refused(path, "is a number too large to work with")
    if value is None or type(value) in (bool, int, float, str) or _is_function(value):
        return value
    raise _refused(path, f"is of Python's type {type(value).__name__}")


def _is_text(value: str) -> bool:
    """Whether it can be written; half of a surrogate pair cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


def _refused(path: tuple[str, ...], message: str) -> ProblemsError:
    subject = ".".join(path) or "the film"
    hint = "settings are texts, numbers, lists and mappings; numbers that move may be functions"
    return ProblemsError([Problem(Place(Origin(NAME, Path())), f"{subject} {message}", hint)])
