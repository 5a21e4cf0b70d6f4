"""Drafts. A draft is the same film, smaller and sooner: Config -> Config, with every changed value in the open."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

from render.config.curve import DEFORUM, Curve, deforum_keys, read_curve
from render.config.expression import parse
from render.config.model import FOOTAGE, Config
from render.config.problem import SettingError

SOONER = {  # settings of the dream, and what becomes of them: a quarter of the steps goes half as far
    "steps": "ceil(({}) / 4)",
    "first_steps": "ceil(({}) / 4)",
    "step_size": "2 * ({})",
    "jitter": "ceil(({}) / 2)",
}

ON_FOOTAGE = {"step_size": "4 * ({})"}  # which is dreamed on so little that half as far would hardly show


def draft(config: Config) -> Config:
    """Half the size, outputs too, a quarter of the steps, and fewer octaves, so that patterns keep their size in the frame.

    Frame rate, length and seed stay. The texture of a draft is not that of the final film, its choreography is.
    """
    dream = config.dream
    scale = dream.octave_scale(config.clock.tick(0))
    fewer = round(log(2) / log(scale))
    sooner = SOONER | (ON_FOOTAGE if config.source.kind in FOOTAGE else {})
    changed = {name: changed_curve(getattr(dream, name), formula) for name, formula in sooner.items()}
    changed["octaves"] = changed_curve(dream.octaves, f"max(1, ({{}}) - {fewer})")
    widths = (one.width and max(16, one.width // 2) for one in config.outputs)
    outputs = tuple(one.model_copy(update={"width": width}) for one, width in zip(config.outputs, widths, strict=True))
    changes = {"size": config.size.halved(), "dream": dream.model_copy(update=changed), "outputs": outputs}
    return config.model_copy(update=changes)


def changed_curve(curve: Curve, formula: str) -> Curve:
    """The curve whose every value went through `formula`, in which {} stands for the value.

    A curve that already has an expression of the greatest length has no room for more, and stays as it is; so does one that a
    schedule moves, which the draft's own configuration could not say.
    """
    if curve.scheduled:
        return curve
    try:
        return read_curve(_changed(curve.given, formula), curve.span)
    except SettingError:
        return curve


def _changed(given: Any, formula: str) -> Any:
    """A number, expression, Deforum string or keyframes with `formula` around each value; times and easings stay."""
    writers: dict[type, Callable[[Any, str], Any]] = {
        int: _number,
        float: _number,
        str: _text,
        dict: _mapping,
        list: _list,
    }
    return writers[type(given)](given, formula)


def _number(given: float, formula: str) -> Any:
    changed = float(parse(formula.format(given))({"seed": 0}))
    return int(changed) if changed.is_integer() else changed


def _text(given: str, formula: str) -> str:
    if not DEFORUM.match(given):
        return formula.format(given)
    return ", ".join(f"{frame}: ({formula.format(inner)})" for _, frame, inner in deforum_keys(given))


def _mapping(given: dict[str, Any], formula: str) -> dict[str, Any]:
    return {time: value if time == "ease" else _changed(value, formula) for time, value in given.items()}


def _list(given: list[dict[str, Any]], formula: str) -> list[dict[str, Any]]:
    return [{**key, "value": _changed(key["value"], formula)} for key in given]
