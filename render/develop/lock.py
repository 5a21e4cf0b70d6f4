"""Locks. A Lock says that this process is at work in a folder: (folder) -> Lock, or BusyError where another one is."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from render.errors import LOCKLESS, ConfigError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".lock"  # the file of a folder's lock, with the number of the process that holds it
UNLOCKED = "this disk knows no locks, so two renders in this folder at once would not notice each other"


class BusyError(ConfigError):
    """Another process is at work in a take."""


@dataclass(frozen=True)
class Lock:
    """A folder's lock, until its file is closed or the process ends in whatever way."""

    file: IO[str]
    held: bool  # False on a disk that knows no locks


def lock_folder(folder: Path, wait: bool = False) -> Lock:
    """The folder's lock. Raises BusyError if another process holds it, unless it is to `wait` for that one."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)  # what a lock links to would be overwritten
    file = os.fdopen(os.open(folder / LOCK, flags, 0o666), "a+", encoding="utf-8")
    try:
        held = _acquire(file, wait)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return Lock(file, held)
    except (BlockingIOError, PermissionError) as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise BusyError(f"{folder}: another render is at work here (process {holder}); wait for it, or stop it") from error
    except BaseException:
        file.close()
        raise


def _acquire(file: IO[str], wait: bool) -> bool:
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
