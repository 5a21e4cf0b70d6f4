"""Laws of tiles: what is asked of a frame in tiles is what is asked of the whole, and no grid is seen in the answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise, product

import pytest
import tiny
import torch
from test_network import caffe_tensors
from torch import Tensor, nn

from render.dream import garden, inception, memory, objective, registry
from render.dream.ascent import Ascent, _step_view, dream, gradient
from render.dream.garden import Bed
from render.dream.network import CLASSES, Extractor, Network, combine, freeze, in_stages
from render.dream.objective import Objective
from render.dream.receptive import ReceptiveField, measure_fields
from render.dream.tile import Tiling, extract_tiled, spans, tiling
from render.dream.view import view_of

SIZE = (110, 190)
PHASES = ((0.5, 0.5), (0.0, 0.93))
CLIMB = Ascent(steps=2, step_size=0.01, octaves=2, octave_scale=1.4, jitter=3, smoothing=0.25, chroma=0.8, min_side=8)


def of(**stages: nn.Module) -> Network:
    """A network of these stages; the last one's classes are six."""
    row = OrderedDict((name, freeze(stage, tiny.CPU)) for name, stage in stages.items())
    return replace(tiny.network(), layers=tuple(row), cut=in_stages(row), aliases={})


def rough() -> Network:
    """What zoos are made of: odd strides, no padding, pools that count the rest of a row as one more."""
    torch.manual_seed(0)
    return of(
        edges=nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        shapes=nn.Sequential(nn.Conv2d(8, 8, 5, padding=2, groups=2), nn.ReLU(), nn.MaxPool2d(2, 2)),
        classes=nn.Conv2d(8, len(tiny.LABELS), 1),
    )


def original() -> Network:
    """GoogLeNet with weights that have learned nothing, its third block the last."""
    row = OrderedDict((name, freeze(stage, tiny.CPU)) for name, stage in inception.stages(caffe_tensors()).items())
    return replace(
        tiny.network(),
        layers=tuple(row),
        cut=in_stages(row),
        min_side=64,
        std=(0.01, 0.01, 0.01),
        aliases={"low": "inception_3a"},
    )


def built_in() -> Network:
    return registry.bestiary(None, tiny.CPU)


def from_pip() -> Network:
    """It pads odd and even sides differently, so that its cells lie elsewhere."""
    return registry.efficientnet_lite0(None, tiny.CPU)


NETWORKS: Mapping[str, tuple[Callable[[], Network], str]] = {  # and a layer of each
    "tiny": (tiny.network, "shapes"),
    "rough": (rough, "shapes"),
    "bestiary": (built_in, "texture"),
    "inception_v1": (original, "low"),
    "efficientnet_lite0": (from_pip, "block_3"),
}


def kinds(layer: Network, name: str) -> Objective:
    weights = garden.weights(garden.begin(1, 0, 0.4), Bed(0.4, 0.1, 10.0), 3, 1, 0)
    return objective.garden(layer, name, [0, 2, 4], weights)


def masked(layer: Network, name: str) -> Objective:
    left = (torch.arange(SIZE[1]) < SIZE[1] / 3).float().expand(1, 1, *SIZE)
    return replace(objective.layer(layer, name), mask=left)


OBJECTIVES: Mapping[str, Callable[[Network, str], Objective]] = {
    "layer": objective.layer,
    "channels": lambda seer, name: objective.channels(seer, name, [1, 3]),
    "neuron": lambda seer, name: objective.neuron(seer, name, 2, (0.4, 0.6)),
    "direction": lambda seer, name: objective.direction(seer, name, {1: 1.0, 3: -0.5}),
    "guide": lambda seer, name: objective.guide(seer, name, seer.extractor([name], tiny.CPU)(tiny.photo((64, 64), 5))[name]),
    "garden": kinds,
    "masked": masked,
}


@cache
def seer(name: str) -> tuple[Network, str, Extractor, Tiling]:
    make, layer = NETWORKS[name]
    seen = make()
    layer = seen.layer(layer)
    extract = seen.extractor([layer], tiny.CPU)
    return seen, layer, extract, tiling(64, measure_fields(extract, [layer], seen.min_side, tiny.CPU), seen.min_side)


def off(one: Tensor, other: Tensor) -> float:
    """How far apart two are, as a share of the first."""
    return float((one - other).norm() / one.norm())


@pytest.mark.parametrize("asked", OBJECTIVES)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_objective_asks_of_tiles_what_it_asks_of_the_whole(name: str, asked: str) -> None:
    seen, layer, extract, tiles = seer(name)
    terms = [(1.0, OBJECTIVES[asked](seen, layer))]
    frame = tiny.photo(SIZE)
    whole = gradient(frame, extract, terms, view_of(frame, 5, -7, degrees=4), CLIMB)
    for phase in PHASES[: 1 if name == "inception_v1" else 2]:
        view = replace(view_of(frame, 5, -7, degrees=4), phase=phase)
        assert off(whole, gradient(frame, extract, terms, view, replace(CLIMB, tiling=tiles))) < 1e-4


def test_that_law_can_fail() -> None:
    """Tiles that do not overlap, or begin between two cells, see something else."""
    seen, layer, extract, tiles = seer("rough")
    terms, frame = [(1.0, objective.layer(seen, layer))], tiny.photo(SIZE)
    whole = gradient(frame, extract, terms, view_of(frame), CLIMB)
    alone = replace(tiles, overlap=(0, 12))
    assert off(whole, gradient(frame, extract, terms, view_of(frame), replace(CLIMB, tiling=alone))) > 0.01


def test_several_wishes_of_several_networks_are_mixed_as_for_the_whole() -> None:
    """One asks nothing of a layer that the others need."""
    (one, shallow, first, near), (two, deep, second, far) = seer("tiny"), seer("bestiary")
    extract = combine({"": first, "b: ": second})
    cells = {**near.cells, **{f"b: {name}": cell for name, cell in far.cells.items()}}
    tiles = Tiling(64, cells, (max(near.overlap[0], far.overlap[0]), max(near.overlap[1], far.overlap[1])), 32)
    terms = [(1.0, objective.layer(one, shallow)), (-0.4, objective.with_prefix("b: ", objective.channels(two, deep, [3])))]
    frame = tiny.photo(SIZE, 2)
    whole = gradient(frame, extract, terms, view_of(frame), CLIMB)
    assert off(whole, gradient(frame, extract, terms, view_of(frame), replace(CLIMB, tiling=tiles))) < 1e-4


def test_a_dream_in_tiles_is_the_same_dream() -> None:
    seen, layer, extract, tiles = seer("tiny")
    terms, frame = [(1.0, objective.layer(seen, layer))], tiny.photo(SIZE, 3)
    whole = dream(frame, extract, terms, CLIMB, 7, 2)
    cut = dream(frame, extract, terms, replace(CLIMB, tiling=tiles), 7, 2)
    assert off(whole - frame, cut - frame) < 1e-3
    assert torch.equal(cut, dream(frame, extract, terms, replace(CLIMB, tiling=tiles), 7, 2))


# ---- one answer for the whole picture


def answering() -> tuple[Network, Extractor, Tiling]:
    """A classifier of mean activations, as most are, which gives its classes but no map of them."""
    torch.manual_seed(1)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, len(tiny.LABELS), 1))
    seen = of(**(tiny.stages() | {CLASSES: head}))
    extract = seen.extractor([CLASSES, "shapes"], tiny.CPU)
    return seen, extract, tiling(64, measure_fields(extract, [CLASSES, "shapes"], seen.min_side, tiny.CPU), seen.min_side)


def test_an_answer_for_the_whole_is_asked_of_all_tiles() -> None:
    seen, extract, tiles = answering()
    assert tiles.cells[CLASSES] == 0
    terms, frame = [(1.0, objective.classes(seen, [2]))], tiny.photo((128, 192), 4)
    whole = gradient(frame, extract, terms, view_of(frame), CLIMB)
    for phase in PHASES:
        cut = gradient(frame, extract, terms, replace(view_of(frame), phase=phase), replace(CLIMB, tiling=tiles))
        assert off(whole, cut) < 0.05
    alone = replace(tiles, overlap=(0, 0))
    assert off(whole, gradient(frame, extract, terms, view_of(frame), replace(CLIMB, tiling=alone))) > 0.05


def test_no_seam_where_tiles_meet() -> None:
    """The gradient is as strong within four pixels of a border as elsewhere, for cells and for a whole answer."""
    seen, extract, tiles = answering()
    frame = tiny.photo((64, 320), 6)
    for target in (objective.classes(seen, [2]), objective.layer(seen, "shapes")):
        near, far = 0.0, 0.0
        for step in range(12):
            view = replace(view_of(frame), phase=(0.5, step / 11))
            added = gradient(frame, extract, [(1.0, target)], view, replace(CLIMB, tiling=tiles, smoothing=0.0))
            energy = added.square().mean((0, 1, 2))
            border = torch.zeros(frame.shape[3], dtype=torch.bool)
            for span in spans(frame.shape[3], tiles, view.phase[1])[1:]:
                border[span.begin - 4 : span.begin + 4] = True
            inside = energy / gradient(frame, extract, [(1.0, target)], view, replace(CLIMB, smoothing=0.0)).square().mean(
                (0, 1, 2)
            )
            near, far = near + float(inside[border].mean()) / 12, far + float(inside[~border].mean()) / 12
        assert near == pytest.approx(far, rel=0.05)


# ---- the grid


@pytest.mark.parametrize("phase", [0.0, 0.31, 0.5, 1.0])
@pytest.mark.parametrize(("side", "step"), [(128, 32), (64, 4), (200, 16), (1024, 32)])
def test_tiles_cover_every_pixel_once_and_begin_where_cells_do(side: int, step: int, phase: float) -> None:
    tiles = Tiling(side, {"near": step // 2, "deep": step, "all": 0}, (37, 51), 64)
    assert tiles.step == step
    for length in (64, side, side + 1, 2 * side - 1, 3 * side + 17, 2160):
        cut = spans(length, tiles, phase)
        ends = [*(span.begin for span in cut), length]
        assert (ends[0], cut[-1].end, cut[-1].last) == (0, None, length)
        for span, (begin, end) in zip(cut, pairwise(ends), strict=True):
            assert begin < end <= begin + side + step
            assert span.begin % step == span.first % step == 0
            assert span.first <= max(0, begin - 37)
            assert span.last >= min(length, end + 51)
            assert span.last - span.first >= min(64, length)


def test_the_grid_is_moved_in_each_step_by_chance_with_an_address() -> None:
    frame = torch.zeros(1, 3, 8, 8)
    phases = [_step_view(frame, CLIMB, (1, tick, 0, step)).phase for tick, step in product(range(4), range(4))]
    assert len(set(phases)) == 16
    assert phases[5] == _step_view(frame, CLIMB, (1, 1, 0, 1)).phase
    tiles = Tiling(256, {"deep": 16}, (64, 64), 32)
    borders = {span.begin for phase in phases for span in spans(700, tiles, phase[0])[1:]}
    assert len(borders) > 12


# ---- what they are for


def test_a_small_frame_is_looked_at_whole() -> None:
    _, layer, extract, tiles = seer("tiny")
    frame = tiny.photo((48, 64))
    assert torch.equal(extract_tiled(extract, frame, [layer], tiles, (0.1, 0.9))[layer], extract(frame)[layer])


def test_tiles_keep_nothing_but_the_frame() -> None:
    _, layer, extract, tiles = seer("tiny")
    frame = tiny.photo(SIZE)
    assert memory.activation_bytes(lambda x: extract_tiled(extract, x, [layer], tiles, (0.5, 0.5)), frame) == frame.nbytes
    assert memory.activation_bytes(extract, frame) > 4 * frame.nbytes


def test_tiles_overlap_as_far_as_is_seen_and_twice_as_far_for_an_answer_that_has_no_place() -> None:
    near, far = ReceptiveField(8, 4, 30, (10, 20)), ReceptiveField(8, 16, 90, (30, 60))
    assert tiling(256, {"near": near, "far": far}, 32) == Tiling(256, {"near": 4, "far": 16}, (30, 60), 32)
    assert tiling(256, {"far": far, "all": ReceptiveField(8, 0, 0)}, 32).overlap == (60, 120)
