"""Alongside: a thread walks as far as is safe, whoever began walks the rest, and nothing is lost of what goes wrong."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from threading import current_thread, main_thread
from time import monotonic, sleep

import numpy as np
import pytest
import torch

from render.develop import negative
from render.develop.alongside import EndedEarlyError, Safe, alongside, at_once, finished
from render.develop.negative import Negative, settled

FILM = 9


def steps(safe: Safe, walked: list[bool], left: list[str]) -> Generator[None, None, str]:
    """A step for each tick of a film; whether each was walked by a thread."""
    try:
        for tick in range(FILM):
            safe.wait(tick + 1)
            walked.append(current_thread() is not main_thread())
            yield
        return "whole"
    finally:
        left.append(current_thread().name)


def until(there: list[bool], count: int) -> None:
    """Wait for a list to have so many."""
    end = monotonic() + 60
    while len(there) < count and monotonic() < end:
        sleep(0.001)


def test_a_thread_walks_what_is_safe_and_who_began_walks_the_rest() -> None:
    safe, walked, left = Safe(), list[bool](), list[str]()
    walk = steps(safe, walked, left)
    with alongside(walk, safe) as ahead:
        for tick in range(0, 5):
            safe.now(tick + 1)
            until(walked, tick + 1)
            assert len(walked) == tick + 1
        safe.end(FILM)
    ahead.result()
    assert walked[:5] == [True] * 5
    assert len(walked) <= 6
    assert finished(walk) == "whole"
    assert len(walked) == FILM
    assert left == [main_thread().name], "files are finished by who can be stopped"


@pytest.mark.parametrize("safe_ticks", [0, 3])
def test_what_ends_early_is_given_up(safe_ticks: int) -> None:
    safe, walked, left = Safe(), list[bool](), list[str]()
    with closing(steps(safe, walked, left)) as walk, alongside(walk, safe) as ahead:
        safe.now(safe_ticks)
        until(walked, safe_ticks)
    ahead.result()
    assert len(walked) == safe_ticks
    assert len(left) == 1
    with pytest.raises(EndedEarlyError):
        safe.wait(safe_ticks + 1)


def test_what_goes_wrong_alongside_is_told_afterwards_and_what_goes_wrong_inside_at_once() -> None:
    def fails() -> Generator[None]:
        yield
        raise OSError("the print")

    safe = Safe()
    with alongside(fails(), safe) as ahead:
        pass
    safe = Safe()
    with alongside(fails(), safe) as ahead:
        ahead.exception(timeout=60)
    with pytest.raises(OSError, match="the print"):
        ahead.result()
    with pytest.raises(ValueError, match="the dream"), alongside(steps(safe := Safe(), [], []), safe):
        raise ValueError("the dream")
    assert safe.over


def test_the_dream_keeps_its_threads() -> None:
    before, safe = torch.get_num_threads(), Safe()
    torch.set_num_threads(2)
    try:
        with alongside(steps(safe, [], []), safe):
            safe.end(FILM)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_at_once_is_all_of_it() -> None:
    def counted(number: int) -> Generator[None, None, int]:
        yield from [None] * number
        return number

    assert at_once(counted)(3) == 3


def test_a_growing_negative_is_followed_only_where_it_will_not_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negative, "SEGMENT", 4)
    ticks = [np.full((6, 8, 3), 100 * tick, np.uint16) for tick in range(FILM)]
    asked = list[int]()
    with Negative(tmp_path) as kept:
        for tick, canvas in enumerate(ticks):
            kept.keep(tick, canvas, {})
    for start in (0, 3, 4, 8):
        asked.clear()
        seen = list(Negative(tmp_path).following(start, FILM - 1, (8, 6), asked.append))
        assert [int(canvas[0, 0, 0]) // 100 for canvas in seen] == list(range(start, FILM))
        assert asked == [end for end in (4, 8, 9) if end > start]
    assert [settled(tick) for tick in (-1, 2, 3, 4, 7)] == [0, 0, 4, 4, 8]
