"""Motions. A motion is a velocity: (xy, value) -> how far each point of the picture travels in a second, in Coords units.

The camera is a path: the velocities of all motions, summed and integrated over time. To add a motion, write its velocity here,
list it in `VELOCITIES`, and give it a row in `config/model.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor, pi

import numpy as np
import torch
from torch import Tensor

CELL = 1 / 240  # seconds; speeds are constant within a cell of this grid, which knows nothing of the frame rate

Speeds = Mapping[str, Tensor]


def zoom(xy: Tensor, factor: Tensor) -> Tensor:
    """Nearer, `factor` times a second; below 1 is farther."""
    return torch.mul(xy, factor.log())


def rotate(xy: Tensor, degrees: Tensor) -> Tensor:
    """Clockwise on screen, `degrees` a second."""
    return degrees * (pi / 180) * torch.stack((-xy[..., 1], xy[..., 0]), dim=-1)


def pan(xy: Tensor, heights: Tensor) -> Tensor:
    """The picture moves right and down by `heights` [2] frame heights a second."""
    return (2 * heights).expand(xy.shape)


VELOCITIES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"zoom": zoom, "rotate": rotate, "pan": pan}


@dataclass(frozen=True)
class Path:
    """Where the camera goes.

    speeds: seconds [n] -> each motion's value at those times, [n] or [n, 2], and "center" [n, 2] in 0..1, what zoom and rotate
    turn about. aspect: width / height.
    """

    speeds: Callable[[np.ndarray], Speeds]
    aspect: float

    def between(self, start: float, end: float) -> Tensor:
        """The affine move float64 [3, 3] that takes what is seen at `start` seconds to where it is at `end`.

        Exact for what it integrates: between(a, c) = between(b, c) @ between(a, b). Only what lies between the two is
        multiplied out, so nothing grows with the length of the film.
        """
        if end < start:
            return torch.inverse(self.between(end, start))
        cells = np.arange(floor(start / CELL) + 1, floor(end / CELL) + 1) * CELL
        edges = np.concatenate(([start], cells, [end]))
        spans = np.diff(edges)
        middles = (np.floor((edges[:-1] + edges[1:]) / 2 / CELL) + 0.5) * CELL
        steps = torch.linalg.matrix_exp(self._velocity(middles) * torch.from_numpy(spans)[:, None, None])
        move = torch.eye(3, dtype=torch.float64)
        for step in steps:
            move = torch.mm(step, move)
        return move

    def _velocity(self, seconds: np.ndarray) -> Tensor:
        """The summed velocity at each time as a matrix [n, 3, 3], found by asking it of three points of the plane."""
        speeds = {name: value.double().reshape(len(seconds), 1, -1) for name, value in self.speeds(seconds).items()}
        center = (speeds["center"] * 2 - 1) * torch.tensor((self.aspect, 1.0), dtype=torch.float64)
        points = torch.tensor(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)), dtype=torch.float64) - center
        velocity = sum((motion(points, speeds[name]) for name, motion in VELOCITIES.items()), torch.zeros_like(points))
        matrix = torch.zeros(len(seconds), 3, 3, dtype=torch.float64)
        matrix[:, :2, 2] = velocity[:, 0]
        matrix[:, :2, 0] = velocity[:, 1] - velocity[:, 0]
        matrix[:, :2, 1] = velocity[:, 2] - velocity[:, 0]
        return matrix
