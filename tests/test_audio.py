"""Laws of listening: what a film hears of a sound file, at the time it sounds; and one sentence for every file that is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import tracks
from numpy.typing import NDArray

from render.develop import ffmpeg
from render.errors import ConfigError, MissingError
from render.source import audio
from render.source import beat as beats
from render.source.audio import Music, listen
from render.source.beat import beat, onsets
from render.source.loudness import HOP, WINDOW, loudness
from render.source.sound_file import RATE, samples, track

ZERO = Fraction(0)


@dataclass(frozen=True)
class Feature:
    band: tuple[float, float] | str
    attack: float = 0.01
    release: float = 0.25


KICK, HATS, LEVEL = Feature((40, 120)), Feature((7000, 11000)), Feature("rms")
BANDS: Mapping[str, Feature] = {"kick": KICK, "hats": HATS, "level": LEVEL}


def song(seconds: float = 6) -> NDArray[np.float64]:
    """Kicks at whole seconds, hats half a second later, under a steady bass an octave above."""
    kicks = tracks.clicks(np.arange(0, seconds), seconds, pitch=60, decay=14)
    hats = tracks.clicks(np.arange(0.5, seconds), seconds, pitch=9000, decay=50)
    drone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * tracks.RATE)) / tracks.RATE)
    return 0.6 * kicks + 0.2 * hats + drone


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tracks.wav(tmp_path_factory.mktemp("music") / "song.wav", song())


def at(found: Music, name: str, *seconds: float) -> list[float]:
    return [float(value) for value in found.features[name](np.array(seconds))]


# ── features ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_band_hears_its_own(music: Path) -> None:
    found = listen(music, ZERO, BANDS)
    now = np.linspace(0, 6, 601)
    for name in BANDS:
        values = found.features[name](now)
        assert values.min() == 0 < values.max() == 1
    assert min(at(found, "kick", 1.04, 2.04, 5.04)) > 0.9
    assert max(at(found, "kick", 0.9, 1.9, 4.95)) < 0.1
    assert min(at(found, "hats", 0.53, 1.53, 5.53)) > 0.9
    assert max(at(found, "hats", 0.45, 1.03, 4.03)) < 0.2
    assert at(found, "level", 1.04)[0] > 0.8 > at(found, "level", 1.53)[0]


def test_a_feature_rises_when_it_sounds_and_falls_as_it_is_told(tmp_path: Path) -> None:
    once = tracks.wav(tmp_path / "once.wav", tracks.clicks([1, 2], 4, pitch=80, decay=60))
    quick, slow = (Feature((40, 120), 0.01, release) for release in (0.1, 0.4))
    found = listen(once, ZERO, {"quick": quick, "slow": slow})
    times = np.arange(0, 4, 0.001)
    for name, release in (("quick", 0.1), ("slow", 0.4)):
        values = found.features[name](times)
        assert times[np.argmax(values > 0.5)] == pytest.approx(1, abs=0.03), "within a film frame"
        top, later = values[2100], values[2100 + round(release * 1000)]
        assert later == pytest.approx(top / np.e, abs=0.06)


@pytest.mark.parametrize("band", [(20, 40), (40, 120), (300, 310), (7000, 11_000), (20, 11_000)], ids=str)
def test_loudness_is_measured_in_the_band_and_nowhere_else(band: tuple[float, float]) -> None:
    seconds = np.arange(2 * RATE) / RATE
    inside, outside = ((band[0] * band[1]) ** 0.5, 150.0 if band[0] != 20 else 10_990.0)
    tone = 0.5 * np.sin(2 * np.pi * inside * seconds).astype(np.float32)
    other = 0.5 * np.sin(2 * np.pi * outside * seconds).astype(np.float32)
    heart = slice(20, -20)
    wide = band[1] - band[0] > 60
    assert np.median(loudness(tone, *band)[heart]) == pytest.approx(0.5 / 2**0.5, rel=0.05 if wide else 0.6)
    if band != (20, 11_000):
        assert loudness(other, *band)[heart].max() < 0.05


def test_film_time_starts_where_it_is_told_and_ends_with_the_music(music: Path) -> None:
    whole, later = listen(music, ZERO, BANDS), listen(music, Fraction(3, 2), BANDS)
    assert (whole.seconds, later.seconds) == (6, Fraction(9, 2))
    now = np.linspace(0, 4.4, 100)
    for name in BANDS:
        np.testing.assert_allclose(later.features[name](now), whole.features[name](now + 1.5), atol=1e-9)
        assert at(later, name, 4.6, 100) == [0, 0]
        assert at(whole, name, -1) == [0]
    with pytest.raises(ConfigError, match=r"is 9 s, and .* lasts 6 s"):
        listen(music, Fraction(9), {})


def test_silence_moves_nothing(tmp_path: Path) -> None:
    silent = tracks.wav(tmp_path / "silent.wav", np.zeros(2 * tracks.RATE))
    found = listen(silent, ZERO, {**BANDS, "hits": Feature("onsets")})
    assert all(found.features[name](np.linspace(0, 2, 50)).max() == 0 for name in found.features)
    with pytest.raises(MissingError, match="no beat"):
        beat(silent, ZERO)


def test_rare_and_early_hits_are_heard(tmp_path: Path) -> None:
    rare = tracks.wav(tmp_path / "rare.wav", tracks.clicks([0, 25], 40, pitch=60, decay=30))
    assert min(at(listen(rare, ZERO, {"kick": KICK}), "kick", 0.05, 25.05)) > 0.9


def test_what_was_heard_is_kept_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tracks.wav(tmp_path / "a.wav", song(2))
    first = listen(path, ZERO, BANDS)
    with monkeypatch.context() as without:
        without.setattr(audio, "loudness", None)
        assert at(listen(path, ZERO, BANDS), "kick", 1.04) == at(first, "kick", 1.04)
    tracks.wav(path, song(3))
    second = listen(path, ZERO, BANDS)
    assert second.seconds == 3
    assert second.digest != first.digest


# ── onsets and the beat ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("silence", [0.0, 1.7])
@pytest.mark.parametrize(("pitch", "decay"), [(1000, 80), (60, 30)], ids=["ticks", "kicks"])
@pytest.mark.parametrize("bpm", [90, 120, 140])
def test_a_click_track_is_found(tmp_path: Path, bpm: int, pitch: float, decay: float, silence: float) -> None:
    path = tracks.wav(tmp_path / "clicks.wav", tracks.metronome(bpm, 10 + silence, silence, pitch, decay))
    tempo, first_beat = beat(path, ZERO)
    assert tempo == pytest.approx(bpm, abs=1)
    assert -0.02 <= first_beat < 60 / tempo
    beats = np.arange(silence, 9.9 + silence, 60 / bpm)
    counted = np.round((beats - first_beat) * tempo / 60)
    assert np.abs(first_beat + counted * 60 / tempo - beats).max() < 0.02
    found = onsets(samples(path))
    assert max(np.abs(found - one).min() for one in beats) < 0.02


BEATS = {  # beats a minute, the first kick, and hats for each beat, between the kicks
    97: (0.25, 1),
    97.5: (0.05, 2),
    64: (0.3, 1),
    85: (0.6, 2),
    110: (0.0, 1),
    128: (0.2, 1),
    150: (0.35, 1),
    174: (0.1, 1),
}


@pytest.mark.parametrize("bpm", BEATS)
def test_the_beat_is_put_on_the_kick_and_not_on_louder_hats(tmp_path: Path, bpm: float) -> None:
    first, hats = BEATS[bpm]
    kicks = np.arange(first, 15.5, 60 / bpm)
    between = np.concatenate([kicks + 60 / bpm * (hat + 0.5) / hats for hat in range(hats)])
    loud = tracks.noises(between[between < 15.8], 16, 0.9)
    path = tracks.wav(tmp_path / "song.wav", 0.5 * tracks.clicks(kicks, 16, pitch=60, decay=14) + loud)
    tempo, first_beat = beat(path, ZERO)
    number = (kicks - first_beat) * tempo / 60
    whole = np.round(number)
    assert np.abs(number - whole).max() * 60 / tempo < 0.02
    assert (whole % np.diff(whole).max() == 0).all(), "beat 0 is a kick, where only every second beat is one"


@pytest.mark.parametrize(
    ("start", "offset", "first"), [("0", "0.25", 0.25), ("0", "4.25", 4.25), ("1/2", "0.25", 0.35), ("1/4", "0.25", 0)]
)
def test_an_offset_says_where_a_beat_falls(music: Path, start: str, offset: str, first: float) -> None:
    assert listen(music, Fraction(start), {}, 100, Fraction(offset)).first_beat == pytest.approx(first)
    assert listen(music, Fraction(start), {}, None, Fraction(offset)).first_beat == 0


def _short(samples: int, place: int | None = None) -> NDArray[np.float64]:
    """Silence of so many samples, or a click in it."""
    sound = np.zeros(samples)
    if place is not None:
        sound[place : place + 40] = 0.9
    return sound


DEGENERATE = {
    "silence": _short(tracks.RATE),
    "one sample": np.array([0.5]),
    "one silent sample": np.zeros(1),
    "a click at the very end": _short(2 * tracks.RATE, 2 * tracks.RATE - 3),
    "a click in the last half hop": _short(86 * HOP + 250, 86 * HOP + 200),
    "a note to the very end": tracks.clicks([0.5, 1.9], 2.0 - 1e-3, 200),
    "a click at the very start": _short(2 * tracks.RATE, 0),
    "a constant tone": 0.5 * np.sin(np.arange(2 * tracks.RATE) * 0.1),
    "a constant": np.full(tracks.RATE, 0.5),
    "shorter than a window": 0.5 * np.sin(np.arange(500) * 0.1),
    "shorter than a hop": 0.5 * np.sin(np.arange(100) * 0.1),
    "as long as a window": 0.5 * np.sin(np.arange(WINDOW) * 0.1),
}


@pytest.mark.parametrize("late", [False, True], ids=["whole", "last sample"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_sounds_that_are_hardly_any_are_heard_without_a_crash(tmp_path: Path, name: str, late: bool) -> None:
    path = tracks.wav(tmp_path / "a.wav", DEGENERATE[name])
    start = Fraction(3 * len(DEGENERATE[name]) - 1, 3 * tracks.RATE) if late else ZERO
    found = listen(path, start, {**BANDS, "hits": Feature("onsets")})
    for feature in found.features.values():
        values = feature(np.linspace(0, 3, 200))
        assert ((values >= 0) & (values <= 1)).all()
    with pytest.raises(MissingError, match="no beat that could be found"):
        beat(path, start)


@pytest.mark.parametrize("rest", [0, 127, 128, 129, 255])
def test_an_onset_at_the_very_end_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: int) -> None:
    """The IndexError of a note that is found in a track's last half hop."""
    path = tracks.wav(tmp_path / "a.wav", np.full(90 * HOP + rest, 0.1))
    monkeypatch.setattr(audio, "onsets", lambda signal: np.array([len(signal) / RATE]))
    audio._envelope.cache_clear()
    assert at(listen(path, ZERO, {"hits": Feature("onsets", 0)}), "hits", 90 * HOP / RATE) == [1]


def test_the_beat_counts_from_the_start_of_the_film(tmp_path: Path) -> None:
    path = tracks.wav(tmp_path / "clicks.wav", tracks.metronome(120, 12, 0.1))
    found = listen(path, Fraction(23, 10), {"hits": Feature("onsets")}, "auto")
    assert found.bpm == pytest.approx(120, abs=1)
    assert found.first_beat == pytest.approx(0.3, abs=0.02)
    assert min(at(found, "hits", 0.33, 0.83, 5.33)) > 0.8
    assert max(at(found, "hits", 0.27, 0.77)) < 0.3
    assert (listen(path, ZERO, {}, 97.5).bpm, listen(path, ZERO, {}, 97.5).first_beat, listen(path, ZERO, {}).bpm) == (
        97.5,
        0,
        None,
    )


def test_without_librosa_bands_are_heard_and_the_rest_names_the_cure(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    audio._envelope.cache_clear()
    beats._beat.cache_clear()
    assert at(listen(music, ZERO, BANDS, 120), "kick", 1.04)[0] > 0.9
    for features, bpm in (({"hits": Feature("onsets")}, None), ({}, "auto")):
        with pytest.raises(MissingError) as caught:
            listen(music, ZERO, features, bpm)
        assert caught.value.hint == 'pip install "zoomdream[audio]"'


def test_listening_does_not_wait_for_torch() -> None:
    code = "import sys, render.source.audio; print([name for name in ('torch', 'librosa', 'av') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

FORMATS = {  # ending: what ffmpeg is told
    "mp3": ("-c:a", "libmp3lame"),
    "m4a": ("-c:a", "aac"),
    "ogg": ("-c:a", "libvorbis"),
    "opus": ("-c:a", "libopus"),
    "flac": ("-af", "aresample=96000", "-c:a", "flac"),
    "aiff": ("-ac", "2"),
    "mka": ("-af", "aformat=channel_layouts=5.1", "-c:a", "ac3"),
    "wav": ("-c:a", "pcm_f32le", "-metadata", "title=\xff\x00\x1b[2J".replace("\x00", "")),
}


@pytest.mark.parametrize("ending", FORMATS)
def test_formats_sound_alike(tmp_path: Path, music: Path, ending: str) -> None:
    path = tmp_path / f"ein Stück, 50%.{ending}"
    subprocess.run([ffmpeg._program(), "-v", "error", "-i", str(music), *FORMATS[ending], str(path)], check=True)
    found = listen(path, ZERO, BANDS)
    assert float(found.seconds) == pytest.approx(6, abs=0.06)
    now = np.linspace(0.1, 5.9, 200)
    kick = found.features["kick"](now)
    assert np.corrcoef(kick, listen(music, ZERO, BANDS).features["kick"](now))[0, 1] > 0.97, "the same, at the same time"
    assert track(path)


def test_files_that_are_no_music(tmp_path: Path, music: Path) -> None:
    (tmp_path / "words.wav").write_text("this is no music " * 100)
    (tmp_path / "empty.mp3").write_bytes(b"")
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:6,\nfile:{music}\n#EXT-X-ENDLIST\n")
    (tmp_path / "header.wav").write_bytes(music.read_bytes()[:44])
    (tmp_path / "list.ffconcat").write_text("ffconcat version 1.0\nfile header.wav\n")
    flac, m4a = tmp_path / "a.flac", tmp_path / "a.m4a"
    for path in (flac, m4a):
        subprocess.run([ffmpeg._program(), "-v", "error", "-i", str(music), str(path)], check=True)
    (tmp_path / "short.flac").write_bytes(flac.read_bytes()[: flac.stat().st_size // 2])
    (tmp_path / "short.m4a").write_bytes(m4a.read_bytes()[: m4a.stat().st_size // 2])
    with ffmpeg.writing(tmp_path / "silent.mp4", (16, 16), Fraction(5), "rgb24", ("-c:v", "libx264")) as send:
        send(np.zeros((16, 16, 3), np.uint8))
    says = {
        "nope.wav": "no such file",
        ".": "is a folder, not a sound file",
        "words.wav": "not a sound file",
        "empty.mp3": "not a sound file",
        "list.m3u8": "not a sound file",
        "list.ffconcat": "is a list of files",
        "header.wav": "no sound in it",
        "short.flac": "cut short",
        "short.m4a": "not a sound file",
        "silent.mp4": "there is no sound in it",
    }
    for name, words in says.items():
        with pytest.raises(MissingError, match=words) as caught:
            listen(tmp_path / name, ZERO, BANDS)
        assert str(tmp_path / name) in str(caught.value) or name == "."
        assert "\n" not in caught.value.message


DAMAGED = {"a.mp3": "damaged sound", "a.m4a": "damaged sound", "a.flac": "no sound", "a.ogg": "no sound", "a.mka": "no sound"}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_piece_is_silent_and_said(tmp_path: Path, music: Path, name: str) -> None:
    path = tmp_path / name
    packed = ["-c:a", "ac3"] if name == "a.mka" else []
    subprocess.run([ffmpeg._program(), "-v", "error", "-i", str(music), *packed, str(path)], check=True)
    assert listen(path, ZERO, {}).flaw == ""
    with av.open(str(path)) as container:  # in the middle of the sound, wherever that lies
        places = [packet.pos for packet in container.demux(audio=0) if packet.pos is not None and packet.size]
    content, place = bytearray(path.read_bytes()), places[len(places) // 2]
    length = 400 if name == "a.mp3" else 3000  # of an MP3 the time is counted by its pieces, as players do
    content[place : place + length] = np.random.default_rng(0).bytes(length)
    path.write_bytes(content)
    heard = listen(path, ZERO, {})
    assert heard.flaw.startswith(f"has {DAMAGED[name]}")
    assert float(heard.seconds) == pytest.approx(6, abs=0.3)


def test_sound_that_begins_late_keeps_its_place(tmp_path: Path) -> None:
    clicks = tracks.wav(tmp_path / "clicks.wav", tracks.clicks([0.5], 2))
    with ffmpeg.writing(tmp_path / "film.mp4", (16, 16), Fraction(5), "rgb24", ("-c:v", "libx264")) as send:
        for _ in range(15):
            send(np.zeros((16, 16, 3), np.uint8))
    late = tmp_path / "late.mkv"
    inputs = ("-i", str(tmp_path / "film.mp4"), "-itsoffset", "0.7", "-i", str(clicks))
    subprocess.run([ffmpeg._program(), "-v", "error", *inputs, "-c:v", "copy", "-c:a", "flac", str(late)], check=True)
    with av.open(str(late)) as container:
        assert container.streams.audio
    assert np.argmax(np.abs(samples(late)) > 0.3) / RATE == pytest.approx(1.2, abs=0.01)
