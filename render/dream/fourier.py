"""Waves. A dream on waves changes a canvas as nature varies: every size of detail takes its part, light more than colour.

Neighbouring pixels of a natural picture correlate: its amplitudes fall as 1/f (Field 1987), and most of its variance is light,
less is blue against yellow, least is green against magenta (the axes of Ohta, Kanade and Sakai 1980). A gradient knows
nothing of that. So each step is taken apart into waves, each ring of frequencies brought to one size, and put together again
with the amplitudes of nature. That is the Fourier picture of Olah, Mordvintsev and Schubert (Feature Visualization, 2017) seen
from the other side: not the picture is written as a spectrum but its change, so a picture that was dreamed and moved is taken
up again exactly as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from render.picture.picture import send

DEEPEST = 0.02  # from black and white: nearer than that the logit takes a step that no eye sees
MOMENTUM = 0.9  # of the last step's direction: what every view agrees on adds up, what one of them sees does not
SPREAD = (1.0, 0.28, 0.13)  # deviations of natural pictures along the axes of colour: light, blue to yellow, green to magenta
AXES = ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (1.0, -2.0, 1.0))
SLOPE = 0.25  # of the logistic function at middle grey


@dataclass(frozen=True)
class Waves:
    """A canvas between two steps."""

    tone: Tensor  # [1, 3, H, W], its logit
    rest: Tensor  # like it: what the logit could not hold of the canvas
    momentum: Tensor  # [1, 3, H, W // 2 + 1]: the running mean of the directions, as a spectrum
    known: float  # 0..1, the share of that mean that the steps so far make up
    amplitudes: Tensor  # [H, W // 2 + 1], of a wave, by frequency
    mix: Tensor  # [3, 3]: how much RGB changes with RGB


def begin(canvas: Tensor, smoothing: float, chroma: float) -> Waves:
    """The canvas before its first step. smoothing: amplitudes fall as 1/f**(1 + smoothing). chroma: 0..1, of its colour."""
    size = (canvas.shape[-2], canvas.shape[-1])
    tone = canvas.clamp(DEEPEST, 1 - DEEPEST).logit()
    return Waves(
        tone,
        canvas - tone.sigmoid(),
        torch.zeros((), dtype=torch.complex64, device=canvas.device),
        0.0,
        amplitudes(size, 1 + smoothing, canvas.device),
        send(colours(chroma), canvas.device),
    )


def to_canvas(waves: Waves) -> Tensor:
    """The canvas as it is now."""
    return (waves.tone.sigmoid() + waves.rest).clamp(0, 1)


def climb(waves: Waves, uphill: Tensor, step_size: float | Tensor) -> Waves:
    """The canvas after a step along a gradient of any size, which changes middle grey by `step_size` rms if all views agree."""
    now, size = waves.tone.sigmoid(), (uphill.shape[-2], uphill.shape[-1])
    slope = torch.einsum("ab,nbxy->naxy", waves.mix, uphill * now * (1 - now))
    momentum = MOMENTUM * waves.momentum + (1 - MOMENTUM) * _flatten_rings(torch.fft.rfft2(slope, norm="ortho"), size)
    known = MOMENTUM * waves.known + (1 - MOMENTUM)
    change = torch.fft.irfft2(waves.amplitudes * momentum / known, s=size, norm="ortho")
    return replace(waves, tone=waves.tone + step_size / SLOPE * change, momentum=momentum, known=known)


@lru_cache(8)
def amplitudes(size: tuple[int, int], fall: float, device: torch.device | str = "cpu") -> Tensor:
    """[h, w // 2 + 1]: how large the waves of each frequency are, 1 / f**fall, in a picture of mean 0 and rms 1."""
    amplitude = rings(size).clamp_min(1).double() ** -fall
    amplitude[0, 0] = 0  # the mean is the tone's business
    both = torch.full((amplitude.shape[1],), 2.0, dtype=torch.float64)  # a wave stands for its mirror image, too
    both[0] = 1
    if size[1] % 2 == 0:
        both[-1] = 1
    return (amplitude / ((amplitude.square() * both).sum() / (size[0] * size[1])).sqrt()).float().to(device)


@lru_cache(16)
def rings(size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """[h, w // 2 + 1]: how many whole waves of each frequency fit the longer side, rounded."""
    down, right = torch.fft.fftfreq(size[0]), torch.fft.rfftfreq(size[1])
    both: Tensor = down[:, None].square() + right.square()
    return (both.sqrt() * max(size)).round().long().to(device)


@lru_cache(16)
def members(size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """How many waves each ring has."""
    return rings(size, device).flatten().bincount()


def colours(chroma: float, spread: tuple[float, float, float] = SPREAD) -> Tensor:
    """[3, 3]: what is left of an RGB gradient when its colour is brought to that of nature, and `chroma` of that."""
    axes = F.normalize(torch.tensor(AXES), dim=1)
    return axes.T @ (torch.tensor(spread) * torch.tensor((1.0, chroma, chroma)))[:, None].mul(axes)


def _flatten_rings(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """The spectrum [1, 3, h, w // 2 + 1] of a picture with each ring at rms 1; a ring of nothing stays nothing.

    The three colours share a ring as they come: were each brought to rms 1 alone, grey things would dream of rainbows.
    """
    ring, counts = rings(size, spectrum.device), members(size, spectrum.device)
    power = torch.zeros(len(counts), device=spectrum.device)
    power.index_add_(0, ring.flatten(), spectrum.abs().square().mean((0, 1)).flatten())
    level: Tensor = (power / counts + 1e-30).rsqrt()
    return spectrum * level[ring]
