"""Laws of sequences: what is there as it is written comes first, then patterns; what is left out, or missing, is said."""

from __future__ import annotations

from glob import escape
from pathlib import Path

import pytest
from commands import Command
from PIL import Image

from render.errors import MissingError
from render.source.sequence import picture_files

FOLDERS = ("shots", "take [4K]", "100%d", "a*b", "#1")
PATTERNS = {  # pattern in a folder -> the numbers of the pictures that it stands for
    "": (1, 2, 3, 10),
    "*.png": (1, 2, 3, 10),
    "shot.*.png": (1, 2, 3, 10),
    "shot.%04d.png": (1, 2, 3, 10),
    "shot.####.png": (1, 2, 3, 10),
    "shot.%d.png": (1, 2, 3, 10),
    "shot.0001.png": (1,),
    "shot.000[1-3].png": (1, 2, 3),
    "shot.%05d.png": (),
    "shot.#####.png": (),
    "shot.%04d.jpg": (),
}


def draw(path: Path, kind: str = "PNG") -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.new("RGB", (32, 32), (90, 120, 60)).save(path, kind)
    return path


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_as_written_comes_first_then_patterns(tmp_path: Path, folder: str, pattern: str) -> None:
    files = {number: draw(tmp_path / folder / f"shot.{number:04}.png") for number in (1, 2, 3, 10)}
    asked = str(Path(escape(str(tmp_path / folder)), pattern))
    expected = tuple(files[number] for number in PATTERNS[pattern])
    if expected:
        assert picture_files(asked).files == expected
    else:
        with pytest.raises(MissingError, match="there are no pictures here"):
            picture_files(asked)


@pytest.mark.parametrize("folder", FOLDERS)
def test_so_does_a_folder_that_looks_like_a_pattern(tmp_path: Path, folder: str) -> None:
    file = draw(tmp_path / folder / "1.png")
    assert picture_files(f"{escape(str(tmp_path))}/{folder}").files == (file,)


def test_a_film_in_a_folder_with_brackets_finds_its_pictures(command: Command, tmp_path: Path) -> None:
    draw(tmp_path / "take [4K]" / "shots" / "1.png")
    film = tmp_path / "take [4K]" / "film.yaml"
    film.write_text("source: {frames: shots}\n")
    said = command("check", str(film))
    assert said.code == 0, said.words


def test_files_with_endings_that_nobody_knows_are_asked_and_what_is_none_is_said(tmp_path: Path) -> None:
    pictures = [draw(tmp_path / name) for name in ("1.png", "2.jfif", "3", "4.picture")]
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "Thumbs.db").write_bytes(b"1")
    (tmp_path / ".hidden").write_bytes(b"1")
    (tmp_path / "folder").mkdir()
    found = picture_files(escape(str(tmp_path)))
    assert found.files == tuple(pictures)
    assert found.notes == (f"{tmp_path}: no pictures, and left out: notes.txt",)
    for path in pictures:
        path.unlink()
    with pytest.raises(MissingError, match=r"there are no pictures here, but notes\.txt"):
        picture_files(escape(str(tmp_path)))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((1, 2, 3), None),
        ((0, 10, 20, 30), None),
        ((1, 2, 4), "1 are missing, and the film goes on without them: 3"),
        ((1, 2, 8, 9, 11), "6 are missing, and the film goes on without them: 3 to 7, 10"),
        ((1, 3, 6, 8, 11, 12), "6 are missing, and the film goes on without them: 2, 4 to 5, 7 and 1 more"),
    ],
    ids=str,
)
def test_a_gap_in_the_numbers_is_said(tmp_path: Path, numbers: tuple[int, ...], said: str | None) -> None:
    for number in numbers:
        draw(tmp_path / f"take2_{number:03}.png")
    notes = picture_files(escape(str(tmp_path / "take2_###.png")) if numbers[0] else escape(str(tmp_path))).notes
    assert len(notes) == bool(said)
    assert all(note.endswith(str(said)) for note in notes)


def test_what_is_missing_is_said_before_a_film_and_when_it_is_checked(command: Command, tmp_path: Path) -> None:
    for number in (1, 2, 4):
        draw(tmp_path / "shots" / f"{number}.png")
    (tmp_path / "film.yaml").write_text("source: {frames: shots/#.png}\n")
    said = command("check", str(tmp_path / "film.yaml"))
    assert said.code == 0
    assert "1 are missing" in said.words
