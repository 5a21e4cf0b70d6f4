"""Live takes. What is flown is kept tick by tick in a take, and a flight that is saved finds it under its own name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import torch

from render.construct import build
from render.construct.networks import Known
from render.develop import files
from render.develop.chain import Chain, tick_chain, write_chain
from render.develop.negative import Negative
from render.develop.shoot import fingerprint, state_of, version_of
from render.develop.take import Take
from render.develop.takes import open_take
from render.errors import RenderError
from render.film import Film, State, begin, step
from render.picture.picture import to_pixels
from render.studio.flight import Rows, Stage, film_with
from render.studio.record import Recording, write_flight
from render.weights.catalogue import credits

RESOLVED = "resolved.yaml"  # the film that is flown, in full, but for its rows
JOURNAL = "flight.jsonl"  # a line for each tick at which numbers were set, written before the step that they govern
LIVE = "live"  # the key of a fingerprint that no film has: of a take that is being flown


class LiveTake:
    """The take that is being flown."""

    def __init__(self, root: Path, stage: Stage, text: str) -> None:
        config = stage.config
        self.root = root
        self.take: Take = open_take(root, f"{config.name}-live", {LIVE: token_hex(8)}, text, config.yaml(), fresh=True)
        self.take.note(
            precision=stage.film.precision,
            networks=config.networks,
            credits=credits(config.networks),
            device=str(stage.film.scene.device),
            threads=torch.get_num_threads(),
        )
        self._negative = self.take.negative()
        self._journal = (self.take.folder / JOURNAL).open("a", encoding="utf-8")

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.take.folder

    @property
    def negative(self) -> Negative:
        """All that was dreamed."""
        return self._negative

    def keep(self, state: State) -> None:
        """Store a tick; it is safe when this returns. Raises RoomError or MissingError."""
        self._negative.keep(state.tick, to_pixels(state.canvas, np.uint16), state.tensors())

    def write_rows(self, tick: int, values: Mapping[str, Any]) -> None:
        """Write down what was set at a tick, before the step that it governs."""
        self._journal.write(json.dumps({"tick": tick, "values": dict(values)}) + "\n")
        self._journal.flush()

    def begin_from(self, other: Path, state: State) -> None:
        """Begin as another take's negative did, up to `state`, which is one of its ticks."""
        Negative(other / "negative").begin_in(self.folder / "negative", state.tick)
        self.keep(state)

    def note_film(self, stage: Stage) -> None:
        """Write down another version of the film, which goes on in the same take."""
        files.write(self.folder / RESOLVED, stage.config.yaml().encode())

    def close(self, stage: Stage, rows: Rows, last: int, known: Known) -> None:
        """Make a take of it that `render` and `render print` know: its film, its table, its fingerprint."""
        self._journal.close()
        with self.take:
            if last >= 0:
                finish(self.take, stage, rows, last, known)


def finish(take: Take, stage: Stage, rows: Rows, last: int, known: Known) -> None:
    """Make a take that was flown up to tick `last` one that `render` knows."""
    with suppress(RenderError):  # a poster is a courtesy
        take.poster(take.negative().read(last // 2))
    recording = write_flight(stage, rows, last, take.folder, "flight", None)
    identity = identity_of(recording, recorded_film(recording, stage, known))
    take.adopt(identity.fingerprint, identity.chain, recording.yaml.read_text("utf-8"), recording.config.yaml())
    take.note(dreamed=last + 1)


@dataclass(frozen=True)
class Identity:
    """What tells the film that a take is of from others."""

    fingerprint: dict[str, Any]
    chain: Chain


def identity_of(recording: Recording, film: Film) -> Identity:
    """What a take says of the recorded film."""
    return Identity(fingerprint(recording.config, film), tick_chain(recording.config, film, version_of(film)))


def recorded_film(recording: Recording, stage: Stage, known: Known) -> Film:
    """The film of a recording, ready to dream, by networks that are loaded."""
    return build(recording.config, stage.film.scene.device, known)


def adopt(recording: Recording, film: Film, live: LiveTake, last: int) -> Path:
    """The take under the recorded film's name, which begins with the live take's ticks: none of them is dreamed again."""
    config, identity = recording.config, identity_of(recording, film)
    write_chain(live.folder, identity.chain)
    text = recording.yaml.read_text("utf-8")
    with open_take(live.root, config.name, identity.fingerprint, text, config.yaml(), chain=identity.chain) as take:
        if take.record.get("dreamed", 0) <= last:
            take.poster(live.negative.read(last // 2))
            take.note(dreamed=take.negative().count(), finished=take.negative().count() == len(identity.chain))
        return take.folder


def state_at(take: LiveTake, stage: Stage, rows: Rows, tick: int) -> State:
    """The state at a tick that was dreamed: as it was stored, or dreamed again from the last one that was stored in full."""
    film = film_with(stage, rows)
    kept = (state_of(take.negative.at(start), film.scene.device) for start in range(tick, -1, -1))
    state = next(filter(None, kept), None) or begin(film)
    while state.tick < tick:
        state = step(film, state)
    return state
