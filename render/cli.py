"""The command line. The only place that prints: words for people on stderr, paths and products on stdout."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from os import environ
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from render.errors import ConfigError, RenderError

if TYPE_CHECKING:
    from render.config import Config

# torch takes seconds to import: whatever needs it is imported inside the command that does.

EPILOG = """\b
Exit codes: 0 done, 1 a render failed, 2 bad command line or configuration, 3 missing input, weights or encoder,
4 developing failed (the negative is safe), 5 out of memory or disk, 130 interrupted (the film so far is developed).
"""


class Commands(click.Group):
    """`render FILE` means `render film FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word `film` before what does not begin with a command."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names, "--version"):
            args = ["film", *args]
        return super().parse_args(ctx, args)


def _version() -> str:
    try:
        return version("zoomdream")
    except PackageNotFoundError:
        return "unknown"


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="render")
def studio() -> None:
    """Films of a neural network dreaming.

    \b
    render CONFIG...        render the films that YAML files ask for   (render film --help: its options)
    render configs/zoom.yaml --set dream.steps=6 -q draft
    """


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that reads a configuration."""
    options = (
        click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a setting: dream.steps=6."),
        click.option(
            "-q",
            "--quality",
            type=click.Choice(["draft", "final"]),
            default="final",
            help="draft: half size, fewer steps.",
        ),
        click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", help="Where to dream."),
        click.option(
            "-o",
            "--output",
            "root",
            type=click.Path(path_type=Path),
            default=Path("runs"),
            help="Where takes go [runs].",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


CONFIGS = click.argument("configs", nargs=-1, required=True, type=click.Path(path_type=Path))


@studio.command()
@CONFIGS
@shared
@click.option("--fresh", is_flag=True, help="Begin a new take, even if one can be continued.")
@click.option("--progress", "style", type=click.Choice(["auto", "bar", "plain", "json", "none"]), default="auto")
def film(
    configs: Sequence[Path], overrides: Sequence[str], quality: str, device: str, root: Path, fresh: bool, style: str
) -> None:
    """Render films; several files are a queue that goes on after a failure.

    The same command goes on where an interrupted render stopped. Paths of finished files go to stdout.
    """
    asked = [(path, path_text(path), load(path, overrides, quality)) for path in configs]
    worst = 0
    for path, given, config in asked:
        try:
            _film(config, given, root, device, fresh, style)
        except RenderError as error:
            if len(asked) == 1:
                raise
            say(f"{path}: {error}")
            worst = max(worst, error.exit_code)
    if worst:
        raise SystemExit(worst)


def _film(config: Config, given: str, root: Path, device: str, fresh: bool, style: str) -> None:
    from render.develop.shoot import shoot
    from render.show.progress import STYLES

    told = STYLES[_style() if style == "auto" else style]
    with stoppable() as stopped:

        def watch(states: Iterator[Any], first: int, last: int) -> Iterable[Any]:
            if first >= 0:
                say(f"{config.name}: going on after dream {first + 1} of {last + 1}")
            for state in told(states, first, last, config.name):
                yield state
                if stopped():
                    say("stopping after this dream; press Ctrl-C again to stop at once")
                    return

        shot = shoot(config, given, root, chosen(device), watch, fresh)
    for notice in shot.notices:
        say(notice)
    if shot.whole and not shot.dreamed:
        say(f"{config.name}: this take is finished; --fresh begins another")
    for path in shot.paths:
        click.echo(path)
    if not shot.whole:
        say(f"{config.name}: interrupted; what you see is the film so far. The same command goes on from here.")
        raise SystemExit(130)


@studio.command()
@CONFIGS
@shared
def check(configs: Sequence[Path], overrides: Sequence[str], quality: str, device: str, root: Path) -> None:
    """Everything but the dreaming: settings, files, weights, encoders; size, frames, cost, disk."""
    from render.construct import build
    from render.develop import prints
    from render.develop.take import writable
    from render.show.estimate import estimate

    for path in configs:
        config = load(path, overrides, quality)
        prints.require(config.outputs, config.name)
        writable(root)
        film = build(config, chosen(device))
        say(f"{path}: good")
        click.echo(estimate(film))


@studio.command()
@click.argument("config", type=click.Path(path_type=Path))
@shared
@click.option("--motion", is_flag=True, help="The camera alone, over a garden without a dream, as a small film.")
def preview(config: Path, overrides: Sequence[str], quality: str, device: str, root: Path, motion: bool) -> None:
    """A contact strip of the film, dreamed small; or the camera alone."""
    from render.show import preview as previews

    asked = load(config, overrides, quality)
    click.echo((previews.motion if motion else previews.strip)(asked, root, chosen(device)))


@studio.command(name="print")
@click.argument("take", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "outputs", multiple=True, required=True, metavar="FILE", help="zoom.gif, frames/{frame:06}.png, …"
)
@click.option("--width", type=click.IntRange(16, 16384), help="Pixels; the height follows.")
@click.option("--fps", help="Frames per second.")
@click.option("--crf", type=click.IntRange(0, 63), help="Compression; lower is better.")
@click.option("--codec", help="auto, h264, h265, prores, vp9, ffv1.")
@click.option("--size-limit", help="As in 10MB.")
def print_(take: Path, outputs: Sequence[str], **settings: str | int | None) -> None:
    """Develop other outputs from a take's negative, without dreaming."""
    from render.develop.shoot import print_again

    paths, notices = print_again(take, outputs, {key: value for key, value in settings.items() if value is not None})
    for notice in notices:
        say(notice)
    for path in paths:
        click.echo(path)


@studio.command()
@click.argument("kind", type=click.Choice(["zoom", "photo"]))
def new(kind: str) -> None:
    """A commented configuration to start from: render new zoom > my.yaml."""
    from render.config.templates import template

    click.echo(template(kind), nl=False)


@studio.command()
def schema() -> None:
    """The vocabulary as JSON Schema, for completion in editors."""
    import json

    from render.config import json_schema

    click.echo(json.dumps(dict(json_schema()), indent=2))


def load(path: Path, overrides: Sequence[str], quality: str) -> Config:
    """The configuration of a file."""
    from render.config import load

    return load(path, overrides, quality)


def path_text(path: Path) -> str:
    """A configuration as it was written."""
    from render.config.load import read

    return read(path)


def chosen(device: str) -> Any:
    """The torch device that a word means: auto takes the fastest there is."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device != "auto" and not there[device]:
        raise ConfigError(f"--device {device}: there is none on this machine", "leave it out, or use --device cpu")
    return torch.device(next(name for name, is_there in there.items() if is_there) if device == "auto" else device)


def say(words: str) -> None:
    """To the person."""
    click.echo(words, err=True)


def _style() -> str:
    return "bar" if sys.stderr.isatty() and "CI" not in environ else "plain"


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Ctrl-C or SIGTERM once asks to stop, which the function given then says; a second stops at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `render`. Every expected failure is one message and its exit code; no traceback reaches a person."""
    try:
        studio.main(args=None if arguments is None else list(arguments), prog_name="render", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(2) from None
    except RenderError as error:
        say(str(error))
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, click.Abort):
        say("stopped; the same command goes on from the last dreams that are safe")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
