"""What dreaming a film takes: (film, size) -> seconds.

One step is timed on a small canvas, and the steps of the film are counted. What a tick takes besides is tried on a few ticks,
each dreamed with a single step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from statistics import fmean

from torch import Tensor

from render.dream.ascent import Ascent, Terms, dream, sizes
from render.dream.garden import World
from render.dream.network import Activations
from render.film import Film, State, begin, first_worlds, step
from render.moment import Clock, Moment
from render.picture.picture import resize
from render.show.cost import measure_seconds

SMALL = 2**16  # pixels that a step is timed on at most: about the mean of a film's octaves
COUNTED = 40  # moments at which steps are counted, evenly over the film
PLACES = (0.5, 0.1)  # of the film, at which ticks are tried
TERMS = 8  # objectives that a step is timed with; each of more is taken to last as long: 7 % too much, as they share one look
TRIES = 2  # of a step, after the first tick has set up what is set up once
BOLD = 0.1  # rms change of a picture that is hardly dreamed; plain pictures are encoded sooner than dreams


@dataclass(frozen=True)
class TriedTick:
    """A tick that was dreamed to see how long it takes."""

    seconds: float
    steps: int  # that are among them
    dreams: tuple[bool, ...]  # of each dream in it, whether it was on fresh ground


class Trial:
    """A film whose ticks are tried, hardly dreamed: a single step in one octave, with some of its objectives."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self.sketch = replace(film, ascent=self._ascent, extract=self._extract, terms=partial(some_terms, film))
        self.states: list[State] = []  # of the ticks tried so far
        self._fresh: list[bool] = []  # whether the way to climb that was last asked for is one on fresh ground
        self._dreams: list[bool] = []  # of each dream in the tick at work, whether it was on fresh ground

    def try_tick(self, moment: Moment, worlds: tuple[World, ...], make: Callable[[], State]) -> TriedTick:
        """Let `make` make the tick at that moment of the sketch."""
        self._dreams.clear()
        seconds = measure_seconds(self.film.scene.device, lambda: self.states.append(make()))
        counts = active(self.film, moment, worlds)
        steps = sum(counts and bool(self.film.ascent(moment, fresh).steps) for fresh in self._dreams)
        return TriedTick(seconds, steps, tuple(self._dreams))

    def _ascent(self, moment: Moment, fresh: bool) -> Ascent:
        self._fresh[:] = [fresh]
        ascent = self.film.ascent(moment, fresh)
        return replace(ascent, steps=min(1, ascent.steps), octaves=1, step_size=min(BOLD, ascent.steps * ascent.step_size))

    def _extract(self, frame: Tensor) -> Activations:
        self._dreams.extend(self._fresh)  # how to climb is asked for other reasons, too: a dream is what looks at the picture
        self._fresh.clear()
        return self.film.extract(frame)


def dreaming(film: Film, size: tuple[int, int]) -> tuple[list[State], float]:
    """Some ticks of the film, hardly dreamed, and the seconds that all its ticks take, dreamed in full at `size` (h, w)."""
    clock, here, trial = film.scene.clock, film.scene.size[0] * film.scene.size[1], Trial(film)
    start = clock.tick(0)
    worlds = first_worlds(film, start)
    first = trial.try_tick(start, worlds, lambda: begin(trial.sketch))
    step_seconds, times = time_step(film, trial.states[0].canvas, worlds)  # a pixel

    def besides(tick: TriedTick) -> float:
        """Seconds of a tick without its steps."""
        return max(0.0, tick.seconds - tick.steps * step_seconds * here)

    total = besides(first) + times * step_seconds * steps_at(film, size, start, True, worlds)
    if not clock.last_tick:
        return trial.states, total
    ticks = list(_later_ticks(trial, worlds))
    # Where nothing counts at a moment that is tried, a dream a tick elsewhere.
    kinds = Counter(fresh for tick in ticks for fresh in tick.dreams or (False,))
    for fresh, number in kinds.items():
        each = fmean(steps_at(film, size, moment, fresh, worlds) for moment in evenly(clock)[1:])
        total += times * step_seconds * each * clock.last_tick * number / len(ticks)
    return trial.states, total + min(map(besides, ticks)) * clock.last_tick * size[0] * size[1] / here


def _later_ticks(trial: Trial, worlds: tuple[World, ...]) -> Iterator[TriedTick]:
    """Ticks of the film after its first, tried at PLACES; where no footage moves, one tick is as the next."""
    scene = trial.film.scene
    shares = PLACES if scene.source.moves else PLACES[:1]
    for place in {int(share * (scene.clock.last_tick - 1)) for share in shares}:
        moment = scene.clock.tick(place)
        scene.picture(moment)  # as the tick before would have left the footage
        yield trial.try_tick(moment, worlds, partial(step, trial.sketch, replace(trial.states[0], tick=place)))


def time_step(film: Film, canvas: Tensor, worlds: tuple[World, ...]) -> tuple[float, float]:
    """Seconds a pixel that a step with some of the film's objectives takes on such a canvas, and how many times as many it has.

    0 seconds for a film that never takes a step.
    """
    scene, moment = film.scene, next((moment for moment in evenly(film.scene.clock) if active(film, moment, worlds)), None)
    if moment is None:
        return 0.0, 1.0
    shrink = min(1.0, (SMALL / (scene.size[0] * scene.size[1])) ** 0.5)
    canvas = resize(canvas, (ceil(scene.size[0] * shrink), ceil(scene.size[1] * shrink)))
    ascent, terms = replace(film.ascent(moment, False), steps=1, octaves=1), some_terms(film, moment, worlds)

    def take_step() -> object:
        return dream(canvas, film.extract, terms, ascent, film.seed, 0)

    seconds = min(measure_seconds(scene.device, take_step) for _ in range(TRIES)) / (canvas.shape[-2] * canvas.shape[-1])
    return seconds, sum(bool(weight) for weight, _ in film.terms(moment, worlds)) / len(terms)


def some_terms(film: Film, moment: Moment, worlds: tuple[World, ...]) -> Terms:
    """Of the objectives that count at a moment at most TERMS, evenly chosen."""
    counting = [(weight, objective) for weight, objective in film.terms(moment, worlds) if weight]
    return counting[:: max(1, ceil(len(counting) / TERMS))]


def steps_at(film: Film, size: tuple[int, int], moment: Moment, fresh: bool, worlds: tuple[World, ...]) -> float:
    """The steps of the dream at a moment times the pixels of their octaves, of a frame of `size`."""
    ascent = film.ascent(moment, fresh)
    pixels = sum(height * width for height, width in sizes(size, ascent))
    return ascent.steps * pixels if active(film, moment, worlds) else 0.0


def active(film: Film, moment: Moment, worlds: tuple[World, ...]) -> bool:
    """Whether any objective counts at a moment; worlds: of its gardens, at any moment."""
    return any(weight for weight, _ in film.terms(moment, worlds))


def evenly(clock: Clock) -> list[Moment]:
    """Ticks from the first to the last, at most about COUNTED."""
    return [clock.tick(index) for index in sorted({round(i / COUNTED * clock.last_tick) for i in range(COUNTED + 1)})]
