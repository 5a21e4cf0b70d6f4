"""Schedules. A Schedule is what a file says of moving numbers: (path, what may move) -> a Curve for each of its columns.

The file is a spreadsheet's CSV (table.py) or a manifest of Parseq (parseq.py). From row to row a number goes straight (zoom by
equal factors); before the first and after the last row it stands still. Where the rows of a table hold, its cells may be
expressions, and before its first row a number is as the film's file says (hold.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from render.config.columns import Column, Columns, read_numbers
from render.config.curve import Curve, read_curve
from render.config.hold import Hold
from render.config.nodes import lines_of, parse
from render.config.parseq import read_manifest
from render.config.problem import Origin, Place, Problem, ProblemsError, SettingError, quote, report
from render.config.scalars import Time
from render.config.spreadsheet import decode
from render.config.table import read_table
from render.config.track import Array, Span, Track
from render.errors import MissingError
from render.inputs import TEXT, read_bytes
from render.moment import Clock

READERS = {".csv": read_table, ".tsv": read_table, ".json": read_manifest}  # (text, its origin, spans, fps) -> Columns
FINEST = 10**6  # parts of a second, frame or beat that rows that hold are told apart by
AFTER_ALL = 10_000  # the rank of a schedule's problems: they are told after those of every YAML file


@dataclass(frozen=True)
class Schedule:
    """What a file says; nothing, where there is none."""

    digest: str = ""  # SHA-256 of the file
    curves: Mapping[str, Curve] = field(default_factory=dict, compare=False, repr=False)
    left_out: tuple[str, ...] = ()  # its fields that mean nothing to this program


@dataclass(frozen=True)
class Rows:
    """Numbers at times, gone straight between: the `at` of a Track."""

    times: Array  # counted in `unit`
    numbers: Array  # at each time; their logarithms, where the number moves by factors
    unit: str
    log: bool

    def __call__(self, seconds: Array, clock: Clock) -> Array:
        """The number at each of `seconds`."""
        start, after = (Time(Fraction(count), self.unit, "").seconds(clock) for count in (0, 1))
        numbers = np.interp(seconds, start + (after - start) * self.times, self.numbers)
        return np.exp(numbers) if self.log else numbers


def read_schedule(path: Path, spans: Mapping[str, Span], place: Place, fps: Fraction) -> Schedule:
    """What the file at `path` says of the numbers whose keys are in `spans`.

    place: where the setting stands that names the file. fps: of the film, which timecodes count in.
    Raises MissingError where it cannot be read, else ProblemsError with all that is wrong in it.
    """
    if path.suffix.lower() not in READERS:
        endings = ", ".join(READERS)
        raise ProblemsError([Problem(place, f"schedule is {quote(path.name)}; it takes a file ending in {endings}")])
    data = _data(path, place)
    try:
        text = decode(data)
    except SettingError as wrong:
        raise ProblemsError([Problem(place, f"schedule is {quote(path.name)}, {wrong.message}", wrong.hint)]) from None
    here = Path.cwd()
    origin = Origin(str(path.relative_to(here) if path.is_relative_to(here) else path), path.parent, lines_of(text), AFTER_ALL)
    with np.errstate(all="ignore"):  # what is too large to reckon with is infinite, and told as a problem of its cell
        content = READERS[path.suffix.lower()](text, origin, spans, fps)
        return Schedule(hashlib.sha256(data).hexdigest(), _curves(content, spans), content.left_out)


def _data(path: Path, place: Place) -> bytes:
    try:
        return read_bytes(path, TEXT)
    except MissingError as error:
        problem = Problem(place, f"schedule is {quote(path.name)}, which cannot be read", error.message)
        raise MissingError(report([problem])) from error


# ── from cells to curves ────────────────────────────────────────────────────────────────────────────────────────────


def _curves(content: Columns, spans: Mapping[str, Span]) -> dict[str, Curve]:
    """The columns as curves; raises ProblemsError with every cell that holds no number that its key takes, and all else."""
    holding = [column for column in content.columns if column.holds]
    holds = [_hold(column, spans[column.key]) for column in holding]
    columns = [column for column in content.columns if not column.holds]
    numbers = [read_numbers(column.name, column.cells, spans[column.key], column.read) for column in columns]
    if faults := [*content.problems, *(problem for _, problems in (*numbers, *holds) for problem in problems)]:
        raise ProblemsError(faults)
    curves = {
        column.key: _curve(column, values, spans[column.key]) for column, (values, _) in zip(columns, numbers, strict=True)
    }
    return curves | {column.key: curve for column, (curve, _) in zip(holding, holds, strict=True) if curve}


def _hold(column: Column, span: Span) -> tuple[Curve | None, list[Problem]]:
    """A column whose values hold, as a curve, and what is wrong with its cells; they may be expressions, or keyframes in {}."""
    values, problems = [], []
    for place, cell in column.cells:
        try:
            value = parse(cell, place.origin).plain()
            read_curve(value, span)
            values.append(value)
        except SettingError as wrong:
            problems.append(Problem(place, f"{column.name} {wrong.message}", wrong.hint))
        except ProblemsError as error:
            problems.append(Problem(place, f"{column.name} {error.problems[0].message}", error.problems[0].hint))
    if problems or not values:
        return None, problems
    hold = Hold.of([Fraction(time).limit_denominator(FINEST) for time in column.times], values, span, column.unit)
    return Curve(values[0], span, hold.track(None), scheduled=True), []


def _curve(column: Column, values: Array, span: Span) -> Curve:
    """The number over time. Its first value stands for what YAML says where YAML says nothing."""
    numbers = np.log(values) if span.log else values
    rows = Rows(np.array(column.times, dtype=np.float64), numbers, column.unit, span.log)
    constant = float(values[0]) if (values == values[0]).all() else None
    first = int(values[0]) if span.whole else float(values[0])
    return Curve(first, span, Track(rows, Time(Fraction(1), column.unit, "").names, constant), scheduled=True)
