"""Forms: signed distances over a grid (negative inside), in local units, and how to turn, bend and round them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bestiary.brush import Array


def polar(x: Array, y: Array) -> tuple[Array, Array]:
    """Radius and angle."""
    return np.hypot(x, y), np.arctan2(y, x)


def rotate(x: Array, y: Array, angle: float) -> tuple[Array, Array]:
    """The grid as seen by a thing turned by angle (radians, counter-clockwise)."""
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return c * x + s * y, c * y - s * x


def disc(x: Array, y: Array, cx: float, cy: float, radius: float) -> Array:
    """Signed distance to a disc."""
    return np.hypot(x - cx, y - cy) - radius


def oval(x: Array, y: Array, cx: float, cy: float, rx: float, ry: float) -> Array:
    """Signed distance (nearly) to an ellipse."""
    return (np.hypot((x - cx) / rx, (y - cy) / ry) - 1) * min(rx, ry)


def block(x: Array, y: Array, cx: float, cy: float, half_width: float, half_height: float) -> Array:
    """Signed distance (nearly) to a rectangle."""
    return np.maximum(np.abs(x - cx) - half_width, np.abs(y - cy) - half_height)


def almond(x: Array, y: Array, half_width: float, half_height: float) -> Array:
    """A lens: the cut of two discs, pointed left and right."""
    radius = (half_width**2 + half_height**2) / (2 * half_height)
    return np.hypot(x, np.abs(y) + radius - half_height) - radius


def segment(x: Array, y: Array, start: tuple[float, float], end: tuple[float, float]) -> Array:
    """Distance to a straight stroke."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    t = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.hypot(x - start[0] - t * dx, y - start[1] - t * dy)


def tube(x: Array, y: Array, path: Array, width: Array) -> tuple[Array, Array, Array]:
    """A limb through points [n,2] of half width [n]: signed distance, place along it 0..1 and across it -1..1."""
    distance, along, across = np.full(x.shape, 9.0, np.float32), np.zeros_like(x), np.zeros_like(x)
    middle = path.mean(0)
    reach = float(np.hypot(*(path - middle).T).max() + width.max()) + 0.1
    near = np.flatnonzero(np.hypot(x - float(middle[0]), y - float(middle[1])) < reach)  # the rest is far from all of it
    px, py = x.take(near), y.take(near)
    for k in range(len(path) - 1):
        (ax, ay), (dx, dy), wide = path[k].tolist(), (path[k + 1] - path[k]).tolist(), width[k : k + 2].tolist()
        u, v = px - ax, py - ay
        t = np.clip((u * dx + v * dy) / (dx * dx + dy * dy), 0, 1)
        half = wide[0] + (wide[1] - wide[0]) * t
        u, v = u - t * dx, v - t * dy
        gap = np.hypot(u, v) - half
        closer = np.flatnonzero(gap < distance.take(near))
        spot = near[closer]
        distance.put(spot, gap[closer])
        along.put(spot, (k + t[closer]) / (len(path) - 1))
        across.put(spot, (u[closer] * dy - v[closer] * dx) / (np.hypot(dx, dy) * half[closer]))
    return distance, along, across


def walk(start: Sequence[float] | Array, heading: float, turns: Array, step: float) -> Array:
    """Points [n+1,2] of a walk: n steps, each first turning by so much (radians)."""
    headings = heading + np.cumsum(turns)
    steps = step * np.stack((np.cos(headings), np.sin(headings)), 1)
    return np.cumsum(np.concatenate((np.array([start], np.float64), steps)), 0)


def dome(distance: Array, width: float, height: float) -> Array:
    """A height that rounds off towards the edge over that width, like a pillow."""
    inside = np.clip(-distance / width, 0, 1)
    return height * np.sqrt(np.clip(1 - (1 - inside) ** 2, 0, 1))
