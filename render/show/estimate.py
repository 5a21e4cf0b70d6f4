"""Estimates. What a film will take, before it is dreamed: (config, film) -> the costs of its parts.

One step of the dream is timed and the film's steps are counted: that is nine tenths of the answer. For the rest a few ticks are
dreamed with a single step each, a few frames are made between them, and those go through each encoder: one alone, then some,
which tells what an encoder takes once from what it takes for each frame.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
import torch
from torch import Tensor

from render.config import Config
from render.config.model import OutputSettings
from render.config.scalars import Size
from render.construct import build
from render.construct.networks import Known
from render.develop import flow_cache, formats, prints, sound
from render.develop.ffmpeg import Pixels
from render.develop.job import box_of, shape_of, width_of
from render.develop.names import fill_name
from render.develop.negative import LARGE as LARGE_STATE
from render.develop.negative import STRIDE
from render.dream.ascent import Ascent, Terms, dream, sizes
from render.dream.device import one_thread
from render.dream.garden import World
from render.dream.network import Activations
from render.errors import count
from render.film import Film, State, begin, first_worlds, step
from render.frames import at_rate, frame_count, frames_in, rate_ratio
from render.moment import Clock, Moment
from render.picture.picture import resize, to_pixels
from render.scene import Scene
from render.show.words import bytes_words, duration_words

if sys.platform != "win32":
    import resource

LARGE = 2**16  # pixels; larger films are tried at about this size, since what they take grows with their pixels
SMALL = 2**16  # pixels that a step is timed on at most: about the mean of a film's octaves
COUNTED = 40  # moments at which steps are counted, evenly over the film
PLACES = (0.5, 0.1)  # of the film, at which ticks are tried
TERMS = 8  # objectives that a step is timed with; each of more is taken to last as long: 7 % too much, as they share one look
TRIES = 2  # of a step, after the first tick has set up what is set up once
SERIAL = 0.08  # of a step that one thread does alone, measured on two
BOLD = 0.1  # rms change of a picture that is hardly dreamed; plain pictures are encoded sooner than dreams
SOME = 6  # frames through an encoder, after one alone
COLOURS = 6  # bytes of a pixel in the negative: 16 bits a channel
HEAD = 400  # bytes of a file of the negative besides its tensors


@dataclass(frozen=True)
class Cost:
    """What a part of a render takes."""

    seconds: float = 0.0
    disk: float = 0.0  # bytes that stay

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.disk + other.disk)


DREAMING, BETWEEN, ALL = "dreaming", "frames between", "in all"


def table(config: Config, film: Film, known: Known | None = None) -> Generator[str]:
    """What the film that was built from `config` takes, as lines: each is there as soon as it is known.

    In all is the sum of the parts. Some of them run beside others, but they share the processors.
    """
    scene, total = film.scene, Cost()
    (height, width), ticks = scene.size, count(scene.clock.last_tick + 1, "dream")
    yield f"{width}x{height}, {count(frame_count(scene), 'frame')} at {scene.clock.fps} fps from {ticks}"
    wide = max(map(len, (DREAMING, BETWEEN, ALL, *(_file(config, output) for output in config.outputs))))
    with closing(costs(config, film, known)) as parts:
        for name, cost in parts:
            total += cost
            yield row(name, cost, wide)
    yield row(ALL, total, wide)


def row(name: str, cost: Cost, wide: int) -> str:
    """A line of the table, whose names are so `wide`."""
    return f"  {name:{wide}}  {duration_words(cost.seconds):>11}  {bytes_words(cost.disk):>8}".rstrip()


def costs(config: Config, film: Film, known: Known | None = None) -> Generator[tuple[str, Cost]]:
    """What each part of the film takes on this machine: dreaming, the frames between, and each output, by its file.

    It is tried, for about two seconds. known: networks that are loaded already.
    """
    scene, clock = film.scene, film.scene.clock
    small, times = within(config, film, LARGE, known)
    with TemporaryDirectory(prefix="render-") as name:
        folder = Path(name)
        small = replace(small, scene=flow_cache.with_flow_cache(small.scene, folder))
        states, seconds = dreaming(small, scene.size)
        yield DREAMING, Cost(seconds, _negative_bytes(states[-1], clock.last_tick + 1, times))

        rates = {output.file: formats.rate(output, clock.fps) for output in config.outputs}
        reels = {fps: between(small.scene, states, fps) for fps in dict.fromkeys(rates.values())}
        walked = [reels[fps] for fps in prints.walks(rates.values(), partial(rate_ratio, scene))]
        motion = _motion_bytes(folder, clock.last_tick, walked) * times
        yield BETWEEN, Cost(sum(reel.each * reel.number for reel in walked) * times, min(flow_cache.MOST, motion))

        tried: dict[str, Cost] = {}  # by all that is asked of an output but its name: of a hundred alike one is tried
        for number, output in enumerate(config.outputs):
            alike = output.model_copy(update={"file": f"{'{frame}' * output.sequence}{output.suffix}"}).model_dump_json()
            if alike not in tried:
                smaller = shrink(output, scene.size[::-1], times**-0.5)
                tried[alike] = printing(config, smaller, reels[rates[output.file]], times, folder / str(number))
            yield _file(config, output), tried[alike]


def _file(config: Config, output: OutputSettings) -> str:
    return fill_name(output.file, config.name)


def _motion_bytes(folder: Path, last_tick: int, walked: Sequence[Reel]) -> float:
    """Bytes of the motion between pictures that is kept in `folder`: of all ticks, and two of each frame between them."""
    sizes = [file.stat().st_size for file in folder.glob(f"{flow_cache.FOLDER}/*")]
    pairs = last_tick + sum(2 * max(0, reel.number - last_tick - 1) for reel in walked)
    return fmean(sizes) * pairs if sizes else 0.0


def within(config: Config, film: Film, most: int, known: Known | None = None) -> tuple[Film, float]:
    """The film with at most about `most` pixels, and how many times as many it really has."""
    height, width = film.scene.size
    if height * width <= most:
        return film, 1.0
    shrink = (most / (height * width)) ** 0.5
    size = Size(*(max(32, round(side * shrink / 2) * 2) for side in (width, height)))
    with one_thread():
        small = build(config.model_copy(update={"size": size}), film.scene.device, known)
    return small, height * width / (size.width * size.height)


# ---- dreaming


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


def _negative_bytes(state: State, ticks: int, times: float) -> float:
    """Bytes of a negative of so many ticks, of a film with so many times as many pixels. Large states lie beside the ticks."""
    canvas = COLOURS * state.canvas.shape[-1] * state.canvas.shape[-2]
    tensors = sum(tensor.numel() * tensor.element_size() for tensor in state.tensors().values())
    if tensors > LARGE_STATE * canvas:
        return ticks * (HEAD + canvas * times) + (min(ticks, 2) + ticks // STRIDE) * (HEAD + tensors * times)
    return ticks * (HEAD + canvas * times + tensors)


# ---- frames and prints


@dataclass(frozen=True)
class Reel:
    """The film at a rate."""

    frames: list[Pixels]  # some of its frames
    number: int  # how many it has
    each: float  # seconds that one takes to make


def between(scene: Scene, states: Sequence[State], fps: Fraction) -> Reel:
    """The film's frames between its ticks, tried around its middle."""
    clock = at_rate(scene.clock, fps, scene.loop)
    number = frame_count(replace(scene, clock=clock)) + (clock.tail if scene.loop.fades else 0)
    cycle_of = ceil(fps / scene.clock.rate)  # frames from a tick to the next
    span = min(clock.frames, cycle_of * ceil(3 / cycle_of))
    start = (clock.frames - span) // 2
    frames: list[Pixels] = []

    def make() -> None:
        canvases = cycle(state.canvas for state in states)
        wanted = range(start, start + span)
        frames.extend(to_pixels(frame, np.uint16) for frame in frames_in(scene, lambda first, way: canvases, clock, wanted))

    scene.picture(clock.frame(start))
    return Reel(frames, number, measure_seconds(scene.device, make) / span)


def shrink(output: OutputSettings, size: tuple[int, int], share: float) -> OutputSettings:
    """An output of a film of (width, height), as it is of one whose sides are `share` as long."""
    box = box_of(output, size)[2:]
    width, _ = shape_of(formats.format_of(output), box, width_of(output, box))
    narrower = max(2, round(width * share)) if width < box[0] - 1 else None  # a line less is cut, not scaled
    crop = output.crop and output.crop.model_copy(update={"size": output.crop.size.scaled(share)})
    return output.model_copy(update={"width": narrower, "height": None, "crop": crop}) if share != 1 else output


def printing(config: Config, output: OutputSettings, reel: Reel, times: float, folder: Path) -> Cost:
    """What an output takes of a film with `times` the pixels of the reel, as often as its size limit will ask for."""
    number = 1 if formats.format_of(output).still and not output.sequence else reel.number
    some = min(SOME, number)
    one, more = (_try_printing(config, output, reel, count, folder / str(count)) for count in (1, some))
    once, each = _apart(one.seconds, more.seconds, some)
    seconds, disk = once + each * number * times, (one.disk + (number - 1) * _apart(one.disk, more.disk, some)[1]) * times
    limit = output.size_limit
    return Cost(seconds * (1 + limit / disk), limit) if limit and disk > limit else Cost(seconds, disk)


def _apart(one: float, more: float, number: int) -> tuple[float, float]:
    """What is taken once, and what for each thing, where a thing alone takes `one`, and so many things take `more`."""
    each = max(0.0, more - one) / (number - 1) if number > 1 else one
    return max(0.0, one - each), each


def _try_printing(config: Config, output: OutputSettings, reel: Reel, number: int, folder: Path) -> Cost:
    """What so many frames of an output take."""
    unlimited = output.model_copy(update={"size_limit": output.size_limit and 10**15})
    height, width, _ = reel.frames[0].shape
    there_and_back = [*reel.frames, *reel.frames[-2:0:-1]]

    def develop() -> None:
        def frames(fps: Fraction) -> Iterator[Pixels]:
            return islice(cycle(there_and_back), number)

        def opaque(fps: Fraction, *_: object) -> Iterator[Pixels]:
            return (np.dstack((frame, np.full(frame.shape[:2], 65535, np.uint16))) for frame in frames(fps))

        part = sound.film_sound(config, number / formats.rate(output, config.clock.fps))
        size, recipe = (width, height), config.recipe()
        prints.develop([unlimited], frames, size, config.clock.fps, folder, config.name, recipe, part, cut_outs=opaque)

    seconds = measure_seconds(torch.device("cpu"), develop)
    return Cost(seconds, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))


# ---- time


def measure_seconds(device: torch.device, work: Callable[[], object]) -> float:
    """Seconds that `work` takes on a machine with nothing else to do, whatever it has to do now.

    On a GPU by the clock. On processors by their own time in one thread, since threads that wait for others burn it, too;
    it is then shared out by Amdahl's law.
    """
    start, busy = perf_counter(), _processor_seconds()
    with one_thread() as threads:
        work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return perf_counter() - start
    return (_processor_seconds() - busy) * (SERIAL + (1 - SERIAL) / threads)


def _processor_seconds() -> float:
    """Of all processors so far, of this program and of those that it started and that have ended."""
    if sys.platform == "win32":
        return process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)  # os.times counts in hundredths of a second
    return process_time() + children.ru_utime + children.ru_stime
