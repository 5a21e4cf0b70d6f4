"""What libraries are told before a network is loaded; what a person said stays."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

import pytest

from render.dream import tuning


class Library:
    """Stands for the C library; notes what it is told."""

    def __init__(self) -> None:
        self.told: dict[int, int] = {}

    def mallopt(self, option: int, amount: int) -> int:
        self.told[option] = amount
        return 1


def no_library(name: None) -> object:
    raise TypeError("a name is wanted here")


@pytest.mark.parametrize(
    ("own", "told", "capacity"),
    [
        ({}, tuning.MALLOC, "8192"),
        ({"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "7"}, tuning.MALLOC, "7"),
        ({"MALLOC_TRIM_THRESHOLD_": "1"}, {}, "8192"),
    ],
)
def test_they_are_told_unless_a_person_did(
    own: dict[str, str], told: dict[int, int], capacity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(os, "environ", dict(own))
    tuning.tune.__wrapped__()
    assert library.told == told
    assert os.environ[tuning.ONEDNN[0]] == capacity


@pytest.mark.parametrize("library", [lambda name: object(), no_library], ids=["musl", "Windows"])
def test_where_there_is_no_such_library_nothing_happens(
    library: Callable[[None], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[object]()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: asked.append(name) or library(name))  # type: ignore[func-returns-value]
    monkeypatch.setattr(os, "environ", {})
    tuning.tune.__wrapped__()
    assert asked == [None]
    assert os.environ == dict([tuning.ONEDNN])
