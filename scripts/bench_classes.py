"""Classes from noise. Is a banana a banana? (network, seed) -> classes drawn at random, dreamed, and named by other networks.

The dreaming network should put each of its dreams first, and judges that had no part in it among their first five. The
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
TOP_ONE = {"inception_v1": 0.97, "efficientnet_lite0": 0.0}  # share that the network itself has to put first, if any
TOP_FIVE = {  # dreaming network, judge -> share that the judge has to have among its first five
    ("inception_v1", "squeezenet1_1"): 0.75,
    ("efficientnet_lite0", "inception_v1"): 0.6,
    ("efficientnet_lite0", "squeezenet1_1"): 0.5,
}


@dataclass(frozen=True)
class Named:
    """A dream of a class, and the place that each network gives it among all classes, 1 the first."""

    label: str
    picture: Pixels
    own: int
    judged: tuple[int, ...]  # by each judge
    seconds: float

    def __str__(self) -> str:
        return "".join(f"{place:5d}" for place in (self.own, *self.judged)) + f"  {self.seconds:5.1f} s  {self.label}"


def place(judge: Network, picture: Tensor, index: int) -> int:
    """Which place a class has among the classes that a network sees in a picture."""
    with torch.no_grad():
        logits = judge.extractor([CLASSES], CPU)(picture)[CLASSES].mean((0, 2, 3))
    return int((logits > logits[index]).sum()) + 1


def dreamed(asked: argparse.Namespace, dreamer: Network, judges: Sequence[Network], indices: Sequence[int]) -> Iterator[Named]:
    """A dream of each class."""
    form, weights = (CONFIG, json.dumps(str(asked.weights.absolute()))) if asked.weights else (LITE0, "")
    for index in indices:
        text = form.format(size=asked.size, weights=weights, index=index)
        film = build(load_text(text, "bench.yaml", overrides=asked.set), CPU)
        begun = perf_counter()
        picture = begin(film).canvas
        spent = perf_counter() - begun
        own, judged = place(dreamer, picture, index), tuple(place(judge, picture, index) for judge in judges)
        label = dreamer.labels[index].split(",")[0]
        yield Named(label, picture[0].permute(1, 2, 0).numpy(), own, judged, spent)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = argparse.ArgumentParser("scripts/bench_classes", description=__doc__)
    words.add_argument("--weights", type=Path, help="of the original GoogLeNet; without: efficientnet_lite0 dreams")
    words.add_argument("--judge", action="append", metavar="NAME=FILE", help="another network and its weights; may be repeated")
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
    dreamer_name = "inception_v1" if asked.weights else "efficientnet_lite0"
    names = [judge.partition("=")[::2] for judge in asked.judge or ["squeezenet1_1"]]
    found: list[Named] = []
    try:
        dreamer = registry.load(dreamer_name, asked.weights, CPU)
        judges = [registry.load(name, Path(file) if file else None, CPU) for name, file in names]
        indices = random.Random(asked.seed).sample(range(len(dreamer.labels)), asked.count)
        for one in dreamed(asked, dreamer, judges, indices):
            print(one, flush=True)
            found.append(one)
            if asked.sheet:
                sheet([each.picture for each in found], asked.sheet)
    except RenderError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    shares = [("are first for the network itself", sum(one.own == 1 for one in found) / len(found), TOP_ONE[dreamer_name])]
    for index, (name, _) in enumerate(names):
        share = sum(one.judged[index] <= 5 for one in found) / len(found)
        shares.append((f"are among the first five of {name}", share, TOP_FIVE.get((dreamer_name, name), 0.0)))
    for what, share, bar in shares:
        print(f"{100 * share:.1f} % {what}" + (f" ({100 * bar:g} %)" if bar else ""))
    print(f"{sum(one.seconds for one in found) / len(found):.1f} s a class on {asked.threads} threads")
    return 0 if all(share >= bar for _, share, bar in shares) else 1


if __name__ == "__main__":
    raise SystemExit(main())
