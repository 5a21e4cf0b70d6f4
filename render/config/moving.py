"""Moving numbers. The Curves of a film by their dotted keys, and the same film with others in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from render.config.curve import Curve, Span
from render.config.kinds import SettingType
from render.config.model import Settings
from render.config.section import Section, kind_of


def curves(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Curve]]:
    """Every number of a film, or of a part of it, that may move, with its dotted key.

    >>> [key for key, curve in curves(Settings()) if key.startswith("look")]
    ['look.hold']
    """
    if isinstance(part, Curve):
        yield ".".join(path), part
    for name, _, child in _inside(part):
        yield from curves(child, (*path, name))


def movable(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Span]]:
    """The key and the span of every number of a film that may move, those that are left out included."""
    if isinstance(part, Curve):
        yield ".".join(path), part.span
    for name, kind, child in _inside(part):
        if child is None and kind and kind.moves:
            yield ".".join((*path, name)), kind.moves
        yield from movable(child, (*path, name))


def overlay(part: Any, others: Mapping[str, Curve], path: tuple[str, ...] = ()) -> Any:
    """The same film, or a part of it, whose numbers move as `others` say, by their dotted keys."""
    key = ".".join(path)
    if isinstance(part, Curve):
        return replace(part, track=others[key].track, scheduled=True) if key in others else part
    if part is None:
        return others.get(key)
    children = {name: overlay(child, others, (*path, name)) for name, _, child in _inside(part)}
    if isinstance(part, tuple):
        return type(part)(children.values())
    if isinstance(part, Mapping):
        return dict(zip(part, children.values(), strict=True))
    if isinstance(part, Section):
        return part.model_copy(update=dict(zip(type(part).model_fields, children.values(), strict=True)))
    return part


def _inside(part: Any) -> Iterator[tuple[str, SettingType | None, Any]]:
    """What a section, a list or a mapping holds: its name in YAML, how it is read, and its value."""
    if isinstance(part, Section):
        rows = type(part).model_fields.items()
        yield from ((info.alias or name, kind_of(info), getattr(part, name)) for name, info in rows)
    elif isinstance(part, tuple):
        yield from ((str(index), None, child) for index, child in enumerate(part))
    elif isinstance(part, Mapping):
        yield from ((str(name), None, child) for name, child in part.items())


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
