"""A network of one layer and two classes, drawn by lot."""

import torch
from torch import nn

from render.dream.network import Network, freeze, in_stages


def load(file, device):
    """It has no weights to read."""
    torch.manual_seed(0)
    stages = {
        "spots": freeze(nn.Sequential(nn.Conv2d(3, 8, 5, padding=2), nn.SiLU()), device),
        "classes": freeze(nn.Sequential(nn.AvgPool2d(4), nn.Conv2d(8, 2, 3, padding=1)), device),
    }
    return Network(
        name="pebbles",
        layers=tuple(stages),
        labels=("round", "flat"),
        cut=in_stages(stages),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        min_side=16,
        digest="pebbles",
    )
