"""Motions. A motion is a velocity: (xy, value, when) -> how far each point of the picture travels in a second, in Coords units.

To add one, write its velocity here and declare it in the lines above: `@motion(how it is read, row(default, meaning))`. At its
default it does nothing. The camera (picture/motion.py) sums the velocities of all motions and integrates them over time.
"""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING

from render.config.parts import motion
from render.config.section import row
from render.config.setting_types import number, pair
from render.parts.late import torch

if TYPE_CHECKING:
    from torch import Tensor

    from render.picture.motion import When

GOLDEN = log((1 + 5**0.5) / 2) * 4  # of the golden spiral: how far in, as log zoom, one turn leads
SWIRL_RADIUS = 0.7  # Coords about the centre within which a swirl turns
LENS = 2.0  # frame half-heights from the eye to the picture that tilts: a lens of 53 degrees
SHAKE_WAVES = 5  # waves that make up a shake in each direction
SHAKE_RATES = (0.7, 6.0)  # waves a second, the slowest and the quickest of them: a hand's


@motion(
    number("times per second", 0.001, 1000, log=True),
    row(1.5, "how fast the camera moves in: 1 is still, below 1 moves out"),
)
def zoom(xy: Tensor, factor: Tensor, when: When) -> Tensor:
    """Nearer, `factor` times a second; below 1 is farther."""
    return factor.log() * xy


@motion(number("degrees per second", -3600, 3600), row(0, "how fast the picture turns, clockwise on screen"))
def rotate(xy: Tensor, degrees: Tensor, when: When) -> Tensor:
    """Clockwise on screen, `degrees` a second."""
    return degrees * (pi / 180) * _across(xy)


@motion(
    pair("right", "down", number("frame heights per second", -100, 100)),
    row([0, 0], "how fast the picture moves over the screen; the camera, the other way"),
)
def pan(xy: Tensor, heights: Tensor, when: When) -> Tensor:
    """The picture moves right and down by `heights` [2] frame heights a second."""
    return (2 * heights).expand(xy.shape)


@motion(
    number("turns per second", -10, 10),
    row(0, "how fast it spirals in: clockwise, 6.85 times nearer each turn; below 0 out again"),
)
def spiral(xy: Tensor, turns: Tensor, when: When) -> Tensor:
    """In along the golden spiral, `turns` a second: clockwise, and 6.85 times nearer with each turn."""
    return turns * (2 * pi * _across(xy) + GOLDEN * xy)


@motion(number("degrees per second", -3600, 3600), row(0, "how fast the middle turns while the rim stays"), bends=True)
def swirl(xy: Tensor, degrees: Tensor, when: When) -> Tensor:
    """The middle turns clockwise by `degrees` a second, what lies farther out ever less, and the rim stays."""
    return degrees * (pi / 180) * _across(xy) * (-(xy / SWIRL_RADIUS).square().sum(-1, keepdim=True)).exp()


@motion(number("frame heights", 0, 1), row(0, "how far a hand-held camera strays"))
def shake(xy: Tensor, heights: Tensor, when: When) -> Tensor:
    """As if held by hand: it strays by some `heights` (frame heights) and a little turn, and always comes back."""
    phase, pace = torch.rand(2, 3, SHAKE_WAVES, generator=when.generator("shake"), dtype=torch.float64)
    pace = 2 * pi * SHAKE_RATES[0] * (SHAKE_RATES[1] / SHAKE_RATES[0]) ** pace
    waves: Tensor = (pace * when.seconds[..., None] + 2 * pi * phase).cos().sum(-1) / pace.pow(-2).sum(-1).sqrt()
    return 2 * heights * (waves[..., None, :2] + waves[..., None, 2:] * _across(xy) / 2)


@motion(
    pair("right", "down", number("degrees per second", -360, 360)),
    row([0, 0], "how fast the picture leans back, its right and its lower side going away"),
)
def tilt(xy: Tensor, degrees: Tensor, when: When) -> Tensor:
    """The picture leans back: its right side and its lower side go away by `degrees` [2] a second."""
    return -(degrees * xy).sum(-1, keepdim=True) * (pi / 180 / LENS) * xy


def _across(xy: Tensor) -> Tensor:
    """Each place turned by a right angle, clockwise on screen."""
    return torch.stack((-xy[..., 1], xy[..., 0]), dim=-1)
