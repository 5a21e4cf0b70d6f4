"""Laws of the camera: neutral motions do nothing, pieces of a path make up the whole, speeds are what they say."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from math import cos, pi, radians, sin
from threading import Barrier

import numpy as np
import pytest
import torch

from render.config import load_text
from render.config.parts import parts
from render.construct.camera import camera_path
from render.picture.motion import CameraPath, Motions, Speeds
from render.picture.warp import STILL, Move, carry, scale
from render.plugins import function_of

OWN = {name: motion for name, motion in parts().motions.items() if not motion.package}
MOTIONS = Motions(
    {name: function_of(motion.velocity) for name, motion in OWN.items()},
    frozenset(name for name, motion in OWN.items() if motion.bends),
)
NEUTRAL = {"zoom": 1.0, "rotate": 0.0, "pan": (0.0, 0.0), "spiral": 0.0, "swirl": 0.0, "shake": 0.0, "tilt": (0.0, 0.0)}
MOVING = {"zoom": 1.5, "rotate": 40.0, "pan": (0.3, -0.2), "spiral": 0.2, "swirl": 70.0, "shake": 0.2, "tilt": (20.0, -9.0)}
HEIGHT = 720
STAY = Move(STILL)
PLACES = torch.tensor(
    [[-16 / 9, -1.0], [16 / 9, -1.0], [16 / 9, 1.0], [-16 / 9, 1.0], [0.0, 0.0], [0.5, -0.3]], dtype=torch.float64
)


def steady(center: tuple[float, float] = (0.5, 0.5), **values: object) -> CameraPath:
    """A path of constant speeds; motions not named are neutral."""
    every = {**NEUTRAL, **values, "center": center}

    def speeds(seconds: np.ndarray) -> Speeds:
        return {name: torch.tensor(value, dtype=torch.float64).expand(len(seconds), -1) if isinstance(value, tuple)
                else torch.full((len(seconds),), float(value), dtype=torch.float64)  # type: ignore[arg-type]
                for name, value in every.items()}  # fmt: skip

    return CameraPath(speeds, MOTIONS, 16 / 9)


def winding() -> CameraPath:
    """All motions at once, each on its own curve, about a centre that moves."""

    def speeds(seconds: np.ndarray) -> Speeds:
        s = torch.from_numpy(seconds)
        return {
            "zoom": torch.exp(0.6 * (3 * s).sin() + 0.2),
            "rotate": 90 * (2 * s).cos(),
            "pan": torch.stack((0.4 * (5 * s).sin(), 0.3 * s.cos()), dim=-1),
            "spiral": 0.1 * (4 * s).sin(),
            "swirl": 40 * (2.5 * s).sin().clamp_min(0),
            "shake": 0.02 + 0.01 * s.cos(),
            "tilt": torch.stack((12 * (3 * s).sin(), 8 * s.cos()), dim=-1),
            "center": torch.stack((0.5 + 0.3 * s.sin(), 0.5 + 0.4 * (1.7 * s).cos()), dim=-1),
        }

    return CameraPath(speeds, MOTIONS, 16 / 9)


def apart(one: Move, other: Move) -> float:
    """How far two moves take the frame's corners and what is inside it apart, in pixels."""
    return float((carry(one, PLACES) - carry(other, PLACES)).abs().max()) * HEIGHT / 2


def test_the_tables_here_name_every_motion() -> None:
    assert set(NEUTRAL) == set(MOVING) == set(OWN)


@pytest.mark.parametrize("motion", OWN)
@pytest.mark.parametrize("center", [(0.5, 0.5), (0.1, 0.9)])
def test_a_neutral_motion_does_nothing(motion: str, center: tuple[float, float]) -> None:
    still = steady(center, **{motion: NEUTRAL[motion]})
    assert apart(still.between(0, 10), STAY) == 0
    moves = steady(center, **{motion: MOVING[motion]})
    assert apart(moves.between(0, 1), STAY) > 50


@pytest.mark.parametrize("motion", OWN)
@pytest.mark.parametrize("fps", [24, 60])
def test_a_motion_lands_in_the_same_place_at_every_frame_rate(motion: str, fps: int) -> None:
    moves = steady((0.3, 0.6), **{motion: MOVING[motion]})
    by_frames = STAY
    for frame in range(fps):
        by_frames = moves.between(frame / fps, (frame + 1) / fps) @ by_frames
    assert apart(by_frames, moves.between(0, 1)) < 1e-4


@pytest.mark.parametrize("rate", [8, 24, 60, 7.3])
def test_pieces_of_a_winding_path_make_up_the_whole(rate: float) -> None:
    moves, piece = winding(), STAY
    ends = np.append(np.arange(0, 2, 1 / rate), 2.0)
    for start, end in pairwise(ends.tolist()):
        piece = moves.between(start, end) @ piece
    assert apart(piece, moves.between(0, 2)) < 1e-4


@pytest.mark.parametrize(("a", "b", "c"), [(0, 0.5, 1), (0.01, 0.0123, 0.0154), (0.3, 2.7, 1.1), (1, 0.2, 1)])
def test_composition(a: float, b: float, c: float) -> None:
    """M(a to c) = M(b to c) after M(a to b), backward too."""
    moves = winding()
    assert apart(moves.between(a, c), moves.between(b, c) @ moves.between(a, b)) < 1e-4


def test_going_back_undoes_going_there() -> None:
    moves = winding()
    assert apart(moves.between(0.7, 0.2) @ moves.between(0.2, 0.7), STAY) < 1e-8
    assert apart(moves.between(0.3, 0.3), STAY) == 0


def test_zoom_is_exact_per_second_and_keeps_its_centre() -> None:
    moves = steady((0.2, 0.7), zoom=1.5)
    assert scale(moves.between(3, 4)) == pytest.approx(1.5, rel=1e-9)
    assert scale(moves.between(0, 10)) == pytest.approx(1.5**10, rel=1e-9)
    assert scale(steady(zoom=0.5).between(0, 2)) == pytest.approx(0.25, rel=1e-9)
    center = torch.tensor([(0.2 * 2 - 1) * 16 / 9, 0.7 * 2 - 1], dtype=torch.float64)
    torch.testing.assert_close(carry(moves.between(0, 5), center), center, atol=1e-9, rtol=0)


def test_rotation_is_clockwise_about_its_centre() -> None:
    """On screen y points down: what is right of the centre goes below it."""
    turn = steady((0.2, 0.7), rotate=30.0).between(0, 3)
    center = torch.tensor([(0.2 * 2 - 1) * 16 / 9, 0.7 * 2 - 1], dtype=torch.float64)
    right, below = torch.tensor([1.0, 0.0]).double(), torch.tensor([0.0, 1.0]).double()
    torch.testing.assert_close(carry(turn, center + right), center + below, atol=1e-9, rtol=0)
    torch.testing.assert_close(carry(turn, center), center, atol=1e-9, rtol=0)


def test_pan_is_in_frame_heights_right_and_down() -> None:
    move = steady((0.9, 0.1), pan=(0.25, 0.5)).between(0, 2)
    torch.testing.assert_close(carry(move, PLACES), PLACES + torch.tensor([1.0, 2.0]), atol=1e-9, rtol=0)


def test_zoom_and_turn_at_once_are_a_spiral() -> None:
    move = steady(zoom=1.2, rotate=10.0).between(0, 3)
    angle, size = radians(30), 1.2**3
    wanted = torch.tensor([[size * cos(angle), -size * sin(angle)], [size * sin(angle), size * cos(angle)]])
    torch.testing.assert_close(move.matrix[:2, :2], wanted.double(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_speeds_are_integrated(fps: int) -> None:
    """0 to 12 degrees a second over 6 s is 36 degrees; speeds taken at the start of each tick give 35.25."""
    config = load_text("motion: {zoom: 1, rotate: {0s: 0, 6s: 12}}\nduration: 6s", overrides=[f"fps={fps}"])
    move = camera_path(config, (36, 64)).between(0, 6)
    degrees = float(torch.atan2(move.matrix[1, 0], move.matrix[0, 0])) * 180 / pi
    assert degrees == pytest.approx(36, abs=1e-3)


def test_keyframes_of_zoom_move_in_log_space() -> None:
    """From x1 to x4 a second over 2 s: the mean speed is x2, so x4 in all."""
    config = load_text("motion: {zoom: {0s: 1, 2s: 4}}\nduration: 2s")
    assert scale(camera_path(config, (36, 64)).between(0, 2)) == pytest.approx(4, rel=1e-4)


def test_nothing_grows_with_the_length_of_the_film() -> None:
    """Ten thousand ticks of x1.08: the zoom so far is past what a double holds, the next tick's move is as ever."""
    moves = steady((0.4, 0.6), zoom=1.08**8)
    late, early = moves.between(10_000 / 8, 10_001 / 8), moves.between(0, 1 / 8)
    assert late.matrix.isfinite().all()
    assert scale(late) == pytest.approx(1.08, rel=1e-9)
    assert apart(late, early) < 1e-4


def test_threads_that_share_a_path_work_each_second_out_once() -> None:
    """A film is dreamed at one place and developed at another at the same time."""
    path, seconds_made = steady(zoom=1.2, rotate=40.0, pan=(0.1, 0.0)), []

    def speeds(seconds: np.ndarray) -> Speeds:
        seconds_made.append(int(seconds[0]))
        return path.speeds(seconds)

    shared, start = CameraPath(speeds, MOTIONS, path.aspect), Barrier(8)

    def ask(_: int) -> Move:
        start.wait()
        return shared.so_far(3.9)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            moves = list(pool.map(ask, range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert all(torch.equal(move.matrix, path.so_far(3.9).matrix) for move in moves)
    assert sorted(seconds_made) == [0, 1, 2, 3]


def test_a_path_counted_back_from_its_end_keeps_nothing_of_the_one_it_was_made_of() -> None:
    path = steady(zoom=1.2, rotate=40.0)
    path.so_far(3.5)
    back = replace(path, mirror=6.0)
    assert apart(back.so_far(2.5), path.between(6.0, 3.5)) < 1e-6


def test_a_zoom_of_hours_stays_a_move() -> None:
    """What the camera sees of its source is a matrix that can be inverted however long it goes in, and leans by nothing."""
    text = "size: 64x36\nduration: 3000s\nmotion: {zoom: 2, rotate: 4, center: ['0.5 + 0.3*sin(s/5)', 0.4]}\n"
    path = camera_path(load_text(text), (36, 64))
    assert torch.allclose(path.so_far(9.5).matrix, path.between(0, 9.5).matrix, rtol=1e-9)
    for seconds in (60.5, 600.25, 2999.5):
        move = path.so_far(seconds)
        assert move.matrix[2].tolist() == [0, 0, 1]
        assert bool(move.inverse.matrix.isfinite().all())
