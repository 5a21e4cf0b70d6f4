"""Laws of films over footage, from the command line: whole, broken, and none at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
from clips import clip
from commands import Command
from PIL import Image

from render.develop.ffmpeg import count
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


def test_how_footage_moves_is_drawn(command: Command, street: str) -> None:
    (path,) = command("preview", "--flow", street).paths
    with Image.open(path) as drawn:
        assert drawn.height > 5 * 36
