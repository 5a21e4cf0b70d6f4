"""Laws of the reference: docs/reference.md is current and names every setting once; its examples are good and whole."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import reference
import yaml

from render.config import load_text
from render.config.model import OBJECTIVES, Settings
from render.config.section import walk
from render.facts import Facts

ROOT = Path(__file__).parent.parent


def test_it_is_current() -> None:
    current = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == reference.page()
    assert current, "a setting changed, and docs/reference.md does not know it: run scripts/reference"


def test_it_has_a_row_for_every_setting() -> None:
    rows = [f"{section}.{setting.path[-1]}" for section, setting in reference.settings()]
    assert len(rows) == len(set(rows))
    assert {section for section, _ in reference.settings()} == set(reference.SECTIONS)
    keys = {setting.key for setting in walk(Settings) if setting.type}
    shared = {f"dream.objective.{kind}.{key}" for kind in OBJECTIVES for key in ("network", "weight")}
    masks = {key for key in keys if key.startswith("dream.objective.") and ".mask." in key}
    assert keys - shared - masks <= {row.removeprefix(".") for row in rows}


@pytest.mark.parametrize("section", reference.SECTIONS)
def test_its_examples_are_good_and_show_every_setting(section: str, tmp_path: Path) -> None:
    _, example = reference.SECTIONS[section]
    (tmp_path / "base.yaml").write_text("seed: 1\n")
    (tmp_path / "moves.csv").write_text("seconds,motion.zoom\n0,1\n1,2\n")
    said = Facts(fps=Fraction(30), footage=Fraction(10), music=Fraction(10))
    load_text(example, folder=tmp_path, inspect=lambda config: said)
    shown = set(mapping_keys(yaml.safe_load(example)))
    assert {str(setting.path[-1]) for of, setting in reference.settings() if of == section} <= shown


def mapping_keys(value: object) -> list[str]:
    """The keys of mappings, at any depth; the only item of a list may be written as itself."""
    if isinstance(value, dict):
        return [*map(str, value), *(key for inside in value.values() for key in mapping_keys(inside))]
    return [key for item in value for key in mapping_keys(item)] if isinstance(value, list) else []
