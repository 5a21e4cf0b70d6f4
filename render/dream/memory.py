"""Memory. What a step takes of it and what is free, bytes, and so in what tiles a frame is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from render.dream.network import Extractor
from render.dream.tile import Tiling

SPARE = 1.1  # all that a look takes, by what it keeps for its gradient: 0.9 to 1.05 were measured
FRAMES = 240  # bytes a pixel of the frame that all else in a tick takes: some 20 pictures of it
SHARE = 0.8  # of what is free that a step may take: others are at work, too
MOST = 4.5e9  # on a processor, however much is free: any film is then rendered within 6 GiB, everywhere in equal tiles
SMALLEST = 128  # pixels: the side of a tile below which all of it is overlap

SYSTEM = Path("/proc/meminfo")
GROUPS = {  # of a container: the files of its limit and of its use, and the line of memory.stat that says what can be had back
    Path("/sys/fs/cgroup"): ("memory.max", "memory.current", r"^inactive_file (\d+)"),
    Path("/sys/fs/cgroup/memory"): ("memory.limit_in_bytes", "memory.usage_in_bytes", r"^total_inactive_file (\d+)"),
}


def activation_bytes(extract: Extractor, frame: Tensor) -> int:
    """What a look at a frame keeps for its gradient, besides the network's weights."""
    sizes: dict[int, int] = {}  # bytes, by where they lie: what is kept twice is there once

    def note(value: Tensor) -> Tensor:
        if not isinstance(value, nn.Parameter):
            sizes[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
        return value

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda value: value):
        extract(frame.detach().requires_grad_())
    return sum(sizes.values())


def step_bytes(pixels: int, at_once: int, each: float) -> float:
    """What a step takes on a frame of so many pixels, of which `at_once` are seen together, `each` bytes kept of each."""
    return FRAMES * pixels + SPARE * each * at_once


def tile_side(pixels: int, each: float, room: float, tiling: Tiling) -> int:
    """The side of the tiles for which a step on such a frame has room; in all else they are those of `tiling`."""
    at_once = max(0.0, room - FRAMES * pixels) / (SPARE * each)
    return max(SMALLEST, int((at_once**0.5 - sum(tiling.overlap)) / tiling.step) * tiling.step)


def smaller_side(side: int) -> int | None:
    """The side to go on with when memory has ended in tiles of `side`; None if nothing can help."""
    return side // 2 if side >= 2 * SMALLEST else None


def room(device: torch.device) -> float:
    """What a step may take of the device's memory."""
    return SHARE * free(device) if device.type == "cuda" else min(MOST, SHARE * free(device))


def free(device: torch.device) -> float:
    """Bytes of the device's memory that nobody takes; without end where the system does not say."""
    return _free_on_gpu(device) if device.type == "cuda" else min(_free(), default=float("inf"))


def _free_on_gpu(device: torch.device) -> int:
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + cached


def _free() -> Iterator[int]:
    """What is free in the system and in the container that we run in, where they say so."""
    if (system := _number(SYSTEM, r"^MemAvailable:\s*(\d+) kB")) is not None:
        yield 1024 * system
    for group, (limit_file, usage_file, reclaimable) in GROUPS.items():
        limit, usage = _number(group / limit_file), _number(group / usage_file)
        if limit is not None and usage is not None:
            yield max(0, limit - usage + (_number(group / "memory.stat", reclaimable) or 0))


def _number(file: Path, pattern: str = r"^(\d+)$") -> int | None:
    """The number in a file, if it is there."""
    try:
        match = re.search(pattern, file.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(match[1]) if match else None
