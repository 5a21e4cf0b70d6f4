"""Laws of stdout: closed, full, read by nobody or unable to show a letter, it is never a fault, for any command there is."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import falter
import pytest
from clips import clip, counted

from render.cli.group import command_line
from render.weights.command import weights

FILM = """\
name: 夢
size: 32x24
fps: 4
duration: 1s
motion: {zoom: 1 + 0.1*s}
dream: {network: bestiary, steps: 1, first_steps: 1, octaves: 1, rate: 2, jitter: 2}
"""
TAKE = "runs/夢/take-001"
COMMANDS: Mapping[str, Sequence[str]] = {  # every command -> what makes it print, in a folder where film.yaml was rendered
    "film": ("film.yaml", "--progress", "none"),
    "sweep": ("film.yaml", "--vary", "seed=1,2", "--pick", "1"),
    "gallery": (),
    "check": ("film.yaml",),
    "preview": ("film.yaml", "--motion"),
    "plot": ("film.yaml",),
    "print": (TAKE, "-o", "x.png"),
    "trim": (TAKE, "0s..0.5s", "-o", "./part.png"),
    "join": (TAKE, TAKE, "-o", "both.png"),
    "new": ("zoom",),
    "from": (TAKE,),
    "import deforum": ("deforum.txt",),
    "schema": (),
    "layers": ("bestiary",),
    "classes": ("bestiary",),
    "atlas": ("bestiary", "--layer", "low", "--channels", "0", "--size", "32", "--steps", "1"),
    "weights": (),
    "weights get": ("bestiary",),
    "weights verify": (),
    "weights add": ("film.yaml", "inception_v1"),
    "studio": ("nothing.yaml",),
    "doctor": (),
}
SILENT = {"studio", "weights add", "weights get", "weights verify"}  # say all that they say here on stderr
FULL = {0: 5}  # exit code in peace -> where stdout is a file on a full disk


def leaves(group: click.Group, before: str = "") -> Iterator[str]:
    """The commands of a group, with those of the groups in it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_has_a_row() -> None:
    commands = {*leaves(command_line), *leaves(weights, "weights ")}
    assert commands == {*COMMANDS}, "say here what makes a new command print something"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[falter.Machine, Path]]:
    home = tmp_path_factory.mktemp("streams") / "work"
    home.mkdir()
    (home / "film.yaml").write_text(FILM)
    (home / "deforum.txt").write_text(json.dumps({"W": 64, "H": 64, "max_frames": 8, "zoom": "0:(1.02)"}))
    clip(home / "street.mkv", counted(4, (24, 48)), "-c:v mjpeg -q:v 2 -pix_fmt yuvj444p", fps="2")
    with falter.machine(None, home / "nowhere") as made:
        assert made.run(home, ["film.yaml", "--progress", "none"]).code == 0
        yield made, home


@pytest.mark.parametrize("name", COMMANDS)
def test_no_stdout_is_a_fault(machine: tuple[falter.Machine, Path], name: str) -> None:
    made, home = machine
    words = [*name.split(), *COMMANDS[name]]
    peace = made.run(home, words)
    assert peace.code in (0, 2, 3), peace
    for out in falter.STDOUTS:
        end = made.run(home, words, out=out)
        full = out == "a full disk" and name not in SILENT
        assert end.code == (FULL.get(peace.code, peace.code) if full else peace.code), (out, end)
        assert not full or "stdout cannot be written" in end.words, (out, end)
        assert not [word for word in ("fault of render", "Traceback", "Error", "Exception") if word in end.words], (out, end)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_read_as_far_as_somebody_reads(machine: tuple[falter.Machine, Path], name: str) -> None:
    made, home = machine
    for out, code in {"nobody reads": 0, "closed": 0, "a full disk": 5, "a terminal without UTF-8": 0}.items():
        end = made.run(home, [*name.split(), "--help"], out=out)
        assert (end.code, end.words.count("\n")) == (code, int(code > 0)), (out, end)


def test_the_law_of_streams_can_fail(machine: tuple[falter.Machine, Path]) -> None:
    made, home = machine
    assert made.run(home, ["schema"], out="a full disk").code == 5
    assert errno.ENOSPC
