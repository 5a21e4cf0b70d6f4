"""Words. Sizes and times as people say them."""

from __future__ import annotations

UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def bytes_words(size: float) -> str:
    """Bytes in words, "3.4 GB" or "55 kB"; nothing for less than half a kilobyte."""
    return next((f"{size / unit:,.{int(size < 9.5 * unit)}f} {name}" for unit, name in UNITS if size >= 0.5 * unit), "")


def duration_words(seconds: float) -> str:
    """A time in words: 4.5 s, 1 min 10 s, 2 h 5 min."""
    if seconds < 9.95:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest and not hours else "")
    return " ".join(filter(None, parts))
