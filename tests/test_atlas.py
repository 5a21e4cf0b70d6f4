"""Laws of atlases: every layer, channel and class that is asked for is on the sheet, dreamed, named, and the same each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tiny
import torch
from commands import Command

from render.dream.network import CLASSES
from render.errors import ConfigError
from render.picture.picture import to_pixels
from render.show import atlas
from render.show import sheet as sheets
from render.show.atlas import Recipe, Sheet, draw, dream_plates, numbers, plan

NETWORK = tiny.network()
RECIPE = Recipe(size=32, steps=3, seed=1)


def captions(sheet: Sheet) -> list[str]:
    return [plate.caption for plate in sheet.plates]


def test_layers_are_shown_with_what_they_are() -> None:
    sheet = plan(replace(NETWORK, notes={"shapes": "curls"}), photo=True)
    assert [row.heading for row in sheet.rows] == list(NETWORK.layers)
    assert sheet.rows[1].lines == ("curls", "12 channels, a cell is 2 px", "sees 14 px")
    assert [plate.caption for plate in sheet.rows[0].plates] == ["from noise", "on a photo", "1", "3", "5", "7"]
    assert [plate.caption for plate in sheet.rows[2].plates][2:] == ["eye", "fish", "leaf", "fern"], (
        "the classes by their names"
    )
    assert "on a photo" not in captions(plan(NETWORK))


def test_all_of_a_sheet_may_lie_on_a_picture() -> None:
    picture = tiny.photo((32, 32))
    layers = plan(NETWORK, picture=picture)
    assert [row.heading for row in layers.rows] == list(NETWORK.layers)
    assert all(plate.seed is None for plate in layers.plates)
    assert captions(layers).count("on the picture") == len(NETWORK.layers)
    some = plan(NETWORK, layer="low", channels="0-2", picture=picture)
    assert captions(some) == ["0", "1", "2"]
    assert "on the picture" in plan(NETWORK, classes="eye", picture=picture).subtitle
    pictures = list(dream_plates(some, NETWORK, replace(RECIPE, photo=picture)))
    assert not np.array_equal(pictures[0], pictures[1])
    assert np.corrcoef(pictures[0].flatten(), to_pixels(picture).flatten())[0, 1] > 0.6


def test_of_many_layers_some_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlas, "MOST_ROWS", 2)
    assert [row.heading for row in plan(NETWORK).rows] == ["edges", "classes"]


def test_channels_and_classes_that_are_asked_for_are_shown() -> None:
    assert captions(plan(NETWORK, layer="low", channels="0-2,7")) == ["0", "1", "2", "7"]
    assert captions(plan(NETWORK, layer="shapes")) == [str(number) for number in range(12)]
    assert captions(plan(NETWORK, layer=CLASSES, channels="2")) == ["fish"]
    assert captions(plan(NETWORK, classes="tower, goldfish,5")) == ["tower", "fish", "fern"]
    assert len(captions(plan(NETWORK, classes="all"))) == 6


@pytest.mark.parametrize(("many", "rows"), [(1, [1]), (2, [2]), (4, [4]), (5, [5]), (6, [3, 3]), (7, [4, 3]), (32, [8] * 4)])
def test_a_grid_leaves_few_places_over(many: int, rows: list[int]) -> None:
    plates = plan(replace(NETWORK, labels=tuple(f"kind {i}" for i in range(32))), classes=",".join(map(str, range(many))))
    assert [len(row.plates) for row in plates.rows] == rows


FAULTS = [
    ({"classes": "eye", "layer": "low"}, "classes stand alone"),
    ({"channels": "0-3"}, "channels need a layer"),
    ({"layer": "low", "channels": "0-8"}, "is 8, and tiny's layer edges has channels 0 to 7"),
    ({"layer": "low", "channels": "eye"}, 'is "eye", which counts no channels'),
    ({"layer": "lwo"}, "has no such layer"),
    ({"classes": "eys"}, "has no such class"),
    ({"classes": "9"}, "is 9, and tiny has classes 0 to 5"),
]


@pytest.mark.parametrize(("words", "said"), FAULTS)
def test_what_cannot_be_shown_is_named(words: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        plan(NETWORK, **words)


def test_numbers_are_counted_up() -> None:
    assert numbers("0-3, 7,9-9") == [0, 1, 2, 3, 7, 9]


def test_a_sheet_is_the_same_each_time_and_another_for_another_seed() -> None:
    sheet = plan(NETWORK, classes="eye,leaf")
    once, again = (list(dream_plates(sheet, NETWORK, RECIPE)) for _ in range(2))
    other = list(dream_plates(sheet, NETWORK, replace(RECIPE, seed=2)))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert not np.array_equal(once[0], other[0])
    assert not np.array_equal(once[0], once[1])


def test_plates_show_what_was_asked_for() -> None:
    """More of its channel than a plate of another channel has."""
    sheet = plan(NETWORK, layer="shapes", channels="1,4")
    extract = NETWORK.extractor(["shapes"], tiny.CPU)
    seen = [
        extract(torch.from_numpy(p).permute(2, 0, 1)[None] / 255)["shapes"]
        for p in dream_plates(sheet, NETWORK, replace(RECIPE, steps=12))
    ]
    one, other = (x.mean((0, 2, 3))[[1, 4]].tolist() for x in seen)
    assert one[0] > other[0]
    assert other[1] > one[1]


def test_a_photo_stays_a_photo() -> None:
    photo = tiny.photo((32, 32))
    sheet = plan(NETWORK, photo=True)
    plates = list(dream_plates(sheet, NETWORK, replace(RECIPE, photo=photo)))
    ours = next(p for plate, p in zip(sheet.plates, plates, strict=True) if plate.seed is None)
    kept = np.corrcoef(ours.flatten(), to_pixels(photo).flatten())[0, 1]
    assert 0.7 < kept < 0.9999


def test_every_picture_stands_in_its_place() -> None:
    sheet = plan(NETWORK, photo=True)
    pictures = [np.full((32, 32, 3), 10 * number, np.uint8) for number in range(1, len(sheet.plates) + 1)]
    paper = draw(sheet, pictures)
    for picture in pictures:
        assert (paper == picture[0, 0]).all(2).sum() >= 32 * 32
    words = paper[:, : sheets.MARGIN + sheets.GUTTER]
    assert (words == sheets.ACCENT).all(2).any(), "headings stand in the gutter"
    assert (words != sheets.GROUND).any(2)[:, : sheets.MARGIN].sum() == 0, "and nothing in the margin"


@pytest.mark.usefixtures("tiny_network")
def test_the_command_writes_a_sheet_and_tells_its_path(command: Command, tmp_path: Path) -> None:
    words = ["atlas", "bestiary", "--classes", "eye,leaf", "--size", "32", "--steps", "2", "--device", "cpu"]
    path = Path(command(*words, "-o", str(tmp_path / "new" / "sheet.png")).out.strip())
    assert path == tmp_path / "new" / "sheet.png"
    assert iio.imread(path).shape[2] == 3


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--classes", "eys"], 'did you mean "eye"'),
        (["--layer", "low", "--channels", "99"], "has channels 0 to 7"),
        (["--channels", "1"], "channels need a layer"),
        (["-o", "sheet.gif"], "a sheet is a .png"),
        (["--photo", "gone.jpg"], "gone.jpg"),
        (["--labels", "gone.txt"], "gone.txt: there is no such file"),
    ],
)
def test_the_command_names_what_is_wrong(words: list[str], text: str, command: Command) -> None:
    said = command("atlas", "bestiary", "--device", "cpu", *words)
    assert said.code in (2, 3)
    assert text in said.words
