"""Axes. What a sweep varies: "seed=1..16" -> an Axis; axes -> every combination of their values, a Variant each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path

from render.config import nodes
from render.config.problem import Origin, ProblemsError
from render.config.section import plain
from render.develop.files import folder_name
from render.errors import ConfigError

MOST = 1000  # films of a sweep
SPAN = re.compile(r"(-?\d{1,9})\.\.(-?\d{1,9})")
EXAMPLE = "as in --vary seed=1..16 or --vary dream.octaves=3,4"


@dataclass(frozen=True)
class Axis:
    """A setting, and the values that it takes in turn."""

    key: str  # dotted, as for --set: dream.objective.0.layer
    values: tuple[str, ...]  # each as YAML on one line
    name: str = ""  # the key's last words, as few as tell it from the other axes'


@dataclass(frozen=True)
class Variant:
    """One film of a sweep: a value for each axis."""

    number: int  # counted from 1, in reading order of the sheet: the last axis turns fastest
    values: tuple[tuple[Axis, str], ...]

    @property
    def overrides(self) -> tuple[str, ...]:
        """It, as --set takes it."""
        return tuple(f"{axis.key}={value}" for axis, value in self.values)

    @property
    def words(self) -> str:
        """What it differs in: "seed 3, octaves 4"."""
        return ", ".join(f"{axis.name} {value}" for axis, value in self.values)

    @property
    def name(self) -> str:
        """The same as a film's name and folder: "seed-3_octaves-4"."""
        return folder_name("_".join(f"{axis.name}-{value}" for axis, value in self.values))


def read_axes(texts: Sequence[str]) -> tuple[Axis, ...]:
    """The axes that the options --vary ask for; ConfigError for one that cannot be read, or for two of one setting."""
    axes = [read_axis(text) for text in texts]
    if twice := {axis.key for axis in axes if sum(other.key == axis.key for other in axes) > 1}:
        raise ConfigError(f"--vary {twice.pop()}: it is varied twice", "give all its values at once, separated by commas")
    return tuple(replace(axis, name=_short(axis.key, [other.key for other in axes])) for axis in axes)


def read_axis(text: str) -> Axis:
    """An axis: KEY=A,B,… where a value may be a span of whole numbers, 1..16, or any YAML on one line."""
    key, equals, listed = text.partition("=")
    if not equals or not key.strip() or not listed.strip():
        raise ConfigError(f"--vary {text}: write KEY=VALUE,VALUE", EXAMPLE)
    origin = Origin(f"--vary {text}", Path.cwd(), (), 0)
    try:
        items = nodes.parse(f"[{listed}]", origin).items or ()
    except ProblemsError:
        raise ConfigError(f"--vary {text}: its values cannot be read", EXAMPLE) from None
    values = [value for item in items for value in _values(nodes.to_yaml(plain(item.plain()), one_line=True), text)]
    if not values or len(values) != len({*values}):
        raise ConfigError(f"--vary {text}: {'a value stands in it twice' if values else 'it has no values'}", EXAMPLE)
    return Axis(key.strip(), tuple(values))


def variants(axes: Sequence[Axis]) -> list[Variant]:
    """Every combination of the axes' values; ConfigError if there are too many."""
    count = prod(len(axis.values) for axis in axes)
    if count > MOST:
        raise ConfigError(f"these are {count:,} films, and a sweep has {MOST:,} at most", "vary less at a time")
    combinations = product(*(axis.values for axis in axes))
    return [Variant(number, tuple(zip(axes, values, strict=True))) for number, values in enumerate(combinations, 1)]


def pick(films: Sequence[Variant], wanted: str) -> Variant:
    """The variant of that number, or the one that has these settings: "7", or "seed=3,octaves=4"."""
    if wanted.isdigit():
        matches = [film for film in films if film.number == int(wanted)]
    else:
        pairs = [pair.partition("=")[::2] for pair in wanted.split(",")]
        matches = [film for film in films if all(_has(film, key.strip(), value.strip()) for key, value in pairs)]
    if len(matches) != 1:
        many = f"{len(matches)} of the films are" if matches else "none of the films is"
        example = ",".join(f"{axis.name}={value}" for axis, value in films[-1].values)
        raise ConfigError(f"--pick {wanted}: {many} that", f"write a number from 1 to {len(films)}, or {example}")
    return matches[0]


def _has(film: Variant, key: str, value: str) -> bool:
    return any(key in (axis.key, axis.name) and value == its for axis, its in film.values)


def _values(text: str, whole: str) -> list[str]:
    """The whole numbers of a span; what is none stands for itself."""
    if dash := re.fullmatch(r"([0-9]+)-([0-9]+)", text):
        raise ConfigError(
            f"--vary {whole}: whole numbers from {dash[1]} to {dash[2]} are written {dash[1]}..{dash[2]}", EXAMPLE
        )
    span = SPAN.fullmatch(text)
    if not span:
        return [text]
    first, last = int(span[1]), int(span[2])
    if abs(last - first) >= MOST:
        raise ConfigError(
            f"--vary {whole}: these are {abs(last - first) + 1:,} values, and a sweep has {MOST:,} at most", EXAMPLE
        )
    return [str(number) for number in (range(first, last + 1) if first <= last else range(first, last - 1, -1))]


def _short(key: str, keys: Sequence[str]) -> str:
    """The last words of a dotted key, as few as end no other of the keys."""
    steps = key.split(".")
    tails = [".".join(steps[start:]) for start in range(len(steps) - 1, -1, -1) if not steps[start].isdigit()]
    alone = (tail for tail in tails if sum(other == tail or other.endswith(f".{tail}") for other in keys) == 1)
    return next(alone, key)
