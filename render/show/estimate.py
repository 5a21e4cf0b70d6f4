"""Estimates. What a film will cost, told before it is dreamed: (config, film) -> Cost, from some seconds of doing it in small.

Each part is really done and timed, at the film's own sizes: one step of the dream, ticks that dream no more than that, the
storing of a tick, the frames between two ticks, and some frames through each encoder. The rest is counting.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from itertools import cycle as endlessly
from itertools import islice
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from render.config import Config
from render.config.model import Output
from render.config.scalars import Size
from render.construct import build
from render.develop import prints, sound
from render.develop.ffmpeg import Pixels
from render.develop.flow_cache import with_flow_cache
from render.develop.negative import SEGMENT, Negative
from render.dream.ascent import Ascent, dream, sizes
from render.film import Film, State, begin, first_worlds, step
from render.frames import at_rate, frame_count, frames_in, rate_ratio
from render.moment import Clock, Moment
from render.picture.picture import resize, to_pixels
from render.scene import Scene
from render.show.cost import CPU, PATIENCE, Cost, line, often, timed
from render.show.eta import duration_words

LARGE = 2**20  # pixels; larger films are measured at about this size, since what they cost grows with their pixels
COUNTED = 40  # moments at which is counted what is asked for, evenly over the film
PLACES = (0.5, 0.1, 0.9, 0.3, 0.7)  # of the film, at which a tick and the frames beside it are tried
BOLD = 0.1  # rms change of a picture that is hardly dreamed
FEW, MORE = 2, 8  # frames through an encoder, and so many more: what it takes to begin, and what each frame takes


@dataclass(frozen=True)
class Estimate:
    """size: (width, height). parts: what each part of the render spends, by name. seconds: of all, which do some at once."""

    size: tuple[int, int]
    frames: int
    fps: str
    ticks: int
    parts: dict[str, Cost]
    seconds: float

    @property
    def disk(self) -> float:
        """Bytes that stay."""
        return sum(part.disk for part in self.parts.values())

    def __str__(self) -> str:
        width, height = self.size
        rows = [*((name, part.seconds, part.disk) for name, part in self.parts.items()), ("in all", self.seconds, self.disk)]
        wide = max(len(name) for name, _, _ in rows)
        made = f"{width}x{height}, {counted(self.frames, 'frame')} at {self.fps} fps from {counted(self.ticks, 'dream')}"
        lines = (f"  {name:{wide}}  {duration_words(seconds):>11}  {weighed(disk):>8}".rstrip() for name, seconds, disk in rows)
        return "\n".join([made, *lines])


def counted(number: int, thing: str) -> str:
    """So many things."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def weighed(disk: float) -> str:
    """Bytes in words; none in none."""
    units = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
    return next((f"{disk / unit:.{int(disk < 9.5 * unit)}f} {name}" for unit, name in units if disk >= 0.5 * unit), "")


@cache
def starting() -> float:
    """Seconds that a program takes to begin, on one processor: as many as this one took until it was first asked."""
    return process_time()


def estimate(config: Config, film: Film) -> Estimate:
    """What the film that was built from `config` will cost on this machine, prints and all."""
    seen, clock, begun = film.scene, film.scene.clock, starting()
    small, times = within(config, film, LARGE)
    with TemporaryDirectory(prefix="render-") as folder:
        small = replace(small, scene=with_flow_cache(small.scene, Path(folder)))
        states, dreamed = dreaming(small)
        kept, read = storing(states, clock.last_tick + 1, Path(folder, "negative"))
        rates = {output.file: prints.rate(output, clock.fps) for output in config.outputs}
        reels = {fps: showing(small.scene, states, fps) for fps in dict.fromkeys(rates.values())}
        printed = {
            output.file: printing(config, output, reels[rates[output.file]], Path(folder, f"print{number}")) * times
            for number, output in enumerate(config.outputs)
        }
    walks = prints.walks(reels, partial(rate_ratio, seen))
    shown = {fps: (reels[fps].spent + read) * times for fps in walks}
    groups = []
    for fps, spent in shown.items():
        group = [output for output in config.outputs if rates[output.file] in walks[fps]]
        at_once = [printed[output.file] for output in group if not after_all(output)]
        groups.append((spent, at_once, [printed[output.file] for output in group if after_all(output)]))
    parts = {
        "starting": Cost(begun, begun),
        "dreaming": (dreamed + kept) * times,
        "frames between": sum(shown.values(), Cost()),
        **{prints.fill_name(file, config.name): spent for file, spent in printed.items()},
    }
    seconds = begun + in_all(parts["dreaming"], groups, waits=clock.backwards or seen.loop.fades)
    return Estimate((seen.size[1], seen.size[0]), frame_count(seen), str(clock.fps), clock.last_tick + 1, parts, seconds)


def within(config: Config, film: Film, most: int) -> tuple[Film, float]:
    """The film with at most about `most` pixels, and how many times as many it really has."""
    height, width = film.scene.size
    if height * width <= most:
        return film, 1.0
    shrink = (most / (height * width)) ** 0.5
    size = Size(*(max(32, round(side * shrink / 2) * 2) for side in (width, height)))
    small = build(config.model_copy(update={"size": size}), film.scene.device)
    return small, height * width / (size.width * size.height)


def after_all(output: Output) -> bool:
    """Whether an output is made when all frames are there, from a copy of them."""
    return output.suffix == ".gif" or output.size_limit is not None


Group = tuple[Cost, Sequence[Cost], Sequence[Cost]]  # outputs of one walk: frames, prints as they come, and others later


def in_all(dreaming: Cost, groups: Sequence[Group], waits: bool) -> float:
    """Seconds of dreaming and of all prints, of which those of the first walk are begun beside it, unless it `waits`."""
    alone = [together(*group) for group in groups]
    if waits:
        return dreaming.seconds + sum(alone)
    frames, printed, later = groups[0]
    return together(dreaming, [frames, *printed], later) + sum(alone[1:])


def together(frames: Cost, printed: Sequence[Cost], later: Sequence[Cost]) -> float:
    """Seconds of doing one thing, others at the same time, and others later, one by one."""
    at_once = (frames, *printed)
    longest = max(*(spent.seconds for spent in at_once), sum(spent.work for spent in at_once) / processors())
    return longest + sum(spent.seconds for spent in later)


def processors() -> int:
    """How many this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---- dreaming


def dreaming(film: Film) -> tuple[list[State], Cost]:
    """Some ticks of the film, hardly dreamed, and what all its ticks spend when they are dreamed in full."""
    clock, climb = film.scene.clock, climbing(film)
    asked: list[bool] = []  # of each dream in a tick, whether it was on fresh ground

    def hardly(moment: Moment, fresh: bool) -> Ascent:
        asked.append(fresh)
        return _once(film.ascent(moment, fresh))

    def tick(make: Callable[[], State], moment: Moment) -> tuple[State, Cost]:
        """A tick, and what it spent on other things than its dreams."""
        asked.clear()
        made: list[State] = []
        spent = timed(film.scene.device, lambda: made.append(make()))
        dreams = [climb(moment, _once(film.ascent(moment, fresh))) for fresh in asked]
        return made[0], spent - sum(dreams, Cost())

    sketch, start = replace(film, ascent=hardly), clock.tick(0)
    total = climb(start, film.ascent(start, True))
    begun, spent = tick(lambda: begin(sketch), start)
    states, total = [begun], total + spent
    if not clock.last_tick:
        return states, total
    step(sketch, begun)  # the first time some things are set up
    others, fresh = [], Counter[bool]()
    for place in sorted({int(share * (clock.last_tick - 1)) for share in PLACES}):
        moment = clock.tick(place + 1)
        film.scene.picture(clock.tick(place))  # as the tick before would have left the footage
        state, spent = tick(partial(step, sketch, replace(begun, tick=place)), moment)
        states.append(state)
        others.append(spent)
        fresh.update(asked)
    moments = evenly(clock)[1:]
    for kind, number in fresh.items():
        each = sum((climb(moment, film.ascent(moment, kind)) for moment in moments), Cost()) * (1 / len(moments))
        total += each * (clock.last_tick * number / len(others))
    return states, total + sum(others, Cost()) * (clock.last_tick / len(others))


def climbing(film: Film) -> Callable[[Moment, Ascent], Cost]:
    """What a dream at a moment spends on its steps: one is timed at each size, and for each choice of objectives that count."""
    scene, start = film.scene, film.scene.clock.tick(0)
    canvas, worlds, ascent = (
        scene.picture(start),
        first_worlds(film, start),
        replace(film.ascent(start, False), steps=1, octaves=1),
    )
    wanted = cache(lambda moment: tuple(bool(weight) for weight, _ in film.terms(moment, worlds)))
    chosen = Counter(wanted(moment) for moment in evenly(scene.clock))
    examples = {wanted(moment): moment for moment in evenly(scene.clock)}
    usual = max(chosen, key=lambda choice: (any(choice), chosen[choice]))

    @cache
    def tried(size: tuple[int, int], choice: tuple[bool, ...]) -> Cost:
        small, terms = resize(canvas, size), film.terms(examples[choice], worlds)
        return often(scene.device, lambda: dream(small, film.extract, terms, ascent, film.seed, 0))

    def one(size: tuple[int, int], choice: tuple[bool, ...]) -> Cost:
        if not any(choice):
            return Cost()
        full = tried(scene.size, choice).seconds / tried(scene.size, usual).seconds if choice != usual else 1.0
        return tried(size, usual) * full

    def climb(moment: Moment, ascent: Ascent) -> Cost:
        each = (one(size, wanted(moment)) for size in sizes(scene.size, ascent)) if ascent.steps else ()
        return sum(each, Cost()) * ascent.steps

    return climb


def _once(ascent: Ascent) -> Ascent:
    """One step at full size, if there is any: a bold one, since plain pictures are printed sooner than dreams."""
    return replace(ascent, steps=min(1, ascent.steps), octaves=1, step_size=BOLD)


def evenly(clock: Clock) -> list[Moment]:
    """Ticks from the first to the last, at most about COUNTED."""
    return [clock.tick(index) for index in sorted({round(i / COUNTED * clock.last_tick) for i in range(COUNTED + 1)})]


# ---- storing, showing, printing


def storing(states: Sequence[State], ticks: int, folder: Path) -> tuple[Cost, Cost]:
    """What it takes to keep so many ticks in a negative, and to read them again once."""
    pixels, held = to_pixels(states[-1].canvas, np.uint16), states[-1].tensors()

    def keep(number: int) -> float:
        place = folder / str(number)
        with Negative(place) as negative:
            for tick in range(number):
                negative.keep(tick, pixels, held)
        return _weight(place)

    segment, each = line(keep, 1, SEGMENT // 4)
    read = timed(CPU, lambda: deque(Negative(folder / str(SEGMENT // 4)).ticks(), maxlen=0)) * (ticks / (SEGMENT // 4))
    return segment * ceil(ticks / SEGMENT) + each * ticks, read


@dataclass(frozen=True)
class Shown:
    """The film at a rate: some of its frames, how many it has, and what it takes to make them all."""

    frames: list[Pixels]
    number: int
    spent: Cost


def showing(scene: Scene, states: Sequence[State], fps: Fraction) -> Shown:
    """The film's frames between its ticks, tried at some places."""
    clock = at_rate(scene.clock, fps, scene.loop)
    number = frame_count(replace(scene, clock=clock)) + (clock.tail if scene.loop.fades else 0)
    cycle = ceil(fps / scene.clock.rate)  # frames from a tick to the next
    span = min(clock.frames, cycle * ceil(3 / cycle))
    frames: list[Pixels] = []
    spent = Cost()

    def shoot(wanted: range) -> None:
        canvases_from = endlessly(state.canvas for state in states)
        frames.extend(
            to_pixels(frame, np.uint16) for frame in frames_in(scene, lambda start, way: canvases_from, clock, wanted)
        )

    for share in PLACES:
        start = int(share * (clock.frames - span))
        scene.picture(clock.frame(start))
        spent += timed(scene.device, partial(shoot, range(start, start + span)))
        if spent.work > PATIENCE:
            break
    return Shown(frames, number, spent * (number / len(frames)))


def printing(config: Config, output: Output, shown: Shown, folder: Path) -> Cost:
    """What an output takes, from frames that are there, each as often as its size limit will ask for."""
    unlimited = output.model_copy(update={"size_limit": output.size_limit and 10**15})
    height, width, _ = shown.frames[0].shape
    there_and_back = [*shown.frames, *shown.frames[-2:0:-1]]

    def develop(number: int) -> float:
        def frames(fps: Fraction) -> Iterator[Pixels]:
            return islice(endlessly(there_and_back), number)

        place, fps = folder / str(number), prints.rate(output, config.clock.fps)
        heard = sound.film_sound(config, number / fps)
        prints.develop([unlimited], frames, (width, height), config.clock.fps, place, config.name, config.yaml(), heard)
        return _weight(place)

    few = max(FEW, min(shown.number, prints.evenly_from(output, (width, height))))
    begun, each = line(develop, few, few + MORE)
    once = begun + each * shown.number
    if output.size_limit is None or once.disk <= output.size_limit:
        return once
    return replace(once * (1 + output.size_limit / once.disk), disk=output.size_limit)


def _weight(folder: Path) -> float:
    """Bytes of all files in a folder."""
    return float(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))
