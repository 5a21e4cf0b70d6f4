"""Galleries. A gallery is one static page, or one sheet, over finished takes: (folders) -> Exhibits -> what shows them.

    found, notices = exhibits([Path("runs")])
    hang(found, Path("site"))          # site/index.html, and beside it all that it shows
    sheet(found, Path("contact.png"))

The page asks nothing of anybody: its words, style and script stand in it, its films lie beside it, and its own policy
forbids the browser every other request. So it works from a folder, from any place of a server, and out of an archive.
"""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from itertools import count, takewhile
from math import ceil, sqrt
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image, ImageDraw, ImageFont, ImageOps

from render.config import nodes
from render.config.load import read
from render.develop import files, prints
from render.develop.take import RECORD, read_record
from render.errors import ConfigError, MissingError, RenderError
from render.loops import LOOPS, NONE
from render.show.plot import BRIGHT, DIM, GROUND, SHEET

PAGE, ROOM = "index.html", "films"  # of a site: its page, and the folder of what hangs there
MARK = '<meta name="generator" content="render gallery">'  # by which a page of ours is known
WIDE, WIDER = 960, 1600  # pixels of the longer side of a poster, and of what is compared, at most
GLANCE = 120  # the same of a poster that is only looked at to see that it is whole
QUALITY = 84  # of a poster, as JPEG counts
NEARER = 1.6  # times that the camera has come nearer, at most, where a photo is compared with the dream: it is still known
TAKE = re.compile(r"take-\d{3,}")

# What it began with, as the page says it, by the source of the vocabulary; and whether that can be compared with the dream.
BEGINNINGS = {"noise": "noise", "image": "a photo", "frames": "footage", "video": "footage"}
COMPARED = frozenset({"image", "frames", "video"})

# What browsers play, the best first: endings and codecs, and the element that plays them.
PLAYED = {
    (".mp4", "auto"): "video",
    (".mp4", "h264"): "video",
    (".webm", "auto"): "video",
    (".webm", "vp9"): "video",
    (".mov", "auto"): "video",
    (".mov", "h264"): "video",
    (".mp4", "av1"): "video",
    (".webm", "av1"): "video",
    (".webp", "auto"): "img",
    (".gif", "auto"): "img",
}
FAULTS = (OSError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, yaml.YAMLError)


@dataclass(frozen=True)
class Exhibit:
    """A finished take. words: what its configuration says of itself. size: (width, height). film: the print that browsers play.

    began: a source of the vocabulary. seconds, took: how long it lasts, and took to dream. given, resolved: its YAML as
    written, and in full.
    """

    folder: Path
    name: str
    words: str
    size: tuple[int, int]
    fps: Fraction
    seconds: float
    began: str
    networks: tuple[str, ...]
    seed: int
    took: float
    device: str
    started: datetime
    given: str
    resolved: str
    film: Path | None
    element: str


# ---- finding


def exhibits(folders: Iterable[Path]) -> tuple[list[Exhibit], list[str]]:
    """The finished takes in folders of takes, of films or of runs, and a word on each that is left out.

    Of a film the newest take comes first. Raises MissingError for a folder that is not there.
    """
    found, notices = {}, list[str]()
    for folder in folders:
        for place in _places(folder, notices.append):
            try:
                found[place.resolve()] = _exhibit(place)
            except RenderError as error:
                notices.append(f"{place}: left out: {_first(error)}")
            except FAULTS as error:
                notices.append(f"{place}: left out: damaged ({type(error).__name__})")
    return list(found.values()), notices


def _places(folder: Path, notice: Callable[[str], None]) -> Iterator[Path]:
    """The takes in a folder, whole or not: itself, or those in it, or those of the films in it."""
    if not folder.is_dir():
        raise MissingError(f"{folder}: no such folder", "a folder of takes is what render made, such as runs")
    if _is_take(folder):
        yield folder
        return
    yield from _takes(folder)
    for inner in _folders(folder):
        takes = _takes(inner)
        yield from takes
        if not takes and not _is_take(inner):
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
    record = read_record(folder)
    if not record:
        raise MissingError("not a take that this version of render made, or damaged")
    if record.get("finished") is not True:
        raise MissingError("not finished; the same render command goes on with it")
    developed = list(record.get("prints", {}).values())
    if not developed:
        raise MissingError("its film is not developed yet; the same render command does that")
    _poster(folder, GLANCE)
    given, resolved = read(folder / "config.yaml"), read(folder / "resolved.yaml")
    asked, of = yaml.safe_load(resolved), developed[0]["film"]
    height, width = map(int, record["fingerprint"]["size"])
    frames = int(of["frames"]) * 2 - 2 if LOOPS.get(of.get("loop"), NONE).doubles else int(of["frames"])
    film, element = _played(folder, record)
    (began,) = {*BEGINNINGS} & {*asked["source"]}
    return Exhibit(
        folder=folder,
        name=_plain(record["name"]),
        words=_words(given),
        size=(width, height),
        fps=Fraction(of["fps"]),
        seconds=float(max(1, frames) / Fraction(of["fps"])),
        began=began,
        networks=_networks(asked["dream"]),
        seed=int(record["fingerprint"]["seed"]),
        took=float(record["seconds"]),
        device=str(record.get("device", "cpu")),
        started=datetime.fromisoformat(record["started"]),
        given=_plain(given),
        resolved=_plain(resolved),
        film=film,
        element=element,
    )


def _first(error: Exception) -> str:
    """An error as a word: its first line."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _played(folder: Path, record: Mapping[str, Any]) -> tuple[Path | None, str]:
    """The print that browsers play best, and in which element; none if none is whole."""
    found = []
    for file, made in record["prints"].items():
        path = prints.frame_path(folder / prints.fill_name(file, record["name"]), 0)
        kind = path.suffix.lower(), made["settings"]["codec"]
        whole = path.is_file() and path.stat().st_size == made["bytes"] and os.access(path, os.R_OK)
        inside = path.resolve().is_relative_to(folder.resolve())  # a link could show the world any file of its owner's
        if kind in PLAYED and whole and inside and not prints.FRAME.search(file):
            found.append((list(PLAYED).index(kind), -(made["settings"]["width"] or 2**31), path, PLAYED[kind]))
    return min(found)[2:] if found else (None, "")


def _poster(folder: Path, wide: int = WIDE) -> Image.Image:
    """A take's poster, at most so many pixels wide or high."""
    path = folder / "poster.jpg"
    if not path.exists() or path.is_symlink():
        raise MissingError("it has no poster")
    try:
        poster = Image.open(path, formats=["JPEG"])
        poster.draft("RGB", (wide, wide))
        return _small(poster.convert("RGB"), wide)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MissingError("its poster is damaged") from error


def _small(picture: Image.Image, wide: int) -> Image.Image:
    picture.thumbnail((wide, wide), Image.Resampling.LANCZOS)
    return picture


def _words(given: str) -> str:
    """What a configuration says of itself: its first comment, but for the line that is for editors."""
    comments = takewhile(lambda line: line.startswith("#"), given.splitlines())
    lines = (line.lstrip("# ").strip() for line in comments if "yaml-language-server" not in line)
    return _plain(next(filter(None, lines), ""))


def _networks(dream: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the networks that dreamed, that of the film first."""
    asked = [dream["network"], *(term["network"] for term in dream["objective"] if "network" in term)]
    return tuple(dict.fromkeys(_plain(one if isinstance(one, str) else next(iter(one))) for one in asked))


def _plain(text: str) -> str:
    """A stranger's text as a page can hold it: half of a character, or a character of control, is none."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(letter if letter in "\n\t" or ord(letter) >= 32 else "\ufffd" for letter in whole)


# ---- the page


def hang(found: Sequence[Exhibit], site: Path) -> tuple[Path, list[str]]:
    """Write the page over exhibits, and what it shows, into the folder `site`: the page's path, and notices.

    What lies there already, and is as the take is, stays; what an earlier page showed and this one does not is removed.
    Raises ConfigError if somebody else's page is there, MissingError or RoomError if it cannot be written.
    """
    page, notices = site / PAGE, list[str]()
    earlier = _earlier(page)
    places = _named(found)
    cards = [_hung(exhibit, site / ROOM / place, notices.append) for exhibit, place in zip(found, places, strict=True)]
    files.write(page, _page(cards).encode())
    for place in earlier - {*places}:
        shutil.rmtree(site / ROOM / place, ignore_errors=True)
    return page, notices


def _earlier(page: Path) -> set[str]:
    """The places that the page which is there now shows."""
    if not page.exists():
        return set()
    with files.refusals(page):
        text = page.read_text(encoding="utf-8", errors="replace")
    if MARK not in text:
        raise ConfigError(f"{page}: somebody else's page is here already", "-o DIR puts the gallery somewhere else")
    return set(re.findall(r'data-place="([\w-][\w.-]*)"', text))


def _named(found: Iterable[Exhibit]) -> list[str]:
    """A folder's name for each exhibit, unlike all others on any system."""
    names: dict[str, str] = {}
    for exhibit in found:
        name = f"{files.folder_name(exhibit.name)}-{files.folder_name(exhibit.folder.name)}"
        tried = (name if number == 1 else f"{name}-{number}" for number in count(1))
        free = next(one for one in tried if one.casefold() not in names)
        names[free.casefold()] = free
    return list(names.values())


def _hung(exhibit: Exhibit, place: Path, notice: Callable[[str], None]) -> dict[str, Any]:
    """What the page says of an exhibit, once all that it shows of it lies in `place`."""
    _put(place / "poster.jpg", exhibit.folder / "poster.jpg", lambda part: _save(_poster(exhibit.folder), part))
    given, resolved = _public(exhibit)
    _put(place / "film.yaml", exhibit.folder / "config.yaml", lambda part: part.write_text(given, "utf-8"))
    _put(place / "film-in-full.yaml", exhibit.folder / "resolved.yaml", lambda part: part.write_text(resolved, "utf-8"))
    here, film = f"{ROOM}/{quote(place.name)}", ""
    if exhibit.film:
        _put(place / f"film{exhibit.film.suffix.lower()}", exhibit.film, lambda part: _copy(exhibit, part, resolved))
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
        "length": _length(exhibit.seconds),
        "networks": exhibit.networks,
        "began": BEGINNINGS[exhibit.began],
        "film": film,
        "element": exhibit.element,
        "pair": exhibit.began in COMPARED and _paired(exhibit, place, notice),
        "facts": _facts(exhibit),
        "yaml": given,
    }


def _public(exhibit: Exhibit) -> tuple[str, str]:
    """An exhibit's YAML as written, and in full. Files go by their names alone: where they lay is their owner's affair."""
    asked, paths = yaml.safe_load(exhibit.resolved), set[str]()

    def named(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [named(one) for one in value]
        if not isinstance(value, str) or not Path(value).is_absolute():
            return value
        paths.add(value)
        return Path(value).name

    public, given = named(asked), exhibit.given
    for path in sorted(paths, key=len, reverse=True):
        given = given.replace(path, Path(path).name)
    return given, nodes.to_yaml(public) if paths else exhibit.resolved


def _facts(exhibit: Exhibit) -> dict[str, str]:
    width, height = exhibit.size
    return {
        "Size": f"{width}×{height}, {float(exhibit.fps):.5g} frames a second",
        "Length": _length(exhibit.seconds),
        "Began with": BEGINNINGS[exhibit.began],
        "Network": ", ".join(exhibit.networks),
        "Dreamed in": f"{_length(exhibit.took)} on {'a CPU' if exhibit.device == 'cpu' else 'a GPU'}",
        "Seed": str(exhibit.seed),
        "Take": f"{exhibit.folder.name}, {exhibit.started:%d %B %Y}".replace(", 0", ", "),
    }


def _length(seconds: float) -> str:
    """A time as people say it: 4.5 s, 1 min 10 s, 2 h 5 min."""
    if seconds < 10:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest and not hours else "")
    return " ".join(filter(None, parts))


def _paired(exhibit: Exhibit, place: Path, notice: Callable[[str], None]) -> bool:
    """Whether before.jpg and after.jpg lie in `place`, made now if they must be: what was seen, and what was dreamed of it."""
    before, after, record = place / "before.jpg", place / "after.jpg", exhibit.folder / RECORD
    if _current(before, record) and _current(after, record):
        return True
    try:
        seen, dreamed = _pair(exhibit)
    except (RenderError, StopIteration, *FAULTS) as error:
        notice(f"{exhibit.folder}: shown without what it began with: {_first(error)}")
        return False
    _make(before, record, lambda part: _save(seen, part))
    _make(after, record, lambda part: _save(dreamed, part))
    return True


def _pair(exhibit: Exhibit) -> tuple[Image.Image, Image.Image]:
    """The photo or the footage as the camera sees it at a moment of the film, and what was dreamed there."""
    import torch

    from render.config import load_text
    from render.construct import build_scene
    from render.develop.negative import Negative
    from render.develop.stills import eight_bits
    from render.facts import facts
    from render.picture import warp
    from render.picture.picture import to_pixels

    (width, height), path = exhibit.size, exhibit.folder / "resolved.yaml"
    config = load_text(exhibit.resolved, str(path), exhibit.folder, [f"size={width}x{height}"], look=facts)
    seen = build_scene(config, torch.device("cpu"))
    middle = range(seen.clock.last_tick // 2, -1, -1)
    near = (tick for tick in middle if 1 / NEARER <= warp.scale(seen.path.so_far(seen.clock.tick(tick).seconds)) <= NEARER)
    moment = seen.clock.tick(next(near, 0))
    picture = seen.picture(moment)
    if not seen.source.moves:
        picture = warp.move_frame(picture, seen.path.so_far(moment.seconds), kernel=warp.bicubic, border=seen.border).clamp(
            0, 1
        )
    dreamed = eight_bits(next(Negative(exhibit.folder / "negative").ticks(moment.index)))
    return _small(Image.fromarray(to_pixels(picture)), WIDER), _small(Image.fromarray(dreamed), WIDER)


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


def _copy(exhibit: Exhibit, part: Path, resolved: str) -> None:
    """Copy a take's film; the configuration in it becomes what the page shows."""
    assert exhibit.film
    if prints.embedded_config(exhibit.film) in (None, resolved):
        shutil.copyfile(exhibit.film, part)
    else:
        prints.republish(exhibit.film, part, exhibit.name, resolved)


def _save(picture: Image.Image, part: Path) -> None:
    picture.save(part, "JPEG", quality=QUALITY, progressive=True)


def _page(cards: Sequence[Mapping[str, Any]]) -> str:
    """The whole page: the template, with its style and script inside, and a policy that lets in nothing else."""
    room = Path(__file__).parent / "page"
    style, script = ((room / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = Environment(
        loader=FileSystemLoader(room), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html").render(
        mark=Markup(MARK),
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


# ---- the sheet

CELL, GAP, MARGIN, CAPTION = (400, 225), 28, 56, 64  # pixels of a picture, between, around, and for the words below one
Pen = ImageDraw.ImageDraw


def sheet(found: Sequence[Exhibit], path: Path) -> Path:
    """Write the same as one picture: the posters, their names, how large and how long they are. A PNG."""
    across = ceil(sqrt(len(found)))
    down = ceil(len(found) / across)
    width, height = CELL[0] + GAP, CELL[1] + CAPTION + GAP
    paper = Image.new("RGB", (2 * MARGIN - GAP + across * width, 2 * MARGIN - GAP + down * height), GROUND)
    pen = ImageDraw.Draw(paper)
    for number, exhibit in enumerate(found):
        left, top = MARGIN + number % across * width, MARGIN + number // across * height
        pen.rectangle((left, top, left + CELL[0] - 1, top + CELL[1] - 1), SHEET)
        poster = ImageOps.contain(_poster(exhibit.folder), CELL, Image.Resampling.LANCZOS)
        paper.paste(poster, (left + (CELL[0] - poster.width) // 2, top + (CELL[1] - poster.height) // 2))
        told = f"{exhibit.size[0]} x {exhibit.size[1]}, {_length(exhibit.seconds)}, {', '.join(exhibit.networks)}"
        _write(pen, (left, top + CELL[1] + 22), exhibit.name, 20, BRIGHT)
        _write(pen, (left, top + CELL[1] + 46), told, 14, DIM)
    content = BytesIO()
    paper.save(content, "PNG")
    files.write(path, content.getvalue())
    return path


def _write(pen: Pen, place: tuple[int, int], words: str, size: int, shade: tuple[int, ...]) -> None:
    """Words with their middle at a height, cut off where their picture ends."""
    font, line = ImageFont.load_default(size), " ".join(words.split())
    while pen.textlength(line, font) > CELL[0]:
        line = line[: len(line) * 9 // 10].rstrip("… ") + "…"
    pen.text(place, line, shade, font, "lm")
