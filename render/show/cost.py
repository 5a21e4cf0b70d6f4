"""Costs: (work) -> the seconds that it takes on an idle machine, and the bytes that stay on disk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time

import torch

from render.dream.device import one_thread

if sys.platform != "win32":
    import resource

SERIAL = 0.08  # of a step that one thread does alone, measured on two


@dataclass(frozen=True)
class Cost:
    """What a part of a render takes."""

    seconds: float = 0.0
    disk: float = 0.0  # bytes that stay

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.disk + other.disk)


def measure_seconds(device: torch.device, work: Callable[[], object]) -> float:
    """Seconds that `work` takes on a machine with nothing else to do, whatever it has to do now.

    On a GPU by the clock. On processors by their own time in one thread, since threads that wait for others burn it, too;
    it is then shared out by Amdahl's law.
    """
    start, busy = perf_counter(), _processor_seconds()
    with one_thread() as threads:
        work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return perf_counter() - start
    return (_processor_seconds() - busy) * (SERIAL + (1 - SERIAL) / threads)


def _processor_seconds() -> float:
    """Of all processors so far, of this program and of those that it started and that have ended."""
    if sys.platform == "win32":
        return process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)  # os.times counts in hundredths of a second
    return process_time() + children.ru_utime + children.ru_stime
