"""Laws of the language's help: whatever an expression, a time or an easing may be has its row, and its example is good."""

from __future__ import annotations

import numpy as np
import pytest
from commands import Command

from render.config import load_text
from render.config.easing import EASINGS, FORMS, JUMPS, easing
from render.config.expression import BINARY, COMPARE, CONSTANTS, FUNCTIONS, SIGNS, UNARY, VARIABLES, parse
from render.config.scalars import TIMES, UNITS, read_time
from render.show.language import BLOCKS, PAGE, TOPICS, chapters_on, draw_curve, in_markdown, in_terminal, words_with_help

SIGN_OF = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "Mod": "%", "Pow": "**", "USub": "-", "UAdd": "+", "Not": "not"} | {
    "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!="
}  # fmt: skip


def first_cells(topic: str) -> set[str]:
    return {row[0].partition("(")[0] for chapter in TOPICS[topic]() for row in chapter.rows}


def test_whatever_there_is_has_its_row() -> None:
    assert first_cells("expressions") >= {*VARIABLES, *CONSTANTS, *FUNCTIONS}
    words = {word for example, meaning in SIGNS.items() for word in (*example.split(), *meaning.split())}
    assert {SIGN_OF[sign.__name__] for table in (BINARY, UNARY, COMPARE) for sign in table} <= {
        word.strip("()`") for word in words
    }
    shown = "\n".join(in_terminal(TOPICS["easings"]()))
    for name in EASINGS:
        family = name.rpartition("-")[2]
        assert name in shown.split() or family in shown.split(), name
    assert all(jump in shown for jump in JUMPS if jump.startswith("jump-") and jump != "jump-end")
    assert {read_time(text).unit for text in TIMES} == {*UNITS.values()}


@pytest.mark.parametrize("example", SIGNS)
def test_every_sign_can_be_written_so(example: str) -> None:
    load_text(f'bpm: 97\nmotion: {{rotate: "{example}"}}')


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_takes_what_its_row_says(name: str) -> None:
    function = FUNCTIONS[name]
    arguments = [argument for argument in function.takes.split(", ") if argument != "…"]
    for count in range(function.fewest, len(arguments) + 1):
        parse(f"{name}({', '.join('s' * count)})")
    with pytest.raises(Exception, match="arguments"):
        parse(f"{name}({', '.join('s' * (function.fewest - 1))})")
    assert function.meaning


def test_a_pulse_is_as_wide_as_it_is_told() -> None:
    s = np.arange(0, 3, 0.01) + 0.005
    for width in (0.1, 0.25, 0.6):
        assert parse(f"pulse(s, {width})")({"s": s}).mean() == pytest.approx(width)
    assert parse("pulse(s)")({"s": s}).mean() == pytest.approx(0.1)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_easing_is_one(form: str) -> None:
    assert easing(form)(np.array([0.0, 1.0]))[1] == 1


def test_a_curve_goes_from_the_lowest_block_to_the_highest() -> None:
    assert draw_curve(np.linspace(0, 1, 8), 8) == BLOCKS
    assert draw_curve(np.ones(4), 4, (0.0, 1.0)) == BLOCKS[-1] * 4
    assert draw_curve(np.ones(4), 4) == BLOCKS[0] * 4


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_is_no_wider_than_a_page(topic: str) -> None:
    assert max(map(len, in_terminal(TOPICS[topic]()))) <= PAGE
    assert all(line.count("|") in (0, len(chapter.head) + 1) for chapter in TOPICS[topic]() for line in in_markdown([chapter]))


def test_a_setting_that_holds_others_has_help() -> None:
    assert [row[0] for row in chapters_on("crop")[0].rows] == ["outputs.crop.size", "outputs.crop.at"]


def test_every_word_that_is_offered_has_help() -> None:
    assert [word for word in words_with_help() if not chapters_on(word) and not word.startswith("ease-")] == []


@pytest.mark.parametrize(
    ("words", "shown"),
    {
        "expressions": "pulse(x, width=0.1)",
        "easings": "in-out",
        "times": "00:01:30",
        "motion": "motion.zoom",
        "octaves": "dream.octaves",
        "pulse": "▁",
        "print": "--width",
        "import deforum": "SETTINGS",
        "": "render help expressions",
    }.items(),
)
def test_help_shows_it(command: Command, words: str, shown: str) -> None:
    said = command("help", *words.split())
    assert (said.code, shown in said.out) == (0, True)


def test_help_on_nothing_names_what_is_near(command: Command) -> None:
    said = command("help", "pulze")
    assert (said.code, said.out) == (2, "")
    assert 'did you mean "pulse"?' in said.words
