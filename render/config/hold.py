"""Holds. A Hold is a number that changes from row to row of a table and stands still between: what a flight is recorded as.

A row rules from just after its time up to and with the time of the next row. So the dream at the end of a tick is ruled by the
row with which the way there was begun, and the row that is written next changes nothing that was dreamed before it. Times
are counted on the camera's grid, whose cells have one speed each. Before its first row a number is as the film's file says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from render.config.curve import Curve, read_curve
from render.config.scalars import Time
from render.config.track import Array, Span, Track
from render.moment import CELLS, GRAIN, Clock

UNSAID = Track(lambda seconds, clock: np.full_like(seconds, np.nan))  # of a number that its file leaves out


@dataclass(frozen=True)
class Hold:
    """Numbers that hold from row to row: the `at` of a Track. Rows rise in time."""

    times: tuple[Fraction, ...]  # of the rows
    values: tuple[Any, ...]  # as YAML has them: a number, or an expression or keyframes, which then move from the row on
    span: Span
    unit: str = "seconds"  # that the times are counted in
    before: Track = UNSAID  # the number before the first row
    extra: Mapping[int, Track] = field(default_factory=dict, compare=False, repr=False)  # of rows that hold no plain number

    @classmethod
    def of(cls, times: Sequence[Fraction], values: Sequence[Any], span: Span, unit: str = "seconds") -> Hold:
        """Raises SettingError for a value that the number cannot have."""
        curves = {row: read_curve(value, span) for row, value in enumerate(values) if not _plain(value)}
        return cls(tuple(times), tuple(values), span, unit, extra={row: curve.track for row, curve in curves.items()})

    def and_then(self, time: Fraction, value: Any) -> Hold:
        """The same up to that time, and one row more. Raises SettingError for a value that the number cannot have."""
        curve = read_curve(value, self.span)
        kept = self.up_to(time)
        extra = kept.extra if _plain(value) else {**kept.extra, len(kept.times): curve.track}
        longer = replace(kept, times=(*kept.times, time), values=(*kept.values, value), extra=extra)
        longer.__dict__["_cells"] = np.append(self._cells[: len(kept.times)], round(time * CELLS))  # counted again: slow
        return longer

    def up_to(self, time: Fraction) -> Hold:
        """The same without the rows at that time and later."""
        kept = bisect_left(self.times, time)
        extra = {row: track for row, track in self.extra.items() if row < kept}
        return replace(self, times=self.times[:kept], values=self.values[:kept], extra=extra)

    def __call__(self, seconds: Array, clock: Clock) -> Array:
        """The number at each of `seconds`.

        Every row is asked of all of them: what an expression gives must not hang on how many times it is asked for together.
        """
        rows = np.searchsorted(self._edges(clock), np.round(seconds * CELLS, GRAIN), side="left") - 1
        first, *later = np.unique(rows).tolist() or [-1]
        numbers = self._row(first, seconds, clock)
        for row in later:
            numbers = np.where(rows == row, self._row(row, seconds, clock), numbers)
        return numbers

    def _row(self, row: int, seconds: Array, clock: Clock) -> Array:
        track = self.before if row < 0 else self.extra.get(row)
        return np.full_like(seconds, self.values[row]) if track is None else track.at(seconds, clock)

    def _edges(self, clock: Clock) -> Array:
        """Where the rows begin, in whole cells."""
        if self.unit == "seconds":
            return self._cells
        start, after = (Time(Fraction(count), self.unit, "").seconds(clock) for count in (0, 1))
        return np.round((start + (after - start) * np.array(self.times, dtype=np.float64)) * CELLS)

    @cached_property
    def _cells(self) -> Array:
        return np.array([round(time * CELLS) for time in self.times], dtype=np.float64)

    def track(self, before: Curve | None) -> Track:
        """The number as a film has it whose file says `before`, or nothing of it."""
        base = before.track if before else UNSAID
        tracks = [base, *self.extra.values()]
        names = frozenset[str]().union(*(track.names for track in tracks), Time(Fraction(1), self.unit, "").names)
        same = all(value == base.constant for value in self.values)

        def require(features: Collection[str]) -> None:
            for track in tracks:
                track.require(features)

        return Track(replace(self, before=base), names, base.constant if same else None, require)


def holds(curve: Curve) -> bool:
    """Whether the curve is as its file says until a row of a schedule changes it."""
    return isinstance(curve.track.at, Hold)


def unsaid(curve: Curve) -> bool:
    """Whether the number is left to the film until a row of its schedule says it. Rows are looked at when they are read."""
    return isinstance(curve.track.at, Hold) and curve.track.at.before is UNSAID


def _plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
