"""Films of a neural network dreaming: `load` a configuration, `build` the film, and take its `ticks` and `frames`.

film = render.build(render.load("configs/zoom.yaml"), torch.device("cpu"))
for state in render.ticks(film): …
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from render.construct import build
    from render.develop.shoot import shoot
    from render.facts import load
    from render.film import ticks
    from render.frames import frames

__all__ = ["build", "frames", "load", "shoot", "ticks"]

_ROOMS = {
    "build": "render.construct",
    "frames": "render.frames",
    "load": "render.facts",
    "shoot": "render.develop.shoot",
    "ticks": "render.film",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are asked for: `render --help` does not wait for torch."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'render' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)
