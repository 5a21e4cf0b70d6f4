"""Music. What a film hears of a sound file: (file, start, features) -> Music: its length, its beat, and numbers over time.

Bands and loudness need numpy alone, onsets and the beat librosa, an extra. Nothing here waits for torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from render.errors import ConfigError
from render.inputs import SOUND
from render.source.beat import beat, onsets
from render.source.loudness import HOP, Numbers, loudness
from render.source.sound_file import RATE, digest, flaw_of, samples, samples_of
from render.source.stamp import FileStamp, stamp

QUIET, LOUD = 10, 99  # percentiles of loudness that become 0 and 1
SILENCE = 1e-4  # of full scale: -80 dB


class Feature(Protocol):
    """What is asked for (render.config.model): a band in Hz, "rms" or "onsets", and seconds to rise and to fall."""

    @property
    def band(self) -> tuple[float, float] | str: ...
    @property
    def attack(self) -> float: ...
    @property
    def release(self) -> float: ...


@dataclass(frozen=True)
class Music:
    """What a film's numbers may move to."""

    seconds: Fraction  # from the film's start to the end of the music
    bpm: float | None  # None where nobody asked
    first_beat: float  # seconds of the film
    features: Mapping[str, Callable[[Any], Any]]  # name -> (seconds of the film, an array -> 0..1 at each)
    digest: str  # sha256 of the file
    flaw: str  # what of it cannot be heard, as the rest of a sentence that begins with the file's name; else empty
    stamp: FileStamp  # the file as it was listened to


def listen(
    file: Path,
    start: Fraction,
    features: Mapping[str, Feature],
    bpm: float | str | None = None,
    offset: Fraction | None = None,
) -> Music:
    """What a film that begins `start` seconds into the music of `file` hears.

    bpm: "auto" finds the beat. offset: seconds of the file at which a beat falls; else it is found, or falls on the start.
    Raises ConfigError if it ends before, and MissingError for a file without music, or where librosa is needed and missing.
    """
    now, whole = stamp(file, SOUND), Fraction(len(samples(file)), RATE)
    if start >= whole:
        raise ConfigError(
            f"is {float(start):.4g} s, and {file} lasts {float(whole):.4g} s",
            "start before its end",
            continues=True,
        )
    tempo, first_beat = beat(file, start) if bpm == "auto" else (bpm, 0.0)
    if offset is not None and tempo is not None:
        first_beat = beat_from(float(offset - start), 60 / float(tempo))
    named = {
        name: _feature_at(envelope(file, feature.band, feature.attack, feature.release), start)
        for name, feature in features.items()
    }
    return Music(
        seconds=whole - start,
        bpm=None if tempo is None else float(tempo),
        first_beat=first_beat,
        features=named,
        digest=digest(file),
        flaw=flaw_of(now),
        stamp=now,
    )


def beat_from(seconds: float, period: float) -> float:
    """The first beat of a film when one falls at `seconds`: there, or the first one after the film's start.

    >>> beat_from(4.25, 0.5), beat_from(-0.25, 1.0)
    (4.25, 0.75)
    """
    return seconds if seconds >= 0 else seconds % period


def _feature_at(values: Numbers, start: Fraction) -> Callable[[Any], Any]:
    """The number at any seconds of the film; before the music and after it there is none of it."""
    times = np.arange(len(values)) * HOP / RATE - float(start)
    return partial(np.interp, xp=times, fp=values, left=0.0, right=0.0)


# ── features ────────────────────────────────────────────────────────────────────────────────────────────────────────


def envelope(file: Path, band: tuple[float, float] | str, attack: float, release: float) -> Numbers:
    """A feature [hops], 0..1 over the whole track: what is followed, smoothed, from its quiet to its loud percentile."""
    return _envelope(stamp(file, SOUND), band, attack, release)


@lru_cache(maxsize=32)
def _envelope(file: FileStamp, band: tuple[float, float] | str, attack: float, release: float) -> Numbers:
    signal = samples_of(file)
    if band == "onsets":
        levels = np.zeros(len(signal) // HOP + 1)
        hops = np.round(onsets(signal) * RATE / HOP).astype(int)
        levels[hops.clip(max=len(levels) - 1)] = 1  # a note in the last half hop is nearer to one past the end
        return _normalise(_smooth(levels, attack, release), 0)
    levels = loudness(signal, *((0, RATE) if isinstance(band, str) else band))
    return _normalise(_smooth(levels, attack, release), SILENCE)


def _smooth(levels: Numbers, attack: float, release: float) -> Numbers:
    """The levels as a meter shows them: its needle rises by `attack` and falls by `release`, time constants in seconds."""
    up, down = (1 - np.exp(-HOP / RATE / seconds) if seconds else 1.0 for seconds in (attack, release))
    needle, smoothed = 0.0, []
    for level in levels.tolist():
        needle += (level - needle) * (up if level > needle else down)
        smoothed.append(needle)
    return np.array(smoothed)


def _normalise(levels: Numbers, silence: float) -> Numbers:
    """Levels from 0 to 1, each percentile's; what never rises above `silence` is 0."""
    quiet, loud = np.percentile(levels, [QUIET, LOUD])
    loud = max(loud, levels.max() / 10)  # what is rarely signal is not drowned by what is never silent
    return np.clip((levels - quiet) / (loud - quiet), 0, 1) if loud > max(quiet, silence) else np.zeros_like(levels)
