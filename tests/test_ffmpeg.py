"""Laws of ffmpeg at work: a file appears whole or not at all, and every failure is one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import raw

from render.develop import ffmpeg, files
from render.errors import DevelopError, MissingError, RoomError

SIZE = (64, 36)
RATE = Fraction(30000, 1001)
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")


def film(number: int) -> Iterator[ffmpeg.Pixels]:
    for i in range(number):
        yield np.full((36, 64, 3), i * 7 % 256, np.uint8)


@pytest.mark.parametrize("name", ["film.mp4", "-y.mp4", "http:x.mp4", "a b 'ü%d.mp4"])
def test_frames_come_back_from_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    raw.write(Path(name), film(5), SIZE, RATE, "rgb24", H264)
    assert ffmpeg.count(Path(name)) == 5
    assert [frame.shape for frame in raw.read(Path(name), SIZE, "rgb24")] == [(36, 64, 3)] * 5
    assert os.listdir(tmp_path) == [name]


def test_sixteen_bits_are_exact(tmp_path: Path) -> None:
    frame = np.random.default_rng(0).integers(0, 65536, (36, 64, 3), dtype=np.uint16)
    raw.write(tmp_path / "a.mkv", [frame], SIZE, RATE, "rgb48le", ("-c:v", "ffv1", "-pix_fmt", "gbrp16le"))
    (back,) = raw.read(tmp_path / "a.mkv", SIZE, "rgb48le")
    assert np.array_equal(frame, back)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-c:v", "libnope"), "Unknown encoder 'libnope'"),
        (("-c:v", "libx264", "-pix_fmt", "nope"), "nope"),
        (("-vf", "nope"), "nope"),
    ],
)
def test_ffmpegs_own_words_reach_the_person(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(DevelopError, match=message):
        raw.write(tmp_path / "a.mp4", film(300), SIZE, RATE, "rgb24", arguments)
    assert not os.listdir(tmp_path)


def test_a_failing_or_left_source_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[ffmpeg.Pixels]:
        yield from film(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        raw.write(tmp_path / "a.mp4", broken(), SIZE, RATE, "rgb24", H264)
    with pytest.raises(DevelopError, match="without frames"):
        raw.write(tmp_path / "a.mp4", film(0), SIZE, RATE, "rgb24", H264)
    assert not os.listdir(tmp_path)


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("old")
    with pytest.raises(ValueError, match="a frame of"):
        raw.write(tmp_path / "a.mp4", [np.zeros((1, 1, 3), np.uint8)], SIZE, RATE, "rgb24", H264)
    assert (tmp_path / "a.mp4").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_ffmpeg_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals) -> None:
    children: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def started(*command: Any, **settings: Any) -> subprocess.Popen[bytes]:
        children.append(real(*command, **settings))
        return children[-1]

    monkeypatch.setattr(subprocess, "Popen", started)

    def murdered() -> Iterator[ffmpeg.Pixels]:
        yield from film(20)
        children[0].send_signal(how)
        yield from film(2000)

    with pytest.raises(DevelopError):
        raw.write(tmp_path / "a.mp4", murdered(), SIZE, RATE, "rgb24", H264)
    assert not os.listdir(tmp_path)
    assert children[0].returncode is not None


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_parent_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    program = f"""
import os, signal, subprocess
from fractions import Fraction
from functools import partial
from pathlib import Path
import numpy as np
from render.develop import ffmpeg
subprocess.Popen = partial(subprocess.Popen, close_fds=False)
with ffmpeg.writing(Path({str(tmp_path)!r}) / "a.mp4", (64, 36), Fraction(30), "rgb24", {H264!r}) as send:
    for i in range(30):
        send(np.zeros((36, 64, 3), np.uint8))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    last, held = os.pipe()  # held by the parent and its ffmpeg, which may go on to finish a file of its own
    parent = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[1], pass_fds=[held])
    assert parent.returncode == -signal.SIGKILL
    os.close(held)
    assert os.read(last, 1) == b"", "both have ended"
    os.close(last)
    assert all(name.startswith(files.PART) for name in os.listdir(tmp_path))
    files.sweep(tmp_path)
    assert not os.listdir(tmp_path)


def test_a_short_file_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(DevelopError, match="1 frames of 5"):
        raw.write(tmp_path / "a.mp4", film(5), SIZE, RATE, "rgb24", (*H264, "-frames:v", "1"))
    assert not os.listdir(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_part", lambda path, ending: Path("/dev/full"))
    monkeypatch.setattr(files, "_remove", lambda part: None)
    with pytest.raises(RoomError, match="disk is full"):
        raw.write(tmp_path / "a.mkv", film(2000), SIZE, RATE, "rgb24", ("-c:v", "rawvideo", "-f", "rawvideo"))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingError, match="cannot be written"):
        raw.write(tmp_path / "file" / "a.mp4", film(1), SIZE, RATE, "rgb24", H264)


def test_all_encoders_are_known() -> None:
    assert {"libx264", "gif", "ffv1", "png"} <= ffmpeg.encoders()
    assert "=" not in ffmpeg.encoders()
