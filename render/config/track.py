"""Tracks. A Track is a number over time, (seconds, clock) -> numbers; a Span is what such a number may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.config.expression import Expression
from render.config.problem import SettingError, quote
from render.moment import Clock

Array = NDArray[np.float64]
At = Callable[[Array, Clock], Array]
Require = Callable[[Collection[str]], None]


@dataclass(frozen=True)
class Span:
    """What a moving number may be."""

    unit: str
    low: float
    high: float
    whole: bool = False  # it counts things
    log: bool = False  # it moves by factors: keyframes are blended in log space

    @property
    def is_speed(self) -> bool:
        """Whether it counts something per second, which in Deforum is counted per frame."""
        return "per second" in self.unit

    def check(self, value: float) -> None:
        """Raises SettingError for a number that is not finite, not whole where it must be, or out of range."""
        if not isfinite(value):
            raise SettingError(f"is {value}, which is not a number to work with")
        if self.whole and value != int(value):
            raise SettingError(f"is {quote(value)}; it must be a whole number of {self.unit}")
        if not self.low <= value <= self.high:
            raise SettingError(f"is {quote(value)}, outside {self}")

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


ANY = Span("", -inf, inf)


def require_nothing(features: Collection[str]) -> None:
    """The `require` of what names no features."""


@dataclass(frozen=True)
class Track:
    """A number over time."""

    at: At  # seconds, an array, and the film's clock -> the number at each
    names: frozenset[str] = frozenset()  # variables and features that it uses; keys at frames use f, keys at beats b
    constant: float | None = None  # its value where it never moves
    require: Require = require_nothing  # raises SettingError where it names none of the film's features


def constant_track(value: float, span: Span) -> Track:
    """A number that stands still; raises SettingError for one that it cannot be."""
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    span.check(number)
    return Track(lambda seconds, clock: np.full_like(seconds, number), constant=number)


def variables(seconds: Array, clock: Clock) -> dict[str, Any]:
    """What expressions may name in any film, at each of `seconds`."""
    return {
        "f": seconds * float(clock.fps),
        "s": seconds,
        "b": (seconds - clock.first_beat) * clock.bpm / 60,
        "p": seconds / clock.seconds,
        "fps": float(clock.fps),
        "seed": clock.seed,
    }


def feature_values(formula: Expression, seconds: Array, clock: Clock) -> dict[str, Any]:
    """What the formula names of the film's music, at each of `seconds`."""
    return {name: clock.features[name](seconds) for name in formula.free_names}


def rounded(values: Array) -> Array:
    """The nearest whole numbers; a half goes up, where numpy's own rounding takes the even one."""
    return np.floor(values + 0.5)


def number_in(text: str) -> Any:
    """The number that a text is, or the text."""
    word = text.strip()
    if re.fullmatch(r"[-+]?[0-9]{1,15}", word):
        return int(word)
    try:
        return float(word) if re.fullmatch(r"[-+.0-9eE]+", word) else text
    except ValueError:
        return text
