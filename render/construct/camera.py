"""The camera of a film: (Config, size) -> CameraPath; and what a camera must do for a film that ends where it began."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, log
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.config import Config
from render.errors import ConfigError
from render.picture import warp
from render.picture.motion import CameraPath, Motions, Speeds, spline_point
from render.plugins import function_of
from render.scene import Scene

NEAREST = 4.0  # times that a droste's camera must come nearer: else its copy fills the frame from the start


def camera_path(config: Config, size: tuple[int, int]) -> CameraPath:
    """The camera's path: each motion's value at any times."""
    clock, in_use = config.clock, config.motion.in_use()
    values = {**{name: config.motion.values()[name] for name in in_use}, "center": config.motion.center}
    velocities = {name: function_of(motion.velocity) for name, motion in in_use.items()}
    motions = Motions(velocities, frozenset(name for name, motion in in_use.items() if motion.bends))
    points = torch.tensor(config.motion.path, dtype=torch.float64) if config.motion.path else None

    def over(value: Any, seconds: np.ndarray) -> Tensor:
        if isinstance(value, tuple):
            return torch.stack([over(curve, seconds) for curve in value], dim=-1)
        return torch.from_numpy(np.array(value.over(seconds, clock), dtype=np.float64))

    def speeds(seconds: np.ndarray) -> Speeds:
        at = {name: over(value, seconds) for name, value in values.items()}
        if points is not None:
            at["center"] = spline_point(points, torch.from_numpy(clock.curve_time(seconds) / clock.seconds))
        return at

    return CameraPath(speeds, motions, size[1] / size[0], config.seed)


def as_droste(scene: Scene) -> Scene:
    """The scene of a film that ends where it began. One that moves out is dreamed from its end: a copy must lie inside.

    Raises ConfigError where the last picture cannot be the first.
    """
    end = scene.clock.seconds
    move = scene.path.between(0, end)
    if move.bends:
        raise ConfigError(
            "is droste, and its picture must return as it was; a swirl bends it", "leave motion.swirl out", continues=True
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
