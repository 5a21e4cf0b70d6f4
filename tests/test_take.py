"""Laws of takes: the same settings find their take again, others begin the next, and one process at a time is in it."""

from __future__ import annotations

import errno
import json
import os
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from outputs import Output

from render.develop import files
from render.develop.record import read_record
from render.develop.take import Take
from render.develop.takes import existing_take, open_take
from render.errors import ConfigError, MissingError, RoomError

LIKE = {"seed": 7, "size": [64, 36], "network": {"bestiary": "abc"}}


def opened(root: Path, fingerprint: object = LIKE, fresh: bool = False) -> Take:
    return open_take(root, "gar/den ü", dict(fingerprint), "name: given\n", "name: full\n", fresh)  # type: ignore[call-overload]


def test_a_new_take_says_what_was_asked(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        assert first.folder == tmp_path / "gar-den-ü" / "take-001"
        assert (first.folder / "config.yaml").read_text() == "name: given\n"
        assert (first.folder / "resolved.yaml").read_text() == "name: full\n"
        record = json.loads((first.folder / "run.json").read_text())
        assert record["fingerprint"] == LIKE
        assert record["versions"]["ffmpeg"]
        assert record["started"]


def test_the_same_settings_find_their_take_again(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        first.note(finished="now", seconds=3.5)
    with opened(tmp_path, {**LIKE, "seed": 8}) as second:
        assert second.folder.name == "take-002"
    with opened(tmp_path) as again:
        assert again.record["finished"] == "now"
        assert again.folder.name == "take-001"
        assert again.record["seconds"] == 3.5
    with opened(tmp_path, fresh=True) as third:
        assert third.folder.name == "take-003"


def test_a_second_process_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        with pytest.raises(ConfigError, match=f"another render is at work here .process {os.getpid()}"):
            opened(tmp_path)
        with pytest.raises(ConfigError):
            existing_take(first.folder)
    with existing_take(first.folder) as again:
        assert again.record["fingerprint"] == LIKE


def test_a_take_that_cannot_be_opened_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps the error keeps what it came of; the take must be free all the same."""
    opened(tmp_path).__exit__()
    with monkeypatch.context() as patch:
        patch.setattr(Take, "adopt", lambda *_: (_ for _ in ()).throw(RoomError("the disk is full")))
        with pytest.raises(RoomError) as failure:
            opened(tmp_path)
    opened(tmp_path).__exit__()
    assert failure.value.__traceback__


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
@pytest.mark.parametrize("reason", ["ENOSYS", "ENOTSUP", "EOPNOTSUPP", "ENOLCK"])
def test_on_a_disk_without_locks_it_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(getattr(errno, reason), "no locks here")

    monkeypatch.setattr("fcntl.flock", refuse)
    with opened(tmp_path) as first, existing_take(first.folder) as again:
        assert [notice for notice in first.notices if "knows no locks" in notice]
        assert first.notices == again.notices


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
def test_a_lock_that_fails_for_another_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(MissingError, match="Input/output error"):
        opened(tmp_path)


def test_a_take_of_an_older_format_is_left_alone_with_a_notice(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        first.note(format=1, prints={"film.mp4": {}})
    with opened(tmp_path) as second:
        assert second.folder.name == "take-002"
        (notice,) = second.notices
        assert "take-001: kept by another version of render; its prints stay, and the film begins anew" in notice
    with pytest.raises(MissingError, match="made by another version of render"):
        existing_take(first.folder)
    assert read_record(first.folder)["prints"], "its prints can still be shown"
    with opened(tmp_path) as again:
        assert (again.folder.name, again.notices) == ("take-002", [])


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        (first.folder / "negative").mkdir()
        (first.folder / "negative" / f"{files.PART}1-1.mkv").write_text("")
        (first.folder / f"{files.PART}1-2").mkdir()
    with opened(tmp_path) as again:
        assert [path.name for path in again.folder.rglob(f"{files.PART}*")] == []


def test_a_damaged_record_is_no_take(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        (first.folder / "run.json").write_text("{")
    with opened(tmp_path) as second:
        assert second.folder.name == "take-002"
    with pytest.raises(MissingError, match="not the folder of a take"):
        existing_take(first.folder)


def test_an_unwritable_root_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(MissingError, match="cannot be written"):
        opened(tmp_path / "runs")


def test_prints_are_developed_once(tmp_path: Path) -> None:
    film = {"frames": 30, "fps": Fraction(30)}
    outputs = [Output("{name}.mp4"), Output("s/{frame:03}.png")]
    with opened(tmp_path) as first:
        assert first.missing_prints(outputs, film) == outputs
        files.write(first.folder / "gar/den ü.mp4", b"film")
        files.write(first.folder / "s" / "000.png", b"png")
        first.note_prints(outputs, film)
        assert first.missing_prints(outputs, film) == []
    with opened(tmp_path) as again:
        assert again.missing_prints([*outputs, Output("b.gif")], film) == [Output("b.gif")]
        assert again.missing_prints([Output("{name}.mp4", crf=1)], film) == [Output("{name}.mp4", crf=1)]
        assert again.missing_prints(outputs, {**film, "frames": 31}) == outputs
        (again.folder / "s" / "000.png").unlink()
        assert again.missing_prints(outputs, film) == outputs[1:]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a", "a"),
        ("a b", "a-b"),
        ("../x", "x"),
        ("...", "film"),
        ("", "film"),
        ("é" * 200, "é" * 80),
        ("夢" * 90, "夢" * 66),
        ("\U00020000" * 90, "\U00020000" * 50),
        ("a\0b", "a-b"),
    ],
)
def test_names_become_folders_that_every_disk_takes(tmp_path: Path, name: str, folder: str) -> None:
    assert files.folder_name(name) == folder
    (tmp_path / folder).mkdir()


def test_the_poster_is_a_picture(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        poster = first.poster(np.zeros((4, 4, 3), np.uint16))
        assert poster.read_bytes()[:2] == b"\xff\xd8"
