"""The judge of video dreams: does the dream stick to what moves, without ghosts, holes, boil or burning?

    scripts/bench_video                            every scene of known motion, all methods, a table, exit 1 if a bar is missed
    scripts/bench_video --scenes layers cut --set dream.octaves=2
    scripts/bench_video --drift 300                only ours, for long: does it keep its strength?
    scripts/bench_video --real clips/ --start 2.8  videos, their motion measured by another engine than the film's
    scripts/bench_video --sheets folder            ten frames in a row of the footage, ours, alone and blended

Ours is the film as it ships, with its own settings. Beside it stand four ways that others go, on the same network, first frame
and flow, their step size tuned until the dream is as strong as ours:

    alone           each frame dreamed for itself
    blended         half the frame, half the dream before, dreamed
    frame carried   the same with the dream before carried by optical flow
    detail carried  the frame and 0.9 of the detail before, carried by optical flow with no thought for what hides what; dreamed
                    a fifth as much

Figures and letters are those of scripts/coherence.py. E_warp holds the footage's own noise and ripples, which no dream on its
true frames can take away: where a bar on it is below what the footage itself scores, a line says so, and E_excess decides. (Not
beside frames that are carried: half of what they show is an earlier frame, which wipes the footage's noise away.)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from math import exp, inf, isnan, log
from pathlib import Path
from time import monotonic
from typing import Any

import coherence
import cv2
import imageio.v3 as imageio
import numpy as np
import torch
from coherence import Footage, Picture
from hold import Verdict
from scenes import SCENES
from torch import Tensor

from render.config import load_text
from render.construct import build
from render.dream.ascent import dream
from render.errors import RenderError
from render.facts import facts
from render.film import Film, State, ticks
from render.picture import warp
from render.picture.picture import from_pixels, resize
from render.propagate import remove_mean

CONFIG = """
size: {width}x{height}
fps: 24
duration: {count} frames
source: {{frames: {files}}}
motion: {{zoom: 1}}
dream: {{rate: every-frame, network: {network}, objective: {objective}, first_steps: 10, step_size: 0.01}}
"""
SETTLED = 4  # frames until a way that feeds on its own dream has found its strength
EQUAL = 0.05  # by how much strengths may differ that count as equal
TRIES = 6  # at a step size
ENDINGS = {".mp4", ".mov", ".mkv", ".webm", ".avi"}
REPEATED = 0.5 / 255  # mean difference below which a frame is the one before again; to repeat it well is no merit
LONG = ("sway", "still")  # scenes that end as they began, where strength can be compared over any length

SHOWN = ("ours", "alone", "blended")  # on a sheet

FIGURES: dict[str, Callable[[list[Picture], Footage], float]] = {
    "E_warp x1000": lambda dreamed, footage: 1000 * coherence.warp_error(dreamed, footage, SETTLED),
    "E_warp x1000, 4 apart": lambda dreamed, footage: 1000 * coherence.warp_error(dreamed, footage, SETTLED, 4),
    "E_excess x1000": lambda dreamed, footage: 1000 * coherence.excess(dreamed, footage, SETTLED),
    "flicker NRF": lambda dreamed, footage: coherence.flicker(dreamed, footage, SETTLED),
    "flicker NRF, 4 apart": lambda dreamed, footage: coherence.flicker(dreamed, footage, SETTLED, 4),
    "ghost": lambda dreamed, footage: coherence.ghost(dreamed, footage, SETTLED),
    "fill": lambda dreamed, footage: coherence.fill(dreamed, footage, SETTLED),
    "sharpness": lambda dreamed, footage: coherence.sharpness(dreamed, footage, SETTLED),
    "strength": lambda dreamed, footage: coherence.strength(dreamed, footage, SETTLED),
    "drift": coherence.drift,
    "level": lambda dreamed, footage: coherence.level(dreamed),
    "tint": lambda dreamed, footage: coherence.tint(dreamed),
    "cut": coherence.survival,
}
Figures = dict[str, float]


# ---- films


def film_over(footage: Footage, folder: Path, asked: argparse.Namespace) -> Film:
    """The film over the footage, whose frames are left in the folder as pictures."""
    for index, frame in enumerate(footage.frames):
        imageio.imwrite(folder / f"{index:05}.png", (frame * 255).round().astype(np.uint8), compress_level=1)
    height, width = footage.frames[0].shape[:2]
    text = CONFIG.format(
        width=width,
        height=height,
        count=len(footage.frames),
        files=json.dumps(f"{folder}/*.png"),
        network=asked.network,
        objective=asked.objective,
    )
    return build(load_text(text, "bench.yaml", overrides=asked.set, inspect=facts), torch.device("cpu"))


def picture(frame: Tensor) -> Picture:
    """[H, W, 3] of a frame."""
    return frame[0].permute(1, 2, 0).cpu().numpy()


# ---- the ways of others


@dataclass(frozen=True)
class Baseline:
    """A way to go on. share: of a dream's steps. lay: (frame, frame before, dream before, where things were) -> canvas."""

    lay: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    share: float = 1.0


def _carry(frame: Tensor, where: Tensor) -> Tensor:
    return warp.lanczos4(frame, where, border="replicate")


BASELINES = {
    "alone": Baseline(lambda now, before, dreamed, where: now),
    "blended": Baseline(lambda now, before, dreamed, where: (now + dreamed) / 2),
    "frame carried": Baseline(lambda now, before, dreamed, where: (now + _carry(dreamed, where)) / 2),
    "detail carried": Baseline(lambda now, before, dreamed, where: now + 0.9 * _carry(dreamed - before, where), 0.2),
}


def places(footage: Footage) -> list[Tensor]:
    """For each frame but the first, Coords of where its things were in the frame before, as far as DIS can tell."""
    found = []
    for before, now in zip(footage.frames, footage.frames[1:], strict=False):
        height, width = now.shape[:2]
        field = torch.from_numpy(coherence.dis(now, before))[None]
        found.append(warp.grid((height, width)) + field * 2 / height)
    return found


def dream_by(
    baseline: Baseline, film: Film, footage: Footage, where: Sequence[Tensor], states: Sequence[State], step_size: float
) -> list[Picture]:
    """The clip dreamed that way; the first dream, and the gardens of each, are ours."""
    sources = [from_pixels((frame * 255).round().astype(np.uint8)) for frame in footage.frames]
    whole = film.ascent(film.scene.clock.tick(0), True)
    climb = replace(whole, steps=max(1, round(baseline.share * whole.steps)), step_size=step_size)
    dreams = [states[0].canvas]
    for index in range(1, len(sources)):
        moment = film.scene.clock.tick(index)
        canvas = baseline.lay(sources[index], sources[index - 1], dreams[-1], where[index - 1]).clamp(0, 1)
        dreamed = dream(canvas, film.extract, film.terms(moment, states[index].worlds), climb, film.seed, index)
        detail = remove_mean(dreamed - sources[index], film.tone(moment)[1])
        dreams.append((sources[index] + detail).clamp(0, 1))
    return [picture(frame) for frame in dreams]


def tune(
    dreamed: Callable[[float], list[Picture]], footage: Footage, wanted: float, guess: float
) -> tuple[list[Picture], float]:
    """The clip dreamed as strongly as wanted, and the step size that it takes: a secant on logarithms from a guess."""
    tried: list[tuple[float, float, list[Picture]]] = []  # how far off, the step size, the clip
    step_size = guess
    for _ in range(TRIES):
        clip = dreamed(step_size)
        off = log(max(coherence.strength(clip, footage, SETTLED), 1e-9) / wanted)
        slope = 1.0
        if tried and tried[-1][1] != step_size:
            slope = max(0.2, (off - tried[-1][0]) / log(step_size / tried[-1][1]))
        tried.append((off, step_size, clip))
        if abs(off) < log(1 + 0.8 * EQUAL):
            break
        step_size = min(1.0, step_size * exp(min(max(-off / slope, -1.5), 1.5)))
    _, step_size, clip = min(tried, key=lambda one: abs(one[0]))
    return clip, step_size


# ---- the verdict


def dream_by_all(footage: Footage, asked: argparse.Namespace, step_sizes: dict[str, float]) -> dict[str, list[Picture]]:
    """The clip as every method dreams it, ours first, and without --drift the others at ours' strength.

    step_sizes: what each took for the clip before, from which the search begins.
    """
    with tempfile.TemporaryDirectory() as folder:
        film = film_over(footage, Path(folder), asked)
        states = list(ticks(film))
        clips = {"ours": [picture(state.canvas) for state in states]}
        if asked.drift:
            return clips
        wanted, where = coherence.strength(clips["ours"], footage, SETTLED), places(footage)
        usual = film.ascent(film.scene.clock.tick(0), True).step_size
        for name, baseline in BASELINES.items():
            way = partial(dream_by, baseline, film, footage, where, states)
            clips[name], step_sizes[name] = tune(way, footage, wanted, step_sizes.get(name, usual / baseline.share))
    return clips


def figures_of(dreamed: list[Picture], footage: Footage) -> Figures:
    """Every figure of a clip."""
    return {name: figure(dreamed, footage) for name, figure in FIGURES.items()}


def verdicts(found: Mapping[str, Figures], scene: str) -> list[Verdict]:
    """Ours against every bar that this clip can be held to; a figure that no method has (NaN) is left out."""
    bars = [("flicker NRF", "", 0.0, 0.06)]
    if "alone" in found:
        alone, frame, detail = (found[name] for name in ("alone", "frame carried", "detail carried"))
        bars += [
            ("E_warp x1000", "by 0.15 of alone's", 0, 0.15 * alone["E_warp x1000"]),
            ("E_warp x1000", "by 0.4 of frame carried's", 0, 0.4 * frame["E_warp x1000"]),
            ("E_excess x1000", "by 0.15 of alone's", -inf, 0.15 * alone["E_excess x1000"]),
            ("ghost", "by alone's and 0.15", 0, alone["ghost"] + 0.15),
            ("ghost", "by half of frame carried's", 0, 0.5 * frame["ghost"]),
            ("ghost", "by half of detail carried's", 0, 0.5 * detail["ghost"]),
            ("fill", "", 0.8, 1.2),
            ("sharpness", "by half of alone's", 0.5 * alone["sharpness"], inf),
            ("sharpness", "by 1.5 of the footage's", 1.5, inf),
            ("cut", "by alone's and 0.05", 0, alone["cut"] + 0.05),
        ]
    if scene in LONG:
        bars.append(("drift", "", 0.9, 1.1))
    if scene == "still":
        bars.append(("level", "", 0, 0.01))
    seen = {name for name in FIGURES if not all(isnan(figures[name]) for figures in found.values())}
    told = [Verdict(f"{name} {by}".strip(), found["ours"][name], low, high) for name, by, low, high in bars if name in seen]
    wanted = found["ours"]["strength"]
    equal = {name: figures["strength"] / max(wanted, 1e-9) for name, figures in found.items() if name != "ours"}
    return told + [Verdict(f"strength of {name} by ours", value, 1 - EQUAL, 1 + EQUAL) for name, value in equal.items()]


# ---- clips, tables and sheets


def video(path: Path, size: tuple[int, int], start: float, count: int) -> Footage:
    """`count` frames of a video from `start` seconds on, within (height, width); frames that only repeat are left out."""
    shape = imageio.improps(path, plugin="FFMPEG", index=None).shape
    scale = min(size[0] / shape[-3], size[1] / shape[-2])
    within = round(shape[-3] * scale), round(shape[-2] * scale)
    begin = round(start * imageio.immeta(path, plugin="FFMPEG")["fps"])
    found: list[Picture] = []
    for pixels in islice(imageio.imiter(path, plugin="FFMPEG"), begin, None):
        frame = (picture(resize(from_pixels(pixels), within)).clip(0, 1) * 255).round().astype(np.float32) / 255
        if not found or float(np.abs(frame - found[-1]).mean()) > REPEATED:
            found.append(frame)
        if len(found) == count:
            break
    return coherence.measure_motion(found)


def clips(asked: argparse.Namespace) -> Iterator[tuple[str, Footage]]:
    """The clips to be judged, by name."""
    width, height = map(int, asked.size.split("x"))
    if asked.drift:
        yield from ((name, SCENES[name]((height, width), asked.drift + 1)) for name in LONG)
    elif asked.real:
        files = sorted(asked.real.iterdir()) if asked.real.is_dir() else [asked.real]
        for file in files:
            if file.suffix.lower() in ENDINGS:
                yield file.stem, video(file, (height, width), asked.start, asked.frames)
    else:
        yield from ((name, SCENES[name]((height, width), asked.frames)) for name in asked.scenes)


def hopeless(bars: Sequence[Verdict], floor: float) -> list[str]:
    """A line for each bar on E_warp that the footage itself misses: a dream on its true frames can hardly do better."""
    below = [bar for bar in bars if bar.bar.startswith("E_warp") and bar.high < floor]
    return [f"      {bar.bar}: {bar.high:.3f}, and the footage itself has {floor:.3f}" for bar in below]


def table(found: Mapping[str, Figures]) -> str:
    """A row for each figure, a column for each method; - where there is nothing to measure."""
    widths = [max(7, len(name)) for name in found]
    rows = [f"{'':22s}" + "  ".join(f"{name:>{width}s}" for name, width in zip(found, widths, strict=True))]
    for figure in FIGURES:
        values = [figures[figure] for figures in found.values()]
        cells = ["-" if isnan(value) else f"{value:.4f}" for value in values]
        rows.append(f"{figure:22s}" + "  ".join(f"{cell:>{width}s}" for cell, width in zip(cells, widths, strict=True)))
    return "\n".join(rows)


def sheet(path: Path, footage: Footage, clips: Mapping[str, list[Picture]]) -> None:
    """A PNG of the last ten frames in a row: of the footage, then as each method of SHOWN dreams it."""
    rows = [footage.frames, *(clips[name] for name in SHOWN if name in clips)]
    page = np.concatenate([np.concatenate(row[-10:], axis=1) for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(path, (page.clip(0, 1) * 255).round().astype(np.uint8))


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = argparse.ArgumentParser(
        "scripts/bench_video", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("--scenes", nargs="+", choices=list(SCENES), default=[name for name in SCENES if name != "sway"])
    words.add_argument("--drift", type=int, metavar="N", help="only ours, over N frames after the first")
    words.add_argument("--real", type=Path, help="a video, or a folder of videos")
    words.add_argument("--start", type=float, default=0, metavar="SECONDS", help="where in a video to begin")
    words.add_argument("--frames", type=int, default=12)
    words.add_argument("--size", default="256x144", help="of scenes; videos are made to fit in")
    words.add_argument("--network", default="bestiary", help='bestiary, or as in "{squeezenet1_1: file}"')
    words.add_argument("--objective", default="{layer: creatures}")
    words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another setting of the film")
    words.add_argument("--sheets", type=Path, metavar="FOLDER", help="where to leave a contact sheet of each clip")
    words.add_argument("--json", type=Path)
    words.add_argument("--threads", type=int, default=os.cpu_count())
    return words.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every bar is met, 1 if one is missed, 2 or 3 if the film cannot be made."""
    asked = options(arguments)
    torch.set_num_threads(asked.threads)
    cv2.setNumThreads(asked.threads)
    report: dict[str, Any] = {
        "command": " ".join(["scripts/bench_video", *(arguments or sys.argv[1:])]),
        "machine": f"{platform.machine()}, {asked.threads} threads, torch {torch.__version__}, OpenCV {cv2.__version__}",
    }
    print(*report.values(), sep="\n")
    missed, step_sizes = 0, dict[str, float]()
    try:
        for name, footage in clips(asked):
            begun = monotonic()
            dreamed = dream_by_all(footage, asked, step_sizes)
            found = {"footage": figures_of(footage.frames, footage)}
            found |= {method: figures_of(clip, footage) for method, clip in dreamed.items()}
            bars = verdicts({method: found[method] for method in dreamed}, name)
            missed += sum(not bar.met for bar in bars)
            height, width = footage.frames[0].shape[:2]
            print(f"\n{name}: {len(footage.frames)} frames of {width}x{height}, {monotonic() - begun:.0f} s")
            print(table(found), *bars, *hopeless(bars, found["footage"]["E_warp x1000"]), sep="\n", flush=True)
            report[name] = {"figures": found, "bars": [{**asdict(bar), "held": bar.met} for bar in bars]}
            if asked.sheets:
                sheet(asked.sheets / f"{name}.png", footage, dreamed)
    except (RenderError, OSError) as error:
        print(error, file=sys.stderr)
        return error.exit_code if isinstance(error, RenderError) else 3
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=2))
    print(f"\n{missed} bars missed" if missed else "\nevery bar met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
