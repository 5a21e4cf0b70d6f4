"""Outputs as plain values, to ask for prints that the configuration would have refused."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from render.config.model import Crop


@dataclass(frozen=True)
class Output:
    """What an output of the configuration asks for."""

    file: str
    crop: Crop | None = None
    width: int | None = None
    height: int | None = None
    fps: Fraction | None = None
    bitrate: int | None = None
    crf: int | None = None
    codec: str = "auto"
    alpha: str = "none"
    size_limit: int | None = None
    recipe: bool = True
