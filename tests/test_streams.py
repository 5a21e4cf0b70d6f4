"""Laws of stdout: closed, full, read by nobody or unable to show a letter, it is never a fault, for any command there is."""

from __future__ import annotations

import json
import shutil
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
    "enlarge": (TAKE, "--size", "64x48"),
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
    "help": (),
    "layers": ("bestiary",),
    "classes": ("bestiary",),
    "atlas": ("bestiary", "--layer", "low", "--channels", "0", "--size", "32", "--steps", "1"),
    "weights": (),
    "weights get": ("inception_v1", "--offline"),
    "weights verify": (),
    "weights add": ("film.yaml", "inception_v1"),
    "studio": ("nothing.yaml",),
    "doctor": (),
}
CODES = {"weights get": 3, "weights add": 3, "studio": 3}  # of those that end with a fault of the words above
SILENT = {*CODES, "weights verify"}  # print nothing there


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


def ends(machine: tuple[falter.Machine, Path], words: Sequence[str], out: str) -> falter.End:
    """How a command ends, in a folder of its own, that prints there."""
    made, home = machine
    shutil.rmtree(home.with_name("run"), ignore_errors=True)
    end = made.run(Path(shutil.copytree(home, home.with_name("run"))), words, out=out)
    assert not [word for word in ("fault of render", "Traceback", "Error", "Exception") if word in end.words], (out, end)
    return end


def look_at(machine: tuple[falter.Machine, Path], name: str, outs: Sequence[str]) -> None:
    for out in outs:
        end = ends(machine, [*name.split(), *COMMANDS[name]], out)
        full = out == "a full disk" and name not in SILENT
        assert end.code == (5 if full else CODES.get(name, 0)), (out, end)
        assert not full or "cannot be written" in end.words or "disk is full" in end.words, (out, end)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_stdout_is_a_fault(machine: tuple[falter.Machine, Path], name: str) -> None:
    """Each command with two of them, the next with the next two; `slow` tries all."""
    turn, outs = 2 * [*COMMANDS].index(name), [*falter.STDOUTS]
    look_at(machine, name, [outs[(turn + number) % len(outs)] for number in range(2)])


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_no_stdout_is_a_fault_for_any_command(machine: tuple[falter.Machine, Path], name: str) -> None:
    look_at(machine, name, [*falter.STDOUTS])


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_read_as_far_as_somebody_reads(machine: tuple[falter.Machine, Path], name: str) -> None:
    codes = {"nobody reads": 0, "closed": 0, "a full disk": 5, "a terminal without UTF-8": 0}
    out = [*codes][len(name) % len(codes)]
    assert ends(machine, [*name.split(), "--help"], out).code == codes[out]
