"""How settings are read: scalars, times, networks; and every key has an error of its own."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from refused import REFUSED, constants, makers, refused_by

from render.config import load_text, reference
from render.config.scalars import NetworkChoice, Size
from render.config.section import Section
from render.config.setting_types import SettingType
from render.errors import ConfigError
from tests.vocabulary import all_sections, document, says, settings

SCALARS = {
    "fps: 24": ("fps", Fraction(24)),
    "fps: 23.976": ("fps", Fraction(24000, 1001)),
    "fps: 23.98": ("fps", Fraction(24000, 1001)),
    "fps: 29.97": ("fps", Fraction(30000, 1001)),
    "fps: 59.94": ("fps", Fraction(60000, 1001)),
    "fps: 119.88": ("fps", Fraction(120000, 1001)),
    "fps: 47.952": ("fps", Fraction(48000, 1001)),
    "fps: 30.00": ("fps", Fraction(30)),
    "fps: 59.9": ("fps", Fraction(599, 10)),
    "fps: 29.96": ("fps", Fraction(749, 25)),
    "fps: 30000/1001": ("fps", Fraction(30000, 1001)),
    "seed: 010": ("seed", 10),
    "name: off": ("name", "off"),
    "name: 2024": ("name", "2024"),
    "size: 4k": ("size", Size(3840, 2160)),
    "size: 720 x 1280": ("size", Size(720, 1280)),
    "{size: source/2, source: {image: a.png}}": ("size", Size(0, 0, 2)),
}


@pytest.mark.parametrize("text", SCALARS)
def test_scalars(text: str) -> None:
    name, value = SCALARS[text]
    assert getattr(load_text(text), name) == value


@pytest.mark.parametrize(("word", "rate"), {"23.976": 24, "29.97": 30, "47.952": 48, "59.94": 60, "119.88": 120}.items())
def test_rounded_rates_of_television_mean_the_exact_ones_everywhere(word: str, rate: int) -> None:
    exact = Fraction(1000 * rate, 1001)
    film = load_text(
        f"fps: {word}\ndream: {{rate: {word}}}\noutputs: [{{file: a.mp4, fps: {word}}}, {{file: b.mp4, fps: '{word}'}}]"
    )
    assert (film.fps, film.dream.rate, *(output.fps for output in film.outputs)) == (exact,) * 4
    assert load_text("name: x", overrides=[f"fps={word}"]).fps == exact


def test_scalars_are_those_of_yaml_1_2() -> None:
    assert load_text("dream: {step_size: 1e-3}").dream.step_size.constant == 0.001
    assert load_text("duration: 1:30").clock.seconds == 90
    assert 'is "off"; it takes one of' in says("motion: {border: off}")
    assert "is false" in says("motion: {zoom: false}")


DURATIONS = {"12s": 360, "360 frames": 360, "00:00:12": 360, "24b": 360, "1 frame": 1, "0.001s": 1, "00:00:00.5": 15}


@pytest.mark.parametrize("text", DURATIONS)
def test_durations(text: str) -> None:
    assert load_text(f"bpm: 120\nduration: {text}").clock.frames == DURATIONS[text]


def test_random_seeds_are_drawn_and_recorded() -> None:
    one, other = load_text("seed: random"), load_text("seed: random")
    assert one.seed != other.seed
    assert load_text(one.yaml()).seed == one.seed


NETWORKS = {
    "vgg16": ("vgg16", None, None),
    "{inception_v1: w.caffemodel}": ("inception_v1", "w.caffemodel", None),
    "{inception_v1: {weights: w.caffemodel, labels: places.txt}}": ("inception_v1", "w.caffemodel", "places.txt"),
    "{vgg16: {labels: german.txt}}": ("vgg16", None, "german.txt"),
}


@pytest.mark.parametrize("text", NETWORKS)
def test_networks_are_read_and_written_back(text: str, tmp_path: Path) -> None:
    name, *files = NETWORKS[text]
    config = load_text(f"dream: {{network: {text}}}", folder=tmp_path)
    assert config.dream.network == NetworkChoice(name, *(tmp_path / file if file else None for file in files))
    assert load_text(config.yaml(), folder=tmp_path.parent).dream.network == config.dream.network


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{inception_v1: {wights: w.pth}}", r'(?s)1:34: dream.network.inception_v1 has "wights".*did you mean "weights"'),
        ("{inception_v1: {weights: 3}}", r"1:43: dream.network.inception_v1.weights is 3; it takes the name of a file"),
        ("{inception_v1: a.pth, vgg16: b.pth}", "takes a name, or one name and its weights file"),
        ("[]", "takes a name"),
    ],
)
def test_faults_of_networks_have_their_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_text(f"dream: {{network: {text}}}")


def test_the_walk_finds_every_setting() -> None:
    assert len(settings()) == sum(" these" not in f" {row.takes}" for row in reference()) > 45


def test_the_table_of_refused_values_names_every_type() -> None:
    assert set(REFUSED) == {*constants(), *makers()}


@pytest.mark.parametrize(
    ("around", "section", "key", "kind"), settings(), ids=lambda one: getattr(one, "__name__", str(one))[:30]
)
def test_every_key_has_an_error(around: str, section: type[Section], key: str, kind: SettingType) -> None:
    message = says(document(around, section, {key: refused_by(kind)}))
    assert re.match(r"film\.yaml:1:\d+: ", message)
    assert key in message.splitlines()[0]
    assert "1 problem" in message, message
    assert re.match(r" +│ +\^+ .{5}", message.splitlines()[2]), "every error says how to put it right"
    empty = says(document(around, section, {key: None}))
    assert "has no value" in empty or key == "extends"
    misspelt = says(document(around, section, {key[:-1] + "qq": 1}))
    assert f'unknown key "{key[:-1]}qq"' in misspelt
    assert "known: " in misspelt


@pytest.mark.parametrize(("around", "section"), all_sections()[1:], ids=lambda one: str(one)[:50])
def test_every_section_refuses_what_is_no_mapping(around: str, section: type[Section]) -> None:
    refused = around.replace("{}", "[[3]]" if section.shorthand else "3")
    assert "film.yaml:1:" in says(refused)
