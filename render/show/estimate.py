"""Estimates. What a film will take, before it is dreamed: (config, film) -> the costs of its parts.

A step of the dream is timed, and the film's steps are counted: that is nine tenths of the answer. The rest is tried on a few
frames of a smaller film.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from render.config import Config
from render.config.model import OutputSettings
from render.config.scalars import Size
from render.construct import build
from render.construct.networks import Known
from render.develop import flow_cache, formats, prints
from render.develop.names import fill_name
from render.develop.negative import LARGE as LARGE_STATE
from render.develop.negative import STRIDE
from render.dream.device import one_thread
from render.errors import count
from render.film import Film, State
from render.frames import frame_count, rate_ratio
from render.show.cost import Cost
from render.show.dream_cost import dreaming
from render.show.print_cost import Sample, between, printing, shrink
from render.show.words import bytes_words, duration_words

LARGE = 2**16  # pixels; larger films are tried at about this size, since what they take grows with their pixels
COLOURS = 6  # bytes of a pixel in the negative: 16 bits a channel
HEAD = 400  # bytes of a file of the negative besides its tensors
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
        samples = {fps: between(small.scene, states, fps) for fps in dict.fromkeys(rates.values())}
        walked = [samples[fps] for fps in prints.walks(rates.values(), partial(rate_ratio, scene))]
        motion = _motion_bytes(folder, clock.last_tick, walked) * times
        yield BETWEEN, Cost(sum(sample.each * sample.number for sample in walked) * times, min(flow_cache.MOST, motion))

        tried: dict[str, Cost] = {}  # by all that is asked of an output but its name: of a hundred alike one is tried
        for number, output in enumerate(config.outputs):
            alike = output.model_copy(update={"file": f"{'{frame}' * output.sequence}{output.suffix}"}).model_dump_json()
            if alike not in tried:
                smaller = shrink(output, scene.size[::-1], times**-0.5)
                tried[alike] = printing(config, smaller, samples[rates[output.file]], times, folder / str(number))
            yield _file(config, output), tried[alike]


def _file(config: Config, output: OutputSettings) -> str:
    return fill_name(output.file, config.name)


def _motion_bytes(folder: Path, last_tick: int, walked: Sequence[Sample]) -> float:
    """Bytes of the motion between pictures that is kept in `folder`: of all ticks, and two of each frame between them."""
    sizes = [file.stat().st_size for file in folder.glob(f"{flow_cache.FOLDER}/*")]
    pairs = last_tick + sum(2 * max(0, sample.number - last_tick - 1) for sample in walked)
    return fmean(sizes) * pairs if sizes else 0.0


def within(config: Config, film: Film, most: int, known: Known | None = None) -> tuple[Film, float]:
    """The film with at most about `most` pixels, and how many times as many it really has."""
    height, width = film.scene.size
    if height * width <= most:
        return film, 1.0
    share = (most / (height * width)) ** 0.5
    size = Size(*(max(32, round(side * share / 2) * 2) for side in (width, height)))
    with one_thread():
        small = build(config.model_copy(update={"size": size}), film.scene.device, known)
    return small, height * width / (size.width * size.height)


def _negative_bytes(state: State, ticks: int, times: float) -> float:
    """Bytes of a negative of so many ticks, of a film with so many times as many pixels. Large states lie beside the ticks."""
    canvas = COLOURS * state.canvas.shape[-1] * state.canvas.shape[-2]
    tensors = sum(tensor.numel() * tensor.element_size() for tensor in state.tensors().values())
    if tensors > LARGE_STATE * canvas:
        return ticks * (HEAD + canvas * times) + (min(ticks, 2) + ticks // STRIDE) * (HEAD + tensors * times)
    return ticks * (HEAD + canvas * times + tensors)
