"""Laws of listings: fields are measured as they are, whatever the layers are made of, and every layer has its line."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import pytest
import tiny
import torch
from torch import nn

from render.dream.network import Network, freeze, in_stages
from render.show.listing import ReceptiveField, classes, fields_of, layers


def of(**stages: nn.Module) -> Network:
    """A network of these stages."""
    row = OrderedDict((name, freeze(stage, tiny.CPU)) for name, stage in stages.items())
    return replace(tiny.network(), layers=tuple(row), cut=in_stages(row), aliases={})


def test_fields_are_what_arithmetic_says() -> None:
    """r + (k - 1) * j for each kernel k at j pixels a cell, in a row of convolutions and pools."""
    torch.manual_seed(0)
    network = of(
        stem=nn.Conv2d(3, 6, 7, 2, 3),
        pooled=nn.MaxPool2d(3, 2, 1),
        wide=nn.Conv2d(6, 5, 5, padding=2),
        holed=nn.Conv2d(5, 4, 3, padding=4, dilation=4),
        unpadded=nn.Conv2d(4, 3, 3, 2),
        whole=nn.AdaptiveAvgPool2d(1),
    )
    assert fields_of(network, network.layers) == {
        "stem": ReceptiveField(6, 2, 7),
        "pooled": ReceptiveField(6, 4, 7 + 2 * 2),
        "wide": ReceptiveField(5, 4, 11 + 4 * 4),
        "holed": ReceptiveField(4, 4, 27 + 8 * 4),
        "unpadded": ReceptiveField(3, 8, 59 + 2 * 4),
        "whole": ReceptiveField(3, 0, 0),
    }


def test_fields_wider_than_the_first_strip_are_measured_on_the_second() -> None:
    torch.manual_seed(0)
    network = of(near=nn.Conv2d(3, 4, 3, padding=1), far=nn.Conv2d(4, 4, (1, 401), padding=(0, 200)), all=Mean())
    assert fields_of(network, network.layers) == {
        "near": ReceptiveField(4, 1, 3),
        "far": ReceptiveField(4, 1, 403),
        "all": ReceptiveField(4, 1, 0),
    }


class Mean(nn.Module):
    """Mixes every place with the mean of all, as squeeze-and-excitation does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + x.mean((2, 3), keepdim=True)


def test_safe_octaves_hold_some_cells() -> None:
    network = tiny.network()
    assert ReceptiveField(8, 2, 7).octave(network) == network.min_side
    assert ReceptiveField(8, 32, 700).octave(network) == 128


def test_every_layer_has_its_line() -> None:
    network = replace(tiny.network(), notes={"shapes": "curls"})
    head, *lines = layers(network)
    assert head.split() == ["layer", "channels", "a", "cell", "sees", "octave", "from"]
    assert [line.split() for line in lines] == [
        ["1", "edges", "8", "1", "px", "5", "px", "8", "px", "(low)"],
        ["2", "shapes", "12", "2", "px", "14", "px", "8", "px", "(high)", "curls"],
        ["3", "classes", "6", "4", "px", "24", "px", "16", "px"],
    ]
    assert len(list(layers(network, "shap"))) == 2
    assert list(layers(network, "nothing of the kind")) == []


def test_of_networks_with_many_only_blocks_are_listed() -> None:
    network = replace(tiny.network(), blocks=("shapes",))
    _, line, rest = layers(network)
    assert line.split()[1] == "shapes"
    assert rest.startswith("and 2 more")
    assert "render layers tiny WORD" in rest
    assert [line.split()[1] for line in list(layers(network, "e"))[1:]] == ["edges", "shapes", "classes"]


@pytest.mark.parametrize(
    ("query", "found"), [("fish", ["2"]), ("FER", ["5"]), ("", ["0", "1", "2", "3", "4", "5"]), ("xyz", [])]
)
def test_classes_are_found_by_part_of_their_name(query: str, found: list[str]) -> None:
    assert [line.split()[0] for line in classes(tiny.network(), query)] == found
