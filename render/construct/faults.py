"""Faults. What is wrong with settings, collected while a film is built, so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from render.errors import RenderError

Made = TypeVar("Made")
Faults = list[tuple[str, RenderError]]  # (key of a setting, what is wrong with what it asks for)


def attempt(faults: Faults, key: str, make: Callable[[], Made]) -> Made | None:
    """What `make` returns; a RenderError is noted as a fault of the setting `key`, and the result is None."""
    try:
        return make()
    except RenderError as error:
        message = error.message if error.continues else f"cannot be used: {error.message}"
        faults.append((key, type(error)(message, error.hint)))
        return None
