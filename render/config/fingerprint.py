"""Fingerprints. What of a film shapes its picture, as one hash: two films with the same can go on in one take."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from render.config.clock import film_clock, instants, length
from render.config.cuts import cut_times
from render.config.facts import Facts
from render.config.model import Settings, packages
from render.config.moving import counts_frames, curves, features, variables

AS_IT_IS_SHOWN = ("name", "outputs", "bpm")  # settings that change no pixel of a dream, or only by what else is here


def fingerprint(settings: Settings, resolved: Mapping[str, Any], facts: Facts, schedule: str) -> str:
    """SHA-256 of what shapes the picture: no name, no outputs, and the frame rate only where it matters.

    resolved: the settings as plain YAML values, all defaults written out. schedule: digest of the file that moves them.
    """
    seconds = length(settings, facts, film_clock(settings, facts))
    shape = {**resolved, "duration": str(seconds), "schedule": schedule, "audio": _music(settings, facts)}
    if times := cut_times(settings, film_clock(settings, facts)):
        shape["cuts"] = [*map(str, times), settings.cuts.to]
    if by_functions := _functions(settings, facts):
        shape["functions"] = by_functions
    if brought := packages(settings):
        shape["packages"] = brought
    needless = {*AS_IT_IS_SHOWN, *(() if uses_frames(settings) else ("fps",))}
    text = json.dumps({key: value for key, value in shape.items() if key not in needless}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def uses_frames(settings: Settings) -> bool:
    """Whether another frame rate is another film: every frame is dreamed or has a picture, or a number counts frames."""
    return settings.dream.rate == "every-frame" or settings.source.moves or counts_frames(settings)


def _functions(settings: Settings, facts: Facts) -> dict[str, str]:
    """What a program's functions draw, which their names do not tell: a hash of each one's numbers over the film."""
    clock = film_clock(settings, facts)
    moving = ((key, curve) for key, curve in curves(settings) if curve.uses_functions)
    return {key: hashlib.sha256(curve.over(instants(clock), clock).tobytes()).hexdigest() for key, curve in moving}


def _music(settings: Settings, facts: Facts) -> dict[str, Any]:
    """What shapes the picture of its music: what its numbers move to, and nothing of how it sounds."""
    clock, names = film_clock(settings, facts), features(settings)
    beat = {"bpm": clock.bpm, "upbeat": clock.first_beat} if "b" in variables(settings) else {}
    if not settings.audio or not names:
        return beat
    bands = {name: settings.audio.features[name].model_dump() for name in names}
    return {**beat, "features": bands, "start": str(settings.audio.start.amount), "file": facts.music_digest}
