"""Footage. What a video file holds: (file, start, end) -> Footage.

A file is read once before anything is dreamed, since no header can be trusted: they claim lengths and rates that the
pictures do not have. Without torch, for `render check`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import median_low
from typing import Any

from render.errors import ConfigError, MissingError
from render.inputs import MOVIE
from render.source.decoder import (
    USUAL,
    open_video,
    packets,
    pictures,
    pictures_from,
    timeline_of,
    unit_of,
)
from render.source.planes import upright_size
from render.source.sound_file import heard_track
from render.source.stamp import FileStamp, stamp
from render.source.timeline import BROADCAST, Timeline

SAY_LENGTH = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})  # of other containers ffmpeg guesses it
SLACK = Fraction(1, 20)  # seconds by which a file may be shorter than it says

USUAL_RATES = (  # per second, that people choose
    *map(Fraction, (24, 25, 30, 50, 60, 48, 15, 12, 20, 10, 120, 240, 100, 90, 8, 6, 5, 4, 3, 2, 1)),
    *(Fraction(1000 * rate, 1001) for rate in (24, 30, 60, 48, 120, 240, 15, 12)),
)
FINEST = 1001  # the largest denominator of such a rate
PAUSE = Fraction(1)  # seconds without pictures in a broadcast that a person may take for a fault of the film
TOLERANCE = Fraction(1, 4)  # frames by which a picture may be off its place in a constant rate: it is still the nearest there
CLOSE = 1e-6  # seconds that are nothing but rounding


@dataclass(frozen=True)
class SoundStream:
    """The first sound of a file that can be read."""

    stream: int  # its index in the file
    codec: str
    channels: int
    rate: int  # samples per second
    offset: Fraction  # seconds that it begins after the file's first picture; below 0, before


@dataclass(frozen=True)
class Footage:
    """The pictures of a video file from a start to an end."""

    file: Path
    size: tuple[int, int]  # (height, width) as seen: upright, in square pixels
    fps: Fraction  # exact; if `variable`, that of most pictures
    variable: bool
    marks: tuple[int, ...]  # the pictures' timestamps, counted in `unit`
    unit: Fraction  # seconds
    start: Fraction  # when it begins, seconds after the file's first picture: with the first of them, or while that stands
    seconds: Fraction  # from there to the end of the last picture
    sound: SoundStream | None
    mute: bool  # there is sound in it, and none that can be read
    flaw: str  # what of the file cannot be read, as the rest of a sentence that begins with its name; else empty
    interlaced: bool  # its pictures are two half pictures, a moment apart
    aspect: Fraction  # width of a pixel by its height
    clock: Timeline  # where the timestamps that the file has are not to be believed
    stamp: FileStamp  # the file as it was read
    zero: Fraction  # the timestamp of the file's first picture, seconds: what `start` and the sound's offset count from
    notes: tuple[str, ...]  # what a person may want to know of it: sentences

    def shown(self, seconds: float) -> int:
        """The index of the picture that is shown at a time after the start; it is shown until the next one's time has come.

        Times that are no picture's get the nearest: its time comes half a picture early. Of two as near it is the earlier.
        """
        mark = (float(self.zero + self.start) + seconds + 0.5 / float(self.fps) - CLOSE) / float(self.unit)
        return max(bisect_left(self.marks, mark) - 1, 0)


# ---- what a file holds


def probe(file: Path, start: Fraction = Fraction(0), end: Fraction | None = None) -> Footage:
    """The footage from `start` to `end`, seconds after the file's first picture; nothing past the end is read.

    Raises MissingError that names the file and what is wrong with it, or ConfigError if `start` is past its end.
    """
    now = stamp(file, MOVIE)
    if not now.size:
        raise MissingError(f"{file}: is empty")
    return _probe(file, start, end, now)


@lru_cache(maxsize=8)
def _probe(file: Path, start: Fraction, end: Fraction | None, now: FileStamp) -> Footage:
    """See `probe`. now: the file as it is, so that it is read again when it has changed."""
    header, clock = _read_header(file), timeline_of(now, end)
    first = next(filter(None, pictures(file)), None)
    if first is None:
        raise MissingError(f"{file}: holds no picture that can be read")
    (zero, picture), unit = first, header.unit

    stamps = _read(file, clock, unit, zero, start, end)
    times = [(mark - zero) * unit for mark in stamps.marks]
    fps, constant = _rate(times, header.rates, unit)
    over = _end_of(times, stamps.stays * unit or 1 / fps, None if constant else end)
    if start >= over:
        raise ConfigError(
            f"is {_in_seconds(start)}, and {file} lasts {_in_seconds(over)}", "start before its end", continues=True
        )
    stretch = _stretch(times, start, end, fps)
    begin, stop = stretch.numbers.start, stretch.numbers.stop
    lasts = (over if stop == len(times) else times[stop]) - stretch.start
    return Footage(
        file=file,
        size=upright_size(picture, header.aspect),
        fps=fps,
        variable=not constant,
        marks=stamps.marks[begin:stop],
        unit=unit,
        start=stretch.start,
        seconds=(stop - begin) / fps if constant else lasts,
        sound=header.sound and replace(header.sound, offset=header.sound.offset - zero * unit),
        mute=header.mute,
        flaw=_flaw(file, [(mark - zero) * unit for mark in stamps.damage], times, over, to_its_end=end is None or over < end),
        interlaced=stamps.interlaced,
        aspect=header.aspect,
        clock=clock,
        stamp=now,
        zero=zero * unit,
        notes=tuple(_pauses(file, times)) if header.broadcast else (),
    )


@dataclass(frozen=True)
class _Header:
    """What a file says of itself."""

    unit: Fraction  # seconds, of its pictures' timestamps
    rates: tuple[Fraction, ...]  # pictures per second
    aspect: Fraction  # width of a pixel by its height
    sound: SoundStream | None
    mute: bool  # there is sound in it, and none that can be read
    broadcast: bool


def _read_header(file: Path) -> _Header:
    with open_video(file) as (container, stream):
        number = heard_track(file)
        return _Header(
            unit=unit_of(container, stream),
            rates=tuple(rate for rate in (stream.guessed_rate, stream.average_rate) if rate),
            aspect=stream.sample_aspect_ratio or Fraction(1),
            sound=None if number is None else _sound(container.streams[number]),
            mute=bool(container.streams.audio) and number is None,
            broadcast=container.format.name in BROADCAST,
        )


def _end_of(times: Sequence[Fraction], stays: Fraction, end: Fraction | None) -> Fraction:
    """When the last picture is over. end: of what was read, where the pictures come at no constant rate."""
    over = times[-1] + stays
    if end is not None and over < end <= times[-1] + max((after - before for before, after in pairwise(times)), default=0):
        return end  # the next picture, which was not read, comes after the end as likely as not
    return over


@dataclass(frozen=True)
class _Stretch:
    """Some pictures in a row."""

    numbers: range
    start: Fraction  # seconds: when the first is shown first


def _stretch(times: Sequence[Fraction], start: Fraction, end: Fraction | None, fps: Fraction) -> _Stretch:
    """The pictures from the one that begins nearest to `start`, or is shown then, to the last before `end`."""
    begin = min(range(len(times)), key=lambda index: abs(times[index] - start))
    if abs(times[begin] - start) > 1 / fps:  # no picture begins near it
        begin = max(bisect_left(times, start) - 1, 0)
    begins = start if start - times[begin] > 1 / fps else times[begin]
    stop = len(times) if end is None else max(begin + 1, bisect_left(times, end - TOLERANCE / fps))
    return _Stretch(range(begin, stop), begins)


@dataclass(frozen=True)
class _Timestamps:
    """What reading a file gave, in its own time units."""

    marks: tuple[int, ...]
    stays: int  # how long the last picture is shown
    damage: tuple[int, ...]  # the timestamps before pictures that cannot be decoded
    interlaced: bool


def _read(file: Path, clock: Timeline, unit: Fraction, zero: int, start: Fraction, end: Fraction | None) -> _Timestamps:
    """Decode the file from before `start` to `end`, seconds after the timestamp `zero`."""
    marks: list[int] = []
    damage: list[int] = []
    stays, interlaced = 0, False
    for marked in pictures_from(file, zero + round(start / unit), clock=clock):
        if marked is None:
            damage += marks[-1:]
            continue
        mark, frame = marked
        if end is not None and (mark - zero) * unit >= end:
            break
        marks.append(mark)
        stays, interlaced = frame.duration or 0, interlaced or frame.interlaced_frame
    return _Timestamps(tuple(marks), stays, tuple(damage), interlaced)


def _rate(times: Sequence[Fraction], stated: Sequence[Fraction], unit: Fraction) -> tuple[Fraction, bool]:
    """Pictures per second, and whether it is constant: every picture lies within TOLERANCE of its place.

    The rate that the file says, if it is one that people choose, or the one that they do, nearest to the pictures' own.
    """
    likely = [rate for rate in stated if rate.denominator in (1, 2, FINEST)]
    if len(times) == 1:
        return (likely or [USUAL])[0], True
    since = [time - times[0] for time in times]
    mean = (len(times) - 1) / since[-1]
    chosen = (*likely, *sorted(USUAL_RATES, key=lambda rate: abs(rate - mean)))
    exactly = ((rate, min(unit * rate, TOLERANCE)) for rate in chosen)  # as near as timestamps can be
    for rate, most in (*exactly, *((rate, TOLERANCE) for rate in (*chosen, mean.limit_denominator(FINEST)))):
        if all(abs(time * rate - index) < most for index, time in enumerate(since)):
            return rate, True
    gaps = [after - before for before, after in pairwise(times)]
    usual = median_low(gaps)  # one of them: half of the gaps may be short, and half long
    alike = [gap for gap in gaps if abs(gap - usual) <= max(unit, usual / 10)]
    gap = sum(alike, Fraction(0)) / len(alike)  # their mean: timestamps may be rounded to a millisecond
    near = min((*likely, *USUAL_RATES), key=lambda rate: abs(1 / rate - gap))
    return (near if abs(1 / near - gap) <= max(unit, gap / 100) else (1 / gap).limit_denominator(FINEST)), False


def _flaw(file: Path, damage: Sequence[Fraction], times: Sequence[Fraction], over: Fraction, to_its_end: bool) -> str:
    """What of the file cannot be read. damage: the times before it. over: when the last picture is, as far as was read."""
    promised = _promised(file) if to_its_end else Fraction(0)
    if promised > over:
        return f"breaks off after {_in_seconds(over)} of {_in_seconds(promised)}"
    if damage and damage[0] < times[-1]:
        return f"is damaged after {_in_seconds(damage[0])}; where a picture cannot be read, the one before stays"
    return f"breaks off after {_in_seconds(over)}" if damage else ""


def _pauses(file: Path, times: Sequence[Fraction]) -> Iterator[str]:
    """What to say of the first pause of a broadcast: one below timeline.AHEAD lasts as long as it does in players."""
    pause = next(((before, after) for before, after in pairwise(times) if after - before > PAUSE), None)
    if pause:
        since, until = map(_in_seconds, pause)
        yield f"{file}: has no pictures from {since} to {until}, a pause of the broadcast; the one before stays"


def _promised(file: Path) -> Fraction:
    """Seconds that the file says it lasts, where all that it holds, sound too, is over before; else 0."""
    with open_video(file) as (container, _):
        if container.format.name not in SAY_LENGTH or not container.duration:
            return Fraction(0)
        promised, begin = Fraction(container.duration, 10**6), Fraction(container.start_time or 0, 10**6)
        whole = (packet for packet in packets(container) if not packet.is_corrupt)
        over = max((((packet.pts or 0) + (packet.duration or 0)) * packet.time_base for packet in whole), default=begin)
    return promised if max(over, over - begin) + SLACK < promised else Fraction(0)  # some name the timestamp of their end


def _sound(stream: Any) -> SoundStream:
    """What a track holds; its offset is still its own first timestamp, in seconds."""
    context, offset = stream.codec_context, (stream.start_time or 0) * (stream.time_base or Fraction(0))
    return SoundStream(stream.index, context.name, context.channels, context.sample_rate, offset)


def _in_seconds(seconds: Fraction) -> str:
    return f"{float(seconds):.4g} s"
