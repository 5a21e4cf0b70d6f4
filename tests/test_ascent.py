"""Laws of the ascent: nothing asked changes nothing, a step is as large as asked, and weights mean what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny
import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream import objective
from render.dream.ascent import PARAMETRISATIONS, Ascent, Terms, dream, gradient, rms, sizes, smooth
from render.dream.objective import Objective
from render.dream.view import view_of

NETWORK = tiny.network()
EYE = NETWORK.extractor(["edges", "shapes", "classes"], tiny.CPU)
ONCE = Ascent(steps=1, step_size=0.01, octaves=1, octave_scale=1.4, jitter=3, smoothing=0.5, chroma=0.7, min_side=8)
SHAPES, EYES = objective.layer(NETWORK, "shapes"), objective.classes(NETWORK, [0])
GRAIN = tiny.grain((24, 36))


def louder(target: Objective, times: float) -> Objective:
    """The same wish with another size of score."""
    return Objective(target.layers, lambda seen, view: times * target.score(seen, view))


def dreamed(canvas: Tensor, terms: Terms, ascent: Ascent, seed: int = 1, tick: int = 0) -> Tensor:
    return dream(canvas, EYE, terms, ascent, seed, tick)


@pytest.mark.parametrize(
    ("terms", "ascent"),
    [
        ([(0.0, SHAPES), (0.0, EYES)], replace(ONCE, steps=3, octaves=3)),
        ([(1.0, SHAPES)], replace(ONCE, steps=0, octaves=3)),
        ([], replace(ONCE, steps=3)),
    ],
    ids=["no weight", "no steps", "no wishes"],
)
def test_nothing_asked_changes_no_bit(terms: Terms, ascent: Ascent) -> None:
    assert torch.equal(dreamed(GRAIN, terms, ascent), GRAIN)


@pytest.mark.parametrize("smoothing", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("weight", "change"), [(1.0, 1.0), (-1.0, 1.0), (0.25, 0.25), (3.0, 1.0)])
def test_a_step_changes_the_picture_as_much_as_asked(weight: float, change: float, smoothing: float) -> None:
    """Weights below 1 slow the dream down, above 1 they only share it out. 0.25..0.75 keeps the clamp away."""
    after = dreamed(GRAIN, [(weight, SHAPES)], replace(ONCE, smoothing=smoothing))
    assert float(rms(after - GRAIN)) == pytest.approx(change * ONCE.step_size, rel=1e-3)


def test_the_picture_stays_between_black_and_white() -> None:
    after = dreamed(tiny.photo((24, 36)), [(1.0, SHAPES)], replace(ONCE, steps=4, step_size=0.5))
    assert after.min() >= 0
    assert after.max() <= 1


@pytest.mark.parametrize("times", [1e-6, 1e6])
def test_weights_share_the_gradient_whatever_the_scores_size(times: float) -> None:
    def uphill(terms: Terms) -> Tensor:
        return gradient(GRAIN, EYE, terms, view_of(GRAIN, 0, 0), ONCE)

    shapes, extractors = uphill([(1.0, SHAPES)]), uphill([(1.0, louder(EYES, times))])
    assert float(rms(shapes)) == pytest.approx(1, rel=0.02)
    assert float(rms(extractors)) == pytest.approx(1, rel=0.02)
    mixed = uphill([(0.5, SHAPES), (0.5, louder(EYES, times))])
    torch.testing.assert_close(mixed, 0.5 * shapes + 0.5 * extractors, atol=0.02, rtol=0)


@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
@pytest.mark.parametrize("size", [(24, 36), (40, 56)])
def test_layers_share_a_sum_as_their_weights_say(
    size: tuple[int, int], parametrisation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever their depth: the rms that each has in the sum, with its sign, is its weight's share, within 2 %."""
    shares = replace(PARAMETRISATIONS[parametrisation], weighs=False)  # the size of the sum is another matter
    monkeypatch.setitem(PARAMETRISATIONS, parametrisation, shares)
    canvas, ascent = tiny.photo(size), replace(ONCE, parametrisation=parametrisation)
    terms = [(1.0, objective.layer(NETWORK, "edges")), (0.5, SHAPES), (-0.25, EYES)]
    alone = [gradient(canvas, EYE, [target], view_of(canvas), ascent) for target in terms]
    for (weight, _), part in zip(terms, alone, strict=True):
        assert float(rms(part)) == pytest.approx(abs(weight), rel=0.02)
    together = gradient(canvas, EYE, terms, view_of(canvas), ascent)
    torch.testing.assert_close(together, torch.stack(alone).sum(0), atol=1e-3, rtol=0.02)


def test_a_masked_wish_weighs_the_same_inside() -> None:
    mask = torch.zeros(1, 1, 24, 36)
    mask[..., 4:12, 4:12] = 1
    for down, right in ((0, 0), (7, -9)):
        uphill = gradient(GRAIN, EYE, [(0.5, replace(SHAPES, mask=mask))], view_of(GRAIN, down, right), ONCE)
        assert float(rms(uphill[..., 4:12, 4:12])) == pytest.approx(0.5, rel=0.02)
        assert float((uphill * (1 - mask)).abs().max()) == 0
    nothing = gradient(GRAIN, EYE, [(1.0, replace(SHAPES, mask=0 * mask))], view_of(GRAIN), ONCE)
    assert float(nothing.abs().max()) == 0
    large = F.interpolate(mask, scale_factor=2)  # a mask has the film's size, an octave its own
    small = gradient(GRAIN, EYE, [(0.5, replace(SHAPES, mask=large))], view_of(GRAIN), ONCE)
    assert float(rms(small[..., 4:12, 4:12])) == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("views", [{"jitter": 0}, {"turn": 20.0}, {"scale": 1.3}], ids=str)
def test_turned_views_dream_the_same_things(views: dict[str, float]) -> None:
    """From whatever view: the wish comes true on the canvas as it is, and other views make other dreams."""
    terms, ascent = [(1.0, EYES)], replace(ONCE, steps=8)
    after = dreamed(GRAIN, terms, replace(ascent, **views))
    assert float(EYES.score(EYE(after), view_of(after))) > float(EYES.score(EYE(GRAIN), view_of(GRAIN)))
    assert not torch.equal(after, dreamed(GRAIN, terms, ascent))


def test_negative_weights_push_away() -> None:
    def score(canvas: Tensor) -> float:
        return float(SHAPES.score(EYE(canvas), view_of(canvas, 0, 0)))

    toward, away = (dreamed(GRAIN, [(weight, SHAPES)], replace(ONCE, steps=5)) for weight in (1.0, -1.0))
    assert score(away) < score(GRAIN) < score(toward)


@pytest.mark.parametrize(
    ("size", "octaves", "scale", "min_side", "wanted"),
    [
        ((360, 640), 3, 1.4, 64, [(184, 327), (257, 457), (360, 640)]),
        ((144, 256), 4, 2.0, 64, [(72, 128), (144, 256)]),
        ((36, 64), 3, 1.4, 64, [(36, 64)]),  # the film itself is always dreamed
        ((90, 160), 20, 4.0, 8, [(22, 40), (90, 160)]),
        ((90, 160), 1, 1.4, 8, [(90, 160)]),
    ],
)
def test_octaves_grow_and_small_ones_are_left_out(
    size: tuple[int, int], octaves: int, scale: float, min_side: int, wanted: list[tuple[int, int]]
) -> None:
    assert sizes(size, replace(ONCE, octaves=octaves, octave_scale=scale, min_side=min_side)) == wanted


def test_chance_has_an_address() -> None:
    ascent = replace(ONCE, steps=2, octaves=2)
    first = dreamed(GRAIN, [(1.0, SHAPES)], ascent, seed=1, tick=5)
    torch.rand(100)  # whatever happened meanwhile
    assert torch.equal(dreamed(GRAIN, [(1.0, SHAPES)], ascent, seed=1, tick=5), first)
    assert not torch.equal(dreamed(GRAIN, [(1.0, SHAPES)], ascent, seed=2, tick=5), first)
    assert not torch.equal(dreamed(GRAIN, [(1.0, SHAPES)], ascent, seed=1, tick=6), first)


@pytest.mark.parametrize("kind", ["photo", "black and white"])
def test_the_pyramid_does_not_blur(kind: str) -> None:
    """Only what was dreamed goes through small sizes: a dream of next to nothing leaves the picture as sharp as it was."""
    canvas = {"photo": tiny.photo((48, 72)), "black and white": (tiny.grain((48, 72)) > 0.5).float()}[kind]
    after = dreamed(canvas, [(1.0, SHAPES)], replace(ONCE, octaves=4, steps=1, step_size=1e-5))
    assert not torch.equal(after, canvas)
    assert float((after - canvas).square().mean()) < 1e-6, "less than 60 dB"


def test_small_octaves_dream_large_shapes() -> None:
    """What the pyramid adds is broader than what the full size alone adds."""

    def breadth(octaves: int) -> float:
        canvas = tiny.grain((64, 96))
        change = dreamed(canvas, [(1.0, SHAPES)], replace(ONCE, octaves=octaves, octave_scale=1.8)) - canvas
        return float(rms(F.avg_pool2d(change, 8)) / rms(change))

    assert breadth(4) > 1.1 * breadth(1)


def test_the_network_learns_nothing() -> None:
    row = tiny.stages()
    before = {name: weight.clone() for name, stage in row.items() for name, weight in stage.state_dict(prefix=name).items()}
    parameters = [weight for stage in row.values() for weight in stage.parameters()]
    extract = tiny.in_stages(row)(list(row))
    dream(GRAIN, extract, [(1.0, SHAPES)], replace(ONCE, steps=2), 1, 0)
    after = {name: weight for name, stage in row.items() for name, weight in stage.state_dict(prefix=name).items()}
    assert all(torch.equal(before[name], weight) for name, weight in after.items())
    assert all(weight.grad is None and not weight.requires_grad for weight in parameters)


def test_smoothing_makes_neighbours_agree() -> None:
    raw = torch.randn(1, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    smoothed = [smooth(raw, amount) for amount in (0.0, 0.4, 0.8)]
    alike = [float((one[..., 1:] * one[..., :-1]).mean() / one.square().mean()) for one in smoothed]
    assert alike[0] < 0.05
    assert alike[0] + 0.2 < alike[1] < alike[2] - 0.1
    assert smooth(raw, 0.0) is raw


def test_a_gradient_of_nothing_is_no_step() -> None:
    blind = Objective(("edges",), lambda seen, view: 0 * seen["edges"].sum())
    for smoothing in (0.0, 0.5):
        assert torch.equal(dreamed(GRAIN, [(1.0, blind)], replace(ONCE, smoothing=smoothing)), GRAIN)
