"""Pages of the book: their code blocks, their commands, their pictures, and the commands that made those.

A YAML block is a film's file, whole or in part: what it leaves out has its default. One with a title (```yaml title="a.yaml")
is the file of that name in the commands of its page. A `sh` block holds commands; a `console` block holds what they print, too,
each after a `$ `.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PICTURES = DOCS / "pictures.yaml"  # for each picture the commands that made it
ENDINGS = frozenset({".gif", ".jpg", ".mp4", ".png", ".svg", ".webm", ".webp"})
FENCE = re.compile(r"^```(\w+)?([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MADE_BY = re.compile(r"<!-- made by: (.+?) -->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A code block."""

    page: Path
    line: int  # of its fence
    language: str  # of its fence; empty if it names none
    title: str  # of its fence; empty if it has none
    text: str

    @property
    def place(self) -> str:
        """Where it stands, to be said in a message."""
        return f"{self.page.name}:{self.line}"


def pages() -> list[Path]:
    """The pages of docs/."""
    return sorted(DOCS.glob("*.md"))


def blocks(page: Path, *languages: str) -> list[Block]:
    """A page's code blocks in these languages, or in any."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, fence.start()) + 1, fence[1] or "", title(fence[2]), fence[3])
        for fence in FENCE.finditer(text)
        if not languages or fence[1] in languages
    ]


def title(options: str) -> str:
    """The title that the options of a fence give."""
    match = re.search(r'title="([^"]*)"', options)
    return match[1] if match else ""


def command_lines(block: Block) -> list[str]:
    """The commands of a `sh` or `console` block, a line each; one that ends in a backslash goes on in the next line."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        return [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.strip() and not line.startswith("#")]


def render_arguments(line: str) -> list[str] | None:
    """What a command line gives to `render`; nothing if it calls another program."""
    words = shlex.split(line, comments=True)
    if words and words[0] in ("render", "scripts/render"):
        return words[1:]
    return None


def pictures_of(page: Path) -> list[str]:
    """The pictures and films that a page shows, as it names them."""
    text = re.sub(FENCE, "", page.read_text(encoding="utf-8"))
    named = re.findall(r"!\[[^\]]*\]\(([^)\s]+)", text) + re.findall(r'(?:src|poster)="([^"]+)"', text)
    return [name for name in named if Path(name).suffix in ENDINGS]


def commands_by_picture() -> dict[str, list[str]]:
    """For each picture of docs/, or pattern of several, the commands that made it: of pictures.yaml, or a page's comment."""
    table = {
        name: str(commands).splitlines() for name, commands in yaml.safe_load(PICTURES.read_text(encoding="utf-8")).items()
    }
    return table | dict(commands_in_comments())


def commands_in_comments() -> Iterator[tuple[str, list[str]]]:
    """The pictures that follow a comment with the commands that made them: <!-- made by: render atlas bestiary -->"""
    for page in pages():
        _, *rest = re.split(MADE_BY, page.read_text(encoding="utf-8"))
        for commands, after in zip(rest[::2], rest[1::2], strict=True):
            first = re.search(r'(?:\]\(|src=")([^")\s]+)', after)
            if first:
                yield first[1], [line.strip() for line in commands.strip().splitlines()]


def files_named(texts: Sequence[str]) -> set[str]:
    """The files of pictures, footage, music, tables and weights that these texts name."""
    pattern = r"[\w.][\w./-]*\.(?:jpe?g|png|mp4|mov|wav|ogg|csv|safetensors|caffemodel|pth|txt)\b"
    return {name for text in texts for name in re.findall(pattern, text)}
