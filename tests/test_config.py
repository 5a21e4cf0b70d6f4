"""Configs: what a film asks for and what its files say, as one value that is written once."""

from __future__ import annotations

import doctest
import json
import math
import pickle
from dataclasses import replace
from fractions import Fraction
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from render.config import Settings, load_mapping, load_text
from render.config.curve import Curve
from render.config.facts import Facts
from render.config.moving import features
from render.errors import ConfigError
from tests.vocabulary import EVERYTHING, music, says


@pytest.mark.parametrize("text", [EVERYTHING, "seed: 1", "{source: {frames: 'a b/[1]*.png'}, duration: 2s, look: 1}"])
def test_resolved_configurations_load_back_to_the_same(text: str) -> None:
    config = load_text(text, "film.yaml", "/some/folder [x]")
    again = load_text(config.yaml(), "resolved.yaml", "/elsewhere")
    assert again == config
    assert again.fingerprint() == config.fingerprint()
    assert again.yaml() == config.yaml()
    assert yaml.safe_load(json.dumps(config.resolved())) == config.resolved(), "plain values only"


def test_every_frame_makes_the_clocks_one() -> None:
    clock = load_text("{dream: {rate: every-frame}, fps: 30000/1001}").clock
    assert clock.rate == clock.fps == Fraction(30000, 1001)


def test_numbers_move_to_music_and_beats_are_its_own() -> None:
    config = music(
        "duration: audio\nmotion: {zoom: 1 + kick, rotate: {0b: 0, 4b: 8}, center: [0.5, kick]}", bpm=90, first_beat=0.5
    )
    clock = config.clock
    assert (clock.seconds, clock.bpm, clock.first_beat) == (7, 90, 0.5)
    assert config.motion.zoom.over(np.array([0.0, 1.0]), clock) == pytest.approx([2, 1 + np.exp(-1)])
    assert config.motion.rotate.over(np.array([0.5, 0.5 + 4 / 1.5]), clock) == pytest.approx([0, 8])
    assert (config.features, config.variables) == (("kick",), {"kick", "b"})
    assert music("duration: 6b", bpm=90, first_beat=0.5).clock.seconds == 4, "a length has no upbeat"


# ── one value, written once ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_found_is_part_of_the_value_and_nothing_is_written_to_it() -> None:
    asked: list[Settings] = []

    def look(settings: Settings) -> Facts:
        asked.append(settings)
        return Facts(fps=Fraction(25), footage=Fraction(4))

    config = load_text("{source: {video: a.mp4}, duration: source, size: 64x36}", inspect=look)
    assert [type(settings) for settings in asked] == [Settings], "who looks knows what is asked for, and no more"
    assert (config.clock.fps, config.clock.frames) == (25, 100)
    longer = config.model_copy(update={"facts": Facts(fps=Fraction(25), footage=Fraction(8))})
    assert (longer.clock.frames, config.clock.frames) == (200, 100)
    assert longer != config
    for key in ("facts", "moves", "places", "seed"):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(config, key, None)
    assert set(config.resolved()) <= set(Settings.rows()), "what was found is no setting"


@pytest.mark.parametrize("key", ["facts", "moves", "places"])
def test_what_is_found_cannot_be_asked_for(key: str) -> None:
    assert f'unknown key "{key}"' in says(f"{key}: {{}}")


def test_a_film_is_asked_for_by_a_program_as_by_a_file(tmp_path: Path) -> None:
    values = {"size": "64x36", "source": {"image": "a.png"}, "motion": {"zoom": {"0s": 1, "2s": 2}, "pan": [0, "0.1*p"]}}
    by_file = load_text(json.dumps(values), "film.yaml", tmp_path, quality="draft")
    assert load_mapping(values, tmp_path, "draft") == by_file
    (tmp_path / "base.yaml").write_text("seed: 5\n")
    assert load_mapping({"extends": tmp_path / "base.yaml"}).seed == 5
    with pytest.raises(ConfigError, match=r'(?s)^film: unknown key "zom" in motion.*did you mean "zoom"'):
        load_mapping({"motion": {"zom": 1}})
    for value in (dict, object(), {1, 2}):
        with pytest.raises(ConfigError, match=r"motion.zoom is of Python's type"):
            load_mapping({"motion": {"zoom": value}})
    with pytest.raises(ConfigError, match="seed is "):
        load_mapping({"seed": wave})
    with pytest.raises(ConfigError, match="bpm is a number too large"):
        load_mapping({"bpm": 10**400})
    with pytest.raises(ConfigError, match=r"look.hold holds half a letter"):
        load_mapping({"look": {"hold": "\ud800"}})
    with pytest.raises(ConfigError, match=r"motion.zoom is a function of a program that fails \(ZeroDivisionError: "):
        load_mapping({"motion": {"zoom": lambda seconds: 1 / 0}})


def wave(seconds: float) -> float:
    return 1.5 + math.sin(seconds) / 4


def test_a_function_is_a_number_that_moves() -> None:
    values = {
        "motion": {"zoom": wave},
        "dream": {"steps": Curve.of(lambda seconds: seconds + 0.6), "objective": {"class": "eye"}},
    }
    config = load_mapping(values)
    assert config.motion.zoom(config.clock.frame(60)) == pytest.approx(wave(2))
    assert config.dream.steps(config.clock.frame(60)) == 3, "as whole as the setting"
    assert config.resolved()["motion"]["zoom"] == "<function wave>"
    assert "was a function of a program, which no file can hold" in says(config.yaml())
    assert load_mapping(values, quality="draft").dream.steps(config.clock.frame(120)) == 3
    with pytest.raises(ConfigError, match=r"motion.zoom is -1 at 0 s \(frame 0\), outside 0.001 to 1000"):
        load_mapping({"motion": {"zoom": lambda seconds: -1}})


def test_films_can_be_pickled(tmp_path: Path) -> None:
    (tmp_path / "moves.csv").write_text("seconds,motion.zoom,dream.steps\n0,1,4\n4,2,8\n")
    heard = Facts(music=Fraction(9), features={"kick": partial(np.interp, xp=[0.0, 9.0], fp=[0.0, 1.0])})
    films = [
        load_text(
            EVERYTHING, inspect=lambda settings: replace(heard, features=dict.fromkeys(features(settings), np.zeros_like))
        ),
        load_text("{audio: a.wav, motion: {zoom: 1 + kick}}", inspect=lambda settings: heard),
        load_text("schedule: moves.csv", folder=tmp_path),
        load_mapping({"motion": {"zoom": wave}}, quality="draft"),
    ]
    for config in films:
        again = pickle.loads(pickle.dumps(config))
        seconds = np.linspace(0, 9, 50)
        assert again == config
        assert again.fingerprint() == config.fingerprint()
        for (key, curve), (_, other) in zip(config.curves(), again.curves(), strict=True):
            np.testing.assert_array_equal(curve.over(seconds, config.clock), other.over(seconds, again.clock), err_msg=key)
        assert str(again.problem("seed", "is odd")) == str(config.problem("seed", "is odd"))


@pytest.mark.parametrize("module", ["clock", "curve", "expression", "loader", "moving", "places", "scalars"])
def test_the_examples_in_docstrings_are_true(module: str) -> None:
    tried = doctest.testmod(import_module(f"render.config.{module}"))
    assert not tried.failed


@pytest.mark.parametrize(
    ("film", "parametrisation"),
    [
        ("dream: {objective: {class: banana}}", "spectrum"),
        ("{source: {noise: {}}, dream: {objective: [{class: banana}, {class: 3, weight: 0.5}]}}", "spectrum"),
        ("dream: {objective: {class: banana}, parametrisation: pixel}", "pixel"),
        ("dream: {objective: {class: flower}}", "pixel"),
        ("dream: {objective: [{class: banana}, {layer: high}]}", "pixel"),
        ("dream: {network: squeezenet1_1, objective: {class: banana}}", "pixel"),
        ("{source: {image: a.jpg}, dream: {objective: {class: banana}}}", "pixel"),
    ],
)
def test_classes_from_noise_are_dreamed_as_things(film: str, parametrisation: str) -> None:
    config = load_text(film, "film.yaml")
    assert config.dream.parametrisation == parametrisation
    assert (config.dream.jitter_scale(config.clock.tick(0)) == 3) == (parametrisation == "spectrum")
    assert (config.dream.residual == 0.3) == (parametrisation == "spectrum")
    assert load_text("dream: {objective: {class: banana}, first_steps: 7}").dream.first_steps(config.clock.tick(0)) == 7
    assert load_text(config.yaml(), "film.yaml").dream == config.dream
