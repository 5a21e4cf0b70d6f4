"""Laws of objectives: five steps toward any of them bring more of it, on a random network and on the embedded one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from render.config import load_text
from render.config.model import OBJECTIVES
from render.construct import build
from render.dream import garden, objective
from render.dream.ascent import dream, rms
from render.dream.bestiary.channels import CHANNELS
from render.dream.objective import Objective
from render.dream.view import view_of
from render.errors import RenderError
from render.film import Film, first_worlds
from render.picture.picture import to_pixels

ASKED = {
    "layer": ["{layer: LAYER}"],
    "channels": ["{channels: [0, 3], layer: LAYER}"],
    "class": ["{class: eye}", "{class: [tower, 2]}"],
    "guide": ["{guide: guide.png, layer: LAYER}"],
    "neuron": ["{neuron: 3, layer: LAYER, at: [0.3, 0.7]}", "{neuron: leaf, layer: classes}"],
    "direction": ["{direction: {0: 1, 3: -0.5, 5: 0.2}, layer: LAYER}", "{direction: {eye: 1, tower: -1}, layer: classes}"],
    "garden": ["{garden: all}", "{garden: [eye, leaf]}", "{garden: all, layer: LAYER}", "{garden: [1, 4], layer: LAYER}"],
}
EVERY = [term for terms in ASKED.values() for term in terms]
CLIMB = ["dream.octaves=1", "dream.first_steps=5", "dream.step_size=0.02", "dream.jitter=4"]


def test_every_objective_is_asked_for() -> None:
    assert set(ASKED) == set(OBJECTIVES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a guide and a mask lie: a photo, and the left half of a frame."""
    place = tmp_path_factory.mktemp("pictures")
    iio.imwrite(place / "guide.png", to_pixels(tiny.photo((40, 60), seed=5)))
    left = torch.zeros(1, 3, 32, 48)
    left[..., :24] = 1
    iio.imwrite(place / "left.png", to_pixels(left))
    return place


def film_of(term: str, folder: Path, overrides: Sequence[str] = (), layer: str = "shapes") -> Film:
    return tiny.film(f"dream: {{objective: {term.replace('LAYER', layer)}}}", [*CLIMB, *overrides], folder)


def objective_at(film: Film) -> Objective:
    """What a film of one objective wishes for at its first tick."""
    moment = film.scene.clock.tick(0)
    ((_, objective),) = film.terms(moment, first_worlds(film, moment))
    return objective


def score(film: Film, canvas: Tensor) -> float:
    with torch.no_grad():
        return float(objective_at(film).score(film.extract(canvas), view_of(canvas, 0, 0)))


def five_steps(film: Film, canvas: Tensor, weight: float = 1.0) -> Tensor:
    return dream(
        canvas, film.extract, [(weight, objective_at(film))], film.ascent(film.scene.clock.tick(0), True), seed=1, tick=0
    )


@pytest.mark.parametrize("term", EVERY)
@pytest.mark.usefixtures("tiny_network")
def test_every_objective_rises_in_five_steps(term: str, folder: Path) -> None:
    film = film_of(term, folder)
    for canvas in (tiny.photo((32, 48)), tiny.grain((32, 48))):
        assert score(film, five_steps(film, canvas)) > score(film, canvas)
        assert score(film, five_steps(film, canvas, -1.0)) < score(film, canvas)


@pytest.mark.parametrize("term", EVERY)
def test_every_objective_rises_on_the_embedded_network(term: str, folder: Path) -> None:
    for parametrisation in ("pixel", "fourier"):
        film = film_of(term, folder, ["size=96x64", f"dream.parametrisation={parametrisation}"], "texture")
        canvas = tiny.photo((64, 96))
        assert score(film, five_steps(film, canvas)) > score(film, canvas)


@pytest.mark.parametrize("term", EVERY)
@pytest.mark.usefixtures("tiny_network")
def test_every_objective_keeps_to_its_mask(term: str, folder: Path) -> None:
    """Within the mask a step is as large as without one; beyond it nothing changes."""
    masked = term.replace("{", "{mask: {file: left.png, feather: 0}, ", 1)
    canvas = tiny.grain((32, 48))
    change = five_steps(film_of(masked, folder, ["dream.first_steps=1"]), canvas) - canvas
    assert float(rms(change[..., :24])) == pytest.approx(0.02, rel=0.02)
    assert float(change[..., 24:].abs().max()) == 0
    wet, dry = film_of(masked, folder), film_of(term, folder)
    assert score(dry, five_steps(wet, canvas)) > score(dry, canvas)


@pytest.mark.usefixtures("tiny_network")
def test_two_masks_dream_two_things(folder: Path) -> None:
    text = """dream: {objective: [
        {class: leaf, mask: {file: left.png, feather: 0}},
        {class: eye, mask: {file: left.png, feather: 0, invert: true}}]}"""
    film, canvas = tiny.film(text, [*CLIMB, "dream.first_steps=15"], folder), tiny.grain((32, 48))
    moment = film.scene.clock.tick(0)
    dreamed = dream(canvas, film.extract, film.terms(moment, ()), film.ascent(moment, True), seed=1, tick=0)
    grown = (film.extract(dreamed)["classes"] - film.extract(canvas)["classes"])[0, [3, 0]].detach()
    left, right = grown[..., :6].mean((1, 2)), grown[..., 6:].mean((1, 2))
    assert left[0] > right[0]
    assert right[1] > left[1]


@pytest.mark.usefixtures("tiny_network")
def test_a_neuron_grows_in_its_place(folder: Path) -> None:
    """And follows it: the place is a pair of numbers that may move."""
    canvas, places = tiny.grain((32, 48)), {"[0.25, 0.25]": (4, 6), "[0.75, 0.5]": (8, 18)}
    for at, (down, right) in places.items():
        film = film_of(f"{{neuron: 2, layer: LAYER, at: {at}}}", folder, ["dream.first_steps=10"])
        grown = (film.extract(five_steps(film, canvas))["shapes"] - film.extract(canvas)["shapes"])[0, 2].detach()
        assert int(grown.flatten().argmax()) in {(down - i) * 24 + right - j for i in (0, 1) for j in (0, 1)}
    moving = film_of("{neuron: 2, layer: LAYER, at: [{0s: 0, 1s: 1}, 0.5]}", folder)
    first, last = (moving.terms(moving.scene.clock.tick(tick), ())[0][1] for tick in (0, 8))
    seen, view = moving.extract(canvas), view_of(canvas)
    assert float(first.score(seen, view)) != float(last.score(seen, view))


@pytest.mark.usefixtures("tiny_network")
def test_a_guide_is_followed(folder: Path) -> None:
    """Each place comes nearer to the part of the guide that it was most like; another guide makes another picture."""
    film, canvas = film_of("{guide: guide.png, layer: LAYER}", folder), tiny.grain((32, 48))
    other = film_of("{guide: left.png, layer: LAYER}", folder)
    guide = next(iter(objective_at(film).layers))
    assert guide == "shapes"
    assert film.digest != other.digest
    assert not torch.equal(five_steps(film, canvas), five_steps(other, canvas))
    parts = torch.eye(3)[None, :, :2, None]  # two parts, along the first channels
    sought = objective.guide(replace(tiny.network(), statistics=None), "shapes", parts)
    places = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 5.0]]).T[None, :, :, None]
    assert float(sought.score({"shapes": places}, view_of(canvas))) == pytest.approx((2 + 1) / 2)


@pytest.mark.usefixtures("tiny_network")
def test_a_guide_that_is_a_thread_is_refused_before_it_fills_the_memory(folder: Path) -> None:
    iio.imwrite(folder / "thread.png", np.zeros((1, 60_000, 3), np.uint8))
    with pytest.raises(RenderError, match=r"guide is 60000x1, too narrow for tiny to look at"):
        film_of("{guide: thread.png, layer: LAYER}", folder)


@pytest.mark.usefixtures("tiny_network")
def test_directions_are_signed_and_named(folder: Path) -> None:
    film, canvas = film_of("{direction: {eye: 1, leaf: -1}, layer: classes}", folder), tiny.grain((32, 48))
    change = (film.extract(five_steps(film, canvas))["classes"] - film.extract(canvas)["classes"]).mean((0, 2, 3))
    assert change[0] > 0 > change[3]
    moving = film_of("{direction: {0: 1, 3: {0s: 1, 1s: -1}}, layer: classes}", folder)
    first, last = (moving.terms(moving.scene.clock.tick(tick), ())[0][1] for tick in (0, 8))
    means = moving.extract(canvas)["classes"].mean((0, 2, 3))
    assert float(first.score(moving.extract(canvas), view_of(canvas))) == pytest.approx(float(means[0] + means[3]), rel=1e-4)
    assert float(last.score(moving.extract(canvas), view_of(canvas))) == pytest.approx(float(means[0] - means[3]), rel=1e-4)


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("{channels: [eye], layer: shapes}", "layer shapes has no channel of that name"),
        ("{channels: [12], layer: shapes}", "has channels 0 to 11"),
        ("{neuron: fsh, layer: classes}", "no such class"),
        ("{direction: {99: 1}, layer: shapes}", "has channels 0 to 11"),
        ("{guide: gone.png, layer: shapes}", "gone.png: there is no such file"),
        ("{layer: shapes, mask: gone.png}", "gone.png: there is no such file"),
    ],
)
@pytest.mark.usefixtures("tiny_network")
def test_what_cannot_be_sought_is_told_with_its_place(term: str, said: str, folder: Path) -> None:
    with pytest.raises(RenderError, match=r"^film\.yaml:1:\d+: dream\.objective\.0\.") as caught:
        build(load_text(f"dream: {{objective: {term}}}", "film.yaml", folder), tiny.CPU)
    assert said in str(caught.value)


@pytest.mark.parametrize("term", ["{layer: shapes}", "{channels: [0, 3], layer: shapes}", "{class: leaf}"])
@pytest.mark.usefixtures("tiny_network")
def test_objectives_mean_what_they_say(term: str) -> None:
    """Measured without their own scores: a louder layer, brighter channels, a class that wins more clearly."""
    film = tiny.film(f"dream: {{objective: {term}}}", CLIMB)

    def seen(canvas: Tensor) -> dict[str, float]:
        with torch.no_grad():
            layers = tiny.network().extractor(["shapes", "classes"], tiny.CPU)(canvas)
        logits = layers["classes"].mean((2, 3))[0]
        others = torch.cat((logits[:3], logits[4:])).mean()
        channels = layers["shapes"].mean((0, 2, 3))
        others_of_layer = torch.cat((channels[1:3], channels[4:])).mean()
        return {
            "{layer: shapes}": float(layers["shapes"].square().mean()),
            "{channels: [0, 3], layer: shapes}": float(channels[[0, 3]].mean() - others_of_layer),
            "{class: leaf}": float(logits[3] - others),
        }

    before, after = seen(tiny.grain((32, 48))), seen(five_steps(film, tiny.grain((32, 48))))
    assert after[term] > before[term] + 0.1 * abs(before[term])


@pytest.mark.usefixtures("tiny_network")
def test_channels_are_those_that_were_named() -> None:
    """Asking for one brings more of it than asking for the other does."""
    canvas, grown = tiny.grain((32, 48)), []
    for channel in (1, 4):
        film = tiny.film(f"dream: {{objective: {{channels: [{channel}], layer: shapes}}}}", CLIMB)
        grown.append(film.extract(five_steps(film, canvas))["shapes"].mean((0, 2, 3))[[1, 4]])
    assert grown[0][0] > grown[1][0]
    assert grown[1][1] > grown[0][1]


@pytest.mark.usefixtures("tiny_network")
def test_a_garden_grows_each_kind_in_its_own_place() -> None:
    """Where the map says leaf there is more leaf after the dream than where it says eye, and the other way round."""
    film = tiny.film("dream: {objective: {garden: [eye, leaf], size: 0.4, sharpness: 20}}", [*CLIMB, "dream.first_steps=15"])
    canvas = tiny.grain((32, 48))
    moment = film.scene.clock.tick(0)
    where = garden.weights(first_worlds(film, moment)[0], film.gardens(moment)[0], 2, film.seed, 0)(
        view_of(canvas, 0, 0)(8, 12)
    )
    grown = (film.extract(five_steps(film, canvas))["classes"] - film.extract(canvas)["classes"])[:, [0, 3]].detach()
    own, others = (where * grown).sum() / where.sum(), ((1 - where) * grown).sum() / (1 - where).sum()
    assert own > others + 0.5 * others.abs()


def test_a_layer_grows_what_is_its_own_in_every_region() -> None:
    """Left a wall of stripes, right of spots: a layer that knows what is usual makes each of them more of what it is."""
    network = tiny.network()
    mean = torch.zeros(2)
    known = replace(network, layers=("shapes",), statistics={"shapes": (mean, mean + 1)})
    seen = torch.full((1, 2, 10, 20), 0.3).requires_grad_()
    with torch.no_grad():
        seen[0, 0, :, :10] = seen[0, 1, :, 10:] = 0.6
    score = objective.layer(known, "shapes").score({"shapes": seen}, view_of(torch.zeros(1, 3, 20, 40)))
    (slope,) = torch.autograd.grad(score, seen)
    stripes, spots = slope[0]
    assert float(stripes[:, :8].min()) > 3 * float(spots[:, :8].max())
    assert float(spots[:, 12:].min()) > 3 * float(stripes[:, 12:].max())


def test_what_is_loud_enough_asks_for_no_more() -> None:
    network = replace(tiny.network(), statistics={"shapes": (torch.zeros(1), torch.ones(1))})
    seen = torch.tensor([1.0, 9.0]).repeat(10, 10)[None, None].requires_grad_()
    (slope,) = torch.autograd.grad(objective.layer(network, "shapes").score({"shapes": seen}, None), seen)  # type: ignore[arg-type]
    assert float(slope[..., 1].max()) < 0.01 * float(slope[..., 0].min())


def test_channels_go_by_their_names() -> None:
    layer, names = next(iter(CHANNELS.items()))
    name, number = next(iter(names.items()))
    assert build_of(f"{{channels: [{name}], layer: {layer}}}") == build_of(f"{{channels: [{number}], layer: {layer}}}")
    with pytest.raises(
        RenderError, match=rf'(?s)"{name}x", and bestiary.s layer {layer} has no channel .*did you mean "{name}"'
    ):
        build_of(f"{{garden: [{name}x], layer: {layer}}}")


def build_of(term: str) -> float:
    """The score that a photo has with the embedded network."""
    return score(build(load_text(f"size: 96x64\ndream: {{objective: {term}}}"), tiny.CPU), tiny.photo((64, 96)))
