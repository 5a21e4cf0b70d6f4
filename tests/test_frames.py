"""Laws of frames: every frame lies between its ticks, and a loop ends where it began, however it gets there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import tiny
import torch
from PIL import Image
from torch import Tensor

from render.errors import ConfigError
from render.film import Film, step, ticks
from render.frames import (
    CanvasSource,
    at_rate,
    dreamed_up_to,
    frame_count,
    frames,
    frames_in,
    in_loop_order,
    rate_ratio,
    replayable,
)
from render.loops import LOOPS
from render.moment import Clock
from render.picture import colour, warp

pytestmark = pytest.mark.usefixtures("tiny_network")
LOOPING = [name for name, loop in LOOPS.items() if loop.seamless]
each_loop = pytest.mark.parametrize("loop", LOOPING)
MOTION = "zoom: 2.2"
LONG = ("size=64x36", "duration=2s", "dream.step_size=0.04", "dream.smoothing=1")


def canvases_from(canvases: list[Tensor]) -> CanvasSource:
    """As a negative gives them."""

    def taken(start: int, step: int) -> Iterator[Tensor]:
        return iter(canvases[start:] if step > 0 else canvases[start::-1])

    return taken


def film_of(loop: str, motion: str = MOTION, *overrides: str) -> Film:
    return tiny.film(f"motion: {{{motion}}}\nloop: {loop}", [*LONG, *overrides])


def dreamed(loop: str, motion: str = MOTION, *overrides: str) -> tuple[Film, list[Tensor]]:
    film = film_of(loop, motion, *overrides)
    return film, [state.canvas for state in ticks(film)]


def looped(loop: str, motion: str = MOTION, *overrides: str) -> list[Tensor]:
    film, canvases = dreamed(loop, motion, *overrides)
    return list(in_loop_order(film.scene, canvases_from(canvases), film.scene.clock))


def steps_of(shown: list[Tensor], part: tuple[slice, slice] = (slice(None), slice(None))) -> list[float]:
    """The mean difference of each frame and the next, last of all that from the last to the first."""
    return [float((a - b)[..., part[0], part[1]].abs().mean()) for a, b in pairwise([*shown, shown[0]])]


@each_loop
@pytest.mark.parametrize("motion", ["zoom: 2.2", "zoom: 2.5, rotate: 60, center: [0.4, 0.55]", "zoom: 0.45", "spiral: 0.4"])
def test_a_loop_has_no_seam(loop: str, motion: str) -> None:
    """The step from its last frame to its first is like those before and after it."""
    shown = looped(loop, motion)
    assert len(shown) == 48
    *inside, seam = steps_of(shown)
    assert seam <= 1.4 * max(inside[-1], inside[0])


def test_a_film_that_is_no_loop_has_one() -> None:
    """So that the law above can fail."""
    *inside, seam = steps_of(looped("none"))
    assert seam > 2 * max(inside)


def test_the_inner_copy_of_a_droste_does_not_pop_in() -> None:
    ninth = (slice(12, 24), slice(21, 43))
    between = steps_of(looped("droste", MOTION, "fps=30"), ninth)
    assert max(between) <= 2 * median(between)


@pytest.mark.parametrize("zoom", [2.2, 0.45])
def test_a_droste_ends_on_its_first_canvas_and_holds_its_copy(zoom: float) -> None:
    film, canvases = dreamed("droste", f"zoom: {zoom}")
    assert torch.equal(canvases[0], canvases[-1])
    clock = film.scene.clock
    assert clock.tick(clock.last_tick).seconds == pytest.approx(clock.seconds), "the ticks are stretched to its end"
    inner = warp.move_frame(canvases[0], film.scene.path.between(clock.seconds, 0), kernel=warp.lanczos4, border="reflect")
    at = (..., slice(17, 19), slice(31, 33))
    assert (inner - canvases[0])[at].abs().mean() < 0.02
    assert (canvases[0] - canvases[4]).abs().mean() > 0.05, "on the way it is another picture"


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        ("zoom: 1.5", "2.25 times nearer, where it takes 4 or more"),
        ("zoom: 1.5", "duration: 4s would do"),
        ("zoom: 1", "1 times nearer"),
        ("zoom: 0.8", "1.56 times nearer"),
        ("zoom: 5, swirl: 5", "a swirl bends it"),
        ("zoom: 5, pan: [3, 0]", "the camera ends outside"),
    ],
)
def test_a_droste_that_cannot_close_is_refused_with_its_place(motion: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)) as refused:
        film_of("droste", motion, "duration=2s")
    assert "loop is droste" in str(refused.value)


def test_there_and_back_is_the_same_way() -> None:
    film, canvases = dreamed("pingpong")
    shown = list(in_loop_order(film.scene, canvases_from(canvases), film.scene.clock))
    way_there = list(frames(film.scene, canvases, film.scene.clock))
    assert len(way_there) == 25
    assert all(torch.equal(a, b) for a, b in zip(shown, [*way_there, *way_there[-2:0:-1]], strict=True))


def test_a_crossfade_goes_from_what_follows_the_end_into_the_beginning() -> None:
    film, canvases = dreamed("crossfade")
    scene, clock = film.scene, film.scene.clock
    shown = list(in_loop_order(scene, canvases_from(canvases), clock))
    plain = list(frames(scene, canvases, clock))
    (beyond,) = frames_in(scene, canvases_from(canvases), clock, range(clock.frames, clock.frames + 1))
    assert clock.tail == 12
    torch.testing.assert_close(shown[0], beyond)
    assert all(torch.equal(a, b) for a, b in zip(shown[clock.tail :], plain[clock.tail :], strict=True))


def test_half_way_through_a_crossfade_there_is_no_fog() -> None:
    one, other = tiny.grain((36, 64)), tiny.grain((36, 64), seed=1)
    contrasts = [colour.tone(picture).contrast for picture in (one, other)]
    assert colour.tone(torch.lerp(one, other, 0.5)).contrast < 0.8 * min(contrasts)
    assert colour.tone(colour.crossfade(one, other, 0.5)).contrast > 0.93 * min(contrasts)
    torch.testing.assert_close(colour.crossfade(one, other, 0), one)


@each_loop
@pytest.mark.parametrize("fps", [12, 25, 60])
def test_a_loop_at_another_frame_rate_is_as_long_and_has_no_seam(loop: str, fps: int) -> None:
    film, canvases = dreamed(loop)
    clock = at_rate(film.scene.clock, Fraction(fps), LOOPS[loop])
    shown = list(in_loop_order(film.scene, canvases_from(canvases), clock))
    assert abs(len(shown) - 2 * fps) <= 1
    *inside, seam = steps_of(shown)
    assert seam <= 1.5 * max(inside[-1], inside[0])


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("duration", ["2s", "61 frames", "64 frames"])
def test_frames_at_a_coarser_rate_are_among_those_at_a_finer_one_or_are_said_not_to_be(loop: str, duration: str) -> None:
    film, canvases = dreamed(loop, MOTION, "size=48x32", "dream.steps=1", f"duration={duration}")
    fine = film.scene.clock.fps

    def at(fps: Fraction) -> list[Tensor]:
        return list(in_loop_order(film.scene, canvases_from(canvases), at_rate(film.scene.clock, fps, LOOPS[loop])))

    assert rate_ratio(film.scene, fine, fine) == 1
    assert rate_ratio(film.scene, fine, 2 * fine) == rate_ratio(film.scene, fine, fine * 2 / 3) == 0
    for times in (2, 3):
        one_of = rate_ratio(film.scene, fine, fine / times)
        fits = not film.scene.clock.frames % times and not film.scene.clock.tail % times and not LOOPS[loop].doubles
        assert one_of == (times if fits else 0)
        if one_of:
            assert all(torch.equal(a, b) for a, b in zip(at(fine)[::times], at(fine / times), strict=True))


@pytest.mark.parametrize("loop", LOOPS)
def test_canvases_that_come_once_can_be_walked_as_any_loop_needs_them(loop: str) -> None:
    film, canvases = dreamed(loop, "zoom: 5", "size=48x32", "dream.steps=1", "duration=1s")
    came: list[int] = []

    def once() -> Iterator[Tensor]:
        for tick, canvas in enumerate(canvases):
            came.append(tick)
            yield canvas

    source = replayable(once(), film.scene.device)
    again = in_loop_order(film.scene, source, film.scene.clock)
    first = next(again)
    assert len(came) == 1 or film.scene.loop.fades, "no tick is dreamed before it is needed"
    whole = in_loop_order(film.scene, canvases_from(canvases), film.scene.clock)
    assert all(torch.equal(a, b) for a, b in zip([first, *again], whole, strict=True))
    assert came == list(range(len(canvases))), "nor twice"


@each_loop
def test_a_loop_goes_on_from_any_tick_bit_for_bit(loop: str) -> None:
    film = film_of(loop, MOTION, "size=48x32", "dream.steps=1")
    for before, after in pairwise(ticks(film)):
        assert torch.equal(step(film, tiny.stored(before)).canvas, after.canvas)


@each_loop
def test_what_is_not_whole_has_no_loop(loop: str) -> None:
    film, canvases = dreamed(loop)
    scene = dreamed_up_to(film.scene, 3)
    shown = list(in_loop_order(scene, canvases_from(canvases[:4]), scene.clock))
    assert len(shown) == scene.clock.frames < 48
    assert torch.equal(shown[0], canvases[0])
    whole = dreamed_up_to(film.scene, film.scene.clock.last_tick)
    assert whole.loop == LOOPS[loop]


def dot(path: Path, place: tuple[float, float], sigma: float = 3.0) -> str:
    """A soft white dot on grey, at a place in pixels of 240x136."""
    y, x = np.mgrid[0:136, 0:240]
    light = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * sigma**2))
    Image.fromarray((60 + 180 * light).astype(np.uint8)).convert("RGB").save(path / "dot.png")
    return str(path / "dot.png")


def centroid(frame: Tensor, near: Tensor) -> Tensor:
    """Where the light about a place (pixels) is."""
    height, width = frame.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height).double(), torch.arange(width).double(), indexing="ij")
    window = (-((x - near[0]) ** 2 + (y - near[1]) ** 2) / (2 * 8.0**2)).exp()
    light = (frame[0].mean(0).double() - 60 / 255).clamp_min(0) * window
    return torch.stack(((light * x).sum(), (light * y).sum())) / light.sum()


@pytest.mark.parametrize("loop", ["none", "droste"])
def test_at_sixty_frames_a_second_nothing_judders(loop: str, tmp_path: Path) -> None:
    """A dot is where the camera's path takes it, tick or no tick."""
    overrides = [f"source.image.file={dot(tmp_path, (165.0, 100.0))}", "look.hold=0", "dream.first_steps=0", "dream.steps=0"]
    film = film_of(loop, "zoom: 4, rotate: 20", *overrides, "size=240x136", "duration=1s", "fps=60")
    canvases = [state.canvas for state in ticks(film)]
    half = torch.tensor((240 / 136, 1.0)).double() * 136 / 2
    begun = (torch.tensor((165.0, 100.0)).double() + 0.5 - half) / 68
    errors = []
    for index, frame in enumerate(in_loop_order(film.scene, canvases_from(canvases), film.scene.clock)):
        if index > 18:  # the dot has grown, and nears the edge
            break
        expected = warp.carry(film.scene.path.between(0, index / 60), begun) * 68 + half - 0.5
        errors.append(float((centroid(frame, expected) - expected).norm()))
    jumps = [abs(b - a) for a, b in pairwise(errors)]
    assert (sum(jump**2 for jump in jumps) / len(jumps)) ** 0.5 < 0.05


def test_masked_outside_the_source_stands_still(tmp_path: Path) -> None:
    half = np.zeros((36, 64), np.uint8)
    half[:, 32:] = 255
    Image.fromarray(half).save(tmp_path / "half.png")
    film = film_of("none", MOTION, f"mask={{file: {tmp_path / 'half.png'}, feather: 0}}", "dream.step_size=0.05")
    source = film.scene.picture(film.scene.clock.tick(0))
    canvases = [state.canvas for state in ticks(film)]
    for frame in in_loop_order(film.scene, canvases_from(canvases), film.scene.clock):
        assert (frame - source)[..., :31].abs().max() < 1e-4, "between ticks, too"
    assert (canvases[-1] - source)[..., 33:].abs().mean() > 0.05


@pytest.mark.parametrize(("duration", "count"), [(1, 1), (2, 2), (3, 4), (24, 24), (37, 36)])
def test_there_and_back_has_an_even_number_of_frames(duration: int, count: int) -> None:
    film = film_of("pingpong", MOTION, f"duration={duration} frames", "dream.steps=0", "dream.first_steps=0")
    canvases = [state.canvas for state in ticks(film)]
    clock = at_rate(film.scene.clock, film.scene.clock.fps, film.scene.loop)
    shown = list(in_loop_order(film.scene, canvases_from(canvases), clock))
    assert len(shown) == frame_count(film.scene) == count


def test_a_clock_of_footage_ticks_on_frames() -> None:
    """Tick k sits on the film frame nearest to its time, the last on the last, and every frame lies between two."""
    for fps, frames_, rate in ((30, 50, 8), (24, 25, 24), (Fraction(30000, 1001), 7, 5), (25, 1, 8), (30, 31, 29), (10, 8, 3)):
        clock = Clock(Fraction(fps), frames_, Fraction(rate), on_frames=True)
        places = [clock.place(tick) for tick in range(clock.last_tick + 1)]
        assert places == sorted(set(places))
        assert (places[0], places[-1]) == (0, frames_ - 1)
        assert all(abs(place - tick * clock.fps / clock.rate) <= Fraction(1, 2) for tick, place in enumerate(places[:-1]))
        for frame in range(frames_):
            tick, u = clock.beside(frame / clock.fps)
            after = clock.place(min(tick + 1, clock.last_tick))
            assert 0 <= tick <= clock.last_tick
            assert u == (0 if frame in places else pytest.approx(float((frame - places[tick]) / (after - places[tick]))))
            assert places[tick] <= frame
