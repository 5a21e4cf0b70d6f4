"""Events. What befalls the films of a queue, each by its number."""

from __future__ import annotations

from dataclasses import dataclass

from render.many.news import Finished
from render.show.eta import Progress


@dataclass(frozen=True)
class Ticked:
    """A dream is safe."""

    number: int
    progress: Progress
    where: str  # the machine


@dataclass(frozen=True)
class Said:
    """There is something to tell."""

    number: int
    words: str


@dataclass(frozen=True)
class Done:
    """A film is developed, to its end or as far as it was dreamed."""

    number: int
    finished: Finished


@dataclass(frozen=True)
class Lost:
    """A film failed."""

    number: int
    error: Exception


@dataclass(frozen=True)
class Left:
    """A film was not begun, since the person asked to stop."""

    number: int


Event = Ticked | Said | Done | Lost | Left
