"""Whole files. A file is written beside its place under a name of its own, and renamed into it only when it is whole."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from time import time

from render.errors import NO_ROOM, MissingError, RoomError

PART = ".part-"  # unfinished files begin with this; whoever holds the take may sweep them away
LONGEST = 255  # bytes of a file's name, on every usual disk
ROOM_FOR_NUMBERS = 55  # bytes of them for what is added, as in NAME-take-001-2
_numbers = count()


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Inside, what the system says when it refuses to write `path` becomes a RoomError or a MissingError.

    Of an unfinished file it is passed on: whoever makes that one names what it is to become, which is what the person knows.
    """
    try:
        yield
    except OSError as error:
        if any(part.startswith(PART) for part in path.parts):
            raise
        if error.errno in NO_ROOM:
            raise RoomError(full(path)) from error
        raise MissingError(f"{path}: cannot be written: {error.strerror or error}") from error


def full(path: Path) -> str:
    """What to tell the person when the disk is full."""
    return f"{path}: the disk is full; what is written so far is safe, free some room and go on"


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, with its ending and unique to this process; renamed to `path` if all went well.

    Whatever goes wrong, nothing is left; an OSError becomes a RoomError or a MissingError.
    """
    with scratch(path, path.suffix) as part:
        part.touch()
        yield part
        _to_disk(part)
        os.replace(part, path)
        _name_to_disk(path.parent)


@contextmanager
def scratch(path: Path, ending: str) -> Iterator[Path]:
    """A temporary path on the disk of `path` for a file or folder that is only needed inside the block."""
    part = _part(path, ending)
    with refusals(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
        finally:
            _remove(part)


def write(path: Path, content: bytes | bytearray) -> None:
    """Write a file whole or not at all."""
    with beside(path) as part:
        part.write_bytes(content)


def folder_name(*names: str) -> str:
    """Names as the name of one folder on any system; the first of several is cut where they are too long together.

    It leaves room for what tells folders of one name from each other.

    >>> folder_name("my film!", "take-001")
    'my-film-take-001'
    """
    first, *others = (
        _cut(re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80], LONGEST - ROOM_FOR_NUMBERS) or "film" for name in names
    )
    ending = "".join(f"-{name}" for name in others)
    room = LONGEST - ROOM_FOR_NUMBERS - len(ending.encode())
    return (_cut(first, max(room, 0)) + ending).removeprefix("-") if room < len(first.encode()) else first + ending


def _cut(name: str, most: int) -> str:
    """The name cut to so many bytes, between two letters."""
    return name.encode(errors="ignore")[:most].decode(errors="ignore")


def sweep(folder: Path) -> None:
    """Remove what killed processes left unfinished in `folder` and below; only for who holds its lock."""
    for part in list(folder.rglob(f"{PART}*")):
        _remove(part)


def sweep_begun(folder: Path) -> None:
    """Remove the folders that killed processes were about to begin in `folder`; others may be at work in those beside them."""
    for part in [path for path in folder.glob(f"{PART}*") if path.is_dir()]:
        _remove(part)


def sweep_forgotten(folder: Path, seconds: float) -> None:
    """Remove unfinished files of `folder`, which nobody holds alone, that nobody has written to for so long."""
    for part in folder.glob(f"{PART}*"):
        with suppress(OSError):
            if time() - part.stat().st_mtime > seconds:
                part.unlink()


def _part(path: Path, ending: str) -> Path:
    """A name beside `path` that no other process and no other file of this one has."""
    return Path(os.path.abspath(path)).with_name(f"{PART}{os.getpid()}-{next(_numbers)}{ending}")


def _remove(part: Path) -> None:
    """Remove a file or folder, if it can be: at the second try where the disk faltered at the first."""
    for _ in range(2):
        try:
            part.unlink()
        except FileNotFoundError:
            return
        except OSError:  # it is a folder; where the disk faltered there is nothing of a folder in it
            with suppress(OSError):  # `ignore_errors` does not hear of a folder that was closed with an error
                shutil.rmtree(part, ignore_errors=True)


def _to_disk(part: Path) -> None:
    """Wait until the disk has it: a rename may otherwise outlive a power cut that the content does not."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def _name_to_disk(folder: Path) -> None:
    """Wait until the disk has a new name, where folders can be waited for (not on Windows nor on every network disk)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno in {*NO_ROOM, errno.EIO}:  # it was waited for, and did not come
            raise
