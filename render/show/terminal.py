"""The terminal. Words to the person, products to stdout, signals, and the exit code of whatever goes wrong.

`say` and `out` are all that writes to stderr and stdout, but for the progress bar. Who reads may stop reading at any time:
that ends what is said, not what is rendered.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event
from types import FrameType
from typing import TypeVar

import click

from render.errors import NO_ROOM, MissingError, RenderError, RoomError, memory_ended, printable

T = TypeVar("T")
R = TypeVar("R")

# What asks to stop, where the system has it. A closed terminal (SIGHUP) ends a film as an order to end (SIGTERM) does.
STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
# Nobody reads any more: a pipe was closed, on Windows too, or the terminal is lost.
GONE = frozenset({errno.EPIPE, errno.EINVAL, errno.EIO})
STOPPING = b"\nstopping after this dream; Ctrl-C again stops at once\n"
LONGEST = 60  # letters of a name that a message repeats
# What a system says when a disk or a machine is at fault, at whatever call: that is nobody's mistake here.
MACHINE_FAULTS = (
    *("EIO", "EACCES", "EPERM", "EROFS", "ESTALE", "EMFILE", "ENFILE"),
    *("ENODEV", "ENXIO", "ETIMEDOUT", "EBUSY", "ENOLCK"),
)
MACHINE = frozenset(getattr(errno, name) for name in MACHINE_FAULTS if hasattr(errno, name))


def say(words: str) -> None:
    """Tell the person, on stderr. Nobody may be there to read it."""
    with suppress(OSError):
        click.echo(words, err=True)


def out(product: object, *, ends: bool = True, nl: bool = True) -> None:
    """Write a product to stdout. Where nobody reads it any more, the command ends there with exit code 0, if it `ends` so.

    Raises RoomError where stdout is a file on a full disk.
    """
    try:
        click.echo(product, nl=nl)
    except OSError as error:
        _drop_stdout()
        if error.errno not in GONE:
            raise RoomError(f"stdout cannot be written: {error.strerror}") from error
        if ends:
            raise SystemExit(0) from None


@contextmanager
def while_somebody_reads() -> Iterator[None]:
    """Inside, what is printed otherwise than by `out`, such as help, ends the command with exit code 0 where nobody reads."""
    try:
        yield
    except BrokenPipeError:
        _drop_stdout()
        raise SystemExit(0) from None


def _drop_stdout() -> None:
    """Nothing more goes to stdout, not even what is still waiting to be written when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):  # a stdout of Python's alone has no number
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def prepare_streams() -> None:
    """Let any text go to stdout and stderr: UTF-8 into files and pipes, and on a terminal what it can show.

    Numbers 0 to 2 that were closed are opened on nothing: else the next file opened would be stdout.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")


class FilePath(click.Path):
    """A path of the command line; one that no system can have is no such file."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Raises MissingError for a name that is too long, or holds what names cannot."""
        try:
            os.lstat(value)
        except (OSError, ValueError) as error:
            if not isinstance(error, OSError) or error.errno == errno.ENAMETOOLONG:
                name = str(value)
                short = name[:LONGEST] + "…" * (len(name) > LONGEST)
                raise MissingError(f"{short}: no such file, nor can there be one of that name") from None
        return super().convert(value, param, ctx)


# ---- failures


def each(items: Sequence[T], do: Callable[[T], R]) -> list[R]:
    """What `do` makes of each of the items. Goes on after a failure; then the end is the highest exit code."""
    results, worst = [], 0
    for item in items:
        try:
            results.append(do(item))
        except Exception as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from error
            worst = max(worst, report_failure(error))
    if worst:
        raise SystemExit(worst)
    return results


def report_failure(error: Exception) -> int:
    """Tell the person what went wrong; its exit code. Unexpected errors: one sentence, and a traceback file for the report."""
    if isinstance(error, OSError):
        error = _from_the_machine(error)
    elif not isinstance(error, RenderError) and memory_ended(error):
        error = RoomError("out of memory")
    if isinstance(error, RenderError):
        say(str(error))
        return error.exit_code
    where = "it could not be written down where"
    with suppress(OSError), NamedTemporaryFile("w", encoding="utf-8", prefix="render-", suffix=".txt", delete=False) as file:
        where = f"{file.name} says where"
        traceback.print_exception(error, file=file)
    first = printable((str(error).splitlines() or [""])[0][:300])
    say(f"this is a fault of render: {type(error).__name__}: {first}\n{where}; please report it with that file")
    return 1


def _from_the_machine(error: OSError) -> Exception:
    """The sentence for what the system says where nobody was prepared for it; the error itself if it is of another kind."""
    if error.errno in NO_ROOM:
        return RoomError("the disk is full")
    if error.errno == errno.ENOMEM:
        return RoomError("out of memory")
    if error.errno not in MACHINE or type(error).__module__ != "builtins":
        return error
    name = error.filename if isinstance(error.filename, str | os.PathLike) else "a file of this film"
    return MissingError(
        f"{name}: cannot be reached: {error.strerror}", "what is written so far is safe; the same command goes on"
    )


def is_interrupt(error: BaseException | None) -> bool:
    """Whether an error came of a Ctrl-C: libraries that it reaches in mid-work say many things."""
    seen = set[int]()
    while error and id(error) not in seen:  # an error that is raised again may come of itself
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


# ---- signals


@contextmanager
def stop_at_once() -> Iterator[None]:
    """Inside, the first signal to stop raises KeyboardInterrupt; later ones leave what it began to tidy up in peace."""

    def stop(number: int, frame: FrameType | None) -> None:
        _set(STOPS, signal.SIG_IGN)
        raise KeyboardInterrupt

    with _handling(stop):
        yield


@contextmanager
def stoppable(stop: Event) -> Iterator[None]:
    """Inside, the first signal to stop sets `stop`; the second raises KeyboardInterrupt, and later ones do nothing."""

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            _set(STOPS, signal.SIG_IGN)
            raise KeyboardInterrupt
        stop.set()
        with suppress(OSError):
            os.write(2, STOPPING)  # not `say`: a print under way must not be entered

    with _handling(ask):
        yield


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Inside, `handler` hears all STOPS but those that were ignored before, as nohup has it."""
    before = {number: signal.getsignal(number) for number in STOPS}
    heard = [number for number, old in before.items() if old is not signal.SIG_IGN]
    _set(heard, handler)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def _set(numbers: Iterable[int], handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in numbers:
        signal.signal(number, handler)


def until(states: Iterable[T], stop: Event) -> Iterator[T]:
    """The states up to the one after which the person asked to stop."""
    for state in states:
        yield state
        if stop.is_set():
            return


def usual_style() -> str:
    """The row of show/progress.STYLES that fits where stderr goes: a bar where a person watches, else lines."""
    return "bar" if sys.stderr is not None and sys.stderr.isatty() and "CI" not in os.environ else "plain"
