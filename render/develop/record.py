"""Records. What run.json says of a take: how it was dreamed, which prints it has, what it was made with."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from render import inputs
from render.develop import ffmpeg
from render.errors import MissingError

RECORD = "run.json"
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


class RecordKeeper(Protocol):
    """What keeps a record that can be added to: a take, or whoever dreams a film whose take is elsewhere."""

    record: dict[str, Any]

    def note(self, **facts: Any) -> None:
        """Add facts to the record."""


def read_record(folder: Path) -> dict[str, Any]:
    """What the record of the take in `folder` says; nothing if it is damaged, of a newer format, or not there."""
    record = read_any_record(folder)
    return record if record.get("format") in range(1, FORMAT + 1) else {}


def read_any_record(folder: Path) -> dict[str, Any]:
    """The same, of whatever format it is.

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


def json_bytes(value: Any) -> bytes:
    """A record as its file has it."""
    return (json.dumps(value, indent=2, sort_keys=True, default=str, ensure_ascii=False) + "\n").encode()


def kind_of_device(record: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The kind of device that a record names, and its GPU where that is known; "cuda:1" is "cuda"."""
    device = record.get("device")
    return (device.partition(":")[0], record.get("gpu")) if device else None


def device_words(kind: tuple[str, str | None]) -> str:
    """A kind of device as a sentence names it."""
    return {"cpu": "a processor", "mps": "an Apple GPU"}.get(kind[0]) or f"a GPU ({kind[1] or kind[0]})"


def versions() -> dict[str, str]:
    """What the pictures were made with."""
    parts = {"render": "zoomdream", "torch": "torch", "numpy": "numpy", "opencv": "opencv-python-headless"}
    return {
        "python": platform.python_version(),
        **{part: _version(package) for part, package in parts.items()},
        "ffmpeg": ffmpeg.version(),
        "system": platform.platform(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
