"""Music. What a film hears of a sound file: (file, start, features) -> Music: its length, its beat, and numbers over time.

Files are decoded by PyAV, whatever ffmpeg reads; bands and loudness need numpy alone, onsets and the beat librosa, an extra.
Nothing here waits for torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, partial
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from render.errors import ConfigError, MissingError, RenderError, unopened
from render.inputs import SOUND, open_file
from render.source.stamp import FileStamp, stamp

Samples = NDArray[np.float32]
T = TypeVar("T")
Numbers = NDArray[np.float64]

RATE = 22_050  # samples a second that are listened to
HOP = 256  # samples from one loudness to the next: 12 ms, a third of a frame
WINDOW = 1024  # samples that each is measured over: 46 ms keep a kick's beginning sharp and tell 40 Hz from 80
BLOCK = 4096  # hops measured at once
QUIET, LOUD = 10, 99  # percentiles of loudness that become 0 and 1
SILENCE = 1e-4  # of full scale: -80 dB
LONGEST = 4 * 3600  # seconds that are listened to
STEADY = Fraction(1, 50)  # seconds by which timestamps may waver before samples are moved: no ear tells, no picture is so short
PLAYLISTS = frozenset({"hls", "dash", "concat", "imf"})  # name other files and addresses, and hold no music
SHORT = 0.98  # of the length that a file names: what holds less was cut off

TRIED = 200  # packets of a track that are decoded to see whether it gives sound
LEAD = 2048 / RATE  # seconds of silence put before the music, or a note at its very beginning would not begin
LATE = 0.8  # hops from the beginning of a note to where librosa shows it, measured on clicks
FOLDS = 240  # places in a beat at which it may fall
KICK = (30, 120)  # Hz of what a beat is put on; an 808 lies at 50, the body of an acoustic bass drum at 60 to 100
THUMP = 0.05  # of the music's loudest: a kick that rises by less is none
KICK_BLUR, ATTACK_BLUR = 0.02, 0.012  # seconds within which what begins in a beat counts as beginning together
NEAR_KICK = 0.025  # seconds around a kick, whose low notes rise slowly, in which its sharp attack is looked for
FEWEST = 4  # notes that begin: less is no beat
STRONGER = 2  # times: a film begins with the kick that alternates with something else
EARLY = 0.03  # seconds by which the first beat may come before the film: it was cut there
HARMONICS, FINE = 4, 16  # of the beat; how much finer than a track's length allows its period is told
STRAY = 0.04  # how far from librosa's tempo, whose steps are coarse, the beat is looked for


@dataclass(frozen=True)
class Sound:
    """What is heard with a film. A file without sound is a silent film."""

    file: Path
    start: Fraction  # seconds after `zero` at which the film begins
    seconds: Fraction  # that the film lasts
    fade: float = 0.0  # seconds over which it fades out at the end
    zero: Fraction | None = None  # the timestamp in the file that `start` counts from, seconds; None: the file's first moment
    stamp: FileStamp | None = None  # the file as it was looked at; None: nobody did


class Feature(Protocol):
    """What is asked for (render.config.model): a band in Hz, "rms" or "onsets", and seconds to rise and to fall."""

    @property
    def band(self) -> tuple[float, float] | str: ...
    @property
    def attack(self) -> float: ...
    @property
    def release(self) -> float: ...


@dataclass(frozen=True)
class Music:
    """What a film's numbers may move to."""

    seconds: Fraction  # from the film's start to the end of the music
    bpm: float | None  # None where nobody asked
    first_beat: float  # seconds of the film
    features: Mapping[str, Callable[[Any], Any]]  # name -> (seconds of the film, an array -> 0..1 at each)
    digest: str  # sha256 of the file
    flaw: str  # what of it cannot be heard, as the rest of a sentence that begins with the file's name; else empty
    stamp: FileStamp  # the file as it was listened to


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


def listen(
    file: Path,
    start: Fraction,
    features: Mapping[str, Feature],
    bpm: float | str | None = None,
    offset: Fraction | None = None,
) -> Music:
    """What a film that begins `start` seconds into the music of `file` hears.

    bpm: "auto" finds the beat. offset: seconds of the file at which a beat falls; else it is found, or falls on the start.
    Raises ConfigError if it ends before, and MissingError for a file without music, or where librosa is needed and missing.
    """
    now, whole = stamp(file, SOUND), Fraction(len(samples(file)), RATE)
    if start >= whole:
        raise ConfigError(
            f"is {float(start):.4g} s, and {file} lasts {float(whole):.4g} s",
            "start before its end",
            continues=True,
        )
    tempo, first_beat = beat(file, start) if bpm == "auto" else (bpm, 0.0)
    if offset is not None and tempo is not None:
        first_beat = beat_from(float(offset - start), 60 / float(tempo))
    named = {
        name: _feature_at(envelope(file, feature.band, feature.attack, feature.release), start)
        for name, feature in features.items()
    }
    return Music(
        seconds=whole - start,
        bpm=None if tempo is None else float(tempo),
        first_beat=first_beat,
        features=named,
        digest=digest(file),
        flaw=_heard(now).flaw,
        stamp=now,
    )


def beat_from(seconds: float, period: float) -> float:
    """The first beat of a film when one falls at `seconds`: there, or the first one after the film's start.

    >>> beat_from(4.25, 0.5), beat_from(-0.25, 1.0)
    (4.25, 0.75)
    """
    return seconds if seconds >= 0 else seconds % period


def _feature_at(values: Numbers, start: Fraction) -> Callable[[Any], Any]:
    """The number at any seconds of the film; before the music and after it there is none of it."""
    times = np.arange(len(values)) * HOP / RATE - float(start)
    return partial(np.interp, xp=times, fp=values, left=0.0, right=0.0)


# ── features ────────────────────────────────────────────────────────────────────────────────────────────────────────


def envelope(file: Path, band: tuple[float, float] | str, attack: float, release: float) -> Numbers:
    """A feature [hops], 0..1 over the whole track: what is followed, smoothed, from its quiet to its loud percentile."""
    return _envelope(stamp(file, SOUND), band, attack, release)


@lru_cache(maxsize=32)
def _envelope(file: FileStamp, band: tuple[float, float] | str, attack: float, release: float) -> Numbers:
    signal = _samples(file)
    if band == "onsets":
        levels = np.zeros(len(signal) // HOP + 1)
        hops = np.round(onsets(signal) * RATE / HOP).astype(int)
        levels[hops.clip(max=len(levels) - 1)] = 1  # a note in the last half hop is nearer to one past the end
        return _normalise(_smooth(levels, attack, release), 0)
    levels = loudness(signal, *((0, RATE) if isinstance(band, str) else band))
    return _normalise(_smooth(levels, attack, release), SILENCE)


def loudness(signal: Samples, low: float, high: float) -> Numbers:
    """How loud what lies between `low` and `high` Hz is, rms, around every hop."""
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    width = RATE / WINDOW
    centres = np.arange(WINDOW // 2 + 1) * width
    share = np.clip((np.minimum(centres + width / 2, high) - np.maximum(centres - width / 2, low)) / width, 0, 1)
    inside = np.flatnonzero(share)
    padded = np.pad(signal, (WINDOW // 2, WINDOW // 2 + HOP))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(signal) // HOP + 1]
    spectra = (np.fft.rfft(pieces[first : first + BLOCK] * window) for first in range(0, len(pieces), BLOCK))
    power = np.concatenate([np.square(np.abs(spectrum[:, inside])) @ share[inside] for spectrum in spectra])
    return np.asarray(np.sqrt(2 * power / (WINDOW * np.square(window).sum())), dtype=np.float64)


def _smooth(levels: Numbers, attack: float, release: float) -> Numbers:
    """The levels as a meter shows them: its needle rises by `attack` and falls by `release`, time constants in seconds."""
    up, down = (1 - np.exp(-HOP / RATE / seconds) if seconds else 1.0 for seconds in (attack, release))
    needle, smoothed = 0.0, []
    for level in levels.tolist():
        needle += (level - needle) * (up if level > needle else down)
        smoothed.append(needle)
    return np.array(smoothed)


def _normalise(levels: Numbers, silence: float) -> Numbers:
    """Levels from 0 to 1, each percentile's; what never rises above `silence` is 0."""
    quiet, loud = np.percentile(levels, [QUIET, LOUD])
    loud = max(loud, levels.max() / 10)  # what is rarely signal is not drowned by what is never silent
    return np.clip((levels - quiet) / (loud - quiet), 0, 1) if loud > max(quiet, silence) else np.zeros_like(levels)


# ── onsets and the beat ─────────────────────────────────────────────────────────────────────────────────────────────


def onsets(signal: Samples) -> Numbers:
    """The seconds at which notes begin."""
    hops = _onset_hops(_onset_strength(signal))
    return np.asarray(np.clip(_onset_seconds(hops), 0, len(signal) / RATE), dtype=np.float64)


def beat(file: Path, start: Fraction) -> tuple[float, float]:
    """The beats per minute of the music from `start` on, and the seconds from there to its first beat."""
    return _beat(stamp(file, SOUND), start)


@lru_cache(maxsize=8)
def _beat(file: FileStamp, start: Fraction) -> tuple[float, float]:
    signal = _samples(file)[round(start * RATE) :]
    rises = _onset_strength(signal)
    if len(_onset_hops(rises)) < FEWEST:
        raise MissingError(f"{file.path}: has no beat that could be found", "write how many a minute, as in bpm: 120")
    tempo = _ask(lambda: float(_librosa().feature.tempo(onset_envelope=rises, sr=RATE, hop_length=HOP)[0]))
    period = _beat_period(rises, 60 / tempo)
    return 60 / period, _first_beat(rises, _kick_strength(signal), period)


def _beat_period(rises: Numbers, period: float) -> float:
    """Seconds of a beat: the period near `period` that the rises of the whole track repeat with, by its first harmonics."""
    spectrum = np.abs(np.fft.rfft(rises - rises.mean(), FINE * len(rises)))
    seconds = FINE * len(rises) * HOP / RATE
    lowest, highest = (HARMONICS * seconds / (period * (1 + stray)) for stray in (STRAY, -STRAY))
    cycles = np.arange(int(lowest), int(highest) + 2) / HARMONICS  # in `seconds`; the highest harmonic falls on a bin
    strengths = sum(spectrum[np.round(cycles * harmonic).astype(int)] for harmonic in range(1, HARMONICS + 1))
    return float(seconds / cycles[np.argmax(strengths)])


def _first_beat(rises: Numbers, kicks: Numbers, period: float) -> float:
    """When the first beat falls: on the kick, or in music without one at the place in the beat where most begins."""
    at, attacks = _onset_seconds(np.arange(len(rises))), np.ones(FOLDS)
    kick_at = (np.arange(len(kicks)) - 0.5) * HOP / RATE
    if kicks.any():
        place = _strongest(_fold(kick_at, kicks, period), period, KICK_BLUR)
        attacks = _around(place, period, NEAR_KICK)
    folded = _blur(_fold(at, rises, period), period, ATTACK_BLUR) * attacks
    first = (float(np.argmax(folded)) + 0.5) / FOLDS * period
    first = first if first < period - EARLY else first - period
    now, next_one = (kicks[np.abs((kick_at - beat) / 2 / period % 1 - 0.5) > 0.4].sum() for beat in (first, first + period))
    return first + period if next_one > STRONGER * now else first


def _fold(times: Numbers, rises: Numbers, period: float) -> Numbers:
    """How much begins at each of the FOLDS places in a beat, over all beats."""
    return np.asarray(np.bincount((times / period % 1 * FOLDS).astype(int) % FOLDS, rises, FOLDS), dtype=np.float64)


def _blur(folded: Numbers, period: float, seconds: float) -> Numbers:
    """The same with what lies within `seconds` of each other taken together; a beat's end is next to its beginning."""
    near = _around(0.0, period, seconds)
    return np.asarray(np.fft.irfft(np.fft.rfft(folded) * np.fft.rfft(near), FOLDS), dtype=np.float64)


def _around(place: float, period: float, seconds: float) -> Numbers:
    """A Gaussian of that deviation around a place of the beat, 0..1, at each of the FOLDS."""
    apart = (np.arange(FOLDS) / FOLDS - place + 0.5) % 1 - 0.5
    return np.asarray(np.exp(-np.square(apart * period / seconds) / 2), dtype=np.float64)


def _strongest(folded: Numbers, period: float, blur: float) -> float:
    """The place in the beat, 0..1, at which most begins."""
    return float(np.argmax(_blur(folded, period, blur))) / FOLDS


def _kick_strength(signal: Samples) -> Numbers:
    """How much the low notes rise to each hop from the one before; nothing in music without a kick."""
    low, everything = loudness(signal, *KICK), loudness(signal, 0, RATE)
    rises = np.maximum(np.diff(low, prepend=0), 0)
    return rises if rises.max() > THUMP * everything.max() else np.zeros_like(rises)


def _onset_hops(strength: Numbers) -> NDArray[np.int64]:
    """The hops of an onset strength at which notes begin."""
    hops = _ask(lambda: _librosa().onset.onset_detect(onset_envelope=strength, sr=RATE, hop_length=HOP))
    return np.asarray(hops, dtype=np.int64)


def _onset_seconds(hops: NDArray[np.int64]) -> Numbers:
    """When in the music that is which librosa shows at `hops`."""
    return np.asarray((hops - LATE) * HOP / RATE - LEAD, dtype=np.float64)


def _onset_strength(signal: Samples) -> Numbers:
    """How much begins at every hop, LEAD seconds and LATE hops before it."""
    padded = np.pad(signal, (round(LEAD * RATE), RATE))
    strength = _ask(lambda: _librosa().onset.onset_strength(y=padded, sr=RATE, hop_length=HOP))
    return np.asarray(strength, dtype=np.float64)


def _ask(question: Callable[[], T]) -> T:
    """What librosa answers. Raises MissingError where it cannot."""
    try:
        return question()
    except RenderError:
        raise
    except Exception as error:  # whatever it, and what it is compiled with, makes of odd sound
        hint = "bpm: 120 says how many beats a minute has; bands such as 40-120 and rms need no onsets"
        raise MissingError("its beats and onsets cannot be found", hint) from error


def _librosa() -> ModuleType:
    try:
        import librosa
    except ImportError as error:
        raise MissingError("onsets and bpm: auto need librosa", 'pip install "zoomdream[audio]"') from error
    return librosa


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def digest(file: Path) -> str:
    """A hash of the file's content, by which music that was changed is noticed."""
    return _digest(stamp(file, SOUND))


@lru_cache(maxsize=8)
def _digest(file: FileStamp) -> str:
    with _naming_faults(file.path), open_file(file.path, SOUND) as content:
        return file_digest(content, "sha256").hexdigest()


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
    return _samples(stamp(file, SOUND))


def _samples(file: FileStamp) -> Samples:
    return _heard(file).samples


@dataclass(frozen=True)
class _Heard:
    """A file, listened to."""

    samples: Samples  # [n]
    flaw: str  # as Music has it


@lru_cache(maxsize=1)
def _heard(file: FileStamp) -> _Heard:
    from render.source.soundtrack import Loss, Piece
    from render.source.soundtrack import samples as heard

    number, clock = _heard_track(file), _timeline(file)
    with _open_audio(file.path) as container:
        if number is None:
            there_is_one = bool(container.streams.audio)
            raise MissingError(f"{file.path}: there is no sound in it{' that can be read here' * there_is_one}")
        stream = container.streams[number]
        piece = Piece(Fraction(container.start_time or 0, 1_000_000), None, RATE, "mono", clock)
        pieces, total, loss = [], 0, Loss()
        for block in heard(container, stream, piece, loss):
            pieces.append(block[0])
            total += block.shape[1]
            if total > LONGEST * RATE:
                raise MissingError(f"{file.path}: lasts more than {LONGEST // 3600} hours")
        if not pieces:
            raise MissingError(f"{file.path}: there is no sound in it that could be decoded")
        signal: Samples = np.concatenate(pieces)
        _refuse_cut_off(file.path, container, stream, len(signal) / RATE)
        return _Heard(signal, loss.said(piece.start))


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
        return replace(loss, hole=None).said(zero)


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
