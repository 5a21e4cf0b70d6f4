"""The cache: the folders in which weights lie, how a file is found there, and whether it is the one that it should be.

Besides a file lies a record, FILE.json: its network's name and its sha256 as of when it came. Where nobody publishes a hash (or
only its first digits), the record is what the file is checked against ever after.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile, LargeZipFile, ZipFile

from render.errors import NO_ROOM, MissingError, RoomError
from render.inputs import TEXT, WEIGHTS, open_file, plain, read_text
from render.weights.catalogue import CATALOGUE, FULL, Weights, megabytes

if TYPE_CHECKING:
    from hashlib import _Hash

FOLDER = "RENDER_WEIGHTS"  # the environment's variable: a folder that comes before the cache, and where new files go
CHUNK = 1 << 20  # bytes

Say = Callable[[str], None]


@dataclass(frozen=True)
class Record:
    """What is remembered of a file of weights."""

    name: str  # of the network
    sha256: str


def folders() -> tuple[Path, ...]:
    """Where weights are looked for, in this order; new ones go to the first.

    $RENDER_WEIGHTS if set, the system's folder for caches, and torch's own, in which torchvision kept what it fetched.
    """
    import platformdirs

    own = os.environ.get(FOLDER)
    torch = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    return (
        *([Path(own).expanduser()] if own else []),
        platformdirs.user_cache_path("zoomdream", appauthor=False) / "weights",
        Path(torch).expanduser() / "hub" / "checkpoints",
    )


def place(weights: Weights) -> Path:
    """Where a file that comes now is kept."""
    return folders()[0] / weights.file


def find(weights: Weights) -> Path | None:
    """The file of these weights, if it lies anywhere; whether it is whole is for `verify` to say."""
    return _find(weights.file)


def present() -> dict[str, Path]:
    """All weights that lie here, by name: those of the catalogue, and others of which there is a record."""
    listed = {name: path for name, weights in CATALOGUE.items() if (path := find(weights))}
    files = [file for folder in folders() for file in sorted(folder.glob("*.json"))]
    records = {record.name: _find(file.stem) for file in files if (record := _read(file))}
    return {name: path for name, path in records.items() if path} | listed


def record_of(weights: Weights) -> Record | None:
    """What was remembered of the file when it came."""
    files = (_record_path(folder / weights.file) for folder in folders())
    return next((record for file in files if (record := _read(file))), None)


def verify(weights: Weights, path: Path, say: Say) -> str:
    """The sha256 of a file that should be these weights. MissingError if it is another or damaged.

    Where no whole hash is known yet, that of the file is recorded from now on, and said.
    """
    found = digest(path)
    check(weights, found, path)
    if len(weights.sha256) < FULL and not record_of(weights):
        with suppress(MissingError, RoomError):  # a folder that cannot be written: it is checked as far as can be
            record(weights, found, say)
    return found


def check(weights: Weights, found: str, path: Path) -> None:
    """MissingError if the sha256 `found` is not the published one, or not the one recorded when the file came."""
    right = expected_sha256(weights)
    if found.startswith(weights.sha256) and found.startswith(right):
        return
    digits = f"begins with {right}" if len(right) < FULL else f"is {right}"
    source, hint = "published", f"`render weights get {weights.name}` fetches it anew; or put the right file there"
    if len(weights.sha256) < FULL and len(right) == FULL:
        source = "recorded when it first came"
        hint += f"; if another is meant to be used from now on, remove {_record_path(place(weights))}"
    raise MissingError(f"{path} is not {weights.name}: its sha256 is {found}, and the one {source} {digits}", hint)


def expected_sha256(weights: Weights) -> str:
    """The sha256 that a file must have, or its first digits: the published one; where not all is public, the recorded one."""
    past = record_of(weights) if len(weights.sha256) < FULL else None
    return past.sha256 if past else weights.sha256


def record(weights: Weights, found: str, say: Say) -> None:
    """Remember a file that came; say its hash where nobody published it, since that is what it will be checked against."""
    replace(_record_path(place(weights)), json.dumps(asdict(Record(weights.name, found))).encode())
    if not weights.sha256:
        say(f"{weights.name}: nobody publishes this file's hash; from now on it has to be the same, sha256 {found}")


def state(weights: Weights) -> str:
    """In words: whether the weights are here, and how large they are. Reads no file and asks no network."""
    path = find(weights)
    return f"here, {megabytes(path.stat().st_size)}" if path else f"not here yet, {weights.megabytes}"


def digest(path: Path) -> str:
    """sha256 of a file. MissingError if it cannot be read."""
    try:
        return hash_file(path).hexdigest()
    except OSError as error:
        raise MissingError(f"{path} cannot be read: {error.strerror or error}") from error


def hash_file(path: Path) -> _Hash:
    """The sha256 of what a file holds, to go on with."""
    total = sha256()
    with open_file(path, WEIGHTS) as file:
        while chunk := file.read(CHUNK):
            total.update(chunk)
    return total


# ---- files, written beside their place and renamed into it


def part_of(path: Path) -> Path:
    """Where a file is written until it is whole. One name for all processes: a later one goes on with what is there."""
    return path.with_name(f".part-{path.name}")


def replace(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all."""
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    with refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content)
            finish(part, path)
        finally:
            part.unlink(missing_ok=True)


def copy(source: IO[bytes], path: Path, weights: Weights) -> str:
    """Copy what is read to its place, if it is what these weights should be; its sha256."""
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    with refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK)
            found = digest(part)
            check(weights, found, Path(source.name))
            finish(part, path)
        finally:
            part.unlink(missing_ok=True)
    return found


def unpack(archive: Path, path: Path, weights: Weights) -> str:
    """Take a file of weights out of a zip, to its place; its sha256. MissingError if it is not in it."""
    try:
        with ZipFile(plain(archive, WEIGHTS)) as content, content.open(weights.file) as member:
            return copy(member, path, weights)
    except (BadZipFile, LargeZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise MissingError(f"{archive}: there is no {weights.file} in it that can be read") from error
    except OSError as error:
        raise MissingError(f"{archive}: cannot be read: {error.strerror or error}") from error


def finish(part: Path, path: Path) -> None:
    """Give a whole file its name, once the disk has it: a rename may outlive a power cut that the content does not."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """What the system says when it cannot write `path`, as a RoomError or a MissingError."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            hint = f"free some room, or set {FOLDER} to a folder on another disk; the same command goes on from there"
            raise RoomError(f"{path}: the disk is full", hint) from error
        hint = f"{FOLDER} may name another folder"
        raise MissingError(f"{path}: cannot be written: {error.strerror or error}", hint) from error


def _find(file: str) -> Path | None:
    """The first file of that name in the folders."""
    return next((path for folder in folders() if (path := folder / file).is_file()), None)


def _record_path(path: Path) -> Path:
    """Where the record of a file lies."""
    return path.with_name(f"{path.name}.json")


def _read(file: Path) -> Record | None:
    """A record; None if there is none that can be read."""
    with suppress(MissingError, ValueError, TypeError, RecursionError):
        record = Record(**json.loads(read_text(file, TEXT)))
        if len(record.sha256) == FULL:
            return record
    return None
