"""Music to test with: clicks, kicks and tones at known times, as WAV files."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 22_050
Samples = NDArray[np.float64]


def clicks(times: Iterable[float], seconds: float, pitch: float = 1000, decay: float = 80) -> Samples:
    """A short tone that begins at each of the times."""
    track = np.zeros(round(seconds * RATE))
    after = np.arange(round(0.2 * RATE)) / RATE
    tone = 0.9 * np.exp(-decay * after) * np.sin(2 * np.pi * pitch * after + 0.5)
    for time in times:
        first = round(time * RATE)
        track[first : first + len(tone)] += tone[: len(track) - first]
    return track


def noises(times: Iterable[float], seconds: float, loudness: float) -> Samples:
    """A hat, bright noise that dies away, at each of the times."""
    track, chance = np.zeros(round(seconds * RATE)), np.random.default_rng(0)
    after = np.arange(round(0.08 * RATE)) / RATE
    for time in times:
        first = round(time * RATE)
        hat = np.diff(chance.normal(size=len(after)), prepend=0) * np.exp(-60 * after)
        track[first : first + len(hat)] += loudness * hat[: len(track) - first]
    return track


def metronome(bpm: float, seconds: float, first: float = 0.0, pitch: float = 1000, decay: float = 80) -> Samples:
    """A click for each beat."""
    return clicks(np.arange(first, seconds - 0.1, 60 / bpm), seconds, pitch, decay)


def wav(path: Path, samples: NDArray[np.floating], channels: int = 1) -> Path:
    """The samples as a 16-bit file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.repeat(samples.clip(-1, 1) * 32767, channels).astype("<i2").tobytes())
    return path
