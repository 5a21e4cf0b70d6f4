"""Laws of what a GPU is asked: a tick and a frame never wait for it but where they must, and the script that proves it runs."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import gpu
import pytest
import tiny
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from render.dream import objective, registry
from render.film import Film, begin, step
from render.frames import between
from render.picture import colour
from render.picture.picture import to_pixels

AWAY = torch.device("meta")  # what stands for a GPU here: nothing can be on it by accident
ROOT = Path(__file__).parent.parent


class Far(Tensor):
    """A tensor that says it is AWAY, and holds its numbers all the same."""

    near: Tensor

    @staticmethod
    def __new__(cls, near: Tensor) -> Far:
        far: Far = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            near.size(),
            strides=near.stride(),
            storage_offset=near.storage_offset(),
            dtype=near.dtype,
            layout=near.layout,
            device=AWAY,
        )
        far.near = near
        return far

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} outside of Distance")


class Distance(TorchDispatchMode):
    """Counts what is read from far away, and what is sent there so that the sender waits; by the line that asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        values = [*args, *kwargs.values()]
        far = any(isinstance(value, Far) for value in pytree.tree_leaves(values))
        to = kwargs.get("device")
        name = str(func)
        if name.startswith("aten._local_scalar_dense") and far:
            self._note("read")
        if name.startswith("aten._to_copy") and to is not None:
            if far and torch.device(to) != AWAY:
                self._note("read")
            elif not far and torch.device(to) == AWAY and not kwargs.get("non_blocking"):
                self._note("sent")
        if to is None and far and "convolution" not in name:  # a network's weights are near
            flat = [value for value in pytree.tree_leaves([args, kwargs]) if isinstance(value, Tensor)]
            strangers = [value for value in flat if not isinstance(value, Far) and value.dim()]
            assert not strangers or name.startswith("aten.copy_"), f"{name} of what is near and what is far"
            if strangers:
                self._note("copied")
        if to is not None:
            kwargs["device"] = torch.device("cpu")
        out = func(*pytree.tree_map(_near, args), **pytree.tree_map(_near, kwargs))
        if (torch.device(to) != AWAY) if to is not None else not far:
            return out
        inside = next((value for value in args[:1] if isinstance(value, Far)), None)
        if inside is not None and func._schema.arguments[0].alias_info and func._schema.arguments[0].alias_info.is_write:
            return inside
        return pytree.tree_map(lambda value: Far(value) if isinstance(value, Tensor) else value, out)

    def _note(self, what: str) -> None:
        frames = [frame for frame in traceback.extract_stack() if f"{ROOT}/render/" in frame.filename]
        place = f"{Path(frames[-1].filename).stem}.{frames[-1].name}" if frames else "a test"
        self.waits[f"{what} by {place}"] += 1


class Made(TorchFunctionMode):
    """torch.tensor(..., device=AWAY), which for that device alone would make no numbers."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.tensor and kwargs.get("device") is not None:
            device = kwargs.pop("device")
            return func(*args, **kwargs).to(device)
        return func(*args, **kwargs)


def _near(value: Any) -> Any:
    return value.near if isinstance(value, Far) else value


@pytest.fixture
def distance() -> Iterator[Distance]:
    with Made(), Distance() as counted:
        yield counted
    for cached in (colour._luma_weights, objective._index):  # what they keep is far away for good
        cached.cache_clear()


def test_what_is_far_is_counted(distance: Distance) -> None:
    far = torch.arange(3.0).to(AWAY, non_blocking=True)
    assert not distance.waits
    assert float((far + 1).sum()) == 6
    torch.ones(2, device=AWAY) + torch.tensor((1.0, 2.0), device=AWAY)
    assert (far * 2).cpu().tolist() == [0, 2, 4]
    assert distance.waits == {"read by a test": 2, "sent by a test": 1}


USUAL = ("size=48x32", "duration=1s", "fps=24", "dream.rate=8", "dream.octaves=2", "dream.steps=2", "dream.jitter=3")
FILMS = {
    "a layer": ("dream.objective={layer: shapes}",),
    "a class": ("dream.objective={class: eye}",),
    "channels": ("dream.objective={channels: [1, 3], layer: shapes}",),
    "a neuron": ("dream.objective={neuron: 2, layer: shapes}",),
    "a direction": ("dream.objective={direction: {1: 0.5, 3: 1}, layer: shapes}",),
    "a garden": ("dream.objective={garden: all}",),
    "waves": ("dream.objective={layer: shapes}", "dream.parametrisation=fourier"),
    "turned views": ("dream.objective={layer: shapes}", "dream.jitter_turn=9", "dream.jitter_scale=1.2"),
    "out": ("dream.objective={layer: shapes}", "motion.zoom=0.6"),
    "turning": ("dream.objective={layer: shapes}", "motion.rotate=30", "motion.zoom=0.9"),
    "tilting": ("dream.objective={layer: shapes}", "motion.tilt=[20, 5]"),
    "bending": ("dream.objective={layer: shapes}", "motion.swirl=40"),
    "droste": ("dream.objective={layer: shapes}", "motion.zoom=5", "loop=droste"),
}


def made(overrides: tuple[str, ...]) -> Film:
    """A film of tiny networks whose scene, and all it shows, is far away."""
    with patch.object(tiny, "CPU", AWAY):
        return tiny.film(overrides=(*USUAL, *overrides))


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize("name", FILMS)
def test_a_tick_never_waits_for_a_gpu(name: str, distance: Distance) -> None:
    film = made(FILMS[name])
    state = step(film, begin(film))  # what is sent once is there from now on
    distance.waits.clear()
    state = step(film, state)
    assert state.canvas.device == AWAY
    assert distance.waits == {}


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize("name", ["a layer", "out", "turning", "tilting", "bending"])
def test_a_frame_is_read_once(name: str, distance: Distance) -> None:
    film = made(FILMS[name])
    first = begin(film)
    second = step(film, first)
    distance.waits.clear()
    frame = between(film.scene, first.canvas, second.canvas, 0, film.scene.clock.frame(1), 1 / 3)
    assert frame.device == AWAY
    assert distance.waits == {}
    to_pixels(frame)
    assert distance.waits == {"read by picture.to_pixels": 1}


# ---- the script


@pytest.mark.usefixtures("tiny_network")
def test_the_script_asks_all_it_has_to_ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a processor, with a tiny network and tiny pictures: all parts end, and fail only for want of a card."""
    monkeypatch.setattr(gpu, "NETWORKS", {"bestiary": "{layer: shapes}"})
    monkeypatch.setattr(gpu, "MEASURED", ("bestiary",))
    monkeypatch.setattr(gpu, "AGAIN", dict.fromkeys(gpu.CASES, "bestiary"))
    monkeypatch.setattr(
        gpu, "MODES", {name: gpu.MODES[name] for name in ("float32", "bfloat16, channels first", "tf32, graph")}
    )
    monkeypatch.setattr(gpu, "FEWER", ("float32",))
    monkeypatch.setattr(gpu, "BEST", ("x264",))
    monkeypatch.setattr(gpu, "SIZES", dict.fromkeys(gpu.SIZES, (64, 64)))
    monkeypatch.setattr(gpu, "compiled", lambda *_: {"ms a step": 0.0})  # which takes a minute even for a tiny network
    assert gpu.main(["--device", "cpu", "--size", "0.1", "--out", str(tmp_path)]) == 0
    entries = json.loads((tmp_path / "gpu.json").read_text())
    assert set(gpu.PARTS) <= set(entries)
    failed = {f"{part}: {name}" for part in gpu.PARTS for name, note in entries[part].items() if "failed" in note}
    assert all("nvenc" in name or "the same" in name for name in failed), failed
    assert all(note["right"] for note in entries["right"].values() if "right" in note)


def test_what_is_short_is_there() -> None:
    asked = gpu.options(["--device", "cpu", "--out", "."])
    asked = replace(asked, device=torch.device("cuda"))
    report = SimpleNamespace(entries={"machine": {}})
    there = {f"{part}: {name}" for part in gpu.PARTS for name, _, _ in gpu.WORK[part](asked, None, report)}
    assert set(gpu.SHORT) <= there


@pytest.mark.parametrize("name", gpu.RANDOM)
def test_drawn_weights_are_a_networks(name: str, tmp_path: Path) -> None:
    part = {key: value.half() for key, value in list(gpu.RANDOM[name](torch.Generator().manual_seed(1)).items())[:9]}
    save_file(part, tmp_path / "part.safetensors")
    file, told = gpu.whole_weights(name, tmp_path / "part.safetensors", tmp_path)
    assert told.startswith("9 of")
    network = registry.load(name, file, torch.device("cpu"))
    assert len(network.labels) == 1000


def test_what_takes_too_long_is_told(tmp_path: Path) -> None:
    asked = gpu.options(["--device", "cpu", "--out", str(tmp_path)])
    report = gpu.Report(asked)

    def endless() -> None:
        while True:
            pass

    report.run("right", iter([("endless", 0.05, endless), ("wrong", 1, lambda: 1 // 0), ("fine", 1, dict)]))
    notes = report.entries["right"]
    assert "TooLong" in notes["endless"]["failed"]
    assert "ZeroDivision" in notes["wrong"]["failed"]
    assert notes["fine"] == {}
