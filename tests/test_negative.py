"""Laws of the negative: what was kept comes back bit for bit, whatever happened in between, and nothing safe is lost."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from render.develop import files
from render.develop.negative import STRIDE, Negative
from render.errors import DevelopError, MissingError, RoomError
from render.show.limits import NEGATIVE, STATES

SIZE = (33, 18)
TICKS = 40
Tensors = dict[str, torch.Tensor]


def canvas(tick: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint16]:
    return np.random.default_rng(tick).integers(0, 65536, (size[1], size[0], 3), dtype=np.uint16)


def small(tick: int) -> Tensors:
    """A state as gardens have: far smaller than the canvas."""
    return {"angle": torch.tensor(tick / 7, dtype=torch.float64), "world": torch.arange(tick, tick + 6).view(2, 3).T}


def large(tick: int, size: tuple[int, int] = SIZE) -> Tensors:
    """A state as footage has: the carried detail, as large as the canvas and of twice its bits."""
    return {**small(tick), "detail": torch.full((1, 3, size[1], size[0]), tick / 3)}


STATE = {"small": small, "large": large}


def dream(folder: Path, ticks: Iterable[int], state: str = "small") -> None:
    negative = Negative(folder)
    for tick in ticks:
        negative.keep(tick, canvas(tick), STATE[state](tick))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module", params=STATE)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, bytes]]:
    """A kind of state, and the files of a film of such states."""
    folder = tmp_path_factory.mktemp(request.param)
    dream(folder, range(TICKS), request.param)
    return request.param, contents(folder)


def restored(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder


def last_tick(folder: Path) -> int:
    last = Negative(folder).last()
    return last.tick if last else -1


def test_every_16_bit_number_comes_back(tmp_path: Path) -> None:
    numbers = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    picture = np.stack([numbers, numbers[::-1], numbers.T], axis=-1)
    Negative(tmp_path).keep(0, picture, {})
    assert np.array_equal(Negative(tmp_path).read(0), picture)


def test_a_canvas_comes_back_however_it_lies_in_memory(tmp_path: Path) -> None:
    planes = np.ascontiguousarray(canvas(1).transpose(2, 0, 1))
    Negative(tmp_path).keep(0, planes.transpose(1, 2, 0), {})
    assert np.array_equal(Negative(tmp_path).read(0), canvas(1))


def test_ticks_and_the_last_state_come_back(tmp_path: Path, whole: tuple[str, dict[str, bytes]]) -> None:
    kind, content = whole
    negative = Negative(restored(tmp_path, content))
    for start in (0, 15, 16, 39, 40):
        ticks = list(negative.ticks(start))
        assert len(ticks) == TICKS - start
        assert all(np.array_equal(back, canvas(start + i)) for i, back in enumerate(ticks))
    assert all(np.array_equal(back, canvas(20 - i)) for i, back in enumerate(negative.ticks(20, -1)))
    assert np.array_equal(negative.read(7), canvas(7))
    last = negative.last()
    assert last
    assert last.tick == 39
    assert np.array_equal(last.canvas, canvas(39))
    assert last.tensors.keys() == STATE[kind](39).keys()
    assert all(torch.equal(last.tensors[name], value) for name, value in STATE[kind](39).items())


def test_nothing_is_kept_at_first(tmp_path: Path) -> None:
    assert Negative(tmp_path / "none").last() is None
    with pytest.raises(MissingError, match="none: there are no dreams here"):
        next(Negative(tmp_path / "none").ticks())
    with pytest.raises(MissingError, match=r"tick-000003\.safetensors: there is no such file"):
        Negative(tmp_path).read(3)


@pytest.mark.parametrize("stops", [(1, 5), (16, 17, 31), (39,), (20, 21, 22)])
def test_an_interrupted_negative_ends_with_the_same_bytes(
    tmp_path: Path, whole: tuple[str, dict[str, bytes]], stops: tuple[int, ...]
) -> None:
    kind, content = whole
    for stop in (*stops, TICKS):
        dream(tmp_path, range(last_tick(tmp_path) + 1, stop), kind)
        assert last_tick(tmp_path) == stop - 1
    assert contents(tmp_path) == content


@pytest.mark.parametrize("kind", STATE)
@pytest.mark.parametrize("tick", [0, 1, 14, 15, 16, 17, 30, 31])
def test_wherever_it_is_killed_a_tick_is_lost_at_most(
    tmp_path: Path, kind: str, tick: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each file that a tick is kept with: before it gets its place, and after."""

    class Killed(BaseException):
        pass

    def die_at(number: int) -> None:
        calls = 0

        def write(path: Path, content: bytes | bytearray) -> None:
            nonlocal calls
            calls += 1
            if calls == number:
                raise Killed
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)

        monkeypatch.setattr(files, "write", write)

    for number in (1, 2):
        folder = tmp_path / str(number)
        die_at(0)
        dream(folder, range(tick), kind)
        die_at(number)
        try:
            dream(folder, range(tick, tick + 1), kind)
        except Killed:
            assert last_tick(folder) == tick - 1
        else:
            assert last_tick(folder) == tick
        die_at(0)
        dream(folder, range(last_tick(folder) + 1, 33), kind)
        dream(tmp_path / f"peace-{number}", range(33), kind)
        assert contents(folder) == contents(tmp_path / f"peace-{number}")


def damage(path: Path, way: str) -> None:
    data = bytearray(path.read_bytes())
    if way == "cut":
        del data[len(data) // 2 :]
    if way in ("head", "flip", "seal"):
        data[{"head": 3, "flip": len(data) // 2, "seal": data.index(b"sha256 ") + 20}[way]] ^= 1
    if way == "empty":
        data.clear()
    path.unlink()
    if way == "folder":
        path.mkdir()
    elif way != "gone":
        path.write_bytes(data)


@pytest.mark.parametrize("way", ["cut", "flip", "head", "seal", "empty", "gone"])
@pytest.mark.parametrize("name", ["tick-000039.safetensors", "state-odd.safetensors"])
def test_a_damaged_newest_tick_is_dreamed_again(tmp_path: Path, name: str, way: str) -> None:
    dream(tmp_path, range(36), "large")
    dream(tmp_path, range(36, TICKS), "large")
    peace = contents(tmp_path)
    damage(tmp_path / name, way) if name.startswith("tick") else damage(tmp_path / "state-000031.safetensors", way)
    if name.startswith("state"):
        assert last_tick(tmp_path) == 39
        damage(tmp_path / "state-even.safetensors", way)
        damage(tmp_path / "state-odd.safetensors", way)
        assert last_tick(tmp_path) == 15, "the stride before"
    else:
        assert last_tick(tmp_path) == 38
    dream(tmp_path, range(last_tick(tmp_path) + 1, TICKS), "large")
    assert contents(tmp_path) == peace


@pytest.mark.parametrize("way", ["cut", "flip", "empty", "gone"])
def test_a_damaged_older_tick_is_named_and_can_be_dreamed_again(
    tmp_path: Path, whole: tuple[str, dict[str, bytes]], way: str
) -> None:
    kind, content = whole
    hurt = restored(tmp_path, content) / "tick-000020.safetensors"
    damage(hurt, way)
    with pytest.raises(MissingError if way == "gone" else DevelopError, match="tick-000020"):
        Negative(tmp_path).read(20)
    hurt.unlink(missing_ok=True)
    last = last_tick(tmp_path)
    assert last == {"small": 19, "large": 15}[kind], "the newest state before it"
    dream(tmp_path, range(last + 1, TICKS), kind)
    assert contents(tmp_path) == content


def test_a_tick_is_not_taken_for_another(tmp_path: Path) -> None:
    dream(tmp_path, range(3))
    (tmp_path / "tick-000001.safetensors").write_bytes((tmp_path / "tick-000002.safetensors").read_bytes())
    with pytest.raises(DevelopError, match=r"tick-000001\.safetensors: damaged"):
        list(Negative(tmp_path).ticks())


def test_a_disk_that_falters_costs_no_tick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dream(tmp_path, range(3))

    def falter(path: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", falter)
        with pytest.raises(MissingError, match=r"tick-000002\.safetensors: cannot be read: Input/output error"):
            Negative(tmp_path).last()
        with pytest.raises(DevelopError, match=r"tick-000001\.safetensors: cannot be read: Input/output error"):
            Negative(tmp_path).read(1)
    assert last_tick(tmp_path) == 2


@pytest.mark.parametrize("kind", STATE)
def test_a_full_disk_leaves_what_was_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    dream(tmp_path, range(3), kind)
    safe = contents(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_to_disk", full)
    with pytest.raises(RoomError):
        dream(tmp_path, [3], kind)
    assert contents(tmp_path) == safe


def test_ticks_follow_one_another(tmp_path: Path) -> None:
    negative = Negative(tmp_path)
    negative.keep(0, canvas(0), {})
    with pytest.raises(ValueError, match="tick 2 after tick 0"):
        negative.keep(2, canvas(2), {})
    with pytest.raises(MissingError, match="the dreams before number 6 are gone"):
        dream(tmp_path / "other", [5])


@pytest.mark.parametrize("kind", STATE)
def test_the_disk_holds_what_was_estimated(tmp_path: Path, kind: str) -> None:
    size, ticks = (160, 90), 4 * STRIDE
    negative = Negative(tmp_path)
    for tick in range(ticks):
        negative.keep(tick, canvas(tick, size), {} if kind == "small" else large(tick, size))
    disk = sum(path.stat().st_size for path in tmp_path.iterdir())
    newest = 0 if kind == "small" else 2 * 12  # bytes a pixel: the two newest states, whatever the film's length
    estimated = size[0] * size[1] * (ticks * (NEGATIVE + STATES * (kind == "large")) + newest)
    assert disk == pytest.approx(estimated, rel=0.02)
