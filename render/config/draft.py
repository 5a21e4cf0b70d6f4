"""Drafts. A draft is the same film, smaller and sooner: Config -> Config, with every changed value in the open."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from render.config.curve import Curve
from render.config.model import OutputSettings
from render.config.section import changed

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config

SMALLEST = 16  # pixels of an output's width
FEWER = 0.6  # of the steps: with fewer octaves too a draft costs less than a fifth


def draft(config: Config) -> Config:
    """Half the size, outputs and masks' edges too, without the octaves that are larger; and fewer steps, that go as far.

    The octaves that stay are as large in pixels as the film's own smallest ones: what they grow is as large in the frame.
    Frame rate, length and seed stay.
    """
    dream = config.dream
    curves = {name: _through(getattr(dream, name), formula) for name, formula in _formulas(config).items()}
    half = {key: _through(curve, "x / 2") for key, curve in config.curves() if key.endswith("mask.feather")}
    changes = {
        "size": config.size.halved(),
        "dream": dream.model_copy(update=curves),
        "outputs": tuple(_narrower(output) for output in config.outputs),
    }
    small: Config = changed(config.model_copy(update=changes), half)
    return small


def _formulas(config: Config) -> dict[str, str]:
    """What becomes of the numbers x of the dream: where fewer steps are taken, each goes the further."""
    dream, start = config.dream, config.clock.tick(0)
    octaves = round(log(2) / log(dream.octave_scale(start)))  # that are larger than half the size
    steps = dream.steps(start) or dream.first_steps(start) or 1
    return {
        "steps": f"round({FEWER} * x)",
        "first_steps": f"round({FEWER} * x)",
        "step_size": f"min({dream.step_size.span.high:g}, {steps / round(FEWER * steps):.6g} * x)",
        "octaves": f"max(1, x - {octaves})",
    }


def _through(curve: Curve, formula: str) -> Curve:
    """The curve through the formula; but for one that a schedule moves, which the draft's own YAML could not say."""
    return curve if curve.scheduled else curve.map(formula)


def _narrower(output: OutputSettings) -> OutputSettings:
    halved = {side: value and max(SMALLEST, value // 2) for side in ("width", "height") if (value := getattr(output, side))}
    crop = output.crop and output.crop.model_copy(update={"size": output.crop.size.halved()})
    return output.model_copy(update={**halved, "crop": crop})
