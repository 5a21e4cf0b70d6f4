"""Cuts and beats. When a film cuts, (Settings, Clock) -> seconds, and what is wrong with its cuts and its beats."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from render.config.model import Settings
from render.config.moving import curves
from render.config.places import path_of
from render.config.problem import SettingError
from render.config.scalars import Every
from render.loops import LOOPS
from render.moment import Clock

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config

OFTEN = Fraction(1, 20)  # seconds between two cuts of `every` at least: faster, nothing is seen between them
NO_BEAT = "write bpm: 120 beside it, or give the music with audio: {file: track.wav, bpm: auto}"


def cut_times(settings: Settings, clock: Clock) -> tuple[float, ...] | None:
    """The seconds of a film's cuts, in order; None for footage whose cuts are to be found out."""
    at = settings.cuts.at
    if at == "auto":
        return None if settings.source.moves else ()
    if isinstance(at, Every):
        return tuple(at.seconds(clock))
    return () if isinstance(at, str) else tuple(sorted(time.seconds(clock) for time in at))


def faults(config: Config) -> Iterator[SettingError]:
    """What is wrong with the film's cuts and beats."""
    yield from _wrong_cuts(config)
    yield from _unknown_beats(config)


def _wrong_cuts(config: Config) -> Iterator[SettingError]:
    cuts, key = config.cuts, ("cuts", "at")
    if isinstance(cuts.at, Every) and cuts.at.step.exact(config.clock) < OFTEN:
        yield SettingError(f"is {cuts.at}; two cuts are at least {float(OFTEN):g} s apart", "write every 4b or every 2s", key)
    if config.source.moves:
        if cuts.to != "fresh":
            yield SettingError(f"is {cuts.to}, and footage begins a dream anew at each cut", "leave it out", ("cuts", "to"))
        return
    if LOOPS[config.loop].closes and cuts.at not in ("auto", "none"):
        yield SettingError(
            f"cuts a film with loop: {config.loop}, which is one picture from its end to its beginning",
            "leave the cuts or the loop out",
            key,
        )
    if cuts.to == "garden" and not any(term.kind == "garden" for term in config.dream.objective):
        hint = "write to: fresh, or dream.objective: {garden: all}"
        yield SettingError("is garden, and no objective of this film is a garden", hint, ("cuts", "to"))


def _unknown_beats(config: Config) -> Iterator[SettingError]:
    """Beats that nobody says how long they are."""
    audio = config.audio
    if audio and audio.offset and not (audio.bpm or config.bpm):
        yield SettingError("says where a beat falls, and nothing how many a minute has", "write bpm: auto", ("audio", "offset"))
    if not audio and not config.bpm:
        for key in _counting_beats(config):
            yield SettingError("counts beats, and nothing says how many a minute has", NO_BEAT, path_of(key))


def counts_beats(config: Config) -> bool:
    """Whether anything in the film counts beats."""
    return any(_counting_beats(config))


def _counting_beats(config: Config) -> Iterator[str]:
    """The keys of settings that count beats."""
    if config.duration.unit == "beats":
        yield "duration"
    at = config.cuts.at
    times = (at.step,) if isinstance(at, Every) else at if isinstance(at, tuple) else ()
    if any(time.unit == "beats" for time in times):
        yield "cuts.at"
    moving = [(key, curve) for key, curve in curves(config) if "b" in curve.names]
    if any(curve.scheduled for _, curve in moving):
        yield "schedule"
    yield from (key for key, curve in moving if not curve.scheduled)
