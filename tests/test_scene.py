"""Laws of a scene: a flash, a black or a burnt picture is no cut, and the dream goes on past it; a cut is one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from test_propagate import alike, details, footage, view
from torch import Tensor

pytestmark = pytest.mark.usefixtures("tiny_network")
COUNT, PLACE = 8, 4  # pictures of a pan, and the one that is another
HIDING: dict[str, Callable[[Tensor], Tensor]] = {
    "white": torch.ones_like,
    "black": torch.zeros_like,
    "grey": lambda picture: torch.full_like(picture, 0.5),
    "grain in the dark": lambda picture: 0.03 * torch.rand(picture.shape, generator=torch.Generator().manual_seed(1)),
    "overexposed": lambda picture: (4 * picture + 0.3).clamp(0, 1),
    "nearly burnt out": lambda picture: (0.05 * picture + 0.97).clamp(0, 1),
}


def pan(first: int = 0, count: int = COUNT, seed: int = 0) -> list[Tensor]:
    return [view(right=2 * (first + index), seed=seed) for index in range(count)]


def kinds(folder: Path, pictures: list[Tensor]) -> list[str]:
    scene = footage(folder, pictures).scene
    moments = [scene.clock.tick(index) for index in range(len(pictures))]
    return [scene.flow_between(before, after).kind for before, after in pairwise(moments)]


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("name", HIDING)
def test_a_flash_carries_the_dream_past_it(tmp_path: Path, name: str, length: int) -> None:
    flash = [HIDING[name](picture) if PLACE <= index < PLACE + length else picture for index, picture in enumerate(pan())]
    folders = tmp_path / "plain", tmp_path / "flash"
    for folder in folders:
        folder.mkdir()
    objective = "dream: {objective: {layer: low}}"
    plain, dreamed = (
        details(footage(folder, pictures, text=objective)) for folder, pictures in zip(folders, (pan(), flash), strict=True)
    )
    assert "cut" not in kinds(folders[1], flash)
    past = slice(PLACE + length, None)
    assert min(map(alike, plain[past], dreamed[past])) > 0.75, "the same dream"


def test_black_ends_are_no_flash(tmp_path: Path) -> None:
    scene = footage(tmp_path, [torch.zeros(1, 3, 72, 96), *pan(1, 2), torch.zeros(1, 3, 72, 96)]).scene
    moments = [scene.clock.tick(index) for index in range(4)]
    assert [scene.flow_between(a, b).kind for a, b in pairwise(moments)] == ["cut", "usual", "cut"]
    frames = [scene.clock.frame(index) for index in range(4)]
    assert [scene.flow_between(moments[k + 1], frames[k]).kind for k in range(3)] == ["cut", "usual", "cut"]


def test_a_cut_is_a_cut(tmp_path: Path) -> None:
    def shot(seed: int) -> list[Tensor]:
        return [view(right=2 * index, seed=seed, size=(180, 320)) for index in range(3)]

    assert kinds(tmp_path, [*shot(0), *shot(3)]) == ["usual", "usual", "cut", "usual", "usual"]
    (tmp_path / "dip").mkdir()
    black = [torch.zeros(1, 3, 180, 320)] * 2
    assert "cut" in kinds(tmp_path / "dip", [*shot(0), *black, *shot(3)]), "through black, and then another shot"
