"""Decoding. The pictures of a video file as they are decoded: one after the other, or by their number. Without torch."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import lru_cache
from heapq import heappop, heappush
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, Any, TypeVar

import av
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from render.errors import MissingError, unopened
from render.inputs import MOVIE, open_file
from render.source.stamp import FileStamp, stamp
from render.source.timeline import JOINED, Timeline, timeline
from render.source.webp import film_of, is_webp

# What may hold a film. Playlists, scripts, still pictures and text, which ffmpeg reads too, would lead elsewhere.
MOVIES = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,obu,ivf,flv,asf,ogg,gif,apng,nut,mxf,dv,rm,"
    "yuv4mpegpipe,mp3,wav,flac,aac"  # the last four so that they can be called what they are
)
LOCAL = {"protocol_whitelist": "file", "format_whitelist": MOVIES}
UNTIMED = frozenset({"h264", "hevc", "obu", "m4v", "mpegvideo"})  # containers without timestamps worth the name
IN_ORDER = frozenset({"avi"})  # says when a picture is decoded: the first of those times is when the first is shown, and so on
ROUGHLY_FOUND = IN_ORDER | UNTIMED | {"mpeg"}  # a look for a key frame there loses count of the time
NO_VIDEO = "is not a video that can be read here; MP4, MOV, MKV, WebM and AVI can"
USUAL = Fraction(25)  # pictures per second where a file says nothing

THREADS = 4  # of a decoder; each holds one more picture back
LEAP = 120  # pictures ahead at which a look for the key frame before the wanted one is faster than reading on
ROOM = 256 * 2**20  # bytes of decoded pictures kept: those between two ticks
MOST_KEPT = 2 * LEAP  # pictures kept, however small they are
MOST_UNTIMED = 64  # pictures without timestamps at a file's beginning that are kept until one comes that has one
BESIDE = 2  # pictures before the wanted one that tell what two half pictures looked like whole

WITH_OPACITY = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # ffmpeg's own decoders -> those that know of opacity
Decode = Callable[[Any], Iterable[VideoFrame]]  # a packet -> the pictures that it completes
Marked = tuple[int, VideoFrame]  # a timestamp, and the picture that has it
Track = TypeVar("Track", bound=Stream)


class NoVideoError(MissingError):
    """The file is no video at all, whatever else it may be."""


@contextmanager
def open_video(file: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its pictures' stream. Raises MissingError that names the file and what is wrong."""
    with (
        naming_faults(file),
        open_file(file, MOVIE) as source,
        av.open(as_video(source), "r", options=dict(LOCAL), metadata_errors="replace") as container,
    ):
        stream = readable(container.streams.video)
        if not stream:
            raise MissingError(f"{file}: {_without_pictures(container)}")
        stream.thread_type, stream.codec_context.thread_count = "AUTO", THREADS
        yield container, stream


def as_video(source: IO[bytes]) -> Reader | BytesIO:
    """A file as ffmpeg can read it: an animated WebP, for which it has no decoder, as another film of the same pictures."""
    head = source.read(16)
    source.seek(0)
    return BytesIO(film_of(stamp(Path(source.name), MOVIE))) if is_webp(head) else Reader(source)


class Reader:
    """A file for ffmpeg to read from. Its faults come as they are: by itself ffmpeg takes a disk that falters for its end."""

    def __init__(self, file: IO[bytes]) -> None:
        self.name, self.read, self.tell, self._seek = file.name, file.read, file.tell, file.seek

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place. A damaged file leads to some before its beginning, which is no fault of the disk: -1 says so."""
        try:
            return self._seek(place, whence)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise
            return -1


def readable(tracks: Iterable[Track]) -> Track | None:
    """The first of a file's tracks of a kind that can be decoded here. The picture on a song's cover is none."""
    moving = (track for track in tracks if not track.disposition & Disposition.attached_pic)
    return next((track for track in moving if track.codec_context), None)


def _without_pictures(container: InputContainer) -> str:
    if any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video):
        return "is packed in a way that cannot be read here; H.264, H.265, VP9, AV1 and ProRes can"
    return "has sound but no moving pictures" if container.streams.audio else NO_VIDEO


@contextmanager
def naming_faults(file: Path) -> Iterator[None]:
    """Turn all that can go wrong with a video file into one sentence that names it."""
    try:
        yield
    except (av.InvalidDataError, av.ArgumentError) as error:  # what the list of containers leaves out is the latter
        raise NoVideoError(f"{file}: {NO_VIDEO}") from error
    except (av.FFmpegError, OSError, ValueError, NotImplementedError, MemoryError) as error:
        system = isinstance(error, OSError) and not isinstance(error, av.FFmpegError)  # ffmpeg has words of its own
        why = unopened(error) or f"cannot be read: {(system and getattr(error, 'strerror', '')) or 'the file is damaged'}"
        raise MissingError(f"{file}: {why}") from error


def unit_of(container: InputContainer, stream: VideoStream) -> Fraction:
    """Seconds in which its pictures' timestamps are counted."""
    if container.format.name in UNTIMED:
        return 1 / (stream.guessed_rate or stream.average_rate or USUAL)
    return stream.time_base or 1 / USUAL


# ---- one after the other


def pictures(
    file: Path, since: int | None = None, interlaced: bool = False, clock: Timeline | None = None
) -> Iterator[Marked | None]:
    """The pictures from the key frame before the timestamp `since`, or from the first, by rising timestamps.

    None stands for damage: a picture that cannot be decoded, or is told to be broken. interlaced: half pictures are made whole.
    clock: the file's timeline, where its timestamps are not to be believed as they stand.
    """
    clock = clock or Timeline()
    with open_video(file) as (container, stream):
        form = container.format.name
        if since is not None and form not in ROUGHLY_FOUND and not clock.jumps:
            container.seek(since, stream=stream)
        step = 1 / (stream.guessed_rate or stream.average_rate or USUAL) / unit_of(container, stream)
        coming = clock.mend(packets(container, stream))
        frames = _counted(coming) if form in UNTIMED else _in_order(coming) if form in IN_ORDER else _timed(coming, step)
        last = None
        for frame in _deinterlace(frames, stream) if interlaced else frames:
            mark = frame.pts if frame else None
            if frame is None or frame.is_corrupt or mark is None:
                yield None
            elif last is None or mark > last:
                last = mark
                yield mark, frame


def pictures_from(file: Path, since: int, interlaced: bool = False, clock: Timeline | None = None) -> Iterator[Marked | None]:
    """The same, surely from no later than `since`: not every container finds the key frame before a time."""
    coming = pictures(file, since, interlaced, clock)
    for marked in coming:
        if marked is None:
            continue
        if marked[0] <= since:
            return chain([marked], coming)
        break
    return pictures(file, None, interlaced, clock)


@lru_cache(maxsize=8)
def timeline_of(file: FileStamp, until: Fraction | None) -> Timeline:
    """The file's timeline, for its first seconds `until`."""
    with open_video(file.path) as (container, stream):
        if container.format.name not in JOINED:
            return Timeline()
        sounds = [sound for sound in container.streams.audio if sound.codec_context]
        return timeline(packets(container, stream, *sounds), stream, container.format.name, until)


def _decode(coming: Iterable[Packet[Any]]) -> Iterator[VideoFrame | None]:
    decode: Decode | None = None
    for packet in coming:
        decode = decode or _decoder(packet.stream)
        try:
            yield from decode(packet)
        except av.FFmpegError:
            yield None


def _decoder(stream: Any) -> Decode:
    """What decodes a stream's packets: ffmpeg's usual decoder, or another where that one leaves out the opacity."""
    usual = stream.codec_context
    with_opacity = WITH_OPACITY.get(usual.name)
    if stream.metadata.get("alpha_mode") != "1" or with_opacity not in av.codecs_available:
        return lambda packet: packet.decode()
    decoder: Any = av.CodecContext.create(with_opacity, "r")
    decoder.extradata = usual.extradata
    return lambda packet: decoder.decode(packet)


def _counted(coming: Iterable[Packet[Any]]) -> Iterator[VideoFrame | None]:
    """The pictures with their numbers for timestamps."""
    for number, frame in enumerate(_decode(coming)):
        if frame:
            frame.pts = number
        yield frame


def _in_order(coming: Iterable[Packet[Any]]) -> Iterator[VideoFrame | None]:
    """The pictures in the order in which they are shown, with the times at which one was to be decoded, in their order."""
    times: list[int] = []

    def note(packet: Packet[Any]) -> Packet[Any]:
        if packet.size and packet.dts is not None:
            heappush(times, packet.dts)
        return packet

    for frame in _decode(map(note, coming)):
        time = heappop(times) if times else None  # a picture that is damaged had its time, too
        if frame:
            frame.pts = time
        yield frame


def _timed(coming: Iterable[Packet[Any]], step: Fraction) -> Iterator[VideoFrame | None]:
    """The pictures by their own timestamps; one that has none follows the one before it, or comes before the first that has."""
    early: list[VideoFrame] = []
    last: int | None = None
    for frame in _decode(coming):
        if frame is None:
            yield None
            continue
        if frame.pts is None and last is None and len(early) < MOST_UNTIMED:
            early.append(frame)
            continue
        if frame.pts is None and last is not None:
            frame.pts = last + round(step)
        for number, before in enumerate(early):
            before.pts = None if frame.pts is None else frame.pts - round((len(early) - number) * step)
            yield before
        early.clear()
        last = frame.pts
        yield frame


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """The packets of those streams, of all if none is named, as far as the file can be read."""
    with suppress(av.FFmpegError):
        yield from container.demux(*streams)


def _deinterlace(frames: Iterator[VideoFrame | None], stream: VideoStream) -> Iterator[VideoFrame | None]:
    """Interlaced pictures as whole ones by the filter bwdif, under their own timestamps; others as they are."""
    shape, through = None, _bwdif(stream)
    for frame in frames:
        if frame is None:
            yield None
            continue
        if shape and shape != _shape(frame):  # the filter takes pictures of one kind only
            yield from through(None)
            through = _bwdif(frame)
        shape = _shape(frame)
        yield from through(frame)
    yield from through(None)


def _shape(frame: VideoFrame) -> tuple[int, int, str]:
    return frame.height, frame.width, frame.format.name


def _bwdif(like: VideoStream | VideoFrame) -> Callable[[VideoFrame | None], Iterator[VideoFrame]]:
    """The filter: a picture, or None after the last -> those that are whole now."""
    graph, marks = Graph(), deque[int | None]()
    if isinstance(like, VideoFrame):
        buffer = graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=like.time_base)
    else:
        buffer = graph.add_buffer(template=like)
    graph.link_nodes(buffer, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")).configure()

    def through(frame: VideoFrame | None) -> Iterator[VideoFrame]:
        if frame:
            marks.append(frame.pts)
        graph.vpush(frame)
        with suppress(av.BlockingIOError, av.EOFError):  # it wants the next picture, or has given the last
            while True:
                whole = graph.vpull()
                whole.pts = marks.popleft()
                yield whole

    return through


# ---- by their number


def picture_reader(file: Path, marks: Sequence[int], interlaced: bool, clock: Timeline) -> Callable[[int], VideoFrame]:
    """number -> the picture with that one of `marks` on that timeline; where it cannot be decoded, the one before.

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
            coming = pictures_from(file, marks[max(number - BESIDE * interlaced, 0)], interlaced, clock)
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
    while len(kept) > MOST_KEPT or (len(kept) > 2 and len(kept) * size > ROOM):
        del kept[next(iter(kept))]
