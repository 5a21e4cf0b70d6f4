"""Pictures of a flight: its last seconds as a GIF."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
from torch import Tensor

from render.config.model import OutputSettings
from render.develop import prints
from render.develop.ffmpeg import Pixels
from render.develop.negative import Negative
from render.frames import at_rate, dreamed_up_to, frames_in
from render.picture.picture import from_pixels, to_pixels
from render.scene import Scene


def last_seconds(scene: Scene, take: Path, last: int, seconds: float, width: int, fps: int) -> Path:
    """A GIF of the last seconds up to tick `last` of a take, in the take's folder. Raises a RenderError.

    scene: of the flight; read by this function alone as long as it is at work.
    """
    scene = dreamed_up_to(scene, last)
    clock = at_rate(scene.clock, Fraction(fps))
    end = floor(scene.clock.tick(last).seconds * fps) + 1
    wanted = range(max(0, end - max(1, round(seconds * fps))), end)
    negative = Negative(take / "negative")

    def canvases(start: int, step: int) -> Iterator[Tensor]:
        return (from_pixels(negative.read(tick), scene.device) for tick in range(start, last + 1, step))

    def frames(rate: Fraction) -> Iterator[Pixels]:
        return (to_pixels(frame, np.uint8) for frame in frames_in(scene, canvases, clock, wanted))

    height, across = scene.size
    output = OutputSettings.model_validate({"file": f"last-{last:06}.gif", "width": width, "fps": fps})
    (path,), _ = prints.develop([output], frames, (across, height), Fraction(fps), take, "flight", "")
    return path
