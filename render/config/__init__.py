"""The configuration. A Config is what one YAML file asks for; `load` reads it, or says all that is wrong with it."""

from render.config.load import load, load_text
from render.config.model import Config, json_schema, reference

__all__ = ["Config", "json_schema", "load", "load_text", "reference"]
