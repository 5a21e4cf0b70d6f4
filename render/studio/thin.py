"""Thinning: a flight with fewer rows: those that are seen least go first, and the error is said in pixels."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction
from heapq import heapify, heappop, heappush

import torch
from torch import Tensor

from render.config.hold import Hold
from render.film import Film
from render.picture.warp import Move, carry
from render.studio.flight import Rows, Stage, film_with

Row = tuple[str, Fraction]  # key and time

HEIGHT = 1080  # pixels of the picture in which the error is said
WITHIN = 1.0  # seconds over which two ways may come apart: what was farther back has left the picture or was dreamed over
ROUNDS = 12  # of halving what is looked for
PLACES = (-1, -0.5, 0, 0.5, 1)  # of points that are followed
CAMERA = "motion."


def thin_rows(stage: Stage, rows: Rows, last: int, pixels: float) -> tuple[Rows, float]:
    """The rows with as few as come no farther than `pixels` from the flight up to tick `last`; and how far they come.

    Numbers that are not the camera's keep their rows, but for those that change nothing: no pixel says what they are worth.
    """
    plain = {key: _without_repeats(hold) for key, hold in rows.items()}
    order = _camera_rows(plain)
    whole = film_with(stage, plain)
    low, high, error = 0, len(order), 0.0
    best: Rows = plain
    for _ in range(ROUNDS):
        if low >= high:
            break
        count = (low + high + 1) // 2
        tried = _without(plain, {*order[:count]})
        apart = farthest(whole, film_with(stage, tried), last)
        if apart <= pixels:
            low, best, error = count, tried, apart
        else:
            high = count - 1
    return best, error


def count_rows(rows: Rows) -> int:
    """The lines that a table of them has."""
    return len({time for hold in rows.values() for time in hold.times})


def _without_repeats(hold: Hold) -> Hold:
    kept = [row for row, value in enumerate(hold.values) if row == 0 or value != hold.values[row - 1]]
    return _with_rows(hold, kept)


def _with_rows(hold: Hold, kept: list[int]) -> Hold:
    extra = {place: hold.extra[row] for place, row in enumerate(kept) if row in hold.extra}
    return replace(
        hold, times=tuple(hold.times[row] for row in kept), values=tuple(hold.values[row] for row in kept), extra=extra
    )


def _camera_rows(rows: Rows) -> list[Row]:
    """The rows of the camera in the order in which they go, but for the first of each number: those that count least first.

    What a row counts is how far it differs from the one before it that is still there, times how long it rules.
    """
    chains = {key: list(range(len(hold.times))) for key, hold in rows.items() if key.startswith(CAMERA) and not hold.extra}
    waiting = [(_cost(rows[key], kept, row), key, row) for key, kept in chains.items() for row in kept[1:]]
    heapify(waiting)
    order = []
    while waiting:
        cost, key, row = heappop(waiting)
        kept = chains[key]
        place = bisect_left(kept, row)
        if place == len(kept) or kept[place] != row:
            continue
        if (now := _cost(rows[key], kept, row)) > cost:  # its neighbours went since
            heappush(waiting, (now, key, row))
            continue
        del kept[place]
        order.append((key, rows[key].times[row]))
        for near in kept[max(1, place - 1) : place + 1]:
            heappush(waiting, (_cost(rows[key], kept, near), key, near))
    return order


def _cost(hold: Hold, kept: Sequence[int], row: int) -> float:
    place = bisect_left(kept, row)
    end = hold.times[kept[place + 1]] if place + 1 < len(kept) else hold.times[row] + 1
    change = abs(float(hold.values[row]) - float(hold.values[kept[place - 1]]))
    return change * float(end - hold.times[row]) / _width(hold)


def _width(hold: Hold) -> float:
    """Of what the number did in the flight: rows of different numbers are weighed by it."""
    numbers = [float(value) for value in hold.values]
    return max(numbers) - min(numbers) or 1.0


def _without(rows: Rows, dropped: Collection[Row]) -> Rows:
    return {
        key: _with_rows(hold, [row for row, time in enumerate(hold.times) if (key, time) not in dropped])
        for key, hold in rows.items()
    }


def farthest(flown: Film, other: Film, last: int) -> float:
    """The most pixels, at 1080p, that what is in the picture comes to lie elsewhere within a second."""
    clock = flown.scene.clock
    ticks = max(1, round(WITHIN * clock.rate))
    aspect = flown.scene.size[1] / flown.scene.size[0]
    points = torch.tensor([(x * aspect, y) for x in PLACES for y in PLACES], dtype=torch.float64)
    pairs = [(_move(flown, tick), _move(other, tick)) for tick in range(last)]
    most = 0.0
    for first in range(0, last, max(1, ticks // 2)):
        a: Tensor = points
        b: Tensor = points
        for flown_move, other_move in pairs[first : first + ticks]:
            inside = (a[:, 0].abs() <= aspect) & (a[:, 1].abs() <= 1)
            a, b = carry(flown_move, a), carry(other_move, b)
            if bool(inside.any()):
                most = max(most, float((a - b)[inside].norm(dim=-1).max()) * HEIGHT / 2)
    return most


def _move(film: Film, tick: int) -> Move:
    clock = film.scene.clock
    return film.scene.path.between(clock.tick(tick).seconds, clock.tick(tick + 1).seconds)
