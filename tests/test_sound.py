"""Laws of sound in prints: every container that can hold it plays it in time, as long as the film, the same each time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import tracks
from numpy.typing import NDArray
from outputs import Output

from render.config.parts import formats
from render.develop import ffmpeg, metadata, prints
from render.develop.sound import ENCODERS, fits
from render.errors import MissingError
from render.source.sound_file import Sound, track

SIZE, FPS, FRAMES = (32, 18), Fraction(25), 60
SECONDS = FRAMES / FPS
SOUNDING = sorted(suffix for suffix, ending in formats().endings.items() if ending.sound)
VOICES = list({formats().endings[suffix].sound: suffix for suffix in SOUNDING}.values())  # an ending for each
SILENT = [".gif", ".webp"]


def pictures(rate: Fraction) -> Iterator[ffmpeg.Pixels]:
    """A film of SECONDS at any rate, dark, that flashes white in its second second."""
    for index in range(round(SECONDS * rate)):
        yield np.full((SIZE[1], SIZE[0], 3), 255 * (rate <= index < 2 * rate), np.uint8)


def develop(folder: Path, sound: Sound | None, output: Output) -> Path:
    (path,), _ = prints.develop([output], pictures, SIZE, FPS, folder, "x", "name: x", sound)
    return path


def heard(path: Path) -> tuple[NDArray[np.float32], float, int]:
    """What a player gives: loudness at each moment by the container's own clock, samples a second, channels."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    whole = np.zeros(round(rate * 60), np.float32)
    for frame in frames:
        loud = np.abs(frame.to_ndarray().astype(np.float32)).reshape(-1, frame.samples, order="F")
        if not frame.format.is_planar:
            loud = np.abs(frame.to_ndarray().astype(np.float32)).reshape(frame.samples, -1).T
        first = round(float(frame.time) * rate)
        part = loud.max(0)[max(0, -first) :]
        whole[max(0, first) : max(0, first) + len(part)] = part
    return np.trim_zeros(whole, "b") / whole.max(), rate, channels


def clicks(path: Path) -> list[float]:
    """The seconds at which clicks are heard."""
    loud, rate, _ = heard(path)
    above = np.flatnonzero(loud > 0.4) / rate
    return [float(time) for before, time in zip((-9.0, *above), above, strict=False) if time - before > 0.1]


def flashes(path: Path) -> float:
    """When the picture turns white, by the container's own clock."""
    with av.open(str(path)) as container:
        return next(float(frame.time) for frame in container.decode(video=0) if frame.to_ndarray(format="gray").mean() > 128)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clicks at 0.25, 1.0, 2.0 and 3.0 seconds of four."""
    return tracks.wav(tmp_path_factory.mktemp("music") / "clicks.wav", tracks.clicks([0.25, 1, 2, 3], 4))


@pytest.mark.parametrize("limit", [None, 400_000])
@pytest.mark.parametrize("ending", SOUNDING)
def test_every_container_plays_the_sound_in_time(tmp_path: Path, music: Path, ending: str, limit: int | None) -> None:
    path = develop(tmp_path, Sound(music, Fraction(0), SECONDS), Output(f"x{ending}", size_limit=limit))
    assert ffmpeg.count(path) == FRAMES, "sound never changes the film"
    assert flashes(path) == pytest.approx(1, abs=0.045)
    assert clicks(path) == pytest.approx([0.25, 1, 2], abs=0.01)
    assert metadata.embedded_config(path) == "name: x"


@pytest.mark.parametrize("start", [Fraction(1, 2), Fraction(9, 10)])
def test_it_begins_where_it_is_told(tmp_path: Path, music: Path, start: Fraction) -> None:
    path = develop(tmp_path, Sound(music, start, SECONDS), Output("x.mp4"))
    assert clicks(path) == pytest.approx([time - start for time in (1, 2, 3) if time - start < SECONDS], abs=0.01)


@pytest.mark.parametrize("ending", VOICES)
def test_it_is_as_long_as_the_film(tmp_path: Path, music: Path, ending: str) -> None:
    noise = tracks.wav(tmp_path / "noise.wav", 0.5 * np.random.default_rng(0).standard_normal(4 * tracks.RATE).clip(-1, 1))
    loud, rate, _ = heard(develop(tmp_path, Sound(noise, Fraction(0), SECONDS), Output(f"x{ending}")))
    assert len(loud) / rate == pytest.approx(float(SECONDS), abs=0.03)
    short = develop(tmp_path, Sound(noise, Fraction(3), SECONDS), Output(f"y{ending}"))
    loud, rate, _ = heard(short)
    assert len(loud[loud > 0.02]) / rate < 1.1, "silence where the track has ended"
    assert ffmpeg.count(short) == FRAMES


def test_it_fades_at_the_end(tmp_path: Path) -> None:
    tone = tracks.wav(tmp_path / "tone.wav", np.sin(np.arange(4 * tracks.RATE) * 0.1))
    loud, rate, _ = heard(develop(tmp_path, Sound(tone, Fraction(0), SECONDS, fade=1.0), Output("x.mkv")))
    peaks = [float(loud[round((at - 0.02) * rate) : round(at * rate)].max()) for at in (1.0, 1.4, 1.9, 2.38)]
    assert peaks == pytest.approx([1, 1, 0.5, 0.03], abs=0.05)
    whole, rate, _ = heard(develop(tmp_path, Sound(tone, Fraction(0), SECONDS, fade=30.0), Output("y.mkv")))
    assert float(whole[: rate // 10].max()) > 0.9


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(30000, 1001)])
def test_prints_of_other_rates_stay_in_time(tmp_path: Path, music: Path, rate: Fraction) -> None:
    path = develop(tmp_path, Sound(music, Fraction(0), SECONDS), Output("x.mp4", fps=rate))
    assert clicks(path) == pytest.approx([0.25, 1, 2], abs=0.01)
    assert flashes(path) == pytest.approx(1, abs=float(1 / rate))


@pytest.mark.parametrize("ending", SILENT)
def test_pictures_that_move_are_silent(tmp_path: Path, music: Path, ending: str) -> None:
    path = develop(tmp_path, Sound(music, Fraction(0), SECONDS), Output(f"x{ending}"))
    again = develop(tmp_path / "again", None, Output(f"x{ending}"))
    assert path.read_bytes() == again.read_bytes()


def encoded(folder: Path, name: str, source: Path, *arguments: str) -> Path:
    """`source` in another format, made by ffmpeg."""
    path = folder / name
    command = [ffmpeg._program(), "-v", "error", "-y", "-i", str(source), *arguments, str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.mark.parametrize(("ending", "codec"), [(".mp4", "aac"), (".mov", "aac"), (".mkv", "flac"), (".webm", "libopus")])
def test_a_track_that_fits_is_copied_bit_for_bit(tmp_path: Path, music: Path, ending: str, codec: str) -> None:
    footage = encoded(tmp_path, f"footage{ending}", music, "-c:a", codec, "-t", "2.4")
    sound = Sound(footage, Fraction(0), SECONDS)
    found, voice = track(footage), ENCODERS[formats().endings[ending].sound]
    assert found
    assert voice
    assert fits(sound, found, voice)
    path = develop(tmp_path, sound, Output(f"x{ending}"))
    packets = []
    for file in (footage, path):
        with av.open(str(file)) as container:
            packets.append([bytes(packet) for packet in container.demux(audio=0) if packet.size])
    assert packets[1] == packets[0][: len(packets[1])]
    assert len(packets[1]) >= len(packets[0]) - 1
    assert ffmpeg.count(path) == FRAMES
    assert clicks(path) == pytest.approx([0.25, 1, 2], abs=0.04)
    assert flashes(path) == pytest.approx(1, abs=0.045)
    for other in (replace(sound, start=Fraction(1)), replace(sound, fade=1), replace(sound, seconds=Fraction(4))):
        assert not fits(other, found, voice)
    assert not fits(sound, replace(found, codec="cook"), voice)


@pytest.mark.parametrize("layout", ["5.1", "mono", "7.1"])
@pytest.mark.parametrize("ending", VOICES)
def test_sounds_of_any_number_of_channels(tmp_path: Path, music: Path, ending: str, layout: str) -> None:
    many = encoded(tmp_path, "many.wav", music, "-af", f"aformat=channel_layouts={layout}")
    path = develop(tmp_path, Sound(many, Fraction(0), SECONDS, fade=0.01), Output(f"x{ending}"))
    assert clicks(path) == pytest.approx([0.25, 1, 2], abs=0.01)
    assert heard(path)[2] == {"5.1": 6, "mono": 1, "7.1": 6}[layout]


def test_footage_without_sound_is_a_silent_film(tmp_path: Path, music: Path) -> None:
    silent = develop(tmp_path, None, Output("silent.mp4"))
    path = develop(tmp_path, Sound(silent, Fraction(0), SECONDS), Output("x.mp4"))
    with av.open(str(path)) as container:
        assert not container.streams.audio
    with pytest.raises(MissingError, match="no such file"):
        develop(tmp_path, Sound(tmp_path / "gone.mp4", Fraction(0), SECONDS), Output("y.mp4"))


@pytest.mark.parametrize("ending", VOICES)
def test_the_same_sound_makes_the_same_bytes(tmp_path: Path, music: Path, ending: str) -> None:
    footage = encoded(tmp_path, "footage.mkv", music, "-c:a", "libopus" if ending == ".webm" else "aac")
    for number, sound in enumerate((Sound(music, Fraction(1, 3), SECONDS, 1), Sound(footage, Fraction(0), SECONDS))):
        once, again = (develop(tmp_path / f"{number}{turn}", sound, Output(f"x{ending}")).read_bytes() for turn in "ab")
        assert once == again
