"""Poses. Keyframes of where the camera is: {0s: {at: [.5, .5], scale: 1}, 4s: {at: [.35, .4], scale: 3}} -> Poses.

Between two keyframes the camera goes straight: it nears (or leaves) one point of the picture, or slides along where the scale
stays. How far it has come is a Curve, eased as other keyframes are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from render.config.curve import Curve, read_curve
from render.config.problem import SettingError, quote, refuse_unknown
from render.config.scalars import is_number
from render.config.track import Array, Span
from render.moment import Clock

NEAREST, FARTHEST = 0.01, 1000.0  # scale
HINT = "write {0s: {at: [0.5, 0.5], scale: 1}, 4s: {at: [0.35, 0.4], scale: 3}, ease: in-out}"
FIELDS = ("at", "scale")


class Pose(NamedTuple):
    """Where the camera is: the place of the source's frame in the middle of the film's, and how large that is shown."""

    x: float  # 0..1, right
    y: float  # 0..1, down
    scale: float  # 1 is the source's frame


class Poses(NamedTuple):
    """Where the camera goes. A tuple, so that its curve is found among those of the film."""

    way: Curve  # which pose it is at, by number; 1.5 is half way from the second to the third
    poses: tuple[Pose, ...]

    def over(self, seconds: Array, clock: Clock) -> Array:
        """x, y and scale at many times, [n, 3]."""
        way = self.way.over(seconds, clock)
        before = np.clip(np.floor(way), 0, max(0, len(self.poses) - 2)).astype(int)
        poses = np.array(self.poses, dtype=np.float64)
        first, second = poses[before], poses[np.minimum(before + 1, len(poses) - 1)]
        share = (way - before)[:, None]
        scale = np.exp((1 - share) * np.log(first[:, 2:]) + share * np.log(second[:, 2:]))
        same = np.isclose(first[:, 2:], second[:, 2:])
        with np.errstate(divide="ignore", invalid="ignore"):
            nearing = (1 / first[:, 2:] - 1 / scale) / (1 / first[:, 2:] - 1 / second[:, 2:])
        at = first[:, :2] + np.where(same, share, nearing) * (second[:, :2] - first[:, :2])
        return np.concatenate((at, scale), axis=1)


def read_poses(value: Any) -> Poses:
    """The poses that a YAML mapping says; raises SettingError with the place inside it."""
    if isinstance(value, Poses):
        return value
    keys = [key for key in value if str(key) != "ease"] if isinstance(value, Mapping) else []
    if not keys:
        raise SettingError(f"is {quote(value)}; it takes keyframes of where the camera is", HINT)
    poses = tuple(_pose(key, value[key]) for key in keys)
    numbers = {key: keys.index(key) if key in keys else value[key] for key in value}
    return Poses(read_curve(numbers, Span("keyframes", 0, max(1, len(keys) - 1))), poses)


def _pose(key: Any, value: Any) -> Pose:
    if not isinstance(value, Mapping):
        raise SettingError(f"is {quote(value)} at one key; it takes a place and a scale", HINT, (key,))
    refuse_unknown(value, FIELDS, "", key)
    at, scale = value.get("at", (0.5, 0.5)), value.get("scale", 1)
    if not isinstance(at, list | tuple) or len(at) != 2 or not all(is_number(number, 0, 1) for number in at):
        hint = "write at: [0.5, 0.5] for its middle; [0, 0] is the top left corner, [1, 1] the lower right"
        raise SettingError(f"is {quote(at)}, which is no place of the picture", hint, (key, "at"))
    if not is_number(scale, NEAREST, FARTHEST):
        hint = "1 shows the whole frame, 3 a third of its width"
        raise SettingError(f"is {quote(scale)}; it takes a number from {NEAREST:g} to {FARTHEST:g}", hint, (key, "scale"))
    return Pose(float(at[0]), float(at[1]), float(scale))


def write_poses(poses: Poses | None) -> Any:
    """The YAML mapping that reads back the same."""
    if poses is None:
        return None
    places = [{"at": [pose.x, pose.y], "scale": pose.scale} for pose in poses.poses]
    return {key: number if key == "ease" else places[number] for key, number in poses.way.written.items()}
