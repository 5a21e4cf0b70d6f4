"""Fingerprints. What of a film shapes its picture, as one hash: two films with the same can go on in one take."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from render.config.clock import film_clock, instants, length
from render.config.curve import Curve
from render.config.cuts import cut_times
from render.config.facts import Facts
from render.config.model import Settings, packages
from render.config.moving import curves
from render.config.schedule import Schedule

AS_IT_IS_SHOWN = ("name", "outputs", "bpm")  # settings that change no pixel of a dream, or only by what else is here
SHOWN = ("dream.amount", "look.colour.hold", "look.colour.fringes")  # nor do these: they say how the dream is shown
# Settings that came later, each with the value at which a film is as it was before them: so old takes go on.
LATER: Mapping[str, float] = {"dream.residual": 1}


def fingerprint(settings: Settings, resolved: Mapping[str, Any], facts: Facts, schedule: Schedule) -> str:
    """SHA-256 of what shapes the picture: no name, no outputs, no amount, no colours, and the frame rate only where it matters.

    resolved: the settings as plain YAML values, all defaults written out. schedule: what the file says that moves them.
    """
    seconds = length(settings, facts, film_clock(settings, facts))
    shaping = [(key, curve) for key, curve in schedule.curves.items() if key not in SHOWN]
    moves = schedule.digest if len(shaping) == len(schedule.curves) else _numbers(settings, facts, shaping)
    shape = {**resolved, "duration": str(seconds), "schedule": moves, "audio": _music(settings, facts)}
    dream = resolved["dream"]
    shape["dream"] = {key: dream[key] for key in dream if key != "amount" and not is_as_before(f"dream.{key}", dream[key])}
    shape["look"] = {key: value for key, value in resolved["look"].items() if key != "colour"}
    if times := cut_times(settings, film_clock(settings, facts)):
        shape["cuts"] = [*map(str, times), settings.cuts.to]
    if by_functions := _functions(settings, facts):
        shape["functions"] = by_functions
    if brought := packages(settings):
        shape["packages"] = brought
    needless = {*AS_IT_IS_SHOWN, *(() if uses_frames(settings) else ("fps",))}
    text = json.dumps({key: value for key, value in shape.items() if key not in needless}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_as_before(key: str, value: Any) -> bool:
    """Whether a setting came later and changes nothing."""
    return key in LATER and value == LATER[key]


def uses_frames(settings: Settings) -> bool:
    """Whether another frame rate is another film: every frame is dreamed or has a picture, or a number counts frames."""
    return (
        settings.dream.rate == "every-frame"
        or settings.source.moves
        or any(curve.uses_frames for _, curve in _shaping(settings))
    )


def shown_digest(settings: Settings, facts: Facts) -> str:
    """How a film shows its dream, as a hash of the numbers; "" where it is all of it, in its own colours."""
    amount, colour = settings.dream.amount, settings.look.colour
    share = "" if amount.constant == 1 else _numbers(settings, facts, [("amount", amount)])["amount"]
    if colour is None or colour.hold.constant == 0 == colour.fringes.constant:
        return share
    numbers = _numbers(settings, facts, [("hold", colour.hold), ("fringes", colour.fringes)])
    palette = facts.palette_digest if isinstance(colour.palette, Path) else colour.palette
    return hashlib.sha256(json.dumps([share, numbers, palette]).encode()).hexdigest()


def shows_source(settings: Settings) -> bool:
    """Whether a film is shown mixed with its source, or in the colours of that."""
    colour = settings.look.colour
    return settings.dream.amount.constant != 1 or bool(colour and not colour.palette and colour.hold.constant != 0)


def _shaping(settings: Settings) -> list[tuple[str, Curve]]:
    """The moving numbers that shape the dream."""
    return [(key, curve) for key, curve in curves(settings) if key not in SHOWN]


def _functions(settings: Settings, facts: Facts) -> dict[str, str]:
    """What a program's functions draw, which their names do not tell."""
    return _numbers(settings, facts, ((key, curve) for key, curve in _shaping(settings) if curve.uses_functions))


def _numbers(settings: Settings, facts: Facts, moving: Iterable[tuple[str, Curve]]) -> dict[str, str]:
    """A hash of each curve's numbers over the film."""
    clock = film_clock(settings, facts)
    return {key: hashlib.sha256(curve.over(instants(clock), clock).tobytes()).hexdigest() for key, curve in moving}


def _music(settings: Settings, facts: Facts) -> dict[str, Any]:
    """What shapes the picture of its music: what its numbers move to, and nothing of how it sounds."""
    clock, variables = film_clock(settings, facts), {name for _, curve in _shaping(settings) for name in curve.names}
    names = [name for name in (settings.audio.features if settings.audio else ()) if name in variables]
    beat = {"bpm": clock.bpm, "upbeat": clock.first_beat} if "b" in variables else {}
    if not settings.audio or not names:
        return beat
    bands = {name: settings.audio.features[name].model_dump() for name in names}
    return {**beat, "features": bands, "start": str(settings.audio.start.amount), "file": facts.music_digest}
