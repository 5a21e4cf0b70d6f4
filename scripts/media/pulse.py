"""The project's own music: four bars that go round, drums, bass, chords; `scripts/draw_media pulse [FILE.ogg]`, ten seconds.

Every note is laid on a ring of samples, tails and echoes too, so the end runs into the beginning without a seam. Drums are
swept sines and shaped noise, the bass and the chords sums of overtones that make room for each kick, the bells two sines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Wave = npt.NDArray[Any]
RATE = 48_000
BPM, BEATS = 96, 16
BEAT = RATE * 60 // BPM  # samples
LENGTH = BEAT * BEATS  # ten seconds
CHORDS = [[45, 57, 60, 64, 71], [41, 57, 60, 64, 67], [48, 55, 60, 64, 71], [43, 55, 59, 62, 69]]  # Am9 F^7 C^7 G6/9, MIDI
KICKS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 14.75, 15]
CLAPS = [1, 3, 5, 7, 9, 11, 13, 15, 15.5]
BASS = [(0.5, 0.4, 0), (1.25, 0.2, 0), (1.5, 0.45, 0), (2.5, 0.4, 12), (3.25, 0.2, 0), (3.5, 0.45, 7)]  # beat, beats, halftones
BELLS = [76, 79, 83, 84, 83, 79, 76, 74]  # over each bar, in halves of a beat, every other bar an octave's fifth lower
rng = np.random.default_rng(96)


def time(seconds: float) -> Wave:
    return np.arange(round(seconds * RATE)) / RATE


def pitch(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def equalise(wave: Wave, shape: Callable[[Wave], Wave]) -> Wave:
    """The wave with each frequency (Hz) made louder or softer by `shape`."""
    return np.fft.irfft(np.fft.rfft(wave) * shape(np.fft.rfftfreq(len(wave), 1 / RATE)), len(wave))


def lowpass(cutoff: float, order: int = 2) -> Callable[[Wave], Wave]:
    return lambda f: 1 / np.sqrt(1 + (f / cutoff) ** (2 * order))


def highpass(cutoff: float, order: int = 3) -> Callable[[Wave], Wave]:
    return lambda f: 1 / np.sqrt(1 + (cutoff / np.maximum(f, 1)) ** (2 * order))


def lay(track: Wave, wave: Wave, beat: float, gain: float = 1.0) -> None:
    """Lay a note on the ring, beginning at a beat."""
    np.add.at(track, (round(beat * BEAT) + np.arange(len(wave))) % LENGTH, gain * wave)


def kick() -> Wave:
    t = time(0.42)
    sweep = 2 * np.pi * (46 * t + 110 / 34 * (1 - np.exp(-34 * t)))
    click = 0.25 * rng.standard_normal(len(t)) * np.exp(-t * 400)
    return np.tanh(1.6 * np.sin(sweep) * np.exp(-t * 7.5) + click) * np.minimum(1, (0.42 - t) / 0.05)


def clap() -> Wave:
    t = time(0.3)
    hands = sum(np.exp(-np.maximum(t - d, 0) * s) * (t >= d) for d, s in ((0, 220), (0.011, 220), (0.023, 24)))
    return equalise(rng.standard_normal(len(t)) * hands, lambda f: highpass(900)(f) * lowpass(5200)(f))


def hat(seconds: float) -> Wave:
    t = time(4 * seconds)
    return equalise(rng.standard_normal(len(t)) * np.exp(-t / seconds * 2), highpass(7500, 4))


def saw(note: float, seconds: float, detune: float = 0.0) -> Wave:
    """All overtones of a note below 16 kHz, each from its own place, so that several make a broad sound."""
    t, base = time(seconds), pitch(note + detune)
    count = int(16_000 / base)
    return sum(np.sin(2 * np.pi * (k * base * t + rng.random())) / k for k in range(1, count + 1))


def bass(note: float, seconds: float) -> Wave:
    t, base = time(seconds), pitch(note)
    body = sum(np.sin(2 * np.pi * k * base * t) / k * np.exp(-t * 2.2 * k) for k in range(1, 9))
    return np.tanh(1.4 * body) * np.minimum(1, t / 0.004) * np.minimum(1, (seconds - t) / 0.03)


def bell(note: float) -> Wave:
    t = time(1.4)
    turns = 2 * np.pi * pitch(note) * t
    return np.sin(turns + 1.3 * np.exp(-t * 9) * np.sin(3.01 * turns)) * np.exp(-t * 4.5)


def chord(notes: list[int], side: int) -> Wave:
    seconds = 4 * BEAT / RATE
    t = time(seconds)
    wave = sum(saw(note, seconds, 0.06 * side + 0.04 * (i % 3 - 1)) for i, note in enumerate(notes[1:]))
    swell = np.minimum(1, t / 0.12) * np.minimum(1, (seconds - t) / 0.12)
    dark, bright = equalise(wave, lowpass(500)), equalise(wave, lowpass(1900))
    return (dark + (bright - dark) * (0.5 - 0.5 * np.cos(2 * np.pi * t / seconds))) * swell


def sidechain() -> Wave:
    """How much room the chords and the bass leave the kick, around the ring."""
    room = np.ones(LENGTH)
    dip = 1 - 0.8 * np.exp(-time(0.5) * 9)
    for beat in KICKS:
        places = (round(beat * BEAT) + np.arange(len(dip))) % LENGTH
        room[places] = np.minimum(room[places], dip)
    return room


def hall(track: Wave, seconds: float, seed: int) -> Wave:
    """The track as it comes back from a hall."""
    chance, t = np.random.default_rng(seed), time(4 * seconds)
    echo = np.zeros(LENGTH)
    echo[: min(len(t), LENGTH)] = (chance.standard_normal(len(t)) * np.exp(-t / seconds * 1.7))[:LENGTH]
    echo = equalise(echo, lambda f: lowpass(4200)(f) * highpass(220)(f))
    return np.fft.irfft(np.fft.rfft(track) * np.fft.rfft(echo / np.sqrt((echo**2).sum())), LENGTH)


def music() -> Wave:
    """[2, LENGTH]: left and right."""
    drums, low, claps, bells = (np.zeros(LENGTH) for _ in range(4))
    hats, chords = np.zeros((2, LENGTH)), np.zeros((2, LENGTH))
    for beat in KICKS:
        lay(drums, kick(), beat, 0.6 if beat % 1 else 1)
    for beat in CLAPS:
        lay(claps, clap(), beat, 0.45 if beat % 1 else 1)
    for step in range(4 * BEATS):
        beat = step / 4 + (0.03 if step % 2 else 0)  # a little swing
        accent = (0.35, 0.22, 1.0, 0.3)[step % 4]
        for side in (0, 1):
            lay(hats[side], hat(0.16 if step % 4 == 2 else 0.05), beat, accent * (0.8 + 0.4 * ((step + side) % 3 == 0)))
    for bar, notes in enumerate(CHORDS):
        for place, length, up in BASS:
            lay(low, bass(notes[0] - 12 + up, length * BEAT / RATE), 4 * bar + place)
        for side, detune in ((0, -1), (1, 1)):
            lay(chords[side], chord(notes, detune), 4 * bar)
        for i, note in enumerate(BELLS):
            if (i * 5 + bar * 3) % 8 < 5:
                lay(bells, bell(note - 5 * (bar % 2)), 4 * bar + i / 2 + 0.25, 0.6 + 0.4 * (i % 3 == 0))
    room = sidechain()
    sides = []
    for side in (0, 1):
        echo = np.roll(bells, (3 + 3 * side) * BEAT // 4)
        dry = 0.80 * drums + 0.34 * low * room + 0.30 * claps + 0.16 * hats[side] + 0.075 * chords[side] * room + 0.20 * bells
        wet = hall(0.45 * claps + 0.10 * chords[side] * room + 0.35 * bells + 0.25 * echo, 0.55, side)
        sides.append(dry + 0.10 * echo + 0.33 * wet)
    both = np.stack(sides)
    return 0.89 * np.tanh(1.15 * both / np.abs(both).max()) / np.tanh(1.15)


def save(wave: Wave, path: Path) -> None:
    """As Opus at 128 kbit/s."""
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream("libopus", rate=RATE, layout="stereo")
        stream.bit_rate = 128_000
        for first in range(0, wave.shape[1], RATE // 50):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(wave[:, first : first + RATE // 50].T.reshape(1, -1).astype(np.float32)), "flt", "stereo"
            )
            frame.sample_rate, frame.pts = RATE, first
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "configs" / "media" / "pulse.ogg"
    save(music(), target)
    print(target, target.stat().st_size, "bytes")
