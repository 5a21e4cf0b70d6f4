"""All figures of the bestiary's weights, by one command: what they know, what their dreams are worth, how fast they dream.

`scripts/bestiary_figures` needs the judge that `scripts/train_bestiary --judge` makes; about 25 minutes on two idle CPU
cores, most of them for the dreams of classes and the film of 300 ticks. `--quick` takes a share of everything. Held-out
pictures come from seeds that training never draws from. Ends with 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import cv2
import measures
import numpy as np
import torch
import torch.nn.functional as F
from bench import googlenet
from hold import Verdict
from safetensors.torch import save_file
from torch import Tensor, nn

from bestiary import judge as judging
from bestiary.generator import picture
from bestiary.motifs import MOTIFS
from render.config import load_text
from render.construct import build
from render.dream import objective, registry
from render.dream.bestiary import model
from render.dream.network import CLASSES, Extractor, Network
from render.dream.objective import Objective
from render.dream.view import view_of
from render.film import ticks
from render.show import atlas

HELD_OUT = 2  # the seed of the pictures kept for judging; training uses 1
SIZE, EPS, PGD_STEPS = 64, 1.0, 20
DREAM, SEEDS, STEPS = 128, 8, 32  # pixels of a class's dream, how many of each, steps an octave
LEVEL, LEVEL_SEEDS = 192, 3  # pixels of a level's dream, and how many
SIGHT = 64  # pixels of a tile of a level's dream that is compared with the others
STEP_SIZE = (270, 480)  # of the canvas that a step's time is told of
SCENE = Path(__file__).parents[2] / "configs" / "zoom.yaml"
SCENE_TICKS, EVERY, APART = 300, 10, 100
KIND, SURE = 90, 0.4  # pixels of a tile of the film, and the probability from which on the judge's word counts
PATCH, FLAT = 24, 0.02  # pixels of a patch; one whose colours deviate less than that is flat
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Level:
    """A level's dreams from noise.

    frequency: cycles in 100 pixels of the luminance, mean. colour: Hasler and Suesstrunk's (2003), of 0..255: 15 is slight, 33
    moderate, 59 strong. midtones: share of luminance between a fifth and four fifths. motifs: 0..1, how unlike the judge finds
    the tiles of one dream.
    """

    frequency: float
    colour: float
    midtones: float
    motifs: float


@dataclass(frozen=True)
class FilmFigures:
    """What the judge says of the first film, every so many ticks."""

    ticks: int  # how many the film has
    fewest_kinds: int  # that are named on a frame
    usual_kinds: float  # the median of the same
    least_change: float  # share of a frame's kinds that are gone after APART ticks
    usual_change: float  # the median of the same
    flat: float  # the largest flat share of a frame
    sure: float  # share of tiles of which the judge is sure


@dataclass(frozen=True)
class Figures:
    """All that is measured of one weights file; accuracies in per cent."""

    parameters: int
    bytes: int  # of the file
    sha256: str  # of the file
    clean_pictures: int  # how many held-out pictures were named
    clean: float  # accuracy on them
    clean_by_kind: dict[str, float]
    attack: str  # in words
    robust_pictures: int  # how many of the held-out pictures were attacked
    robust: float  # accuracy on them
    robust_by_kind: dict[str, float]
    judge: float  # the judge's own accuracy on the held-out pictures
    dreams: int  # how many classes were dreamed, seeds times kinds
    dreamed: float  # share of dreams whose kind the judge names
    dreamed_by_kind: dict[str, float]
    levels: dict[str, Level]
    step_ms: float  # milliseconds of a garden's step
    step_of_googlenet: float  # the same as a share of a step of GoogLeNet's
    scene: FilmFigures


# ---- what the network knows


def normalise(pictures: Tensor) -> Tensor:
    """RGB 0..1 as the network takes it."""
    mean, std = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (model.MEAN, model.STD))
    return (pictures - mean) / std


def length(shift: Tensor) -> Tensor:
    """The L2 lengths [n,1,1,1] of shifts [n,...]."""
    return shift.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)


def draw_held_out(count: int, seed: int = HELD_OUT) -> tuple[Tensor, Tensor]:
    """Pictures [count,3,64,64] 0..1 and labels, the kinds in turn."""
    pixels = [picture(MOTIFS[i % len(MOTIFS)], np.random.default_rng([seed, i]), SIZE) for i in range(count)]
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 255, torch.arange(count) % len(MOTIFS)


def correct(network: nn.Module, pictures: Tensor, labels: Tensor) -> Tensor:
    """Which pictures the network names rightly."""
    with torch.no_grad():
        parts = [model.logits(network(normalise(part))).argmax(1) for part in pictures.split(128)]
    return torch.cat(parts) == labels


def attack(network: nn.Module, pictures: Tensor, labels: Tensor, eps: float = EPS, steps: int = PGD_STEPS) -> Tensor:
    """The pictures after projected gradient ascent on the loss, within an L2 ball of eps about them, from a random start."""
    start = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(11))
    shift = start / length(start) * eps * 0.5
    for _ in range(steps):
        canvas = (pictures + shift).clamp(0, 1).requires_grad_(True)
        loss = F.cross_entropy(model.logits(network(normalise(canvas))), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, canvas)
        shift = (canvas.detach() - pictures) + slope / length(slope) * eps * 0.2
        shift = shift * (eps / length(shift)).clamp_max(1)
    return (pictures + shift).clamp(0, 1)


# ---- what its dreams are worth


def dreams(sheet: atlas.Sheet, dreamer: Network, size: int, seed: int, steps: int = STEPS) -> Tensor:
    """The sheet's plates, dreamed as an atlas dreams them: [n,3,size,size] 0..1."""
    plates = list(atlas.dream_plates(sheet, dreamer, atlas.Recipe(size, steps, seed)))
    return torch.from_numpy(np.stack(plates)).permute(0, 3, 1, 2).float() / 255


def recognition(dreamer: Network, judge: nn.Module, seeds: int) -> Tensor:
    """[seeds, kinds]: whether the judge names the kind of a dream, which it looks at as a whole."""
    sheet, labels = atlas.of_classes(dreamer, []), torch.arange(len(dreamer.labels))
    rounds = [dreams(sheet, dreamer, DREAM, 1000 * (seed + 1)) for seed in range(seeds)]
    pictures = [F.interpolate(shown, (SIZE, SIZE), mode="area") for shown in rounds]
    return torch.stack([judging.probabilities(judge, batch).argmax(1) == labels for batch in pictures])


def level(shown: Tensor, judge: nn.Sequential) -> Level:
    """What is measured of a level's dreams [n,3,s,s]."""
    frames = [plate.permute(1, 2, 0).numpy() for plate in shown]
    return Level(
        frequency=round(fmean(map(frequency, frames)), 2),
        colour=round(fmean(map(colourfulness, frames)), 1),
        midtones=round(fmean(float(np.mean(np.abs(frame @ measures.LUMA - 0.5) < 0.3)) for frame in frames), 3),
        motifs=round(fmean(unlike(plate[None], judge) for plate in shown), 3),
    )


def frequency(frame: measures.Pixels) -> float:
    """The mean frequency of the luminance's power, cycles in 100 pixels."""
    light = frame @ measures.LUMA
    window = np.outer(np.hanning(light.shape[0]), np.hanning(light.shape[1]))
    power = np.abs(np.fft.fft2((light - light.mean()) * window)) ** 2
    waves = np.hypot(np.fft.fftfreq(light.shape[0])[:, None], np.fft.fftfreq(light.shape[1]))
    return float(100 * (waves * power).sum() / power.sum())


def colourfulness(frame: measures.Pixels) -> float:
    """Hasler and Suesstrunk's measure, of the range 0..255."""
    red, green, blue = np.moveaxis(255 * frame, 2, 0)
    across, along = red - green, (red + green) / 2 - blue
    return float(np.hypot(across.std(), along.std()) + 0.3 * np.hypot(across.mean(), along.mean()))


def unlike(shown: Tensor, judge: nn.Sequential) -> float:
    """1 less the mean likeness (cosine) of a dream's tiles, as the judge's last features but the classes have it."""
    with torch.no_grad():
        features = F.normalize(judge[:-1](judging.tiles(shown, SIGHT)), dim=1)
    n = len(features)
    return float(1 - ((features @ features.T).sum() - n) / (n * n - n))


# ---- how fast it dreams


def step_times(weights: Path, pairs: int) -> tuple[float, float]:
    """Milliseconds of a garden's step, and its share of a step of torchvision's GoogLeNet to inception4c: medians of pairs."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "googlenet.safetensors"
        save_file(googlenet().state_dict(), file)
        classic, ours = registry.load("googlenet", file, CPU), registry.load("bestiary", weights, CPU)
    kinds = len(ours.labels)
    share = torch.full((1, kinds, 1, 1), 1 / kinds)
    rows = [
        (ours.extractor([CLASSES], CPU), objective.garden(ours, CLASSES, range(kinds), lambda xy: share)),
        (classic.extractor(["inception4c"], CPU), objective.layer(classic, "inception4c")),
    ]
    times = np.array([[_step_time(extract, term) for extract, term in rows] for _ in range(pairs)])
    return round(float(np.median(times[:, 0])), 1), round(float(np.median(times[:, 0] / times[:, 1])), 3)


def _step_time(extract: Extractor, term: Objective) -> float:
    view = view_of(torch.zeros(1, 3, *STEP_SIZE))
    canvas = torch.rand(1, 3, *STEP_SIZE).contiguous(memory_format=torch.channels_last).requires_grad_(True)
    start = time.perf_counter()
    torch.autograd.grad(term.score(extract(canvas), view), canvas)
    return (time.perf_counter() - start) * 1000


# ---- the film that everybody sees first


def film_figures(weights: Path, judge: nn.Module, last: int, sheet: Path | None) -> FilmFigures:
    """The first film, as long as it takes for so many ticks, judged every tenth of them."""
    text = SCENE.read_text("utf-8")
    rate = load_text(text, SCENE.name, folder=SCENE.parent).clock.rate
    longer = [f"duration={float(last / rate)}s", f"dream.network={{bestiary: {json.dumps(str(weights.absolute()))}}}"]
    film = build(load_text(text, SCENE.name, folder=SCENE.parent, overrides=longer), CPU)
    canvases = [state.canvas for state in ticks(film) if state.tick % EVERY == 0 and state.tick <= last]
    if sheet:
        _ten_frames(canvases, sheet)
    best = [judging.probabilities(judge, judging.tiles(canvas, KIND)).max(1) for canvas in canvases]
    kinds = [set(kind[sure >= SURE].tolist()) for sure, kind in best]
    gone = [1 - len(a & b) / max(len(a), 1) for a, b in zip(kinds, kinds[APART // EVERY :], strict=False)]
    return FilmFigures(
        ticks=last,
        fewest_kinds=min(map(len, kinds)),
        usual_kinds=median(map(len, kinds)),
        least_change=round(min(gone, default=0.0), 2),
        usual_change=round(median(gone), 2) if gone else 0.0,
        flat=round(max(flat(canvas[0].permute(1, 2, 0).numpy()) for canvas in canvases), 3),
        sure=round(fmean(float((sure >= SURE).float().mean()) for sure, _ in best), 2),
    )


def flat(frame: measures.Pixels) -> float:
    """The share of a frame that its largest flat patch takes."""
    mean, square = (cv2.blur(values, (PATCH, PATCH)) for values in (frame, frame**2))
    calm = (np.sqrt(np.maximum(square - mean**2, 0)).max(2) < FLAT).astype(np.uint8)
    _, _, areas, _ = cv2.connectedComponentsWithStats(calm)
    return float(areas[1:, cv2.CC_STAT_AREA].max(initial=0)) / calm.size


def _ten_frames(canvases: list[Tensor], file: Path) -> None:
    from hold import sheet

    chosen = [canvases[round(i * (len(canvases) - 1) / 9)] for i in range(10)]
    sheet([canvas[0].permute(1, 2, 0).numpy() for canvas in chosen], file)


# ---- all of it


def percent(hits: Tensor) -> float:
    return round(100 * hits.float().mean().item(), 1)


def figures(weights: Path, judge_file: Path, quick: bool = False, film_sheet: Path | None = None) -> Figures:
    """All figures; quick: a share of the pictures, dreams and ticks."""
    clean, robust, seeds, last = (4 * len(MOTIFS), 2 * len(MOTIFS), 2, 60) if quick else (1148, 328, SEEDS, SCENE_TICKS)
    classifier, dreamer = nn.Sequential(model.stages(weights)), registry.load("bestiary", weights, CPU)
    judge = judging.load(judge_file)
    pictures, labels = draw_held_out(clean)
    clean_hits = correct(classifier, pictures, labels)
    few = zip(pictures[:robust].split(82), labels[:robust].split(82), strict=True)
    robust_hits = torch.cat([correct(classifier, attack(classifier, part, kinds), kinds) for part, kinds in few])
    dream_hits = recognition(dreamer, judge, seeds)
    step_ms, step_share = step_times(weights, 5 if quick else 15)
    return Figures(
        parameters=sum(p.numel() for p in classifier.parameters()),
        bytes=weights.stat().st_size,
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
        clean_pictures=clean,
        clean=percent(clean_hits),
        clean_by_kind={m.name: percent(clean_hits[labels == k]) for k, m in enumerate(MOTIFS)},
        attack=f"L2 PGD-{PGD_STEPS}, eps {EPS} at {SIZE} px",
        robust_pictures=robust,
        robust=percent(robust_hits),
        robust_by_kind={m.name: percent(robust_hits[labels[:robust] == k]) for k, m in enumerate(MOTIFS)},
        judge=percent(judging.probabilities(judge, pictures).argmax(1) == labels),
        dreams=dream_hits.numel(),
        dreamed=percent(dream_hits),
        dreamed_by_kind={m.name: percent(dream_hits[:, k]) for k, m in enumerate(MOTIFS)},
        levels=dict(_levels(dreamer, judge, 1 if quick else LEVEL_SEEDS)),
        step_ms=step_ms,
        step_of_googlenet=step_share,
        scene=film_figures(weights, judge, last, film_sheet),
    )


def _levels(dreamer: Network, judge: nn.Sequential, seeds: int) -> Iterator[tuple[str, Level]]:
    for name in dreamer.layers:
        plate = atlas.Plate(name, name, objective.layer(dreamer, name), whole=True)
        sheet = atlas.Sheet(name, name, (atlas.Row(tuple(replace(plate, seed=seed) for seed in range(seeds))),))
        yield name, level(dreams(sheet, dreamer, LEVEL, 7), judge)


def verdicts(figures: Figures) -> Iterator[Verdict]:
    """The bars, and whether the figures are above them."""
    everything = float("inf")
    yield Verdict("clean accuracy, %", figures.clean, 97, 100)
    yield Verdict(f"robust accuracy ({figures.attack}), %", figures.robust, 85, 100)
    yield Verdict("the judge on held-out pictures, %", figures.judge, 90, 100)
    yield Verdict("dreams of classes that the judge names, %", figures.dreamed, 90, 100)
    yield Verdict("the worst class, %", min(figures.dreamed_by_kind.values()), 60, 100)
    steps = [abs(after.frequency - before.frequency) for before, after in pairwise(figures.levels.values())]
    yield Verdict("cycles in 100 px between a level's frequency and the next one's", min(steps), 0.2, everything)
    yield Verdict("colour of the palest level", min(level.colour for level in figures.levels.values()), 15, everything)
    yield Verdict("midtones of the hardest level", min(level.midtones for level in figures.levels.values()), 0.5, 1)
    yield Verdict("motifs of the plainest level", min(level.motifs for level in figures.levels.values()), 0.1, 1)
    yield Verdict("a garden's step by GoogLeNet's", figures.step_of_googlenet, 0, 0.5)
    yield Verdict("weights, MB", figures.bytes / 1e6, 0, 12)
    yield Verdict("kinds on the poorest frame", figures.scene.fewest_kinds, 5, everything)
    yield Verdict("kinds gone after 100 ticks, median", figures.scene.usual_change, 0.5, 1)
    yield Verdict("the largest flat patch, share of a frame", figures.scene.flat, 0, 0.1)


def lines(figures: Figures) -> Iterator[str]:
    """The figures as lines."""
    yield from (str(verdict) for verdict in verdicts(figures))
    for name, by_kind in (("robust", figures.robust_by_kind), ("dreamed", figures.dreamed_by_kind)):
        weakest = sorted(by_kind.items(), key=lambda row: row[1])[:6]
        yield f"least {name}: {', '.join(f'{kind} {value:.0f} %' for kind, value in weakest)}"
    yield f"{'level':10}  frequency  colour  midtones  motifs"
    for name, level in figures.levels.items():
        yield f"{name:10}  {level.frequency:9}  {level.colour:6}  {level.midtones:8}  {level.motifs:6}"
    yield f"scene: {figures.scene}"
    yield f"a step: {figures.step_ms} ms; {figures.parameters:,} parameters, {figures.bytes:,} bytes, sha256 {figures.sha256}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the figures of the bestiary's weights.")
    parser.add_argument("--weights", type=Path, default=model.WEIGHTS)
    parser.add_argument("--judge", type=Path, default=judging.FILE, help="that scripts/train_bestiary --judge made")
    parser.add_argument("--quick", action="store_true", help="a share of everything: a look, no figures for the card")
    parser.add_argument("--json", type=Path, help="a file to write all figures to")
    parser.add_argument("--sheet", type=Path, help="a PNG to write ten frames of the film to")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if not options.judge.is_file():
        print(f"there is no judge at {options.judge}: scripts/train_bestiary --judge makes one", file=sys.stderr)
        return 3
    torch.set_num_threads(options.threads)
    result = figures(options.weights, options.judge, options.quick, options.sheet)
    if options.json:
        options.json.write_text(json.dumps(asdict(result), indent=1) + "\n", "utf-8")
    print(*lines(result), sep="\n")
    return 0 if all(verdict.met for verdict in verdicts(result)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
