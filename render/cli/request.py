"""Requests. What a person names on the command line, as a film.

zoom.yaml          that file
zoom               zoom.yaml, here or in configs/
photo.jpg          a picture or a video, by a film of its own that is written as photo.yaml
runs/zoom/take-001 the film of a take, to go on with; runs/zoom is its newest
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from glob import escape
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

import click

from render.cli.options import RUNS
from render.cli.prepare import quick_imports
from render.errors import ConfigError, MissingError, typed
from render.show.terminal import say

if TYPE_CHECKING:
    from render.config import Config

ENDINGS = (".yaml", ".yml")
FOLDERS = (Path(), Path("configs"))  # where films are looked for by their bare names
SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac", ".opus", ".aiff")
SMALLEST = 16  # pixels a side that a film has
PIXELS = 640 * 360  # of a picture's or a video's own film, about: one sees it grow in a minute or two on two cores
RECORD = "run.json"  # lies in every take
FIRST = 10  # seconds of a longer video that its own film shows


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


# ---- by a file that it is to make


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
    near = {word: f"the command `render {word}`" for word, command in commands.items() if not command.hidden}
    near |= {word: typed(file) for file in reversed([*_films(path.parent)]) for word in (file.name, file.stem)}
    if close := get_close_matches(path.name.lower(), near, n=1, cutoff=0.6):
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


def kind_of_media(path: Path) -> str:
    """The source that such a file is: image or video; nothing where it is neither."""
    from render.config.model import SourceSettings

    ending = path.suffix.lower()
    return next((kind for kind in ("image", "video") if ending in SourceSettings.endings[kind]), "")


def _of_media(path: Path, kind: str, overrides: Sequence[str], quality: str) -> Request:
    """The film of a picture or a video alone: one that dreams it and is here already, or a new one."""
    from render.config import load_text
    from render.config.loader import read
    from render.facts import facts_and_files, load

    if not path.is_file():
        raise MissingError(f"{path}: there is no such {'picture' if kind == 'image' else 'video'}", _instead(path))
    file = next(file for file in _names_beside(path) if not file.exists() or _dreams(file, kind, path))
    if file.exists():
        say(f"{path}: dreamed by {file}")
        return Request(load(file, overrides, quality), read(file), read_from=file)
    if (path.parent / RECORD).exists():
        say(f"{path}: is dreamed on as footage; render {typed(path.parent)} goes on with its take")
    say(f"{path}: looking at it")
    text = _film_text(path, kind, file)
    return Request(load_text(text, file.name, Path(), overrides, quality, look=facts_and_files), text, file=file)


def _names_beside(path: Path) -> Iterator[Path]:
    """What its film may be called, in the working folder."""
    yield Path(f"{path.stem}.yaml")
    yield from (Path(f"{path.stem}-{number}.yaml") for number in range(2, 10**6))


def _dreams(file: Path, kind: str, source: Path) -> bool:
    """Whether the film in a file begins with that picture or video."""
    from render.errors import RenderError
    from render.facts import load  # a length that is the footage's own is known only with it

    try:
        part = getattr(load(file).source, kind)
    except RenderError:
        return False
    return part is not None and part.file.exists() and part.file.samefile(source)


def _film_text(path: Path, kind: str, film: Path) -> str:
    """The text of its film: a template, at a size and a length that are soon rendered."""
    from render.config.templates import template

    changes: dict[str, object] = {"source": {kind: {"file": path.as_posix()}}}
    if kind == "image":
        with quick_imports():
            from render.source.image import image_size

        height, width = image_size(path)
        changes["size"] = _size(width, height)
        return template("photo", film, changes)

    from render.source.footage import probe

    footage = probe(path)
    height, width = footage.size
    changes["size"] = _size(width, height)
    if footage.seconds > Fraction(3, 2) * FIRST:
        changes["duration"] = f"{FIRST}s"
        say(f"{path}: lasts {float(footage.seconds):.0f} s; its film shows {FIRST} s of them, and with `duration: source` all")
    return template("video", film, changes)


def _size(width: int, height: int) -> str:
    """A size of the source's shape, with about so many pixels at most, and even sides, as films want them."""
    share = min(1.0, (PIXELS / (width * height)) ** 0.5)
    return "x".join(str(max(SMALLEST, round(side * share / 2) * 2)) for side in (width, height))


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
    config = load_text(settings, str(resolved), folder, [*moved, *overrides], quality, look=facts_and_files)
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
