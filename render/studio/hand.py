"""The hand: numbers that are set here and not by the film's file, at once or gliding there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from render.config.hold import Hold
from render.errors import RenderError
from render.moment import Moment
from render.studio.flight import Stage
from render.studio.handles import why_fixed


@dataclass(frozen=True)
class Glide:
    """A number on its way to another."""

    start: float
    end: float
    first: int  # tick at which it began
    ticks: int  # that it takes
    log: bool  # by equal factors

    def at(self, tick: int) -> float:
        """The number for the step that begins at `tick`."""
        share = min(1.0, (tick - self.first + 1) / self.ticks)
        if self.log:
            return float(np.exp(np.log(self.start) * (1 - share) + np.log(self.end) * share))
        return self.start + (self.end - self.start) * share

    def runs(self, tick: int) -> bool:
        """Whether it goes on after the step that begins at `tick`."""
        return tick - self.first + 1 < self.ticks


class Hand:
    """What was set since the last step, what glides, and which numbers a hand has moved at all."""

    def __init__(self) -> None:
        self.pending: dict[str, Any] = {}  # key -> number, or an expression of the file's
        self.glides: dict[str, Glide] = {}
        self.moved: set[str] = set()  # keys that are set here and not by the file

    def set(self, stage: Stage, now: Mapping[str, float], values: Mapping[str, float], tick: int, seconds: float = 0.0) -> None:
        """Set numbers from tick `tick` on; or let them glide there from `now` in so many seconds of film.

        Raises RenderError for what is no number of the film, or none that can be moved in flight.
        """
        for key, value in values.items():
            _require_movable(stage, key, value)
        ticks = round(seconds * float(stage.film.scene.clock.rate))
        for key, value in values.items():
            span = stage.spans[key]
            wanted = float(min(max(value, span.low), span.high))
            self.moved.add(key)
            self.glides.pop(key, None)
            if ticks > 1 and key in now:
                self.pending.pop(key, None)
                self.glides[key] = Glide(now[key], wanted, tick, ticks, span.log)
            else:
                self.pending[key] = round(wanted) if span.whole else wanted

    def give_back(self, key: str, written: Any) -> None:
        """A number is as the film's file says again, from the next step on."""
        self.let_go(key)
        self.pending[key] = written

    def let_go(self, key: str) -> None:
        """A number is moved here no more."""
        self.moved.discard(key)
        self.glides.pop(key, None)
        self.pending.pop(key, None)

    def take(self, stage: Stage, tick: int) -> dict[str, Any]:
        """What holds from the step on that begins at `tick`: by hand, by glides, and by a schedule of the film's own."""
        gliding = {key: glide.at(tick) for key, glide in self.glides.items()}
        self.glides = {key: glide for key, glide in self.glides.items() if glide.runs(tick)}
        values = {**self._schedule_values(stage, stage.film.scene.clock.tick(tick + 1)), **gliding, **self.pending}
        self.pending = {}
        spans = stage.spans
        return {key: round(value) if spans[key].whole and isinstance(value, float) else value for key, value in values.items()}

    def _schedule_values(self, stage: Stage, moment: Moment) -> dict[str, float]:
        """The numbers that a table of the film's own moves, a row a tick; what a hand moved is its own."""
        return {
            key: curve(moment)
            for key, curve in stage.curves.items()
            if curve.scheduled and not isinstance(curve.track.at, Hold) and key not in self.moved
        }

    def keep_only(self, keys: Iterable[str]) -> None:
        """Forget numbers that the film has no more."""
        known = set(keys)
        self.pending = {key: value for key, value in self.pending.items() if key in known}
        self.glides = {}
        self.moved &= known


def _require_movable(stage: Stage, key: str, value: float) -> None:
    if key not in stage.spans:
        raise RenderError(f"{key}: this film has no such number")
    if why := why_fixed(stage, key):
        raise RenderError(f"{key} cannot be moved in flight: {why}")
    if not np.isfinite(value):
        raise RenderError(f"{key}: {value} is no number to work with")
