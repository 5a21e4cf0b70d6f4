"""What is installed, and rooms of render that load without all of it."""

from __future__ import annotations

import importlib.util
import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def importable(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def import_room(name: str) -> Any:
    """A room of develop. Where there is no imageio_ffmpeg one stands in for it, since nothing is encoded by it here."""
    if not importable("imageio_ffmpeg"):
        sys.modules["imageio_ffmpeg"] = ModuleType("imageio_ffmpeg")
    return import_module(name)
