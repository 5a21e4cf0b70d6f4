"""Scenes. A Scene is all of a film but its dream: what the camera sees at any moment, and how far in time the film goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from render.loops import Loop
from render.moment import Clock, Moment
from render.picture import warp
from render.picture.motion import CameraPath
from render.source import Source
from render.source.flow import Flow, FlowEstimator, flow


@dataclass(frozen=True)
class Scene:
    """What is seen, but for the dream: enough to develop frames from ticks that were dreamed before."""

    clock: Clock
    size: tuple[int, int]  # (height, width), pixels
    source: Source
    path: CameraPath
    border: str  # what lies past the picture's edge: a row of warp.BORDERS
    fresh: Callable[[int], Tensor]  # tick -> a frame of mean 0, for ground that no camera has seen yet
    estimator: FlowEstimator | None  # how motion is looked for in footage
    cut: Callable[[Moment, Moment], bool | None]  # whether footage is cut between two moments; None: to be detected
    mask: Callable[[Moment], Tensor] | None  # where it is dreamed, [1, 1, H, W] of 0..1; None is everywhere
    loop: Loop  # how its end joins its beginning
    device: torch.device
    amount: Callable[[Moment], float] = lambda moment: 1.0  # how much of the dream is shown, 0..1
    undreamed: Callable[[Moment], Tensor] | None = None  # what the rest shows, a frame or [1, 3, 1, 1]; None: the source

    def picture(self, moment: Moment) -> Tensor:
        """The source at that moment, a frame; footage as the camera sees it."""
        frame = self.source.at(moment).to(self.device, non_blocking=True)
        if not self.source.moves:
            return frame
        move = self.path.so_far(moment.seconds)
        if torch.equal(move.matrix, warp.STILL):
            return frame
        return warp.move_frame(frame, move, kernel=warp.bicubic, border=self.border).clamp(0, 1)

    def apply_mask(self, moment: Moment, dreamed: Tensor) -> Tensor:
        """The dream inside the mask; outside it the source stands still."""
        return (
            dreamed
            if self.mask is None
            else torch.lerp(self.picture(moment), dreamed, self.mask(moment).to(dreamed, non_blocking=True))
        )

    def show(self, moment: Moment, dreamed: Tensor) -> Tensor:
        """The frame that the film shows of what was dreamed: `amount` of it, and the rest of what was there before."""
        amount = self.amount(moment)
        if amount == 1:
            return dreamed
        rest = self.undreamed(moment) if self.undreamed else self.picture(moment)
        return torch.lerp(rest, dreamed, amount)

    def flow_between(self, before: Moment, after: Moment) -> Flow:
        """How the footage, as the camera sees it, moves from one moment to another, earlier or later."""
        assert self.estimator
        return flow(self.picture(before), self.picture(after), self.estimator, self.cut(before, after))
