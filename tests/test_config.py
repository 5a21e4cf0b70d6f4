"""Configurations: what loads, what it becomes, and what is said about what does not load."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from refused import REFUSED, constants, makers, refused_by

from render.config import Config, Settings, json_schema, load, load_text, reference
from render.config.draft import draft
from render.config.facts import Facts
from render.config.model import MOTIONS, OBJECTIVES, OUTPUT_SUFFIXES, SOURCES
from render.config.moving import features
from render.config.problem import ProblemsError
from render.config.scalars import NetworkChoice, Size
from render.config.section import Section, is_named, sections, setting_type_of
from render.config.setting_types import SettingType
from render.config.templates import TEMPLATES, template
from render.errors import ConfigError, MissingError, RenderError

EVERYTHING = """\
# yaml-language-server: $schema=render.schema.json
name: garden               # run folder and {name}
seed: 7
size: 1280x720
fps: 30000/1001
duration: 12s
source:
  noise: {kind: perlin, contrast: 0.6}
motion:
  zoom: {0s: 1, 4s: 1.5, 50%: "1.5 + 0.2*sin(s)", end: 1, ease: in-out}
  rotate: [{at: 0s, value: 0, ease: ease-out-bounce}, {at: 4b, value: 12}]
  pan: [0, "0: (0.1), 60: (0.05*sin(t/10))"]
  center: [0.5, "0.5 + 0.1*sin(2*pi*p)"]
  border: wrap
dream:
  rate: 8
  network: {inception_v1: weights.safetensors}
  objective:
    - {layer: mid, weight: 1}
    - {channels: [3, 17], layer: parts, weight: -0.5}
    - {class: eye, weight: {0s: 0, 4s: kick}}
    - {class: [eye, 12], weight: "1 - loud*hits"}
    - {garden: all, size: 0.3, drift: 0.1, sharpness: 6}
    - {garden: [3, 17], layer: parts}
    - {guide: fern.jpg, layer: low, weight: 0.5, mask: left.png}
    - {neuron: 17, layer: parts, at: [0.3, {0s: 0.2, 4s: 0.8}], mask: {file: left.png, invert: true, feather: 9}}
    - {direction: {3: 1, 17: -0.5, owl: {0s: 0, 4s: 1}}, layer: classes}
  steps: {0: 4, 48: 6}
  first_steps: 16
  step_size: 1e-2
  octaves: 3
  octave_scale: 1.4
  jitter: "16 + 2*noise(s)"
  jitter_turn: {0s: 10, 4s: 0}
  jitter_scale: 1.1
  parametrisation: fourier
  smoothing: 0.5
  chroma: 0.7
look: {hold: 0.5, mean: 0.5, contrast: 0.2}
flow: {engine: {raft-small: raft.pth}, quality: fast, max_width: 640, persistence: {0s: 0.9, 4s: 0.5}, anchor: 0.4,
       occlusion: {dilate: 3, feather: 2}}
cuts: [9s, 300]
audio: {file: track.wav, start: 5s, bpm: auto, fade: 0.5,
        features: {kick: 40-120, hits: onsets, loud: {band: rms, attack: 0, release: 1.5}}}
outputs: [garden.mp4, {file: garden.gif, width: 320, fps: 15, size_limit: 10MB}, "frames/{frame:06}.png"]
"""


def says(text: str, *overrides: str, **options: Any) -> str:
    """The message that `text` is refused with."""
    with pytest.raises(RenderError) as caught:
        load_text(text, "film.yaml", overrides=overrides, **options)
    assert str(caught.value).endswith("Nothing was rendered.")
    return str(caught.value)


# ── what loads ──────────────────────────────────────────────────────────────────────────────────────────────────────


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


def test_everything_has_a_default() -> None:
    config = load_text("seed: 3", "shots/night.yaml")
    assert config.name == "night"
    assert config.size == Size(640, 360)
    assert config.clock.frames == 300
    assert (config.dream.network.name, config.dream.objective[0].kind) == ("efficientnet_lite0", "layer")
    assert config.outputs[0].file == "{name}.mp4"


def test_files_of_any_name_name_their_film() -> None:
    for file, name in {"a:b.yaml": "a-b", "..yaml": "film", "{x}.v2.yaml": "-x-.v2", ".yaml": "yaml"}.items():
        assert load_text("seed: 1", file).name == name


def test_short_forms_mean_the_long_ones() -> None:
    short = "{look: 0.3, outputs: a.mp4, source: {image: a.png}, dream: {objective: {class: eye}}}"
    long = """{look: {hold: 0.3}, outputs: [{file: a.mp4}], source: {image: {file: a.png}},
               dream: {objective: [{class: [eye]}]}}"""
    assert load_text(short) == load_text(long)
    assert load_text("source: {noise: uniform}") == load_text("source: {noise: {kind: uniform}}")
    assert load_text("motion:\ndream:\nseed: 1") == load_text("seed: 1"), "an empty section is all defaults"


SCALARS = {
    "fps: 24": ("fps", Fraction(24)),
    "fps: 23.976": ("fps", Fraction(2997, 125)),
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


def test_scalars_are_those_of_yaml_1_2() -> None:
    assert load_text("dream: {step_size: 1e-3}").dream.step_size.constant == 0.001
    assert load_text("duration: 1:30").clock.seconds == 90
    assert 'is "off"; it takes one of' in says("motion: {border: off}")
    assert "is false" in says("motion: {zoom: false}")


DURATIONS = {"12s": 360, "360 frames": 360, "00:00:12": 360, "24b": 360, "1 frame": 1, "0.001s": 1, "00:00:00.5": 15}


@pytest.mark.parametrize("text", DURATIONS)
def test_durations(text: str) -> None:
    assert load_text(f"duration: {text}").clock.frames == DURATIONS[text]


def test_every_frame_makes_the_clocks_one() -> None:
    clock = load_text("{dream: {rate: every-frame}, fps: 30000/1001}").clock
    assert clock.rate == clock.fps == Fraction(30000, 1001)


def test_random_seeds_are_drawn_and_recorded() -> None:
    one, other = load_text("seed: random"), load_text("seed: random")
    assert one.seed != other.seed
    assert load_text(one.yaml()).seed == one.seed


def test_text_of_other_systems_loads(tmp_path: Path) -> None:
    for number, data in enumerate(
        (b"\xef\xbb\xbfseed: 4\n", b"seed: 4\r\nfps: 30\r\n", b"seed: 4", "name: später\nseed: 4".encode())
    ):
        (tmp_path / f"{number}.yaml").write_bytes(data)
        assert load(tmp_path / f"{number}.yaml").seed == 4


# ── what a configuration is good for ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", [EVERYTHING, "seed: 1", "{source: {frames: 'a b/[1]*.png'}, duration: 2s, look: 1}"])
def test_resolved_configurations_load_back_to_the_same(text: str) -> None:
    config = load_text(text, "film.yaml", "/some/folder [x]")
    again = load_text(config.yaml(), "resolved.yaml", "/elsewhere")
    assert again == config
    assert again.fingerprint() == config.fingerprint()
    assert again.yaml() == config.yaml()
    assert yaml.safe_load(json.dumps(config.resolved())) == config.resolved(), "plain values only"


SHAPING = [
    "seed: 2",
    "duration: 9s",
    "motion: {zoom: 1.2}",
    "dream: {steps: 5}",
    "look: 0.1",
    "size: 720p",
    "dream: {rate: 9}",
]


@pytest.mark.parametrize("change", SHAPING)
def test_what_shapes_the_picture_changes_the_fingerprint(change: str) -> None:
    assert load_text(change).fingerprint() != load_text("seed: 0").fingerprint()


@pytest.mark.parametrize("change", ["name: other", "outputs: a.gif", "fps: 60", "motion: {zoom: 1.5}", "duration: 10 s"])
def test_what_does_not_shape_the_picture_leaves_the_fingerprint(change: str) -> None:
    assert load_text(change).fingerprint() == load_text("seed: 0").fingerprint()


@pytest.mark.parametrize("uses", ["dream: {rate: every-frame}", "motion: {zoom: {0: 1, 48: 2}}", "motion: {rotate: f}"])
def test_the_frame_rate_counts_where_frames_are_counted(uses: str) -> None:
    assert load_text(uses).fingerprint() != load_text(uses, overrides=["fps=60"]).fingerprint()


def test_drafts_are_smaller_and_the_same_film() -> None:
    footage = "{size: 64x36, fps: 24, duration: 2s, source: {frames: '*.png'}}"
    for text, bolder in ((EVERYTHING, 2), ("{size: source, source: {image: a.png}}", 2), (footage, 4)):
        final, small = load_text(text), load_text(text, quality="draft")
        assert small == draft(final)
        assert small.clock == final.clock
        assert small.motion == final.motion
        assert small.seed == final.seed
        assert load_text(small.yaml()) == small, "a draft is a configuration like any other"
        ticks = np.arange(final.clock.last_tick + 1) / 8
        for name, share in {"steps": 4, "first_steps": 4, "jitter": 2}.items():
            whole = getattr(final.dream, name).over(ticks, final.clock)
            part = getattr(small.dream, name).over(ticks, final.clock)
            assert np.abs(part - np.ceil(whole / share)).max() <= (getattr(final.dream, name).constant is None)
        bold = bolder * final.dream.step_size.over(ticks, final.clock)
        np.testing.assert_allclose(small.dream.step_size.over(ticks, final.clock), bold)
        assert [one.width for one in small.outputs] == [one.width and one.width // 2 for one in final.outputs]
        assert small.dream.octaves.constant == 1, "two octaves of 1.4 are the half that the size lost"
    assert load_text(EVERYTHING, quality="draft").size == Size(640, 360)
    assert load_text("size: 101x99", quality="draft").size == Size(50, 48)
    assert load_text("{size: source, source: {image: a.png}}", quality="draft").size.within(800, 600) == (400, 300)
    assert load_text("dream: {steps: 0}", quality="draft").dream.steps.constant == 0
    changing = load_text("dream: {steps: '0: (4), 30: (t/10)'}", quality="draft")
    assert [changing.dream.steps(changing.clock.frame(frame)) for frame in (0, 40, 80)] == [1, 1, 2]


def test_places_are_known_after_loading() -> None:
    config = load_text("dream:\n  objective:\n    - {layer: mdi}", "film.yaml")
    error = config.problem("dream.objective.0.layer", 'is "mdi", which bestiary does not have', "known: low mid high")
    assert isinstance(error, ConfigError)
    assert str(error).startswith('film.yaml:3:15: dream.objective.0.layer is "mdi", which bestiary does not have\n')
    assert "               ^^^ known: low mid high" in str(error)
    missing = config.problem("source.noise", "is a default", error=MissingError)
    assert isinstance(missing, MissingError)
    assert missing.exit_code == 3


# ── music ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def music(text: str = "", **facts: Any) -> Config:
    """A film of ten seconds with music, in which `text` stands, and what the music says of itself."""
    known = {"music": Fraction(7), "music_digest": "a", "features": {"kick": lambda seconds: np.exp(-np.asarray(seconds))}}
    return load_text(f"audio: a.wav\n{text}", look=lambda config: Facts(**{**known, **facts}))


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


HEARD = "motion: {zoom: 1 + kick}"
BEATS = "motion: {zoom: 1 + 0.1*sin(b)}"


def test_music_shapes_the_picture_only_by_what_the_numbers_hear() -> None:
    for text in ("", HEARD, BEATS):
        faded = load_text(f"audio: {{file: a.wav, fade: 3}}\n{text}", look=told_of)
        assert music(text).fingerprint() == music(f"{text}\noutputs: b.mp4").fingerprint() == faded.fingerprint()
    assert music().fingerprint() == music(music_digest="b", bpm=90, first_beat=0.1, music=Fraction(3)).fingerprint()
    assert music().fingerprint() == load_text("seed: 0").fingerprint()
    for other in ({"music_digest": "b"}, {"text": f"{HEARD}\nseed: 1"}):
        assert music(**{"text": HEARD, **other}).fingerprint() != music(HEARD).fingerprint()
    assert music(HEARD).fingerprint() == music(HEARD, bpm=90, first_beat=0.1).fingerprint()
    for other in ({"bpm": 90}, {"first_beat": 0.1}):
        assert music(BEATS, **other).fingerprint() != music(BEATS).fingerprint()
    assert music(BEATS).fingerprint() == music(BEATS, music_digest="b").fingerprint()
    for change in ("start: 1s", "features: {kick: 40-121}", "features: {kick: {band: 40-120, release: 0.3}}"):
        other = load_text(f"audio: {{file: a.wav, {change}}}\n{HEARD}", look=told_of)
        assert other.fingerprint() != music(HEARD).fingerprint()


def told_of(settings: Settings) -> Facts:
    """What the music of `music` says."""
    return music().facts


def test_a_number_that_the_music_leads_astray_is_told() -> None:
    with pytest.raises(ConfigError, match=r"motion.zoom is 2000 at 0 s \(frame 0\), outside 0.001 to 1000"):
        music("motion: {zoom: 2000*kick}")


MUTE = {
    "{audio: a.wav, motion: {zoom: 1 + kik}}": 'film.yaml:1:35: motion.zoom uses "kik", which is no variable',
    "{audio: {file: a.wav, features: {boom: 40-90}}, motion: {zoom: boon}}": 'did you mean "boom"?',
    "{audio: {file: a.wav, features: {}}, motion: {zoom: kick}}": 'motion.zoom is "kick"; it takes a number',
    "{audio: {file: a.wav, features: {sin: 40-90}}}": 'audio.features calls a feature "sin", which means something else',
    "{audio: {file: a.wav, features: {a-b: 40-90}}}": "names are letters, digits and _",
    "{audio: {file: a.wav, features: 40-90}}": "takes a mapping of names",
    "{audio: {file: a.wav, features: {kick: 40}}}": "audio.features.kick.band is 40, which is no band",
    "{audio: {file: a.wav, features: {kick: 40-20}}}": "a band goes up, within 20 to 11000 Hz",
    "{audio: {file: a.wav, features: {kick: {bnd: 40-90}}}}": 'unknown key "bnd" in audio.features.kick',
    "{audio: {start: 3s}}": "audio has no file",
    "{audio: {file: a.wav, start: 4b}}": "no time in a file",
    "{audio: {file: a.wav, bpm: fast}}": "beats per minute",
    "{duration: audio}": "duration is audio, and only music knows how long it is",
    "{motion: {zoom: 'kick'}}": 'motion.zoom is "kick"; it takes a number',
}


@pytest.mark.parametrize("text", MUTE)
def test_what_music_cannot_do(text: str) -> None:
    assert MUTE[text] in says(text)


# ── extends and --set ───────────────────────────────────────────────────────────────────────────────────────────────


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


# ── what does not load, and what is said ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("loop: droste", "loop is droste, and footage goes on its own way"),
        ("loop: crossfade", "loop is crossfade, and footage"),
        ("motion: {swirl: {0s: 0, 1s: 9}}", "motion.swirl bends the picture without end"),
        ("look: {contrast: 0.2}", "look.contrast cannot be held to over footage"),
        ("look: {mean: 0.5}", "look.mean cannot be held to over footage"),
    ],
)
def test_what_means_nothing_over_footage_is_refused(setting: str, words: str) -> None:
    assert words in says(f"source: {{frames: 'a/*.png'}}\nduration: 2s\n{setting}\n")
    load_text("source: {frames: 'a/*.png'}\nduration: 2s\nloop: pingpong\nmotion: {swirl: 0, zoom: 2}\nlook: {hold: 1}\n")


def test_the_message_is_the_one_of_the_design() -> None:
    assert says("seed: 1\nmotion:\n  zom: 1.5\n") == (
        'film.yaml:3:3: unknown key "zom" in motion\n'
        "  3 │   zom: 1.5\n"
        '    │   ^^^ did you mean "zoom"?  known: zoom rotate pan spiral swirl shake tilt center path border\n'
        "1 problem. Nothing was rendered."
    )


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = "fps: 0\nmotion: {zoom: fast, zom: 1}\nseed: x\nfps: 3\nsize: -1x5\nlook: 9\n"
    with pytest.raises(ProblemsError) as caught:
        load_text(text)
    places = [(problem.place.line, problem.place.column) for problem in caught.value.problems]
    assert places == [(0, 5), (1, 15), (1, 21), (2, 6), (3, 0), (4, 6), (5, 6)]
    assert caught.value.exit_code == 2
    assert "7 problems." in str(caught.value)


def test_a_flood_of_problems_is_cut_short() -> None:
    message = says("\n".join(f"key{number}: 1" for number in range(900)))
    assert message.endswith("900 problems, of which these are the first 40. Nothing was rendered.")
    assert message.count("unknown key") == 40


def all_sections() -> list[tuple[str, type[Section]]]:
    """Every mapping of the vocabulary, with the text around it, in which {} stands for the mapping."""
    found: list[tuple[str, type[Section]]] = [("{}", Settings)]

    def walk(around: str, section: type[Section]) -> None:
        for key, info in section.rows().items():
            form = "{one: {}}" if is_named(info) else "[{}]" if getattr(info.annotation, "__origin__", None) is tuple else "{}"
            others = json.dumps(filled(section, {}, but=key))[1:-1]
            below = around.replace("{}", f"{{{others}{', ' * bool(others)}{key}: {form}}}")
            for inner in sections(info.annotation):
                found.append((below, inner))
                walk(below, inner)

    walk("{}", Settings)
    return found


def filled(section: type[Section], changes: dict[str, Any], but: str = "") -> dict[str, Any]:
    """The settings that a section needs, `but` for one, and `changes`."""
    samples = {"file": "a.png", "files": "*.png", "layer": "mid", "channels": [1], "class": "eye", "garden": "all"}
    samples |= {"guide": "a.png", "neuron": 1, "direction": {1: 1}, "band": "rms"}
    return {key: samples[key] for key, info in section.rows().items() if info.is_required() and key != but} | changes


def settings() -> list[tuple[str, type[Section], str, SettingType]]:
    """Every setting that is not a mapping: the text around its section, the section, its key and its kind."""
    return [
        (around, section, key, kind)
        for around, section in all_sections()
        for key, info in section.rows().items()
        if (kind := setting_type_of(info)) is not None
    ]


def document(around: str, section: type[Section], changes: dict[str, Any]) -> str:
    return around.replace("{}", json.dumps(filled(section, changes)))


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
    refused = around.replace("{}", "[3]" if section.shorthand else "3")
    assert "film.yaml:1:" in says(refused)


WRONG = {
    "": "the file is empty",
    "# only a comment\n": "the file is empty",
    "- a": "film.yaml:1:1: a film is a mapping of settings",
    "motion:\n\tzoom: 1": "film.yaml:2:1: a tab in the indentation",
    "zoom: 0: (1.02), 60: (1.05)": "quote text that has",
    "seed: [1": "film.yaml:1:9: ",
    "seed: 'a": "a quotation that never ends",
    "a: &a [*a]": "without its anchor",
    "seed: *x": 'an alias "*x" without its anchor',
    "seed: !!python/object/apply:os.system [ls]": "YAML tag",
    "seed: !!int 3": "YAML tag",
    "? [a]\n: 3": "a key must be a word",
    "seed: 1\n---\nseed: 2": "a second document",
    "seed: \x07": "cannot stand in a YAML file",
    "{a: " * 60: "inside one another",
    "[" * 100_000: "inside one another",
    "#" * 300_000: "more than 256,000 characters",
    "x: [" + "1, " * 20_000 + "1]": "more than 10,000 values",
    "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    + "\n".join(
        f"{b}: &{b} [{','.join(f'*{a}' for _ in range(10))}]" for a, b in zip("abcdefg", "bcdefgh", strict=True)
    ): "aliases",
    "motion: {zoom: '9**9**9'}": "is inf at 0 s (frame 0), not a number",
    "motion: {zoom: 'log(p)'}": "motion.zoom is -inf at 0 s",
    "motion: {zoom: '1 + p - 2*(s > 5)'}": "outside 0.001 to 1000 times per second",
    "motion: {zoom: {0s: 1, 5s: '0 - p', 6s: 1}}": "motion.zoom is nan at",
    "dream: {octaves: '0: (1), 60: (t)'}": "dream.octaves is 21 at 0.665 s (frame 19.95), outside 1 to 20",
    "dream: {objective: [{layer: a, weight: s*100}]}": "dream.objective.0.weight is",
    "look: {0s: 0, 4s: 1}": "keyframes belong to one number: hold: {0s: …}",
    "size: source": "noise has no size",
    "duration: 12": "write 12s for seconds or 12 frames",
    "duration: 50%": "no length",
    "duration: 0s": "at least one frame",
    "duration: 25:00:00": "24 hours at most",
    "fps: '1e99999999'": "no rate",
    "fps: 241": "outside 0 to 240",
    "fps: 1/0": "no rate",
    "source: {image: a.png, noise: {}}": "source has image and noise; it takes exactly one",
    "source:": "exactly one of noise image frames",
    "source: a.png": "write {image: a.png}",
    "source: Clip.MP4": "write {video: Clip.MP4}",
    "source: perlin": "write {noise: perlin}",
    "source: a.pdf": "exactly one of noise image frames video",
    "source: {image: 'https://a.b/c.jpg'}": 'source.image.file is "https://a.b/c.jpg", an address',
    "audio: http://a.b/c.ogg": "download it, and name that file",
    "source: {video: {file: a.mp4, start: -1s}}": 'source.video.start is "-1s", which is no time in a file',
    "source: {video: {file: a.mp4, start: soon}}": "write 5s or 00:01:30, from 0s on",
    "cuts: yes": 'cuts is "yes", which is no time',
    "cuts: [1s, soon]": 'film.yaml:1:12: cuts.1 is "soon", which is no time',
    "cuts: []": "write auto to find them, none, or times",
    "source: {image: {fit: cover}}": "film.yaml:1:10: source.image has no file",
    "dream: {objective: mid}": "takes a mapping for each objective",
    "dream: {objective: []}": "at least one",
    "dream: {objective: 3}": "it takes a list",
    "dream: {objective: [{layr: mid}]}": 'did you mean "layer"?',
    "dream: {objective: [{layer: mid, class: eye}]}": "make layer an item of its own",
    "dream: {objective: [{layer: a, <garden>: 1}]}": 'unknown key "<garden>" in dream.objective.0',
    "dream: {<<: {steps: 3}}": 'unknown key "<<" in dream',
    "dream: {objective: [{class: [eye, 1.5]}]}": "film.yaml:1:35: dream.objective.0.class.1 is 1.5",
    "outputs: []": "at least one",
    "outputs: [a.mp4, {file: a.mp4}]": "another output",
    "outputs: ../a.mp4": "stay in the take's folder",
    "outputs: /a.mp4": "stay in the take's folder",
    "outputs: 'frames/{frame}.mp4'": "only pictures",
    "outputs: '{seed}.mp4'": "only {name} and {frame}",
    "outputs: a": "no known format",
    "name: ..": "cannot name a folder",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: repr(text[:50]))
def test_wrong_configurations(text: str) -> None:
    assert WRONG[text] in says(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "zero.yaml").write_bytes(b"\0" * 100)
    (tmp_path / "huge.yaml").write_bytes(b"#" * 5_000_000)
    (tmp_path / "utf16.yaml").write_bytes("seed: 1".encode("utf-16"))
    for name, error, text in [
        ("nope.yaml", MissingError, "no such file"),
        (".", MissingError, "it is a folder"),
        ("binary.yaml", ConfigError, "not a text file"),
        ("zero.yaml", ConfigError, "not a text file"),
        ("huge.yaml", ConfigError, "characters"),
        ("utf16.yaml", ConfigError, "UTF-16"),
        ("a\0b", MissingError, "null byte"),
    ]:
        with pytest.raises(error, match=text):
            load(tmp_path / name)


def test_carets_stand_under_wide_letters_and_far_to_the_right() -> None:
    wide = says("name: '日本'\nlook: {hold: 0.5, 'ｗｉｄｅ': 1}\n").splitlines()
    assert wide[2].index("^") == len("    │ look: {hold: 0.5, ")
    far = says("motion: {pan: [0, 0]," + " " * 150 + "zoom: 0}").splitlines()
    assert far[1].rindex("0") == far[2].index("^")


def mutated(text: str, dice: random.Random) -> str:
    """`text` with a few small accidents."""
    words = [
        *"{}[]:,-&*!|>'\"#%@`?\t\n\x00\r0~日\\",
        "-1",
        "1e999",
        ".nan",
        "null",
        "true",
        "<<:",
        "&a",
        "*a",
        "!!str",
        "---",
        "4b",
    ]
    for _ in range(dice.randrange(1, 6)):
        place, length = dice.randrange(len(text)), dice.randrange(12)
        lines = text.split("\n")
        first, second = dice.randrange(len(lines)), dice.randrange(len(lines))
        lines[first], lines[second] = lines[second], lines[first]
        text = dice.choice(
            [
                text[:place] + text[place + length :],
                text[:place] + dice.choice(words) + text[place:],
                text[:place] + text[place : place + length] * 2 + text[place + length :],
                "\n".join(lines),
                re.sub(r"\b(\w+): ", lambda match: dice.choice([match[0], match[0], f"{match[1]}x: "]), text),
            ]
        )
    return text


def load_or_message(text: str, quality: str) -> Config | str:
    try:
        return load_text(text, folder="/nowhere", quality=quality)
    except RenderError as error:
        return str(error)


def test_no_accident_ends_in_a_traceback() -> None:
    dice = random.Random(3)
    loaded = 0
    for _ in range(700):
        text = mutated(EVERYTHING, dice)
        result = load_or_message(text, dice.choice(["draft", "final"]))
        if isinstance(result, Config):
            loaded += 1
            assert load_text(result.yaml()) == result
        else:
            assert "Nothing was rendered." in result
            assert "Error" not in result
    assert 20 < loaded < 600


# ── the vocabulary as data ──────────────────────────────────────────────────────────────────────────────────────────


def told(settings: Settings) -> Facts:
    """What any files might say of themselves."""
    silence = dict.fromkeys(features(settings), np.zeros_like)
    return Facts((90, 160), Fraction(25), Fraction(8), Fraction(8), features=silence)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_templates_load_and_name_every_setting(kind: str) -> None:
    text = template(kind)
    config = load_text(text, "film.yaml", look=told)
    assert text.startswith("# yaml-language-server: $schema=")
    values = TEMPLATES[kind][1]
    assert config == load_text(json.dumps(values), "film.yaml", look=told), "a template says the defaults and what it changes"
    for key in Settings.rows():
        assert re.search(rf"^(# )?{key}:", text, re.MULTILINE)
    with pytest.raises(ConfigError, match="did you mean"):
        template(kind + "s")


def test_the_schema_knows_every_setting() -> None:
    schema = json_schema()
    definitions = schema["$defs"]
    assert json.loads(json.dumps(dict(schema))) == schema
    for section in {section for _, section in all_sections()}:
        body = schema if section is Settings else definitions[section.__name__]
        body = body.get("anyOf", [body])[0]
        assert list(body["properties"]) == list(section.rows())
        assert body["additionalProperties"] is False
        assert all(rule["description"] for rule in body["properties"].values())


def test_the_reference_has_a_row_for_every_setting() -> None:
    rows = reference()
    assert len({row.key for row in rows}) == len(rows)
    assert all(row.meaning and row.takes for row in rows)
    assert next(row for row in rows if row.key == "motion.rotate").default == 0


def test_the_parts_are_named_once() -> None:
    assert (MOTIONS, OBJECTIVES, SOURCES) == (
        ("zoom", "rotate", "pan", "spiral", "swirl", "shake", "tilt"),
        ("layer", "channels", "class", "guide", "neuron", "direction", "garden"),
        ("noise", "image", "frames", "video"),
    )
    assert len(set(OUTPUT_SUFFIXES)) == 8


def test_the_configuration_does_not_wait_for_the_engine() -> None:
    heavy = ["torch", "torchvision", "cv2", "imageio", "rich", "click"]
    code = f"import sys, render.config; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


# ── networks ────────────────────────────────────────────────────────────────────────────────────────────────────────

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


def test_every_objective_may_ask_its_own_network() -> None:
    assert {row.key for row in reference()} >= {f"dream.objective.{kind}.network" for kind in OBJECTIVES}


# ── what is not said ────────────────────────────────────────────────────────────────────────────────────────────────

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
    from render.config import usual
    from render.dream.bestiary import model

    assert {*model.LEVELS} == {*usual.LAYERS, usual.CLASSES}
    assert model.CLASSES == usual.KINDS
