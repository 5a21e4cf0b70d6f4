"""Laws of objectives: five steps toward any of them bring more of it, on a random network and on the embedded one."""

from __future__ import annotations

import pytest
import tiny
import torch
from torch import Tensor

from render.config import load_text
from render.config.model import OBJECTIVES
from render.construct import PARTS, build
from render.dream.ascent import dream, view_of
from render.dream.bestiary.model import WEIGHTS
from render.dream.objective import Objective
from render.film import Film, opened

ASKED = {
    "layer": ["{layer: LAYER}"],
    "channels": ["{channels: [0, 3], layer: LAYER}"],
    "class": ["{class: eye}", "{class: [tower, 2]}"],
    "garden": ["{garden: all}", "{garden: [eye, leaf]}", "{garden: all, layer: LAYER}", "{garden: [1, 4], layer: LAYER}"],
}
EVERY = [term for terms in ASKED.values() for term in terms]
CLIMB = ["dream.octaves=1", "dream.first_steps=5", "dream.step_size=0.02", "dream.jitter=4"]


def test_every_objective_is_asked_for() -> None:
    assert set(ASKED) == set(PARTS) == set(OBJECTIVES)


def wish(film: Film) -> Objective:
    """What a film of one objective wishes for at its first tick."""
    moment = film.camera.clock.tick(0)
    ((_, objective),) = film.wishes(moment, opened(film, moment))
    return objective


def score(film: Film, canvas: Tensor) -> float:
    with torch.no_grad():
        return float(wish(film).score(film.eye(canvas), view_of(canvas, 0, 0)))


def five_steps(film: Film, canvas: Tensor, weight: float = 1.0) -> Tensor:
    return dream(canvas, film.eye, [(weight, wish(film))], film.ascent(film.camera.clock.tick(0)), seed=1, tick=0)


@pytest.mark.parametrize("term", EVERY)
@pytest.mark.usefixtures("tiny_network")
def test_every_objective_rises_in_five_steps(term: str) -> None:
    film = tiny.film(f"dream: {{objective: {term.replace('LAYER', 'shapes')}}}", CLIMB)
    for canvas in (tiny.photo((32, 48)), tiny.grain((32, 48))):
        assert score(film, five_steps(film, canvas)) > score(film, canvas)
        assert score(film, five_steps(film, canvas, -1.0)) < score(film, canvas)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="the embedded network has no weights yet")
@pytest.mark.parametrize("term", EVERY)
def test_every_objective_rises_on_the_embedded_network(term: str) -> None:
    film = tiny.film(f"dream: {{objective: {term.replace('LAYER', 'texture')}}}", [*CLIMB, "size=96x64"])
    canvas = tiny.photo((64, 96))
    assert score(film, five_steps(film, canvas)) > score(film, canvas)


@pytest.mark.parametrize("term", ["{layer: shapes}", "{channels: [0, 3], layer: shapes}", "{class: leaf}"])
@pytest.mark.usefixtures("tiny_network")
def test_objectives_mean_what_they_say(term: str) -> None:
    """Measured without their own scores: a louder layer, brighter channels, a class that wins more clearly."""
    film = tiny.film(f"dream: {{objective: {term}}}", CLIMB)

    def seen(canvas: Tensor) -> dict[str, float]:
        with torch.no_grad():
            layers = {**film.eye(canvas)}
            if "classes" not in layers:
                layers["classes"] = tiny.stages()["classes"](layers["shapes"])
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
        grown.append(film.eye(five_steps(film, canvas))["shapes"].mean((0, 2, 3))[[1, 4]])
    assert grown[0][0] > grown[1][0]
    assert grown[1][1] > grown[0][1]


@pytest.mark.usefixtures("tiny_network")
def test_a_garden_grows_each_kind_in_its_own_place() -> None:
    """Where the map says leaf there is more leaf after the dream than where it says eye, and the other way round."""
    film = tiny.film("dream: {objective: {garden: [eye, leaf], size: 0.4, sharpness: 20}}", [*CLIMB, "dream.first_steps=15"])
    canvas = tiny.grain((32, 48))
    from render.construct import garden

    moment = film.camera.clock.tick(0)
    where = garden.weights(opened(film, moment)[0], film.gardens(moment)[0], 2, film.seed, 0)(view_of(canvas, 0, 0)(8, 12))
    grown = (film.eye(five_steps(film, canvas))["classes"] - film.eye(canvas)["classes"])[:, [0, 3]].detach()
    own, others = (where * grown).sum() / where.sum(), ((1 - where) * grown).sum() / (1 - where).sum()
    assert own > others + 0.5 * others.abs()


def test_no_objective_is_an_error() -> None:
    with pytest.raises(Exception, match="takes channels by number"):
        build(load_text("dream: {objective: {garden: [eye], layer: texture}}"), tiny.CPU)
