"""The status of a session: its message "state", and what of its film is not flown as its file says."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from render.frames import frame_count
from render.loops import LOOPS
from render.studio.flight import numbers_to_end
from render.studio.governor import PATIENCE, explain_effort
from render.studio.handles import terms

if TYPE_CHECKING:
    from render.studio.session import Session

LATELY = 12  # dreams over which the pace is measured
FLEETING = ("tick", "seconds", "values", "dreams", "share", "keeps_up")  # of the state: what a dream's header tells, too


class Pace:
    """How long the last dreams took."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, float]] = deque(maxlen=LATELY)  # seconds of each step: dreaming, and all of it

    def note(self, dreaming: float, whole: float) -> None:
        """A step was taken."""
        self._steps.append((dreaming, whole))

    @property
    def dreams(self) -> float:
        """Dreams a second, were there no waiting; 0 before there was one."""
        whole = sum(whole for _, whole in self._steps)
        return len(self._steps) / whole if whole else 0.0

    @property
    def share(self) -> float:
        """Share of a step that is not dreaming, 0..1."""
        whole = sum(whole for _, whole in self._steps)
        return 1 - sum(dreaming for dreaming, _ in self._steps) / whole if whole else 0.0

    def keeps_up(self, rate: float) -> bool:
        """Whether dreams come as often as the film wants them."""
        return self.dreams >= 0.9 * rate or len(self._steps) < PATIENCE


def describe(session: Session) -> dict[str, Any]:
    """The message "state"."""
    scene, values, pace = session.film.scene, session.values(), session.pace
    height, width = scene.size
    film_height, film_width = session.original.size
    rate, effort, moved = float(scene.clock.rate), session.effort, session.hand.moved
    curves = session.original.curves
    return {
        "type": "state",
        "playing": session.playing,
        "recording": session.recording,
        "scrub": session.shown if session.scrubbed else None,
        "ended": session.ended,
        "take": session.take.folder.name if session.take else "",
        "tick": session.head,
        "first": 0,
        "seconds": scene.clock.tick(max(0, session.head)).seconds,
        "duration": None if session.stage.endless else frame_count(scene) / float(scene.clock.fps),
        "rate": rate,
        "size": [width, height],
        "film_size": [film_width, film_height],
        "dreams": round(pace.dreams, 2),
        "keeps_up": pace.keeps_up(rate),
        "share": round(pace.share, 3),
        "governor": {
            "on": session.governor.on,
            "size": f"{width}x{height}",
            "steps": effort.steps,
            "octaves": effort.octaves,
            "because": explain_effort(effort, session.original.effort, pace.dreams or rate, rate),
        },
        "values": values,
        "moved": sorted(moved),
        "terms": terms(session.stage.config, values, frozenset(session.dropped)),
        "marks": [
            {"tick": tick, "seconds": scene.clock.tick(tick).seconds, "name": name}
            for tick, name in sorted(session.marks.items())
        ],
        "flights": session.flights.messages,
        "device": str(scene.device),
        "paused_by": session.paused_by or None,
        "unsaved": sorted(key for key in moved if key in values and (key not in curves or curves[key].constant != values[key])),
    }


def same_but_for_time(state: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two states differ in no more than a dream's header tells."""
    return {**state, **dict.fromkeys(FLEETING)} == {**other, **dict.fromkeys(FLEETING)}


def notices(session: Session) -> list[str]:
    """What of the film is not flown as its file says."""
    config, sentences = session.original.config, []
    if LOOPS[config.loop].seamless:
        sentences.append(f"loop: {config.loop} is left out: a flight does not know where it ends")
    if keys := numbers_to_end(config):
        seconds = session.stage.film.scene.clock.seconds
        sentences.append(
            f"{' and '.join(keys)} would not be live without an end (p, %, end): the flight is as long as the film, "
            f"{seconds:g} s; duration: in the file makes it longer"
        )
    elif config.motion.centers is not None or config.motion.to:
        sentences.append("the camera's way is set for the whole film: the flight is as long as that; duration: makes it longer")
    return sentences
