"""`render weights`: what can be had, what is here; get, verify, add. Words go to stderr, lines and paths to stdout."""

from __future__ import annotations

from pathlib import Path

import click

from render.errors import MissingError
from render.weights import cache, catalogue, store
from render.weights.catalogue import CATALOGUE

NAME = click.argument("name", metavar="NAME")


@click.group(name="weights", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def weights(ctx: click.Context) -> None:
    """Weights of networks by name: what can be had, what is here, how large.

    They are fetched when a film first names them, checked by their hash, and kept in the folder that RENDER_WEIGHTS names or
    in the system's cache. With RENDER_OFFLINE=1 nothing is fetched.
    """
    if ctx.invoked_subcommand is None:
        for line in listing():
            click.echo(line)
        say(f"and torchvision's classifiers by their names, such as resnet50; all are kept in {cache.folders()[0]}")


@weights.command()
@NAME
@click.option("--offline", is_flag=True, help="Never dial; say where the file can be had.")
def get(name: str, offline: bool) -> None:
    """Fetch the weights called NAME, or fetch a damaged file anew; the path goes to stdout."""
    click.echo(store.get(name, say, offline or None))


@weights.command()
@click.argument("name", required=False)
def verify(name: str | None) -> None:
    """Whether the file called NAME, or all that are here, have the hash they should have."""
    here = cache.present()
    if name and name not in here:
        entry = catalogue.entry(name)
        path = cache.find(entry)
        if not path:
            raise MissingError(f"{name}: {cache.state(entry)}", f"render weights get {name}")
        here[name] = path
    damaged = []
    for each in [name] if name else list(here):
        try:
            click.echo(f"{each}  {cache.verify(catalogue.entry(each), here[each], say)}  {here[each]}")
        except MissingError as damage:
            damaged.append(damage)
    if damaged:
        raise MissingError("\n".join(damage.message for damage in damaged), damaged[-1].hint)


@weights.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name", required=False)
def add(file: Path, name: str | None) -> None:
    """Keep a FILE that was fetched by hand; which it is its hash says, or NAME."""
    click.echo(store.add(file, name, say))


def listing() -> list[str]:
    """A line for every name: its state, its size, its licence."""
    here = cache.present()
    names = [*CATALOGUE, *(name for name in here if name not in CATALOGUE)]
    return [f"{name:24}{_state(name, here.get(name)):28}{_licence(name)}" for name in names]


def _state(name: str, path: Path | None) -> str:
    return f"here, {catalogue.megabytes(path.stat().st_size)}" if path else cache.state(CATALOGUE[name])


def _licence(name: str) -> str:
    return CATALOGUE[name].licence if name in CATALOGUE else catalogue.TORCHVISION


def say(words: str) -> None:
    """To the person."""
    click.echo(words, err=True)
