"""Bands. The coarse bands of a frame, led towards those of a smaller picture of the same: (frame, Lead) -> frame."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.picture.colour import blur
from render.picture.picture import resize


@dataclass(frozen=True)
class Lead:
    """What leads a frame: its waves of more than about 4 pixels of the picture go `strength` of the way to the picture's."""

    picture: Tensor  # a frame, smaller
    strength: float  # 0..1

    def __call__(self, frame: Tensor) -> Tensor:
        """The frame, its coarse bands led; one that is no larger than the picture, all of it."""
        size, small = _size(frame), _size(self.picture)
        if min(size) <= min(small):
            return frame + self.strength * (resize(self.picture, size) - frame)
        return frame + self.strength * resize(_coarse(self.picture - resize(frame, small)), size)

    def firmly(self, frame: Tensor) -> Tensor:
        """The frame, led by all that the picture holds, twice over, since enlarging and shrinking do not undo each other.

        For a first dream: from noise few things are sure of themselves, and a little off makes others of them.
        """
        size, small = _size(frame), _size(self.picture)
        if min(size) <= min(small):
            return self(frame)
        for _ in range(2):
            frame = frame + self.strength * resize(self.picture - resize(frame, small), size)
        return frame

    def coarse(self, frame: Tensor) -> Tensor:
        """The frame with `strength` of what is finer than the picture left out."""
        size, small = _size(frame), _size(self.picture)
        return frame if min(size) <= min(small) else torch.lerp(frame, resize(resize(frame, small), size), self.strength)


def _coarse(difference: Tensor) -> Tensor:
    """The coarse bands of a difference: waves of 6 pixels and more whole, of 4 pixels seven eighths, of 3 half, of 2 nothing.

    All of it would draw the small picture's own pixels over the finer dream, which fades; a plain blur lets things become
    others.
    """
    once = blur(difference)
    twice = blur(once)
    return 3 * once - 3 * twice + blur(twice)


def _size(frame: Tensor) -> tuple[int, int]:
    return frame.shape[-2], frame.shape[-1]
