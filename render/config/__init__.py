"""The configuration. A Config is what one YAML file asks for and what its own files say; `load` reads it, or says all that is
wrong with it. Settings are what is asked for alone.
"""

from render.config.config import Config
from render.config.load import load, load_mapping, load_text
from render.config.model import Settings, json_schema, reference

__all__ = ["Config", "Settings", "json_schema", "load", "load_mapping", "load_text", "reference"]
