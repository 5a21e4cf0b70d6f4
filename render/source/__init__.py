"""Sources. A Source is where pictures come from, asked by time: Moment -> Frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what a film's files say is found out before anything waits for torch
    from torch import Tensor

    from render.moment import Moment
    from render.source.photo import Photo


@dataclass(frozen=True)
class Source:
    """Pictures by time."""

    at: Callable[[Moment], Tensor]  # -> a Frame of the film's size
    moves: bool = False  # footage, a new picture for each moment
    digest: str = ""  # of the files it reads, empty where there are none
    # Which picture that is, by its content: the same id, the same Frame.
    picture_id: Callable[[Moment], str] = lambda moment: ""
    photo: Photo | None = None  # the picture in its own resolution, where it is larger than the frame
