"""The colours that a film is held to: (Config, Scene) -> a function of a dreamed frame and its moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from render.config import Config
from render.config.palettes import PALETTES
from render.errors import ConfigError
from render.moment import Moment
from render.picture import colour
from render.picture.picture import to_pixels
from render.scene import Scene
from render.source.image import picture

COLOURS = 8  # that are taken of a picture
SAMPLE = (96, 128)  # (height, width) at which they are taken, pixels


def colour_hold(config: Config, scene: Scene) -> Callable[[Moment, Tensor], Tensor]:
    """(moment, dreamed frame) -> the frame in the colours that the film asks for. Raises ConfigError, MissingError.

    They are those of what is shown, not of what is dreamed on: held at each dream, they would be held the firmer the longer a
    film lasts, and fringes calmed till all is blurred.
    """
    settings = config.look.colour
    assert settings
    if config.source.kind == "noise" and not settings.palette and settings.hold.constant != 0:
        hint = "write palette: ember, or a picture; or hold: 0 beside fringes"
        raise ConfigError("is held to the source's colours, and noise has none", hint, continues=True)
    palette = palette_colours(settings.palette) if settings.palette else None

    def coloured(moment: Moment, frame: Tensor) -> Tensor:
        own = replace(moment, clock=scene.clock)  # a print at another frame rate counts the same frames
        calm = colour.calm_fringes(frame, settings.fringes(own))
        if not (hold := settings.hold(own)):
            return calm
        if palette is None:
            wanted = colour.oklab(scene.rest(moment))
        else:
            wanted = colour.nearest_in(palette, colour.oklab(calm.clamp(0, 1)))
        return colour.hold_colour(calm, wanted, hold)

    return coloured


def palette_colours(palette: str) -> Tensor:
    """The Oklab colours [n, 3] of a named palette, or of a picture file."""
    if palette in PALETTES:
        rgb = torch.stack([colour.from_hex(name) for name in PALETTES[palette]])
    else:
        small = Image.fromarray(to_pixels(picture(Path(palette), "stretch", SAMPLE))).quantize(COLOURS)
        rgb = torch.tensor(small.getpalette() or [])[: 3 * COLOURS].reshape(-1, 3).double().div(255).float()
    return colour.oklab(rgb.T[None, :, :, None])[0, :, :, 0].T
