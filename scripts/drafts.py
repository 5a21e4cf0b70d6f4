"""Drafts. Does a draft show what the film shows? (films, ticks) -> how alike they are, and what a draft saves.

At each tick the film's picture is brought to the draft's size, and the film's own networks say what is strongest in each of
8x8 tiles: of a garden the kind, of a layer the channel. The share of tiles in which both have the same is the figure. Beside it
stands what the film has in common with itself when its jitter is a pixel less: dreams grow apart from the smallest difference,
and no draft can be nearer to a film than that.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import torch
import torch.nn.functional as F
from torch import Tensor

from render.config import Config
from render.config.draft import draft
from render.construct import build
from render.construct.networks import load_networks, prefix_of
from render.dream.network import CLASSES, Network
from render.dream.objective import normalize
from render.facts import load
from render.film import ticks
from render.picture.picture import resize

TILES = 8
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Dreamed:
    """Some ticks of a film."""

    canvases: dict[int, Tensor]
    seconds: float  # of a processor, for all ticks up to the last of them


def dream_film(config: Config, wanted: Sequence[int]) -> Dreamed:
    """The film dreamed up to the last of the ticks that are wanted."""
    start, canvases = process_time(), dict[int, Tensor]()
    for state in ticks(build(config, CPU)):
        if state.tick in wanted:
            canvases[state.tick] = state.canvas
        if state.tick == max(wanted):
            break
    return Dreamed(canvases, process_time() - start)


def strongest(config: Config, canvas: Tensor) -> Iterator[Tensor]:
    """For each objective the number of what is strongest in each tile, [8, 8]."""
    networks = load_networks(config, CPU, torch.float32, [])
    for term in config.dream.objective:
        network = networks[prefix_of(config, term)]
        layer = network.layer(getattr(term, "layer", None) or CLASSES)
        with torch.no_grad():
            features = network.extractor([layer], CPU)(canvas)[layer]
        features = normalize(network, layer, features)[:, _kinds(term, layer, network)]
        yield F.adaptive_avg_pool2d(features, (TILES, TILES))[0].argmax(0)


def _kinds(term: object, layer: str, network: Network) -> slice | list[int]:
    """The channels that the term asks for: the kinds of a garden, or all."""
    garden = getattr(term, "garden", "all")
    return slice(None) if garden == "all" else [network.channel(layer, kind) for kind in garden]


def agreement(config: Config, one: Tensor, other: Tensor, size: tuple[int, int]) -> float:
    """The share of tiles in which two pictures, brought to (height, width), have the same strongest thing."""
    pictures = (resize(canvas, size).clamp(0, 1) for canvas in (one, other))
    pairs = zip(*(strongest(config, picture) for picture in pictures), strict=True)
    return float(torch.stack([(first == second).float().mean() for first, second in pairs]).mean())


def figures(path: Path, wanted: Sequence[int], overrides: Sequence[str]) -> str:
    """A line on one film."""
    final = load(path, overrides)
    small = draft(final)
    nearly = final.model_copy(
        update={"dream": final.dream.model_copy(update={"jitter": final.dream.jitter.map("max(0, x - 1)")})}
    )
    whole, sketch, again = (dream_film(config, wanted) for config in (final, small, nearly))
    tick = max(wanted)
    size = (sketch.canvases[tick].shape[-2], sketch.canvases[tick].shape[-1])
    rows = (
        f"tick {tick}: {agreement(final, whole.canvases[tick], sketch.canvases[tick], size):.2f}"
        f" (itself {agreement(final, whole.canvases[tick], again.canvases[tick], size):.2f})"
        for tick in wanted
    )
    return f"{path.name} {' '.join(overrides)}: {', '.join(rows)}; {whole.seconds / sketch.seconds:.1f}x sooner"


def main(arguments: Sequence[str]) -> None:
    """See --help."""
    parser = argparse.ArgumentParser(prog="drafts", description="How much of a film its draft shows.")
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM")
    parser.add_argument("--ticks", default="10,40,80", help="those that are compared [10,40,80]")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args(arguments)
    for film in given.films:
        print(figures(film, [int(tick) for tick in given.ticks.split(",")], given.overrides), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
