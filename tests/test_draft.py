"""Drafts: the same film, smaller and sooner, and a configuration like any other."""

from __future__ import annotations

import numpy as np
import pytest

from render.config import check, load_text
from render.config.draft import draft
from render.config.scalars import Size, read_time
from render.errors import ConfigError
from tests.vocabulary import EVERYTHING


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
            np.testing.assert_array_equal(part, np.ceil(whole / share), err_msg="at every moment, whatever the notation")
        bold = bolder * final.dream.step_size.over(ticks, final.clock)
        np.testing.assert_allclose(small.dream.step_size.over(ticks, final.clock), bold)
        assert [output.width for output in small.outputs] == [output.width and output.width // 2 for output in final.outputs]
        assert small.dream.octaves.constant == 1, "two octaves of 1.4 are the half that the size lost"
    assert load_text(EVERYTHING, quality="draft").size == Size(640, 360)
    assert load_text("size: 101x99", quality="draft").size == Size(50, 48)
    assert load_text("{size: source, source: {image: a.png}}", quality="draft").size.within(800, 600) == (400, 300)
    assert load_text("dream: {steps: 0}", quality="draft").dream.steps.constant == 0
    changing = load_text("dream: {steps: '0: (4), 30: (t/10)'}", quality="draft")
    assert [changing.dream.steps(changing.clock.frame(frame)) for frame in (0, 40, 80)] == [1, 1, 2]


def test_a_draft_of_a_draft_is_a_draft() -> None:
    config = load_text("dream: {steps: {0s: 40, 10s: 80}}")
    small = draft(draft(config))
    assert small.dream.steps.over(np.array([0.0, 5.0, 10.0]), config.clock).tolist() == [3, 4, 5]
    assert load_text(small.yaml()) == small


EDGES = [  # films at the end of what their numbers may be
    "dream: {step_size: 1}",
    "dream: {step_size: '0.9 + 0.1*p'}",
    "dream: {steps: 500, first_steps: {0s: 500, 1s: 0}, jitter: 512}",
    "dream: {octaves: 1, octave_scale: 1.05}",
    "dream: {octaves: '1 + p', octave_scale: 4}",
    "{dream: {step_size: 1}, source: {frames: '*.png'}, duration: 2s}",
    f"dream: {{step_size: 'max({'0.01, ' * 80}0)'}}",
]


@pytest.mark.parametrize("text", EDGES)
def test_the_draft_of_a_good_film_is_good(text: str) -> None:
    load_text(text)
    small = load_text(text, quality="draft")
    assert load_text(small.yaml()) == small


def test_a_draft_says_what_is_wrong_with_the_film() -> None:
    with pytest.raises(ConfigError, match=r"dream.steps is 600 at 6 s \(frame 180\), outside 0 to 500"):
        load_text("dream: {steps: '100*s*(s >= 6)'}", quality="draft")


def test_what_a_draft_makes_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "draft", lambda config: config.model_copy(update={"duration": read_time("99:00:00")}))
    load_text("seed: 1")
    with pytest.raises(ConfigError, match="24 hours at most"):
        load_text("seed: 1", quality="draft")
