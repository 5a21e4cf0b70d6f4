"""The original GoogLeNet as a row of stages (Szegedy et al., arXiv 1409.4842), for weights that bear Caffe's layer names.

Departures from the Caffe graph change its speed, not its values: the three 1x1 convolutions of a block that read the same
input are one; local response normalisation is a banded 1x1 convolution; the classifier is a 1x1 convolution, so it gives a
class *map* whose mean is the logits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from render.dream.frozen import ConvRelu
from render.dream.fuse import side_by_side
from render.dream.weights import Shapes, entries, fit, under_prefix
from render.errors import MissingError

WIDTHS = {  # block -> channels of 1x1, 3x3_reduce, 3x3, 5x5_reduce, 5x5, pool_proj (table 1)
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
BLOCKS = tuple(WIDTHS)
POOLED = ("3a", "4a", "5a")  # blocks that begin with a 3x3 max-pool of stride 2

Weights = Mapping[str, Tensor]


def read(file: Path) -> Weights:
    """The tensors of a file of this architecture, with as many classes as it has; MissingError for another's."""
    found = under_prefix(entries(file), list(_shapes()))
    head = f"{_classifier(found)}.weight"
    classes = found[head].shape[0] if head in found and found[head].shape else 1000
    return fit(found, _shapes(_classifier(found), classes), file, "inception_v1", others=True)


def _shapes(classifier: str = "loss3.classifier", classes: int = 1000) -> Shapes:
    """What the network wants, by Caffe's names."""
    convolutions: dict[str, tuple[int, int, int]] = {  # channels that it gives and takes, and the side of its kernels
        "conv1.7x7_s2": (64, 3, 7),
        "conv2.3x3_reduce": (64, 64, 1),
        "conv2.3x3": (192, 64, 3),
    }
    inputs = 192
    for block, (one, reduce_three, three, reduce_five, five, pool) in WIDTHS.items():
        convolutions |= {
            f"inception_{block}.1x1": (one, inputs, 1),
            f"inception_{block}.3x3_reduce": (reduce_three, inputs, 1),
            f"inception_{block}.3x3": (three, reduce_three, 3),
            f"inception_{block}.5x5_reduce": (reduce_five, inputs, 1),
            f"inception_{block}.5x5": (five, reduce_five, 5),
            f"inception_{block}.pool_proj": (pool, inputs, 1),
        }
        inputs = one + three + five + pool
    convolutions[classifier] = (classes, inputs, 1)
    kernels = {f"{name}.weight": (gives, takes, side, side) for name, (gives, takes, side) in convolutions.items()}
    return {**kernels, **{f"{name}.bias": (gives,) for name, (gives, _, _) in convolutions.items()}}


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
        y: Tensor = _NormaliseFunction.apply(x, self)
        return y


class _NormaliseFunction(torch.autograd.Function):
    """y = x n^-3/4 with n = near(x²), and its gradient, in half as many steps as torch takes; near is its own transpose."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, norm: Normalise) -> Tensor:
        root = norm.near(x * x).rsqrt_()
        share = root * root.sqrt()
        ctx.norm = norm
        ctx.save_for_backward(x, root, share)
        y: Tensor = x * share
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> Any:
        x, root, share = ctx.saved_tensors
        through = slope * share
        spread = (through * x).mul_(root).mul_(root)
        near = F.conv2d(spread, ctx.norm.near.weight)
        return through.addcmul_(x, near, value=-1.5), None


class Block(nn.Module):
    """An Inception block: four branches, side by side."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        narrow = [_conv(weights, f"{name}.{branch}") for branch in ("1x1", "3x3_reduce", "5x5_reduce")]
        self.widths = [conv.out_channels for conv in narrow]
        self.narrow = ConvRelu(side_by_side(narrow))
        self.three = ConvRelu(_conv(weights, f"{name}.3x3", padding=1))
        self.five = ConvRelu(_conv(weights, f"{name}.5x5", padding=2))
        self.pooled = ConvRelu(_conv(weights, f"{name}.pool_proj"))

    def forward(self, x: Tensor) -> Tensor:
        one, three, five = self.narrow(x).split(self.widths, dim=1)
        pooled = self.pooled(F.max_pool2d(x, 3, stride=1, padding=1))
        return torch.cat((one, self.three(three), self.five(five), pooled), dim=1)


def _classifier(weights: Iterable[str]) -> str:
    """The classifier's name, to which those who trained another have added a word, as Caffe bade them."""
    heads = (name for name in weights if name.startswith("loss3.classifier") and name.endswith(".weight"))
    return next(heads, "loss3.classifier").removesuffix(".weight")


def _block(weights: Weights, name: str) -> nn.Module:
    block = Block(weights, f"inception_{name}")
    before = [Normalise(192)] if name == "3a" else []
    return nn.Sequential(*before, _pool(), block) if name in POOLED else block


def _conv2(weights: Weights) -> list[nn.Module]:
    return [ConvRelu(_conv(weights, "conv2.3x3_reduce")), ConvRelu(_conv(weights, "conv2.3x3", padding=1))]


def _pool() -> nn.Module:
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


def _conv(weights: Weights, name: str, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    weight, bias = weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float()
    weight = weight[:, :, None, None] if weight.dim() == 2 else weight
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[-1], stride, padding)
    conv.weight, conv.bias = nn.Parameter(weight, False), nn.Parameter(bias, False)
    return conv
