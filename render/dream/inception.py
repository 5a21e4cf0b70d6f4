"""The original GoogLeNet as a row of stages (Szegedy et al., arXiv 1409.4842), for weights that bear Caffe's layer names.

Departures from the Caffe graph change its speed, not its values: the three 1x1 convolutions of a block that read the same
input are one; local response normalisation is a banded 1x1 convolution; the classifier is a 1x1 convolution, so it gives a
class *map* whose mean is the logits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from render.dream.fuse import side_by_side
from render.errors import MissingError

BLOCKS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
POOLED = ("3a", "4a", "5a")  # blocks that begin with a 3x3 max-pool of stride 2

Weights = Mapping[str, Tensor]


def stages(weights: Weights) -> OrderedDict[str, nn.Module]:
    """conv1, conv2, inception_3a … inception_5b, classes; MissingError if the file is of another architecture."""
    try:
        row: list[tuple[str, nn.Module]] = [
            ("conv1", nn.Sequential(_conv(weights, "conv1.7x7_s2", stride=2, padding=3), nn.ReLU(True))),
            ("conv2", nn.Sequential(_pool(), Normalise(64), *_conv2(weights))),
        ]
        row += [(f"inception_{block}", _block(weights, block)) for block in BLOCKS]
        row.append(("classes", _conv(weights, _classifier(weights))))
    except KeyError as missing:
        raise MissingError(f"these are not the weights of inception_v1: there is no {missing.args[0]} in the file") from None
    return OrderedDict(row)


class Normalise(nn.Module):
    """Local response normalisation over 5 channels (section 3.3 of Krizhevsky et al. 2012), alpha 1e-4, beta 0.75."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        place = torch.arange(channels)
        near: Tensor = ((place[:, None] - place[None, :]).abs() <= 2).float()
        self.near = nn.Conv2d(channels, channels, 1)
        self.near.weight = nn.Parameter((near * (1e-4 / 5))[:, :, None, None], False)
        self.near.bias = nn.Parameter(torch.ones(channels), False)

    def forward(self, x: Tensor) -> Tensor:
        root: Tensor = self.near(x * x).rsqrt()
        return x * root * root.sqrt()


class Block(nn.Module):
    """An Inception block: four branches, side by side."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        narrow = [_conv(weights, f"{name}.{branch}") for branch in ("1x1", "3x3_reduce", "5x5_reduce")]
        self.widths = [conv.out_channels for conv in narrow]
        self.narrow = side_by_side(narrow)
        self.three = _conv(weights, f"{name}.3x3", padding=1)
        self.five = _conv(weights, f"{name}.5x5", padding=2)
        self.pooled = _conv(weights, f"{name}.pool_proj")

    def forward(self, x: Tensor) -> Tensor:
        one, three, five = self.narrow(x).relu_().split(self.widths, dim=1)
        pooled = self.pooled(F.max_pool2d(x, 3, stride=1, padding=1))
        return torch.cat((one, self.three(three).relu_(), self.five(five).relu_(), pooled.relu_()), dim=1)


def _classifier(weights: Weights) -> str:
    """The classifier's name, to which those who trained another have added a word, as Caffe bade them."""
    heads = (name for name in weights if name.startswith("loss3.classifier") and name.endswith(".weight"))
    return next(heads, "loss3.classifier").removesuffix(".weight")


def _block(weights: Weights, name: str) -> nn.Module:
    block = Block(weights, f"inception_{name}")
    before = [Normalise(192)] if name == "3a" else []
    return nn.Sequential(*before, _pool(), block) if name in POOLED else block


def _conv2(weights: Weights) -> list[nn.Module]:
    return [
        _conv(weights, "conv2.3x3_reduce"),
        nn.ReLU(True),
        _conv(weights, "conv2.3x3", padding=1),
        nn.ReLU(True),
    ]


def _pool() -> nn.Module:
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


def _conv(weights: Weights, name: str, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    weight, bias = weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float()
    weight = weight[:, :, None, None] if weight.dim() == 2 else weight
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[-1], stride, padding)
    conv.weight, conv.bias = nn.Parameter(weight, False), nn.Parameter(bias, False)
    return conv
