"""The takes of films: where they lie, which one a film goes on in, and how a new one begins.

The same picture-shaping settings find their take again, others begin the next one. A lock says who is at work in it.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from render.develop import files
from render.develop.beginnings import Beginning, beginning_in, longest_beginning, same_film
from render.develop.chain import Chain, write_chain
from render.develop.lock import Lock, lock_folder
from render.develop.negative import Negative
from render.develop.record import FORMAT, RECORD, json_bytes, read_any_record, versions
from render.develop.take import Take
from render.errors import ConfigError, MissingError
from render.source.tick import NEGATIVE

# Of a record: what counts for what goes on.
DREAMED_WITH = ("device", "gpu", "threads", "tile", "precision", "networks", "credits")
READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}  # what a folder answers that may only be read


def open_take(
    root: Path,
    name: str,
    fingerprint: Mapping[str, Any],
    text: str,
    resolved: str,
    fresh: bool = False,
    chain: Chain = (),
    first: Path | None = None,
) -> Take:
    """The newest take of `name` under `root` that is of this film; or one in which the film can go on; or a new one.

    A new one begins with what another take holds of the film's first dreams, whatever name that is under.
    fingerprint: all that shapes the pictures, as JSON; by it takes of before chains are found. chain: what shapes each of them.
    text, resolved: the configuration as written and in full. first: the folder of a take that comes before newer ones.
    Raises MissingError if the folder cannot be written, RoomError, or ConfigError if another process is at work in the take.
    """
    home = root / files.folder_name(name)
    with files.refusals(home):
        home.mkdir(parents=True, exist_ok=True)
        _refuse_links(home)
        with lock_folder(home, wait=True).file:
            files.sweep_begun(home)
            same = None if fresh else _find_take(home, fingerprint, chain, first)
            notices = [] if same or fresh else _other_formats(home, fingerprint)
            beginning = None if same or fresh or not chain else _find_beginning(root, home, chain, first)
            folder, lock = _hold_take(same, beginning, home, chain) or _begin(home, name, fingerprint, chain, beginning)
        with ExitStack() as stack:  # a take that is not handed out is let go at once
            take = stack.enter_context(Take(folder, lock, notices))
            files.sweep(folder)
            take.adopt(fingerprint, chain, text, resolved)
            stack.pop_all()
    return take


def existing_take(folder: Path) -> Take:
    """The take in `folder`, to develop other prints from, and maybe only to be read; MissingError if there is none."""
    record = read_any_record(folder)
    if not record:
        raise MissingError(f"{folder}: not the folder of a take (it has no {RECORD} that can be read)")
    if record.get("format") != FORMAT:
        raise MissingError(f"{folder}: made by another version of render, which keeps takes in another way", "render it again")
    _refuse_links(*folder.rglob("*"))
    try:
        lock = lock_folder(folder)
        files.sweep(folder)
        return Take(folder, lock)
    except OSError as error:
        if error.errno in READ_ONLY:  # nobody else can be at work in it either
            return Take(folder, None)
        with files.refusals(folder):
            raise


def take_folder(root: Path, name: str) -> Path:
    """A folder as deep as those of the takes of `name` under `root`: relative paths are the same from all of them."""
    return root / files.folder_name(name) / "take-001"


def newest_take(folder: Path) -> Path:
    """The newest take in the folder of a film; any other folder is itself."""
    takes = _newest_first(folder) if folder.is_dir() and not (folder / RECORD).exists() else []
    return takes[0] if takes else folder


def unfinished_takes(root: Path, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The takes of `name` that were not dreamed to their end, newest first: folders and records."""
    home = root / files.folder_name(name)
    for folder in _newest_first(home) if home.is_dir() else ():
        record = read_any_record(folder)
        if record.get("format") == FORMAT and not record.get("finished"):
            yield folder, record


def require_writable(root: Path) -> None:
    """Refuse a root that no take could be begun in, as far as can be told without writing; MissingError."""
    place = next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise MissingError(f"{root}: cannot be written", "-o FOLDER renders somewhere else")


def _find_take(home: Path, fingerprint: Mapping[str, Any], chain: Chain, first: Path | None = None) -> Path | None:
    """The newest take of the film, or `first`, by its chain; one of before chains by its fingerprint."""
    by_fingerprint = {folder for folder, form in _same_films(home, fingerprint) if form == FORMAT}
    for folder in _newest_first(home, first):
        same = same_film(folder, chain)
        if same and read_any_record(folder).get("format") == FORMAT:
            return folder
        if folder in by_fingerprint and (same is None or beginning_in(folder, chain).holds(chain)):  # at another frame rate
            return folder
    return None


def _find_beginning(root: Path, home: Path, chain: Chain, first: Path | None = None) -> Beginning | None:
    """What the takes of `home`, and then those of other names beside it, hold of a film."""
    others = sorted(folder for folder in root.iterdir() if folder.is_dir() and not folder.is_symlink() and folder != home)
    takes = (folder for place in (home, *others) for folder in _newest_first(place, first))
    return longest_beginning((folder for folder in takes if read_any_record(folder).get("format") == FORMAT), chain)


def _hold_take(same: Path | None, beginning: Beginning | None, home: Path, chain: Chain) -> tuple[Path, Lock] | None:
    """The folder of the take to go on in, and its lock; None where a new one must begin."""
    folder = same or (
        beginning.folder if beginning and beginning.folder.parent == home and beginning.continues(chain) else None
    )
    if not folder:
        return None
    _refuse_links(folder, *folder.rglob("*"))
    try:
        return folder, lock_folder(folder)
    except ConfigError:
        if same:
            raise
        return None  # another film is at work there


def _other_formats(home: Path, fingerprint: Mapping[str, Any]) -> list[str]:
    """A notice, if there is a take of the same film that only another version of render can go on with."""
    others = [folder for folder, form in _same_films(home, fingerprint) if form != FORMAT]
    return [f"{others[0]}: kept by another version of render; its prints stay, and the film begins anew"] if others else []


def _same_films(home: Path, fingerprint: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The takes with this fingerprint, newest first, and their formats."""
    plain = json.loads(json_bytes(fingerprint))
    for folder in _newest_first(home):
        record = read_any_record(folder)
        if record.get("fingerprint") == plain:
            yield folder, record.get("format")


def _begin(
    home: Path, name: str, fingerprint: Mapping[str, Any], chain: Chain, beginning: Beginning | None
) -> tuple[Path, Lock]:
    """A new take's folder, which appears with its record and the beginning of its dreams in it; and its lock."""
    folder = home / f"take-{max(_takes(home), default=0) + 1:03}"
    started = datetime.now(UTC).isoformat(timespec="seconds")
    record = {"format": FORMAT, "name": name, "started": started, "versions": versions(), "fingerprint": fingerprint}
    with files.scratch(folder, "") as part:
        part.mkdir()
        if beginning:
            Negative(beginning.folder / NEGATIVE).begin_in(part / NEGATIVE, beginning.ticks)
            record |= _facts_of_beginning(read_any_record(beginning.folder), beginning)
        if chain:
            write_chain(part, chain)
        files.write(part / RECORD, json_bytes(record))
        os.rename(part, folder)
    return folder, lock_folder(folder)


def _facts_of_beginning(record: Mapping[str, Any], beginning: Beginning) -> dict[str, Any]:
    """Facts of a take that begins with dreams of another, which has this record: how and where they were dreamed."""
    place = f"{beginning.folder.parent.name}/{beginning.folder.name}"
    return {**{key: record[key] for key in DREAMED_WITH if key in record}, "begun": {"take": place, "ticks": beginning.ticks}}


def _newest_first(home: Path, first: Path | None = None) -> list[Path]:
    """The takes in `home`, newest first; before them `first`, where that is one of them."""
    newest = [folder for _, folder in sorted(_takes(home).items(), reverse=True)]
    return sorted(
        newest, key=lambda folder: not (first and first.name == folder.name and first.exists() and folder.samefile(first))
    )


def _takes(home: Path) -> dict[int, Path]:
    numbers = {path: re.fullmatch(r"take-(\d{3,})", path.name) for path in home.iterdir()}
    return {int(number[1]): path for path, number in numbers.items() if number}


def _refuse_links(*places: Path) -> None:
    """Refuse folders that are somewhere else: a render writes in its own only."""
    for place in places:
        if place.is_symlink() and place.is_dir():
            raise MissingError(f"{place}: is a link to another folder, and a render writes only in its own", "remove it")
