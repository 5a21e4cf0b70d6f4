"""Live takes. What is flown is kept tick by tick in a take, and a flight that is saved finds it under its own name."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import torch

from render.config import Config
from render.construct import build
from render.construct.networks import Known
from render.develop import files
from render.develop.negative import Negative
from render.develop.shoot import fingerprint, state_of
from render.develop.take import Take, open_take
from render.film import Film, State, step
from render.picture.picture import to_pixels
from render.studio.flight import Rows, Stage, film_with
from render.studio.record import Recording, write_flight
from render.weights.catalogue import credits

JOURNAL = "flight.jsonl"  # a line for each tick at which numbers were set, written before the step that they govern
LIVE = "live"  # the key of a fingerprint that no film has: of a take that is being flown


class LiveTake:
    """The take that is being flown."""

    def __init__(self, root: Path, stage: Stage, text: str) -> None:
        config = stage.config
        self.root = root
        self.take: Take = open_take(root, f"{config.name}-live", {LIVE: token_hex(8)}, text, config.yaml(), fresh=True)
        self.take.note(precision=stage.film.precision, networks=config.networks, credits=credits(config.networks))
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
        link_ticks(other, self.folder / "negative", state.tick)
        self.keep(state)

    def close(self, stage: Stage, rows: Rows, last: int, known: Known) -> None:
        """Make a take of it that `render` and `render print` know: its film, its table, its fingerprint."""
        self._journal.close()
        with self.take:
            if last < 0:
                return
            recording = write_flight(stage, rows, last, self.folder, "flight", None)
            files.write(self.folder / "config.yaml", recording.yaml.read_bytes())
            files.write(self.folder / "resolved.yaml", recording.config.yaml().encode())
            film = recorded_film(recording, stage, known)
            note_flight(self.take, recording.config, film, last)


def recorded_film(recording: Recording, stage: Stage, known: Known) -> Film:
    """The film of a recording, ready to dream, by networks that are loaded."""
    return build(recording.config, stage.film.scene.device, known)


def note_flight(take: Take, config: Config, film: Film, last: int) -> None:
    """Record whose film the take's ticks are, and how many there are."""
    with suppress(Exception):  # a poster is a courtesy
        take.poster(take.negative().read(last // 2))
    take.note(
        fingerprint=json.loads(json.dumps(fingerprint(config, film), default=str)),
        precision=film.precision,
        networks=config.networks,
        credits=credits(config.networks),
        device=str(film.scene.device),
        threads=torch.get_num_threads(),
        seconds=take.record.get("seconds", 0.0),
        dreamed=last + 1,
        finished=last == film.scene.clock.last_tick,
    )


def adopt(recording: Recording, film: Film, live: Path, state: State, root: Path) -> Path:
    """The take under the recorded film's name and fingerprint, with the ticks up to `state` of the live take in it."""
    config = recording.config
    with open_take(root, config.name, fingerprint(config, film), recording.yaml.read_text("utf-8"), config.yaml()) as take:
        if (newest := take.negative().last()) is None or newest.tick < state.tick:
            link_ticks(live, take.folder / "negative", state.tick)
            take.negative().keep(state.tick, to_pixels(state.canvas, np.uint16), state.tensors())
            note_flight(take, config, film, state.tick)
        return take.folder


def link_ticks(take: Path, folder: Path, count: int) -> None:
    """The first `count` ticks of a take's negative in another folder: the same files where the disk can, else copies."""
    with files.refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for source in _files(take / "negative", count):
            target = folder / source.name
            if target.exists():
                continue
            try:
                os.link(source, target)
            except OSError:
                shutil.copyfile(source, target)


def _files(folder: Path, count: int) -> list[Path]:
    """The files of the ticks before tick `count`, and of the large states that stay."""
    numbers = {path: path.stem.partition("-")[2] for kind in ("tick", "state") for path in folder.glob(f"{kind}-*.safetensors")}
    return sorted(path for path, number in numbers.items() if number.isdecimal() and int(number) < count)


def state_at(take: LiveTake, stage: Stage, rows: Rows, tick: int) -> State:
    """The state at a tick that was dreamed: as it was stored, or dreamed again from the last one that was stored in full."""
    film = film_with(stage, rows)
    for start in range(tick, -1, -1):
        kept = take.negative.at(start)
        if kept is not None:
            state = state_of(kept, film.scene.device)
            assert state
            while state.tick < tick:
                state = step(film, state)
            return state
    raise AssertionError("tick 0 holds its state")
