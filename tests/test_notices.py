"""Laws of notices: what comes to nothing in a film is said once, and a usual film has nothing to be told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from render.config import Config, load, load_text
from render.config.facts import Facts
from render.config.notices import notices

CLIP = Facts(size=(36, 64), fps=Fraction(10), footage=Fraction(4), sounding=True)
SONG = Facts(music=Fraction(3))
TOLD = {  # a film, what its files say, and how what is told of it begins
    "flow of noise": ("flow: none", Facts(), "no use is made of flow"),
    "beats said twice": ("{duration: 2s, bpm: 90, audio: {file: a.ogg, bpm: 97}}", SONG, "bpm means nothing beside audio.bpm"),
    "beats of a usual length": ("{audio: a.ogg, duration: 4b}", SONG, "beats are counted at 120 a minute"),
    "a word for footage": ("dream: {footage: full}", Facts(), "no use is made of dream.footage"),
    "both": ("{flow: none, dream: {footage: full}}", Facts(), "no use is made of flow and dream.footage"),
    "centres by their old name": ("motion: {path: [[0, 0], [1, 1]]}", Facts(), "motion.path is called motion.centers now"),
    "a centre beside centres": (
        "motion: {center: [0.3, 0.5], centers: [[0, 0], [1, 1]]}",
        Facts(),
        "motion.center means nothing",
    ),
    "music that ends": ("{audio: a.ogg, duration: 5s}", SONG, "the music ends after 3 s, and the film goes on in silence"),
    "music there and not back": ("{audio: a.ogg, duration: 5s, loop: pingpong}", SONG, "the music ends after 3 s"),
    "keys without a unit": ("motion: {zoom: {0: 1, 1: 2}}", Facts(), "motion.zoom: its keyframes 0 1 count frames; write 1s"),
    "a list of them": (
        "look: [{at: 0, value: 0}, {at: 2s, value: 1}, {at: 9, value: 0}]",
        Facts(),
        "look.hold: its keyframes 0 9",
    ),
    "before a formula": ("motion: {zoom: {value: {0: 1, 8: 2}, then: x}}", Facts(), "motion.zoom: its keyframes 0 8 count"),
    "a camera's": ("motion: {to: {0: {scale: 1}, 1: {scale: 2}}}", Facts(), "motion.to: its keyframes 0 1 count frames"),
    "footage that ends": ("{source: {video: a.mp4}, duration: 9s}", CLIP, "the footage ends after 4 s, and the film with it"),
    "sound backwards": ("{source: {video: a.mp4}, loop: pingpong}", CLIP, "the footage comes back, and its sound goes on"),
}
SILENT = {
    "a usual film": ("seed: 1", Facts()),
    "keys with a unit": (
        "motion: {zoom: {0: 1, 24 frames: 2, 2s: 3, 50%: 2}, rotate: {deforum: '0: (1), 9: (2)', fps: 9}}",
        Facts(),
    ),
    "flow of footage": ("{source: {video: a.mp4}, flow: none, cuts: none}", CLIP),
    "cuts of a picture": ("{source: {image: a.jpg}, cuts: [2s]}", Facts()),
    "beats of a length": ("{bpm: 100, duration: 4b}", Facts()),
    "centres": ("motion: {centers: [[0, 0], [1, 1]]}", Facts()),
    "music to the end": ("{audio: a.ogg, duration: audio}", SONG),
    "pingpong of silent footage": ("{source: {video: a.mp4}, loop: pingpong}", replace(CLIP, sounding=False)),
    "pingpong with music": ("{source: {video: a.mp4}, loop: pingpong, audio: a.ogg}", replace(CLIP, music=Fraction(9))),
}


def film(text: str, known: Facts) -> Config:
    return load_text(text, inspect=lambda config: known)


@pytest.mark.parametrize("name", TOLD)
def test_what_comes_to_nothing_is_said(name: str) -> None:
    text, known, words = TOLD[name]
    (told,) = notices(film(text, known))
    assert told.startswith(words)


@pytest.mark.parametrize("name", SILENT)
def test_what_comes_to_something_is_not(name: str) -> None:
    assert list(notices(film(*SILENT[name]))) == []


def test_what_stands_beside_a_schedule_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("seconds,motion.zoom,motion.rotate\n0,1,2\n1,2,3\n")
    for text, words in {"zoom: 1.2": ["motion.zoom"], "rotate: f": ["motion.rotate"], "spiral: 1": []}.items():
        (tmp_path / "film.yaml").write_text(f"schedule: s.csv\nmotion: {{{text}}}")
        told = list(notices(load(tmp_path / "film.yaml")))
        assert [f"the schedule moves {key}, and what stands beside it means nothing" for key in words] == told
