"""What a dream is when it is not said: a film that names no network has the one that knows what it asks for."""

from __future__ import annotations

import pytest

from render.config import Config, load_text, usual
from render.dream.bestiary import model

USUAL_NETWORKS = {
    "{}": ("efficientnet_lite0", "layer"),
    "{objective: {layer: block_4}}": ("efficientnet_lite0", "layer"),
    "{objective: {class: banana}}": ("efficientnet_lite0", "class"),
    "{objective: {class: 3}}": ("efficientnet_lite0", "class"),
    "{objective: {garden: [banana, lion]}}": ("efficientnet_lite0", "garden"),
    "{objective: {garden: all, layer: low}}": ("efficientnet_lite0", "garden"),
    "{objective: {garden: all, network: squeezenet1_1}}": ("efficientnet_lite0", "garden"),
    "{objective: {garden: all}}": ("bestiary", "garden"),
    "{objective: {garden: [rose, owl]}}": ("bestiary", "garden"),
    "{objective: {class: flower}}": ("bestiary", "class"),
    "{objective: {class: [tower, 2]}}": ("bestiary", "class"),
    "{objective: [{class: lion}, {class: rose}]}": ("bestiary", "class"),
    "{objective: [{class: lion}, {class: daisy}]}": ("efficientnet_lite0", "class"),
    "{objective: [{layer: high}, {layer: creatures}]}": ("bestiary", "layer"),
    "{objective: {neuron: eye, layer: classes}}": ("bestiary", "neuron"),
    "{network: bestiary}": ("bestiary", "garden"),
    "{network: {bestiary: own.safetensors}}": ("bestiary", "garden"),
    "{network: squeezenet1_1}": ("squeezenet1_1", "layer"),
    "{network: efficientnet_lite0, objective: {garden: all}}": ("efficientnet_lite0", "garden"),
}


@pytest.mark.parametrize("dream", USUAL_NETWORKS)
def test_a_film_that_names_no_network_has_one_by_what_it_asks_for(dream: str) -> None:
    config = load_text(f"dream: {dream}", "film.yaml")
    assert (config.dream.network.name, config.dream.objective[0].kind) == USUAL_NETWORKS[dream]
    assert config.resolved()["dream"]["network"] == config.dream.network.name or "own" in dream
    assert load_text(config.yaml(), "film.yaml").dream == config.dream


@pytest.mark.parametrize("word", usual.FOOTAGE)
def test_a_word_says_how_much_of_a_dream_lies_on_footage(word: str) -> None:
    """Where its numbers are not said; and over nothing else than footage."""
    film = "source: {frames: 'shots/*.png'}\nduration: 2s\n"
    dream = load_text(f"{film}dream: {{footage: {word}, steps: 9}}").dream
    first = Config().clock.tick(0)
    assert dream.step_size(first) == usual.FOOTAGE[word]["step_size"]
    assert dream.steps(first) == 9
    assert load_text(f"dream: {{footage: {word}}}").dream.step_size(first) == Config().dream.step_size(first)


CALM, AS_IT_IS = {"hold": 0, "fringes": 0.4}, {"hold": 0, "fringes": 0}
LOOKS = {  # films, and what becomes of the colours of what they show
    "dream: {network: bestiary}": CALM,
    "dream: {network: {bestiary: own.safetensors}}": CALM,
    "dream: {objective: {garden: [rose, owl]}}\nlook: 0.3": CALM,
    "dream: {objective: [{layer: block_10}, {class: rose, network: bestiary}]}": CALM,
    "{dream: {objective: {garden: all}}, look: {colour: null}}": AS_IT_IS,
    "{dream: {objective: {garden: all}}, look: {colour: {fringes: 0}}}": AS_IT_IS,
    "{dream: {objective: {garden: all}}, look: {colour: {palette: ember}}}": {**CALM, "hold": 0.8, "palette": "ember"},
    "{dream: {network: bestiary, objective: {layer: block_10, network: efficientnet_lite0}}}": None,
    "dream: {objective: {garden: [banana, lion]}}": None,
    "dream: {network: inception_v1}": None,
    "look: {colour: {fringes: 0.5}}": {"hold": 0, "fringes": 0.5},
    "{}": None,
}


@pytest.mark.parametrize("film", LOOKS)
def test_thin_lines_are_calm_where_the_bestiary_dreams(film: str) -> None:
    """Unless the film says otherwise; and what is done stands in the film in full."""
    config = load_text(film)
    assert config.resolved()["look"].get("colour") == LOOKS[film]
    assert load_text(config.yaml()).look == config.look


def test_lines_are_left_alone_with_one_word() -> None:
    for film in LOOKS:
        colour = load_text(film, overrides=["look.colour.fringes=0"]).look.colour
        assert colour
        assert colour.fringes.constant == 0
        assert colour.palette or colour.hold.constant == 0


def test_what_the_bestiary_has_is_known_without_loading_it() -> None:
    assert {*model.LEVELS} == {*usual.LAYERS, usual.CLASSES}
    assert model.CLASSES == usual.KINDS
