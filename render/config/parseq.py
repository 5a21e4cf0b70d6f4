"""Parseq. What a manifest of sd-parseq (JSON) says of moving numbers: (its text, what may move) -> Columns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from render.config.columns import Column, Columns
from render.config.problem import Origin, Place, Problem, ProblemsError, SettingError, quote
from render.config.track import Span

# Its fields, the key of each here, and what it is a second when it is `each` a frame. Deforum, which Parseq writes for,
# turns against the clock and counts pixels of a picture 512 high; the film's own size changes nothing.
PIXELS = 512
PARSEQ: dict[str, tuple[str, Callable[..., float]]] = {
    "zoom": ("motion.zoom", lambda each, fps: float(np.float_power(max(each, 0.0), fps))),
    "angle": ("motion.rotate", lambda each, fps: -each * fps),
    "rotation_3d_z": ("motion.rotate", lambda each, fps: -each * fps),
    "translation_x": ("motion.pan.0", lambda each, fps: each * fps / PIXELS),
    "translation_y": ("motion.pan.1", lambda each, fps: each * fps / PIXELS),
    "transform_center_x": ("motion.center.0", lambda each, fps: each),
    "transform_center_y": ("motion.center.1", lambda each, fps: each),
}
PLACED = ("transform_center_x", "transform_center_y")  # where something is; all others are how far it goes

Frame = Mapping[str, Any]  # of a manifest


def read_manifest(text: str, origin: Origin, spans: Mapping[str, Span], film_fps: Fraction) -> Columns:
    """The columns of a Parseq manifest, and its fields that were left out."""
    frames, fps = _frames(text, origin)
    places = _places(origin, len(frames))
    read: dict[str, tuple[str, Column]] = {}
    for name, (key, meaning) in PARSEQ.items():
        column = _field(name, key, frames, places, fps, partial(meaning, fps=fps))
        if key not in read and column.cells:
            read[key] = name, column
    if not read:
        raise ProblemsError(
            [Problem(Place(origin), "nothing in the manifest moves a film here", f"read are {' '.join(PARSEQ)}")]
        )
    used = {"frame", *(name for name, _ in read.values())}
    names = dict.fromkeys(name for frame in frames for name in frame if not name.endswith(("_delta", "_pc")))
    return Columns([column for _, column in read.values()], tuple(name for name in names if name not in used))


def _field(
    name: str, key: str, frames: Sequence[Frame], places: Sequence[Place], fps: float, meaning: Callable[[float], float]
) -> Column:
    """One field of every frame that has it, as a column.

    Where there is its change from frame to frame (zoom_delta), Deforum goes by that, and so do we. Frame 0 is where the film
    begins; what a later frame has is how it came there from the one before, and so it stands halfway between the two.
    """
    changes = f"{name}_delta"
    column = changes if name not in PLACED and any(changes in frame for frame in frames) else name
    having = [
        (frame["frame"], (place, str(frame[column]))) for frame, place in zip(frames, places, strict=True) if column in frame
    ]
    moving = [(number, cell) for number, cell in having if number > 0]
    times = [(number - 0.5) / fps for number, _ in moving]
    return Column(
        key, f"{column}, read as {key},", "seconds", times, [cell for _, cell in moving], lambda cell: meaning(_number(cell))
    )


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise SettingError(f"is {quote(cell)}, which is no number") from None


def _frames(text: str, origin: Origin) -> tuple[list[Frame], float]:
    """The rendered frames of a manifest and its frames a second."""
    try:
        manifest = json.loads(text, parse_int=float)
        frames, fps = manifest["rendered_frames"], float(manifest["options"]["output_fps"])
        numbers = [frame["frame"] for frame in frames]
        sound = fps > 0 and np.all(np.diff(np.array(numbers, dtype=np.float64)) > 0) and np.isfinite([fps, *numbers]).all()
    except json.JSONDecodeError as error:
        raise ProblemsError([Problem(Place(origin, error.lineno - 1, error.colno - 1), "this is not JSON")]) from None
    except (KeyError, TypeError, ValueError, RecursionError, MemoryError):
        sound = False
    if not sound:
        hint = "it has rendered_frames, each with its frame, one after the other, and options with output_fps"
        raise ProblemsError([Problem(Place(origin), "the file is no manifest of Parseq", hint)])
    return frames, fps


def _places(origin: Origin, count: int) -> list[Place]:
    """Where each of the last `count` frames of a manifest stands; before them come Parseq's own keyframes."""
    places = [
        Place(origin, number, match.start(), len(match[0]))
        for number, line in enumerate(origin.lines)
        for match in re.finditer(r'"frame"\s*:', line)
    ]
    return places[-count:] if len(places) >= count > 0 else [Place(origin)] * count
