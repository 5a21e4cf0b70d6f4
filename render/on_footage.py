"""Dreams that follow footage: the dreamed detail is carried by the flow onto the next picture, and dreamed on there.

What is carried is dream minus source, and never the source, which stays sharp; propagate.py has the maths of it.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from render.dream.ascent import Terms, dream
from render.dream.garden import World
from render.film import Film, Fold, State, first_worlds, next_worlds
from render.moment import Moment
from render.picture.picture import send, sixteen_bits
from render.picture.warp import STILL, Move
from render.propagate import (
    UNSURE,
    Carried,
    blend_detail,
    carry_detail,
    match_strength,
    nearest_move,
    remove_mean,
    start,
)


def begin(film: Film, moment: Moment) -> State:
    """The first picture, dreamed in full."""
    return dream_shot(film, moment, first_worlds(film, moment))


def step(film: Film, state: State, before: Moment, moment: Moment) -> State:
    """The detail carried by the flow onto the new picture; new ground dreamed in full, and all of it dreamed on."""
    scene, blend = film.scene, film.blend(moment)
    flow = scene.flow_between(before, moment)
    worlds = next_worlds(film, state.worlds, nearest_move(flow) if state.worlds else Move(STILL), moment)
    assert state.carried
    carried = follow_settings(film, state.carried, before, moment)
    if flow.kind == "cut" or not blend.persistence or not carried:
        return dream_shot(film, moment, worlds)
    source = scene.picture(moment)
    kept = carry_detail(carried.detail, flow, scene.border)
    if flow.kind != "same" or blend.persistence < 1:  # a held picture whose dream wholly goes on stays as it is
        terms = film.terms(moment, worlds)
        canvas = (source + blend.persistence * kept).clamp(0, 1)
        canvas = dream_new_ground(film, moment, source, canvas, terms, 1 - flow.trust, carried.strength)
        ascent = film.ascent(moment, False)
        ascent = replace(ascent, step_size=ascent.step_size * carried.gain, lead=film.lead(moment))
        dreamed = dream(canvas, film.extract, terms, ascent, film.seed, moment.index)
        carried = blend_detail(carried, detail_of(film, moment, source, dreamed), kept, flow.trust, blend)
        carried = lead_detail(film, moment, source, carried)
    return state_of(film, moment, source, worlds, carried)


FOLD = Fold(begin, step)


def dream_shot(film: Film, moment: Moment, worlds: tuple[World, ...]) -> State:
    """The first picture of a shot, dreamed in full."""
    source = film.scene.picture(moment)
    terms, ascent = film.terms(moment, worlds), replace(film.ascent(moment, True), lead=film.lead(moment))
    dreamed = dream(source, film.extract, terms, ascent, film.seed, moment.index)
    carried = lead_detail(film, moment, source, start(detail_of(film, moment, source, dreamed)))
    return state_of(film, moment, source, worlds, carried)


def follow_settings(film: Film, carried: Carried, before: Moment, moment: Moment) -> Carried | None:
    """What is carried, as strong as a film would be that always had the moment's settings; None where nothing is there yet."""
    settings = [(film.ascent(at, True), objective_weights(film, at)) for at in (before, moment)]
    if settings[0] == settings[1]:
        return carried
    earlier, now = film.strength(film, before), film.strength(film, moment)
    if now and not (earlier and carried.strength):
        return None
    share = now / earlier if earlier else 0.0
    return replace(carried, detail=share * carried.detail, strength=share * carried.strength)


def objective_weights(film: Film, moment: Moment) -> tuple[float, ...]:
    """The weights of the film's objectives at a moment."""
    worlds = first_worlds(film, film.scene.clock.tick(0))
    return tuple(weight for weight, _ in film.terms(moment, worlds))


def dream_new_ground(
    film: Film, moment: Moment, source: Tensor, canvas: Tensor, terms: Terms, new: Tensor, strength: float
) -> Tensor:
    """The canvas with a full dream of the source where it is `new`, [1, 1, H, W] of 0..1; strength: of the dream around it."""
    if float(new.mean()) <= UNSURE:
        return canvas
    ascent = film.ascent(moment, True)
    detail = dream(source, film.extract, terms, ascent, film.seed, -moment.index, new) - source
    return (canvas + match_strength(detail, new, strength)).clamp(0, 1)


def detail_of(film: Film, moment: Moment, source: Tensor, dreamed: Tensor) -> Tensor:
    """What a dream adds to the footage."""
    return remove_mean(dreamed - source, film.tone(moment)[1])


def lead_detail(film: Film, moment: Moment, source: Tensor, carried: Carried) -> Carried:
    """What is carried, led by the film that this one follows; outside the mask that one does not show what it carries."""
    lead, mask = film.lead(moment), film.scene.mask
    if not lead:
        return carried
    detail = lead(source + carried.detail) - source
    if mask:
        detail = torch.lerp(carried.detail, detail, send(mask(moment), film.scene.device))
    return replace(carried, detail=detail)


def state_of(film: Film, moment: Moment, source: Tensor, worlds: tuple[World, ...], carried: Carried) -> State:
    """The tick. Detail is carried on everywhere and shown inside the mask: what moves out and comes back is as it was."""
    canvas = film.scene.apply_mask(moment, source + carried.detail)
    return State(moment.index, sixteen_bits(canvas), worlds, carried=carried)
