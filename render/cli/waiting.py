"""Waiting. How torch's threads wait for each other, chosen by who else uses the machine now, before torch is imported."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from time import sleep

# Of libgomp, which reads them once, when torch comes. Asleep, threads wake too slowly for the small steps of a dream, which
# takes half as long again. Spinning a little is as quick as can be; but where others use the processors, too, a dream takes
# many times as long (docs/BENCH.md).
ASLEEP, SPINNING = ("OMP_WAIT_POLICY", "PASSIVE"), ("GOMP_SPINCOUNT", "10000")
RUNNING = Path("/proc/loadavg")  # where Linux says how many threads run now
LOOKS, APART = 3, 0.002  # how often that is asked, and the seconds between: who wakes for a moment is not there the next time


def choose_waiting() -> None:
    """Let torch's threads wait as suits the machine now, unless somebody chose already."""
    if not any(name in os.environ for name, _ in (ASLEEP, SPINNING)):
        os.environ.update([ASLEEP if is_busy() else SPINNING])


def is_busy() -> bool:
    """Whether others use a quarter of the processors now, or more; False where the system does not say."""
    return median(_others() for _ in range(LOOKS)) >= (os.cpu_count() or 1) / 4


def _others() -> int:
    """How many threads of others run or want to, now: a mean over the last minute would count what has just ended."""
    sleep(APART)
    try:
        return int(RUNNING.read_text(encoding="ascii").split()[3].partition("/")[0]) - 1
    except (OSError, ValueError, IndexError):
        return 0
