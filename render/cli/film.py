"""Films rendered: one, or a queue of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from render.cli.on import LIST, address_of, cluster_options, list_commands, refuse_flawed, render_elsewhere, tell_shot
from render.cli.options import CONFIGS, RUNS, dream_options
from render.cli.prepare import build, fetch_weights, pick_device, refuse_unreasonable
from render.cli.request import Request, request, require_take
from render.cli.target import into_file, is_output, refuse_mistyped
from render.errors import MissingError, count, printable, typed
from render.show.terminal import FilePath, each, say, stoppable, until, usual_style

if TYPE_CHECKING:
    import torch

    from render.config import Config

PEOPLE = ("bar", "plain")  # styles of progress that a person reads


@click.command(hidden=True)
@CONFIGS
@dream_options
@click.option("--fresh", is_flag=True, help="Begin a new take, even if one can be continued.")
@click.option("--yes", is_flag=True, help="Render what takes days, or more memory or disk than there is, all the same.")
@click.option(
    "--progress",
    "style",
    type=click.Choice(["auto", "bar", "plain", "json", "none"]),
    default="auto",
    help="auto: a bar on a terminal, else plain lines.",
)
@cluster_options
def film(
    configs: Sequence[Path],
    overrides: Sequence[str],
    quality: str,
    device: str,
    root: Path,
    fresh: bool,
    yes: bool,
    style: str,
    on: str | None,
    shared: bool | None,
    any_device: bool,
) -> None:
    """Render films; several files are a queue, which is checked as a whole and goes on after a failure.

    The same command goes on where an interrupted render stopped. Paths of finished files go to stdout.

    \b
    render *.yaml --on ray                       all GPUs of this machine, or its cores
    render *.yaml --on ray:192.168.1.10:6379     those of a cluster
    render *.yaml --on list                      the commands, a line each
    """
    if on == LIST:
        flags = [flag for flag, wanted in (("--fresh", fresh), ("--yes", yes), ("--any-device", any_device)) if wanted]
        each(configs, lambda path: request(path, overrides, quality))
        list_commands([(path, overrides) for path in configs], quality, device, root, flags)
        return
    address = None if on is None else address_of(on)
    films = each(configs, lambda path: request(path, overrides, quality))
    if click.get_current_context().get_parameter_source("root") is ParameterSource.COMMANDLINE:
        films = [replace(film, root=None) for film in films]
    refuse_mistyped(root)
    if is_output(root):
        films, root = [into_file(root, films)], RUNS
    style = usual_style() if style == "auto" else style
    if style in PEOPLE:
        say(outline(films))  # seconds pass until torch is there
    if address is None:
        where = pick_device(device, root)
        require_films([film.config for film in films], where, root, yes)
    for film in films:
        write_own_film(film, overrides)
    if address is None:
        render_films(films, root, where, fresh, style, any_device)
    else:
        render_elsewhere(films, root, address, device, quality, shared, fresh, any_device, style)


@click.command()
@click.argument("take", type=FilePath())
@click.option("--size", required=True, metavar="SIZE", help="3840x2160, a name such as 4k, or 3x: so many times as large.")
@dream_options
@click.option("--fresh", is_flag=True, help="Begin a new take, even if one can be continued.")
@click.option("--yes", is_flag=True, help="Render what takes days, or more memory or disk than there is, all the same.")
def enlarge(
    take: Path, size: str, overrides: Sequence[str], quality: str, device: str, root: Path, fresh: bool, yes: bool
) -> None:
    """A take's film larger, with what is in the take: render enlarge runs/zoom/take-001 --size 4k

    The same film rendered larger dreams of other things. This one follows the take (`follow:` in its settings): what is there
    stays there, and the dream adds what is finer. A draft becomes its film, a flight is flown again. Its take is NAME-SIZE.
    """
    require_take(take)
    say(f"{take}: making it larger")  # seconds pass until torch is there

    from render.config.paths import from_folder
    from render.develop.enlarge import enlargement
    from render.develop.takes import take_folder

    config, where = enlargement(take, size, overrides, quality), pick_device(device, root)
    say(outline([Request(config, "")]))
    require_films([config], where, root, yes)
    text = config.yaml(from_folder(take_folder(root, config.name)))
    render_films([Request(config, text)], root, where, fresh, usual_style())


def outline(films: Sequence[Request]) -> str:
    """What is about to be rendered, in a line."""
    if len(films) > 1:
        return f"{len(films)} films: {', '.join(film.config.name for film in films)}"
    from render.config.scalars import Size

    config, clock = films[0].config, films[0].config.clock
    work = f"{count(clock.frames, 'frame')} from {count(clock.last_tick + 1, 'dream')}"
    height, width = config.facts.size or (0, 0)
    size = Size(*config.size.within(width, height)) if config.size.of_source and width else config.size
    return f"{config.name}: {work}, {size}, dreamed by {' and '.join(config.networks)}"


def write_own_film(film: Request, overrides: Sequence[str]) -> None:
    """Write the film of a picture or a video alone, to go on from."""
    from render.develop import files

    if film.file:
        try:
            files.write(film.file, film.text.encode())
        except MissingError:  # a camera's card that may only be read: the settings are in the take as well
            say(f"{film.file}: cannot be written here; the film's settings are in its take")
            return
        besides = f"but for {printable(' '.join(overrides))}, " if overrides else ""
        say(f"{film.file}: the film of it, {besides}written here; change it, and `render {typed(film.file)}` renders it")


def require_films(films: Sequence[Config], device: torch.device, root: Path, yes: bool) -> None:
    """Fetch the weights of the films, and refuse what cannot be rendered, or not by tomorrow, before any of it is begun."""
    each(films, fetch_weights)
    if not yes:
        each(films, lambda config: refuse_unreasonable(config, device, root))
    if len(films) > 1:  # a film alone is built before it begins a take anyhow
        each(films, lambda config: build(config, device))


def render_films(
    films: Sequence[Request], root: Path, device: torch.device, fresh: bool, style: str, any_device: bool = False
) -> list[Path]:
    """Render a queue, which goes on after a failure: the folders of their takes."""

    def shoot(item: tuple[int, Request]) -> Path:
        number, film = item
        if len(films) > 1:
            say(f"{film.config.name}: film {number} of {len(films)}")
        return _film(film, film.root or root, device, fresh, style, any_device)

    return each(list(enumerate(films, 1)), shoot)


def _film(film: Request, root: Path, device: torch.device, fresh: bool, style: str, any_device: bool) -> Path:
    from render.config.notices import notices
    from render.develop.shoot import shoot
    from render.show.eta import efforts
    from render.show.progress import STYLES

    config, stop = film.config, Event()

    def watch(states: Iterator[Any], first: int, last: int) -> Iterable[Any]:
        if first >= 0:
            say(f"{config.name}: {first + 1} of {last + 1} dreams are there already")
        with stoppable(stop):
            yield from STYLES[style](until(states, stop), first, last, config.name, efforts(config))
        if first < last and style in PEOPLE:
            say(f"{config.name}: dreamed; developing what is not developed yet")

    for notice in notices(config):
        say(printable(notice))
    shot = shoot(config, film.text, root, device, watch, fresh, any_device, first=film.take, tell=say)
    tell_shot(film, shot)
    if stop.is_set():
        same = " without --fresh" if fresh else ""
        rest = "the film is whole" if shot.whole else f"this is the film so far, and the same command{same} goes on from here"
        say(f"{config.name}: stopped; {rest}")
        raise SystemExit(130)
    refuse_flawed(film)
    return shot.folder
