"""Sequences. The picture files that a name stands for: a folder, one file, or a pattern -> their paths, and what is left out.

What is there as it is written comes first, so that a folder may be called `take [4K]`; only then it is a pattern. Files are
judged by their endings where those are known, others by what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from itertools import pairwise
from os.path import isdir, isfile  # which say no where a name is too long
from pathlib import Path

from render.errors import MissingError, unopened
from render.source.image import ENDINGS, image_size

NUMBER = re.compile(r"%(?:0?(\d+))?d|(#+)")  # the place of a number in a name, as in shot.%04d.png and shot.####.png
ESCAPED = re.compile(r"\[([*?[])\]")  # a letter that glob.escape took its meaning from
OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})  # files that systems put into folders of pictures
NAMED = 3  # files, or gaps, that a sentence names


@dataclass(frozen=True)
class PictureFiles:
    """The pictures of a sequence."""

    files: tuple[Path, ...]  # in natural order
    notes: tuple[str, ...]  # sentences on what a person may miss


def picture_files(pattern: str) -> PictureFiles:
    """The pictures that a folder, a file, or a pattern such as `shots/*.png`, `shot.%04d.png` or `shot.####.png` stands for.

    Raises MissingError if there are none.
    """
    written = Path(ESCAPED.sub(r"\1", pattern))
    try:
        files, others = _find(pattern, written)
    except OSError as error:
        raise MissingError(f"{written}: {unopened(error) or error.strerror}") from error
    if not files:
        beside = f", but {_listed([path.name for path in others])}" if others else ""
        raise MissingError(f"{written}: there are no pictures here{beside}")
    files = sorted(files, key=natural_order)
    left_out = [f"{written}: no pictures, and left out: {_listed([path.name for path in others])}"] if others else []
    return PictureFiles(tuple(files), (*left_out, *_gaps(written, files)))


def natural_order(path: Path) -> tuple[list[str | int], str]:
    """A sorting key by which shot9 comes before shot10."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], str(path)


def _find(pattern: str, written: Path) -> tuple[list[Path], list[Path]]:
    """The pictures, and the files beside them that are none."""
    if isdir(written):
        return _sort_out(path for path in written.iterdir() if not _of_system(path))
    return [path for path in _matches(pattern, written) if path.is_file()], []


def _of_system(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in OF_SYSTEMS or not path.is_file()


def _sort_out(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Pictures, and other files."""
    pictures: list[Path] = []
    others: list[Path] = []
    for path in paths:
        (pictures if path.suffix.lower() in ENDINGS or _is_picture(path) else others).append(path)
    return pictures, sorted(others, key=natural_order)


def _is_picture(path: Path) -> bool:
    try:
        image_size(path)
    except MissingError:
        return False
    return True


def _matches(pattern: str, written: Path) -> list[Path]:
    """The files that a pattern stands for."""
    if isfile(written):
        return [written]
    if number := NUMBER.search(written.name):
        digits = rf"\d{{{int(number[1] or 1) if number[2] is None else len(number[2])},}}"
        name = re.compile(re.escape(written.name[: number.start()]) + digits + re.escape(written.name[number.end() :]))
        folders = [Path(folder) for folder in glob(str(Path(pattern).parent), recursive=True)]
        return [path for folder in folders if folder.is_dir() for path in folder.iterdir() if name.fullmatch(path.name)]
    return [Path(path) for path in glob(pattern, recursive=True)] if has_magic(pattern) else []


def _gaps(written: Path, files: Sequence[Path]) -> Iterator[str]:
    """What to say where the numbers of a sequence leave some out."""
    named = [_number(path) for path in files]
    if len({around for around, _ in named}) != 1:
        return
    numbers = sorted(number for _, number in named if number is not None)
    gaps = [(before + 1, after - 1) for before, after in pairwise(numbers) if after > before + 1]
    steps = {after - before for before, after in pairwise(numbers)}
    if gaps and len(steps) > 1:  # every second or tenth picture is meant so
        words = [str(first) if first == last else f"{first} to {last}" for first, last in gaps]
        missing = sum(last - first + 1 for first, last in gaps)
        yield f"{written}: of the numbers, {missing} are missing, and the film goes on without them: {_listed(words)}"


def _number(path: Path) -> tuple[tuple[str, str], int | None]:
    """The last number in a file's name, and what stands around it."""
    found = re.fullmatch(r"(.*?)(\d+)(\D*)", path.stem)
    return ((found[1], found[3]), int(found[2])) if found else ((path.stem, ""), None)


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return ", ".join(words[:NAMED]) + more
