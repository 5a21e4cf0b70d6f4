"""The command line. Each command reads what was asked, calls the rooms that do it, and says what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn

import click

from render.errors import ConfigError, MissingError, RenderError, printable
from render.show.terminal import (
    FilePath,
    each,
    interrupted,
    out,
    prepare_streams,
    report_failure,
    say,
    stoppable,
    stopped_at_once,
    until,
    usual_style,
)

if TYPE_CHECKING:
    import torch

    from render.config import Config
    from render.dream.network import Network
    from render.film import Film

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


def _show_version(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        import render

        out(f"render, version {render.__version__}")
        ctx.exit()


@click.group(
    cls=Commands,
    epilog=EPILOG,
    options_metavar="",
    subcommand_metavar="[OPTIONS] CONFIG... | COMMAND ...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="The version.")
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


def _stay_offline(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        os.environ["RENDER_OFFLINE"] = "1"  # the programs that a render starts are offline, too


OFFLINE = click.option(
    "--offline", is_flag=True, expose_value=False, callback=_stay_offline, help="Fetch nothing; say where weights can be had."
)
ROOT = click.option(
    "-o",
    "--output",
    "root",
    type=FilePath(),
    default=Path("runs"),
    metavar="FOLDER",
    help="Where takes go, as FOLDER/NAME/take-001 [runs].",
)


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that dreams, or could."""
    return SET(QUALITY(DEVICE(ROOT(OFFLINE(command)))))


CONFIGS = click.argument("configs", nargs=-1, required=True, metavar="CONFIG...", type=FilePath())


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
    films = each(configs, lambda path: (load(path, overrides, quality), text_of(path)))
    where = pick_device(device, root)
    require_films([config for config, _ in films], where, root, yes)
    render_films(films, root, where, fresh, style)


def require_films(films: Sequence[Config], device: torch.device, root: Path, yes: bool) -> None:
    """Fetch the weights of the films, and refuse what cannot be rendered, or not by tomorrow, before any of it is begun."""
    each(films, fetch_weights)
    if not yes:
        each(films, lambda config: refuse_unreasonable(config, device, root))
    if len(films) > 1:  # a film alone is built before it begins a take anyhow
        each(films, lambda config: build(config, device))


def render_films(films: Sequence[tuple[Config, str]], root: Path, device: torch.device, fresh: bool, style: str) -> list[Path]:
    """Render a queue, which goes on after a failure: the folders of their takes."""

    def shoot(item: tuple[int, tuple[Config, str]]) -> Path:
        number, (config, text) = item
        if len(films) > 1:
            say(f"{config.name}: film {number} of {len(films)}")
        return _film(config, text, root, device, fresh, style)

    return each(list(enumerate(films, 1)), shoot)


def _film(config: Config, text: str, root: Path, device: torch.device, fresh: bool, style: str) -> Path:
    from render.config.notices import notices
    from render.develop.shoot import shoot
    from render.show.eta import efforts
    from render.show.progress import STYLES

    style, stop = usual_style() if style == "auto" else style, Event()

    def watch(states: Iterator[Any], first: int, last: int) -> Iterable[Any]:
        if first >= 0:
            say(f"{config.name}: {first + 1} of {last + 1} dreams are there already")
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
        out(path, ends=False)  # the next film of the queue is rendered all the same
    if stop.is_set():
        rest = "the film is whole" if shot.whole else "this is the film so far, and the same command goes on from here"
        say(f"{config.name}: stopped; {rest}")
        raise SystemExit(130)
    if config.facts.flaw:
        raise RenderError(config.facts.flaw, "what can be read of it was rendered")
    return shot.folder


@studio.command()
@click.argument("path", metavar="CONFIG", type=FilePath())
@click.option(
    "--vary", "texts", multiple=True, required=True, metavar="KEY=A,B,…", help="A setting and its values: seed=1..16."
)
@shared
@click.option("--pick", "wanted", metavar="WHICH", help="Write the YAML of one: its number on the sheet, or KEY=VALUE,…")
@click.option("--yes", is_flag=True, help="Render what takes days, or more memory or disk than there is, all the same.")
def sweep(
    path: Path,
    texts: Sequence[str],
    overrides: Sequence[str],
    quality: str,
    device: str,
    root: Path,
    wanted: str | None,
    yes: bool,
) -> None:
    """One film in every combination of some settings: a take each, a sheet of them all, and a page.

    \b
    render sweep zoom.yaml --vary seed=1..16 -q draft
    render sweep zoom.yaml --vary dream.octaves=3,4 --vary "dream.objective.0.layer=mid,high"
    render sweep zoom.yaml --vary seed=1..16 --pick 7        the YAML of the one that you like

    Several --vary are combined, the last one turns fastest. The same command goes on where it was stopped.
    """
    from render.many import axes as many
    from render.many import sweep as sweeps

    axes = many.read_axes(texts)
    films = many.variants(axes)
    if wanted:
        chosen = many.pick(films, wanted)
        sweeps.load_variant(path, chosen, overrides, quality)  # what cannot be loaded is not written
        out(sweeps.write_pick(path, path.stem, chosen))
        return
    loaded = [sweeps.load_variant(path, film, overrides, quality) for film in films]  # one fault would be said of every film
    where, home = pick_device(device, root), sweeps.folder(root, path.stem)
    require_films([config for config, _ in loaded], where, home, yes)
    folders = render_films(loaded, home, where, False, usual_style())
    takes = list(zip(films, folders, strict=True))
    out(sweeps.draw_sheet(home / "sheet.png", path.stem, axes, takes))
    page, notices = sweeps.write_page(home / "site", path.stem, axes, takes)
    for notice in notices:
        say(printable(notice))
    out(page)


@studio.command()
@CONFIGS
@shared
def check(configs: Sequence[Path], overrides: Sequence[str], quality: str, device: str, root: Path) -> None:
    """Everything but the dreaming: settings, files, weights, encoders; size, frames, cost, disk."""
    films = each(configs, lambda path: (path, load(path, overrides, quality)))
    say("the settings can be read; files, networks and encoders come next")  # seconds pass until torch is there
    where = pick_device(device, root)

    from render.config.notices import notices
    from render.develop.files import folder_name
    from render.develop.names import fill_name
    from render.show.estimate import estimate

    def check_film(item: tuple[Path, Config]) -> None:
        path, config = item
        if missing := missing_weights(config):
            say(f"{path}: the settings are good; its cost is told when the weights are here")
            for line in missing:
                out(line)
            return
        film = build(config, where)
        say(f"{path}: good")
        out(estimate(config, film))
        out(f"dreamed by {' and '.join(config.networks)}, in {film.precision}")
        files = " ".join(fill_name(output.file, config.name) for output in config.outputs)
        out(f"{files} in {root / folder_name(config.name)}")
        if config.facts.flaw:
            say(config.facts.flaw)
        for notice in notices(config):
            say(printable(notice))
        if config.counts_frames:
            say("an expression counts frames (f), so another fps is another film; s counts seconds")

    each(films, check_film)


@studio.command()
@click.argument("config", type=FilePath())
@shared
@click.option("--motion", "what", flag_value="motion", help="The camera alone, over a garden without a dream, as a small film.")
@click.option("--flow", "what", flag_value="flow", help="What moves in footage, how far it is trusted, what is dreamed on it.")
def preview(config: Path, overrides: Sequence[str], quality: str, device: str, root: Path, what: str | None) -> None:
    """A contact strip of the film, dreamed small; or the camera alone; or what footage does."""
    film, where = load(config, overrides, quality), pick_device(device, root)
    fetch_weights(film)

    from render.show import flow_preview
    from render.show import preview as previews
    from render.show.progress import STYLES

    progress = STYLES[usual_style()]
    make: dict[str | None, Callable[[], Path]] = {
        None: lambda: previews.strip(film, root, where, progress),
        "motion": lambda: previews.motion(film, root, where),
        "flow": lambda: flow_preview.strip(film, root, where, progress),
    }
    out(make[what]())


@studio.command()
@click.argument("config", type=FilePath())
@SET
@QUALITY
@ROOT
def plot(config: Path, overrides: Sequence[str], quality: str, root: Path) -> None:
    """Every moving number over time: as a picture, and as a CSV that `schedule:` reads back."""
    film = load(config, overrides, quality)

    from render.show import plot as plots

    paths = plots.plot(film, root)
    if not paths:
        say(f"{film.name}: every number of this film stands still, so there is nothing to draw")
    for path in paths:
        out(path)


def of_a_print(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that develops takes again."""
    options = (
        click.option("--width", type=click.IntRange(16, 16384), help="Pixels; the height follows."),
        click.option("--height", type=click.IntRange(16, 16384), help="Pixels, instead of the width."),
        click.option("--fps", help="Frames per second."),
        click.option("--bitrate", help="Bits per second instead of --crf, as in 8M."),
        click.option("--crf", type=click.IntRange(0, 63), help="Compression; lower is better."),
        click.option("--codec", help="h265, prores, vp9 …; usually the ending decides."),
        click.option("--size-limit", help="As in 10MB."),
        click.option("--no-recipe", is_flag=True, help="Leave the film's settings out of the file."),
    )
    for option in reversed(options):
        command = option(command)
    return command


SOURCE = click.option(
    "--source", type=FilePath(), metavar="FILE", help="Where the film's picture or footage is now, if it was moved."
)
PLACES = "a name lies in the take's folder, ./x.gif in this one"


@studio.command(name="print")
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
@of_a_print
@SOURCE
def print_(take: Path, outputs: Sequence[str], source: Path | None, **settings: Any) -> None:
    """Develop other outputs from a take's negative, without dreaming."""
    from render.develop.reprint import print_again

    paths, notices = print_again(take, outputs, _readable(outputs, settings), source)
    _tell(paths, notices)


@studio.command()
@click.argument("take", type=FilePath())
@click.argument("part", metavar="START..END")
@click.option("-o", "--output", metavar="FILE", help=f"[NAME-START-END with the film's ending]; {PLACES}.")
@of_a_print
@SOURCE
def trim(take: Path, part: str, output: str | None, source: Path | None, **settings: Any) -> None:
    """A part of a take as a film of its own, without dreaming: render trim runs/zoom/take-001 2s..5s

    Times are as in keyframes: 2s, 48 frames, 25%, 00:00:02; 2s.. goes to the end. Frames are made from the negative and
    encoded once.
    """
    from render.develop.reprint import trim

    paths, notices = trim(take, part, output, _readable([output] if output else [], settings), source)
    _tell(paths, notices)


@studio.command()
@click.argument("takes", nargs=-1, required=True, metavar="TAKE TAKE...", type=FilePath())
@click.option("-o", "--output", metavar="FILE", help="The film [A+B with the first one's ending, in this folder].")
@click.option("--crossfade", default="", metavar="TIME", help="How long each fades into the next, as in 1s; a cut if not said.")
@of_a_print
def join(takes: Sequence[Path], output: str | None, crossfade: str, **settings: Any) -> None:
    """Takes as one film, one after the other, without dreaming: render join runs/a/take-001 runs/b/take-001 --crossfade 1s

    Size and frame rate are the first one's. Frames are made from the negatives and encoded once.
    """
    from render.develop.reprint import in_working_folder, join

    if len(takes) < 2:
        raise ConfigError("one take alone is joined to nothing", "render join TAKE TAKE")
    file = in_working_folder(output) if output else None
    paths, notices = join(takes, file, crossfade, _readable([file] if file else [], settings))
    _tell(paths, notices)


def _readable(outputs: Sequence[str], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of outputs as they were given; refuses what cannot be, in the words of the command line."""
    from render.develop.reprint import is_elsewhere

    recipe = {"recipe": False} if settings.pop("no_recipe") else {}
    wanted = {key: value for key, value in settings.items() if value is not None}
    names = [Path(file).name if is_elsewhere(file) else file for file in outputs]
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

    out(template(kind), nl=False)


NETWORK = click.argument("name", metavar="NETWORK")
WEIGHTS = click.option("--weights", type=FilePath(), help="The file of its weights, where it needs one.")
LABELS = click.option("--labels", type=FilePath(), help="A text file of its classes' names, one a line.")


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
    rows = list(lines)
    if not rows:
        raise ConfigError(none)
    for row in rows:
        out(row)


@studio.command()
@NETWORK
@WEIGHTS
@LABELS
@click.option("--classes", "kinds", metavar="A,B,…", help="Classes by name or number, or all.")
@click.option("--layer", help="A layer, of which all channels are shown, or those of --channels.")
@click.option("--channels", metavar="0-31,40", help="Channels of the layer.")
@click.option("--photo", type=FilePath(), help="A picture on which layers are dreamed, too.")
@click.option("--size", type=click.IntRange(32, 1024), default=192, help="Pixels of a plate [192].")
@click.option("--steps", type=click.IntRange(1, 1000), default=32, help="Steps an octave [32].")
@click.option("--seed", type=click.IntRange(0), default=0, help="Where randomness begins [0].")
@DEVICE
@click.option("-o", "--output", type=FilePath(), metavar="FILE", help="The sheet [NETWORK-atlas.png].")
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
    where = pick_device(device, path.parent)
    network = _network(name, weights, labels, where)

    from render.develop import files, stills
    from render.show import atlas as atlases
    from render.show.progress import STYLES
    from render.source.image import picture

    frame = picture(photo, "cover", (size, size)) if photo else None
    with named("what --classes, --layer or --channels names"):
        sheet = atlases.plan(network, kinds, layer, channels, frame is not None, where)
    plates = atlases.dream_plates(sheet, network, atlases.Recipe(size, steps, seed, frame, where))
    pictures: list[Any] = list(STYLES[usual_style()](plates, -1, len(sheet.plates) - 1, f"{name}, atlas"))
    files.write(path, stills.png(atlases.draw(sheet, pictures)))
    out(path)


def _network(name: str, weights: Path | None, labels: Path | None = None, device: torch.device | None = None) -> Network:
    import torch

    from render.dream.registry import load as load_network

    if not weights:
        fetch_published([name])
    with named("the network"):
        return load_network(name, weights, device or torch.device("cpu"), labels)


@contextmanager
def named(what: str) -> Iterator[None]:
    """Inside, an error that continues the name of a setting continues `what` was asked for."""
    try:
        yield
    except RenderError as error:
        raise type(error)(error.about(what), error.hint) from error


@studio.command()
@click.argument("folders", nargs=-1, metavar="[DIR]...", type=FilePath())
@click.option(
    "-o", "--output", "site", type=FilePath(), default=Path("site"), metavar="DIR", help="Where the page goes [site]."
)
def gallery(folders: Sequence[Path], site: Path) -> None:
    """Finished films as one static page, to show: the takes in each DIR [runs].

    The page asks nothing of the network: it works from the folder, from any place of a server, and out of an archive.
    """
    from render.show import gallery as galleries

    exhibits, notices = galleries.find_exhibits(folders or [Path("runs")])
    for notice in notices:
        say(printable(notice))
    if not exhibits:
        raise MissingError("there is no finished film to show", "render one first, as in render configs/zoom.yaml")
    page, notices = galleries.write_page(exhibits, site)
    for notice in notices:
        say(printable(notice))
    out(page)


@studio.command(name="studio")
@click.argument("film", required=False, metavar="[FILM]", type=FilePath())
@SET
@DEVICE
@ROOT
@OFFLINE
@click.option("--host", default="127.0.0.1", help="Address to listen at; another than this machine's own lets others in.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen at [8321, or the next that is free].")
@click.option("--browser/--no-browser", default=True, help="Whether to open the page.")
def studio_(
    film: Path | None, overrides: Sequence[str], device: str, root: Path, host: str, port: int | None, browser: bool
) -> None:
    """Fly a film live in the browser: where you point is where you zoom, and what you do is recorded.

    FILM is a YAML file, a picture or a video; without one it is the first film. A flight is recorded as NAME-flight.yaml, which
    `render` renders at any size. Ctrl-C ends it; nothing is lost.
    """
    from render.studio import film_of, require_extra

    require_extra()
    config, text, file, reload = film_of(film, overrides)
    fetch_weights(config)

    from render.studio.serve import Address, serve

    serve(config, file, text, root, Address(host, port), browser, lambda: pick_device(device, root), reload)


@studio.group(name="import")
def import_() -> None:
    """Films of other programs, as configurations of this one."""


@import_.command()
@click.argument("file", metavar="SETTINGS", type=FilePath())
@click.argument("target", metavar="[YAML]", required=False, type=FilePath())
def deforum(file: Path, target: Path | None) -> None:
    """A settings file of Deforum: render import deforum settings.txt film.yaml.

    It prints the configuration, or writes it to YAML, never over a file that is there. Below it stands what became of each key:
    used, converted or ignored, and why.
    """
    from render.config.deforum import convert, read_settings, yaml_text
    from render.config.schedule import decode_file
    from render.develop import files

    if target and target.exists():
        raise ConfigError(f"{target}: is there already", "name another file")
    try:
        film = convert(read_settings(decode_file(file)))
    except ConfigError as error:
        raise ConfigError(f"{file}: {error.message}", error.hint) from None
    text = yaml_text(film, file.name)
    if not target:
        out(text, nl=False)
        return
    files.write(target, text.encode())
    out(str(target))


@studio.command(name="from")
@click.argument("file", type=FilePath())
def from_(file: Path) -> None:
    """The configuration back out of a rendered mp4, mov, mkv, webm or png, or out of a take's folder."""
    from render.config.loader import read
    from render.develop.metadata import embedded_config

    text = read(file / "resolved.yaml", file) if file.is_dir() else embedded_config(file)
    if not text:
        bare = file.suffix.lower() in (".gif", ".webp", ".jpg", ".jpeg")
        why = "gif, webp and jpg hold none; the take's folder does" if bare else "only films and PNGs that render made have one"
        raise MissingError(f"{file}: there is no configuration in it", why)
    if text != printable(text):  # what a terminal obeys has no place in a configuration, least of all in a stranger's
        raise MissingError(f"{file}: what it holds is no configuration")
    out(text, nl=False)


@studio.command()
@ROOT
def doctor(root: Path) -> None:
    """What this machine has of what films need, and the line that brings what is missing: text to paste into a report."""
    from render.show.doctor import examine, report

    findings = examine(root)
    out(report(findings))
    if any(finding.needed for finding in findings):
        raise MissingError("films cannot be rendered here yet; the lines after → are the cure")


@studio.command()
def schema() -> None:
    """The vocabulary as JSON Schema, for completion in editors."""
    import json

    from render.config import json_schema

    out(json.dumps(dict(json_schema()), indent=2))


@studio.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def weights(arguments: Sequence[str]) -> None:
    """Weights of networks by name: what can be had, what is here; get, verify, add."""
    from render.weights.command import weights

    weights.main(args=list(arguments), prog_name="render weights", standalone_mode=False)


def load(path: Path, overrides: Sequence[str], quality: str) -> Config:
    """The configuration of a file."""
    from render.facts import load

    return load(path, overrides, quality)


def fetch_weights(config: Config) -> None:
    """Fetch the weights that a film names without a file, and that are not here yet; says what and how large before."""
    fetch_published(config.published_networks)


def fetch_published(names: Sequence[str]) -> None:
    """Fetch the published weights of these networks that are not here yet."""
    from render.weights import store

    for name in filter(store.publishes, names):
        if store.pending(name):  # what is here is checked when it is loaded
            store.get(name, say)


def missing_weights(config: Config) -> list[str]:
    """A line for each network of a film whose weights are not here yet: its name and how large they are. Never dials."""
    from render.weights import store

    return [line for name in config.published_networks if store.publishes(name) and (line := store.pending(name))]


def text_of(path: Path) -> str:
    """A configuration as it was written."""
    from render.config.loader import read

    return read(path)


def build(config: Config, device: torch.device) -> Film:
    """The film, with everything found out that can be without dreaming it."""
    from render.construct import build
    from render.develop.shoot import explain_failures, require_outputs

    require_outputs(config)
    with explain_failures(config):
        film = build(config, device)
    require_outputs(config, film.scene.size[::-1])
    return film


def refuse_unreasonable(config: Config, device: torch.device, root: Path) -> None:
    """Refuse what asks for days, or for more memory or disk than there is."""
    from render.develop.shoot import explain_failures
    from render.show.limits import refuse_unreasonable

    with explain_failures(config):
        refuse_unreasonable(config, device, root)


def pick_device(device: str, root: Path) -> torch.device:
    """The torch device that a word means. Refuses a root that cannot be written, too."""
    from render.develop.take import writable
    from render.dream.device import pick

    with named("--device"):
        picked = pick(device)
    writable(root)
    return picked


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `render`. Every failure is one message and its exit code; no traceback reaches a person."""
    prepare_streams()
    try:
        with stopped_at_once():
            studio.main(args=None if arguments is None else list(arguments), prog_name="render", standalone_mode=False)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        _stopped()
    except Exception as error:
        if isinstance(error, click.Abort) or interrupted(error):
            _stopped()
        raise SystemExit(report_failure(error)) from None


def _stopped() -> NoReturn:
    say("stopped; the same command goes on from the last dreams that are safe")
    raise SystemExit(130) from None


if __name__ == "__main__":
    main()
