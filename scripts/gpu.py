"""The card, proved and measured: (device, networks) -> what is right on it, how fast it is, what a live loop gives.

    scripts/gpu                                   all parts, in under six minutes; a table as it goes, and gpu.json
    scripts/gpu --parts right,fast                some of them
    scripts/gpu --rest                            what gpu.json in --out says was not reached; all else there stays
    scripts/gpu --weights inception_v1=FILE       a network's own weights; what a file lacks, or all of it, is seeded random
    scripts/gpu --device cpu --size 0.1           the script itself, tried without a card

machine  what the card is, and the rates it reaches: products, convolutions, copies. All shares are of these.
right    each network and each way to dream: one step and one tick beside the processor's, whether the same tick comes out
         twice, whether a resumed film is the film bit for bit, sixty ticks in numbers, memory that ends, reads that wait.
fast     ticks and frames a second at four sizes, memory, and where a tick's time goes.
modes    a step and a tick in float32, tf32, bfloat16, in each memory layout, as CUDA graphs: each alone and together.
encoded  film frames a second into an mp4, by the processor and by the card, and how busy the card is.
live     the studio's loop without its page: dreams a second, each read back and packed as a JPEG.
compile  a step under torch.compile; last, since nobody knows how long that takes.

Each entry may fail, or take too long, and says so in its place; each part has its share of the time, and what one does not
need the next ones have. gpu.json names from the beginning on what was not reached yet. A quarter of an hour is two runs, the
second with --rest. Nothing is fetched from anywhere.
"""

from __future__ import annotations

import os

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it torch cannot say that products repeat

import argparse
import gc
import importlib.util
import json
import platform
import signal
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, is_dataclass, replace
from functools import partial
from itertools import islice
from math import inf, log10
from pathlib import Path
from queue import Queue
from statistics import mean, median
from threading import Event, Thread, Timer
from time import perf_counter
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import measures
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from render.config import Config, load_text
from render.construct import build
from render.develop import stills
from render.dream import ascent, efficientnet, frozen, registry
from render.dream.view import view_of
from render.facts import facts
from render.film import Film, State, begin, step, ticks, with_tiles
from render.frames import between, frames
from render.picture.picture import from_pixels, to_pixels
from render.picture.readback import one_behind, read_frames, read_later
from render.source.noise import perlin

CPU = torch.device("cpu")
ENOUGH = 45.0  # dB: a step in float32 on the card beside the processor's
TICKS = 60  # after which a film is judged by numbers
RATE, FPS = 8, 30  # dreams and frames a second
SMALL = (320, 180)  # (width, height) at which the processor takes part
SIZES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}
LIVE = {"640x360": (640, 360), "1280x720": (1280, 720)}
NETWORKS = {"inception_v1": "{layer: inception_4c}", "bestiary": "{garden: all}", "efficientnet_lite0": "{layer: block_10}"}
MEASURED = ("inception_v1", "efficientnet_lite0")  # whose speed is measured
CASES: Mapping[str, tuple[str, ...]] = {  # ways to dream, by what they set
    "pixel": (),
    "fourier": ("dream.parametrisation=fourier", "dream.jitter_turn=5", "dream.jitter_scale=1.1"),
    "tiles": ("dream.tile=128",),
    "droste": ("loop=droste",),
    "footage": (),
}
AGAIN = {  # the network with which each way to dream is tried for whether it repeats, and where it waits
    "pixel": "efficientnet_lite0",
    "fourier": "inception_v1",
    "tiles": "bestiary",
    "droste": "inception_v1",
    "footage": "efficientnet_lite0",
}
SHARES = {"machine": 25, "right": 90, "fast": 55, "modes": 55, "encoded": 35, "live": 60, "compile": 15}  # of the time
PARTS = tuple(SHARES)
ENOUGH_TO_GO_ON = 30  # seconds
GRACE = 12  # seconds that an entry has beyond all time before the process ends without it: a call that does not come back
NOT_REACHED = "not reached"
SHORT = (  # part and name of the entries that tell most: of each part they come first
    *("machine: what there is", "machine: rates", "right: pixels", "right: efficientnet_lite0, pixel"),
    *("right: inception_v1, pixel", "right: bestiary, fourier", "right: inception_v1, tiles", "right: inception_v1, droste"),
    *("right: efficientnet_lite0, footage", "right: waits, efficientnet_lite0, pixel", "right: waits, bestiary, tiles"),
    *("right: again, efficientnet_lite0, pixel", "right: again, inception_v1, fourier", "right: memory ends"),
    *("right: 60 ticks, efficientnet_lite0", "right: sheet"),
    *(f"fast: {network}, {size}" for size in ("720p", "1080p", "4K") for network in MEASURED),
    *(f"fast: {network}, 720p, a tick by kernels" for network in MEASURED),
    *("fast: efficientnet_lite0, 4K in tiles", "fast: other cameras, 720p"),
    *(
        f"modes: {network}, 720p, {mode}"
        for network in MEASURED
        for mode in ("tf32", "bfloat16", "tf32, graph", "bfloat16, graph")
    ),
    "modes: inception_v1, 720p, bfloat16, tried out, graph",
    "modes: efficientnet_lite0, 720p, bfloat16, plain depthwise, channels first, graph",
    *(
        f"encoded: {network}, 720p, {way}"
        for network in MEASURED
        for way in ("x264", "nvenc, 4:2:0 on the card", "the same, graphs")
    ),
    *(f"encoded: {network}, 1080p, the same, graphs" for network in MEASURED),
    *(f"live: {network}, {size}" for size in LIVE for network in MEASURED),
    *(f"live: {network}, 1280x720, bare, graph" for network in MEASURED),
)
Entry = tuple[str, float, Callable[[], Any]]  # its name, the most seconds that it may take, and its work

FILM = """
seed: 7
size: {width}x{height}
fps: {fps}
{duration}
source: {source}
motion: {{zoom: 1.5}}
dream:
  rate: {rate}
  network: {network}
  objective: {objective}
  octaves: 3
  steps: 4
  first_steps: 4
  precision: {precision}
outputs: gpu.mp4
"""


class TooLongError(Exception):
    """An entry took longer than it may."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    parts: tuple[str, ...]
    seconds: float  # that all of it may take
    scale: float  # of all sizes
    device: torch.device
    weights: Mapping[str, Path]  # network -> file
    photo: Path | None  # the picture that films begin with; clouds if there is none
    out: Path
    short: bool  # only the entries of SHORT
    rest: bool = False  # only what was not reached before
    begun: float = field(default_factory=lambda: perf_counter())  # a test's own clock, too

    @property
    def cuda(self) -> bool:
        return self.device.type == "cuda"

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.begun

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.seconds - self.spent

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of a film, scaled; even, and no smaller than networks look at."""
        width, height = (max(64, round(side * self.scale / 2) * 2) for side in size)
        return width, height

    def wait(self) -> None:
        """Until the card has done what it was asked."""
        if self.cuda:
            torch.cuda.synchronize()


class Report:
    """What was found, by part and entry. It is written anew after each entry, so that what ends early leaves what it has."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.lost = asked, False
        self.entries: dict[str, Any] = json.loads(self.path.read_text()) if asked.rest and self.path.exists() else {}
        self.plan: dict[str, list[Entry]] = {}
        self.slow: set[str] = set()  # networks of which an entry took too long

    @property
    def path(self) -> Path:
        return self.asked.out / "gpu.json"

    def expect(self, part: str, entries: Iterator[Entry]) -> None:
        """What a part is to do, those entries first that tell most; each counts as not reached until it is done."""
        notes = self.entries.setdefault(part, {})
        wanted = [entry for entry in entries if not self.asked.short or f"{part}: {entry[0]}" in SHORT]
        wanted = [entry for entry in wanted if "skipped" in notes.get(entry[0], {"skipped": NOT_REACHED})]
        self.plan[part] = sorted(wanted, key=lambda entry: f"{part}: {entry[0]}" not in SHORT)
        notes |= {name: {"skipped": NOT_REACHED} for name, _, _ in self.plan[part]}

    def run(self, part: str) -> None:
        """Do the work of a part's entries, one after the other; none of them ends the others.

        Those of a network that was too slow once wait until all others are done.
        """
        waiting, put_off = deque(self.plan[part]), list[Entry]()
        while waiting or put_off:
            name, most, work = waiting.popleft() if waiting else put_off.pop(0)
            if waiting and any(network in name for network in self.slow):
                put_off.append((name, most, work))
                continue
            begun = perf_counter()
            note = self._note(most, self.left(part), work)
            if "TooLongError" in str(note):
                self.slow |= {network for network in NETWORKS if network in name}
            self.entries[part][name] = note
            spent = perf_counter() - begun
            print(f"{self.asked.spent:6.1f} s  {part:7}  {name:44}  {line(note)}  ({spent:.1f} s)", flush=True)
            self.write()

    def left(self, part: str) -> float:
        """Seconds that are left to a part: its share, and what those before it did not need."""
        order = list(self.plan)
        so_far = sum(SHARES[other] for other in order[: order.index(part) + 1])
        return self.asked.seconds * so_far / sum(SHARES[other] for other in order) - self.asked.spent

    def not_reached(self) -> list[str]:
        """What was not reached."""
        return [f"{part}: {name}" for part in self.plan for name, note in self.entries[part].items() if "skipped" in note]

    def _note(self, most: float, left: float, work: Callable[[], Any]) -> Any:
        """What the work gives, or why it gives nothing. most: seconds that it may take. left: that there are for it."""
        if self.lost or left < most / 3:
            return {"skipped": "the card is lost" if self.lost else "no time left"}
        try:
            with at_most(min(most, left)):
                return work()
        except TooLongError as error:
            return {"failed": f"TooLongError: {error}"} if left >= most else {"skipped": f"no time left: {error}"}
        except Exception as error:
            return {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"}
        finally:
            self.lost = self.lost or not answers(self.asked)

    def write(self) -> None:
        """Write gpu.json."""
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.entries, indent=1, default=str))
        part.replace(self.path)


def answers(asked: Asked) -> bool:
    """Whether the card still does what it is asked; some failures leave it useless until the process ends."""
    try:
        asked.wait()
        if asked.cuda:
            gc.collect()
            torch.cuda.empty_cache()
    except RuntimeError:
        return False
    return True


def line(note: Any) -> str:
    """An entry on one line: its numbers, and not what lies deeper."""
    if not isinstance(note, Mapping):
        return str(note)[:200]
    flat = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in note.items()}
    return "  ".join(f"{key} {value}" for key, value in flat.items() if not isinstance(value, Mapping | list))[:600]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """TooLongError in the block once so many seconds have passed."""

    def ring(*_: object) -> None:
        raise TooLongError(f"longer than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def milliseconds(asked: Asked, work: Callable[[], object], seconds: float = 1.0, most: int = 30) -> float:
    """The median of some runs after two that warm up, the card waited for after each."""
    for _ in range(2 if asked.cuda else 0):
        work()
    asked.wait()
    most = most if asked.cuda else 1
    spent: list[float] = []
    while len(spent) < most and (len(spent) < 3 or sum(spent) < seconds):
        begun = perf_counter()
        work()
        asked.wait()
        spent.append(perf_counter() - begun)
    return 1000 * median(spent)


def psnr(one: Tensor, other: Tensor) -> float:
    """How alike two frames are, dB."""
    apart = float((one.double().cpu() - other.double().cpu()).square().mean())
    return -10 * log10(apart) if apart else inf


def cosine(one: Tensor, other: Tensor) -> float:
    return float(F.cosine_similarity(one.double().cpu().flatten(), other.double().cpu().flatten(), dim=0))


# ---- networks of seeded random weights, in the formats of their files


def lite0_tensors(chance: torch.Generator) -> dict[str, Tensor]:
    """EfficientNet-Lite0's tensors by their names."""
    tensors: dict[str, Tensor] = {}

    def conv(name: str, norm: str, outputs: int, inputs: int, kernel: int) -> None:
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=chance)
        tensors[f"{name}.weight"] = weight * (2 / (inputs * kernel**2)) ** 0.5
        for key, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            tensors[f"{norm}.{key}"] = torch.full((outputs,), value)

    conv("_conv_stem", "_bn0", 32, 3, 3)
    number, inputs = 0, 32
    for stage, outputs in zip(efficientnet.STAGES, (16, 24, 40, 80, 112, 192, 320), strict=True):
        for _ in range(stage.blocks):
            name, width = f"_blocks.{number}", inputs * stage.expand
            if stage.expand > 1:
                conv(f"{name}._expand_conv", f"{name}._bn0", width, inputs, 1)
            conv(f"{name}._depthwise_conv", f"{name}._bn1", width, 1, stage.kernel)
            conv(f"{name}._project_conv", f"{name}._bn2", outputs, width, 1)
            number, inputs = number + 1, outputs
    conv("_conv_head", "_bn1", 1280, 320, 1)
    return {**tensors, "_fc.weight": torch.randn(1000, 1280, generator=chance) / 36, "_fc.bias": torch.zeros(1000)}


GOOGLENET = {  # table 1 of arXiv 1409.4842: inputs, then 1x1, 3x3 reduced, 3x3, 5x5 reduced, 5x5, pooled
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


def inception_tensors(chance: torch.Generator) -> dict[str, Tensor]:
    """The original GoogLeNet's tensors by Caffe's names."""
    shapes = {"conv1.7x7_s2": (64, 3, 7, 7), "conv2.3x3_reduce": (64, 64, 1, 1), "conv2.3x3": (192, 64, 3, 3)}
    for block, (inputs, one, to_three, three, to_five, five, pooled) in GOOGLENET.items():
        sizes = {
            "1x1": (one, inputs, 1, 1),
            "3x3_reduce": (to_three, inputs, 1, 1),
            "3x3": (three, to_three, 3, 3),
            "5x5_reduce": (to_five, inputs, 1, 1),
            "5x5": (five, to_five, 5, 5),
            "pool_proj": (pooled, inputs, 1, 1),
        }
        shapes |= {f"inception_{block}.{branch}": size for branch, size in sizes.items()}
    shapes["loss3.classifier"] = (1000, 1024, 1, 1)
    tensors = {}
    for name, (outputs, inputs, kernel, _) in shapes.items():
        gain = (2 / (inputs * kernel**2)) ** 0.5
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, kernel, kernel, generator=chance) * gain
        tensors[f"{name}.bias"] = torch.zeros(outputs)
    return tensors


RANDOM: Mapping[str, Callable[[torch.Generator], dict[str, Tensor]]] = {
    "efficientnet_lite0": lite0_tensors,
    "inception_v1": inception_tensors,
}


def whole_weights(name: str, given: Path | None, folder: Path) -> tuple[Path | None, str]:
    """The file of a network's weights, and what is in it. The bestiary brings its own; what others lack is drawn."""
    if name not in RANDOM:
        return given, "its own"
    drawn = RANDOM[name](torch.Generator().manual_seed(7))
    read = {key: value.float() for key, value in load_file(given).items() if key in drawn} if given else {}
    path = folder / f"{name}.safetensors"
    save_file(drawn | read, path)
    return path, f"{len(read)} of {len(drawn)} tensors from {given.name}" if given else "seeded random"


# ---- films


@dataclass(frozen=True)
class Studio:
    """Where films come from: the networks' weights, and pictures to begin with."""

    folder: Path
    weights: Mapping[str, Path | None]
    photo: Path | None

    def film(
        self,
        network: str,
        device: torch.device,
        size: tuple[int, int],
        precision: str = "float32",
        more: Sequence[str] = (),
        footage: bool = False,
        seconds: float = 12,
    ) -> Film:
        """The film of (width, height) that is measured."""
        return build(self.config(network, size, precision, more, footage, seconds), device)

    def config(
        self,
        network: str,
        size: tuple[int, int],
        precision: str = "float32",
        more: Sequence[str] = (),
        footage: bool = False,
        seconds: float = 12,
    ) -> Config:
        """What that film asks for."""
        file, (width, height) = self.weights[network], size
        still = f"{{image: {json.dumps(str(self.photo))}}}" if self.photo else "{noise: perlin}"
        text = FILM.format(
            width=width,
            height=height,
            fps=FPS,
            rate=RATE,
            duration="duration: source" if footage else f"duration: {seconds:g}s",
            source=f"{{frames: {json.dumps(str(self.footage(size)))}}}" if footage else still,
            network=f"{{{network}: {json.dumps(str(file))}}}" if file else network,
            objective=NETWORKS[network],
            precision=precision,
        )
        return load_text(text, "gpu.yaml", self.folder, more, look=facts)

    def footage(self, size: tuple[int, int]) -> Path:
        """A folder of pictures in which clouds pass by."""
        width, height = size
        folder = self.folder / f"footage-{width}x{height}"
        if folder.exists():
            return folder
        import cv2

        folder.mkdir()
        clouds = (0.46 + 0.22 * perlin((height, width + 120), 3)).clamp(0, 1)
        for index in range(24):
            pixels = to_pixels(clouds[..., 3 * index : 3 * index + width])
            cv2.imwrite(str(folder / f"{index:03}.png"), pixels[..., ::-1])
        return folder


def on_device(value: Any, device: torch.device) -> Any:
    """The value with all tensors in it on a device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: on_device(getattr(value, name), device) for name in value.__dataclass_fields__})
    return value


def state_on(state: State, device: torch.device) -> State:
    """A state on another device; where gardens lie is the processor's business."""
    return replace(
        state,
        canvas=on_device(state.canvas, device),
        first=on_device(state.first, device),
        carried=on_device(state.carried, device),
    )


def resumed(state: State, device: torch.device) -> State:
    """A state as a take gives it back: its canvas as 16 bits, all else as it is."""
    through = state_on(state_on(state, CPU), device)
    return replace(through, canvas=from_pixels(to_pixels(state.canvas, np.uint16), device))


def with_one_step(film: Film) -> Film:
    """The same film, each tick one step at full size."""
    return replace(film, ascent=lambda moment, fresh: replace(film.ascent(moment, fresh), steps=1, octaves=1))


def gradient_of(film: Film, state: State, canvas: Tensor | None = None) -> Callable[[], Tensor]:
    """The work of one step at full size: the gradient of what the film asks for."""
    moment = film.scene.clock.tick(1)
    terms = [term for term in film.terms(moment, state.worlds) if term[0]]
    settings, picture = film.ascent(moment, False), state.canvas if canvas is None else canvas
    return lambda: ascent.gradient(picture, film.extract, terms, view_of(picture), settings)


@contextmanager
def arithmetic(tf32: bool = False, benchmark: bool = False, repeatable: bool = False) -> Iterator[None]:
    """How the card reckons: whether float32 products may be cut to tf32, algorithms tried out, and only those that repeat."""
    conv, product = torch.backends.cudnn, torch.backends.cuda.matmul
    before = conv.allow_tf32, product.allow_tf32, conv.benchmark, conv.deterministic
    conv.allow_tf32, product.allow_tf32, conv.benchmark, conv.deterministic = tf32, tf32, benchmark, repeatable
    if repeatable:
        torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        conv.allow_tf32, product.allow_tf32, conv.benchmark, conv.deterministic = before
        torch.use_deterministic_algorithms(False)


# ---- machine


def machine(asked: Asked) -> dict[str, Any]:
    """What there is."""
    told: dict[str, Any] = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor": f"{platform.machine()}, {os.cpu_count()} cores, torch uses {torch.get_num_threads()}",
        "missing": [
            name for name in ("av", "cv2", "imageio_ffmpeg", "pynvml", "torchvision", "triton") if not importable(name)
        ],
    }
    if asked.cuda:
        card = torch.cuda.get_device_properties(asked.device)
        told |= {
            "card": card.name,
            "memory GiB": card.total_memory / 2**30,
            "multiprocessors": card.multi_processor_count,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "driver": nvidia_smi("driver_version"),
            "tf32 in convolutions unless said otherwise": torch.backends.cudnn.allow_tf32,
        }
    return told


def importable(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def nvidia_smi(query: str) -> str:
    """What nvidia-smi says of the first card; nothing where it is not."""
    words = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", "-i", "0"]
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(words, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    return ""


def rates(asked: Asked) -> dict[str, float]:
    """TFLOP/s of products and convolutions as torch does them, TB/s of copies, GB/s to the processor."""
    side, batch, cells, channels = (8192, 8, 128, 512) if asked.cuda else (256, 1, 16, 32)
    found: dict[str, float] = {}
    for name, dtype, tf32 in (
        ("float32", torch.float32, False),
        ("tf32", torch.float32, True),
        ("bfloat16", torch.bfloat16, False),
    ):
        with arithmetic(tf32=tf32, benchmark=True):
            one = torch.randn(side, side, device=asked.device).to(dtype)
            found[f"{name} product TFLOP/s"] = 2 * side**3 / milliseconds(asked, lambda one=one: one @ one, 0.3) / 1e9  # type: ignore[misc]
            x = torch.randn(batch, channels, cells, cells, device=asked.device).to(dtype, memory_format=torch.channels_last)
            w = torch.randn(channels, channels, 3, 3, device=asked.device).to(dtype, memory_format=torch.channels_last)
            work = 2 * batch * cells**2 * channels**2 * 9
            spent = milliseconds(asked, lambda x=x, w=w: F.conv2d(x, w, padding=1), 0.3)  # type: ignore[misc]
            found[f"{name} convolution TFLOP/s"] = work / spent / 1e9
            del one, x, w
    many = torch.randn((2**28 if asked.cuda else 2**18), device=asked.device)
    other = torch.empty_like(many)
    found["copy TB/s"] = 2 * 4 * many.numel() / milliseconds(asked, lambda: other.copy_(many), 0.3) / 1e9
    frame = torch.rand(1080, 1920, 3, device=asked.device)
    found["to the processor GB/s"] = 4 * frame.numel() / milliseconds(asked, frame.cpu, 0.3) / 1e6
    if asked.cuda:
        held = torch.empty(frame.shape, pin_memory=True)
        found["to pinned memory GB/s"] = 4 * frame.numel() / milliseconds(asked, lambda: held.copy_(frame, True), 0.3) / 1e6
        tiny = torch.zeros(1, device=asked.device)
        begun = perf_counter()
        for _ in range(2000):
            tiny.add_(1)
        found["µs to ask for a kernel"] = (perf_counter() - begun) * 500
        found["µs to read a number"] = 1000 * milliseconds(asked, lambda: float(tiny), 0.1)
    return found


# ---- right


def beside(asked: Asked, studio: Studio, network: str, case: str) -> dict[str, Any]:
    """One step and one tick of a film on the card, beside the processor's from the same state."""
    footage, size = case == "footage", asked.size(SMALL)

    def made(device: torch.device, precision: str) -> Film:
        return studio.film(network, device, size, precision, CASES[case], footage)

    here, there, half = made(CPU, "float32"), made(asked.device, "float32"), made(asked.device, "bfloat16")
    first = begin(here)
    start = step(here, first)
    moved = state_on(start, asked.device)
    found: dict[str, Any] = {}
    with arithmetic(tf32=False):
        wanted, tick = step(with_one_step(here), start), step(here, start)
        found["step dB"] = psnr(step(with_one_step(there), moved).canvas, wanted.canvas)
        found["tick dB"] = psnr(step(there, moved).canvas, tick.canvas)
        found["begin dB"] = psnr(begin(there).canvas, first.canvas)
        if not footage:
            slope = gradient_of(here, start)()
            found["gradient cosine"] = cosine(gradient_of(there, moved)(), slope)
            found["bfloat16 gradient cosine"] = cosine(gradient_of(half, moved)(), slope)
    with arithmetic(tf32=True):
        found["tf32 step dB"] = psnr(step(with_one_step(there), moved).canvas, wanted.canvas)
        found["tf32 tick dB"] = psnr(step(there, moved).canvas, tick.canvas)
    found["bfloat16 step dB"] = psnr(step(with_one_step(half), moved).canvas, wanted.canvas)
    found["bfloat16 tick dB"] = psnr(step(half, moved).canvas, tick.canvas)
    found["right"] = found["step dB"] >= ENOUGH
    return found


def pixels_alike(asked: Asked) -> dict[str, Any]:
    """Whether pixels are the same whichever side makes them."""
    frame = torch.rand(1, 3, 45, 80, generator=torch.Generator().manual_seed(1))
    far, found = frame.to(asked.device), dict[str, Any]()
    for kind in (np.uint8, np.uint16):
        pixels = to_pixels(frame, kind)
        found[f"{kind.__name__} out"] = bool((to_pixels(far, kind) == pixels).all())
        found[f"{kind.__name__} in"] = bool(torch.equal(from_pixels(pixels, asked.device).cpu(), from_pixels(pixels)))
    return found | {"right": all(found.values())}


def repeats(asked: Asked, studio: Studio, network: str, case: str) -> dict[str, Any]:
    """Whether the card gives the same tick twice, and a resumed film the film; with the usual algorithms, and told to."""
    film = studio.film(network, asked.device, asked.size(SMALL), "bfloat16", CASES[case], case == "footage")
    state, found = begin(film), dict[str, Any]()
    for how, repeatable in (("as it is", False), ("told to repeat", True)):
        with arithmetic(repeatable=repeatable), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            one = list(islice(ticks(film, state), 2))
            again = list(islice(ticks(film, state), 2))
            after = step(film, resumed(one[0], asked.device))
            found[f"same twice, {how}"] = bool(torch.equal(one[1].canvas, again[1].canvas))
            found[f"resumed is the same, {how}"] = bool(torch.equal(one[1].canvas, after.canvas))
            found[f"ms a tick, {how}"] = milliseconds(asked, lambda: step(film, state), 0.3, 5)
            if repeatable:
                found["cannot repeat"] = sorted({str(word.message).split(" does not")[0][:80] for word in told})
    return found


def sixty(asked: Asked, studio: Studio, network: str, count: int, sheet: dict[str, Tensor]) -> dict[str, Any]:
    """Numbers of a film's canvas after some ticks: on the processor, on the card in float32, and in bfloat16."""
    ways = {"card, float32": (asked.device, "float32"), "card, bfloat16": (asked.device, "bfloat16")}
    ways["processor, float32"] = (CPU, "float32")
    found: dict[str, Any] = {"ticks": count}
    for how, (device, precision) in ways.items():
        film = studio.film(network, device, asked.size(SMALL), precision)
        with arithmetic(tf32=False):
            begun = perf_counter()
            last = next(islice(ticks(film), count, None))
            frame = last.canvas[0].permute(1, 2, 0).cpu().numpy()
        average, contrast = measures.tone(frame)
        found[how] = {
            "mean": [round(float(value), 4) for value in average],
            "contrast": float(contrast),
            "clipped": float(measures.clipped(frame)),
            "fine": float(measures.fine(frame)),
            "band": float(measures.band(frame)),
            "seconds": perf_counter() - begun,
        }
        sheet[f"{network}, {how}"] = last.canvas.cpu()
    cards, whole = found["card, bfloat16"], found["processor, float32"]
    for key in ("contrast", "fine"):
        found[f"{key}: bfloat16 on the card by float32 on the processor"] = cards[key] / max(whole[key], 1e-12)
    return found


def write_sheet(asked: Asked, sheet: Mapping[str, Tensor]) -> dict[str, Any]:
    """The last pictures of all films that were judged, a network a row."""
    import cv2

    if len(sheet) < 3:
        return {"sheet.jpg": "no film was judged in this run"}
    rows = [list(sheet.values())[i : i + 3] for i in range(0, len(sheet) // 3 * 3, 3)]
    page = np.concatenate([np.concatenate([to_pixels(frame) for frame in row], 1) for row in rows])
    cv2.imwrite(str(asked.out / "sheet.jpg"), page[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return {"sheet.jpg": list(sheet)}


def memory_ends(asked: Asked, studio: Studio) -> dict[str, Any]:
    """Whether a film for which the card's memory ends goes on in tiles, as its render would, and looks the same."""
    if not asked.cuda:
        return {"not tried": "there is no card"}
    retile = with_stand_in("render.develop.retile")
    film = studio.film("efficientnet_lite0", asked.device, asked.size(SIZES["1080p"]), "float32", ["dream.tile=none"])
    state = begin(film)
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    whole = step(film, state)
    most, everything = torch.cuda.max_memory_allocated(), torch.cuda.get_device_properties(asked.device).total_memory
    torch.cuda.empty_cache()

    take = Record()
    torch.cuda.set_per_process_memory_fraction((before + 0.6 * (most - before)) / everything)
    try:
        tiled = next(iter(retile.ticks_within_memory(film, state, take)))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    return {
        "peak MiB, whole": most / 2**20,
        "limit MiB": (before + 0.6 * (most - before)) / 2**20,
        "went on in tiles of": take.record,
        "dB beside the whole": psnr(tiled.canvas, whole.canvas),
    }


class Record:
    """Of a take, as much as tiles ask for."""

    def __init__(self) -> None:
        self.record: dict[str, Any] = {}

    def note(self, **notes: Any) -> None:
        self.record |= notes


def with_stand_in(name: str) -> Any:
    """A room of develop. Where there is no imageio_ffmpeg one stands in for it, since nothing is encoded by it here."""
    if not importable("imageio_ffmpeg"):
        sys.modules["imageio_ffmpeg"] = ModuleType("imageio_ffmpeg")
    __import__(name)
    return sys.modules[name]


def waits(asked: Asked, studio: Studio, network: str, case: str) -> dict[str, Any]:
    """Where in the code a tick waits for the card, as CUDA itself counts it."""
    if not asked.cuda:
        return {"not tried": "there is no card"}
    film = studio.film(network, asked.device, asked.size(SMALL), "bfloat16", CASES[case], case == "footage")
    state = step(film, begin(film))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            step(film, state)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    called = [word for word in told if "called a synchronizing" in str(word.message)]
    places = Counter(f"{Path(word.filename).name}:{word.lineno}" for word in called)
    return {"waits a tick": sum(places.values()), "where": dict(places.most_common())}


def right(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    sheet: dict[str, Tensor] = {}
    yield "pixels", 5, partial(pixels_alike, asked)
    for case in CASES:
        for network in NETWORKS:
            yield f"{network}, {case}", 25, partial(beside, asked, studio, network, case)
    for case, network in AGAIN.items():
        yield f"waits, {network}, {case}", 10, partial(waits, asked, studio, network, case)
        yield f"again, {network}, {case}", 20, partial(repeats, asked, studio, network, case)
    yield "memory ends", 20, partial(memory_ends, asked, studio)
    count = TICKS if asked.cuda else 3
    for network in NETWORKS:
        yield f"{count} ticks, {network}", 25, partial(sixty, asked, studio, network, count, sheet)
    yield "sheet", 8, partial(write_sheet, asked, sheet)


# ---- fast


class Busy:
    """The share of time in which the card had work, sampled while the block runs."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.samples, self._over = asked, list[float](), Event()

    def __enter__(self) -> Busy:
        self._thread = Thread(target=self._watch, daemon=True)
        if self.asked.cuda:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self.asked.cuda:
            self._thread.join(6)

    @property
    def share(self) -> float | None:
        settled = self.samples[len(self.samples) // 3 :]  # the card reports of the time just past
        return mean(settled) / 100 if settled else None

    def _watch(self) -> None:
        try:
            import pynvml

            pynvml.nvmlInit()
            card = pynvml.nvmlDeviceGetHandleByIndex(0)
            ask = lambda: float(pynvml.nvmlDeviceGetUtilizationRates(card).gpu)  # noqa: E731
            ask()
        except Exception:
            ask = lambda: float(nvidia_smi("utilization.gpu") or "nan")  # noqa: E731
        while not self._over.wait(0.05):
            with suppress(Exception):
                self.samples.append(ask())


def speed(asked: Asked, studio: Studio, report: Report, network: str, size: tuple[int, int], tile: int = 0) -> dict[str, Any]:
    """Of a film of that size: ms a tick, a frame and a read-back, memory, and its convolutions' share of the card's rate."""
    film = studio.film(network, asked.device, size, "auto", ["dream.tile=none"])
    film = with_tiles(film, tile) if tile else film
    begun = perf_counter()
    state = step(film, begin(film))
    asked.wait()
    first = perf_counter() - begun  # the card's libraries prepare for each new size, which can take far longer than the work
    if asked.cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with Busy(asked) as busy:
        tick = milliseconds(asked, lambda: step(film, state), 1.2, 10)
    found: dict[str, Any] = {"precision": film.precision, "s for the first two ticks": first, "ms a tick": tick}
    found["busy"] = busy.share
    if asked.cuda:
        found["peak MiB"] = torch.cuda.max_memory_allocated() / 2**20
    if tile:
        return found
    with FlopCounterMode(display=False) as counted:
        step(film, state)
    found["TFLOP a tick"] = counted.get_total_flops() / 1e12
    rate = report.entries["machine"].get("rates", {}).get("bfloat16 convolution TFLOP/s")
    found["share of the bf16 convolution rate"] = found["TFLOP a tick"] / (tick / 1000) / rate if rate else None
    after, moment = step(film, state), film.scene.clock.frame(round(1.5 * FPS / RATE))
    frame = between(film.scene, state.canvas, after.canvas, 1, moment, 0.5)
    found["ms a frame between"] = milliseconds(
        asked, lambda: between(film.scene, state.canvas, after.canvas, 1, moment, 0.5), 0.6, 12
    )
    found["ms to read it, uint8"] = milliseconds(asked, lambda: to_pixels(frame), 0.4, 10)
    found["ms to read it, uint16"] = milliseconds(asked, lambda: to_pixels(frame, np.uint16), 0.4, 10)
    found["ms to read it, packed on the card"] = milliseconds(asked, lambda: packed(frame).cpu(), 0.4, 10)
    if asked.cuda:
        held = torch.empty(packed(frame).shape, dtype=torch.uint8, pin_memory=True)
        found["ms to read it, packed and pinned"] = milliseconds(asked, lambda: held.copy_(packed(frame), True), 0.4, 10)
    each = FPS / RATE
    found["film frames a second, unencoded"] = each / (
        tick + each * (found["ms a frame between"] + found["ms to read it, uint8"])
    )
    found["film frames a second, unencoded"] *= 1000
    return found


CAMERAS = {
    "out": "motion.zoom=0.7",
    "turning": "motion.rotate=20",
    "tilting": "motion.tilt=[10, 3]",
    "bending": "motion.swirl=30",
}


def cameras(asked: Asked, studio: Studio, size: tuple[int, int]) -> dict[str, Any]:
    """ms of a tick of films whose camera does more than zoom in, but for the dream; and of fresh ground alone."""
    found: dict[str, Any] = {}
    for name, motion in CAMERAS.items():
        more = ["dream.tile=none", "dream.steps=0", "dream.first_steps=0", motion]
        film = studio.film("bestiary", asked.device, size, "bfloat16", more)
        state = step(film, begin(film))
        found[f"ms {name}"] = milliseconds(asked, lambda film=film, state=state: step(film, state), 0.6, 5)  # type: ignore[misc]
    found["ms of fresh ground"] = milliseconds(asked, lambda: film.scene.fresh(1), 0.5, 3)
    return found


def packed(frame: Tensor) -> Tensor:
    """[H, W, 3] uint8 of a frame, made where the frame is."""
    return (frame[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()


def yuv(frame: Tensor) -> Tensor:
    """[3 H / 2, W] uint8: a frame as BT.709 4:2:0 of limited range, plane after plane, made where the frame is."""
    red, green, blue = frame[0].clamp(0, 1)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    colour = torch.stack(((blue - light) / 1.8556, (red - light) / 1.5748))[None]
    planes = F.avg_pool2d(colour, 2)[0] * 224 + 128
    whole = torch.cat(((light * 219 + 16).flatten(), planes.flatten()))
    return whole.round().clamp(0, 255).to(torch.uint8).view(-1, frame.shape[3])


def read_yuv(frame: Tensor) -> Callable[[], np.ndarray[Any, Any]]:
    """Begin to read a frame as 4:2:0."""
    read = read_later({"frame": yuv(frame)})
    return lambda: read()["frame"].numpy()


X264 = {"preset": "medium", "crf": "18"}  # what a render takes for an mp4
NVENC = {"preset": "p5", "tune": "hq", "rc": "vbr", "b": "0", "cq": "20"}
ENCODERS: Mapping[str, tuple[str, Mapping[str, str], bool, bool]] = {  # codec, options, frames as 4:2:0, dreams as graphs
    "x264": ("libx264", X264, False, False),
    "x264, quick": ("libx264", {"preset": "veryfast", "crf": "18"}, True, False),
    "nvenc": ("h264_nvenc", NVENC, False, False),
    "nvenc, 4:2:0 on the card": ("h264_nvenc", NVENC, True, False),
    "the same, graphs": ("h264_nvenc", NVENC, True, True),
}
BEST = ("x264", "nvenc, 4:2:0 on the card", "the same, graphs")


class Encoder:
    """A thread that packs frames into an mp4; leaving the block waits for it."""

    def __init__(self, path: Path, name: str, size: tuple[int, int]) -> None:
        import av

        codec, options, self.planar, _ = ENCODERS[name]
        self._film = av.open(str(path), "w")
        self._stream = self._film.add_stream(codec, rate=FPS, options=dict(options))
        self._stream.width, self._stream.height, self._stream.pix_fmt = *size, "yuv420p"
        self._frames: Queue[Any] = Queue(8)
        self._fault: Exception | None = None
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> Encoder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._frames.put(None)
        self._thread.join()
        if self._fault:
            raise self._fault

    def send(self, pixels: np.ndarray[Any, Any]) -> None:
        """One frame more."""
        if self._fault:
            raise self._fault
        self._frames.put(pixels)

    def _work(self) -> None:
        import av

        try:
            while (pixels := self._frames.get()) is not None:
                picture = av.VideoFrame.from_ndarray(pixels, "yuv420p" if self.planar else "rgb24")
                self._film.mux(self._stream.encode(picture))
            self._film.mux(self._stream.encode())
            self._film.close()
        except Exception as error:  # told to who sends
            self._fault = error
            while self._frames.get() is not None:
                pass


def rendering(asked: Asked, studio: Studio, network: str, size: tuple[int, int], encoder: str, most: float) -> dict[str, Any]:
    """A film dreamed, its frames made, read back and encoded, for so many seconds."""
    precision = "bfloat16" if ENCODERS[encoder][3] else "auto"
    film = studio.film(network, asked.device, size, precision, ["dream.tile=none"], seconds=600)
    path, number = studio.folder / "film.mp4", 0
    with graphs() if ENCODERS[encoder][3] else nullcontext():
        step(film, begin(film))  # graphs are recorded while nothing else is asked of the card
        with Busy(asked) as busy, Encoder(path, encoder, size) as film_file:
            begun = perf_counter()
            made = frames(film.scene, (state.canvas for state in ticks(film)), film.scene.clock)
            for pixels in one_behind(made, read_yuv) if film_file.planar else read_frames(made, asked.device, 8):
                film_file.send(stills.eight_bits(pixels))
                number += 1
                if perf_counter() - begun > most:
                    break
        spent = perf_counter() - begun
    size_mb = path.stat().st_size / 2**20
    return {"frames a second": number / spent, "busy": busy.share, "frames": number, "MiB": size_mb}


def profiled(asked: Asked, studio: Studio, network: str, size: tuple[int, int]) -> dict[str, Any]:
    """Where a tick's time goes: the kernels that take most of it, how many there are, and a trace to look at."""
    film = studio.film(network, asked.device, size, "auto", ["dream.tile=none"])
    state = step(film, step(film, begin(film)))
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if asked.cuda else [])]
    with profile(activities=activities) as seen:
        asked.wait()
        begun = perf_counter()
        step(film, state)
        asked.wait()
        wall = perf_counter() - begun
    events = seen.key_averages()
    kind = "device" if asked.cuda else "cpu"
    total = f"self_{kind}_time_total"
    kernels = [event for event in events if getattr(event, total) > 0 and (not asked.cuda or "CUDA" in str(event.device_type))]
    kernels.sort(key=lambda event: -getattr(event, total))
    spent = sum(getattr(event, total) for event in kernels) / 1e6
    with suppress(Exception):
        if asked.cuda:
            seen.export_chrome_trace(str(asked.out / f"trace-{network}.json.gz"))
    return {
        "ms a tick": 1000 * wall,
        "ms of kernels": 1000 * spent,
        "kernels": sum(event.count for event in kernels),
        "most": [[event.key[:110], event.count, round(getattr(event, total) / 1000, 3)] for event in kernels[:30]],
        "asked most": [
            [event.key[:60], event.count, round(event.self_cpu_time_total / 1000, 3)]
            for event in sorted(events, key=lambda event: -event.self_cpu_time_total)[:15]
        ],
    }


def fast(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for label, size in SIZES.items():
        for network in MEASURED:
            yield f"{network}, {label}", 25, partial(speed, asked, studio, report, network, asked.size(size))
    for network in MEASURED:
        yield f"{network}, 720p, a tick by kernels", 20, partial(profiled, asked, studio, network, asked.size(SIZES["720p"]))
    for network in MEASURED:
        width, height = asked.size(SIZES["4K"])
        yield (
            f"{network}, 4K in tiles",
            12,
            partial(speed, asked, studio, report, network, (width, height), max(128, height // 2)),
        )
    for label in ("720p", "4K"):
        yield f"other cameras, {label}", 12, partial(cameras, asked, studio, asked.size(SIZES[label]))


def encoded(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for label in ("720p", "1080p", "4K"):
        for network in MEASURED:
            for encoder in ENCODERS if label != "4K" else BEST:
                work = partial(rendering, asked, studio, network, asked.size(SIZES[label]), encoder, 2.0 if asked.cuda else 0.1)
                yield f"{network}, {label}, {encoder}", 15, work


# ---- modes


class Graphs:
    """Gradients as CUDA graphs: each is recorded once for a size, and then asked for with one call.

    It stands in for ascent.gradient. The roll of a view changes with each step and stays outside. What it cannot record it
    leaves to the function it stands in for: turned views, tiles, masks, and objectives that are new at each tick.
    """

    def __init__(self, gradient: Callable[..., Tensor]) -> None:
        self.plain, self.recorded = gradient, dict[Any, tuple[Any, Tensor, Tensor]]()

    def __call__(self, canvas: Tensor, extract: Any, terms: Any, view: Any, settings: Any) -> Tensor:
        masked = any(objective.mask is not None for _, objective in terms)
        if canvas.device.type != "cuda" or view.turn is not None or settings.tiling or masked:
            return self.plain(canvas, extract, terms, view, settings)
        key = (tuple(canvas.shape), id(extract), tuple((weight, id(objective)) for weight, objective in terms))
        if key not in self.recorded:
            self.recorded[key] = self._record(canvas, extract, terms, settings)
        graph, shown, slope = self.recorded[key]
        shown.copy_(view.roll(canvas))
        graph.replay()
        return view.unroll(slope)  # a copy: the next replay writes over the slope

    def _record(self, canvas: Tensor, extract: Any, terms: Any, settings: Any) -> tuple[Any, Tensor, Tensor]:
        shown = canvas.clone()
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(3):
                self.plain(shown, extract, terms, view_of(shown), settings)
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            slope = self.plain(shown, extract, terms, view_of(shown), settings)
        return graph, shown, slope


@contextmanager
def graphs() -> Iterator[None]:
    """Dreams by Graphs."""
    with patch.object(ascent, "gradient", Graphs(ascent.gradient)):
        yield


@contextmanager
def autocast(device: torch.device) -> Iterator[None]:
    """Gradients, forward and back, with torch's own choice of what is reckoned in bfloat16."""
    plain = ascent.gradient

    def cast(*arguments: Any) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            return plain(*arguments).float()

    with patch.object(ascent, "gradient", cast):
        yield


@contextmanager
def channels_first() -> Iterator[None]:
    """Networks that are built here keep their weights, and so their activations, channels first."""
    freeze = registry.freeze

    def first(module: torch.nn.Module, device: torch.device) -> torch.nn.Module:
        return freeze(module, device).to(memory_format=torch.contiguous_format)

    with patch.object(registry, "freeze", first):
        yield


@contextmanager
def plain_depthwise() -> Iterator[None]:
    """efficientnet_lite0's depthwise convolutions by torch's own kernels, which know every size, in place of cuDNN's.

    Channels last, torch leaves all of them to cuDNN, which compiles some anew for each size (cudnn-frontend's issue 1066). Its
    own transposed convolution goes group by group; zeros between the cells make a plain one of that.
    """

    def plainly(work: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def convolve(x: Tensor, weight: Tensor, *rest: Any, **more: Any) -> Tensor:
            with torch.backends.cudnn.flags(enabled=weight.shape[1] > 1):
                return work(x, weight, *rest, **more)

        return convolve

    usual = efficientnet._depthwise_slope

    def slope_of(slope: Tensor, block: efficientnet.Block, inner: Tensor) -> Any:
        if block.stride == 1:
            return usual(slope, block, inner)
        (height, width), margin = inner.shape[2:], block.kernel - 1
        spread = slope.new_zeros(len(slope), block.width, height + margin, width + margin)
        spread[:, :, margin:height:2, margin:width:2] = slope
        return block.depthwise_slope(spread)

    own = SimpleNamespace(**{**vars(F), "conv2d": plainly(F.conv2d)})
    with ExitStack() as stack:
        stack.enter_context(patch.object(frozen, "F", own))
        stack.enter_context(patch.object(frozen, "has_layout", lambda x: False))  # a processor has kernels of its own
        stack.enter_context(patch.object(efficientnet, "_depthwise_slope", slope_of))
        yield


@dataclass(frozen=True)
class Mode:
    """A way to take a step."""

    precision: str = "bfloat16"
    tf32: bool = False
    benchmark: bool = False
    first: bool = False  # channels first
    plain: bool = False  # plain_depthwise
    graph: bool = False
    cast: bool = False  # weights in float32, torch.autocast


MODES = {
    "float32": Mode("float32"),
    "float32, channels first": Mode("float32", first=True),
    "float32, graph": Mode("float32", graph=True),
    "tf32": Mode("float32", tf32=True),
    "tf32, channels first": Mode("float32", tf32=True, first=True),
    "tf32, tried out": Mode("float32", tf32=True, benchmark=True),
    "tf32, graph": Mode("float32", tf32=True, graph=True),
    "bfloat16": Mode(),
    "bfloat16 by autocast": Mode("float32", cast=True),
    "bfloat16, channels first": Mode(first=True),
    "bfloat16, tried out": Mode(benchmark=True),
    "bfloat16, graph": Mode(graph=True),
    "bfloat16, tried out, graph": Mode(benchmark=True, graph=True),
    "tf32, plain depthwise": Mode("float32", tf32=True, plain=True),
    "tf32, plain depthwise, channels first, graph": Mode("float32", tf32=True, plain=True, first=True, graph=True),
    "bfloat16, plain depthwise": Mode(plain=True),
    "bfloat16, plain depthwise, channels first, graph": Mode(plain=True, first=True, graph=True),
}

FEWER = ("float32", "tf32", "bfloat16", "bfloat16, channels first", "bfloat16, graph", "bfloat16, tried out, graph")


def in_mode(asked: Asked, studio: Studio, network: str, size: tuple[int, int], mode: Mode, ideal: dict[str, Tensor]) -> Any:
    """ms of a step at full size and of a tick, and how near the gradient is to the first mode's."""
    with ExitStack() as stack:
        stack.enter_context(arithmetic(tf32=mode.tf32, benchmark=mode.benchmark))
        stack.enter_context(channels_first() if mode.first else nullcontext())
        stack.enter_context(plain_depthwise() if mode.plain else nullcontext())
        film = studio.film(network, asked.device, size, mode.precision, ["dream.tile=none"])
        stack.enter_context(graphs() if mode.graph else nullcontext())
        stack.enter_context(autocast(asked.device) if mode.cast else nullcontext())
        generator = torch.Generator().manual_seed(3)
        canvas = torch.rand(film.scene.size, generator=generator).expand(1, 3, -1, -1).contiguous().to(asked.device)
        state = State(1, canvas, begin(film).worlds)
        work = gradient_of(film, state)
        begun = perf_counter()
        slope = work().cpu()
        found = {
            "s for the first step": perf_counter() - begun,
            "ms a step": milliseconds(asked, work, 0.5, 20),
            "ms a tick": milliseconds(asked, lambda: step(film, state), 0.8, 8),
        }
        found["cosine"] = cosine(slope, ideal.setdefault("slope", slope))
        if asked.cuda:
            found["ticks a second"] = 1000 / found["ms a tick"]
        return found


def modes(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for label, names in {"720p": tuple(MODES), "1080p": FEWER}.items():
        for network in MEASURED:
            ideal: dict[str, Tensor] = {}
            for name in names:
                work = partial(in_mode, asked, studio, network, asked.size(SIZES[label]), MODES[name], ideal)
                yield f"{network}, {label}, {name}", 15, work


# ---- live


class Nobody:
    """An audience that is not there."""

    def tell(self, message: dict[str, Any]) -> None: ...

    def show(self, dream: bytes) -> None: ...


def living(asked: Asked, studio: Studio, network: str, size: tuple[int, int], graph: bool, most: float) -> dict[str, Any]:
    """Dreams a second of the studio's own loop without its page: a hand moves, a tick is dreamed, kept, and packed for it."""
    with_stand_in("render.develop.ffmpeg")
    from render.studio.orders import carry_out
    from render.studio.script import Script
    from render.studio.session import Session
    from render.studio.setup import Setup

    config = studio.config(network, size, "bfloat16" if graph else "auto", ["dream.tile=none"], seconds=600)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, graphs() if graph else nullcontext():
        pixels = config.size.width * config.size.height
        setup = Setup(Script(config, ""), Path(folder), asked.device, pixels=pixels, share=1.0, govern=False, pace=False)
        session = Session(setup, Nobody(), carry_out)
        session.start_over()
        if session.paused_by:
            raise RuntimeError(session.paused_by)
        session.advance()
        asked.wait()
        spent: list[float] = []
        with Busy(asked) as busy:
            while sum(spent) < most:
                begun = perf_counter()
                session.set({"motion.center.0": 0.4 + 0.01 * (len(spent) % 20), "motion.center.1": 0.5})
                session.advance()
                spent.append(perf_counter() - begun)
        session.close()
    return paces(spent, busy)


def bare(asked: Asked, studio: Studio, network: str, size: tuple[int, int], graph: bool, most: float) -> dict[str, Any]:
    """The same without a session, a take and a hand: a tick, read back and packed as a JPEG, and the next."""
    import cv2

    film = studio.film(network, asked.device, size, "bfloat16" if graph else "auto", ["dream.tile=none"], seconds=600)
    with graphs() if graph else nullcontext(), Busy(asked) as busy:
        state = step(film, begin(film))
        asked.wait()
        spent: list[float] = []
        while sum(spent) < most:
            begun = perf_counter()
            state = step(film, state)
            pixels = packed(state.canvas).cpu().numpy()
            cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
            spent.append(perf_counter() - begun)
    return paces(spent, busy)


def paces(spent: Sequence[float], busy: Busy) -> dict[str, Any]:
    return {
        "dreams a second": len(spent) / sum(spent),
        "ms, median": 1000 * median(spent),
        "ms, 95 %": 1000 * sorted(spent)[int(0.95 * len(spent))],
        "dreams": len(spent),
        "busy": busy.share,
    }


def live(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    """A minute of it: 10 s each of two networks at two sizes, 2.5 s of what is tried beside."""
    for label, size in LIVE.items():
        for network in MEASURED:
            for name, work, graph, most in (
                ("", living, False, 10.0),
                (", bare", bare, False, 2.5),
                (", bare, graph", bare, True, 2.5),
            ):
                yield (
                    f"{network}, {label}{name}",
                    20,
                    partial(work, asked, studio, network, asked.size(size), graph, most if asked.cuda else 0.1),
                )


# ---- compile


def compiled(asked: Asked, studio: Studio, network: str, size: tuple[int, int], graph: bool) -> dict[str, Any]:
    """A step at full size whose network went through torch.compile."""
    film = studio.film(network, asked.device, size, "bfloat16", ["dream.tile=none"])
    state = State(1, torch.rand(1, 3, *film.scene.size, device=asked.device), begin(film).worlds)
    slope = gradient_of(film, state)().cpu()
    torch.compiler.reset()
    quick = replace(film, extract=torch.compile(film.extract, dynamic=False))
    with graphs() if graph else nullcontext():
        work, begun = gradient_of(quick, state), perf_counter()
        near = cosine(work(), slope)
        return {"seconds to compile": perf_counter() - begun, "ms a step": milliseconds(asked, work, 0.5, 20), "cosine": near}


def compile_part(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for network in MEASURED:
        for graph in (False, True):
            work = partial(compiled, asked, studio, network, asked.size(SIZES["720p"]), graph)
            yield f"{network}, 720p{', graph' if graph else ''}", 40, work


# ---- all of it


def machine_part(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    yield "what there is", 10, partial(machine, asked)
    yield "rates", 15, partial(rates, asked)


WORK: Mapping[str, Callable[[Asked, Studio, Report], Iterator[Entry]]] = {
    "machine": machine_part,
    "right": right,
    "fast": fast,
    "live": live,
    "encoded": encoded,
    "modes": modes,
    "compile": compile_part,
}


def options(arguments: Sequence[str]) -> Asked:
    words = argparse.ArgumentParser("scripts/gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--parts", default=",".join(PARTS), help=f"some of {','.join(PARTS)}; machine always is")
    words.add_argument("--seconds", type=float, default=335, help="that all of it may take")
    words.add_argument("--size", type=float, default=1.0, metavar="SCALE", help="of all sizes; 0.1 to try the script")
    words.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    words.add_argument("--weights", action="append", default=[], metavar="NETWORK=FILE", help="safetensors by its own names")
    words.add_argument("--photo", type=Path, help="the picture that films begin with; clouds without")
    words.add_argument("--out", type=Path, default=Path("gpu-out"), help="the folder for gpu.json, sheet.jpg and traces")
    words.add_argument("--short", action="store_true", help="only the entries that tell most; the others come after them")
    words.add_argument("--rest", action="store_true", help="only what gpu.json in --out says was not reached")
    told = words.parse_args(arguments)
    parts = tuple(part for part in PARTS if part == "machine" or part in told.parts.split(","))
    if wrong := set(told.parts.split(",")) - set(PARTS):
        words.error(f"--parts: {', '.join(sorted(wrong))}; there are {', '.join(PARTS)}")
    weights = {name: Path(file).absolute() for name, _, file in (pair.partition("=") for pair in told.weights)}
    if missing := [str(path) for path in weights.values() if not path.is_file()]:
        words.error(f"--weights: there is no file {missing[0]}")
    if wrong := set(weights) - set(RANDOM):
        words.error(f"--weights: {', '.join(sorted(wrong))}; there are {', '.join(RANDOM)}")
    told.out.mkdir(parents=True, exist_ok=True)
    photo = told.photo.absolute() if told.photo else None
    return Asked(parts, told.seconds, told.size, torch.device(told.device), weights, photo, told.out, told.short, told.rest)


def give_up(report: Report) -> None:
    """End the process though an entry does not come back; what was found is written already."""
    print(f"an entry does not come back; not reached: {'; '.join(report.not_reached())}", flush=True)
    os._exit(3)


def go_on(asked: Asked, arguments: Sequence[str]) -> int:
    """In a process of its own, what was not reached because the card is lost to this one."""
    again = [*arguments, "--rest", f"--seconds={asked.left:.0f}"]
    return subprocess.call([sys.executable, str(Path(__file__).absolute()), *again])


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if all that could be tried is right; 1 if a step on the card is not the processor's; 3 if an entry never came back."""
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = options(arguments)
    report = Report(asked)
    last = Timer(asked.left + GRACE, give_up, [report])
    last.daemon = True
    last.start()
    try:
        code = measure(asked, report)
    finally:
        last.cancel()
    return go_on(asked, arguments) if report.lost and asked.left > ENOUGH_TO_GO_ON else code


def measure(asked: Asked, report: Report) -> int:
    """All of it."""
    warnings.filterwarnings("ignore", message=".*TF32.*")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = {name: whole_weights(name, asked.weights.get(name), Path(folder)) for name in NETWORKS}
        studio = Studio(Path(folder), {name: file for name, (file, _) in files.items()}, asked.photo)
        report.entries["weights"] = {name: what for name, (_, what) in files.items()}
        for part in asked.parts:
            report.expect(part, WORK[part](asked, studio, report))
        report.write()
        for part in asked.parts:
            report.run(part)
    report.entries["seconds"] = asked.spent
    report.write()
    notes = {f"{part}: {name}": note for part in asked.parts for name, note in report.entries.get(part, {}).items()}
    wrong = [name for name, note in notes.items() if note.get("right") is False]
    failed = [name for name, note in notes.items() if "failed" in note]
    for what, names in (("not right", wrong), ("failed", failed), ("not reached", report.not_reached())):
        print(f"{what}: {'; '.join(names) or 'nothing'}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
