"""Following. Is a film that follows a smaller take of it that film, with finer detail? (films, sizes) -> figures, and a sheet.

A film is dreamed small, large by itself, and large following the small one. At each tick that is asked for: PSNR of the large
one, brought to the small size, to the small one; the share of 8x8 tiles in which both have the same strongest kind or channel,
as scripts/drafts measures it; fine detail, of the film by itself 1. Pumping is how far the change from frame to frame rises and
falls with the dreams: the deviation of its means over the frames between two ticks, of its mean.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from drafts import agreement
from PIL import Image
from torch import Tensor

from render.config import Config
from render.construct import build
from render.develop.negative import Negative
from render.facts import load
from render.film import ticks
from render.frames import at_rate, frames_in
from render.picture.colour import fine
from render.picture.picture import resize, to_pixels

CPU = torch.device("cpu")
BETWEEN = 4  # frames from a tick to the next, by which pumping is measured


def dream_film(config: Config, last: int) -> list[Tensor]:
    """The film's ticks up to one of them."""
    film, canvases = build(config, CPU), list[Tensor]()
    for state in ticks(film):
        canvases.append(state.canvas)
        if state.tick >= last:
            break
    return canvases


def write_take(folder: Path, config: Config, canvases: Sequence[Tensor]) -> None:
    """What of a take is followed: its settings and its dreams."""
    (folder / "resolved.yaml").write_text(config.yaml(), encoding="utf-8")
    negative = Negative(folder / "negative")
    negative.folder.mkdir()
    for tick, canvas in enumerate(canvases):
        negative.keep(tick, to_pixels(canvas, np.uint16), {})


def pumping(config: Config, canvases: Sequence[Tensor]) -> float:
    """How far the change from frame to frame goes up and down between ticks, as a share of its mean."""
    scene = build(config, CPU).scene
    clock = at_rate(scene.clock, Fraction(BETWEEN) * scene.clock.rate, scene.loop)
    wanted = range(0, BETWEEN * (len(canvases) - 1) + 1)
    frames = list(frames_in(scene, lambda start, step: iter(canvases[start::step]), clock, wanted))
    changes = [float((after - before).square().mean().sqrt()) for before, after in pairwise(frames)]
    phases = np.array(changes[BETWEEN:]).reshape(-1, BETWEEN).mean(0)
    return float(phases.std() / phases.mean())


def psnr(one: Tensor, other: Tensor) -> float:
    """In dB."""
    return float(-10 * (one - other).square().mean().log10())


def draw(path: Path, shown: Sequence[Sequence[Tensor]], wanted: Sequence[int]) -> None:
    """A sheet: a row a tick; the small film enlarged by Lanczos, the large one by itself, the large one that follows."""
    height, width = shown[-1][0].shape[-2:]
    sheet = Image.new("RGB", (width * len(shown), height * len(wanted)))
    for row, tick in enumerate(wanted):
        for column, canvases in enumerate(shown):
            picture = Image.fromarray(to_pixels(canvases[tick])).resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(picture, (column * width, row * height))
    sheet.save(path)


def main(arguments: Sequence[str]) -> None:
    """See --help."""
    parser = argparse.ArgumentParser(prog="follow", description="How like a film that follows a smaller take is to that take.")
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM")
    parser.add_argument("--small", default="160x90", help="the take's size [160x90]")
    parser.add_argument("--large", default="320x180", help="the film's [320x180]")
    parser.add_argument("--ticks", default="0,10,20", help="those that are compared [0,10,20]")
    parser.add_argument("--strength", default="0.8", help="how firmly it follows [0.8]")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="draw them side by side, for the last film")
    given = parser.parse_args(arguments)
    wanted = [int(tick) for tick in given.ticks.split(",")]
    for path in given.films:
        print(f"{path.name} {given.small} to {given.large} {' '.join(given.overrides)}")
        shown = compare(path, given, wanted)
        if given.sheet:
            draw(given.sheet, shown, wanted)


def compare(path: Path, given: argparse.Namespace, wanted: Sequence[int]) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Print the figures of a film: the ticks of it small, large by itself, and large following the small one."""
    settings = ["dream.precision=float32", *given.overrides]
    little, alone = (load(path, [*settings, f"size={size}"]) for size in (given.small, given.large))
    small, free = dream_film(little, max(wanted)), dream_film(alone, max(wanted))
    with TemporaryDirectory() as folder:
        write_take(Path(folder), little, small)
        follow = [f"follow.take={folder}", f"follow.strength={given.strength}"]
        led = load(path, [*settings, f"size={given.large}", *follow])
        large = dream_film(led, max(wanted))
        for name, canvases in (("by itself", free), ("following", large)):
            for tick in wanted:
                print(f"  {name}, tick {tick}: {likeness(little, canvases[tick], small[tick], free[tick])}")
            print(f"  {name}, pumping {pumping(led, canvases):.3f}", flush=True)
    return small, free, large


def likeness(little: Config, canvas: Tensor, small: Tensor, free: Tensor) -> str:
    """How like a tick is to the small film's, and how much finer its detail is than that of the film by itself."""
    size = (small.shape[-2], small.shape[-1])
    low = resize(canvas, size).clamp(0, 1)
    detail = float(fine(canvas) / fine(free).clamp_min(1e-12))
    return f"{psnr(low, small):.1f} dB, alike {agreement(little, canvas, small, size):.2f}, fine {detail:.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
