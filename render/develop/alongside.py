"""Alongside. While a film is dreamed, its prints are developed as far as the negative is safe: steps walked by a thread.

The negative stays the only way from dreams to prints. Who dreams says how far it is safe, who develops waits for that; when
dreaming ends, whoever began the steps walks the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Condition
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class EndedEarlyError(Exception):
    """Dreaming ended before the tick that was waited for."""


class Safe:
    """How many ticks of a film are safe, counting on while it is dreamed; told by who dreams, waited for by who develops."""

    def __init__(self) -> None:
        self.over = False
        self._news = Condition()
        self._ticks = 0

    def now(self, ticks: int) -> None:
        """So many are safe."""
        with self._news:
            self._ticks = max(self._ticks, ticks)
            self._news.notify_all()

    def end(self, ticks: int = 0) -> None:
        """So many are safe, or as many as were before, and there will be no more: told at once, for who waits asks both."""
        with self._news:
            self._ticks, self.over = max(self._ticks, ticks), True
            self._news.notify_all()

    def wait(self, ticks: int) -> None:
        """Until so many are safe; EndedEarlyError if they never will be."""
        with self._news:
            self._news.wait_for(lambda: self._ticks >= ticks or self.over)
            if self._ticks < ticks:
                raise EndedEarlyError


@contextmanager
def alongside(steps: Iterator[None], safe: Safe) -> Iterator[Future[None]]:
    """Inside the block, a thread walks the steps; afterwards they stand still, and the future says whether one failed."""
    with ThreadPoolExecutor(1, "developing") as thread:
        try:
            yield thread.submit(_walked, steps, safe)
        finally:
            safe.end()


def finished(steps: Generator[None, None, T]) -> T:
    """Walk the rest of the steps: what they come to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def at_once(steps: Callable[P, Generator[None, None, T]]) -> Callable[P, T]:
    """The function that walks all of its steps when it is called."""
    return lambda *asked, **named: finished(steps(*asked, **named))


def _walked(steps: Iterator[Any], safe: Safe) -> None:
    import torch

    torch.set_num_threads(1)  # of this thread: with a crew of its own it would stand in the way of the dream's
    with suppress(EndedEarlyError):
        while not safe.over:
            next(steps)
