"""Classes from noise. Is a banana a banana? (network, seed) -> classes drawn at random, dreamed, and named by two networks.

The dreaming network should put each of its dreams first, and a judge that had no part in it among its first five. The
film is a still of what a user writes for a thing from noise. Exits 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from hold import sheet
from measures import Pixels
from torch import Tensor

from render.config import load_text
from render.construct import build
from render.dream import registry
from render.dream.network import CLASSES, Network
from render.errors import RenderError
from render.film import begin

CPU = torch.device("cpu")
CONFIG = """
seed: 4
size: {size}
duration: 1 frames
source: {{noise: {{contrast: 0.1}}}}
dream:
  network: {{inception_v1: {weights}}}
  objective: {{class: {index}}}
  parametrisation: fourier
  first_steps: 65
  octaves: 2
  octave_scale: 1.5
  step_size: 0.02
  jitter: 16
  jitter_turn: 10
  jitter_scale: 1.15
  smoothing: 0
  chroma: 1
"""
LITE0 = """
seed: 4
size: {size}
duration: 1 frames
source: {{noise: {{contrast: 0.1}}}}
dream: {{network: efficientnet_lite0, objective: {{class: {index}}}}}
"""  # all else is what the network's classes take from noise
TOP_ONE, TOP_FIVE = 0.97, 0.75  # shares that the network itself and the judge have to name


@dataclass(frozen=True)
class Named:
    """A dream of a class, and the place that each network gives it among all classes, 1 the first."""

    label: str
    picture: Pixels
    own: int
    judged: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.own:4d} {self.judged:4d}  {self.seconds:5.1f} s  {self.label}"


def place(judge: Network, picture: Tensor, index: int) -> int:
    """Which place a class has among the classes that a network sees in a picture."""
    with torch.no_grad():
        logits = judge.extractor([CLASSES], CPU)(picture)[CLASSES].mean((0, 2, 3))
    return int((logits > logits[index]).sum()) + 1


def dreamed(asked: argparse.Namespace, dreamer: Network, judge: Network, indices: Sequence[int]) -> Iterator[Named]:
    """A dream of each class."""
    form, weights = (CONFIG, json.dumps(str(asked.weights.absolute()))) if asked.weights else (LITE0, "")
    for index in indices:
        text = form.format(size=asked.size, weights=weights, index=index)
        film = build(load_text(text, "bench.yaml", overrides=asked.set), CPU)
        begun = perf_counter()
        picture = begin(film).canvas
        spent = perf_counter() - begun
        own, judged = place(dreamer, picture, index), place(judge, picture, index)
        label = dreamer.labels[index].split(",")[0]
        yield Named(label, picture[0].permute(1, 2, 0).numpy(), own, judged, spent)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = argparse.ArgumentParser("scripts/bench_classes", description=__doc__)
    words.add_argument("--weights", type=Path, help="of the original GoogLeNet; without: efficientnet_lite0 dreams")
    words.add_argument("--judge", default="squeezenet1_1", metavar="NAME=FILE", help="another network and its weights")
    words.add_argument("--count", type=int, default=40, help="of classes")
    words.add_argument("--seed", type=int, default=2015, help="by which they are drawn")
    words.add_argument("--size", default="288x288")
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another setting of the film")
    words.add_argument("--sheet", type=Path, help="a PNG to write the dreams to, in rows of four")
    return words.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every bar is met, 1 if one is missed, 2 or 3 if nothing could be dreamed."""
    asked = options(arguments)
    torch.set_num_threads(asked.threads)
    name, _, file = asked.judge.partition("=")
    found: list[Named] = []
    try:
        dreamer = registry.load("inception_v1" if asked.weights else "efficientnet_lite0", asked.weights, CPU)
        judge = registry.load(name, Path(file) if file else None, CPU)
        indices = random.Random(asked.seed).sample(range(len(dreamer.labels)), asked.count)
        for one in dreamed(asked, dreamer, judge, indices):
            print(one, flush=True)
            found.append(one)
            if asked.sheet:
                sheet([each.picture for each in found], asked.sheet)
    except RenderError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    own = sum(one.own == 1 for one in found) / len(found)
    judged = sum(one.judged <= 5 for one in found) / len(found)
    print(f"{100 * own:.1f} % are first for the network itself ({100 * TOP_ONE:g} %)")
    print(f"{100 * judged:.1f} % are among the first five of {name} ({100 * TOP_FIVE:g} %)")
    print(f"{sum(one.seconds for one in found) / len(found):.1f} s a class on {asked.threads} threads")
    return 0 if own >= TOP_ONE and judged >= TOP_FIVE else 1


if __name__ == "__main__":
    raise SystemExit(main())
