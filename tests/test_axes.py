"""Axes of a sweep: what --vary means, every combination once, one of them picked by number or by its settings."""

from __future__ import annotations

import pytest

from render.errors import ConfigError
from render.many.axes import pick, read_axes, read_axis, variants


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("seed=1..4", ("1", "2", "3", "4")),
        ("seed=3..1", ("3", "2", "1")),
        ("seed=-1..1,7", ("-1", "0", "1", "7")),
        ("dream.octaves=3,4", ("3", "4")),
        ("dream.step_size=0.01, 0.02", ("0.01", "0.02")),
        ("dream.objective.0.layer=mid,high", ("mid", "high")),
        ("motion.zoom={0s: 1, 4s: 2},1.5", ("{0s: 1, 4s: 2}", "1.5")),
        ('motion.zoom="1 + sin(p), p"', ("1 + sin(p), p",)),
        ("motion.pan=[0, 1],[1, 0]", ("[0, 1]", "[1, 0]")),
    ],
)
def test_an_axis_is_a_setting_and_its_values(text: str, values: tuple[str, ...]) -> None:
    axis = read_axis(text)
    assert axis.key == text.partition("=")[0]
    assert axis.values == values


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["seed"], "write KEY=VALUE"),
        (["=3"], "write KEY=VALUE"),
        (["seed="], "write KEY=VALUE"),
        (["seed=[1"], "cannot be read"),
        (["seed=1,1"], "stands in it twice"),
        (["seed=1..9999999"], "a sweep has 1,000 at most"),
        (["seed=1,2", "seed=3"], "varied twice"),
        (["seed=1-16"], r"whole numbers from 1 to 16 are written 1\.\.16"),
    ],
)
def test_what_is_no_axis_is_refused_with_an_example(texts: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refusal:
        read_axes(texts)
    assert refusal.value.hint


def test_every_combination_comes_once_and_the_last_axis_turns_fastest() -> None:
    films = variants(read_axes(["seed=1..2", "dream.octaves=3,4,5"]))
    assert [film.words for film in films[:4]] == [
        "seed 1, octaves 3",
        "seed 1, octaves 4",
        "seed 1, octaves 5",
        "seed 2, octaves 3",
    ]
    assert [film.number for film in films] == list(range(1, 7))
    assert len({film.name for film in films}) == len(films) == 6
    assert films[0].overrides == ("seed=1", "dream.octaves=3")


def test_names_are_as_short_as_tells_them_apart() -> None:
    axes = read_axes(["dream.objective.0.layer=a,b", "dream.objective.1.layer=a,b", "dream.steps=1", "look.hold=1"])
    assert [axis.name for axis in axes] == ["objective.0.layer", "objective.1.layer", "steps", "hold"]


def test_too_many_films_are_refused() -> None:
    with pytest.raises(ConfigError, match="2,000 films"):
        variants(read_axes(["seed=1..1000", "dream.octaves=3,4"]))


@pytest.mark.parametrize(
    ("wanted", "number"), [("1", 1), ("4", 4), ("seed=2,octaves=3", 3), ("octaves=4, seed=1", 2), ("seed=2,dream.octaves=4", 4)]
)
def test_a_film_is_picked_by_number_or_by_its_settings(wanted: str, number: int) -> None:
    assert pick(variants(read_axes(["seed=1..2", "dream.octaves=3,4"])), wanted).number == number


@pytest.mark.parametrize(
    ("wanted", "words"), [("5", "none"), ("0", "none"), ("seed=1", "2 of the films"), ("x=1", "none"), ("x", "none")]
)
def test_what_picks_no_single_film_is_refused(wanted: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        pick(variants(read_axes(["seed=1..2", "dream.octaves=3,4"])), wanted)
