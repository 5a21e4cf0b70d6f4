"""Alongside: the prints of a film are developed by a second thread while it is dreamed.

The thread that dreams says how many ticks are on disk (a Watermark), the one that develops waits for them. They share nothing
else: whoever develops reads the negative, and has a scene of its own, since a source decodes for one reader at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Condition
from typing import TypeVar

import torch

from render.develop import ffmpeg

T = TypeVar("T")

PATIENCE = 0.05  # seconds between two looks whether a thread that was called off has ended


def helps(device: torch.device) -> bool:
    """Whether developing beside dreaming makes films sooner: where a dream leaves the processor free."""
    return device.type != "cpu"


class ClosedError(Exception):
    """There will be no more ticks."""


class Watermark:
    """How many ticks of a film are on disk, rising while it is dreamed."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._ticks = 0
        self._closed = False

    def advance(self, ticks: int) -> None:
        """So many are on disk."""
        with self._changed:
            self._ticks = ticks
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody dreams any more, and nobody is to wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_for(self, ticks: int) -> None:
        """Return when so many are on disk. Raises ClosedError from when the watermark is closed, however many there are."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ticks >= ticks)
            if self._closed:
                raise ClosedError


@contextmanager
def alongside(develop: Callable[[], T], watermark: Watermark) -> Iterator[Future[T]]:
    """Run `develop`, which waits for the watermark, in a thread; leaving the block calls off what is not done.

    The future has its result or its error. What is called off leaves nothing unfinished behind, and ends before the block does.
    """
    with ThreadPoolExecutor(1, "developing", initializer=lambda: torch.set_num_threads(1)) as thread:
        # One thread, of this thread's: a crew of its own would stand in the way of the dream's.
        future = thread.submit(develop)
        try:
            yield future
        finally:
            watermark.close()
            while not future.done():
                ffmpeg.end_all()
                wait([future], PATIENCE)
