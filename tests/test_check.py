"""Checking: what is wrong with a film is said, all at once and in its place, and no accident ends in a traceback."""

from __future__ import annotations

import random
import re

import pytest

from render.config import Config, load_text
from render.errors import ConfigError, RenderError
from tests.vocabulary import EVERYTHING, music, says

WRONG = {
    "": "the file is empty",
    "# only a comment\n": "the file is empty",
    "- a": "film.yaml:1:1: a film is a mapping of settings",
    "motion:\n\tzoom: 1": "film.yaml:2:1: a tab in the indentation",
    "zoom: 0: (1.02), 60: (1.05)": "quote text that has",
    "zoom: 1.5": "write motion: {zoom: …}, or --set motion.zoom=…",
    "dream: {layer: mid}": "write dream: {objective: {layer: …}}, or --set dream.objective.layer=…",
    "motion: {steps: 3}": "write dream: {steps: …}",
    "dream: {strength: 2}": "write dream: {step_size: …}",
    "contrast: 0.2": "write source: {noise: {contrast: …}} or look: {contrast: …}",
    "dream: {stepsize: 0.1}": 'did you mean "step_size"?',
    "dream: {step_size: 0,01}": "numbers have a point",
    "dream:\n  step_size: 0,01": "numbers have a point: write 0.01",
    "motion: {zoom: {0s: 1,5}}": "numbers have a point",
    "duration: 10,5s": "numbers have a point: write 10.5s",
    "fps: 29,97": "numbers have a point: write 29.97",
    "motion: {rotate: 5deg}": 'film.yaml:1:18: motion.rotate is "5deg", which is no number',
    "motion: {rotate: 5 °}": "write the number alone: 5",
    "motion: {zoom: 2s}": "write the number alone: 2; or 2*s to multiply",
    "motion: {zoom: 120%}": "write 1.2",
    "outputs: {name}.mp4": "film.yaml:1:10: a text that begins as a mapping does",
    "outputs:\n  - {name}.mp4": 'quote text that begins with a brace: "{name}.mp4"',
    'source: {image: "C:\\My Pictures\\a.jpg"}': "write the name of a file with /, or between single quotes",
    "motion:\n  zoom:1.4\n": "a space is missing after the colon: write zoom: 1.4",
    "motion: {zoom:1.4}": "a space is missing after the colon: write zoom: 1.4",
    "motion:\n  zoom:1.4\n  rotate: 3": "film.yaml:2:3: a key and its value in one word",
    "size:64x36\nseed: 1": "a space is missing after the colon: write size: 64x36",
    "seed:1": "a space is missing after the colon: write seed: 1",
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
    "cuts: yes": 'cuts.at is "yes", which is no time',
    "cuts: every 1": "cuts.at is every 1; two cuts are",
    "cuts: every now": 'cuts.at is "now", which is no time',
    "{cuts: every 0.01s}": "cuts.at is every 0.01s; two cuts are at least 0.05 s apart",
    "{cuts: {at: every 2s, to: garden}}": "cuts.to is garden, and no objective of this film is a garden",
    "{cuts: {at: every 2s, to: black}}": "it takes one of fresh garden",
    "{cuts: [2s], loop: droste}": "cuts.at cuts a film with loop: droste",
    "{source: {video: a.mp4}, duration: 2s, fps: 30, cuts: {at: [1s], to: garden}}": "cuts.to is garden, and footage begins",
    "duration: 8b": "film.yaml:1:11: duration counts beats, and nothing says how many a minute has",
    "motion: {zoom: {0b: 1, 4b: 2}}": "film.yaml:1:16: motion.zoom counts beats, and nothing says",
    "look: {hold: sin(b)}": "look.hold counts beats",
    "cuts: every 4b": "cuts.at counts beats",
    "bpm: fast": 'bpm is "fast"; it takes a number',
    "audio: {file: a.wav, offset: 1s}": "audio.offset says where a beat falls, and nothing how many",
    "audio: {file: a.wav, bpm: 97, offset: 1}": "audio.offset is 1, which is no time in a file",
    "cuts: [1s, soon]": 'film.yaml:1:12: cuts.at.1 is "soon", which is no time',
    "cuts: []": "write auto to find them, none, times as in",
    "source: {image: {fit: cover}}": "film.yaml:1:10: source.image has no file",
    "dream: {objective: mid}": "takes a mapping for each objective",
    "dream: {objective: []}": "at least one",
    "dream: {objective: 3}": "it takes a list",
    "dream: {objective: [{layr: mid}]}": 'did you mean "layer"?',
    "dream: {objective: [{layer: mid, class: eye}]}": "make layer an item of its own",
    "dream: {objective: [{layer: a, <garden>: 1}]}": 'unknown key "<garden>" in dream.objective.0',
    "dream: {<<: 3}": "film.yaml:1:13: << takes a mapping, or a list of mappings",
    "dream: {<<: [{steps: 3}, 4]}": "<< takes a mapping, or a list of mappings",
    "dream: {'<<': {steps: 3}}": 'unknown key "<<" in dream',
    "{look: &a {hold: 1}, dream: {<<: *a}}": 'unknown key "hold" in dream',
    "motion: {zoom: {value: 5000, then: x}}": "film.yaml:1:24: motion.zoom.value is 5000, outside",
    "motion: {zoom: {value: 500, then: 9*x}}": "film.yaml:1:35: motion.zoom.then is 4500, outside",
    "motion: {zoom: {value: 2, then: x + y}}": 'film.yaml:1:37: motion.zoom.then uses "y", which is no variable',
    "motion: {zoom: {value: 2, then: x, ease: in}}": 'motion.zoom has an unknown "ease"',
    "motion: {zoom: {then: 2*x}}": "has a formula and no value that goes through it",
    "motion: {zoom: {value: 1 + p, then: 1000*x}}": "motion.zoom is 1000.5 at 0.005 s",
    f"name: {'夢' * 90}": "film.yaml:1:7: name is",
    f"outputs: {'夢' * 90}.mp4": "film.yaml:1:10: outputs.0.file is",
    f"name: {'夢' * 60}\noutputs: '{{name}}{{name}}.mp4'": "a name of 364 bytes; 230 is the most",
    "dream: {objective: [{class: [eye, 1.5]}]}": "film.yaml:1:35: dream.objective.0.class.1 is 1.5",
    "outputs: []": "at least one",
    "outputs: [a.mp4, {file: a.mp4}]": "another output",
    f"outputs: [{', '.join(f'{number}.png' for number in range(3000))}]": "outputs has 3,000 items; 100 are the most",
    f"dream: {{objective: [{', '.join(900 * ['{layer: high}'])}]}}": "dream.objective has 900 items; 100 are the most",
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


MUTE = {
    "{audio: a.wav, motion: {zoom: 1 + kik}}": 'film.yaml:1:35: motion.zoom uses "kik", which is no variable',
    "{audio: {file: a.wav, features: {boom: 40-90}}, motion: {zoom: boon}}": 'did you mean "boom"?',
    "{audio: {file: a.wav, features: {}}, motion: {zoom: kick}}": 'motion.zoom is "kick"; it takes a number',
    "{audio: {file: a.wav, features: {sin: 40-90}}}": 'audio.features calls a feature "sin", which means something else',
    "{audio: {file: a.wav, features: {a-b: 40-90}}}": "names are letters, digits and _",
    "{audio: {file: a.wav, features: 40-90}}": "takes a mapping of names",
    "motion: {centers: [[true, false], [0, 1]]}": "motion.centers.0 is no point of the frame",
    "{audio: {file: a.wav, features: 5}}": "audio.features is 5; it takes a mapping of names",
    "{audio: {file: a.wav, features: true}}": "audio.features is true; it takes a mapping of names",
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


def test_a_number_that_the_music_leads_astray_is_told() -> None:
    with pytest.raises(ConfigError, match=r"motion.zoom is 2000 at 0 s \(frame 0\), outside 0.001 to 1000"):
        music("motion: {zoom: 2000*kick}")


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
    for _ in range(dice.randrange(1, 4)):
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
    dice = random.Random(4)
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
