"""Laws of dreams on footage: the dream's detail goes where things go, is not dragged over what is new, and stays as strong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from math import cos, pi, sin
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from PIL import Image
from torch import Tensor

from render.config import load_text
from render.film import Film, step, ticks
from render.frames import frames
from render.picture import colour, warp
from render.picture.picture import from_pixels, to_pixels
from render.picture.warp import Move
from render.propagate import Blend, blend_detail, carry_detail, match_strength, nearest_move, remove_mean, start
from render.source.flow import Flow

pytestmark = pytest.mark.usefixtures("tiny_network")
SIZE = (72, 96)
STRONG = ("dream.step_size=0.03", "dream.first_steps=4", "dream.steps=2", "dream.jitter=2")


def view(right: float = 0, down: float = 0, seed: int = 0, size: tuple[int, int] = SIZE) -> Tensor:
    """A window on a wide photo, moved by whole pixels."""
    wide = tiny.photo((size[0] + 64, size[1] + 64), seed)
    top, left = 32 - round(down), 32 - round(right)
    return wide[..., top : top + size[0], left : left + size[1]]


def footage(folder: Path, pictures: Sequence[Tensor], *overrides: str, text: str = "") -> Film:
    """A film over these pictures, dreamed at every frame."""
    for index, picture in enumerate(pictures):
        if not (file := folder / f"{index:04}.png").exists():
            Image.fromarray(to_pixels(picture)).save(file)
    height, width = pictures[0].shape[-2:]
    usual = (f"size={width}x{height}", "duration=source", "dream.rate=every-frame", "look.hold=0.5", *STRONG)
    return tiny.film(f"source: {{frames: '{folder}/*.png'}}\n{text}", (*usual, *overrides))


def details(film: Film) -> list[Tensor]:
    return [state.canvas - film.scene.picture(film.scene.clock.tick(state.tick)) for state in ticks(film)]


def alike(one: Tensor, other: Tensor) -> float:
    """Their correlation."""
    a, b = one.flatten() - one.mean(), other.flatten() - other.mean()
    return float((a @ b) / (a.norm() * b.norm()).clamp_min(1e-9))


def test_nothing_moves_and_nothing_is_dreamed_on_so_all_stays(tmp_path: Path) -> None:
    film = footage(tmp_path, [view()] * 4, "dream.steps=0", "flow.persistence=1")
    first, *others = details(film)
    assert colour.rms(first) > 0.02
    assert all(torch.equal(first, other) for other in others)


def test_a_pan_by_whole_pixels_takes_the_detail_along(tmp_path: Path) -> None:
    film = footage(tmp_path, [view(8 * i, -4 * i) for i in range(3)], "dream.steps=0", "flow.persistence=1", "look.hold=0")
    first, *others = (state.carried.detail for state in ticks(film) if state.carried)
    inside = (..., slice(20, -20), slice(24, -24))
    for moved_by, detail in enumerate(others, 1):
        assert alike(first.roll((-4 * moved_by, 8 * moved_by), (2, 3))[inside], detail[inside]) > 0.95
        assert alike(first[inside], detail[inside]) < 0.6, "it does not stay behind"


def test_each_alone_is_what_persistence_0_means(tmp_path: Path) -> None:
    film = footage(tmp_path, [view(3 * i) for i in range(3)], "flow.persistence=0")
    alone = footage(tmp_path, [view(3 * i) for i in range(3)], "flow.persistence=0.9")
    states = list(ticks(film))
    assert torch.equal(states[0].canvas, next(ticks(alone)).canvas)
    assert all(state.carried and state.carried.gain == 1 for state in states)


def test_the_dream_sticks(tmp_path: Path) -> None:
    """Dreamed on at every frame, it is far more alike from frame to frame, moved, than pictures dreamed alone."""
    pictures = [view(2 * i) for i in range(5)]
    sticking, alone = (details(footage(tmp_path, pictures, f"flow.persistence={kept}"))[2:] for kept in (0.9, 0))
    inside = (..., slice(12, -12), slice(16, -12))

    def stays(dreams: list[Tensor]) -> float:
        return min(alike(a.roll(2, 3)[inside], b[inside]) for a, b in pairwise(dreams))

    assert 1 - stays(sticking) < 0.3 * (1 - stays(alone))


def test_a_cut_leaves_nothing_of_the_shot_before(tmp_path: Path) -> None:
    """Whatever was before, after a cut the film is the same to the bit."""
    shot = [1 - view(seed=5), 1 - view(2, seed=5)]
    ends = []
    for name, before in (("one", [view(), view(2)]), ("other", [view(seed=8), view(seed=9)])):
        (tmp_path / name).mkdir()
        film = footage(tmp_path / name, [*before, *shot], text="cuts: [2]\ndream: {objective: {layer: low}}")
        ends.append(list(ticks(film))[2:])
    assert all(tiny.same(a, b) for a, b in zip(*ends, strict=True))


def test_cuts_that_are_named_are_believed(tmp_path: Path) -> None:
    pictures = [view(i) for i in range(4)]
    film = footage(tmp_path, pictures, text="cuts: [2]")
    clock = film.scene.clock
    kinds = [film.scene.flow_between(clock.tick(i), clock.tick(i + 1)).kind for i in range(3)]
    assert kinds == ["usual", "cut", "usual"]


@pytest.mark.parametrize("persistence", ["1", "0.95", "0.5", "0"])
def test_a_held_picture_is_dreamed_on_unless_all_of_its_dream_goes_on(persistence: str, tmp_path: Path) -> None:
    film = footage(tmp_path, [view(), view(), view(2), view(2)], f"flow.persistence={persistence}")
    a, b, c, d = (state.canvas for state in ticks(film))
    assert torch.equal(a, b) == torch.equal(c, d) == (persistence == "1")
    assert not torch.equal(b, c)


SMALL = (36, 48)
PAN = [view(i, size=SMALL) for i in range(9)]
MOVING = {  # what moves, from what, to what, over what footage
    "from nothing": ("dream.step_size", "0", "0.03", PAN),
    "up": ("dream.step_size", "0.006", "0.04", PAN),
    "down": ("dream.step_size", "0.04", "0.006", PAN),
    "on a held picture": ("dream.step_size", "0.004", "0.03", [view(size=SMALL)] * 9),
    "a weight": ("dream.objective.0.weight", "0.1", "1", PAN),
    "one weight for another": ("dream.objective.1.weight", "0", "1.5", PAN),
    "the steps of a full dream": ("dream.first_steps", "3", "6", PAN),
}
TERMS = "dream: {objective: [{layer: low}, {layer: high, weight: 0.5}]}"


@pytest.mark.parametrize("name", MOVING)
def test_strength_is_that_of_a_film_that_was_always_so(name: str, tmp_path: Path) -> None:
    """A number that moves from one value to another, within half a second: to 15 %, half way and there."""
    key, low, high, pictures = MOVING[name]
    rows = ("fps=12", "duration=9 frames")
    film = footage(tmp_path, pictures, *rows, f"{key}={{2: {low}, 7: {high}}}", text=TERMS)
    strengths = [colour.rms(state.carried.detail) for state in ticks(film) if state.carried]
    assert strengths[0] == 0 or name != "from nothing"
    curve = dict(load_text(TERMS, overrides=[*rows, f"{key}={{2: {low}, 7: {high}}}"]).curves())[key]
    for tick in (5, 8):
        value = curve(film.scene.clock.tick(tick))
        always = footage(tmp_path, pictures, *rows, f"{key}={value}", text=TERMS)
        state = list(islice(ticks(always), tick + 1))[-1]
        assert state.carried
        assert strengths[tick] == pytest.approx(colour.rms(state.carried.detail), rel=0.15), tick


def test_new_ground_is_dreamed_in_a_film_that_began_with_none(tmp_path: Path) -> None:
    film = footage(tmp_path, [view(3 * i) for i in range(10)], "fps=12", "dream.step_size={3: 0, 5: 0.03}")
    *_, last = details(film)
    assert colour.rms(last[..., :16]) > 0.5 * colour.rms(last[..., 32:-32])


def test_numbers_that_stand_still_are_not_measured(tmp_path: Path) -> None:
    film = footage(tmp_path, [view(i) for i in range(3)])
    film = replace(film, strength=lambda film, moment: pytest.fail("a full dream more"))
    assert len(list(ticks(film))) == 3


@pytest.mark.parametrize("picture", [torch.zeros(1, 3, 32, 48), torch.ones(1, 3, 32, 48), view(size=(16, 21))])
def test_odd_footage_is_no_fault(picture: Tensor, tmp_path: Path) -> None:
    film = footage(tmp_path, [picture] * 3)
    assert all(bool(state.canvas.isfinite().all()) for state in ticks(film))
    still = footage(tmp_path, [picture], "duration=1 frames")
    assert len(list(ticks(still))) == 1


def test_strength_is_held_on_a_still_clip_with_noise(tmp_path: Path) -> None:
    chance = torch.Generator().manual_seed(3)
    pictures = [(view() + torch.randn(view().shape, generator=chance) * 2 / 255).clamp(0, 1) for _ in range(30)]
    film = footage(tmp_path, pictures, "dream.rate=every-frame")
    measured = [(colour.rms(detail), detail.mean((0, 2, 3)).abs().max()) for detail in details(film)]
    assert 0.9 < measured[-1][0] / measured[0][0] < 1.1
    assert max(float(level) for _, level in measured) < 0.01


def test_it_goes_on_from_any_tick_bit_for_bit(tmp_path: Path) -> None:
    film = footage(tmp_path, [view(i, i) for i in range(5)])
    for before, after in pairwise(ticks(film)):
        assert tiny.same(step(film, tiny.stored(before)), after)


def test_between_ticks_the_true_picture_is_shown(tmp_path: Path) -> None:
    """Dreamed at every fourth frame, the others show their own picture, with the detail of both sides on it."""
    pictures = [view(i) for i in range(9)]
    film = footage(tmp_path, pictures, "dream.rate=6")
    states = list(ticks(film))
    assert [film.scene.clock.place(state.tick) for state in states] == [0, 4, 8]
    every_frame = list(frames(film.scene, [state.canvas for state in states], film.scene.clock))
    first = states[0].canvas - pictures[0]
    inside = (..., slice(12, -12), slice(12, -16))
    for index in (1, 2, 3):
        detail = every_frame[index] - from_pixels(to_pixels(pictures[index]))
        assert alike(first.roll(index, 3)[inside], detail[inside]) > 0.6
        assert 0.7 < colour.rms(detail[inside]) / colour.rms(first[inside]) < 1.2


def test_without_an_objective_footage_is_itself(tmp_path: Path) -> None:
    film = footage(tmp_path, [view(i) for i in range(5)], "dream.rate=12", text="dream: {objective: {layer: low, weight: 0}}")
    every_frame = frames(film.scene, [state.canvas for state in ticks(film)], film.scene.clock)
    for frame, picture in zip(every_frame, (view(i) for i in range(5)), strict=True):
        assert (frame - picture).abs().max() < 1 / 255


@pytest.mark.parametrize("pan", [0, -6])
def test_a_mask_keeps_the_dream_inside(tmp_path: Path, pan: int) -> None:
    """Also that which moves out of it."""
    (tmp_path / "mask").mkdir()
    half = np.zeros(SIZE, np.uint8)
    half[:, 48:] = 255
    Image.fromarray(half).save(tmp_path / "mask" / "half.png")
    pictures = [view(pan * i) for i in range(3)]
    film = footage(tmp_path, pictures, "look.hold=1", text=f"mask: {{file: '{tmp_path}/mask/half.png', feather: 0}}")
    for detail in details(film):
        assert detail[..., :46].abs().max() < 1e-4
        assert colour.rms(detail[..., 50:]) > 0.01


def test_a_mask_hides_the_dream_and_does_not_end_it(tmp_path: Path) -> None:
    """Where it opens, the dream has gone on beneath."""
    Image.fromarray(np.zeros(SIZE, np.uint8)).save(tmp_path / "black.jpg")
    pictures = [view(i) for i in range(3)]
    hidden = list(ticks(footage(tmp_path, pictures, text=f"mask: {tmp_path}/black.jpg")))
    assert all((state.canvas - view(i)).abs().max() < 1 / 255 for i, state in enumerate(hidden))
    for one, other in zip(hidden, ticks(footage(tmp_path, pictures)), strict=True):
        assert one.carried
        assert other.carried
        assert torch.equal(one.carried.detail, other.carried.detail)


def test_the_camera_looks_at_footage_and_the_dream_follows(tmp_path: Path) -> None:
    film = footage(tmp_path, [view()] * 4, "dream.steps=0", "flow.persistence=1", text="motion: {zoom: 3}")
    clock = film.scene.clock
    move = film.scene.path.between(0, clock.tick(2).seconds)
    moved = warp.move_frame(view(), move, kernel=warp.bicubic, border="reflect")
    assert (film.scene.picture(clock.tick(2)) - moved).abs().mean() < 0.01
    states = list(ticks(film))
    details = [state.carried.detail for state in states if state.carried]
    expected = warp.move_frame(details[0], move, kernel=warp.lanczos4, border="reflect")
    inside = (..., slice(12, -12), slice(12, -12))
    assert alike(expected[inside], details[2][inside]) > 0.9


def test_the_camera_so_far_is_its_path_from_the_start(tmp_path: Path) -> None:
    path = footage(tmp_path, [view()] * 2, text="motion: {zoom: 1.3, rotate: 20, pan: [0.1, 0]}").scene.path
    for seconds in (0.0, 0.4, 3.7, 2.2, 5.0):
        torch.testing.assert_close(path.so_far(seconds).matrix, path.between(0, seconds).matrix, atol=1e-9, rtol=0)


# ---- its parts


def flow_of(move: Move, kind: str = "usual", trust: float = 1.0) -> Flow:
    return Flow(warp.carry(move.inverse, warp.grid(SIZE)), torch.full((1, 1, *SIZE), trust), kind)


@pytest.mark.parametrize("kind", ["same", "flash"])
def test_what_is_shown_twice_or_flashes_stays_in_place(kind: str) -> None:
    detail = tiny.grain(SIZE) - 0.5
    away = Move(torch.tensor([[1.0, 0, 0.5], [0, 1, 0], [0, 0, 1]], dtype=torch.float64))
    assert torch.equal(carry_detail(detail, flow_of(away, kind), "reflect"), detail)
    assert not carry_detail(detail, flow_of(away, "usual", trust=0.0), "reflect").any()


@pytest.mark.parametrize("turn", [0.0, 0.1])
def test_a_garden_travels_as_the_footage_does(turn: float) -> None:
    c, s = 1.05 * cos(turn * pi), 1.05 * sin(turn * pi)
    move = Move(torch.tensor([[c, -s, 0.1], [s, c, -0.05], [0, 0, 1]], dtype=torch.float64))
    torch.testing.assert_close(nearest_move(flow_of(move)).matrix, move.matrix, atol=1e-4, rtol=0)
    assert torch.equal(nearest_move(flow_of(move, trust=0.0)).matrix, warp.STILL)
    assert torch.equal(nearest_move(flow_of(move, "cut")).matrix, warp.STILL)


@pytest.mark.parametrize("steps_worth", [0.03, 0.05, 0.2, 0.6])
def test_the_gain_steers_towards_the_strength(steps_worth: float) -> None:
    """Whatever a step is worth, after a few ticks the strength is the one that it had when it was fresh."""
    detail, sure, blend = tiny.grain(SIZE) - 0.5, torch.ones(1, 1, *SIZE), Blend(0.9, 0.5)
    carried, strengths = start(detail), []
    for _ in range(16):
        dreamed = blend.persistence * carried.detail + carried.gain * steps_worth * detail
        carried = blend_detail(carried, dreamed, carried.detail, sure, blend)
        strengths.append(colour.rms(carried.detail) / carried.strength)
    assert strengths[-1] == pytest.approx(1, abs=0.02)
    assert max(strengths) < 1.5


def test_the_gain_stays_within_reason() -> None:
    detail, sure, blend = tiny.grain(SIZE) - 0.5, torch.ones(1, 1, *SIZE), Blend(0.9, 0.5)
    carried = start(detail)
    for _ in range(9):
        carried = blend_detail(carried, 0.9 * carried.detail, carried.detail, sure, blend)
    assert carried.gain == 4, "steps that earn nothing"
    assert blend_detail(start(0 * detail), 0 * detail, 0 * detail, sure, blend).gain == 1


def test_the_anchor_keeps_what_is_trusted() -> None:
    old, new = tiny.grain(SIZE) - 0.5, tiny.grain(SIZE, 1) - 0.5
    carried, unsure, sure = start(old), torch.zeros(1, 1, *SIZE), torch.ones(1, 1, *SIZE)
    assert torch.equal(blend_detail(carried, new, old, unsure, Blend(0.9, 0.5)).detail, new)
    torch.testing.assert_close(blend_detail(carried, new, old, sure, Blend(0.9, 1.0)).detail, old)
    assert [round(alike(blend_detail(carried, new, old, sure, Blend(0.9, 0.8)).detail, one), 1) for one in (old, new)] == [
        1.0,
        0.2,
    ]


def test_what_is_drawn_together_is_as_fine_as_what_it_was_made_of() -> None:
    """The mean of two dreams is softer than either, and would be softer at every tick."""
    old, new = (tiny.grain(SIZE, seed) - 0.5 for seed in (0, 1))
    mixed = blend_detail(start(old), new, old, torch.ones(1, 1, *SIZE), Blend(0.9, 0.8)).detail
    assert colour.fine(0.2 * new + 0.8 * old) < 0.8 * colour.fine(old)
    assert float(colour.fine(mixed)) == pytest.approx(float(colour.fine(old)), rel=0.15)


@pytest.mark.parametrize(("amount", "expected"), [(0.05, 0.05), (2.0, 0.85)])
def test_what_is_newly_dreamed_is_no_stronger_than_the_rest(amount: float, expected: float) -> None:
    where = torch.zeros(1, 1, *SIZE)
    where[..., :10] = 1
    new = where * (tiny.grain(SIZE) - 0.5)
    new = new / colour.rms(new[..., :10]) * amount
    kept = colour.rms(match_strength(new, where, 1.0)[..., :10])
    assert kept == pytest.approx(expected, rel=1e-3)
    assert torch.equal(match_strength(0 * new, where, 1.0), 0 * new)


def test_a_level_is_taken_out_as_firmly_as_it_is_held() -> None:
    detail = tiny.grain(SIZE)
    torch.testing.assert_close(remove_mean(detail, 1.0).mean((2, 3)), torch.zeros(1, 3), atol=1e-6, rtol=0)
    assert torch.equal(remove_mean(detail, 0.0), detail)
