"""Laws of names that become files: their lengths are counted in bytes, and what is too long is refused before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.config import load_text
from render.config.file_names import name_from
from render.develop import files
from render.develop.names import fill_name, frame_path
from render.errors import ConfigError

LETTERS = {"a": 1, "é": 2, "夢": 3, "\U00020000": 4}  # and the bytes of each


def longest(path: Path) -> int:
    return max(len(part.encode()) for part in path.parts)


@pytest.mark.parametrize("letter", LETTERS)
def test_a_name_that_is_read_can_be_every_file_that_is_made_of_it(tmp_path: Path, letter: str) -> None:
    most = min(100, 200 // LETTERS[letter])
    config = load_text(f"name: {letter * most}\noutputs: ['{{name}}.mp4', '{{name}}-{{frame:06}}.png']")
    with pytest.raises(ConfigError, match=r"film\.yaml:1:7: name is (.|\n)*200 bytes"):
        load_text(f"name: {letter * (most + 1)}")
    assert name_from(letter * 300) == letter * most, "the name of a file is shortened"
    home = tmp_path / files.folder_name(config.name)
    for output in config.outputs:
        path = frame_path(home / fill_name(output.file, config.name), 9_999_999)
        with files.beside(path) as part:
            part.write_bytes(b"x")
        assert longest(path) <= files.LONGEST


@pytest.mark.parametrize("name", ["tif/####.tif", "tif/%04d.tif", "tif/{frame:04}.tif"])
def test_pictures_are_numbered_as_compositors_write_it(name: str) -> None:
    output = load_text(f"outputs: '{name}'").outputs[0]
    assert (output.file, output.sequence) == ("tif/{frame:04}.tif", True)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("template", ["{}.png", "{}/a.png", "{}-{{frame}}.png", "{}{{frame:30}}.png"])
def test_an_output_is_as_long_as_a_file_s_name_and_no_longer(tmp_path: Path, letter: str, template: str) -> None:
    fitting = max(n for n in range(256) if fits(template.format(letter * n)))
    path = frame_path(tmp_path / fill_name(template.format(letter * fitting), "film"), 1_234_567)
    assert longest(path) in range(files.LONGEST - LETTERS[letter], files.LONGEST + 1)
    files.write(path, b"x")
    with pytest.raises(ConfigError, match=r"is longer than 200 bytes"):
        load_text(f"outputs: '{template.format(letter * 300)}'")
    with pytest.raises(ConfigError, match=r"has \d+ bytes"):
        fill_name(template.format(letter * 300), "film")


def fits(name: str) -> bool:
    try:
        return bool(fill_name(name, "film"))
    except ConfigError:
        return False


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("others", [[], ["take-001"], ["夢" * 90], ["a" * 300, "b" * 300]])
def test_folders_of_any_names_can_be_made(tmp_path: Path, letter: str, others: list[str]) -> None:
    name = files.folder_name(letter * 300, *others)
    (tmp_path / f"{name}-12-{'x' * 40}").mkdir()
    assert name.strip("-")
    assert files.folder_name("my film", "take-001") == "my-film-take-001"
    if others == ["take-001"]:
        assert name.endswith("-take-001")


@pytest.mark.parametrize("setting", ["source: {{image: {}}}", "source: {{frames: {}}}", "source: {{video: {}}}", "mask: {}",
                                     "audio: {}", "dream: {{network: {{inception_v1: {}}}}}"])  # fmt: skip
@pytest.mark.parametrize("name", ["夢" * 90, "a" * 5000, "a/" * 2500 + "a"], ids=["letters", "one name", "folders"])
def test_a_path_that_no_file_can_have_is_refused_at_its_place(setting: str, name: str) -> None:
    with pytest.raises(ConfigError, match=r"film\.yaml:1:.*longer than the name of any file") as error:
        load_text(setting.format(name))
    assert len(str(error.value)) < 500
