"""Strength on footage: (Film, Moment) -> how strong a full dream is under the settings of that moment.

No formula says it: twice the step makes a dream 1.3 to 2 times as strong, by the network and by how strong it is already. So it
is measured, on the film's first picture, and only where settings move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import floor, log2

from render.dream.ascent import Ascent, dream
from render.film import Film, first_worlds
from render.moment import Moment
from render.on_footage import objective_weights
from render.picture import colour
from render.propagate import remove_mean

WEAKEST = 1e-5  # of full range: a smaller step is none
SHARES = 5  # parts in which an objective's share of all weights is told, for each two objectives
MANY = 1e6  # times their weight: objectives so heavy take a full step

Weights = tuple[float, ...]


def full_strength() -> Callable[[Film, Moment], float]:
    """The function, which remembers what it has measured."""
    known: dict[tuple[Ascent, Weights], float] = {}

    def measure(film: Film, ascent: Ascent, weights: Weights) -> float:
        key = replace(ascent, tiling=None), weights
        if key not in known:
            known[key] = _measure(film, ascent, weights)
        return known[key]

    def at_step(film: Film, ascent: Ascent, step: float, weights: Weights) -> float:
        """Between two steps of which one is twice the other, strength goes as a power of the step."""
        level = floor(log2(step))
        low, high = (measure(film, replace(ascent, step_size=2.0**power), weights) for power in (level, level + 1))
        return low * (high / low) ** (log2(step) - level) if low else 0.0

    def strength(film: Film, moment: Moment) -> float:
        ascent, weights = film.ascent(moment, True), objective_weights(film, moment)
        total = sum(map(abs, weights))
        if ascent.step_size * min(1.0, total) < WEAKEST or not ascent.steps:
            return 0.0
        ascent, shares = _roughly(film, ascent), _shares(weights, total)
        if sum(map(bool, shares)) == 1:
            return at_step(film, ascent, ascent.step_size * min(1.0, total), shares)
        light = at_step(film, ascent, ascent.step_size * total, shares)  # a gradient shorter than 1 is as long a step
        full = tuple(MANY * share for share in shares)  # and no gradient makes a longer one
        return min(light, at_step(film, ascent, ascent.step_size, full)) if total > 1 else light

    return strength


def _measure(film: Film, ascent: Ascent, weights: Weights) -> float:
    """The strength of a full dream of the film's first picture."""
    start = film.scene.clock.tick(0)
    picture, terms = film.scene.picture(start), film.terms(start, first_worlds(film, start))
    weighted = [(weight, objective) for weight, (_, objective) in zip(weights, terms, strict=True)]
    dreamed = dream(picture, film.extract, weighted, ascent, film.seed, start.index)
    return colour.rms(remove_mean(dreamed - picture, film.tone(start)[1]))


def _roughly(film: Film, ascent: Ascent) -> Ascent:
    """The same way to climb, but for what makes a dream hardly stronger: so less must be measured where that moves."""
    first = film.ascent(film.scene.clock.tick(0), True)
    smoothing, chroma, octave_scale = (round(x, 1) for x in (ascent.smoothing, ascent.chroma, ascent.octave_scale))
    rough = replace(ascent, smoothing=smoothing, chroma=chroma, octave_scale=octave_scale)
    return replace(rough, jitter=first.jitter, turn=first.turn, scale=first.scale)


def _shares(weights: Sequence[float], total: float) -> Weights:
    """Each objective's share of all weights, roughly: weights that move a little were measured before."""
    parts = SHARES * max(1.0, len(weights) / 2)
    return tuple(round(parts * weight / total) / parts for weight in weights)
