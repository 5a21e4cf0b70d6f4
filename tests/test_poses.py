"""Laws of places that a camera goes to: it is where its keyframes say, whatever the frame rate, and beside the speeds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import yaml
from vocabulary import says

from render.config import load_text
from render.config.poses import Pose
from render.construct.camera import camera_path, first_view
from render.picture import warp

SIZE = (36, 64)
TO = "{0s: {at: [0.4, 0.5], scale: 1.5}, 2s: {at: [0.3, 0.4], scale: 6}, 4s: {at: [0.8, 0.4], scale: 6}, ease: in-out}"


def film(to: str, more: str = "") -> str:
    return f"duration: 5s\nmotion: {{to: {to}{more}}}"


@pytest.mark.parametrize(
    ("seconds", "x", "y", "scale"),
    [(0, 0.4, 0.5, 1.5), (1, 1 / 3, 13 / 30, 3), (2, 0.3, 0.4, 6), (3, 0.55, 0.4, 6), (4, 0.8, 0.4, 6), (5, 0.8, 0.4, 6)],
)
@pytest.mark.parametrize("fps", [24, 60])
def test_it_is_where_its_keyframes_say(seconds: float, x: float, y: float, scale: float, fps: int) -> None:
    """That place lies in the middle of the frame, so large; half way in, by scale, it has gone straight to its aim."""
    config = load_text(film(TO), overrides=[f"fps={fps}"])
    move = camera_path(config, SIZE).between(0, seconds) @ first_view(config, SIZE)
    place = torch.tensor([(2 * x - 1) * 64 / 36, 2 * y - 1], dtype=torch.float64)
    torch.testing.assert_close(warp.carry(move, place), torch.zeros(2, dtype=torch.float64), atol=1e-9, rtol=0)
    assert warp.scale(move) == pytest.approx(scale)


def test_one_place_of_the_picture_stands_still_on_the_way_to_another_scale() -> None:
    config = load_text(film("{0s: {at: [0.5, 0.5], scale: 1}, 4s: {at: [0.3, 0.4], scale: 3}, ease: in-out-quad}"))
    path = camera_path(config, SIZE)
    whole = path.between(0, 4).matrix
    fixed = torch.linalg.solve(whole[:2, :2] - torch.eye(2, dtype=torch.float64), -whole[:2, 2])
    for seconds in (0.5, 1.7, 3.1):
        torch.testing.assert_close(warp.carry(path.between(0, seconds), fixed), fixed, atol=1e-5, rtol=0)


def test_speeds_go_on_beside_it() -> None:
    """A camera that is told where to be does not zoom besides, unless it is told."""
    assert load_text(film(TO)).motion.zoom.constant == 1
    config = load_text(film(TO, ", zoom: 2, rotate: 45"))
    move = camera_path(config, SIZE).between(0, 2) @ first_view(config, SIZE)
    assert warp.scale(move) == pytest.approx(6 * 4)
    assert float(torch.atan2(move.matrix[1, 0], move.matrix[0, 0])) == pytest.approx(np.pi / 2)


def test_it_reads_back_as_it_is_written() -> None:
    config = load_text(film(TO))
    assert load_text(config.yaml()).motion.to == config.motion.to
    assert yaml.safe_load(config.yaml())["motion"]["to"]["2s"] == {"at": [0.3, 0.4], "scale": 6.0}
    assert config.motion.to is not None
    assert config.motion.to.poses[2] == Pose(0.8, 0.4, 6)
    assert "motion.to.0" in dict(config.curves())


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("3", "takes keyframes of where the camera is"),
        ("{0s: 3}", "is 3 at one key; it takes a place and a scale"),
        ("{0s: {at: [0.5, 2]}}", "no place of the picture"),
        ("{0s: {scale: 0}}", "it takes a number from 0.01 to 1000"),
        ("{0s: {zoom: 2}}", 'unknown "zoom"'),
        ("{soon: {scale: 2}}", '"soon", which is no time'),
        ("{0s: {scale: 2}, ease: gently}", "gently"),
    ],
)
def test_what_is_no_place_is_refused_with_its_place(to: str, words: str) -> None:
    message = says(film(to))
    assert words in message
    assert "film.yaml:2:" in message
