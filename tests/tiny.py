"""Tiny things to test with: a network of random weights, pictures that look like photos, and films of a few pixels."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load, save
from torch import Tensor, nn

from render.config import load_text
from render.construct import build
from render.dream.network import Network, freeze, in_stages
from render.facts import facts
from render.film import Film, State
from render.picture.picture import from_pixels, to_pixels

CPU = torch.device("cpu")
LABELS = ("eye", "tower", "fish, goldfish", "leaf", "shell", "fern")


def stages(seed: int = 0) -> OrderedDict[str, nn.Module]:
    """edges (full size), shapes (half), classes (a quarter), of random weights that pass a signal on as strong as it came."""
    chance = torch.Generator().manual_seed(seed)

    def conv(inputs: int, outputs: int, size: int) -> nn.Conv2d:
        layer = nn.Conv2d(inputs, outputs, size, padding=size // 2)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=chance) * (2 / (inputs * size**2)) ** 0.5)
            layer.bias.zero_()
        return layer

    return OrderedDict(
        edges=freeze(nn.Sequential(conv(3, 8, 5), nn.SiLU()), CPU),
        shapes=freeze(nn.Sequential(nn.AvgPool2d(2), conv(8, 12, 5), nn.SiLU()), CPU),
        classes=freeze(nn.Sequential(nn.AvgPool2d(2), conv(12, len(LABELS), 3)), CPU),
    )


def network(seed: int = 0) -> Network:
    """A classifier of six kinds that has learned nothing."""
    row = stages(seed)
    return Network(
        name="tiny",
        layers=tuple(row),
        labels=LABELS,
        cut=in_stages(row),
        mean=(0.45, 0.45, 0.45),
        std=(0.25, 0.25, 0.25),
        min_side=8,
        digest="tiny",
        aliases={"low": "edges", "high": "shapes"},
    )


def film(text: str = "", overrides: Sequence[str] = (), folder: Path | str = ".") -> Film:
    """A film of 48x32 pixels and one second that dreams a little, unless `overrides` say otherwise."""
    usual = (
        "size=48x32",
        "duration=1s",
        "fps=24",
        "dream.rate=8",
        "dream.octaves=2",
        "dream.steps=2",
        "dream.first_steps=2",
        "dream.jitter=3",
    )
    usual += (
        () if "objective" in f"{text}{overrides}" or "network" in f"{text}{overrides}" else ("dream.objective={garden: all}",)
    )
    usual += () if "colour" in f"{text}{overrides}" else ("look.colour=null",)  # what is shown is what was dreamed
    return build(load_text(text or "seed: 7", folder=folder, overrides=(*usual, *overrides), inspect=facts), CPU)


def stored(state: State) -> State:
    """The state as it comes back from a negative: 16-bit pixels, and the bytes of its tensors."""
    content = save({name: tensor.contiguous() for name, tensor in state.tensors().items()})
    return State.of(state.tick, from_pixels(to_pixels(state.canvas, np.uint16), CPU), load(content))


def same(one: State, other: State) -> bool:
    """Whether two states are equal in every bit."""
    a, b = ({"canvas": state.canvas, **state.tensors()} for state in (one, other))
    return one.tick == other.tick and a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def grain(size: tuple[int, int], seed: int = 0) -> Tensor:
    """A frame [1, 3, H, W] in which every pixel is random, 0.25..0.75."""
    return 0.25 + 0.5 * torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed))


def photo(size: tuple[int, int], seed: int = 0) -> Tensor:
    """A frame with what photos have: clouds of all sizes whose spectrum falls as 1/f, hard edges, a little texture."""
    chance = torch.Generator().manual_seed(seed)
    height, width = size
    frequency = (torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.rfftfreq(width)[None] ** 2).sqrt()
    spectrum = torch.fft.rfft2(torch.randn(5, height, width, generator=chance))
    lens = torch.exp(-((frequency / 0.42) ** 2))  # no camera resolves the finest detail that pixels could hold
    clouds = torch.fft.irfft2(spectrum * lens / (frequency + 1 / height) ** 0.7, s=size)
    clouds = clouds / clouds.std((1, 2), keepdim=True)
    shapes = F.interpolate(clouds[None, 3:, ::8, ::8], size=size, mode="bicubic", align_corners=False)[0]
    edges = (8 * (shapes - 0.3)).sigmoid() - 0.4
    return (0.47 + 0.11 * clouds[None, :3] + 0.25 * edges[:1] - 0.2 * edges[1:]).clamp(0, 1)
