"""Dreams that a camera travels through: each tick is the canvas moved by the camera, and dreamed on.

A droste film ends where it began: its first canvas holds a copy of itself where the camera will be at the end.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream.ascent import dream
from render.dream.garden import World
from render.droste import inset, nest
from render.film import Film, Fold, State, first_worlds, jump_worlds, next_worlds
from render.moment import Moment
from render.picture import colour, warp
from render.picture.picture import resize, send, sixteen_bits
from render.picture.warp import Move
from render.scene import Scene

RIM = 0.03  # frame heights over which fresh ground begins where the camera uncovers what no canvas held


def begin(film: Film, moment: Moment) -> State:
    """The source, dreamed as if nothing had been before."""
    worlds = first_worlds(film, moment)
    canvas = dream_on(film, moment, film.scene.picture(moment), worlds, fresh=True)
    state = State(moment.index, sixteen_bits(film.scene.apply_mask(moment, canvas)), worlds)
    if not film.scene.loop.closes:
        return state
    first = sixteen_bits(nest(film.scene, state.canvas, moment))
    return replace(state, canvas=first, first=first)


def step(film: Film, state: State, before: Moment, moment: Moment) -> State:
    """The canvas moved by the camera, and dreamed on."""
    move = film.scene.path.between(before.seconds, moment.seconds)
    canvas = warp.move_frame(state.canvas, move, kernel=warp.lanczos4, border=film.scene.border)
    canvas = lay_ground(film.scene, canvas, move, before, moment).clamp(0, 1)
    worlds = next_worlds(film, state.worlds, move, moment)
    canvas = film.scene.apply_mask(moment, dream_on(film, moment, canvas, worlds, fresh=False))
    if state.first is not None:
        canvas = inset(film.scene, canvas, state.first, moment)
    return replace(state, tick=moment.index, canvas=sixteen_bits(canvas), worlds=worlds)


def advance(film: Film, state: State, before: Moment, moment: Moment) -> State:
    """The next tick: a step on, or after a cut the source dreamed anew."""
    return begin_anew(film, state, moment) if film.scene.cut(before, moment) else step(film, state, before, moment)


FOLD = Fold(begin, advance)


def begin_anew(film: Film, state: State, moment: Moment) -> State:
    """The first tick after a cut: the source dreamed as if nothing had been before, with other kinds in its gardens."""
    worlds = jump_worlds(film, first_worlds(film, moment), moment)
    canvas = dream_on(film, moment, film.scene.picture(moment), worlds, fresh=True)
    return replace(state, tick=moment.index, canvas=sixteen_bits(film.scene.apply_mask(moment, canvas)), worlds=worlds)


def dream_on(film: Film, moment: Moment, canvas: Tensor, worlds: tuple[World, ...], fresh: bool) -> Tensor:
    """The canvas dreamed, held to the film's tone, and led by the take that the film follows.

    fresh: nothing was dreamed there before.
    """
    ascent, lead = film.ascent(moment, fresh), film.lead(moment)
    dreamed = dream(canvas, film.extract, film.terms(moment, worlds), replace(ascent, lead=lead), film.seed, moment.index)
    if dreamed is canvas:  # a picture that was not dreamed stays as it is
        return canvas
    # What is finer than the picture that leads comes on top of its contrast; held with the rest, it would fade.
    coarse = lead.coarse(dreamed) if lead else None
    canvas = colour.hold_tone(dreamed, *film.tone(moment), measured=coarse)
    if lead is None:
        return canvas
    return lead.firmly(canvas) if fresh else lead(canvas)


def lay_ground(scene: Scene, canvas: Tensor, move: Move, before: Moment, moment: Moment) -> Tensor:
    """The moved canvas with ground where the camera uncovers some: a photo's own as far as it goes, then fresh."""
    ground = lay_fresh_ground(scene, canvas, move, moment)
    if scene.source.photo is None or torch.equal(move.matrix, warp.STILL):
        return ground
    return show_photo(scene, canvas, ground, move, before, moment)


def lay_fresh_ground(scene: Scene, canvas: Tensor, move: Move, moment: Moment) -> Tensor:
    """The moved canvas with fresh ground for the dream at the rim that the camera uncovers.

    A border rule alone repeats the same strip tick after tick, until the frame is full of stripes; what it gives is kept as
    colour, without its detail. `wrap` means its seam, and is left alone.
    """
    if scene.border == "wrap" or warp.covers(move, scene.size):
        return canvas
    covered = warp.coverage(move, scene.size, RIM, scene.device)
    colours = resize(F.adaptive_avg_pool2d(canvas, (6, 10)), scene.size)
    return torch.lerp(colours + send(scene.fresh(moment.index), scene.device), canvas, covered)


def show_photo(scene: Scene, canvas: Tensor, rest: Tensor, move: Move, before: Moment, moment: Moment) -> Tensor:
    """The moved canvas with what a photo larger than the frame shows now: its own detail, and its own ground past the frame.

    To the canvas is added the photo as it is seen now, less what the canvas holds of it: the photo seen before, moved.
    rest: what is shown past the photo.
    """
    (now, inside), (earlier, _) = scene.look(moment), scene.look(before)
    moved = warp.move_frame(earlier, move, kernel=warp.lanczos4, border=scene.border)
    covered, known = warp.coverage(move, scene.size, RIM, scene.device), (inside / RIM).clamp(0, 1)
    return torch.lerp(rest, now + covered * (canvas - moved), known)
