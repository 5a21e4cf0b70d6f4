"""Laws of the README: its configurations are good, its code is the code, its commands and formats are those that there are."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import render
from render.cli import command_line
from render.config import load_text
from render.config.facts import Facts
from render.config.parts import formats

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_its_configurations_are_good(tmp_path: Path, text: str) -> None:
    (tmp_path / "base.yaml").write_text("seed: 1\n")
    (tmp_path / "photo.jpg").touch()
    said = Facts(fps=Fraction(30), footage=Fraction(10), music=Fraction(10), features=dict.fromkeys(("kick",), np.zeros_like))
    load_text(text, folder=tmp_path, inspect=lambda config: said)


def test_its_first_film_is_the_one_that_the_first_command_renders() -> None:
    texts = blocks("yaml")[0], (ROOT / "configs/zoom.yaml").read_text("utf-8")
    shown, rendered = (load_text(text, "zoom.yaml") for text in texts)
    assert (shown.fingerprint(), shown.outputs) == (rendered.fingerprint(), rendered.outputs)


def test_the_heart_is_that_of_the_film() -> None:
    heart = blocks("python")[0]
    assert heart in (ROOT / "render/travel.py").read_text(encoding="utf-8")


def test_its_python_is_what_there_is() -> None:
    program = blocks("python")[1]
    compile(program, "README", "exec")
    assert {*re.findall(r"render\.(\w+)\(", program)} == {"build", "render"} <= {*render.__all__}


def test_every_command_stands_in_it() -> None:
    for name, command in command_line.commands.items():
        assert command.hidden or f"\nrender {name} " in README


def test_every_format_stands_in_it() -> None:
    rows = {ending: row for row in README.splitlines() if row.startswith("| `.") for ending in re.findall(r"`(\.\w+)`", row)}
    known = formats()
    assert rows.keys() | {".jpeg"} == known.endings.keys()
    for ending, row in rows.items():
        codecs = re.findall(r"[a-z]+\d+|prores", row.split("|")[3])
        held = [format.name for format in known.of(ending) if not format.hardware]
        assert codecs == [codec for codec in held if re.fullmatch(r"[a-z]+\d+|prores", codec)]
        assert ("alpha" in row) == any(format.alpha for format in known.of(ending)), ending
    hardware = [name for name, format in known.by_name.items() if format.hardware]
    assert all(f"`{codec}`" in README or f"`codec: {codec}`" in README for codec in hardware)


def test_its_files_are_there() -> None:
    for name in re.findall(r"\]\(([^):]+)\)", README):
        assert (ROOT / name).exists()
    for name in re.findall(r"`((?:picture|dream|develop|config)/\w+\.py)`", CONTRIBUTING):
        assert (ROOT / "render" / name).exists()


# ---- the page of the tests


def test_every_test_file_mirrors_a_module_or_is_on_the_page_of_the_tests() -> None:
    modules = [path for room in ("render", "scripts") for path in (ROOT / room).rglob("*.py")]
    mirrored = {name for path in modules for name in (path.stem, path.parent.name, f"{path.parent.name}_{path.stem}")}
    page = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    files = {path.stem for path in (ROOT / "tests").glob("*.py") if path.stem != "conftest"}
    explained = set(re.findall(r"`(\w+)`", page))
    assert sorted(name for name in files - explained if name.removeprefix("test_") not in mirrored) == []
    assert sorted(name for name in explained if name.startswith("test_") and name not in files) == []
