"""Drafts: the same film, smaller and sooner, and a configuration like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from render.config import Config, check, load_text
from render.config.draft import draft
from render.config.scalars import Size, read_time
from render.construct.film import ascent_settings
from render.construct.source import frame_size
from render.dream.ascent import sizes
from render.errors import ConfigError
from render.facts import load
from render.show import preview
from tests.vocabulary import EVERYTHING

CONFIGS = Path(__file__).parent.parent / "configs"


def test_drafts_are_smaller_and_the_same_film() -> None:
    footage = "{size: 64x36, fps: 24, duration: 2s, source: {frames: '*.png'}}"
    for text in (EVERYTHING, "{size: source, source: {image: a.png}}", footage):
        final, small = load_text(text), load_text(text, quality="draft")
        assert small == draft(final)
        assert small.clock == final.clock
        assert small.motion == final.motion
        assert small.seed == final.seed
        assert load_text(small.yaml()) == small, "a draft is a configuration like any other"
        ticks = np.arange(final.clock.last_tick + 1) / 8
        for name in ("steps", "first_steps"):
            whole = getattr(final.dream, name).over(ticks, final.clock)
            part = getattr(small.dream, name).over(ticks, final.clock)
            np.testing.assert_array_equal(part, np.floor(0.6 * whole + 0.5), err_msg="at every moment, whatever the notation")
        far = [film.dream.steps(film.clock.tick(0)) * film.dream.step_size(film.clock.tick(0)) for film in (final, small)]
        assert far[1] == pytest.approx(far[0], rel=1e-4), "fewer steps go as far"
        assert small.dream.jitter == final.dream.jitter
        assert [output.width for output in small.outputs] == [output.width and output.width // 2 for output in final.outputs]
        assert small.dream.octaves.constant == 1, "two octaves of 1.4 are the half that the size lost"
    assert load_text(EVERYTHING, quality="draft").size == Size(654, 368)
    assert load_text("size: 101x99", quality="draft").size == Size(52, 50)
    assert load_text("{size: source, source: {image: a.png}}", quality="draft").size.within(800, 600) == (400, 300)
    assert load_text("dream: {steps: 0}", quality="draft").dream.steps.constant == 0
    changing = load_text("dream: {steps: '0: (4), 30: (t/10)'}", quality="draft")
    assert [changing.dream.steps(changing.clock.frame(frame)) for frame in (0, 40, 80)] == [2, 2, 5]


def test_the_edges_of_its_masks_are_as_soft_beside_the_picture() -> None:
    text = "{mask: {file: a.png, feather: 8}, dream: {objective: {layer: mid, mask: {file: b.png, feather: {0s: 2, 1s: 6}}}}}"
    small = load_text(text, quality="draft")
    clock = small.clock
    assert small.mask
    assert small.mask.feather(clock.tick(0)) == 4
    mask = small.dream.objective[0].mask
    assert mask
    assert (mask.feather.over(np.array([0.0, 1.0]), clock)).tolist() == [1, 3]


def work(config: Config) -> float:
    """Steps times the pixels that they are taken on, over all ticks of a film; sides under 64 pixels are seen by no network."""
    clock, total = config.clock, 0.0
    for tick in range(clock.last_tick + 1):
        moment = clock.tick(tick)
        ascent = ascent_settings(config, moment, 64, fresh=tick == 0)
        total += ascent.steps * sum(height * width for height, width in sizes(frame_size(config), ascent))
    return total


FILMS = sorted(path.name for path in CONFIGS.glob("*.yaml"))


@pytest.mark.parametrize("name", FILMS)
def test_a_draft_is_five_times_cheaper_and_a_preview_is_no_dearer(name: str) -> None:
    film, small = (load(CONFIGS / name, quality=quality) for quality in ("final", "draft"))
    assert work(film) >= 5 * work(small)
    assert work(preview.small(film)) <= work(small)


@pytest.mark.parametrize("size", ["64x36", "320x180", "640x360", "1280x720"])
def test_a_preview_is_no_dearer_than_the_draft_at_any_size(size: str) -> None:
    film, small = (load_text(f"size: {size}", quality=quality) for quality in ("final", "draft"))
    assert work(preview.small(film)) <= work(small)


def test_a_draft_of_a_draft_is_a_draft() -> None:
    config = load_text("dream: {steps: {0s: 40, 10s: 80}}")
    small = draft(draft(config))
    assert small.dream.steps.over(np.array([0.0, 5.0, 10.0]), config.clock).tolist() == [14, 22, 29]
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
