"""The command `render` in this process: what it leaves behind, and with which code it ends."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from render import cli


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    words: str

    @property
    def paths(self) -> list[str]:
        """The lines of stdout."""
        return self.out.splitlines()


Command = Callable[..., Said]  # conftest's fixture `command`: arguments -> what it left


def exit_code(*arguments: str) -> int:
    """Run `render` with these arguments; the signal handlers that it sets are put back."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        cli.main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0
