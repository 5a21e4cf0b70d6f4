"""Laws of what a GPU is asked: a tick and a frame never wait for it but where they must, and the script that proves it runs."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import tiny
import torch
from card import cases, command, compilation, encoded, modes
from card import report as reports
from card.films import Studio
from card.random_weights import RANDOM, whole_weights
from card.report import PARTS, SHORT, Asked, Report, TooLongError
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from render.config import load_text
from render.develop.keep import keep_ticks
from render.develop.negative import Negative
from render.develop.shoot import shoot
from render.dream import objective, registry
from render.dream.view import view_of
from render.film import Film, State, begin, step, ticks
from render.frames import between, in_loop_order
from render.picture import colour
from render.picture.picture import to_pixels
from render.picture.readback import read_frames
from render.propagate import Carried

AWAY = torch.device("meta")  # what stands for a GPU here: nothing can be on it by accident
WAITING = (  # what CUDA does not give without being waited for: a number, an error, how much there is of something
    "aten._local_scalar_dense",
    "aten._linalg_check_errors",
    "aten.nonzero",
    "aten.masked_select",
    "aten.bincount",
    "aten._unique",
    "aten.equal",
    "aten.is_nonzero",
)
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
        if name.startswith(WAITING) and far:
            self._note("read")
        if name.startswith("aten.index.") and any(
            isinstance(value, Tensor) and value.dtype == torch.bool for value in pytree.tree_leaves(values[1:])
        ):
            self._note("counted")
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
        ours = [frame for frame in traceback.extract_stack() if f"{ROOT}/render/" in frame.filename]
        asking = [frame for frame in ours if not frame.filename.endswith("readback.py")] or ours
        place = f"{Path(asking[-1].filename).stem}.{asking[-1].name}" if asking else "a test"
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
    for cached in (
        colour._luma_weights,
        colour._matrix,
        colour._inverse,
        objective._index,
    ):  # what they keep is far away for good
        cached.cache_clear()


def test_what_is_far_is_counted(distance: Distance) -> None:
    far = torch.arange(3.0).to(AWAY, non_blocking=True)
    assert not distance.waits
    assert float((far + 1).sum()) == 6
    torch.ones(2, device=AWAY) + torch.tensor((1.0, 2.0), device=AWAY)
    assert (far * 2).cpu().tolist() == [0, 2, 4]
    assert distance.waits == {"read by a test": 2, "sent by a test": 1}


USUAL = ("size=48x32", "duration=1s", "fps=24", "dream.rate=8", "dream.octaves=2", "dream.steps=2", "dream.jitter=3")
LAYER = ("dream.objective={layer: shapes}",)
PHOTO, MASK, LARGE = "source={image: photo.png}", "mask={file: mask.png, feather: 2}", "source={image: large.png}"
FOOTAGE = ("source={frames: shots}", "duration=source", "dream.rate=every-frame", "motion.zoom=1")
TAKE = """\
size: 24x16
duration: 1s
fps: 24
dream: {rate: 8, octaves: 2, steps: 2, first_steps: 2, jitter: 3, objective: {layer: shapes}}
"""
FILMS: dict[str, tuple[str, ...]] = {
    "a layer": LAYER,
    "a class": ("dream.objective={class: eye}",),
    "channels": ("dream.objective={channels: [1, 3], layer: shapes}",),
    "a neuron": ("dream.objective={neuron: 2, layer: shapes}",),
    "a direction": ("dream.objective={direction: {1: 0.5, 3: 1}, layer: shapes}",),
    "a garden": ("dream.objective={garden: all}",),
    "two objectives": ("dream.objective=[{garden: all}, {layer: shapes, weight: 0.5}]",),
    "one where a mask is": ("dream.objective=[{layer: edges}, {layer: shapes, mask: {file: mask.png}}]",),
    "waves": (*LAYER, "dream.parametrisation=fourier"),
    "a spectrum": (*LAYER, "dream.parametrisation=spectrum"),
    "turned views": (*LAYER, "dream.jitter_turn=9", "dream.jitter_scale=1.2"),
    "tiles": (*LAYER, "size=192x160", "dream.tile=128"),
    "out": (*LAYER, "motion.zoom=0.6"),
    "turning": (*LAYER, "motion.rotate=30", "motion.zoom=0.9"),
    "tilting": (*LAYER, "motion.tilt=[20, 5]"),
    "bending": (*LAYER, "motion.swirl=40"),
    "wrapping": (*LAYER, "motion.border=wrap", "motion.pan=[0.2, 0]"),
    "droste": (*LAYER, "motion.zoom=5", "loop=droste"),
    "a photo": (*LAYER, PHOTO),
    "into a large photo": (*LAYER, LARGE, "motion.zoom=0.7"),
    "colours of a palette": (*LAYER, "look.colour={palette: ember, fringes: 0.5}"),
    "colours of the photo": (*LAYER, PHOTO, "look.colour={hold: 0.5}"),
    "a tone that is let go": (*LAYER, "look.hold=0.3"),
    "cuts to a fresh dream": (*LAYER, "cuts=[0.2s, 0.3s]"),
    "cuts to another garden": ("dream.objective={garden: all}", "cuts={at: [0.2s, 0.3s], to: garden}"),
    "a mask": (*LAYER, PHOTO, MASK),
    "a mask of the world": (*LAYER, PHOTO, "mask={file: mask.png, space: world}"),
    "some of the dream": (*LAYER, PHOTO, "dream.amount=0.5"),
    "what another dreamed": (*LAYER, "source={take: take}"),
    "following a take": (*LAYER, "follow=take"),
    "footage": (*LAYER, *FOOTAGE),
    "footage, whose flow is none": (*LAYER, *FOOTAGE, "flow.engine=none"),
    "footage and a garden": ("dream.objective={garden: all}", *FOOTAGE),
    "footage behind a mask": (*LAYER, *FOOTAGE, MASK),
    "footage that the camera moves in": (*LAYER, *FOOTAGE, "motion.zoom=1.1"),
}


# Footage asks the processor where things go, and whether a picture shows something; and what a dream is like decides what is
# dreamed next. All other films wait for nothing.
WAITS = {
    "footage": {"flow.flow": 1, "flow.all_clear": 1, "on_footage.dream_new_ground": 1, "colour.each_rms": 1},
    "where gardens grow": {"propagate.nearest_move": 1},
}


def waits_of(name: str) -> dict[str, int]:
    """What a tick of that film waits for."""
    footage = WAITS["footage"] if name.startswith("footage") else {}
    gardens = WAITS["where gardens grow"] if name == "footage and a garden" else {}
    return {f"read by {place}": count for place, count in {**footage, **gardens}.items()}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the films above are made of."""
    folder = tmp_path_factory.mktemp("pictures")

    def draw(name: str, frame: Tensor) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(to_pixels(frame)).save(folder / name)

    draw("photo.png", tiny.photo((32, 48)))
    draw("large.png", tiny.photo((128, 192)))
    draw("mask.png", (torch.arange(48) > 24).float().expand(1, 3, 32, 48))
    for index in range(6):
        draw(f"shots/{index}.png", tiny.photo((64, 80))[..., 8 + index : 40 + index, 10 + 2 * index : 58 + 2 * index])
    text = f"name: small\nseed: 7\noutputs: last.png\n{TAKE}"
    with patch.dict(registry.NETWORKS, {"efficientnet_lite0": lambda weights, device: tiny.network()}):
        shot = shoot(load_text(text, "small.yaml"), text, folder, tiny.CPU, lambda states, first, last: states)
    shot.folder.rename(folder / "take")
    return folder


@pytest.fixture
def project(pictures: Path, tiny_network: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the working folder."""
    monkeypatch.chdir(pictures)
    return pictures


def made(project: Path, overrides: tuple[str, ...]) -> Film:
    """A film of tiny networks whose scene, and all it shows, is far away."""
    with patch.object(tiny, "CPU", AWAY):
        return tiny.film(overrides=(*USUAL, *overrides), folder=project)


@pytest.mark.parametrize("name", FILMS)
def test_a_tick_and_a_frame_wait_only_where_they_must(name: str, project: Path, distance: Distance) -> None:
    film = made(project, FILMS[name])
    state = step(film, begin(film))  # what is sent once is there from now on
    show(film, state, state)
    distance.waits.clear()
    after = step(film, state)
    assert after.canvas.device == AWAY
    assert distance.waits == waits_of(name)
    distance.waits.clear()
    frame = show(film, state, after)
    assert frame.device == AWAY
    assert (
        set(distance.waits) <= {"read by flow.flow", "read by flow.all_clear"}
        if film.scene.source.moves
        else not distance.waits
    )


def show(film: Film, before: State, after: State) -> Tensor:
    """The frame in the middle between two ticks."""
    seconds = (film.scene.clock.tick(before.tick).seconds + film.scene.clock.tick(before.tick + 1).seconds) / 2
    moment = replace(film.scene.clock.tick(before.tick), seconds=seconds)
    return between(film.scene, before.canvas, after.canvas, before.tick, moment, 0.5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", [*RANDOM, "bestiary"])
def test_a_network_waits_for_nothing(name: str, dtype: torch.dtype, distance: Distance, tmp_path: Path) -> None:
    """The true ones: forward, and back to the frame."""
    file, _ = whole_weights(name, None, tmp_path)
    network = replace(registry.load(name, file, tiny.CPU, dtype=dtype), statistics=None)  # its weights are near
    layer = network.layer("mid")
    extract = network.extractor([layer], AWAY)
    frame = tiny.photo((64, 96)).to(AWAY).requires_grad_()
    distance.waits.clear()
    score = objective.layer(network, layer).score(extract(frame), view_of(frame))
    (slope,) = torch.autograd.grad(score, frame)
    assert slope.device == AWAY
    assert distance.waits == {}


@pytest.mark.parametrize("loop", ["none", "crossfade", "pingpong"])
def test_frames_are_read_once_each(loop: str, project: Path, distance: Distance) -> None:
    film = made(project, (*LAYER, "duration=0.5s", f"loop={loop}"))
    canvases = [state.canvas for state in ticks(film)]
    distance.waits.clear()
    shown = in_loop_order(film.scene, lambda start, step: iter(canvases[start::step]), film.scene.clock)
    count = sum(1 for _ in read_frames(shown, AWAY, 8))
    assert distance.waits == {"read by readback._begin_copy": count}


@pytest.mark.parametrize(("name", "bits"), [("a mask", 8), ("a photo", 16)])
@pytest.mark.parametrize("alpha", ["dream", "mask"])
def test_cut_outs_are_read_once_each(name: str, bits: int, alpha: str, project: Path, distance: Distance) -> None:
    film = made(project, FILMS[name])
    first = begin(film)
    second = step(film, first)
    clear = replace(film, scene=replace(film.scene, alpha=alpha, linear=bits == 16))
    show(clear, first, second)
    distance.waits.clear()
    (pixels,) = read_frames([show(clear, first, second)], AWAY, bits)
    assert (pixels.shape[2], pixels.dtype.itemsize) == (4, bits // 8)
    assert distance.waits == {"read by readback._begin_copy": 1}


@pytest.mark.parametrize("name", ["a garden", "droste", "footage", "a mask"])
def test_a_tick_is_kept_with_one_copy(name: str, project: Path, distance: Distance, tmp_path: Path) -> None:
    """Whatever its state is: and what is kept is what the processor would have kept."""
    film = made(project, FILMS[name])
    states = list(islice(ticks(film), 3))
    distance.waits.clear()
    assert list(keep_ticks(Negative(tmp_path / "far"), states, AWAY)) == [0, 1, 2]
    assert distance.waits == {"read by keep.read_state": 3}
    near = [
        replace(state, **{name: _bring(getattr(state, name)) for name in ("canvas", "first", "carried")}) for state in states
    ]
    assert list(keep_ticks(Negative(tmp_path / "near"), near, tiny.CPU)) == [0, 1, 2]
    names = sorted(path.name for path in (tmp_path / "near").iterdir())
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == names
    for name in names:
        assert (tmp_path / "far" / name).read_bytes() == (tmp_path / "near" / name).read_bytes()


def _bring(value: Any) -> Any:
    """The same on the processor."""
    if isinstance(value, Carried):
        return replace(value, detail=_near(value.detail))
    return _near(value)


# ---- the script


@pytest.mark.usefixtures("tiny_network")
def test_the_script_asks_all_it_has_to_ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a processor, with a tiny network and tiny pictures: all parts end, and fail only for want of a card."""
    monkeypatch.setattr(cases, "NETWORKS", {"bestiary": "{layer: shapes}"})
    monkeypatch.setattr(cases, "MEASURED", ("bestiary",))
    monkeypatch.setattr(cases, "AGAIN", dict.fromkeys(cases.WAYS, "bestiary"))
    monkeypatch.setattr(
        modes, "MODES", {name: modes.MODES[name] for name in ("float32", "bfloat16 by autocast", "tf32, graph")}
    )
    monkeypatch.setattr(modes, "FEWER", ("float32",))
    monkeypatch.setattr(encoded, "BEST", ("x264",))
    monkeypatch.setattr(cases, "SIZES", dict.fromkeys(cases.SIZES, (64, 64)))
    monkeypatch.setattr(
        compilation, "compile_step", lambda *_: {"ms a step": 0.0}
    )  # which takes a minute even for a tiny network
    assert command.main(["--device", "cpu", "--size", "0.1", "--out", str(tmp_path)]) == 0
    entries = json.loads((tmp_path / "gpu.json").read_text())
    assert set(PARTS) <= set(entries)
    failed = {f"{part}: {name}" for part in PARTS for name, note in entries[part].items() if "failed" in note}
    assert all("nvenc" in name or "the same" in name for name in failed), failed
    assert all(note["right"] for note in entries["right"].values() if "right" in note)


def plan_all(report: Report) -> Report:
    """With all that it has to ask of a card, where there is none."""
    card = replace(report.asked, device=torch.device("cuda"))
    for part in PARTS:
        report.expect(part, command.WORK[part](card, Studio(Path(), {}, None), report))
    return report


def options_in(folder: Path, *more: str) -> Asked:
    return command.options(["--device", "cpu", "--out", str(folder), *more])


def test_what_is_short_is_there_and_comes_first(tmp_path: Path) -> None:
    report = plan_all(Report(options_in(tmp_path)))
    for part, entries in report.plan.items():
        short = [f"{part}: {name}" in SHORT for name, _, _ in entries]
        assert short == sorted(short, reverse=True), part
    assert set(SHORT) <= {f"{part}: {name}" for part, entries in report.plan.items() for name, _, _ in entries}
    ways = {"graph": True, "tf32": True, "cast": True, "benchmark": True, "first": True, "plain": True}
    assert all({way: True}.items() <= {**modes.MODES[name].__dict__}.items() for way in ways for name in [_alone(way)])
    assert any(mode.graph and mode.plain and mode.first for mode in modes.MODES.values()), "together"


def _alone(way: str) -> str:
    """The name of the mode that differs from another in that alone."""
    every = modes.MODES.values()
    alone = (name for name, mode in modes.MODES.items() if getattr(mode, way) and replace(mode, **{way: False}) in every)
    return next(alone)


class Hours:
    """A clock that goes on only when an entry works."""

    def __init__(self) -> None:
        self.now, self.most = 0.0, 0.0

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        self.most = seconds
        yield

    def work(self, seconds: float) -> dict[str, float]:
        self.now += min(seconds, self.most)
        if seconds > self.most:
            raise TooLongError(f"longer than {self.most:.0f} s")
        return {}


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    clock = Hours()
    monkeypatch.setattr(reports, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(reports, "at_most", clock.at_most)
    return clock


def run_all(report: Report, hours: Hours, seconds: Callable[[str], float]) -> Report:
    """After a run in which each entry takes so long."""
    for part, entries in report.plan.items():
        report.plan[part] = [(name, most, partial(hours.work, seconds(name))) for name, most, _ in entries]
        report.run(part)
    return report


def test_slow_entries_cannot_eat_the_time_nor_another_parts(hours: Hours, tmp_path: Path) -> None:
    report = run_all(plan_all(Report(options_in(tmp_path))), hours, lambda name: inf)
    assert hours.now <= report.asked.seconds
    for part in PARTS:
        assert any("longer than" in str(note) for note in report.entries[part].values()), f"{part} got none of the time"
    assert report.not_reached()


def test_a_network_that_is_slow_keeps_nothing_waiting(hours: Hours, tmp_path: Path) -> None:
    slow = "efficientnet_lite0"
    report = run_all(plan_all(Report(options_in(tmp_path, "--short"))), hours, lambda name: inf if slow in name else 3)
    assert hours.now <= report.asked.seconds
    wanted = [name for name in SHORT if slow not in name]
    assert not set(wanted) & set(report.not_reached())


def test_the_rest_is_what_was_not_reached(hours: Hours, tmp_path: Path) -> None:
    first = run_all(plan_all(Report(options_in(tmp_path))), hours, lambda name: 4)
    rest = first.not_reached()
    assert rest
    hours.now = 0
    again = plan_all(Report(options_in(tmp_path, "--rest")))
    assert sorted(f"{part}: {name}" for part, entries in again.plan.items() for name, _, _ in entries) == sorted(rest)
    assert json.loads((tmp_path / "gpu.json").read_text())["machine"] == first.entries["machine"]


def test_what_ends_early_says_what_it_did_not_get_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = plan_all(Report(options_in(tmp_path)))
    report.write()
    assert json.loads((tmp_path / "gpu.json").read_text())["live"]["inception_v1, 1280x720"] == {"skipped": "not reached"}
    ended: list[int] = []
    monkeypatch.setattr(command.os, "_exit", ended.append)
    command.give_up(report)
    assert ended == [3]
    assert "live: inception_v1, 1280x720" in capsys.readouterr().out


def test_a_card_that_is_lost_goes_on_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(reports, "answers", lambda asked: False)
    monkeypatch.setattr(command.subprocess, "call", lambda command: begun.append(command) or 7)
    assert command.main(["--device", "cpu", "--size", "0.1", "--parts", "machine", "--out", str(tmp_path)]) == 7
    notes = json.loads((tmp_path / "gpu.json").read_text())["machine"]
    assert "skipped" not in notes["what there is"], "what lost it is not tried again"
    assert notes["rates"] == {"skipped": "the card is lost"}
    assert begun[0][3:9] == ["--device", "cpu", "--size", "0.1", "--parts", "machine"]
    assert begun[0][-2] == "--rest"


LIKE = {
    "tf32, plain depthwise": 0.9999,
    "float32, channels first": 0.9999,
    "bfloat16 by autocast": 0.8,
    "float32, graph": 0.9999,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RANDOM)
def test_each_mode_asks_for_the_same(name: str, tmp_path: Path) -> None:
    """On a processor, as far as it can: what stands in for a network's own kernels gives its gradient."""
    file, _ = whole_weights(name, None, tmp_path)
    studio, ideal = Studio(tmp_path, {name: file}, None), dict[str, Tensor]()
    modes.in_mode(options_in(tmp_path), studio, name, (64, 64), modes.Mode("float32"), ideal)
    for mode, least in LIKE.items():
        found = modes.in_mode(options_in(tmp_path), studio, name, (64, 64), modes.MODES[mode], ideal)
        assert found["cosine"] > least, mode


@pytest.mark.parametrize("name", RANDOM)
def test_drawn_weights_are_a_networks(name: str, tmp_path: Path) -> None:
    part = {key: value.half() for key, value in list(RANDOM[name](torch.Generator().manual_seed(1)).items())[:9]}
    save_file(part, tmp_path / "part.safetensors")
    file, told = whole_weights(name, tmp_path / "part.safetensors", tmp_path)
    assert told.startswith("9 of")
    network = registry.load(name, file, torch.device("cpu"))
    assert len(network.labels) == 1000


def test_what_takes_too_long_is_told(tmp_path: Path) -> None:
    report = Report(options_in(tmp_path))

    def endless() -> None:
        while True:
            pass

    report.expect("right", iter([("endless", 1.5, endless), ("wrong", 2, lambda: 1 // 0), ("fine", 2, dict)]))
    report.run("right")
    notes = report.entries["right"]
    assert "TooLong" in notes["endless"]["failed"]
    assert "ZeroDivision" in notes["wrong"]["failed"]
    assert notes["fine"] == {}
