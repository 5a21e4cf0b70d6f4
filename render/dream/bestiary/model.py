"""The bestiary's network: named stages from strokes to creatures, one after the other, and a class map at the end.

A small convolutional network; after its stem only average pooling makes things smaller, which leaves no checkerboards in
the gradient.
Trained with batch norm by scripts/train_bestiary; `stages()` gives it as dreams need it: batch norm folded, frozen.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn

from render.dream.weights import entries, fit, under_prefix

WEIGHTS = Path(__file__).parent / "weights.safetensors"
MEAN, STD = (0.45, 0.45, 0.45), (0.25, 0.25, 0.25)
LEVELS: dict[str, str] = {
    "strokes": "brush strokes, edges and colour fields (1/2 of the picture's size)",
    "ornament": "ripples, beads, hatching, small repeated ornament (1/4)",
    "texture": "scales, fur, weave, cells: whole surfaces (1/8)",
    "parts": "eyes, petals, rings, spirals, windows (1/8)",
    "creatures": "whole creatures and buildings, mixed freely (1/16)",
    "classes": "the class map: one channel for each kind by name (1/16)",
}
CLASSES: tuple[str, ...] = (
    "eye", "flower", "shell", "tower", "arches", "leaf", "mask", "butterfly", "fish", "peacock", "mushroom", "mandala", "owl",
    "beetle", "snake", "jellyfish", "galaxy", "crystal", "pagoda", "dog", "cat", "fern", "octopus", "lion", "fox", "frog",
    "turtle", "clock", "rose", "skull", "sun", "tree",
    "scales", "fur", "cells", "labyrinth", "bubbles", "weave", "plume", "glass", "honeycomb",
    "stag", "crab", "lantern", "coral", "hand", "nave",
)  # fmt: skip


def conv(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, SiLU; `folded` makes it convolution, SiLU. Padded so that only the stride makes it smaller."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, (size - stride + 1) // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.SiLU(inplace=True),
    )


class Mixed(nn.Module):
    """Three branches side by side: a glance (1x1), a look (3x3) and a wide look (two 3x3)."""

    def __init__(self, inputs: int, glance: int, look: int, wide: int) -> None:
        super().__init__()
        self.glance = conv(inputs, glance, 1)
        self.look = nn.Sequential(conv(inputs, look // 2, 1), conv(look // 2, look))
        self.wide = nn.Sequential(conv(inputs, wide // 2, 1), conv(wide // 2, wide), conv(wide, wide))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.glance(x), self.look(x), self.wide(x)), 1)


def plan(classes: int = len(CLASSES)) -> OrderedDict[str, nn.Module]:
    """The stages as they are trained, with random weights; run in order, each one's output is a level."""
    return OrderedDict(
        strokes=conv(3, 32, 6, stride=2),
        ornament=nn.Sequential(nn.AvgPool2d(2), conv(32, 64)),
        texture=nn.Sequential(nn.AvgPool2d(2), Mixed(64, 32, 64, 48)),
        parts=Mixed(144, 48, 96, 64),
        creatures=nn.Sequential(nn.AvgPool2d(2), conv(208, 192), conv(192, 224)),
        classes=nn.Conv2d(224, classes, 1),
    )


def logits(class_map: Tensor) -> Tensor:
    """Class scores [N,K] of a class map [N,K,h,w]: its spatial mean."""
    return class_map.mean((2, 3))


def folded(module: nn.Module) -> nn.Module:
    """The same function with every batch norm folded into the convolution before it; takes a module in eval mode apart."""
    names = [name for name, _ in module.named_children()]
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d):
            before = getattr(module, names[names.index(name) - 1])
            setattr(module, names[names.index(name) - 1], nn.utils.fuse_conv_bn_eval(before.eval(), child.eval()))
            setattr(module, name, nn.Identity())
        else:
            folded(child)
    return module


def shapes(classes: int = len(CLASSES)) -> dict[str, tuple[int, ...]]:
    """What a file of its weights holds: the folded network, and each level's statistics."""
    with torch.device("meta"):
        network = nn.ModuleDict({name: folded(stage) for name, stage in plan(classes).items()})
    tensors = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    wide = {name: next(reversed([shape for key, shape in tensors.items() if key.startswith(f"{name}.")])) for name in LEVELS}
    wide |= {"texture": (144,), "parts": (208,)}  # whose branches lie side by side
    return {**tensors, **{f"statistics.{name}.{part}": wide[name] for name in LEVELS for part in ("mean", "deviation")}}


def stages(weights: Path | None = None) -> OrderedDict[str, nn.Module]:
    """The network for dreaming, in depth order: folded, frozen, eval; input is [N,3,H,W] RGB, less MEAN, over STD."""
    tensors = {name: tensor for name, tensor in _read(weights).items() if not name.startswith("statistics.")}
    ready = {name: folded(stage) for name, stage in plan(len(tensors["classes.weight"])).items()}
    network = nn.ModuleDict(ready).eval().requires_grad_(False)
    network.load_state_dict(tensors)
    return OrderedDict((name, network[name].to(memory_format=torch.channels_last)) for name in LEVELS)


def statistics(weights: Path | None = None) -> dict[str, tuple[Tensor, Tensor]]:
    """Each level's channel means and deviations over training pictures, both [C]."""
    tensors = _read(weights)
    return {name: (tensors[f"statistics.{name}.mean"], tensors[f"statistics.{name}.deviation"]) for name in LEVELS}


def _read(weights: Path | None) -> dict[str, Tensor]:
    """The tensors of a file, with as many classes as it has, or of the packaged one. MissingError for another network's."""
    file = weights or WEIGHTS
    announced = under_prefix(entries(file), list(shapes()))
    head = announced.get("classes.weight")
    classes = head.shape[0] if head and head.shape else len(CLASSES)
    return fit(announced, shapes(classes), file, "the bestiary", others=True)
