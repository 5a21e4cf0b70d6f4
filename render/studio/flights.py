"""Flights that were saved in a session: each is a film's file and its table, and a take whose dreams are there already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from render.config import Config
from render.config.scalars import read_size
from render.construct.networks import Known
from render.develop.enlarge import down_to, enlargement
from render.studio.flight import Rows, Stage, up_to_tick
from render.studio.governor import RULED
from render.studio.record import Recording, write_flight
from render.studio.takes import LiveTake, adopt, recorded_film
from render.studio.thin import count_rows, thin_rows

EFFORT = ("steps", "first_steps", "octaves", "jitter", "step_size")  # of the dream: what a smaller flight has less of


@dataclass(frozen=True)
class SavedFlight:
    """A flight as it was saved."""

    recording: Recording
    stage: Stage
    rows: Rows  # as they were flown, whatever its table was thinned to
    last: int  # its last tick
    take: Path  # its dreams
    message: dict[str, Any]  # FLIGHT of the protocol


class Flights:
    """Those of a session, by their names."""

    def __init__(self, folder: Path, film: Path | None) -> None:
        self.folder, self.film = folder, film  # where they are written; the file that they extend
        self._saved: dict[str, SavedFlight] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._saved

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All of them, as the state has them."""
        return [saved.message for saved in self._saved.values()]

    def save(self, name: str, take: LiveTake, stage: Stage, rows: Rows, last: int, known: Known) -> SavedFlight:
        """Write the flight up to tick `last` beside the film, and give it its take: nothing is dreamed twice."""
        rows = up_to_tick(stage, rows, last)
        recording = write_flight(stage, rows, last, self.folder, name, self.film)
        own = adopt(recording, recorded_film(recording, stage, known), take, last)
        scene = stage.film.scene
        message = {
            "name": name,
            "yaml": str(recording.yaml),
            "csv": str(recording.table) if recording.table else None,
            "ticks": last + 1,
            "seconds": scene.clock.tick(last).seconds,
            "size": [scene.size[1], scene.size[0]],
        }
        self._saved[name] = SavedFlight(recording, stage, rows, last, own, message)
        return self._saved[name]

    def thin(self, name: str, pixels: float) -> dict[str, Any]:
        """Drop the rows that are seen least, up to an error of so many pixels at 1080p: the message "flight"."""
        saved = self._saved[name]
        rows, error = thin_rows(saved.stage, saved.rows, saved.last, pixels)
        recording = write_flight(saved.stage, rows, saved.last, self.folder, name, self.film)
        self._saved[name] = replace(saved, recording=recording)
        counts = {"rows": count_rows(rows), "rows_before": count_rows(saved.rows)}
        return {"type": "flight", "flight": saved.message, **counts, "pixels": round(error, 3)}

    def enlarge(self, name: str, size: str, quality: str, film: Config, moved: Iterable[str]) -> Path:
        """The file of a flight at another size, written beside it: as flown, a draft, or with the film's own steps.

        A larger one follows the flight's take, so that what one flew into is there.
        film: as its file says it in full. moved: numbers that a hand set; the governor's are left out unless it is as flown.
        Raises ConfigError for a size that is smaller than the flight, or of another shape.
        """
        saved = self._saved[name]
        effort = {} if quality == "flown" else {key: getattr(film.dream, key) for key in EFFORT}
        flown = saved.stage.config
        config = flown.model_copy(update={"dream": flown.dream.model_copy(update=effort)})
        ruled = set(() if quality == "flown" else RULED)
        width, height = saved.message["size"]
        wanted = read_size(size)
        if (wanted.width, wanted.height) != (width, height):
            large = enlargement(saved.take, size)
            config = config.model_copy(update={"size": large.size, "follow": large.follow})
            config = down_to(config, height / large.size.height)
            ruled.add("dream.octaves")  # as many as lead down to the take
        rows = {key: hold for key, hold in saved.rows.items() if key not in ruled - set(moved)}
        other = f"{name}-{size}" + ("" if quality == "final" else f"-{quality}")
        stage = replace(saved.stage, config=config)
        return write_flight(stage, rows, saved.last, self.folder, other, saved.recording.yaml).yaml
