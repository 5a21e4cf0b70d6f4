"""Reels. From the dreamed ticks of a film to its frames: those between two ticks, and the order in which a loop shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import chain, count
from math import floor

import torch
from torch import Tensor

from render.film import Scene
from render.moment import Clock, Moment
from render.picture import colour, warp

FEATHER = 0.06  # frame heights over which a tick's picture fades out towards its edge, where two ticks meet

CanvasSource = Callable[[int, int], Iterator[Tensor]]  # (tick to begin with, 1 or -1: onwards or backwards) -> canvases


def frames(scene: Scene, canvases: Iterable[Tensor], clock: Clock) -> Iterator[Tensor]:
    """The frames of `clock` from the film's canvases, tick 0 first, as they were dreamed: a loop is not closed."""
    return frames_in(scene, lambda start, step: iter(canvases), clock, range(clock.frames))


def in_loop_order(scene: Scene, canvases_from: CanvasSource, clock: Clock) -> Iterator[Tensor]:
    """The frames of `clock` in the order in which the film's loop shows them."""
    return LOOPS[scene.loop](scene, canvases_from, clock)


def at_rate(clock: Clock, fps: Fraction, loop: str = "none") -> Clock:
    """The same time counted at another frame rate: as long, to the nearest frame, and a loop's frames fit its time exactly."""
    both_ends = loop == "pingpong"
    seconds = (clock.frames - both_ends) / clock.fps
    fitting = max(not both_ends, round(seconds * fps))
    rate = fps if loop == "none" or not fitting else fitting / seconds
    return replace(clock, fps=rate, frames=fitting + both_ends, tail=round(clock.tail / clock.fps * fps))


def rate_ratio(scene: Scene, fine: Fraction, coarse: Fraction) -> int:
    """Of how many frames at the one rate the other has one, all at the same times; 0 if they are not."""
    one, other = (at_rate(scene.clock, fps, scene.loop) for fps in (fine, coarse))
    times = int(one.fps / other.fps)
    same = (one.fps, one.frames, one.tail) == (times * other.fps, times * other.frames, times * other.tail)
    return times if same else 0


def frame_count(scene: Scene) -> int:
    """How many frames the film is shown for: there and back takes twice as many, but for its two ends."""
    frames = scene.clock.frames
    return max(1, 2 * frames - 2) if scene.loop == "pingpong" else frames


def dreamed_up_to(scene: Scene, last: int) -> Scene:
    """The camera of a film that was dreamed up to tick `last`; one that is not whole has no loop."""
    if last >= scene.clock.last_tick:
        return scene
    return replace(scene, loop="none", clock=clip_clock(scene.clock, last))


def clip_clock(clock: Clock, last: int) -> Clock:
    """The same up to the last frame that tick `last` reaches."""
    return replace(clock, frames=min(clock.frames, floor(clock.place(last)) + 1), tail=0)


def frames_in(scene: Scene, canvases_from: CanvasSource, clock: Clock, wanted: range) -> Iterator[Tensor]:
    """The frames `wanted` of `clock`, onwards or backwards, each a pure function of the two ticks beside it."""
    if not wanted:
        return
    first, _ = scene.clock.beside(wanted[0] / clock.fps)
    start = first if wanted.step > 0 else min(first + 1, scene.clock.last_tick)
    canvases = zip(count(start, wanted.step), canvases_from(start, wanted.step), strict=False)
    held: dict[int, Tensor] = {}
    fine = lru_cache(maxsize=2)(colour.fine)  # measured once for each tick
    for index in wanted:
        tick, u = scene.clock.beside(index / clock.fps)
        if tick > scene.clock.last_tick:  # at another frame rate the last frame may lie a little later
            tick, u = scene.clock.last_tick, 0.0
        needed = {tick, tick + 1} if u else {tick}
        while not needed <= held.keys():
            there, canvas = next(canvases, (None, None))
            if there is None or canvas is None:
                break
            held = {near: kept for near, kept in held.items() if abs(near - there) < 2} | {there: canvas}
        yield between(scene, held[tick], held.get(tick + 1), tick, clock.frame(index), u, fine)


def between(
    scene: Scene,
    before: Tensor,
    after: Tensor | None,
    tick: int,
    moment: Moment,
    u: float,
    fine: Callable[[Tensor], Tensor] = colour.fine,
) -> Tensor:
    """The frame at `moment`, u (0..1) of the way from `before` at `tick` to `after`: both moved there, and cross-faded.

    Past the last tick there is only the one before. fine: measures the fine detail of a tick.
    """
    start, end = scene.clock.tick(tick), scene.clock.tick(tick + 1)
    if u == 0 and moment.seconds <= start.seconds:
        return before
    sides = [(before, start, 1.0 if after is None else 1 - _smoothstep(u))]
    if after is not None:
        sides.append((after, end, _smoothstep(u)))
    seen = _ridden(scene, sides, moment) if scene.source.moves else _travelled(scene, sides, moment, fine)
    return scene.apply_mask(moment, seen).clamp(0, 1)


Sides = Sequence[tuple[Tensor, Moment, float]]  # canvases of ticks, their moments, and their shares in the frame


def _travelled(scene: Scene, sides: Sides, moment: Moment, fine: Callable[[Tensor], Tensor]) -> Tensor:
    moves = [scene.path.between(there.seconds, moment.seconds) for _, there, _ in sides]
    # The nearer tick's extra millionth decides where neither has picture: its border rule fills in.
    weights = [
        share * warp.coverage(move, scene.size, FEATHER, scene.device) + 1e-6 * (share >= 0.5)
        for move, (_, _, share) in zip(moves, sides, strict=True)
    ]
    mixed = torch.zeros(1, device=scene.device)
    for move, weight, (seen, _, _) in zip(moves, weights, sides, strict=True):
        mixed = mixed + weight / sum(weights) * warp.move_frame(seen, move, kernel=warp.bicubic, border=scene.border)
    return colour.sharpen_to(mixed, sum(share * fine(seen) for seen, _, share in sides))


def _ridden(scene: Scene, sides: Sides, moment: Moment) -> Tensor:
    """The details of the ticks carried by the flow onto the true picture, each where it can be trusted."""
    mixed = weights = torch.zeros(1, device=scene.device)
    for canvas, there, share in sides:
        drift = scene.flow_between(there, moment)
        detail = warp.bicubic(canvas - scene.picture(there), drift.back, border=scene.border)
        weight = (share + 1e-6) * drift.trust
        mixed, weights = mixed + weight * detail, weights + weight
    return scene.picture(moment) + mixed / weights.clamp_min(1e-6)


def _smoothstep(u: float) -> float:
    return u * u * (3 - 2 * u)


# ---- loops


def _once(scene: Scene, canvases_from: CanvasSource, clock: Clock) -> Iterator[Tensor]:
    return frames_in(scene, canvases_from, clock, range(clock.frames))


def _endless(scene: Scene, canvases_from: CanvasSource, clock: Clock) -> Iterator[Tensor]:
    """The last frame is the one before the first. One that was dreamed from its end is shown from there."""
    if not clock.backwards:
        return frames_in(scene, canvases_from, clock, range(clock.frames))
    return chain(
        frames_in(scene, canvases_from, clock, range(1)), frames_in(scene, canvases_from, clock, range(clock.frames - 1, 0, -1))
    )


def _faded(scene: Scene, canvases_from: CanvasSource, clock: Clock) -> Iterator[Tensor]:
    """What comes after the film's end is shown first, and fades into its beginning."""
    after = frames_in(scene, canvases_from, clock, range(clock.frames, clock.frames + clock.tail))
    for index, frame in enumerate(frames_in(scene, canvases_from, clock, range(clock.frames))):
        yield colour.crossfade(next(after), frame, _smoothstep(index / clock.tail)) if index < clock.tail else frame


def _there_and_back(scene: Scene, canvases_from: CanvasSource, clock: Clock) -> Iterator[Tensor]:
    there, back = range(clock.frames), range(clock.frames - 2, 0, -1)
    return chain(frames_in(scene, canvases_from, clock, there), frames_in(scene, canvases_from, clock, back))


LOOPS: dict[str, Callable[[Scene, CanvasSource, Clock], Iterator[Tensor]]] = {
    "none": _once,
    "droste": _endless,
    "crossfade": _faded,
    "pingpong": _there_and_back,
}
