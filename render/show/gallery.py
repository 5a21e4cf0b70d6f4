"""Galleries. A gallery is one static page over finished takes: (folders) -> Exhibits -> the page that shows them.

    exhibits, notices = find_exhibits([Path("runs")])
    write_page(exhibits, Path("site"))          # site/index.html, and beside it all that it shows

The page asks nothing of anybody: its words, style and script stand in it, its films lie beside it, and its own policy
forbids the browser every other request. So it works from a folder, from any place of a server, and out of an archive.

A take may be a stranger's: only plain files inside it are opened, and only so much of them; what is published is escaped.
"""

from __future__ import annotations

import math
import os
import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import partial
from hashlib import sha256
from io import BytesIO
from itertools import count, takewhile
from os.path import abspath
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from render import inputs
from render.config import nodes
from render.config.loader import read
from render.develop import browser, files
from render.develop.metadata import embedded_config, republish
from render.develop.record import RECORD, read_record
from render.errors import ConfigError, MissingError, RenderError
from render.inputs import MOVIE, PICTURE, TEXT, plain, read_bytes
from render.loops import LOOPS, NONE
from render.show.words import duration_words
from render.weights.catalogue import credits

FORGOTTEN = 3600  # seconds after which what a killed process left unfinished in a site is removed: others may be at work there
PAGE, ROOM = "index.html", "films"  # of a site: its page, and the folder of what hangs there
MARK = '<meta name="generator" content="render gallery">'  # by which a page of ours is known
WIDE, WIDER = 960, 1600  # pixels of the longer side of a poster, and of what is compared, at most
GLANCE = 120  # the same of a poster that is only looked at to see that it is whole
QUALITY = 84  # of a poster, as JPEG counts
WALL = "@media (min-width: 60rem) {{ .wall {{ grid-template-columns: repeat({}, 1fr); gap: 1.2rem .8rem }} }}"
TAKE = re.compile(r"take-\d{3,}")

# What it began with, as the page says it, by the source of the vocabulary; and whether that can be compared with the dream.
BEGINNINGS = {"noise": "noise", "image": "a photo", "frames": "footage", "video": "footage", "take": "a dream"}
COMPARED = frozenset({"image", "frames", "video", "take"})

OPENED = {RECORD: inputs.RECORD, "config.yaml": TEXT, "resolved.yaml": TEXT, "poster.jpg": PICTURE}  # the files of a take
LONGEST_NAME = 300  # letters
LONGEST = 10**9  # seconds of a film, or of dreaming it, frames, and frames a second
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


# ---- finding


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
                notices.append(f"{take}: left out: {_first_line(error)}")
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
    _poster(folder, GLANCE)
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


def _first_line(error: Exception) -> str:
    """An error as a word: its first line."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _poster(folder: Path, wide: int = WIDE) -> Image.Image:
    """A take's poster, at most so many pixels wide or high."""
    try:
        poster = Image.open(plain(folder / "poster.jpg", PICTURE, folder), formats=["JPEG"])
        poster.draft("RGB", (wide, wide))
        return _small(poster.convert("RGB"), wide)
    except RenderError:
        raise
    except Exception as error:  # whatever a damaged picture makes Pillow say
        raise MissingError("its poster is damaged") from error


def _small(picture: Image.Image, wide: int) -> Image.Image:
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


# ---- the page


def write_page(exhibits: Sequence[Exhibit], site: Path, title: str = "Dreams", columns: int = 0) -> tuple[Path, list[str]]:
    """Write the page over exhibits, and what it shows, into the folder `site`: the page's path, and notices.

    columns: so many films side by side, where there is room for them; 0: as many as fit.
    What lies there already, and is as the take is, stays; what an earlier page showed and this one does not is removed.
    Raises ConfigError if somebody else's page is there, MissingError or RoomError if it cannot be written.
    """
    page, notices = site / PAGE, list[str]()
    earlier = _earlier(page)
    places = _place_names(exhibits)
    cards = [_card(exhibit, site / ROOM / place, notices.append) for exhibit, place in zip(exhibits, places, strict=True)]
    files.write(page, _page(cards, title, columns).encode())
    for folder in (site, *(site / ROOM / place for place in places)):
        files.sweep_forgotten(folder, FORGOTTEN)
    for place in earlier - {*places}:
        shutil.rmtree(site / ROOM / place, ignore_errors=True)
    return page, notices


def _earlier(page: Path) -> set[str]:
    """The places that the page which is there now shows."""
    if not page.exists():
        return set()
    text = read_bytes(page, TEXT).decode("utf-8", "replace")
    if MARK not in text:
        raise ConfigError(f"{page}: somebody else's page is here already", "-o DIR puts the gallery somewhere else")
    return set(re.findall(r'data-place="([\w-][\w.-]*)"', text))


def _place_names(exhibits: Iterable[Exhibit]) -> list[str]:
    """A folder's name for each exhibit, unlike all others on any system."""
    names: dict[str, str] = {}
    for exhibit in exhibits:
        name = files.folder_name(exhibit.name, exhibit.folder.name)
        candidates = (name if number == 1 else f"{name}-{number}" for number in count(1))
        free = next(candidate for candidate in candidates if candidate.casefold() not in names)
        names[free.casefold()] = free
    return list(names.values())


def _card(exhibit: Exhibit, place: Path, notice: Callable[[str], None]) -> dict[str, Any]:
    """What the page says of an exhibit, once all that it shows of it lies in `place`."""
    _put(place / "poster.jpg", exhibit.folder / "poster.jpg", lambda part: _save(_poster(exhibit.folder), part))
    text, full_text = _public(exhibit)
    _put(place / "film.yaml", exhibit.folder / "config.yaml", lambda part: part.write_text(text, "utf-8"))
    _put(place / "film-in-full.yaml", exhibit.folder / "resolved.yaml", lambda part: part.write_text(full_text, "utf-8"))
    here, film = f"{ROOM}/{quote(place.name)}", ""
    if exhibit.film:
        _put(place / f"film{exhibit.film.suffix.lower()}", exhibit.film, lambda part: _copy(exhibit, part, full_text))
        film = f"{here}/film{exhibit.film.suffix.lower()}"
    else:
        notice(
            f"{exhibit.folder}: shown as a poster: browsers play none of its prints; `render print {exhibit.folder} -o x.mp4`"
        )
    for other in place.glob("film.*"):  # of another kind, which an earlier page showed
        if f"{here}/{other.name}" != film and other.suffix != ".yaml":
            other.unlink()
    return {
        "place": place.name,
        "take": exhibit.folder.name,
        "here": here,
        "name": exhibit.name,
        "words": exhibit.words,
        "width": exhibit.size[0],
        "height": exhibit.size[1],
        "length": duration_words(exhibit.seconds),
        "networks": exhibit.networks,
        "began": BEGINNINGS[exhibit.source],
        "film": film,
        "element": exhibit.element,
        "pair": exhibit.source in COMPARED and _has_pair(exhibit, place, notice),
        "facts": _facts(exhibit),
        "yaml": text,
    }


def _public(exhibit: Exhibit) -> tuple[str, str]:
    """An exhibit's YAML as written, and in full. Files go by their names alone: where they lay is their owner's affair."""
    settings, paths = yaml.safe_load(exhibit.full_text), set[str]()

    def without_folders(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: without_folders(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [without_folders(inner) for inner in value]
        if not isinstance(value, str) or not (value.startswith("../") or Path(value).is_absolute()):
            return value
        paths.update((value, abspath(exhibit.folder / value)))
        return Path(value).name

    public, text = without_folders(settings), exhibit.text
    for path in sorted(paths, key=len, reverse=True):
        text = text.replace(path, Path(path).name)
    return text, nodes.to_yaml(public) if paths else exhibit.full_text


def _facts(exhibit: Exhibit) -> dict[str, str]:
    width, height = exhibit.size
    credit = credits(exhibit.networks)
    return {
        "Size": f"{width}×{height}, {float(exhibit.fps):.5g} frames a second",
        "Length": duration_words(exhibit.seconds),
        "Began with": BEGINNINGS[exhibit.source],
        "Network": ", ".join(exhibit.networks),
        **({"Credit": ", ".join(credit)} if credit else {}),
        "Dreamed in": f"{duration_words(exhibit.dream_seconds)} on {'a CPU' if exhibit.device == 'cpu' else 'a GPU'}",
        "Seed": str(exhibit.seed),
        "Take": f"{exhibit.folder.name}, {exhibit.started:%d %B %Y}".replace(", 0", ", "),
    }


def _has_pair(exhibit: Exhibit, place: Path, notice: Callable[[str], None]) -> bool:
    """Whether before.jpg and after.jpg lie in `place`, made now if they must be: what was seen, and what was dreamed of it."""
    from render.show.before_after import before_and_after

    before, after, record = place / "before.jpg", place / "after.jpg", exhibit.folder / RECORD
    if _current(before, record) and _current(after, record):
        return True
    try:
        pictures = before_and_after(exhibit.folder, exhibit.full_text, exhibit.size)
    except (RenderError, StopIteration, *FAULTS) as error:
        notice(f"{exhibit.folder}: shown without what it began with: {_first_line(error)}")
        return False
    for path, pixels in zip((before, after), pictures, strict=True):
        _make(path, record, partial(_save, _small(Image.fromarray(pixels), WIDER)))
    return True


def _put(path: Path, source: Path, make: Callable[[Path], object]) -> None:
    """Make a file of the site, unless it was made already from its source as it is now."""
    if not _current(path, source):
        _make(path, source, make)


def _make(path: Path, source: Path, make: Callable[[Path], object]) -> None:
    """Make a file of the site, whose time is then its source's."""
    time = source.stat().st_mtime_ns
    with files.beside(path) as part:
        make(part)
        os.utime(part, ns=(time, time))


def _current(path: Path, source: Path) -> bool:
    return path.exists() and path.stat().st_mtime_ns == source.stat().st_mtime_ns


def _copy(exhibit: Exhibit, part: Path, full_text: str) -> None:
    """Copy a take's film; the configuration in it becomes what the page shows."""
    assert exhibit.film
    if embedded_config(exhibit.film) in (None, full_text):
        shutil.copyfile(plain(exhibit.film, MOVIE, exhibit.folder), part)
    else:
        republish(exhibit.film, part, exhibit.name, full_text)


def _save(picture: Image.Image, part: Path) -> None:
    content = BytesIO()  # not into the file: Pillow takes no notice of a disk that takes only half
    picture.save(content, "JPEG", quality=QUALITY, progressive=True)
    part.write_bytes(content.getvalue())


def _page(cards: Sequence[Mapping[str, Any]], title: str, columns: int) -> str:
    """The whole page: the template, with its style and script inside, and a policy that lets in nothing else."""
    room = Path(__file__).parent / "page"
    tokens, look, script = ((room / name).read_text(encoding="utf-8") for name in ("tokens.css", "page.css", "page.js"))
    style = tokens + look + (WALL.format(columns) if columns else "")
    environment = Environment(
        loader=FileSystemLoader(room), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html").render(
        mark=Markup(MARK),
        title=title,
        policy=f"default-src 'none'; img-src 'self' file: data:; media-src 'self' file:; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),
        script=Markup(script),
        cards=cards,
        networks=sorted({network for card in cards for network in card["networks"]}),
        beginnings=sorted({card["began"] for card in cards}),
    )


def _hash(text: str) -> str:
    """By which a policy allows a style or a script that stands in the page."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
