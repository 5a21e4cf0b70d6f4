"""Scenes. A Scene is all of a film but its dream: what the camera sees at any moment, and how far in time the film goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, takewhile

import torch
from torch import Tensor

from render.loops import Loop
from render.moment import Clock, Moment
from render.picture import cutout, warp
from render.picture.motion import CameraPath
from render.picture.picture import send
from render.picture.warp import Move
from render.source import Source
from render.source.flow import Flow, FlowEstimator, all_clear, flow, flow_at_rest

FLASH = 0.4  # seconds that a flash, or a black or white picture in the middle of a shot, lasts at most
LOOKS = 20  # pictures in that time that are looked at after one in a flash: evenly, so that every frame rate finds the same

NO_MOVE = Move(warp.STILL)


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
    start: Move = NO_MOVE  # how the source is seen at first; its picture is seen so already
    shot: Callable[[Moment], float] = lambda moment: 0.0  # when it began again with the source: at the last cut, seconds
    behind: Callable[[Moment], Tensor] | None = None  # what is seen outside of the mask, a frame; None: the picture as it is
    amount: Callable[[Moment], float] = lambda moment: 1.0  # how much of the dream is shown, 0..1
    undreamed: Callable[[Moment], Tensor] | None = None  # what the rest shows, a frame or [1, 3, 1, 1]; None: the source
    colours: Callable[[Moment, Tensor], Tensor] | None = None  # (moment, dreamed frame) -> in the colours that are asked for
    alpha: str = "none"  # what is clear in the frames that are shown: a row of ALPHAS
    linear: bool = False  # whether they are to be laid over something in linear light

    def picture(self, moment: Moment) -> Tensor:
        """The source at that moment, a frame; footage as the camera sees it."""
        frame = send(self.source.at(moment), self.device)
        if not self.source.moves:
            return frame
        move = self.camera(moment)
        if torch.equal(move.matrix, warp.STILL):
            return frame
        return warp.move_frame(frame, move, kernel=warp.bicubic, border=self.border).clamp(0, 1)

    def travelled(self, moment: Moment) -> Move:
        """The camera's move since it saw the source's picture: from the film's start, or from its last cut."""
        begin = self.shot(moment)
        return self.path.between(begin, moment.seconds) if begin else self.path.so_far(moment.seconds)

    def camera(self, moment: Moment) -> Move:
        """The move that takes what is in the source's whole frame to where it is seen."""
        move = self.travelled(moment)
        return move if torch.equal(self.start.matrix, warp.STILL) else move @ self.start

    def look(self, moment: Moment) -> tuple[Tensor, Tensor]:
        """A photo that is larger than the frame, as the camera sees it, and how deep inside it, as Photo.look has it."""
        assert self.source.photo
        frame, inside = self.source.photo.look(self.camera(moment), self.border)
        return frame.clamp(0, 1), inside

    def apply_mask(self, moment: Moment, dreamed: Tensor) -> Tensor:
        """The dream inside the mask; outside it the source stands still, or is seen by the camera, with a mask of the world."""
        if self.mask is None:
            return dreamed
        return torch.lerp(self.outside(moment), dreamed, send(self.mask(moment), self.device))

    def outside(self, moment: Moment) -> Tensor:
        """What is seen where the mask is black."""
        return self.behind(moment) if self.behind else self.picture(moment)

    def rest(self, moment: Moment) -> Tensor:
        """What is shown where the dream is not, a frame or one colour [1, 3, 1, 1]."""
        return self.undreamed(moment) if self.undreamed else self.picture(moment)

    def show(self, moment: Moment, dreamed: Tensor) -> Tensor:
        """The frame that the film shows of what was dreamed: `amount` of it, and the rest of what was there before.

        With `alpha` it is a cut-out, [1, 4, H, W].
        """
        amount, frame = self.amount(moment), self.colour(moment, dreamed)
        if amount != 1:
            frame = torch.lerp(self.rest(moment), frame, amount)
        return ALPHAS[self.alpha](self, moment, frame)

    def colour(self, moment: Moment, dreamed: Tensor) -> Tensor:
        """What was dreamed in the colours that are asked for; what lies outside of the mask keeps its own."""
        if self.colours is None:
            return dreamed
        coloured = self.colours(moment, dreamed)
        return coloured if self.mask is None else torch.lerp(dreamed, coloured, send(self.mask(moment), self.device))

    def flow_between(self, before: Moment, after: Moment) -> Flow:
        """How the footage, as the camera sees it, moves from one moment to another, earlier or later."""
        assert self.estimator
        cut = self.cut(before, after)
        pictures = self.picture(before), self.picture(after)
        direct = flow(*pictures, self.estimator, cut)
        if cut is not None or direct.kind == "same" or all_clear(*pictures):
            return direct
        return self._past_flash(before, after) or direct

    def _past_flash(self, before: Moment, after: Moment) -> Flow | None:
        """How the footage moves where a flash in a shot that goes on hides one of the two pictures; None if there is none.

        A tick in a flash has the last clear tick's detail, in its place. before: a tick; after: one, or a frame, beside it.
        """
        assert self.estimator
        back = after.seconds < before.seconds
        earlier = (self.clock.tick(tick) for tick in range(before.index - back, -1, -1))
        start, end = self._first_clear(earlier), self._first_clear(self.ahead(before if back else after))
        if not start or not end or flow(self._footage(start), self._footage(end), self.estimator).kind == "cut":
            return None
        if all_clear(self.picture(after)):
            return flow(self.picture(start), self.picture(after), self.estimator)
        return flow_at_rest(self.size, self.device, "same")

    def ahead(self, moment: Moment) -> Iterator[Moment]:
        """The moments of the footage, from this one on, that tell whether a flash at it ends in the same shot."""
        return (replace(moment, seconds=moment.seconds + FLASH * look / LOOKS) for look in range(LOOKS + 1))

    def _footage(self, moment: Moment) -> Tensor:
        """The footage's own picture: how the camera moves after a flash is no matter."""
        return send(self.source.at(moment), self.device)

    def _first_clear(self, moments: Iterator[Moment]) -> Moment | None:
        """The first of the moments with a clear picture, no further off than a flash lasts."""
        first = next(moments, None)
        if not first:
            return None
        since, until = max(0.0, first.seconds - FLASH), first.seconds + FLASH
        near = takewhile(lambda moment: since <= moment.seconds <= until, chain([first], moments))
        return next((moment for moment in near if all_clear(self._footage(moment))), None)


def cut_by_mask(scene: Scene, moment: Moment, frame: Tensor) -> Tensor:
    """What the mask lets through of a frame; all of it, where there is none."""
    if scene.mask is None:
        return torch.cat((frame, torch.ones_like(frame[:, :1])), dim=1)
    return cutout.by_alpha(frame, scene.outside(moment), send(scene.mask(moment), scene.device), scene.linear)


# What is clear in a film's frames: (scene, moment, frame) -> a frame, or a cut-out of it.
ALPHAS: dict[str, Callable[[Scene, Moment, Tensor], Tensor]] = {
    "none": lambda scene, moment, frame: frame,
    "dream": lambda scene, moment, frame: cutout.by_change(frame, scene.rest(moment), scene.linear),
    "mask": cut_by_mask,
}
