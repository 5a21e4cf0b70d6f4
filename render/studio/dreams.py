"""Dreams on their way: a tick of a film -> the message that the page makes its frames of (`protocol`, "A dream")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from render.develop import stills
from render.film import Film, State
from render.moment import CELLS, Moment
from render.picture import colour
from render.picture.picture import to_pixels
from render.picture.warp import STILL, Move, carry, grid
from render.scene import Scene
from render.source.flow import Flow
from render.studio.protocol import FLOW_MESH, MESH, STEPS, pack_dream

LITTLE = 1e-3  # trust, below which a point of footage stays in its place
TERMS = 4  # of the logarithm's series: a cell's move is so near to rest that more are beyond float64


def dream_message(film: Film, state: State, about: dict[str, Any], cut: bool = False) -> bytes:
    """The dream of a tick, packed; about: what the header has beside what film and state say. cut: nothing leads here."""
    scene, moment = film.scene, film.scene.clock.tick(state.tick)
    before = scene.clock.tick(max(0, state.tick - 1))
    way = CUT if cut or state.tick == 0 else _way(film, before, moment)
    height, width = scene.size
    header = {
        "tick": state.tick,
        "seconds": moment.seconds,
        "since": moment.seconds - before.seconds,
        "rate": float(scene.clock.rate),
        "cut": way is CUT,
        "size": [width, height],
        "amount": scene.amount(moment),
        "fine": float(colour.fine(state.canvas)),
        "path": [_numbers(move.matrix) for move in way.moves],
        "mesh_size": list(way.mesh_size) if way.mesh else None,
        "velocity": _numbers(_velocity(film, moment.seconds)),
        "border": scene.border,
        **about,
    }
    return pack_dream(header, _jpeg(scene.show(moment, state.canvas)), way.mesh, *_mask(scene, moment))


@dataclass(frozen=True)
class Way:
    """How the picture came from one tick to the next."""

    moves: Sequence[Move] = ()  # to each of the steps between
    mesh: bytes = b""  # where no matrix can say it
    mesh_size: tuple[int, int, int] = MESH


CUT = Way()


def _way(film: Film, before: Moment, moment: Moment) -> Way:
    """The way from tick to tick; CUT where nothing leads from one to the other."""
    scene = film.scene
    if not scene.source.moves:
        if scene.cut(before, moment):
            return CUT
        moves = _moves(film, before.seconds, moment.seconds, STEPS)
        return Way(mesh=_mesh(film, before.seconds, moment.seconds)) if any(move.bends for move in moves) else Way(moves)
    flow = scene.flow_between(before, moment)
    if flow.kind == "cut":
        return CUT
    return Way(mesh=_flow_mesh(flow), mesh_size=FLOW_MESH) if flow.kind == "usual" else Way([Move(STILL)] * STEPS)


def _mask(scene: Scene, moment: Moment) -> tuple[bytes, bytes]:
    """The mask of the screen, and the picture that stands still outside of it; nothing where all of the frame goes one way."""
    if scene.mask is None or scene.behind is not None or scene.source.moves:
        return b"", b""
    return _jpeg(scene.mask(moment).expand(-1, 3, -1, -1)), _jpeg(scene.show(moment, scene.outside(moment)))


def _jpeg(frame: Tensor) -> bytes:
    return stills.jpeg(to_pixels(frame))


def _moves(film: Film, start: float, end: float, steps: int) -> list[Move]:
    """The moves from `start` to each of so many times on the way to `end`."""
    times = [start + (end - start) * step / steps for step in range(steps + 1)]
    moves = [Move(STILL)]
    for before, after in pairwise(times):
        moves.append(film.scene.path.between(before, after) @ moves[-1])
    return moves[1:]


def _mesh(film: Film, start: float, end: float) -> bytes:
    """Where the points of a coarse grid were at `start` and will be at `end`, at even times between."""
    columns, rows, steps = MESH
    aspect = film.scene.size[1] / film.scene.size[0]
    points = _grid(columns, rows, aspect).double()
    lattices = []
    for step in range(steps + 1):
        now = start + (end - start) * step / steps
        was = carry(film.scene.path.between(start, now).inverse, points)
        will_be = carry(film.scene.path.between(now, end), points)
        lattices.append(torch.cat((was, will_be), dim=-1))
    return _pack_lattices(lattices)


def _grid(columns: int, rows: int, right: float) -> Tensor:
    """[rows, columns, 2]: points (x, y) that lie evenly from -right to right and from -1 to 1."""
    x, y = torch.linspace(-right, right, columns), torch.linspace(-1, 1, rows)
    return torch.stack((x.expand(rows, columns), y[:, None].expand(rows, columns)), dim=-1)


def _pack_lattices(lattices: Sequence[Tensor]) -> bytes:
    """The bytes of a mesh, as `protocol` has it."""
    return torch.stack([*lattices]).float().contiguous().numpy().astype("<f4").tobytes()


def _flow_mesh(flow: Flow) -> bytes:
    """The same of footage: about each point the mean of what moves there and can be trusted, which goes evenly on its way."""
    columns, rows, steps = FLOW_MESH
    height, width = flow.back.shape[1:3]
    apart = (flow.back - grid((height, width), flow.back.device)).permute(0, 3, 1, 2)
    reach = (2 * (height // (2 * rows)) + 1, 2 * (width // (2 * columns)) + 1)  # pixels, odd
    sums = [
        F.avg_pool2d(plane, reach, 1, (reach[0] // 2, reach[1] // 2), count_include_pad=False)
        for plane in (apart * flow.trust, flow.trust)
    ]
    nodes = _grid(columns, rows, 1.0)
    mean = (sums[0] / (sums[1] + LITTLE)).cpu()
    apart = F.grid_sample(mean, nodes[None], padding_mode="border", align_corners=False)[0].permute(1, 2, 0)
    points = nodes * torch.tensor((width / height, 1.0))
    shares = [step / steps for step in range(steps + 1)]
    return _pack_lattices([torch.cat((points + share * apart, points - (1 - share) * apart), dim=-1) for share in shares])


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
