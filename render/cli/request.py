"""Requests. What a person names on the command line, as a film.

zoom.yaml          that file
zoom               zoom.yaml, here or in configs/
photo.jpg          a picture or a video, by a film of its own that is written as photo.yaml
runs/zoom/take-001 the film of a take, to go on with; runs/zoom is its newest
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from glob import escape
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

import click

from render.cli.media import film_file, film_text, kind_of_media
from render.cli.options import RUNS
from render.errors import ConfigError, MissingError, typed
from render.show.terminal import say

if TYPE_CHECKING:
    from render.config import Config

ENDINGS = (".yaml", ".yml")
FOLDERS = (Path(), Path("configs"))  # where films are looked for by their bare names
SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac", ".opus", ".aiff")
RECORD = "run.json"  # lies in every take


@dataclass(frozen=True)
class Request:
    """A film that was asked for."""

    config: Config
    text: str  # as it was written
    read_from: Path | None = None  # the file that it was written in
    root: Path | None = None  # where the take lies that it goes on with
    file: Path | None = None  # where `text` is to be written before it is rendered: the film of a picture or a video
    target: Path | None = None  # where the one file goes that it makes
    take: Path | None = None  # that it goes on in, of several that could be


def request(path: Path, overrides: Sequence[str] = (), quality: str = "final") -> Request:
    """The film that `path` means. Raises ConfigError or MissingError, with what could be meant instead."""
    file = file_of(path)
    if file is None and path.is_dir():
        return _of_take(path, overrides, quality)
    kind = kind_of_media(path)
    if file is None and kind:
        return _of_media(path, kind, overrides, quality)
    if file and file != path:
        say(f"{path}: {file}")
    return _of_file(file or path, overrides, quality)


def _of_file(path: Path, overrides: Sequence[str], quality: str) -> Request:
    from render.config.loader import read
    from render.facts import load

    if path.name in ("config.yaml", "resolved.yaml") and (path.parent / RECORD).exists():
        return _of_take(path.parent, overrides, quality)  # whose files lie where the film's own settings do
    if not path.exists():
        raise MissingError(f"{path}: there is no such film", _instead(path))
    if path.suffix.lower() in SOUNDS:
        raise ConfigError(
            f"{path}: music alone is no film yet",
            f"render new audio film.yaml writes one that moves to it: put {path.name} into it, below audio:",
        )
    return Request(load(path, overrides, quality), read(path), read_from=path)


# ---- by a name


def file_of(path: Path) -> Path | None:
    """The file of a film: `path`, or the one that is called so but for its ending or its folder; None where there is none."""
    if path.is_file():
        return None if kind_of_media(path) else path
    names = [path.name] if path.suffix.lower() in ENDINGS else [f"{path.name}{ending}" for ending in ENDINGS]
    return next((place for folder in FOLDERS for name in names if (place := folder / path.parent / name).is_file()), None)


def _instead(path: Path) -> str:
    """What could be meant by a name that is none of a film's."""
    from render.config.templates import TEMPLATES

    context = click.get_current_context(silent=True)
    commands = getattr(context and context.find_root().command, "commands", {})
    if parted := _parted(path, context):
        return f"a name with spaces stands between quotes: {typed(parted)}"
    if path.name in TEMPLATES:
        return f"render new {path.name} {path.name}.yaml writes one to start from"
    of_a_film = path.suffix.lower() in ENDINGS
    word = path.stem if of_a_film else path.name  # else flower.yaml would be like layers.yaml
    near = {word: f"the command `render {word}`" for word, command in commands.items() if not (command.hidden or of_a_film)}
    near |= {word.lower(): typed(file) for file in reversed([*_films(path.parent)]) for word in (file.name, file.stem)}
    if close := get_close_matches(word.lower(), near, n=1, cutoff=0.6):
        return f"did you mean {near[close[0]]}?"
    return "render new zoom film.yaml writes one to start from"


def _parted(path: Path, context: click.Context | None) -> str:
    """The file whose name has spaces, of which a shell has made several, `path` among them; "" where there is none."""
    words = [str(word) for word in (context and context.params.get("configs")) or ()]
    runs = (words[start:end] for start in range(len(words)) for end in range(start + 2, len(words) + 1))
    return next((name for run in runs if str(path) in run and Path(name := " ".join(run)).is_file()), "")


def _films(folder: Path) -> Iterator[Path]:
    """The films that lie where one would be looked for."""
    for place in dict.fromkeys((folder, *FOLDERS)):
        if place.is_dir():
            yield from sorted(file for file in place.iterdir() if file.suffix.lower() in ENDINGS or kind_of_media(file))


# ---- a picture or a video alone


def _of_media(path: Path, kind: str, overrides: Sequence[str], quality: str) -> Request:
    """The film of a picture or a video alone: one that dreams it and is here already, or a new one."""
    from render.config import load_text
    from render.config.loader import read
    from render.facts import facts_and_files, load

    if not path.is_file():
        raise MissingError(f"{path}: there is no such {'picture' if kind == 'image' else 'video'}", _instead(path))
    file = film_file(path, kind)
    if file.exists():
        say(f"{path}: dreamed by {file}")
        return Request(load(file, overrides, quality), read(file), read_from=file)
    if (path.parent / RECORD).exists():
        say(f"{path}: is dreamed on as footage; render {typed(path.parent)} goes on with its take")
    say(f"{path}: looking at it")
    text = film_text(path, kind, file)
    return Request(load_text(text, file.name, Path(), overrides, quality, inspect=facts_and_files), text, file=file)


# ---- a take


def _of_take(path: Path, overrides: Sequence[str], quality: str) -> Request:
    """The film of a take, or of the newest take of a film, as it was when it was last rendered."""
    require_take(path)
    here = (path / RECORD).exists()
    say(f"{path}: going on with it" if here else f"{path}: going on with its newest take")  # seconds pass until torch is there

    from render.config import load_text
    from render.config.loader import read
    from render.develop.record import read_record
    from render.develop.takes import newest_take
    from render.develop.whereabouts import locate_files
    from render.facts import facts_and_files

    folder = newest_take(path)
    resolved = folder / "resolved.yaml"
    settings = read(resolved, folder)
    moved = locate_files(folder, settings, str(read_record(folder).get("home", "")))
    config = load_text(settings, str(resolved), folder, [*moved, *overrides], quality, inspect=facts_and_files)
    written = folder / "config.yaml"
    text = read(written, folder) if written.exists() else settings
    return Request(config, text, root=Path(relpath(folder.absolute().parents[1])), take=folder if here else None)


def require_take(path: Path) -> None:
    """Refuse what is neither the folder of a take nor that of a film's takes. MissingError, with those that are near."""
    if (path / RECORD).exists() or any(path.glob(f"take-*/{RECORD}")):
        return
    raise MissingError(
        f"{path}: {'no take of a film lies here' if path.exists() else 'there is no such take'}", _takes_in(path)
    )


def _takes_in(path: Path) -> str:
    """What could be meant by a folder that is none of a film's."""
    if (path.parent / RECORD).exists():
        return f"its take is {typed(path.parent)}"
    if beside := sorted(take.parent.name for take in path.parent.glob(f"take-*/{RECORD}")):
        return f"{path.parent} has {' '.join(beside[:8])}"
    name = path.stem if path.suffix.lower() in ENDINGS else path.name
    if name and path.parent == Path() and any(RUNS.glob(f"{escape(name)}/take-*/{RECORD}")):
        return f"did you mean {RUNS / name}?"
    films = sorted({take.parents[1] for take in path.glob(f"*/take-*/{RECORD}")})
    if films:
        return f"the films in it: {' '.join(map(str, films[:8]))}"
    if media := next((file for file in sorted(path.glob("*")) if kind_of_media(file)), None):
        return (
            f"render {typed(path)}/*{media.suffix} dreams each of its files; source: {{frames: {path}}} makes one film of them"
        )
    return "a film's takes lie in runs/NAME; a film is a YAML file, a picture or a video"
