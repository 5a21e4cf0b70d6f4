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

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.config import expression
from render.config.easing import EASINGS, Easing, easing
from render.config.expression import Expression
from render.config.problem import SettingError, did_you_mean, inside, quote
from render.config.scalars import TIME_HINT, Time, read_rate, read_time
from render.errors import nearest
from render.moment import CELLS, Clock, Moment

Array = NDArray[np.float64]
At = Callable[[Array, Clock], Array]
Require = Callable[[Collection[str]], None]

FRAME_NAMES = {"f", "fps"}  # variables whose meaning changes with the frame rate
DEFORUM_NAMES = ("t", "s", "max_f")  # the frame, the seed and the last frame, as Deforum has them
DEFORUM = re.compile(r"\s*[0-9]+\s*:\s*\(")
KEY_FIELDS = ("at", "value", "ease")
THROUGH_FIELDS = ("value", "then")
PER_FRAME_FIELDS = ("deforum", "fps", "each")
CELL = 1 / CELLS  # seconds: over a cell of the camera's that lies on a frame's edge, both frames count
SOON = 1e-9  # of a frame: a time on a frame's edge, summed in floats, may lie this far before it
FUNCTION = "<function "  # begins what is written of a function, which no file can hold


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


def read_curve(given: Any, span: Span) -> Curve:
    """The curve that a YAML value, a function or another curve describes; raises SettingError with the place inside it."""
    if isinstance(given, Curve):
        return given if given.span == span or given.scheduled else read_curve(given.given, span)
    plain = _plain(given)
    return Curve(plain, span, _track(plain, span))


def _plain(given: Any) -> Any:
    """The value without the types of the YAML reader; a quoted number is a number."""
    if isinstance(given, Mapping):
        return {str(key): _plain(value) for key, value in given.items()}
    if isinstance(given, list | tuple):
        return [_plain(value) for value in given]
    return _number(str(given)) if isinstance(given, str) else given


def written(given: Any) -> Any:
    """The value with a word in the place of each function."""
    if isinstance(given, dict):
        return {key: written(value) for key, value in given.items()}
    if isinstance(given, list):
        return [written(value) for value in given]
    return f"{FUNCTION}{getattr(given, '__qualname__', type(given).__name__)}>" if callable(given) else given


def _short(number: float) -> float:
    """4.0 as 4, which reads better in YAML."""
    return int(number) if number.is_integer() else number


def _number(text: str) -> Any:
    word = text.strip()
    if re.fullmatch(r"[-+]?[0-9]{1,15}", word):
        return int(word)
    try:
        return float(word) if re.fullmatch(r"[-+.0-9eE]+", word) else text
    except ValueError:
        return text


def _track(given: Any, span: Span) -> Track:
    readers: dict[type, Callable[[Any, Span], Track]] = {
        int: _constant,
        float: _constant,
        str: _text,
        dict: _mapping,
        list: _list,
    }
    reader = readers.get(type(given)) or (_function if callable(given) else None)
    if reader is None:
        raise SettingError(f"is {quote(given)}; it takes {wants(span)}", examples(span))
    return reader(given, span)


def wants(span: Span) -> str:
    """What a moving number takes, in words."""
    return f"a number ({span}), an expression or keyframes"


def examples(span: Span) -> str:
    """A hint: the three ways to write a moving number, with values that would do."""
    few, many = (2, 8) if span.whole else (0.2, 0.8) if span.low < 0.2 else (1.2, 1.8)
    return f'for example {few}, "{few} + {many - few:g}*p" or {{0s: {few}, 4s: {many}, ease: in-out}}'


def _constant(value: float, span: Span) -> Track:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    span.check(number)
    return Track(lambda seconds, clock: np.full_like(seconds, number), constant=number)


def _function(function: Callable[[float], float], span: Span) -> Track:
    """A function of the film's seconds, one number after the other, so that it need not know of arrays."""
    each = np.vectorize(function, otypes=[np.float64])
    return Track(lambda seconds, clock: each(seconds))


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
    return _deforum(text, span)


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


@dataclass(frozen=True)
class Key:
    """A time and what the number is there; `leaving` is the easing to the next key, None to hold this key's formula."""

    time: Time
    track: Track
    leaving: Easing | None


def _mapping(given: dict[str, Any], span: Span) -> Track:
    """`{0s: 1, 4s: 1.5, ease: in-out}`, or a value and the formula that it goes through."""
    if "deforum" in given:
        return _per_frame(given, span)
    if "then" in given:
        return _through(given, span)
    ease = _ease(given.get("ease", "linear"), "ease")
    keys = [_key(text, value, ease, span, text) for text, value in given.items() if text != "ease"]
    return _keyframes(keys, span)


def _through(given: dict[str, Any], span: Span) -> Track:
    """`{value: {0s: 4, 4s: 8}, then: ceil(x / 4)}`."""
    if extra := [name for name in given if name not in THROUGH_FIELDS]:
        raise SettingError(f'has an unknown "{extra[0]}"', "write {value: …, then: …}", (extra[0],), on_key=True)
    if "value" not in given:
        raise SettingError("has a formula and no value that goes through it", 'write {value: "4 + p", then: ceil(x / 4)}')
    with inside("value"):
        track = _track(given["value"], span)
    with inside("then"):
        formula = expression.parse(str(given["then"]), ("x", *expression.VARIABLES))

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


def _per_frame(given: dict[str, Any], span: Span) -> Track:
    """`{deforum: "0: (1.02), 60: (1.05)", fps: 15}`: how it changes from frame to frame there, as so much a second here.

    each: a formula that the number x of every frame goes through, as in x/512 of what counts pixels. A frame's number says how
    the picture came to it from the frame before, and between frames nothing is smoothed: the way is Deforum's own.
    """
    if extra := [name for name in given if name not in PER_FRAME_FIELDS]:
        raise SettingError(f'has an unknown "{extra[0]}"', "write {deforum: …, fps: 15}", (extra[0],), on_key=True)
    if not span.is_speed:
        raise SettingError("is no speed, and takes Deforum keyframes without fps", 'write "0: (1), 60: (2)"', ("deforum",))
    if "fps" not in given:
        raise SettingError("has Deforum keyframes and no fps, the frames a second that they count", "write fps: 15 beside them")
    with inside("fps"):
        fps = read_rate(given["fps"])
    text = str(given["deforum"])
    with inside("deforum"):
        track = _deforum(text if DEFORUM.match(text) else f"0: ({text})", ANY)
    with inside("each"):
        each = expression.parse(str(given.get("each", "x")), ("x",))

    def a_second(numbers: Array) -> Array:
        changes = each({"x": numbers})
        return np.asarray(np.power(changes, float(fps)) if span.log else changes * float(fps), dtype=np.float64)

    def at(seconds: Array, clock: Clock) -> Array:
        there = replace(clock, fps=fps, frames=max(2, round(clock.seconds * fps)))

        def in_frame(number: Array) -> Array:
            frames = np.clip(number + 1, 1, there.frames - 1)
            return a_second(track.at((frames + SOON) / float(fps), there))

        start, end = ((seconds + side * CELL / 2) * float(fps) + SOON for side in (-1, 1))
        first, last = np.floor(start), np.floor(end - 2 * SOON)
        share = np.where(last > first, (end - last) / (end - start), 0.0)
        return _blend(in_frame(first), in_frame(last), share, span.log)

    constant = None
    if track.constant is not None and not each.free_names:
        constant = float(a_second(np.array(track.constant)))
        with inside("deforum"):
            span.check(constant)

    def require(features: Collection[str]) -> None:
        with inside("deforum"):
            track.require(features)
        with inside("each"):
            each.require(features)

    return Track(at, track.names - {"f"} | each.names - {"x"}, constant, require)


def rounded(values: Array) -> Array:
    """The nearest whole numbers; a half goes up, where numpy's own rounding takes the even one."""
    return np.floor(values + 0.5)


def _key(text: str, value: Any, ease: Easing, span: Span, *path: str | int) -> Key:
    try:
        time = read_time(text)
    except SettingError as wrong:
        raise SettingError(f"has the key {quote(text)}, which is no time", wrong.hint, path, on_key=True) from None
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


def _list(given: list[Any], span: Span) -> Track:
    """`[{at: 0s, value: 1, ease: in-out}, …]`."""
    if given and not any(isinstance(entry, dict) for entry in given):
        raise SettingError(f"is {quote(given)}; it takes {wants(span)}", examples(span))
    return _keyframes([_listed(entry, index, span) for index, entry in enumerate(given)], span)


def _listed(entry: Any, index: int, span: Span) -> Key:
    if not isinstance(entry, dict) or not {"at", "value"} <= entry.keys():
        raise SettingError("has a key without at and value", "write [{at: 0s, value: 1, ease: in-out}, …]", (index,))
    if extra := [name for name in entry if name not in KEY_FIELDS]:
        hint = did_you_mean(extra[0], KEY_FIELDS)
        raise SettingError(f'has an unknown "{extra[0]}" in a key', hint, (index, extra[0]), on_key=True)
    with inside(index, "at"):
        time = read_time(str(entry["at"]))
    ease = _ease(entry.get("ease", "linear"), index, "ease")
    return Key(time, _inner(entry["value"], span, index, "value"), ease)


def _deforum(text: str, span: Span) -> Track:
    """`0: (1.02), 60: (1.05+0.01*sin(t))`, with Deforum's names; a formula holds until the next key, as there."""
    keys = []
    for column, frame, inner in deforum_keys(text):
        value = _number(inner)
        with _at_column(column):
            track = _constant(value, span) if not isinstance(value, str) else _deforum_formula(inner, column)
        keys.append(Key(read_time(frame), track, EASINGS["linear"] if track.constant is not None else None))
    return _keyframes(keys, span)


def _deforum_formula(text: str, column: int) -> Track:
    formula = expression.parse(text, DEFORUM_NAMES)

    def at(seconds: Array, clock: Clock) -> Array:
        names = {"t": seconds * float(clock.fps), "s": clock.seed, "max_f": clock.frames - 1, "seed": clock.seed}
        return formula(names | feature_values(formula, seconds, clock))

    def require(features: Collection[str]) -> None:
        with _at_column(column):
            formula.require(features)

    return Track(at, frozenset({"f", *formula.free_names}), require=require)


@contextmanager
def _at_column(column: int) -> Iterator[None]:
    """What goes wrong here is wrong with the text that begins at `column` of the whole."""
    try:
        yield
    except SettingError as wrong:
        raise SettingError(wrong.message, wrong.hint, column=column + (wrong.column or 0)) from None


def deforum_keys(text: str) -> Iterator[tuple[int, str, str]]:
    """Each key of a Deforum string: the column of its value, its frame, and what its outermost brackets hold."""
    place = 0
    while place < len(text):
        head = re.compile(r"\s*([0-9]{1,9})\s*:\s*\(").match(text, place)
        if head is None:
            raise SettingError("does not read as Deforum keyframes", 'write "0: (1.02), 60: (1.05)"', column=place)
        end = _closing(text, head.end())
        yield head.end(), head[1], text[head.end() : end]
        tail = re.compile(r"\s*(,|$)\s*").match(text, end + 1)
        if tail is None:
            raise SettingError("lacks a comma between two keys", 'write "0: (1.02), 60: (1.05)"', column=end + 1)
        place = tail.end()


def _closing(text: str, start: int) -> int:
    """Where the bracket closes that was opened just before `start`."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    raise SettingError("has a bracket that never closes", 'write "0: (1.02), 60: (1.05)"', column=start - 1)


def _keyframes(keys: Sequence[Key], span: Span) -> Track:
    """The number that moves from key to key."""
    if not keys:
        raise SettingError("has no keyframes", f"{TIME_HINT}, as in {{0s: 0.2, 4s: 0.8}}")
    names = frozenset[str]().union(*(key.time.names | key.track.names for key in keys))
    constants = {key.track.constant for key in keys}
    constant = constants.pop() if len(constants) == 1 else None

    @lru_cache(maxsize=4)
    def placed(clock: Clock) -> tuple[Array, list[tuple[float, Key]]]:
        pairs = sorted(((key.time.seconds(clock), key) for key in keys), key=lambda pair: pair[0])
        return np.array([time for time, _ in pairs]), pairs

    def at(seconds: Array, clock: Clock) -> Array:
        times, pairs = placed(clock)
        segments = np.searchsorted(times, seconds, side="right")
        values = np.empty_like(seconds)
        for segment in np.unique(segments):
            inside = segments == segment
            around = pairs[max(segment - 1, 0) : segment + 1]
            values[inside] = _between(around, seconds[inside], clock, span)
        return values

    def require(features: Collection[str]) -> None:
        for key in keys:
            key.track.require(features)

    return Track(at, names, constant, require)


def _between(around: list[tuple[float, Key]], seconds: Array, clock: Clock, span: Span) -> Array:
    """The numbers at `seconds`, which lie between the two keys of `around`, or beyond the only one."""
    start, first = around[0]
    before = first.track.at(seconds, clock)
    if len(around) == 1 or first.leaving is None:
        return before
    end, second = around[1]
    # Deforum aims at what the next formula gives at its key; ours blends the two formulas all the way.
    aim = np.full_like(seconds, end) if second.leaving is None else seconds
    share = first.leaving((seconds - start) / (end - start))
    return _blend(before, second.track.at(aim, clock), share, span.log)


def _blend(before: Array, after: Array, share: Array, log: bool) -> Array:
    if not log:
        return before + (after - before) * share
    return np.exp(np.log(before) * (1 - share) + np.log(after) * share)
