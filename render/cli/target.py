"""Targets. What stands after -o, where it is one file: a film made into that file only."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from glob import escape
from pathlib import Path

from render.cli.options import RUNS
from render.cli.request import Request
from render.errors import ConfigError


def is_output(path: Path) -> bool:
    """Whether what stands after -o is a film's file, and no folder for takes."""
    from render.config.model import OUTPUT_SUFFIXES

    return path.suffix.lower() in OUTPUT_SUFFIXES and not path.is_dir()


def refuse_mistyped(path: Path) -> None:
    """Raises ConfigError where what stands after -o seems a file, and of an ending that nothing is written as."""
    from render.config.model import OUTPUT_SUFFIXES

    seems_file = re.fullmatch(r"\.[a-z]\w{1,4}", path.suffix.lower())
    if seems_file and not path.exists() and path.suffix.lower() not in OUTPUT_SUFFIXES:
        raise ConfigError(f"-o {path}: nothing is written as {path.suffix}", f"known: {' '.join(OUTPUT_SUFFIXES)}; or a folder")


def into_file(path: Path, films: Sequence[Request]) -> Request:
    """The one film, made into that file only; ConfigError where there are several, or the file is a picture of many."""
    from render.cli.takes import refuse_unreadable
    from render.config.model import OutputSettings
    from render.develop.files import folder_name
    from render.develop.outside import require_replaceable, sources_of

    if len(films) > 1:
        raise ConfigError(f"-o {path}: {len(films)} films do not go into one file", "-o FOLDER takes them all")
    if "{" in path.name or "##" in path.name:
        hint = "write it as outputs in the film, or --set outputs=NAME; it lies in the take then"
        raise ConfigError(f"-o {path}: pictures one by one have no single file", hint)
    refuse_unreadable("-o", "file", path.name)
    film = films[0]
    takes = (film.root or RUNS) / folder_name(film.config.name)
    require_replaceable(path, sources_of(film.config), takes.glob(f"take-*/{escape(path.name)}"))
    usual = next((output for output in film.config.outputs if output.suffix == path.suffix.lower()), None)
    settings = usual.model_dump(exclude={"file"}, exclude_none=True) if usual else {}
    output = OutputSettings.model_validate({**settings, "file": path.name})
    return replace(film, config=film.config.model_copy(update={"outputs": (output,)}), target=path)


def deliver(paths: Sequence[Path], target: Path | None) -> Sequence[Path]:
    """The finished files; where one was asked for elsewhere, it is there, too."""
    from render.develop import files

    if not target or not paths:
        return paths
    with files.beside(target) as part:
        shutil.copyfile(paths[0], part)
    return [target]
