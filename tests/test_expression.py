"""Expressions: what they compute, what they refuse and where, and that no string does anything else."""

from __future__ import annotations

import math
import sys
import time
from fractions import Fraction
from random import Random
from typing import Any

import hostile
import numpy as np
import pytest

from render.config import expression
from render.config.curve import read_curve
from render.config.expression import (
    CONSTANTS,
    FUNCTIONS,
    LONGEST,
    RESERVED,
    VARIABLES,
    Expression,
    ExpressionError,
    Function,
    require_feature_name,
)
from render.config.problem import SettingError
from render.config.track import Span
from render.moment import Clock

VALUES = {"f": 30.0, "s": 1.0, "b": 2.0, "p": 0.25, "fps": 30.0, "seed": 7}


def parse(text: str) -> Expression:
    """The expression, in a film without music."""
    parsed = expression.parse(text)
    parsed.require(())
    return parsed


RESULTS = {
    "1 + 2*3": 7,
    "-2**2": -4,
    "7 % 4 / 2": 1.5,
    "sin(2*pi*p)": 1,
    "cos(tau)": 1,
    "1 < 2 <= 2 != 3": 1,
    "1 > 2 or 3 == 3 and 1 >= 2": 0,
    "not p": 0,
    "5 if s < 2 else 6": 5,
    "where(p > 0.5, 1, 2)": 2,
    "min(3, 1, 2) + max(3, 1, 2)": 4,
    "clamp(5, 0, 2) + abs(-1) + floor(1.9) + ceil(1.1) + round(2.5)": 9,
    "sqrt(9) + exp(0) + log(1) + tan(0)": 4,
    "tri(0.25) + tri(0) + saw(0) + square(0.25) + pulse(0.05)": 3,
    "tri(0.75) + square(0.75) + pulse(0.5, 0.4)": -2,
    "1e3 + 010.5": 1010.5,
    "  f\n + 0": 30,
    "1_000": 1000,
}

REFUSED = {  # expression: (column, what the message or hint must say)
    "1 + t": (4, "f for frames"),
    "2 * sn(p)": (4, "sin"),
    "2 * phi": (4, "known: s p f b"),
    "sin + 1": (0, "brackets"),
    "min(1)": (0, "at least 2"),
    "sin(1, 2)": (0, "it takes 1"),
    "1 +": (2, "missing"),
    "(1 + 2": (0, "never closed"),
    "p.real": (0, "not arithmetic"),
    "().x": (0, "not arithmetic"),
    "sin(x=1)": (0, "it takes 1"),
    "True": (0, "numbers only"),
    "1j": (0, "which is no number"),
    "2 ^ 3": (2, "**"),
    "'a'": (0, "cannot use"),
    "[1]": (0, "cannot use"),
    "a := 1": (2, "cannot use"),
    "1 // 2": (0, "operator"),
    "1 is 2": (0, "comparison"),
    "sin(1)(2)": (0, "no function"),
    "(lambda)": (7, "does not read"),
    "": (None, "is empty"),
    "½": (0, "cannot use"),
    "1 if p": (0, "does not read"),
    "9" * (LONGEST + 1): (LONGEST, "the most"),
    "9" * 400: (0, "too large"),
    "(" * 50 + "1" + ")" * 50: (40, "brackets"),
    "-" * 60 + "1": (41, "deep"),
}


@pytest.mark.parametrize("text", RESULTS)
def test_results(text: str) -> None:
    assert parse(text)(VALUES) == pytest.approx(RESULTS[text])


@pytest.mark.parametrize("text", REFUSED)
def test_refusals_name_the_column_and_the_cure(text: str) -> None:
    column, says = REFUSED[text]
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.column == column
    assert says in f"{caught.value.message} {caught.value.hint}"


def test_arrays_give_what_single_values_give() -> None:
    seconds = np.linspace(0, 3, 50)
    for name, function in FUNCTIONS.items():
        for count in range(function.fewest, min(function.most, 3) + 1):
            expression = parse(f"{name}({', '.join(['s', '0.3', '0.7'][:count])})")
            together = expression({**VALUES, "s": seconds})
            apart = [float(expression({**VALUES, "s": second})) for second in seconds]
            np.testing.assert_allclose(np.broadcast_to(together, seconds.shape), apart)


def test_names_are_the_variables_that_are_used() -> None:
    assert parse("sin(pi*s) + f*0").names == {"s", "f"}


def test_features_of_the_music_are_strangers_until_they_are_known() -> None:
    heard = expression.parse("1 + kick*sin(s) + hats")
    assert heard.free_names == {"kick": 4, "hats": 18}
    assert heard.names == {"s", "kick", "hats"}
    heard.require(["hats", "kick"])
    assert heard({**VALUES, "kick": 0.0, "hats": 2.0}) == 3
    with pytest.raises(ExpressionError) as caught:
        heard.require(["kick", "hat"])
    assert (caught.value.column, caught.value.message) == (18, 'uses "hats", which is no variable')
    assert 'did you mean "hat"?' in caught.value.hint


@pytest.mark.parametrize("name", sorted({*VARIABLES, *CONSTANTS, *FUNCTIONS, *RESERVED, "", "a b", "1st", "größe", "a" * 41}))
def test_features_have_names_of_their_own(name: str) -> None:
    with pytest.raises(SettingError, match="calls a feature"):
        require_feature_name(name)
    require_feature_name(f"my{name.strip()[:9].replace(' ', '_').replace('öß', 'os')}")


def test_noise_is_seeded_smooth_and_bounded() -> None:
    x = np.linspace(-50, 50, 20_001)
    noise = parse("noise(s)")
    values = noise({**VALUES, "s": x})
    assert np.abs(values).max() <= 1
    assert values.std() > 0.3
    assert np.abs(np.diff(values)).max() < 0.03
    np.testing.assert_array_equal(values, noise({**VALUES, "s": x}))
    assert np.abs(values - noise({**VALUES, "s": x, "seed": 8})).max() > 0.5


def test_rand_changes_at_every_whole_number() -> None:
    rand = parse("rand(s)")
    values = rand({**VALUES, "s": np.arange(10_000.0)})
    assert values.min() >= 0
    assert values.max() < 1
    assert values.mean() == pytest.approx(0.5, abs=0.02)
    assert values.std() == pytest.approx(math.sqrt(1 / 12), abs=0.01)
    assert len(np.unique(values)) == 10_000
    assert rand({**VALUES, "s": 3.0}) == rand({**VALUES, "s": 3.9})


def test_numbers_that_are_no_numbers_come_out_as_such() -> None:
    for text in ("1/0", "0/0", "sqrt(-1)", "log(0)", "9**9**9**9", "exp(9999)", "noise(1/0)", "rand(0/0)", "5 % 0"):
        assert not np.isfinite(parse(text)(VALUES)), text


# ── no string does anything else ────────────────────────────────────────────────────────────────────────────────────

CLOCK = Clock(Fraction(30), 300, Fraction(8), seed=5, features={"kick": np.cos})
SECONDS = np.linspace(0, 10, 100)
SLOWEST = 0.05  # seconds of this thread's own time
ESCAPES = ("exec", "import", "open", "os", "shutil", "socket", "subprocess", "ctypes", "code", "marshal", "pickle")
done: list[str] | None = None  # what Python was asked to do, while a string is being tried


def overhear(event: str, _: tuple[object, ...]) -> None:
    if done is not None and event.split(".")[0] in ESCAPES:
        done.append(event)


np.unique(SECONDS)  # numpy loads a part of itself when this is first asked for
sys.addaudithook(overhear)


def tried(text: str) -> tuple[Any, float]:
    """The numbers that `text` moves through or the error that it is refused with, and the seconds that took."""
    global done
    began, done = time.thread_time(), []
    try:
        curve = read_curve(text, Span("", -1000, 1000))
        curve.require(["kick"])
        result: Any = curve.over(SECONDS, CLOCK)
    except SettingError as error:
        result = error
    finally:
        took, asked, done = time.thread_time() - began, done, None
    assert asked == [], text
    return result, took


@pytest.mark.parametrize("seed", range(10))
def test_no_string_escapes_hangs_or_breaks(seed: int) -> None:
    """A hundred thousand strings in all: each is numbers or one clear refusal, soon, and touches nothing."""
    dice, sound = Random(seed), 0
    for _ in range(10_000):
        text = hostile.hostile(dice)
        result, took = tried(text)
        if took > SLOWEST:  # a busy machine may be slow once
            took = min(tried(text)[1] for _ in range(3))
        assert took < SLOWEST, text
        if isinstance(result, SettingError):
            assert result.message
            assert "\n" not in result.message
            assert result.column is None or 0 <= result.column <= len(text)
        else:
            sound += 1
            assert (result.dtype, result.shape) == (np.float64, SECONDS.shape)
    assert 2_000 < sound < 8_000


def test_the_law_of_escapes_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "sin", Function(lambda value: eval("1"), ""))
    with pytest.raises(AssertionError):
        tried("sin(s)")
