"""Films of a neural network dreaming.

    import render

    film = render.build({"size": "320x180", "duration": "2s", "motion": {"zoom": 1.5}})    # or a path
    for frame in film.frames():                                                            # uint8 [H, W, 3]
        ...
    shot = render.render("configs/zoom.yaml", output="runs", progress=print)               # a take: shot.folder, shot.paths

Whatever goes wrong is a RenderError whose text names the place and the cure. Importing this waits for nothing: torch is
imported when a film is built.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from render.api import build, enlarge, load, render
    from render.config import Config
    from render.develop.shoot import Shot
    from render.dream.objective import Objective
    from render.dream.view import View
    from render.errors import ConfigError, DevelopError, MissingError, RenderError, RoomError
    from render.film import Film, State
    from render.moment import Clock, Moment
    from render.show.eta import Progress

    __version__: str

# What is public, and the room that it lives in.
_ROOMS = {
    "Clock": "render.moment",
    "Config": "render.config",
    "ConfigError": "render.errors",
    "DevelopError": "render.errors",
    "Film": "render.film",
    "MissingError": "render.errors",
    "Moment": "render.moment",
    "Objective": "render.dream.objective",
    "Progress": "render.show.eta",
    "RenderError": "render.errors",
    "RoomError": "render.errors",
    "Shot": "render.develop.shoot",
    "State": "render.film",
    "View": "render.dream.view",
    "build": "render.api",
    "enlarge": "render.api",
    "load": "render.api",
    "render": "render.api",
}

__all__ = [
    "Clock",
    "Config",
    "ConfigError",
    "DevelopError",
    "Film",
    "MissingError",
    "Moment",
    "Objective",
    "Progress",
    "RenderError",
    "RoomError",
    "Shot",
    "State",
    "View",
    "__version__",
    "build",
    "enlarge",
    "load",
    "render",
]


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used: `render --help` does not wait for torch."""
    if name == "__version__":
        return _version()
    if name not in _ROOMS:
        raise AttributeError(f"module 'render' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zoomdream")
    except PackageNotFoundError:  # a copy of the source that nobody installed
        return "unknown"
