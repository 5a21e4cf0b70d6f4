"""Laws of bad media: pictures, videos and tracks, cut short or with bits flipped, are read or refused in a sentence."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import clips
import numpy as np
import pytest
import tracks
from PIL import Image

EACH = 30  # files of a row
SMALL = "size: 32x24\nfps: 10\n"
READER = """
import sys
import torch
from render.construct import build_scene
from render.errors import RenderError
from render.facts import load

torch.set_num_threads(1)
for name in sys.argv[1:]:
    print(name, end=" ", flush=True)  # the last name without a word after it is that of the file which ended the process
    try:
        config = load(name)
        scene = build_scene(config, torch.device("cpu"))
        frames = [scene.picture(scene.clock.tick(tick)) for tick in (0, 1, scene.clock.last_tick)]
        [list(curve.over([0.0, 0.5], scene.clock)) for _, curve in config.curves()]
        print("read" if all(frame.isfinite().all() for frame in frames) else "broken", flush=True)
    except RenderError as error:
        print("refused" if 2 <= error.exit_code <= 3 and name in str(error) else f"mumbles {error!r}", flush=True)
    except BaseException as error:
        print(f"falls {error!r}"[:300], flush=True)
"""


def rainbow() -> Image.Image:
    down, across = np.mgrid[0:48, 0:64]
    return Image.fromarray(np.stack([down * 5, across * 3, (down + across) * 2], axis=-1).astype(np.uint8))


def picture(file: Path) -> None:
    rainbow().save(file)


def film(how: str) -> Callable[[Path], None]:
    return lambda file: void(clips.clip(file, clips.counted(12), how, "10"))


def music(how: str) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        whole = tracks.wav(file.with_name("whole.wav"), tracks.metronome(120, 1.5))
        clips.ffmpeg("-i", whole, how, file)

    return make


def void(_: object) -> None:
    return


IMAGE, VIDEO = "source: {{image: {file}}}\nduration: 1s\n", "source: {{video: {file}}}\nduration: source\n"
AUDIO = "audio: {{file: {file}}}\nduration: audio\nmotion: {{zoom: 1 + kick}}\n"
ROWS: dict[str, tuple[Callable[[Path], None], str]] = {  # a file's name: how it is made, and the film that uses it
    "a.jpg": (picture, IMAGE),
    "a.png": (picture, IMAGE),
    "a.webp": (picture, IMAGE),
    "a.gif": (picture, IMAGE),
    "a.tif": (picture, IMAGE),
    "a.bmp": (picture, IMAGE),
    "footage.png": (picture, "source: {{frames: {file}}}\nduration: 1s\n"),
    "h264.mp4": (film(""), VIDEO),
    "vp9.webm": (film("-c:v libvpx-vp9 -lossless 1 -deadline realtime"), VIDEO),
    "ffv1.mkv": (film("-c:v ffv1"), VIDEO),
    "mjpeg.mov": (film("-c:v mjpeg -pix_fmt yuvj420p"), VIDEO),
    "gif.gif": (film("-c:v gif"), VIDEO),
    "pcm.wav": (music("-c:a pcm_s16le"), AUDIO),
    "vorbis.ogg": (music("-c:a libvorbis"), AUDIO),
    "flac.flac": (music("-c:a flac"), AUDIO),
    "aac.m4a": (music("-c:a aac"), AUDIO),
    "mp3.mp3": (music("-c:a libmp3lame"), AUDIO),
}


def hurt(data: bytes, dice: random.Random) -> bytes:
    """The bytes after one accident, at the start of the file more often than later."""
    place = int(len(data) * dice.random() ** 2)
    length = dice.choice([1, 4, 200])
    return dice.choice(
        [
            data[:place],
            data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :],
            data[:place] + dice.randbytes(length) + data[place + length :],
            data[:place] + bytes(length) + data[place + length :],
            data[:place] + data[place + length :],
        ]
    )


def read(folder: Path, names: list[str]) -> Iterator[tuple[str, str]]:
    """What became of each film, read in one process as long as it lives, and then in the next."""
    while names:
        command = [sys.executable, "-W", "ignore", "-c", READER, *names]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        lines = done.stdout.splitlines()
        for line in lines:
            name, _, word = line.partition(" ")
            yield name, word or f"dies ({done.returncode})"
        if not lines:
            raise AssertionError(done.stderr)
        names = names[len(lines) :]


def test_five_hundred_bad_files_are_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    films = []
    for name, (make, text) in ROWS.items():
        make(tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        for case in range(EACH):
            dice = random.Random(f"{name} {case}")
            bad = f"{case}-{name}"
            (tmp_path / bad).write_bytes(hurt(whole, dice) if case else whole)
            (tmp_path / f"{bad}.yaml").write_text(SMALL + text.format(file=bad))
            films.append(f"{bad}.yaml")
    ends = dict(read(tmp_path, films))
    assert len(ends) == len(films) == EACH * len(ROWS) > 500
    assert {name: word for name, word in ends.items() if word not in ("read", "refused")} == {}
    assert {name: ends[f"0-{name}.yaml"] for name in ROWS} == dict.fromkeys(ROWS, "read")
    counts = Counter(ends.values())
    assert min(counts["read"], counts["refused"]) > len(films) / 10


def test_a_reader_that_dies_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mortal = """
import os, sys
for name in sys.argv[1:]:
    print(name, end=" ", flush=True)
    print("read" if name != "b" else os.abort(), flush=True)
"""
    monkeypatch.setitem(globals(), "READER", mortal)
    assert dict(read(tmp_path, ["a", "b", "c"])) == {"a": "read", "b": "dies (-6)", "c": "read"}
