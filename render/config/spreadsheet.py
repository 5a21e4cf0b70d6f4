"""Spreadsheets. What a spreadsheet exports as text: its lines -> a Sheet, cells that know their place, and what they mean.

Read are commas, semicolons or tabs between cells (or what a first line `sep=;` names), quotes around them, and UTF-8,
UTF-16 or Windows' cp1252. Where it is no comma that separates, 1,5 is one and a half.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from render.config.problem import Origin, Place, Problem, ProblemsError, SettingError, quote
from render.config.scalars import TIMECODE, read_time
from render.errors import MissingError
from render.inputs import TEXT, read_bytes

DELIMITERS = ",;\t"
SEPARATOR = re.compile(r'"?sep=(.?)"?[\s,;]*', re.IGNORECASE)  # Excel's first line
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")  # what no text has
DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")
FRAMES_CODE = re.compile(r"([0-9]{1,3}):([0-9]{1,2}):([0-9]{1,2})([:;])([0-9]{1,3})")  # hours, minutes, seconds, frames
LONGEST = 10_000  # letters of a cell in quotes

Cell = tuple[Place, str]


@dataclass(frozen=True)
class Sheet:
    """The cells of a spreadsheet, without rows and columns in which there is nothing."""

    head: Sequence[Cell]  # of its first line
    rows: Sequence[Sequence[Cell]]
    decimal_commas: bool  # whether 1,5 is one and a half

    def number(self, cell: str) -> float:
        """What a cell counts; raises SettingError where it is no number."""
        plain = cell.replace("−", "-")
        comma = DECIMAL_COMMA.fullmatch(plain)
        try:
            return float(plain.replace(",", ".") if comma and self.decimal_commas else plain)
        except ValueError:
            hint = f"write {cell.replace(',', '.')}" if comma else ""
            raise SettingError(f"is {quote(cell)}, which is no number", hint) from None

    def seconds(self, cell: str) -> float:
        """The seconds that a cell counts, as in 1.5, or writes as a time, as in 00:00:01.5; raises SettingError."""
        code = cell.replace(",", ".") if self.decimal_commas else cell
        return float(read_time(code).amount) if TIMECODE.fullmatch(code) else self.number(cell)

    def frames(self, cell: str, fps: Fraction) -> float:
        """The film frame of a timecode such as 00:00:01:12, or of seconds; raises SettingError."""
        code = FRAMES_CODE.fullmatch(cell)
        return timecode_frame(code, fps) if code else float(self.seconds(cell) * fps)


def timecode_frame(code: re.Match[str], fps: Fraction) -> float:
    """The frame that SMPTE's timecode counts: whole frames a second, so that at 29.97 it falls behind the clock.

    With a semicolon before its frames it catches up: the first two numbers of a minute are left out, but for every tenth.
    """
    hours, minutes, seconds, frame = (int(code[part]) for part in (1, 2, 3, 5))
    each = round(fps)
    if frame >= each:
        raise SettingError(f"is {quote(code[0])}, and a second of this film has the frames 0 to {each - 1}", "look at its fps")
    past = 60 * hours + minutes
    dropped = round(each / 15) * (past - past // 10) if code[4] == ";" and fps.denominator > 1 else 0
    return float((60 * past + seconds) * each + frame - dropped)


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or cp1252; raises SettingError for one that is no text."""
    text = None
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or BINARY.search(text):
        raise SettingError("which is no text in UTF-8, UTF-16 or cp1252", "save it as UTF-8")
    return text.removeprefix("\ufeff")


def decode_file(path: Path) -> str:
    """The text of a file of another program; raises MissingError where it cannot be read or is no text."""
    try:
        return decode(read_bytes(path, TEXT))
    except SettingError as wrong:
        raise MissingError(f"{path}: {wrong.message.removeprefix('which ')}", wrong.hint) from None


def _encodings(data: bytes) -> tuple[str, ...]:
    """Those that the bytes may be in: text in UTF-16 begins with a mark, or every second byte of it is 0."""
    start = data[:400]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    low, high = (start[first::2].count(0) * 4 > len(start) for first in (1, 0))
    return ("utf-16-le",) if low else ("utf-16-be",) if high else ("utf-8", "cp1252")


def read_sheet(origin: Origin) -> Sheet:
    """The sheet in a file's lines; raises ProblemsError for one that is empty or names a separator that is none."""
    filled = [number for number, line in enumerate(origin.lines) if line.strip(f" {DELIMITERS}")]
    first = origin.lines[filled[0]] if filled else ""
    named = SEPARATOR.fullmatch(first)
    if named:
        filled = filled[1:]
    if not filled:
        raise _empty(origin)
    delimiter = named[1] if named else _delimiter(origin.lines[filled[0]])
    if delimiter not in DELIMITERS or not delimiter:
        hint = "cells are separated by , or ; or tabs"
        raise ProblemsError([Problem(Place(origin), f"the file names {quote(delimiter)} as what separates its cells", hint)])
    lines = [row for row in _rows(origin, filled[0], delimiter) if any(cell for _, cell in row)]
    if not lines:
        raise _empty(origin)
    head, *rows = lines
    width = max(index for row in (head, *rows) for index, (_, cell) in enumerate(row[: len(head)]) if cell) + 1
    cut = [row if any(cell for _, cell in row[width:]) else row[:width] for row in rows]
    return Sheet(head[:width], cut, delimiter != ",")


def _empty(origin: Origin) -> ProblemsError:
    return ProblemsError([Problem(Place(origin), "the file is empty", "its first line is: seconds, motion.zoom")])


def _delimiter(head: str) -> str:
    """What stands most often in the first line, quotes left out."""
    bare = re.sub(r'"[^"]*"', "", head)
    return max(DELIMITERS, key=bare.count)


def _rows(origin: Origin, first: int, delimiter: str) -> Iterator[list[Cell]]:
    """The cells of each row from line `first` on, without the quotes and spaces around them; one in quotes may have lines."""
    text = "\n".join(origin.lines)
    space = rf"[^\S{delimiter}\n]*"
    quoted = rf'{space}"((?:[^"]|""){{0,{LONGEST}}})"{space}(?=[{delimiter}\n]|\Z)'
    form = re.compile(rf"{quoted}|([^{delimiter}\n]*)")
    place = start = sum(len(above) + 1 for above in origin.lines[:first])  # of a cell, and of its line
    line, row = first, []
    while place <= len(text):
        match = form.match(text, place)
        assert match  # an empty cell is one
        raw = match[0]
        cell = raw.strip().strip('"').replace('""', '"').strip()
        offset = place - start + max(0, raw.find(cell))
        row.append((Place(origin, line, offset, max(1, len(cell))), cell))
        below = raw.count("\n")
        if below:
            line, start = line + below, place + raw.rfind("\n") + 1
        place = match.end() + 1
        if text[match.end() : place] in ("\n", ""):
            yield row
            row, line, start = [], line + 1, place
