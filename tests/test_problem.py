"""Problems: one message for all that is wrong with a film, with the line and a caret under the place."""

from __future__ import annotations

import pytest

from render.config import load_text
from render.config.problem import ProblemsError
from render.errors import ConfigError, MissingError
from tests.vocabulary import says


def test_the_message_is_the_one_of_the_design() -> None:
    assert says("seed: 1\nmotion:\n  zom: 1.5\n") == (
        'film.yaml:3:3: unknown key "zom" in motion\n'
        "  3 │   zom: 1.5\n"
        '    │   ^^^ did you mean "zoom"?  known: zoom rotate pan spiral swirl shake tilt center to centers border\n'
        "1 problem. Nothing was rendered."
    )


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = "fps: 0\nmotion: {zoom: fast, zom: 1}\nseed: x\nfps: 3\nsize: -1x5\nlook: 9\n"
    with pytest.raises(ProblemsError) as caught:
        load_text(text)
    places = [(problem.place.line, problem.place.column) for problem in caught.value.problems]
    assert places == [(0, 5), (1, 15), (1, 21), (2, 6), (3, 0), (4, 6), (5, 6)]
    assert caught.value.exit_code == 2
    assert "7 problems." in str(caught.value)


def test_a_flood_of_problems_is_cut_short() -> None:
    message = says("\n".join(f"key{number}: 1" for number in range(900)))
    assert message.endswith("900 problems, of which these are the first 40. Nothing was rendered.")
    assert message.count("unknown key") == 40


def test_carets_stand_under_wide_letters_and_far_to_the_right() -> None:
    wide = says("name: '日本'\nlook: {hold: 0.5, 'ｗｉｄｅ': 1}\n").splitlines()
    assert wide[2].index("^") == len("    │ look: {hold: 0.5, ")
    far = says("motion: {pan: [0, 0]," + " " * 150 + "zoom: 0}").splitlines()
    assert far[1].rindex("0") == far[2].index("^")


def test_places_are_known_after_loading() -> None:
    config = load_text("dream:\n  objective:\n    - {layer: mdi}", "film.yaml")
    error = config.problem("dream.objective.0.layer", 'is "mdi", which bestiary does not have', "known: low mid high")
    assert isinstance(error, ConfigError)
    assert str(error).startswith('film.yaml:3:15: dream.objective.0.layer is "mdi", which bestiary does not have\n')
    assert "               ^^^ known: low mid high" in str(error)
    missing = config.problem("source.noise", "is a default", error=MissingError)
    assert isinstance(missing, MissingError)
    assert missing.exit_code == 3
