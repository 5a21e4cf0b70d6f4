"""Problems. A Problem is a fault of a configuration and its place; together they make one message. Hints for common slips."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.errors import ConfigError, RenderError, count, nearest, printable

MOST_PROBLEMS = 40  # in one message
WINDOW = 96  # characters of a source line that a message shows


class SettingError(ValueError):
    """A value that cannot be. Its message continues a sentence that begins with the key's name: "is 0, outside 1 to 9"."""

    def __init__(
        self,
        message: str,
        hint: str = "",  # what would put it right
        path: tuple[str | int, ...] = (),  # where inside the value
        column: int | None = None,  # characters into the scalar; None for its start
        on_key: bool = False,  # the last key of `path` itself is at fault; the sentence begins with what holds it
        continues: bool = True,  # False: the message is a sentence of its own
        error: type[RenderError] = ConfigError,  # what is raised in the end, which gives the exit code
    ) -> None:
        super().__init__(message)
        self.message, self.hint, self.path, self.column = message, hint, path, column
        self.on_key, self.continues, self.error = on_key, continues, error

    def inside(self, *path: str | int) -> SettingError:
        """The same fault, seen from the value that holds the faulty one under `path`."""
        return SettingError(self.message, self.hint, (*path, *self.path), self.column, self.on_key, self.continues, self.error)


@contextmanager
def inside(*path: str | int) -> Iterator[None]:
    """What goes wrong here is wrong with the value under `path`."""
    try:
        yield
    except SettingError as wrong:
        raise wrong.inside(*path) from None


def refuse_unknown(settings: Mapping[Any, Any], known: Iterable[str], hint: str = "", *path: str | int) -> None:
    """Raises SettingError for the first key that is not known; with no hint it says which was meant."""
    known = tuple(known)
    for key, value in settings.items():
        if key not in known:
            meant = comma_between(key, value) or hint or did_you_mean(str(key), known)
            raise SettingError(f'has an unknown "{key}"', meant, (*path, key), on_key=True)


class SettingsError(ValueError):
    """Several SettingErrors at once."""

    def __init__(self, errors: Sequence[SettingError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


def missing_space(text: object) -> str:
    """A hint for a text that is a setting whose colon has no space behind it; "" for any other.

    >>> missing_space("zoom:1.4")
    'a space is missing after the colon: write zoom: 1.4'
    """
    match = re.match(r"\s*([A-Za-z_][\w.]*):([^\s:/\\].*)", text) if isinstance(text, str) else None
    return f"a space is missing after the colon: write {match[1]}: {match[2].strip()}" if match else ""


def comma_between(key: object, value: object) -> str:
    """A hint where YAML has made a key of what stands after a comma, as in {0s: 1,5}; "" for any other key and its value.

    >>> comma_between(5, None)
    'numbers have a point, not a comma: 0.5'
    """
    return "numbers have a point, not a comma: 0.5" if value is None and str(key).isdigit() else ""


def comma(text: str) -> str:
    """A hint for a number that is written with a comma; "" for any other text.

    >>> comma("10,5s")
    'numbers have a point: write 10.5s'
    """
    match = re.fullmatch(r"\s*([-+]?[0-9]{1,9}),([0-9]{1,9}\s*[A-Za-z%°]{0,9})\s*", text)
    return f"numbers have a point: write {match[1]}.{match[2]}" if match else ""


@dataclass(frozen=True)
class Origin:
    """Where text came from: a file as the user named it, or `--set key=value`."""

    name: str
    folder: Path  # where its relative paths start
    lines: tuple[str, ...] = ()
    order: int = 0  # the rank of its problems among those of other origins


@dataclass(frozen=True)
class Place:
    """A stretch of `width` characters in a line of an origin; line and column count from 0."""

    origin: Origin
    line: int = 0
    column: int = 0
    width: int = 1

    def __str__(self) -> str:
        return f"{self.origin.name}:{self.line + 1}:{self.column + 1}" if self.origin.lines else self.origin.name


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what would put it right."""

    place: Place
    message: str
    hint: str = ""

    @property
    def position(self) -> tuple[int, int, int]:
        """Its place in the order in which a person reads the files."""
        return self.place.origin.order, self.place.line, self.place.column

    def __str__(self) -> str:
        return "\n".join((f"{self.place}: {self.message}", *_excerpt(self.place, self.hint)))


class ProblemsError(ConfigError):
    """Everything wrong with one configuration; the text is the whole message for the terminal."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.position))
        super().__init__(report(self.problems))


def report(problems: Sequence[Problem]) -> str:
    """The message: the problems with their places, and how many there are."""
    first = f", of which these are the first {MOST_PROBLEMS}" if len(problems) > MOST_PROBLEMS else ""
    return "\n".join((*map(str, problems[:MOST_PROBLEMS]), f"{count(len(problems), 'problem')}{first}. Nothing was rendered."))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that looks most like `word`, and all of them."""
    names = list(known)
    return f"{nearest(word, names)}  known: {' '.join(names)}".strip()


def quote(value: object) -> str:
    """A YAML value in a message: short, one line, in the way YAML would write it."""
    words = {None: "empty", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value) if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else str(value)
    text = text if len(text) <= 40 else text[:39] + "…"
    return f'"{_printable(text)}"' if isinstance(value, str) else text


def _printable(text: str) -> str:
    return printable(text).replace("\n", " ")


def _excerpt(place: Place, hint: str) -> list[str]:
    """The source line with its number, and a caret line under it that carries the hint."""
    if not place.origin.lines:
        return [f"    │ {hint}"] if hint else []
    line = place.origin.lines[place.line] if place.line < len(place.origin.lines) else ""
    start = max(0, place.column - WINDOW + 24)
    before, under = line[start : place.column], line[place.column : place.column + max(1, place.width)]
    window = _printable(line[start : start + WINDOW])
    number = f"{place.line + 1:>3}"
    carets = " " * _columns(before) + "^" * max(1, min(_columns(under), WINDOW - _columns(before)))
    return [f"{number} │ {window}".rstrip(), f"{' ' * len(number)} │ {carets} {hint}".rstrip()]


def _columns(text: str) -> int:
    """How many terminal columns `text` takes: East Asian wide letters take two, combining marks none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)
