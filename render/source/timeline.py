"""Timelines. Where the clock of a file jumps: its packets -> what is added to their timestamps, the same to pictures and sound.

Recordings that were joined begin their clock again, or go on hours later. Players close such a gap; a clock that only stands
still for a while, as where the pictures pause and the sound goes on, is left alone. The timestamps that a file counts in 33
bits and that begin again at nought (after 26.5 hours) are mended by the library that reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from av.packet import Packet
from av.stream import Stream

BROADCAST = frozenset({"mpegts", "mpeg"})  # joined as they come, so that a clock may leap forward too
JOINED = BROADCAST | {"matroska,webm", "ogg", "flv"}  # may be two files in one; others list their timestamps in one table
AHEAD = Fraction(10)  # seconds: what leaps further in a broadcast is another clock (ffmpeg's own threshold)
BACK = Fraction(1, 10)  # seconds: by less, timestamps are only out of order
OVER = Fraction(1, 4)  # seconds of sound that two joined recordings may have of the same time


@dataclass(frozen=True)
class Timeline:
    """What is added to the timestamps of a file."""

    shifts: Mapping[int, Sequence[tuple[int, Fraction]]] = field(default_factory=dict)  # stream -> (from which packet, seconds)

    @property
    def jumps(self) -> bool:
        """Whether anything is: then a time is looked for by reading from the beginning."""
        return bool(self.shifts)

    def mend(self, packets: Iterable[Packet[Any]]) -> Iterator[Packet[Any]]:
        """The packets of a file from its beginning, on one clock."""
        passed = Counter[int]()
        for packet in packets:
            number, stream = passed[packet.stream_index], packet.stream_index
            passed[stream] += 1
            seconds = next((add for first, add in reversed(self.shifts.get(stream, ())) if first <= number), None)
            if seconds and packet.time_base:
                ticks = round(seconds / packet.time_base)
                packet.pts = None if packet.pts is None else packet.pts + ticks
                packet.dts = None if packet.dts is None else packet.dts + ticks
            yield packet


@dataclass
class Run:
    """Packets of a stream whose clock goes on without a jump."""

    first: int  # packet of the stream
    start: Fraction  # seconds, by the file's own clock
    end: Fraction  # of its latest packet
    led: int  # of the leading stream's runs, the latest that had begun before it in the file

    def touches(self, start: Fraction, end: Fraction) -> bool:
        """Whether it has anything of that time."""
        return self.start < end and start < self.end


def timeline(packets: Iterable[Packet[Any]], leading: Stream, form: str, until: Fraction | None = None) -> Timeline:
    """The timeline of a file, by its packets. leading: the stream that is shown without a gap; others follow it.

    form: the container, as ffmpeg names it. until: seconds of the leading stream after which nobody asks.
    """
    runs: dict[int, list[Run]] = {}
    passed = Counter[int]()
    for packet in packets:
        stream, number = packet.stream_index, passed[packet.stream_index]
        passed[stream] += 1
        if packet.pts is None or packet.time_base is None:
            continue
        _add(runs.setdefault(stream, []), packet, number, form, max(len(runs.get(leading.index, ())) - 1, 0))
        if until is not None and stream == leading.index and _length(runs[stream]) > until + AHEAD:
            break
    return _align(runs, leading.index)


def _add(runs: list[Run], packet: Packet[Any], number: int, form: str, led: int) -> None:
    """Count a packet to the latest run, or begin another with it. led: the leading stream's latest run."""
    assert packet.pts is not None
    start = packet.pts * packet.time_base
    end = start + (packet.duration or 0) * packet.time_base
    if not runs:
        runs.append(Run(number, start, end, led))
        return
    latest = runs[-1]
    back = packet.is_keyframe and start < latest.end - BACK  # what comes before a key frame is shown before it
    ahead = start > latest.end + (BACK if led > latest.led else AHEAD)  # where the pictures jumped, a pause is a jump, too
    if back or (ahead and form in BROADCAST):
        runs.append(Run(number, start, end, led))
    latest = runs[-1]
    latest.end = max(latest.end, end)


def _length(runs: Sequence[Run]) -> Fraction:
    return sum((run.end - run.start for run in runs), Fraction(0))


def _align(runs: Mapping[int, list[Run]], leading: int) -> Timeline:
    """What each run is shifted by, so that the leading stream goes on without a gap and the others keep in time with it."""
    shifts = {leading: _join(runs.get(leading, []), [run for stream in runs if stream != leading for run in runs[stream]])}
    segments = [(run, add) for run, (_, add) in zip(runs.get(leading, []), shifts[leading], strict=True)]
    for stream in runs.keys() - {leading}:
        shifts[stream] = _follow(runs[stream], segments)
    return Timeline({stream: adds for stream, adds in shifts.items() if any(add for _, add in adds)})


def _join(runs: Sequence[Run], others: Sequence[Run]) -> list[tuple[int, Fraction]]:
    """The leading stream's shifts: each run goes on where the one before ended, but for a pause that another stream fills."""
    shifts: list[tuple[int, Fraction]] = []
    for number, run in enumerate(runs):
        before = runs[number - 1] if number else None
        if before is None:
            shifts.append((run.first, Fraction(0)))
            continue
        pause = run.start > before.end and any(other.start <= before.end and run.start <= other.end for other in others)
        add = shifts[-1][1]
        shifts.append((run.first, add if pause else before.end + add - run.start))
    return shifts


def _follow(runs: Sequence[Run], segments: Sequence[tuple[Run, Fraction]]) -> list[tuple[int, Fraction]]:
    """Another stream's shifts: each run has that of the leading one's run it belongs to, the nearest to where it goes on."""
    shifts: list[tuple[int, Fraction]] = []
    place, end = 0, None
    for run in runs:
        place = max(place, run.led)
        goes_on = Fraction(0) if end is None else end - run.start
        known = [(number, add) for number, (led, add) in enumerate(segments) if led.touches(run.start, run.end)]
        known = [(number, add) for number, add in known if number >= place]
        later = [(number, add) for number, add in known if number > place or add > goes_on - OVER]  # no clock turns back alone
        place, add = min(later or known, key=lambda segment: abs(segment[1] - goes_on), default=(place, goes_on))
        shifts.append((run.first, add))
        end = run.end + add
    return shifts
