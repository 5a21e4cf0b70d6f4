"""The benchmark: how fast a tick is beside a plain loop that does the same work the way most deep dream code does.

    scripts/bench                    a table, and JSON with --json FILE
    scripts/bench --what film        how a render's wall time is shared out
    scripts/bench --what start       seconds from the command to the first dream of a film of the bestiary's
    scripts/bench --what develop    keeping, reading and developing ticks; --against FOLDER: in pairs with another checkout
    scripts/bench --what studio      what of a flight's tick is not dreaming, how many dreams a second, how soon a hand is seen
    scripts/bench --what layers      how a tick's is, block by block and part by part, beside the matrix-product rate
    scripts/bench --what linear      time over 16 times the pixels, the steps and the ticks
    scripts/bench --what machines    films an hour on 1 and 2 workers, and what it costs to send dreams; with --steps, --seconds
    scripts/bench --what tiles       a tick in tiles beside the same tick seen whole: time, memory, likeness

All figures are ratios or shares measured in one run, in pairs, as medians: machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from math import log10
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils.flop_counter import FlopCounterMode

from render.config import load_text
from render.construct import build
from render.develop import shoot as shooting
from render.dream import ascent, efficientnet, frozen, network, registry
from render.dream.precision import DTYPES
from render.dream.view import View
from render.film import Film, begin, step, with_tiles
from render.picture import colour, warp

CONFIG = """
size: {width}x{height}
duration: {seconds}s
fps: 30
motion: {{zoom: 1.85}}
source: {{noise: perlin}}
dream:
  network: {network}
  objective: {{layer: {layer}}}
  precision: {precision}
  octaves: {octaves}
  steps: {steps}
  first_steps: {steps}
  jitter: 32
  smoothing: 0.25
outputs: bench.mp4
"""

CPU = torch.device("cpu")
LITE0, GOOGLENET = "efficientnet_lite0", "googlenet"
LAYERS = {LITE0: "block_10", GOOGLENET: "inception4c"}  # what a film of each network asks for
STARTS = (1, 3, 5, 11)  # blocks of EfficientNet-Lite0 of stride 2
BLOCKS = ("conv1", "conv2", "conv3", "inception3a", "inception3b", "inception4a", "inception4b", "inception4c")
PARTS: dict[str, tuple[tuple[object, str], ...]] = {  # of a tick that are not the network
    "smoothing and muted colour": ((ascent, "smooth"), (ascent, "mute")),
    "rolls": ((View, "roll"), (View, "unroll")),
    "resizing of octaves": ((ascent, "resize"),),
    "warp": ((warp, "move_frame"),),
    "hold": ((colour, "hold_tone"),),
}
OPS = {  # of the network: in whose time the profiler counts them
    "convolutions": ("convolution", "slow_conv2d", "thnn_conv2d"),
    "ReLU": ("threshold_backward", "clamp_min", "relu"),
    "max-pool": ("max_pool2d",),
    "branches split and joined": ("aten::cat", "split"),
}
DOUBLINGS = (1, 2, 4, 8, 16)
OCTAVES = 4  # of a tick, where no other number is asked for
IN_A_ROW = 4  # ticks of one film before it is another's turn: the first finds the caches as the other left them
Kept = TypeVar("Kept")


def googlenet() -> nn.Module:
    """torchvision's GoogLeNet with seeded random weights: for timing they do."""
    from torchvision.models import googlenet as make

    torch.manual_seed(0)
    return make(weights=None, aux_logits=False, init_weights=False).eval()


class PlainLoop:
    """A tick as peers write it: NCHW, batch norm as it is, forward past the layer wanted, Gaussian blurs, bilinear zoom."""

    stages = (
        *("conv1", "maxpool1", "conv2", "conv3", "maxpool2", "inception3a", "inception3b", "maxpool3"),
        *("inception4a", "inception4b", "inception4c", "inception4d", "inception4e"),
    )

    def __init__(self, model: nn.Module, octaves: int, steps: int) -> None:
        self.model, self.octaves, self.steps = model.requires_grad_(False), octaves, steps
        axis = torch.arange(9) - 4.0
        self.kernels = [self._gaussian(axis, sigma) for sigma in (0.5, 1.0, 2.0)]

    @staticmethod
    def _gaussian(axis: Tensor, sigma: float) -> Tensor:
        line = (-(axis**2) / (2 * sigma**2)).exp()
        kernel = line[:, None] * line[None, :]
        return (kernel / kernel.sum()).expand(3, 1, 9, 9)

    def tick(self, frame: Tensor) -> Tensor:
        height, width = frame.shape[-2:]
        turn = torch.tensor([[[1 / 1.08, 0.0, 0.0], [0.0, 1 / 1.08, 0.0]]])
        base = F.grid_sample(frame, F.affine_grid(turn, frame.shape, align_corners=False), align_corners=False)
        detail = None
        for octave in reversed(range(self.octaves)):
            size = round(height / 1.4**octave), round(width / 1.4**octave)
            canvas = F.interpolate(base, size=size, mode="bilinear")
            start = canvas
            canvas = canvas if detail is None else canvas + F.interpolate(detail, size=size, mode="bilinear")
            for _ in range(self.steps):
                canvas = self._step(canvas)
            detail = canvas - start
        return canvas

    def _step(self, canvas: Tensor) -> Tensor:
        shift = torch.randint(-32, 33, (2,)).tolist()
        canvas = canvas.roll(shift, (2, 3)).detach().requires_grad_()
        x = (canvas - 0.45) / 0.226
        for name in self.stages:
            x = getattr(self.model, name)(x)
            if name == "inception4c":
                score = x.square().mean()
        score.backward()
        slope = sum(F.conv2d(F.pad(canvas.grad, (4,) * 4, mode="reflect"), kernel, groups=3) for kernel in self.kernels)
        canvas = canvas.detach() + 0.01 * (slope - slope.mean()) / slope.std()
        return canvas.clamp(0, 1).roll([-shift[0], -shift[1]], (2, 3))


def save_weights(model: nn.Module, folder: str) -> Path:
    """Write a model's weights into a folder: their file."""
    weights = Path(folder) / "googlenet.safetensors"
    save_file(model.state_dict(), weights)
    return weights


def config_text(
    model: nn.Module | None,
    folder: str,
    width: int,
    height: int,
    seconds: float,
    steps: int,
    precision: str,
    octaves: int = OCTAVES,
) -> str:
    """The configuration of the film that is measured: on GoogLeNet with a model's weights, or on EfficientNet-Lite0."""
    name = GOOGLENET if model else LITE0
    dreamer = f"{{{name}: {save_weights(model, folder)}}}" if model else name
    names = {"network": dreamer, "layer": LAYERS[name], "precision": precision}
    return CONFIG.format(width=width, height=height, seconds=seconds, octaves=octaves, steps=steps, **names)


def build_film(
    model: nn.Module | None, width: int, height: int, steps: int, precision: str = "float32", octaves: int = OCTAVES
) -> Film:
    """The film that is measured, built."""
    with tempfile.TemporaryDirectory() as folder:
        text = config_text(model, folder, width, height, 60, steps, precision, octaves)
        return build(load_text(text, "bench.yaml", folder), CPU)


def ticks(width: int, height: int, octaves: int, steps: int, pairs: int) -> dict[str, float]:
    """Median seconds of ticks of ours and of the plain loop's, some in a row in turns, and the median ratios of the pairs."""
    model = googlenet()
    films = {
        f"{name}, {precision}": build_film(net, width, height, steps, precision, octaves)
        for name, net in ((GOOGLENET, model), (LITE0, None))
        for precision in DTYPES
    }
    plain, states = PlainLoop(model, octaves, steps), {name: begin(film) for name, film in films.items()}
    frame = next(iter(states.values())).canvas
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(pairs):
        for name, film in films.items():
            states[name], seconds = some_ticks(partial(step, film), states[name])
            spent[name].append(seconds)
        frame, seconds = some_ticks(plain.tick, frame)
        spent["plain"].append(seconds)
    ratios = {name: median(p / o for o, p in zip(spent[name], spent["plain"], strict=True)) for name in films}
    whole = work(lambda: plain.tick(frame))
    shares = {name: whole / work(partial(step, film, states[name])) for name, film in films.items() if "float32" in name}
    return {
        **{name: median(times) for name, times in spent.items()},
        **{f"times as fast, {name}": ratio for name, ratio in ratios.items()},
        **{f"work of the plain loop by that of {name}": share for name, share in shares.items()},
    }


def some_ticks(tick: Callable[[Kept], Kept], state: Kept) -> tuple[Kept, float]:
    """The state after some ticks in a row, as a film has them, and the median seconds of those after the first."""
    spent = []
    for _ in range(IN_A_ROW):
        start = perf_counter()
        state = tick(state)
        spent.append(perf_counter() - start)
    return state, median(spent[1:])


def naively(weights: Mapping[str, Tensor], x: Tensor, last: int) -> Tensor:
    """EfficientNet-Lite0 to a block as one writes it down: channels first, batch norm as it is, padded before each stride."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, weights[f"{name}.weight"], weights[f"{name}.bias"], eps=1e-3)

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        kernel = weights[f"{name}.weight"]
        pads = [max((-(-side // stride) - 1) * stride + kernel.shape[-1] - side, 0) for side in reversed(x.shape[2:])]
        x = F.pad(x, [share for pad in pads for share in (pad // 2, pad - pad // 2)])
        return F.conv2d(x, kernel, stride=stride, groups=x.shape[1] if kernel.shape[1] == 1 else 1)

    x = F.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    for block in range(last + 1):
        name = f"_blocks.{block}"
        y = F.relu6(norm(conv(x, f"{name}._expand_conv"), f"{name}._bn0")) if block else x
        y = F.relu6(norm(conv(y, f"{name}._depthwise_conv", 2 if block in STARTS else 1), f"{name}._bn1"))
        y = norm(conv(y, f"{name}._project_conv"), f"{name}._bn2")
        x = x + y if x.shape == y.shape else y
    return x


def lite0(width: int, height: int, times: int) -> dict[str, float]:
    """A step of EfficientNet-Lite0 to block 10, forward and gradient, in turns: naively written, ours, ours in bfloat16."""
    weights = torch.load(efficientnet.packaged(), weights_only=True)
    frame = torch.rand(1, 3, height, width).requires_grad_()

    def ours(precision: str) -> Callable[[], Tensor]:
        dreamer = registry.load(LITE0, None, CPU, dtype=DTYPES[precision])
        extract = dreamer.extractor(["block_10"], CPU)
        return lambda: extract(frame)["block_10"]

    steps = {"naive": lambda: naively(weights, (frame * 255 - 127) / 128, 10), **{name: ours(name) for name in DTYPES}}
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(times + 1):
        for name, features in steps.items():
            start = perf_counter()
            torch.autograd.grad(features().square().mean(), frame)
            spent[name].append(1000 * (perf_counter() - start))
    settled = {name: ms[1:] for name, ms in spent.items()}
    ratios = {name: median(n / o for o, n in zip(settled[name], settled["naive"], strict=True)) for name in DTYPES}
    return {f"ms, {name}": median(ms) for name, ms in settled.items()} | {
        f"times as fast, {name}": ratios[name] for name in DTYPES
    }


def film(width: int, height: int, steps: int, seconds: float) -> dict[str, float]:
    """A whole render's wall time, and the share of it that is not dreaming: loading, warps, colour, encoding, writing."""
    from render import travel

    spent = 0.0
    dream = travel.dream

    def timed(*args: object) -> Tensor:
        nonlocal spent
        start = perf_counter()
        result = dream(*args)  # type: ignore[arg-type]
        spent += perf_counter() - start
        return result

    with tempfile.TemporaryDirectory() as folder, patch.object(travel, "dream", timed):
        text = config_text(googlenet(), folder, width, height, seconds, steps, "float32")
        config = load_text(text, "bench.yaml", folder)
        start = perf_counter()
        shooting.shoot(config, text, Path(folder), torch.device("cpu"), lambda states, first, last: states)
        wall = perf_counter() - start
    return {"wall": wall, "dreaming": spent, "share of the rest": 1 - spent / wall, "peak MiB": peak()}


def seconds_of(work: Callable[[], object], times: int) -> float:
    """The median of some runs after one that warms up."""
    work()
    spent = []
    for _ in range(times):
        start = perf_counter()
        work()
        spent.append(perf_counter() - start)
    return median(spent)


def product_rate() -> float:
    """GFLOP/s of a float32 matrix product: what the cores can do."""
    matrix = torch.randn(2048, 2048)
    return 2 * 2048**3 / seconds_of(lambda: matrix @ matrix, 9) / 1e9


def work(act: Callable[[], object]) -> float:
    """GFLOP of what an act convolves, done by torch's own convolutions, which it knows how to count."""
    with patch.object(frozen, "has_layout", lambda x: False), FlopCounterMode(display=False) as counted:
        act()
    return counted.get_total_flops() / 1e9


def layers(width: int, height: int, times: int) -> dict[str, float]:
    """Of each block of a full-size step: its work, its time forward and backward, and its share of the matrix-product rate.

    A block's figures are those of the network cut after it, less those of the network cut before it; so its pools and
    ReLUs are in its time, but not in its work.
    """
    rate = product_rate()
    figures = {"GFLOP/s of a matrix product of 2048 x 2048": rate}
    with tempfile.TemporaryDirectory() as folder:
        known = registry.load("googlenet", save_weights(googlenet(), folder), CPU)
    frame = torch.rand(1, 3, height, width).requires_grad_()
    before = np.zeros(3)
    for block in BLOCKS:
        extract = known.extractor([block], CPU)

        def forward(extract: network.Extractor = extract, block: str = block) -> Tensor:
            return extract(frame)[block].square().mean()

        def both(forward: Callable[[], Tensor] = forward) -> None:
            torch.autograd.grad(forward(), frame)

        with torch.no_grad():
            there = seconds_of(forward, times)
        after = np.array((work(both), there, seconds_of(both, times)))
        gflop, ahead, whole = after - before
        before = after
        figures |= {
            f"{block}: GFLOP": gflop,
            f"{block}: ms forward": 1000 * ahead,
            f"{block}: ms backward": 1000 * (whole - ahead),
            f"{block}: share of the matrix-product rate": gflop / whole / rate,
        }
    return figures | {"all: GFLOP": before[0], "all: share of the matrix-product rate": before[0] / before[2] / rate}


def parts(width: int, height: int, steps: int) -> dict[str, float]:
    """The shares of a tick's time by what is done in it, as torch's profiler has them; they add up to 1."""
    film = build_film(googlenet(), width, height, steps)
    state = step(film, begin(film))
    with ExitStack() as patched:
        for part, places in PARTS.items():
            for owner, name in places:
                patched.enter_context(patch.object(owner, name, record_function(part)(getattr(owner, name))))
        with profile(activities=[ProfilerActivity.CPU]) as seen:
            step(film, state)
    events = seen.key_averages()
    whole = sum(event.self_cpu_time_total for event in events)
    shares = {part: sum(e.cpu_time_total for e in events if e.key == part) / whole for part in PARTS}
    for op, words in OPS.items():
        shares[op] = sum(e.self_cpu_time_total for e in events if any(word in e.key for word in words)) / whole
    return shares | {"all else": 1 - sum(shares.values())}


def linear(width: int, height: int, times: int) -> dict[str, float]:
    """Time for each unit over a 16-fold range of pixels, steps and ticks.

    What bends the curve is what is there however little is asked, by a line through the times. Of pixels and steps it is the
    calls (Python, torch's dispatch, threads that wait for each other) and the camera; of a film's ticks its beginning (the
    network, the first dream) and its end (the last print).
    """
    model = googlenet()

    def tick(wide: int, high: int, steps: int) -> float:
        film = build_film(model, wide, high, steps)
        state = begin(film)
        return seconds_of(lambda: step(film, state), times)

    wide, high = width * 2 // 3, height * 2 // 3  # the least at which no octave is too small for the network
    pixels = [(round(wide * more**0.5), round(high * more**0.5)) for more in DOUBLINGS]
    return {
        **per_unit("megapixel of a tick", [w * h / 1e6 for w, h in pixels], [tick(w, h, 2) for w, h in pixels]),
        **per_unit("step of each octave", DOUBLINGS, [tick(wide, high, steps) for steps in DOUBLINGS]),
        **per_unit("second of a film, 8 ticks", DOUBLINGS, [film(wide, high, 1, seconds)["wall"] for seconds in DOUBLINGS]),
    }


def per_unit(unit: str, amounts: Sequence[float], spent: Sequence[float]) -> dict[str, float]:
    """Seconds for each unit at each amount, and what share of the least amount's time does not grow with it."""
    _, still = np.polyfit(amounts, spent, 1, w=1 / np.array(spent))
    figures = {f"s a {unit}, of {amount:.3g}": time / amount for amount, time in zip(amounts, spent, strict=True)}
    return figures | {f"share of the least that does not grow with it ({unit})": still / spent[0]}


def peak() -> float:
    """The most memory this process ever held, MiB; where the system says it, not counting the process that began it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(lengths: Sequence[float]) -> dict[str, float]:
    """Peak memory of a process that renders a small film of each length, seconds: it must not grow with the film."""
    figures = {}
    for seconds in lengths:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            film = ["--what", "film", "--size", "128x72", "--steps", "1", "--seconds", str(seconds), "--json", str(report)]
            subprocess.run([sys.executable, __file__, *film], check=True, stdout=subprocess.DEVNULL)
            found = next(figure for figure in json.loads(report.read_text()).values() if isinstance(figure, dict))
            figures[f"peak MiB of {seconds:g} s"] = found["peak MiB"]
    return figures


def tiles(width: int, height: int, steps: int, side: int, threads: int) -> dict[str, float]:
    """A first tick whole and in tiles of that side, each in a process of its own, and how alike the two pictures are."""
    seen = {}
    for tile in (0, side):
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            seen[tile] = alone.submit(first_tick, width, height, steps, tile, threads).result()
    (whole, most, one), (cut, min_side, other) = seen[0], seen[side]
    noise = float((one - other).square().mean())
    return {
        "seconds, whole": whole,
        "seconds, in tiles": cut,
        "times as long": cut / whole,
        "peak MiB, whole": most,
        "peak MiB, in tiles": min_side,
        "PSNR, dB": -10 * log10(noise) if noise else float("inf"),
    }


def first_tick(width: int, height: int, steps: int, tile: int, threads: int) -> tuple[float, float, Tensor]:
    """Seconds and peak memory of a film's first tick, and its canvas."""
    torch.set_num_threads(threads)
    seen = with_tiles(build_film(googlenet(), width, height, steps), tile)
    begun = perf_counter()
    canvas = begin(seen).canvas
    return perf_counter() - begun, peak(), canvas


START = """
import os, sys
from render import travel
from render.cli import main
travel.dream = lambda *_: os._exit(0)
main([sys.argv[1], "-o", sys.argv[2], "--progress", "plain"])
"""


def start(width: int, height: int, times: int = 5) -> dict[str, float]:
    """Seconds from the command to the first dream of a film of the bestiary's, which a new process begins each time."""
    taken = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # a cut-off ffmpeg may still be writing
        asked = Path(folder) / "start.yaml"
        asked.write_text(f"size: {width}x{height}\nsource: {{noise: perlin}}\n")
        for _ in range(times + 1):  # the first warms the disk
            begun = perf_counter()
            subprocess.run([sys.executable, "-c", START, asked, folder], check=True, stdout=subprocess.DEVNULL)
            taken.append(perf_counter() - begun)
    return {"seconds": median(taken[1:])}


DEVELOP = """
import sys
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from render.config import load_text
from render.develop import shoot
from render.develop.reprint import print_again
from render.develop.negative import Negative

folder, width, height, ticks = Path(sys.argv[1]), *map(int, sys.argv[2:])
canvas = np.random.default_rng(0).integers(0, 65536, (height, width, 3), dtype=np.uint16)
with ExitStack() as stack:
    negative = Negative(folder / "negative")
    if hasattr(negative, "close"):  # once it was written in segments
        stack.enter_context(negative)
    start = perf_counter()
    for tick in range(ticks):
        negative.keep(tick, canvas, {})
kept = perf_counter()
for _ in negative.ticks():
    pass
read = perf_counter()

film = f"{{size: {width}x{height}, fps: 24, duration: 4s, motion: {{zoom: 1.5}}, outputs: still.png, "
film += "dream: {rate: 8, steps: 0, first_steps: 0}}"
taken = shoot.shoot(load_text(film, "bench.yaml"), film, folder, torch.device("cpu"), lambda states, first, last: states)
begun = perf_counter()
print_again(taken.folder, ["bench.mp4"], {})
print((kept - start) / ticks, (read - kept) / ticks, perf_counter() - begun)
"""
DEVELOPING = ("ms to keep a tick", "ms to read a tick", "s to develop a film of 4 s")


def develop(width: int, height: int, pairs: int, against: Path | None, ticks: int = 32) -> dict[str, float]:
    """Medians of keeping and reading a tick and of developing a film, each time in a process of its own.

    against: another checkout of this project, measured in turns; then also its medians, and the median ratio of the pairs.
    """
    homes = {"": Path(__file__).parents[1], **({"other: ": against} if against else {})}
    spent: dict[str, list[tuple[float, ...]]] = {name: [] for name in homes}
    for _ in range(pairs):
        for name, home in homes.items():
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, "-c", DEVELOP, folder, str(width), str(height), str(ticks)]
                environment = {**os.environ, "PYTHONPATH": str(home)}
                out = subprocess.run(command, cwd=home, env=environment, check=True, capture_output=True, text=True).stdout
            kept, read, developed = map(float, out.split())
            spent[name].append((1000 * kept, 1000 * read, developed))
    times = {name: np.array(rows) for name, rows in spent.items()}
    figures = {
        f"{name}{what}": float(value)
        for name, rows in times.items()
        for what, value in zip(DEVELOPING, np.median(rows, axis=0), strict=True)
    }
    if against:
        ratios = np.median(times[""] / times["other: "], axis=0)
        figures |= {f"times the other's: {what}": float(ratio) for what, ratio in zip(DEVELOPING, ratios, strict=True)}
    return figures


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    what: Sequence[str]  # rows of MEASUREMENTS
    width: int  # pixels
    height: int
    octaves: int  # of a tick beside the plain loop
    steps: int  # an octave
    pairs: int  # of measurements, of which medians are taken
    seconds: float  # of film
    tile: int  # side of tiles, pixels
    threads: int
    against: Path | None  # another checkout
    json: Path | None  # where to write the figures


Figures = dict[str, float]
Measured = Iterator[tuple[str, Figures]]  # a title, and the figures under it


def measure_ticks(asked: Asked) -> Measured:
    title = f"a tick, GoogLeNet to inception4c and EfficientNet-Lite0 to block_10, {asked.octaves} octaves"
    yield title, ticks(asked.width, asked.height, asked.octaves, asked.steps, asked.pairs)


def measure_film(asked: Asked) -> Measured:
    title = f"a film of {asked.seconds:g} s, 8 ticks a second, 30 fps, mp4"
    yield title, film(asked.width, asked.height, asked.steps, asked.seconds)


def measure_memory(asked: Asked) -> Measured:
    yield "memory of a small film", memory((2, 16))


def measure_start(asked: Asked) -> Measured:
    yield "from the command to the first dream", start(asked.width, asked.height)


def measure_developing(asked: Asked) -> Measured:
    yield f"developing at {asked.width}x{asked.height}", develop(asked.width, asked.height, asked.pairs, asked.against)


def measure_studio(asked: Asked) -> Measured:
    import bench_studio

    yield "the studio, configs/zoom.yaml", bench_studio.studio(asked.pairs)


def measure_layers(asked: Asked) -> Measured:
    yield "a full-size step, by block", layers(asked.width, asked.height, asked.pairs)
    yield "a full-size step of EfficientNet-Lite0", lite0(asked.width, asked.height, asked.pairs)
    yield "a tick, by what is done in it", parts(asked.width, asked.height, asked.steps)


def measure_growth(asked: Asked) -> Measured:
    yield "time by amount", linear(asked.width, asked.height, asked.pairs)


def measure_tiles(asked: Asked) -> Measured:
    title = f"a first tick in tiles of {asked.tile}"
    yield title, tiles(asked.width, asked.height, asked.steps, asked.tile, asked.threads)


def measure_machines(asked: Asked) -> Measured:
    from machines import machines

    title = f"a queue of 4 films of {asked.seconds:g} s, one thread a worker"
    yield title, machines(asked.width, asked.height, asked.steps, asked.pairs, asked.seconds)


MEASUREMENTS: dict[str, Callable[[Asked], Measured]] = {  # by what --what calls them
    "ticks": measure_ticks,
    "film": measure_film,
    "memory": measure_memory,
    "start": measure_start,
    "develop": measure_developing,
    "studio": measure_studio,
    "layers": measure_layers,
    "linear": measure_growth,
    "tiles": measure_tiles,
    "machines": measure_machines,
}
ALL = ("ticks", "film", "memory", "start")  # what is measured where nothing is asked for


def read_options() -> Asked:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--what", choices=[*MEASUREMENTS, "all"], default="all")
    words.add_argument("--size", default="480x270")
    words.add_argument("--octaves", type=int, default=OCTAVES)
    words.add_argument("--steps", type=int, default=10)
    words.add_argument("--pairs", type=int, default=7)
    words.add_argument("--seconds", type=float, default=10)
    words.add_argument("--tile", type=int, default=512)
    words.add_argument("--threads", type=int, default=os.cpu_count())
    words.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, to develop with in turns")
    words.add_argument("--json", type=Path)
    options = vars(words.parse_args())
    what, (width, height) = options.pop("what"), map(int, options.pop("size").split("x"))
    return Asked(ALL if what == "all" else (what,), width, height, **options)


def main() -> None:
    """Measure, print a table, and write JSON if asked."""
    asked = read_options()
    torch.set_num_threads(asked.threads)
    report: dict[str, object] = {
        "command": " ".join(sys.argv),
        "machine": f"{platform.machine()}, {asked.threads} threads, torch {torch.__version__}",
    }
    for title, words in report.items():
        print(title, words, sep="\t")
    for what in asked.what:
        for title, figures in MEASUREMENTS[what](asked):
            report[title] = figures
            print(title, flush=True)
            for name, value in figures.items():
                print(f"\t{value:8.3f}  {name}", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
