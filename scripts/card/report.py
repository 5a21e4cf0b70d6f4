"""The report: (what the command line asks for) -> gpu.json, written anew after each entry, none of which ends the others."""

from __future__ import annotations

import gc
import json
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from card import cases

SHARES = {"machine": 25, "right": 90, "fast": 55, "modes": 55, "encoded": 35, "live": 60, "compile": 15}  # of the time
PARTS = tuple(SHARES)
NOT_REACHED = "not reached"
SHORT = (  # part and name of the entries that tell most: of each part they come first
    *("machine: what there is", "machine: rates", "right: pixels", "right: efficientnet_lite0, pixel"),
    *("right: inception_v1, pixel", "right: bestiary, fourier", "right: inception_v1, tiles", "right: inception_v1, droste"),
    *("right: efficientnet_lite0, footage", "right: waits, efficientnet_lite0, pixel", "right: waits, bestiary, tiles"),
    *("right: again, efficientnet_lite0, pixel", "right: again, inception_v1, fourier", "right: memory ends"),
    *("right: 60 ticks, efficientnet_lite0", "right: sheet"),
    *(f"fast: {network}, {size}" for size in ("720p", "1080p", "4K") for network in cases.MEASURED),
    *(f"fast: {network}, 720p, a tick by kernels" for network in cases.MEASURED),
    *("fast: efficientnet_lite0, 4K in tiles", "fast: other cameras, 720p"),
    *(
        f"modes: {network}, 720p, {mode}"
        for network in cases.MEASURED
        for mode in ("tf32", "bfloat16", "tf32, graph", "bfloat16, graph")
    ),
    "modes: inception_v1, 720p, bfloat16, tried out, graph",
    "modes: efficientnet_lite0, 720p, bfloat16, plain depthwise, channels first, graph",
    *(
        f"encoded: {network}, 720p, {way}"
        for network in cases.MEASURED
        for way in ("x264", "nvenc, 4:2:0 on the card", "the same, graphs")
    ),
    *(f"encoded: {network}, 1080p, the same, graphs" for network in cases.MEASURED),
    *(f"live: {network}, {size}" for size in cases.LIVE for network in cases.MEASURED),
    *(f"live: {network}, 1280x720, bare, graph" for network in cases.MEASURED),
)
Entry = tuple[str, float, Callable[[], Any]]  # its name, the most seconds that it may take, and its work


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
                self.slow |= {network for network in cases.NETWORKS if network in name}
            self.entries[part][name] = note
            spent = perf_counter() - begun
            print(f"{self.asked.spent:6.1f} s  {part:7}  {name:44}  {one_line(note)}  ({spent:.1f} s)", flush=True)
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


def one_line(note: Any) -> str:
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
