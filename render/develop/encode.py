"""Encoding. How ffmpeg makes films of frames: as they come, or from a lossless copy, for a palette or a size limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from math import ceil, log2, sqrt
from pathlib import Path

from render.develop import ffmpeg, files
from render.develop.ffmpeg import Pixels, Send
from render.develop.job import Job, Tuning, shape_of
from render.develop.metadata import container_arguments, metadata_file
from render.errors import DevelopError

SOUND = 2  # the number of ffmpeg's input for it, after the frames and the metadata
TRIES = 6  # at a size limit
COARSER = 20  # crf above the usual that a size limit may bring; a narrower picture looks better than more
SAMPLE = 2**16  # pixels that a palette is chosen from; of dreams 16 times as many change a film by 0.1 dB, up or down
NARROWEST = 32  # pixels; a size limit that needs less is refused
SCALED = "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
YUV = f"scale=in_range=full:out_range=tv:out_color_matrix=bt709:{SCALED},"
BT709 = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
LOSSLESS = ("-c:v", "ffv1", "-level", "3", "-coder", "1", "-g", "1", "-slices", "4", "-slicecrc", "1", *ffmpeg.EXACT)
COPIES = {"rgb24": "bgr0", "rgba": "bgra", "rgb48le": "gbrp16le", "rgba64le": "gbrap16le"}  # what FFV1 holds, of what comes


def writing(job: Job) -> AbstractContextManager[Send]:
    """What takes frames and writes a film: from a copy, where all of it must be seen first or it must become small enough."""
    if job.format.palette:
        return _from_copy(job, _encode_with_palette)
    return _from_copy(job, _encode) if job.output.size_limit is not None else _as_they_come(job)


@contextmanager
def _as_they_come(job: Job) -> Iterator[Send]:
    with metadata_file(job.path, job.title, job.config) as notes:
        arguments = ("-i", f"file:{notes}", *_encoding(job, job.tuning, job.size))
        with ffmpeg.writing(job.path, job.size, job.fps, job.pixels, arguments, job.format.merges) as send:
            yield send


Encode = Callable[[Job, Tuning, Path, Path, int], None]


@contextmanager
def _from_copy(job: Job, encode: Encode) -> Iterator[Send]:
    """Keep the frames in a lossless copy, then encode that as often as the size limit asks for."""
    with files.scratch(job.path, ".mkv") as copy:
        number = 0
        arguments = ("-vf", f"{_scaling(job, job.size, _copy_size(job))}format={COPIES[job.pixels]}", *LOSSLESS)
        with ffmpeg.feeding(copy, job.path, job.size, job.fps, job.pixels, arguments) as send:

            def take(frame: Pixels) -> None:
                nonlocal number
                send(frame)
                number += 1

            yield take
        with files.beside(job.path) as part:
            _search(job, part, lambda tuning: encode(job, tuning, copy, part, number))


def _copy_size(job: Job) -> tuple[int, int]:
    """The (width, height) of the lossless copy: of 8 bits as large as the film becomes, of 16 as large as it comes."""
    return job.tuning.size if job.format.bits == 8 else job.size


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
    worst = job.format.crf[0] + COARSER if job.format.crf else 0
    if tuning.crf is not None and tuning.crf < worst:
        return Tuning(tuning.size, min(worst, tuning.crf + ceil(-6 * log2(ratio)) + 1))
    width = int(tuning.size[0] * sqrt(ratio) * 0.97)
    if width < NARROWEST:
        raise DevelopError(f"{job.path}: its size limit would need a picture {width} pixels wide")
    return Tuning(shape_of(job.format, job.size, width), tuning.crf)


def _encode(job: Job, tuning: Tuning, copy: Path, part: Path, number: int) -> None:
    with metadata_file(job.path, job.title, job.config) as notes:
        arguments = _encoding(job, tuning, _copy_size(job))
        ffmpeg.convert(part, job.path, [copy, notes], arguments, number, job.fps, job.format.merges)


def _encode_with_palette(job: Job, tuning: Tuning, copy: Path, part: Path, number: int) -> None:
    scaling = _scaling(job, job.tuning.size, tuning.size)
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
    format = job.format
    layout = format.alpha if job.clear else format.layout
    colours = f"{YUV}format={layout},{BT709}" if layout.startswith(("yuv", "p010")) else f"format={layout}"
    convert = _scaling(job, size, tuning.size) + colours
    quality = () if tuning.crf is None else (format.quality, str(tuning.crf))
    if job.output.bitrate:
        quality = ("-b:v", str(job.output.bitrate))
    maps = (*job.sound.input, "-map", "0:v:0", "-map_metadata", "1", *job.sound.output)
    encoder = ("-c:v", format.encoder, *format.arguments, *(format.alpha_arguments if job.clear else ()), *quality)
    return (*maps, "-vf", convert, *encoder, *container_arguments(job.path), *ffmpeg.EXACT)


def _scaling(job: Job, source: tuple[int, int], target: tuple[int, int]) -> str:
    """The filter, with a comma behind, from one (width, height) to another: a cut where only a line must go."""
    if source == target:
        return ""
    if source[0] - target[0] in (0, 1) and source[1] - target[1] in (0, 1):
        return f"crop={target[0]}:{target[1]}:0:0,"
    scale = f"scale={target[0]}:{target[1]}:{SCALED},"
    if not job.clear:
        return scale
    # colours times alpha while they are averaged, or what is clear would bleed into its neighbours
    return f"format=gbrap16le,premultiply=inplace=1,{scale}unpremultiply=inplace=1,"
