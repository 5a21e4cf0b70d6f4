"""Laws of gardens: the map of kinds is part of the world, so it moves with the camera, and opens as the camera moves in."""

from __future__ import annotations

from itertools import pairwise
from math import cos, log2, radians, sin

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from render.dream import garden
from render.dream.garden import PERIOD, Bed, World, travel, weights
from render.picture.warp import Move, carry, grid

BED = Bed(size=0.3, drift=0.0, sharpness=6.0)
KINDS, SEED = 5, 7
XY = grid((12, 20))


def affine(scale: float = 1.0, degrees: float = 0.0, right: float = 0.0, down: float = 0.0) -> Move:
    c, s = scale * cos(radians(degrees)), scale * sin(radians(degrees))
    return Move(torch.tensor([[c, -s, right], [s, c, down], [0.0, 0.0, 1.0]], dtype=torch.float64))


def about(move: Move, x: float, y: float) -> Move:
    """The move about another centre."""
    return affine(right=x, down=y) @ move @ affine(right=-x, down=-y)


MOVES = {
    "zoom in": affine(1.02),
    "zoom out": affine(0.98),
    "turn": affine(degrees=25),
    "pan": affine(right=0.7, down=-0.4),
    "all": about(affine(1.01, 5, 0.02, 0.03), 0.8, -0.3),
}
each_move = pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)


def moved(world: World, move: Move, bed: Bed = BED, dt: float = 0.125) -> World:
    return travel(world, move, bed, dt, SEED, 0)


def seen(world: World, xy: Tensor = XY, bed: Bed = BED) -> Tensor:
    return weights(world, bed, KINDS, SEED, 0)(xy)


def gap(one: Tensor, other: Tensor) -> float:
    """How far two places on the lattice lie apart; the lattice repeats after PERIOD."""
    off = (one - other).remainder(PERIOD)
    return float(torch.minimum(off, PERIOD - off).abs().max())


def begun() -> World:
    return garden.begin(SEED, 0, BED.size)


def test_weights_sum_to_one_everywhere_and_every_kind_has_a_place() -> None:
    total = seen(begun(), grid((30, 50)))
    assert total.shape == (1, KINDS, 30, 50)
    torch.testing.assert_close(total.sum(1), torch.ones(1, 30, 50))
    assert total.min() >= 0
    assert len(total.argmax(1).unique()) == KINDS
    assert total.amax(1).mean() > 0.6, "regions are of one kind each, not a blend"


def test_sharpness_parts_regions() -> None:
    blurred, cut = (seen(begun(), bed=Bed(0.3, 0.0, sharpness)).amax(1).mean() for sharpness in (0.0, 20.0))
    assert blurred == pytest.approx(1 / KINDS, abs=1e-5)
    assert cut > 0.85


def test_regions_are_as_large_as_asked() -> None:
    """Neighbouring places differ more where regions are small."""
    rough = []
    for size in (0.15, 0.3, 0.6):
        map_ = seen(garden.begin(SEED, 0, size), grid((60, 100)), Bed(size, 0.0, 6.0))
        rough.append(float((map_[..., 1:] - map_[..., :-1]).abs().mean()))
    assert rough[0] > 1.5 * rough[1] > 2 * rough[2]


@each_move
def test_every_octave_moves_with_the_camera_exactly(move: Move) -> None:
    before, after = begun(), moved(begun(), move)
    points = XY.double()
    for octave in before.places.keys() & after.places.keys():
        old, new = before.places[octave], after.places[octave]
        there = carry(move, points) @ new[:, :2].T + new[:, 2]
        assert gap(there, points @ old[:, :2].T + old[:, 2]) < 1e-9


@each_move
def test_what_one_sees_moves_with_the_camera(move: Move) -> None:
    """Octaves fade in and out with depth, so a zoom changes the map a little, and all else nothing."""
    before, after = seen(begun()), seen(moved(begun(), move), carry(move, XY.double()).float())
    zoomed = float(torch.linalg.det(move.matrix[:2, :2])) != pytest.approx(1)
    torch.testing.assert_close(after, before, atol=0.15 if zoomed else 1e-3, rtol=0)
    assert (after - before).abs().mean() < (0.012 if zoomed else 1e-4)
    assert (seen(moved(begun(), move)) - before).abs().max() > 0.02, "this move is too small to tell"


@each_move
def test_one_step_is_two_half_steps(move: Move) -> None:
    once, twice = moved(begun(), move @ move, dt=0.25), moved(moved(begun(), move), move)
    assert twice.depth == pytest.approx(once.depth, abs=1e-12)
    assert twice.age == pytest.approx(once.age, abs=1e-12)
    kept = begun().places.keys() & once.places.keys()
    assert len(kept) >= 4
    for octave in kept:
        torch.testing.assert_close(twice.places[octave][:, :2], once.places[octave][:, :2], atol=1e-12, rtol=1e-12)
        assert gap(twice.places[octave][:, 2], once.places[octave][:, 2]) < 1e-9


@pytest.mark.parametrize("zoom", [1.08, 1 / 1.08])
def test_new_octaves_open_with_depth(zoom: float) -> None:
    """Zooming for 60 ticks forgets all that was known, and the map is as rich as it was."""
    world = begun()
    first = set(world.places)
    sizes = []
    for _ in range(60):
        world = moved(world, affine(zoom))
        sizes.append(len(world.places))
    assert set(sizes) <= {5, 6}
    assert not first & set(world.places)
    assert len(seen(world).argmax(1).unique()) >= 3
    frequencies = [float(place[:, :2].norm()) for _, place in sorted(world.places.items())]
    assert all(fine / coarse == pytest.approx(2) for coarse, fine in pairwise(frequencies))


@pytest.mark.parametrize("zoom", [1.08, 1.0, 0.93])
def test_tick_ten_thousand_is_as_exact_as_tick_one(zoom: float) -> None:
    """With a pan, a turn and a centre that moves; a world with absolute coordinates would be lost long before."""
    world = begun()
    move = about(affine(zoom, 1.3, 0.03, -0.02), 0.5, -0.2)
    for tick in range(400 if zoom == 1.0 else 150):
        world = moved(world, about(move, 0.1 * sin(tick), 0.1 * cos(tick)))
    # The rest of the way in one leap of the depth: what a place holds is bounded, and only depth grows.
    depth = world.depth + 9_850 * log2(zoom)
    world = World(depth, world.age, world.size, {octave + round(depth - world.depth): p for octave, p in world.places.items()})
    world = moved(world, move)
    after = moved(world, move)
    assert all(bool(place.isfinite().all()) and float(place.abs().max()) <= PERIOD for place in after.places.values())
    before, later = seen(world), seen(after, carry(move, XY.double()).float())
    assert later.isfinite().all()
    assert (later - before).abs().mean() < 0.05
    assert len(later.argmax(1).unique()) >= 3
    for octave in world.places.keys() & after.places.keys():
        old, new = world.places[octave], after.places[octave]
        there = carry(move, XY.double()) @ new[:, :2].T + new[:, 2]
        assert gap(there, XY.double() @ old[:, :2].T + old[:, 2]) < 1e-9


def test_drift_changes_kinds_in_place() -> None:
    still, drifting = begun(), begun()
    for _ in range(8):
        still = moved(still, affine())
        drifting = moved(drifting, affine(), Bed(0.3, 0.5, 6.0))
    torch.testing.assert_close(seen(still), seen(begun()))
    assert drifting.age == pytest.approx(0.5)
    assert (seen(drifting) - seen(begun())).abs().mean() > 0.1


def test_a_change_of_size_keeps_what_is_in_the_middle() -> None:
    before, after = begun(), moved(begun(), affine(), Bed(0.6, 0.0, 6.0))
    middle = torch.zeros(1, 1, 1, 2)
    torch.testing.assert_close(seen(after, middle), seen(before, middle))
    torch.testing.assert_close(seen(after, 2 * XY), seen(before), atol=1e-4, rtol=0)


def test_gardens_and_seeds_differ() -> None:
    maps = [weights(garden.begin(seed, i, 0.3), BED, KINDS, seed, i)(XY) for seed, i in ((7, 0), (7, 1), (8, 0), (7, 0))]
    torch.testing.assert_close(maps[0], maps[3], atol=0, rtol=0)
    assert min(float((maps[0] - other).abs().mean()) for other in maps[1:3]) > 0.05


def test_a_world_is_stored_without_loss() -> None:
    world = moved(moved(begun(), affine(1.3, 40, 0.2, 3.0)), affine(0.9))
    again = garden.from_tensors(load(save(garden.to_tensors(world))))
    assert (again.depth, again.age, again.size, list(again.places)) == (world.depth, world.age, world.size, list(world.places))
    assert all(torch.equal(again.places[octave], place) for octave, place in world.places.items())
    assert torch.equal(seen(moved(again, affine(1.1))), seen(moved(world, affine(1.1))))
