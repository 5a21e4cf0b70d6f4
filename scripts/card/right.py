"""right: the card beside the processor, whether it repeats, what happens when its memory ends, where it is waited for."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import measures
import numpy as np
import torch
from torch import Tensor

from card import cases
from card.films import CPU, Studio, gradient_of, resume, state_on, with_one_step
from card.imports import import_room
from card.report import Asked, Entry, Report
from card.timing import arithmetic, cosine, milliseconds, psnr
from render.film import Film, begin, step, ticks
from render.picture.picture import from_pixels, to_pixels

ENOUGH = 45.0  # dB: a step in float32 on the card beside the processor's


def compare(asked: Asked, studio: Studio, network: str, case: str) -> dict[str, Any]:
    """One step and one tick of a film on the card, beside the processor's from the same state."""
    footage, size = case == "footage", asked.size(cases.SMALL)

    def made(device: torch.device, precision: str) -> Film:
        return studio.film(network, device, size, precision, cases.WAYS[case], footage)

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
    film = studio.film(network, asked.device, asked.size(cases.SMALL), "bfloat16", cases.WAYS[case], case == "footage")
    state, found = begin(film), dict[str, Any]()
    for how, repeatable in (("as it is", False), ("told to repeat", True)):
        with arithmetic(repeatable=repeatable), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            one = list(islice(ticks(film, state), 2))
            again = list(islice(ticks(film, state), 2))
            after = step(film, resume(one[0], asked.device))
            found[f"same twice, {how}"] = bool(torch.equal(one[1].canvas, again[1].canvas))
            found[f"resumed is the same, {how}"] = bool(torch.equal(one[1].canvas, after.canvas))
            found[f"ms a tick, {how}"] = milliseconds(asked, lambda: step(film, state), 0.3, 5)
            if repeatable:
                found["cannot repeat"] = sorted({str(word.message).split(" does not")[0][:80] for word in told})
    return found


def judge_numbers(asked: Asked, studio: Studio, network: str, count: int, sheet: dict[str, Tensor]) -> dict[str, Any]:
    """Numbers of a film's canvas after some ticks: on the processor, on the card in float32, and in bfloat16."""
    ways = {"card, float32": (asked.device, "float32"), "card, bfloat16": (asked.device, "bfloat16")}
    ways["processor, float32"] = (CPU, "float32")
    found: dict[str, Any] = {"ticks": count}
    for how, (device, precision) in ways.items():
        film = studio.film(network, device, asked.size(cases.SMALL), precision)
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
    retile = import_room("render.develop.retile")
    film = studio.film("efficientnet_lite0", asked.device, asked.size(cases.SIZES["1080p"]), "float32", ["dream.tile=none"])
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


def find_waits(asked: Asked, studio: Studio, network: str, case: str) -> dict[str, Any]:
    """Where in the code a tick waits for the card, as CUDA itself counts it."""
    if not asked.cuda:
        return {"not tried": "there is no card"}
    film = studio.film(network, asked.device, asked.size(cases.SMALL), "bfloat16", cases.WAYS[case], case == "footage")
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


def entries(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    sheet: dict[str, Tensor] = {}
    yield "pixels", 5, partial(pixels_alike, asked)
    for case in cases.WAYS:
        for network in cases.NETWORKS:
            yield f"{network}, {case}", 25, partial(compare, asked, studio, network, case)
    for case, network in cases.AGAIN.items():
        yield f"waits, {network}, {case}", 10, partial(find_waits, asked, studio, network, case)
        yield f"again, {network}, {case}", 20, partial(repeats, asked, studio, network, case)
    yield "memory ends", 20, partial(memory_ends, asked, studio)
    count = cases.TICKS if asked.cuda else 3
    for network in cases.NETWORKS:
        yield f"{count} ticks, {network}", 25, partial(judge_numbers, asked, studio, network, count, sheet)
    yield "sheet", 8, partial(write_sheet, asked, sheet)
