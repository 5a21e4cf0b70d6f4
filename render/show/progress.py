"""Progress. A progress is a generator around the states of a film: (states, first, last) -> the same states, told to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")
Told = Callable[[Iterable[T], int, int, str], Iterator[T]]  # (states, first, last, name) -> the same states


def bar(states: Iterable[T], first: int, last: int, name: str) -> Iterator[T]:
    """A bar with ticks, rate and time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("dreams"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    console = Console(stderr=True, highlight=False)
    with Progress(*columns, console=console, speed_estimate_period=120) as progress:
        task = progress.add_task(name, total=last + 1, completed=first + 1, rate="")
        begun = monotonic()
        for done, state in enumerate(states, 1):
            progress.update(task, completed=first + 1 + done, rate=f"{done / (monotonic() - begun):.1f} a second")
            yield state


def plain(states: Iterable[T], first: int, last: int, name: str) -> Iterator[T]:
    """A line every few seconds, for logs."""
    begun = said = monotonic()
    for tick, state in enumerate(states, first + 1):
        yield state
        now = monotonic()
        if now - said > 5 or tick == last:
            said, each = now, (now - begun) / (tick - first)
            print(
                f"{name}: dream {tick + 1} of {last + 1}, {each:.2f} s each, {each * (last - tick):.0f} s left",
                file=sys.stderr,
            )


def lines(states: Iterable[T], first: int, last: int, name: str) -> Iterator[T]:
    """A line of JSON for each tick, for programs."""
    begun = monotonic()
    for tick, state in enumerate(states, first + 1):
        yield state
        fact = {"film": name, "tick": tick, "last": last, "seconds": round(monotonic() - begun, 3)}
        print(json.dumps(fact), file=sys.stderr, flush=True)


def none(states: Iterable[T], first: int, last: int, name: str) -> Iterator[T]:
    """Silence."""
    return iter(states)


STYLES: dict[str, Told[object]] = {"bar": bar, "plain": plain, "json": lines, "none": none}
