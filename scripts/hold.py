"""Holding. Does a dream hold for a thousand ticks? (photo, network) -> measures of every tick, and a verdict for each bar.

A film that is fed back to itself burns, blurs or freezes. This makes the film of the classic case: a photo on the original
GoogLeNet, layer inception_4c, x1.025 a tick, and says in numbers whether it did. With --pump: whether frames between ticks are
as crisp as the ticks, at x1.08 a tick.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic

import measures
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from render.config import load_text
from render.construct import build
from render.errors import RenderError
from render.film import Film, State, ticks
from render.frames import frames
from render.picture.picture import to_pixels

RATE = 8  # ticks a second; only their number matters
TILES = 4  # the frame is looked at in 4x4
APART = 100  # ticks after which something new must have come
SETTLED = 10  # ticks in which the photo's own tone may still move to the one that is held
VARIETY = 0.3  # as much as one texture repeated without end gives at most; photographs give 0.88 (docs/BENCH.md)
CONTRAST = (0.15, 0.25)  # the reference is the photo's own, within these


@dataclass(frozen=True)
class Row:
    """What was measured of a tick. tiles: [16, C], how loud each channel of the layer is on average in each of 4x4 tiles."""

    tick: int
    mean: NDArray[np.float64]
    contrast: float
    clipped: float
    fine: float
    band: float
    tiles: NDArray[np.float32]

    def __str__(self) -> str:
        mean = " ".join(f"{value:.3f}" for value in self.mean)
        return (
            f"tick {self.tick:5d}  mean {mean}  contrast {self.contrast:.3f}  clipped {100 * self.clipped:4.1f} %"
            f"  fine {self.fine:.6f}  band {self.band:.2f}"
        )


@dataclass(frozen=True)
class Verdict:
    """A bar: what it is about, the value that comes nearest to missing it, and between what it must lie."""

    bar: str
    value: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        """Whether the bar was met; what is not a number was not."""
        return self.low <= self.value <= self.high

    def __str__(self) -> str:
        return f"{'ok  ' if self.met else 'MISS'}  {self.bar}: {self.value:.3f}  ({self.low:g} to {self.high:g})"


def make_film(
    photo: Path | None, network: str, layer: str, size: str, count: int, zoom: float, more: Sequence[str] = ()
) -> Film:
    """The film of `count` ticks after the first, `zoom` times a tick, frames four times as often; of a photo, or of noise."""
    source = f"image: {json.dumps(str(photo.absolute()))}" if photo else "noise: perlin"
    text = f"""
source: {{{source}}}
size: {size}
fps: {4 * RATE}
duration: {4 * count + 1} frames
motion: {{zoom: {zoom**RATE!r}}}
dream: {{rate: {RATE}, network: {network}, objective: {{layer: {layer}}}, octaves: 2, steps: 2}}
"""
    return build(load_text(text, "hold.yaml", overrides=more), torch.device("cpu"))


def pixels(frame: Tensor) -> measures.Pixels:
    """[H, W, 3] of a frame."""
    return frame[0].permute(1, 2, 0).cpu().numpy()


def loudness(film: Film, layer: str, canvas: Tensor) -> NDArray[np.float32]:
    """[16, C]: how loud each channel is on average in each of 4x4 tiles."""
    with torch.no_grad():
        tiles = F.adaptive_avg_pool2d(film.extract(canvas)[layer].float(), TILES)
    return tiles[0].flatten(1).T.cpu().numpy()


def measure(film: Film, layer: str, states: Iterable[State]) -> Iterator[Row]:
    """A row for each state."""
    for state in states:
        frame = pixels(state.canvas)
        mean, contrast = measures.tone(frame)
        yield Row(
            state.tick,
            mean,
            contrast,
            measures.clipped(frame),
            measures.fine(frame),
            measures.band(frame),
            loudness(film, layer, state.canvas),
        )


def reference(photo: measures.Pixels) -> tuple[NDArray[np.float64], float]:
    """What is held: the photo's channel means and its contrast within CONTRAST."""
    mean, contrast = measures.tone(photo)
    return mean, min(max(contrast, CONTRAST[0]), CONTRAST[1])


def verdicts(rows: Sequence[Row], mean: NDArray[np.float64], contrast: float) -> list[Verdict]:
    """The bars of a film of more than APART ticks; the worst of all settled ticks counts."""
    settled = rows[SETTLED:]
    strayed = measures.worst([row.contrast / contrast for row in settled], 0.8, 1.2)
    early = rows[min(APART, len(rows) // 2)]
    late = rows[-min(2 * APART, len(rows)) :]
    return [
        Verdict("channel means less the reference's", max(float(np.abs(row.mean - mean).max()) for row in settled), 0, 0.06),
        Verdict("contrast by the reference's", strayed, 0.8, 1.2),
        Verdict("share of clipped values", max(row.clipped for row in settled), 0, 0.03),
        Verdict(f"fine detail at the end by that of tick {early.tick}", rows[-1].fine / max(early.fine, 1e-12), 0.6, 1.6),
        Verdict(f"border band, mean of the last {len(late)}", float(np.mean([row.band for row in late])), 0.65, 1.5),
        Verdict(f"fewest tiles of 16 that changed in {APART} ticks", fewest_changed(rows), TILES**2 / 2, TILES**2),
        Verdict("share of a tile that is its own", variety(rows), VARIETY, 1),
    ]


def fewest_changed(rows: Sequence[Row]) -> float:
    """Of all pairs of ticks that lie APART, the fewest tiles in which another channel stands out.

    What stands out is the channel that is loudest by what it is in the film as a whole. By itself the loudest may be one in
    most tiles of a film whose pictures have nothing in common: channel 139 of efficientnet_lite0's block_12 is what that layer
    dreams of everywhere. What all tiles have in common is measured by `variety`.
    """
    tiles = np.stack([row.tiles for row in rows])
    strongest = (tiles - tiles[SETTLED:].mean((0, 1))).argmax(2)
    return float(min((strongest[:-APART] != strongest[APART:]).sum(1), default=float("nan")))


def variety(rows: Sequence[Row]) -> float:
    """How much of what the layer sees in a tile is that tile's own, 0..1: 0 is one texture, everywhere and for ever."""
    tiles = np.concatenate([row.tiles for row in rows[SETTLED:]])
    return float(1 - np.square(tiles.mean(0)).sum() / np.square(tiles).sum(1).mean())


def pumping(film: Film) -> Verdict:
    """Fine detail of each frame between two ticks, by that of the ticks beside it; tick 0, the photo's own, counts not."""
    clock = film.scene.clock
    states = [state.canvas for state in ticks(film)]
    there = [measures.fine(pixels(canvas)) for canvas in states]
    ratios = []
    for index, frame in enumerate(frames(film.scene, states, clock)):
        tick, u = clock.beside(index / clock.fps)
        if u and tick:
            ratios.append(measures.fine(pixels(frame)) / ((1 - u) * there[tick] + u * there[tick + 1]))
    return Verdict("fine detail between ticks by that of ticks", measures.worst(ratios, 0.85, 1.2), 0.85, 1.2)


def sheet(pictures: Sequence[measures.Pixels], path: Path) -> None:
    """The pictures side by side in rows of four, as a PNG."""
    from render.develop.stills import png

    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // 4)
    page = np.zeros((rows * height, min(4, len(pictures)) * width, 3), np.uint8)
    for index, picture in enumerate(pictures):
        down, across = index // 4 * height, index % 4 * width
        page[down : down + height, across : across + width] = (picture * 255).round()
    path.write_bytes(png(page))


def print_some(rows: Iterable[Row], count: int) -> Iterator[Row]:
    """The same rows, every hundredth one printed."""
    begun = monotonic()
    for row in rows:
        if row.tick % 100 == 0 or row.tick == count:
            print(f"{row}  {monotonic() - begun:6.0f} s", flush=True)
        yield row


def keep_pictures(states: Iterable[State], wanted: set[int], into: list[measures.Pixels]) -> Iterator[State]:
    """The same states; the pictures of the `wanted` ticks are kept."""
    for state in states:
        if state.tick in wanted:
            into.append(to_pixels(state.canvas).astype(np.float32) / 255)
        yield state


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = argparse.ArgumentParser("scripts/hold", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--photo", type=Path, help="the picture that is dreamed upon; without: noise")
    words.add_argument("--weights", type=Path, help="of the original GoogLeNet; without: the embedded network, layer texture")
    words.add_argument("--layer", help="default: inception_4c")
    words.add_argument("--ticks", type=int, default=1000)
    words.add_argument("--size", default="256x144")
    words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another setting of the film")
    words.add_argument("--pump", action="store_true", help="measure frames between ticks too")
    words.add_argument("--sheet", type=Path, help="a PNG to write ticks 0 100 200 400 600 800 1000 to")
    return words.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every bar is met, 1 if one is missed, 2 or 3 if the film cannot be made."""
    asked = options(arguments)
    network = f"{{inception_v1: {json.dumps(str(asked.weights.absolute()))}}}" if asked.weights else "bestiary"
    layer = asked.layer or ("inception_4c" if asked.weights else "texture")
    try:
        film = make_film(asked.photo, network, layer, asked.size, asked.ticks, 1.025, asked.set)
        between = make_film(asked.photo, network, layer, asked.size, 12, 1.08, asked.set)
    except RenderError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    pictures: list[measures.Pixels] = []
    states = keep_pictures(ticks(film), {0, 100, 200, 400, 600, 800, 1000, asked.ticks}, pictures)
    rows = list(print_some(measure(film, layer, islice(states, asked.ticks + 1)), asked.ticks))
    bars = verdicts(rows, *reference(pixels(film.scene.picture(film.scene.clock.tick(0)))))
    bars += [pumping(between)] if asked.pump else []
    print(*bars, sep="\n")
    if asked.sheet:
        sheet(pictures, asked.sheet)
    return 0 if all(verdict.met for verdict in bars) else 1


if __name__ == "__main__":
    raise SystemExit(main())
