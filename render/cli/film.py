"""Films rendered: one, or a queue of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from render.cli.on import LIST, address_of, elsewhere, list_commands, render_elsewhere
from render.cli.options import CONFIGS, shared
from render.cli.prepare import build, fetch_weights, load, pick_device, refuse_unreasonable, text_of
from render.errors import RenderError, printable
from render.show.terminal import each, out, say, stoppable, until, usual_style

if TYPE_CHECKING:
    import torch

    from render.config import Config


@click.command(hidden=True)
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
@elsewhere
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
    films = each(configs, lambda path: (load(path, overrides, quality), text_of(path)))
    if on == LIST:
        flags = [flag for flag, wanted in (("--fresh", fresh), ("--yes", yes), ("--any-device", any_device)) if wanted]
        list_commands([(path, overrides) for path in configs], quality, device, root, flags)
        return
    if on is not None:
        render_elsewhere(films, root, address_of(on), device, quality, shared, fresh, any_device, style)
        return
    where = pick_device(device, root)
    require_films([config for config, _ in films], where, root, yes)
    render_films(films, root, where, fresh, style, any_device)


def require_films(films: Sequence[Config], device: torch.device, root: Path, yes: bool) -> None:
    """Fetch the weights of the films, and refuse what cannot be rendered, or not by tomorrow, before any of it is begun."""
    each(films, fetch_weights)
    if not yes:
        each(films, lambda config: refuse_unreasonable(config, device, root))
    if len(films) > 1:  # a film alone is built before it begins a take anyhow
        each(films, lambda config: build(config, device))


def render_films(
    films: Sequence[tuple[Config, str]],
    root: Path,
    device: torch.device,
    fresh: bool,
    style: str,
    any_device: bool = False,
) -> list[Path]:
    """Render a queue, which goes on after a failure: the folders of their takes."""

    def shoot(item: tuple[int, tuple[Config, str]]) -> Path:
        number, (config, text) = item
        if len(films) > 1:
            say(f"{config.name}: film {number} of {len(films)}")
        return _film(config, text, root, device, fresh, style, any_device)

    return each(list(enumerate(films, 1)), shoot)


def _film(config: Config, text: str, root: Path, device: torch.device, fresh: bool, style: str, any_device: bool) -> Path:
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
    shot = shoot(config, text, root, device, watch, fresh, any_device)
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
