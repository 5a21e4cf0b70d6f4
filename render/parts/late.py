"""Late. Modules that take seconds to import, imported when something of them is first used.

A file of parts is read whenever a configuration is, to know what that may say: it must not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any


class Late:
    """A module that is imported when something of it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    import torch as torch

    from render.dream import binding as binding
    from render.dream import objective as objective
    from render.source import image as image
else:
    torch = Late("torch")
    binding = Late("render.dream.binding")
    objective = Late("render.dream.objective")
    image = Late("render.source.image")
