"""Laws of a file's clock: a white picture and a beep are where a player has them, in every container, with any timestamps."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import av
import clips
import numpy as np
import pytest
import tracks
from commands import Command
from outputs import Output
from recordings import FPS, PACKED, Recording

from render.develop import prints
from render.moment import Clock
from render.source.footage import probe
from render.source.sound_file import RATE, Sound, heard_track, samples
from render.source.video import video

NEAR = 0.03  # seconds
BROADCAST = ("ts", "m2ts", "vob")
WRAP = 2**33 / 90_000

ROWS = [
    Recording("mov"),
    Recording("webm"),
    Recording("ts", sound=0.25),
    Recording("ts", sound=-1.5, first=10, b_frames=2),
    Recording("vob", sound=2),
    Recording("mkv", sound=-2, b_frames=2),
    Recording("mp4", sound=1.9, b_frames=2),
    Recording("webm", sound=0.3, first=10),
    Recording("mkv", first=-0.5),
    Recording("ts", first=26 * 3600),
    Recording("m2ts", first=WRAP - 1),
    Recording("avi", pictures="null"),
    Recording("avi", pictures="null", b_frames=2),
    Recording("avi", sound=0.7),
    Recording("mkv", pictures="repeated"),
    Recording("ts", again=0, b_frames=2),
    Recording("vob", again=600),
    Recording("mkv", again=0),
    Recording("mp4", cut=0.75, b_frames=2),
]


def holds(recording: Recording) -> bool:
    """Whether a container can hold such a recording."""
    kind = recording.container
    timed, edits, joins = kind != "avi", kind in ("mp4", "mov"), kind in BROADCAST or (kind == "mkv" and recording.again == 0)
    return (
        (timed or not (recording.sound < 0 or recording.first))
        and (not recording.b_frames or kind not in ("webm",))
        and (recording.first >= 0 or kind in ("mkv", "webm"))
        and (recording.first < WRAP - 2 or kind in BROADCAST)
        and (recording.again is None or joins)
        and not (recording.again == 0 and recording.first > WRAP - 2)  # that is no jump: its clock begins again there anyway
        and (not recording.cut or (edits and recording.sound >= 0))
        and (recording.pictures != "repeated" or (timed and recording.first >= 0))
    )


SPECIAL = [
    {},
    {"pictures": "null"},
    {"pictures": "repeated"},
    {"again": 0.0},
    {"again": 100.0},
    {"again": 600.0},
    {"cut": 0.75},
]
PRODUCT = [
    recording
    for kind, sound, first, b_frames, special in product(
        PACKED, (-2, -0.7, 0, 0.2, 2), (0, 10, -0.5, 26 * 3600, WRAP - 1), (0, 2), SPECIAL
    )
    if holds(recording := Recording(kind, sound, first, b_frames, **special))  # type: ignore[arg-type]
]


def film(path: Path, folder: Path, start: Fraction) -> tuple[list[float], list[float]]:
    """The seconds at which a film over the file turns white, and those at which it beeps."""
    footage = probe(path, start)
    assert footage.flaw == ""
    assert footage.fps == FPS
    clock, source = Clock(footage.fps, round(footage.seconds * footage.fps), Fraction(8)), video(footage, "cover", (32, 32))
    frames = [np.uint8(255 * source.at(clock.frame(i))[0].permute(1, 2, 0).numpy()) for i in range(clock.frames)]
    sound = Sound(path, footage.start, clock.frames / clock.fps, zero=footage.zero)
    (printed,), _ = prints.develop(
        [Output("x.mkv", codec="ffv1")], lambda fps: frames, (32, 32), footage.fps, folder, "x", "name: x", sound
    )
    return white(printed), beeps(printed)


def white(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        frames = [(float(frame.time), float(frame.to_ndarray(format="gray").mean())) for frame in container.decode(video=0)]
    return firsts([time for time, light in frames if light > 180])


def beeps(path: Path) -> list[float]:
    loud: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray().astype(np.float64)).reshape(-1) / (1 if "flt" in frame.format.name else 2**15)
            loud += [float(frame.time) + int(place) / frame.sample_rate for place in np.flatnonzero(samples > 0.25)[:1]]
    return firsts(loud)


def firsts(times: list[float]) -> list[float]:
    """The first of each run of times."""
    return [time for before, time in zip([-9.0, *times], times, strict=False) if time - before > 0.2]


def holds_time(recording: Recording, folder: Path, start: float) -> None:
    path = recording.make(folder)
    whites = [white - start for white in recording.whites]
    assert film(path, folder, Fraction(start)) == (pytest.approx(whites, abs=NEAR), pytest.approx(whites, abs=NEAR))


@pytest.mark.parametrize("recording", ROWS, ids=str)
def test_the_white_picture_and_the_beep_are_where_a_player_has_them(tmp_path: Path, recording: Recording) -> None:
    holds_time(recording, tmp_path, 0)


@pytest.mark.parametrize("recording", ROWS[2::3], ids=str)
def test_so_they_are_when_the_film_begins_later(tmp_path: Path, recording: Recording) -> None:
    holds_time(recording, tmp_path, 0.75)


def strange_sound(folder: Path, strange: int) -> Path:
    """A recording with two tracks of sound, the first of another pitch, of which so many are packed as nobody knows."""
    path = Recording("mp4").make(folder)
    inputs, tracks = "-f lavfi -i sine=300:d=3:r=48000", "-map 0:v -map 1:a -map 0:a -c:v copy -c:a pcm_s16le"
    clips.ffmpeg("-i", path, inputs, tracks, folder / "two.mov")
    file = folder / "two.mov"
    file.write_bytes(file.read_bytes().replace(b"sowt", b"apac", strange))
    return file


def test_the_first_track_that_can_be_read_is_heard(tmp_path: Path) -> None:
    file = strange_sound(tmp_path, 1)
    assert heard_track(file) == 2
    assert film(file, tmp_path, Fraction(0)) == (pytest.approx([2.25], abs=NEAR), pytest.approx([2.25], abs=NEAR))
    assert int(np.argmax(np.abs(samples(file)) > 0.25)) / RATE == pytest.approx(2.25, abs=NEAR)
    assert not probe(file).mute


def test_sound_that_nobody_can_read_is_said(command: Command, tmp_path: Path) -> None:
    file = strange_sound(tmp_path, 2)
    assert (probe(file).sound, probe(file).mute) == (None, True)
    Path("film.yaml").write_text(f"source: {{video: {file}}}\n")
    words = f"{file}: has sound that cannot be read here, and the film is silent"
    assert words in command("check", "film.yaml").words


def test_sound_of_footage_that_is_damaged_is_said(command: Command, tmp_path: Path) -> None:
    file = Recording("mp4").make(tmp_path)
    with av.open(str(file)) as container:
        pieces = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    content = bytearray(file.read_bytes())
    for place, size in pieces[40:60]:
        content[place : place + size] = b"\xff" * size
    file.write_bytes(content)
    words = f"{file}: has damaged sound after 0."
    Path("film.yaml").write_text(f"source: {{video: {file}}}\n")
    assert words in command("check", "film.yaml").words
    Path("film.yaml").write_text(f"source: {{video: {file}}}\naudio: {tracks.wav(tmp_path / 'a.wav', tracks.clicks([0], 3))}\n")
    assert words not in command("check", "film.yaml").words, "nobody hears it beside music"


def test_a_pause_of_a_broadcast_is_shown_as_long_as_it_is_and_said(tmp_path: Path) -> None:
    file = Recording("ts", again=7).make(tmp_path)  # its clock goes on 4 s later
    footage = probe(file)
    assert footage.seconds == pytest.approx(10, abs=0.1)
    assert "has no pictures from" in " ".join(footage.notes)
    assert probe(Recording("ts", again=600).make(tmp_path)).notes == ()


SIZES = {"progressive": "", "interlaced": "-flags +ilme+ildct"}


@pytest.mark.parametrize("kind", SIZES)
def test_a_broadcast_whose_size_changes_fits_each_part_as_it_is(tmp_path: Path, kind: str) -> None:
    """Red, green and blue thirds stay thirds, wherever a picture is upright or lies."""
    thirds = np.repeat(np.eye(3, dtype=np.uint8) * 200 + 20, 32, axis=0)
    wide, tall = np.broadcast_to(thirds, (64, 96, 3)), np.broadcast_to(thirds[:, None], (96, 64, 3))
    for name, picture in {"wide": wide, "tall": tall}.items():
        packed = f"-c:v mpeg2video -q:v 1 {SIZES[kind]}"
        clips.clip(tmp_path / f"{name}.ts", [np.ascontiguousarray(picture)] * 12, packed, "25")
    whole = tmp_path / "whole.ts"
    whole.write_bytes((tmp_path / "wide.ts").read_bytes() + (tmp_path / "tall.ts").read_bytes())
    footage = probe(whole)
    assert (footage.size, footage.flaw) == ((64, 96), "")
    source = video(footage, "stretch", (96, 96))
    for index, axis in ((0, 1), (10, 1), (14, 2), (22, 2)):
        lines = source.at(Clock(footage.fps, 24, Fraction(8)).frame(index))[0].mean(axis)
        colours = [int(lines[:, place].argmax()) for place in (16, 48, 80)]
        assert colours == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("start", [0, 1.25])
@pytest.mark.parametrize("recording", PRODUCT, ids=str)
def test_every_clock_in_every_container(tmp_path: Path, recording: Recording, start: float) -> None:
    holds_time(recording, tmp_path, start)
