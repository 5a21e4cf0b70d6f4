"""fast: ticks and frames a second, memory, and where the time of a tick goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from card import cases
from card.films import Studio, pack
from card.report import Asked, Entry, Report
from card.timing import Busy, milliseconds
from render.film import begin, step, with_tiles
from render.frames import between
from render.picture.picture import to_pixels


def measure_speed(
    asked: Asked, studio: Studio, report: Report, network: str, size: tuple[int, int], tile: int = 0
) -> dict[str, Any]:
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
    after, moment = step(film, state), film.scene.clock.frame(round(1.5 * cases.FPS / cases.RATE))
    frame = between(film.scene, state.canvas, after.canvas, 1, moment, 0.5)
    found["ms a frame between"] = milliseconds(
        asked, lambda: between(film.scene, state.canvas, after.canvas, 1, moment, 0.5), 0.6, 12
    )
    found["ms to read it, uint8"] = milliseconds(asked, lambda: to_pixels(frame), 0.4, 10)
    found["ms to read it, uint16"] = milliseconds(asked, lambda: to_pixels(frame, np.uint16), 0.4, 10)
    found["ms to read it, packed on the card"] = milliseconds(asked, lambda: pack(frame).cpu(), 0.4, 10)
    if asked.cuda:
        held = torch.empty(pack(frame).shape, dtype=torch.uint8, pin_memory=True)
        found["ms to read it, packed and pinned"] = milliseconds(asked, lambda: held.copy_(pack(frame), True), 0.4, 10)
    each = cases.FPS / cases.RATE
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


def measure_cameras(asked: Asked, studio: Studio, size: tuple[int, int]) -> dict[str, Any]:
    """ms of a tick of films whose camera does more than zoom in, but for the dream; and of fresh ground alone."""
    found: dict[str, Any] = {}
    for name, motion in CAMERAS.items():
        more = ["dream.tile=none", "dream.steps=0", "dream.first_steps=0", motion]
        film = studio.film("bestiary", asked.device, size, "bfloat16", more)
        state = step(film, begin(film))
        found[f"ms {name}"] = milliseconds(asked, lambda film=film, state=state: step(film, state), 0.6, 5)  # type: ignore[misc]
    found["ms of fresh ground"] = milliseconds(asked, lambda: film.scene.fresh(1), 0.5, 3)
    return found


def profile_tick(asked: Asked, studio: Studio, network: str, size: tuple[int, int]) -> dict[str, Any]:
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


def entries(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for label, size in cases.SIZES.items():
        for network in cases.MEASURED:
            yield f"{network}, {label}", 25, partial(measure_speed, asked, studio, report, network, asked.size(size))
    for network in cases.MEASURED:
        yield (
            f"{network}, 720p, a tick by kernels",
            20,
            partial(profile_tick, asked, studio, network, asked.size(cases.SIZES["720p"])),
        )
    for network in cases.MEASURED:
        width, height = asked.size(cases.SIZES["4K"])
        yield (
            f"{network}, 4K in tiles",
            12,
            partial(measure_speed, asked, studio, report, network, (width, height), max(128, height // 2)),
        )
    for label in ("720p", "4K"):
        yield f"other cameras, {label}", 12, partial(measure_cameras, asked, studio, asked.size(cases.SIZES[label]))
