"""Tables. What a spreadsheet says of moving numbers: (its text, what may move) -> Columns.

It has the time in its first column, called seconds, frame, beat or timecode, and each other column is headed by a number's key;
columns headed by something else are notes, and left out:

    seconds,    motion.zoom, dream.objective.0.weight, (mood)
    0,          1.5,         1,                        calm
    00:00:04,   1.2,         ,
    00:00:09.5, 2,           0,                        storm

An empty cell says nothing. Where the first column is called `after seconds` (frame, beat), a row holds until the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial

import numpy as np

from render.config.columns import Column, Columns, read_numbers
from render.config.problem import Origin, Problem, ProblemsError, SettingError, quote
from render.config.spreadsheet import FRAMES_CODE, Cell, Sheet, read_sheet
from render.config.track import ANY, Array, Span
from render.errors import nearest

UNITS = {
    "seconds": "seconds",
    "frame": "frames",
    "frames": "frames",
    "beat": "beats",
    "beats": "beats",
    **dict.fromkeys(("time", "timecode"), "timecode"),
}
AFTER = "after "  # before the unit: from just after its time on a row holds, up to the next
EXAMPLES = "columns are called motion.zoom, motion.pan.0, dream.steps, dream.objective.0.weight, …"


def read_table(text: str, origin: Origin, spans: Mapping[str, Span], fps: Fraction) -> Columns:
    """The columns of a spreadsheet, and the headings of those that are notes."""
    sheet = read_sheet(origin)
    headings = {index: cell for index, cell in enumerate(sheet.head) if index and not _is_note(cell[1], spans)}
    rows = [row for row in sheet.rows if len(row) != len(sheet.head) or any(row[index][1] for index in (0, *headings))]
    if faults := [*_wrong_head(sheet.head[0], headings.values(), spans), *_ragged(sheet.head, rows)]:
        raise ProblemsError(faults)
    clock = sheet.head[0][1]
    unit, times, problems = _times(clock, [row[0] for row in rows], sheet, fps)
    columns = []
    for index, (place, key) in headings.items():
        filled = [number for number, row in enumerate(rows) if row[index][1]]
        if not filled:
            problems.append(Problem(place, "the column has no number in it"))
        cells = [rows[number][index] for number in filled]
        columns.append(Column(key, key, unit, times[filled].tolist(), cells, sheet.number, clock.lower().startswith(AFTER)))
    notes = (cell or f"column {index + 1}" for index, (_, cell) in enumerate(sheet.head) if index and index not in headings)
    return Columns(columns, tuple(notes), problems)


def _times(clock: str, cells: Sequence[Cell], sheet: Sheet, fps: Fraction) -> tuple[str, Array, list[Problem]]:
    """The unit and the times of the column called `clock`, and what is wrong with them."""
    unit, read = UNITS[clock.lower().removeprefix(AFTER)], sheet.number
    if unit in ("seconds", "timecode"):
        read = sheet.seconds if unit == "seconds" else partial(_timecode, sheet.seconds)
        unit = "seconds"
        if any(FRAMES_CODE.fullmatch(cell) for _, cell in cells):
            unit, read = "frames", partial(sheet.frames, fps=fps)
    times, problems = read_numbers(clock, cells, ANY, read)
    return unit, times, [*problems, *_not_rising(clock, times, cells)]


def _timecode(seconds: Callable[[str], float], cell: str) -> float:
    """The seconds that a cell writes as a time; a bare number could be anything."""
    if ":" not in cell:
        hint = "write 00:00:01.5 or 00:00:01:12, or call the column seconds, frame or beat"
        raise SettingError(f"is {quote(cell)}, which is no timecode", hint)
    return seconds(cell)


def _is_note(heading: str, spans: Mapping[str, Span]) -> bool:
    """Whether a column is a note of its writer: its heading is empty, in brackets, or nothing like a number's key."""
    sections = {key.split(".")[0] for key in spans}
    named = heading in spans or heading.lower().split(".")[0] in sections or _meant(heading, spans)
    return not heading or bool(re.fullmatch(r"\(.*\)|\[.*\]", heading)) or not named


def _wrong_head(first: Cell, columns: Iterable[Cell], spans: Mapping[str, Span]) -> Iterator[Problem]:
    place, clock = first
    if clock.lower().removeprefix(AFTER) not in UNITS:
        hint = "it holds the time: call it seconds, frame, beat or timecode"
        yield Problem(place, f"the first column is {quote(clock)}", hint)
    elif not columns:
        yield Problem(place, "there is nothing but the time", "add a column such as motion.zoom")
    before: set[str] = set()
    for place, key in columns:
        parts = [part for part in spans if part.startswith(f"{key}.")]
        if key in before:
            yield Problem(place, f"{quote(key)} stands here twice")
        elif key not in spans and parts:
            yield Problem(place, f"{quote(key)} is several numbers", f"name one of them: {' '.join(parts)}")
        elif key not in spans:
            hint = f"{_meant(key, spans) or EXAMPLES}  for a note write ({key})"
            yield Problem(place, f"{quote(key)} is no number that can move in this film", hint)
        before.add(key)


def _meant(key: str, keys: Iterable[str]) -> str:
    """A hint: what ends in the word, or else looks most like it."""
    return next((f'did you mean "{known}"?' for known in keys if known.endswith(f".{key.lower()}")), "") or nearest(key, keys)


def _ragged(head: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> Iterator[Problem]:
    if not rows:
        yield Problem(head[0][0], "there are no rows under the head")
    for row in rows:
        if len(row) != len(head):
            yield Problem(row[0][0], f"the row has {len(row)} cells, and the head has {len(head)}")


def _not_rising(clock: str, times: Array, cells: Sequence[Cell]) -> Iterator[Problem]:
    for index in (np.flatnonzero(np.diff(times) <= 0) + 1).tolist():
        place, cell = cells[index]
        yield Problem(place, f"{clock} is {cell}, and the row above has {cells[index - 1][1]}", "times rise from row to row")
