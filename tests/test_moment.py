"""Laws of the two clocks: they agree at shared instants, nothing is rounded, and the last tick reaches the last frame."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from render.moment import Clock

NTSC = Fraction(30000, 1001)
CLOCKS = [
    (Fraction(30), 300, Fraction(8)),
    (Fraction(24), 1, Fraction(8)),
    (Fraction(24), 2, Fraction(8)),
    (Fraction(30), 31, Fraction(8)),  # the last frame is a tick
    (NTSC, 1000, Fraction(8)),
    (NTSC, 1000, NTSC),  # every frame
    (Fraction(24), 100, Fraction(60)),  # more ticks than frames
    (Fraction(25), 77, Fraction(7)),  # does not divide
    (Fraction(12), 9, Fraction(1, 3)),  # a dream in three seconds
]
each_clock = pytest.mark.parametrize(("fps", "frames", "rate"), CLOCKS)


@each_clock
def test_the_last_tick_is_the_first_at_or_past_the_last_frame(fps: Fraction, frames: int, rate: Fraction) -> None:
    clock = Clock(fps, frames, rate)
    last = Fraction(clock.last_tick) / rate
    assert last >= (frames - 1) / fps
    assert clock.last_tick == 0 or last - 1 / rate < (frames - 1) / fps


@each_clock
def test_every_frame_lies_between_two_ticks(fps: Fraction, frames: int, rate: Fraction) -> None:
    clock = Clock(fps, frames, rate)
    for frame in range(frames):
        tick, u = clock.beside(frame / clock.fps)
        assert 0 <= u < 1
        assert tick < clock.last_tick or (tick == clock.last_tick and u == 0)
        assert float((tick + Fraction(u)) / rate) == pytest.approx(float(frame / fps), abs=1e-9)


@each_clock
def test_a_frame_on_a_tick_is_exactly_there(fps: Fraction, frames: int, rate: Fraction) -> None:
    clock = Clock(fps, frames, rate)
    for tick in range(clock.last_tick + 1):
        place = Fraction(tick) / rate * fps
        if place.denominator == 1 and place < frames:
            assert clock.beside(int(place) / clock.fps) == (tick, 0.0)
            assert clock.frame(int(place)).seconds == clock.tick(tick).seconds


def test_frame_rates_are_fractions_to_the_end() -> None:
    """Float frame rates lose a frame in a day of film."""
    day = Clock(NTSC, ceil(86400 * NTSC), NTSC)
    assert day.last_tick == day.frames - 1
    assert all(day.beside(frame / day.fps) == (frame, 0.0) for frame in range(day.frames - 1000, day.frames))


def test_seconds() -> None:
    clock = Clock(Fraction(25), 50, Fraction(8))
    assert clock.seconds == 2
    assert clock.frame(25).seconds == 1
    assert clock.frame(25).dt == pytest.approx(0.04)
    assert clock.tick(8).seconds == 1
    assert clock.tick(8).dt == 0.125
    assert clock.tick(17).seconds == 2.125, "the last tick may lie past the end"


def test_a_still_has_one_tick() -> None:
    still = Clock(Fraction(30), 1, Fraction(8))
    assert still.last_tick == 0
    assert still.beside(Fraction(0)) == (0, 0.0)
