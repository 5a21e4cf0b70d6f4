"""Laws of the film: a fold that can be taken up anywhere, and frames that do not know how many of them there are."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import gcd
from pathlib import Path

import measures
import numpy as np
import pytest
import tiny
import torch
from PIL import Image
from torch import Tensor

from render.dream import garden
from render.film import Film, State, begin, step, ticks
from render.frames import at_rate, between, frame_count, frames, in_loop_order
from render.loops import LOOPS
from render.picture import warp
from render.picture.picture import to_pixels

MOTIONS = {
    "zoom in": "{zoom: 1.6}",
    "zoom out": "{zoom: 0.6}",
    "pan": "{zoom: 1, pan: [0.5, -0.3]}",
    "turn": "{zoom: 1, rotate: 40}",
    "all": '{zoom: "1.2 + 0.2*sin(2*pi*p)", rotate: {0s: 0, 1s: 60}, pan: [0.1, "0.2*p"], center: [0.3, "0.5 + 0.2*p"]}',
}
BORDERS = ["reflect", "wrap", "replicate"]
each_motion = pytest.mark.parametrize("motion", MOTIONS.values(), ids=MOTIONS)
pytestmark = pytest.mark.usefixtures("tiny_network")


def pixels(frame: Tensor) -> measures.Pixels:
    return frame[0].permute(1, 2, 0).numpy()


def shown(film: Film) -> list[Tensor]:
    return list(frames(film.scene, (state.canvas for state in ticks(film)), film.scene.clock))


# ---- the fold


def test_the_film_has_the_ticks_and_frames_of_its_clock() -> None:
    film = tiny.film()
    states = list(ticks(film))
    assert [state.tick for state in states] == list(range(9))
    assert len(shown(film)) == 24
    assert all(frame.shape == (1, 3, 32, 48) and bool(frame.isfinite().all()) for frame in shown(film))
    assert all(not torch.equal(a.canvas, b.canvas) for a, b in pairwise(states))


def test_a_film_is_the_same_every_time_and_another_seed_is_another_film() -> None:
    once, again, other = (list(ticks(tiny.film(overrides=[f"seed={seed}", "duration=0.5s"]))) for seed in (7, 7, 8))
    assert all(tiny.same(a, b) for a, b in zip(once, again, strict=True))
    assert not torch.equal(once[-1].canvas, other[-1].canvas)


def test_a_state_is_what_the_negative_stores() -> None:
    for state in ticks(tiny.film(overrides=["duration=0.5s"])):
        assert tiny.same(tiny.stored(state), state)


@each_motion
def test_a_film_taken_up_anywhere_is_the_same_film(motion: str) -> None:
    """Two gardens, so that worlds are told apart."""
    objective = "[{garden: all}, {layer: edges, weight: 0.3}, {garden: [eye, leaf], size: 0.2, drift: 0.5}]"
    film = tiny.film(f"motion: {motion}\ndream: {{objective: {objective}}}", ["duration=0.6s"])
    states = list(ticks(film))
    assert len(states[-1].worlds) == 2
    for state in states:
        rest = list(ticks(film, tiny.stored(state)))
        assert len(rest) == len(states) - 1 - state.tick
        assert all(tiny.same(a, b) for a, b in zip(states[state.tick + 1 :], rest, strict=True))


@pytest.mark.parametrize("rate", ["8", "7", "30", "60", "every-frame"])
def test_any_rate_of_dreams_is_legal(rate: str) -> None:
    film = tiny.film(overrides=["fps=30", "duration=5 frames", f"dream.rate={rate}"])
    assert len(shown(film)) == 5


@pytest.mark.parametrize("loop", LOOPS)
def test_a_film_gives_its_frames_as_it_shows_them(loop: str) -> None:
    film = tiny.film(f"loop: {loop}\nmotion: {{zoom: 5}}", ["fps=12"])
    canvases = [state.canvas for state in film.ticks()]
    frames = in_loop_order(film.scene, lambda start, step: iter(canvases[start::step]), film.scene.clock)
    pictures = list(film.frames())
    assert len(pictures) == frame_count(film.scene)
    assert all(picture.dtype == np.uint8 and picture.shape == (32, 48, 3) for picture in pictures)
    assert all(np.array_equal(picture, to_pixels(frame)) for picture, frame in zip(pictures, frames, strict=True))


def test_a_still_is_one_dream() -> None:
    film = tiny.film(overrides=["duration=1 frames"])
    (frame,) = shown(film)
    assert torch.equal(frame, begin(film).canvas)


# ---- two clocks


def at_rates(motion: str, border: str = "reflect") -> dict[int, Film]:
    return {fps: tiny.film(f"motion: {motion}", [f"fps={fps}", f"motion.border={border}"]) for fps in (24, 30, 60)}


@each_motion
def test_the_dream_knows_nothing_of_the_frame_rate(motion: str) -> None:
    slow, usual, fast = (list(ticks(film)) for film in at_rates(motion).values())
    assert all(tiny.same(a, b) and tiny.same(a, c) for a, b, c in zip(slow, usual, fast, strict=True))


@each_motion
@pytest.mark.parametrize("border", BORDERS)
def test_frames_at_shared_instants_are_the_same_picture(motion: str, border: str) -> None:
    films = at_rates(motion, border)
    canvases = [state.canvas for state in ticks(films[24])]
    shown_at = {fps: list(frames(film.scene, canvases, film.scene.clock)) for fps, film in films.items()}
    for slow, fast in ((24, 30), (24, 60), (30, 60)):
        shared = gcd(slow, fast)
        for instant in range(shared):
            a, b = shown_at[slow][instant * slow // shared], shown_at[fast][instant * fast // shared]
            assert measures.psnr(pixels(a), pixels(b)) >= 50


@each_motion
def test_a_frame_on_a_tick_is_the_tick(motion: str) -> None:
    film = tiny.film(f"motion: {motion}")
    canvases = [state.canvas for state in ticks(film)]
    every_frame = list(frames(film.scene, canvases, film.scene.clock))
    assert all(torch.equal(every_frame[frame], canvases[frame // 3]) for frame in range(0, 24, 3))
    clock = film.scene.clock
    before, after = (between(film.scene, canvases[2], canvases[3], 2, clock.tick(2 + u), float(u)) for u in (0, 1))
    assert torch.equal(before, canvases[2])
    assert measures.psnr(pixels(after), pixels(canvases[3])) >= 60


@each_motion
def test_nothing_jumps_at_a_tick(motion: str) -> None:
    """Frames just before and just after a tick are as the tick."""
    film = tiny.film(f"motion: {motion}")
    canvases = [state.canvas for state in ticks(film)]
    clock = replace(film.scene.clock, fps=Fraction(8000), frames=3010)
    near = [clock.frame(2999), clock.frame(3001)]
    early = between(film.scene, canvases[2], canvases[3], 2, near[0], 0.999)
    late = between(film.scene, canvases[3], canvases[4], 3, near[1], 0.001)
    for frame in (early, late):
        inside = (..., slice(4, -4), slice(4, -4))
        assert measures.psnr(pixels(frame[inside]), pixels(canvases[3][inside])) >= 38


@each_motion
@pytest.mark.parametrize("border", BORDERS)
def test_borders_are_filled(motion: str, border: str) -> None:
    """A grey wall stays a grey wall wherever the camera goes: nothing black or undefined comes in from beyond the edge."""
    still = "source: {noise: {contrast: 0}}\nlook: {hold: 0}\ndream: {objective: {layer: edges, weight: 0}}"
    film = tiny.film(f"motion: {motion}\n{still}", [f"motion.border={border}"])
    wall = film.scene.picture(film.scene.clock.tick(0))
    for frame in shown(film):
        torch.testing.assert_close(frame, wall, atol=1e-4, rtol=0)


@each_motion
@pytest.mark.parametrize("border", ["reflect", "wrap"])
def test_borders_have_as_much_to_see_as_the_middle(motion: str, border: str) -> None:
    film = tiny.film(f"motion: {motion}\nsource: {{noise: uniform}}", [f"motion.border={border}", "size=96x64"])
    bands = [measures.band(pixels(frame)) for frame in shown(film)[3:]]
    assert 0.65 < sum(bands) / len(bands) < 1.5


def test_nothing_pumps_between_ticks() -> None:
    """At x1.08 a tick, frames between ticks are as crisp as the ticks."""
    film = tiny.film(f"motion: {{zoom: {1.08**8}}}", ["size=96x64", "fps=32", "dream.step_size=0.03"])
    canvases = [state.canvas for state in ticks(film)]
    every_frame = list(frames(film.scene, canvases, film.scene.clock))
    for index, frame in enumerate(every_frame[4:], 4):
        tick, u = film.scene.clock.beside(index / film.scene.clock.fps)
        expected = (1 - u) * measures.fine(pixels(canvases[tick])) + u * measures.fine(pixels(canvases[tick + 1]))
        assert 0.85 <= measures.fine(pixels(frame)) / expected <= 1.2


@pytest.mark.parametrize("u", [0.25, 0.5, 0.75])
def test_a_cross_fade_of_two_pictures_is_as_crisp_as_they(u: float) -> None:
    """Even where two ticks have nothing in common; their plain mean has half the fine detail."""
    film = tiny.film("motion: {zoom: 1.3}", ["size=96x64"])
    before, after = tiny.photo((64, 96), 0), tiny.photo((64, 96), 1)
    mixed = midway(film, before, after, u)
    expected = (1 - u) * measures.fine(pixels(before)) + u * measures.fine(pixels(after))
    assert 0.65 <= measures.fine(pixels(mixed)) / expected <= 1.2


def midway(film: Film, before: Tensor, after: Tensor, u: float) -> Tensor:
    """The frame u of the way from `before`, as tick 2, to `after`."""
    moment = replace(film.scene.clock.tick(2), seconds=(2 + u) / 8)
    return between(film.scene, before, after, 2, moment, u)


def test_a_cross_fade_starts_and_ends_gently() -> None:
    still, dark, light = tiny.film("motion: {zoom: 1}"), torch.full((1, 3, 32, 48), 0.2), torch.full((1, 3, 32, 48), 0.6)
    for u, share in ((0.1, 0.028), (0.25, 0.15625), (0.5, 0.5), (0.9, 0.972)):
        torch.testing.assert_close(midway(still, dark, light, u), dark + share * (light - dark), atol=1e-3, rtol=0)


def test_each_side_shows_only_what_it_has_seen() -> None:
    """Going right: the earlier tick has not seen what comes in on the left, the later no more what leaves on the right."""
    film = tiny.film("motion: {zoom: 1, pan: [0.8, 0]}")
    frame = midway(film, torch.full((1, 3, 32, 48), 0.2), torch.full((1, 3, 32, 48), 0.6), 0.5)
    assert frame[..., 0].min() > 0.59
    assert frame[..., -1].max() < 0.21
    torch.testing.assert_close(frame[..., 20:28], torch.full((1, 3, 32, 8), 0.4), atol=1e-3, rtol=0)


@pytest.mark.parametrize("border", BORDERS)
def test_where_neither_side_has_seen_anything_the_border_fills_in(border: str) -> None:
    film = tiny.film("motion: {zoom: 1, rotate: 240}", [f"motion.border={border}", "size=96x64"])
    before, after = tiny.photo((64, 96), 0), tiny.photo((64, 96), 1)
    frame = midway(film, before, after, 0.3)
    move = film.scene.path.between(0.25, 2.3 / 8)
    off = {
        rule: float((warp.move_frame(before, move, kernel=warp.bicubic, border=rule) - frame)[..., :2, -4:].abs().mean())
        for rule in BORDERS
    }
    assert min(off, key=lambda rule: off[rule]) == border


def test_gardens_move_with_the_camera() -> None:
    """A kind stays on the piece of the world where it grew."""
    film = tiny.film("motion: {zoom: 1, pan: [1.6, 0.8]}\ndream: {objective: {garden: all, drift: 0}}")
    old = begin(film)
    new, xy, (bed,) = step(film, old), warp.grid((8, 12)), film.gardens(film.scene.clock.tick(0))

    def kinds(state: State, xy: Tensor) -> Tensor:
        return garden.weights(state.worlds[0], bed, 6, film.seed, 0)(xy)

    moved = warp.carry(film.scene.path.between(0, 1 / 8), xy)
    torch.testing.assert_close(kinds(new, moved), kinds(old, xy), atol=1e-3, rtol=0)
    assert (kinds(new, xy) - kinds(old, xy)).abs().max() > 0.05


def test_frames_hold_two_canvases_at_most() -> None:
    film = tiny.film(overrides=["fps=16", "duration=2s"])
    alive: list[weakref.ref[Tensor]] = []

    def canvases() -> Iterator[Tensor]:
        for index in range(film.scene.clock.last_tick + 1):
            canvas = tiny.grain((32, 48), index)
            alive.append(weakref.ref(canvas))
            yield canvas
            del canvas

    gc.collect()
    number = 0
    for _ in frames(film.scene, canvases(), film.scene.clock):
        number += 1
        assert sum(canvas() is not None for canvas in alive) <= 2
        assert len(alive) <= number // 2 + 2, "frames come as soon as their ticks are there"
    assert number == 32


# ---- footage


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Thirteen pictures of a square that walks."""
    for index in range(13):
        picture = np.full((32, 48, 3), 90, np.uint8)
        picture[10:20, 2 + 3 * index : 12 + 3 * index] = (220, 120, 60)
        Image.fromarray(picture).save(tmp_path / f"{index}.png")
    return tmp_path


def test_footage_is_dreamed_upon(footage: Path) -> None:
    film = tiny.film('source: {frames: "*.png"}\nmotion: {zoom: 1}', ["duration=12 frames"], footage)
    every_frame = shown(film)
    assert len(every_frame) == 12
    states = list(ticks(film))
    assert torch.equal(every_frame[3], states[1].canvas)
    for index in (0, 4, 5, 9):
        source = film.scene.picture(film.scene.clock.frame(index))
        assert measures.psnr(pixels(every_frame[index]), pixels(source)) > 18, "the footage shows through"
        assert not torch.equal(every_frame[index], source)
    for state in states:
        assert all(tiny.same(a, b) for a, b in zip(states[state.tick + 1 :], ticks(film, tiny.stored(state)), strict=True))


def test_without_a_dream_footage_is_left_as_it_is(footage: Path) -> None:
    plain = "look: {hold: 0}\nmotion: {zoom: 1}\ndream: {objective: {layer: edges, weight: 0}}"
    film = tiny.film('source: {frames: "*.png"}\n' + plain, ["duration=12 frames"], footage)
    for index, frame in enumerate(shown(film)):
        assert measures.psnr(pixels(frame), pixels(film.scene.picture(film.scene.clock.frame(index)))) > 60


# ---- without a dream, the film is the camera


@pytest.mark.parametrize("fps", [24, 30])
def test_without_a_dream_a_pan_is_only_a_pan(fps: int) -> None:
    """One pixel a frame to the right, around and around: each frame is the first one, moved."""
    text = f"motion: {{zoom: 1, border: wrap, pan: [{fps / 32}, 0]}}\nlook: {{hold: 0}}"
    film = tiny.film(text, [f"fps={fps}", "dream.rate=6", "dream.steps=0", "dream.first_steps=0"])
    first, *rest = shown(film)
    for index, frame in enumerate(rest, 1):
        inside = (..., slice(4, -4))
        assert measures.psnr(pixels(frame[inside]), pixels(first.roll(index, 3)[inside])) > 40


def test_a_step_is_the_move_and_then_the_dream() -> None:
    film = tiny.film("motion: {zoom: 1, pan: [0.5, 0], border: wrap}", ["dream.steps=0", "look.hold=0"])
    state = begin(film)
    torch.testing.assert_close(step(film, state).canvas, state.canvas.roll(2, 3), atol=1e-4, rtol=0)


def test_footage_is_at_the_same_place_at_every_rate(footage: Path) -> None:
    """A print of another frame rate shows the same pictures at the same times."""
    film = tiny.film('source: {frames: "*.png"}\nmotion: {zoom: 1}', ["duration=12 frames", "fps=24"], footage)
    canvases = [state.canvas for state in ticks(film)]
    whole = list(frames(film.scene, canvases, film.scene.clock))
    half = list(frames(film.scene, canvases, at_rate(film.scene.clock, Fraction(12))))
    assert len(half) == 6
    for frame, same_time in zip(half, whole[::2], strict=True):
        assert measures.psnr(pixels(frame), pixels(same_time)) > 50


# ---- fresh ground


@pytest.mark.parametrize(("border", "mirrored"), [("reflect", False), ("replicate", False), ("wrap", True)])
def test_what_the_camera_uncovers_is_new(border: str, mirrored: bool) -> None:
    """A border rule that is applied to its own result tick after tick fills the frame with stripes; `wrap` means its seam."""
    still = "dream: {objective: {layer: edges, weight: 0}}"
    film = tiny.film(f"motion: {{zoom: 0.05, border: {border}}}\n{still}", ["size=96x64"])
    first = begin(film)
    move = film.scene.path.between(0, 1 / 8)
    by_rule = warp.move_frame(first.canvas, move, kernel=warp.lanczos4, border=border)
    outside = (warp.coverage(move, film.scene.size, 0.01) == 0).expand_as(by_rule)
    assert outside.float().mean() > 0.2
    pair = torch.stack((step(film, first).canvas[outside], by_rule[outside]))
    assert (float(torch.corrcoef(pair)[0, 1]) > 0.99) == mirrored


def test_past_the_last_tick_the_last_canvas_moves_on() -> None:
    film = tiny.film("motion: {zoom: 2}", ["duration=4 frames", "fps=8", "dream.rate=8"])
    canvases = [state.canvas for state in ticks(film)]
    *_, last = frames(film.scene, canvases, at_rate(film.scene.clock, Fraction(32)))
    seconds = film.scene.clock.tick(3).seconds
    move = film.scene.path.between(seconds, seconds + 3 / 32)
    expected = warp.move_frame(canvases[-1], move, kernel=warp.bicubic, border="reflect").clamp(0, 1)
    assert measures.psnr(pixels(last), pixels(expected)) > 30
