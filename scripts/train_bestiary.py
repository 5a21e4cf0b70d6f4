"""The bestiary's whole recipe in one command: draw pictures, train, judge, write weights and card.

`scripts/train_bestiary.py`: about 75 minutes on two CPU cores (8 to draw, 60 to train, the rest to judge); on a GPU ask for
more: `--pictures 200000 --size 128 --crop 96 --attack-steps 3 --minutes 25`. Stop it at any time: the same command goes on from
the last checkpoint in --work.

Robust training: the network learns on pictures that were moved a little towards a wrong answer, within an L2 ball (Madry et al.
2018; one step from a random start: Wong et al. 2020). That is what makes its gradients look like things (Engstrom et al. 2019).
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1]))
from bestiary_figures import Figures, figures, normalised

from render.dream.bestiary import model
from render.dream.bestiary.brush import Array
from render.dream.bestiary.generator import picture
from render.dream.bestiary.motifs import MOTIFS

TRAINING = 1  # the seed of the training pictures
BATCH, PEAK, DECAY, CLIP = 64, 3e-3, 0.02, 5.0
RAMP = (0.2, 0.25)  # the attack grows from this share of eps, to all of it at this share of the time
SAMPLE = 16  # pictures of each kind behind the channels' means and deviations
EARLY = 0.3  # until this share of the time the crops are three quarters as large, which is nearly twice as fast


def draw(job: tuple[int, int]) -> Array:
    index, size = job
    return picture(MOTIFS[index % len(MOTIFS)], np.random.default_rng([TRAINING, index]), size)


def pictures(work: Path, count: int, size: int) -> Tensor:
    """The training pictures uint8 [count,3,size,size], kinds in turn; drawn once by all cores and kept in work."""
    file = work / f"pictures-{count}-{size}.npy"
    if not file.exists():
        part = work / f"{file.stem}.part.npy"
        kept = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(count, size, size, 3))
        with get_context("spawn").Pool() as pool:
            for index, drawn in enumerate(pool.imap(draw, ((i, size) for i in range(count)), chunksize=31)):
                kept[index] = drawn
        kept.flush()
        os.replace(part, file)
    return torch.from_numpy(np.load(file)).permute(0, 3, 1, 2)


def crops(source: Tensor, side: int) -> Tensor:
    """Random affine crops [n,3,side,side] 0..1 of the pictures, a little brighter, darker, harder or softer."""
    n, device = len(source), source.device
    reach = torch.empty(n, device=device).uniform_(0.66, 1.0)  # the share of the picture that is seen
    angle = torch.empty(n, device=device).normal_(0, 0.12)
    flip = torch.where(torch.rand(n, device=device) < 0.5, -1.0, 1.0)
    stretch = torch.empty(n, device=device).uniform_(0.92, 1.08)
    offset = (torch.rand(n, 2, device=device) * 2 - 1) * (1 - reach)[:, None]
    cos, sin = reach * angle.cos(), reach * angle.sin()
    turn = torch.stack((cos * flip * stretch, -sin, offset[:, 0], sin * flip, cos / stretch, offset[:, 1]), 1).view(n, 2, 3)
    where = F.affine_grid(turn, [n, 3, side, side], align_corners=False)
    seen = F.grid_sample(source.float() / 255, where, padding_mode="reflection", align_corners=False)
    gain, lift = (torch.empty(n, 1, 1, 1, device=device).uniform_(a, b) for a, b in ((0.85, 1.15), (-0.06, 0.06)))
    return ((seen - 0.5) * gain + 0.5 + lift).clamp(0, 1)


def length(shift: Tensor) -> Tensor:
    return shift.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)


def attack(network: nn.Module, clean: Tensor, labels: Tensor, eps: float, steps: int) -> Tensor:
    """The pictures moved towards a wrong answer: a few steps from a random start, kept within the ball of eps."""
    noise = torch.randn_like(clean)
    shift = noise / length(noise) * eps * torch.rand(len(clean), 1, 1, 1, device=clean.device)
    for _ in range(steps):
        canvas = (clean + shift).clamp(0, 1).requires_grad_(True)
        with torch.autocast(clean.device.type, torch.bfloat16):
            loss = F.cross_entropy(model.logits(network(normalised(canvas))).float(), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, canvas)
        shift = canvas.detach() - clean + (1.25 if steps == 1 else 2 / steps) * eps * slope / length(slope)
        shift = shift * (eps / length(shift)).clamp_max(1)
    return (clean + shift).clamp(0, 1)


def batches(total: int, seed: int) -> Iterator[Tensor]:
    """Batches of indices for ever, every picture once a round."""
    rng = torch.Generator().manual_seed(seed)
    while True:
        yield from torch.randperm(total, generator=rng)[: total // BATCH * BATCH].split(BATCH)


def follow(mean: nn.Module, network: nn.Module, step: int) -> None:
    """Moving average of weights and batch norm's numbers: quieter than any single step."""
    keep = min(0.998, (1 + step) / (10 + step))
    for average, now in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if average.dtype.is_floating_point:
            average.lerp_(now, 1 - keep)
        else:
            average.copy_(now)


def save_whole(tensors: dict[str, Tensor], file: Path, facts: dict[str, str]) -> None:
    part = file.with_suffix(f".{os.getpid()}.part")
    save_file(tensors, part, metadata=facts)
    part.chmod(0o644)
    os.replace(part, file)


def write_weights(network: nn.Sequential, sample: Tensor, file: Path) -> None:
    """Fold, halve and store the network, with each level's channel means and deviations over a sample of clean pictures."""
    plain = copy.deepcopy(network).cpu().float().eval()
    ready = model.folded(plain)
    tensors = {name: value.half().contiguous() for name, value in ready.state_dict().items()}
    with torch.no_grad():
        seen = normalised(sample.float() / 255)
        for name, stage in ready.named_children():
            seen = torch.cat([stage(part) for part in seen.split(64)])
            tensors[f"statistics.{name}.mean"] = seen.mean((0, 2, 3))
            tensors[f"statistics.{name}.deviation"] = seen.std((0, 2, 3))
    save_whole(tensors, file, {"classes": " ".join(motif.name for motif in MOTIFS)})


def train(asked: argparse.Namespace, source: Tensor, device: torch.device) -> nn.Sequential:
    """Train for the asked minutes of this machine's time, however fast it is; returns the averaged network."""
    torch.manual_seed(asked.seed)
    network = nn.Sequential(model.plan(len(MOTIFS))).to(device, memory_format=torch.channels_last)
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=PEAK, weight_decay=DECAY)
    checkpoint, step, before = asked.work / "checkpoint.pt", 0, 0.0
    if checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(kept["network"])
        mean.load_state_dict(kept["mean"])
        optimiser.load_state_dict(kept["optimiser"])
        step, before = kept["step"], kept["seconds"]
    total, begun, saved, loss_seen = asked.minutes * 60, time.monotonic(), time.monotonic(), 0.0
    sample = source[: len(MOTIFS) * SAMPLE]
    for indices in batches(len(source), asked.seed + step):
        seconds = before + time.monotonic() - begun
        share = seconds / total
        if share >= 1:
            break
        warm = min(1.0, (step + 1) / 200)
        for group in optimiser.param_groups:
            group["lr"] = PEAK * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
        eps = asked.eps * min(1.0, RAMP[0] + (1 - RAMP[0]) * share / RAMP[1])
        labels = (indices % len(MOTIFS)).to(device)
        side = asked.crop * 3 // 4 if share < EARLY else asked.crop
        clean = crops(source[indices].to(device), side).contiguous(memory_format=torch.channels_last)
        network.train()
        hard = attack(network, clean, labels, eps * side / asked.crop, asked.attack_steps)
        with torch.autocast(device.type, torch.bfloat16):
            loss = F.cross_entropy(model.logits(network(normalised(hard))).float(), labels, label_smoothing=0.02)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        step += 1
        follow(mean, network, step)
        loss_seen += 0.02 * (loss.item() - loss_seen)
        if step % 100 == 0:
            rate = BATCH * step / seconds
            print(
                f"{seconds / 60:6.1f} min  step {step}  loss {loss_seen:.3f}  eps {eps:.2f}  {rate:.0f} pictures/s",
                flush=True,
            )
        if time.monotonic() - saved > asked.checkpoint * 60:
            saved = time.monotonic()
            keep(checkpoint, network, mean, optimiser, step, seconds)
            write_weights(mean, sample, asked.out)
    keep(checkpoint, network, mean, optimiser, step, total)
    write_weights(mean, sample, asked.out)
    return mean


def keep(file: Path, network: nn.Module, mean: nn.Module, optimiser: torch.optim.Optimizer, step: int, seconds: float) -> None:
    part = file.with_suffix(".part")
    state = {"network": network.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state | {"step": step, "seconds": seconds}, part)
    os.replace(part, file)


def card(asked: argparse.Namespace, found: Figures) -> str:
    """What the weights are, how they came to be and how far they can be trusted."""
    objects = [m.name for m in MOTIFS if not m.texture]
    textures = [m.name for m in MOTIFS if m.texture]
    weakest = sorted(MOTIFS, key=lambda m: found.robust_by_kind[m.name])[:5]
    return f"""# The bestiary: card of the embedded network

A small convolutional network ({found.parameters:,} parameters, {found.bytes / 1e6:.2f} MB in fp16) that knows {len(MOTIFS)}
kinds of things. It was trained from scratch by `scripts/train_bestiary.py`; nothing in it comes from photographs or from
another network.

sha256 of `weights.safetensors`: `{found.sha256}`

## Data

{asked.pictures:,} pictures of {asked.size}x{asked.size} drawn by the project's own generator (`generator.py`; seed {TRAINING}),
the kinds in equal share. Each has 1 to 5 copies of the thing, lit and shadowed, on a cluttered or textured ground, a
fifth of them partly hidden; 85 % are in colours of nature, the rest in any.

- {len(objects)} objects: {", ".join(objects)}
- {len(textures)} textures: {", ".join(textures)}

## Recipe

Random affine crops of {asked.crop} px ({asked.crop * 3 // 4} px for the first {EARLY:.0%} of the time), batch {BATCH}, AdamW
(peak {PEAK}, decay {DECAY}), cosine over {asked.minutes:g} minutes, gradient clip {CLIP:g}, moving average of weights,
seed {asked.seed}. Every batch is moved by an L2 attack ({asked.attack_steps} step from a random start) of up to {asked.eps:g}
(pixels in 0..1), growing over the first {RAMP[1]:.0%} of the time. Batch norm is folded into the convolutions, then
everything is stored in fp16, with each level's channel means and deviations over {SAMPLE * len(MOTIFS)} training pictures.

## Figures

Printed by `scripts/bestiary_figures.py`.

| | |
|---|---|
| clean accuracy, {found.clean_pictures} held-out pictures of 64 px | {found.clean} % |
| robust accuracy, {found.robust_pictures} of them, {found.attack} | {found.robust} % |
| least robust kinds | {", ".join(f"{m.name} {found.robust_by_kind[m.name]:.0f} %" for m in weakest)} |
| forward and backward to the class map, 480x270, 2 threads | {found.forward_backward_ms} ms where the card was written |

## Limits

It knows drawings, not photographs: on a photograph its labels mean nothing, though what it dreams there still looks like its
kinds. Things are 20 to 60 pixels large to it; larger ones come from octaves. The figures are of one training run with one seed.
How well a second network recognises its dreams was not measured. An attack of one step is a weak teacher: robustness beyond
{asked.eps:g} is unknown.
"""


def main() -> None:
    options = argparse.ArgumentParser(description="Draw the bestiary's pictures, train its network, write weights and card.")
    options.add_argument("--minutes", type=float, default=60, help="training time")
    options.add_argument("--pictures", type=int, default=800 * len(MOTIFS), help="pictures to draw")
    options.add_argument("--size", type=int, default=88, help="side of the pictures")
    options.add_argument("--crop", type=int, default=64, help="side of the crops; three quarters of it at first")
    options.add_argument("--eps", type=float, default=2.0, help="L2 reach of the attack, pixels in 0..1")
    options.add_argument("--attack-steps", type=int, default=1, help="steps of the attack: 1 on a CPU, 3 on a GPU")
    options.add_argument("--seed", type=int, default=5)
    options.add_argument("--checkpoint", type=float, default=4, help="minutes between checkpoints")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--work", type=Path, default=Path("runs/bestiary"), help="pictures and checkpoints")
    options.add_argument("--out", type=Path, default=model.WEIGHTS, help="the weights; the card goes beside it")
    asked = options.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(asked.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train(asked, pictures(asked.work, asked.pictures, asked.size), device)
    asked.out.with_name("card.md").write_text(card(asked, figures(asked.out)), "utf-8")


if __name__ == "__main__":
    main()
