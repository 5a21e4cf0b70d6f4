"""Parcels. All that a film needs on another machine: Config -> its text, and the files that it names; and back again.

Files are put into one folder there, each under the path that it has here; so a pattern finds its pictures in their order. Of a
take only the dream travels that the film begins with; all of them if it follows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from render.config import Config, load_text
from render.config.scalars import NetworkChoice
from render.config.section import walk
from render.construct.source import pick_of
from render.develop import files
from render.facts import facts
from render.source.take import TICKS, picked_canvas
from render.source.tick import CANVAS, NEGATIVE, seal, tick_numbers, tick_path

SETTINGS = "resolved.yaml"  # in a take's folder
FOLDER = "files"
FILM = "film.yaml"


@dataclass(frozen=True)
class Parcel:
    """A film, without the contents of its files."""

    number: int  # of the film in its queue
    name: str  # of the film
    text: str  # its settings, whose relative paths start where the files are put
    files: Mapping[str, str]  # path there -> what its content goes by


def pack(config: Config, number: int, contents: Mapping[Path, str]) -> Parcel:
    """The parcel of a film. contents: what the content of each of its files goes by, as `files_of` names them."""
    return Parcel(number, config.name, config.yaml(mirror), {mirror(path).as_posix(): key for path, key in contents.items()})


def files_of(config: Config) -> Iterator[tuple[Path, bytes | None]]:
    """The files that a film reads: the path of each, and its content where that is made for the parcel."""
    for setting in walk(config):
        value = setting.value
        if setting.key == "source.take.folder":
            canvas = picked_canvas(value, pick_of(config.source.part.at))
            yield tick_path(value / NEGATIVE, 0), bytes(seal(0, {CANVAS: canvas})[0])
        elif isinstance(value, Path):
            yield from ((path, None) for path in (_files_of_take(value) if value.is_dir() else (value,)))
        elif isinstance(value, NetworkChoice):
            yield from ((path, None) for path in (value.weights, value.labels) if path)
    yield from ((path, None) for path in config.facts.pictures)


def _files_of_take(folder: Path) -> Iterator[Path]:
    """What of a take a film reads that follows it: all its dreams, when they are, and its settings."""
    yield from tick_numbers(folder / NEGATIVE).values()
    yield from (path for name in (TICKS, SETTINGS) if (path := folder / name).is_file())


def unpack(parcel: Parcel, folder: Path) -> Config:
    """The film again, whose files lie in `folder`."""
    files.write(folder / FILM, parcel.text.encode())
    return load_text(parcel.text, str(folder / FILM), folder, inspect=facts)


def mirror(path: Path) -> Path:
    """Where a file lies in the folder of a parcel."""
    return Path(FOLDER, *path.absolute().parts[1:])
