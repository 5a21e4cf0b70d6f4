"""The judge: a second network, unlike the bestiary's, that only names what dreams show: it does not ship, and dreams nothing.

It is residual, with ReLU, max pooling and strides, where the bestiary is a plain row with SiLU and average pooling. It has its
own random numbers, is never attacked, and learns on pictures that were weathered as dreams are: turned, mirrored, zoomed, off
colour, blurred, sharpened, grainy, half hidden. `scripts/train_bestiary --judge` makes it.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

FILE = Path("runs/bestiary/judge.safetensors")
SIDE = 64  # pixels of what it was taught on; of a larger picture it judges a tile at a time


class Residual(nn.Module):
    """Two 3x3 convolutions beside a short cut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.short = nn.Sequential(nn.AvgPool2d(stride), nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.way(x) + self.short(x))


def plan(classes: int) -> nn.Sequential:
    """The judge with random weights: pictures [n,3,s,s] 0..1 -> class scores [n,classes]."""
    return nn.Sequential(
        nn.BatchNorm2d(3),
        nn.Conv2d(3, 32, 5, 2, 2, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(True),
        nn.MaxPool2d(3, 2, 1),
        Residual(32, 64, 1),
        Residual(64, 128, 2),
        Residual(128, 192, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(192, classes),
    )


def load(file: Path) -> nn.Sequential:
    """The judge from its file, frozen."""
    tensors = load_file(file)
    judge = plan(len(tensors["10.bias"])).eval().requires_grad_(False)
    judge.load_state_dict(tensors)
    return judge


def probabilities(judge: nn.Module, pictures: Tensor) -> Tensor:
    """The probabilities [n,classes] that the judge gives pictures [n,3,s,s] 0..1."""
    with torch.no_grad():
        return torch.cat([judge(batch).softmax(1) for batch in pictures.split(128)])


def tiles(picture: Tensor, side: int) -> Tensor:
    """A picture [1,3,h,w] cut into tiles [n,3,SIDE,SIDE] of about `side` pixels, side by side."""
    down, across = (max(1, round(length / side)) for length in picture.shape[2:])
    whole = F.interpolate(picture, (down * SIDE, across * SIDE), mode="area")
    return whole.unfold(2, SIDE, SIDE).unfold(3, SIDE, SIDE).permute(0, 2, 3, 1, 4, 5).reshape(-1, 3, SIDE, SIDE)


def weather(pictures: Tensor, side: int) -> Tensor:
    """Crops [n,3,side,side] of pictures [n,3,s,s] 0..1, as far from them as a dream may be and still be of their kind."""
    n, device = len(pictures), pictures.device
    crops = _recolour(_crop_anywhere(pictures, side))
    blurred = F.avg_pool2d(F.pad(crops, (2, 2, 2, 2), mode="reflect"), 5, 1)
    crops = crops + _uniform(n, -0.8, 1.6, device) * (crops - blurred)
    for cells in (4, 8, 16, 32):
        clouds = F.interpolate(torch.randn(n, 3, cells, cells, device=device), (side, side), mode="bicubic")
        crops = crops + _uniform(n, 0, 0.09, device) * clouds
    ghost = crops.flip(0).roll((side // 3, side // 3), (2, 3))  # something else shows through
    return torch.lerp(crops, ghost, _uniform(n, -0.3, 0.3, device).clamp_min(0)).clamp(0, 1)


def _crop_anywhere(pictures: Tensor, side: int) -> Tensor:
    """Turned, mirrored, zoomed in and out."""
    n, device = len(pictures), pictures.device
    reach, angle = _uniform(n, 0.5, 1.5, device).flatten(), 0.25 * torch.randn(n, device=device)
    flip = torch.where(torch.rand(n, device=device) < 0.5, -1.0, 1.0)
    stretch = _uniform(n, 0.85, 1.15, device).flatten()
    offset = (torch.rand(n, 2, device=device) * 1.2 - 0.6) * reach[:, None]
    return crop(pictures, side, reach, angle, flip, stretch, offset)


def crop(pictures: Tensor, side: int, reach: Tensor, angle: Tensor, flip: Tensor, stretch: Tensor, offset: Tensor) -> Tensor:
    """What is seen [n,3,side,side] of pictures [n,3,s,s]; past their edges, the picture again, mirrored.

    Each [n], offset [n,2]: the share of the picture that is seen, radians, 1 or -1, how much wider than high, where the middle
    lies in -1..1.
    """
    n, cos, sin = len(pictures), reach * angle.cos(), reach * angle.sin()
    turn = torch.stack((cos * flip * stretch, -sin, offset[:, 0], sin * flip, cos / stretch, offset[:, 1]), 1).view(n, 2, 3)
    where = F.affine_grid(turn, [n, 3, side, side], align_corners=False)
    return F.grid_sample(pictures, where, padding_mode="reflection", align_corners=False)


def _recolour(pictures: Tensor) -> Tensor:
    """Off colour: channels mixed, faded or too rich, darker or brighter, harder or softer."""
    n, device = len(pictures), pictures.device
    mix = torch.eye(3, device=device) + 0.15 * torch.randn(n, 3, 3, device=device)
    tinted = torch.einsum("nab,nbhw->nahw", mix, pictures - 0.5)
    grey = tinted.mean(1, keepdim=True)
    rich = grey + _uniform(n, 0.1, 1.6, device) * (tinted - grey)
    return rich * _uniform(n, 0.6, 1.5, device) + 0.5 + _uniform(n, -0.12, 0.12, device)


def _uniform(n: int, low: float, high: float, device: torch.device) -> Tensor:
    return torch.empty(n, 1, 1, 1, device=device).uniform_(low, high)
