"""Spent. What it takes to do something, found by doing it: (device, do) -> Spent."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from statistics import median
from time import perf_counter, process_time

import torch

CPU = torch.device("cpu")
PATIENCE = 0.6  # seconds of work on each thing that is measured more than once
MOST = 9  # times that it is measured


@dataclass(frozen=True)
class Cost:
    """seconds: by the clock. work: seconds of all processors together, those of programs that were started too. disk: bytes."""

    seconds: float = 0.0
    work: float = 0.0
    disk: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Cost) -> Cost:
        """What is left, of nothing less than 0: small things are measured with noise."""
        return Cost(*(max(0.0, one - two) for one, two in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, times: float) -> Cost:
        return Cost(*(times * one for one in astuple(self)))


def line(do: Callable[[int], float], few: int, many: int) -> tuple[Cost, Cost]:
    """What it takes to begin, and what each takes, from doing a few and many; `do` returns the bytes that it left."""

    def spent(number: int) -> Cost:
        left: list[float] = []
        once = timed(CPU, lambda: left.append(do(number)))
        return replace(once, disk=left[0])

    little, much = spent(few), spent(many)
    each = (much - little) * (1 / (many - few))
    return little - each * few, each


def often(device: torch.device, do: Callable[[], object]) -> Cost:
    """What something takes, of a few times that it is done; the first, when much is set up, does not count."""
    do()
    tries = [timed(device, do)]
    while sum(one.work for one in tries) < PATIENCE / 4 and len(tries) < MOST:
        tries.append(timed(device, do))
    return Cost(median(one.seconds for one in tries), median(one.work for one in tries))


def timed(device: torch.device, do: Callable[[], object]) -> Cost:
    """What something takes, until the device has done it."""
    begun, before = perf_counter(), _work()
    do()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return Cost(perf_counter() - begun, _work() - before)


def _work() -> float:
    """Seconds of processors so far, of this program and of those that it started and that have ended."""
    times = os.times()
    return process_time() + times.children_user + times.children_system
