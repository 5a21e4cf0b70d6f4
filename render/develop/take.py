"""Takes. A Take is the folder of one render, `runs/<name>/take-001`: what was asked for, the negative, the prints, the record.

The same settings find their take again; others begin the next. A lock says who is at work in it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import IO, Any

from render.develop import ffmpeg, files, stills
from render.develop.ffmpeg import Pixels
from render.develop.negative import Negative
from render.errors import ConfigError

RECORD = "run.json"
LOCK = ".lock"


class Take:
    """The folder of one render, held by this process until the block is left.

    begun: it is new. record: what run.json says; `note` adds to it.
    """

    def __init__(self, folder: Path, begun: bool, lock: IO[str]) -> None:
        self.folder = folder
        self.begun = begun
        self.record = _record(folder) or {}
        self._lock = lock

    def __enter__(self) -> Take:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def negative(self) -> Negative:
        """The take's negative."""
        return Negative(self.folder / "negative")

    def note(self, **facts: Any) -> None:
        """Add facts to run.json, e.g. device, timings, or `finished`."""
        self.record |= facts
        files.write(self.folder / RECORD, _json(self.record))

    def poster(self, frame: Pixels) -> Path:
        """Write poster.jpg from [H, W, 3]."""
        path = self.folder / "poster.jpg"
        files.write(path, stills.jpeg(stills.eight_bits(frame)))
        return path
