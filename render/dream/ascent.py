"""Dreams. A dream is gradient ascent on one canvas, small octave to large: (canvas, terms, settings) -> canvas.

Each octave starts from its own base plus the detail the smaller one found, so the frame itself is never pushed through a small
size (google/deepdream's notebook, 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream import fourier, spectrum
from render.dream.network import Extractor
from render.dream.objective import Objective
from render.dream.tile import Tiling, extract_tiled
from render.dream.view import View, view_of
from render.picture.bands import Lead
from render.picture.colour import luma
from render.picture.picture import resize, send
from render.picture.rng import generator

Terms = Sequence[tuple[float, Objective]]  # weights and what they weigh


@dataclass(frozen=True)
class Ascent:
    """How to climb."""

    steps: int  # per octave
    step_size: float  # rms change of a step, share of the full range
    octaves: int
    octave_scale: float  # from one octave to the next larger, times
    jitter: int  # pixels by which a view is shifted at most
    smoothing: float  # 0..1, how much more coarse detail counts than fine
    chroma: float  # 0..1, how much colour is kept
    min_side: int  # pixels, of the smallest octave
    turn: float = 0.0  # degrees by which a view is turned at most, either way
    scale: float = 1.0  # times by which it is scaled at most, up or down
    parametrisation: str = "pixel"  # a row of PARAMETRISATIONS
    tiling: Tiling | None = None  # in what tiles a large octave is looked at
    lead: Lead | None = field(default=None, compare=False)  # to what picture each octave is led before it is dreamed


def sizes(size: tuple[int, int], ascent: Ascent) -> list[tuple[int, int]]:
    """(height, width) of each octave, small to large; those below the network's smallest useful side are left out."""
    shrinks = [ascent.octave_scale**octave for octave in reversed(range(ascent.octaves))]
    octaves = [(round(size[0] / shrink), round(size[1] / shrink)) for shrink in shrinks]
    return [octave for octave in octaves[:-1] if min(octave) >= ascent.min_side] + [size]


def dream(
    canvas: Tensor,
    extract: Extractor,
    terms: Terms,
    ascent: Ascent,
    seed: int,
    tick: int,
    where: Tensor | None = None,
) -> Tensor:
    """The canvas, dreamed; where all weights are 0, or no step is taken, it is the same one.

    where: [1, 1, H, W], how much of each step is taken in each place; everywhere all of it if not given.
    """
    terms = [(weight, objective) for weight, objective in terms if weight]
    if not terms or not ascent.steps:
        return canvas
    octaves = sizes((canvas.shape[-2], canvas.shape[-1]), ascent)
    detail = canvas.new_zeros((*canvas.shape[:2], *octaves[0]))
    for octave, size in enumerate(octaves):
        base = resize(canvas, size).clamp(0, 1)  # bicubic overshoots, and what is clamped away would count as detail
        reach = None if where is None else resize(where, size).clamp(0, 1)
        start = base + resize(detail, size)
        start = ascent.lead(start) if ascent.lead else start
        detail = _climb(start, extract, terms, ascent, (seed, tick, octave), reach) - base
    return canvas + detail


def _climb(
    canvas: Tensor, extract: Extractor, terms: Terms, ascent: Ascent, address: tuple[int, int, int], reach: Tensor | None
) -> Tensor:
    """The canvas of one octave after its steps. address: (seed, tick, octave). reach: as `where`, of the octave's size."""
    way = PARAMETRISATIONS[ascent.parametrisation]
    state = way.begin(canvas, ascent)
    for step in range(ascent.steps):
        canvas = way.to_canvas(state)
        if way.grain:  # the gradient beside what is shown: only what is there in spite of the grain goes on
            canvas = canvas + way.grain * (1 - step / ascent.steps) * _grain(canvas, (*address, step))
        uphill = gradient(canvas, extract, terms, _step_view(canvas, ascent, (*address, step)), ascent)
        state = way.climb(state, uphill, ascent.step_size / rms(uphill).clamp_min(1) * (1 if reach is None else reach))
    return way.to_canvas(state)


def _grain(canvas: Tensor, address: tuple[int, ...]) -> Tensor:
    """White noise like the canvas, of deviation 1."""
    seed, *place = address
    return send(torch.randn(canvas.shape, generator=generator(seed, "grain", *place)), canvas.device)


def _step_view(canvas: Tensor, ascent: Ascent, address: tuple[int, ...]) -> View:
    """The view of one step, at random within the ascent's jitter, turn and scale."""
    seed, *place = address
    chance = generator(seed, "jitter", *place)
    down, right = torch.randint(-ascent.jitter, ascent.jitter + 1, (2,), generator=chance).tolist()
    turn, scale = (2 * torch.rand(2, generator=chance) - 1).tolist()
    above, before = torch.rand(2, generator=chance).tolist()
    return replace(view_of(canvas, down, right, turn * ascent.turn, ascent.scale**scale), phase=(above, before))


def gradient(canvas: Tensor, extract: Extractor, terms: Terms, view: View, ascent: Ascent) -> Tensor:
    """The mix of the terms' gradients, each shaped and at unit rms where it counts, so that weights mean what they say."""
    layers = sorted({layer for _, objective in terms for layer in objective.layers})
    rolled = view.roll(canvas.detach()).requires_grad_()
    with torch.enable_grad():
        activations = extract_tiled(extract, view.look(rolled), layers, ascent.tiling, view.phase)
        scores = [objective.score(activations, view) for _, objective in terms]
    way, total, size = PARAMETRISATIONS[ascent.parametrisation], torch.zeros_like(rolled), torch.zeros((), device=canvas.device)
    for i, ((weight, objective), score) in enumerate(zip(terms, scores, strict=True)):
        (raw,) = torch.autograd.grad(score, rolled, retain_graph=i + 1 < len(scores))
        shaped = way.shape(raw.contiguous(), ascent)
        strength = rms(shaped)
        size += strength / len(terms)
        if objective.mask is not None:
            mask = view.roll(resize(objective.mask, view.size).clamp(0, 1))
            shaped, strength = mask * shaped, _rms_within(mask, shaped)
        total.addcmul_(shaped, weight / strength.clamp_min(1e-20))
    return view.unroll(total * size if way.weighs else total)


def _rms_within(mask: Tensor, shaped: Tensor) -> Tensor:
    """The gradient's rms where the mask is, over its area."""
    return ((mask * shaped.square()).mean() / mask.mean().clamp_min(1e-6)).sqrt()


def rms(x: Tensor) -> Tensor:
    """Root mean square."""
    return x.square().mean().sqrt()


def mute(gradient: Tensor, chroma: float) -> Tensor:
    """The gradient with `chroma` of its colour, and that blurred over 4 pixels.

    In natural pictures colour is smoother than light; a gradient left to itself grows rainbow fringes.
    """
    light, coarse = luma(gradient), F.avg_pool2d(gradient, 4, ceil_mode=True, count_include_pad=False)
    colour = chroma * (coarse - luma(coarse))
    return light + _scale(colour, gradient.shape[-2:])


def smooth(gradient: Tensor, amount: float) -> Tensor:
    """A blend of the gradient with its own blurs over 2, 4 and 8 pixels, each at unit rms: neighbouring pixels correlate."""
    if not amount:
        return gradient
    levels = [gradient]
    for _ in range(3):
        levels.append(_halve(levels[-1]))
    shares = (1 - amount, amount / 3, amount / 3, amount / 3)
    *finer, (coarsest, share) = zip(levels, shares, strict=True)
    total = coarsest * (share / rms(coarsest).clamp_min(1e-20))
    for level, share in reversed(finer):
        grown = _scale(total, level.shape[-2:])
        total = grown.addcmul_(level, share / rms(level).clamp_min(1e-20))
    return total


def _halve(x: Tensor) -> Tensor:
    """The means of 2x2 blocks; of an odd side the last row or column is its own."""
    height, width = x.shape[-2:]
    if height % 2 or width % 2:
        x = F.pad(x, (0, width % 2, 0, height % 2), mode="replicate")
    return _scale(x, (x.shape[-2] // 2, x.shape[-1] // 2))  # midway between four is their mean, sooner than by avg_pool2d


def _scale(x: Tensor, size: Sequence[int]) -> Tensor:
    """x at another (height, width), each value between the four nearest."""
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


# ---- what of a canvas a dream changes


@dataclass(frozen=True)
class Parametrisation:
    """What of a canvas a dream changes."""

    shape: Callable[[Tensor, Ascent], Tensor]  # what is made of an objective's gradient
    begin: Callable[[Tensor, Ascent], Any]  # canvas -> the state of a climb
    climb: Callable[[Any, Tensor, Tensor], Any]  # (state, gradient, change where that is 1, rms: () or [1, 1, H, W]) -> state
    to_canvas: Callable[[Any], Tensor]  # state -> canvas
    weighs: bool = False  # whether a look at little counts for little: a gradient then has the size that it came in
    grain: float = 0.0  # deviation of the noise that lies over what the network sees, falling to 0 over the steps


PARAMETRISATIONS = {
    "pixel": Parametrisation(
        shape=lambda raw, ascent: smooth(mute(raw, ascent.chroma), ascent.smoothing),
        begin=lambda canvas, ascent: canvas,
        climb=lambda canvas, uphill, step: torch.addcmul(canvas, uphill, step).clamp_(0, 1),
        to_canvas=lambda canvas: canvas,
    ),
    "fourier": Parametrisation(
        shape=lambda raw, ascent: raw,
        begin=lambda canvas, ascent: fourier.begin(canvas, ascent.smoothing, ascent.chroma),
        climb=fourier.climb,
        to_canvas=fourier.to_canvas,
    ),
    "spectrum": Parametrisation(
        shape=lambda raw, ascent: raw,
        begin=lambda canvas, ascent: spectrum.begin(canvas, ascent.smoothing, ascent.chroma),
        climb=spectrum.climb,
        to_canvas=spectrum.to_canvas,
        weighs=True,
        grain=spectrum.GRAIN,
    ),
}
