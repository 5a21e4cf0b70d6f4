"""Expressions: what they compute, what they refuse and where, and that no string does anything else."""

from __future__ import annotations

import math
import random
import time
from typing import Any

import numpy as np
import pytest

from render.config.expression import FUNCTIONS, LONGEST, VARIABLES, ExpressionError, parse

VALUES = {"f": 30.0, "s": 1.0, "b": 2.0, "p": 0.25, "fps": 30.0, "seed": 7}

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
    "2 * phi": (4, "known: f s b"),
    "sin + 1": (0, "brackets"),
    "min(1)": (0, "at least 2"),
    "sin(1, 2)": (0, "it takes 1"),
    "1 +": (2, "missing"),
    "(1 + 2": (0, "never closed"),
    "p.real": (0, "not arithmetic"),
    "().x": (0, "not arithmetic"),
    "sin(x=1)": (0, "it takes 1"),
    "True": (0, "numbers only"),
    "1j": (0, "numbers only"),
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


WORDS = [
    *VARIABLES,
    *FUNCTIONS,
    *[
        "pi",
        "tau",
        "t",
        "x",
        "__import__",
        "print",
        "eval",
        "open",
        "np",
        "os",
        "lambda",
        "yield",
        "await",
        "if",
        "else",
    ],
    *["and", "or", "not", "in", "is", "for", "None", "True", "__class__", ".real", "...", "->", "f''", '"a"', "''"],
    *[
        "2.5",
        "1e9",
        "1e999",
        ".5",
        "99999999999999999999",
        "0x1f",
        "1if",
        "1_0",
        "0777",
        "**",
        "//",
        "<<",
        "<=",
        ">=",
        "==",
    ],
    *"()()(),,.:;@=!<>~+-*/%&|^\\#$?`[]{}01é½０日\x00\n\t\r\ud800\u2028",
]


def random_text(dice: random.Random) -> str:
    """A string of words in any order, or one that is nearly an expression."""
    if dice.random() < 0.4:
        return "".join(dice.choice(WORDS) + dice.choice(["", " "]) for _ in range(dice.randrange(12)))
    text = "s"
    for _ in range(dice.randrange(1, 14)):
        other = dice.choice(["f", "p", "b", "2", "-1e9", "0", "fps", "seed"])
        operator = dice.choice(["+", "-", "*", "/", "%", "**", "<", "and", "or", "!="])
        wider = [
            f"({text})",
            f"({text}) {operator} {other}",
            f"{other} {operator} ({text})",
            f"-{text}",
            f"not ({text})",
        ]
        deeper = [f"{name}({', '.join([text, other, text][: rule.fewest])})" for name, rule in FUNCTIONS.items()]
        text = dice.choice([*wider, dice.choice(deeper), f"({text}) if {other} else {text[:40]}"])
    place = dice.randrange(len(text) + 1)
    return text if dice.random() < 0.6 else text[:place] + dice.choice(WORDS) + text[place + 1 :]


def evaluate(text: str) -> Any:
    """The numbers, or the error that is allowed."""
    try:
        return np.broadcast_to(parse(text)({**VALUES, "s": np.linspace(0, 10, 100)}), (100,))
    except ExpressionError as error:
        return error


def test_no_string_escapes_hangs_or_breaks() -> None:
    dice = random.Random(1)
    good = 0
    for _ in range(40_000):
        text = random_text(dice)
        began = time.perf_counter()
        result = evaluate(text)
        assert time.perf_counter() - began < 1.0, text
        if isinstance(result, ExpressionError):
            assert result.message
            assert result.column is None or 0 <= result.column <= len(text)
        else:
            good += 1
            assert result.dtype == np.float64
    assert good > 10_000
