"""Curves. A Curve maps a moment to a number, Moment -> float: what a number, expression or keyframes in YAML become.

Keyframes go from one key to the next by the easing that stands at the first of the two (as in CSS), linear where none
does. Values at keys may be expressions; between two of them the two formulas are blended. Before the first key the
first value holds, after the last the last. Whatever a number is, it may go through a formula of itself, x, on its way:
{value: {0s: 4, 4s: 8}, then: ceil(x / 4)}.

A program may give a function of the film's seconds where a file has a number:

>>> curve = Curve.of(lambda seconds: 1 + seconds / 10)
>>> curve.over([0, 5], Clock(fps=24, frames=240, rate=8))
array([1. , 1.5])
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from render.config import expression
from render.config.deforum_keys import DEFORUM, deforum_track, per_frame_track
from render.config.easing import Easing, easing
from render.config.keyframes import Key, keyframe_track
from render.config.problem import SettingError, comma_between, inside, quote, refuse_unknown
from render.config.scalars import read_time
from render.config.track import ANY, Array, Span, Track, constant_track, feature_values, number_in, rounded, variables
from render.errors import ConfigError, nearest
from render.moment import Clock, Moment
from render.plugins import reason

FRAME_NAMES = {"f", "fps"}  # variables whose meaning changes with the frame rate
KEY_FIELDS = ("at", "value", "ease")
THROUGH_FIELDS = ("value", "then")
FUNCTION = "<function "  # begins what is written of a function, which no file can hold


@dataclass(frozen=True)
class Curve:
    """A number that may move."""

    given: Any  # what YAML said, or a function of the film's seconds
    span: Span
    track: Track = field(compare=False, repr=False)
    scheduled: bool = False  # a schedule says how it moves, and `given` means nothing

    @classmethod
    def of(cls, function: Callable[[float], float], span: Span = ANY) -> Curve:
        """The curve that a function of the film's seconds draws; where it becomes a setting, that one's span holds.

        A film with one cannot be read back from its files. To be pickled, the function must stand in a module.
        """
        return read_curve(function, span)

    def map(self, formula: str) -> Curve:
        """The curve whose every value x goes through `formula`, such as "ceil(x / 4)"; raises SettingError for a bad one.

        x is the number as it counts: in a span of whole numbers, the whole number at that moment.
        """
        mapped = read_curve({"value": self.given, "then": formula}, self.span)
        return mapped if mapped.constant is None else read_curve(_short(mapped.constant), self.span)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what was given, since tracks are functions made of it; but for a schedule's, which are values."""
        if self.scheduled:
            return Curve, (self.given, self.span, self.track, True)
        return read_curve, (self.given, self.span)

    @property
    def written(self) -> Any:
        """What was given, as YAML has it; a function by its name."""
        return written(self.given)

    @property
    def uses_functions(self) -> bool:
        """Whether a function of a program moves it, so that what is written does not say how."""
        return bool(written(self.given) != self.given)

    def __call__(self, moment: Moment) -> float:
        """The number at `moment`; an int where the setting counts something whole."""
        value = float(self.over(np.array([moment.seconds]), moment.clock)[0])
        return int(value) if self.span.whole else value

    def over(self, seconds: Array, clock: Clock) -> Array:
        """The numbers at many `seconds` at once; times before the start and after the end stand still there."""
        times = clock.curve_time(np.asarray(seconds, dtype=np.float64))
        with np.errstate(all="ignore"):  # a formula may leave the numbers; the film's check names the moment
            values = np.broadcast_to(self.track.at(times, clock), times.shape).astype(np.float64)
        return rounded(values) if self.span.whole else values

    @property
    def constant(self) -> float | None:
        """The number, where it never moves."""
        return self.track.constant

    @property
    def uses_frames(self) -> bool:
        """Whether the curve means something else at another frame rate."""
        return bool(self.names & FRAME_NAMES)

    @property
    def names(self) -> frozenset[str]:
        """The variables and features of the music that move it."""
        return self.track.names

    def require(self, features: Collection[str]) -> None:
        """Raises SettingError, with the place inside the value, for a name that is none of the film's `features`."""
        self.track.require(features)


def read_curve(value: Any, span: Span) -> Curve:
    """The curve that a YAML value, a function or another curve describes; raises SettingError with the place inside it."""
    if isinstance(value, Curve):
        return value if value.span == span or value.scheduled else read_curve(value.given, span)
    plain = _plain(value)
    return Curve(plain, span, _track(plain, span))


def _plain(value: Any) -> Any:
    """The value without the types of the YAML reader; a quoted number is a number."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return number_in(str(value)) if isinstance(value, str) else value


def written(value: Any) -> Any:
    """The value with a word in the place of each function."""
    if isinstance(value, dict):
        return {key: written(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [written(item) for item in value]
    return f"{FUNCTION}{getattr(value, '__qualname__', type(value).__name__)}>" if callable(value) else value


def _short(number: float) -> float:
    """4.0 as 4, which reads better in YAML."""
    return int(number) if number.is_integer() else number


def _track(value: Any, span: Span) -> Track:
    """How the number moves that a plain value stands for."""
    reader = READERS.get(type(value)) or (_function if callable(value) else None)
    if reader is None:
        raise SettingError(f"is {quote(value)}; it takes {wants(span)}", examples(span))
    return reader(value, span)


def wants(span: Span) -> str:
    """What a moving number takes, in words."""
    return f"a number ({span}), an expression or keyframes"


def examples(span: Span) -> str:
    """A hint: the three ways to write a moving number, with values that would do."""
    few, many = (2, 8) if span.whole else (0.2, 0.8) if span.low < 0.2 else (1.2, 1.8)
    return f'for example {few}, "{few} + {many - few:g}*p" or {{0s: {few}, 4s: {many}, ease: in-out}}'


def _function(function: Callable[[float], float], span: Span) -> Track:
    """A function of the film's seconds, one number after the other, so that it need not know of arrays.

    What it raises becomes a ConfigError, which continues the setting's name.
    """
    each = np.vectorize(function, otypes=[np.float64])

    def at(seconds: Array, clock: Clock) -> Array:
        try:
            return np.asarray(each(seconds), dtype=np.float64)
        except Exception as error:  # it is a person's own code, and may raise anything
            raise ConfigError(f"is a function of a program that fails ({reason(error)})", continues=True) from error

    return Track(at)


def _text(text: str, span: Span) -> Track:
    word = text.strip()
    if word.startswith(FUNCTION):
        raise SettingError("was a function of a program, which no file can hold", "make the film with that program again")
    if word.isidentifier() and word not in (*expression.VARIABLES, *expression.CONSTANTS, *expression.FUNCTIONS, "t"):
        return _feature(word, span)
    if not DEFORUM.match(text):
        return _formula(text)
    if span.is_speed:
        example = f"write {{deforum: {quote(word)}, fps: 15}} with the fps it was made for"
        hint = f"{example}; `render import deforum` reads whole films"
        raise SettingError(f"is {quote(word)}, which counts frames there; here it is {span.unit}", hint)
    return deforum_track(text, span)


def _feature(word: str, span: Span) -> Track:
    """A word alone: a feature of the music, or no number at all."""

    def require(features: Collection[str]) -> None:
        if word not in features:
            near = nearest(word, features)
            raise SettingError(f"is {quote(word)}; it takes {wants(span)}", f"{near}  {examples(span)}".strip())

    return Track(lambda seconds, clock: clock.features[word](seconds), frozenset({word}), require=require)


def _formula(text: str) -> Track:
    formula = expression.parse(text)

    def at(seconds: Array, clock: Clock) -> Array:
        return formula(variables(seconds, clock) | feature_values(formula, seconds, clock))

    return Track(at, formula.names, require=formula.require)


def _mapping(keyframes: dict[str, Any], span: Span) -> Track:
    """`{0s: 1, 4s: 1.5, ease: in-out}`, or a value and the formula that it goes through."""
    if "deforum" in keyframes:
        return per_frame_track(keyframes, span)
    if "then" in keyframes:
        return _through(keyframes, span)
    ease = _ease(keyframes.get("ease", "linear"), "ease")
    keys = [_key(text, value, ease, span, text) for text, value in keyframes.items() if text != "ease"]
    return keyframe_track(keys, span)


def _through(settings: dict[str, Any], span: Span) -> Track:
    """`{value: {0s: 4, 4s: 8}, then: ceil(x / 4)}`."""
    refuse_unknown(settings, THROUGH_FIELDS, "write {value: …, then: …}")
    if "value" not in settings:
        raise SettingError("has a formula and no value that goes through it", 'write {value: "4 + p", then: ceil(x / 4)}')
    with inside("value"):
        track = _track(settings["value"], span)
    with inside("then"):
        formula = expression.parse(str(settings["then"]), ("x", *expression.VARIABLES))

    def at(seconds: Array, clock: Clock) -> Array:
        x = track.at(seconds, clock)
        values = variables(seconds, clock) | feature_values(formula, seconds, clock)
        return formula(values | {"x": rounded(x) if span.whole else x})

    def require(features: Collection[str]) -> None:
        with inside("value"):
            track.require(features)
        with inside("then"):
            formula.require(features)

    names = formula.names - {"x"}
    constant = None
    if track.constant is not None and not names:
        result = formula({"x": track.constant})
        constant = float(rounded(result) if span.whole else result)
        with inside("then"):
            span.check(constant)
    return Track(at, track.names | names, constant, require)


def _key(text: str, value: Any, ease: Easing, span: Span, *path: str | int) -> Key:
    try:
        time = read_time(text)
    except SettingError as wrong:
        raise SettingError(f"has the key {quote(text)}, which is no time", wrong.hint, path, on_key=True) from None
    if hint := comma_between(text, value):
        raise SettingError(f"is {quote(value)}; it takes {wants(span)}", hint, path)
    return Key(time, _inner(value, span, *path), ease)


def _inner(value: Any, span: Span, *path: str | int) -> Track:
    """The value at one key: a number or an expression, no keyframes again."""
    if isinstance(value, dict | list):
        raise SettingError(f"is {quote(value)} at one key; a key takes a number or an expression", path=path)
    with inside(*path):
        track = _track(value, span)

    def require(features: Collection[str]) -> None:
        with inside(*path):
            track.require(features)

    return replace(track, require=require)


def _ease(name: Any, *path: str | int) -> Easing:
    with inside(*path):
        return easing(str(name))


def _list(entries: list[Any], span: Span) -> Track:
    """`[{at: 0s, value: 1, ease: in-out}, …]`."""
    if entries and not any(isinstance(entry, dict) for entry in entries):
        raise SettingError(f"is {quote(entries)}; it takes {wants(span)}", examples(span))
    return keyframe_track([_listed(entry, index, span) for index, entry in enumerate(entries)], span)


def _listed(entry: Any, index: int, span: Span) -> Key:
    if not isinstance(entry, dict) or not {"at", "value"} <= entry.keys():
        raise SettingError("has a key without at and value", "write [{at: 0s, value: 1, ease: in-out}, …]", (index,))
    refuse_unknown(entry, KEY_FIELDS, "", index)
    with inside(index, "at"):
        time = read_time(str(entry["at"]))
    ease = _ease(entry.get("ease", "linear"), index, "ease")
    return Key(time, _inner(entry["value"], span, index, "value"), ease)


READERS: dict[type, Callable[[Any, Span], Track]] = {  # by what YAML has
    int: constant_track,
    float: constant_track,
    str: _text,
    dict: _mapping,
    list: _list,
}
