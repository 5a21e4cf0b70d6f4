"""Sound in prints: what is to be heard (a Sound) becomes ffmpeg's arguments for how a container holds it (an AudioEncoder)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from render.config import Config
from render.source.audio import Sound, Track, digest, track

UNHEARD = Fraction(1, 50)  # seconds by which sound may be off its picture: less than a frame of 48 a second
SPARE = 1  # seconds that a track may be shorter than the film and still be taken as it is
LAYOUTS = "mono|stereo|5.1"  # what every encoder below knows; others become the nearest


@dataclass(frozen=True)
class AudioEncoder:
    """How a container holds sound."""

    encoder: str  # ffmpeg's name of it
    bits: int = 0  # a second for a channel; 0: it is lossless
    kept: frozenset[str] = frozenset()  # codecs that are copied as they are


AAC = AudioEncoder("aac", 96_000, frozenset({"aac", "mp3", "ac3", "eac3"}))
OPUS = AudioEncoder("libopus", 80_000, frozenset({"opus", "vorbis"}))
FLAC = AudioEncoder("flac", kept=AAC.kept | OPUS.kept | {"flac", "alac", "dts", "pcm_s16le", "pcm_s24le"})


@dataclass(frozen=True)
class AudioArguments:
    """ffmpeg's arguments for a film's sound."""

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


def film_sound(config: Config, seconds: Fraction) -> Sound | None:
    """What is heard with a film that lasts so long: its music, or else what its footage has."""
    if config.audio:
        return Sound(config.audio.file, config.audio.start.amount, seconds, config.audio.fade)
    if config.source.video:
        footage = config.facts.video
        before = max(Fraction(0), -footage.sound.offset) if footage.sound else Fraction(0)  # it begins ahead of the pictures
        return Sound(config.source.video.file, before + footage.start, seconds) if footage.sound else None
    return None


def describe_sound(sound: Sound | None) -> Mapping[str, str]:
    """What the record of a take says of its sound, by the content of the file."""
    return {name: str(value) for name, value in {**vars(sound), "file": digest(sound.file)}.items()} if sound else {}


def audio_arguments(sound: Sound | None, encoder: AudioEncoder | None, number: int) -> AudioArguments:
    """What adds a sound to a film as ffmpeg's input `number`: nothing where there is none, or the container holds none.

    A track that fits is copied, bit for bit; any other is cut to the sample, filled up with silence and encoded anew. Never
    does it make a film longer or shorter.
    """
    source = track(sound.file) if sound and encoder else None
    if not sound or not encoder or not source:
        return AudioArguments()
    file, safe = f"file:{sound.file.absolute()}", ("-protocol_whitelist", "file")
    maps = ("-map", f"{number}:a:0", "-map_metadata:s:a", "-1", "-map_chapters", "-1", "-flags:a", "+bitexact")
    if fits(sound, source, encoder):
        return AudioArguments((*safe, "-t", _seconds(sound.seconds), "-i", file), (*maps, "-c:a", "copy"))
    quality = ("-b:a", str(encoder.bits * source.channels)) if encoder.bits else ("-sample_fmt", "s16")
    # ffmpeg would give up waiting for a slow picture after ten seconds of sound, and the same film would have other bytes
    encode = ("-af", _filters(sound), "-c:a", encoder.encoder, *quality, "-max_interleave_delta", "0")
    return AudioArguments((*safe, "-i", file), (*maps, *encode))


def fits(sound: Sound, source: Track, encoder: AudioEncoder) -> bool:
    """Whether a track can be copied as it is: from its beginning, as far as the film goes, without a fade."""
    whole = sound.start <= UNHEARD and not sound.fade and source.seconds >= sound.seconds - SPARE
    return whole and source.codec in encoder.kept


def _filters(sound: Sound) -> str:
    """From the whole track to the film's length of it: what begins late keeps its place, and gaps are filled."""
    start, seconds = _seconds(sound.start), _seconds(sound.seconds)
    fade = min(Fraction(sound.fade), sound.seconds)
    steps: Sequence[str] = (
        f"atrim=start={start},asetpts=PTS-{start}/TB",
        "aresample=async=1:first_pts=0",
        f"apad,atrim=end={seconds}",
        *([f"afade=t=out:st={_seconds(sound.seconds - fade)}:d={_seconds(fade)}"] if fade else []),
        f"aformat=channel_layouts={LAYOUTS}",
    )
    return ",".join(steps)


def _seconds(exact: Fraction) -> str:
    return f"{float(exact):.6f}"
