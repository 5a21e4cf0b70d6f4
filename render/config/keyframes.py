"""Keyframes. What moves from key to key: (keys, what it may be) -> Track."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from render.config.easing import Easing
from render.config.problem import SettingError
from render.config.scalars import TIME_HINT, Time
from render.config.track import Array, Span, Track
from render.moment import Clock


@dataclass(frozen=True)
class Key:
    """A time and what the number is there; `leaving` is the easing to the next key, None to hold this key's formula."""

    time: Time
    track: Track
    leaving: Easing | None


def keyframe_track(keys: Sequence[Key], span: Span) -> Track:
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
    return blend(before, second.track.at(aim, clock), share, span.log)


def blend(before: Array, after: Array, share: Array, log: bool) -> Array:
    """`share` of the way from one number to the other, by equal steps or, if `log`, by equal factors."""
    if not log:
        return before + (after - before) * share
    return np.exp(np.log(before) * (1 - share) + np.log(after) * share)
