"""Boards. One view of many films: a line for each that is being rendered, and how many are done, waiting and failed.

Like a progress, a board has four styles: a table that stands still on a terminal, lines for logs, JSON for programs, silence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from render.show.eta import Progress
from render.show.progress import PATIENCE, LiveTable
from render.show.terminal import say
from render.show.words import duration_words

LONGEST = 20  # films that the table shows at a time
WAITING, AT_WORK, DONE, STOPPED, FAILED, LEFT = "waiting", "dreaming", "done", "stopped", "failed", "not begun"
ROW_STATES = (WAITING, AT_WORK, DONE, STOPPED, FAILED, LEFT)


@dataclass
class Row:
    """A film on the board."""

    name: str
    state: str = WAITING
    progress: Progress | None = None
    where: str = ""  # the machine


@dataclass
class Board:
    """The films, and how far each is."""

    names: Sequence[str]
    style: str  # bar, plain, json or none, as show/progress.STYLES
    rows: list[Row] = field(init=False)
    _spoke: float = field(default_factory=monotonic)
    _begun: float = field(default_factory=monotonic)
    _live: LiveTable | None = None

    def __post_init__(self) -> None:
        self.rows = [Row(name) for name in self.names]

    def live(self) -> AbstractContextManager[Any]:
        """Inside, the table stands on the terminal, and what is said goes above it."""
        if self.style != "bar":
            return nullcontext()
        self._live = LiveTable()
        self._draw()
        return self._live

    def note_tick(self, number: int, progress: Progress, where: str) -> None:
        """A film has another dream."""
        row = self.rows[number]
        row.state, row.progress, row.where = AT_WORK, progress, where
        if self.style == "json":
            self._say_json(row, seconds=round(monotonic() - self._begun, 3), left=round(progress.seconds, 3))
        elif self.style == "plain" and monotonic() - self._spoke > PATIENCE:
            self._spoke = monotonic()
            for busy in self._at_work():
                say(f"{busy.name}: {busy.progress}, on {busy.where}")
            say(self.summary())
        self._draw()

    def note_end(self, number: int, state: str) -> None:
        """A film is done, stopped, failed or left."""
        self.rows[number].state = state
        if self.style == "json":
            self._say_json(self.rows[number], state=state)
        self._draw()

    def summary(self) -> str:
        """How many films are in each state: "3 of 12 films done, 2 dreaming, 1 failed"."""
        counts = {state: sum(row.state == state for row in self.rows) for state in ROW_STATES}
        rest = "".join(f", {count} {state}" for state, count in counts.items() if count and state != DONE)
        return f"{counts[DONE]} of {len(self.rows)} films done{rest}"

    def table(self) -> list[tuple[str, str, str, str]]:
        """A row for each film at work: its name, dreams, rate and time left, machine."""
        return [(row.name, *_words(row.progress), row.where) for row in self._at_work()[:LONGEST]]

    def _at_work(self) -> list[Row]:
        return [row for row in self.rows if row.state == AT_WORK]

    def _draw(self) -> None:
        if self._live is not None:
            self._live.draw(self.table(), self.summary())

    def _say_json(self, row: Row, **facts: Any) -> None:
        progress = row.progress
        tick = {"tick": progress.index - 1, "last": progress.of - 1} if progress else {}
        say(json.dumps({"film": row.name, **tick, "where": row.where, **facts}))


def _words(progress: Progress | None) -> tuple[str, str]:
    """How far, and how fast: ("5/41", "3.1 a second, 11 s left")."""
    if not progress:
        return "", ""
    rate = f"{1 / max(progress.each, 1e-3):.1f} a second"
    return f"{progress.index}/{progress.of}", f"{rate}, {duration_words(progress.seconds)} left"
