"""The benchmark: how fast a tick is beside a plain loop that does the same work the way most deep dream code does.

    scripts/bench                    a table, and JSON with --json FILE
    scripts/bench --what film        how a render's wall time is shared out

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
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from render.config import load_text
from render.construct import build
from render.develop import shoot as shooting
from render.film import begin, step

CONFIG = """
size: {width}x{height}
duration: {seconds}s
fps: 30
motion: {{zoom: 1.85}}
source: {{noise: perlin}}
dream:
  network: {{googlenet: {weights}}}
  objective: {{layer: inception4c}}
  octaves: 4
  steps: {steps}
  first_steps: {steps}
  jitter: 32
  smoothing: 0.25
outputs: bench.mp4
"""


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

    def __init__(self, model: nn.Module, steps: int) -> None:
        self.model, self.steps = model.requires_grad_(False), steps
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
        for octave in reversed(range(4)):
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


def ticks(width: int, height: int, steps: int, pairs: int) -> dict[str, float]:
    """Median seconds of our tick and of the plain loop's, measured in turns, and the median ratio of the pairs."""
    model = googlenet()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "googlenet.safetensors"
        save_file(model.state_dict(), weights)
        text = CONFIG.format(width=width, height=height, seconds=60, steps=steps, weights=weights)
        film = build(load_text(text, "bench.yaml", folder), torch.device("cpu"))
    plain = PlainLoop(model, steps)
    state, frame = begin(film), begin(film).canvas
    frame = plain.tick(frame)
    ours, theirs = [], []
    for _ in range(pairs):
        start = perf_counter()
        state = step(film, state)
        middle = perf_counter()
        frame = plain.tick(frame)
        ours.append(middle - start)
        theirs.append(perf_counter() - middle)
    ratio = median(t / o for o, t in zip(ours, theirs, strict=True))
    return {"ours": median(ours), "plain": median(theirs), "times as fast": ratio}


def film(width: int, height: int, steps: int, seconds: float) -> dict[str, float]:
    """A whole render's wall time, and the share of it that is not dreaming: loading, warps, colour, encoding, writing."""
    from render import film as heart

    spent = 0.0
    dream = heart.dream

    def timed(*args: object) -> Tensor:
        nonlocal spent
        start = perf_counter()
        result = dream(*args)  # type: ignore[arg-type]
        spent += perf_counter() - start
        return result

    heart.dream = timed
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "googlenet.safetensors"
        save_file(googlenet().state_dict(), weights)
        text = CONFIG.format(width=width, height=height, seconds=seconds, steps=steps, weights=weights)
        config = load_text(text, "bench.yaml", folder)
        start = perf_counter()
        shooting.shoot(config, text, Path(folder), torch.device("cpu"), lambda states, first, last: states)
        wall = perf_counter() - start
    heart.dream = dream
    return {"wall": wall, "dreaming": spent, "share of the rest": 1 - spent / wall, "peak MiB": peak()}


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


def main() -> None:
    """Measure, print a table, and write JSON if asked."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--what", choices=["ticks", "film", "memory", "all"], default="all")
    words.add_argument("--size", default="480x270")
    words.add_argument("--steps", type=int, default=10)
    words.add_argument("--pairs", type=int, default=7)
    words.add_argument("--seconds", type=float, default=10)
    words.add_argument("--threads", type=int, default=os.cpu_count())
    words.add_argument("--json", type=Path)
    asked = words.parse_args()
    torch.set_num_threads(asked.threads)
    width, height = map(int, asked.size.split("x"))
    figures: dict[str, object] = {
        "command": " ".join(sys.argv),
        "machine": f"{platform.machine()}, {asked.threads} threads, torch {torch.__version__}",
    }
    if asked.what in ("ticks", "all"):
        figures["a tick, GoogLeNet to inception4c, 4 octaves"] = ticks(width, height, asked.steps, asked.pairs)
    if asked.what in ("film", "all"):
        figures[f"a film of {asked.seconds:g} s, 8 ticks a second, 30 fps, mp4"] = film(
            width, height, asked.steps, asked.seconds
        )
    if asked.what in ("memory", "all"):
        figures["memory of a small film"] = memory((2, 16))
    for title, figure in figures.items():
        print(title, "" if isinstance(figure, dict) else figure, sep="\t")
        for name, value in figure.items() if isinstance(figure, dict) else ():
            print(f"\t{value:8.3f}  {name}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
