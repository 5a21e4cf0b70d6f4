"""Drafts. A draft is the same film, smaller and sooner: Config -> Config, with every changed value in the open."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from render.config.curve import Curve
from render.config.model import OutputSettings

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config

SMALLEST = 16  # pixels of an output's width


def draft(config: Config) -> Config:
    """Half the size, outputs too, a quarter of the steps, and fewer octaves, so that patterns keep their size in the frame.

    Frame rate, length and seed stay. The texture of a draft is not that of the final film, its choreography is.
    """
    dream = config.dream
    curves = {name: _through(getattr(dream, name), formula) for name, formula in _formulas(config).items()}
    changes = {
        "size": config.size.halved(),
        "dream": dream.model_copy(update=curves),
        "outputs": tuple(_narrower(output) for output in config.outputs),
    }
    return config.model_copy(update=changes)


def _formulas(config: Config) -> dict[str, str]:
    """What becomes of the numbers x of the dream: a quarter of the steps goes half as far.

    Footage is dreamed on so little that half as far would hardly show: there each step goes four times as far.
    """
    octaves = round(log(2) / log(config.dream.octave_scale(config.clock.tick(0))))  # that half the size has fewer
    most = config.dream.step_size.span.high
    return {
        "steps": "ceil(x / 4)",
        "first_steps": "ceil(x / 4)",
        "step_size": f"min({most:g}, {4 if config.source.moves else 2} * x)",
        "jitter": "ceil(x / 2)",
        "octaves": f"max(1, x - {octaves})",
    }


def _through(curve: Curve, formula: str) -> Curve:
    """The curve through the formula; but for one that a schedule moves, which the draft's own YAML could not say."""
    return curve if curve.scheduled else curve.map(formula)


def _narrower(output: OutputSettings) -> OutputSettings:
    halved = {side: value and max(SMALLEST, value // 2) for side in ("width", "height") if (value := getattr(output, side))}
    return output.model_copy(update=halved)
