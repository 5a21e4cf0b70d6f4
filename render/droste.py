"""Drostes. A picture that holds a copy of itself where the camera will end: the film ends where it began."""

from __future__ import annotations

from math import ceil, log2

import torch
from torch import Tensor

from render.frames import smoothstep
from render.moment import Moment
from render.picture import warp
from render.scene import Scene

INSET = (0.4, 0.03)  # of its height: over this the inner copy fades into the picture around it, far away and near


def nest(scene: Scene, canvas: Tensor, moment: Moment) -> Tensor:
    """The canvas with a copy of itself where the camera will end, and in that another, down to the last pixel."""
    nested = canvas
    for _ in range(ceil(log2(max(scene.size)))):
        nested = inset(scene, canvas, nested, moment)
    return nested


def inset(scene: Scene, canvas: Tensor, first: Tensor, moment: Moment) -> Tensor:
    """The canvas with the film's first one where the camera will see it at the end."""
    end = scene.clock.tick(scene.clock.last_tick).seconds
    if moment.seconds >= end:
        return first
    move = scene.path.between(end, moment.seconds)
    copy = warp.move_frame(first, move, kernel=warp.lanczos4, border=scene.border)
    rim = max(INSET[0] * (1 - warp.scale(move)), INSET[1])
    covered = warp.coverage(move, scene.size, rim, scene.device)
    return torch.lerp(canvas, copy, smoothstep(covered))
