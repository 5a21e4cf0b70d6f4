"""The cuts of a film: (Config) -> whether it cuts between two moments, which shot a moment is in, and when that began."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import ceil

from render.config import Config
from render.config.cuts import cut_times
from render.moment import Moment

EARLY = 1e-6  # seconds by which a frame may come before a cut that falls on it, as sums of floats may have it


def cut_test(config: Config) -> Callable[[Moment, Moment], bool | None]:
    """Whether the film cuts between two moments; None for footage where that is to be found out."""
    times = cut_times(config, config.clock)
    if times is None:
        return lambda before, after: None

    def cut(before: Moment, after: Moment) -> bool:
        start, end = sorted((before.seconds, after.seconds))
        return bisect_right(times, start + EARLY) < bisect_right(times, end + EARLY)

    return cut


def shot_number(config: Config) -> Callable[[Moment], int]:
    """How many cuts to a fresh dream a film that is no footage has had."""
    times = _fresh_starts(config)
    return lambda moment: bisect_right(times, moment.seconds + EARLY)


def shot_start(config: Config) -> Callable[[Moment], float]:
    """When a film that is no footage began with its source: the tick after the last cut to a fresh dream, seconds."""
    clock, number = config.clock, shot_number(config)
    ticks = [ceil((time - EARLY) * clock.rate) for time in _fresh_starts(config)]
    starts = [0.0, *(clock.tick(tick).seconds for tick in ticks)]
    return lambda moment: starts[number(moment)]


def _fresh_starts(config: Config) -> tuple[float, ...]:
    """The seconds at which the dream begins anew, of a film that is no footage."""
    return (cut_times(config, config.clock) or ()) if config.cuts.to == "fresh" and not config.source.moves else ()
