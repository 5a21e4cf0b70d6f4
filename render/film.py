"""Films. A Film is what was built from a Config; a State is a dreamed canvas and its tick. The film is a fold of `step`.

    state = begin(film)            # the source, dreamed: tick 0
    state = step(film, state)      # the next tick: travel.py moves the camera and dreams on, on_footage.py with what moves
    for frame in film.frames():    # the film's frames, on the ticks and between them (frames.py)

What the next step needs is in the state or does not exist, so resuming, testing and developing again need no machinery.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from render import propagate
from render.dream import garden
from render.dream.ascent import Ascent, Terms
from render.dream.garden import Bed, World
from render.dream.network import Extractor
from render.dream.tile import Tiling
from render.frames import in_loop_order, replayable
from render.moment import Moment
from render.picture.bands import Lead
from render.picture.colour import Tone
from render.picture.picture import to_pixels
from render.picture.warp import Move
from render.propagate import Blend, Carried
from render.scene import Scene


@dataclass(frozen=True)
class Fold:
    """How a film's ticks are made: travel.FOLD or on_footage.FOLD."""

    begin: Callable[[Film, Moment], State]  # (film, moment of tick 0) -> tick 0
    step: Callable[[Film, State, Moment, Moment], State]  # (film, state, its moment, the next tick's) -> the next tick


@dataclass(frozen=True)
class Film:
    """What was built: everything that stays the same while rendering. Its callables are asked anew for each tick."""

    scene: Scene  # all of it but the dream
    fold: Fold
    seed: int  # where all randomness begins
    extract: Extractor  # frame -> activations of every layer that the terms ask of
    terms: Callable[[Moment, tuple[World, ...]], Terms]  # (moment, worlds of the gardens) -> weighted objectives
    ascent: Callable[[Moment, bool], Ascent]  # (moment, whether nothing was dreamed there before) -> how to climb
    gardens: Callable[[Moment], tuple[Bed, ...]]  # the settings of each garden
    jump: Callable[[Moment, Moment], bool | None]  # whether the gardens jump to other kinds between two moments
    tone: Callable[[Moment], tuple[Tone, float]]  # the tone to hold to, and how firmly, 0..1
    blend: Callable[[Moment], Blend]  # how firmly the dream sits on footage
    contents: Mapping[str, str]  # a digest of what each setting stands for that names a file or a network, by its key
    strength: Callable[[Film, Moment], float]  # (film, moment) -> how strong a full dream is under the settings of that moment
    tiles: Callable[[int], Tiling]  # side, pixels -> tiles of about that side, as large as its layers need them
    precision: str  # a row of precision.DTYPES: what its networks work in
    lead: Callable[[Moment], Lead | None] = lambda moment: None  # how its canvas is led by the take that it follows
    followed: Callable[[Moment], str] = lambda moment: ""  # a digest of the picture that it follows there, if any

    @property
    def digest(self) -> str:
        """Of the networks' weights, and of all files that the film reads."""
        return "".join(self.contents.values())

    def ticks(self) -> Iterator[State]:
        """Every tick of the film, dreamed as it is asked for: `for state in film.ticks(): show(state.canvas)`."""
        return ticks(self)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The film's frames as it shows them, uint8 [H, W, 3], RGB, dreamed as they are asked for."""
        canvases = (state.canvas for state in ticks(self))
        source = replayable(canvases, self.scene.device) if self.scene.loop.seamless else lambda start, step: canvases
        return (to_pixels(frame) for frame in in_loop_order(self.scene, source, self.scene.clock))


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
        parts = {f"world{i}": garden.to_tensors(world) for i, world in enumerate(self.worlds)}
        if self.first is not None:
            parts["first"] = {"canvas": self.first}
        if self.carried is not None:
            parts["carried"] = propagate.to_tensors(self.carried)
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


def begin(film: Film) -> State:
    """Tick 0: the source, dreamed."""
    return film.fold.begin(film, film.scene.clock.tick(0))


def step(film: Film, state: State) -> State:
    """The next tick."""
    return film.fold.step(film, state, film.scene.clock.tick(state.tick), film.scene.clock.tick(state.tick + 1))


def ticks(film: Film, state: State | None = None) -> Iterator[State]:
    """Every tick after `state` to the end of the film; from the first if there is none."""
    if state is None:
        state = begin(film)
        yield state
    while state.tick < film.scene.clock.last_tick:
        state = step(film, state)
        yield state


def first_worlds(film: Film, moment: Moment) -> tuple[World, ...]:
    """The worlds of the film's gardens at its first moment."""
    return tuple(garden.begin(film.seed, i, bed.size) for i, bed in enumerate(film.gardens(moment)))


def next_worlds(film: Film, worlds: tuple[World, ...], move: Move, moment: Moment) -> tuple[World, ...]:
    """The worlds at `moment`, after a move that ends there; where the film's gardens jump, with other kinds."""
    beds, before = film.gardens(moment), film.scene.clock.tick(moment.index - 1)
    worlds = tuple(garden.travel(world, move, beds[i], moment.dt, film.seed, i) for i, world in enumerate(worlds))
    return jump_worlds(film, worlds, moment) if film.jump(before, moment) else worlds


def jump_worlds(film: Film, worlds: tuple[World, ...], moment: Moment) -> tuple[World, ...]:
    """The worlds at `moment`, where the film cuts: other kinds grow everywhere."""
    return tuple(garden.jump(world, film.seed, i, moment.index) for i, world in enumerate(worlds))


def with_tiles(film: Film, side: int | None) -> Film:
    """The same film, larger frames seen in tiles of that side, pixels; whole if there is none."""
    tiling = film.tiles(side) if side else None
    return replace(film, ascent=lambda moment, fresh: replace(film.ascent(moment, fresh), tiling=tiling))
