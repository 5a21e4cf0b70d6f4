"""Loudness. How loud a band of music is over time: (samples, Hz from, Hz to) -> numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.source.sound_file import RATE, Samples

Numbers = NDArray[np.float64]

HOP = 256  # samples from one loudness to the next: 12 ms, a third of a frame
WINDOW = 1024  # samples that each is measured over: 46 ms keep a kick's beginning sharp and tell 40 Hz from 80
BLOCK = 4096  # hops measured at once


def loudness(signal: Samples, low: float, high: float) -> Numbers:
    """How loud what lies between `low` and `high` Hz is, rms, around every hop."""
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    width = RATE / WINDOW
    centres = np.arange(WINDOW // 2 + 1) * width
    share = np.clip((np.minimum(centres + width / 2, high) - np.maximum(centres - width / 2, low)) / width, 0, 1)
    inside = np.flatnonzero(share)
    padded = np.pad(signal, (WINDOW // 2, WINDOW // 2 + HOP))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(signal) // HOP + 1]
    spectra = (np.fft.rfft(pieces[first : first + BLOCK] * window) for first in range(0, len(pieces), BLOCK))
    power = np.concatenate([np.square(np.abs(spectrum[:, inside])) @ share[inside] for spectrum in spectra])
    return np.asarray(np.sqrt(2 * power / (WINDOW * np.square(window).sum())), dtype=np.float64)
