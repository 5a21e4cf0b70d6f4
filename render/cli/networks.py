"""Networks: their layers, classes and what they see, and where their weights come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from render.cli.options import DEVICE, LABELS, NETWORK, WEIGHTS
from render.cli.prepare import fetch_published, naming, pick_device, quick_imports
from render.errors import ConfigError, RenderError, typed
from render.show.terminal import FilePath, out, say, usual_style

if TYPE_CHECKING:
    import torch

    from render.dream.network import Network


@click.command()
@NETWORK
@click.argument("query", default="")
@WEIGHTS
@click.option("--like", "like", type=FilePath(), metavar="PICTURE", help="Which channels of each see most in a picture.")
def layers(name: str, query: str, weights: Path | None, like: Path | None) -> None:
    """The layers of a network, or those whose name holds QUERY.

    NETWORK is bestiary, inception_v1 or a name of torchvision's. For each layer: its channels, how large a cell of it is, how
    much of the picture a cell sees, the smallest octave in which it has something to say, and what it gives. With --like, for
    each layer the channels that see most in a picture, as a line to paste into a film: render layers bestiary --like photo.jpg
    """
    say(f"{name}: reading it")  # seconds pass until torch is there

    from render.show import listing, responses

    network, none = _network(name, weights), f"{name} has no layer with {query!r} in its name"
    if not like:
        _list(listing.layers(network, query), none)
        return
    names = [layer for layer in network.layers if query in layer] if query else list(network.blocks or network.layers)
    _list(responses.lines(network, names, responses.picture_of(like)) if names else iter(()), none)


@click.command()
@NETWORK
@click.argument("query", default="")
@WEIGHTS
@LABELS
def classes(name: str, query: str, weights: Path | None, labels: Path | None) -> None:
    """The classes of a network, or those whose name holds QUERY."""
    say(f"{name}: reading it")  # seconds pass until torch is there

    from render.show import listing

    _list(listing.classes(_network(name, weights, labels), query), f"{name} has no class with {query!r} in its name")


def _list(lines: Iterator[str], none: str) -> None:
    """The lines; if there are none, an error that says so."""
    rows = list(lines)
    if not rows:
        raise ConfigError(none)
    for row in rows:
        out(row)


@click.command()
@NETWORK
@WEIGHTS
@LABELS
@click.option("--classes", "kinds", metavar="A,B,…", help="Classes by name or number, or all.")
@click.option("--layer", help="A layer, of which all channels are shown, or those of --channels.")
@click.option("--channels", metavar="0-31,40", help="Channels of the layer.")
@click.option("--photo", type=FilePath(), help="A picture on which layers are dreamed, beside noise.")
@click.option("--picture", type=FilePath(), help="A picture of yours on which all is dreamed: what sees most in it, first.")
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
    picture: Path | None,
    size: int,
    steps: int,
    seed: int,
    device: str,
    output: Path | None,
) -> None:
    """What a network sees, as a picture: its layers; or channels of one layer; or classes.

    \b
    render atlas bestiary                              its layers, and some channels of each, from noise
    render atlas bestiary --picture photo.jpg          the same on your picture: its layers, and what sees most in it
    render atlas bestiary --layer mid --channels 0-31
    """
    path = output or Path(f"{name}-atlas.png")
    if path.suffix.lower() != ".png":
        raise ConfigError(f"-o {path}: a sheet is a .png")
    if output and output.exists():
        raise ConfigError(f"-o {output}: is there already", "name another file, or remove this one first")
    if photo and picture:
        raise ConfigError("--photo shows a picture beside noise, and --picture in its place", "leave one of them out")
    say(f"{name}: dreaming its atlas")
    where = pick_device(device, path.parent)
    network = _network(name, weights, labels, where)

    from render.develop import files, stills
    from render.show import atlas as atlases
    from render.show.progress import STYLES
    from render.source.image import picture as picture_of

    file = photo or picture
    frame = picture_of(file, "cover", (size, size)) if file else None
    with naming("--classes" if kinds else "--layer or --channels" if channels else "--layer"):
        sheet = atlases.plan(network, kinds, layer, channels, bool(photo), where, frame if picture else None)
    plates = atlases.dream_plates(sheet, network, atlases.Recipe(size, steps, seed, frame, where))
    pictures: list[Any] = list(STYLES[usual_style()](plates, -1, len(sheet.plates) - 1, f"{name}, atlas"))
    files.write(path, stills.png(atlases.draw(sheet, pictures)))
    out(path)


def _network(name: str, weights: Path | None, labels: Path | None = None, device: torch.device | None = None) -> Network:
    with quick_imports():
        import torch

        from render.dream.registry import load as load_network

    if not weights:
        fetch_published([name])
    try:
        return load_network(name, weights, device or torch.device("cpu"), labels)
    except RenderError as error:
        hint = error.hint
        if error.continues and not weights:  # it may be no network at all: classes owl, atlas photo.jpg
            command = click.get_current_context().info_name
            rest = f"--picture {typed(name)}" if command == "atlas" and Path(name).is_file() else typed(name)
            hint = f"{hint}\na network comes first, as in render {command} efficientnet_lite0 {rest}"
        raise type(error)(error.about("the network"), hint) from error


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def weights(arguments: Sequence[str]) -> None:
    """Weights of networks by name: what can be had, what is here; get, verify, add."""
    from render.weights.command import weights

    with weights.make_context("render weights", list(arguments)) as context:  # not `main`: that ends with 1 where nobody reads
        weights.invoke(context)
