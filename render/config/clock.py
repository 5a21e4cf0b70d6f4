"""The clock of a film: (Settings, Facts) -> Clock. How long it is, and how often it is dreamed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from render.config.facts import Facts
from render.config.model import Settings
from render.config.track import Array
from render.loops import LOOPS
from render.moment import Clock

USUAL_FPS, USUAL_BPM = Fraction(30), 120.0  # of a film whose files do not say
MOST_TICKS, GRID = 20_000, 2_001  # instants at which moving numbers are looked at


def film_clock(settings: Settings, facts: Facts) -> Clock:
    """The two clocks of the film. Of a film there and back they count the way there."""
    fps = settings.fps if isinstance(settings.fps, Fraction) else facts.fps or USUAL_FPS
    rate = settings.dream.rate if isinstance(settings.dream.rate, Fraction) else fps
    rate = min(rate, fps) if settings.source.moves else rate  # footage has nothing new to dream between two frames
    clock = Clock(
        fps,
        frames=1,
        rate=rate,
        bpm=facts.bpm or settings.bpm or USUAL_BPM,
        seed=settings.seed,
        first_beat=facts.first_beat,
        features=facts.features,
        on_frames=settings.source.moves,
    )
    frames = max(1, round(length(settings, facts, clock) * fps))
    return LOOPS[settings.loop].clock(replace(clock, frames=frames))


def length(settings: Settings, facts: Facts, clock: Clock) -> Fraction:
    """How many seconds the film lasts, exactly. clock: counts its frames and beats; how long it is itself means nothing."""
    files = {"source": facts.footage, "audio": facts.music}
    seconds = files[settings.duration.unit] if settings.duration.unit in files else settings.duration.exact(clock)
    longest = facts.footage if settings.source.kind == "video" else None  # a film over a video ends with it at the latest
    return min(seconds or Fraction(0), longest or seconds or Fraction(0))


def cut_short(settings: Settings, facts: Facts) -> bool:
    """Whether the film was asked to go on where its footage has ended."""
    if settings.source.kind != "video" or facts.footage is None or settings.duration.unit == "source":
        return False
    clock = film_clock(settings, facts)
    seconds = facts.music if settings.duration.unit == "audio" else settings.duration.exact(clock)
    return seconds is not None and seconds > facts.footage + 1 / clock.fps


def instants(clock: Clock) -> Array:
    """The seconds at which moving numbers are looked at: every tick (in very long films, some) and a fixed grid."""
    count = min(clock.last_tick + 1, MOST_TICKS)
    ticks = np.linspace(0, clock.last_tick, count) / float(clock.rate)
    return np.unique(np.concatenate([ticks, np.linspace(0, clock.seconds, GRID)]))
