"""Moving numbers. The Curves of a film by their dotted keys, and the same film with others in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from render.config.curve import Curve
from render.config.hold import Hold
from render.config.model import Settings
from render.config.section import walk, with_values
from render.config.track import Span, Track


def curves(settings: Settings) -> Iterator[tuple[str, Curve]]:
    """Every number of a film that may move, with its dotted key.

    >>> [key for key, curve in curves(Settings()) if key.startswith("look")]
    ['look.hold']
    """
    return (curve for setting in walk(settings) for curve in setting.curves())


def movable(settings: Settings) -> Iterator[tuple[str, Span]]:
    """The key and the span of every number of a film that may move, those that are left out included."""
    for setting in walk(settings):
        if setting.value is None and setting.type and setting.type.moves:
            yield setting.key, setting.type.moves
        yield from ((key, curve.span) for key, curve in setting.curves())


def overlay(settings: Settings, moves: Mapping[str, Curve]) -> Settings:
    """The same film, whose numbers move as `moves` say, by their dotted keys."""
    values = {setting.key: _overlay(setting.value, setting.key, moves) for setting in walk(settings) if setting.type}
    moved: Settings = with_values(settings, values)
    return moved


def _overlay(value: Any, key: str, moves: Mapping[str, Curve]) -> Any:
    """The value of a setting that is called `key`: a number that moves, or several, or what it was."""
    if isinstance(value, Curve):
        return replace(value, track=_track(moves[key], value), scheduled=True) if key in moves else value
    if isinstance(value, tuple):
        items = tuple(_overlay(item, f"{key}.{index}", moves) for index, item in enumerate(value))
        return type(value)(*items) if hasattr(value, "_fields") else items
    if isinstance(value, Mapping):
        return {name: _overlay(item, f"{key}.{name}", moves) for name, item in value.items()}
    return moves.get(key) if value is None else value


def _track(move: Curve, value: Curve) -> Track:
    """How a number moves by a schedule; one that holds begins with what the film's file says."""
    return move.track.at.track(value) if isinstance(move.track.at, Hold) else move.track


# ── what they are moved by ──────────────────────────────────────────────────────────────────────────────────────────


def variables(settings: Settings) -> frozenset[str]:
    """What moves a film's numbers: variables that expressions use or keys are counted in, and features of the music."""
    return frozenset[str]().union(*(curve.names for _, curve in curves(settings)))


def features(settings: Settings) -> tuple[str, ...]:
    """The features of its music that move any of a film's numbers."""
    names = variables(settings)
    return tuple(name for name in (settings.audio.features if settings.audio else ()) if name in names)


def counts_frames(settings: Settings) -> bool:
    """Whether a number that moves names the frame, and so moves otherwise at another frame rate."""
    return any(curve.uses_frames for _, curve in curves(settings))
