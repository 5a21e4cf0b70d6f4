"""Loading: what a file may look like, what it extends, and what --set lays over it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from render.config import load, load_text
from render.config.problem import ProblemsError
from render.config.scalars import NetworkChoice, Size
from render.errors import ConfigError, MissingError, RenderError
from tests.vocabulary import EVERYTHING, says


def test_the_whole_vocabulary_loads(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text(EVERYTHING)
    config = load(tmp_path / "film.yaml")
    assert (config.name, config.seed, config.size, config.fps) == ("garden", 7, Size(1280, 720), Fraction(30000, 1001))
    assert config.dream.network == NetworkChoice("inception_v1", tmp_path / "weights.safetensors")
    kinds = ["layer", "channels", "class", "class", "garden", "garden", "guide", "neuron", "direction"]
    assert [term.kind for term in config.dream.objective] == kinds
    assert [output.file for output in config.outputs] == ["garden.mp4", "garden.gif", "frames/{frame:06}.png"]
    assert (config.source.kind, config.source.part.kind, config.outputs[1].size_limit) == (
        "noise",
        "perlin",
        10_000_000,
    )
    assert [output.sequence for output in config.outputs] == [False, False, True]
    assert config.clock.frames == 360
    assert config.clock.rate == 8
    assert config.clock.seed == 7


@pytest.mark.parametrize("key", ["a." * 4000 + "a", "dream." + "0." * 4000 + "steps", "motion.zoom" + ".x" * 51])
def test_a_key_without_end_is_refused(key: str) -> None:
    with pytest.raises(ProblemsError, match=r"a key of [\d,]+ steps; no setting has more than 50") as error:
        load_text("seed: 3", overrides=[f"{key}=1"])
    assert len(str(error.value)) < 400


def test_a_long_override_is_told_in_short() -> None:
    with pytest.raises(ProblemsError, match=r"^--set name=x{95}…: name is") as error:
        load_text("seed: 3", overrides=["name=" + "x" * 5000])
    assert len(str(error.value)) < 400


def test_everything_has_a_default() -> None:
    config = load_text("seed: 3", "shots/night.yaml")
    assert config.name == "night"
    assert config.size == Size(640, 360)
    assert config.clock.frames == 300
    assert (config.dream.network.name, config.dream.objective[0].kind) == ("efficientnet_lite0", "layer")
    assert config.outputs[0].file == "{name}.mp4"


def test_files_of_any_name_name_their_film() -> None:
    assert load_text("seed: 1", f"{'夢' * 80}.yaml").name == "夢" * 66, "cut where names of folders end"
    for file, name in {"a:b.yaml": "a-b", "..yaml": "film", "{x}.v2.yaml": "-x-.v2", ".yaml": "yaml"}.items():
        assert load_text("seed: 1", file).name == name


def test_short_forms_mean_the_long_ones() -> None:
    short = "{look: 0.3, outputs: a.mp4, source: {image: a.png}, dream: {objective: {class: eye}}}"
    long = """{look: {hold: 0.3}, outputs: [{file: a.mp4}], source: {image: {file: a.png}},
               dream: {objective: [{class: [eye]}]}}"""
    assert load_text(short) == load_text(long)
    assert load_text("source: {noise: uniform}") == load_text("source: {noise: {kind: uniform}}")
    assert load_text("motion:\ndream:\nseed: 1") == load_text("seed: 1"), "an empty section is all defaults"


def test_text_of_other_systems_loads(tmp_path: Path) -> None:
    for number, data in enumerate(
        (b"\xef\xbb\xbfseed: 4\n", b"seed: 4\r\nfps: 30\r\n", b"seed: 4", "name: später\nseed: 4".encode())
    ):
        (tmp_path / f"{number}.yaml").write_bytes(data)
        assert load(tmp_path / f"{number}.yaml").seed == 4


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "zero.yaml").write_bytes(b"\0" * 100)
    (tmp_path / "huge.yaml").write_bytes(b"#" * 5_000_000)
    (tmp_path / "utf16.yaml").write_bytes("seed: 1".encode("utf-16"))
    for name, error, text in [
        ("nope.yaml", MissingError, "no such file"),
        (".", MissingError, "is a folder, not a text file"),
        ("binary.yaml", ConfigError, "not a text file"),
        ("zero.yaml", ConfigError, "not a text file"),
        ("huge.yaml", ConfigError, "characters"),
        ("utf16.yaml", ConfigError, "UTF-16"),
        ("a\0b", MissingError, "no such file"),
    ]:
        with pytest.raises(error, match=text):
            load(tmp_path / name)


def test_extends_merges_mappings_and_replaces_the_rest(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    base = """{seed: 9, motion: {zoom: {0s: 1, 4s: 2}, rotate: 3}, source: {image: sky.jpg}, outputs: [a.mp4, b.gif],
              dream: {network: {inception_v1: w.safetensors}, steps: 7}}"""
    (tmp_path / "base" / "base.yaml").write_text(base)
    (tmp_path / "mid.yaml").write_text("{extends: base/base.yaml, motion: {zoom: {1s: 5}}}")
    (tmp_path / "film.yaml").write_text("{extends: mid.yaml, dream: {network: bestiary}, outputs: [c.mp4]}")
    config = load(tmp_path / "film.yaml")
    assert config.source.part.file == tmp_path / "base" / "sky.jpg", "paths start where they are written"
    assert config.motion.zoom.given == {"1s": 5}
    assert config.motion.rotate.constant == 3
    assert config.dream.network == NetworkChoice("bestiary")
    assert config.dream.steps.constant == 7
    assert [output.file for output in config.outputs] == ["c.mp4"]
    assert config.seed == 9
    assert config.name == "film"
    (tmp_path / "noise.yaml").write_text("{extends: mid.yaml, source: {noise: {}}}")
    assert load(tmp_path / "noise.yaml").source.kind == "noise", "one-of blocks are replaced whole"


def test_faults_of_a_base_are_placed_in_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("motion:\n  zom: 2\n")
    (tmp_path / "film.yaml").write_text("extends: base.yaml\nseed: -1\n")
    with pytest.raises(ProblemsError) as caught:
        load(tmp_path / "film.yaml")
    assert [str(problem.place) for problem in caught.value.problems] == [
        f"{tmp_path / 'film.yaml'}:2:7",
        f"{tmp_path / 'base.yaml'}:2:3",
    ]


def test_extends_goes_wrong_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b.yaml")
    (tmp_path / "b.yaml").write_text("extends: ./a.yaml")
    with pytest.raises(ConfigError, match="circle"):
        load(tmp_path / "a.yaml")
    (tmp_path / "c.yaml").write_text("seed: 1\nextends: nope.yaml")
    with pytest.raises(MissingError, match=r"c\.yaml:2:10: extends \"nope.yaml\", which cannot be read"):
        load(tmp_path / "c.yaml")
    for value in ("[a, b]", "3", "", '"\\0"', "."):
        with pytest.raises(RenderError):
            load_text(f"extends: {value}", folder=tmp_path)


def test_overrides_win_and_are_read_as_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sets = ["dream.steps=6", "motion.zoom={0s: 1, 2s: 2}", "source.image=a.jpg", "look.mean=0.4", "outputs=[x.gif]"]
    config = load_text("{look: 0.2, source: {noise: {}}, dream: {steps: 2}}", overrides=[*sets, "dream.steps=7"])
    assert config.dream.steps.constant == 7
    assert config.motion.zoom.given == {"0s": 1, "2s": 2}
    assert config.source.part.file == tmp_path / "a.jpg", "paths of --set start in the working folder"
    assert config.look.hold.constant == 0.2
    assert config.look.mean is not None
    assert "stands here twice" in says("dream: {steps: 1, steps: 2}", "dream.octaves=2"), "what is wrong stays wrong"
    listed = load_text("dream: {objective: [{class: eye}, {layer: mid}]}", overrides=["dream.objective.1.weight=3"])
    assert listed.dream.objective[1].weight.constant == 3


OVERRIDES = {
    "dream.stepz=3": '--set dream.stepz=3: unknown key "stepz" in dream\n    │ did you mean "steps"?',
    "motion.zoom=0": "--set motion.zoom=0: motion.zoom is 0, outside 0.001 to 1000 times per second",
    "dream.steps": "--set dream.steps: write KEY=VALUE",
    "=3": "--set =3: write KEY=VALUE",
    "dream.steps=": "--set dream.steps=: dream.steps has no value",
    "dream.objective.5.weight=1": "--set dream.objective.5.weight=1: there is no item 5 to set",
    "extends=a.yaml": "--set extends=a.yaml: extends stands in files only",
    "motion.zoom={": "--set motion.zoom={: ",
    "motion.zoom='2+t'": "--set motion.zoom='2+t': motion.zoom uses \"t\"",
}


@pytest.mark.parametrize("override", OVERRIDES)
def test_faults_of_overrides_are_placed_there(override: str) -> None:
    assert OVERRIDES[override] in says("seed: 1", override)


MERGES = {  # objectives, and the weights that come of them
    "[&a {class: eye, weight: 0.5}, {<<: *a}]": [0.5, 0.5],
    "[&a {class: eye, weight: 0.5}, {<<: *a, weight: 2}]": [0.5, 2],
    "[&a {class: eye, weight: 0.5}, {weight: 2, <<: *a}]": [0.5, 2],
    "[&a {class: eye, weight: 0.5}, {<<: [{weight: 3}, *a]}]": [0.5, 3],
    "[{<<: {class: eye}, weight: 4}]": [4],
    "[&a {<<: &b {class: eye, weight: 5}}, {<<: *a}, {<<: *b}]": [5, 5, 5],
}


@pytest.mark.parametrize("text", MERGES)
def test_mappings_are_merged_as_yaml_merges_them(text: str) -> None:
    config = load_text(f"dream: {{objective: {text}}}")
    assert [term.weight.constant for term in config.dream.objective] == MERGES[text]
    assert {term.kind for term in config.dream.objective} == {"class"}
    assert load_text(config.yaml()) == config
