"""Columns. A Column is one number's values as a file has them: the cells that say them, and their times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from render.config.problem import Problem, SettingError
from render.config.spreadsheet import Cell
from render.config.track import Array, Span


@dataclass(frozen=True)
class Column:
    """One number's values as written."""

    key: str
    name: str  # what problems call it
    unit: str  # of the times
    times: Sequence[float]  # of its cells
    cells: Sequence[Cell]
    read: Callable[[str], float]  # from what stands in a cell to its number; raises SettingError
    holds: bool = False  # each value holds until the next


@dataclass(frozen=True)
class Columns:
    """What a file says."""

    columns: Sequence[Column]
    left_out: tuple[str, ...] = ()  # its fields that mean nothing to this program
    problems: Sequence[Problem] = ()  # besides those of single cells


def read_numbers(name: str, cells: Iterable[Cell], span: Span, read: Callable[[str], float]) -> tuple[Array, list[Problem]]:
    """What the cells mean, and what is wrong with those that mean nothing."""
    values, problems = [], []
    for place, cell in cells:
        value = np.nan
        try:
            value = read(cell)
            span.check(value)
        except SettingError as wrong:
            problems.append(Problem(place, f"{name} {wrong.message}", wrong.hint))
        values.append(value)
    return np.array(values, dtype=np.float64), problems
