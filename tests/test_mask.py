"""Laws of masks: white dreams and black does not, at the film's size and time, with edges as soft as asked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from clips import clip, plain
from PIL import Image

from render.config import load_text
from render.errors import ConfigError, MissingError
from render.film import ticks
from render.moment import Clock
from render.source.mask import Shape, gaussian_blur, grow_mask, mask

pytestmark = pytest.mark.usefixtures("tiny_network")
CLOCK = Clock(Fraction(30), 30, Fraction(8))
SIZE = (40, 64)


def half(folder: Path) -> Path:
    """White on the left, black on the right."""
    picture = np.zeros((*SIZE, 3), dtype=np.uint8)
    picture[:, :32] = 255
    Image.fromarray(picture).save(folder / "half.png")
    return folder / "half.png"


def test_white_dreams_and_black_does_not(tmp_path: Path) -> None:
    sharp = mask(half(tmp_path), Shape(False, lambda _: 0.0), CLOCK.seconds, SIZE)(CLOCK.tick(3))
    assert sharp.shape == (1, 1, *SIZE)
    assert sharp[..., :32].min() == 1
    assert sharp[..., 32:].max() == 0
    turned = mask(half(tmp_path), Shape(True, lambda _: 0.0), CLOCK.seconds, SIZE)(CLOCK.tick(3))
    assert torch.equal(turned, 1 - sharp)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)], ids=str)
def test_colours_count_by_how_bright_they_are(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    Image.fromarray(plain(1, SIZE, colour)[0]).save(tmp_path / "a.png")
    light = mask(tmp_path / "a.png", Shape(False, lambda _: 3.0), CLOCK.seconds, SIZE)(CLOCK.tick(0))
    assert torch.allclose(light, torch.tensor(np.dot((0.2126, 0.7152, 0.0722), colour) / 255).float(), atol=1e-4)


@pytest.mark.parametrize("sigma", [1.0, 4.0, 9.5])
def test_feathers_are_gaussian(sigma: float) -> None:
    """An edge becomes the Gaussian's integral: 16 % and 84 % one standard deviation on either side."""
    step = torch.zeros(1, 1, 16, 128)
    step[..., :64] = 1
    soft = gaussian_blur(step, sigma)[0, 0, 8]
    at = torch.arange(128) - 63.5
    assert torch.allclose(soft, torch.special.ndtr(-at / sigma), atol=0.03)
    assert gaussian_blur(torch.ones(1, 1, 9, 9), sigma).sub(1).abs().max() < 1e-5, "past the edge it goes on"


def test_a_feather_may_move(tmp_path: Path) -> None:
    film = mask(half(tmp_path), Shape(False, lambda moment: moment.seconds * 8), CLOCK.seconds, SIZE)
    widths = [int(((film(CLOCK.frame(i)) > 0.01) & (film(CLOCK.frame(i)) < 0.99))[0, 0, 0].sum()) for i in (0, 10, 29)]
    assert widths == sorted(set(widths))
    assert widths[0] == 0


def test_a_mask_is_fitted_to_the_film(tmp_path: Path) -> None:
    small = mask(half(tmp_path), Shape(False, lambda _: 0.0), CLOCK.seconds, (20, 32))(CLOCK.tick(0))
    assert small.shape == (1, 1, 20, 32)
    assert small[..., :15].min() > 0.9
    assert small[..., 17:].max() < 0.1


def test_a_video_masks_in_time(tmp_path: Path) -> None:
    pictures = plain(15, SIZE, (255, 255, 255)) + plain(15, SIZE, (0, 0, 0))
    film = mask(clip(tmp_path / "a.mp4", pictures), Shape(False, lambda _: 2.0), CLOCK.seconds, SIZE)
    assert [round(float(film(CLOCK.frame(i)).mean())) for i in range(30)] == [1] * 15 + [0] * 15


@pytest.mark.parametrize("count", [20, 28, 32, 60])
def test_a_mask_of_another_length_is_refused(tmp_path: Path, count: int) -> None:
    file = clip(tmp_path / "a.mp4", plain(count, SIZE))
    with pytest.raises(MissingError, match=rf"a\.mp4: lasts {count / 30:.4g} s, and the film 1 s"):
        mask(file, Shape(False, lambda _: 0.0), CLOCK.seconds, SIZE)


def test_a_mask_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    (tmp_path / "a.mov").write_bytes(b"nothing")
    for name in ("a.png", "a.mov", "b.png", "b.mkv"):
        with pytest.raises(MissingError, match=name):
            mask(tmp_path / name, Shape(False, lambda _: 0.0), CLOCK.seconds, SIZE)


def test_its_settings(tmp_path: Path) -> None:
    asked = load_text("mask: {file: a.png, invert: true, feather: {0s: 1, 4s: 9}}", folder=tmp_path).mask
    assert asked is not None
    assert (asked.file, asked.invert) == (tmp_path / "a.png", True)
    assert asked.feather(load_text("duration: 8s").clock.frame(120)) == pytest.approx(9)
    assert load_text("mask: a.png", folder=tmp_path).mask.invert is False  # type: ignore[union-attr]
    assert load_text("seed: 1").mask is None
    with pytest.raises(ConfigError, match=r"mask\.invert is .*maybe"):
        load_text("mask: {file: a.png, invert: maybe}")


@pytest.mark.parametrize("pixels", [-5.0, 0.0, 7.0])
def test_edges_grow_and_shrink(pixels: float) -> None:
    step = torch.zeros(1, 1, 16, 64)
    step[..., :32] = 1
    assert float(grow_mask(step, pixels)[0, 0, 8].sum()) == pytest.approx(32 + pixels, abs=1.1)


FOUND = {  # a key, and where of a picture of four quarters it is white: blue, grey, white, black
    "near: '#3060ff', within: 0.2": (1, 0, 0, 0),
    "brightness: [0.9, 1]": (0, 0, 1, 0),
    "brightness: [0, 0.1]": (0, 0, 0, 1),
    "brightness: [0.45, 0.6]": (0, 1, 0, 0),
}
QUARTERS = ((48, 96, 255), (128, 128, 128), (255, 255, 255), (0, 0, 0))


def quarters(folder: Path) -> Path:
    picture = np.repeat(np.array(QUARTERS, dtype=np.uint8)[None], 40, 0).repeat(16, 1)
    Image.fromarray(picture).save(folder / "quarters.png")
    return folder


@pytest.mark.parametrize("key", FOUND)
def test_a_key_finds_what_the_picture_has(key: str, tmp_path: Path) -> None:
    film = tiny.film(
        f"source: {{image: quarters.png}}\nmask: {{feather: 0, key: {{{key}}}}}", ("size=64x40",), quarters(tmp_path)
    )
    assert film.scene.mask
    white = film.scene.mask(film.scene.clock.tick(0))[0, 0].unflatten(1, (4, 16)).mean((0, 2))
    assert tuple(map(round, white.tolist())) == FOUND[key]


def test_edges_are_found(tmp_path: Path) -> None:
    film = tiny.film(
        "source: {image: quarters.png}\nmask: {feather: 0, key: {edges: 0.1}}", ("size=64x40",), quarters(tmp_path)
    )
    assert film.scene.mask
    white = film.scene.mask(film.scene.clock.tick(0))[0, 0, 20]
    assert white[32] == white[48] == 1
    assert white[8] == white[24] == white[40] == 0


@pytest.mark.parametrize("of", ["key: {near: '#3060ff'}", "file: half.png"])
def test_a_mask_of_the_world_goes_with_it(of: str, tmp_path: Path) -> None:
    """What it leaves out is the picture as the camera sees it; what it holds is dreamed wherever it goes."""
    half(tmp_path)
    text = f"source: {{image: quarters.png}}\nmotion: {{zoom: 1, pan: [0.4, 0]}}\nmask: {{{of}, space: world, feather: 1}}"
    scene = (film := tiny.film(text, ("size=64x40", "dream.step_size=0.05"), quarters(tmp_path))).scene
    *_, last = ticks(film)
    moment = scene.clock.tick(last.tick)
    assert scene.mask
    assert scene.undreamed
    white, seen = scene.mask(moment), scene.undreamed(moment)
    first = scene.mask(scene.clock.tick(0))
    assert float((white[..., 16:] - first[..., :-16])[..., 2:].abs().mean()) < 0.02
    changed = (last.canvas - seen).abs().mean(1, keepdim=True)
    assert float(changed[white < 0.01].max()) < 0.01
    assert float(changed[white > 0.9].mean()) > 0.02


@pytest.mark.parametrize(
    ("mask_settings", "words"),
    [
        ("{invert: true}", "mask has neither file nor key; it takes one of them"),
        ("{file: a.png, key: {edges: 0.1}}", "mask has file and key; it takes one of them"),
        ("{key: {}}", "mask.key has none of near, brightness, edges; it takes exactly one"),
        ("{key: {near: '#ffffff', edges: 1}}", "mask.key has near and edges; it takes exactly one"),
        ("{key: {near: blue}}", 'mask.key.near is "blue", which is no colour'),
        ("{key: {brightness: 3}}", "[from, to]"),
        ("{file: a.png, space: earth}", "it takes one of screen world"),
    ],
)
def test_a_mask_that_cannot_be_is_refused(mask_settings: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_text(f"mask: {mask_settings}")
    assert words in str(refused.value)
