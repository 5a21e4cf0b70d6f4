"""Setups. What a session is asked for, and the film as its file says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from render.config import Config
from render.config.curve import Curve
from render.construct.source import frame_size
from render.studio.flight import at_size
from render.studio.governor import FIRST, SHARE, Effort
from render.studio.script import Script


@dataclass(frozen=True)
class Setup:
    """What a session is asked for."""

    script: Script  # the film
    root: Path  # of takes
    device: torch.device
    pixels: int = FIRST  # of the flight, at most
    share: float = SHARE  # of the film's steps
    govern: bool = True  # whether the governor may change these
    pace: bool = True  # whether film time is at most as fast as the wall clock
    known: dict[Any, Any] = field(default_factory=dict)  # networks that are loaded


@dataclass(frozen=True)
class Original:
    """The film that is flown, as its file was last read without a fault."""

    config: Config
    small: Config  # the same at the size that is flown
    places: tuple[int, ...]  # of its objectives among those that are flown

    @staticmethod
    def of(config: Config, pixels: int, share: float) -> Original:
        """A film from its beginning: what is flown is what the file says."""
        return Original(config, at_size(config, pixels, share), tuple(range(len(config.dream.objective))))

    @cached_property
    def curves(self) -> Mapping[str, Curve]:
        """The numbers as they are flown while no hand moves them, by the file's keys."""
        return dict(self.small.curves())

    @cached_property
    def size(self) -> tuple[int, int]:
        """(height, width) of the film in full."""
        return frame_size(self.config)

    @cached_property
    def effort(self) -> Effort:
        """What a dream would cost as the file says."""
        moment, (height, width) = self.config.clock.tick(0), self.size
        dream = self.config.dream
        return Effort(height * width, int(dream.steps(moment)), int(dream.octaves(moment)))

    @property
    def network(self) -> str:
        """The film's own network, as YAML has it."""
        name: str = self.config.resolved()["dream"]["network"]
        return name

    def in_stage(self, key: str) -> str:
        """The key of a number of the file as the flight has it, whose objectives stand elsewhere."""
        return with_index(key, lambda index: self.places[index])

    def in_file(self, key: str) -> str:
        """The way back."""
        return with_index(key, self.places.index)


def term_index(key: str) -> int | None:
    """The objective that a key is a number of."""
    parts = key.split(".")
    return int(parts[2]) if parts[:2] == ["dream", "objective"] else None


def with_index(key: str, place: Callable[[int], int]) -> str:
    """The same key of another objective; of none it stays as it is."""
    index = term_index(key)
    return key if index is None else ".".join(("dream.objective", str(place(index)), *key.split(".")[3:]))
