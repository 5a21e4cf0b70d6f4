"""Recording: from a flight to a film of its own, NAME-flight.yaml and NAME-flight.csv, that `render` reads like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

from render.config import Config, nodes
from render.config.hold import Hold, unsaid
from render.config.loader import section_of
from render.config.model import Settings
from render.config.section import OneOf, Section
from render.develop import files
from render.errors import RenderError
from render.facts import load
from render.studio.flight import Rows, Stage, flown_config

HEAD = """\
# A flight through {film}, recorded by `render studio`.
#   render {name}.yaml                      the flight as it was flown
#   render {name}.yaml --set size=1080p     the same way, larger
# What stands here is what was flown otherwise than {film} says; what is removed is as there again.
"""
ITS_OWN = ("name", "extends", "duration", "schedule", "loop", "outputs")  # settings that are a flight's own, whatever its film


@dataclass(frozen=True)
class Recording:
    """A flight as files."""

    yaml: Path
    table: Path | None  # None where nothing was moved
    config: Config  # as the file is read back


# ---- the table


def table(rows: Rows) -> str:
    """The rows as a table that `schedule:` reads: one line for each time at which a number changed."""
    times = sorted({time for hold in rows.values() for time in hold.times})
    cells = {key: _cells(hold) for key, hold in rows.items()}
    mark = ";" if any("," in cell for column in cells.values() for cell in column.values()) else ","
    lines = [[f"{float(time):.6f}".rstrip("0").rstrip("."), *(cells[key].get(time, "") for key in rows)] for time in times]
    return "".join(mark.join(line) + "\n" for line in (["after seconds", *rows], *lines))


def _cells(hold: Hold) -> dict[Fraction, str]:
    """What stands in the table at each time; a number that stays as it was is not said again."""
    cells, before = {}, None
    for time, value in zip(hold.times, hold.values, strict=True):
        if value != before:
            cells[time] = repr(value) if isinstance(value, int | float) else nodes.to_yaml(value, one_line=True)
        before = value
    return cells


# ---- the film


def differences(
    new: Mapping[str, Any], old: Mapping[str, Any], section: type[Section] | None = Settings
) -> dict[str, Any] | None:
    """The settings to lay over `old` to have `new`, plain values both; None where that cannot be, since something must go."""
    if any(key not in new for key in old):
        return None
    changed: dict[str, Any] = {}
    for key, value in new.items():
        if key in old and old[key] == value:
            continue
        below = section_of(section, key) if section else None
        if below and not issubclass(below, OneOf) and isinstance(value, dict) and isinstance(old.get(key), dict):
            value = differences(value, old[key], below)
            if value is None:
                return None
        changed[key] = value
    return changed


def write_flight(stage: Stage, rows: Rows, last: int, folder: Path, name: str, film: Path | None) -> Recording:
    """Write the flight up to tick `last` into `folder`, as NAME.yaml and NAME.csv.

    film: the file that it extends, None if it comes from none. Raises MissingError or RoomError where it cannot be written.
    """
    rows = {key: hold for key, hold in rows.items() if hold.times}
    yaml, path = folder / f"{name}.yaml", folder / f"{name}.csv"
    if rows:
        files.write(path, table(rows).encode())
    config = flown_config(stage, last)
    wanted = _settings(config)
    for base in dict.fromkeys((film, None)):
        files.write(yaml, _text(config, wanted, rows, path, name, base, folder).encode())
        try:
            again = load(yaml)
        except RenderError:
            if base is None:
                raise
            continue
        if _settings(again) == wanted:
            break
    return Recording(yaml, path if rows else None, again)


def _settings(config: Config) -> dict[str, Any]:
    """What a film says, as plain values, but for what is said of a flight in any case; its rows say nothing here."""
    values = {key: value for key, value in config.resolved().items() if key not in ITS_OWN}
    for section, _, name in (key.rpartition(".") for key, curve in config.curves() if unsaid(curve)):
        del values[section][name]
    return values


def _text(config: Config, wanted: Mapping[str, Any], rows: Rows, path: Path, name: str, base: Path | None, folder: Path) -> str:
    """The YAML of a flight: what it has otherwise than the film `base`, or all of it."""
    changes = _changes(wanted, base)
    head = HEAD.format(film=base.name if base else "a film", name=name)
    extends = {"extends": _relative(base, folder)} if base and changes is not None else {}
    ends = {"duration": config.duration.text, "loop": "none", "outputs": ["{name}.mp4"]}
    schedule = {"schedule": path.name} if rows else {}
    return head + nodes.to_yaml({**extends, **(wanted if changes is None else changes), **ends, **schedule})


def _changes(wanted: Mapping[str, Any], base: Path | None) -> dict[str, Any] | None:
    if base is None:
        return None
    try:
        old = load(base)
    except RenderError:  # it was changed since, and cannot be read now
        return None
    return differences(wanted, _settings(old))


def _relative(film: Path, folder: Path) -> str:
    """The path of a film as a file in `folder` names it."""
    film, folder = film.absolute(), folder.absolute()
    return str(film.relative_to(folder)) if film.is_relative_to(folder) else str(film)


def free_name(folder: Path, name: str) -> str:
    """NAME-flight, or NAME-flight-2 and so on where a file is called so already."""
    names = (f"{name}-flight" if number == 1 else f"{name}-flight-{number}" for number in count(1))
    return next(free for free in names if not is_used(folder, free))


def is_used(folder: Path, name: str) -> bool:
    """Whether a file in the folder has a name that a flight of that name would write to."""
    return any((folder / f"{name}{ending}").exists() for ending in (".yaml", ".csv"))
