"""Laws of fields: a cell's reach is what arithmetic says, and of one that sees all what there is to speak of."""

from __future__ import annotations

import pytest
import tiny
import torch
from torch import nn

from render.dream.network import Activations
from render.dream.receptive import FARTHEST, measure_fields


class Everywhere(nn.Module):
    """Mixes a little of the mean of all into every place, as squeeze-and-excitation does."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.share * x.mean((2, 3), keepdim=True)


def reaches(*stages: nn.Module) -> list[tuple[int, tuple[int, int]]]:
    """The pixels a cell and the reach of each of a row of stages."""
    torch.manual_seed(0)
    names = list(map(str, range(len(stages))))

    def extract(x: torch.Tensor) -> Activations:
        seen = {}
        for name, stage in zip(names, stages, strict=True):
            seen[name] = x = stage(x)
        return seen

    return [(field.stride, field.reach) for field in measure_fields(extract, names, 256, tiny.CPU).values()]


def test_a_cell_reaches_as_far_as_arithmetic_says() -> None:
    """Before its first pixel p * j more for each padding p at j pixels a cell, behind it (k - p) * j, less the cell before."""
    assert reaches(
        nn.Conv2d(3, 6, 7, 2, 3),
        nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(6, 4, 3, 2),
        nn.Conv2d(4, 4, 14, 14),
        nn.AdaptiveAvgPool2d(1),
    ) == [(2, (3, 4)), (4, (5, 6)), (8, (5, 14)), (112, (5, 118)), (0, (0, 0))]


def test_what_sees_all_reaches_as_far_as_is_to_speak_of() -> None:
    near, far = reaches(Everywhere(1e-6))[0][1], reaches(Everywhere(1.0))[0][1]
    assert near == (0, 1)
    assert far == pytest.approx((FARTHEST, FARTHEST))
