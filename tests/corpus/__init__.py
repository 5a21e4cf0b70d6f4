"""A corpus of odd media files, made when it is needed, and what a film over each of them must give: one line each.

Row("file's name", how it is made, the film's use of it, exit code, a phrase of what is said, its first frame's colour)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Colour = tuple[float, float, float]

FILM = """\
size: 96x54
fps: 10
duration: {duration}
seed: 1
{use}
motion: {{zoom: 1}}
dream: {{rate: 10, steps: 0, first_steps: 0, octaves: 1, jitter: 0}}
look: {{hold: 0}}
flow: none
outputs: "f/{{frame:02}}.png"
"""
USES = {  # how a film uses a file, and how long it then is
    "image": ("source: {{image: '{file}'}}", "10 frames"),
    "frames": ("source: {{frames: '{file}'}}", "10 frames"),
    "video": ("source: {{video: '{file}'}}", "10 frames"),
    "mask": ("source: {{noise: perlin}}\nmask: '{file}'", "10 frames"),
    "audio": ("audio: {{file: '{file}', features: {{level: rms}}}}", "10 frames"),
    "schedule": ("schedule: '{file}'", "10 frames"),
    "weights": ("", "10 frames"),
}


@dataclass(frozen=True)
class Row:
    """A file, and what must come of it."""

    name: str  # of the file
    make: Callable[[Path], Any]  # writes it
    use: str = "image"  # a row of USES
    code: int = 0  # of `render check` and of the render
    phrase: str = ""  # of what is said to the person
    colour: Colour | None = None  # RGB, 0..255, of the film's first frame, by its mean
    settings: tuple[str, ...] = ()  # further ones, as --set has them
    rendered: int | None = None  # the exit code of the render, where it is another one than that of the check

    def film(self) -> str:
        """The YAML of a film over the file."""
        use, duration = USES[self.use]
        return FILM.format(use=use.format(file=self.name), duration=duration)
