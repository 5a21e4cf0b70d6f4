"""Laws of the figures of docs/how.md: it shows them all, the cheap one is current, a chart draws what it is given."""

from __future__ import annotations

import re

import figures
from PIL import Image

PAGE = (figures.ROOT / "docs" / "how.md").read_text(encoding="utf-8")


def test_the_page_shows_every_figure_and_they_are_there() -> None:
    files = {file for file, _ in figures.FIGURES.values()}
    assert set(re.findall(r"\]\(how/(\S+)\)", PAGE)) == files
    assert {file.name for file in figures.FOLDER.iterdir()} == files


def test_the_modules_that_it_names_are_there() -> None:
    for name in re.findall(r"`(render/\S+\.py)`", PAGE):
        assert (figures.ROOT / name).exists(), name


def test_the_clocks_are_those_of_the_program() -> None:
    assert (figures.FOLDER / "clocks.svg").read_bytes() == figures.clocks()


def test_a_chart_has_a_line_for_each_row_and_its_name_beside_it() -> None:
    chart = figures._chart({"wild": [0.1, 0.38], "calm": [0.1, 0.37]}, "up", "along", 0.4)
    assert chart.count('stroke-width="2"') == 2
    heights = [float(y) for y in re.findall(r'M[\d.]+ [\d.]+L[\d.]+ ([\d.]+)" stroke="#[\da-f]{6}" stroke-width="2"', chart)]
    assert heights[0] < heights[1], "more is higher up"
    names = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:calm|wild)<', chart)]
    assert abs(names[0] - names[1]) >= 15, "names do not lie on one another"


def test_a_row_is_as_wide_as_its_pictures() -> None:
    row = figures._row([("one", Image.new("RGB", (30, 20))), ("two", Image.new("RGB", (50, 40)))])
    assert row.size == (30 + 50 + figures.GAP, 40 + figures.LINE)
