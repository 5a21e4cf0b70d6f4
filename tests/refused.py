"""A value that each setting type refuses. What is made by a function, such as number(…), is called as that function."""

from __future__ import annotations

import inspect
from typing import Any

from render.config import setting_types
from render.config.setting_types import SettingType

REFUSED: dict[str, Any] = {
    "number": 1e7,
    "pair": 0,
    "static": "fast",
    "choice": "nothing of the kind",
    "or_auto": "fast",
    "engine": "nothing of the kind",
    "direction_of": 3,
    "output_name": "film.avi",
    "NAME": "a/b",
    "SEED": -1,
    "SIZE": "0x720",
    "CUTTING": "0:9",
    "FPS": 0,
    "FILM_FPS": 0,
    "DREAM_RATE": 0,
    "DURATION": "soon",
    "FILE": [],
    "FILES": 3,
    "FOLDER": [],
    "DREAMED": "4b",
    "NETWORK": [],
    "LAYER": 3,
    "CHANNEL": [],
    "CHANNELS": [],
    "CLASSES": [],
    "POINTS": [[0, 2]],
    "PALETTE": "embers",
    "COLOUR": "blueish",
    "POSES": {"0s": 3},
    "CUTS": ["soon"],
    "GARDEN": [],
    "BAND": "120-40",
    "FLAG": "maybe",
    "WITHIN": 5,
    "BPM": "fast",
    "TEMPO": "auto",
    "BITRATE": "much",
    "BYTES": "much",
    "WEIGHT": 1e7,
}


def constants() -> dict[str, SettingType]:
    """The setting types that have names of their own."""
    return {name: value for name, value in vars(setting_types).items() if isinstance(value, SettingType)}


def makers() -> list[str]:
    """The functions that make setting types."""
    functions = inspect.getmembers(setting_types, inspect.isfunction)
    return [
        name
        for name, function in functions
        if not name.startswith("_") and function.__annotations__.get("return") == "SettingType"
    ]


def refused_by(setting_type: SettingType) -> Any:
    """A value that the type refuses."""
    names = (name for name, constant in constants().items() if constant is setting_type)
    return REFUSED[next(names, setting_type.read.__qualname__.split(".")[0])]
