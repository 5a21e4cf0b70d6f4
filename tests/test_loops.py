"""Laws of loops: each shows all frames of its clock, in steps of one, and fits its ticks to where it joins its beginning."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import chain, pairwise

import pytest

from render.loops import LOOPS, Loop, meanings
from render.moment import Clock

CLOCKS = [
    Clock(Fraction(fps), frames, Fraction(rate)) for fps, frames, rate in ((30, 300, 8), (24, 2, 8), (25, 77, 7), (30, 1, 8))
]
each_loop = pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
each_clock = pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: f"{clock.frames} frames")


def shown(loop: Loop, clock: Clock) -> list[int]:
    """The numbers of the frames in the order in which they are shown."""
    return list(chain.from_iterable(loop.order(clock)))


@each_loop
@each_clock
def test_every_frame_is_shown_once_or_there_and_back(loop: Loop, clock: Clock) -> None:
    clock = loop.clock(clock)
    numbers = shown(loop, clock)
    inner = range(1, clock.frames - 1) if loop.doubles else range(0)
    assert sorted(numbers) == sorted([*range(clock.frames), *inner])
    assert numbers[0] == 0
    assert all(abs(after - before) == 1 for before, after in pairwise(numbers))


@each_clock
def test_what_was_dreamed_from_its_end_is_shown_from_there(clock: Clock) -> None:
    numbers = shown(LOOPS["droste"], replace(clock, backwards=True))
    assert numbers == [0, *range(clock.frames - 1, 0, -1)]


@each_loop
@each_clock
def test_the_clock_of_a_loop_is_that_of_the_film_but_for_what_closes_it(loop: Loop, clock: Clock) -> None:
    looped = loop.clock(clock)
    assert (looped.fps, looped.seconds <= clock.seconds + 1) == (clock.fps, True)
    assert bool(looped.tail) <= (loop.closes or loop.fades)
    if loop.closes:
        assert (looped.rate * clock.frames / clock.fps).denominator == 1, "its last tick is where its first was"
    if not loop.seamless:
        assert looped == clock


def test_a_loop_closes_in_one_way() -> None:
    for name, loop in LOOPS.items():
        assert loop.name == name
        assert loop.doubles + loop.fades + loop.closes == loop.seamless
        assert (name in meanings()) == loop.seamless
