"""Laws of the board: one view of many films, in each style that a single film's progress has."""

from __future__ import annotations

import json

import pytest

from render.show.board import AT_WORK, DONE, FAILED, LEFT, LONGEST, Board
from render.show.eta import Progress
from render.show.progress import STYLES
from render.show.terminal import out

PROGRESS = Progress(5, 41, 0.25, 9)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_a_progress_is_one_of_a_board(style: str, capfd: pytest.CaptureFixture[str]) -> None:
    board = Board(["zoom", "loop"], style)
    with board.live():
        board.note_tick(0, PROGRESS, "attic, GPU 1")
        board.note_end(0, DONE)
        board.note_end(1, FAILED)
    said = capfd.readouterr()
    assert said.out == ""
    assert (style == "json") == (said.err != ""), "the table stands on terminals only"
    assert board.summary() == "1 of 2 films done, 1 failed"


def test_the_table_says_of_each_film_how_far_it_is_and_where() -> None:
    board = Board(["zoom", "loop", "sky"], "none")
    board.note_tick(1, PROGRESS, "attic, GPU 1")
    assert board.table() == [("loop", "5/41", "4.0 a second, 9 s left", "attic, GPU 1")]
    assert board.summary() == "0 of 3 films done, 2 waiting, 1 dreaming"
    board.note_end(1, LEFT)
    assert board.table() == []


def test_programs_get_a_line_of_json_for_each_dream_and_each_end(capfd: pytest.CaptureFixture[str]) -> None:
    board = Board(["zoom"], "json")
    board.note_tick(0, PROGRESS, "attic")
    board.note_end(0, DONE)
    tick, end = map(json.loads, capfd.readouterr().err.splitlines())
    assert (tick["film"], tick["tick"], tick["last"], tick["left"], tick["where"]) == ("zoom", 4, 40, 9, "attic")
    assert end["state"] == DONE


def test_logs_get_a_line_of_each_film_at_work_now_and_then(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("render.show.board.PATIENCE", -1)
    board = Board(["zoom", "loop"], "plain")
    board.note_tick(0, PROGRESS, "attic")
    lines = capfd.readouterr().err.splitlines()
    assert lines == ["zoom: dream 5 of 41, 0.25 s each, 9 s left, on attic", "0 of 2 films done, 1 waiting, 1 dreaming"]


def test_of_many_films_the_table_shows_as_many_as_a_terminal_holds() -> None:
    board = Board([f"film{number}" for number in range(100)], "none")
    for number in range(100):
        board.note_tick(number, PROGRESS, "attic")
    assert len(board.table()) == LONGEST
    assert board.summary() == f"0 of 100 films done, 100 {AT_WORK}"


def test_products_that_go_into_a_file_do_not_come_to_the_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes stderr for a terminal
    with Board(["zoom"], "bar").live():
        out("runs/zoom/take-001/zoom.mp4")
    assert capfd.readouterr().out == "runs/zoom/take-001/zoom.mp4\n"
