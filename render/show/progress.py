"""Progress. A progress is a generator around a film's ticks that tells how far it is: (ticks, first, last, name) -> ticks.

The words go through `say`; the bar has a terminal's own way. Nothing else of the house prints, but the command line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import monotonic
from typing import Protocol, Self, TypeVar

from render.show.eta import Progress, with_eta
from render.show.terminal import say
from render.show.words import duration_words

T = TypeVar("T")
PATIENCE = 5  # seconds between two lines of a log


class ProgressStyle(Protocol):
    """(ticks, number they begin after, last number, name) -> the same ticks; efforts: see `with_eta`."""

    def __call__(
        self, ticks: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None
    ) -> Iterator[T]: ...


def bar(ticks: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """A bar with ticks, rate and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("dreams{task.fields[pace]}"))
    with Bar(*columns, console=Console(stderr=True, highlight=False)) as shown:
        task = shown.add_task(name, total=last + 1, completed=first + 1, pace="")
        for tick, progress in with_eta(ticks, first, last, efforts):
            pace = f"  {1 / max(progress.each, 1e-3):.1f} a second  {duration_words(progress.seconds)} left"
            shown.update(task, completed=progress.index, pace=pace)
            yield tick


class LiveTable:
    """Rows of words that stand still on a terminal, under what is said meanwhile."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        at_terminal = sys.stdout is not None and sys.stdout.isatty()  # products that go elsewhere must not come to the terminal
        console = Console(stderr=True, highlight=False)
        self._live = Live(console=console, refresh_per_second=4, transient=True, redirect_stdout=at_terminal)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def draw(self, rows: Sequence[Sequence[str]], below: str) -> None:
        """Show these rows, and a line below them."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for row in rows:
            table.add_row(*map(Text, row))
        self._live.update(Group(table, Text(below)))


def plain(ticks: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """A line every few seconds, for logs."""
    before = monotonic()
    for tick, progress in with_eta(ticks, first, last, efforts):
        yield tick
        if monotonic() - before > PATIENCE or progress.index == progress.of:
            before = monotonic()
            say(f"{name}: {progress}")


def json_lines(ticks: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """A line of JSON for each tick, for programs."""
    begun = monotonic()
    for tick, progress in with_eta(ticks, first, last, efforts):
        yield tick
        fact = {"film": name, "tick": progress.index - 1, "last": last, "seconds": round(monotonic() - begun, 3)}
        say(json.dumps({**fact, "left": round(progress.seconds, 3)}))


def silence(ticks: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """The ticks, and no word."""
    return iter(ticks)


def callback(tell: Callable[[Progress], object]) -> ProgressStyle:
    """A progress for Python: `tell` is called with how far the film is after each tick."""

    def style(ticks: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
        for tick, progress in with_eta(ticks, first, last, efforts):
            yield tick
            tell(progress)

    return style


STYLES: dict[str, ProgressStyle] = {"bar": bar, "plain": plain, "json": json_lines, "none": silence}
