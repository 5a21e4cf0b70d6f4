"""Pools. The workers of a cluster, lent to whoever has work; one that dies is replaced, and its work goes on elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Event
from typing import TypeVar

from render.errors import RenderError
from render.many.cluster import RemoteWorker, WorkerDiedError

T = TypeVar("T")

DEATHS = 3  # of workers, one after the other, with nothing dreamed in between: then it is the film's fault


class StoppedError(Exception):
    """The person asked to stop."""


class Pool:
    """The workers, and who has them."""

    def __init__(self, workers: Sequence[RemoteWorker], stop: Event) -> None:
        self.stop = stop
        self._free = list(workers)
        self._closed = False
        self._failures = 0  # of workers that ended before they began
        self._changed = Condition()

    def steadily(self, work: Callable[[RemoteWorker], Iterator[T]]) -> Iterator[T]:
        """The results of `work` with a worker; if that one dies, of `work` with another, which knows by itself where it was.

        Raises StoppedError before work begins, RenderError if one worker after the other dies.
        """
        deaths = 0
        while True:
            try:
                with self._borrow() as worker:
                    for result in work(worker):
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
    def _borrow(self) -> Iterator[RemoteWorker]:
        worker = self._take()
        try:
            yield worker
        except WorkerDiedError:
            worker.hire()
            raise
        finally:
            with self._changed:
                self._free.append(worker)
                self._changed.notify()

    def _take(self) -> RemoteWorker:
        """A worker that has begun, as soon as one is free."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._free or self._is_over(), timeout=1)
                if self._is_over():
                    raise StoppedError
                if not self._free:
                    continue
                worker = min(self._free, key=lambda worker: not worker.where)
                self._free.remove(worker)
            if self._begins(worker):
                return worker
            with self._changed:
                self._free.append(worker)

    def _is_over(self) -> bool:
        return self._closed or self.stop.is_set()

    def _begins(self, worker: RemoteWorker) -> bool:
        """Whether the worker is there; asks for another one if it ended before it began."""
        try:
            ready = worker.is_ready()
        except WorkerDiedError as death:
            self._failures += 1
            if self._failures >= DEATHS * 2:
                raise RenderError(f"no worker can be begun ({death})") from death
            worker.hire()
            return False
        if ready:
            self._failures = 0
        return ready
