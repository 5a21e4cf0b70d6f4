"""Frames. From the dreamed ticks of a film to its frames: those between two ticks, in the order in which a loop shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import chain, count, islice, takewhile
from math import floor
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from render.loops import NONE, Loop
from render.moment import Clock, Moment
from render.picture import colour, cutout, warp
from render.picture.picture import Pixels, from_pixels, to_pixels
from render.scene import Scene

FEATHER = 0.06  # frame heights over which a tick's picture fades out towards its edge, where two ticks meet

CanvasSource = Callable[[int, int], Iterator[Tensor]]  # (tick to begin with, 1 or -1: onwards or backwards) -> canvases
Share = TypeVar("Share", float, Tensor)  # 0..1
Sides = Sequence[tuple[Tensor, Moment, float]]  # canvases of ticks, their moments, and their shares in a frame


# ---- which frames, when


def frame_count(scene: Scene) -> int:
    """How many frames the film is shown for: there and back takes twice as many, but for its two ends."""
    frames = scene.clock.frames
    return max(1, 2 * frames - 2) if scene.loop.doubles else frames


def at_rate(clock: Clock, fps: Fraction, loop: Loop = NONE) -> Clock:
    """The same time counted at another frame rate: as long, to the nearest frame, and a loop's frames fit its time exactly."""
    end = int(loop.doubles)  # the way there has both its ends
    seconds = (clock.frames - end) / clock.fps
    steps = max(1 - end, round(seconds * fps))
    rate = steps / seconds if loop.seamless and steps else fps
    return replace(clock, fps=rate, frames=steps + end, tail=round(clock.tail / clock.fps * fps))


def rate_ratio(scene: Scene, fine: Fraction, coarse: Fraction) -> int:
    """Frames at the rate `fine` for each frame at `coarse`; 0 if their times do not coincide."""
    many, few = (at_rate(scene.clock, fps, scene.loop) for fps in (fine, coarse))
    ratio = int(many.fps / few.fps)
    coincide = (many.fps, many.frames, many.tail) == (ratio * few.fps, ratio * few.frames, ratio * few.tail)
    return ratio if coincide else 0


def dreamed_up_to(scene: Scene, last: int) -> Scene:
    """The scene of a film that was dreamed up to tick `last`; one that is not whole has no loop."""
    if last >= scene.clock.last_tick:
        return scene
    return replace(scene, loop=NONE, clock=clip_clock(scene.clock, last))


def clip_clock(clock: Clock, last: int) -> Clock:
    """The same up to the last frame that tick `last` reaches."""
    return replace(clock, frames=min(clock.frames, floor(clock.place(last)) + 1), tail=0)


# ---- all of them


def frames(scene: Scene, canvases: Iterable[Tensor], clock: Clock) -> Iterator[Tensor]:
    """The frames of `clock` from the film's canvases, tick 0 first, as they were dreamed: a loop is not closed."""
    return frames_in(scene, lambda start, step: iter(canvases), clock, range(clock.frames))


def in_loop_order(scene: Scene, canvases_from: CanvasSource, clock: Clock) -> Iterator[Tensor]:
    """The frames of `clock` in the order in which the film's loop shows them."""
    ranges = scene.loop.order(clock)
    ordered = chain.from_iterable(frames_in(scene, canvases_from, clock, wanted) for wanted in ranges)
    if not scene.loop.fades:
        return ordered
    past_the_end = frames_in(scene, canvases_from, clock, range(clock.frames, clock.frames + clock.tail))
    return _fade_in(past_the_end, ordered, clock.tail)


def _fade_in(before: Iterator[Tensor], frames: Iterator[Tensor], length: int) -> Iterator[Tensor]:
    """The frames, the first `length` of them faded in over those `before`."""
    for index, frame in enumerate(frames):
        mix = colour.crossfade if frame.shape[1] == 3 else cutout.crossfade
        yield mix(next(before), frame, smoothstep(index / length)) if index < length else frame


def replayable(canvases: Iterator[Tensor], device: torch.device) -> CanvasSource:
    """Canvases that come once, tick 0 first, to be walked as a loop needs them: those that came are kept, in 16 bits."""
    dreamed: list[Pixels] = []

    def has(tick: int) -> bool:
        dreamed.extend(to_pixels(canvas, np.uint16) for canvas in islice(canvases, max(0, tick + 1 - len(dreamed))))
        return tick < len(dreamed)

    def canvases_from(start: int, step: int) -> Iterator[Tensor]:
        ticks = takewhile(has, count(start)) if step > 0 else filter(has, range(start, -1, -1))
        return (from_pixels(dreamed[tick], device) for tick in ticks)

    return canvases_from


def frames_in(scene: Scene, canvases_from: CanvasSource, clock: Clock, wanted: range) -> Iterator[Tensor]:
    """The frames `wanted` of `clock`, onwards or backwards, each a pure function of the two ticks beside it."""
    if not wanted:
        return
    first, _ = scene.clock.beside(wanted[0] / clock.fps)
    start = first if wanted.step > 0 else min(first + 1, scene.clock.last_tick)
    dreams = zip(count(start, wanted.step), canvases_from(start, wanted.step), strict=False)  # (tick, its canvas)
    near: dict[int, Tensor] = {}  # the canvases of two ticks at most
    fine = lru_cache(maxsize=2)(colour.fine)  # measured once for each tick
    for index in wanted:
        tick, u = scene.clock.beside(index / clock.fps)
        if tick > scene.clock.last_tick:  # at another frame rate the last frame may lie a little later
            tick, u = scene.clock.last_tick, 0.0
        needed = {tick, tick + 1} if u else {tick}
        while not needed <= near.keys():
            dream = next(dreams, None)
            if dream is None:
                break
            newest, canvas = dream
            near = {number: near[number] for number in near if abs(number - newest) < 2} | {newest: canvas}
        yield between(scene, near[tick], near.get(tick + 1), tick, clock.frame(index), u, fine)


# ---- one of them


def between(
    scene: Scene,
    before: Tensor,
    after: Tensor | None,
    tick: int,
    moment: Moment,
    u: float,
    fine: Callable[[Tensor], Tensor] = colour.fine,
) -> Tensor:
    """The frame shown at `moment`, u (0..1) of the way from `before` at `tick` to `after`: both moved there, and cross-faded.

    Past the last tick there is only the one before. fine: measures the fine detail of a tick.
    """
    start, end = scene.clock.tick(tick), scene.clock.tick(tick + 1)
    if u == 0 and moment.seconds <= start.seconds:
        return scene.show(moment, before)
    sides = [(before, start, 1.0 if after is None else 1 - smoothstep(u))]
    if after is not None:
        sides.append((after, end, smoothstep(u)))
    if scene.source.moves:
        frame = _mix_followed(scene, sides, moment)
    else:
        frame = _mix_travelled(scene, _on_this_side(scene, sides, moment), moment, fine)
    return scene.show(moment, scene.apply_mask(moment, frame).clamp(0, 1))


def _on_this_side(scene: Scene, sides: Sides, moment: Moment) -> Sides:
    """Of the ticks beside `moment`, that which no cut parts from it, alone; both where there is none."""
    same = [side for side in sides if not scene.cut(side[1], moment)]
    return [(canvas, at, 1.0) for canvas, at, _ in same] if len(same) == 1 else sides


def _mix_travelled(scene: Scene, sides: Sides, moment: Moment, fine: Callable[[Tensor], Tensor]) -> Tensor:
    """The ticks moved by the camera, each where it has picture, as crisp together as they are alone."""
    moves = [scene.path.between(at.seconds, moment.seconds) for _, at, _ in sides]
    # The nearer tick's extra millionth decides where neither has picture: its border rule fills in.
    weights = [
        share * warp.coverage(move, scene.size, FEATHER, scene.device) + 1e-6 * (share >= 0.5)
        for move, (_, _, share) in zip(moves, sides, strict=True)
    ]
    mixed = torch.zeros(1, device=scene.device)
    for move, weight, (canvas, _, _) in zip(moves, weights, sides, strict=True):
        mixed = mixed + weight / sum(weights) * warp.move_frame(canvas, move, kernel=warp.bicubic, border=scene.border)
    return colour.sharpen_to(mixed, sum(share * fine(canvas) for canvas, _, share in sides))


def _mix_followed(scene: Scene, sides: Sides, moment: Moment) -> Tensor:
    """The details of the ticks carried by the flow onto the true picture, each where it can be trusted."""
    mixed = weights = torch.zeros(1, device=scene.device)
    for canvas, at, share in sides:
        flow = scene.flow_between(at, moment)
        detail = warp.bicubic(canvas - scene.picture(at), flow.back, border=scene.border)
        weight = (share + 1e-6) * flow.trust
        mixed, weights = mixed + weight * detail, weights + weight
    return scene.picture(moment) + mixed / weights.clamp_min(1e-6)


def smoothstep(u: Share) -> Share:
    """From 0 to 1, slow at both ends."""
    return u * u * (3 - 2 * u)
