"""Moments. A Moment is a point in the film; a Clock counts them, once for the dream's ticks and once for the film's frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

Feature = Callable[[Any], Any]  # seconds, an array of float64 -> 0..1 at each


@dataclass(frozen=True)
class Clock:
    """The two clocks of a film: `frames` pictures at `fps`, dreamed `rate` times a second.

    fps, rate: per second, exact. bpm: beats per minute of the film's music, of which the first falls on `upbeat` seconds.
    seed: where the randomness of expressions begins. features: what expressions may name of the music. tail: frames after
    the last that are dreamed too, since the film goes round into its beginning. backwards: it is dreamed from its end.
    on_frames: footage, whose ticks sit on the nearest film frames, the last on the last.
    """

    fps: Fraction
    frames: int
    rate: Fraction
    bpm: float = 120.0
    seed: int = 0
    first_beat: float = 0.0
    features: Mapping[str, Feature] = field(default_factory=dict, compare=False)
    tail: int = 0
    backwards: bool = False
    on_frames: bool = False

    @property
    def seconds(self) -> float:
        """How long the film is."""
        return float(self.frames / self.fps)

    @property
    def last_tick(self) -> int:
        """Index of the last tick, the first one at or past the last frame."""
        end = self.frames - 1 + self.tail
        tick = ceil(end / self.fps * self.rate)
        return tick - (self.on_frames and tick > 0 and self.place(tick - 1) >= end)

    def tick(self, index: int) -> Moment:
        """The moment of tick `index`; the last may lie past the end, where curves clamp."""
        place, after = self.place(index), self.place(index + 1)
        return Moment(index, float(place / self.fps), float((after - place) / self.fps) or float(1 / self.rate), self)

    def frame(self, index: int) -> Moment:
        """The moment of film frame `index`."""
        return Moment(index, float(index / self.fps), float(1 / self.fps), self)

    def beside(self, seconds: Fraction) -> tuple[int, float]:
        """The tick at or before that time, and how far (0..1) it is on the way to the next."""
        place, tick = seconds * self.fps, floor(seconds * self.rate)
        tick += self.place(tick) < place and self.place(tick + 1) <= place  # the next may sit on an earlier frame than its time
        before, after = self.place(tick), self.place(tick + 1)
        return tick, float((place - before) / (after - before)) if after > before else 0.0

    def curve_time(self, seconds: Any) -> Any:
        """Where on its curves the film is at those seconds, an array: they stand still past its ends, or go round."""
        if self.tail:
            seconds = seconds % self.seconds
        if self.backwards:
            seconds = self.seconds - seconds
        return seconds.clip(0.0, self.seconds)

    def place(self, tick: int) -> Fraction:
        """Where a tick lies, in film frames."""
        place = tick * self.fps / self.rate
        return Fraction(min(round(place), self.frames - 1 + self.tail)) if self.on_frames else place


@dataclass(frozen=True)
class Moment:
    """A point in the film: the index on its own clock, the time in seconds, and the seconds to the next on that clock."""

    index: int
    seconds: float
    dt: float
    clock: Clock

    @property
    def playhead(self) -> float:
        """0 at the start of the film, 1 at its end and after."""
        return min(self.seconds / self.clock.seconds, 1.0)
