"""Transcripts. The `console` blocks of a page, and what their commands really say: errors are quoted word for word.

A transcript runs in a folder that holds the files that its section titles (```yaml title="film.yaml"),
and a picture that is none. `…` in the page stands for anything: a folder's name, a figure of this machine.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from book.pages import DOCS, Block, blocks, render_arguments
from render.cli import main

PAGE = DOCS / "trouble.md"
ANYTHING = "…"

NO_PICTURE = "notes.jpg"


@dataclass(frozen=True)
class Transcript:
    """A command of a page, and what the page says of it."""

    block: Block
    files: dict[str, str]  # that stand in the folder, by name
    arguments: list[str]
    said: str

    def agrees(self, said: str) -> bool:
        """Whether what was said is what the page says, with anything where that has an ellipsis."""
        return stands_for(self.said.strip(), said.strip())

    def renewed(self, said: str) -> str:
        """What was said, with the page's own line in place of each that it stands for: its ellipses stay."""
        old = self.said.splitlines()
        return "\n".join(next((line for line in old if stands_for(line, new)), new) for new in said.strip().splitlines())


def stands_for(quoted: str, said: str) -> bool:
    """Whether a quotation is what was said, with anything where it has an ellipsis."""
    pattern = ".*".join(re.escape(part) for part in quoted.split(ANYTHING))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


def transcripts(page: Path = PAGE) -> Iterator[Transcript]:
    """The transcripts of a page: each has the titled files that stand in the page before it, the nearest of a name."""
    files: dict[str, str] = {}
    for block in blocks(page):
        if block.title:
            files = {**files, block.title: block.text}
        if block.language == "console":
            first, _, said = block.text.partition("\n")
            arguments = render_arguments(first.removeprefix("$ "))
            if arguments is not None:
                yield Transcript(block, files, arguments, said)


def put_files(transcript: Transcript, folder: Path) -> None:
    """Write the files that a transcript needs, and no others."""
    for old in folder.glob("*.*"):
        old.unlink()
    for name, text in {**transcript.files, NO_PICTURE: "no picture"}.items():
        (folder / name).write_text(text, encoding="utf-8")


def rewrite(page: Path = PAGE) -> None:
    """Write into a page what its commands say now; what has an ellipsis and still agrees stays."""
    text = page.read_text(encoding="utf-8")
    with TemporaryDirectory() as name:
        for transcript in transcripts(page):
            put_files(transcript, Path(name))
            said = what_is_said(transcript.arguments, Path(name))
            if not transcript.agrees(said):
                text = replace_at(text, transcript.block, transcript.renewed(said))
    page.write_text(text, encoding="utf-8")


def what_is_said(arguments: list[str], folder: Path) -> str:
    """What `render` says on stderr, in a folder, without a net; the folder's name is left out."""
    os.environ |= {"RENDER_OFFLINE": "1", "RENDER_WEIGHTS": str(folder / "weights")}
    words = io.StringIO()
    with chdir(folder), redirect_stderr(words), redirect_stdout(io.StringIO()), suppress(SystemExit):
        main(arguments)
    return words.getvalue().replace(f"{folder}/", ANYTHING).strip()


def replace_at(text: str, block: Block, said: str) -> str:
    """The page with what a command of it says, in place of what the page had it say."""
    first = block.text.partition("\n")[0]
    before, fence, after = text.partition(f"```console\n{block.text}```")
    return f"{before}```console\n{first}\n{said}\n```{after}" if fence else text
