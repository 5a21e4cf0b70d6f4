"""Laws of reading from a GPU: what comes is what was there, in one copy that nobody waits for before it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny
import torch

from render.develop import stills
from render.develop.keep import keep_ticks
from render.develop.negative import Negative
from render.errors import RoomError
from render.film import State, ticks
from render.picture import readback
from render.picture.picture import from_pixels
from render.picture.readback import eight_bits, one_behind, own_stream, read_frames, read_later

AWAY = torch.device("meta")


def test_each_is_waited_for_when_the_next_is_begun() -> None:
    told: list[str] = []

    def begin(item: int) -> Callable[[], int]:
        told.append(f"begin {item}")
        return lambda: told.append(f"wait {item}") or item

    assert list(one_behind(iter(range(3)), begin)) == [0, 1, 2]
    assert told == ["begin 0", "begin 1", "wait 0", "begin 2", "wait 1", "wait 2"]
    assert list(one_behind(iter(()), begin)) == []


def test_what_the_processor_has_is_not_copied() -> None:
    tensors = {"one": torch.rand(2, 3), "two": torch.arange(3)}
    read = read_later(tensors)()
    assert all(read[name] is tensor for name, tensor in tensors.items())


class Cuda:
    """In place of torch.cuda, and of a tensor that lies there: notes in what order they are asked."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def current_stream(self, device: Any) -> str:
        return "the dream"

    def default_stream(self, device: Any) -> str:
        return "all before"

    def make_stream(self, device: Any) -> Any:
        return SimpleNamespace(
            wait_stream=lambda other: self.told.append(f"wait for {other}"),
            record_event=lambda: self.told.append("event") or SimpleNamespace(synchronize=lambda: self.told.append("arrived")),
        )

    @contextmanager
    def stream(self, stream: Any) -> Iterator[None]:
        self.told.append("on the stream of copies")
        yield
        self.told.append("on the stream of the dream")

    def tensor(self, near: torch.Tensor) -> Any:
        def to(place: str, non_blocking: bool) -> torch.Tensor:
            self.told.append(f"to the {place}{', not waiting' * non_blocking}")
            return near

        device = SimpleNamespace(type="cuda")
        return SimpleNamespace(device=device, to=to, record_stream=lambda stream: self.told.append("kept for the copy"))


def test_a_gpu_copies_on_a_stream_of_its_own_and_is_waited_for_by_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda()
    monkeypatch.setattr(readback, "torch", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(readback, "_copying", cuda.make_stream)
    near = torch.arange(4)
    arrived = readback._begin_copy(cuda.tensor(near))
    assert cuda.told == [
        "wait for the dream",
        "on the stream of copies",
        "to the cpu, not waiting",
        "event",
        "on the stream of the dream",
        "kept for the copy",
    ]
    assert arrived() is near
    assert cuda.told[-1] == "arrived"


def test_a_thread_has_a_stream_of_its_own_that_knows_what_was_made_before(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda()
    monkeypatch.setattr(readback, "torch", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(cuda, "Stream", cuda.make_stream, raising=False)
    with own_stream(SimpleNamespace(type="cuda")):  # type: ignore[arg-type]
        assert cuda.told == ["wait for all before", "on the stream of copies"]
    with own_stream(tiny.CPU):
        assert len(cuda.told) == 3


def test_eight_bits_are_those_that_come_of_sixteen() -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    frame = from_pixels(np.dstack((every, every.T, every[::-1])))
    frame = torch.cat((frame, 1 - frame[:, :1]), dim=1)  # a cut-out
    (whole,) = read_frames([frame], torch.device("cpu"), 8)
    assert whole.dtype == np.uint16
    assert np.array_equal(eight_bits(frame).numpy(), stills.eight_bits(whole))


# ---- ticks that are kept while the next is dreamed


def dreams() -> list[State]:
    return list(islice(ticks(tiny.film()), 4))


class Slow(Negative):
    """A negative that is done with a tick when it is let go on."""

    def __init__(self, folder: Path, told: list[str], goes_on: Event) -> None:
        super().__init__(folder)
        self.told, self.goes_on = told, goes_on

    def keep(self, tick: int, *rest: Any) -> None:
        assert self.goes_on.wait(60), "the next tick waits for this one"
        super().keep(tick, *rest)
        self.told.append(f"kept {tick}")


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize(("device", "order"), [(AWAY, "d0 d1 k0 d2 k1 k2"), (tiny.CPU, "d0 k0 d1 k1 d2 k2")])
def test_a_gpu_dreams_while_the_tick_before_is_written(device: torch.device, order: str, tmp_path: Path) -> None:
    told, goes_on = list[str](), Event()

    def dreamed() -> Iterator[State]:
        for state in dreams()[:3]:
            told.append(f"dreamed {state.tick}")
            if state.tick == 1 or device == tiny.CPU:
                goes_on.set()
            yield state

    for tick in keep_ticks(Slow(tmp_path, told, goes_on), dreamed(), device):
        assert f"kept {tick}" in told, "it is not safe yet"
    words = [f"{word[0]}{word[-1]}" for word in told]
    assert sorted(words) == sorted(order.split())
    assert words.index("d1") < words.index("k0") if device == AWAY else words == order.split()


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize("device", [AWAY, tiny.CPU])
def test_what_cannot_be_kept_ends_the_film_and_nothing_follows_it(device: torch.device, tmp_path: Path) -> None:
    class Full(Negative):
        def keep(self, tick: int, *rest: Any) -> None:
            if tick == 1:
                raise RoomError("the disk is full")
            super().keep(tick, *rest)

    kept: list[int] = []
    with pytest.raises(RoomError):
        kept.extend(keep_ticks(Full(tmp_path), dreams(), device))
    assert Negative(tmp_path).count() == 1


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize("device", [AWAY, tiny.CPU])
@pytest.mark.parametrize("ends", [KeyboardInterrupt, GeneratorExit])
def test_what_was_dreamed_is_kept_however_a_film_ends(device: torch.device, ends: type[BaseException], tmp_path: Path) -> None:
    def dreamed() -> Iterator[State]:
        yield from dreams()[:2]
        raise KeyboardInterrupt

    keeping = keep_ticks(Negative(tmp_path), dreamed(), device)
    if ends is GeneratorExit:
        next(keeping)
        keeping.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            list(keeping)
    assert Negative(tmp_path).count() == (2 if ends is KeyboardInterrupt or device == AWAY else 1)
