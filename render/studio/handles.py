"""Handles. What a hand can move, made from the vocabulary: (Stage, rows) -> each number with its unit, range and meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

import numpy as np

from render.config import Config
from render.config.curve import Curve, written
from render.config.hold import holds
from render.config.model import TERMS, Settings
from render.config.nodes import to_yaml
from render.config.section import plain, walk
from render.config.track import Span
from render.moment import Moment
from render.studio.flight import Rows, Stage

POINTS, AHEAD = 64, 8.0  # of a curve that is shown, and seconds that it looks ahead
LIKELY: Mapping[str, tuple[float, float]] = {  # what a hand would want of a number whose range is wider than any film's
    "motion.zoom": (0.25, 4),
    "motion.rotate": (-90, 90),
    "motion.pan": (-1, 1),
    "motion.spiral": (-0.5, 0.5),
    "motion.swirl": (-180, 180),
    "motion.shake": (0, 0.2),
    "motion.tilt": (-60, 60),
    "dream.steps": (0, 12),
    "dream.first_steps": (0, 64),
    "dream.step_size": (0, 0.05),
    "dream.octaves": (1, 8),
    "dream.octave_scale": (1.1, 2),
    "dream.jitter": (0, 64),
    "dream.jitter_turn": (0, 45),
    "dream.jitter_scale": (1, 2),
    "weight": (-1, 2),
    "size": (0.05, 2),
    "drift": (0, 2),
    "sharpness": (0, 30),
    "feather": (0, 60),
}
FIXED = {  # numbers that a flight cannot change, since they are asked for at its beginning only
    "dream.first_steps": "it counts where nothing was dreamed before, at the beginning",
    "source.noise.contrast": "it is the contrast of the picture that the film began with",
}


def values_at(stage: Stage, rows: Rows, moment: Moment, keys: Iterable[str] | None = None) -> dict[str, float]:
    """Every number that can move, or those of `keys`, as it is at `moment`; what the film leaves out is left out."""
    seconds = np.array([moment.seconds])
    values = {}
    for key in stage.spans if keys is None else keys:
        source, curve = rows.get(key), stage.curves.get(key)
        with np.errstate(all="ignore"):
            if source is not None:
                value = float(source(moment.clock.curve_time(seconds), moment.clock)[0])
            elif curve is not None:
                value = curve.constant if curve.constant is not None else float(curve.over(seconds, moment.clock)[0])
            else:
                continue
        if isfinite(value):
            values[key] = round(value) if stage.spans[key].whole else value
    return values


def handles(stage: Stage, rows: Rows, moment: Moment) -> list[dict[str, Any]]:
    """The handles, in the order of the vocabulary, but for the source's, which is behind one when one flies."""
    meanings, curves, values = dict(_meanings(stage.config)), stage.curves, values_at(stage, rows, moment)
    flows = stage.config.source.moves
    return [
        _handle(stage, key, span, curves.get(key), values.get(key), meanings, moment)
        for key, span in sorted(stage.spans.items(), key=lambda number: number[0].startswith("source."))
        if not key.startswith("flow.") or flows
    ]


def _handle(
    stage: Stage,
    key: str,
    span: Span,
    curve: Curve | None,
    value: float | None,
    meanings: Mapping[str, tuple[str, Any]],
    moment: Moment,
) -> dict[str, Any]:
    above = key.rpartition(".")[0]  # of a pair, the setting that both numbers belong to
    meaning, default = meanings.get(above if key not in meanings and above in meanings else key, ("", None))
    other = _pair(key, stage.spans)
    moves = curve is not None and curve.constant is None and not holds(curve)
    low, high = likely(key, span)
    why = why_fixed(stage, key)
    return {
        "key": key,
        "name": key.split(".")[-1] if not key[-1].isdigit() else ".".join(key.split(".")[-2:]),
        "group": _group(key),
        "unit": span.unit,
        "low": span.low,
        "high": span.high,
        "whole": span.whole,
        "log": span.log,
        "value": value,
        "default": default if isinstance(default, int | float) else None,
        "meaning": meaning,
        "pair": other,
        "likely": [low, high],
        "moves": moves,
        "written": to_yaml(written(curve.given), one_line=True) if curve else "",
        "curve": _samples(curve, moment) if moves and curve else [],
        "live": not why,
        **({"why": why} if why else {}),
    }


def why_fixed(stage: Stage, key: str) -> str:
    """Why a number cannot be moved in this flight; "" where it can."""
    if key.startswith("motion.center") and stage.config.motion.centers is not None:
        return "motion.centers says where the centre is"
    if key in ("look.mean", "look.contrast") and stage.config.source.moves:
        return "footage keeps its own brightness and contrast"
    scene = stage.film.scene
    if scene.source.photo and key.removeprefix("motion.") in scene.path.motions.bending:
        return "the photo is larger than the frame, and gives its own detail only where straight lines stay straight"
    return FIXED.get(key, "")


def likely(key: str, span: Span) -> tuple[float, float]:
    """The range that a hand would want."""
    known = next((LIKELY[name] for name in (key, key.rsplit(".", 1)[0], key.split(".")[-1]) if name in LIKELY), None)
    low, high = known or (span.low, span.high)
    return max(low, span.low), min(high, span.high)


def _meanings(config: Config) -> Iterator[tuple[str, tuple[str, Any]]]:
    for setting in walk(config):
        yield setting.key, (setting.info.description or "", None if setting.info.is_required() else setting.info.default)


def _pair(key: str, spans: Mapping[str, Span]) -> str | None:
    head, _, last = key.rpartition(".")
    other = {"0": f"{head}.1", "1": f"{head}.0"}.get(last)
    return other if other in spans and head.split(".")[-1] in ("pan", "tilt", "center", "at") else None


def _group(key: str) -> str:
    parts = key.split(".")
    if parts[:2] == ["dream", "objective"]:
        return f"objective {int(parts[2]) + 1}"
    return parts[0]


def _samples(curve: Curve, moment: Moment) -> list[list[float]]:
    seconds = np.linspace(moment.seconds, moment.seconds + AHEAD, POINTS)
    values = curve.over(seconds, moment.clock)
    return [[round(float(s), 4), round(float(v), 6)] for s, v in zip(seconds, values, strict=True) if isfinite(v)]


# ---- the vocabulary besides numbers


def vocabulary(stage: Stage, rows: Rows, moment: Moment) -> dict[str, Any]:
    """The message "vocabulary"."""
    objectives = [
        {"kind": kind, "meaning": section.__doc__ or "", "settings": list(_settings_of(section))}
        for kind, section in TERMS.items()
    ]
    motions = list(Settings().motion.values())
    return {"type": "vocabulary", "handles": handles(stage, rows, moment), "motions": motions, "objectives": objectives}


def _settings_of(section: Any) -> Iterator[dict[str, Any]]:
    for setting in walk(section):
        yield {
            "key": setting.key,
            "takes": setting.type.wants if setting.type else "these settings",
            "meaning": setting.info.description or "",
            "needed": setting.info.is_required(),
        }


def terms(config: Config, values: Mapping[str, float], dropped: frozenset[int]) -> list[dict[str, Any]]:
    """The objectives, as the page's tiles show them."""
    return [
        {
            "index": index,
            "kind": term.kind,
            "words": _words(term),
            "layer": str(getattr(term, "layer", None) or "classes"),
            "network": (term.network or config.dream.network).name,
            "weight": values.get(f"dream.objective.{index}.weight", 0.0),
            "key": f"dream.objective.{index}.weight",
            "dropped": index in dropped,
        }
        for index, term in enumerate(config.dream.objective)
    ]


def _words(term: Any) -> str:
    """What a term asks for, in a few words: garden: goldfish, daisy, …"""
    value = plain(term.model_dump(by_alias=True, exclude_none=True)).get(term.kind)
    words = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{term.kind}: {words}"
