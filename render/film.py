"""Films. A Film is what was built from a Config; a State is a dreamed canvas and its tick. The film is a fold of `step`.

    state = begin(film)              # the source, dreamed: tick 0
    state = step(film, state)        # move the camera, dream again: tick 1, 2, …
    frames(film.camera, canvases, clock)    # the film's frames, between and on the ticks

What the next step needs is in the state or does not exist, so resuming, testing and developing again need no machinery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream import garden
from render.dream.ascent import Ascent, Wishes, dream
from render.dream.garden import Bed, World
from render.dream.network import Eye
from render.moment import Clock, Moment
from render.picture import colour, warp
from render.picture.motion import Path
from render.picture.picture import resize, sixteen_bits
from render.source import Source

RIM = 0.03  # frame heights over which fresh ground begins where the camera uncovers what no canvas held
FEATHER = 0.06  # frame heights over which a tick's picture fades out towards its edge, where two ticks meet
PERSISTENCE = 0.5  # of the dream's detail that footage carries from tick to tick, in place


@dataclass(frozen=True)
class Camera:
    """What is seen, but for the dream.

    size: (height, width). border: what lies past the edge, a row of warp.BORDERS. fresh: tick -> a picture of what no camera
    has seen yet, mean 0.
    """

    clock: Clock
    size: tuple[int, int]
    source: Source
    path: Path
    border: str
    fresh: Callable[[int], Tensor]
    device: torch.device

    def picture(self, moment: Moment) -> Tensor:
        """The source at that moment."""
        return self.source.at(moment).to(self.device)


@dataclass(frozen=True)
class Film:
    """What was built: everything that stays the same while rendering.

    eye: the network. wishes, ascent, gardens, tone: what a tick asks of it, how it climbs, how its gardens grow, and the
    tone it is held to and how firmly. digest: of the network's weights and the source's files.
    """

    camera: Camera
    seed: int
    eye: Eye
    wishes: Callable[[Moment, tuple[World, ...]], Wishes]
    ascent: Callable[[Moment], Ascent]
    gardens: Callable[[Moment], tuple[Bed, ...]]
    tone: Callable[[Moment], tuple[colour.Tone, float]]
    digest: str


@dataclass(frozen=True)
class State:
    """A tick: the canvas as it was dreamed, rounded to the negative's 16 bits, and the worlds of its gardens."""

    tick: int
    canvas: Tensor
    worlds: tuple[World, ...] = ()


def begin(film: Film) -> State:
    """Tick 0: the source, dreamed."""
    moment = film.camera.clock.tick(0)
    return _dreamed(film, moment, film.camera.picture(moment), opened(film, moment))


def opened(film: Film, moment: Moment) -> tuple[World, ...]:
    """The worlds of the film's gardens as they are at its first moment."""
    return tuple(garden.begin(film.seed, i, bed.size) for i, bed in enumerate(film.gardens(moment)))


def step(film: Film, state: State) -> State:
    """The next tick: move the camera, dream what it sees."""
    before, moment = film.camera.clock.tick(state.tick), film.camera.clock.tick(state.tick + 1)
    move = film.camera.path.between(before.seconds, moment.seconds)
    canvas = carried(film.camera, state.canvas, before, moment, move)
    beds = film.gardens(moment)
    worlds = tuple(garden.travel(w, move, beds[i], moment.dt, film.seed, i) for i, w in enumerate(state.worlds))
    return _dreamed(film, moment, canvas, worlds)


def ticks(film: Film, state: State | None = None) -> Iterator[State]:
    """Every tick after `state` to the end of the film; from the first if there is none."""
    if state is None:
        state = begin(film)
        yield state
    while state.tick < film.camera.clock.last_tick:
        state = step(film, state)
        yield state


def frames(camera: Camera, canvases: Iterable[Tensor], clock: Clock) -> Iterator[Tensor]:
    """The frames of `clock` from the film's canvases, tick 0 first: each a pure function of the two ticks beside it."""
    frame = 0
    for tick, (before, after) in enumerate(pairwise(chain(canvases, (None,)))):
        assert before is not None
        while frame < clock.frames and (after is None or clock.beside(frame)[0] == tick):
            yield between(camera, before, after, tick, clock.frame(frame), clock.beside(frame)[1])
            frame += 1


def between(camera: Camera, before: Tensor, after: Tensor | None, tick: int, moment: Moment, u: float) -> Tensor:
    """The frame at `moment`, u (0..1) of the way from `before` at `tick` to `after`: both moved there, and cross-faded.

    Past the last tick there is only the one before.
    """
    start, end = camera.clock.tick(tick), camera.clock.tick(tick + 1)
    if u == 0 and moment.seconds <= start.seconds:
        return before
    sides = [(_detail(camera, before, start), start, 1.0 if after is None else 1 - _smoothstep(u))]
    if after is not None:
        sides.append((_detail(camera, after, end), end, _smoothstep(u)))
    moves = [camera.path.between(there.seconds, moment.seconds) for _, there, _ in sides]
    # The nearer tick's extra millionth decides where neither has picture: its border rule fills in.
    weights = [
        share * warp.cover(move, camera.size, FEATHER, camera.device) + 1e-6 * (share >= 0.5)
        for move, (_, _, share) in zip(moves, sides, strict=True)
    ]
    mixed = torch.zeros(1, device=camera.device)
    for move, weight, (seen, _, _) in zip(moves, weights, sides, strict=True):
        mixed = mixed + weight / sum(weights) * warp.moved(seen, move, kernel=warp.bicubic, border=camera.border)
    mixed = colour.sharpened(mixed, sum(share * colour.fine(seen) for seen, _, share in sides))
    return (mixed + camera.picture(moment) if camera.source.moves else mixed).clamp(0, 1)


def carried(camera: Camera, canvas: Tensor, before: Moment, moment: Moment, move: Tensor) -> Tensor:
    """What the camera sees next: the canvas moved; over footage, the new picture with the old dream's detail laid on it."""
    moved = warp.moved(_detail(camera, canvas, before), move, kernel=warp.lanczos4, border=camera.border)
    if camera.source.moves:
        return (camera.picture(moment) + PERSISTENCE * moved).clamp(0, 1)
    return _on_fresh_ground(camera, moved, move, moment).clamp(0, 1)


def _on_fresh_ground(camera: Camera, moved: Tensor, move: Tensor, moment: Moment) -> Tensor:
    """The canvas with fresh ground for the dream at the rim that the camera uncovers.

    A border rule alone repeats the same strip tick after tick, until the frame is full of stripes; what it gives is kept as
    colour, without its detail. `wrap` means its seam, and is left alone.
    """
    shown = warp.cover(move, camera.size, RIM, camera.device)
    if camera.border == "wrap" or float(shown.min()) > 0:
        return moved
    colours = resize(F.adaptive_avg_pool2d(moved, (6, 10)), camera.size)
    return torch.lerp(colours + camera.fresh(moment.index).to(moved), moved, shown)


def _detail(camera: Camera, canvas: Tensor, moment: Moment) -> Tensor:
    """What moves with the camera: the canvas, or over footage what the dream added to it."""
    return canvas - camera.picture(moment) if camera.source.moves else canvas


def _dreamed(film: Film, moment: Moment, canvas: Tensor, worlds: tuple[World, ...]) -> State:
    dreamed = dream(canvas, film.eye, film.wishes(moment, worlds), film.ascent(moment), film.seed, moment.index)
    if dreamed is not canvas:  # a picture that was not dreamed stays as it is
        dreamed = colour.held(dreamed, *film.tone(moment))
    return State(moment.index, sixteen_bits(dreamed), worlds)


def _smoothstep(u: float) -> float:
    return u * u * (3 - 2 * u)
