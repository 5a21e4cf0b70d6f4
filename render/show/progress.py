"""Progress. A progress is a generator around the states of a film: (states, first, last) -> the same states, told to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import Protocol, TypeVar

from render.show.eta import duration_words, with_eta

T = TypeVar("T")


class ProgressStyle(Protocol):
    """(states, tick they begin after, last tick, name) -> the same states; efforts: see `paced`."""

    def __call__(
        self, states: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None
    ) -> Iterator[T]: ...


def bar(states: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """A bar with ticks, rate and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("dreams{task.fields[pace]}"))
    with Progress(*columns, console=Console(stderr=True, highlight=False)) as progress:
        task = progress.add_task(name, total=last + 1, completed=first + 1, pace="")
        for state, left in with_eta(states, first, last, efforts):
            pace = f"  {1 / max(left.each, 1e-3):.1f} a second  {duration_words(left.seconds)} left"
            progress.update(task, completed=left.index, pace=pace)
            yield state


def plain(states: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """A line every few seconds, for logs."""
    said = monotonic()
    for state, left in with_eta(states, first, last, efforts):
        yield state
        if monotonic() - said > 5 or left.index == left.of:
            said = monotonic()
            pace = f"{left.each:.2f} s each, {left.seconds:.0f} s left"
            print(f"{name}: dream {left.index} of {left.of}, {pace}", file=sys.stderr)


def lines(states: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """A line of JSON for each tick, for programs."""
    begun = monotonic()
    for state, left in with_eta(states, first, last, efforts):
        yield state
        fact = {"film": name, "tick": left.index - 1, "last": last, "seconds": round(monotonic() - begun, 3)}
        print(json.dumps({**fact, "left": round(left.seconds, 3)}), file=sys.stderr, flush=True)


def none(states: Iterable[T], first: int, last: int, name: str, efforts: Sequence[float] | None = None) -> Iterator[T]:
    """Silence."""
    return iter(states)


STYLES: dict[str, ProgressStyle] = {"bar": bar, "plain": plain, "json": lines, "none": none}
