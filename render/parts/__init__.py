"""Parts. A part is a motion, an objective, a format of outputs or a network, declared in one place.

This is what a package needs to bring its own:

    from render.parts import motion, number, row, torch


    @motion(number("of the height per second", -10, 10), row(0, "how fast the picture leans, right"))
    def shear(xy, slope, when):
        return slope * torch.stack((-xy[..., 1], torch.zeros_like(xy[..., 0])), dim=-1)

and in the package's pyproject.toml, where the entry is called as the part is:

    [project.entry-points."render.parts"]
    shear = "my_package:shear"
"""

from render.config.formats import Ending, film, picture
from render.config.parts import bound_objective, motion, objective
from render.config.section import needed, row
from render.config.setting_types import CHANNEL, CHANNELS, CLASSES, FILE, FLAG, LAYER, choice, number, pair, static
from render.parts.late import torch
from render.plugins import network

__all__ = [
    "CHANNEL",
    "CHANNELS",
    "CLASSES",
    "FILE",
    "FLAG",
    "LAYER",
    "Ending",
    "bound_objective",
    "choice",
    "film",
    "motion",
    "needed",
    "network",
    "number",
    "objective",
    "pair",
    "picture",
    "row",
    "static",
    "torch",
]
