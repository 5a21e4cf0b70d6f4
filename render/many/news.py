"""News. What a worker says while it works on a film: values that travel from machine to machine."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.develop.negative import TickFiles
from render.errors import ConfigError, DevelopError, MissingError, RenderError, RoomError
from render.shots import Opening
from render.show.eta import Progress

KINDS = {kind.__name__: kind for kind in (RenderError, ConfigError, MissingError, DevelopError, RoomError)}


@dataclass(frozen=True)
class Begun:
    """A film is about to be dreamed."""

    device: Mapping[str, str]  # as dream.device.describe has it
    threads: int


@dataclass(frozen=True)
class Noted:
    """Facts for the record of the take."""

    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Dreamed:
    """A tick, for the take."""

    files: TickFiles


@dataclass(frozen=True)
class Told:
    """How far a film is that the worker keeps itself."""

    progress: Progress


@dataclass(frozen=True)
class Opened:
    """Where another shot begins."""

    opening: Opening


@dataclass(frozen=True)
class Finished:
    """A film is done: what came of it, as shoot.Shot has it."""

    folder: Path
    paths: tuple[Path, ...]
    notices: tuple[str, ...]
    dreamed: int
    whole: bool


@dataclass(frozen=True)
class Failed:
    """A film is not done: why, in the words of an error."""

    kind: str  # a row of KINDS; "" for what nobody foresaw
    message: str
    trace: str  # where it came from, for a report

    @classmethod
    def of(cls, error: BaseException) -> Failed:
        """The news of an error."""
        kind = next((name for parent in type(error).__mro__ if (name := parent.__name__) in KINDS), "")
        trace = "".join(traceback.format_exception(error))
        return cls(kind, str(error) if kind else f"{type(error).__name__}: {error}", trace)

    @property
    def error(self) -> Exception:
        """The error again, to be raised."""
        if self.kind:
            return KINDS[self.kind](self.message)
        error = RuntimeError(self.message)
        error.add_note(self.trace)
        return error


News = Begun | Noted | Dreamed | Told | Opened | Finished | Failed
