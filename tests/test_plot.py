"""Plots: every number that moves is drawn and written down, and what is written down moves the film in the same way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from render.config import Config, load_text
from render.config.facts import Facts
from render.errors import ConfigError
from render.show import plot
from render.show.plot import Mark, film_marks, panels_of, table

MOVING = """\
name: tour
duration: 3s
motion:
  zoom: {0s: 1.2, 1s: 1.8, 2s: 1.1, end: 2.6, ease: ease-in-out-sine}
  rotate: "12*sin(2*pi*p) + 3*noise(4*s)"
  pan: [0, "0.1*sin(s)"]
dream:
  objective:
    - {layer: strokes, weight: {0s: 1, 1s: 0, ease: in-out}}
    - {class: [eye, 12], weight: {0s: 0, 1s: 1, 2s: 1, end: 0, ease: in-out}}
    - {garden: all, drift: "0.1 + 0.2*pulse(s/2)"}
  steps: {0: 4, 48: 6, 80: 3}
  step_size: "0.01 + 0.005*rand(20*s)"
look: {hold: "0.5 + 0*s", mean: "0.4 + 0.1*p"}
"""
KEYS = [
    "motion.zoom",
    "motion.rotate",
    "motion.pan.1",
    "dream.objective.0.weight",
    "dream.objective.1.weight",
    "dream.objective.2.drift",
    "dream.steps",
    "dream.step_size",
    "look.mean",
]


def looked(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), dtype=float)


def test_what_moves_is_drawn_and_written_down(tmp_path: Path) -> None:
    config = load_text(MOVING)
    panels, still = panels_of(config)
    assert [panel.key for panel in panels] == KEYS
    assert "look.hold\xa00.5" in still, "an expression that does not move is no move"
    assert {panel.key for panel in panels} | {words.split("\xa0")[0] for words in still} == {key for key, _ in config.curves()}
    png, csv = plot.plot(config, tmp_path)
    assert (png, csv) == (tmp_path / "tour" / "plot.png", tmp_path / "tour" / "plot.csv")
    assert csv.read_text().splitlines()[0] == ",".join(["seconds", *KEYS])
    seen = looked(png)
    assert seen.shape[1] == plot.WIDTH
    strips = [
        seen[plot.TOP + row * (plot.PANEL + plot.GAP) :][: plot.PANEL, plot.LEFT : plot.RIGHT] for row in range(len(KEYS))
    ]
    for key, strip in zip(KEYS, strips, strict=True):
        line = strip.max(2) > 110  # what is under it, and the ground, are darker
        assert line.any(0).mean() > 0.97, f"{key} is drawn from start to end"
        assert np.flatnonzero(line.any(1))[[0, -1]] == pytest.approx([10, plot.PANEL - 10], abs=8), "and fills its panel"


def test_the_table_is_a_schedule_of_the_same_film(tmp_path: Path) -> None:
    """At each frame and each dream, so that the film is the same; between them it goes straight."""
    config = load_text(MOVING)
    _, csv = plot.plot(config, tmp_path)
    bare = "{duration: 3s, look: {hold: 0.5}, dream: {objective: [{layer: strokes}, {class: [eye, 12]}, {garden: all}]}"
    again = load_text(f"{bare}, schedule: {csv.name}}}", folder=csv.parent)
    frames = [config.clock.frame(index).seconds for index in range(config.clock.frames)]
    dreams = [config.clock.tick(index).seconds for index in range(config.clock.last_tick + 1)]
    there, here = dict(config.curves()), dict(again.curves())
    for key in KEYS:
        seconds = np.array([*frames, *dreams])
        np.testing.assert_allclose(
            here[key].over(seconds, again.clock), there[key].over(seconds, config.clock), rtol=1e-14, atol=1e-16, err_msg=key
        )
    assert table(again.clock, {key: here[key] for key in KEYS if key != "motion.zoom"}) == table(
        config.clock, {key: there[key] for key in KEYS if key != "motion.zoom"}
    )


def test_a_film_that_stands_still_has_no_plot(tmp_path: Path) -> None:
    assert plot.plot(load_text("motion: {zoom: 1.5}"), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_film_of_many_hours_is_refused_with_a_cure(tmp_path: Path) -> None:
    film = load_text("{duration: 36000s, fps: 60, motion: {zoom: 1.2 + 0.1*sin(s)}}")
    with pytest.raises(ConfigError, match=r"has .* frames and dreams") as error:
        plot.plot(film, tmp_path)
    assert "fps=1" in error.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fps", ["24", "29.97", "60000/1001", "12.5"])
def test_rows_stand_at_the_moments_of_frames_to_the_last_bit(fps: str) -> None:
    clock = load_text(f"{{duration: 20s, fps: {fps}, dream: {{rate: 1}}}}").clock
    rows = [float(line.split(",")[0]) for line in plot.table(clock, {}).splitlines()[1:]]
    assert {clock.frame(index).seconds for index in range(clock.frames)} <= {*rows}


def heard(text: str, bpm: float | None, first_beat: float = 0.0) -> Config:
    return load_text(text).model_copy(update={"facts": Facts(bpm=bpm, first_beat=first_beat)})


TURNING = "{duration: 3s, motion: {rotate: 5*sin(s)}"


def test_beats_and_cuts_are_marked(tmp_path: Path) -> None:
    config = heard(f"{TURNING}}}", 60, 0.5)
    assert list(film_marks(config)) == [Mark("bar", 0.5), Mark("beat", 1.5), Mark("beat", 2.5)]
    assert list(film_marks(heard(f"{TURNING}}}", None))) == [], "a film without music has no beats"
    cut = heard(f"{TURNING}, cuts: [1s, 60, 2.5s, 99s]}}", None)
    assert list(film_marks(cut)) == [Mark("cut", 1.0), Mark("cut", 2.0), Mark("cut", 2.5), Mark("cut", 99.0)]
    (plain, _), (crossed, _) = plot.plot(config, tmp_path), plot.plot(cut, tmp_path / "cut")
    panel = slice(plot.TOP, plot.TOP + plot.PANEL), slice(plot.LEFT, plot.RIGHT)
    changed = np.median(np.abs(looked(plain) - looked(crossed)).max(2)[panel], 0) > 5
    width = plot.RIGHT - plot.LEFT
    for seconds in (1, 2, 2.5):
        assert changed[round(seconds / 3 * width) - 2 :][:4].any(), "through the whole panel, but for the number's own line"


def test_marks_that_would_crowd_are_left_out() -> None:
    crowd = [Mark("beat", second / 10) for second in range(1000)] + [Mark("bar", second) for second in range(100)]
    assert not plot._has_room("beat", crowd)
    assert plot._has_room("bar", crowd)


@pytest.mark.parametrize("seconds", [0.03, 0.5, 1, 7, 12, 100, 3600, 86400])
def test_a_dozen_round_times_stand_below(seconds: float) -> None:
    ticks = plot._ticks(seconds)
    assert 2 <= len(ticks) <= 14
    assert ticks[0] == 0
    assert ticks[-1] <= seconds * 1.0001


@pytest.mark.parametrize(
    "text", ["duration: 1 frame", "loop: pingpong", "loop: crossfade", "fps: 1", "dream: {rate: every-frame}"]
)
def test_films_of_any_kind_are_drawn(text: str, tmp_path: Path) -> None:
    config = load_text(f"{text}\nmotion: {{zoom: '1 + p + rand(s)', rotate: {{0: 3, 2: 4}}}}\nname: 夜 {{}}".replace(" {}", ""))
    png, csv = plot.plot(config, tmp_path)
    assert looked(png).std() > 5
    assert len(csv.read_text().splitlines()) > 1
