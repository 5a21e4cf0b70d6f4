"""Soundtracks. The sound of a file as samples, each at the time that its timestamp says: (a Piece) -> blocks of samples.

The clock is the pictures' own (timeline.py). Where a track has nothing there is silence, what overlaps is heard once, and what
cannot be decoded is left out, which a Loss remembers. Without torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from render.source.sound_file import STEADY
from render.source.timeline import Timeline

Samples = NDArray[np.float32]  # [channels, n], -1..1

FAR = 30  # seconds into a file from which on the place is looked for, where that can be done
BEFORE = 2  # seconds before the wanted place that decoding begins: what a codec needs to settle
SEARCHABLE = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts"})  # find a place by its timestamp
HOLE = Fraction(1, 10)  # seconds without sound that are more than rounding
EDGE = Fraction(1, 4)  # seconds of damage at a track's end that are no more than a recording that was stopped


@dataclass
class Loss:
    """What of a track could not be had, noted while it is decoded; times in seconds, by its timestamps."""

    damage: Fraction | None = None  # where the first piece is that cannot be decoded, in the middle of others that can
    hole: tuple[Fraction, Fraction] | None = None  # the first stretch in which the track has nothing
    _bad: list[Fraction] = field(default_factory=list)  # the latest pieces in a row that cannot be decoded
    _end: Fraction | None = None  # of what was decoded last

    def note_damage(self, packet: Packet[AudioStream]) -> None:
        """A piece that cannot be decoded. Before the first that can, a recording begins in the middle of one."""
        if packet.pts is not None and packet.time_base and self._end is not None:
            self._bad.append(packet.pts * packet.time_base)

    def note_sound(self, frame: AudioFrame) -> None:
        """A piece that can."""
        if self._bad and self.damage is None:
            self.damage = self._bad[0]
        self._bad.clear()
        if frame.pts is None or frame.time_base is None:
            return
        time = frame.pts * frame.time_base
        if self._end is not None and time - self._end > HOLE and self.hole is None:
            self.hole = self._end, time
        self._end = time + Fraction(frame.samples, frame.sample_rate)

    def in_words(self, zero: Fraction) -> str:
        """It in words, the rest of a sentence that begins with the file's name; zero: the timestamp that is called 0 s."""
        if self.damage is not None:
            return f"has damaged sound after {float(self.damage - zero):.4g} s; what cannot be read is silent"
        if self.hole:
            since, until = (float(time - zero) for time in self.hole)
            return f"has no sound that can be read from {since:.4g} s to {until:.4g} s, and is silent there"
        return ""

    def note_end(self) -> None:
        """The track is over."""
        if self._bad and self._bad[-1] - self._bad[0] > EDGE and self.damage is None:
            self.damage = self._bad[0]


@dataclass(frozen=True)
class Piece:
    """A stretch of a file's sound, and as what it is wanted."""

    start: Fraction  # seconds, by the file's timestamps, which are those of its timeline
    seconds: Fraction | None  # from there; None: to the end of the track
    rate: int  # samples per second
    layout: str  # of channels, as ffmpeg names it
    clock: Timeline


def samples(container: InputContainer, stream: AudioStream, piece: Piece, loss: Loss | None = None) -> Iterator[Samples]:
    """The piece from its start on, without gaps; as long as it is said to be, or where the track ends if that is left open.

    loss: learns what of it cannot be had.
    """
    length = None if piece.seconds is None else round(piece.seconds * piece.rate)
    place = 0
    for time, block in _resample(_from_start(container, stream, piece, loss), piece):
        at = round((time - piece.start) * piece.rate)
        if abs(at - place) <= STEADY * piece.rate and place:
            at = place
        if length is not None and at >= length:
            break
        if at > place:
            yield from silence(block.shape[0], at - place)
            place = at
        block = block[:, place - at :]
        place += block.shape[1]
        if block.shape[1]:
            yield block if length is None or place <= length else block[:, : length - place]
        if length is not None and place >= length:
            return
    if length is not None and place < length:
        yield from silence(av.AudioLayout(piece.layout).nb_channels, length - place)


def find_loss(container: InputContainer, stream: AudioStream, piece: Piece) -> Loss:
    """What of the piece cannot be had."""
    loss = Loss()
    end = None if piece.seconds is None else piece.start + piece.seconds
    for frame in _from_start(container, stream, piece, loss):
        if end is not None and frame.time is not None and frame.time >= end:
            break
    return loss


def silence(channels: int, number: int) -> Iterator[Samples]:
    """So many samples of nothing, a second or so at a time."""
    for first in range(0, number, 2**16):
        yield np.zeros((channels, min(2**16, number - first)), np.float32)


def _from_start(container: InputContainer, stream: AudioStream, piece: Piece, loss: Loss | None = None) -> Iterator[AudioFrame]:
    """The track as decoded, from its beginning or from shortly before the piece."""
    begin = Fraction(container.start_time or 0, 10**6)
    if not piece.clock.jumps and container.format.name in SEARCHABLE and piece.start > begin + FAR:
        container.seek(int((piece.start - BEFORE) / (stream.time_base or 1)), stream=stream)
        first = next(frames := decode(container.demux(stream), loss), None)
        if first and first.time is not None and first.time <= piece.start:
            return chain([first], frames)
        container.seek(int(begin * 10**6))
    return decode(piece.clock.mend(container.demux(stream)), loss)


def decode(packets: Iterable[Packet[AudioStream]], loss: Loss | None = None) -> Iterator[AudioFrame]:
    """What of a track can be decoded; `loss` learns what cannot."""
    loss = loss or Loss()
    with suppress(av.FFmpegError):  # the file breaks off
        for packet in packets:
            frames = _decode(packet)
            if frames is None:
                loss.note_damage(packet)
            for frame in frames or ():
                loss.note_sound(frame)
                yield frame
    loss.note_end()


def _decode(packet: Packet[AudioStream]) -> list[AudioFrame] | None:
    """The pieces that a packet completes, or None for one that is damaged and left out, as players do."""
    try:
        return packet.decode()
    except av.FFmpegError:
        return None


def _resample(frames: Iterable[AudioFrame], piece: Piece) -> Iterator[tuple[Fraction, Samples]]:
    """Decoded pieces in the rate and the channels that are wanted, with their times, seconds.

    A broadcast may change both, so that each kind of sound has its own resampler; and so has what comes after a gap.
    """
    kind, resampler = None, None
    due = Fraction(0)
    for frame in frames:
        if frame.pts is None or not frame.time_base:
            frame.pts, frame.time_base = round(due * frame.sample_rate), Fraction(1, frame.sample_rate)
        time = frame.pts * frame.time_base
        new = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler and (new != kind or abs(time - due) > STEADY):
            yield from _pieces(resampler.resample(None))
            resampler = None
        kind, resampler = new, resampler or av.AudioResampler(format="fltp", layout=piece.layout, rate=piece.rate)
        due = time + Fraction(frame.samples, frame.sample_rate)
        yield from _pieces(resampler.resample(frame))
    if resampler:
        yield from _pieces(resampler.resample(None))


def _pieces(frames: Iterable[AudioFrame]) -> Iterator[tuple[Fraction, Samples]]:
    for frame in frames:
        assert frame.pts is not None
        assert frame.time_base
        yield frame.pts * frame.time_base, np.nan_to_num(frame.to_ndarray(), copy=False)
