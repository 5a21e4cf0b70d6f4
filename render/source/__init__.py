"""Sources. A Source is where pictures come from, asked by time: Moment -> Frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what a film's files say is found out before anything waits for torch
    from torch import Tensor

    from render.moment import Moment


@dataclass(frozen=True)
class Source:
    """Pictures by time. at: Moment -> Frame of the film's size. moves: footage, a new picture for each moment.

    digest: of the files it reads, empty where there are none.
    """

    at: Callable[[Moment], Tensor]
    moves: bool = False
    digest: str = ""
