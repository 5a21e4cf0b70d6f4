"""Limits. What a film asks for that this machine does not have is refused before any work: (config, device, root) -> nothing.

Most films are small beyond doubt, as a few numbers tell. Only of others a step is measured, on a small picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import numpy as np
import torch

from render.config import Config
from render.config.scalars import Size
from render.construct import build
from render.construct.source import frame_size
from render.develop.takes import unfinished_takes
from render.dream import memory
from render.errors import ConfigError, RenderError
from render.film import Film
from render.loops import LOOPS
from render.show.dream_cost import dreaming
from render.show.eta import count_steps
from render.show.words import bytes_words

NEGATIVE = 6.02  # bytes a pixel of a dreamed tick: 16 bits, stored as they are, and what else its state holds
STATES = 0.75  # more where states are large, as over footage and in droste films: every 16th of them stays
DAY = 86400  # seconds of dreaming; nobody asks for more by mistake and is glad
LARGE = 1e10  # steps times pixels of all dreams: what a slow network does in a day on a slow processor
WIDE = 4_000_000  # pixels; a step of fewer fits into the memory of whatever runs torch
SMALL = 320  # pixels: the width at which is measured
BASE = 0.6e9  # bytes that the program takes with the smallest picture
TILE = 512**2  # pixels that the smallest tiles see at once
ANYWAY = "--yes renders it all the same"


def refuse_unreasonable(config: Config, device: torch.device, root: Path) -> None:
    """Raises one ConfigError that says what is too much, with its numbers. What has been begun is not asked again."""
    records = (record for _, record in unfinished_takes(root, config.name))
    begun = any(record.get("fingerprint", {}).get("config") == config.fingerprint() for record in records)
    if not begun and (faults := list(_too_much(config, device, root))):
        raise config.problems(faults)


def negative_bytes(config: Config, pixels: int) -> float:
    """What the negative of a film of so many pixels takes on disk."""
    large = config.source.moves or LOOPS[config.loop].closes
    return (NEGATIVE + STATES * large) * pixels * (config.clock.last_tick + 1)


def _too_much(config: Config, device: torch.device, root: Path) -> Iterator[tuple[str, RenderError]]:
    """The settings that ask for too much."""
    try:
        height, width = frame_size(config)
    except RenderError:  # a source that cannot be read: building will tell
        return
    pixels, dreams = height * width, config.clock.last_tick + 1
    what = f"{dreams:,} dreams of {width}x{height}"
    free = _free_disk(root)
    if free and (disk := negative_bytes(config, pixels)) > free:
        message = f"makes {what}: the negative takes {bytes_words(disk)}, and {bytes_words(free)} is free"
        yield "duration", ConfigError(message, ANYWAY)
    if pixels <= WIDE and count_work(config, pixels) <= LARGE:
        return
    small = _small(config, device, height, width)
    if (need := BASE + _step_bytes(config, small, pixels)) > (memory_free := memory.free(device)):
        fits = f"{_fitting(width, height, (memory_free - BASE) / (need - BASE))} would fit; {ANYWAY}"
        message = f"is {width}x{height}: a step takes {bytes_words(need)} of memory, and {bytes_words(memory_free)} is free"
        yield "size", ConfigError(message, fits)
    if (seconds := dreaming(small, (height, width))[1]) > DAY:
        message = f"makes {what}: about {seconds / DAY:,.1f} days of dreaming on this machine"
        yield "duration", ConfigError(message, f"-q draft is sooner; {ANYWAY}")


def count_work(config: Config, pixels: int) -> float:
    """Steps times pixels of all dreams."""
    last = config.clock.last_tick
    moments = np.unique(np.linspace(0, last, 101).round()) / float(config.clock.rate)
    return float(pixels * count_steps(config, moments).mean() * (last + 1))


def _small(config: Config, device: torch.device, height: int, width: int) -> Film:
    """The same film with small pictures."""
    size = Size(SMALL, max(SMALL // 4, min(SMALL, round(SMALL * height / width))))
    return build(config.model_copy(update={"size": size}), device)


def _step_bytes(config: Config, small: Film, pixels: int) -> float:
    """Bytes that a step takes on a frame of so many pixels, in tiles if need be and that is allowed."""
    blank, tile = small.scene.picture(small.scene.clock.tick(0)), config.dream.tile
    at_once = max(TILE, tile**2) if isinstance(tile, int) else {"auto": TILE, "none": pixels}[tile]
    return memory.step_bytes(pixels, min(pixels, at_once), memory.activation_bytes(small.extract, blank) / blank[0, 0].numel())


def _fitting(width: int, height: int, share: float) -> str:
    """The size of that share of the pixels, with even sides."""
    return f"{int(width * max(share, 0) ** 0.5 / 2) * 2}x{int(height * max(share, 0) ** 0.5 / 2) * 2}"


def _free_disk(root: Path) -> int:
    """Bytes that are free where takes go; 0 where the file system does not say so: there, a write that fails will tell."""
    return disk_usage(next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())).free
