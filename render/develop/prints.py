"""Prints. A Print is one row: how the frames of a film become a file of one format.

The ending of an output's name picks the container, `codec` the print in it; the first codec of an ending is its usual one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, log2, sqrt
from pathlib import Path
from typing import Protocol

from render.develop import ffmpeg, files, stills
from render.develop.ffmpeg import PixelFormat, Pixels, Send
from render.develop.metadata import container_arguments, metadata_file
from render.develop.names import FRAME, fill_name, frame_path
from render.develop.sound import AAC, FLAC, OPUS, SILENT, AudioArguments, AudioEncoder, audio_inputs, require_same_sound
from render.errors import ConfigError, DevelopError, MissingError
from render.source.audio import Sound

SOUND = 2  # the number of ffmpeg's input for it, after the frames and the metadata
TRIES = 6  # at a size limit
COARSER = 20  # crf above the usual that a size limit may bring; a narrower picture looks better than more
SAMPLE = 2**20  # pixels that a palette is chosen from; 16 times as many change it by 0.03 dB and take 9 times as long
NARROWEST = 32  # pixels; a size limit that needs less is refused
SCALED = "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
YUV = f"scale=in_range=full:out_range=tv:out_color_matrix=bt709:{SCALED},"
BT709 = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
NVENC = ("-preset", "p5", "-tune", "hq", "-rc", "vbr", "-b:v", "0")
LOSSLESS = ("-c:v", "ffv1", "-level", "3", "-coder", "1", "-g", "1", "-slices", "4", "-slicecrc", "1", *ffmpeg.EXACT)


Ratio = Callable[[Fraction, Fraction], int]  # (fine, coarse) -> fine frames per coarse frame; 0 if their times do not coincide


class Output(Protocol):
    """What is asked for: an output of the configuration (render.config.model)."""

    @property
    def file(self) -> str: ...
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
    def size_limit(self) -> int | None: ...
    @property
    def recipe(self) -> bool: ...


@dataclass(frozen=True)
class Tuning:
    """What may change to make a file smaller: the picture's (width, height) and, where there is one, the quality number."""

    size: tuple[int, int]
    crf: int | None


@dataclass(frozen=True)
class Job:
    """One output on its way to its file."""

    row: Print
    output: Output
    path: Path
    size: tuple[int, int]  # (width, height) of the frames that come
    fps: Fraction  # of the file
    tuning: Tuning
    title: str
    config: str  # the resolved configuration, as YAML; empty where the file is to carry none
    notice: Callable[[str], None]  # takes what is to be told
    audio: AudioEncoder | None  # how its container holds sound
    sound: AudioArguments = SILENT


@dataclass(frozen=True)
class Print:
    """A format."""

    work: Callable[[Job], AbstractContextManager[Send]]  # gives the function that takes the frames
    encoder: str = ""  # ffmpeg's name of it; none for single pictures
    arguments: tuple[str, ...] = ()  # of the encoder
    pixels: PixelFormat = "rgb24"  # what it is fed with
    layout: str = "yuv420p"  # what it stores, as ffmpeg names it
    crf: tuple[int, int] | None = None  # the usual quality number and the highest (worst); None where there is none
    quality: str = "-crf"  # what the encoder calls that number
    hardware: str = ""  # what it does not work without
    even: bool = True  # holds only even widths and heights
    merges: bool = False  # stores equal neighbours as one longer frame
    usual_fps: Fraction | None = None  # the most frames a second unless others are asked for
    most_fps: Fraction | None = None  # the most that players show; what names a shorter time is shown ten times a second
    usual_width: int | None = None  # the most pixels across unless others are asked for
    still: Callable[[Pixels, str], bytes] | None = None  # (picture, configuration) -> the bytes of one picture


@dataclass(frozen=True)
class Container:
    """What an ending can hold."""

    codecs: tuple[str, ...]  # the usual one first
    audio: AudioEncoder | None = None  # how it holds sound; None: not at all


def develop(
    outputs: Sequence[Output],
    frames: Callable[[Fraction], Iterable[Pixels]],
    size: tuple[int, int],
    fps: Fraction,
    folder: Path,
    name: str,
    config: str,
    sound: Sound | None = None,
    ratio: Ratio = lambda fine, coarse: int(fine == coarse),
) -> tuple[list[Path], list[str]]:
    """Develop `outputs` into `folder`; their paths (of a sequence, the first picture) and notices to be told.

    frames: the film at a rate, [H, W, 3] uint8 or uint16 of `size` (width, height); called once for each of the `walks`.
    config: the resolved configuration, which goes into the files that can hold it. sound: goes into those that have one.
    Raises ConfigError or MissingError before any work, DevelopError or RoomError; what has its final name is whole.
    """
    require(outputs, name)
    notices: list[str] = []
    jobs = [_job(output, size, fps, folder, name, config, notices.append) for output in outputs]
    with audio_inputs(sound, [job.audio for job in jobs], folder / "sound") as inputs:
        jobs = [replace(job, sound=inputs(job.audio, SOUND)) for job in jobs]
        for rate, rates in walks((job.fps for job in jobs), ratio).items():
            with ExitStack() as stack:
                group = [job for job in jobs if job.fps in rates]
                encoders = [(ratio(rate, job.fps), stack.enter_context(job.row.work(job))) for job in group]
                for number, frame in enumerate(frames(rate)):
                    for every, send in encoders:
                        if number % every == 0:
                            send(frame)
                require_same_sound(sound)
    return [frame_path(job.path, 0) for job in jobs], notices


def walks(rates: Iterable[Fraction], ratio: Ratio) -> dict[Fraction, list[Fraction]]:
    """The rates at which frames are made, and with each those that its frames are enough for: itself the first."""
    walks: dict[Fraction, list[Fraction]] = {}
    for rate in sorted({*rates}, reverse=True):
        walks.setdefault(next((fine for fine in walks if ratio(fine, rate)), rate), []).append(rate)
    return walks


def require(outputs: Iterable[Output], name: str) -> None:
    """Refuse before any work what cannot be developed: ConfigError, or MissingError for an encoder that is not there."""
    places: set[str] = set()
    for output in outputs:
        row = print_format(output)
        if row.encoder and row.encoder not in ffmpeg.encoders():
            raise MissingError(f"{output.file}: this ffmpeg ({ffmpeg.version()}) has no encoder {row.encoder}")
        if row.hardware and not ffmpeg.at_hand(row.encoder):
            raise MissingError(f"{output.file}: {row.encoder} needs {row.hardware}, and finds none", "codec: auto needs none")
        place = fill_name(output.file, name)
        if place in places:
            raise ConfigError(f"{output.file}: two outputs have this name")
        places.add(place)


def print_format(output: Output) -> Print:
    """The row for an output; a ConfigError says what there is instead."""
    ending = Path(output.file).suffix.lower()
    if ending not in CONTAINERS:
        raise ConfigError(f'{output.file}: no format ends in "{ending}"; known: {" ".join(CONTAINERS)}')
    sequence = bool(FRAME.search(output.file))
    codecs = [codec for codec in CONTAINERS[ending].codecs if PRINTS[codec].still or not sequence]
    if not codecs:
        raise ConfigError(f"{output.file}: {ending} holds a whole film, so its name has no {{frame}}")
    codec = codecs[0] if output.codec == "auto" else output.codec
    if codec not in codecs:
        raise ConfigError(f'{output.file}: {ending} cannot hold "{codec}"; it can hold: {" ".join(codecs)}')
    row = PRINTS[codec]
    if output.crf is not None and not row.crf:
        raise ConfigError(f"{output.file}: {codec} has no crf")
    if output.crf is not None and row.crf and output.crf > row.crf[1]:
        raise ConfigError(f"{output.file}: crf {output.crf} is past the worst of {codec}, {row.crf[1]}")
    if output.width and output.height:
        raise ConfigError(
            f"{output.file}: has a width and a height, and either follows from the other", "leave one of them out"
        )
    if output.bitrate and not row.crf:
        raise ConfigError(f"{output.file}: {codec} has no bitrate")
    if output.bitrate and (output.crf is not None or output.size_limit is not None):
        other = "crf" if output.crf is not None else "size_limit"
        raise ConfigError(f"{output.file}: has a bitrate and a {other}, which decide the same", "leave one of them out")
    if output.size_limit is not None and row.still:
        raise ConfigError(f"{output.file}: size_limit is for films, not for single pictures")
    return row


def rate(output: Output, fps: Fraction) -> Fraction:
    """How many frames a second an output of a film of `fps` has."""
    row = print_format(output)
    asked = output.fps or min(fps, row.usual_fps or fps)
    return min(asked, row.most_fps or asked)


def evenly_from(output: Output, size: tuple[int, int]) -> int:
    """The number of frames of a (width, height) from which on one more costs as much as the last: palettes look at so many."""
    row = print_format(output)
    width, height = _shape(row, size, _width(output, size))
    return ceil(SAMPLE / (width * height)) if row.work is _palette_film else 1


def _job(
    output: Output,
    size: tuple[int, int],
    fps: Fraction,
    folder: Path,
    name: str,
    config: str,
    notice: Callable[[str], None],
) -> Job:
    row = print_format(output)
    path = folder / fill_name(output.file, name)
    width = _width(output, size)
    shape = _shape(row, size, width)
    if 0 in shape:
        raise ConfigError(f"{output.file}: {size[0]}x{size[1]} is too small for it")
    if not width and shape[0] < size[0] - 1:
        notice(f"{path.name} is {shape[0]}x{shape[1]}; say `width` for another size")
    elif not width and shape != size:
        notice(f"{path.name} is {shape[0]}x{shape[1]} of {size[0]}x{size[1]}, since it can hold only even sizes")
    crf = None if output.bitrate else output.crf if output.crf is not None else row.crf and row.crf[0]
    frame_rate = rate(output, fps)
    if frame_rate < (output.fps or min(fps, row.usual_fps or fps)):
        notice(f"{path.name} has {frame_rate} frames a second, the most that {path.suffix} can show")
    audio = CONTAINERS[path.suffix.lower()].audio
    return Job(row, output, path, size, frame_rate, Tuning(shape, crf), name, config if output.recipe else "", notice, audio)


def _width(output: Output, size: tuple[int, int]) -> int | None:
    """How many pixels wide it is to be, by its width or its height; None if it says neither."""
    return max(1, round(size[0] * output.height / size[1])) if output.height else output.width


def _shape(row: Print, size: tuple[int, int], width: int | None) -> tuple[int, int]:
    """The (width, height) of what goes out when it is to be `width` wide, or as wide as is usual."""
    width = width or min(size[0], row.usual_width or size[0])
    height = size[1] if width == size[0] else max(1, round(size[1] * width / size[0]))
    return (width - width % 2, height - height % 2) if row.even else (width, height)


# How each kind of print takes its frames


@contextmanager
def _film(job: Job) -> Iterator[Send]:
    """A film written as its frames come, or, to meet a size limit, developed from a lossless copy until it is small enough."""
    if job.output.size_limit is not None:
        with _from_copy(job, _encode) as take:
            yield take
        return
    with metadata_file(job.path, job.title, job.config) as notes:
        arguments = ("-i", f"file:{notes}", *_encoding(job, job.tuning, job.size))
        with ffmpeg.writing(job.path, job.size, job.fps, job.row.pixels, arguments, job.row.merges) as send:
            yield lambda frame: send(_depth(frame, job.row.pixels))


@contextmanager
def _palette_film(job: Job) -> Iterator[Send]:
    """A film whose 256 colours are chosen from all of it: two passes over a lossless copy, so that memory does not grow."""
    with _from_copy(job, _encode_with_palette) as take:
        yield take


def _stills(job: Job) -> AbstractContextManager[Send]:
    """One picture a frame when the name has {frame}, else the last frame."""
    return _sequence(job) if FRAME.search(job.path.name) else _last_picture(job)


@contextmanager
def _last_picture(job: Job) -> Iterator[Send]:
    last: list[Pixels] = []
    number = 0

    def take(frame: Pixels) -> None:
        nonlocal number
        number += 1
        last[:] = [frame]

    yield take
    if number > 1:
        job.notice(f"{job.path.name} is the last frame; a name with {{frame:06}} makes a picture of each")
    files.write(job.path, _still(job, last[0]))


@contextmanager
def _sequence(job: Job) -> Iterator[Send]:
    """All pictures wait in a folder beside their places until the last is there."""
    with files.scratch(job.path, "") as waiting:
        waiting.mkdir()
        number = 0

        def take(frame: Pixels) -> None:
            nonlocal number
            (waiting / str(number)).write_bytes(_still(job, frame))
            number += 1

        yield take
        for frame in range(number):
            os.replace(waiting / str(frame), frame_path(job.path, frame))
    if frame_path(job.path, number).exists():
        job.notice(f"{job.path.parent}: pictures of an earlier, longer print follow after number {number - 1}")


def _still(job: Job, frame: Pixels) -> bytes:
    assert job.row.still
    return job.row.still(stills.resize_pixels(_depth(frame, job.row.pixels), job.tuning.size), job.config)


Encode = Callable[[Job, Tuning, Path, Path, int], None]


@contextmanager
def _from_copy(job: Job, encode: Encode) -> Iterator[Send]:
    """Keep the frames in a lossless copy, then encode that as often as the size limit asks for."""
    with files.scratch(job.path, ".mkv") as copy:
        shape = job.tuning.size if job.row.pixels == "rgb24" else job.size
        layout = "gbrp16le" if job.row.pixels == "rgb48le" else "bgr0"
        number = 0
        arguments = ("-vf", f"{_scaling(job.size, shape)}format={layout}", *LOSSLESS)
        with ffmpeg.writing(copy, job.size, job.fps, job.row.pixels, arguments) as send:

            def take(frame: Pixels) -> None:
                nonlocal number
                send(_depth(frame, job.row.pixels))
                number += 1

            yield take
        with files.beside(job.path) as part:
            _search(job, part, lambda tuning: encode(job, tuning, copy, part, number))


def _search(job: Job, part: Path, encode: Callable[[Tuning], None]) -> None:
    """Encode with less and less until the file is within the size limit."""
    tuning, limit = job.tuning, job.output.size_limit
    for _ in range(TRIES):
        encode(tuning)
        length = part.stat().st_size
        if limit is None or length <= limit:
            break
        tuning = _smaller(job, tuning, limit / length)
    else:
        raise DevelopError(f"{job.path}: {length:,} bytes at {tuning.size[0]} wide; the limit of {limit:,} is out of reach")
    if tuning != job.tuning:
        quality = f", crf {tuning.crf}" if tuning.crf != job.tuning.crf else ""
        job.notice(f"{job.path.name} is {tuning.size[0]}x{tuning.size[1]}{quality} to stay within its size limit")


def _smaller(job: Job, tuning: Tuning, ratio: float) -> Tuning:
    """A tuning for about `ratio` of the bytes: a worse quality number where there is one, then a narrower picture.

    Six crf halve a file; bytes go with the area; a little more is taken so that the next try is likely the last.
    """
    worst = job.row.crf[0] + COARSER if job.row.crf else 0
    if tuning.crf is not None and tuning.crf < worst:
        return Tuning(tuning.size, min(worst, tuning.crf + ceil(-6 * log2(ratio)) + 1))
    width = int(tuning.size[0] * sqrt(ratio) * 0.97)
    if width < NARROWEST:
        raise DevelopError(f"{job.path}: its size limit would need a picture {width} pixels wide")
    return Tuning(_shape(job.row, job.size, width), tuning.crf)


def _encode(job: Job, tuning: Tuning, copy: Path, part: Path, number: int) -> None:
    with metadata_file(job.path, job.title, job.config) as notes:
        stored = job.size if job.row.pixels == "rgb48le" else job.tuning.size
        arguments = _encoding(job, tuning, stored)
        ffmpeg.convert(part, job.path, [copy, notes], arguments, number, job.fps, job.row.merges)


def _encode_with_palette(job: Job, tuning: Tuning, copy: Path, part: Path, number: int) -> None:
    scaling = _scaling(job.tuning.size, tuning.size)
    with files.scratch(job.path, ".png") as palette:
        sampling = _sampling(job.tuning.size, number)
        choose = ("-vf", f"{sampling}palettegen=reserve_transparent=0", "-frames:v", "1", "-update", "1")
        ffmpeg.convert(palette, job.path, [copy], choose, 1, job.fps)
        # On dreams sierra3 keeps the look of sierra2_4a (35.3 against 35.8 dB, blurred as the eye does; ordered dither 33.8)
        # in 6 % fewer bytes; ordered dither saves no more than that.
        use = f"[0:v]{scaling}null[film];[film][1:v]paletteuse=dither=sierra3"
        arguments = ("-lavfi", use, "-loop", "0", *ffmpeg.EXACT)
        ffmpeg.convert(part, job.path, [copy, palette], arguments, number, job.fps)


def _sampling(size: tuple[int, int], number: int) -> str:
    """The filter, with a comma behind, that takes so many frames of a (width, height) down to the pixels a palette needs."""
    share = sqrt(SAMPLE / (size[0] * size[1] * number))
    return f"scale={max(1, int(size[0] * share))}:{max(1, int(size[1] * share))}:flags=neighbor," if share < 1 else ""


def _encoding(job: Job, tuning: Tuning, size: tuple[int, int]) -> tuple[str, ...]:
    """ffmpeg's arguments from frames of a (width, height), as input 0, and the metadata, as input 1, to the film."""
    row = job.row
    colours = f"{YUV}format={row.layout},{BT709}" if row.layout.startswith(("yuv", "p010")) else f"format={row.layout}"
    convert = _scaling(size, tuning.size) + colours
    quality = () if tuning.crf is None else (row.quality, str(tuning.crf))
    if job.output.bitrate:
        quality = ("-b:v", str(job.output.bitrate))
    maps = (*job.sound.input, "-map", "0:v:0", "-map_metadata", "1", *job.sound.output)
    return (*maps, "-vf", convert, "-c:v", row.encoder, *row.arguments, *quality, *container_arguments(job.path), *ffmpeg.EXACT)


def _scaling(source: tuple[int, int], target: tuple[int, int]) -> str:
    """The filter, with a comma behind, from one (width, height) to another: a cut where only a line must go."""
    if source == target:
        return ""
    if source[0] - target[0] in (0, 1) and source[1] - target[1] in (0, 1):
        return f"crop={target[0]}:{target[1]}:0:0,"
    return f"scale={target[0]}:{target[1]}:{SCALED},"


def _depth(frame: Pixels, pixels: PixelFormat) -> Pixels:
    return stills.eight_bits(frame) if pixels == "rgb24" else stills.sixteen_bits(frame)


PRINTS: dict[str, Print] = {
    "h264": Print(_film, "libx264", ("-preset", "medium"), crf=(18, 51)),
    "h265": Print(
        _film,
        "libx265",
        ("-preset", "medium", "-x265-params", "log-level=error", "-tag:v", "hvc1"),
        pixels="rgb48le",
        layout="yuv420p10le",
        crf=(20, 51),
    ),
    "h264_nvenc": Print(_film, "h264_nvenc", NVENC, crf=(20, 51), quality="-cq", hardware="an NVIDIA card"),
    "hevc_nvenc": Print(
        _film,
        "hevc_nvenc",
        (*NVENC, "-tag:v", "hvc1"),
        pixels="rgb48le",
        layout="p010le",
        crf=(22, 51),
        quality="-cq",
        hardware="an NVIDIA card",
    ),
    "av1": Print(_film, "libsvtav1", ("-preset", "8"), pixels="rgb48le", layout="yuv420p10le", crf=(28, 63)),
    "vp9": Print(
        _film,
        "libvpx-vp9",
        ("-b:v", "0", "-deadline", "good", "-cpu-used", "3", "-row-mt", "1", "-tile-columns", "2", "-threads", "8"),
        crf=(24, 63),
    ),
    "prores": Print(_film, "prores_ks", ("-profile:v", "3", "-vendor", "apl0"), pixels="rgb48le", layout="yuv422p10le"),
    "prores4444": Print(
        _film, "prores_ks", ("-profile:v", "4", "-vendor", "apl0"), pixels="rgb48le", layout="yuv444p10le", even=False
    ),
    "ffv1": Print(_film, "ffv1", LOSSLESS[2:], pixels="rgb48le", layout="gbrp16le", even=False),
    "gif": Print(_palette_film, "gif", even=False, usual_fps=Fraction(25), most_fps=Fraction(50), usual_width=480),
    "webp": Print(
        _film, "libwebp_anim", ("-quality", "80", "-loop", "0"), layout="bgra", even=False, merges=True, most_fps=Fraction(90)
    ),
    "webp-picture": Print(_stills, even=False, still=stills.webp),
    "png": Print(_stills, even=False, still=stills.png),
    "png16": Print(_stills, pixels="rgb48le", even=False, still=stills.png),
    "tiff": Print(_stills, pixels="rgb48le", even=False, still=stills.tiff),
    "exr": Print(_stills, pixels="rgb48le", even=False, still=stills.exr),
    "jpeg": Print(_stills, even=False, still=stills.jpeg),
}

CONTAINERS: dict[str, Container] = {
    ".mp4": Container(("h264", "h265", "av1", "h264_nvenc", "hevc_nvenc"), AAC),
    ".mov": Container(("h264", "h265", "prores", "prores4444", "h264_nvenc", "hevc_nvenc"), AAC),
    ".mkv": Container(("h264", "h265", "av1", "vp9", "ffv1", "h264_nvenc", "hevc_nvenc"), FLAC),
    ".webm": Container(("vp9", "av1"), OPUS),
    ".gif": Container(("gif",)),
    ".webp": Container(("webp", "webp-picture")),
    ".png": Container(("png", "png16")),
    ".tif": Container(("tiff",)),
    ".tiff": Container(("tiff",)),
    ".exr": Container(("exr",)),
    ".jpg": Container(("jpeg",)),
    ".jpeg": Container(("jpeg",)),
}
