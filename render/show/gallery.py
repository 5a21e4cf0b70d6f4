"""Galleries. A gallery is one static page over finished takes: (Exhibits) -> the page that shows them.

    exhibits, notices = find_exhibits([Path("runs")])
    write_page(exhibits, Path("site"))          # site/index.html, and beside it all that it shows

The page asks nothing of anybody: its words, style and script stand in it, its films lie beside it, and its own policy
forbids the browser every other request. So it works from a folder, from any place of a server, and out of an archive.
What is published is escaped: a take may be a stranger's.
"""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from io import BytesIO
from itertools import count
from os.path import abspath
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from render.config import nodes
from render.develop import files
from render.develop.metadata import embedded_config, republish
from render.develop.record import RECORD
from render.errors import ConfigError, RenderError
from render.inputs import MOVIE, TEXT, plain, read_bytes
from render.show.exhibits import BEGINNINGS, FAULTS, Exhibit, first_line, poster, shrink
from render.show.words import duration_words
from render.weights.catalogue import credits

FORGOTTEN = 3600  # seconds after which what a killed process left unfinished in a site is removed: others may be at work there
PAGE, ROOM = "index.html", "films"  # of a site: its page, and the folder of what hangs there
MARK = '<meta name="generator" content="render gallery">'  # by which a page of ours is known
WIDE, WIDER = 960, 1600  # pixels of the longer side of a poster, and of what is compared, at most
QUALITY = 84  # of a poster, as JPEG counts
WALL = "@media (min-width: 60rem) {{ .wall {{ grid-template-columns: repeat({}, 1fr); gap: 1.2rem .8rem }} }}"
COMPARED = frozenset({"image", "frames", "video", "take"})  # sources whose pictures can be compared with the dream


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
        raise ConfigError(f"{page}: somebody else's page is here already", "-o FOLDER puts the gallery somewhere else")
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
    _put(place / "poster.jpg", exhibit.folder / "poster.jpg", lambda part: _save(poster(exhibit.folder, WIDE), part))
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
        notice(f"{exhibit.folder}: shown without what it began with: {first_line(error)}")
        return False
    for path, pixels in zip((before, after), pictures, strict=True):
        _make(path, record, partial(_save, shrink(Image.fromarray(pixels), WIDER)))
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
