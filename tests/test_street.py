"""Laws of films over footage, from the command line: whole, broken, and none at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import tracks
from clips import clip
from commands import Command
from PIL import Image
from test_video import usage

from render.develop.ffmpeg import count
from render.develop.negative import Negative
from render.source.footage import probe

pytestmark = pytest.mark.usefixtures("tiny_network")
STREET = """\
source: {video: street.mkv}
dream: {rate: 12, steps: 1, first_steps: 2, octaves: 1, jitter: 2, objective: {layer: low}}
outputs: "{name}.mkv"
"""


@pytest.fixture
def street(tmp_path: Path) -> str:
    """The settings of a film over a tiny clip with a shape that moves, in this folder as street.mkv."""
    pictures = [(255 * tiny.photo((36, 96))[0, :, :, 16 + i : 80 + i]).permute(1, 2, 0).byte().numpy() for i in range(12)]
    clip(tmp_path / "street.mkv", pictures, "-c:v mjpeg -q:v 2 -pix_fmt yuvj444p", fps="24")
    (tmp_path / "street.yaml").write_text(STREET)
    return "street.yaml"


def test_a_film_over_footage_is_as_long_and_as_large_as_that(command: Command, street: str) -> None:
    said = command(street)
    assert said.code == 0, said.words
    assert (count(Path(said.paths[0])), probe(Path(said.paths[0])).size, probe(Path(said.paths[0])).fps) == (12, (36, 64), 24)


def test_what_can_be_read_of_broken_footage_is_rendered_and_the_end_is_1(command: Command, street: str) -> None:
    whole = Path("street.mkv").read_bytes()
    Path("street.mkv").write_bytes(whole[: len(whole) * 6 // 10])
    said = command(street)
    assert said.code == 1
    assert "breaks off after" in said.words
    assert "what can be read of it was rendered" in said.words
    assert 4 <= count(Path(said.paths[0])) <= 8
    assert "breaks off after" in command("check", street).words


@pytest.mark.parametrize("damage", [b"", b"no video at all", None])
def test_footage_that_cannot_be_read_is_refused_with_its_place(command: Command, street: str, damage: bytes | None) -> None:
    if damage is None:
        Path("street.mkv").unlink()
    else:
        Path("street.mkv").write_bytes(damage)
    said = command(street)
    assert said.code == 3
    assert "street.yaml:1:" in said.words
    assert "street.mkv" in said.words
    assert not Path("runs").exists()


def lay(folder: Path, number: int, dark: bool = False) -> None:
    picture = tiny.photo((36, 80))[..., number : number + 64] * (0.5 if dark else 1)
    Image.fromarray((255 * picture[0]).permute(1, 2, 0).byte().numpy()).save(folder / f"{number:02}.png")


@pytest.mark.parametrize("kind", ["frames", "video", "music"])
def test_what_changes_while_it_is_dreamed(command: Command, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """It is said, with exit 1, and the same command makes the film that the footage, or the music, as it is now makes."""
    Path("shots").mkdir()
    for number in range(12):
        lay(Path("shots"), number)
    make_video("a.mkv")
    tracks.wav(Path("a.wav"), tracks.clicks([0.2, 0.6], 1.5))
    text = STREET.replace("video: street.mkv", "frames: shots" if kind == "frames" else "video: a.mkv")
    heard = "audio: {file: a.wav, features: {level: rms}}\nlook: {hold: 0.5*level}\n" if kind == "music" else ""
    Path("film.yaml").write_text(f"size: 64x36\nfps: 12\n{heard}{text}")
    keep = Negative.keep

    def kept(self: Negative, tick: int, *rest: Any) -> None:
        keep(self, tick, *rest)
        if tick == 4:
            for number in range(8, 12):
                lay(Path("shots"), number, dark=True)
            make_video("b.mkv")
            if kind == "music":
                tracks.wav(Path("b.wav"), tracks.clicks([0.3], 1.5)).rename("a.wav")
            else:
                Path("b.mkv").rename("a.mkv")

    monkeypatch.setattr(Negative, "keep", kept)
    said = command("film.yaml")
    assert said.code == 1
    assert "has changed while it was dreamed" in said.words
    monkeypatch.setattr(Negative, "keep", keep)
    again, fresh = command("film.yaml"), command("film.yaml", "--fresh")
    assert (again.code, fresh.code) == (0, 0), again.words
    assert Path(again.paths[0]).read_bytes() == Path(fresh.paths[0]).read_bytes()


def make_video(name: str) -> None:
    pictures = [np.asarray(Image.open(path)) for path in sorted(Path("shots").iterdir())]
    clip(Path(name), pictures, "-c:v ffv1 -pix_fmt gbrp", fps="12")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads and memory are counted by Linux's /proc")
def test_a_film_over_two_thousand_pictures_takes_no_more_and_more(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    grain = np.random.default_rng(0)
    pictures = [grain.integers(0, 256, (36, 64, 3), np.uint8) for _ in range(2000)]
    clip(Path("long.mkv"), pictures, "-c:v libx264 -preset ultrafast -crf 20 -pix_fmt yuv420p", fps="24")
    Path("long.yaml").write_text(STREET.replace("street", "long").replace("rate: 12, steps: 1", "rate: every-frame, steps: 0"))
    used: list[tuple[int, int, float]] = []
    keep = Negative.keep

    def kept(self: Negative, tick: int, *rest: Any) -> None:
        used.append(usage())
        keep(self, tick, *rest)

    monkeypatch.setattr(Negative, "keep", kept)
    said = command("long.yaml", "--set", "flow=none")
    assert said.code == 0, said.words
    assert len(used) == 2000
    threads, files, memory = zip(*used[400:], strict=True)
    assert max(threads) - min(threads) <= 2
    assert max(files) - min(files) <= 2
    assert max(memory) - min(memory) < 30


def test_how_footage_moves_is_drawn(command: Command, street: str) -> None:
    (path,) = command("preview", "--flow", street).paths
    with Image.open(path) as drawn:
        assert drawn.height > 5 * 36
