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


def test_what_the_bestiary_has_is_known_without_loading_it() -> None:
    assert {*model.LEVELS} == {*usual.LAYERS, usual.CLASSES}
    assert model.CLASSES == usual.KINDS
