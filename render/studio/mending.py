"""Mending. A flight that was cut off, by a kill or a power cut, becomes a take: its dreams are safe, and so is its journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from render.config import load_text
from render.config.loader import read
from render.config.problem import SettingError
from render.construct.networks import Known
from render.develop.take import Take
from render.develop.takes import existing_take, unfinished_takes
from render.errors import RenderError
from render.facts import facts
from render.studio.flight import Rows, Stage, first_rows, make_stage, with_values
from render.studio.takes import JOURNAL, LIVE, RESOLVED, finish


def mend_takes(root: Path, device: torch.device, known: Known) -> Iterator[str]:
    """Make takes of the flights below `root` that were cut off, and say so of each; one that is being flown is left alone."""
    for folder in unfinished_flights(root):
        try:
            with existing_take(folder) as take:
                last = take.negative().count() - 1
                mend(take, last, device, known)
        except RenderError as error:
            yield f"{folder}: this flight was cut off, and cannot be mended: {error.message}"
            continue
        yield f"a flight that was cut off is a take now: {folder}, {last + 1} dreams"


def unfinished_flights(root: Path) -> list[Path]:
    """The folders of flights that were cut off and have dreams; those that are flown now seem so, too."""
    homes = sorted(root.glob("*-live")) if root.is_dir() else []
    takes = (take for home in homes for take in unfinished_takes(root, home.name))
    return [folder for folder, record in takes if LIVE in record.get("fingerprint", {}) and not _is_flown(folder)]


def _is_flown(folder: Path) -> bool:
    """Whether somebody is at work there, or there is nothing to mend."""
    try:
        with existing_take(folder) as take:
            return take.read_only or not take.negative().count()
    except RenderError:
        return True


def mend(take: Take, last: int, device: torch.device, known: Known) -> None:
    """Make a take of a flight that was cut off after tick `last`. Raises a RenderError."""
    text = read(take.folder / RESOLVED)
    stage = make_stage(load_text(text, str(take.folder / RESOLVED), take.folder, inspect=facts), device, known)
    finish(take, stage, rows_of(take.folder, stage, last), last, known)


def rows_of(folder: Path, stage: Stage, last: int) -> Rows:
    """The rows that govern the ticks up to `last`, from the journal. Its last line may be torn."""
    rows = first_rows(stage)
    for tick, values in _lines(folder / JOURNAL):
        if tick >= last:
            continue
        if unknown := sorted({*values} - {*stage.spans}):
            raise RenderError(f"{folder / JOURNAL}: tick {tick} sets {unknown[0]}, which this film does not have")
        try:
            rows = with_values(stage, rows, tick, values)
        except SettingError as wrong:
            raise RenderError(f"{folder / JOURNAL}: the value of tick {tick} {wrong.message}") from None
    return rows


def _lines(journal: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line in read(journal).splitlines() if journal.is_file() else ():
        try:
            row = json.loads(line)
            yield int(row["tick"]), dict(row["values"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return
