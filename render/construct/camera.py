"""The camera of a film: (Config, size) -> CameraPath; and what a camera must do for a film that ends where it began."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, log
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.config import Config
from render.config.parts import MotionPart
from render.config.poses import Poses
from render.errors import ConfigError
from render.moment import CELLS, Clock
from render.picture import warp
from render.picture.motion import PROBES, CameraPath, Motions, Speeds, Velocity, When, spline_point
from render.picture.warp import STILL, Move
from render.plugins import function_of, of_package
from render.scene import Scene

NEAREST = 4.0  # times that a droste's camera must come nearer: else its copy fills the frame from the start


def camera_path(config: Config, size: tuple[int, int], clock: Clock | None = None) -> CameraPath:
    """The camera's path: each motion's value at any times of `clock`, which is the film's own if not given.

    Raises ConfigError where a motion of a package cannot be carried out.
    """
    values, aspect = {**config.motion.values(), "center": config.motion.center}, size[1] / size[0]
    motions, clock = _motions(config), clock or config.clock
    points = torch.tensor(config.motion.centers, dtype=torch.float64) if config.motion.centers else None

    def speeds(seconds: np.ndarray) -> Speeds:
        at = {name: _over(values[name], seconds, clock) for name in (*motions.velocities, "center")}
        if points is not None:
            at["center"] = spline_point(points, torch.from_numpy(clock.curve_time(seconds) / clock.seconds))
        if config.motion.to:
            at["to"] = _speeds_to(config.motion.to, seconds, clock, aspect)
        return at

    return CameraPath(speeds, motions, aspect, config.seed)


def first_view(config: Config, size: tuple[int, int]) -> Move:
    """How the source is seen at the film's start: nearer, where the camera begins at a place of it."""
    if not config.motion.to:
        return Move(STILL)
    ((right, down, scale),) = _places(config.motion.to, np.zeros(1), config.clock, size[1] / size[0]).tolist()
    return Move(torch.tensor(((scale, 0, -scale * right), (0, scale, -scale * down), (0, 0, 1)), dtype=torch.float64))


def _places(poses: Poses, seconds: np.ndarray, clock: Clock, aspect: float) -> Tensor:
    """[n, 3]: the place in the middle of the frame, as Coords right and down, and its scale. Past the film's end it stays."""
    places = torch.from_numpy(poses.over(np.clip(seconds, 0, np.nextafter(clock.seconds, 0)), clock))
    middle = (places[:, :2] * 2 - 1) * torch.tensor((aspect, 1.0), dtype=torch.float64)
    return torch.cat((middle, places[:, 2:]), dim=1)


def _speeds_to(poses: Poses, seconds: np.ndarray, clock: Clock, aspect: float) -> Tensor:
    """The speeds in cells about these times that take the camera exactly from place to place: log zoom, right, down, [n, 3]."""
    (before, after) = (_places(poses, seconds + offset / CELLS, clock, aspect) for offset in (-0.5, 0.5))
    nearing = (after[:, 2:] / before[:, 2:]).log()
    stretch = torch.where(nearing.abs() > 1e-9, nearing / nearing.expm1(), 1.0)
    slide = -after[:, 2:] * (after[:, :2] - before[:, :2]) * stretch
    return CELLS * torch.cat((nearing, slide), dim=1)


def _over(value: Any, seconds: np.ndarray, clock: Clock) -> Tensor:
    """What a motion is set to at many times: [n], or [n, 2] of a pair."""
    if isinstance(value, tuple):
        return torch.stack([_over(curve, seconds, clock) for curve in value], dim=-1)
    return torch.from_numpy(np.array(value.over(seconds, clock), dtype=np.float64))


def _motions(config: Config) -> Motions:
    """The motions that the film uses."""
    in_use = config.motion.in_use()
    velocities = {name: _velocity(config, name, motion) for name, motion in in_use.items()}
    return Motions(velocities, frozenset(name for name, motion in in_use.items() if motion.bends))


def _velocity(config: Config, name: str, motion: MotionPart) -> Velocity:
    """The function of a motion. That of a package is tried first, so that what is wrong in it shows before the film begins."""
    if not motion.package:
        return function_of(motion.velocity)
    try:
        with of_package(motion.package):
            velocity = function_of(motion.velocity)
            value = _over(config.motion.values()[name], np.zeros(1), config.clock).double().reshape(1, 1, -1)
            moved = velocity(PROBES[None], value, When(torch.zeros(1, 1, dtype=torch.float64), config.seed))
            if not isinstance(moved, Tensor) or moved.shape != PROBES[None].shape:
                raise TypeError("a velocity is a tensor of the shape of xy")
    except ConfigError as error:
        raise config.problem(f"motion.{name}", error.message, error.hint) from error
    return velocity


def as_droste(scene: Scene) -> Scene:
    """The scene of a film that ends where it began. One that moves out is dreamed from its end: a copy must lie inside.

    Raises ConfigError where the last picture cannot be the first.
    """
    end = scene.clock.seconds
    move = scene.path.between(0, end)
    if move.bends:
        bending = " and ".join(f"motion.{name}" for name in sorted(scene.path.motions.bending))
        raise ConfigError(
            "is droste, and its picture must return as it was; a swirl bends it", f"leave {bending} out", continues=True
        )
    times = warp.scale(move)
    if times < 1:
        move, times = move.inverse, 1 / times
        scene = replace(scene, clock=replace(scene.clock, backwards=True), path=replace(scene.path, mirror=end))
    if times < NEAREST:
        rate = times ** (1 / end)
        longer = f"; at this speed duration: {ceil(log(NEAREST) / log(rate))}s would do" if rate > 1.01 else ""
        raise ConfigError(
            f"is droste, and in {end:g} s the camera comes {times:.3g} times nearer, where it takes {NEAREST:g} or more",
            f"raise motion.zoom or the duration{longer}",
            continues=True,
        )
    height, width = scene.size
    rim = torch.tensor([(x * width / height, y) for x in (-1, 1) for y in (-1, 1)], dtype=torch.float64)
    inner = warp.carry(move.inverse, rim) / torch.tensor((width / height, 1.0))
    if float(inner.abs().max()) > 1:
        raise ConfigError(
            "is droste, and the camera ends outside of what it saw at first",
            "keep motion.pan and center inside",
            continues=True,
        )
    return scene
