"""The command line. Each command reads what was asked, calls the rooms that do it, and says what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from render.cli.group import command_line
from render.cli.waiting import choose_waiting
from render.show.terminal import is_interrupt, prepare_streams, report_failure, say, stop_at_once


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `render`. Every failure is one message and its exit code; no traceback reaches a person."""
    prepare_streams()
    choose_waiting()
    try:
        with stop_at_once():
            command_line.main(args=None if arguments is None else list(arguments), prog_name="render", standalone_mode=False)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        if hint := _hint(error):
            say(hint)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        _exit_interrupted()
    except Exception as error:
        if isinstance(error, click.Abort) or is_interrupt(error):
            _exit_interrupted()
        raise SystemExit(report_failure(error)) from None


def _hint(error: click.ClickException) -> str:
    """What may be meant by words that no command takes: settings are no options, and names with spaces fall apart."""
    if isinstance(error, click.NoSuchOption):
        from render.config.model import Settings

        name = error.option_name.lstrip("-").replace("-", "_")
        return f"settings are given with --set, as in --set {name}=…" if name in Settings.rows() else ""
    if "unexpected extra argument" in error.format_message():  # click has no class for these
        return "a name with spaces stands between quotes; a part of a film is written 2s..5s"
    return ""


def _exit_interrupted() -> NoReturn:
    say("stopped; the same command goes on from the last dreams that are safe")
    raise SystemExit(130) from None
