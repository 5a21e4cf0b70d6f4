"""Laws of shots kept apart: put together they are the negative of a film dreamed in one go, wherever that is cut off."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from render.develop.chain import Link, write_chain
from render.develop.negative import Negative, TickFiles
from render.develop.shot_files import SHOTS, join_shot, join_shots, shot_negative
from render.develop.take import Take

TICKS, FIRST = 21, 9


def keep(negative: Negative, tick: int) -> None:
    """A tick whose state is larger than its canvas, as over footage."""
    canvas = np.full((2, 3, 3), tick, np.uint16)
    negative.keep(tick, canvas, {"carried.detail": torch.full((1, 3, 2, 3), float(tick))})


def contents(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


@pytest.fixture
def whole(tmp_path: Path) -> Mapping[str, bytes]:
    negative = Negative(tmp_path / "whole")
    for tick in range(TICKS):
        keep(negative, tick)
    return contents(negative.folder)


def a_take(folder: Path, digest: str = "abc") -> Take:
    """A take whose first shot is in its negative, and its second beside it."""
    folder.mkdir()
    write_chain(folder, [Link(digest, float(tick)) for tick in range(TICKS)])
    take = Take(folder, None)
    negative, shot = take.negative(), shot_negative(take, FIRST)
    for tick in range(TICKS):
        keep(shot if tick >= FIRST else negative, tick)
    return take


def test_a_shot_joined_is_the_negative_of_one_go(tmp_path: Path, whole: Mapping[str, bytes]) -> None:
    take = a_take(tmp_path / "take")
    join_shot(take, FIRST)
    assert contents(take.negative().folder) == whole
    assert not list((take.folder / SHOTS).iterdir())


def test_joining_that_is_cut_off_anywhere_is_gone_on_with(
    tmp_path: Path, whole: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = os.replace
    for most in range(15):
        take, count = a_take(tmp_path / f"take{most}"), 0

        def replace(path: Path, place: Path, most: int = most) -> None:
            nonlocal count
            count += 1
            if count > most:
                raise KeyboardInterrupt
            moved(path, place)

        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(os, "replace", replace)
            join_shot(take, FIRST)
        join_shots(take)
        last = take.negative().last()
        assert last
        assert last.tick == TICKS - 1
        assert contents(take.negative().folder) == whole, most


def test_shots_that_follow_on_nothing_stay_and_those_of_another_film_go(tmp_path: Path) -> None:
    take = a_take(tmp_path / "take")
    take.negative().drop(FIRST - 5)
    join_shots(take)
    assert take.negative().count() == FIRST - 5
    assert shot_negative(take, FIRST).count() == TICKS - FIRST
    write_chain(take.folder, [Link("another", 0.0)])
    join_shots(take)
    assert not list((take.folder / SHOTS).iterdir())


def test_a_tick_comes_back_from_its_files(tmp_path: Path) -> None:
    negative = Negative(tmp_path / "one")
    for tick in range(3):
        keep(negative, tick)
    files = negative.files_at(2)
    assert files
    kept, stored = files.read(), negative.at(2)
    assert stored
    assert kept.tick == stored.tick == 2
    assert np.array_equal(kept.canvas, stored.canvas)
    assert torch.equal(kept.tensors["carried.detail"], stored.tensors["carried.detail"])
    again = Negative(tmp_path / "two", first=2)
    again.keep_files(files)
    assert again.count() == 1
    assert contents(again.folder).items() <= contents(negative.folder).items()
    assert negative.files_at(0) is None, "its state was written over by that of tick 2"
    small = TickFiles.of(7, np.zeros((2, 3, 3), np.uint16), {"world0.places": torch.ones(2)})
    assert [name for name, _ in small.files] == ["tick-000007.safetensors"]
    assert torch.equal(small.read().tensors["world0.places"], torch.ones(2))


def test_where_shots_lie_says_which_film_they_are_of(tmp_path: Path) -> None:
    take = a_take(tmp_path / "take", "cafe")
    assert shot_negative(take, FIRST).folder.name == f"{FIRST:06}-cafe"
    assert SHOTS in str(shot_negative(take, FIRST).folder)
