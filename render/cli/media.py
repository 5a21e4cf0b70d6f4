"""Media. The film of a picture or a video that was named alone: which file it has, and what is written into a new one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from render.cli.prepare import quick_imports
from render.show.terminal import say

SMALLEST = 16  # pixels a side that a film has
PIXELS = 640 * 360  # of a picture's or a video's own film, about: one sees it grow in a minute or two on two cores
FIRST = 10  # seconds of a longer video that its own film shows


def kind_of_media(path: Path) -> str:
    """The source that such a file is: image or video; nothing where it is neither."""
    from render.config.model import SourceSettings

    ending = path.suffix.lower()
    return next((kind for kind in ("image", "video") if ending in SourceSettings.endings[kind]), "")


def film_file(path: Path, kind: str) -> Path:
    """The file of the film of a picture or a video, in the working folder: the one that dreams it already, or a new one."""
    return next(file for file in _names(path) if not file.exists() or _dreams(file, kind, path))


def _names(path: Path) -> Iterator[Path]:
    """What its film may be called."""
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


def film_text(path: Path, kind: str, film: Path) -> str:
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
