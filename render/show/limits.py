"""Reason. What a film asks for that this machine does not have is refused before any work: (config, device, root) -> nothing.

Most films are small beyond doubt, as a few numbers tell. Only of others a step is measured, on a small picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import numpy as np
import torch

from render.config import Config
from render.config.scalars import Size
from render.construct import build
from render.construct.scene import frame_size
from render.develop.take import unfinished
from render.dream.memory import kept, taken
from render.errors import ConfigError, RenderError
from render.film import Film
from render.show.estimate import dreaming
from render.show.eta import climbs

NEGATIVE = 6.1  # bytes a pixel of a dreamed tick: 16 bits, stored as they are, and checksums
DAY = 86400  # seconds of dreaming; nobody asks for more by mistake and is glad
LARGE = 1e10  # steps times pixels of all dreams: what a slow network does in a day on a slow processor
WIDE = 4_000_000  # pixels; a step of fewer fits into the memory of whatever runs torch
SMALL = 320  # pixels: the width at which is measured
BASE = 0.6e9  # bytes that the program takes with the smallest picture
TILE = 512**2  # pixels that the smallest tiles see at once
ANYWAY = "--yes renders it all the same"


def refuse_unreasonable(config: Config, device: torch.device, root: Path) -> None:
    """Raises one ConfigError that says what is too much, with its numbers. What has been begun is not asked again."""
    begun = any(record["fingerprint"].get("config") == config.fingerprint() for record in unfinished(root, config.name))
    if not begun and (faults := list(_too_much(config, device, root))):
        raise config.problems(faults)


def _too_much(config: Config, device: torch.device, root: Path) -> Iterator[tuple[str, RenderError]]:
    """The settings that ask for too much."""
    try:
        height, width = frame_size(config)
    except RenderError:  # a source that cannot be read: building will tell
        return
    pixels, dreams = height * width, config.clock.last_tick + 1
    what = f"{dreams:,} dreams of {width}x{height}"
    if (disk := NEGATIVE * pixels * dreams) > (free := _free(root)):
        message = f"makes {what}: the negative takes {_told(disk)}, and {_told(free)} are free"
        yield "duration", ConfigError(message, ANYWAY)
    if pixels <= WIDE and work(config, pixels) <= LARGE:
        return
    small = _small(config, device, height, width)
    share = pixels / (small.scene.size[0] * small.scene.size[1])
    if (memory := BASE + _step(config, small, pixels)) > (there := _memory(device)):
        fits = f"{_fitting(width, height, (there - BASE) / (memory - BASE))} would fit; {ANYWAY}"
        message = f"is {width}x{height}: a step takes {_told(memory)} of memory, and there are {_told(there)}"
        yield "size", ConfigError(message, fits)
    if (seconds := dreaming(small)[1].seconds * share) > DAY:
        message = f"makes {what}: about {seconds / DAY:,.1f} days of dreaming on this machine"
        yield "duration", ConfigError(message, f"-q draft is sooner; {ANYWAY}")


def work(config: Config, pixels: int) -> float:
    """Steps times pixels of all dreams."""
    last = config.clock.last_tick
    moments = np.unique(np.linspace(0, last, 101).round()) / float(config.clock.rate)
    return float(pixels * climbs(config, moments).mean() * (last + 1))


def _small(config: Config, device: torch.device, height: int, width: int) -> Film:
    """The same film with small pictures."""
    size = Size(SMALL, max(SMALL // 4, min(SMALL, round(SMALL * height / width))))
    return build(config.model_copy(update={"size": size}), device)


def _step(config: Config, small: Film, pixels: int) -> float:
    """Bytes that a step takes on a frame of so many pixels, in tiles if need be and that is allowed."""
    blank = small.scene.picture(small.scene.clock.tick(0))
    asked = config.dream.tile
    seen = max(TILE, asked**2) if isinstance(asked, int) else {"auto": TILE, "none": pixels}[asked]
    return taken(pixels, min(pixels, seen), kept(small.extract, blank) / blank[0, 0].numel())


def _fitting(width: int, height: int, share: float) -> str:
    """The size of that share of the pixels, with even sides."""
    return f"{int(width * max(share, 0) ** 0.5 / 2) * 2}x{int(height * max(share, 0) ** 0.5 / 2) * 2}"


def _told(size: float) -> str:
    """Bytes in words."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.2f} MB"


def _free(root: Path) -> int:
    """Bytes that are free where takes go."""
    return disk_usage(next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())).free


def _memory(device: torch.device) -> float:
    """Bytes of memory that the device has, for us; without end where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[1]
    limits = [int(text) for path in CONTAINERS if (text := _text(path)).isdigit()]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits, default=float("inf"))


CONTAINERS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))  # what they are given


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
