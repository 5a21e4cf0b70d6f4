"""Which format an output has, and what of it there is here: (output) -> Format, or an error before any work."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2

from render.config.formats import Format, listed
from render.config.parts import formats
from render.develop import ffmpeg
from render.develop.names import FRAME, fill_name
from render.develop.sound import ENCODERS
from render.errors import ConfigError, MissingError

COPY = ("ffv1",)  # encoder of the lossless copy that a palette or a size limit is worked out from


class Crop(Protocol):
    """What of the frame is shown (render.config.model)."""

    def box(self, width: int, height: int, /) -> tuple[int, int, int, int]: ...
    def fault(self, width: int, height: int, /) -> str: ...


class Output(Protocol):
    """What is asked for: an output of the configuration (render.config.model)."""

    @property
    def file(self) -> str: ...
    @property
    def crop(self) -> Crop | None: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def fps(self) -> Fraction | None: ...
    @property
    def bitrate(self) -> int | None: ...
    @property
    def crf(self) -> int | None: ...
    @property
    def codec(self) -> str: ...
    @property
    def alpha(self) -> str: ...
    @property
    def size_limit(self) -> int | None: ...
    @property
    def recipe(self) -> bool: ...


def require(outputs: Iterable[Output], name: str, size: tuple[int, int] | None = None, has_sound: bool = False) -> None:
    """Refuse before any work what cannot be developed: ConfigError, or MissingError for an encoder that is not there.

    size: the film's (width, height), where it is known. has_sound: whether the film has any.
    """
    places: set[str] = set()
    for output in outputs:
        format = format_of(output)
        require_encoders(output, format, has_sound)
        if size and output.crop and (fault := output.crop.fault(*size)):
            raise ConfigError(f"{output.file}: its crop {fault}", "make it smaller, or write a shape such as 9:16")
        place = fill_name(output.file, name)
        if place in places:
            raise ConfigError(f"{output.file}: two outputs have this name")
        places.add(place)


def require_encoders(output: Output, format: Format, has_sound: bool) -> None:
    """MissingError for the first encoder that an output needs and that is not here."""
    if not has_encoder(format):
        here = f"ffmpeg ({ffmpeg.version()})" if format.library == "ffmpeg" else f"installation of {format.library}"
        raise MissingError(f"{output.file}: this {here} has no encoder {format.encoder}", "`render doctor` lists what there is")
    if format.hardware and not ffmpeg.finds_hardware(format.encoder):
        raise MissingError(f"{output.file}: {format.encoder} needs {format.hardware}, and finds none", "codec: auto needs none")
    ending = formats().ending(output.file)
    besides = [*(COPY if format.palette or output.size_limit is not None else ())]
    besides += [ENCODERS[ending.sound].encoder] if has_sound and ending and ending.sound else []
    if lacking := [encoder for encoder in besides if encoder not in ffmpeg.encoders()]:
        raise MissingError(
            f"{output.file}: this ffmpeg ({ffmpeg.version()}) has no encoder {lacking[0]}, which it needs besides"
        )


def has_encoder(format: Format) -> bool:
    """Whether the library that encodes a format can."""
    if format.library == "ffmpeg":
        return format.encoder in ffmpeg.encoders()
    if format.library == "opencv":
        return bool(cv2.haveImageWriter(f"x{format.encoder}"))
    return format.library != "pyav" or _pyav_encodes(format.encoder)


def _pyav_encodes(encoder: str) -> bool:
    import av

    try:
        return bool(av.Codec(encoder, "w").name)
    except av.codec.codec.UnknownCodecError:
        return False


def format_of(output: Output) -> Format:
    """The format of an output; a ConfigError says what there is instead."""
    codec = _choose(output)
    for fault, hint in _contradictions(output, codec):
        raise ConfigError(f"{output.file}: {fault}", hint)
    return codec


def most_bits(outputs: Iterable[Output]) -> int:
    """Of a channel, that any of the outputs is fed with: 8 or 16."""
    return max((format_of(output).bits for output in outputs), default=8)


def _choose(output: Output) -> Format:
    """The format that its ending and its codec name, or the first of the ending's that holds what is asked for."""
    known, suffix = formats(), Path(output.file).suffix.lower()
    if suffix not in known.endings:
        raise ConfigError(f'{output.file}: no format ends in "{suffix}"; known: {" ".join(known.endings)}')
    codecs = [format for format in known.of(suffix) if format.still or not FRAME.search(output.file)]
    if not codecs:
        raise ConfigError(f"{output.file}: {suffix} holds a whole film, so its name has no {{frame}}")
    chosen = codecs if output.codec == "auto" else [format for format in codecs if format.name == output.codec]
    if not chosen:
        names = " ".join(format.name for format in codecs)
        raise ConfigError(f'{output.file}: {suffix} cannot hold "{output.codec}"; it can hold: {names}')
    if output.alpha == "none":
        return chosen[0]
    clear = [format for format in chosen if format.alpha]
    if not clear:
        names = listed(format.name for format in codecs if format.alpha)
        what = suffix if output.codec == "auto" else output.codec
        raise ConfigError(f"{output.file}: {what} holds no alpha", f"{names or known.with_alpha()} can")
    return clear[0]


def _contradictions(output: Output, format: Format) -> Iterable[tuple[str, str]]:
    """What its settings ask for and the format has not, or what two of them decide; each with its cure."""
    name = format.name
    if output.crf is not None and not format.crf:
        yield f"{name} has no crf", ""
    if output.crf is not None and format.crf and output.crf > format.crf[1]:
        yield f"crf {output.crf} is past the worst of {name}, {format.crf[1]}", ""
    if output.width and output.height:
        yield "has a width and a height, and either follows from the other", "leave one of them out; `crop` gives another shape"
    if output.bitrate and not format.crf:
        yield f"{name} has no bitrate", ""
    if output.bitrate and (output.crf is not None or output.size_limit is not None):
        other = "crf" if output.crf is not None else "size_limit"
        yield f"has a bitrate and a {other}, which decide the same", "leave one of them out"
    if output.size_limit is not None and format.still:
        yield "size_limit is for films, not for single pictures", ""


def rate(output: Output, fps: Fraction) -> Fraction:
    """How many frames a second an output of a film of `fps` has."""
    format = format_of(output)
    wanted = wanted_rate(output, format, fps)
    return min(wanted, format.most_fps or wanted)


def wanted_rate(output: Output, format: Format, fps: Fraction) -> Fraction:
    """The rate that is asked for, whatever players can show."""
    return output.fps or min(fps, format.usual_fps or fps)
