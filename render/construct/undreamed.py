"""What a film shows where its dream is not shown: (Config, Scene) -> a function of the moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from render.config import Config
from render.construct.tone import NOISE_TONE
from render.droste import inset, nest
from render.moment import Moment
from render.picture import warp
from render.picture.picture import send
from render.scene import Scene


def undreamed(config: Config, scene: Scene) -> Callable[[Moment], Tensor]:
    """Moment -> the source as the camera sees it, a frame; of noise, which means nothing, the mean that it is held to.

    Outside of a mask a photo stands still, unless the mask goes with the camera; footage comes as it is seen anyway.
    """
    if config.source.kind == "noise":
        return _mean(config, scene)
    return scene.picture if scene.source.moves or (scene.mask and not scene.behind) else scene.behind or seen_source(scene)


def _mean(config: Config, scene: Scene) -> Callable[[Moment], Tensor]:
    """The mean that noise is held to, [1, 3, 1, 1]; outside of a mask the noise itself, which the film shows there."""
    bright = config.look.mean

    def at(moment: Moment) -> Tensor:
        mean = torch.full((1, 3, 1, 1), bright(moment)) if bright else NOISE_TONE.mean.view(1, 3, 1, 1)
        return scene.apply_mask(moment, send(mean, scene.device))

    return at


def seen_source(scene: Scene) -> Callable[[Moment], Tensor]:
    """A picture that stands still, moved by the camera."""

    @cache
    def first() -> Tensor:
        start = scene.clock.tick(0)
        photo = scene.picture(start)
        return nest(scene, photo, start) if scene.loop.closes else photo

    def at(moment: Moment) -> Tensor:
        if scene.source.photo:
            return scene.look(moment)[0]
        move = scene.travelled(moment)
        moved = warp.move_frame(first(), move, kernel=warp.bicubic, border=scene.border).clamp(0, 1)
        return inset(scene, moved, first(), moment) if scene.loop.closes else moved

    return at
