"""Photos. A Photo is a picture in its own resolution, that a camera sees more of as it moves."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log2

import torch
from torch import Tensor

from render.picture import warp
from render.picture.picture import resize
from render.picture.warp import Move

MOST = 24_000_000  # pixels that are kept of a picture: 288 MB


@dataclass(frozen=True)
class Photo:
    """A picture that is larger than the frame, and how it lies in it."""

    levels: tuple[Tensor, ...]  # Frames: the picture itself, and each half as large as the one before
    size: tuple[int, int]  # (height, width) of the frame
    place: tuple[int, int]  # (height, width) that the picture would have at the frame's resolution
    shift: tuple[float, float]  # pixels right and down from the picture's middle to the frame's

    def look(self, move: Move, border: str) -> tuple[Tensor, Tensor]:
        """The Frame that a camera sees after a move; and how deep inside the picture that is, frame heights [1, 1, H, W]."""
        level = self._level(warp.scale(move))
        picture, back = self.levels[level], move.inverse
        height, width = picture.shape[-2:]
        x, y = warp.source_coords(back, self.size, picture.device).unbind(-1)
        right, down = (self.size[0] / 2 * x + self.shift[0]), (self.size[0] / 2 * y + self.shift[1])  # pixels at its place
        across, along = right / (self.place[1] / 2), down / (self.place[0] / 2)
        density = max(1.0, height / self.place[0] / warp.scale(move))
        coords = torch.stack((across * (width / height), along), dim=-1)
        inside = torch.minimum((1 - across.abs()) * self.place[1], (1 - along.abs()) * self.place[0]) / 2 / self.size[0]
        return warp.lanczos4(picture, coords, border=border, shrink=density), inside[:, None]

    def _level(self, scale: float) -> int:
        """The smallest level that is fine enough where things are `scale` times as large as in the frame."""
        density = self.levels[0].shape[-2] / self.place[0] / scale
        return min(max(0, floor(log2(max(density, 1.0)))), len(self.levels) - 1)


def photo(picture: Tensor, place: tuple[int, int], size: tuple[int, int]) -> Photo | None:
    """The photo of a Frame that fills (height, width) `size` when it has the size `place`; None if it is no larger."""
    height, width = picture.shape[-2:]
    if place == size and height <= place[0] and width <= place[1]:
        return None
    small = min(1.0, (MOST / (height * width)) ** 0.5)
    levels = [resize(picture, (round(height * small), round(width * small))).clamp(0, 1)]
    while levels[-1].shape[-2] >= 2 * place[0]:
        half = (levels[-1].shape[-2] // 2, levels[-1].shape[-1] // 2)
        levels.append(resize(levels[-1], half).clamp(0, 1))
    down, right = ((whole - part) // 2 + part / 2 - whole / 2 for whole, part in zip(place, size, strict=True))
    return Photo(tuple(levels), size, place, (right, down))
