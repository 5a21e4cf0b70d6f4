"""Laws of photos that are larger than the frame: the camera finds their own detail, and their own ground past the frame."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
from PIL import Image

from render.film import Film, ticks
from render.picture import colour
from render.picture.picture import to_pixels

pytestmark = pytest.mark.usefixtures("tiny_network")
NOTHING = "dream.objective={layer: low, weight: 0}"
WAYS = {
    "in": "to: {1s: {at: [0.4, 0.5], scale: 3}}",
    "from near out": "to: {0s: {at: [0.4, 0.5], scale: 3}, 1s: {at: [0.5, 0.5], scale: 1}}",
    "to the side": "to: {0s: {at: [0.35, 0.5], scale: 2}, 1s: {at: [0.65, 0.4], scale: 2}}",
    "by speeds": "zoom: 2, rotate: 30, pan: [0.1, 0]",
}


def film_of(folder: Path, way: str, photo: tuple[int, int], *overrides: str) -> Film:
    Image.fromarray(to_pixels(tiny.photo(photo))).save(folder / "photo.png")
    return tiny.film(f"source: {{image: photo.png}}\nmotion: {{{way}}}", ("size=48x32", *overrides), folder)


@pytest.mark.parametrize("way", WAYS)
def test_without_a_dream_the_film_is_the_photo_as_the_camera_sees_it(way: str, tmp_path: Path) -> None:
    film = film_of(tmp_path, WAYS[way], (128, 192), NOTHING)
    scene = film.scene
    for state in ticks(film):
        seen, inside = scene.look(scene.clock.tick(state.tick))
        apart = (state.canvas - seen).abs() * (inside > 0.05)
        assert float(apart.mean()) < 0.002
        assert float(apart.max()) < 0.03


def test_what_comes_nearer_has_the_photo_s_own_detail(tmp_path: Path) -> None:
    large, small = (film_of(tmp_path, WAYS["in"], size, NOTHING) for size in ((128, 192), (32, 48)))
    assert small.scene.source.photo is None
    ends = [list(ticks(film))[-1].canvas for film in (large, small)]
    assert colour.fine(ends[0]) > 3 * colour.fine(ends[1])


def test_past_the_frame_comes_the_photo_s_own_ground(tmp_path: Path) -> None:
    """Of a photo that is wider than the frame: mirrored is only what lies past the photo."""
    film = film_of(tmp_path, "zoom: 1, pan: [-0.4, 0]", (32, 96), NOTHING)
    *_, last = ticks(film)
    seen, inside = film.scene.look(film.scene.clock.tick(last.tick))
    assert float(inside[..., -8:].min()) > -0.05
    assert float((last.canvas - seen)[..., 4:-4, -14:-4].abs().mean()) < 0.03
    mirrored = tiny.photo((32, 96))[..., 24:72].flip(-1)
    assert float((last.canvas - mirrored)[..., -14:-4].abs().mean()) > 0.05


@pytest.mark.parametrize("more", ["motion.swirl=20", "motion.border=wrap", "loop=droste"])
def test_where_it_cannot_be_gone_into_the_frame_is_all(more: str, tmp_path: Path) -> None:
    assert film_of(tmp_path, "zoom: 5", (128, 192), more).scene.source.photo is None


def test_a_still_camera_sees_the_same_as_ever(tmp_path: Path) -> None:
    film = film_of(tmp_path, "zoom: 1", (128, 192), NOTHING)
    first, *others = ticks(film)
    assert all(torch.equal(first.canvas, other.canvas) for other in others)
