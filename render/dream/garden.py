"""Gardens. A garden is a smooth map of weights in which every region of the picture grows its own kind.

The map lives in the world, not on the screen: it moves with the camera, and as one zooms in, new kinds open up. It is noise in
octaves, and with depth d = log2 of the zoom so far, octave j has frequency 2**(j - d) on the canvas and fades in and out around
j = d, like a Shepard tone. Nothing in it is an absolute coordinate: each octave keeps where the canvas lies on its own periodic
lattice, so tick 10,000 is as exact as tick 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, floor, log2, pi

import torch
import torch.nn.functional as F
from torch import Tensor

from render.picture.picture import send
from render.picture.rng import generator
from render.picture.warp import Move, affine, scale

PERIOD = 32  # lattice points after which an octave repeats
SPREAD = 0.7  # octaves: the deviation of the window in which an octave is heard
REACH = 2.5  # octaves either side of the depth that exist at all


@dataclass(frozen=True)
class Bed:
    """A garden's settings at a moment."""

    size: float  # of its regions, frame heights
    drift: float  # cycles a second
    sharpness: float  # of the borders between regions


@dataclass(frozen=True)
class World:
    """Where a garden's noise lies under the canvas."""

    depth: float  # log2 of the zoom so far
    age: float  # cycles that its kinds have drifted
    size: float  # of its regions, frame heights
    # Octave -> float64 [2, 3], the affine map from canvas Coords to that octave's lattice, its offset modulo PERIOD.
    places: Mapping[int, Tensor]


def begin(seed: int, garden: int, size: float) -> World:
    """The world of the `garden`-th garden of a film at its first tick."""
    return _with_octaves(World(0.0, 0.0, size, {}), seed, garden)


def travel(world: World, move: Move, bed: Bed, dt: float, seed: int, garden: int) -> World:
    """The world after `dt` seconds and the camera's move, of which it takes what is affine at the middle of the frame."""
    back = torch.linalg.inv(affine(move))
    places = {octave: _scale_place(place @ back, world.size / bed.size) for octave, place in _square(world.places).items()}
    depth = world.depth + log2(scale(move))
    return _with_octaves(World(depth, world.age + bed.drift * dt, bed.size, places), seed, garden)


def jump(world: World, seed: int, garden: int, tick: int) -> World:
    """The same world elsewhere: as deep and as old, every octave laid down anew, so that other kinds grow everywhere."""
    places = {
        octave: _place_octave(world, octave, generator(seed, "garden jump", garden, octave, tick)) for octave in world.places
    }
    return World(world.depth, world.age, world.size, places)


def weights(world: World, bed: Bed, kinds: int, seed: int, garden: int) -> Callable[[Tensor], Tensor]:
    """Coords [1, h, w, 2] -> [1, kinds, h, w]: how much each kind counts there; sums to 1 over kinds."""
    loudness = {octave: _loudness(octave - world.depth) for octave in world.places}
    power = sum(value**2 for value in loudness.values()) ** 0.5

    @lru_cache(maxsize=1)
    def lay_octaves(device: torch.device) -> list[tuple[float, Tensor, Tensor]]:
        """Late: who only asks what counts at a moment waits for no lattice."""
        lattices = {octave: _lattice(world, octave, kinds, seed, garden) for octave in world.places}
        return [
            (loudness[octave] / power, send(place, device), send(lattices[octave], device))
            for octave, place in world.places.items()
        ]

    def at(xy: Tensor) -> Tensor:
        total = torch.zeros(1, kinds, *xy.shape[1:3], device=xy.device)
        for share, place, lattice in lay_octaves(xy.device):
            cells = xy.double() @ place[:, :2].T + place[:, 2]
            total = total + share * _noise(lattice, cells)
        return (bed.sharpness * total).softmax(1)

    return at


def to_tensors(world: World) -> dict[str, Tensor]:
    """The world as named tensors, for the negative."""
    return {
        "scalars": torch.tensor([world.depth, world.age, world.size], dtype=torch.float64),
        "octaves": torch.tensor(list(world.places), dtype=torch.int64),
        "places": torch.stack(list(world.places.values())),
    }


def from_tensors(tensors: Mapping[str, Tensor]) -> World:
    """What `to_tensors` stored."""
    octaves = tensors["octaves"].tolist()
    depth, age, size = tensors["scalars"].tolist()
    return World(depth, age, size, dict(zip(octaves, tensors["places"].unbind(), strict=True)))


def _with_octaves(world: World, seed: int, garden: int) -> World:
    """The same world with the octaves that its depth calls for: far ones forgotten, new ones laid down anywhere."""
    near = range(ceil(world.depth - REACH), floor(world.depth + REACH) + 1)
    places = {
        octave: world.places[octave]
        if octave in world.places
        else _place_octave(world, octave, generator(seed, "garden place", garden, octave))
        for octave in near
    }
    return World(world.depth, world.age, world.size, places)


def _place_octave(world: World, octave: int, chance: torch.Generator) -> Tensor:
    """A new octave's place: any angle, any offset."""
    angle, *offset = torch.rand(3, generator=chance, dtype=torch.float64).tolist()
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64) * (2 * pi * angle)
    frequency = 2.0 ** (octave - world.depth) / (2 * world.size)
    return torch.cat((frequency * torch.linalg.matrix_exp(turn), PERIOD * torch.tensor(offset).double()[:, None]), dim=1)


def _square(places: Mapping[int, Tensor]) -> dict[int, Tensor]:
    last = torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)
    return {octave: torch.cat((place, last)) for octave, place in places.items()}


def _scale_place(place: Tensor, ratio: float) -> Tensor:
    """[2, 3] about the middle of the canvas, the offset folded into one period."""
    return torch.cat((place[:2, :2] * ratio, place[:2, 2:].remainder(PERIOD)), dim=1)


def _loudness(octaves_off: float) -> float:
    """How loud an octave is that far from the depth."""
    return exp(-((octaves_off / SPREAD) ** 2) / 2)


def _lattice(world: World, octave: int, kinds: int, seed: int, garden: int) -> Tensor:
    """[1, kinds, PERIOD, PERIOD]: each point swings at its own pace, so kinds change places as the world ages."""
    chance = generator(seed, "garden", garden, octave)
    phase, pace = torch.rand(2, 1, kinds, PERIOD, PERIOD, generator=chance, dtype=torch.float64).unbind()
    return (2 * pi * (phase + (pace + 0.5) * world.age)).cos().float() * 2**0.5


def _noise(lattice: Tensor, cells: Tensor) -> Tensor:
    """The periodic lattice interpolated at `cells` [1, h, w, 2]."""
    rim = 2
    padded = F.pad(lattice, (rim,) * 4, mode="circular")
    place = (cells.remainder(PERIOD) + rim + 0.5) / (PERIOD + 2 * rim) * 2 - 1
    return F.grid_sample(padded, place.float(), mode="bicubic", padding_mode="border", align_corners=False)
