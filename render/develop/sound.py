"""Sound in prints: what is to be heard (a Sound) becomes ffmpeg's arguments for how a container holds it (an AudioEncoder)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from render.config import Config
from render.develop.files import scratch
from render.inputs import SOUND
from render.source.sound_file import Sound, Track, digest, film_samples, track
from render.source.stamp import require_unchanged

UNHEARD = Fraction(1, 50)  # seconds by which sound may be off its picture: less than a frame of 48 a second
SPARE = 1  # seconds that a track may be shorter than the film and still be taken as it is
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}  # what every encoder below knows; others become the next larger


@dataclass(frozen=True)
class AudioEncoder:
    """How a container holds sound."""

    encoder: str  # ffmpeg's name of it
    bits: int = 0  # a second for a channel; 0: it is lossless
    kept: frozenset[str] = frozenset()  # codecs that are copied as they are


AAC = AudioEncoder("aac", 96_000, frozenset({"aac", "mp3", "ac3", "eac3"}))
OPUS = AudioEncoder("libopus", 80_000, frozenset({"opus", "vorbis"}))
FLAC = AudioEncoder("flac", kept=AAC.kept | OPUS.kept | {"flac", "alac", "dts", "pcm_s16le", "pcm_s24le"})
ENCODERS = {"aac": AAC, "opus": OPUS, "flac": FLAC}  # by the names that endings (config/formats.py) call them


@dataclass(frozen=True)
class AudioArguments:
    """ffmpeg's arguments for a film's sound."""

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


SILENT = AudioArguments()
AudioInputs = Callable[[AudioEncoder | None, int], AudioArguments]


def film_sound(config: Config, seconds: Fraction) -> Sound | None:
    """What is heard with a film that lasts so long: its music, or else what its footage has."""
    if config.audio:
        begin, fade = config.audio.start.amount, config.audio.fade
        return Sound(config.audio.file, begin, seconds, fade, stamp=config.facts.music_stamp)
    if config.source.video:
        footage = config.facts.video
        heard = Sound(config.source.video.file, footage.start, seconds, zero=footage.zero, stamp=footage.stamp)
        return heard if footage.sound else None
    return None


def require_same_music(config: Config) -> None:
    """Raises RenderError if the film's music is not what it was when it was listened to: no film is made of two."""
    if config.audio and config.facts.music_stamp:
        require_unchanged(config.audio.file, SOUND, config.facts.music_stamp)


def require_same_sound(sound: Sound | None) -> None:
    """The same for whatever is heard with a film."""
    if sound and sound.stamp:
        require_unchanged(sound.file, SOUND, sound.stamp)


def describe_sound(sound: Sound | None) -> Mapping[str, str]:
    """What the record of a take says of its sound, by the content of the file."""
    if not sound:
        return {}
    facts = {**vars(sound), "file": digest(sound.file)}
    return {name: str(value) for name, value in facts.items() if name != "stamp"}


@contextmanager
def audio_inputs(sound: Sound | None, encoders: Iterable[AudioEncoder | None], path: Path) -> Iterator[AudioInputs]:
    """What adds a sound to films: (how a container holds it, ffmpeg's number for the input) -> arguments.

    A track that fits is copied, bit for bit. Any other is decoded as the pictures are, by the same clock, to a file beside
    `path` that lasts as long as the film, for the time of the block, and encoded anew.
    """
    voices = [encoder for encoder in encoders if encoder]
    source = track(sound.file) if sound and voices else None
    if not sound or not source:
        yield lambda encoder, number: SILENT
        return
    with scratch(path, ".pcm") as pcm:
        if any(not fits(sound, source, encoder) for encoder in voices):
            _decode(sound, source, pcm)
        yield lambda encoder, number: _arguments(sound, source, encoder, pcm, number) if encoder else SILENT


def fits(sound: Sound, source: Track, encoder: AudioEncoder) -> bool:
    """Whether a track can be copied as it is: from its file's beginning, as far as the film without a gap, without a fade."""
    begin = sound.start + (source.zero if sound.zero is None else sound.zero)
    first = max(abs(begin - source.start), abs(begin - source.zero)) <= UNHEARD
    return first and not sound.fade and source.steady >= begin + sound.seconds - SPARE and source.codec in encoder.kept


def _decode(sound: Sound, source: Track, pcm: Path) -> None:
    """Write the film's sound as bare samples: float32, channels side by side."""
    with pcm.open("wb") as file:
        for block in film_samples(sound, source.rate, LAYOUTS[_channels(source)]):
            file.write(block.T.astype("<f4").tobytes())


def _channels(source: Track) -> int:
    return next((number for number in LAYOUTS if number >= source.channels), max(LAYOUTS))


def _arguments(sound: Sound, source: Track, encoder: AudioEncoder, pcm: Path, number: int) -> AudioArguments:
    copied = fits(sound, source, encoder)
    maps = ("-map", f"{number}:{source.stream if copied else 0}", "-map_metadata:s:a", "-1", "-map_chapters", "-1")
    exact = ("-flags:a", "+bitexact")
    if copied:
        safe = ("-protocol_whitelist", "file", "-t", _seconds(sound.seconds))
        return AudioArguments((*safe, "-i", f"file:{sound.file.absolute()}"), (*maps, *exact, "-c:a", "copy"))
    quality = ("-b:a", str(encoder.bits * source.channels)) if encoder.bits else ("-sample_fmt", "s16")
    fade = min(Fraction(sound.fade), sound.seconds)
    filters = ("-af", f"afade=t=out:st={_seconds(sound.seconds - fade)}:d={_seconds(fade)}") if fade else ()
    bare = ("-f", "f32le", "-ar", str(source.rate), "-ac", str(_channels(source)))
    # ffmpeg would give up waiting for a slow picture after ten seconds of sound, and the same film would have other bytes
    encode = (*filters, "-c:a", encoder.encoder, *quality, "-max_interleave_delta", "0")
    return AudioArguments((*bare, "-i", f"file:{pcm.absolute()}"), (*maps, *exact, *encode))


def _seconds(exact: Fraction) -> str:
    return f"{float(exact):.6f}"
