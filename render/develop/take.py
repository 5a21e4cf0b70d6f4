"""Takes. A Take is the folder of one render, runs/NAME/take-001: what was asked for, the negative, the prints, the record."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from render.develop import files, stills
from render.develop.beginnings import beginning_in
from render.develop.chain import Chain, write_chain
from render.develop.ffmpeg import Pixels
from render.develop.formats import Output
from render.develop.lock import UNLOCKED, Lock
from render.develop.names import fill_name, frame_path
from render.develop.negative import Negative
from render.develop.record import RECORD, device_words, json_bytes, kind_of_device, read_any_record
from render.errors import ConfigError
from render.source.tick import NEGATIVE

AnyOutput = TypeVar("AnyOutput", bound=Output)
REMEMBERED = 100  # marks of prints outside of a take


class Take:
    """The folder of one render, held by this process until the block is left.

    record: what run.json says; `note` adds to it. notices: what is to be told of the folder. lock: None where nothing can be
    written.
    """

    def __init__(self, folder: Path, lock: Lock | None, notices: Sequence[str] = ()) -> None:
        self.folder = folder
        self.record = read_any_record(folder)
        self.notices = [*notices, *([] if lock is None or lock.held else [f"{folder}: {UNLOCKED}"])]
        self._lock = lock
        self._writing = threading.Lock()  # prints may be developed by another thread than the one that dreams

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock:
            self._lock.file.close()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written into it."""
        return self._lock is None

    @property
    def home(self) -> Path:
        """The folder where the settings of its film lay when it was last rendered, or the take's own."""
        return self.folder / str(self.record.get("home", ""))

    def negative(self) -> Negative:
        """The take's negative."""
        return Negative(self.folder / NEGATIVE)

    def note(self, **facts: Any) -> None:
        """Add facts to run.json, such as the device, timings, or when it was finished."""
        with self._writing:
            self.record |= facts
            files.write(self.folder / RECORD, json_bytes(self.record))

    def note_device(self, device: Mapping[str, str], threads: int, any_device: bool) -> None:
        """Note what its film is dreamed on from here on, as dream.device.describe has it.

        Raises ConfigError where it was begun on another kind of device, on which the same dreams come out a little different.
        """
        before, now = kind_of_device(self.record), (device["device"], device.get("gpu"))
        if before and before != now and not (any_device or (before[0] == now[0] and None in (before[1], now[1]))):
            message = (
                f"{self.folder}: this film was begun on {device_words(before)}, and {device_words(now)} would go on with it"
            )
            raise ConfigError(
                message, "--any-device allows that: its look may change a little there; --fresh begins another take"
            )
        facts = {"device": now[0], "gpu": now[1], "threads": threads}
        self.note(**{key: value for key, value in facts.items() if value or key in self.record})

    def adopt(self, fingerprint: Mapping[str, Any], chain: Chain, text: str, resolved: str) -> None:
        """Make this the take of the film with that chain, which begins with its dreams: what else it has is dropped.

        Where all of the film is there, dreams past its end are no harm and stay. A take of before chains is believed.
        fingerprint, text, resolved: as `open_take` has them. So a film goes on where a shorter one ended, and a flight that was
        dreamed while it was flown becomes the take of the film recorded of it.
        """
        negative = self.negative()
        if chain:
            beginning = beginning_in(self.folder, chain)
            if not beginning.holds(chain):
                if beginning.length and beginning.ticks < beginning.dreamed:
                    negative.drop(beginning.ticks)
                write_chain(self.folder, chain)
        files.write(self.folder / "config.yaml", text.encode())
        files.write(self.folder / "resolved.yaml", resolved.encode())
        finished = negative.count() >= len(chain) if chain else self.record.get("finished", False)
        changes = {"fingerprint": json.loads(json_bytes(fingerprint)), "finished": finished}
        if any(self.record.get(key, False) != value for key, value in changes.items()):
            self.note(**changes)

    def missing_prints(self, outputs: Sequence[AnyOutput], film: Mapping[str, Any]) -> list[AnyOutput]:
        """Those of `outputs` whose print is not there yet, or is of another `film` (its fps, frames …) or other settings."""
        recorded = self.record.get("prints", {})
        return [output for output in outputs if recorded.get(output.file) != self._print(output, film)]

    def note_prints(self, outputs: Sequence[Output], film: Mapping[str, Any]) -> None:
        """Record that the prints of `outputs` are whole."""
        whole = {output.file: self._print(output, film) for output in outputs}
        self.note(prints=self.record.get("prints", {}) | whole)

    @property
    def elsewhere(self) -> list[list[int]]:
        """The marks (outside.mark) of prints of this take that lie outside of it, the newest last."""
        return list(self.record.get("elsewhere", []))

    def note_elsewhere(self, marks: Iterable[list[int]]) -> None:
        """Record the marks of prints outside of the take: as long as nobody changes them, they may be made anew."""
        new = [mark for mark in marks if mark not in self.elsewhere]
        if new and not self.read_only:
            self.note(elsewhere=[*self.elsewhere, *new][-REMEMBERED:])

    def poster(self, frame: Pixels) -> Path:
        """Write poster.jpg from [H, W, 3]."""
        path = self.folder / "poster.jpg"
        files.write(path, stills.jpeg(stills.eight_bits(frame)))
        return path

    def _print(self, output: Output, film: Mapping[str, Any]) -> Any:
        """What the record says of a print; its length, so that a print that was removed or replaced does not count."""
        path = frame_path(self.folder / fill_name(output.file, self.record.get("name", "film")), 0)
        settings = {key: getattr(output, key) for key in ("width", "fps", "crf", "codec", "size_limit")}
        settings |= {key: value for key in ("height", "bitrate") if (value := getattr(output, key))}
        settings |= {} if output.recipe else {"recipe": False}
        settings |= {} if output.alpha == "none" else {"alpha": output.alpha}
        settings |= {"crop": str(output.crop)} if output.crop else {}
        length = path.stat().st_size if path.exists() else None
        return json.loads(json_bytes({"settings": settings, "film": film, "bytes": length}))
