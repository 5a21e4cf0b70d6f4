"""Laws of the negative: what was kept comes back bit for bit, whatever happened in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from render.develop import files, negative
from render.develop.negative import SEGMENT, Negative
from render.errors import DevelopError, MissingError, RenderError, RoomError

SIZE = (33, 18)


def canvas(tick: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint16]:
    return np.random.default_rng(tick).integers(0, 65536, (size[1], size[0], 3), dtype=np.uint16)


def extra(tick: int) -> dict[str, torch.Tensor]:
    return {"angle": torch.tensor(tick / 7, dtype=torch.float64), "world": torch.arange(tick, tick + 6).view(2, 3).T}


def dream(folder: Path, ticks: Iterable[int]) -> None:
    with Negative(folder) as kept:
        for tick in ticks:
            kept.keep(tick, canvas(tick), extra(tick))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    dream(folder, range(40))
    return contents(folder)


def restored(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder


def test_every_16_bit_number_comes_back(tmp_path: Path) -> None:
    numbers = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    picture = np.stack([numbers, numbers[::-1], numbers.T], axis=-1)
    with Negative(tmp_path) as kept:
        kept.keep(0, picture, {})
    (back,) = Negative(tmp_path).ticks()
    assert np.array_equal(back, picture)


def test_ticks_and_the_last_state_come_back(tmp_path: Path, whole: dict[str, bytes]) -> None:
    kept = Negative(restored(tmp_path, whole))
    for start in (0, 15, 16, 39, 40):
        ticks = list(kept.ticks(start))
        assert len(ticks) == 40 - start
        assert all(np.array_equal(back, canvas(start + i)) for i, back in enumerate(ticks))
    last = kept.last()
    assert last
    assert last.tick == 39
    assert np.array_equal(last.canvas, canvas(39))
    assert all(torch.equal(last.extra[name], value) for name, value in extra(39).items())


def test_nothing_is_kept_at_first(tmp_path: Path) -> None:
    assert Negative(tmp_path / "none").last() is None
    with pytest.raises(MissingError, match="none: there are no dreams here"):
        next(Negative(tmp_path / "none").ticks())


@pytest.mark.parametrize("stops", [(1, 5), (16, 17, 31), (39,), (20, 21, 22)])
def test_an_interrupted_negative_ends_with_the_same_bytes(
    tmp_path: Path, whole: dict[str, bytes], stops: tuple[int, ...]
) -> None:
    for stop in (*stops, 40):
        last = Negative(tmp_path).last()
        dream(tmp_path, range(last.tick + 1 if last else 0, stop))
    assert contents(tmp_path) == whole


def damage(path: Path, way: str) -> None:
    data = bytearray(path.read_bytes())
    if way == "cut":
        del data[len(data) // 2 :]
    if way == "flip":
        data[len(data) // 2] ^= 8
    if way == "empty":
        data.clear()
    path.unlink()
    if way != "gone":
        path.write_bytes(data)


@pytest.mark.parametrize("way", ["cut", "flip", "empty", "gone"])
@pytest.mark.parametrize("name", ["ticks-000002.mkv", "state-000039.safetensors"])
def test_a_damaged_newest_segment_is_dreamed_again(tmp_path: Path, whole: dict[str, bytes], name: str, way: str) -> None:
    damage(restored(tmp_path, whole) / name, way)
    last = Negative(tmp_path).last()
    assert last
    assert last.tick == 31
    assert np.array_equal(last.canvas, canvas(31))
    assert len(list(Negative(tmp_path).ticks())) == 32
    dream(tmp_path, range(32, 40))
    assert contents(tmp_path) == whole


def test_a_damaged_older_segment_is_named_and_can_be_dreamed_again(tmp_path: Path, whole: dict[str, bytes]) -> None:
    hurt = restored(tmp_path, whole) / "ticks-000001.mkv"
    damage(hurt, "flip")
    with pytest.raises(DevelopError, match="ticks-000001"):
        list(Negative(tmp_path).ticks())
    hurt.unlink()
    last = Negative(tmp_path).last()
    assert last
    assert last.tick == 15
    dream(tmp_path, range(16, 40))
    assert contents(tmp_path) == whole


def test_killed_between_state_and_segment_the_partial_one_still_counts(tmp_path: Path, whole: dict[str, bytes]) -> None:
    dream(tmp_path, range(20))
    (tmp_path / "state-000031.safetensors").write_bytes(whole["state-000031.safetensors"])
    last = Negative(tmp_path).last()
    assert last
    assert last.tick == 19
    dream(tmp_path, range(20, 40))
    assert contents(tmp_path) == whole


def test_an_exception_keeps_the_ticks_before_it(tmp_path: Path) -> None:
    def five() -> Iterator[int]:
        yield from range(5)
        raise MemoryError

    with pytest.raises(MemoryError):
        dream(tmp_path, five())
    last = Negative(tmp_path).last()
    assert last
    assert last.tick == 4


def test_slow_ticks_are_made_safe_before_a_segment_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negative, "PATIENCE", 0.0)
    with Negative(tmp_path) as kept:
        for tick in range(3):
            kept.keep(tick, canvas(tick), extra(tick))
            last = Negative(tmp_path).last()
            assert last
            assert last.tick == tick
            assert np.array_equal(last.canvas, canvas(tick))


def test_a_full_disk_leaves_what_was_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dream(tmp_path, range(SEGMENT))
    safe = contents(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_to_disk", full)
    with pytest.raises(RoomError), Negative(tmp_path) as kept:
        kept.keep(SEGMENT, canvas(SEGMENT), {})
    assert contents(tmp_path) == safe


def test_ticks_follow_one_another(tmp_path: Path) -> None:
    with Negative(tmp_path) as kept:
        kept.keep(0, canvas(0), {})
        with pytest.raises(ValueError, match="tick 2 after tick 0"):
            kept.keep(2, canvas(2), {})
    with pytest.raises(RenderError), Negative(tmp_path / "other") as kept:
        kept.keep(5, canvas(5), {})
