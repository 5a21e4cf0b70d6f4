"""Laws of flow: known motion is found, what was hidden is not trusted; cuts, flashes and doubled pictures are told apart."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray

from render.config import load_text, model
from render.construct.cuts import cut_test
from render.construct.flow import flow_estimator
from render.errors import MissingError
from render.picture import warp
from render.picture.picture import Pixels, from_pixels
from render.source.flow import ENGINES, FINE, Flow, FlowEstimator, FlowPair, classify_pair, flow, make_estimator, working_size

SIZE = (360, 640)

Places = NDArray[np.float32]  # [h, w, 2] pixels
Way = Callable[[Places], Places]  # from where things are in the later picture to where they were in the earlier


@dataclass(frozen=True)
class Scene:
    """Two pictures, the true way back, and where the earlier picture does not show what the later does."""

    earlier: Pixels
    later: Pixels
    back: Places
    hidden: NDArray[np.bool_]


def moving(x: float, y: float, grow: float = 1.0, degrees: float = 0.0) -> Way:
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * grow
    centre = np.array(SIZE[::-1]) / 2
    return lambda places: ((places - centre - (x, y)) @ np.linalg.inv(matrix).T + centre).astype(np.float32)


def scene(ground: Way, thing: Way | None = None, noise: float = 0.0, gain: float = 1.0) -> Scene:
    """The ground moves, and before it a round thing."""
    here = np.stack(np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0])), axis=-1).astype(np.float32)
    chance = np.random.default_rng(0)

    def picture(ground: Places, thing: Places | None, light: float) -> Pixels:
        seen = painted(0, ground)
        if thing is not None:
            cover = np.clip(inside(thing) + 0.5, 0, 1)[..., None]
            seen = cover * painted(1, thing) + (1 - cover) * seen
        return np.clip(np.rint(seen * light * 255 + noise * chance.standard_normal(seen.shape)), 0, 255).astype(np.uint8)

    was = ground(here)
    if thing is None:
        back, hidden = was, np.zeros(SIZE, bool)
    else:
        is_thing = inside(here_of := thing(here)) > 0
        back = np.where(is_thing[..., None], here_of, was)
        hidden = ~is_thing & (inside(was) > 0)
    hidden |= ((back < -0.5) | (back > np.array(SIZE[::-1]) - 0.5)).any(-1)
    return Scene(
        picture(here, here if thing else None, 1), picture(was, thing(here) if thing else None, gain), back - here, hidden
    )


def inside(places: Places) -> Places:
    """Pixels inside the thing's edge, negative outside."""
    return np.asarray(90 - np.hypot(places[..., 0] - 290, places[..., 1] - 180))


@cache
def texture(seed: int) -> Places:
    height, width = SIZE
    return tiny.photo((2 * height, 2 * width), seed)[0].permute(1, 2, 0).numpy()


def painted(seed: int, places: Places) -> Places:
    x, y = places[..., 0] + SIZE[1] / 2, places[..., 1] + SIZE[0] / 2
    return np.asarray(cv2.remap(texture(seed), x, y, cv2.INTER_CUBIC))


SCENES = {  # and the most that the flow may be off on average, pixels, where the earlier picture shows it
    "pan": (lambda: scene(moving(3.3, -1.7)), 0.08),
    "turn": (lambda: scene(moving(0, 0, 1.03, 1)), 0.08),
    "layers": (lambda: scene(moving(-4.2, 0.8), moving(9.5, 3.1, 1, 1.5)), 0.15),
    "noisy": (lambda: scene(moving(-4.2, 0.8), moving(9.5, 3.1, 1, 1.5), noise=4, gain=1.06), 0.3),
    "light": (lambda: scene(moving(3.3, -1.7), gain=1.3), 0.15),
}


def asked(
    engine: str = "dis", quality: str = "high", widest: int = 960, dilate: int | None = None, feather: float = 1
) -> FlowEstimator:
    return make_estimator(engine, quality, widest, dilate, feather, tiny.CPU)


def between(earlier: Pixels, later: Pixels, how: FlowEstimator | None = None, cut: bool | None = None) -> Flow:
    return flow(from_pixels(earlier), from_pixels(later), how or asked(), cut)


def pixels(drift: Flow) -> Places:
    """The way back in pixels of the film."""
    height, width = drift.back.shape[1:3]
    return np.asarray(((drift.back - warp.grid((height, width))) * height / 2)[0].numpy())


@pytest.mark.parametrize("name", SCENES)
def test_known_motion_is_found_and_what_was_hidden_is_not_trusted(name: str) -> None:
    made, most = SCENES[name]
    known = made()
    drift = between(known.earlier, known.later)
    off = np.linalg.norm(pixels(drift) - known.back, axis=-1)
    assert off[~known.hidden].mean() <= most
    trust = drift.trust[0, 0].numpy()
    if known.hidden.any():
        assert (trust[known.hidden] < 0.5).mean() >= 0.9
    assert trust.mean() > 0.9
    assert drift.kind == "usual"


def test_a_picture_carried_by_the_flow_is_the_later_one_where_it_is_trusted() -> None:
    known = SCENES["layers"][0]()
    drift = between(known.earlier, known.later)
    carried = warp.lanczos4(from_pixels(known.earlier), drift.back, border="replicate")
    error = (carried - from_pixels(known.later)).abs().mean(1, keepdim=True)
    in_place = (from_pixels(known.earlier) - from_pixels(known.later)).abs().mean(1, keepdim=True)
    assert (error * drift.trust).sum() / drift.trust.sum() < 0.15 * in_place.mean()


@pytest.mark.parametrize("quality", ["fast", "medium", "high"])
@pytest.mark.parametrize("engine", ["dis", "farneback"])
def test_engines_find_a_pan_at_every_quality_and_look_at_a_smaller_picture(engine: str, quality: str) -> None:
    known = scene(moving(6, -2))
    small = between(known.earlier, known.later, asked(engine, quality, widest=320))
    middle = (slice(60, -60), slice(60, -60))
    assert np.abs(pixels(small)[middle] - known.back[middle]).mean() < 0.3
    assert small.trust.shape == (1, 1, *SIZE)


def test_flow_is_looked_for_at_a_size_that_is_not_too_large() -> None:
    assert working_size((720, 1280), 960) == (540, 960)
    assert working_size((1280, 720), 960) == (960, 540)
    assert working_size((360, 640), 960) == (360, 640)
    assert working_size((1, 5000), 960) == (1, 960)


# ---- kinds of pairs


def photo(seed: int = 0) -> Pixels:
    return np.rint(tiny.photo((180, 320), seed)[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)


def with_bird(x: int) -> Pixels:
    sky = np.full((180, 320, 3), 200, np.uint8)
    sky[40:46, x : x + 8] = 20
    return sky


def lit(picture: Pixels, gain: float, more: float) -> Pixels:
    return np.clip(np.rint(picture * gain + more), 0, 255).astype(np.uint8)


BLACK = np.zeros((180, 320, 3), np.uint8)
GRAIN = np.random.default_rng(1).integers(-1, 2, BLACK.shape)
KINDS = {
    "the same": (photo(), photo(), "same"),
    "the same, compressed anew": (photo(), lit(photo() + 0.3 * GRAIN, 1, 0), "same"),
    "black": (BLACK, BLACK, "same"),
    "a small bird in a still sky": (with_bird(100), with_bird(104), "usual"),
    "another shot": (photo(), photo(3), "cut"),
    "out of the dark": (BLACK, photo(), "cut"),
    "into the dark": (photo(), BLACK, "cut"),
    "out of a dark with grain": (lit(BLACK + np.abs(GRAIN), 1, 0), photo(), "cut"),
    "a camera's flash": (photo(), lit(photo(), 0.3, 178), "usual"),
    "a flash gone": (lit(photo(), 0.2, 200), photo(), "usual"),
    "dimmed": (photo(), lit(photo(), 0.2, 0), "usual"),
}


@pytest.mark.parametrize("name", KINDS)
def test_pairs_are_told_apart(name: str) -> None:
    earlier, later, kind = KINDS[name]
    drift = between(earlier, later)
    assert drift.kind == kind
    if kind == "cut":
        assert drift.trust.max() == 0
    elif "bird" not in name:
        assert drift.trust.mean() > 0.99, "nothing moved, and all of it can be trusted"
        assert np.abs(pixels(drift)).mean() < 0.05


def trace(lost: float, alike: float, still: float) -> FlowPair:
    return FlowPair(np.zeros((1, 1, 2), np.int16), np.zeros((1, 1), np.uint8), lost, alike, still)


@pytest.mark.parametrize(
    ("found", "kind", "known"),
    [
        (trace(0.3, 0.2, 0.2), "usual", "usual"),
        (trace(0.9, 0.3, 0.2), "cut", "usual"),
        (trace(0.9, 0.95, 0.93), "flash", "flash"),
        (trace(0.7, 0.92, 0.6), "usual", "usual"),  # motion too fast to follow is no flash: in place it would smear
    ],
)
def test_what_is_judged(found: FlowPair, kind: str, known: str) -> None:
    assert classify_pair(found) == kind
    assert classify_pair(found, cut=False) == known


def test_a_flash_that_burns_the_picture_out_holds_everything_in_place() -> None:
    def burnt(earlier: Pixels, later: Pixels) -> FlowPair:
        return trace(0.9, 0.95, 0.94)

    drift = between(photo(), photo(1), FlowEstimator(burnt, 960, "burnt"))
    assert drift.kind == "flash"
    assert drift.trust.min() == 1
    assert torch.equal(drift.back, warp.grid((180, 320)))


def test_cuts_that_are_known_are_not_looked_for() -> None:
    assert between(photo(), photo(), cut=True).kind == "cut"
    assert between(photo(), photo(3), cut=False).kind == "usual"
    assert between(photo(), photo(3), cut=False).trust.mean() < 0.5
    config = load_text("{fps: 24, cuts: [1s, 36], source: {noise: perlin}}")
    known, clock = cut_test(config), config.clock
    assert [known(clock.frame(i), clock.frame(i + 1)) for i in (22, 23, 24, 34, 35, 36)] == [
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    assert known(clock.frame(26), clock.frame(20)), "backwards, too"
    assert cut_test(load_text("cuts: none"))(clock.frame(23), clock.frame(24)) is False
    footage = load_text("{source: {frames: '*.png'}, duration: 2s}")
    assert cut_test(footage)(clock.frame(23), clock.frame(24)) is None
    assert cut_test(load_text("seed: 1"))(clock.frame(23), clock.frame(24)) is False, "a dream has none to find"


def test_no_engine_leaves_all_in_place_but_sees_cuts() -> None:
    known = SCENES["pan"][0]()
    drift = between(known.earlier, known.later, asked("none"))
    assert drift.kind == "usual"
    assert drift.trust.min() == 1
    assert torch.equal(drift.back, warp.grid(SIZE))
    assert between(photo(), photo(3), asked("none")).kind == "cut"


# ---- whatever comes


@pytest.mark.parametrize("size", [(1, 1), (12, 12), (1, 90), (90, 1), (33, 71), (65, 131), (8, 400), (180, 64)], ids=str)
@pytest.mark.parametrize("engine", ["dis", "farneback"])
def test_any_size_and_flat_pictures(engine: str, size: tuple[int, int]) -> None:
    chance = np.random.default_rng(0)
    rough, flat = chance.integers(0, 256, (*size, 3), dtype=np.uint8), np.full((*size, 3), 9, np.uint8)
    for earlier, later in ((rough, np.roll(rough, 1, 1)), (flat, flat + np.uint8(90)), (rough, flat), (flat, rough)):
        drift = between(earlier, later, asked(engine))
        assert drift.back.shape == (1, *size, 2)
        assert drift.trust.shape == (1, 1, *size)
        assert drift.back.isfinite().all()
        assert 0 <= float(drift.trust.min()) <= float(drift.trust.max()) <= 1


@pytest.mark.parametrize("engine", ["dis", "farneback"])
def test_any_number_of_threads_finds_the_same(engine: str) -> None:
    known, before = SCENES["layers"][0](), cv2.getNumThreads()
    try:
        found = []
        for threads in (1, 2, 5):
            cv2.setNumThreads(threads)
            found.append(asked(engine, "medium").trace(known.earlier, known.later))
    finally:
        cv2.setNumThreads(before)
    assert all(np.array_equal(one.back, found[0].back) and np.array_equal(one.trust, found[0].trust) for one in found)
    assert np.abs(found[0].back).max() > 4 * FINE


def test_trust_shrinks_with_dilation_and_fades_on_its_own_side_only() -> None:
    known = SCENES["layers"][0]()
    hard, wide, soft = (
        asked(quality="fast", dilate=dilate, feather=feather).trace(known.earlier, known.later).trust.astype(int)
        for dilate, feather in ((0, 0), (3, 0), (3, 2))
    )
    assert set(np.unique(hard)) == {0, 255}
    assert (wide <= hard).all()
    assert wide.mean() < hard.mean()
    assert (soft <= wide).all()
    assert 0.02 < ((soft > 0) & (soft < 255)).mean() < 0.5


@pytest.mark.parametrize(("width", "expected"), [(160, 0), (640, 1), (1280, 2)])
def test_dilation_grows_with_the_picture(width: int, expected: int) -> None:
    """In a small picture a pixel is much, and what is dreamed anew without need boils."""
    known = SCENES["layers"][0]()
    pair = [cv2.resize(one, (width, width // 4)) for one in (known.earlier, known.later)]
    by_itself, told = (asked(quality="fast", dilate=dilate).trace(*pair).trust for dilate in (None, expected))
    assert by_itself.min() < 128
    assert np.array_equal(by_itself, told)


# ---- networks


@cache
def random_raft() -> dict[str, torch.Tensor]:
    from torchvision.models import get_model

    return dict(get_model("raft_small", weights=None).state_dict())


def test_a_network_looks_at_any_size_with_weights_from_a_file() -> None:
    how = make_estimator("raft-small", "fast", 960, None, 1, tiny.CPU, random_raft())
    drift = between(photo()[:50, :131], photo(1)[:50, :131], how, cut=False)
    assert drift.back.isfinite().all()
    assert drift.trust.shape == (1, 1, 50, 131)
    others = {name: value + 1 for name, value in random_raft().items()}
    assert how.name != make_estimator("raft-small", "fast", 960, None, 1, tiny.CPU, others).name


def test_weights_that_are_missing_or_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingError, match="not those of torchvision's raft_small"):
        make_estimator("raft-small", "fast", 960, None, 1, tiny.CPU, {"a": torch.zeros(1)})

    def offline(*_: object, **__: object) -> None:
        raise OSError(errno.EHOSTUNREACH, "no route to host")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", offline)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(MissingError, match=r"is raft-large.*no route to host[^$]*raft-large: weights.safetensors"):
        make_estimator("raft-large", "fast", 960, None, 1, tiny.CPU)


def test_settings_reach_the_engine() -> None:
    config = load_text("flow: {engine: farneback, quality: fast, max_width: 99, occlusion: {dilate: 4, feather: 0}}")
    assert flow_estimator(config, tiny.CPU).widest == 99
    assert flow_estimator(config, tiny.CPU).name == asked("farneback", "fast", 99, 4, 0.0).name
    assert flow_estimator(load_text("seed: 1"), tiny.CPU).name == asked(feather=1.0).name
    with pytest.raises(MissingError):
        flow_estimator(load_text("flow: {engine: {raft-small: nowhere.pth}}", folder="."), tiny.CPU)


def test_every_engine_of_the_vocabulary_is_there() -> None:
    assert set(model.ENGINES) == set(ENGINES)
    assert set(model.LEARNED) < set(ENGINES)
