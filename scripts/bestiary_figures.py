"""Figures of the bestiary's weights, all by one command: accuracy, robustness, size, hash and speed.

`scripts/bestiary_figures.py [--json] [--weights FILE]`: about two minutes on two CPU cores. Held-out pictures come from seeds
that training never draws from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1]))
from render.dream.bestiary import model
from render.dream.bestiary.generator import picture
from render.dream.bestiary.motifs import MOTIFS

HELD_OUT = 2  # the seed of the pictures kept for judging; training uses 1
SIZE, EPS, PGD_STEPS = 64, 1.0, 20


def normalised(pictures: Tensor) -> Tensor:
    """RGB 0..1 as the network takes it."""
    mean, std = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (model.MEAN, model.STD))
    return (pictures - mean) / std


def held_out(count: int, seed: int = HELD_OUT) -> tuple[Tensor, Tensor]:
    """Pictures [count,3,64,64] 0..1 and labels, the kinds in turn."""
    drawn = [picture(MOTIFS[i % len(MOTIFS)], np.random.default_rng([seed, i]), SIZE) for i in range(count)]
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).float() / 255, torch.arange(count) % len(MOTIFS)


def right(network: nn.Module, pictures: Tensor, labels: Tensor) -> Tensor:
    """Which pictures the network names rightly."""
    with torch.no_grad():
        parts = [model.logits(network(normalised(part))).argmax(1) for part in pictures.split(128)]
    return torch.cat(parts) == labels


def attacked(network: nn.Module, pictures: Tensor, labels: Tensor, eps: float = EPS, steps: int = PGD_STEPS) -> Tensor:
    """The pictures after projected gradient ascent on the loss, within an L2 ball of eps about them, from a random start."""
    draw = torch.Generator().manual_seed(11)
    start = torch.randn(pictures.shape, generator=draw)
    shift = start / start.flatten(1).norm(dim=1).view(-1, 1, 1, 1) * eps * 0.5
    for _ in range(steps):
        canvas = (pictures + shift).clamp(0, 1).requires_grad_(True)
        loss = F.cross_entropy(model.logits(network(normalised(canvas))), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, canvas)
        shift = (canvas.detach() - pictures) + slope / slope.flatten(1).norm(dim=1).clamp_min(1e-12).view(
            -1, 1, 1, 1
        ) * eps * 0.2
        shift = shift * (eps / shift.flatten(1).norm(dim=1).clamp_min(1e-12)).clamp_max(1).view(-1, 1, 1, 1)
    return (pictures + shift).clamp(0, 1)


def speed(network: nn.Module, rounds: int = 15) -> float:
    """Milliseconds of a forward and backward pass to the class map at 480x270 with two threads: the best of some rounds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    canvas = torch.rand(1, 3, 270, 480).contiguous(memory_format=torch.channels_last).requires_grad_(True)
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        torch.autograd.grad(network(canvas).square().mean(), canvas)
        taken.append(time.perf_counter() - begun)
    torch.set_num_threads(threads)
    return min(taken) * 1000


@dataclass(frozen=True)
class Figures:
    """All that is measured of one weights file; accuracies in per cent."""

    clean: float
    clean_pictures: int
    robust: float
    robust_pictures: int
    attack: str
    parameters: int
    bytes: int
    sha256: str
    forward_backward_ms: float
    clean_by_kind: dict[str, float]
    robust_by_kind: dict[str, float]


def percent(hits: Tensor) -> float:
    return round(100 * hits.float().mean().item(), 1)


def figures(weights: Path, clean: int = 1116, robust: int = 310) -> Figures:
    network = nn.Sequential(model.stages(weights))
    pictures, labels = held_out(clean)
    named = right(network, pictures, labels)
    few = zip(pictures[:robust].split(62), labels[:robust].split(62), strict=True)
    held = torch.cat([right(network, attacked(network, part, kinds), kinds) for part, kinds in few])
    return Figures(
        clean=percent(named),
        clean_pictures=clean,
        robust=percent(held),
        robust_pictures=robust,
        attack=f"L2 PGD-{PGD_STEPS}, eps {EPS} at {SIZE} px",
        parameters=sum(p.numel() for p in network.parameters()),
        bytes=weights.stat().st_size,
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
        forward_backward_ms=round(speed(network), 1),
        clean_by_kind={m.name: percent(named[labels == k]) for k, m in enumerate(MOTIFS)},
        robust_by_kind={m.name: percent(held[labels[:robust] == k]) for k, m in enumerate(MOTIFS)},
    )


def main() -> None:
    options = argparse.ArgumentParser(description="Print the figures of the bestiary's weights.")
    options.add_argument("--weights", type=Path, default=model.WEIGHTS)
    options.add_argument("--json", action="store_true", help="print JSON")
    options.add_argument("--clean", type=int, default=1116, help="pictures for the clean accuracy")
    options.add_argument("--robust", type=int, default=310, help="pictures for the robust accuracy")
    asked = options.parse_args()
    found = asdict(figures(asked.weights, asked.clean, asked.robust))
    print(json.dumps(found, indent=2) if asked.json else "\n".join(f"{key:20} {value}" for key, value in found.items()))


if __name__ == "__main__":
    main()
