"""Films. A Film is what was built from a Config; a State is a dreamed canvas and its tick. The film is a fold of `step`.

    state = begin(film)              # the source, dreamed: tick 0
    state = step(film, state)        # move the camera, dream again: tick 1, 2, …
    frames(film.camera, canvases)    # the film's frames, between and on the ticks (render/frames.py)

What the next step needs is in the state or does not exist, so resuming, testing and developing again need no machinery.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, log2

import torch
import torch.nn.functional as F
from torch import Tensor

from render import propagate
from render.dream import garden
from render.dream.ascent import Ascent, Terms, dream
from render.dream.garden import Bed, World
from render.dream.network import Extractor
from render.dream.tile import Tiling
from render.moment import Moment
from render.picture import colour, warp
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
from render.scene import Scene

RIM = 0.03  # frame heights over which fresh ground begins where the camera uncovers what no canvas held
INSET = (0.4, 0.03)  # of its height: over this a droste's inner copy fades into the picture around it, far away and near


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
    """A tick as it was dreamed, and all that the next one needs of it."""

    tick: int
    canvas: Tensor  # a frame, rounded to the negative's 16 bits
    worlds: tuple[World, ...] = ()  # of the gardens
    first: Tensor | None = None  # tick 0's canvas, on which a droste film ends
    carried: Carried | None = None  # the detail of a dream on footage

    def tensors(self) -> dict[str, Tensor]:
        """All of it but tick and canvas, by names such as "world0.places" and "carried.detail"; `of` takes them back."""
        parts = {
            **{f"world{i}": garden.to_tensors(world) for i, world in enumerate(self.worlds)},
            **({} if self.first is None else {"first": {"canvas": self.first}}),
            **({} if self.carried is None else {"carried": propagate.to_tensors(self.carried)}),
        }
        return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}

    @staticmethod
    def of(tick: int, canvas: Tensor, tensors: Mapping[str, Tensor]) -> State:
        """The state that had this canvas and gave these `tensors`, on the canvas's device."""
        parts: dict[str, dict[str, Tensor]] = defaultdict(dict)
        for key, tensor in tensors.items():
            part, name = key.split(".")
            parts[part][name] = tensor
        gardens = sum(part.startswith("world") for part in parts)
        return State(
            tick,
            canvas,
            worlds=tuple(garden.from_tensors(parts[f"world{i}"]) for i in range(gardens)),
            first=parts["first"]["canvas"].to(canvas.device) if "first" in parts else None,
            carried=propagate.from_tensors(parts["carried"], canvas.device) if "carried" in parts else None,
        )


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
    shown = warp.coverage(move, scene.size, RIM, scene.device)
    if scene.border == "wrap" or float(shown.min()) > 0:
        return moved
    colours = resize(F.adaptive_avg_pool2d(moved, (6, 10)), scene.size)
    return torch.lerp(colours + scene.fresh(moment.index).to(moved), moved, shown)


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
