"""Pools. The workers of a cluster, lent to whoever has work; one that dies is replaced, and its work goes on elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Event
from typing import TypeVar

from render.errors import RenderError
from render.many.cluster import Hand, WorkerDiedError

T = TypeVar("T")

DEATHS = 3  # of workers, one after the other, with nothing dreamed in between: then it is the film's fault


class StoppedError(Exception):
    """The person asked to stop."""


class Pool:
    """The workers, and who has them."""

    def __init__(self, hands: Sequence[Hand], stop: Event) -> None:
        self.stop = stop
        self._free = list(hands)
        self._closed = False
        self._failures = 0  # of workers that ended before they began
        self._changed = Condition()

    def steadily(self, work: Callable[[Hand], Iterator[T]]) -> Iterator[T]:
        """What `work` gives, with a worker; with another one, from where it left off by itself, if that one dies.

        Raises StoppedError before work begins, RenderError if one worker after the other dies.
        """
        deaths = 0
        while True:
            try:
                with self._borrow() as hand:
                    for result in work(hand):
                        deaths = 0
                        yield result
                return
            except WorkerDiedError as death:
                deaths += 1
                if deaths == DEATHS:
                    message = f"its worker died {DEATHS} times without a dream in between ({death})"
                    raise RenderError(message, "it may need more memory than a worker has: try a smaller size") from death

    def close(self) -> None:
        """Lend nothing more: whoever waits is told as if the person had asked to stop."""
        self._closed = True

    @contextmanager
    def _borrow(self) -> Iterator[Hand]:
        hand = self._take()
        try:
            yield hand
        except WorkerDiedError:
            hand.hire()
            raise
        finally:
            with self._changed:
                self._free.append(hand)
                self._changed.notify()

    def _take(self) -> Hand:
        """A worker that has begun, as soon as one is free."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._free or self._is_over(), timeout=1)
                if self._is_over():
                    raise StoppedError
                if not self._free:
                    continue
                hand = min(self._free, key=lambda hand: not hand.where)
                self._free.remove(hand)
            if self._begins(hand):
                return hand
            with self._changed:
                self._free.append(hand)

    def _is_over(self) -> bool:
        return self._closed or self.stop.is_set()

    def _begins(self, hand: Hand) -> bool:
        """Whether the worker is there; asks for another one if it ended before it began."""
        try:
            ready = hand.is_ready()
        except WorkerDiedError as death:
            self._failures += 1
            if self._failures >= DEATHS * 2:
                raise RenderError(f"no worker can be begun ({death})") from death
            hand.hire()
            return False
        if ready:
            self._failures = 0
        return ready
