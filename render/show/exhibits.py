"""Exhibits. An Exhibit is a finished take that can be shown: (folders) -> the exhibits in them, and a word on what is left out.

A take may be a stranger's: only plain files inside it are opened, and only so much of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from render import inputs
from render.config.loader import read
from render.develop import browser, files
from render.develop.record import RECORD, read_record
from render.errors import MissingError, RenderError
from render.inputs import PICTURE, TEXT, plain
from render.loops import LOOPS, NONE

GLANCE = 120  # pixels of the longer side, at most, of a poster that is only looked at to see that it is whole
TAKE = re.compile(r"take-\d{3,}")

# What it began with, as the page says it, by the source of the vocabulary.
BEGINNINGS = {"noise": "noise", "image": "a photo", "frames": "footage", "video": "footage", "take": "a dream"}

OPENED = {RECORD: inputs.RECORD, "config.yaml": TEXT, "resolved.yaml": TEXT, "poster.jpg": PICTURE}  # the files of a take
LONGEST_NAME = 300  # letters
LONGEST = 10**9  # seconds of a film, or of dreaming it, frames, and frames a second
# What a damaged take makes whoever reads it say.
FAULTS = (OSError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, yaml.YAMLError)


@dataclass(frozen=True)
class Exhibit:
    """A finished take, as the page shows it."""

    folder: Path
    name: str
    words: str  # what its configuration says of itself
    size: tuple[int, int]  # (width, height)
    fps: Fraction
    seconds: float  # how long it lasts
    source: str  # what it began with, by the source of the vocabulary
    networks: tuple[str, ...]
    seed: int
    dream_seconds: float  # how long it took to dream
    device: str
    started: datetime
    text: str  # its YAML as written
    full_text: str  # and with all defaults
    film: Path | None  # the print that browsers play best
    element: str  # which plays it


def find_exhibits(folders: Iterable[Path]) -> tuple[list[Exhibit], list[str]]:
    """The finished takes in folders of takes, of films or of runs, and a word on each that is left out.

    Of a film the newest take comes first. Raises MissingError for a folder that is not there.
    """
    exhibits, notices = {}, list[str]()
    for folder in folders:
        for take in _takes_below(folder, notices.append):
            try:
                exhibits[take.resolve()] = _exhibit(take)
            except RenderError as error:
                notices.append(f"{take}: left out: {first_line(error)}")
            except FAULTS:
                notices.append(f"{take}: left out: what it says of itself is damaged")
    return list(exhibits.values()), notices


def _takes_below(folder: Path, notice: Callable[[str], None]) -> Iterator[Path]:
    """The takes in a folder, whole or not: itself, or those in it, or those of the films in it, also in those of its sweeps."""
    if not folder.is_dir():
        raise MissingError(f"{folder}: no such folder", "a folder of takes is what render made, such as runs")
    if _is_take(folder):
        yield folder
        return
    yield from _takes(folder)
    for inner in filter(lambda path: not _is_take(path), _folders(folder)):
        takes = [*_takes(inner), *(take for film in _folders(inner) if not _is_take(film) for take in _takes(film))]
        yield from takes
        if not takes:
            notice(f"{inner}: left out: there is no take in it")


def _takes(folder: Path) -> list[Path]:
    """The takes of a film, newest first."""
    return sorted(filter(_is_take, _folders(folder)), key=lambda take: (len(take.name), take.name), reverse=True)


def _folders(folder: Path) -> list[Path]:
    with files.refusals(folder):
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_take(folder: Path) -> bool:
    return bool(TAKE.fullmatch(folder.name)) or (folder / RECORD).exists()


def _exhibit(folder: Path) -> Exhibit:
    """The exhibit that a take is; a RenderError if it is none, or any of FAULTS if it is damaged."""
    record = read_record(folder) if _require_plain(folder, RECORD) else {}
    if not record:
        raise MissingError("not a take that this version of render made, or damaged")
    if record.get("finished") is not True:
        raise MissingError("not finished; the same render command goes on with it")
    developed = list(record.get("prints", {}).values())
    if not developed:
        raise MissingError("its film is not developed yet; the same render command does that")
    for file in OPENED:
        _require_plain(folder, file)
    name = _name(record["name"])
    poster(folder, GLANCE)
    text, full_text = read(folder / "config.yaml", folder), read(folder / "resolved.yaml", folder)
    settings, shape = yaml.safe_load(full_text), developed[0]["film"]
    height, width = (int(_number(side, "size")) for side in record["fingerprint"]["size"])
    fps, frames = Fraction(_number(Fraction(shape["fps"]), "fps")), int(_number(shape["frames"], "frames"))
    shown = max(1, frames * 2 - 2 if LOOPS.get(str(shape.get("loop")), NONE).doubles else frames)
    film, element = browser.playable(folder, record)
    (source,) = {*BEGINNINGS} & {*settings["source"]}
    return Exhibit(
        folder=folder,
        name=name,
        words=_words(text),
        size=(width, height),
        fps=fps,
        seconds=float(shown / fps),
        source=source,
        networks=_networks(settings["dream"]),
        seed=int(record["fingerprint"]["seed"]),
        dream_seconds=float(_number(record["seconds"], "seconds")),
        device=str(record.get("device", "cpu"))[:LONGEST_NAME],
        started=datetime.fromisoformat(record["started"]),
        text=_plain(text),
        full_text=_plain(full_text),
        film=film,
        element=element,
    )


def _require_plain(folder: Path, name: str) -> Path:
    """A file of a take; refused if it is no plain file inside it, after links are followed, or too large to be what it is."""
    path = folder / name
    if not path.exists():
        raise MissingError("not a take that this version of render made, or damaged" if name == RECORD else f"it has no {name}")
    return plain(path, OPENED[name], folder)


def _number(value: Any, what: str) -> Any:
    """A number of the record that is one, and no larger than any film's."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction) or not math.isfinite(value):
        raise MissingError(f"its record is damaged: {what} is no number")
    if not 0 <= value <= LONGEST or (what != "seconds" and value == 0):
        raise MissingError(f"its record is damaged: {what} is {float(value):.4g}")
    return value


def _name(name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise MissingError(f"its record is damaged: its name has {len(name):,} letters")
    return _plain(name)


def first_line(error: Exception) -> str:
    """An error as a word: its first line."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def poster(folder: Path, wide: int) -> Image.Image:
    """A take's poster, at most so many pixels wide or high. MissingError if it is damaged."""
    try:
        picture = Image.open(plain(folder / "poster.jpg", PICTURE, folder), formats=["JPEG"])
        picture.draft("RGB", (wide, wide))
        return shrink(picture.convert("RGB"), wide)
    except RenderError:
        raise
    except Exception as error:  # whatever a damaged picture makes Pillow say
        raise MissingError("its poster is damaged") from error


def shrink(picture: Image.Image, wide: int) -> Image.Image:
    """The picture, made at most so many pixels wide or high."""
    picture.thumbnail((wide, wide), Image.Resampling.LANCZOS)
    return picture


def _words(text: str) -> str:
    """What a configuration says of itself: its first comment, but for the line that is for editors."""
    comments = takewhile(lambda line: line.startswith("#"), text.splitlines())
    lines = (line.lstrip("# ").strip() for line in comments if "yaml-language-server" not in line)
    return _plain(next(filter(None, lines), ""))


def _networks(dream: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the networks that dreamed, that of the film first."""
    networks = [dream["network"], *(term["network"] for term in dream["objective"] if "network" in term)]
    return tuple(dict.fromkeys(_plain(name if isinstance(name, str) else next(iter(name))) for name in networks))


def _plain(text: str) -> str:
    """A stranger's text as a page can hold it: half of a character, or a character of control, is none."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(letter if letter in "\n\t" or ord(letter) >= 32 else "\ufffd" for letter in whole)
