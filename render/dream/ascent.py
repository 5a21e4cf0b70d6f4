"""Dreams. A dream is gradient ascent on one canvas, small octave to large: (canvas, wishes, settings) -> canvas.

Each octave starts from its own base plus the detail the smaller one found, so the frame itself is never pushed through a small
size (google/deepdream's notebook, 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream.network import Eye
from render.dream.objective import Objective, View
from render.picture.chance import generator
from render.picture.colour import luma
from render.picture.picture import resize
from render.picture.warp import grid

Wishes = Sequence[tuple[float, Objective]]  # weights and what they weigh


@dataclass(frozen=True)
class Ascent:
    """How to climb.

    steps: per octave. step_size: rms change of a step, share of the full range. octaves, octave_scale: the pyramid.
    jitter: pixels. smoothing: 0..1, how far the gradient is blurred over several scales. chroma: 0..1, how much of its
    colour is kept. least: the smallest side of an octave, pixels.
    """

    steps: int
    step_size: float
    octaves: int
    octave_scale: float
    jitter: int
    smoothing: float
    chroma: float
    least: int


def sizes(size: tuple[int, int], ascent: Ascent) -> list[tuple[int, int]]:
    """(height, width) of each octave, small to large; those below the network's smallest useful side are left out."""
    shrinks = [ascent.octave_scale**octave for octave in reversed(range(ascent.octaves))]
    octaves = [(round(size[0] / shrink), round(size[1] / shrink)) for shrink in shrinks]
    return [octave for octave in octaves[:-1] if min(octave) >= ascent.least] + [size]


def dream(canvas: Tensor, eye: Eye, wishes: Wishes, ascent: Ascent, seed: int, tick: int) -> Tensor:
    """The canvas after the network has had its way with it; all weights 0 leave it as it is."""
    wishes = [(weight, objective) for weight, objective in wishes if weight]
    if not wishes or not ascent.steps:
        return canvas
    octaves = sizes((canvas.shape[-2], canvas.shape[-1]), ascent)
    detail = torch.zeros_like(resize(canvas, octaves[0]))
    for octave, size in enumerate(octaves):
        base = resize(canvas, size).clamp(0, 1)  # bicubic overshoots, and what is clamped away would count as detail
        detail = _climb(base + resize(detail, size), eye, wishes, ascent, (seed, tick, octave)) - base
    return canvas + detail


def _climb(canvas: Tensor, eye: Eye, wishes: Wishes, ascent: Ascent, address: tuple[int, int, int]) -> Tensor:
    seed, tick, octave = address
    for step in range(ascent.steps):
        chance = generator(seed, "jitter", tick, octave, step)
        down, right = torch.randint(-ascent.jitter, ascent.jitter + 1, (2,), generator=chance).tolist()
        canvas = canvas.roll((down, right), (2, 3))
        uphill = gradient(canvas, eye, wishes, view_of(canvas, down, right), ascent)
        canvas = (canvas + ascent.step_size * uphill / rms(uphill).clamp_min(1)).clamp(0, 1)
        canvas = canvas.roll((-down, -right), (2, 3))
    return canvas


def gradient(canvas: Tensor, eye: Eye, wishes: Wishes, view: View, ascent: Ascent) -> Tensor:
    """The mix of the wishes' gradients, each smoothed and at unit rms, so that weights mean what they say."""
    canvas = canvas.detach().requires_grad_()
    with torch.enable_grad():
        seen = eye(canvas)
        scores = [objective.score(seen, view) for _, objective in wishes]
    total = torch.zeros_like(canvas)
    for i, ((weight, _), score) in enumerate(zip(wishes, scores, strict=True)):
        (raw,) = torch.autograd.grad(score, canvas, retain_graph=i + 1 < len(scores))
        shaped = smooth(mute(raw.contiguous(), ascent.chroma), ascent.smoothing)
        total += weight * shaped / rms(shaped).clamp_min(1e-20)
    return total


def rms(x: Tensor) -> Tensor:
    """Root mean square."""
    return x.square().mean().sqrt()


def mute(gradient: Tensor, chroma: float) -> Tensor:
    """The gradient with `chroma` of its colour, and that blurred over 4 pixels.

    In natural pictures colour is smoother than light; a gradient left to itself grows rainbow fringes.
    """
    light = luma(gradient)
    colour = F.avg_pool2d(gradient - light, 4, ceil_mode=True, count_include_pad=False)
    return light + chroma * F.interpolate(colour, size=gradient.shape[-2:], mode="bilinear", align_corners=False)


def smooth(gradient: Tensor, amount: float) -> Tensor:
    """A blend of the gradient with its own blurs over 2, 4 and 8 pixels, each at unit rms: neighbouring pixels correlate."""
    if not amount:
        return gradient
    levels = [gradient]
    for _ in range(3):
        levels.append(F.avg_pool2d(levels[-1], 2, ceil_mode=True, count_include_pad=False))
    shares = (1 - amount, amount / 3, amount / 3, amount / 3)
    total = torch.zeros_like(levels[-1])
    for level, share in zip(reversed(levels), reversed(shares), strict=True):
        grown = F.interpolate(total, size=level.shape[-2:], mode="bilinear", align_corners=False)
        total = grown + share * level / rms(level).clamp_min(1e-20)
    return total


def view_of(canvas: Tensor, down: int, right: int) -> View:
    """Where the cells of an activation map lie on the canvas before it was rolled."""
    height, width = canvas.shape[-2:]

    def view(h: int, w: int) -> Tensor:
        shift = torch.tensor((2 * right / height, 2 * down / height), device=canvas.device)
        half = torch.tensor((width / height, 1.0), device=canvas.device)
        cells = grid((h, w), canvas.device) * half / torch.tensor((w / h, 1.0), device=canvas.device)
        return (cells - shift + half).remainder(2 * half) - half

    return view
