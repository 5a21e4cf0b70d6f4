"""Drafts. A draft is the same film, smaller and sooner: Config -> Config, with every changed value in the open."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import TYPE_CHECKING

from render.config.curve import Curve
from render.config.model import Dream, OutputSettings
from render.config.scalars import Size
from render.config.section import with_values

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config

SMALLEST = 16  # pixels of an output's width
NEARLY_HALF = 1.9, 2.3  # times that a draft is smaller, where an octave is
FEWER = 0.6  # of the steps: with fewer octaves too a draft costs less than a fifth


def draft(config: Config) -> Config:
    """About half the size, outputs and masks' edges too, without the octaves that are larger; and fewer steps, that go as far.

    The octaves that stay are the film's own smallest ones, to the pixel: what they grow is as large in the frame, and with the
    same jitter nearly the same. Frame rate, length and seed stay.
    """
    larger = {"octaves": f"max(1, x - {_larger_octaves(config)})"}
    half = {key: _through(curve, "x / 2") for key, curve in config.curves() if key.endswith("mask.feather")}
    changes = {
        "size": _size(config),
        "dream": _dream_through(config, _fewer_steps(config) | larger),
        "outputs": tuple(_narrower(output) for output in config.outputs),
    }
    small: Config = with_values(config.model_copy(update=changes), half)
    return small


def in_fewer_steps(config: Config) -> Config:
    """The same film as large as it is, in the steps of its draft."""
    return config.model_copy(update={"dream": _dream_through(config, _fewer_steps(config))})


def _dream_through(config: Config, formulas: Mapping[str, str]) -> Dream:
    """The dream with its numbers x through formulas."""
    curves = {name: _through(getattr(config.dream, name), formula) for name, formula in formulas.items()}
    return config.dream.model_copy(update=curves)


def _size(config: Config) -> Size:
    """That of the film's largest octave of half the size or little else; half the size where it has none, sides even."""
    shrink = config.dream.octave_scale(config.clock.tick(0)) ** _larger_octaves(config)
    if config.size.of_source or not NEARLY_HALF[0] <= shrink <= NEARLY_HALF[1]:
        return config.size.halved()
    return Size(*(max(SMALLEST, round(side / shrink / 2) * 2) for side in (config.size.width, config.size.height)))


def _larger_octaves(config: Config) -> int:
    """How many octaves are larger than about half the size."""
    return round(log(2) / log(config.dream.octave_scale(config.clock.tick(0))))


def _fewer_steps(config: Config) -> dict[str, str]:
    """What becomes of the numbers x of the dream where fewer steps are taken: each goes the further."""
    dream, start = config.dream, config.clock.tick(0)
    steps = dream.steps(start) or dream.first_steps(start) or 1
    return {
        "steps": f"round({FEWER} * x)",
        "first_steps": f"round({FEWER} * x)",
        "step_size": f"min({dream.step_size.span.high:g}, {steps / round(FEWER * steps):.6g} * x)",
    }


def _through(curve: Curve, formula: str) -> Curve:
    """The curve through the formula; but for one that a schedule moves, which the draft's own YAML could not say."""
    return curve if curve.scheduled else curve.map(formula)


def _narrower(output: OutputSettings) -> OutputSettings:
    halved = {side: value and max(SMALLEST, value // 2) for side in ("width", "height") if (value := getattr(output, side))}
    crop = output.crop and output.crop.model_copy(update={"size": output.crop.size.scaled(0.5)})
    return output.model_copy(update={**halved, "crop": crop})
