"""Laws of the terminal: who reads may stop, what is written may be any text, and a signal ends in good order."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from render.errors import RoomError
from render.show import terminal
from render.show.terminal import is_interrupt, stop_at_once, stoppable, until

HOUSE = Path(terminal.__file__).parents[1]
PRINTERS = {"show/terminal.py", "show/progress.py", "weights/command.py"}
TINY = "name: 夢\nsize: 64x36\nfps: 4\nduration: 1s\ndream: {steps: 0, first_steps: 0, rate: 4}\noutputs: last.png\n"


def render(*arguments: str, script: str = "", **settings: str) -> subprocess.CompletedProcess[bytes]:
    """`render` in a process of its own, or a shell script in which $RENDER is the command."""
    command = [sys.executable, "-m", "render", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(HOUSE.parent), "RENDER": f"{sys.executable} -m render", **settings}
    words = ["bash", "-c", script] if script else command
    return subprocess.run(words, capture_output=True, env=environment, timeout=120, check=False)


# ---- who prints


def prints(source: str) -> Iterator[str]:
    """What a file calls or names that writes to stdout or stderr."""
    for node in ast.walk(ast.parse(source)):
        name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if name in ("print", "click.echo", "click.secho", "sys.stdout", "sys.stderr", "Console"):
            yield name


def test_nothing_prints_but_the_command_line_and_progress() -> None:
    loud = {str(path.relative_to(HOUSE)) for path in HOUSE.rglob("*.py") if list(prints(path.read_text(encoding="utf-8")))}
    assert loud <= PRINTERS
    assert "show/terminal.py" in loud, "the law can fail"


# ---- who reads


def test_a_reader_that_has_gone_ends_a_command_and_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(TINY, encoding="utf-8")
    lists = render(script="$RENDER layers bestiary > >(:); echo $? >&2; $RENDER check film.yaml > >(:); echo $? >&2")
    assert lists.stderr.decode().splitlines()[-1] == "0"
    assert b"fault of render" not in lists.stderr
    assert b"Exception ignored" not in lists.stderr
    film = render(script="$RENDER film.yaml --progress plain > >(:) 2> >(:); echo $?")
    assert film.stdout == b"0\n"
    assert next(Path("runs").rglob("last.png")).stat().st_size, "a film is made whether somebody reads or not"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_for_stdout_is_said() -> None:
    full = render(script="$RENDER new zoom > /dev/full")
    assert full.returncode == 5
    assert full.stderr.decode().startswith("stdout cannot be written: ")


def test_a_stdout_that_is_closed_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(TINY, encoding="utf-8")
    closed = render(script="$RENDER film.yaml --progress none >&- 2>&-")
    assert closed.returncode == 0
    assert next(Path("runs").rglob("run.json")).read_text(encoding="utf-8").startswith("{")


# ---- what is written


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
def test_any_text_can_be_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.chdir(tmp_path)
    new = render("new", "zoom", PYTHONIOENCODING=encoding)
    assert new.returncode == 0
    assert new.stdout == render("new", "zoom", PYTHONIOENCODING="utf-8").stdout
    Path("film.yaml").write_text(TINY, encoding="utf-8")
    film = render("film.yaml", "--progress", "plain", PYTHONIOENCODING=encoding)
    assert (film.returncode, film.stdout.decode()) == (0, "runs/夢/take-001/last.png\n")


@pytest.mark.parametrize("command", [[], ["check"], ["from"], ["print", "-o", "x.gif"], ["gallery"], ["plot"], ["preview"]])
def test_a_name_that_no_system_can_have_is_no_such_file(command: list[str]) -> None:
    absent = render(*command, "a" * 5000)
    assert absent.returncode == 3
    assert "no such file" in absent.stderr.decode()
    assert len(absent.stderr) < 200


# ---- signals


def test_asked_once_to_stop_it_finishes_a_dream_and_asked_twice_it_ends(capfd: pytest.CaptureFixture[str]) -> None:
    before, stop = signal.getsignal(signal.SIGINT), Event()
    with stoppable(stop):
        signal.raise_signal(signal.SIGINT)
        assert list(until([1, 2, 3], stop)) == [1]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        for number in terminal.STOPS:
            signal.raise_signal(number)  # what it tidies up is left in peace
    assert signal.getsignal(signal.SIGINT) == before
    assert "stopping after this dream" in capfd.readouterr().err


@pytest.mark.parametrize("number", terminal.STOPS)
def test_every_signal_to_stop_is_heard_once(number: int) -> None:
    with stop_at_once():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(number)


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_at_once():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_library_s_error_after_ctrl_c_is_an_interruption() -> None:
    closed = ValueError("the decoder is closed")
    closed.__context__ = KeyboardInterrupt()
    assert is_interrupt(closed)
    assert not is_interrupt(RoomError("full"))


def test_an_error_that_came_of_itself_is_no_stop() -> None:
    outer, inner = ValueError(), OSError()
    outer.__cause__, inner.__context__ = inner, outer
    assert not is_interrupt(outer)
    inner.__context__ = KeyboardInterrupt()
    assert is_interrupt(outer)
