"""Times. How settings that are times, lengths or rates are read: (YAML value) -> Time, Every or Fraction."""

from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction
from typing import Any

from render.config.problem import SettingError, comma, quote
from render.config.scalars import MOST_RATE, Every, Time, read_rate, read_time, write_rate

CUTS_HINT = "write auto to find them, none, times as in [12s, 410], or every 4b (or 2s)"


def _time_with_unit(value: Any) -> Time | None:
    """A time that says what it counts; None for what is none, or a bare number."""
    if isinstance(value, Time):
        return value
    with suppress(SettingError):
        return read_time(value) if isinstance(value, str) and re.search(r"[a-z:%]", value) else None
    return None


def read_within(value: Any) -> Time:
    """A time in a file, in seconds; raises SettingError."""
    time = _time_with_unit(value)
    if time is None or time.unit != "seconds":
        hint = comma(str(value)) or "write 5s or 00:01:30, from 0s on, where the file begins"
        raise SettingError(f"is {quote(value)}, which is no time in a file", hint)
    return time


def read_dreamed(value: Any) -> Time:
    """A moment of a take, in seconds or as a share of it; raises SettingError."""
    time = _time_with_unit(value)
    if time is None or time.unit not in ("seconds", "percent") or (time.unit == "percent" and time.amount > 100):
        raise SettingError(
            f"is {quote(value)}, which is no moment of a take", "write start, end, 50% or a time of its film, 4s"
        )
    return time


def read_fps(value: Any) -> Fraction:
    """Frames or dreams a second; raises SettingError."""
    return value if isinstance(value, Fraction) else read_rate(value)


def write_rate_or_word(rate: Any) -> Any:
    """30, or "30000/1001", or the word that stands for a rate."""
    return write_rate(rate) if isinstance(rate, Fraction) else rate


def read_film_fps(value: Any) -> Fraction | str:
    """The same, or the word source."""
    return "source" if value == "source" else read_fps(value)


def read_dream_rate(value: Any) -> Fraction | str:
    """The same, or the word every-frame."""
    if value == "every-frame":
        return "every-frame"
    try:
        return read_fps(value)
    except SettingError as wrong:
        hint = f"dreams per second of film, above 0, at most {MOST_RATE}; or every-frame"
        raise SettingError(wrong.message, comma(str(value)) or hint) from None


def read_duration(value: Any) -> Time:
    """How long a film is: a time of the unit source or audio, where its files say it; raises SettingError."""
    if isinstance(value, Time):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise SettingError(f"is {quote(value)} without a unit", f"write {value}s for seconds or {value:.0f} frames")
    if value in ("source", "audio"):
        return Time(Fraction(1), str(value), str(value))
    hint = comma(str(value)) or "write 12s, 360 frames, 00:00:12, 48b (beats), source or audio"
    time = read_time(value) if isinstance(value, str) and re.search(r"[a-z:]", value) else None
    if time is None or time.unit == "percent":
        raise SettingError(f"is {quote(value)}, which is no length", hint)
    if not time.amount:
        raise SettingError(f"is {quote(value)}; a film has at least one frame", hint)
    return time


def read_cuts(value: Any) -> Any:
    """auto, none, an Every, or the Times of cuts; raises SettingError."""
    if value in ("auto", "none") or isinstance(value, Every):
        return value
    if isinstance(value, str) and (match := re.fullmatch(r"every\s+(\S.*)", value.strip().lower())):
        return Every(_cut(match[1]))
    if not isinstance(value, list | tuple):
        return (_cut(value),)
    if not value:
        raise SettingError("is an empty list", CUTS_HINT)
    return tuple(_cut(time, index) for index, time in enumerate(value))


def _cut(value: Any, *path: int) -> Time:
    if isinstance(value, Time):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingError(f"is {quote(value)}, which is no time", CUTS_HINT, path)
    try:
        return read_time(str(value))
    except SettingError as wrong:
        raise SettingError(wrong.message, comma(str(value)) or CUTS_HINT, path) from None


def write_cuts(cuts: Any) -> Any:
    """What reads back the same."""
    return [str(cut) for cut in cuts] if isinstance(cuts, tuple) else str(cuts)
