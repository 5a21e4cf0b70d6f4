"""What the frames between ticks and an output take: (some ticks, output) -> seconds and bytes.

A few frames are made and go through the encoder: one alone, then some, which tells what it takes once from what it takes for
each frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import cycle, islice
from math import ceil
from pathlib import Path

import numpy as np
import torch

from render.config import Config
from render.config.model import OutputSettings
from render.develop import formats, prints, sound
from render.develop.ffmpeg import Pixels
from render.develop.job import box_of, shape_of, width_of
from render.film import State
from render.frames import at_rate, frame_count, frames_in
from render.picture.picture import to_pixels
from render.scene import Scene
from render.show.cost import Cost, measure_seconds

SOME = 6  # frames through an encoder, after one alone


@dataclass(frozen=True)
class Sample:
    """Some of the film's frames, by which the others are reckoned."""

    frames: list[Pixels]  # some of its frames
    number: int  # how many it has
    each: float  # seconds that one takes to make


def between(scene: Scene, states: Sequence[State], fps: Fraction) -> Sample:
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
    return Sample(frames, number, measure_seconds(scene.device, make) / span)


def shrink(output: OutputSettings, size: tuple[int, int], share: float) -> OutputSettings:
    """An output of a film of (width, height), as it is of one whose sides are `share` as long."""
    box = box_of(output, size)[2:]
    width, _ = shape_of(formats.format_of(output), box, width_of(output, box))
    narrower = max(2, round(width * share)) if width < box[0] - 1 else None  # a line less is cut, not scaled
    crop = output.crop and output.crop.model_copy(update={"size": output.crop.size.scaled(share)})
    return output.model_copy(update={"width": narrower, "height": None, "crop": crop}) if share != 1 else output


def printing(config: Config, output: OutputSettings, sample: Sample, times: float, folder: Path) -> Cost:
    """What an output takes of a film with `times` the pixels of the sample, as often as its size limit will ask for."""
    number = 1 if formats.format_of(output).still and not output.sequence else sample.number
    some = min(SOME, number)
    one, more = (_try_printing(config, output, sample, count, folder / str(count)) for count in (1, some))
    once, each = _apart(one.seconds, more.seconds, some)
    seconds, disk = once + each * number * times, (one.disk + (number - 1) * _apart(one.disk, more.disk, some)[1]) * times
    limit = output.size_limit
    return Cost(seconds * (1 + limit / disk), limit) if limit and disk > limit else Cost(seconds, disk)


def _apart(one: float, more: float, number: int) -> tuple[float, float]:
    """What is taken once, and what for each thing, where a thing alone takes `one`, and so many things take `more`."""
    each = max(0.0, more - one) / (number - 1) if number > 1 else one
    return max(0.0, one - each), each


def _try_printing(config: Config, output: OutputSettings, sample: Sample, number: int, folder: Path) -> Cost:
    """What so many frames of an output take."""
    unlimited = output.model_copy(update={"size_limit": output.size_limit and 10**15})
    height, width, _ = sample.frames[0].shape
    there_and_back = [*sample.frames, *sample.frames[-2:0:-1]]

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
