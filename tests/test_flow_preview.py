"""Laws of the picture of drift: white rests, every direction has its hue, and there is a row for each of a few ticks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image

from render.config import load_text
from render.errors import ConfigError
from render.facts import facts
from render.picture.picture import to_pixels
from render.show import flow_preview
from render.show.progress import silence

pytestmark = pytest.mark.usefixtures("tiny_network")

DREAM = "dream: {rate: every-frame, steps: 1, first_steps: 1, octaves: 1}"


def footage(folder: Path, count: int) -> None:
    wide = to_pixels(tiny.photo((96, 160)))
    for index in range(count):
        Image.fromarray(wide[:, 4 * index : 4 * index + 96]).save(folder / f"{index:02}.png")


def test_a_row_for_each_of_a_few_ticks(tmp_path: Path) -> None:
    footage(tmp_path, 9)
    config = load_text(
        f"{{source: {{frames: '*.png'}}, size: 96x96, fps: 8, duration: 1s, motion: {{zoom: 1}}, {DREAM}}}",
        folder=tmp_path,
        inspect=facts,
    )
    path = flow_preview.strip(config, tmp_path / "runs", tiny.CPU, silence)
    picture = np.asarray(Image.open(path))
    rows = (picture.shape[0] - 2 * flow_preview.LINE - 2 * flow_preview.MARGIN) / (
        48 + flow_preview.LINE + 2 * flow_preview.MARGIN
    )
    assert rows == flow_preview.PLACES
    assert picture.shape[1] == 48 * len(flow_preview.COLUMNS), "a preview is a draft at most"
    top = 2 * flow_preview.LINE + 2 * flow_preview.MARGIN
    source, motion, trust, dream = np.split(picture[top : top + 48].astype(int), 4, axis=1)
    red, _, blue = motion[15:-15, 15:-15].mean((0, 1))
    assert blue > red + 20, "the camera goes right, so things go left, which is cyan"
    assert trust[:, -2:].mean() < trust[:, 20:-20].mean(), "what comes in at the right was not there"
    assert 0 < np.abs(dream - source).mean() < 100


def test_the_wheel() -> None:
    way = {"right": (1, 0), "down": (0, 1), "left": (-1, 0), "up": (0, -1), "rest": (0, 0), "half": (0.5, 0)}
    hue = {name: tuple(flow_preview.colour_flow(np.array([[vector]], float))[0, 0].tolist()) for name, vector in way.items()}
    assert hue["rest"] == (255, 255, 255)
    assert hue["right"] == (255, 0, 0)
    assert hue["half"] == (255, 128, 128)
    assert hue["down"][2] == 0
    assert hue["down"][0] > 200
    assert hue["down"][1] > 200, "yellow"
    assert hue["left"][0] < 60, "cyan"
    assert len(set(hue.values())) == 6


@pytest.mark.parametrize(
    ("text", "key"),
    [("source: {noise: perlin}", "source"), ("{source: {frames: '*.png'}, duration: 1 frame}", "duration")],
)
def test_what_does_not_move_is_refused(tmp_path: Path, text: str, key: str) -> None:
    footage(tmp_path, 2)
    with pytest.raises(ConfigError, match=rf"film.yaml:1:\d+: {key} "):
        flow_preview.strip(
            load_text(text, "film.yaml", folder=tmp_path, overrides=["size=48x48"], inspect=facts), tmp_path, tiny.CPU, silence
        )
