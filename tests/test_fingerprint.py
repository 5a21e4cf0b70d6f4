"""Fingerprints: what shapes the picture changes them, and nothing else does."""

from __future__ import annotations

from fractions import Fraction

import pytest
import tiny

from render.config import load_mapping, load_text
from render.config.fingerprint import LATER, fingerprint
from render.develop.chain import _still_settings, tick_chain
from tests.vocabulary import music, song

SHAPING = [
    "seed: 2",
    "duration: 9s",
    "motion: {zoom: 1.2}",
    "dream: {steps: 5}",
    "look: 0.1",
    "size: 720p",
    "dream: {rate: 9}",
    "dream: {residual: 0.5}",
]


@pytest.mark.parametrize("change", SHAPING)
def test_what_shapes_the_picture_changes_the_fingerprint(change: str) -> None:
    assert load_text(change).fingerprint() != load_text("seed: 0").fingerprint()


@pytest.mark.parametrize("change", ["name: other", "outputs: a.gif", "fps: 60", "motion: {zoom: 1.5}", "duration: 10 s"])
def test_what_does_not_shape_the_picture_leaves_the_fingerprint(change: str) -> None:
    assert load_text(change).fingerprint() == load_text("seed: 0").fingerprint()


@pytest.mark.parametrize("key", LATER)
def test_takes_of_before_a_setting_go_on(key: str) -> None:
    """What came later says nothing where it changes nothing, as in a take that had never heard of it."""
    config = load_text("{seed: 0, size: 48x32, dream: {network: bestiary}}")
    resolved, (section, name) = config.resolved(), key.split(".")
    assert resolved[section].pop(name) == LATER[key]
    assert fingerprint(config, resolved, config.facts, config.moves) == config.fingerprint()
    film = tiny.film("seed: 0")
    usual = tick_chain(config, film, 1)
    assert key not in _still_settings(config, film)
    other = load_text("{seed: 0, size: 48x32, dream: {network: bestiary}}", overrides=[f"{key}=0.5"])
    assert usual[0] != tick_chain(other, film, 1)[0]


@pytest.mark.parametrize("uses", ["dream: {rate: every-frame}", "motion: {zoom: {0: 1, 48: 2}}", "motion: {rotate: f}"])
def test_the_frame_rate_counts_where_frames_are_counted(uses: str) -> None:
    assert load_text(uses).fingerprint() != load_text(uses, overrides=["fps=60"]).fingerprint()


HEARD = "motion: {zoom: 1 + kick}"


BEATS = "motion: {zoom: 1 + 0.1*sin(b)}"


def test_music_shapes_the_picture_only_by_what_the_numbers_hear() -> None:
    for text in ("", HEARD, BEATS):
        faded = load_text(f"audio: {{file: a.wav, fade: 3}}\n{text}", inspect=song)
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
        other = load_text(f"audio: {{file: a.wav, {change}}}\n{HEARD}", inspect=song)
        assert other.fingerprint() != music(HEARD).fingerprint()


def rising(seconds: float) -> float:
    return 1 + seconds / 10


def falling(seconds: float) -> float:
    return 2 - seconds / 10


def test_a_function_counts_by_what_it_draws_and_not_by_its_name() -> None:
    def film(function: object) -> str:
        return load_mapping({"motion": {"zoom": function}}).fingerprint()

    again = eval("lambda seconds: 1 + seconds / 10")
    assert film(rising) == film(rising) != film(falling)
    again.__qualname__ = rising.__qualname__
    assert film(again) == film(rising)
    falling.__qualname__ = rising.__qualname__
    assert film(falling) != film(rising)
