"""The vocabulary as data: templates, schema and reference know every setting."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from render.config import Settings, json_schema, load_text, reference
from render.config.facts import Facts
from render.config.model import OBJECTIVES, OUTPUT_SUFFIXES, SOURCES, OutputSettings
from render.config.moving import features
from render.config.parts import parts
from render.config.templates import TEMPLATES, template
from render.errors import ConfigError
from tests.vocabulary import all_sections


def told(settings: Settings) -> Facts:
    """What any files might say of themselves."""
    silence = dict.fromkeys(features(settings), np.zeros_like)
    return Facts((90, 160), Fraction(25), Fraction(8), Fraction(8), features=silence)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_templates_load_and_name_every_setting(kind: str) -> None:
    text = template(kind)
    config = load_text(text, "film.yaml", inspect=told)
    values = TEMPLATES[kind][1]
    assert config == load_text(json.dumps(values), "film.yaml", inspect=told), "a template says the defaults, and its changes"
    for key in Settings.rows():
        assert re.search(rf"^(# )?{key}:", text, re.MULTILINE)
    with pytest.raises(ConfigError, match="did you mean"):
        template(kind + "s")


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_names_the_schema_where_it_lies_beside(kind: str, tmp_path: Path) -> None:
    film, line = tmp_path / "my film.yaml", "# yaml-language-server: $schema=render.schema.json\n"
    assert "$schema" not in template(kind, film), "an editor would look for a file that is not there"
    (tmp_path / "render.schema.json").touch()
    assert template(kind, film).startswith(line)


def test_the_schema_knows_every_setting() -> None:
    schema = json_schema()
    definitions = schema["$defs"]
    assert json.loads(json.dumps(dict(schema))) == schema
    for section in {section for _, section in all_sections()}:
        body = schema if section is Settings else definitions[section.__name__]
        body = body.get("anyOf", [body])[0]
        assert list(body["properties"]) == list(section.rows())
        assert body["additionalProperties"] is False
        assert all(rule["description"] for rule in body["properties"].values())


def test_the_reference_has_a_row_for_every_setting() -> None:
    rows = reference()
    assert len({row.key for row in rows}) == len(rows)
    assert all(row.meaning and row.takes for row in rows)
    assert next(row for row in rows if row.key == "motion.rotate").default == 0


def test_the_parts_are_named_once() -> None:
    assert (tuple(parts().motions), OBJECTIVES, SOURCES) == (
        ("zoom", "rotate", "pan", "spiral", "swirl", "shake", "tilt"),
        ("layer", "channels", "class", "guide", "neuron", "direction", "garden"),
        ("noise", "image", "frames", "video", "take"),
    )
    assert len(set(OUTPUT_SUFFIXES)) == 12


def test_every_objective_may_ask_its_own_network() -> None:
    assert {row.key for row in reference()} >= {f"dream.objective.{kind}.network" for kind in OBJECTIVES}


def test_the_configuration_does_not_wait_for_the_engine() -> None:
    heavy = ["torch", "torchvision", "cv2", "imageio", "rich", "click"]
    code = f"import sys, render.config; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_names_every_setting_of_an_output(kind: str) -> None:
    lines = template(kind).partition("\noutputs:")[2].splitlines()
    named = [line.strip(" #-").partition(":")[0] for line in lines if line.startswith("  #")]
    assert named == list(OutputSettings.rows())
