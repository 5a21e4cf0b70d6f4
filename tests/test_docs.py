"""Laws of the book: its YAML loads, its commands can be typed, its errors are real, its pictures have their commands."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import pytest
from book import colours, site, strip
from book.pages import (
    DOCS,
    ENDINGS,
    ROOT,
    Block,
    blocks,
    command_lines,
    commands_by_picture,
    files_named,
    pages,
    pictures_of,
    render_arguments,
)
from book.transcripts import PAGE, Transcript, put_files, transcripts, what_is_said
from PIL import Image

from render.cli.group import command_line
from render.config import load_text
from render.config.facts import Facts
from render.errors import RenderError

LARGEST = 300_000  # bytes of a picture in git
README = {
    "zoom.webp",
    "video.webp",
    "portrait.gif",
    "studio.gif",
}  # the README's moving pictures, which a repository's page can show only from git
OTHERS = {"apt", "cd", "git", "ls", "mkdir", "mpv", "pip", "python", "python3", "source", "sudo"}  # programs that are not ours
SMALL = ("size=48x32", "fps=8", "duration=3s", "dream.rate=2", "dream.steps=1", "dream.first_steps=1", "dream.octaves=1")
NOT_HERE = ("render studio", "inception_v1", "--on ", "fern.yaml")  # a browser, weights, a cluster, a film of nobody's
DREAMING = ("film", "sweep", "preview")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FEATURES = dict.fromkeys(("kick", "hats", "hits", "level"), np.zeros_like)

YAML = [block for page in pages() if page != PAGE for block in blocks(page, "yaml")]
SHELL = [block for page in pages() for block in blocks(page, "sh", "console")]
COMMANDS = [(block.place, line) for block in SHELL for line in command_lines(block)]


# ---- what pages show


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.place)
def test_its_films_load(block: Block, tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "page"
    stand_ins([block], folder)
    said = Facts(fps=Fraction(30), footage=Fraction(20), music=Fraction(20), features=FEATURES)
    load_text(block.text, folder=folder, inspect=lambda config: said)


def stand_ins(films: list[Block], folder: Path) -> None:
    """Files of the names that films give, to be found and not to be read."""
    folder.mkdir(parents=True)
    (folder / "base.yaml").write_text("seed: 1\n")
    for name in files_named([film.text for film in films]):
        path = Path(os.path.normpath(folder / name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("seconds,motion.zoom\n0,1\n1,2\n" if name.endswith(".csv") else "")


@pytest.mark.parametrize("line", [line for _, line in COMMANDS], ids=[place for place, _ in COMMANDS])
def test_its_commands_can_be_typed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENDER_OFFLINE", "1")  # --offline sets it
    arguments = render_arguments(line)
    if arguments is None:
        program = line.split()[0]
        assert program in OTHERS or (ROOT / program).is_file(), f"{program} is no program that a page may name"
    elif "--sett" not in arguments:  # a page about mistakes makes one
        parse(arguments)


def parse(arguments: list[str]) -> None:
    """Read a command line as `render` does, down to the last command in it, and run nothing."""
    command: click.Command = command_line
    name, rest = "render", arguments if arguments[:1] and arguments[0] in command_line.commands else ["film", *arguments]
    while isinstance(command, click.Group) and rest:
        name, *rest = rest
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    command.make_context(name, list(rest))


def test_pages_and_their_table_of_pictures_agree() -> None:
    under = (path.relative_to(DOCS) for path in DOCS.rglob("*") if path.suffix in ENDINGS)
    files = {path.as_posix() for path in under if "films" not in path.parts}
    shown = (
        {name for page in pages() for name in pictures_of(page)}
        | {name.removeprefix("docs/") for name in pictures_of(ROOT / "README.md")}
        | {"assets/mark.svg"}
    )
    made = set(commands_by_picture())
    unmade = {name for name in files if not any(fnmatch(name, pattern) for pattern in made)}
    unused = {pattern for pattern in made if not any(fnmatch(name, pattern) for name in files)}
    assert sorted(unmade) == [], "docs/pictures.yaml, or a comment before the picture, says how each is made"
    assert sorted(name for name in shown - files if not name.startswith(site.FILMS)) == []
    assert sorted(files - shown) == [], "nobody looks at these"
    assert sorted(name for name in unused if not name.startswith(site.FILMS)) == [], "made, and not there"


def test_pictures_in_git_are_small() -> None:
    heavy = {path.name for path in DOCS.rglob("*") if path.suffix in ENDINGS and path.stat().st_size > LARGEST}
    assert heavy - README - {path.name for path in (DOCS / "films").glob("*")} == set()


@pytest.mark.parametrize("name", sorted(commands_by_picture()))
def test_the_commands_of_pictures_can_be_typed(name: str) -> None:
    for line in commands_by_picture()[name]:
        arguments = render_arguments(line)
        if arguments is not None:
            parse(arguments)
        else:
            assert (ROOT / line.split()[0]).is_file() or line.startswith("true")


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize(
    "block", [block for page in pages() for block in blocks(page, "python")], ids=lambda block: block.place
)
def test_its_python_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, block.place, "exec"), {"__name__": "page"})


# ---- what the program says


@pytest.mark.parametrize("transcript", list(transcripts()), ids=lambda transcript: transcript.block.place)
def test_its_errors_are_the_words_of_the_program(transcript: Transcript, tmp_path: Path) -> None:
    if transcript.meanwhile == "the disk is full":
        pytest.importorskip("resource", reason="Windows has no limits of files")
    put_files(transcript, tmp_path)
    code, said = what_is_said(transcript, tmp_path)
    assert code == heading_code(transcript), said
    assert transcript.agrees(said), "scripts/docs --errors writes what is said now"


def heading_code(transcript: Transcript) -> int:
    """The exit code that the nearest heading above a transcript names."""
    above = PAGE.read_text(encoding="utf-8").splitlines()[: transcript.block.line]
    return int(re.findall(r"^## Code (\d+)", "\n".join(above), re.MULTILINE)[-1])


def test_its_page_of_errors_has_every_exit_code_and_twenty_errors() -> None:
    text = PAGE.read_text(encoding="utf-8")
    codes = {error.exit_code for error in [RenderError, *every(RenderError)]}
    assert all(f"\n| {code} | " in text for code in (*codes, 0, 130))
    assert {heading_code(transcript) for transcript in transcripts()} == codes | {130}
    assert len(list(transcripts())) >= 20


def every(error: type[RenderError]) -> list[type[RenderError]]:
    return [kind for child in error.__subclasses__() for kind in (child, *every(child))]


# ---- the site


@pytest.mark.skipif(not importlib.util.find_spec("material"), reason="the site needs pip install -e .[docs]")
def test_the_site_is_built_without_a_fault(tmp_path: Path) -> None:
    assert list(site.faults(site.build(tmp_path / "site"))) == []


def test_what_is_wrong_with_a_site_is_said(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text('<h1 id="here">B</h1>')
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">1</a><a href="b.html#there">2</a><a href="c.html">3</a><a href="https://e.org/">4</a>'
        '<img src="b.png"><script src="https://e.org/x.js"></script>'
    )
    assert sorted(site.faults(tmp_path)) == [
        "a.html fetches https://e.org/x.js",
        "a.html leads to b.html#there, and there is no such place in it",
        "a.html leads to b.png, which is not there",
        "a.html leads to c.html, which is not there",
    ]


def test_its_colours_are_those_of_the_gallery() -> None:
    css = colours.scheme_css(colours.TOKENS.read_text(encoding="utf-8"))
    assert colours.TARGET.read_text(encoding="utf-8") == css, "scripts/docs makes it anew"
    _, dark, light = css.splitlines()
    assert dark.startswith('[data-md-color-scheme="slate"]')
    assert "--ground: #0e1014" in dark
    assert light.startswith('[data-md-color-scheme="default"]')
    assert light.rindex("--ground: #f7f5f0") > light.index("--ground: #0e1014")


def test_a_strip_has_the_moments_of_a_film_side_by_side(tmp_path: Path) -> None:
    Image.new("RGB", (400, 200), (200, 60, 60)).save(tmp_path / "film.png")
    strip.strip(tmp_path / "film.png", strip.seconds("0,end"), tmp_path / "strip.jpg")
    with Image.open(tmp_path / "strip.jpg") as picture:
        assert picture.size == (808, 200)


def test_films_that_commands_name_are_in_the_book() -> None:
    titles = {block.title for page in pages() for block in blocks(page, "yaml")}
    for page in pages():
        written = set(titles)
        for line in [line for block in blocks(page, "sh") for line in command_lines(block)]:
            arguments = render_arguments(line) or []
            films = {word for word in arguments if word.endswith(".yaml") and not (ROOT / word).exists()}
            if arguments and arguments[0] in ("new", "from", "import"):
                written |= films
            assert films <= written, f"{page.name}: {line}"


# ---- slow: every command is run


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in pages() if page.name != PAGE.name and blocks(page, "sh")], ids=lambda page: page.stem
)
def test_its_commands_run_at_a_small_size(page: Path, tmp_path: Path) -> None:
    material(tmp_path)
    for block in blocks(page):
        if block.language == "yaml" and block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    for line in [line for block in blocks(page, "sh") for line in command_lines(block)]:
        arguments = render_arguments(line)
        if arguments and not any(word in line for word in NOT_HERE):
            done = subprocess.run(
                [sys.executable, "-m", "render", *smaller(arguments)], cwd=tmp_path, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{page.name}: {line}\n{done.stderr}"


def material(folder: Path) -> None:
    """What pages take for granted: a photo, footage, music, and the films of other pages."""
    media = ROOT / "configs" / "media"
    for name, source in {"photo.jpg": "valley.jpg", "street.mp4": "harbour.mp4", "track.wav": "pulse.ogg"}.items():
        shutil.copy(media / source, folder / name)
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(DOCS / "cookbook", folder / "docs" / "cookbook")
    for page in pages():
        for block in blocks(page, "yaml") if page != PAGE else ():
            if block.title and not (folder / block.title).exists():
                (folder / block.title).write_text(block.text, encoding="utf-8")


def smaller(arguments: list[str]) -> list[str]:
    """The same command on a film of a few pixels."""
    name = arguments[0] if arguments[0] in command_line.commands else "film"
    if name not in DREAMING or "--pick" in arguments:
        return arguments
    return [*arguments, *(word for setting in SMALL for word in ("--set", setting))]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here; on Debian: apt install chromium")
def test_its_site_fits_a_phone_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
    folder = site.build(tmp_path / "site")
    asked: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.on("request", lambda request: asked.append(request.url))
        for path in sorted(folder.glob("*.html")):
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path.name
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
