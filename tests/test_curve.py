"""Curves: every way to write a moving number, the easings, times, and where faults are placed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from render.config.curve import Curve, read_curve
from render.config.deforum_keys import deforum_keys
from render.config.easing import EASINGS, JUMPS, easing
from render.config.problem import SettingError
from render.config.scalars import read_time
from render.config.track import Span
from render.moment import Clock

CLOCK = Clock(Fraction(30), 300, Fraction(8), seed=5)  # ten seconds
FREE = Span("units", -1000, 1000)


def curve(given: Any, span: Span = FREE) -> Curve:
    return read_curve(given, span)


def at(given: Any, *seconds: float, span: Span = FREE) -> list[float]:
    return [float(value) for value in curve(given, span).over(np.array(seconds), CLOCK)]


# ── easings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", EASINGS)
def test_every_easing_starts_at_0_and_ends_at_1(name: str) -> None:
    start = 1 if name == "step-start" else 0  # CSS: it jumps as soon as it begins
    assert easing(name)(np.array([0.0, 1.0])) == pytest.approx([start, 1], abs=1e-12)
    assert np.isfinite(easing(name)(np.linspace(0, 1, 1001))).all()


FAMILIES = sorted({name.removeprefix("ease-in-out-") for name in EASINGS if name.startswith("ease-in-out-")})


@pytest.mark.parametrize("family", FAMILIES)
def test_out_is_in_turned_round_and_in_out_is_even(family: str) -> None:
    u = np.linspace(0, 1, 101)
    np.testing.assert_allclose(easing(f"ease-out-{family}")(u), 1 - easing(f"ease-in-{family}")(1 - u), atol=1e-12)
    both = easing(f"ease-in-out-{family}")(u)
    np.testing.assert_allclose(both, 1 - both[::-1], atol=1e-9)
    assert easing(f"ease-in-{family}")(np.array([0.25]))[0] < 0.25


def test_all_easings_net_families_are_there() -> None:
    assert sorted(["sine", "quad", "cubic", "quart", "quint", "expo", "circ", "back", "elastic", "bounce"]) == FAMILIES


EASED = {  # name: value halfway or at the given share, by the published formulas
    ("ease-in-quad", 0.5): 0.25,
    ("ease-out-cubic", 0.5): 0.875,
    ("ease-in-out-quint", 0.25): 16 * 0.25**5,
    ("ease-in-back", 0.5): 2.70158 * 0.125 - 1.70158 * 0.25,
    ("ease-out-bounce", 0.5): 0.765625,
    ("ease-in-expo", 0.5): 2**-5,
    ("ease-in-circ", 0.6): 0.2,
    ("ease-out-elastic", 0.15): 2**-1.5 * np.sin((1.5 - 0.75) * 2 * np.pi / 3) + 1,
    ("ease-in-out-elastic", 0.25): -(2**-5) * np.sin((5 - 11.125) * 2 * np.pi / 4.5) / 2,
    ("ease", 0.5): 0.8024033877,
    ("ease-in", 0.5): 0.3153568075,
    ("ease-in-out", 0.5): 0.5,
    ("step", 0.99): 0,
    ("step-start", 0.01): 1,
    ("linear", 0.3): 0.3,
}


@pytest.mark.parametrize(("name", "share"), EASED)
def test_easings_follow_their_formulas(name: str, share: float) -> None:
    assert easing(name)(np.array([share]))[0] == pytest.approx(EASED[name, share], abs=1e-7)


STAIRS = {
    "start": [1 / 3, 2 / 3, 1],
    "jump-start": [1 / 3, 2 / 3, 1],
    "end": [0, 1 / 3, 2 / 3],
    "jump-end": [0, 1 / 3, 2 / 3],
    "jump-none": [0, 1 / 2, 1],
    "jump-both": [1 / 4, 2 / 4, 3 / 4],
}


def test_stairs_have_even_steps() -> None:
    assert set(STAIRS) == set(JUMPS)
    for jump, heights in STAIRS.items():
        assert easing(f"steps(3, {jump})")(np.array([0, 0.34, 0.67, 1])) == pytest.approx([*heights, 1]), jump
    assert easing("steps(2)")(np.array([0, 0.49, 0.5, 1])).tolist() == [0, 0, 0.5, 1]


def test_easings_have_short_and_camel_names() -> None:
    for name in ("in-out", "easeInOut", "Ease-In-Out"):
        assert easing(name) is EASINGS["ease-in-out"]
    assert easing("easeOutBounce") is easing("out-bounce") is EASINGS["ease-out-bounce"]
    u = np.linspace(0, 1, 21)
    np.testing.assert_allclose(easing("cubic-bezier(0.42, 0, 0.58, 1)")(u), EASINGS["ease-in-out"](u))


NO_STAIRS = ["steps(0)", "steps(1, jump-none)", "steps(3, middle)", "steps(-1)", "steps(1.5)", "steps()"]
NO_EASINGS = ["in-bonce", "", "cubic-bezier(1,2,3)", "cubic-bezier(2, 0, 0, 1)", "cubic-bezier(a,0,0,1)"]


@pytest.mark.parametrize("name", [*NO_EASINGS, *NO_STAIRS])
def test_unknown_easings_are_refused(name: str) -> None:
    with pytest.raises(SettingError):
        easing(name)


# ── times ───────────────────────────────────────────────────────────────────────────────────────────────────────────

TIMES = {
    "45": 1.5,
    "45f": 1.5,
    "45 frames": 1.5,
    "1 frame": 1 / 30,
    "2s": 2,
    "1.5 s": 1.5,
    ".5s": 0.5,
    "4b": 2,
    "1 beat": 0.5,
    "50%": 5,
    "end": 10,
    "start": 0,
    "00:01:30": 90,
    "00:00:01.5": 1.5,
    "1:30": 90,
}


@pytest.mark.parametrize("text", TIMES)
def test_times(text: str) -> None:
    assert read_time(text).seconds(CLOCK) == pytest.approx(TIMES[text])


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1.5", "1.5f", "2 weeks", "1:2:3:4", "s", "1e3s", "9" * 99])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(SettingError):
        read_time(text)


# ── the ways to write a number ──────────────────────────────────────────────────────────────────────────────────────


def test_numbers() -> None:
    assert at(3, 0, 5) == [3, 3]
    assert curve(3).constant == 3
    assert curve(" 1e-3 ").constant == 0.001
    assert not curve(3).uses_frames


def test_expressions_know_the_time_in_five_ways() -> None:
    assert at("s", 0, 2.5) == [0, 2.5]
    assert at("f + 0*fps", 0.5) == [15]
    assert at("b", 2) == [4]
    assert at("p", 5) == [0.5]
    assert at("seed", 5) == [5]
    assert curve("s").constant is None


def test_only_frames_depend_on_the_frame_rate() -> None:
    moving = ["s + p + b", {"0s": 1, "50%": 2, "end": 3, "4b": 1}, "sin(s)"]
    assert not any(curve(given).uses_frames for given in moving)
    counting = ["f", "fps", {"0": 1, "2s": 2}, [{"at": "12f", "value": 1}], {"0s": "f"}, "0: (1), 30: (2)"]
    assert all(curve(given).uses_frames for given in counting)


def test_keyframes_go_straight_and_stand_still_outside() -> None:
    assert at({"2s": 10, "4s": 20}, 0, 2, 3, 4, 9) == [10, 10, 15, 20, 20]
    assert at({"4s": 20, "2s": 10}, 3) == [15], "whatever their order"
    assert at({"0": 0, "30": 30, "2s": 0}, 0.5, 1, 1.5) == pytest.approx([15, 30, 15])


def test_ease_belongs_to_the_key_it_leaves() -> None:
    keys = [{"at": "0s", "value": 0, "ease": "step"}, {"at": "2s", "value": 1}, {"at": 120, "value": 0}]
    assert at(keys, 1.9, 2, 3) == [0, 1, 0.5]
    assert at({"0s": 0, "2s": 1, "ease": "ease-in-quad"}, 1) == [0.25]


def test_two_keys_at_one_time_jump() -> None:
    keys = [{"at": "0s", "value": 0}, {"at": "1s", "value": 1}, {"at": "1s", "value": 5}, {"at": "2s", "value": 6}]
    assert at(keys, 0.5, 1, 1.5) == [0.5, 5, 5.5]


def test_keys_may_hold_expressions_which_are_blended() -> None:
    assert at({"0s": "s", "4s": "10"}, 0, 2, 4, 5) == [0, 6, 10, 10]
    assert at({"0s": 0, "4s": "s"}, 2, 6) == [1, 6]


def test_zoom_moves_by_equal_factors() -> None:
    span = Span("", 0.001, 1000, log=True)
    assert at({"0s": 1, "4s": 4}, 1, 2, 3, span=span) == pytest.approx([2**0.5, 2, 2**1.5])
    assert at({"0s": 2, "4s": "2"}, 1, span=span) == pytest.approx([2])


def test_curves_clamp_at_both_ends_of_the_film() -> None:
    assert at("s", -1, 99) == [0, 10]
    assert at({"0s": 0, "20s": 20}, 15) == [10]


def test_whole_numbers_round_at_the_moment() -> None:
    whole = Span("steps", 0, 500, whole=True)
    assert at({"0s": 0, "10s": 10}, 0.4, 0.5, 7.6, span=whole) == [0, 1, 8]
    value = curve({"0s": 0, "10s": 10}, whole)(CLOCK.frame(228))
    assert value == 8
    assert isinstance(value, int)
    assert isinstance(curve(2, FREE)(CLOCK.tick(3)), float)


def test_a_moment_gives_what_the_vector_gives() -> None:
    given = {"0s": 1, "33": "noise(3*s)", "50%": "2 + rand(f)", "ease": "in-out"}
    ticks = [CLOCK.tick(index) for index in range(CLOCK.last_tick + 1)]
    together = curve(given).over(np.array([tick.seconds for tick in ticks]), CLOCK)
    assert [curve(given)(tick) for tick in ticks] == pytest.approx(list(together))


# ── Deforum strings ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_deforum_strings() -> None:
    assert at("0: (1.02), 60: (1.05)", 0, 1, 2, 9) == pytest.approx([1.02, 1.035, 1.05, 1.05])
    assert at(" 30:(3) ", 0, 5) == [3, 3]


def test_deforum_formulas_hold_until_the_next_key_and_count_frames() -> None:
    assert at("0: (t), 60: (5)", 1, 2) == [30, 5]
    assert at("0: (0), 60: (t)", 1, 2, 3) == [30, 60, 90]
    assert at("0: (s + max_f)", 1) == [5 + 299]


def test_deforum_brackets_nest() -> None:
    text = "0: (where(t>10, 1, 2)), 60: ((1+2)*3)"
    assert [key[1:] for key in deforum_keys(text)] == [("0", "where(t>10, 1, 2)"), ("60", "(1+2)*3")]
    assert at(text, 0, 1) == [2, 1]


def test_features_move_every_kind_of_number() -> None:
    clock = replace(CLOCK, features={"kick": lambda seconds: np.where(seconds < 1, 1.0, 0.25)})
    ways = ["kick", "0*s + kick", {"0s": "kick", "10s": "kick"}, [{"at": "1s", "value": "kick"}], "0: (kick), 60: (kick)"]
    for way in ways:
        moving = curve(way, Span("units", 0, 9))
        moving.require(["kick"])
        assert "kick" in moving.names
        assert moving.over(np.array([0.5, 2.0, 9.0]), clock).tolist() == [1, 0.25, 0.25]


def test_beats_are_counted_from_the_first_of_the_music() -> None:
    clock = replace(CLOCK, bpm=90.0, first_beat=0.25)
    assert read_time("3b").seconds(clock) == pytest.approx(2.25)
    assert float(read_time("3b").exact(clock)) == pytest.approx(2), "a length has no upbeat"
    assert curve("b").over(np.array([0.25, 2.25]), clock) == pytest.approx([0, 3])
    assert curve({"0b": 0, "3b": 3}).over(np.array([0.25, 2.25]), clock) == pytest.approx([0, 3])
    assert {name for given in ({"0b": 0, "3b": 3}, "b") for name in curve(given).names} == {"b"}


# ── faults and where they are ───────────────────────────────────────────────────────────────────────────────────────

FAULTS: list[tuple[Any, tuple[str | int, ...], int | None, str]] = [
    (True, (), None, "is true; it takes a number (0 to 9 units)"),
    (99, (), None, "is 99, outside 0 to 9 units"),
    (float("nan"), (), None, "nan"),
    (10**299, (), None, "outside"),
    ("fast", (), None, 'is "fast"; it takes a number'),
    ("2 + sped", (), 4, "no variable"),
    ({}, (), None, "no keyframes"),
    ([], (), None, "no keyframes"),
    ({"ease": "in"}, (), None, "no keyframes"),
    ({"0s": 1, "soon": 2}, ("soon",), None, "no time"),
    ({"0s": 1, "2s": 99}, ("2s",), None, "outside"),
    ({"0s": 1, "2s": "1 + t"}, ("2s",), 4, '"t"'),
    ({"0s": 1, "2s": {"3s": 4}}, ("2s",), None, "one key"),
    ({"0s": 1, "ease": "in-bonce"}, ("ease",), None, "no easing"),
    ({"0s": None}, ("0s",), None, "is empty"),
    ([1, 2], (), None, "is a list; it takes a number"),
    ([{"at": "0s"}], (0,), None, "at and value"),
    ([{"at": "0s", "value": 1, "eas": "in"}], (0, "eas"), None, "eas"),
    ([{"at": "x", "value": 1}], (0, "at"), None, "no time"),
    ([{"at": "0s", "value": 99}], (0, "value"), None, "outside"),
    ([{"at": "0s", "value": 1, "ease": 3}], (0, "ease"), None, "no easing"),
    ({"0s": "kick", "2s": "2*kik"}, ("2s",), 2, "no variable"),
    ([{"at": "0s", "value": 1}, {"at": "1s", "value": "kik"}], (1, "value"), None, 'is "kik"'),
    ("0: (kick), 60: (2 + kik)", (), 20, "no variable"),
    ("0: (1), 60: (99)", (), 13, "outside"),
    ("0: (1), 60: (1 + p)", (), 17, "no variable"),
    ("0: (1) 60: (2)", (), 6, "comma"),
    ("0: (1, 60: (2)", (), 3, "never closes"),
    ("0: (1), x", (), 8, "Deforum"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault[0])[:40])
def test_faults(fault: tuple[Any, tuple[str | int, ...], int | None, str]) -> None:
    given, path, column, says = fault
    with pytest.raises(SettingError) as caught:
        curve(given, Span("units", 0, 9)).require(["kick"])
    assert (caught.value.path, caught.value.column) == (path, column)
    assert says in caught.value.message


def test_whole_settings_refuse_fractions() -> None:
    with pytest.raises(SettingError, match="whole number of steps"):
        curve(4.5, Span("steps", 0, 9, whole=True))
