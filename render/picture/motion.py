"""Motion. The camera is a path: the velocities of all its motions, summed and integrated over time.

A velocity is (xy, value, when) -> how far each point of the picture travels in a second, in Coords units; parts/motions.py has
those of this project.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import groupby, pairwise
from math import ceil, floor
from threading import RLock

import numpy as np
import torch
from torch import Tensor

from render.moment import CELLS, GRAIN
from render.picture.rng import generator
from render.picture.warp import STILL, Move, scale

CLOSELY = 600  # seconds in which every cell is looked at for motions that bend
ROUNDING = 1e-12  # of a matrix's last row, which comes of sums of numbers about 1
FARTHEST = 1e12  # times nearer or farther than at the start: past it one point of the source fills the frame
NEWEST = 4  # seconds whose velocity fields are kept: a film is dreamed at one place and developed at another
PROBES = torch.view_as_real(torch.polar(torch.linspace(0.02, 2.5, 24).double(), 2.4 * torch.arange(24).double()))  # all round

Speeds = Mapping[str, Tensor]  # values of motions by their names


@dataclass(frozen=True)
class When:
    """The times of velocities that are asked for together."""

    seconds: Tensor  # [n, 1]
    seed: int  # of the film

    def generator(self, purpose: str) -> torch.Generator:
        """Random numbers for that purpose, the same in every call: a motion may be random, and has no history."""
        return generator(self.seed, purpose)


Velocity = Callable[[Tensor, Tensor, When], Tensor]  # (xy [n, m, 2] about the centre, value, when) -> Coords a second, like xy


@dataclass(frozen=True)
class Motions:
    """The motions of a camera, by name."""

    velocities: Mapping[str, Velocity]
    bending: frozenset[str] = frozenset()  # those under which straight lines bend, unless they are 0; others are matrices


def spline_point(points: Tensor, share: Tensor) -> Tensor:
    """Where one is after `share` [m] (0..1) of the way through points [n, 2], on Catmull and Rom's curve (1974): [m, 2].

    Points that end where they begin are gone round without a corner.
    """
    closed = torch.equal(points[0], points[-1])
    first, last = (points[-2:-1], points[1:2]) if closed else (2 * points[:1] - points[1:2], 2 * points[-1:] - points[-2:-1])
    near = torch.cat((first, points, last))
    place = share.clamp(0, 1) * (len(points) - 1)
    start = place.floor().long().clamp_max(len(points) - 2)
    u = (place - start)[:, None]
    a, b, c, d = (near[start + offset] for offset in range(4))
    return b + u / 2 * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))


def cells_between(start: float, end: float) -> range:
    """The cells of time that lie between two times, wholly or in part."""
    return range(floor(round(start * CELLS, GRAIN)), ceil(round(end * CELLS, GRAIN)))


def cell_times(cells: np.ndarray) -> np.ndarray:
    """The middle of each cell, seconds: there its speeds are looked at."""
    times: np.ndarray = cells // CELLS + (cells % CELLS + 0.5) / CELLS
    return times


@dataclass(frozen=True)
class CameraPath:
    """Where the camera goes."""

    # Seconds [n] -> each motion's value, [n] or [n, 2]; "center" [n, 2] in 0..1; and where the camera goes to places "to"
    # [n, 3]: log zoom about the middle, and Coords right and down, a second.
    speeds: Callable[[np.ndarray], Speeds]
    motions: Motions
    aspect: float  # width / height
    seed: int = 0
    mirror: float | None = None  # length of a film that is dreamed from its end, seconds: times are counted back from it
    cache: PathCache = field(default_factory=lambda: PathCache(), init=False, compare=False, repr=False)

    def between(self, start: float, end: float) -> Move:
        """The move that takes what is seen at `start` seconds to where it is at `end`.

        Exact for what it integrates: between(a, c) = between(b, c) @ between(a, b). Only what lies between the two is
        multiplied out, so nothing grows with the length of the film.
        """
        if self.mirror is not None:
            return self._forward(self.mirror - start, self.mirror - end)
        return self._forward(start, end)

    def bends(self, seconds: float) -> bool:
        """Whether lines bend anywhere up to that time. Past CLOSELY, one cell a second is looked at: a flight lasts a day."""
        cells = np.concatenate((np.arange(ceil(min(seconds, CLOSELY) * CELLS)), np.arange(CLOSELY, seconds) * CELLS))
        values = self.speeds(cell_times(cells))
        return any(bool(values[name].ne(0).any()) for name in self.motions.bending)

    def so_far(self, seconds: float) -> Move:
        """The move from the film's start; each whole second of it is worked out once."""
        whole = floor(seconds)
        return without_drift(self.between(whole, seconds)) @ self.cache.from_start(whole, self.between)

    def _forward(self, start: float, end: float) -> Move:
        """The move between two times of the speeds, which know no mirror."""
        if end < start:
            return self._forward(end, start).inverse
        first, last = round(start * CELLS, GRAIN), round(end * CELLS, GRAIN)
        edges = [first, *range(floor(first) + 1, ceil(last)), last]
        spans = [(floor(begin), (stop - begin) / CELLS) for begin, stop in pairwise(edges)]
        seconds = groupby(spans, lambda span: span[0] // CELLS)
        moves = (
            self.cache.velocity_field(second, self._velocity_field).move({cell % CELLS: span for cell, span in cells})
            for second, cells in seconds
        )
        return reduce(lambda before, after: after @ before, moves, Move(STILL))

    def _velocity_field(self, second: int) -> VelocityField:
        """The velocities in a second's cells, worked out as a whole, so that no move depends on what was asked before."""
        seconds = cell_times(second * CELLS + np.arange(CELLS))
        values = {name: value.double().reshape(CELLS, 1, -1) for name, value in self.speeds(seconds).items()}
        center = (values["center"] * 2 - 1) * torch.tensor((self.aspect, 1.0), dtype=torch.float64)
        when = When(torch.from_numpy(seconds)[:, None], self.seed)
        return VelocityField(self.motions, values, center, when, values.get("to"))


def without_drift(move: Move) -> Move:
    """The same move; one that leans by no more than rounding does not lean: in a long zoom that would grow without end."""
    if move.bends or bool((move.matrix[2, :2].abs() > ROUNDING).any()):
        return move
    matrix = move.matrix / move.matrix[2, 2]
    matrix[2, :2] = 0
    return Move(matrix)


class PathCache:
    """What a path has worked out so far. Each entry is a pure function of the path; several threads may ask at once."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._fields: dict[int, VelocityField] = {}
        self._moves = [Move(STILL)]  # from the film's start to each whole second

    def begin_as(self, other: PathCache, second: int) -> None:
        """Know what another path's cache does of the time before a second, up to which the two are one."""
        with other._lock:
            self._moves = other._moves[: second + 1]

    def velocity_field(self, second: int, make: Callable[[int], VelocityField]) -> VelocityField:
        """That of a second, made if it is none of the NEWEST."""
        with self._lock:
            if second not in self._fields:
                self._fields[second] = make(second)
                for old in list(self._fields)[:-NEWEST]:
                    del self._fields[old]
            return self._fields[second]

    def from_start(self, second: int, between: Callable[[float, float], Move]) -> Move:
        """The move from the start to a whole second, multiplied out second by second."""
        with self._lock:
            while (last := len(self._moves) - 1) < second:
                move = without_drift(between(last, last + 1)) @ self._moves[last]
                near = move.bends or 1 / FARTHEST < scale(move) < FARTHEST
                self._moves.append(move if near else self._moves[last])
            return self._moves[second]


@dataclass(frozen=True)
class VelocityField:
    """The summed velocity in some cells of time.

    What is asked of it is asked of `cells`: their numbers, and how long each of them counts, seconds.
    """

    motions: Motions
    values: Speeds  # of each motion in each cell, [n, 1, 1 or 2]
    center: Tensor  # [n, 1, 2]
    when: When  # the times of the cells
    to: Tensor | None = None  # [n, 1, 3]: log zoom about the middle, and Coords right and down, a second

    @cached_property
    def bends(self) -> Tensor:
        """bool [n]: the cells in which lines bend, so that no matrix says where things go."""
        bending = (self.values[name].ne(0).any(-1)[:, 0] for name in self.motions.bending)
        return sum(bending, torch.zeros(len(self.center), dtype=torch.bool))

    def velocity(self, xy: Tensor, cells: list[int]) -> Tensor:
        """At xy [m, 2], in each of the cells: [n, m, 2]."""
        when = When(self.when.seconds[cells], self.when.seed)
        away = xy - self.center[cells]
        velocities = (self.motions.velocities[name](away, self.values[name][cells], when) for name in self._moving)
        to_places = torch.zeros_like(away) if self.to is None else self.to[cells, :, :1] * xy + self.to[cells, :, 1:]
        return sum(velocities, to_places)

    @cached_property
    def _moving(self) -> tuple[str, ...]:
        """The motions that do not stand still all the time, as far as some places show."""
        away = PROBES - self.center
        motions = self.motions.velocities.items()
        return tuple(name for name, motion in motions if motion(away, self.values[name], self.when).ne(0).any())

    def move(self, cells: Mapping[int, float]) -> Move:
        """The move of cells that follow each other."""
        moves = (
            (self._bending_move if bends else self._straight_move)({cell: cells[cell] for cell in stretch})
            for bends, stretch in groupby(cells, lambda cell: bool(self.bends[cell]))
        )
        return reduce(lambda before, after: after @ before, moves, Move(STILL))

    def _straight_move(self, cells: Mapping[int, float]) -> Move:
        """The move of cells that do not bend: a product of exponentials."""
        move = STILL
        for cell, span in cells.items():
            whole = span == 1 / CELLS
            move = torch.mm(self._steps[cell] if whole else torch.linalg.matrix_exp(self._generators[cell] * span), move)
        return Move(move)

    def _bending_move(self, cells: Mapping[int, float]) -> Move:
        """The move of cells that bend: each point is followed (Runge and Kutta's fourth order)."""

        def follow(xy: Tensor, cells: list[int], sign: int, spans: Mapping[int, float]) -> Tensor:
            place = xy.double().reshape(-1, 2)
            for cell in cells:
                place = place + _step(lambda at, cell=cell: self.velocity(at, [cell])[0], place, sign * spans[cell])  # type: ignore[misc]
            return place.reshape(xy.shape).to(xy)

        onwards = list(cells)
        return Move(STILL, lambda xy: follow(xy, onwards, 1, cells), lambda xy: follow(xy, onwards[::-1], -1, cells))

    @cached_property
    def _steps(self) -> Tensor:
        """The moves of whole cells, as matrices [n, 3, 3]."""
        steps: Tensor = torch.linalg.matrix_exp(self._generators / CELLS)
        return steps

    @cached_property
    def _generators(self) -> Tensor:
        """The velocity as projective matrices [n, 3, 3], found by asking it of five points of the plane."""
        points = torch.tensor(((0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)), dtype=torch.float64)
        middle, right, left, below, above = self.velocity(points, list(range(len(self.center)))).unbind(1)
        matrix = torch.zeros(len(self.center), 3, 3, dtype=torch.float64)
        matrix[:, :2, 0], matrix[:, :2, 1], matrix[:, :2, 2] = (right - left) / 2, (below - above) / 2, middle
        # what is left is -(g . xy) xy, the velocity of a plane that leans
        matrix[:, 2, 0] = middle[:, 0] - (right + left)[:, 0] / 2
        matrix[:, 2, 1] = middle[:, 1] - (below + above)[:, 1] / 2
        return matrix


def _step(velocity: Callable[[Tensor], Tensor], place: Tensor, span: float) -> Tensor:
    """How far each point gets in `span` seconds."""
    first = velocity(place)
    second = velocity(place + span / 2 * first)
    third = velocity(place + span / 2 * second)
    fourth = velocity(place + span * third)
    return span / 6 * (first + 2 * second + 2 * third + fourth)
