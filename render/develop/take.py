"""Takes. A Take is the folder of one render, `runs/<name>/take-001`: what was asked for, the negative, the prints, the record.

The same picture-shaping settings find their take again, others begin the next one. A lock says who is at work in it.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import IO, Any, Protocol, Self, TypeVar

from render import inputs
from render.develop import ffmpeg, files, stills
from render.develop.beginnings import Beginning, beginning_in, longest_beginning, same_film
from render.develop.chain import Chain, write_chain
from render.develop.ffmpeg import Pixels
from render.develop.formats import Output
from render.develop.names import fill_name, frame_path
from render.develop.negative import Negative
from render.errors import LOCKLESS, ConfigError, MissingError
from render.source.tick import NEGATIVE

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

RECORD = "run.json"
LOCK = ".lock"
FORMAT = 2  # of a take's folder: 2 keeps a tick a file, 1 kept sixteen; a take of another format is left alone
FACTS = {  # types of the record's keys
    "name": str,
    "fingerprint": dict,
    "prints": dict,
    "seconds": float | int,
    "tile": int,
    "precision": str,
    "device": str,
    "gpu": str,
    "home": str,
}
# Of a record: what counts for what goes on.
DREAMED_WITH = ("device", "gpu", "threads", "tile", "precision", "networks", "credits")
READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}  # what a folder answers that may only be read
UNLOCKED = "this disk knows no locks, so two renders in this folder at once would not notice each other"


AnyOutput = TypeVar("AnyOutput", bound=Output)


REMEMBERED = 100  # marks of prints outside of a take


class Recorded(Protocol):
    """A record that can be added to: a take's, or that of a film whose take is elsewhere."""

    record: dict[str, Any]

    def note(self, **facts: Any) -> None:
        """Add facts to the record."""


class BusyError(ConfigError):
    """Another process is at work in a take."""


class Take:
    """The folder of one render, held by this process until the block is left.

    record: what run.json says; `note` adds to it. notices: what is to be told of the folder. lock: None where nothing can be
    written.
    """

    def __init__(self, folder: Path, lock: Lock | None, notices: Sequence[str] = ()) -> None:
        self.folder = folder
        self.record = _record(folder)
        self.notices = [*notices, *([] if lock is None or lock.held else [f"{folder}: {UNLOCKED}"])]
        self._lock = lock
        self._writing = threading.Lock()  # prints may be developed by another thread than the one that dreams

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock:
            self._lock.file.close()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written into it."""
        return self._lock is None

    @property
    def home(self) -> Path:
        """The folder where the settings of its film lay when it was last rendered, or the take's own."""
        return self.folder / str(self.record.get("home", ""))

    def negative(self) -> Negative:
        """The take's negative."""
        return Negative(self.folder / NEGATIVE)

    def note(self, **facts: Any) -> None:
        """Add facts to run.json, such as the device, timings, or when it was finished."""
        with self._writing:
            self.record |= facts
            files.write(self.folder / RECORD, _json(self.record))

    def note_device(self, device: Mapping[str, str], threads: int, any_device: bool) -> None:
        """Note what its film is dreamed on from here on, as dream.device.describe has it.

        Raises ConfigError where it was begun on another kind of device, on which the same dreams come out a little different.
        """
        before, now = _kind_of(self.record), (device["device"], device.get("gpu"))
        if before and before != now and not (any_device or (before[0] == now[0] and None in (before[1], now[1]))):
            message = (
                f"{self.folder}: this film was begun on {_device_words(before)}, and {_device_words(now)} would go on with it"
            )
            raise ConfigError(
                message, "--any-device allows that: its look may change a little there; --fresh begins another take"
            )
        facts = {"device": now[0], "gpu": now[1], "threads": threads}
        self.note(**{key: value for key, value in facts.items() if value or key in self.record})

    def adopt(self, fingerprint: Mapping[str, Any], chain: Chain, text: str, resolved: str) -> None:
        """Make this the take of the film with that chain, which begins with its dreams: what else it has is dropped.

        Where all of the film is there, dreams past its end are no harm and stay. A take of before chains is believed.
        fingerprint, text, resolved: as `open_take` has them. So a film goes on where a shorter one ended, and a flight that was
        dreamed while it was flown becomes the take of the film recorded of it.
        """
        negative = self.negative()
        if chain:
            beginning = beginning_in(self.folder, chain)
            if not beginning.holds(chain):
                if beginning.length and beginning.ticks < beginning.dreamed:
                    negative.drop(beginning.ticks)
                write_chain(self.folder, chain)
        files.write(self.folder / "config.yaml", text.encode())
        files.write(self.folder / "resolved.yaml", resolved.encode())
        finished = negative.count() >= len(chain) if chain else self.record.get("finished", False)
        changes = {"fingerprint": json.loads(_json(fingerprint)), "finished": finished}
        if any(self.record.get(key, False) != value for key, value in changes.items()):
            self.note(**changes)

    def undeveloped(self, outputs: Sequence[AnyOutput], film: Mapping[str, Any]) -> list[AnyOutput]:
        """Those of `outputs` whose print is not there yet, or is of another `film` (its fps, frames …) or other settings."""
        recorded = self.record.get("prints", {})
        return [output for output in outputs if recorded.get(output.file) != self._print(output, film)]

    def note_prints(self, outputs: Sequence[Output], film: Mapping[str, Any]) -> None:
        """Record that the prints of `outputs` are whole."""
        whole = {output.file: self._print(output, film) for output in outputs}
        self.note(prints=self.record.get("prints", {}) | whole)

    @property
    def elsewhere(self) -> list[list[int]]:
        """The marks (outside.mark) of prints of this take that lie outside of it, the newest last."""
        return list(self.record.get("elsewhere", []))

    def note_elsewhere(self, marks: Iterable[list[int]]) -> None:
        """Record the marks of prints outside of the take: as long as nobody changes them, they may be made anew."""
        new = [mark for mark in marks if mark not in self.elsewhere]
        if new and not self.read_only:
            self.note(elsewhere=[*self.elsewhere, *new][-REMEMBERED:])

    def poster(self, frame: Pixels) -> Path:
        """Write poster.jpg from [H, W, 3]."""
        path = self.folder / "poster.jpg"
        files.write(path, stills.jpeg(stills.eight_bits(frame)))
        return path

    def _print(self, output: Output, film: Mapping[str, Any]) -> Any:
        """What the record says of a print; its length, so that a print that was removed or replaced does not count."""
        path = frame_path(self.folder / fill_name(output.file, self.record.get("name", "film")), 0)
        settings = {key: getattr(output, key) for key in ("width", "fps", "crf", "codec", "size_limit")}
        settings |= {key: value for key in ("height", "bitrate") if (value := getattr(output, key))}
        settings |= {} if output.recipe else {"recipe": False}
        settings |= {} if output.alpha == "none" else {"alpha": output.alpha}
        settings |= {"crop": str(output.crop)} if output.crop else {}
        length = path.stat().st_size if path.exists() else None
        return json.loads(_json({"settings": settings, "film": film, "bytes": length}))


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

    first: the folder of a take that comes before newer ones.

    A new one begins with what another take holds of the film's first dreams, whatever name that is under.
    fingerprint: all that shapes the pictures, as JSON; by it takes of before chains are found. chain: what shapes each of them.
    text, resolved: the configuration as written and in full.
    Raises MissingError if the folder cannot be written, RoomError, or ConfigError if another process is at work in the take.
    """
    home = root / files.folder_name(name)
    with files.refusals(home):
        home.mkdir(parents=True, exist_ok=True)
        _refuse_links(home)
        with _lock(home, wait=True).file:
            files.sweep_begun(home)
            same = None if fresh else _matching(home, fingerprint, chain, first)
            notices = [] if same or fresh else _other_formats(home, fingerprint)
            beginning = None if same or fresh or not chain else _longest(root, home, chain, first)
            folder, lock = _hold_take(same, beginning, home, chain) or _begin(home, name, fingerprint, chain, beginning)
        with ExitStack() as stack:  # a take that is not handed out is let go at once
            take = stack.enter_context(Take(folder, lock, notices))
            files.sweep(folder)
            take.adopt(fingerprint, chain, text, resolved)
            stack.pop_all()
    return take


def begin_from(
    root: Path, name: str, other: Path, ticks: int, fingerprint: Mapping[str, Any], text: str, resolved: str, chain: Chain = ()
) -> Take:
    """A new take of `name` under `root` whose first `ticks` dreams are those of the take in `other`: a fork of it.

    The other is only read, and may be anywhere; files are shared with it where the disk can. Where states are large (footage,
    droste) few of them are kept, so that dreaming goes on from the last tick of those that has one. Else as `open_take`.
    """
    home = root / files.folder_name(name)
    with files.refusals(home):
        home.mkdir(parents=True, exist_ok=True)
        _refuse_links(home)
        with _lock(home, wait=True).file:
            dreamed = Negative(other / NEGATIVE).count()
            beginning = Beginning(other, min(ticks, dreamed), dreamed, dreamed)
            folder, lock = _begin(home, name, fingerprint, chain, beginning)
        with ExitStack() as stack:
            take = stack.enter_context(Take(folder, lock))
            take.adopt(fingerprint, chain, text, resolved)
            stack.pop_all()
    return take


def take_folder(root: Path, name: str) -> Path:
    """A folder as deep as those of the takes of `name` under `root`: relative paths are the same from all of them."""
    return root / files.folder_name(name) / "take-001"


def unfinished_takes(root: Path, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The takes of `name` that were not dreamed to their end, newest first: folders and records."""
    home = root / files.folder_name(name)
    for folder in _newest_first(home) if home.is_dir() else ():
        record = _record(folder)
        if record.get("format") == FORMAT and not record.get("finished"):
            yield folder, record


def existing_take(folder: Path) -> Take:
    """The take in `folder`, to develop other prints from, and maybe only to be read; MissingError if there is none."""
    record = _record(folder)
    if not record:
        raise MissingError(f"{folder}: not the folder of a take (it has no {RECORD} that can be read)")
    if record.get("format") != FORMAT:
        raise MissingError(f"{folder}: made by another version of render, which keeps takes in another way", "render it again")
    _refuse_links(*folder.rglob("*"))
    try:
        lock = _lock(folder)
        files.sweep(folder)
        return Take(folder, lock)
    except OSError as error:
        if error.errno in READ_ONLY:  # nobody else can be at work in it either
            return Take(folder, None)
        with files.refusals(folder):
            raise


def newest_take(folder: Path) -> Path:
    """The newest take in the folder of a film; any other folder is itself."""
    takes = _newest_first(folder) if folder.is_dir() and not (folder / RECORD).exists() else []
    return takes[0] if takes else folder


def read_record(folder: Path) -> dict[str, Any]:
    """What the record of the take in `folder` says; nothing if it is damaged, of a newer format, or not there."""
    record = _record(folder)
    return record if record.get("format") in range(1, FORMAT + 1) else {}


def writable(root: Path) -> None:
    """Refuse a root that no take could be begun in, as far as can be told without writing; MissingError."""
    place = next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise MissingError(f"{root}: cannot be written", "-o DIR renders somewhere else")


def versions() -> dict[str, str]:
    """What the pictures were made with."""
    parts = {"render": "zoomdream", "torch": "torch", "numpy": "numpy", "opencv": "opencv-python-headless"}
    return {
        "python": platform.python_version(),
        **{part: _installed(package) for part, package in parts.items()},
        "ffmpeg": ffmpeg.version(),
        "system": platform.platform(),
    }


def _installed(package: str) -> str:
    try:
        return installed(package)
    except PackageNotFoundError:
        return "not installed"


def _matching(home: Path, fingerprint: Mapping[str, Any], chain: Chain, first: Path | None = None) -> Path | None:
    """The newest take of the film, or `first`, by its chain; one of before chains by its fingerprint."""
    by_fingerprint = {folder for folder, form in _same_films(home, fingerprint) if form == FORMAT}
    for folder in _newest_first(home, first):
        same = same_film(folder, chain)
        if same and _record(folder).get("format") == FORMAT:
            return folder
        if folder in by_fingerprint and (same is None or beginning_in(folder, chain).holds(chain)):  # at another frame rate
            return folder
    return None


def _longest(root: Path, home: Path, chain: Chain, first: Path | None = None) -> Beginning | None:
    """What the takes of `home`, and then those of other names beside it, hold of a film."""
    others = sorted(folder for folder in root.iterdir() if folder.is_dir() and not folder.is_symlink() and folder != home)
    takes = (folder for place in (home, *others) for folder in _newest_first(place, first))
    return longest_beginning((folder for folder in takes if _record(folder).get("format") == FORMAT), chain)


def _hold_take(same: Path | None, beginning: Beginning | None, home: Path, chain: Chain) -> tuple[Path, Lock] | None:
    """The folder of the take to go on in, and its lock; None where a new one must begin."""
    folder = same or (
        beginning.folder if beginning and beginning.folder.parent == home and beginning.continues(chain) else None
    )
    if not folder:
        return None
    _refuse_links(folder, *folder.rglob("*"))
    try:
        return folder, _lock(folder)
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
    plain = json.loads(_json(fingerprint))
    for folder in _newest_first(home):
        record = _record(folder)
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
            record |= _as_begun(_record(beginning.folder), beginning)
        if chain:
            write_chain(part, chain)
        files.write(part / RECORD, _json(record))
        os.rename(part, folder)
    return folder, _lock(folder)


def _as_begun(record: Mapping[str, Any], beginning: Beginning) -> dict[str, Any]:
    """What the record of a take says that begins with dreams of another: how those were dreamed, and where they come from."""
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


def _record(folder: Path) -> dict[str, Any]:
    """What run.json says; nothing if it is damaged or not there.

    Raises MissingError where the disk falters: a take is not begun anew, nor its record written over, because of that.
    """
    try:
        record = json.loads(inputs.read_text(folder / RECORD, inputs.RECORD, folder))
    except MissingError as error:
        if isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise
        return {}
    except (ValueError, RecursionError, MemoryError):
        return {}
    sound = isinstance(record, dict) and all(isinstance(record[fact], FACTS[fact]) for fact in {*FACTS} & {*record})
    return record if sound else {}


def _refuse_links(*places: Path) -> None:
    """Refuse folders that are somewhere else: a render writes in its own only."""
    for place in places:
        if place.is_symlink() and place.is_dir():
            raise MissingError(f"{place}: is a link to another folder, and a render writes only in its own", "remove it")


def _kind_of(record: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The kind of device that a record names, and its GPU where that is known; "cuda:1" is "cuda"."""
    device = record.get("device")
    return (device.partition(":")[0], record.get("gpu")) if device else None


def _device_words(kind: tuple[str, str | None]) -> str:
    return {"cpu": "a processor", "mps": "an Apple GPU"}.get(kind[0]) or f"a GPU ({kind[1] or kind[0]})"


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True, default=str, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class Lock:
    """A folder's lock, until its file is closed or the process ends in whatever way."""

    file: IO[str]
    held: bool  # False on a disk that knows no locks


def _lock(folder: Path, wait: bool = False) -> Lock:
    """Raises BusyError if another process holds the folder, unless it is to `wait` for that one."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)  # what a lock links to would be overwritten
    file = os.fdopen(os.open(folder / LOCK, flags, 0o666), "a+", encoding="utf-8")
    try:
        held = _hold(file, wait)
    except (BlockingIOError, PermissionError) as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise BusyError(f"{folder}: another render is at work here (process {holder}); wait for it, or stop it") from error
    except BaseException:
        file.close()
        raise
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return Lock(file, held)


def _hold(file: IO[str], wait: bool) -> bool:
    """Whether the lock is held: not on a disk that knows none."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
        return False
    return True
