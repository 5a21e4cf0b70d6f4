"""Sweeps: a take for each variant, a sheet and a page of them all; nothing is dreamed twice; one becomes a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Command
from PIL import Image

from render.facts import load
from render.show import sheet

FILM = """\
# A small garden.
size: 64x40
fps: 8
duration: 0.5s
source: {noise: perlin}
dream: {rate: 2, octaves: 1, steps: 1, first_steps: 1, precision: float32, objective: [{layer: shapes, weight: 0.5}]}
outputs: "{name}.png"
"""
VARY = ("--vary", "seed=1..2", "--vary", "dream.objective.0.weight=0.3,0.6,1", "--device", "cpu")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "garden.yaml"
    path.write_text(FILM)
    return path


@pytest.mark.usefixtures("tiny_network")
def test_a_sweep_is_a_take_for_each_variant_a_sheet_and_a_page(command: Command, film: Path, tmp_path: Path) -> None:
    said = command("sweep", film.name, *VARY)
    home = tmp_path / "runs" / "garden-sweep"
    assert said.code == 0, said.words
    takes = sorted(home.glob("*/take-*"))
    assert [take.name for take in takes] == ["take-001"] * 6
    assert {take.parent.name for take in takes} >= {"seed-1_weight-0.3", "seed-2_weight-1"}
    assert said.out.splitlines()[-2:] == ["runs/garden-sweep/sheet.png", "runs/garden-sweep/site/index.html"]
    with Image.open(home / "sheet.png") as picture:
        assert picture.width >= sheet.GUTTER + 3 * 64  # rows of the first axis, columns of the second
        assert picture.height == sheet.HEAD + 2 * (40 + sheet.GAP + sheet.CAPTION) + sheet.FOOT
    page = (home / "site" / "index.html").read_text()
    assert "repeat(3, 1fr)" in page
    places = [page.index(f"seed {seed}, weight {weight}</p>") for seed in (1, 2) for weight in ("0.3", "0.6", "1")]
    assert places == sorted(places), "in the order of the sheet"

    again = command("sweep", film.name, *VARY)
    assert again.words.count("nothing was left to dream") == 6
    assert sorted(home.glob("*/take-*")) == takes


@pytest.mark.usefixtures("tiny_network")
def test_the_one_that_was_liked_becomes_a_file_that_is_the_same_film(command: Command, film: Path) -> None:
    said = command("sweep", film.name, *VARY, "--pick", "5")
    assert said.code == 0
    picked = load(Path(said.out.strip()))
    wanted = load(film, ["seed=2", "dream.objective.0.weight=0.6"])
    assert picked.fingerprint() == wanted.fingerprint()
    assert picked.dream.objective == wanted.dream.objective
    again = command("sweep", film.name, *VARY, "--pick", "5")
    assert (again.code, "is here already" in again.words) == (2, True)
    assert not Path("runs").exists(), "picking renders nothing"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--vary", "sed=1..16"), '--vary sed=1: unknown key "sed"'),
        (("--vary", "seed=1,2", "--set", "sed=1"), '--set sed=1: unknown key "sed"'),
        (("--vary", "dream.octaves=3,400"), "outside 1 to 20"),
        ((), "--vary"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_once(command: Command, film: Path, arguments: tuple[str, ...], words: str) -> None:
    said = command("sweep", film.name, *arguments)
    assert said.code == 2
    assert said.words.count(words) == 1
    assert not Path("runs").exists()


@pytest.mark.usefixtures("tiny_network")
def test_variants_of_other_sizes_stand_whole_on_one_sheet(command: Command, film: Path, tmp_path: Path) -> None:
    said = command("sweep", film.name, "--vary", "size=64x40,40x64", "--device", "cpu")
    assert said.code == 0
    with Image.open(tmp_path / "runs" / "garden-sweep" / "sheet.png") as picture:
        assert picture.height == sheet.HEAD + 40 + sheet.GAP + sheet.CAPTION + sheet.FOOT
