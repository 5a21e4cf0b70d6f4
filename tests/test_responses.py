"""Laws of responses: the channel that a picture is made for sees most in it, and what is printed is an objective."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
import yaml
from commands import Command
from PIL import Image

from render.config import load_text
from render.dream.network import CLASSES
from render.picture.picture import to_pixels
from render.show.responses import _strongest, lines, pictures_of_nothing

NETWORK = tiny.network()
PHOTO = tiny.photo((48, 64))


def test_a_channel_that_sees_something_that_nothing_has_comes_first() -> None:
    """However quiet it is beside others, and however little of the picture it fills."""
    usual = [torch.randn(1, 5, 12, 12, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    usual = [plane * torch.tensor([1, 5, 0.5, 1, 1]).view(1, 5, 1, 1) for plane in usual]
    features = usual[0].clone()
    features[0, 2, 3:6, 3:6] += 4
    features[0, 4] += 1
    strongest = _strongest(features, usual[1:])
    assert [each.channel for each in strongest[:2]] == [2, 4]
    assert [each.strength for each in strongest] == sorted((each.strength for each in strongest), reverse=True)


def test_pictures_of_nothing_have_the_colours_and_the_detail_and_are_the_same_each_time() -> None:
    nothing = list(pictures_of_nothing(PHOTO))
    assert all(torch.equal(a, b) for a, b in zip(nothing, pictures_of_nothing(PHOTO), strict=True))
    for other in nothing:
        assert other.shape == PHOTO.shape
        assert torch.allclose(other.mean((2, 3)), PHOTO.mean((2, 3)), atol=0.03)


def test_what_is_printed_is_an_objective() -> None:
    rows = yaml.safe_load("\n".join(lines(NETWORK, NETWORK.layers, PHOTO)))
    assert {row["layer"] for row in rows} <= {*NETWORK.layers}
    assert all(isinstance(name, str) for row in rows if row["layer"] == CLASSES for name in row["channels"])
    text = "\n    ".join(lines(NETWORK, ["shapes"], PHOTO))
    assert load_text(f"dream:\n  objective:\n    {text}\n").dream.objective[0].kind == "channels"


@pytest.mark.usefixtures("tiny_network")
def test_the_commands_take_a_picture(command: Command, tmp_path: Path) -> None:
    Image.fromarray(to_pixels(PHOTO)).save(tmp_path / "photo.png")
    said = command("layers", "bestiary", "shapes", "--like", str(tmp_path / "photo.png"))
    assert said.code == 0, said.words
    assert "layer: shapes" in said.out
    assert (
        "has no layer with 'nowhere'" in command("layers", "bestiary", "nowhere", "--like", str(tmp_path / "photo.png")).words
    )
    assert "gone.png" in command("layers", "bestiary", "--like", "gone.png").words
    words = ["atlas", "bestiary", "--picture", str(tmp_path / "photo.png"), "--size", "32", "--steps", "2", "--device", "cpu"]
    sheet = tmp_path / "sheet.png"
    assert command(*words, "-o", str(sheet)).code == 0
    with Image.open(sheet) as drawn:
        assert drawn.height > 32
    assert "leave one of them out" in command(*words, "--photo", str(tmp_path / "photo.png")).words
