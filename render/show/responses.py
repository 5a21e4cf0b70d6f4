"""Responses. Which channels of a network see most in a picture, and how much more than is usual.

Usual is what they see in pictures of nothing, which have detail of all sizes as nature has it, and no things.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

import torch
from torch import Tensor

from render.config.nodes import to_yaml
from render.dream.network import CLASSES, Network
from render.moment import Clock
from render.picture.rng import generator
from render.source.image import image_size, picture
from render.source.noise import noise

EACH = 3  # pictures of nothing, of each kind
LOUDEST = 0.03  # of a layer's cells: how much of the picture a thing fills that counts
QUIET = 0.5  # of a layer's mean in the picture: the least that a channel's spread is taken for, or a silent one would win
MOST = 6  # channels of a layer that are named
SIDE = 384  # pixels at which a picture is looked at
BEGINNING = Clock(Fraction(1), 1, Fraction(1)).tick(0)  # noise stands still, and asks for a moment all the same


@dataclass(frozen=True)
class Response:
    """How strongly a channel sees the picture."""

    channel: int
    strength: float  # above what it usually sees, in its usual spreads


def picture_of(file: Path) -> Tensor:
    """The frame of a picture file, its longer side SIDE pixels. Raises MissingError."""
    height, width = image_size(file)
    share = SIDE / max(height, width)
    return picture(file, "stretch", (max(1, round(share * height)), max(1, round(share * width))))


def responses(network: Network, layers: Sequence[str], frame: Tensor) -> dict[str, list[Response]]:
    """Of each layer the channels that see most in a frame, [1, 3, H, W], the strongest first, at most MOST of them."""
    extract = network.extractor(layers, frame.device)
    with torch.no_grad():
        seen = extract(frame)
        usual = [extract(nothing) for nothing in pictures_of_nothing(frame)]
    return {layer: _strongest(seen[layer], [other[layer] for other in usual]) for layer in layers}


def pictures_of_nothing(frame: Tensor) -> Iterator[Tensor]:
    """Frames as large as one, in its mean colour and contrast: grain as nature has it, clouds, and itself out of step."""
    size, mean = (frame.shape[-2], frame.shape[-1]), frame.mean((2, 3), keepdim=True)
    for seed in range(EACH):
        for plane in (_grain(size, seed), noise("perlin", 0.6, size, seed).at(BEGINNING), _out_of_step(frame.cpu(), seed)):
            bare = plane - plane.mean((2, 3), keepdim=True)
            scaled = bare / bare.std((2, 3), keepdim=True).clamp_min(1e-6) * frame.cpu().std((2, 3), keepdim=True)
            yield (scaled.to(frame) + mean).clamp(0, 1)


def _out_of_step(frame: Tensor, seed: int) -> Tensor:
    """A frame whose waves are as strong as they were, each in some other place: its detail without its things."""
    white = torch.randn(1, 1, *frame.shape[-2:], generator=generator(seed, "waves out of step"))
    turns = torch.fft.rfft2(white)
    result: Tensor = torch.fft.irfft2(torch.fft.rfft2(frame) * turns / turns.abs().clamp_min(1e-9), s=frame.shape[-2:])
    return result


def _grain(size: tuple[int, int], seed: int) -> Tensor:
    """[1, 3, H, W] whose amplitudes fall as 1/f, as those of photographs do (Field 1987)."""
    white = torch.fft.rfft2(torch.randn(1, 3, *size, generator=generator(seed, "grain of nothing")))
    down, across = torch.fft.fftfreq(size[0])[:, None], torch.fft.rfftfreq(size[1])[None]
    result: Tensor = torch.fft.irfft2(white / (down.square() + across.square()).sqrt().clamp_min(1 / max(size)), s=size)
    return result


def _strongest(features: Tensor, usual: Sequence[Tensor]) -> list[Response]:
    """features: [1, C, h, w] of the picture; usual: of pictures of nothing."""
    cells = torch.cat([other.flatten(2)[0] for other in usual], dim=1)
    spread = cells.std(1).clamp_min(max(QUIET * float(features.abs().mean()), 1e-9))
    often = torch.stack([_loudness(other) for other in usual]).mean(0)
    strength = (_loudness(features) - often) / spread
    best = strength.topk(min(MOST, len(strength)))
    return [Response(int(channel), float(value)) for value, channel in zip(*best, strict=True) if value > 0]


def _loudness(features: Tensor) -> Tensor:
    """[C]: the mean of each channel's loudest cells, and that of all, or channels that are as loud as they can be would tie."""
    cells = features.flatten(2)[0]
    return cells.topk(max(1, ceil(LOUDEST * cells.shape[1])), dim=1).values.mean(1) + cells.mean(1)


def lines(network: Network, layers: Sequence[str], frame: Tensor) -> Iterator[str]:
    """A line a layer, to be pasted below `objective:`, with how much each channel sees as a comment."""
    yield f"# what {network.name} sees in it: paste a line below objective:"
    yield "# behind it, how much each channel sees, to be compared within a line: 0 is no more than in a picture of nothing"
    width = 0
    rows = []
    for layer, strongest in responses(network, layers, frame).items():
        names = [channel_name(network, layer, response.channel) for response in strongest]
        strengths = " ".join(f"{response.strength:.1f}" for response in strongest)
        text = f"- {to_yaml({'channels': names, 'layer': layer}, one_line=True)}" if names else f"# {layer}: nothing much"
        rows.append((text, strengths))
        width = max(width, len(text))
    yield from (f"{text:{width}}  # {strengths}" if strengths else text for text, strengths in rows)


def channel_name(network: Network, layer: str, channel: int) -> str | int:
    """What a channel is called where it has a name, as an objective may have it; else its number."""
    if layer == CLASSES and network.labels:
        return network.labels[channel].split(",")[0].strip()
    names = {number: name for name, number in (network.channels or {}).get(layer, {}).items()}
    return names.get(channel, channel)
