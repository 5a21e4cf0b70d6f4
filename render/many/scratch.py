"""Scratch. The folder in which a worker keeps what films brought along; those of workers that were killed are removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from time import time

from filelock import FileLock, Timeout

PREFIX = "render-worker-"
LOCK = ".lock"  # in the folder; its worker holds it until it ends in whatever way
YOUNG = 60  # seconds: so new a folder may be that of a worker that is about to lock it


class Scratch:
    """A worker's folder in the system's temporary one."""

    def __init__(self) -> None:
        sweep()
        self._temporary = TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self._lock = FileLock(self.folder / LOCK, timeout=0)
        self._lock.acquire()

    def remove(self) -> None:
        """Remove it and all that is in it."""
        self._lock.release()
        self._temporary.cleanup()


def sweep() -> None:
    """Remove the folders of this person's workers that are not alive any more."""
    for folder in _old_folders():
        with suppress(OSError, Timeout), FileLock(folder / LOCK, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)


def _old_folders() -> Iterator[Path]:
    person = os.getuid() if hasattr(os, "getuid") else 0  # where there are no numbers of people, files have 0, too
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if folder.is_dir() and not folder.is_symlink() and status.st_uid == person and time() - status.st_mtime > YOUNG:
                yield folder
