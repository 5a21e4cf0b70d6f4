"""The command line. The only place that prints: words for people on stderr, paths and products on stdout."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from render.errors import ConfigError, MissingError, RenderError, printable

if TYPE_CHECKING:
    import torch

    from render.config import Config
    from render.dream.network import Network
    from render.film import Film

T = TypeVar("T")
R = TypeVar("R")

# torch takes seconds to import: whatever needs it is imported inside the command that does.

EPILOG = """\b
Exit codes: 0 done · 1 a render failed · 2 bad command line or configuration · 3 missing or unreadable input, weights,
encoder or folder · 4 developing failed (the negative is safe) · 5 out of memory or disk · 130 interrupted (the film so
far is developed). A queue goes on after a failure and ends with the highest code.
"""


class Commands(click.Group):
    """`render CONFIG...` means `render film CONFIG...`, and the options of that stand in the help of the whole."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word `film` before what does not begin with a command."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names, "--version"):
            args = ["film", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The film's options first."""
        with formatter.section("Options of render CONFIG..."):
            options = (option for option in film.params if isinstance(option, click.Option))
            formatter.write_dl([record for option in options if (record := option.get_help_record(ctx))])
        super().format_options(ctx, formatter)


def _version() -> str:
    try:
        return version("zoomdream")
    except PackageNotFoundError:
        return "unknown"


@click.group(
    cls=Commands,
    epilog=EPILOG,
    options_metavar="",
    subcommand_metavar="[OPTIONS] CONFIG... | COMMAND ...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(_version(), prog_name="render")
def studio() -> None:
    """Films of a neural network dreaming.

    \b
    render configs/zoom.yaml                            render the film that a YAML file asks for
    render configs/*.yaml -q draft                      a queue, small and soon
    render configs/zoom.yaml --set dream.steps=6        with another setting
    """


SET = click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a setting: dream.steps=6.")
QUALITY = click.option(
    "-q", "--quality", type=click.Choice(["draft", "final"]), default="final", help="draft: half the size, fewer steps."
)
DEVICE = click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", help="Where to dream.")
ROOT = click.option(
    "-o",
    "--output",
    "root",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    metavar="FOLDER",
    help="Where takes go, as FOLDER/NAME/take-001 [runs].",
)


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that dreams, or could."""
    return SET(QUALITY(DEVICE(ROOT(command))))


CONFIGS = click.argument("configs", nargs=-1, required=True, metavar="CONFIG...", type=click.Path(path_type=Path))


@studio.command(hidden=True)
@CONFIGS
@shared
@click.option("--fresh", is_flag=True, help="Begin a new take, even if one can be continued.")
@click.option("--yes", is_flag=True, help="Render what takes days, or more memory or disk than there is, all the same.")
@click.option(
    "--progress",
    "style",
    type=click.Choice(["auto", "bar", "plain", "json", "none"]),
    default="auto",
    help="auto: a bar on a terminal, else plain lines.",
)
def film(
    configs: Sequence[Path], overrides: Sequence[str], quality: str, device: str, root: Path, fresh: bool, yes: bool, style: str
) -> None:
    """Render films; several files are a queue, which is checked as a whole and goes on after a failure.

    The same command goes on where an interrupted render stopped. Paths of finished files go to stdout.
    """
    asked = each(configs, lambda path: (load(path, overrides, quality), given(path)))
    where = chosen(device, root)
    if not yes:
        each(asked, lambda one: reasonable(one[0], where, root))
    if len(asked) > 1:  # a film alone is built before it begins a take anyhow
        each(asked, lambda one: built(one[0], where))

    def shoot(one: tuple[int, tuple[Config, str]]) -> None:
        number, (config, text) = one
        if len(asked) > 1:
            say(f"{config.name}: film {number} of {len(asked)}")
        _film(config, text, root, where, fresh, style)

    each(list(enumerate(asked, 1)), shoot)


def _film(config: Config, text: str, root: Path, device: torch.device, fresh: bool, style: str) -> None:
    from render.config.notices import notices
    from render.develop.shoot import shoot
    from render.show.eta import efforts
    from render.show.progress import STYLES

    style, stop = _style() if style == "auto" else style, Event()

    def watch(states: Iterator[Any], first: int, last: int) -> Iterable[Any]:
        if first >= 0:
            say(f"{config.name}: going on after dream {first + 1} of {last + 1}")
        with stoppable(stop):
            yield from STYLES[style](until(states, stop), first, last, config.name, efforts(config))
        if first < last and style in ("bar", "plain"):
            say(f"{config.name}: dreamed; developing what is not developed yet")

    for notice in notices(config):
        say(printable(notice))
    shot = shoot(config, text, root, device, watch, fresh)
    for notice in shot.notices:
        say(notice)
    if shot.whole and not shot.dreamed:
        say(f"{config.name}: this take is finished; --fresh begins another")
    for path in shot.paths:
        click.echo(path)
    if stop.is_set():
        left = "the film is whole" if shot.whole else "this is the film so far, and the same command goes on from here"
        say(f"{config.name}: stopped; {left}")
        raise SystemExit(130)
    if config.facts.flaw:
        raise RenderError(config.facts.flaw, "what can be read of it was rendered")


@studio.command()
@CONFIGS
@shared
def check(configs: Sequence[Path], overrides: Sequence[str], quality: str, device: str, root: Path) -> None:
    """Everything but the dreaming: settings, files, weights, encoders; size, frames, cost, disk."""
    asked = each(configs, lambda path: (path, load(path, overrides, quality)))
    where = chosen(device, root)

    from render.config.notices import notices
    from render.develop.files import folder_name
    from render.develop.prints import fill_name
    from render.show.estimate import estimate

    def one(asked: tuple[Path, Config]) -> None:
        path, config = asked
        film = built(config, where)
        cost = estimate(config, film)
        say(f"{path}: good")
        click.echo(cost)
        click.echo(f"dreamed by {' and '.join(config.networks)}, in {film.precision}")
        files = " ".join(fill_name(output.file, config.name) for output in config.outputs)
        click.echo(f"{files} in {root / folder_name(config.name)}")
        if config.facts.flaw:
            say(config.facts.flaw)
        for notice in notices(config):
            say(printable(notice))
        if config.counts_frames:
            say("an expression counts frames (f), so another fps is another film; s counts seconds")

    each(asked, one)


@studio.command()
@click.argument("config", type=click.Path(path_type=Path))
@shared
@click.option("--motion", "what", flag_value="motion", help="The camera alone, over a garden without a dream, as a small film.")
@click.option("--flow", "what", flag_value="flow", help="What moves in footage, how far it is trusted, what is dreamed on it.")
def preview(config: Path, overrides: Sequence[str], quality: str, device: str, root: Path, what: str | None) -> None:
    """A contact strip of the film, dreamed small; or the camera alone; or what footage does."""
    asked, where = load(config, overrides, quality), chosen(device, root)

    from render.show import drift
    from render.show import preview as previews
    from render.show.progress import STYLES

    told = STYLES[_style()]
    shown: dict[str | None, Callable[[], Path]] = {
        None: lambda: previews.strip(asked, root, where, told),
        "motion": lambda: previews.motion(asked, root, where),
        "flow": lambda: drift.strip(asked, root, where, told),
    }
    click.echo(shown[what]())


@studio.command()
@click.argument("config", type=click.Path(path_type=Path))
@SET
@QUALITY
@ROOT
def plot(config: Path, overrides: Sequence[str], quality: str, root: Path) -> None:
    """Every moving number over time: as a picture, and as a CSV that `schedule:` reads back."""
    asked = load(config, overrides, quality)

    from render.show import plot as plots

    paths = plots.plot(asked, root)
    if not paths:
        say(f"{asked.name}: every number of this film stands still, so there is nothing to draw")
    for path in paths:
        click.echo(path)


@studio.command(name="print")
@click.argument("take", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "outputs", multiple=True, required=True, metavar="FILE", help="zoom.gif, frames/{frame:06}.png, …"
)
@click.option("--width", type=click.IntRange(16, 16384), help="Pixels; the height follows.")
@click.option("--fps", help="Frames per second.")
@click.option("--crf", type=click.IntRange(0, 63), help="Compression; lower is better.")
@click.option("--codec", help="h265, prores, vp9 …; usually the ending decides.")
@click.option("--size-limit", help="As in 10MB.")
def print_(take: Path, outputs: Sequence[str], **settings: str | int | None) -> None:
    """Develop other outputs from a take's negative, without dreaming."""
    from render.develop.shoot import print_again

    if elsewhere := [file for file in outputs if Path(file).is_absolute() or ".." in Path(file).parts]:
        raise ConfigError(f"-o {elsewhere[0]}: prints lie in the take's folder; give a name, as in -o x.gif")
    asked = {key: value for key, value in settings.items() if value is not None}
    for option, key, value in [*(("-o", "file", file) for file in outputs), *((f"--{key}", key, asked[key]) for key in asked)]:
        readable(option.replace("_", "-"), key, value)
    paths, notices = print_again(take, outputs, asked)
    for notice in notices:
        say(notice)
    for path in paths:
        click.echo(path)


def readable(option: str, key: str, value: str | int) -> None:
    """Refuse what the setting `key` of an output cannot be, in the words of the command line."""
    from render.config.model import OutputSettings
    from render.config.problem import SettingError
    from render.config.section import setting_type_of

    kind = setting_type_of(OutputSettings.rows()[key])
    try:
        if kind:
            kind.read(value)
    except SettingError as wrong:
        raise ConfigError(f"{option} {wrong.message}", wrong.hint) from None


@studio.command()
@click.argument("kind", type=click.Choice(["zoom", "photo", "class", "loop", "video", "audio"]))
def new(kind: str) -> None:
    """A commented configuration to start from: render new zoom > my.yaml."""
    from render.config.templates import template

    click.echo(template(kind), nl=False)


NETWORK = click.argument("name", metavar="NETWORK")
WEIGHTS = click.option("--weights", type=click.Path(path_type=Path), help="The file of its weights, where it needs one.")
LABELS = click.option("--labels", type=click.Path(path_type=Path), help="A text file of its classes' names, one a line.")


@studio.command()
@NETWORK
@click.argument("query", default="")
@WEIGHTS
def layers(name: str, query: str, weights: Path | None) -> None:
    """The layers of a network, or those whose name holds QUERY.

    NETWORK is bestiary, inception_v1 or a name of torchvision's. For each layer: its channels, how large a cell of it is, how
    much of the picture a cell sees, the smallest octave in which it has something to say, and what it gives.
    """
    from render.show import listing

    _list(listing.layers(_network(name, weights), query), f"{name} has no layer with {query!r} in its name")


@studio.command()
@NETWORK
@click.argument("query", default="")
@WEIGHTS
@LABELS
def classes(name: str, query: str, weights: Path | None, labels: Path | None) -> None:
    """The classes of a network, or those whose name holds QUERY."""
    from render.show import listing

    _list(listing.classes(_network(name, weights, labels), query), f"{name} has no class with {query!r} in its name")


def _list(lines: Iterator[str], none: str) -> None:
    """The lines; if there are none, an error that says so."""
    found = list(lines)
    if not found:
        raise ConfigError(none)
    for line in found:
        click.echo(line)


@studio.command()
@NETWORK
@WEIGHTS
@LABELS
@click.option("--classes", "kinds", metavar="A,B,…", help="Classes by name or number, or all.")
@click.option("--layer", help="A layer, of which all channels are shown, or those of --channels.")
@click.option("--channels", metavar="0-31,40", help="Channels of the layer.")
@click.option("--photo", type=click.Path(path_type=Path), help="A picture on which layers are dreamed, too.")
@click.option("--size", type=click.IntRange(32, 1024), default=192, help="Pixels of a plate [192].")
@click.option("--steps", type=click.IntRange(1, 1000), default=32, help="Steps an octave [32].")
@click.option("--seed", type=click.IntRange(0), default=0, help="Where randomness begins [0].")
@DEVICE
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The sheet [NETWORK-atlas.png].")
def atlas(
    name: str,
    weights: Path | None,
    labels: Path | None,
    kinds: str | None,
    layer: str | None,
    channels: str | None,
    photo: Path | None,
    size: int,
    steps: int,
    seed: int,
    device: str,
    output: Path | None,
) -> None:
    """What a network sees, as a picture: its layers; or channels of one layer; or classes."""
    path = output or Path(f"{name}-atlas.png")
    if path.suffix.lower() != ".png":
        raise ConfigError(f"-o {path}: a sheet is a .png")
    where = chosen(device, path.parent)
    network = _network(name, weights, labels, where)

    from render.develop import files, stills
    from render.show import atlas as atlases
    from render.show.progress import STYLES
    from render.source.image import picture

    found = picture(photo, "cover", (size, size)) if photo else None
    with asked_for("what --classes, --layer or --channels names"):
        sheet = atlases.asked(network, kinds, layer, channels, found is not None, where)
    plates = atlases.dreamed(sheet, network, atlases.Recipe(size, steps, seed, found, where))
    pictures: list[Any] = list(STYLES[_style()](plates, -1, len(sheet.plates) - 1, f"{name}, atlas"))
    files.write(path, stills.png(atlases.drawn(sheet, pictures)))
    click.echo(path)


def _network(name: str, weights: Path | None, labels: Path | None = None, device: torch.device | None = None) -> Network:
    import torch

    from render.dream.registry import load as load_network

    with asked_for("the network"):
        return load_network(name, weights, device or torch.device("cpu"), labels)


@contextmanager
def asked_for(what: str) -> Iterator[None]:
    """Inside, an error that continues the name of a setting continues `what` was asked for."""
    try:
        yield
    except RenderError as error:
        raise type(error)(error.about(what), error.hint) from error


@studio.command()
@click.argument("folders", nargs=-1, metavar="[DIR]...", type=click.Path(path_type=Path))
@click.option("-o", "--output", "site", type=click.Path(path_type=Path), metavar="DIR", help="Where the page goes [site].")
@click.option("--sheet", type=click.Path(path_type=Path), metavar="FILE", help="The same as one picture; without -o no page.")
def gallery(folders: Sequence[Path], site: Path | None, sheet: Path | None) -> None:
    """Finished films as one static page, to show: the takes in each DIR [runs].

    The page asks nothing of the network: it works from the folder, from any place of a server, and out of an archive.
    """
    if sheet and sheet.suffix.lower() != ".png":
        raise ConfigError(f"--sheet {sheet}: a sheet is a .png")

    from render.show import gallery as galleries

    found, notices = galleries.exhibits(folders or [Path("runs")])
    for notice in notices:
        say(printable(notice))
    if not found:
        raise MissingError("there is no finished film to show", "render one first, as in render configs/zoom.yaml")
    if sheet:
        click.echo(galleries.sheet(found, sheet))
    if site or not sheet:
        page, notices = galleries.hang(found, site or Path("site"))
        for notice in notices:
            say(printable(notice))
        click.echo(page)


@studio.command(name="from")
@click.argument("file", type=click.Path(path_type=Path))
def from_(file: Path) -> None:
    """The configuration back out of a rendered mp4, mov, mkv, webm or png, or out of a take's folder."""
    from render.config.loader import read
    from render.develop.prints import embedded_config

    if not file.exists():
        raise MissingError(f"{file}: no such file")
    text = read(file / "resolved.yaml") if file.is_dir() else embedded_config(file)
    if not text:
        bare = file.suffix.lower() in (".gif", ".webp", ".jpg", ".jpeg")
        why = "gif, webp and jpg hold none; the take's folder does" if bare else "only films and PNGs that render made have one"
        raise MissingError(f"{file}: there is no configuration in it", why)
    if text != printable(text):  # what a terminal obeys has no place in a configuration, least of all in a stranger's
        raise MissingError(f"{file}: what it holds is no configuration")
    click.echo(text, nl=False)


@studio.command()
def schema() -> None:
    """The vocabulary as JSON Schema, for completion in editors."""
    import json

    from render.config import json_schema

    click.echo(json.dumps(dict(json_schema()), indent=2))


def load(path: Path, overrides: Sequence[str], quality: str) -> Config:
    """The configuration of a file."""
    from render.facts import load

    return load(path, overrides, quality)


def given(path: Path) -> str:
    """A configuration as it was written."""
    from render.config.loader import read

    return read(path)


def built(config: Config, device: torch.device) -> Film:
    """The film, with everything found out that can be without dreaming it."""
    from render.construct import build
    from render.develop.shoot import plainly, require_outputs

    require_outputs(config)
    with plainly(config):
        return build(config, device)


def reasonable(config: Config, device: torch.device, root: Path) -> None:
    """Refuse what asks for days, or for more memory or disk than there is."""
    from render.develop.shoot import plainly
    from render.show.limits import refuse_unreasonable

    with plainly(config):
        refuse_unreasonable(config, device, root)


def chosen(device: str, root: Path) -> torch.device:
    """The torch device that a word means: auto takes the fastest there is. Refuses a root that cannot be written, too."""
    import torch

    from render.develop.take import writable

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device != "auto" and not there[device]:
        raise ConfigError(f"--device {device}: there is none on this machine", "leave it out, or use --device cpu")
    writable(root)
    return torch.device(next(name for name, is_there in there.items() if is_there) if device == "auto" else device)


def each(things: Sequence[T], do: Callable[[T], R]) -> list[R]:
    """What `do` makes of each of the things. Goes on after a failure; then the end is the highest exit code."""
    done, worst = [], 0
    for thing in things:
        try:
            done.append(do(thing))
        except Exception as error:
            worst = max(worst, failed(error))
    if worst:
        raise SystemExit(worst)
    return done


def failed(error: Exception) -> int:
    """Tell the person what went wrong; its exit code. What nobody foresaw is one sentence and a file for who mends it."""
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


def say(words: str) -> None:
    """To the person."""
    click.echo(words, err=True)


def _style() -> str:
    return "bar" if sys.stderr.isatty() and "CI" not in os.environ else "plain"


def until(states: Iterable[T], stop: Event) -> Iterator[T]:
    """The states up to the one after which the person asked to stop."""
    for state in states:
        yield state
        if stop.is_set():
            return


@contextmanager
def stoppable(stop: Event) -> Iterator[None]:
    """Inside, Ctrl-C or SIGTERM asks to stop; asked again, everything ends at once."""

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        os.write(2, b"\nstopping after this dream; Ctrl-C again stops at once\n")  # a print under way must not be entered

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `render`. Every failure is one message and its exit code; no traceback reaches a person."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        studio.main(args=None if arguments is None else list(arguments), prog_name="render", standalone_mode=False)
    except click.Abort:
        say("stopped; the same command goes on from the last dreams that are safe")
        raise SystemExit(130) from None
    except click.ClickException as error:
        error.show()
        raise SystemExit(2) from None
    except Exception as error:
        raise SystemExit(failed(error)) from None


if __name__ == "__main__":
    main()
