"""Networks of seeded random weights, in the formats of their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from render.dream import efficientnet


def lite0_tensors(chance: torch.Generator) -> dict[str, Tensor]:
    """EfficientNet-Lite0's tensors by their names."""
    tensors: dict[str, Tensor] = {}

    def conv(name: str, norm: str, outputs: int, inputs: int, kernel: int) -> None:
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=chance)
        tensors[f"{name}.weight"] = weight * (2 / (inputs * kernel**2)) ** 0.5
        for key, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            tensors[f"{norm}.{key}"] = torch.full((outputs,), value)

    conv("_conv_stem", "_bn0", 32, 3, 3)
    number, inputs = 0, 32
    for stage, outputs in zip(efficientnet.STAGES, (16, 24, 40, 80, 112, 192, 320), strict=True):
        for _ in range(stage.blocks):
            name, width = f"_blocks.{number}", inputs * stage.expand
            if stage.expand > 1:
                conv(f"{name}._expand_conv", f"{name}._bn0", width, inputs, 1)
            conv(f"{name}._depthwise_conv", f"{name}._bn1", width, 1, stage.kernel)
            conv(f"{name}._project_conv", f"{name}._bn2", outputs, width, 1)
            number, inputs = number + 1, outputs
    conv("_conv_head", "_bn1", 1280, 320, 1)
    return {**tensors, "_fc.weight": torch.randn(1000, 1280, generator=chance) / 36, "_fc.bias": torch.zeros(1000)}


GOOGLENET = {  # table 1 of arXiv 1409.4842: inputs, then 1x1, 3x3 reduced, 3x3, 5x5 reduced, 5x5, pooled
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


def inception_tensors(chance: torch.Generator) -> dict[str, Tensor]:
    """The original GoogLeNet's tensors by Caffe's names."""
    shapes = {"conv1.7x7_s2": (64, 3, 7, 7), "conv2.3x3_reduce": (64, 64, 1, 1), "conv2.3x3": (192, 64, 3, 3)}
    for block, (inputs, one, to_three, three, to_five, five, pooled) in GOOGLENET.items():
        sizes = {
            "1x1": (one, inputs, 1, 1),
            "3x3_reduce": (to_three, inputs, 1, 1),
            "3x3": (three, to_three, 3, 3),
            "5x5_reduce": (to_five, inputs, 1, 1),
            "5x5": (five, to_five, 5, 5),
            "pool_proj": (pooled, inputs, 1, 1),
        }
        shapes |= {f"inception_{block}.{branch}": size for branch, size in sizes.items()}
    shapes["loss3.classifier"] = (1000, 1024, 1, 1)
    tensors = {}
    for name, (outputs, inputs, kernel, _) in shapes.items():
        gain = (2 / (inputs * kernel**2)) ** 0.5
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, kernel, kernel, generator=chance) * gain
        tensors[f"{name}.bias"] = torch.zeros(outputs)
    return tensors


RANDOM: Mapping[str, Callable[[torch.Generator], dict[str, Tensor]]] = {
    "efficientnet_lite0": lite0_tensors,
    "inception_v1": inception_tensors,
}


def whole_weights(name: str, given: Path | None, folder: Path) -> tuple[Path | None, str]:
    """The file of a network's weights, and what is in it. The bestiary brings its own; what others lack is drawn."""
    if name not in RANDOM:
        return given, "its own"
    drawn = RANDOM[name](torch.Generator().manual_seed(7))
    read = {key: value.float() for key, value in load_file(given).items() if key in drawn} if given else {}
    path = folder / f"{name}.safetensors"
    save_file(drawn | read, path)
    return path, f"{len(read)} of {len(drawn)} tensors from {given.name}" if given else "seeded random"
