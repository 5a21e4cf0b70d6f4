"""Views. A View is how the network looks at a canvas in one step: rolled by whole pixels, then turned and scaled.

Dreaming from a new view in each step hides the network's grid, and leaves only what is still seen when things move a little.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import torch
import torch.nn.functional as F
from torch import Tensor

from render.picture.picture import numbers
from render.picture.warp import grid


@dataclass(frozen=True)
class View:
    """How a canvas is looked at."""

    size: tuple[int, int]  # (height, width) of the canvas
    device: torch.device
    down: int = 0  # pixels that it is rolled by
    right: int = 0
    turn: Tensor | None = None  # [2, 2]: Coords of what a network sees -> those of the rolled canvas; None where they are equal
    phase: tuple[float, float] = (0.5, 0.5)  # 0..1, how far down and right the tiles lie in which a large canvas is looked at

    def __call__(self, h: int, w: int) -> Tensor:
        """Coords [1, h, w, 2] of the canvas that the cells of an activation map look at; past its edges it goes on round."""
        shift = numbers((2 * self.right / self.size[0], 2 * self.down / self.size[0]), self.device)
        half = self._half
        cells = grid((h, w), self.device) * half / numbers((w / h, 1.0), self.device)
        if self.turn is not None:
            cells = _mirror(cells @ self.turn.T, half)
        return (cells - shift + half).remainder(2 * half) - half

    def place(self, x: float, y: float) -> Tensor:
        """Coords [2] of a place given as shares of the frame: (0, 0) is the top left corner."""
        return (2 * numbers((x, y), self.device) - 1) * self._half

    def roll(self, frame: Tensor) -> Tensor:
        """A frame of the canvas's size, rolled as the canvas is."""
        return frame.roll((self.down, self.right), (2, 3))

    def unroll(self, frame: Tensor) -> Tensor:
        """What was rolled, back in its place."""
        return frame.roll((-self.down, -self.right), (2, 3))

    def look(self, rolled: Tensor) -> Tensor:
        """What the network sees of the rolled canvas; what lies past the edges is the picture mirrored."""
        if self.turn is None:
            return rolled
        places = grid(self.size, self.device) @ self.turn.T / self._half
        return F.grid_sample(rolled, places, mode="bilinear", padding_mode="reflection", align_corners=False)

    @property
    def _half(self) -> Tensor:
        return numbers((self.size[1] / self.size[0], 1.0), self.device)


def view_of(canvas: Tensor, down: int = 0, right: int = 0, degrees: float = 0.0, scale: float = 1.0) -> View:
    """The view of a canvas that is rolled, turned by `degrees` and seen `scale` times as large."""
    turn = None
    if degrees or scale != 1:
        across, up = cos(radians(degrees)) / scale, sin(radians(degrees)) / scale
        turn = numbers((across, up, -up, across), canvas.device).view(2, 2)
    return View((canvas.shape[-2], canvas.shape[-1]), canvas.device, down, right, turn)


def _mirror(xy: Tensor, half: Tensor) -> Tensor:
    """Coords past the edges folded back, as the mirrored picture has them."""
    return half - ((xy + half).remainder(4 * half) - 2 * half).abs()
