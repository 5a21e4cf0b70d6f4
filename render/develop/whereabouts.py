"""Whereabouts. Where the files of a take's film lie now: (its folder, its settings) -> overrides that name them where they are.

A file is looked for as it is written; then beside the film's settings, in the take and in the project around it, by as much of
its path as is found there; and it can be told. Whether it is still the same file is for whoever reads it to find out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import reduce
from os.path import abspath
from pathlib import Path
from typing import Any

import yaml

from render.errors import ConfigError, MissingError
from render.source.sequence import picture_files

UP = 3  # folders from a take to the project around it: that of its name, that of all takes, and the one where those are
SOURCES = ("source.image.file", "source.frames.files", "source.video.file", "source.take.folder")
FILES = {  # settings whose files prints may be made of besides dreams, and what each is called
    **dict.fromkeys(SOURCES, "what it was dreamed from"),
    "mask.file": "its mask",
    "audio.file": "its music",
    "schedule": "its schedule",
}
UNNEEDED = ("source.image.file", "source.take.folder")  # is in the dreams; where it is needed too, whoever reads it says so


def locate_files(folder: Path, text: str, home: str, source: Path | None = None) -> list[str]:
    """Overrides, as --set has them, for the settings in `text` of the take in `folder` whose files are not where they were.

    home: where the film's own settings lie, seen from the take. source: where its picture or footage is now, if that was told.
    Raises MissingError for a file that is nowhere, ConfigError for a `source` of a film that has none.
    """
    settings = _settings(text)
    written = {key: value for key in FILES if isinstance(value := _value(settings, key), str)}
    if source and not any(key in written for key in SOURCES):
        raise ConfigError(f"--source {source}: this film was dreamed from noise, which is no file")
    places = (folder / home, folder, *folder.absolute().parents[:UP], *([source.absolute().parent] if source else []))
    found = {key: _find(key, folder, value, places, source) for key, value in written.items()}
    return [f"{key}={json.dumps(str(path), ensure_ascii=False)}" for key, path in found.items() if path]


def _find(key: str, folder: Path, written: str, places: tuple[Path, ...], source: Path | None) -> Path | None:
    """Where the file of a setting is now; None where that is as written, or where it is not needed."""
    if source and key in SOURCES:
        return source.absolute()
    as_written = Path(abspath(folder / written))
    if _exists(key, as_written):
        return None
    for candidate in _candidates(written, places):
        if _exists(key, candidate):
            return candidate
    if key in UNNEEDED:
        return None
    cure = "--source FILE says where it is" if key in SOURCES else f"put it beside the film's settings, or into {folder}"
    raise MissingError(f"{as_written}: there is no such file, and {FILES[key]} is not beside the film's settings either", cure)


def _candidates(written: str, places: tuple[Path, ...]) -> Iterator[Path]:
    """Under each place the whole path without what leads up, then less and less of it, down to the bare name."""
    path = Path(written)
    steps = [step for step in path.parts if step not in ("..", path.anchor)]
    for place in places:
        for start in range(len(steps)):
            yield Path(abspath(place.joinpath(*steps[start:])))


def _exists(key: str, path: Path) -> bool:
    if not key.endswith(".files"):
        return path.is_dir() if key.endswith(".folder") else path.is_file()
    with suppress(MissingError):
        return bool(picture_files(str(path)).files)
    return False


def _settings(text: str) -> Any:
    """The settings as plain values; none where the text is at fault, which its reader will tell."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
        return {}


def _value(settings: Any, key: str) -> Any:
    return reduce(lambda inner, step: inner.get(step) if isinstance(inner, Mapping) else None, key.split("."), settings)
