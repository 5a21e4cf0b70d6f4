"""Takes developed again, without dreaming: other outputs, a part of one, several joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from render.cli.options import PLACES, SOURCE, print_options
from render.cli.prepare import quick_imports
from render.cli.request import require_take
from render.errors import ConfigError
from render.show.terminal import FilePath, out, say


@click.command(name="print")
@click.argument("take", type=FilePath())
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    required=True,
    metavar="FILE",
    help=f"zoom.gif, frames/{{frame:06}}.png, …; {PLACES}.",
)
@print_options
@SOURCE
def print_(take: Path, outputs: Sequence[str], source: Path | None, **settings: Any) -> None:
    """Develop other outputs from a take's negative, without dreaming."""
    require_take(take)
    say(f"{take}: developing {' '.join(outputs)}")  # seconds pass until torch is there

    with quick_imports():
        from render.develop.placement import in_working_folder
        from render.develop.reprint import print_again

    files = [*map(in_working_folder, outputs)]
    paths, notices = print_again(take, files, _readable(files, settings), source)
    _tell(paths, notices)


@click.command()
@click.argument("take", type=FilePath())
@click.argument("part", metavar="START..END")
@click.option(
    "-o", "--output", metavar="FILE", help=f"[NAME-START-END with the film's ending, in the take's folder]; {PLACES}."
)
@print_options
@SOURCE
def trim(take: Path, part: str, output: str | None, source: Path | None, **settings: Any) -> None:
    """A part of a take as a film of its own, without dreaming: render trim runs/zoom/take-001 2s..5s

    Times are as in keyframes: 2s, 48 frames, 25%, 00:00:02; 2s.. goes to the end. Frames are made from the negative and
    encoded once.
    """
    require_take(take)
    say(f"{take}: developing {part}")

    with quick_imports():
        from render.develop.placement import in_working_folder
        from render.develop.reprint import trim

    file = in_working_folder(output) if output else None
    paths, notices = trim(take, part, file, _readable([file] if file else [], settings), source)
    _tell(paths, notices)


@click.command()
@click.argument("takes", nargs=-1, required=True, metavar="TAKE TAKE...", type=FilePath())
@click.option("-o", "--output", metavar="FILE", help="The film [A+B with the first one's ending, in this folder].")
@click.option("--crossfade", default="", metavar="TIME", help="How long each fades into the next, as in 1s; a cut if not said.")
@print_options
def join(takes: Sequence[Path], output: str | None, crossfade: str, **settings: Any) -> None:
    """Takes as one film, one after the other, without dreaming: render join runs/a/take-001 runs/b/take-001 --crossfade 1s

    Size and frame rate are the first one's. Frames are made from the negatives and encoded once.
    """
    if len(takes) < 2:
        raise ConfigError("one take alone is joined to nothing", "render join TAKE TAKE")
    for take in takes:
        require_take(take)
    say(f"joining {len(takes)} takes")

    with quick_imports():
        from render.develop.join import join
        from render.develop.placement import in_working_folder

    file = in_working_folder(output) if output else None
    paths, notices = join(takes, file, crossfade, _readable([file] if file else [], settings))
    _tell(paths, notices)


def _readable(outputs: Sequence[str], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of outputs as they were given; refuses what cannot be, in the words of the command line."""
    from render.develop.placement import is_elsewhere, is_folder

    recipe = {"recipe": False} if settings.pop("no_recipe") else {}
    wanted = {key: value for key, value in settings.items() if value is not None}
    names = [Path(file).name if is_elsewhere(file) else file for file in outputs if not is_folder(file)]
    options = [("-o", "file", name) for name in names] + [(f"--{key}", key, value) for key, value in wanted.items()]
    for option, key, value in options:
        refuse_unreadable(option.replace("_", "-"), key, value)
    return wanted | recipe


def _tell(paths: Iterable[Path], notices: Iterable[str]) -> None:
    """What came of developing."""
    for notice in notices:
        say(notice)
    for path in paths:
        out(path)


def refuse_unreadable(option: str, key: str, value: str | int) -> None:
    """Refuse what the setting `key` of an output cannot be, in the words of the command line."""
    from render.config.model import OutputSettings
    from render.config.problem import SettingError
    from render.config.section import sections, setting_type_of

    info = OutputSettings.rows()[key]
    inner = sections(info.annotation)  # one that a single value may stand for
    kind = setting_type_of(inner[0].rows()[inner[0].shorthand] if inner else info)
    try:
        if kind:
            kind.read(value)
    except SettingError as wrong:
        raise ConfigError(f"{option} {wrong.message}", wrong.hint) from None
