"""The tone that a film is held to: (Config, Scene) -> a function of the moment."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

import torch
from torch import Tensor

from render.config import Config
from render.moment import Moment
from render.picture import colour
from render.scene import Scene
from render.source.noise import MEAN

NOISE_TONE = colour.Tone(torch.full((3,), MEAN), 0.22)  # of a film from noise: a usual picture's
CONTRAST = (0.15, 0.25)  # limits of a source's contrast: a fog would stay a fog, a poster would burn


def tone_reference(config: Config, scene: Scene) -> Callable[[Moment], tuple[colour.Tone, float]]:
    """Moment -> the tone to hold to, and how firmly, 0..1: the source's, or for noise that of a usual picture.

    Over footage only how firmly: there no mean colour is added to what is seen (`propagate.remove_mean`).
    What a film says nothing of until a row of its schedule does is no number before.
    """
    still = NOISE_TONE if config.source.kind == "noise" else _natural_tone(scene.picture(config.clock.tick(0)))

    def at(moment: Moment) -> tuple[colour.Tone, float]:
        mean, contrast = still.mean, still.contrast
        if config.look.mean is not None and not isnan(wanted := config.look.mean(moment)):
            mean = mean - mean.mean() + wanted
        if config.look.contrast is not None and not isnan(wanted := config.look.contrast(moment)):
            contrast = wanted
        return colour.Tone(mean, contrast), config.look.hold(moment)

    return at


def _natural_tone(frame: Tensor) -> colour.Tone:
    tone = colour.tone(frame)
    return colour.Tone(tone.mean, min(max(tone.contrast, CONTRAST[0]), CONTRAST[1]))
