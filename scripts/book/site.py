"""The site: docs/ built by MkDocs into a folder, and what is wrong with it. (folder) -> faults, a line each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from book.colours import write_colours
from book.pages import ROOT

SITE = ROOT / "build" / "docs"
LOADS = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("video", "src"),
    ("video", "poster"),
    ("source", "src"),
    ("iframe", "src"),
}
NAMES = {"canonical"}  # links of this kind name a place, and load nothing
FILMS = "films/"  # what the build renders; a page without its films shows their posters


class Page(HTMLParser):
    """What a page of the site asks for and where it leads, and the places in it that can be led to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one element asks for."""
        values = {key: value or "" for key, value in attrs}
        self.anchors |= {values[key] for key in ("id", "name") if key in values}
        if values.get("rel") in NAMES:
            return
        self.loads += [values[key] for element, key in LOADS if element == tag and key in values]
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


def build(folder: Path = SITE) -> Path:
    """Build the site; MkDocs' warnings are errors. Ends the program where there are any."""
    write_colours()
    if code := mkdocs("build", "--strict", "--quiet", "--site-dir", str(folder)):
        raise SystemExit(code)
    return folder


def mkdocs(*arguments: str) -> int:
    """Run MkDocs, without what it and Material say of their own future; its exit code."""
    command = [sys.executable, "-m", "mkdocs", *arguments]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def faults(site: Path) -> Iterator[str]:
    """What is wrong with a built site: links and anchors that lead nowhere, and what it would fetch from elsewhere."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name} fetches {url}" for url in page.loads if urlsplit(url).netloc)
        for url in page.loads + page.links:
            split = urlsplit(url)
            if split.netloc or split.scheme or path.name == "404.html":
                continue
            target = (path.parent / unquote(split.path)).resolve() if split.path else path
            if not target.exists() and FILMS not in split.path:
                yield f"{name} leads to {url}, which is not there"
            elif target in pages and split.fragment and unquote(split.fragment) not in pages[target].anchors:
                yield f"{name} leads to {url}, and there is no such place in it"
