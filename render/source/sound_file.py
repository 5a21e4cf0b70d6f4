"""Sound files. What is heard of a file, by PyAV, whatever ffmpeg reads: (path) -> its track, its samples, what of it is lost.

Nothing here waits for torch, and for PyAV only who opens a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.errors import MissingError, unopened
from render.inputs import SOUND, open_file
from render.source.stamp import FileStamp, stamp
from render.source.stamp import digest as content_digest

Samples = NDArray[np.float32]

RATE = 22_050  # samples a second that are listened to
LONGEST = 4 * 3600  # seconds that are listened to
STEADY = Fraction(1, 50)  # seconds by which timestamps may waver before samples are moved: no ear tells, no picture is so short
PLAYLISTS = frozenset({"hls", "dash", "concat", "imf"})  # name other files and addresses, and hold no music
SHORT = 0.98  # of the length that a file names: what holds less was cut off
TRIED = 200  # packets of a track that are decoded to see whether it gives sound


@dataclass(frozen=True)
class Sound:
    """What is heard with a film. A file without sound is a silent film."""

    file: Path
    start: Fraction  # seconds after `zero` at which the film begins
    seconds: Fraction  # that the film lasts
    fade: float = 0.0  # seconds over which it fades out at the end
    zero: Fraction | None = None  # the timestamp in the file that `start` counts from, seconds; None: the file's first moment
    stamp: FileStamp | None = None  # the file as it was looked at; None: nobody did


@dataclass(frozen=True)
class Track:
    """The sound in a file."""

    stream: int  # its index in the file
    codec: str  # how it is packed
    channels: int
    rate: int  # samples a second
    zero: Fraction  # the timestamp of the file's first moment, seconds
    start: Fraction  # that of its own first
    steady: Fraction  # the timestamp up to which it goes on without a gap


def digest(file: Path) -> str:
    """A hash of the file's content, by which music that was changed is noticed."""
    with _naming_faults(file):
        return content_digest(stamp(file, SOUND), SOUND)


def track(file: Path) -> Track | None:
    """The sound track of a file that is heard, without decoding it; None where there is none, as in silent footage."""
    return _track(stamp(file, SOUND))


@lru_cache(maxsize=8)
def _track(file: FileStamp) -> Track | None:
    number = _heard_track(file)
    if number is None:
        return None
    with _open_audio(file.path) as container:
        stream, end = container.streams[number], None
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            time = packet.pts * packet.time_base
            if end is not None and abs(time - end) > STEADY:
                break
            end = time + (packet.duration or 0) * packet.time_base
        zero, context = Fraction(container.start_time or 0, 1_000_000), stream.codec_context
        # The stream's own start lies after what an encoder put before the sound.
        start = zero if stream.start_time is None else stream.start_time * stream.time_base
        return Track(stream.index, context.name, context.channels, context.sample_rate, zero, start, end or start)


def film_samples(sound: Sound, rate: int, layout: str) -> Iterator[Samples]:
    """What is heard with a film, [channels, n] at a time: as long as the film, each sample where the file's clock has it."""
    from render.source.soundtrack import Piece, samples

    number, clock = heard_track(sound.file), _timeline(stamp(sound.file, SOUND))
    if number is None:
        return
    with _open_audio(sound.file) as container:
        zero = Fraction(container.start_time or 0, 1_000_000) if sound.zero is None else sound.zero
        piece = Piece(zero + sound.start, sound.seconds, rate, layout, clock)
        yield from samples(container, container.streams[number], piece)


def samples(file: Path) -> Samples:
    """The music as one channel of RATE samples a second; MissingError says what is wrong with the file."""
    return samples_of(stamp(file, SOUND))


def samples_of(file: FileStamp) -> Samples:
    """The same of a file as it was found."""
    return _listen(file).samples


def flaw_of(file: FileStamp) -> str:
    """What of it cannot be heard, as the rest of a sentence that begins with the file's name; else empty."""
    return _listen(file).flaw


@dataclass(frozen=True)
class _Heard:
    """A file, listened to."""

    samples: Samples  # [n]
    flaw: str  # as `flaw_of` gives it


@lru_cache(maxsize=1)
def _listen(file: FileStamp) -> _Heard:
    from render.source.soundtrack import Loss, Piece
    from render.source.soundtrack import samples as decoded

    number, clock = _heard_track(file), _timeline(file)
    with _open_audio(file.path) as container:
        if number is None:
            there_is_one = bool(container.streams.audio)
            raise MissingError(f"{file.path}: there is no sound in it{' that can be read here' * there_is_one}")
        stream = container.streams[number]
        piece = Piece(Fraction(container.start_time or 0, 1_000_000), None, RATE, "mono", clock)
        pieces, total, loss = [], 0, Loss()
        for block in decoded(container, stream, piece, loss):
            pieces.append(block[0])
            total += block.shape[1]
            if total > LONGEST * RATE:
                raise MissingError(f"{file.path}: lasts more than {LONGEST // 3600} hours")
        if not pieces:
            raise MissingError(f"{file.path}: there is no sound in it that could be decoded")
        signal: Samples = np.concatenate(pieces)
        _refuse_cut_off(file.path, container, stream, len(signal) / RATE)
        return _Heard(signal, loss.in_words(piece.start))


def footage_loss(sound: Sound) -> str:
    """What of the sound of footage cannot be heard, as the rest of a sentence that begins with the file's name; else empty.

    Damage alone: where there is nothing, the recording may have paused.
    """
    return _footage_loss(replace(sound, stamp=stamp(sound.file, SOUND)))


@lru_cache(maxsize=8)
def _footage_loss(sound: Sound) -> str:
    from render.source.soundtrack import Piece, find_loss

    assert sound.stamp
    number, clock = _heard_track(sound.stamp), _timeline(sound.stamp)
    if number is None:
        return ""
    with _open_audio(sound.file) as container:
        zero = sound.zero or Fraction(0)
        loss = find_loss(container, container.streams[number], Piece(zero + sound.start, sound.seconds, RATE, "mono", clock))
        return replace(loss, hole=None).in_words(zero)


def heard_track(file: Path) -> int | None:
    """Which of a file's streams is heard: the first that gives sound; None where none does, or there is none."""
    return _heard_track(stamp(file, SOUND))


@lru_cache(maxsize=8)
def _heard_track(file: FileStamp) -> int | None:
    from render.source.soundtrack import decode

    with _open_audio(file.path) as container:
        begin = container.start_time or 0
        for number, stream in enumerate(container.streams.audio):
            if not stream.codec_context:
                continue  # nobody knows how it is packed
            if number:
                container.seek(begin)
            if next(decode(islice(container.demux(stream), TRIED)), None):
                return int(stream.index)
        return None


@lru_cache(maxsize=8)
def _timeline(file: FileStamp) -> Any:
    """Where the file's clock jumps; its pictures lead, where it has some."""
    from render.source.decoder import packets, readable
    from render.source.timeline import JOINED, Timeline, timeline

    with _open_audio(file.path) as container:
        sounds = [stream for stream in container.streams.audio if stream.codec_context]
        leading = readable(container.streams.video) or (sounds or [None])[0]
        if container.format.name not in JOINED or not leading:
            return Timeline()
        streams = {stream.index: stream for stream in (leading, *sounds)}
        return timeline(packets(container, *streams.values()), leading, container.format.name)


def _refuse_cut_off(path: Path, container: Any, stream: Any, seconds: float) -> None:
    """Refuses a file that ends before the length that it names. That of MPEG audio is often only guessed."""
    stated = float(stream.duration * stream.time_base) if stream.duration else 0.0
    if container.format.name not in ("mp3", "aac") and seconds < SHORT * stated - 0.5:
        raise MissingError(f"{path}: is cut short: it names {stated:.4g} s of sound and holds {seconds:.4g} s")


@contextmanager
def _open_audio(file: Path) -> Iterator[Any]:
    """The container; no address is opened for it, whatever it says, and a list of other files is refused."""
    import av

    from render.source.decoder import Reader

    safe = {"protocol_whitelist": "file"}
    with (
        _naming_faults(file),
        open_file(file, SOUND) as source,
        av.open(Reader(source), "r", metadata_errors="ignore", container_options=safe) as container,
    ):
        if container.format.name in PLAYLISTS:
            raise MissingError(f"{file}: is a list of files, not a sound file")
        yield container


@contextmanager
def _naming_faults(file: Path) -> Iterator[None]:
    """Turn all that can go wrong with a sound file into one sentence that names it."""
    import av

    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError, NotImplementedError, MemoryError) as error:
        faltered = type(error) is OSError and f"cannot be read: {error.strerror}"  # ffmpeg's errors are of classes of their own
        why = unopened(error) or faltered or "is not a sound file that can be read, or it is damaged"
        raise MissingError(f"{file}: {why}") from error
