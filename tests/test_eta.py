"""Laws of pace: the time left settles, whatever a film's ticks are like, on a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from render.config import load_text
from render.show import eta
from render.show.eta import count_steps, efforts, with_eta

TICKS = 200
FILMS: dict[str, Sequence[float]] = {  # seconds of each tick
    "all alike": np.full(TICKS, 0.3),
    "a slow first tick": [9.0, *np.full(TICKS - 1, 0.3)],
    "slower and slower": np.linspace(1, 1.25, TICKS),
    "sooner and sooner": np.linspace(1.2, 1, TICKS),
    "cuts in footage": np.where(np.arange(TICKS) % 9 == 0, 3.0, 1.0),
    "jittery": np.random.default_rng(1).uniform(0.6, 1.4, TICKS),
    "two ticks": [2.0, 1.0],
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time now, in seconds."""
    now = [0.0]
    monkeypatch.setattr(eta, "monotonic", lambda: now[0])
    return now


def lasting(seconds: Sequence[float], now: list[float]) -> Iterator[int]:
    for index, one in enumerate(seconds):
        now[0] += one
        yield index


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("first", [-1, 49])
def test_time_left_settles_after_a_tenth(name: str, first: int, clock: list[float]) -> None:
    seconds = list(map(float, FILMS[name]))[first + 1 :]
    for index, left in with_eta(lasting(seconds, clock), first, first + len(seconds)):
        assert (left.index, left.of) == (index + first + 2, first + len(seconds) + 1)
        if index >= len(seconds) / 10:
            true = sum(seconds[index + 1 :])
            assert left.seconds == pytest.approx(true, rel=0.15, abs=0.04 * sum(seconds))
    assert not seconds or left.seconds == 0


@pytest.mark.parametrize(
    "text",
    [
        "dream: {first_steps: 100}",
        "dream: {steps: {0s: 2, 5s: 2, 6s: 20}}",
        "dream: {octaves: {0s: 5, 10s: 2}}",
        "dream: {steps: '4 + 3*sin(s)', octave_scale: {0s: 2, 10s: 1.2}}",
        "{dream: {steps: 0}, loop: crossfade}",
    ],
)
def test_known_efforts_tell_before(text: str, clock: list[float]) -> None:
    config = load_text(text)
    each = efforts(config)
    assert each is not None
    assert len(each) == config.clock.last_tick + 1
    for index, left in with_eta(lasting(each, clock), -1, len(each) - 1, each):
        assert left.seconds == pytest.approx(sum(each[index + 1 :]), rel=1e-6)


def test_efforts_are_the_steps_by_their_pixels() -> None:
    config = load_text("dream: {steps: {0s: 3, 10s: 7}, octaves: 3, octave_scale: 2}")
    first = load_text("dream: {steps: 3, first_steps: 24, octaves: 1}")
    assert efforts(first)[:2] == pytest.approx([24 + eta.BESIDES, 3 + eta.BESIDES])  # type: ignore[index]
    np.testing.assert_allclose(count_steps(config, np.array([0.0, 10.0])), [3 * (1 + 1 / 4 + 1 / 16), 7 * (1 + 1 / 4 + 1 / 16)])


def test_endless_films_are_not_counted_tick_by_tick() -> None:
    assert efforts(load_text("{duration: 23:00:00, dream: {rate: 30}}")) is None
