"""Moments. A Moment is a point in the film; a Clock counts them, once for the dream's ticks and once for the film's frames."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor


@dataclass(frozen=True)
class Clock:
    """The two clocks of a film: `frames` pictures at `fps`, dreamed `rate` times a second.

    fps, rate: per second, exact. bpm: beats per minute of the film's music. seed: where the randomness of expressions begins.
    """

    fps: Fraction
    frames: int
    rate: Fraction
    bpm: float = 120.0
    seed: int = 0

    @property
    def seconds(self) -> float:
        """How long the film is."""
        return float(self.frames / self.fps)

    @property
    def last_tick(self) -> int:
        """Index of the last tick, the first one at or past the last frame."""
        return ceil((self.frames - 1) / self.fps * self.rate)

    def tick(self, index: int) -> Moment:
        """The moment of tick `index`; the last may lie past the end, where curves clamp."""
        return Moment(index, float(index / self.rate), float(1 / self.rate), self)

    def frame(self, index: int) -> Moment:
        """The moment of film frame `index`."""
        return Moment(index, float(index / self.fps), float(1 / self.fps), self)

    def beside(self, frame: int) -> tuple[int, float]:
        """The tick at or before film frame `frame`, and how far (0..1) the frame is on the way to the next."""
        place = frame / self.fps * self.rate
        return floor(place), float(place - floor(place))


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
