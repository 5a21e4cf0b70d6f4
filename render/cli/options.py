"""Options. What several commands take, and how it reads in their help."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from render.show.terminal import FilePath

CONFIGS = click.argument("configs", nargs=-1, required=True, metavar="CONFIG...", type=FilePath())
SET = click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a setting: dream.steps=6.")
QUALITY = click.option(
    "-q", "--quality", type=click.Choice(["draft", "final"]), default="final", help="draft: half the size, fewer steps."
)
DEVICE = click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", help="Where to dream.")


def _stay_offline(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        os.environ["RENDER_OFFLINE"] = "1"  # the programs that a render starts are offline, too


OFFLINE = click.option(
    "--offline", is_flag=True, expose_value=False, callback=_stay_offline, help="Fetch nothing; say where weights can be had."
)
RUNS = Path("runs")
ROOT = click.option(
    "-o",
    "--output",
    "root",
    type=FilePath(),
    default=RUNS,
    metavar="FOLDER",
    help="Where takes go, as FOLDER/NAME/take-001 [runs].",
)


def dream_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that dreams, or could."""
    return SET(QUALITY(DEVICE(ROOT(OFFLINE(command)))))


NETWORK = click.argument("name", metavar="NETWORK")
WEIGHTS = click.option("--weights", type=FilePath(), help="The file of its weights, where it needs one.")
LABELS = click.option("--labels", type=FilePath(), help="A text file of its classes' names, one a line.")
SOURCE = click.option(
    "--source", type=FilePath(), metavar="FILE", help="Where the film's picture or footage is now, if it was moved."
)
PLACES = "a path, as everywhere; a folder takes all that the film has"


def print_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that develops takes again."""
    options = (
        click.option("--crop", metavar="SIZE", help="A part of the frame: 9:16, square or 1080x1080."),
        click.option("--width", type=click.IntRange(16, 16384), help="Pixels; the height follows."),
        click.option("--height", type=click.IntRange(16, 16384), help="Pixels, instead of the width."),
        click.option("--fps", help="Frames per second."),
        click.option("--bitrate", help="Bits per second instead of --crf, as in 8M."),
        click.option("--crf", type=click.IntRange(0, 63), help="Compression; lower is better."),
        click.option("--codec", help="h265, prores, vp9 …; usually the ending decides."),
        click.option("--alpha", metavar="dream|mask", help="What is clear: dream leaves the dream alone, over nothing."),
        click.option("--size-limit", help="As in 10MB."),
        click.option("--no-recipe", is_flag=True, help="Leave the film's settings out of the file."),
    )
    for option in reversed(options):
        command = option(command)
    return command
