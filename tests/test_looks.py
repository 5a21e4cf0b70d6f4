"""Laws of the cookbook: its page and its pictures are those of its films, which load as they are and as they are turned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import looks
import pytest
import yaml
from looks import FOLDER, Look
from PIL import Image

from render.facts import load

LOOKS = [look for part in looks.table().values() for look in part]
ALL = 3_000_000  # bytes of the folder
LONGEST = 32  # lines of a film


@pytest.fixture(autouse=True)
def in_the_projects_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are named on the command line start there."""
    monkeypatch.chdir(looks.ROOT)


def test_the_page_is_current() -> None:
    current = looks.PAGE.read_text(encoding="utf-8") == looks.page()
    assert current, "a look changed, and docs/cookbook.md does not know it: run scripts/looks --page"


def test_every_file_of_the_cookbook_is_a_looks() -> None:
    pictures = {shot.file.name for look in LOOKS for shot in look.shots()} | {looks.SHEET.name, looks.SOURCES.name}
    films = {look.film.name for look in LOOKS} | {looks.TABLE.name}
    assert {file.name for file in FOLDER.iterdir()} == pictures | films
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= ALL
    assert len(LOOKS) >= 30


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_its_film_is_whole_and_short_and_says_what_it_shows(look: Look) -> None:
    text = look.film.read_text(encoding="utf-8")
    assert "extends" not in yaml.safe_load(text)
    assert text.count("\n") <= LONGEST
    assert f"\n#   render docs/cookbook/{look.name}.yaml\n" in text
    assert look.title
    assert look.words.endswith(".")
    assert load(look.film).outputs


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_what_it_says_to_turn_can_be_turned(look: Look) -> None:
    as_it_is = load(look.film)
    for settings in variations(look):
        assert load(look.film, settings).resolved() != as_it_is.resolved(), settings


def variations(look: Look) -> Iterator[tuple[str, ...]]:
    """The settings of each thing to turn."""
    yield look.turn
    yield from ((setting,) for setting in look.more)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_its_pictures_are_of_what_its_film_says(look: Look) -> None:
    for shot in look.shots():
        assert shot.current, f"{shot.file.name} is older than its film: run scripts/looks {look.name}"
        assert shot.file.stat().st_size <= looks.HEAVIEST
    first, turned = (Image.open(shot.file).convert("L") for shot in look.shots())
    assert first.tobytes() != turned.tobytes(), "what is turned can be seen"


def test_a_picture_is_old_when_its_film_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "FOLDER", tmp_path)
    look = LOOKS[0]
    text = (FOLDER / f"{look.name}.yaml").read_text(encoding="utf-8")
    look.film.write_text(text)
    shot, turned = look.shots()
    assert not shot.current
    looks.write(Image.new("RGB", (8, 8)), shot.file, shot.recipe)
    assert shot.current
    assert shot.recipe != turned.recipe
    look.film.write_text(text.replace("# ", "# A word: ", 1))
    assert shot.current, "a comment changes no picture"
    look.film.write_text(re.sub("first_steps: ", "first_steps: 1", text))
    assert not shot.current
