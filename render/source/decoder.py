"""Decoding. The pictures of a video file as they are decoded: one after the other, or by their number. Without torch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from render.errors import MissingError, unopened
from render.inputs import MOVIE, plain

# What may hold a film. Playlists, scripts, still pictures and text, which ffmpeg reads too, would lead elsewhere.
MOVIES = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,obu,ivf,flv,asf,ogg,gif,apng,nut,mxf,dv,rm,"
    "yuv4mpegpipe,mp3,wav,flac,aac"  # the last four so that they can be called what they are
)
LOCAL = {"protocol_whitelist": "file", "format_whitelist": MOVIES}
UNTIMED = frozenset({"avi", "h264", "hevc", "obu", "m4v", "mpegvideo"})  # containers without timestamps worth the name
USUAL = Fraction(25)  # pictures per second where a file says nothing

THREADS = 4  # of a decoder; each holds one more picture back
LEAP = 120  # pictures ahead at which a look for the key frame before the wanted one is faster than reading on
ROOM = 256 * 2**20  # bytes of decoded pictures kept: those between two ticks
BESIDE = 2  # pictures before the wanted one that tell what two half pictures looked like whole

UNTAGGED, BT709, BT601 = 2, 1, 5  # colour matrices, numbered as in ITU-T H.273
SD = (576, 1024)  # (height, width) up to which untagged colours are taken for BT.601's, as players do
ODDEST = Fraction(4)  # times that a pixel may be as wide as it is high; a file that says more is mistaken
EXACTLY = (
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
)

Marked = tuple[int, VideoFrame]  # a timestamp, and the picture that has it


@contextmanager
def open_video(file: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its pictures' stream. Raises MissingError that names the file and what is wrong."""
    path = plain(file, MOVIE)
    with naming_faults(file), av.open(f"file:{path}", options=dict(LOCAL), metadata_errors="replace") as container:
        streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
        if not streams:
            raise MissingError(f"{file}: has sound but no moving pictures" if container.streams.audio else _no_video(file))
        stream = streams[0]
        if not stream.codec_context:
            raise MissingError(f"{file}: is packed in a way that cannot be read here; H.264, H.265, VP9, AV1 and ProRes can")
        stream.thread_type, stream.codec_context.thread_count = "AUTO", THREADS
        yield container, stream


@contextmanager
def naming_faults(file: Path) -> Iterator[None]:
    """Turn all that can go wrong with a video file into one sentence that names it."""
    try:
        yield
    except (av.InvalidDataError, av.ArgumentError) as error:  # what the list of containers leaves out is the latter
        raise MissingError(_no_video(file)) from error
    except (av.FFmpegError, OSError) as error:
        why = unopened(error) or f"cannot be read: {error.strerror or 'the file is damaged'}"
        raise MissingError(f"{file}: {why}") from error


def _no_video(file: Path) -> str:
    return f"{file}: is not a video that can be read here; MP4, MOV, MKV, WebM and AVI can"


def unit_of(container: InputContainer, stream: VideoStream) -> Fraction:
    """Seconds in which its pictures' timestamps are counted."""
    if container.format.name in UNTIMED:
        return 1 / (stream.guessed_rate or stream.average_rate or USUAL)
    return stream.time_base or 1 / USUAL


# ---- one after the other


def pictures(file: Path, since: int | None = None, interlaced: bool = False) -> Iterator[Marked | None]:
    """The pictures from the key frame before the timestamp `since`, or from the first, by rising timestamps.

    None stands for damage: a picture that cannot be decoded, or is told to be broken. interlaced: half pictures are made whole.
    """
    with open_video(file) as (container, stream):
        timed = container.format.name not in UNTIMED
        if timed and since is not None:
            container.seek(since, stream=stream)
        last = None
        frames = _decode(container, stream)
        for number, frame in enumerate(_deinterlace(frames, stream) if interlaced else frames):
            mark = frame.pts if frame and timed else number
            if frame is None or frame.is_corrupt or mark is None:
                yield None
            elif last is None or mark > last:
                last = mark
                yield mark, frame


def pictures_from(file: Path, since: int, interlaced: bool = False) -> Iterator[Marked | None]:
    """The same, surely from no later than `since`: not every container finds the key frame before a time."""
    coming = pictures(file, since, interlaced)
    for marked in coming:
        if marked is None:
            continue
        if marked[0] <= since:
            return chain([marked], coming)
        break
    return pictures(file, None, interlaced)


def _decode(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | None]:
    for packet in packets(container, stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """The packets of those streams, of all if none is named, as far as the file can be read."""
    with suppress(av.FFmpegError):
        yield from container.demux(*streams)


def _deinterlace(frames: Iterator[VideoFrame | None], stream: VideoStream) -> Iterator[VideoFrame | None]:
    """Interlaced pictures as whole ones by the filter bwdif, under their own timestamps; others as they are."""
    graph, marks = Graph(), deque[int | None]()
    bwdif, sink = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    graph.link_nodes(graph.add_buffer(template=stream), bwdif, sink).configure()

    def through(frame: VideoFrame | None) -> Iterator[VideoFrame]:
        graph.vpush(frame)
        with suppress(av.BlockingIOError, av.EOFError):  # it wants the next picture, or has given the last
            while True:
                whole = graph.vpull()
                whole.pts = marks.popleft()
                yield whole

    for frame in frames:
        if frame is None:
            yield None
            continue
        marks.append(frame.pts)
        yield from through(frame)
    yield from through(None)


# ---- by their number


def picture_reader(file: Path, marks: Sequence[int], interlaced: bool) -> Callable[[int], VideoFrame]:
    """number -> the picture with that one of `marks`; where it cannot be decoded, the one before.

    Forward it reads on, backward and far ahead it begins at the key frame before. The last pictures that it passed are kept,
    as many as ROOM holds, however long the file.
    """
    numbers = {mark: number for number, mark in enumerate(marks)}
    kept: dict[int, VideoFrame] = {}
    coming: Iterator[Marked | None] = iter(())

    def picture(number: int) -> VideoFrame:
        nonlocal coming
        if number in kept:
            return kept[number]
        passed = max(kept, default=-LEAP)
        if not passed < number < passed + LEAP:
            kept.clear()
            coming = pictures_from(file, marks[max(number - BESIDE * interlaced, 0)], interlaced)
        for mark, frame in filter(None, coming):
            if mark in numbers:
                _remember(kept, numbers[mark], frame)
            if mark >= marks[number]:
                break
        if not kept:
            raise MissingError(f"{file}: has changed since it was looked at")
        if number not in kept:
            _remember(kept, number, kept[max((earlier for earlier in kept if earlier < number), default=min(kept))])
        return kept[number]

    return picture


def _remember(kept: dict[int, VideoFrame], number: int, frame: VideoFrame) -> None:
    """Add a picture to those that are kept; those that were there first make room."""
    kept[number] = frame
    size = sum(plane.buffer_size for plane in frame.planes)
    while len(kept) > 2 and len(kept) * size > ROOM:
        del kept[next(iter(kept))]


# ---- as seen


def planes(frame: VideoFrame) -> NDArray[np.float32]:
    """[3, H, W] of RGB, 0..1, or [4, H, W] where it has an opacity: upright, of full range, in the file's own transfer."""
    matrix = None
    if frame.colorspace == UNTAGGED:
        matrix = BT601 if frame.height <= SD[0] and frame.width <= SD[1] else BT709
    clear = any(component.is_alpha for component in frame.format.components)
    # A scaler of its own: a frame keeps the one that its own `reformat` makes, with that one's threads, as long as it is kept.
    floats = VideoReformatter().reformat(
        frame, format="gbrapf32le" if clear else "gbrpf32le", src_colorspace=matrix, interpolation=EXACTLY
    )
    green, blue, red, *opacity = (
        np.frombuffer(memoryview(plane), "<f4").reshape(plane.height, -1)[:, : plane.width] for plane in floats.planes
    )
    return _upright(np.stack([red, green, blue, *opacity]), frame)


def upright_size(frame: VideoFrame, aspect: Fraction) -> tuple[int, int]:
    """(height, width) of a picture as seen; aspect: width of a pixel by its height. No pixel is lost."""
    square, wide = Fraction(1), min(max(aspect, 1 / ODDEST), ODDEST)
    width, height = round(frame.width * max(wide, square)), round(frame.height / min(wide, square))
    across, _, _ = _turn(frame)
    return (width, height) if across else (height, width)


def _upright(colours: NDArray[np.float32], frame: VideoFrame) -> NDArray[np.float32]:
    across, mirrored, upside_down = _turn(frame)
    colours = colours.swapaxes(1, 2) if across else colours
    return np.ascontiguousarray(colours[:, :: -1 if upside_down else 1, :: -1 if mirrored else 1])


def _turn(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """How a picture must be turned to stand upright: rows become columns; then right becomes left; then top becomes bottom."""
    side: Any = frame.side_data.get("DISPLAYMATRIX")
    if side is None:
        return False, False, False
    xx, yx, _, xy, yy = np.frombuffer(bytes(side), "<i4")[:5].tolist()  # seen x = xx x + xy y, seen y = yx x + yy y
    across = abs(xy) > abs(xx)
    return across, (xy if across else xx) < 0, (yx if across else yy) < 0
