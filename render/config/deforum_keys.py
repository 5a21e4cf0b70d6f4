"""Deforum's keyframes, `0: (1.02), 60: (1.05+0.01*sin(t))`: (text, what it may be) -> Track, and what they are a second."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from render.config import expression
from render.config.easing import EASINGS
from render.config.expression import Expression
from render.config.keyframes import Key, blend, keyframe_track
from render.config.problem import SettingError, inside, refuse_unknown
from render.config.scalars import read_rate, read_time
from render.config.track import ANY, Array, Span, Track, constant_track, feature_values, number_in
from render.moment import CELLS, Clock

DEFORUM_NAMES = ("t", "s", "max_f")  # the frame, the seed and the last frame, as Deforum has them
DEFORUM = re.compile(r"\s*[0-9]+\s*:\s*\(")
PER_FRAME_FIELDS = ("deforum", "fps", "each")
CELL = 1 / CELLS  # seconds: over a cell of the camera's that lies on a frame's edge, both frames count
SOON = 1e-9  # of a frame: a time on a frame's edge, summed in floats, may lie this far before it


def per_frame_track(settings: dict[str, Any], span: Span) -> Track:
    """`{deforum: "0: (1.02), 60: (1.05)", fps: 15}`: how it changes from frame to frame there, as so much a second here.

    each: a formula that the number x of every frame goes through, as in x/512 of what counts pixels.
    """
    refuse_unknown(settings, PER_FRAME_FIELDS, "write {deforum: …, fps: 15}")
    if not span.is_speed:
        raise SettingError("is no speed, and takes Deforum keyframes without fps", 'write "0: (1), 60: (2)"', ("deforum",))
    if "fps" not in settings:
        raise SettingError("has Deforum keyframes and no fps, the frames a second that they count", "write fps: 15 beside them")
    with inside("fps"):
        fps = read_rate(settings["fps"])
    text = str(settings["deforum"])
    with inside("deforum"):
        frames = deforum_track(text if DEFORUM.match(text) else f"0: ({text})", ANY)
    with inside("each"):
        each = expression.parse(str(settings.get("each", "x")), ("x",))
    speed = PerFrame(frames, fps, each, span.log)
    constant = None
    if frames.constant is not None and not each.free_names:
        constant = float(speed.a_second(np.array(frames.constant)))
        with inside("deforum"):
            span.check(constant)
    return Track(speed, frames.names - {"f"} | each.names - {"x"}, constant, speed.require)


@dataclass(frozen=True)
class PerFrame:
    """A number that changes by so much from frame to frame, as a speed: the `at` of a Track.

    A frame's number says how the picture came to it from the frame before, and between frames nothing is smoothed: the way is
    Deforum's own.
    """

    frames: Track  # by the frames that it counts
    fps: Fraction  # of these
    each: Expression  # what the number of every frame goes through
    log: bool  # whether it is by factors that it changes

    def __call__(self, seconds: Array, clock: Clock) -> Array:
        """The speed at each of `seconds`."""
        start, end = ((seconds + side * CELL / 2) * float(self.fps) + SOON for side in (-1, 1))
        first, last = np.floor(start), np.floor(end - 2 * SOON)
        share = np.where(last > first, (end - last) / (end - start), 0.0)
        return blend(self._in_frame(first, clock), self._in_frame(last, clock), share, self.log)

    def _in_frame(self, number: Array, clock: Clock) -> Array:
        counting = replace(clock, fps=self.fps, frames=max(2, round(clock.seconds * self.fps)))
        frames = np.clip(number + 1, 1, counting.frames - 1)
        return self.a_second(self.frames.at((frames + SOON) / float(self.fps), counting))

    def a_second(self, numbers: Array) -> Array:
        """So much a second, of numbers of so much a frame."""
        changes, fps = self.each({"x": numbers}), float(self.fps)
        return np.asarray(np.power(changes, fps) if self.log else changes * fps, dtype=np.float64)

    def require(self, features: Collection[str]) -> None:
        """Raises SettingError where it names none of the film's features."""
        with inside("deforum"):
            self.frames.require(features)
        with inside("each"):
            self.each.require(features)


def deforum_track(text: str, span: Span) -> Track:
    """`0: (1.02), 60: (1.05+0.01*sin(t))`, with Deforum's names; a formula holds until the next key, as there."""
    keys = []
    for column, frame, inner in deforum_keys(text):
        value = number_in(inner)
        with _at_column(column):
            track = constant_track(value, span) if not isinstance(value, str) else _deforum_formula(inner, column)
        keys.append(Key(read_time(frame), track, EASINGS["linear"] if track.constant is not None else None))
    return keyframe_track(keys, span)


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
