"""Spectra. A dream on a spectrum grows a thing from noise: what climbs are the coefficients of the picture's change, by Adam.

The Fourier picture of Olah, Mordvintsev and Schubert (Feature Visualization, 2017) with Adam (Kingma & Ba, arXiv 1412.6980):
each coefficient has a pace of its own, so that what only one view saw comes to nothing. `fourier.py` gives all of a ring one
pace; its things are grainier, and independent networks know fewer of them. What climbs is added to the canvas, so that a
picture that was dreamed and moved is taken up again exactly as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from render.dream.fourier import DEEPEST, amplitudes, colours
from render.picture.picture import send

STEEPER = 0.3  # than 1/f, by which amplitudes fall: 1 gives grain, 1.5 fog (measured on efficientnet_lite0)
SPREAD = (1.0, 0.8, 0.2)  # along the axes of colour, as Lucid (2018) took it of ImageNet's pictures: things are told by it
CONTRAST = 1.2  # deviation of the logits over which a picture is brought back, unless it began with more: else colours burn
LEVEL = 0.7  # of what is added to the mean that is taken away again
RATE = 2.5  # coefficients by step size: 0.02 is the 0.05 with which the recipe was found
GRAIN = 0.1  # deviation of the noise over the first looks: without it an independent network knows half as many things
FIRST, SECOND, TINY = 0.7, 0.999, 1e-8  # of Adam; with 0.9 other networks know fewer things, with 0.95 fewer still (BENCH.md)


@dataclass(frozen=True)
class Spectrum:
    """A canvas between two steps."""

    canvas: Tensor  # [1, 3, H, W], as it was begun with
    weights: Tensor  # [1, 3, H, W // 2 + 1, 2]: coefficients of what was added, as parts of their usual size
    mean: Tensor  # of the gradients, running; like `weights`
    power: Tensor  # of their squares
    steps: int  # so far
    amplitudes: Tensor  # [H, W // 2 + 1]: the coefficients' usual size
    mix: Tensor  # [3, 3]: colours as nature has them
    reach: Tensor  # () or [1, 1, H, W], 0..1: how much of it is shown in each place


def begin(canvas: Tensor, smoothing: float, chroma: float) -> Spectrum:
    """The canvas before its first step. smoothing: how much steeper amplitudes fall. chroma: 0..1, of its colour."""
    size = (canvas.shape[-2], canvas.shape[-1])
    usual = amplitudes(size, 1 + STEEPER + smoothing, canvas.device)
    none = torch.zeros(1, 3, *usual.shape, 2, device=canvas.device)
    return Spectrum(canvas, none, none, none, 0, usual, send(colours(chroma, SPREAD), canvas.device), canvas.new_ones(()))


def to_canvas(state: Spectrum) -> Tensor:
    """The canvas as it is now."""
    return _to_canvas(state, state.weights)


def climb(state: Spectrum, uphill: Tensor, step_size: Tensor) -> Spectrum:
    """The canvas after a step along a gradient of any size; step_size: a number, or [1, 1, H, W]."""
    pace = step_size.max()
    state = replace(state, reach=step_size / pace.clamp_min(1e-12))
    with torch.enable_grad():
        weights = state.weights.detach().requires_grad_()
        (slope,) = torch.autograd.grad(_to_canvas(state, weights), weights, uphill)
    steps, mean = state.steps + 1, torch.lerp(slope, state.mean, FIRST)
    power = torch.lerp(slope.square(), state.power, SECOND)
    root = (power / (1 - SECOND**steps)).sqrt() + TINY
    change = mean / (1 - FIRST**steps) / root
    return replace(state, weights=state.weights + RATE * pace * change, mean=mean, power=power, steps=steps)


def _to_canvas(state: Spectrum, weights: Tensor) -> Tensor:
    size = (state.canvas.shape[-2], state.canvas.shape[-1])
    waves = torch.view_as_complex(weights) * state.amplitudes
    added = torch.einsum("ab,nbhw->nahw", state.mix, torch.fft.irfft2(waves, s=size, norm="ortho"))
    tone = state.canvas.clamp(DEEPEST, 1 - DEEPEST).logit()
    rest = state.canvas - tone.sigmoid()  # what the logit could not hold
    now = tone + added - LEVEL * added.mean()
    much = (tone.std().clamp_min(CONTRAST) / now.std()).clamp(max=1)
    return torch.lerp(state.canvas, ((now - now.mean()) * much + now.mean()).sigmoid() + rest, state.reach)
