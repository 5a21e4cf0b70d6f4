"""The command line. Each command reads what was asked, calls the rooms that do it, and says what came of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import sleep
from typing import NoReturn

import click

from render.cli.group import command_line
from render.show.terminal import interrupted, prepare_streams, report_failure, say, stopped_at_once

# How threads of torch wait for each other, read once when torch comes. Asleep: they wake too slowly for the small steps of a
# dream, which takes twice as long. Spinning a little: as quick as can be, but where others use the processors, too, a dream
# takes many times as long.
LOOKS, RUNNING = 3, Path("/proc/loadavg")  # how often it is looked who runs, and where Linux says so
ASLEEP, SPINNING = ("OMP_WAIT_POLICY", "PASSIVE"), ("GOMP_SPINCOUNT", "10000")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `render`. Every failure is one message and its exit code; no traceback reaches a person."""
    prepare_streams()
    choose_waiting()
    try:
        with stopped_at_once():
            command_line.main(args=None if arguments is None else list(arguments), prog_name="render", standalone_mode=False)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        _stopped()
    except Exception as error:
        if isinstance(error, click.Abort) or interrupted(error):
            _stopped()
        raise SystemExit(report_failure(error)) from None


def choose_waiting() -> None:
    """Let torch's threads wait as suits the machine now, unless somebody chose already."""
    if not any(name in os.environ for name, _ in (ASLEEP, SPINNING)):
        os.environ.update([ASLEEP if is_busy() else SPINNING])


def is_busy() -> bool:
    """Whether others use a quarter of the processors now, or more; False where the system does not say."""
    looks = [_running() for _ in range(LOOKS)]
    return median(looks) >= (os.cpu_count() or 1) / 4


def _running() -> int:
    """How many threads of others run or want to, now: a mean over the last minute would count what has just ended."""
    sleep(0.005)  # somebody who wakes for a moment is not there at the next look
    try:
        return int(RUNNING.read_text(encoding="ascii").split()[3].partition("/")[0]) - 1
    except (OSError, ValueError, IndexError):
        return 0


def _stopped() -> NoReturn:
    say("stopped; the same command goes on from the last dreams that are safe")
    raise SystemExit(130) from None
