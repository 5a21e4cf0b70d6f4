"""Laws of the studio: a flight recorded and rendered is the flight flown, bit for bit; no edit changes the past."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch

from render.construct import build
from render.facts import load
from render.film import State, begin, step
from render.studio.flight import Rows, Stage, film_with, make_stage, with_values
from render.studio.record import write_flight

pytestmark = pytest.mark.usefixtures("tiny_network")

SMALL = """\
size: 48x32
fps: 24
duration: 1s
seed: 7
dream:
  rate: 8
  octaves: 2
  steps: 2
  first_steps: 2
  jitter: 3
  objective: [{garden: all, drift: 0.3}, {layer: edges, weight: 0.3}]
"""


def fly(stage: Stage, edits: dict[int, dict[str, object]], ticks: int) -> tuple[list[State], Rows]:
    rows: Rows = {}
    states = [begin(stage.film)]
    for tick in range(ticks):
        rows = with_values(stage, rows, tick, edits.get(tick, {}))
        states.append(step(film_with(stage, rows), states[-1]))
    return states, rows


def rendered(path: Path, ticks: int) -> list[State]:
    film = build(load(path), torch.device("cpu"))
    states = [begin(film)]
    while len(states) <= ticks:
        states.append(step(film, states[-1]))
    assert film.scene.clock.last_tick in (ticks, ticks + 1)
    return states


def test_try(tmp_path: Path) -> None:
    path = tmp_path / "film.yaml"
    path.write_text(SMALL)
    stage = make_stage(load(path), tiny.CPU, {})
    edits = {
        0: {"motion.zoom": 1.9, "motion.center.0": 0.3},
        2: {"motion.zoom": "1.2 + 0.3*sin(s)", "dream.steps": 1, "look.mean": 0.4},
        5: {"motion.rotate": 30.5, "motion.swirl": 20, "dream.objective.0.weight": 0.1},
    }
    states, rows = fly(stage, edits, 9)
    recording = write_flight(stage, rows, 9, tmp_path, "film-flight", path)
    for live, again in zip(states, rendered(recording.yaml, 9), strict=True):
        assert tiny.same(live, again), live.tick


class Seen:
    def __init__(self) -> None:
        self.told: list[dict] = []
        self.dreams: list[bytes] = []

    def tell(self, message: dict) -> None:
        self.told.append(message)

    def show(self, dream: bytes) -> None:
        self.dreams.append(dream)


def test_session(tmp_path: Path) -> None:
    from render.studio.orders import carry_out
    from render.studio.protocol import unpack_dream
    from render.studio.session import Session, Setup

    path = tmp_path / "film.yaml"
    path.write_text(SMALL)
    seen = Seen()
    session = Session(Setup(load(path), path, SMALL, tmp_path / "runs", tiny.CPU, pace=False), seen, carry_out)
    session.start_over()
    replies: list[dict] = []
    for tick in range(6):
        if tick == 2:
            session.carry(
                session,
                {"type": "set", "id": 1, "values": {"motion.zoom": 2.0, "dream.chroma": 0.1}, "over": 0.3},
                replies.append,
            )
        session.advance()
    session.carry(session, {"type": "snapshot", "id": 2}, replies.append)
    session.carry(session, {"type": "stop", "id": 3}, replies.append)
    session.carry(session, {"type": "fork", "id": 4, "tick": 3}, replies.append)
    session.advance()
    session.close()
    assert [reply["type"] for reply in replies] == ["done", "file", "done", "done", "done"]
    assert unpack_dream(seen.dreams[-1])[0]["tick"] == 4
