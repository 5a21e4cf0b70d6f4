"""Schedules. A Schedule is what a file says of moving numbers: (path, what may move) -> a Curve for each of its columns.

A spreadsheet's CSV has the time in its first column, called seconds, frame, beat or timecode, and each other column is headed
by a number's key; columns headed by something else are notes, and left out:

    seconds,    motion.zoom, dream.objective.0.weight, (mood)
    0,          1.5,         1,                        calm
    00:00:04,   1.2,         ,
    00:00:09.5, 2,           0,                        storm

From row to row a number goes straight (zoom by equal factors); an empty cell says nothing; before the first and after the
last row it stands still. Where the first column is called `after seconds` (frame, beat), a row holds until the next one, its
cells may be expressions, and before its first row a number is as the film's file says (hold.py). A manifest of Parseq
(sd-parseq, JSON) is read by the table PARSEQ.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from render.config.curve import ANY, Array, Curve, Span, Track, read_curve
from render.config.hold import Hold
from render.config.nodes import lines_of, parse
from render.config.problem import Origin, Place, Problem, ProblemsError, SettingError, quote, report
from render.config.scalars import Time
from render.config.spreadsheet import FRAMES_CODE, Cell, Sheet, decode, read_sheet
from render.errors import MissingError, nearest
from render.inputs import TEXT, read_bytes
from render.moment import Clock

UNITS = {
    "seconds": "seconds",
    "frame": "frames",
    "frames": "frames",
    "beat": "beats",
    "beats": "beats",
    **dict.fromkeys(("time", "timecode"), "timecode"),
}
FINEST = 10**6  # parts of a second, frame or beat that rows that hold are told apart by
AFTER = "after "  # before the unit: from just after its time on a row holds, up to the next
AFTER_ALL = 10_000  # the rank of a schedule's problems: they are told after those of every YAML file

# Parseq's fields, the key of each here, and what it is a second when it is `each` a frame. Deforum, which Parseq writes for,
# turns against the clock and counts pixels of a picture 512 high; the film's own size changes nothing.
PIXELS = 512
PARSEQ: dict[str, tuple[str, Callable[..., float]]] = {
    "zoom": ("motion.zoom", lambda each, fps: float(np.float_power(max(each, 0.0), fps))),
    "angle": ("motion.rotate", lambda each, fps: -each * fps),
    "rotation_3d_z": ("motion.rotate", lambda each, fps: -each * fps),
    "translation_x": ("motion.pan.0", lambda each, fps: each * fps / PIXELS),
    "translation_y": ("motion.pan.1", lambda each, fps: each * fps / PIXELS),
    "transform_center_x": ("motion.center.0", lambda each, fps: each),
    "transform_center_y": ("motion.center.1", lambda each, fps: each),
}
PLACED = ("transform_center_x", "transform_center_y")  # where something is; all others are how far it goes

Frame = Mapping[str, Any]  # of a manifest
EXAMPLES = "columns are called motion.zoom, motion.pan.0, dream.steps, dream.objective.0.weight, …"


@dataclass(frozen=True)
class Schedule:
    """What a file says; nothing, where there is none."""

    digest: str = ""  # SHA-256 of the file
    curves: Mapping[str, Curve] = field(default_factory=dict, compare=False, repr=False)
    left_out: tuple[str, ...] = ()  # its fields that mean nothing to this program


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
class Content:
    """What stands in a file."""

    columns: Sequence[Column]
    left_out: tuple[str, ...] = ()
    problems: Sequence[Problem] = ()  # besides those of single cells


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


def read_schedule(path: Path, spans: Mapping[str, Span], place: Place, fps: Fraction = Fraction(30)) -> Schedule:
    """What the file at `path` says of the numbers whose keys are in `spans`.

    place: where the setting stands that names the file. fps: of the film, which timecodes count in.
    Raises MissingError where it cannot be read, else ProblemsError with all that is wrong in it.
    """
    readers = {".csv": _table, ".tsv": _table, ".json": _manifest}
    if path.suffix.lower() not in readers:
        endings = ", ".join(readers)
        raise ProblemsError([Problem(place, f"schedule is {quote(path.name)}; it takes a file ending in {endings}")])
    data = _data(path, place)
    try:
        text = decode(data)
    except SettingError as wrong:
        raise ProblemsError([Problem(place, f"schedule is {quote(path.name)}, {wrong.message}", wrong.hint)]) from None
    here = Path.cwd()
    origin = Origin(str(path.relative_to(here) if path.is_relative_to(here) else path), path.parent, lines_of(text), AFTER_ALL)
    with np.errstate(all="ignore"):  # what is too large to reckon with is infinite, and told as a problem of its cell
        content = readers[path.suffix.lower()](text, origin, spans, fps)
        return Schedule(hashlib.sha256(data).hexdigest(), _curves(content, spans), content.left_out)


def _data(path: Path, place: Place) -> bytes:
    try:
        return read_bytes(path, TEXT)
    except MissingError as error:
        problem = Problem(place, f"schedule is {quote(path.name)}, which cannot be read", error.message)
        raise MissingError(report([problem])) from error


def decode_file(path: Path) -> str:
    """The text of a file of another program; raises MissingError where it cannot be read or is no text."""
    try:
        return decode(read_bytes(path, TEXT))
    except SettingError as wrong:
        raise MissingError(f"{path}: {wrong.message.removeprefix('which ')}", wrong.hint) from None


def _refuse(problems: Iterable[Problem]) -> None:
    if problems := list(problems):
        raise ProblemsError(problems)


# ── from cells to curves ────────────────────────────────────────────────────────────────────────────────────────────


def _curves(content: Content, spans: Mapping[str, Span]) -> dict[str, Curve]:
    """The columns as curves; raises ProblemsError with every cell that holds no number that its key takes, and all else."""
    holding = [column for column in content.columns if column.holds]
    holds = [_hold(column, spans[column.key]) for column in holding]
    columns = [column for column in content.columns if not column.holds]
    numbers = [_numbers(column.name, column.cells, spans[column.key], column.read) for column in columns]
    _refuse([*content.problems, *(problem for _, problems in (*numbers, *holds) for problem in problems)])
    curves = {
        column.key: _curve(column, values, spans[column.key]) for column, (values, _) in zip(columns, numbers, strict=True)
    }
    return curves | {column.key: curve for column, (curve, _) in zip(holding, holds, strict=True) if curve}


def _numbers(name: str, cells: Iterable[Cell], span: Span, read: Callable[[str], float]) -> tuple[Array, list[Problem]]:
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
    given = int(values[0]) if span.whole else float(values[0])
    return Curve(given, span, Track(rows, Time(Fraction(1), column.unit, "").names, constant), scheduled=True)


# ── spreadsheets ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(text: str, origin: Origin, spans: Mapping[str, Span], fps: Fraction) -> Content:
    """The columns of a spreadsheet, and the headings of those that are notes."""
    sheet = read_sheet(origin)
    columns = {index: cell for index, cell in enumerate(sheet.head) if index and not _is_note(cell[1], spans)}
    used = [0, *columns]
    rows = [row for row in sheet.rows if len(row) != len(sheet.head) or any(row[index][1] for index in used)]
    _refuse([*_wrong_head(sheet.head[0], columns.values(), spans), *_ragged(sheet.head, rows)])
    clock = sheet.head[0][1]
    unit, times, problems = _times(clock, [row[0] for row in rows], sheet, fps)
    found = []
    for index, (_, key) in columns.items():
        having = [number for number, row in enumerate(rows) if row[index][1]]
        cells = [rows[number][index] for number in having]
        found.append(Column(key, key, unit, times[having].tolist(), cells, sheet.number, clock.lower().startswith(AFTER)))
    empty = (place for (place, _), column in zip(columns.values(), found, strict=True) if not column.cells)
    problems += [Problem(place, "the column has no number in it") for place in empty]
    notes = (cell or f"column {index + 1}" for index, (_, cell) in enumerate(sheet.head) if index and index not in columns)
    return Content(found, tuple(notes), problems)


def _times(clock: str, cells: Sequence[Cell], sheet: Sheet, fps: Fraction) -> tuple[str, Array, list[Problem]]:
    """The unit and the times of the column called `clock`, and what is wrong with them."""
    unit, read = UNITS[clock.lower().removeprefix(AFTER)], sheet.number
    if unit in ("seconds", "timecode"):
        read = sheet.seconds if unit == "seconds" else partial(_timecode, sheet.seconds)
        unit = "seconds"
        if any(FRAMES_CODE.fullmatch(cell) for _, cell in cells):
            unit, read = "frames", partial(sheet.frames, fps=fps)
    times, problems = _numbers(clock, cells, ANY, read)
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


# ── Parseq ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _manifest(text: str, origin: Origin, spans: Mapping[str, Span], film_fps: Fraction) -> Content:
    """The columns of a Parseq manifest, and its fields that were left out."""
    frames, fps = _frames(text, origin)
    places = _places(origin, len(frames))
    read: dict[str, tuple[str, Column]] = {}
    for name, (key, meaning) in PARSEQ.items():
        column = _field(name, key, frames, places, fps, partial(meaning, fps=fps))
        if key not in read and column.cells:
            read[key] = name, column
    if not read:
        raise ProblemsError(
            [Problem(Place(origin), "nothing in the manifest moves a film here", f"read are {' '.join(PARSEQ)}")]
        )
    used = {"frame", *(name for name, _ in read.values())}
    names = dict.fromkeys(name for frame in frames for name in frame if not name.endswith(("_delta", "_pc")))
    return Content([column for _, column in read.values()], tuple(name for name in names if name not in used))


def _field(
    name: str, key: str, frames: Sequence[Frame], places: Sequence[Place], fps: float, meaning: Callable[[float], float]
) -> Column:
    """One field of every frame that has it, as a column.

    Where there is its change from frame to frame (zoom_delta), Deforum goes by that, and so do we. Frame 0 is where the film
    begins; what a later frame has is how it came there from the one before, and so it stands halfway between the two.
    """
    changes = f"{name}_delta"
    column = changes if name not in PLACED and any(changes in frame for frame in frames) else name
    having = [
        (frame["frame"], (place, str(frame[column]))) for frame, place in zip(frames, places, strict=True) if column in frame
    ]
    moving = [(number, cell) for number, cell in having if number > 0]
    times = [(number - 0.5) / fps for number, _ in moving]
    return Column(
        key, f"{column}, read as {key},", "seconds", times, [cell for _, cell in moving], lambda cell: meaning(_number(cell))
    )


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise SettingError(f"is {quote(cell)}, which is no number") from None


def _frames(text: str, origin: Origin) -> tuple[list[Frame], float]:
    """The rendered frames of a manifest and its frames a second."""
    try:
        manifest = json.loads(text, parse_int=float)
        frames, fps = manifest["rendered_frames"], float(manifest["options"]["output_fps"])
        numbers = [frame["frame"] for frame in frames]
        sound = fps > 0 and np.all(np.diff(np.array(numbers, dtype=np.float64)) > 0) and np.isfinite([fps, *numbers]).all()
    except json.JSONDecodeError as error:
        raise ProblemsError([Problem(Place(origin, error.lineno - 1, error.colno - 1), "this is not JSON")]) from None
    except (KeyError, TypeError, ValueError, RecursionError, MemoryError):
        sound = False
    if not sound:
        hint = "it has rendered_frames, each with its frame, one after the other, and options with output_fps"
        raise ProblemsError([Problem(Place(origin), "the file is no manifest of Parseq", hint)])
    return frames, fps


def _places(origin: Origin, count: int) -> list[Place]:
    """Where each of the last `count` frames of a manifest stands; before them come Parseq's own keyframes."""
    places = [
        Place(origin, number, match.start(), len(match[0]))
        for number, line in enumerate(origin.lines)
        for match in re.finditer(r'"frame"\s*:', line)
    ]
    return places[-count:] if len(places) >= count > 0 else [Place(origin)] * count
