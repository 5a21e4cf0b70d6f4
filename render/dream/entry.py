"""Entries. An Entry is a tensor as its file announces it, before any of its numbers is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

DTYPES = frozenset(
    {
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    }
)
DIMENSIONS = 8  # of a tensor, at most; no network here has more than five


@dataclass(frozen=True)
class Entry:
    """A tensor in a file. Where it has a `flaw` it cannot be used, and is not read."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    read: Callable[[], Tensor]  # its numbers, as the file has them
    flaw: str = ""  # what it is instead of a plain tensor: "is a sparse tensor"

    def __setstate__(self, state: object) -> None:
        """Nothing that a pickle says changes an entry once it is made."""


Entries = Mapping[str, Entry]


def entry(shape: tuple[int, ...], dtype: torch.dtype, read: Callable[[], Tensor]) -> Entry:
    """The entry of a tensor, with its flaw if its kind of numbers, or its shape, is none that a network has."""
    if dtype.is_complex:
        return unusable("holds complex numbers")
    if dtype not in DTYPES:
        return unusable(f"holds numbers of a kind that is not read here ({str(dtype).removeprefix('torch.')})")
    if len(shape) > DIMENSIONS:
        return unusable(f"has {len(shape)} dimensions")
    return Entry(shape, dtype, read)


def unusable(flaw: str) -> Entry:
    """What stands in a file where a tensor should, as a sentence that goes on from its name."""
    return Entry((), torch.float32, lambda: torch.empty(0), flaw)
