"""Moments. A Moment is a point in the film; a Clock counts them, once for the dream's ticks and once for the film's frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

CELLS = 240  # a second; the camera's speeds are constant within a cell of this grid, which knows nothing of the frame rate
GRAIN = 6  # decimals of a cell in which times are counted, so that what falls on the grid meets it

Feature = Callable[[Any], Any]  # seconds, an array of float64 -> 0..1 at each
Rows = Callable[[Any, Any], Any]  # (seconds, an array of float64; the clock) -> a number at each


@dataclass(frozen=True)
class Clock:
    """The two clocks of a film: `frames` pictures at `fps`, dreamed `rate` times a second.

    >>> Clock(fps=Fraction(30), frames=31, rate=Fraction(8)).last_tick
    8
    """

    fps: Fraction  # frames per second, exact
    frames: int  # of the film
    rate: Fraction  # ticks per second, exact
    bpm: float = 120.0  # beats per minute of the film's music
    seed: int = 0  # where the randomness of expressions begins
    first_beat: float = 0.0  # when it falls, seconds
    features: Mapping[str, Feature] = field(default_factory=dict, compare=False)  # what expressions may name of the music
    rows: Mapping[str, Rows] = field(default_factory=dict, compare=False)  # of a flight, by the key of the number they move
    tail: int = 0  # frames past the last that are dreamed too, since the film goes round into its beginning
    backwards: bool = False  # whether it is dreamed from its end
    on_frames: bool = False  # footage: ticks sit on the nearest film frames, the last on the last

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
        """The tick at or before that time, and how far it is from there to the next tick, 0..1."""
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
    """A point in the film."""

    index: int  # of the tick or the frame
    seconds: float  # from the film's start
    dt: float  # seconds to the next tick or frame
    clock: Clock
