"""Laws of words: sizes and times as people say them."""

from __future__ import annotations

import pytest

from render.show.words import bytes_words, count_words, duration_words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0 s"),
        (4, "4 s"),
        (4.25, "4.2 s"),
        (59.7, "1 min"),
        (60, "1 min"),
        (70.2, "1 min 10 s"),
        (3600, "1 h"),
        (7512, "2 h 5 min"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration_words(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, ""),
        (499, ""),
        (500, "0.5 kB"),
        (55_296, "55 kB"),
        (2e6, "2.0 MB"),
        (10.2e6, "10 MB"),
        (3.4e9, "3.4 GB"),
        (4e12, "4,000 GB"),
    ],
)
def test_sizes_are_said_as_people_say_them(size: float, said: str) -> None:
    assert bytes_words(size) == said


def test_one_is_one_and_others_are_several() -> None:
    assert [count_words(number, "frame") for number in (0, 1, 2)] == ["0 frames", "1 frame", "2 frames"]
