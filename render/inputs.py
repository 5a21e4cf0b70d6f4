"""Inputs. The one door to files that come from outside: a path -> its bytes, of plain files only and only so much of them.

A name may lead to a pipe that nobody fills, to a device without end, to gigabytes of nothing, or out of the folder in which it
is to lie. Libraries that open a file themselves are given a path that passed `plain`, or the file that `open_file` gives.
tests/test_inputs.py finds whatever goes around this door.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from render.errors import NO_ROOM, MissingError, unopened

MOST_BESIDE = 10_000  # files of a folder among which a name that is nearly the same is looked for
LONGEST = 60  # letters of a path that a message repeats where no file can have that name
NO_NAME = frozenset({errno.ENAMETOOLONG, errno.EINVAL})  # what systems say of a name that no file can have


@dataclass(frozen=True)
class Kind:
    """What a file is to be."""

    name: str  # after "is not": a picture
    most: int  # bytes; more is a mistake or an attack


MB = 10**6
TEXT = Kind("a text file", 64 * MB)
PICTURE = Kind("a picture", 1000 * MB)
MOVIE = Kind("a video", 10**15)  # is never read whole: only no device is one
SOUND = Kind("a sound file", 10**15)
WEIGHTS = Kind("a file of weights", 4_000 * MB)
NEGATIVE = Kind("a tick of a negative", 4_000 * MB)
RECORD = Kind("the record of a take", 4 * MB)


@contextmanager
def open_file(path: Path, kind: Kind, folder: Path | None = None) -> Iterator[io.BufferedReader]:
    """The file, open to be read.

    folder: where it must lie after links are followed, if anywhere. Raises MissingError that names the file and says why not.
    """
    plain(path, kind, folder)
    with _reasons(path):
        file = open(path, "rb", opener=_at_once)  # noqa: SIM115
    try:
        _require_plain(path, kind, os.fstat(file.fileno()))  # the name may mean something else by now
        try:
            yield file
        except OSError as error:
            # A disk that falters while it is read; what libraries raise of classes of their own is for others to name.
            if error.errno is None or error.errno in NO_ROOM or type(error).__module__ != "builtins":
                raise
            raise MissingError(f"{path}: cannot be read: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # what was read was read, whatever the disk says when it is let go
            file.close()


def _at_once(name: str, flags: int) -> int:
    """A file's number, without waiting for whoever is to write into it."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def read_bytes(path: Path, kind: Kind, folder: Path | None = None) -> bytes:
    """All that the file holds; errors as in `open_file`, also where it grows while it is read."""
    with open_file(path, kind, folder) as file, _reasons(path):
        size = os.fstat(file.fileno()).st_size  # Python makes room for as much as is asked for
        content = file.read(min(kind.most, size + MB) + 1)
    if len(content) > kind.most:
        raise _too_large(path, kind)
    return content


def read_text(path: Path, kind: Kind = TEXT, folder: Path | None = None) -> str:
    """The text of a file in UTF-8; errors as in `read_bytes`."""
    try:
        return read_bytes(path, kind, folder).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MissingError(f"{path}: is not text in UTF-8") from error


def plain(path: Path, kind: Kind, folder: Path | None = None) -> Path:
    """The same path, for a library that opens files by their names; errors as in `open_file`.

    >>> plain(Path("/dev/zero"), PICTURE)
    Traceback (most recent call last):
    render.errors.MissingError: /dev/zero: is a pipe or a device, not a picture
    """
    with _reasons(path):
        if folder and path.exists() and not path.resolve().is_relative_to(folder.resolve()):
            raise MissingError(f"{path}: is a link to a file outside of {folder}")
        _require_plain(path, kind, path.stat())
    return path


def _require_plain(path: Path, kind: Kind, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise MissingError(f"{path}: is a folder, not {kind.name}")
    if not stat.S_ISREG(status.st_mode):
        raise MissingError(f"{path}: is a pipe or a device, not {kind.name}")
    if status.st_size > kind.most:
        raise _too_large(path, kind)


def _too_large(path: Path, kind: Kind) -> MissingError:
    return MissingError(f"{path}: has more than {kind.most // MB:,} MB, which is too large for {kind.name}")


@contextmanager
def _reasons(path: Path) -> Iterator[None]:
    """Turn what the system says of a file that it does not open, or cannot read, into a sentence that names it."""
    try:
        yield
    except (OSError, ValueError) as error:  # a ValueError: zero bytes, or half a letter, in its name
        if isinstance(error, ValueError) or error.errno in NO_NAME:
            name = str(path)[:LONGEST] + "…" * (len(str(path)) > LONGEST)
            raise MissingError(f"{name}: there is no such file, nor can there be one of that name") from error
        why = unopened(error) or f"cannot be read: {error.strerror or error}"
        raise MissingError(f"{path}: {why}", near(path) if isinstance(error, FileNotFoundError) else "") from error


def near(path: Path) -> str:
    """A hint where there is no such file: the one beside it that has its name with another ending, or nearly its name.

    Of files that are numbered, another number is another file.
    """
    names, word = dict[str, str](), path.name.lower()
    with suppress(OSError, ValueError), os.scandir(path.parent) as entries:
        names = {entry.name.lower(): entry.name for entry in islice(entries, MOST_BESIDE) if entry.is_file()}
    names = {name: own for name, own in names.items() if re.sub("[0-9]", "", name) != re.sub("[0-9]", "", word) or name == word}
    stems = [name for name in names if Path(name).stem == Path(word).stem]
    close = stems or get_close_matches(word, names, n=1, cutoff=0.8)
    return f"did you mean {names[min(close)]}?" if close else ""
