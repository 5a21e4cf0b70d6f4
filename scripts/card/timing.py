"""How long work takes, how alike two results are, and how busy the card is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf, log10
from statistics import mean, median
from threading import Event, Thread
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor

from card.report import Asked


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


def nvidia_smi(query: str) -> str:
    """What nvidia-smi says of the first card; nothing where it is not."""
    words = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", "-i", "0"]
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(words, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    return ""


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
