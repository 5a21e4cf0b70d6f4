"""Scalars. The values that one YAML word stands for: a Time, a Size, a NetworkChoice, a rate, a number of bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count, takewhile
from pathlib import Path

from render.config.problem import SettingError, comma, quote
from render.moment import Clock

TIME_HINT = "write 2s, 48 frames, 4b (beats), 50%, end or 00:01:30"
TIMES: Mapping[str, str] = {  # how a time is written, and what it counts
    "2s": "seconds; also 0.5s",
    "48 frames": "frames of the film; among the keys of keyframes a bare 48 counts frames, too",
    "4b": "beats, from the music's first where it is a moment; bpm says how long one is",
    "50%": "so much of the film",
    "end": "the film's end; start is its start",
    "00:01:30": "hours, minutes and seconds; also 1:30 and 1:30.5",
}
AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(frames?|f|seconds?|secs?|s|beats?|b|%)?")
TIMECODE = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]+)?)")
RATE = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?(/[0-9]{1,12})?")
MOST_RATE = 240  # frames or dreams a second
NTSC = tuple(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60, 96, 120, 240))  # American television's, rounded by all
UNITS = {"f": "frames", "s": "seconds", "b": "beats", "%": "percent"}

# Shapes bear names, not platforms: reels, shorts and stories are all `vertical`.
SIZES = {
    "360p": (640, 360),
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
    "square": (1080, 1080),
    "vertical": (1080, 1920),
    "portrait": (1080, 1350),
}
SIZE_HINT = f"write 1280x720, one of {' '.join(SIZES)}, or source"
SMALLEST, LARGEST = 16, 16384  # pixels a side
MOST_PIXELS = 36_000_000  # a frame of 8K; even in tiles a tick takes 9 GB of a larger one, and no format goes beyond

BITS = {None: 1, "k": 10**3, "m": 10**6}  # by the letter before bit/s
BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def is_number(value: object, low: float, high: float) -> bool:
    """Whether a YAML value is a number from `low` to `high`; true and false, which Python counts with, are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


@dataclass(frozen=True)
class Time:
    """A moment or a length, exactly."""

    amount: Fraction
    unit: str  # frames (of the film clock), seconds, beats, or percent of the film
    text: str = field(compare=False)  # as it was written

    def exact(self, clock: Clock) -> Fraction:
        """As a length, in seconds of the film that `clock` counts, exactly."""
        return self.amount * _seconds_per(self.unit, clock)

    def seconds(self, clock: Clock) -> float:
        """As a moment, in seconds of the film that `clock` counts; beat 0 falls where the music has its first."""
        return float(self.exact(clock)) + clock.first_beat * (self.unit == "beats")

    @property
    def names(self) -> frozenset[str]:
        """The variable of expressions that it is counted in: f for frames, b for beats."""
        return frozenset({"frames": "f", "beats": "b"}.get(self.unit, ""))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Every:
    """A moment again and again: every so long, from the film's start or its first beat."""

    step: Time

    def seconds(self, clock: Clock) -> Iterator[float]:
        """Each of them within the film that `clock` counts, but for one at its start or hardly after it."""
        period, start = float(self.step.exact(clock)), clock.first_beat * (self.step.unit == "beats")
        times = (start + number * period for number in count())
        yield from (time for time in takewhile(lambda time: time < clock.seconds, times) if time > period / 10)

    def __str__(self) -> str:
        return f"every {self.step}"


def _seconds_per(unit: str, clock: Clock) -> Fraction:
    lengths = {
        "frames": 1 / clock.fps,
        "seconds": Fraction(1),
        "beats": 60 / Fraction(clock.bpm),
        "percent": clock.frames / clock.fps / 100,
    }
    return lengths[unit]


def read_time(text: str) -> Time:
    """The time that `text` writes; a bare whole number counts frames. Raises SettingError."""
    word = text.strip().lower()
    if word in ("start", "end"):
        return Time(Fraction(0 if word == "start" else 100), "percent", word)
    if match := TIMECODE.fullmatch(word):
        hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
        return Time(hours * 3600 + minutes * 60 + seconds, "seconds", word)
    match = AMOUNT.fullmatch(word) if len(word) <= 40 else None
    if match is None:
        raise SettingError(f"is {quote(text)}, which is no time", comma(text) or TIME_HINT)
    amount, unit = Fraction(match[1]), UNITS[(match[2] or "f")[0]]
    if unit == "frames" and amount.denominator > 1:
        raise SettingError(f"is {quote(text)}, and frames are counted whole", f"for seconds write {word.rstrip('frames ')}s")
    return Time(amount, unit, word)


@dataclass(frozen=True)
class Size:
    """Width and height in pixels."""

    width: int  # 0, as is the height, where the source says how large the film is
    height: int
    part: int = 1  # which then is divided by this

    @property
    def of_source(self) -> bool:
        """Whether the source decides."""
        return self.width == 0

    def within(self, width: int, height: int) -> tuple[int, int]:
        """The film's width and height when the source is `width` by `height`."""
        return (width // self.part, height // self.part) if self.of_source else (self.width, self.height)

    def halved(self) -> Size:
        """Half as large, sides even."""
        if self.of_source:
            return Size(0, 0, self.part * 2)
        return Size(*(max(SMALLEST, side // 4 * 2) for side in (self.width, self.height)))

    def __str__(self) -> str:
        if self.of_source:
            return "source" if self.part == 1 else f"source/{self.part}"
        return f"{self.width}x{self.height}"


def read_size(value: object) -> Size:
    """The size that a word or WxH names; raises SettingError."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in SIZES:
        return Size(*SIZES[word])
    if match := re.fullmatch(r"source(?:\s*/\s*([1-9][0-9]?))?", word):
        return Size(0, 0, int(match[1] or 1))
    match = re.fullmatch(r"([-+]?[0-9]{1,9})\s*[x×]\s*([-+]?[0-9]{1,9})", word)
    if match is None:
        raise SettingError(f"is {quote(value)}, which is no size", SIZE_HINT)
    width, height = int(match[1]), int(match[2])
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        raise SettingError(f"is {quote(value)}; each side must be {SMALLEST} to {LARGEST} pixels", SIZE_HINT)
    if width * height > MOST_PIXELS:
        raise SettingError(
            f"is {quote(value)}, {width * height / 1e6:.0f} million pixels; at most {MOST_PIXELS // 10**6} can be dreamed"
        )
    return Size(width, height)


@dataclass(frozen=True)
class Cutting:
    """How much of a frame a crop keeps: so many pixels, or as much as fits of a shape."""

    width: int
    height: int
    is_shape: bool = False  # whether the two are a shape, such as 9:16

    def within(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) in pixels of what is kept of a frame; more than the frame, where it is too large."""
        if not self.is_shape:
            return self.width, self.height
        share = min(Fraction(width, self.width), Fraction(height, self.height))
        return round(share * self.width), round(share * self.height)

    def scaled(self, share: float) -> Cutting:
        """The same of a film whose sides are `share` as long."""
        return self if self.is_shape else Cutting(max(1, int(self.width * share)), max(1, int(self.height * share)))

    def __str__(self) -> str:
        return f"{self.width}{':' if self.is_shape else 'x'}{self.height}"


SHAPES = {"square": Cutting(1, 1, True), "vertical": Cutting(9, 16, True), "portrait": Cutting(4, 5, True)}
CUTTING_HINT = f"write pixels of the film, 1080x1080, or a shape, 9:16 or {' '.join(SHAPES)}, for as much of it as fits"


def read_cutting(value: object) -> Cutting:
    """What a crop's size means: 1080x1080, 9:16 or square; raises SettingError."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in SHAPES:
        return SHAPES[word]
    match = re.fullmatch(r"([0-9]{1,5})\s*([x×:])\s*([0-9]{1,5})", word)
    if match is None:
        raise SettingError(f"is {quote(value)}, which is no size of a crop", CUTTING_HINT)
    cutting = Cutting(int(match[1]), int(match[3]), match[2] == ":")
    low, high = (1, 100) if cutting.is_shape else (SMALLEST, LARGEST)
    if not (low <= cutting.width <= high and low <= cutting.height <= high):
        sides = "1 to 100" if cutting.is_shape else f"{low} to {high} pixels"
        raise SettingError(f"is {quote(value)}; each side must be {sides}", CUTTING_HINT)
    return cutting


@dataclass(frozen=True)
class NetworkChoice:
    """The network that dreams: its name, and the files of its weights and labels where they are not the network's own."""

    name: str
    weights: Path | None = None
    labels: Path | None = None


def read_rate(value: object) -> Fraction:
    """A rate per second as an exact fraction; raises SettingError.

    A decimal with two places or more that a rate of NTSC rounds to means that rate:

    >>> [str(read_rate(rate)) for rate in (30, 29.97, "23.976", "59.94", "12.5", "30000/1001")]
    ['30', '30000/1001', '24000/1001', '60000/1001', '25/2', '30000/1001']
    """
    hint = f"write 24, 30, 60 or a fraction such as 30000/1001; above 0, at most {MOST_RATE}"
    text = str(value).replace(" ", "")
    try:
        rate = Fraction(text) if RATE.fullmatch(text) else None
    except ZeroDivisionError:
        rate = None
    if rate is None or isinstance(value, bool):
        raise SettingError(f"is {quote(value)}, which is no rate", comma(text) or hint)
    if not 0 < rate <= MOST_RATE:
        raise SettingError(f"is {quote(value)}, outside 0 to {MOST_RATE} per second", hint)
    if rate < Fraction(1, 1000) or rate.denominator > 10**6:
        raise SettingError(f"is {quote(value)}, which is too fine a fraction to keep time by", hint)
    places = len(text.partition(".")[2])
    return next((ntsc for ntsc in NTSC if places >= 2 and round(ntsc, places) == rate), rate)


def write_rate(rate: Fraction) -> int | str:
    """A rate as YAML has it, which reads back the same: 30, or "30000/1001"."""
    return rate.numerator if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"


def read_bitrate(value: object) -> int:
    """Bits per second: 8M, 8000k, 2.5 Mbit/s or a whole number; raises SettingError."""
    word = str(value).strip().lower()
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*(k|m)?(?:bit/s|bps|b/s)?", word)
    bits = int(float(match[1]) * BITS[match[2]]) if match and not isinstance(value, bool) else 0
    if not 10_000 <= bits <= 10**9:
        raise SettingError(f"is {quote(value)}, which is no rate of bits from 10k to 1000M a second", "write 8M or 8000k")
    return bits


def read_bytes(value: object) -> int:
    """A file size: 10MB, 500 kB, or bytes; raises SettingError."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Z]*)", str(value).strip().upper())
    unit = BYTES.get(match[2] or "B") if match and not isinstance(value, bool) else None
    if match is None or unit is None:
        raise SettingError(f"is {quote(value)}, which is no file size", "write 10MB, 500kB or 2.5MB")
    size = int(float(match[1]) * unit)
    if size < 1000:
        raise SettingError(f"is {quote(value)}; no film is smaller than 1kB", "write 10MB, 500kB or 2.5MB")
    return size
