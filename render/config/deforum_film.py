"""Films of Deforum. A Film is what comes of a settings file while it is read; a Fate is what became of one of its keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import radians, tan
from typing import Any

from render.config.scalars import read_rate

USUAL_FPS, USUAL_FOV = {"a1111": 15, "notebook": 12}, 40.0  # frames a second by the program, degrees
USED, CONVERTED, IGNORED = "used", "converted", "ignored"


@dataclass(frozen=True)
class Fate:
    """What became of one key: used as it is, converted, or ignored, and how or why."""

    key: str
    what: str  # USED, CONVERTED or IGNORED
    why: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what}, {self.why}" if self.why else f"{self.key}: {self.what}"


@dataclass
class Film:
    """The film that comes of a file, while it is read."""

    old: Mapping[str, Any]  # the settings as they were
    values: dict[str, Any] = field(default_factory=dict)  # of the film, nested as in YAML
    fates: list[Fate] = field(default_factory=list)  # of its keys, in their order
    pan: list[Any] = field(default_factory=lambda: [0, 0])  # motion.pan: each a number, or its keyframes
    center: list[Any] = field(default_factory=lambda: [0.5, 0.5])  # motion.center, likewise

    @property
    def mode(self) -> str:
        """2D, 3D, Video Input, Interpolation or None."""
        return str(self.old.get("animation_mode", "2D"))

    @property
    def fps(self) -> Fraction:
        """Frames a second; the usual ones of the program that wrote the file, where it names none."""
        fps = self.old.get("fps")
        return read_rate(fps) if fps else Fraction(USUAL_FPS["notebook" if "animation_prompts" in self.old else "a1111"])

    @property
    def frames(self) -> int:
        """How many it has, one at least."""
        return max(1, int(float(self.old.get("max_frames") or 1)))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return int(self.old.get("W") or 512), int(self.old.get("H") or 512)

    @property
    def focal(self) -> float:
        """Frame heights that something at distance 1 moves on the picture by when it moves 1: the lens of 3D."""
        width, height = self.size
        fov = first_number(self.old.get("fov_schedule", self.old.get("fov", USUAL_FOV)), USUAL_FOV)
        return min(1.0, width / height) / (2 * tan(radians(min(max(fov, 1.0), 170.0)) / 2))

    def note(self, key: str, what: str, why: str = "") -> None:
        """Keep what became of a key."""
        self.fates.append(Fate(key, what, why))


def first_number(value: Any, usual: float) -> float:
    """The first value of a schedule, where it is a number."""
    match = re.search(r"(?:^|\()\s*([-+]?[0-9.]+)\s*(?:$|\))", str(value))
    return float(match[1]) if match else usual
