"""Time left. How fast a film goes and how long it will take yet: (ticks, efforts) -> the ticks, each with its Progress."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from render.config import Config
from render.config.curve import Curve

T = TypeVar("T")

MOST = 10**6  # ticks of a film; of longer ones each is taken to be as much work as any other
BESIDES = 1.0  # what a tick takes besides its steps, in steps at full size: the move, the hold
MEMORY = 0.25  # of all ticks: after so many, what was before counts half


@dataclass(frozen=True)
class Progress:
    """How far a film is. As text: "dream 5 of 41, 0.31 s each, 11 s left"."""

    index: int  # ticks done, counted from 1
    of: int  # ticks in all
    each: float  # seconds that one takes now
    seconds: float  # until the last is done

    def __str__(self) -> str:
        return f"dream {self.index} of {self.of}, {self.each:.2f} s each, {self.seconds:.0f} s left"


def with_eta(ticks: Iterable[T], first: int, last: int, efforts: Sequence[float] | None = None) -> Iterator[tuple[T, Progress]]:
    """The ticks from `first` + 1 to `last`, as they are done, each with how far the film is then.

    efforts: how much work each tick from 0 to `last` is, in any unit; all the same if None. What the first took does not count
    once the second is done: much is set up then.
    """
    ahead = np.cumsum((np.ones(last + 1) if efforts is None else np.asarray(efforts))[::-1])[::-1]
    keep = 0.5 ** (1 / max(1.0, MEMORY * (last - first)))
    seconds = work = number = 0.0
    before = monotonic()
    for index, tick in enumerate(ticks, first + 1):
        now = monotonic()
        share = keep if index > first + 2 else 0.0
        rest = float(ahead[index + 1]) if index < last else 0.0
        seconds, work, number = share * seconds + now - before, share * work + float(ahead[index]) - rest, share * number + 1
        before = now
        each = seconds / number
        yield tick, Progress(index + 1, last + 1, each, seconds / work * rest if work else each * (last - index))


def efforts(config: Config) -> Sequence[float] | None:
    """How much work each tick of a film is."""
    clock = config.clock
    if clock.last_tick >= MOST:
        return None
    first = count_steps(config, np.zeros(1), config.dream.first_steps)
    others = count_steps(config, np.arange(1, clock.last_tick + 1) / float(clock.rate))
    each: list[float] = (np.concatenate((first, others)) + BESIDES).tolist()
    return each


def count_steps(config: Config, seconds: NDArray[np.float64], steps: Curve | None = None) -> NDArray[np.float64]:
    """The steps of the dreams at those times, each weighed by the pixels of its octave, 1 at full size.

    steps: those of dreams on fresh ground, where they are meant.
    """
    dream, clock = config.dream, config.clock
    shrink = np.asarray(dream.octave_scale.over(seconds, clock), dtype=np.float64) ** -2
    octaves: Any = dream.octaves.over(seconds, clock)
    return np.asarray((steps or dream.steps).over(seconds, clock) * (1 - shrink**octaves) / (1 - shrink), dtype=np.float64)
