"""Watching: a film's file, and what it extends, on the disk: each save is an order to the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from watchfiles import watch

from render.config import nodes
from render.config.loader import read
from render.config.problem import Origin
from render.errors import RenderError

SETTLED = 60  # milliseconds after which a save is whole: editors write in several strokes
DEEPEST = 16  # files that extend one another
GONE = 1.0  # seconds until a folder that is gone is looked for again


def watch_film(file: Path, saved: Callable[[], None], ending: Event) -> Thread:
    """Call `saved` whenever the film's file, or one that it extends, is written, until `ending`. A thread does it."""

    def look() -> None:
        while not ending.is_set():
            try:
                _watch_folders(file, saved, ending)
            except FileNotFoundError:  # a folder is gone, or is about to be put in the place of another
                ending.wait(GONE)

    thread = Thread(target=look, name="studio-watch", daemon=True)
    thread.start()
    return thread


def _watch_folders(file: Path, saved: Callable[[], None], ending: Event) -> None:
    """Watch the folders of the film's files, until `ending` or until the film extends files of other folders."""
    folders = {path.parent for path in files_of(file)}
    for changes in watch(
        *folders, stop_event=ending, step=SETTLED // 2, debounce=SETTLED * 4, rust_timeout=500, recursive=False
    ):
        files = files_of(file)
        if {Path(path).resolve() for _, path in changes} & files:
            saved()
        if {path.parent for path in files} != folders:
            return


def files_of(file: Path) -> set[Path]:
    """The film's file and those that it extends, as far as they can be read now."""
    found: set[Path] = set()
    path: Path | None = file.resolve()
    while path and path not in found and len(found) < DEEPEST:
        found.add(path)
        path = _base(path)
    return found


def _base(path: Path) -> Path | None:
    try:
        tree = nodes.parse(read(path), Origin(str(path), path.parent))
    except RenderError:
        return None
    entry = tree.entry("extends")
    return (path.parent / str(entry[1].scalar)).resolve() if entry and isinstance(entry[1].scalar, str) else None
