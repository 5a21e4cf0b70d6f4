"""Loops. A Loop is how the end of a film joins its beginning: a row of `LOOPS`, without torch, since the vocabulary reads it.

To add a loop, add its row here: the vocabulary, the clock, the order of frames and the prints follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from render.moment import Clock

FADE, FADE_SECONDS = Fraction(1, 4), 2  # a cross-faded loop fades over this share of the film, at most so long


def onwards(clock: Clock) -> tuple[range, ...]:
    """All frames, first to last."""
    return (range(clock.frames),)


@dataclass(frozen=True)
class Loop:
    """How the end of a film joins its beginning. Its functions need no pictures."""

    name: str
    meaning: str = ""  # a word for the vocabulary, where the name does not say it
    clock: Callable[[Clock], Clock] = lambda clock: clock  # clock of the plain film -> what is dreamed for this loop
    order: Callable[[Clock], tuple[range, ...]] = onwards  # the frames of a clock as they are shown, range after range
    seamless: bool = True  # the first frame follows the last; at any frame rate the frames fit the film's length exactly
    doubles: bool = False  # shown there and back: all frames twice, but for the two ends
    fades: bool = False  # the `tail` frames past the end are shown first, fading into the beginning
    closes: bool = False  # the last tick is the first, which holds itself where the camera will end
    over_footage: bool = False  # whether footage, which goes its own way, can be shown so


def _whole_ticks(clock: Clock) -> Clock:
    """The rate nearest to the clock's whose ticks fit the film exactly: its last tick is its first."""
    seconds = clock.frames / clock.fps
    return replace(clock, rate=max(1, round(clock.rate * seconds)) / seconds, tail=1)


def _past_the_end(clock: Clock) -> Clock:
    """As many frames more as fade into the beginning."""
    return replace(clock, tail=round(min(clock.frames * FADE, FADE_SECONDS * clock.fps)))


def _half(clock: Clock) -> Clock:
    """The way there, up to and with the frame where it turns."""
    return replace(clock, frames=round(clock.frames / 2) + 1)


def _from_either_end(clock: Clock) -> tuple[range, ...]:
    """A film that was dreamed from its end is shown from there; its first frame is the same either way."""
    return (range(1), range(clock.frames - 1, 0, -1)) if clock.backwards else onwards(clock)


def _there_and_back(clock: Clock) -> tuple[range, ...]:
    return range(clock.frames), range(clock.frames - 2, 0, -1)


NONE = Loop("none", seamless=False, over_footage=True)
DROSTE = Loop("droste", "an endless zoom", _whole_ticks, _from_either_end, closes=True)
CROSSFADE = Loop("crossfade", clock=_past_the_end, fades=True)
PINGPONG = Loop("pingpong", "there and back", _half, _there_and_back, doubles=True, over_footage=True)

LOOPS = {loop.name: loop for loop in (NONE, DROSTE, CROSSFADE, PINGPONG)}


def meanings() -> str:
    """All loops in a line, for the vocabulary."""
    return ", ".join(f"{loop.name} ({loop.meaning})" if loop.meaning else loop.name for loop in LOOPS.values() if loop.seamless)
