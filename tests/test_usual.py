"""What a dream is when it is not said: a film that names no network has the one that knows what it asks for."""

from __future__ import annotations

import pytest

from render.config import load_text, usual
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


def test_what_the_bestiary_has_is_known_without_loading_it() -> None:
    assert {*model.LEVELS} == {*usual.LAYERS, usual.CLASSES}
    assert model.CLASSES == usual.KINDS
