"""Formats. A Format is a kind of output, declared in one place: its endings, what it can carry, and how it is encoded.

    h264 = film("libx264", "plays everywhere", (MP4, MOV, MKV), crf=(18, 51))
    png = picture("render.develop.stills:png", "opens everywhere", (PNG,), alpha="rgba")

`parts/outputs.py` declares this project's own, a package its own in the same way. From their table come `codec` and the endings
in the vocabulary, the errors, the reference, the README's table and what `render doctor` looks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from render.plugins import Function

Libraries = ("ffmpeg", "opencv", "pyav")  # who may encode: the program ffmpeg for films, the others for pictures


@dataclass(frozen=True)
class Ending:
    """The end of a file's name, and what such a file holds besides pictures."""

    suffix: str  # ".mp4"
    meaning: str  # "film for editing"
    sound: str = ""  # how it holds sound: a row of develop/sound.py's ENCODERS; "" for not at all
    settings: bool = False  # whether it can hold the film's settings, which `render from` reads
    arguments: tuple[str, ...] = ()  # ffmpeg's, of the container


@dataclass(frozen=True)
class Format:
    """A kind of output. Its name is what `codec` calls it; of the formats of an ending the first declared is the usual one."""

    meaning: str  # "plays everywhere"
    endings: tuple[Ending, ...]
    encoder: str = ""  # what the library calls it
    library: str = "ffmpeg"  # who encodes: one of Libraries; "" for the function itself
    arguments: tuple[str, ...] = ()  # of the encoder
    bits: int = 8  # of a channel, as it is fed: 8 or 16
    depth: str = ""  # what it stores of these, in words: "10 bits"
    layout: str = "yuv420p"  # of films: what they store, as ffmpeg names it
    alpha: str = ""  # the same with alpha; "" where it holds none
    alpha_arguments: tuple[str, ...] = ()  # of the encoder, where there is alpha
    linear: bool = False  # holds linear light, and colours times alpha, as compositing programs take it to
    crf: tuple[int, int] | None = None  # the usual quality number and the highest (worst); None where there is none
    quality: str = "-crf"  # what the encoder calls that number
    hardware: str = ""  # what it does not work without
    even: bool = False  # holds only even widths and heights
    merges: bool = False  # stores equal neighbours as one longer frame
    palette: bool = False  # its colours are chosen from all of the film first
    usual_fps: Fraction | None = None  # the most frames a second unless others are asked for
    most_fps: Fraction | None = None  # the most that players show; what names a shorter time is shown ten times a second
    usual_width: int | None = None  # the most pixels across unless others are asked for
    still: Function | None = None  # (pixels [H, W, 3 or 4], the film's settings) -> the bytes of one picture
    name: str = ""
    package: str = ""  # that brings it, and its version; "" for this project's own

    @property
    def stores(self) -> str:
        """What it keeps of a channel, in words."""
        return self.depth or f"{self.bits} bits"


def film(encoder: str, meaning: str, endings: tuple[Ending, ...], arguments: tuple[str, ...] = (), **fields: object) -> Format:
    """Declares a film as one of ffmpeg's encoders makes it; fields: those of Format."""
    return Format(meaning, endings, encoder, arguments=arguments, **fields)  # type: ignore[arg-type]


def picture(still: Function, meaning: str, endings: tuple[Ending, ...], **fields: object) -> Format:
    """Declares what (pixels [H, W, 3 or 4], the film's settings) -> bytes makes as a format of single pictures."""
    return Format(meaning, endings, still=still, **{"library": "", **fields})  # type: ignore[arg-type]


# ── all of them ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Formats:
    """The formats by name, in the order in which they are declared."""

    by_name: Mapping[str, Format]

    @property
    def endings(self) -> dict[str, Ending]:
        """Every ending by its suffix."""
        return {ending.suffix: ending for format in self.by_name.values() for ending in format.endings}

    @property
    def pictures(self) -> tuple[str, ...]:
        """The endings that may be a sequence of pictures."""
        return tuple(suffix for suffix in self.endings if any(format.still for format in self.of(suffix)))

    def of(self, suffix: str) -> list[Format]:
        """The formats of an ending, the usual one first."""
        return [format for format in self.by_name.values() if suffix in (ending.suffix for ending in format.endings)]

    def with_alpha(self) -> str:
        """The endings that hold alpha: ".mov .mkv .png"."""
        return " ".join(suffix for suffix in self.endings if any(format.alpha for format in self.of(suffix)))

    def deep(self) -> str:
        """In words, what keeps 16 bits of a channel or more: "ffv1, png16"."""
        return listed(name for name, format in self.by_name.items() if format.bits == 16 and not format.depth.startswith("10"))

    def ending(self, file: str | Path) -> Ending | None:
        """The ending of a file's name; None for what is none of them."""
        return self.endings.get(Path(file).suffix.lower())


def listed(words: Iterable[str]) -> str:
    """Words with commas between them."""
    return ", ".join(words)


def fault_of_format(name: str, format: Format, known: Mapping[str, Format]) -> str:
    """What is wrong with a package's format, as the end of a sentence; "" for nothing."""
    suffixes: Sequence[object] = [getattr(ending, "suffix", None) for ending in format.endings]
    if name in known or name in ("auto", ""):
        return f"{name} is a codec of this program"
    if not suffixes or not all(
        isinstance(suffix, str) and suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes
    ):
        return 'it has no ending, as in Ending(".bmp", "pictures without compression")'
    if not format.still and not format.encoder:
        return "it has neither an encoder of ffmpeg's nor a function that makes a picture"
    if format.bits not in (8, 16) or (format.library and format.library not in Libraries):
        return f"it has {format.bits} bits, of 8 or 16, and the library {format.library or 'none'}, of {listed(Libraries)}"
    return ""
