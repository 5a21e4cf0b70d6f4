"""The configuration inside a print: written as metadata, read back by `render from`, replaced when a print is published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from render.config.parts import formats
from render.develop import ffmpeg, files, stills
from render.errors import DevelopError, MissingError
from render.inputs import MOVIE, PICTURE, open_file, plain

LINE = re.compile(r"^render_config=((?:[^\\\n]|\\.)*)", re.DOTALL | re.MULTILINE | re.IGNORECASE)


def container_arguments(path: Path) -> tuple[str, ...]:
    """ffmpeg's arguments by which a film of this name keeps its configuration."""
    ending = formats().ending(path)
    return ending.arguments if ending else ()


def embedded_config(path: Path) -> str | None:
    """The configuration that a print carries, or None. It comes from outside: believe nothing in it.

    Raises MissingError where the file cannot be read.
    """
    try:
        if path.suffix.lower() == ".png":
            with open_file(path, PICTURE) as file:
                return stills.png_text(file)
        line = LINE.search(ffmpeg.metadata(plain(path, MOVIE)))
    except OSError as error:
        raise MissingError(f"{path}: cannot be read: {error.strerror or error}") from error
    except DevelopError:  # no film, or a damaged one
        return None
    return re.sub(r"\\(.)", r"\1", line[1], flags=re.DOTALL) if line else None


def republish(film: Path, part: Path, title: str, config: str) -> None:
    """Copy a film into `part` with another title and configuration; not a bit of its pictures and sound changes."""
    with metadata_file(part, title, config) as metadata:
        maps = ("-map", "0", "-map_metadata", "1", "-c", "copy", *container_arguments(film), *ffmpeg.EXACT)
        ffmpeg.convert(part, film, [film, metadata], maps, ffmpeg.count(film), Fraction(1))


@contextmanager
def metadata_file(path: Path, title: str, config: str) -> Iterator[Path]:
    """What ffmpeg is to write into `path`, in a file beside it: a long configuration does not fit on a command line."""
    tags = {"title": title}
    if config:
        tags |= {"comment": "made by render; `render from` this file gives its configuration back", "render_config": config}
    lines = ";FFMETADATA1\n" + "".join(f"{key}={_escape(value)}\n" for key, value in tags.items())
    with files.scratch(path, ".txt") as file:
        file.write_text(lines, encoding="utf-8")
        yield file


def _escape(value: str) -> str:
    """A value in ffmpeg's text form of metadata."""
    return re.sub(r"([=;#\\\n])", r"\\\1", value.replace("\0", ""))
