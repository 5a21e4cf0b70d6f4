"""Recordings to test clocks with: a white picture and a beep at one moment, under any timestamps, in any container."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import clips
import numpy as np

FPS = 24
SECONDS = 3
WHITE = Fraction(9, 4)  # seconds at which the picture turns white and the beep begins
SIZE = 64  # pixels of a side; with grain a picture fills more than one of the packs of a VOB, which have but one timestamp each
SHORT = Fraction(1, 12)  # that both last
RATE = 48_000

PACKED = {  # container -> codecs of pictures and sound
    "ts": ("libx264", "aac"),
    "m2ts": ("libx264", "ac3"),
    "vob": ("mpeg2video", "mp2"),
    "avi": ("libx264", "pcm_s16le"),
    "mkv": ("libx264", "flac"),
    "mp4": ("libx264", "aac"),
    "mov": ("mpeg4", "pcm_s16le"),
    "webm": ("libvpx", "libopus"),
}
FORMATS = {"m2ts": "mpegts", "ts": "mpegts", "mkv": "matroska"}


@dataclass(frozen=True)
class Recording:
    """What is special about a recording."""

    container: str
    sound: float = 0  # seconds after the first picture at which the sound begins
    first: float = 0  # the first picture's timestamp, seconds
    b_frames: int = 0
    pictures: str = ""  # "null": some are left out; "repeated": some are shown for longer
    again: float | None = None  # the timestamp at which its clock begins a second time, with the same once more
    cut: float = 0  # seconds cut off its beginning by an edit list

    def __str__(self) -> str:
        usual = Recording(self.container)
        return "-".join([self.container, *(f"{key}={value}" for key, value in vars(self).items() if value != vars(usual)[key])])

    @property
    def whites(self) -> list[float]:
        """The seconds of the film at which it is white, and beeps."""
        return [float(WHITE) - self.cut, *([float(WHITE) + SECONDS] if self.again is not None else [])]

    def make(self, folder: Path) -> Path:
        """The file."""
        path = folder / f"recording.{self.container}"
        if self.again is not None:
            parts = (replace(self, again=None), replace(self, again=None, first=self.again))
            content = [part.make(folder).read_bytes() for part in parts]
            path.write_bytes(b"".join(content))
        elif self.cut:
            whole = replace(self, cut=0).make(folder).rename(folder / f"whole.{self.container}")
            clips.ffmpeg(f"-ss {self.cut} -i", whole, "-c copy", path)
        else:
            _mux(self, path)
            if self.container == "avi" and self.sound > 0:
                _begin_later(path, self.sound)
        return path


def _begin_later(path: Path, seconds: float) -> None:
    """Write into an AVI when its sound begins, which is all that it knows of time: dwStart of the header of its sound."""
    content = bytearray(path.read_bytes())
    header = content.index(b"auds")
    scale, rate = struct.unpack_from("<II", content, header + 20)
    struct.pack_into("<I", content, header + 28, round(seconds * rate / scale))
    path.write_bytes(content)


def _mux(recording: Recording, path: Path) -> None:
    pictures, sound = PACKED[recording.container]
    options = {"avoid_negative_ts": "disabled"} if recording.first < 0 else {}
    form = FORMATS.get(recording.container, recording.container)
    extra = {"mpegts_m2ts_mode": "1"} if recording.container == "m2ts" else {}
    quick = {"preset": "ultrafast", "deadline": "realtime"}
    with av.open(str(path), "w", format=form, options={**options, **extra}) as file:
        film = file.add_stream(pictures, rate=FPS, options={k: v for k, v in quick.items() if k == _speed(pictures)})
        film.width, film.height, film.pix_fmt, film.bit_rate = SIZE, SIZE, "yuv420p", 2_000_000
        film.gop_size, film.max_b_frames = 12, recording.b_frames
        track = file.add_stream(sound, rate=RATE, layout="mono")
        packets = [*_encode(film, _pictures(recording)), *_encode(track, _sound(recording, track))]
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            if _kept(recording, packet, film):
                shift = round(Fraction(recording.first).limit_denominator(1000) / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                file.mux(packet)


def _speed(codec: str) -> str:
    return {"libx264": "preset", "libvpx": "deadline"}.get(codec, "")


def _encode(stream: object, frames: Iterator[object]) -> Iterator[av.Packet]:
    for frame in frames:
        yield from stream.encode(frame)  # type: ignore[attr-defined]
    yield from stream.encode(None)  # type: ignore[attr-defined]


def _pictures(recording: Recording) -> Iterator[av.VideoFrame]:
    place, number, grain = 0, 0, np.random.default_rng(0)
    while place < SECONDS * FPS:
        white = WHITE <= Fraction(place, FPS) < WHITE + SHORT
        light = 235 if white else 40 + 30 * (number % 3)
        picture = np.uint8(light + grain.integers(-20, 20, (SIZE, SIZE)))
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = place, Fraction(1, FPS)
        yield frame
        place += 2 if recording.pictures == "repeated" and number % 3 == 2 and not white and place + 2 < WHITE * FPS else 1
        number += 1


def _kept(recording: Recording, packet: av.Packet, film: object) -> bool:
    """Whether a picture is not left out: of some with B-frames those go that no other needs, else all."""
    if recording.pictures != "null" or packet.stream is not film:
        return True
    time = packet.pts * packet.time_base
    return not (Fraction(1, 2) < time < WHITE - SHORT and (packet.is_disposable if recording.b_frames else time < 1))


def _sound(recording: Recording, track: object) -> Iterator[av.AudioFrame]:
    begins = Fraction(recording.sound).limit_denominator(1000)
    time = np.arange(round((SECONDS - begins) * RATE)) / RATE + float(begins)
    tone = 0.8 * np.sin(2 * np.pi * 1000 * time) * ((time >= float(WHITE)) & (time < float(WHITE + SHORT)))
    size = track.codec_context.frame_size or 1024  # type: ignore[attr-defined]
    for first in range(0, len(tone), size):
        block = tone[None, first : first + size].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = first + round(begins * RATE)
        yield frame
