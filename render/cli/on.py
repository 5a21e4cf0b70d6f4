"""Elsewhere: the films of a queue on a cluster, or as a list of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from render.cli.prepare import build, fetch_weights, pick_device
from render.cli.request import Request, deliver
from render.errors import ConfigError, RenderError, count, printable
from render.show.terminal import each, out, report_failure, say, stoppable, usual_style

if TYPE_CHECKING:
    from render.develop.shoot import Shot
    from render.many.news import Finished

LIST, RAY = "list", "ray"


def elsewhere(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that render many films, and may do so on other machines."""
    options = (
        click.option(
            "--on",
            metavar="WHERE",
            help="ray: all GPUs or cores of this machine; ray:HOST:PORT: a cluster; list: print the commands.",
        ),
        click.option("--shared/--no-shared", default=None, help="Whether all machines see the takes' folder [found out]."),
        click.option("--any-device", is_flag=True, help="Go on with takes that another kind of device began."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def address_of(on: str) -> str:
    """Where the cluster of --on is: HOST:PORT, auto, or "" for this machine. Raises ConfigError."""
    word, colon, address = on.partition(":")
    if word != RAY or (colon and not address):
        raise ConfigError(f"--on {on}: is no place to render", "write ray, ray:HOST:PORT or list")
    return address


def list_commands(
    films: Sequence[tuple[Path, Sequence[str]]], quality: str, device: str, root: Path, flags: Sequence[str] = ()
) -> None:
    """Print the command that renders each film, a file and its overrides."""
    from render.many.commands import command

    for path, overrides in films:
        out(command(path, overrides, quality, device, root, flags))


def render_elsewhere(
    films: Sequence[Request],
    root: Path,
    address: str,
    device: str,
    quality: str,
    shared: bool | None,
    fresh: bool,
    any_device: bool,
    style: str,
) -> list[Path]:
    """Render a queue on a cluster: the folders of the takes. What fails is told, and stops no other."""
    from render.many.cluster import connect, require_ray

    require_ray()
    root = _one_root(films, root)
    here = pick_device("auto" if device == "cuda" else device, root)

    import torch

    from render.many import queue, survey
    from render.many.events import Done, Left, Lost, Said, Ticked
    from render.show.board import DONE, FAILED, LEFT, STOPPED, Board

    configs = [film.config for film in films]
    each(configs, fetch_weights)
    each(configs, lambda config: build(config, torch.device("cpu")))
    queue.require_own_takes(configs)
    style, stop = usual_style() if style == "auto" else style, Event()
    board, ended = Board([config.name for config in configs], style), dict[int, Path]()
    orders = [queue.Order(number, film.config, film.text) for number, film in enumerate(films)]
    worst = 0
    say(f"asking the cluster at {address}" if address else "Ray begins on this machine, which takes some seconds")
    with connect(address) as cluster:
        in_place = survey.takes_in_place(cluster, configs, root.absolute(), shared)
        pieces = len(films) if not any(map(queue.may_cut, configs)) else len(films) * 1000
        places = survey.places(cluster.nodes(), "mps" if here.type == "mps" else device, quality, pieces)
        plan = queue.Plan(root.absolute(), places, in_place, here, fresh, any_device)
        travels = "" if in_place else "; dreams travel to this machine"
        say(f"{count(len(films), 'film')}, {count(len(places), 'worker')}{travels}")
        with board.shown(), stoppable(stop):
            for event in queue.render_queue(orders, cluster, plan, stop):
                config = configs[event.number]
                match event:
                    case Ticked():
                        board.ticked(event.number, event.progress, event.where)
                    case Said():
                        say(printable(f"{config.name}: {event.words}"))
                    case Done():
                        finished = event.finished
                        ended[event.number] = root / finished.folder.relative_to(root.absolute())
                        worst = max(worst, _tell(films[event.number], finished, root))
                        board.ended(event.number, DONE if finished.whole else STOPPED)
                    case Lost():
                        say(printable(f"{config.name}: failed"))
                        worst = max(worst, report_failure(event.error))
                        board.ended(event.number, FAILED)
                    case Left():
                        board.ended(event.number, LEFT)
    say(board.summary())
    if stop.is_set():
        say("stopped; the same command goes on from here")
        raise SystemExit(130)
    if worst:
        raise SystemExit(worst)
    return [ended[number] for number in range(len(films))]


def tell_shot(film: Request, shot: Shot | Finished, about: str = "") -> None:
    """What came of a film: its notices, each after the words `about` which it is, and its files to stdout."""
    for notice in shot.notices:
        say(printable(f"{about}{notice}"))
    if shot.whole and not shot.dreamed:
        say(f"{film.config.name}: nothing was left to dream; --fresh begins a new take")
    for path in deliver(shot.paths, film.target):
        out(path, ends=False)  # the next film of the queue is rendered all the same


def refuse_flawed(film: Request) -> None:
    """Raises RenderError where a film was made of what could be read of a damaged file."""
    if film.config.facts.flaw:
        raise RenderError(film.config.facts.flaw, "what can be read of it was rendered")


def _tell(film: Request, finished: Finished, root: Path) -> int:
    """What came of a film elsewhere; its exit code."""
    base = root.absolute()
    here = (root / path.relative_to(base) if path.is_relative_to(base) else path for path in finished.paths)
    tell_shot(film, replace(finished, paths=tuple(here)), f"{film.config.name}: ")
    try:
        refuse_flawed(film)
    except RenderError as error:
        return report_failure(error)
    return 0


def _one_root(films: Sequence[Request], root: Path) -> Path:
    """The folder where the takes of all films go. Raises ConfigError where takes of several folders are to be gone on with."""
    roots = {film.root or root for film in films}
    if len(roots) > 1:
        places = " ".join(sorted(map(str, roots)))
        raise ConfigError(f"--on: the films' takes lie in several folders: {places}", "one command for each folder")
    return roots.pop()
