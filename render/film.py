"""Films. A Film is what was built from a Config; a State is a dreamed canvas and its tick. The film is a fold of `step`.

    state = begin(film)              # the source, dreamed: tick 0
    state = step(film, state)        # move the camera, dream again: tick 1, 2, …
    frames(film.camera, canvases)    # the film's frames, between and on the ticks (render/frames.py)

What the next step needs is in the state or does not exist, so resuming, testing and developing again need no machinery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, log2

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream import garden
from render.dream.ascent import Ascent, Terms, dream
from render.dream.garden import Bed, World
from render.dream.network import Extractor
from render.dream.tile import Tiling
from render.moment import Clock, Moment
from render.picture import colour, warp
from render.picture.motion import CameraPath
from render.picture.picture import resize, sixteen_bits
from render.picture.warp import Move
from render.propagate import (
    UNSURE,
    Blend,
    Carried,
    blend_detail,
    carry_detail,
    match_strength,
    nearest_move,
    remove_mean,
    start,
)
from render.source import Source
from render.source.flow import Flow, FlowEstimator, flow

RIM = 0.03  # frame heights over which fresh ground begins where the camera uncovers what no canvas held
INSET = (0.4, 0.03)  # of its height: over this a droste's inner copy fades into the picture around it, far away and near


@dataclass(frozen=True)
class Scene:
    """What is seen, but for the dream.

    size: (height, width). border: what lies past the edge, a row of warp.BORDERS. fresh: tick -> a picture of what no camera
    has seen yet, mean 0. look: how motion is looked for in footage. cut: whether footage is known to be cut between two
    moments; None if that is to be found out. mask: where it is dreamed, [1, 1, H, W]; None for everywhere. loop: a row of
    reel.LOOPS.
    """

    clock: Clock
    size: tuple[int, int]
    source: Source
    path: CameraPath
    border: str
    fresh: Callable[[int], Tensor]
    look: FlowEstimator | None
    cut: Callable[[Moment, Moment], bool | None]
    mask: Callable[[Moment], Tensor] | None
    loop: str
    device: torch.device

    def picture(self, moment: Moment) -> Tensor:
        """The source at that moment; footage as the camera sees it."""
        seen = self.source.at(moment).to(self.device, non_blocking=True)
        if not self.source.moves:
            return seen
        move = self.path.so_far(moment.seconds)
        if torch.equal(move.matrix, warp.STILL):
            return seen
        return warp.move_frame(seen, move, kernel=warp.bicubic, border=self.border).clamp(0, 1)

    def apply_mask(self, moment: Moment, dreamed: Tensor) -> Tensor:
        """The dream inside the mask; outside it the source stands still."""
        return (
            dreamed
            if self.mask is None
            else torch.lerp(self.picture(moment), dreamed, self.mask(moment).to(dreamed, non_blocking=True))
        )

    def flow_between(self, before: Moment, after: Moment) -> Flow:
        """How the footage, as the camera sees it, moves from one moment to another, earlier or later."""
        assert self.look
        return flow(self.picture(before), self.picture(after), self.look, self.cut(before, after))


@dataclass(frozen=True)
class Film:
    """What was built: everything that stays the same while rendering.

    eye: the network. wishes, ascent, gardens, tone: what a tick asks of it, how it climbs (on fresh ground or on a dream
    that goes on), how its gardens grow, and the tone it is held to and how firmly. ride: how firmly the dream sits on footage.
    digest: of the network's weights and of all files it sees. tiles: side, pixels -> the tiles of that side for its eye.
    """

    scene: Scene
    seed: int
    extract: Extractor
    terms: Callable[[Moment, tuple[World, ...]], Terms]
    ascent: Callable[[Moment, bool], Ascent]
    gardens: Callable[[Moment], tuple[Bed, ...]]
    tone: Callable[[Moment], tuple[colour.Tone, float]]
    blend: Callable[[Moment], Blend]
    digest: str
    tiles: Callable[[int], Tiling]
    precision: str  # a row of precision.DTYPES: what its networks work in


@dataclass(frozen=True)
class State:
    """A tick: the canvas as it was dreamed, rounded to the negative's 16 bits, and what else the next tick needs.

    worlds: of the gardens. first: tick 0's canvas, which a droste film ends on. riding: the dream that rides on footage.
    """

    tick: int
    canvas: Tensor
    worlds: tuple[World, ...] = ()
    first: Tensor | None = None
    carried: Carried | None = None


def with_tiles(film: Film, side: int | None) -> Film:
    """The same film, larger frames seen in tiles of that side, pixels; whole if there is none."""
    tiling = film.tiles(side) if side else None
    return replace(film, ascent=lambda moment, fresh: replace(film.ascent(moment, fresh), tiling=tiling))


def begin(film: Film) -> State:
    """Tick 0: the source, dreamed."""
    moment = film.scene.clock.tick(0)
    worlds = first_worlds(film, moment)
    state = (_ridden_afresh if film.scene.source.moves else _dreamed_afresh)(film, moment, worlds)
    if film.scene.loop != "droste":
        return state
    canvas = sixteen_bits(_in_itself(film.scene, state.canvas))
    return replace(state, canvas=canvas, first=canvas)


def first_worlds(film: Film, moment: Moment) -> tuple[World, ...]:
    """The worlds of the film's gardens as they are at its first moment."""
    return tuple(garden.begin(film.seed, i, bed.size) for i, bed in enumerate(film.gardens(moment)))


def step(film: Film, state: State) -> State:
    """The next tick: move the camera, dream what it sees."""
    before, moment = film.scene.clock.tick(state.tick), film.scene.clock.tick(state.tick + 1)
    return (_ridden if state.carried else _travelled)(film, state, before, moment)


def ticks(film: Film, state: State | None = None) -> Iterator[State]:
    """Every tick after `state` to the end of the film; from the first if there is none."""
    if state is None:
        state = begin(film)
        yield state
    while state.tick < film.scene.clock.last_tick:
        state = step(film, state)
        yield state


# ---- a dream of its own, zoomed


def _travelled(film: Film, state: State, before: Moment, moment: Moment) -> State:
    """The canvas moved by the camera, and dreamed on."""
    move = film.scene.path.between(before.seconds, moment.seconds)
    seen = warp.move_frame(state.canvas, move, kernel=warp.lanczos4, border=film.scene.border)
    canvas = _on_fresh_ground(film.scene, seen, move, moment).clamp(0, 1)
    worlds = _travelled_worlds(film, state.worlds, move, moment)
    canvas = film.scene.apply_mask(moment, _dreamed(film, moment, canvas, worlds, fresh=False))
    if state.first is not None:
        canvas = _closing(film.scene, canvas, state.first, moment)
    return replace(state, tick=moment.index, canvas=sixteen_bits(canvas), worlds=worlds)


def _travelled_worlds(film: Film, worlds: tuple[World, ...], move: Move, moment: Moment) -> tuple[World, ...]:
    beds = film.gardens(moment)
    return tuple(garden.travel(world, move, beds[i], moment.dt, film.seed, i) for i, world in enumerate(worlds))


def _on_fresh_ground(scene: Scene, moved: Tensor, move: Move, moment: Moment) -> Tensor:
    """The canvas with fresh ground for the dream at the rim that the camera uncovers.

    A border rule alone repeats the same strip tick after tick, until the frame is full of stripes; what it gives is kept as
    colour, without its detail. `wrap` means its seam, and is left alone.
    """
    if scene.border == "wrap" or warp.covers(move, scene.size):
        return moved
    shown = warp.coverage(move, scene.size, RIM, scene.device)
    colours = resize(F.adaptive_avg_pool2d(moved, (6, 10)), scene.size)
    return torch.lerp(colours + scene.fresh(moment.index).to(moved, non_blocking=True), moved, shown)


def _dreamed_afresh(film: Film, moment: Moment, worlds: tuple[World, ...]) -> State:
    """The source dreamed as if nothing had been before."""
    canvas = film.scene.apply_mask(moment, _dreamed(film, moment, film.scene.picture(moment), worlds, fresh=True))
    return State(moment.index, sixteen_bits(canvas), worlds)


def _dreamed(film: Film, moment: Moment, canvas: Tensor, worlds: tuple[World, ...], fresh: bool) -> Tensor:
    dreamed = dream(canvas, film.extract, film.terms(moment, worlds), film.ascent(moment, fresh), film.seed, moment.index)
    if dreamed is canvas:  # a picture that was not dreamed stays as it is
        return canvas
    return colour.hold_tone(dreamed, *film.tone(moment))


# ---- a dream that ends where it began


def _in_itself(scene: Scene, canvas: Tensor) -> Tensor:
    """The canvas with a copy of itself where the camera will end, and in that another, down to the last pixel."""
    begun, nested = scene.clock.tick(0), canvas
    for _ in range(ceil(log2(max(scene.size)))):
        nested = _closing(scene, canvas, nested, begun)
    return nested


def _closing(scene: Scene, canvas: Tensor, first: Tensor, moment: Moment) -> Tensor:
    """The canvas with the film's first picture where the camera will see it at the end."""
    if moment.index == scene.clock.last_tick:
        return first
    move = scene.path.between(scene.clock.tick(scene.clock.last_tick).seconds, moment.seconds)
    copy = warp.move_frame(first, move, kernel=warp.lanczos4, border=scene.border)
    inset = max(INSET[0] * (1 - warp.scale(move)), INSET[1])
    shown = warp.coverage(move, scene.size, inset, scene.device)
    return torch.lerp(canvas, copy, shown * shown * (3 - 2 * shown))


# ---- a dream that rides on footage


def _ridden(film: Film, state: State, before: Moment, moment: Moment) -> State:
    """The detail carried by the flow onto the new picture; new ground dreamed in full, and all of it dreamed on."""
    scene, blend = film.scene, film.blend(moment)
    drift = scene.flow_between(before, moment)
    worlds = _travelled_worlds(film, state.worlds, nearest_move(drift), moment)
    if drift.kind == "cut" or not blend.persistence:
        return _ridden_afresh(film, moment, worlds)
    assert state.carried
    source, carried = scene.picture(moment), state.carried
    kept = carry_detail(carried.detail, drift, scene.border)
    if drift.kind != "same":
        canvas = (source + blend.persistence * kept).clamp(0, 1)
        terms, on = film.terms(moment, worlds), film.ascent(moment, False)
        new = 1 - drift.trust
        if float(new.mean()) > UNSURE:
            fresh = film.ascent(moment, True)
            anew = dream(source, film.extract, terms, fresh, film.seed, -moment.index, new) - source
            canvas = (canvas + match_strength(anew, new, carried.strength)).clamp(0, 1)
        stride = replace(on, step_size=on.step_size * carried.gain)
        dreamed = dream(canvas, film.extract, terms, stride, film.seed, moment.index)
        carried = blend_detail(carried, _added(film, moment, source, dreamed), kept, drift.trust, blend)
    return _shown(film, moment, source, worlds, carried)


def _ridden_afresh(film: Film, moment: Moment, worlds: tuple[World, ...]) -> State:
    """The first picture of a shot, dreamed in full."""
    source = film.scene.picture(moment)
    terms, ascent = film.terms(moment, worlds), film.ascent(moment, True)
    detail = _added(film, moment, source, dream(source, film.extract, terms, ascent, film.seed, moment.index))
    return _shown(film, moment, source, worlds, start(detail))


def _added(film: Film, moment: Moment, source: Tensor, dreamed: Tensor) -> Tensor:
    """What a dream adds to footage."""
    return remove_mean(dreamed - source, film.tone(moment)[1])


def _shown(film: Film, moment: Moment, source: Tensor, worlds: tuple[World, ...], carried: Carried) -> State:
    """What rides goes on everywhere, and is seen inside the mask: what moves out of it and comes back is as it was."""
    canvas = film.scene.apply_mask(moment, source + carried.detail)
    return State(moment.index, sixteen_bits(canvas), worlds, carried=carried)
