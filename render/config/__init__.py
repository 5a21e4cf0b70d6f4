"""The configuration. A Config is what one YAML file asks for and what its own files say; `load` reads it, or says all that is
wrong with it. Settings are what is asked for alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from render.config.config import Config
    from render.config.loader import load, load_text
    from render.config.mapping import load_mapping
    from render.config.model import Settings, json_schema, reference

__all__ = ["Config", "Settings", "json_schema", "load", "load_mapping", "load_text", "reference"]

ROOMS = {
    **dict.fromkeys(("load", "load_text"), "loader"),
    **dict.fromkeys(("Settings", "json_schema", "reference"), "model"),
    "Config": "config",
    "load_mapping": "mapping",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`, imported when it is first used: a file of parts needs what lies beside the vocabulary, not it."""
    if name not in ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{ROOMS[name]}"), name)
