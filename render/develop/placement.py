"""Placement. Where a print goes that is asked for by -o: (what is written there, settings) -> a folder and an output in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os.path import basename
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from render.config.model import OutputSettings
from render.develop.names import fill_name, frame_path
from render.develop.outside import mark, require_replaceable, sources_of
from render.develop.reel import Reel
from render.develop.take import Take
from render.errors import ConfigError, MissingError

Settings = Mapping[str, Any]  # of an output, as a configuration has them


@dataclass(frozen=True)
class Placement:
    """A print, and the folder where it goes."""

    folder: Path
    output: OutputSettings

    def first_file(self, name: str) -> Path:
        """The file of the print, or the first of its pictures. name: of the film."""
        return frame_path(self.folder / fill_name(self.output.file, name), 0)


def place(file: str, settings: Settings, inside: Path) -> Placement:
    """What `-o file` means: a path that begins with /, ./, ../ or ~ is that file, any other lies in the folder `inside`."""
    if not is_elsewhere(file):
        return Placement(inside, _output(file, settings))
    path = Path(file).expanduser()
    return Placement(path.parent, _output(path.name, settings))


def place_alone(file: str, usual: str, settings: Settings, like: Settings, inside: Path) -> Placement:
    """Where the only print goes: the file itself; or, in a folder or by no name, its `usual` name and settings `like` those."""
    if file and not is_folder(file):
        return place(file, settings, inside)
    return place(usual, like, Path(file).expanduser() if file else inside)


def place_all(file: str, settings: Settings, reel: Reel) -> list[Placement]:
    """Where a print of a take goes; into a folder go all that the film has."""
    if not is_folder(file):
        return [place(file, settings, reel.take.folder)]
    folder = Path(file).expanduser()
    return [Placement(folder, _output(output.file, settings_like(output, settings))) for output in reel.config.outputs]


def settings_like(output: OutputSettings, settings: Settings) -> Settings:
    """The settings of an output of the film, but for those that are asked for."""
    return {**output.model_dump(exclude={"file"}, exclude_none=True), **settings}


def is_elsewhere(file: str) -> bool:
    """Whether the name of an output is a path of its own, and none inside a take."""
    path = Path(file)
    return path.is_absolute() or file.startswith(("./", "~")) or ".." in path.parts


def is_folder(file: str) -> bool:
    """Whether it is no name of an output but a folder for them."""
    return file.endswith(("/", "\\")) or Path(file).expanduser().is_dir()


def in_working_folder(file: str) -> str:
    """The same name as a path of its own: of a film that belongs to no take alone."""
    return file if is_elsewhere(file) or is_folder(file) else f"./{file}"


def require_places(reel: Reel, placements: Iterable[Placement]) -> None:
    """Refuse prints into a take that may only be read (MissingError), and over what is a person's own (ConfigError)."""
    take = reel.take
    for placement in placements:
        if placement.folder != take.folder:
            require_replaceable(placement.first_file(reel.config.name), sources_of(reel.config), marks=take.elsewhere)
        elif take.read_only:
            name = basename(placement.output.file)
            raise MissingError(f"{take.folder}: cannot be written", f"-o ./{name} prints into the working folder")


def note_elsewhere(take: Take, placements: Iterable[Placement], name: str) -> None:
    """Note which prints lie outside of the take, so that the same command may make them anew."""
    files = (placement.first_file(name) for placement in placements if placement.folder != take.folder)
    take.note_elsewhere(mark(file) for file in files if file.is_file())


def _output(file: str, settings: Settings) -> OutputSettings:
    try:
        return OutputSettings.model_validate({"file": file, **settings})
    except ValidationError as error:
        place, cause = error.errors()[0]["loc"], error.errors()[0].get("ctx", {}).get("error", error.errors()[0]["msg"])
        raise ConfigError(f"{file}: {'.'.join(map(str, place))} {cause}") from None
