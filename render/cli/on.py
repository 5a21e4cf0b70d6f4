"""Elsewhere: the films of a queue on a cluster, or as a list of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from render.cli.prepare import build, fetch_weights, pick_device
from render.cli.request import Request
from render.cli.target import deliver
from render.errors import ConfigError, RenderError, count, printable
from render.show.terminal import each, out, report_failure, say, stoppable, usual_style

if TYPE_CHECKING:
    import torch

    from render.config import Config
    from render.develop.shoot import Shot
    from render.many.cluster import Cluster
    from render.many.events import Event as FilmEvent
    from render.many.news import Finished
    from render.many.queue import Order, Plan
    from render.show.board import Board

LIST, RAY = "list", "ray"
SHOTS = 1000  # of a film that cuts, as far as the sharing of cores goes: more than there are workers


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
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
    from render.many import queue
    from render.many.cluster import connect, require_ray
    from render.show.board import Board

    require_ray()
    root = _one_root(films, root)
    here = pick_device("auto" if device == "cuda" else device, root)
    configs = [film.config for film in films]
    _require_films(configs)
    stop = Event()
    report = _Report(films, root, Board([config.name for config in configs], usual_style() if style == "auto" else style))
    say(f"asking the cluster at {address}" if address else "Ray begins on this machine, which takes some seconds")
    with connect(address) as cluster:
        plan = _plan(cluster, configs, root.absolute(), here, device, quality, shared, fresh, any_device)
        with report.board.live(), stoppable(stop):
            for event in queue.render_queue(_orders(films), cluster, plan, stop):
                report.take(event)
    say(report.board.summary())
    if stop.is_set():
        say("stopped; the same command goes on from here")
        raise SystemExit(130)
    if report.worst:
        raise SystemExit(report.worst)
    return [report.folders[number] for number in range(len(films))]


def _require_films(configs: Sequence[Config]) -> None:
    """Fetch the weights of the films, and refuse what cannot be rendered, or not together, before any of it is begun."""
    import torch

    from render.many.queue import require_own_takes

    each(configs, fetch_weights)
    each(configs, lambda config: build(config, torch.device("cpu")))
    require_own_takes(configs)


def _plan(
    cluster: Cluster,
    configs: Sequence[Config],
    root: Path,
    here: torch.device,
    device: str,
    quality: str,
    shared: bool | None,
    fresh: bool,
    any_device: bool,
) -> Plan:
    """How the films are rendered, and say so: by how many workers, and whether dreams travel. here: this machine's device."""
    from render.many import queue, survey

    in_place = survey.takes_in_place(cluster, configs, root, shared)
    # Cores are shared among pieces of work; of a film that cuts there are many more than workers.
    pieces = len(configs) * (SHOTS if any(map(queue.may_cut, configs)) else 1)
    places = survey.places(cluster.nodes(), "mps" if here.type == "mps" else device, quality, pieces)
    say(f"{count(len(configs), 'film')}, {count(len(places), 'worker')}{'' if in_place else '; dreams travel to this machine'}")
    return queue.Plan(root, places, in_place, here, fresh, any_device)


def _orders(films: Sequence[Request]) -> list[Order]:
    from render.many.queue import Order

    takes = [film.take and film.take.absolute() for film in films]
    return [Order(number, film.config, film.text, takes[number]) for number, film in enumerate(films)]


@dataclass
class _Report:
    """What is said of the films of a queue, and what came of them."""

    films: Sequence[Request]
    root: Path
    board: Board
    folders: dict[int, Path] = field(default_factory=dict)  # of the takes, by the numbers of the films
    worst: int = 0  # exit code

    def take(self, event: FilmEvent) -> None:
        """Say what befell a film."""
        from render.many.events import Done, Left, Lost, Said, Ticked
        from render.show.board import DONE, FAILED, LEFT, STOPPED

        film, number = self.films[event.number], event.number
        match event:
            case Ticked():
                self.board.note_tick(number, event.progress, event.where)
            case Said():
                say(printable(f"{film.config.name}: {event.words}"))
            case Done():
                finished = event.finished
                self.folders[number] = self.root / finished.folder.relative_to(self.root.absolute())
                self.worst = max(self.worst, _tell(film, finished, self.root))
                self.board.note_end(number, DONE if finished.whole else STOPPED)
            case Lost():
                say(printable(f"{film.config.name}: failed"))
                self.worst = max(self.worst, report_failure(event.error))
                self.board.note_end(number, FAILED)
            case Left():
                self.board.note_end(number, LEFT)


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
