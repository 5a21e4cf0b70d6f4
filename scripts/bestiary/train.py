"""The bestiary's whole recipe in one command: draw pictures, train, have it judged, write weights, card and atlas.

`scripts/train_bestiary`: 12,000 steps, 60 to 90 minutes on two idle CPU cores (12 to draw, 30 to 60 to train, then judged).
On a GPU ask for more: `--pictures 200000 --size 136 --crop 96 --attack-steps 3 --steps 40000`. `--start FILE` goes on from
weights there are: `--start render/dream/bestiary/weights.safetensors --rate 3e-4 --steps 2000`; motifs that they were not
taught are learned. Little attacks make a network exact, great ones make its dreams clear: the packaged weights ended with
`--start FILE --eps 4 --reach 0.4 --rate 6e-4 --steps 3000 --keep 0.25`. `--judge` trains the judge only (with `--start FILE`
from a judge there is), which otherwise happens if there is none in --work. Stop it at any time: the same command goes on from
the last checkpoint in --work, and ends as if it had not been stopped.

Robust training: the network learns on pictures that were moved a little towards a wrong answer, within an L2 ball (Madry et al.
2018; one step from a random start: Wong et al. 2020). That is what makes its gradients look like things (Engstrom et al. 2019).
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from bestiary import judge as judging
from bestiary.brush import Array
from bestiary.card import card
from bestiary.figures import CPU, figures, length, normalise
from bestiary.generator import picture
from bestiary.motifs import MOTIFS
from render.develop import files, stills
from render.dream.bestiary import model
from render.dream.registry import load
from render.show import atlas

TRAINING = 1  # the seed of the training pictures
BATCH, DECAY, CLIP = 64, 0.02, 5.0
RAMP = (0.2, 0.25)  # the attack grows from this share of eps, to all of it at this share of the steps
SAMPLE = 16  # pictures of each kind behind the channels' means and deviations
EARLY = 0.3  # until this share of the steps the crops are three quarters as large, which is nearly twice as fast
JUDGE_SEED, JUDGE_RATE, JUDGE_STEPS = 101, 2e-3, 3000

Loss = Callable[[nn.Module, Tensor, Tensor, float], Tensor]  # network, pictures 0..1, labels, share of the steps done


@dataclass(frozen=True)
class Course:
    """What a network learns, and how long."""

    name: str  # of its checkpoint
    network: nn.Module  # with the weights that it begins with
    loss: Loss
    keep: Callable[[nn.Module], None]  # writes the averaged network
    steps: int  # of BATCH pictures
    rate: float  # the highest learning rate
    seed: int  # of the order of pictures and all that is done to them


# ---- pictures


def draw(job: tuple[int, int]) -> Array:
    index, size = job
    return picture(MOTIFS[index % len(MOTIFS)], np.random.default_rng([TRAINING, index]), size)


def pictures(work: Path, count: int, size: int) -> Tensor:
    """The training pictures uint8 [count,3,size,size], kinds in turn; drawn once by all cores and kept in work."""
    file = work / f"pictures-{len(MOTIFS)}-{count}-{size}.npy"
    if not file.exists():
        part = work / f"{file.stem}.part.npy"
        array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(count, size, size, 3))
        with get_context("spawn").Pool() as pool:
            for index, pixels in enumerate(pool.imap(draw, ((i, size) for i in range(count)), chunksize=31)):
                array[index] = pixels
        array.flush()
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
    cut = judging.crop(source, side, reach, angle, flip, stretch, offset)
    gain, lift = (torch.empty(n, 1, 1, 1, device=device).uniform_(a, b) for a, b in ((0.85, 1.15), (-0.06, 0.06)))
    return ((cut - 0.5) * gain + 0.5 + lift).clamp(0, 1)


def batches(total: int, seed: int, first: int) -> Iterator[Tensor]:
    """Batches of indices for ever from the `first` on, every picture once a round."""
    lap, first_batch = divmod(first, total // BATCH)
    while True:
        order = torch.randperm(total, generator=torch.Generator().manual_seed(seed + lap))
        yield from order[: total // BATCH * BATCH].split(BATCH)[first_batch:]
        lap, first_batch = lap + 1, 0


# ---- what is learned


def attack(network: nn.Module, clean: Tensor, labels: Tensor, eps: float | Tensor, steps: int) -> Tensor:
    """The pictures moved towards a wrong answer: a few steps from a random start, kept in the ball of eps (of each its own)."""
    noise = torch.randn_like(clean)
    shift = noise / length(noise) * eps * torch.rand(len(clean), 1, 1, 1, device=clean.device)
    for _ in range(steps):
        canvas = (clean + shift).clamp(0, 1).requires_grad_(True)
        with torch.autocast(clean.device.type, torch.bfloat16):
            loss = F.cross_entropy(model.logits(network(normalise(canvas))).float(), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, canvas)
        shift = canvas.detach() - clean + (1.25 if steps == 1 else 2 / steps) * eps * slope / length(slope)
        shift = shift * (eps / length(shift)).clamp_max(1)
    return (clean + shift).clamp(0, 1)


def robust_loss(options: argparse.Namespace, network: nn.Module, source: Tensor, labels: Tensor, share: float) -> Tensor:
    """The bestiary's loss: on crops that were attacked, harder as it learns."""
    side = options.crop * 3 // 4 if share < EARLY and not options.start else options.crop
    ramp = 1.0 if options.start else min(1.0, RAMP[0] + (1 - RAMP[0]) * share / RAMP[1])
    clean = crops(source, side).contiguous(memory_format=torch.channels_last)
    reach = torch.empty(len(clean), 1, 1, 1, device=clean.device).uniform_(options.reach, 1)
    hard = attack(network, clean, labels, options.eps * ramp * side / options.crop * reach, options.attack_steps)
    with torch.autocast(source.device.type, torch.bfloat16):
        logits = model.logits(network(normalise(hard)))
    return F.cross_entropy(logits.float(), labels, label_smoothing=0.02)


def judge_loss(network: nn.Module, source: Tensor, labels: Tensor, share: float) -> Tensor:
    """The judge's loss: on pictures that were weathered."""
    side = judging.SIDE * 3 // 4 if share < EARLY else judging.SIDE
    with torch.no_grad():
        crops = judging.weather(source, side).contiguous(memory_format=torch.channels_last)
    with torch.autocast(source.device.type, torch.bfloat16):
        logits = network(crops)
    return F.cross_entropy(logits.float(), labels, label_smoothing=0.05)


def initial_network(start: Path | None) -> nn.Sequential:
    """The bestiary with random weights, or with those of a file, whose batch norms are folded for good."""
    if not start:
        return nn.Sequential(model.plan(len(MOTIFS)))
    return grow(nn.Sequential(model.stages(start)))


def initial_judge(start: Path | None) -> nn.Sequential:
    """The judge with random weights, or with those of a file."""
    return grow(judging.load(start)) if start else judging.plan(len(MOTIFS))


def keep_start(start: Path, work: Path) -> Path:
    """A copy of the weights to go on from, for as long as the run can be gone on with: --out may be the same file."""
    copy_of_start = work / "start.safetensors"
    if not (work / "bestiary.checkpoint.pt").exists():
        shutil.copyfile(start, copy_of_start)
    return copy_of_start


def blend(network: nn.Module, start: Path, share: float) -> nn.Module:
    """The network with a share of the weights that it began with: their mean is surer than either (Wortsman et al. 2022)."""
    initial = initial_network(start).state_dict()
    mean = {name: value.cpu().lerp(initial[name], share) for name, value in network.state_dict().items()}
    mixture = initial_network(start)
    mixture.load_state_dict(mean)
    return mixture


def grow(network: nn.Sequential) -> nn.Sequential:
    """The network, ready to learn, with a place for each motif that it was not taught: at first the mean of the others."""
    head = network[-1]
    for numbers in (head.weight, head.bias):
        unknown = numbers.mean(0, keepdim=True).expand(len(MOTIFS) - len(numbers), *numbers.shape[1:])
        numbers.data = torch.cat((numbers.data, unknown))
    return network.requires_grad_(True).train()


# ---- learning


def train(course: Course, source: Tensor, work: Path, device: torch.device, minutes: float) -> nn.Module:
    """The moving average of the network over all its steps; a checkpoint every so many minutes."""
    torch.manual_seed(course.seed)
    network = course.network.to(device, memory_format=torch.channels_last).train()
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=course.rate, weight_decay=DECAY)
    checkpoint = work / f"{course.name}.checkpoint.pt"
    first = resume(checkpoint, network, mean, optimiser, device)
    saved, start, mean_loss = time.monotonic(), time.monotonic(), 0.0
    for step, indices in zip(range(first, course.steps), batches(len(source), course.seed, first), strict=False):
        torch.manual_seed(course.seed * 1_000_003 + step)  # a step is the same whether or not the run was stopped before it
        share, warm = step / course.steps, min(1.0, (step + 1) / 200)
        for group in optimiser.param_groups:
            group["lr"] = course.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
        batch, labels = source[indices].to(device).float() / 255, (indices % len(MOTIFS)).to(device)
        loss = course.loss(network, batch, labels, share)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        update_average(mean, network, step)
        mean_loss += (loss.item() - mean_loss) * max(0.02, 1 / (step - first + 1))
        if step % 100 == 99:
            rate = BATCH * (step + 1 - first) / (time.monotonic() - start)
            print(f"{course.name}: step {step + 1} of {course.steps}  loss {mean_loss:.3f}  {rate:.0f} pictures/s", flush=True)
        if time.monotonic() - saved > minutes * 60:
            saved = time.monotonic()
            save_checkpoint(checkpoint, network, mean, optimiser, step + 1)
            course.keep(mean)
    save_checkpoint(checkpoint, network, mean, optimiser, course.steps)
    course.keep(mean)
    return mean


def update_average(mean: nn.Module, network: nn.Module, step: int) -> None:
    """Moving average of weights and batch norm's numbers: quieter than any single step."""
    keep = min(0.998, (1 + step) / (10 + step))
    for average, value in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if average.dtype.is_floating_point:
            average.lerp_(value, 1 - keep)
        else:
            average.copy_(value)


def save_checkpoint(file: Path, network: nn.Module, mean: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    part = file.with_suffix(".part")
    state = {"network": network.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    torch.save(state, part)
    os.replace(part, file)


def resume(file: Path, network: nn.Module, mean: nn.Module, optimiser: torch.optim.Optimizer, device: torch.device) -> int:
    """The step to go on with, and everything else as it was then."""
    if not file.exists():
        return 0
    state = torch.load(file, map_location=device, weights_only=True)
    network.load_state_dict(state["network"])
    mean.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


# ---- what is kept


def save_whole(tensors: dict[str, Tensor], file: Path, facts: dict[str, str] | None = None) -> None:
    part = file.with_suffix(f".{os.getpid()}.part")
    save_file(tensors, part, metadata=facts)
    part.chmod(0o644)
    os.replace(part, file)


def write_weights(file: Path, sample: Tensor, network: nn.Module) -> None:
    """Fold, halve and store the network, with each level's channel means and deviations over a sample of clean pictures."""
    network = model.folded(copy.deepcopy(network).cpu().float().eval())
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    with torch.no_grad():
        features = normalise(sample.float() / 255)
        for name, stage in network.named_children():
            features = torch.cat([stage(part) for part in features.split(64)])
            tensors[f"statistics.{name}.mean"] = features.mean((0, 2, 3))
            tensors[f"statistics.{name}.deviation"] = features.std((0, 2, 3))
    save_whole(tensors, file, {"classes": " ".join(motif.name for motif in MOTIFS)})


def write_judge(file: Path, network: nn.Module) -> None:
    save_whole({name: value.cpu().contiguous() for name, value in network.state_dict().items()}, file)


def write_atlas(weights: Path, folder: Path) -> None:
    """Its levels, and its classes from noise, each on a sheet."""
    dreamer, recipe = load("bestiary", weights, CPU), atlas.Recipe(size=192, steps=32, seed=0)
    for name, sheet in (("levels", atlas.of_layers(dreamer, False, CPU)), ("classes", atlas.of_classes(dreamer, []))):
        plates = list(atlas.dream_plates(sheet, dreamer, recipe))
        files.write(folder / f"{name}.png", stills.png(atlas.draw(sheet, plates)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Draw the bestiary's pictures, train its network, write weights, card and atlas."
    )
    parser.add_argument("--judge", action="store_true", help="train the judge only")
    parser.add_argument("--steps", type=int, default=12_000, help="of 64 pictures")
    parser.add_argument("--judge-steps", type=int, default=JUDGE_STEPS)
    parser.add_argument("--pictures", type=int, default=800 * len(MOTIFS), help="pictures to draw")
    parser.add_argument("--size", type=int, default=88, help="side of the pictures")
    parser.add_argument("--crop", type=int, default=64, help="side of the crops; three quarters of it at first")
    parser.add_argument("--eps", type=float, default=3, help="the farthest L2 reach of the attack, pixels in 0..1")
    parser.add_argument(
        "--reach", type=float, default=0.2, help="share of eps from which on the reach is drawn for each picture"
    )
    parser.add_argument("--keep", type=float, default=0, help="share of the weights of --start in those that are written")
    parser.add_argument("--attack-steps", type=int, default=1, help="steps of the attack: 1 on a CPU, 3 on a GPU")
    parser.add_argument("--rate", type=float, default=3e-3, help="the highest learning rate")
    parser.add_argument("--start", type=Path, help="weights to go on from: no ramps, and a rate of 3e-4 does")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--checkpoint", type=float, default=4, help="minutes between checkpoints")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("runs/bestiary"), help="pictures, judge, checkpoints, atlas")
    parser.add_argument("--out", type=Path, default=model.WEIGHTS, help="the weights; the card goes beside it")
    options = parser.parse_args()
    if options.keep and not options.start:
        parser.error("--keep is a share of the weights of --start, and none are given")
    return options


def main() -> None:
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    source, judge = pictures(options.work, options.pictures, options.size), options.work / judging.FILE.name
    if options.judge or not judge.exists():
        network = initial_judge(options.start if options.judge else None)
        course = Course("judge", network, judge_loss, partial(write_judge, judge), options.judge_steps, JUDGE_RATE, JUDGE_SEED)
        train(course, source, options.work, device, options.checkpoint)
    if options.judge:
        return
    sample, start = source[: len(MOTIFS) * SAMPLE], keep_start(options.start, options.work) if options.start else None

    def keep(mean: nn.Module) -> None:
        write_weights(options.out, sample, blend(mean, start, options.keep) if start and options.keep else mean)

    course = Course(
        "bestiary", initial_network(start), partial(robust_loss, options), keep, options.steps, options.rate, options.seed
    )
    train(course, source, options.work, device, options.checkpoint)
    options.out.with_name("card.md").write_text(card(options, figures(options.out, judge)), "utf-8")
    write_atlas(options.out, options.work)


if __name__ == "__main__":
    main()
