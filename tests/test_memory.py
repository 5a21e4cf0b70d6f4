"""Laws of memory: what a look takes is counted once, what is free is read where a system tells it, and tiles fit into that."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
from torch import nn

from render.dream import memory
from render.dream.tile import Tiling, spans

GB = 10**9
TILES = Tiling(0, {"deep": 16}, (135, 164), 64)
MANY = 3840 * 2160


def test_what_a_look_keeps_is_counted_once_and_without_weights() -> None:
    """Of a convolution that is its input, of a product or its parts what is multiplied, of a sum nothing."""
    conv = nn.Conv2d(3, 8, 3, padding=1).requires_grad_(False)
    frame = torch.rand(1, 3, 20, 30)

    def extract(x: torch.Tensor) -> dict[str, torch.Tensor]:
        seen = conv(x + 1)
        left, right = seen.split(4, dim=1)
        return {"all": seen * seen, "left": left.square() + left, "right": right.square()}

    assert memory.activation_bytes(extract, frame) == (3 + 8) * 20 * 30 * 4
    assert memory.activation_bytes(lambda x: {"all": torch.relu(conv(x))}, frame) == (3 + 8) * 20 * 30 * 4


@pytest.mark.parametrize("room", [3 * GB, 4.5 * GB, 40 * GB])
@pytest.mark.parametrize("each", [270, 880, 4000])
def test_what_is_seen_of_a_frame_at_once_fits(each: float, room: float) -> None:
    side = memory.tile_side(MANY, each, room, TILES)
    assert side % 16 == 0
    tiles = Tiling(side, TILES.cells, TILES.overlap, 64)
    widest = max(span.last - span.first for length in (2160, 3840) for span in spans(length, tiles, 0.2))
    assert memory.step_bytes(MANY, widest**2, each) <= 1.05 * room
    assert memory.step_bytes(MANY, (widest + 900) ** 2, each) > room or side >= 3840 // 2


def test_where_there_is_hardly_any_room_tiles_are_as_small_as_makes_sense() -> None:
    assert memory.tile_side(MANY, 880, 1000.0, TILES) == memory.SMALLEST


def test_tiles_get_smaller_until_nothing_can_help() -> None:
    sides = [3840]
    while side := memory.smaller_side(sides[-1]):
        sides.append(side)
    assert sides == [3840, 1920, 960, 480, 240]
    assert memory.smaller_side(64) is None


FREE = {  # what files say, and what is free
    "a system": ({"meminfo": "MemTotal: 9 kB\nMemAvailable:   2000 kB\n"}, [2048000]),
    "a container": (
        {"group/memory.max": "5000\n", "group/memory.current": "3000\n", "group/memory.stat": "anon 9\ninactive_file 500\n"},
        [2500],
    ),
    "one with no limit": ({"group/memory.max": "max\n", "group/memory.current": "3000\n"}, []),
    "one that tells little": ({"group/memory.max": "5000", "group/memory.current": "6000"}, [0]),
    "nobody": ({}, []),
}


@pytest.mark.parametrize("who", FREE)
def test_what_is_free_is_read_where_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, who: str) -> None:
    told, free = FREE[who]
    (tmp_path / "group").mkdir()
    for name, text in told.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(memory, "SYSTEM", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "GROUPS", {tmp_path / "group": ("memory.max", "memory.current", r"^inactive_file (\d+)")})
    assert list(memory._free()) == free
    assert memory.room(tiny.CPU) == (memory.SHARE * free[0] if free else memory.MOST)
