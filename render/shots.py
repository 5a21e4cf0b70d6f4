"""Shots. Where a film's dream begins anew, so that its shots can be dreamed apart: (Film) -> an Opening for each cut.

At a cut nothing is carried on but the gardens, and those grow by how the footage moves, not by what is dreamed on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from render import on_footage, travel
from render.dream.garden import World
from render.film import Film, State, first_worlds, next_worlds
from render.moment import Moment
from render.propagate import nearest_move


@dataclass(frozen=True)
class Opening:
    """All that the first tick of a shot needs."""

    tick: int
    worlds: tuple[World, ...]  # of the gardens, at that tick


def find_openings(film: Film) -> Iterator[Opening]:
    """The opening of each shot but the first, in order."""
    yield from _of_footage(film) if film.scene.source.moves else _of_listed_cuts(film)


def open_shot(film: Film, opening: Opening) -> State:
    """The first tick of a shot, dreamed: the same that comes of the tick before it."""
    moment = film.scene.clock.tick(opening.tick)
    if film.scene.source.moves:
        return on_footage.dream_shot(film, moment, opening.worlds)
    return travel.begin_anew(film, State(opening.tick - 1, torch.empty(0)), moment)  # of which nothing is left but its number


def _of_listed_cuts(film: Film) -> Iterator[Opening]:
    for before, moment in _steps(film):
        if film.scene.cut(before, moment):
            yield Opening(moment.index, ())


def _of_footage(film: Film) -> Iterator[Opening]:
    worlds = first_worlds(film, film.scene.clock.tick(0))
    for before, moment in _steps(film):
        cut = film.scene.cut(before, moment)
        if worlds or cut is None:
            flow = film.scene.flow_between(before, moment)
            worlds, cut = next_worlds(film, worlds, nearest_move(flow), moment), flow.kind == "cut"
        if cut:
            yield Opening(moment.index, worlds)


def _steps(film: Film) -> Iterator[tuple[Moment, Moment]]:
    """The moments of each tick but the first, and of the one before it."""
    clock = film.scene.clock
    for tick in range(1, clock.last_tick + 1):
        yield clock.tick(tick - 1), clock.tick(tick)
