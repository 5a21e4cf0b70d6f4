"""Dreams on their way: a tick of a film -> the message that the page makes its frames of (`protocol`, "A dream")."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from render.develop import stills
from render.film import Film, State
from render.moment import CELLS
from render.picture import colour
from render.picture.picture import to_pixels
from render.picture.warp import STILL, Move, carry
from render.studio.protocol import MESH, STEPS, pack_dream

TERMS = 4  # of the logarithm's series: a cell's move is so near to rest that more are beyond float64


def dream_message(film: Film, state: State, about: dict[str, Any], cut: bool = False) -> bytes:
    """The dream of a tick, packed; about: what the header has beside what film and state say. cut: nothing leads here."""
    scene, moment = film.scene, film.scene.clock.tick(state.tick)
    before = scene.clock.tick(max(0, state.tick - 1)).seconds
    cut = cut or state.tick == 0
    moves = [] if cut else _moves(film, before, moment.seconds, STEPS)
    bent = any(move.bends for move in moves)
    mesh = _mesh(film, before, moment.seconds) if bent else b""
    height, width = scene.size
    header = {
        "tick": state.tick,
        "seconds": moment.seconds,
        "since": moment.seconds - before,
        "rate": float(scene.clock.rate),
        "cut": cut,
        "size": [width, height],
        "amount": scene.amount(moment),
        "fine": float(colour.fine(state.canvas)),
        "path": [] if bent else [_numbers(move.matrix) for move in moves],
        "mesh_size": list(MESH) if bent else None,
        "velocity": _numbers(_velocity(film, moment.seconds)),
        "border": scene.border,
        **about,
    }
    return pack_dream(header, mesh, stills.jpeg(to_pixels(scene.show(moment, state.canvas))))


def _moves(film: Film, start: float, end: float, steps: int) -> list[Move]:
    """The moves from `start` to each of so many times on the way to `end`. Footage goes its own way, in place."""
    if film.scene.source.moves:
        return [Move(STILL)] * steps
    times = [start + (end - start) * step / steps for step in range(steps + 1)]
    moves = [Move(STILL)]
    for before, after in pairwise(times):
        moves.append(film.scene.path.between(before, after) @ moves[-1])
    return moves[1:]


def _mesh(film: Film, start: float, end: float) -> bytes:
    """Where the points of a coarse grid were at `start` and will be at `end`, at even times between."""
    columns, rows, steps = MESH
    aspect = film.scene.size[1] / film.scene.size[0]
    x, y = torch.linspace(-aspect, aspect, columns), torch.linspace(-1, 1, rows)
    points = torch.stack((x.expand(rows, columns), y[:, None].expand(rows, columns)), dim=-1).double()
    whole = []
    for step in range(steps + 1):
        now = start + (end - start) * step / steps
        was = carry(film.scene.path.between(start, now).inverse, points)
        will_be = carry(film.scene.path.between(now, end), points)
        whole.append(torch.cat((was, will_be), dim=-1))
    return torch.stack(whole).float().contiguous().numpy().astype("<f4").tobytes()


def _velocity(film: Film, seconds: float) -> Tensor:
    """The velocity matrix in the cell that ends at `seconds`, a second: the logarithm of its move."""
    if film.scene.source.moves or seconds < 1 / CELLS:
        return torch.zeros(3, 3, dtype=torch.float64)
    rest = film.scene.path.between(seconds - 1 / CELLS, seconds).matrix - STILL
    power, total = rest, torch.zeros_like(rest)
    for term in range(1, TERMS + 1):
        total = total + (-1) ** (term + 1) * power / term
        power = power @ rest
    return total * CELLS


def _numbers(matrix: Tensor) -> Sequence[float]:
    return [round(float(number), 9) for number in matrix.flatten()]
