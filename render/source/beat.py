"""Beats. Where notes begin, and the beat of music: (file, start) -> beats a minute, and when the first one falls.

Onsets and the tempo are librosa's, an extra; which of them the beat falls on is found here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from render.errors import MissingError, RenderError
from render.inputs import SOUND
from render.source.loudness import HOP, Numbers, loudness
from render.source.sound_file import RATE, Samples, samples_of
from render.source.stamp import FileStamp, stamp

T = TypeVar("T")

LEAD = 2048 / RATE  # seconds of silence put before the music, or a note at its very beginning would not begin
LATE = 0.8  # hops from the beginning of a note to where librosa shows it, measured on clicks
FOLDS = 240  # places in a beat at which it may fall
KICK = (30, 120)  # Hz of what a beat is put on; an 808 lies at 50, the body of an acoustic bass drum at 60 to 100
THUMP = 0.05  # of the music's loudest: a kick that rises by less is none
KICK_BLUR, ATTACK_BLUR = 0.02, 0.012  # seconds within which what begins in a beat counts as beginning together
NEAR_KICK = 0.025  # seconds around a kick, whose low notes rise slowly, in which its sharp attack is looked for
FEWEST = 4  # notes that begin: less is no beat
STRONGER = 2  # times: a film begins with the kick that alternates with something else
EARLY = 0.03  # seconds by which the first beat may come before the film: it was cut there
HARMONICS, FINE = 4, 16  # of the beat; how much finer than a track's length allows its period is told
STRAY = 0.04  # how far from librosa's tempo, whose steps are coarse, the beat is looked for


def onsets(signal: Samples) -> Numbers:
    """The seconds at which notes begin."""
    hops = _onset_hops(_onset_strength(signal))
    return np.asarray(np.clip(_onset_seconds(hops), 0, len(signal) / RATE), dtype=np.float64)


def beat(file: Path, start: Fraction) -> tuple[float, float]:
    """The beats per minute of the music from `start` on, and the seconds from there to its first beat."""
    return _beat(stamp(file, SOUND), start)


@lru_cache(maxsize=8)
def _beat(file: FileStamp, start: Fraction) -> tuple[float, float]:
    signal = samples_of(file)[round(start * RATE) :]
    rises = _onset_strength(signal)
    if len(_onset_hops(rises)) < FEWEST:
        raise MissingError(f"{file.path}: has no beat that could be found", "write how many a minute, as in bpm: 120")
    tempo = _ask(lambda: float(_librosa().feature.tempo(onset_envelope=rises, sr=RATE, hop_length=HOP)[0]))
    period = _beat_period(rises, 60 / tempo)
    return 60 / period, _first_beat(rises, _kick_strength(signal), period)


def _beat_period(rises: Numbers, period: float) -> float:
    """Seconds of a beat: the period near `period` that the rises of the whole track repeat with, by its first harmonics."""
    spectrum = np.abs(np.fft.rfft(rises - rises.mean(), FINE * len(rises)))
    seconds = FINE * len(rises) * HOP / RATE
    lowest, highest = (HARMONICS * seconds / (period * (1 + stray)) for stray in (STRAY, -STRAY))
    cycles = np.arange(int(lowest), int(highest) + 2) / HARMONICS  # in `seconds`; the highest harmonic falls on a bin
    strengths = sum(spectrum[np.round(cycles * harmonic).astype(int)] for harmonic in range(1, HARMONICS + 1))
    return float(seconds / cycles[np.argmax(strengths)])


def _first_beat(rises: Numbers, kicks: Numbers, period: float) -> float:
    """When the first beat falls: on the kick, or in music without one at the place in the beat where most begins."""
    at, attacks = _onset_seconds(np.arange(len(rises))), np.ones(FOLDS)
    kick_at = (np.arange(len(kicks)) - 0.5) * HOP / RATE
    if kicks.any():
        place = _strongest(_fold(kick_at, kicks, period), period, KICK_BLUR)
        attacks = _around(place, period, NEAR_KICK)
    folded = _blur(_fold(at, rises, period), period, ATTACK_BLUR) * attacks
    first = (float(np.argmax(folded)) + 0.5) / FOLDS * period
    first = first if first < period - EARLY else first - period
    now, next_one = (kicks[np.abs((kick_at - beat) / 2 / period % 1 - 0.5) > 0.4].sum() for beat in (first, first + period))
    return first + period if next_one > STRONGER * now else first


def _fold(times: Numbers, rises: Numbers, period: float) -> Numbers:
    """How much begins at each of the FOLDS places in a beat, over all beats."""
    return np.asarray(np.bincount((times / period % 1 * FOLDS).astype(int) % FOLDS, rises, FOLDS), dtype=np.float64)


def _blur(folded: Numbers, period: float, seconds: float) -> Numbers:
    """The same with what lies within `seconds` of each other taken together; a beat's end is next to its beginning."""
    near = _around(0.0, period, seconds)
    return np.asarray(np.fft.irfft(np.fft.rfft(folded) * np.fft.rfft(near), FOLDS), dtype=np.float64)


def _around(place: float, period: float, seconds: float) -> Numbers:
    """A Gaussian of that deviation around a place of the beat, 0..1, at each of the FOLDS."""
    apart = (np.arange(FOLDS) / FOLDS - place + 0.5) % 1 - 0.5
    return np.asarray(np.exp(-np.square(apart * period / seconds) / 2), dtype=np.float64)


def _strongest(folded: Numbers, period: float, blur: float) -> float:
    """The place in the beat, 0..1, at which most begins."""
    return float(np.argmax(_blur(folded, period, blur))) / FOLDS


def _kick_strength(signal: Samples) -> Numbers:
    """How much the low notes rise to each hop from the one before; nothing in music without a kick."""
    low, everything = loudness(signal, *KICK), loudness(signal, 0, RATE)
    rises = np.maximum(np.diff(low, prepend=0), 0)
    return rises if rises.max() > THUMP * everything.max() else np.zeros_like(rises)


def _onset_hops(strength: Numbers) -> NDArray[np.int64]:
    """The hops of an onset strength at which notes begin."""
    hops = _ask(lambda: _librosa().onset.onset_detect(onset_envelope=strength, sr=RATE, hop_length=HOP))
    return np.asarray(hops, dtype=np.int64)


def _onset_seconds(hops: NDArray[np.int64]) -> Numbers:
    """When in the music that is which librosa shows at `hops`."""
    return np.asarray((hops - LATE) * HOP / RATE - LEAD, dtype=np.float64)


def _onset_strength(signal: Samples) -> Numbers:
    """How much begins at every hop, LEAD seconds and LATE hops before it."""
    padded = np.pad(signal, (round(LEAD * RATE), RATE))
    strength = _ask(lambda: _librosa().onset.onset_strength(y=padded, sr=RATE, hop_length=HOP))
    return np.asarray(strength, dtype=np.float64)


def _ask(question: Callable[[], T]) -> T:
    """What librosa answers. Raises MissingError where it cannot."""
    try:
        return question()
    except RenderError:
        raise
    except Exception as error:  # whatever it, and what it is compiled with, makes of odd sound
        hint = "bpm: 120 says how many beats a minute has; bands such as 40-120 and rms need no onsets"
        raise MissingError("its beats and onsets cannot be found", hint) from error


def _librosa() -> ModuleType:
    try:
        import librosa
    except ImportError as error:
        raise MissingError("onsets and bpm: auto need librosa", 'pip install "zoomdream[audio]"') from error
    return librosa
