"""Late. Libraries that take seconds to import, imported when something of them is first used.

A file of parts is read whenever a configuration is, to know what it may say: it must not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["functional", "torch"]


class Late:
    """A module that is imported when something of it is first used."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self.name), attribute)


if TYPE_CHECKING:
    import torch
    import torch.nn.functional as functional
else:
    torch, functional = Late("torch"), Late("torch.nn.functional")
