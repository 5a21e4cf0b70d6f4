"""The store: weights by name, from the cache or else from the net, once. The one door for who wants a network's file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from render.errors import LOCKLESS, ConfigError, MissingError
from render.inputs import WEIGHTS, open_file
from render.weights import cache, catalogue
from render.weights.cache import Say
from render.weights.catalogue import CATALOGUE, FULL, Weights

if TYPE_CHECKING:
    from render.weights.fetch import Progress

OFFLINE = "RENDER_OFFLINE"  # the environment's variable: anything but NO keeps us from dialing
NO = ("", "0", "false", "no", "off")
LARGE = 100_000_000  # bytes, for a file of which nobody says how large it is
PACKAGED = ("bestiary", "efficientnet_lite0")  # networks whose weights come with the program
UNLOCKED = "this disk knows no locks, so another render that fetches the same file at the same time is not noticed"


def publishes(name: str) -> bool:
    """Whether weights of that name can be fetched: not where they come with the program, or are a stranger's own network's."""
    if name in PACKAGED:
        return False
    try:
        catalogue.entry(name)
    except ConfigError:
        return False
    return True


def ensure(name: str, say: Say, offline: bool | None = None, progress: Progress | None = None) -> Path:
    """The file of the weights called `name`, checked: from the cache if it lies there, else fetched, once.

    offline: never dial; by default as $RENDER_OFFLINE says. say: takes sentences for the person. progress: takes the bytes
    that are here and those in all; by default every tenth is said.
    Raises ConfigError for an unknown name, MissingError if the file is damaged or can't be had, RoomError on a full disk.
    """
    weights = catalogue.entry(name)
    if path := cache.find(weights):
        cache.verify(weights, path, say)
        return path
    return get(name, say, offline, progress)


def get(name: str, say: Say, offline: bool | None = None, progress: Progress | None = None) -> Path:
    """Like `ensure`, but a file that lies there damaged is fetched anew."""
    weights = catalogue.entry(name)
    if path := find_whole(weights, say):
        return path
    if is_offline() if offline is None else offline:
        raise absence(weights, "this is offline")
    path = cache.place(weights)
    with fetching_alone(weights, path, say):
        if found := find_whole(weights, say):  # another process fetched it while this one waited
            return found
        _fetch(weights, path, say, progress)
    return path


def add(file: Path, name: str | None, say: Say) -> Path:
    """Copy a file into the cache, as the weights called `name`, or as those that its hash says it is; where it lies now.

    ConfigError if nobody knows the file and it is given no name; MissingError if it is not what its name says.
    """
    digest = cache.digest(file)
    weights = catalogue.entry(name) if name else recognise(file, digest)
    path = cache.place(weights)
    if weights.archive and digest == weights.archive.sha256:
        digest = cache.unpack(file, path, weights)
    elif path.exists() and path.samefile(file):
        cache.check(weights, digest, file)
    else:
        with open_file(file, WEIGHTS) as source:
            digest = cache.copy(source, path, weights)
    cache.record(weights, digest, say)
    return path


def recognise(file: Path, digest: str) -> Weights:
    """The weights that have that sha256. ConfigError if nobody knows it."""
    for weights in CATALOGUE.values():
        if digest in (weights.sha256, weights.download.sha256):
            return weights
    published = catalogue.from_torchvision(file.name) if catalogue.DIGITS.search(file.name) else None
    if published and published.sha256 and digest.startswith(published.sha256):
        return published
    hint = f"say which they are, as in render weights add {file} NAME; names: {' '.join(CATALOGUE)} and torchvision's"
    raise ConfigError(f"{file}: nobody publishes weights of sha256 {digest}", hint)


def find_whole(weights: Weights, say: Say) -> Path | None:
    """The file, if it lies here and is what it should be; a damaged one is as good as none, and said."""
    path = cache.find(weights)
    try:
        if path:
            cache.verify(weights, path, say)
        return path
    except MissingError as damage:
        say(damage.message)
        return None


def pending(name: str) -> str:
    """What `check` says of a network whose weights are not here: "not here yet, 54 MB". Empty if they are. Never dials."""
    weights = catalogue.entry(name)
    return "" if cache.find(weights) else f"{name}: {cache.state(weights)}, {weights.licence}"


def absence(weights: Weights, why: str) -> MissingError:
    """What to say when weights are not here and cannot be fetched: all that a person needs to fetch them by hand."""
    sha256 = cache.expected_sha256(weights)
    digits = {0: "nobody publishes its hash", FULL: f"sha256 {sha256}"}
    known = digits.get(len(sha256), f"sha256 begins with {sha256}")
    packed = f" in a zip of sha256 {weights.archive.sha256}" if weights.archive else ""
    hint = (
        f"it is a file of {weights.megabytes}, {known},{packed} at {' or '.join(weights.addresses)}; "
        f"put it at {cache.place(weights)}, or run render weights add FILE {weights.name}"
    )
    return MissingError(f"the weights of {weights.name} are not here, and {why}", hint)


def say_nothing(words: str) -> None:
    """A `say` for where nobody listens: what there is to say was said when the weights were made sure of before."""


def is_offline() -> bool:
    """Whether the environment says that nothing may be fetched."""
    return os.environ.get(OFFLINE, "").strip().lower() not in NO


def _fetch(weights: Weights, path: Path, say: Say, progress: Progress | None) -> None:
    from render.weights import fetch  # brings requests along, which a film whose weights are here needs not wait for

    host, file = urlsplit(weights.addresses[0]).netloc, weights.download
    file = file if weights.archive else replace(file, sha256=cache.expected_sha256(weights))
    say(f"{file.name}: fetching {file.file} ({file.megabytes}; {file.licence}) from {host}, to keep in {path.parent}")
    target = path.with_name(file.file)
    try:
        digest = fetch.download(file, target, say, progress or say_tenths(file, say))
    except fetch.UnfetchedError as failure:
        raise absence(weights, f"cannot be fetched ({failure.message})") from failure
    if weights.archive:
        digest = cache.unpack(target, path, weights)
        target.unlink(missing_ok=True)
    cache.record(weights, digest, say)


def say_tenths(weights: Weights, say: Say) -> Progress:
    """A progress that says every tenth of what there is to fetch."""
    before = -1

    def progress(here: int, total: int) -> None:
        nonlocal before
        tenth = 10 * here // (total or weights.size or LARGE)
        if tenth > before >= 0:
            say(f"{weights.name}: {catalogue.megabytes(here)} of {catalogue.megabytes(total or weights.size)}")
        before = tenth

    return progress


@contextmanager
def fetching_alone(weights: Weights, path: Path, say: Say) -> Iterator[None]:
    """Inside, no other process fetches the same file: of two, the second waits and finds it there."""
    from filelock import FileLock, Timeout

    with cache.refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".lock-{path.name}"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"{weights.name}: another render is fetching it; waiting")
            lock.acquire()
        except (NotImplementedError, OSError) as error:  # a network disk, maybe
            if isinstance(error, OSError) and error.errno not in LOCKLESS:
                raise
            say(f"{path.parent}: {UNLOCKED}")
    try:
        yield
    finally:
        lock.release()
