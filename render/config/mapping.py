"""Mappings. A film asked for in Python: a mapping of settings, as a YAML file would have them -> Config."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from render.config import nodes
from render.config.check import Inspect, checked, nothing
from render.config.draft import draft
from render.config.loader import with_base
from render.config.model import Config
from render.config.problem import Origin, Place, Problem, ProblemsError

NAME = "film"  # of a film that has none
DEEPEST = nodes.DEEPEST


def load_mapping(
    settings: Mapping[str, Any], folder: Path | str = ".", quality: str = "final", look: Inspect = nothing
) -> Config:
    """The film that `settings` ask for; the keys and values of a YAML file, with paths, fractions and numpy's numbers besides.

    folder: where relative paths start. look: finds out what the film's own files say.
    Raises ConfigError with everything that is wrong, each with its key; MissingError for a base that cannot be read.
    """
    origin = Origin(NAME, Path(folder).absolute())
    tree = nodes.parse(mapping_yaml(settings), origin)
    config = checked(with_base(tree, ()), NAME, look)
    return draft(config) if quality == "draft" else config


def mapping_yaml(settings: Mapping[str, Any]) -> str:
    """The settings as the text of a YAML file. Raises ConfigError for a value that no YAML file holds."""
    return nodes.to_yaml(_plain(settings, ()))


def _plain(value: Any, path: tuple[str, ...]) -> Any:
    """A value as YAML has it."""
    if len(path) > DEEPEST:
        raise _refused(path[:3], f"goes on inside for more than {DEEPEST} levels")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, (*path, str(key))) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, (*path, str(index))) for index, inner in enumerate(value)]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist(), path)
    if isinstance(value, PurePath | Fraction):
        return str(value)
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise _refused(path, f"is of Python's type {type(value).__name__}")


def _refused(path: tuple[str, ...], message: str) -> ProblemsError:
    subject = ".".join(path) or "the film"
    return ProblemsError(
        [Problem(Place(Origin(NAME, Path())), f"{subject} {message}", "settings are texts, numbers, lists and mappings")]
    )
