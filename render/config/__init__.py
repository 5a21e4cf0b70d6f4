"""The configuration. A Config is what one YAML file asks for; `load` reads it, or says all that is wrong with it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from render.config.loader import load, load_text
    from render.config.model import Config, json_schema, reference

__all__ = ["Config", "json_schema", "load", "load_text", "reference"]

ROOMS = {"load": "loader", "load_text": "loader", "Config": "model", "json_schema": "model", "reference": "model"}


def __getattr__(name: str) -> Any:
    """A name of `__all__`, imported when it is first used: a file of parts needs what lies beside the vocabulary, not it."""
    if name not in ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{ROOMS[name]}"), name)
