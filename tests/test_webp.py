"""Laws of footage that ffmpeg has no usual decoder for: animated WebP, and the opacity of VP8 and VP9."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from clips import Picture, counted, ffmpeg, number
from PIL import Image

from render.errors import MissingError
from render.moment import Clock
from render.source.footage import probe
from render.source.image import GREY
from render.source.mask import Shape, mask
from render.source.video import video

SIZE = (24, 48)
SHOWN = {"exact": True, "lossless": True}


def animated(file: Path, pictures: list[Picture], durations: list[int] | int, **settings: Any) -> Path:
    first, *others = map(Image.fromarray, pictures)
    first.save(file, save_all=True, append_images=others, duration=durations, **{**SHOWN, **settings})
    return file


@pytest.mark.parametrize("duration", [40, 20, 100])
def test_an_animated_webp_is_footage(tmp_path: Path, duration: int) -> None:
    footage = probe(animated(tmp_path / "a.webp", counted(13), duration))
    assert (footage.size, footage.fps, footage.variable, footage.flaw) == (SIZE, Fraction(1000, duration), False, "")
    assert footage.seconds == Fraction(13 * duration, 1000)
    source, clock = video(footage, "stretch", SIZE), Clock(footage.fps, 13, footage.fps)
    assert [number(source.at(clock.frame(index))) for index in (0, 1, 7, 12, 3, 2)] == [0, 1, 7, 12, 3, 2]
    assert source.at(clock.frame(9)).sub(torch.from_numpy(counted(13)[9]).permute(2, 0, 1) / 255).abs().max() < 0.006


def test_pictures_of_a_webp_are_shown_for_as_long_as_it_says(tmp_path: Path) -> None:
    footage = probe(animated(tmp_path / "a.webp", counted(4), [100, 300, 100, 700]))
    assert footage.variable
    assert footage.seconds == Fraction(12, 10)
    source = video(footage, "stretch", SIZE)
    clock = Clock(Fraction(10), 12, Fraction(10))
    assert [number(source.at(clock.frame(index))) for index in range(12)] == [0, 1, 1, 1, 2, *[3] * 7]


def test_a_part_of_a_webp(tmp_path: Path) -> None:
    footage = probe(animated(tmp_path / "a.webp", counted(20), 50), Fraction(1, 4), Fraction(1, 2))
    source, clock = video(footage, "stretch", SIZE), Clock(Fraction(20), 5, Fraction(20))
    assert [number(source.at(clock.frame(index))) for index in range(5)] == [5, 6, 7, 8, 9]


def test_a_webp_that_is_no_film_is_named(tmp_path: Path) -> None:
    Image.fromarray(counted(1)[0]).save(tmp_path / "still.webp")
    with pytest.raises(MissingError, match=r"still\.webp: is a picture, not a video") as error:
        probe(tmp_path / "still.webp")
    assert "source: {image: still.webp}" in error.value.hint
    whole = animated(tmp_path / "a.webp", counted(9), 50).read_bytes()
    for end in (20, 60, len(whole) // 2):
        (tmp_path / "cut.webp").write_bytes(whole[:end])
        with pytest.raises(MissingError, match=r"cut\.webp: "):
            probe(tmp_path / "cut.webp")


# ---- opacity


def half_clear(count: int = 6) -> list[Picture]:
    """[H, W, 4]: red, clear on the right."""
    picture = np.zeros((*SIZE, 4), np.uint8)
    picture[...] = (200, 30, 60, 255)
    picture[:, SIZE[1] // 2 :, 3] = 0
    return [picture] * count


CLEAR = {  # a film: how it is written, or None where Pillow writes it
    "a.mov": "-c:v qtrle -pix_fmt argb",
    "b.mov": "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le",
    "vp8.webm": "-c:v libvpx -pix_fmt yuva420p -auto-alt-ref 0 -b:v 2M",
    "vp9.webm": "-c:v libvpx-vp9 -pix_fmt yuva420p -b:v 2M -deadline realtime",
    "ffv1.mkv": "-c:v ffv1 -pix_fmt bgra",
    "a.webp": None,
    "a.gif": None,
    "a.png": None,
}
SETTINGS: dict[str, dict[str, Any]] = {"a.webp": SHOWN, "a.gif": {"disposal": 2}, "a.png": {}}


@pytest.mark.parametrize("name", CLEAR)
def test_clear_footage_lies_on_grey_and_as_a_mask_on_black(tmp_path: Path, name: str) -> None:
    how, path = CLEAR[name], tmp_path / name
    if how is None:
        pictures = [Image.fromarray(picture) for picture in half_clear()]
        for index, picture in enumerate(pictures):  # pictures that are all alike become one
            picture.putpixel((0, 0), (index * 9, 0, 0, 255))
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, **SETTINGS[name])
    else:
        raw = f"-f rawvideo -pixel_format rgba -video_size {SIZE[1]}x{SIZE[0]} -framerate 10 -i pipe:0"
        ffmpeg(raw, how, path, feed=b"".join(picture.tobytes() for picture in half_clear()))
    source, clock = video(probe(path), "stretch", SIZE), Clock(Fraction(10), 6, Fraction(10))
    for index in (0, 3, 5, 1):
        frame = source.at(clock.frame(index))[0] * 255
        assert (frame[..., 4:20].mean((1, 2)) - torch.tensor([200.0, 30, 60])).abs().max() < 12
        assert (frame[..., 30:] - GREY).abs().max() < 6
    where = mask(path, Shape(False, lambda _: 0.0), 0.6, SIZE)(clock.frame(2))[0, 0]
    assert where[:, 30:].max() < 0.01
    assert where[:, 4:20].min() > 0.2
