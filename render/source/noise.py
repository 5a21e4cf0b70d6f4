"""Pictures from nothing. Noise is what a film begins with that has no picture; it is the same for a seed at every size."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, log2, sin

import torch
from torch import Tensor

from render.picture.rng import generator
from render.source import Source

MEAN = 0.46  # of a photo, and what `look` holds noise to
SPREAD = 0.22 / 0.6  # std per contrast: the usual contrast 0.6 gives a photo's 0.22
LATTICE = 64  # gradients along a side before clouds repeat, which they do finer than anyone sees
COARSEST = 1.3  # cells per half frame height of the largest clouds
FALLOFF = 0.62  # amplitude of an octave by that of the one twice as coarse; 1 is a photo's statistics, 0.5 smooth clouds
TURN = 0.9  # radians between octaves, so that their lattices never line up
KNEE = 2.0  # std from the mean where brightness bends, so that few pixels clip
# Light, then blue against yellow, then red against green: nature's order of strength, and so soft colours.
COLOURS = torch.tensor([[1.0, 0.30, 0.18], [1.0, 0.02, -0.20], [1.0, -0.36, 0.08]])


def noise(kind: str, contrast: float, size: tuple[int, int], seed: int) -> Source:
    """Noise of a kind (a row of KINDS) for (height, width), mean .46 and std .22 at contrast 0.6."""
    frame = (MEAN + SPREAD * contrast * KINDS[kind](size, seed)).clamp(0, 1)
    return Source(lambda moment: frame)


def perlin(size: tuple[int, int], seed: int) -> Tensor:
    """Soft coloured clouds [1, 3, H, W], mean 0 and std 1: Perlin's gradient noise (2002), octave on octave.

    They lie in frame heights, not pixels, so that a draft begins as the film does.
    """
    height, width = size
    y = (torch.arange(height) + 0.5) * 2 / height - 1
    x = ((torch.arange(width) + 0.5) * 2 - width) / height
    total = torch.zeros(3, height, width)
    for octave in range(max(1, int(log2(max(height, 4) / 2 / COARSEST)))):  # down to cells of two pixels
        turn, scale = TURN * octave, COARSEST * 2**octave
        across = scale * (cos(turn) * x[None, :] - sin(turn) * y[:, None])
        down = scale * (sin(turn) * x[None, :] + cos(turn) * y[:, None])
        angles = 2 * torch.pi * torch.rand(3, LATTICE, LATTICE, generator=generator(seed, "noise", octave))
        total += FALLOFF**octave * _gradient_noise(across, down, angles.cos(), angles.sin())
    mixed = _standardise(torch.einsum("ck,khw->chw", COLOURS, total))
    return _standardise((mixed / KNEE).tanh())[None]


def uniform(size: tuple[int, int], seed: int) -> Tensor:
    """Grain [1, 3, H, W], each number as likely as any other, mean 0 and std 1."""
    return (torch.rand(1, 3, *size, generator=generator(seed, "noise")) - 0.5) * 12**0.5


def gaussian(size: tuple[int, int], seed: int) -> Tensor:
    """Grain [1, 3, H, W], normally distributed, mean 0 and std 1."""
    return torch.randn(1, 3, *size, generator=generator(seed, "noise"))


KINDS: dict[str, Callable[[tuple[int, int], int], Tensor]] = {
    "perlin": perlin,
    "uniform": uniform,
    "gaussian": gaussian,
}


def _gradient_noise(x: Tensor, y: Tensor, gx: Tensor, gy: Tensor) -> Tensor:
    """Gradient noise [K, H, W] at the places (x, y) of lattices with the gradients (gx, gy) [K, LATTICE, LATTICE]."""
    left, top = x.floor(), y.floor()
    u, v = _fade(x - left), _fade(y - top)

    def corner(dx: int, dy: int) -> Tensor:
        row, column = (top.long() + dy) % LATTICE, (left.long() + dx) % LATTICE
        return gx[:, row, column] * (x - left - dx) + gy[:, row, column] * (y - top - dy)

    above = corner(0, 0) * (1 - u) + corner(1, 0) * u
    below = corner(0, 1) * (1 - u) + corner(1, 1) * u
    return above * (1 - v) + below * v


def _fade(t: Tensor) -> Tensor:
    """Perlin's quintic, whose second derivative vanishes at the lattice."""
    return t**3 * (t * (t * 6 - 15) + 10)


def _standardise(picture: Tensor) -> Tensor:
    """The same [3, H, W] with each colour's mean at 0 and a std of 1 over all."""
    centred = picture - picture.mean((1, 2), keepdim=True)
    return centred / centred.std(unbiased=False).clamp_min(1e-6)
