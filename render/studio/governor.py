"""The governor: how much dreaming a machine keeps up with: (effort, seconds a dream took, seconds it may take) -> effort."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

FIRST = 57_600  # pixels that a session begins with, 320x180
LEAST = 9_216  # pixels below which it is no picture any more, 128x72
SHARE = 0.25  # of a film's steps that a session begins with, as a draft
ROOM = 0.9  # of a tick that dreaming may take: the rest is moving, storing, sending
EASY = 0.45  # of a tick: who needs less can do one step more
PATIENCE = 3  # dreams that are looked at together, since the first ones after a change are slow
MOST_CHANGES = 8  # after which the governor leaves a film as it is
RULED = ("dream.steps", "dream.octaves", "dream.step_size")  # numbers that it sets


@dataclass(frozen=True)
class Effort:
    """What the cost of a dream hangs on."""

    pixels: int
    steps: int  # an octave
    octaves: int


@dataclass
class Governor:
    """What it has looked at so far."""

    on: bool = True
    changes: int = 0  # how often it changed something
    took: list[float] = field(default_factory=list)  # seconds of dreams since then

    def begin(self, on: bool) -> None:
        """Look anew, or no more."""
        self.on, self.changes, self.took = on, 0, []

    def look(self, took: float, effort: Effort, most: Effort, may_take: float) -> Effort | None:
        """A dream took so many seconds: the effort to go on with, if it is another."""
        self.took.append(took)
        if not self.on or self.changes >= MOST_CHANGES or len(self.took) < PATIENCE:
            return None
        wanted = advise(effort, most, min(self.took), may_take)
        self.took = []
        self.changes = self.changes + 1 if wanted.pixels == effort.pixels else MOST_CHANGES  # one beginning more, at most
        if wanted == effort:
            self.changes = MOST_CHANGES
            return None
        return wanted


def advise(effort: Effort, most: Effort, took: float, may_take: float) -> Effort:
    """The effort to go on with: fewer steps first, then fewer octaves, then fewer pixels; more steps where there is room.

    most: what the film itself asks for. took, may_take: seconds of a dream.
    """
    if took > ROOM * may_take:
        return _less(effort, took / (ROOM * may_take))
    if took < EASY * may_take and effort.steps < most.steps:
        return replace(effort, steps=effort.steps + 1)
    return effort


def _less(effort: Effort, times: float) -> Effort:
    """About so many times less work."""
    if effort.steps > 1:
        return replace(effort, steps=max(1, int(effort.steps / times)))
    if effort.octaves > 2:  # the small octaves cost little: the picture gets a little coarser, and nothing faster by much
        return replace(effort, octaves=effort.octaves - 1)
    return replace(effort, pixels=max(LEAST, round(effort.pixels / times)))


def explain_effort(effort: Effort, most: Effort, dreams: float, rate: float) -> str:
    """Why the effort is what it is, as one sentence."""
    less = []
    if effort.pixels < most.pixels:
        less.append("smaller")
    if effort.steps < most.steps:
        less.append("with fewer steps")
    if not less:
        return f"this machine dreams the film as it is {rate:g} times a second"
    pace = "" if dreams >= ROOM * rate else ", which this machine does not reach all the time"
    return f"{' and '.join(less)} than the film says, to dream {rate:g} times a second{pace}"
