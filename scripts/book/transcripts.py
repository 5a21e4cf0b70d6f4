"""Transcripts. The `console` blocks of a page, and what their commands really say: errors are quoted word for word.

A transcript runs in a folder that holds the files that its section titles (```yaml title="film.yaml"), a picture that is none,
and half a clip. `…` in the page stands for anything: a folder's name, a figure of this machine, some lines. What the user or
the machine does meanwhile is said in a comment before the block: <!-- meanwhile: the disk is full -->
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, TextIO
from unittest import mock

from book.pages import DOCS, ROOT, Block, blocks, render_arguments
from render import travel
from render.cli import main

PAGE = DOCS / "trouble.md"
ANYTHING = "…"

NO_PICTURE = "notes.jpg"
CLIP = "street.mp4"  # breaks off after two thirds
MEANWHILE = re.compile(r"<!-- meanwhile: (.+?) -->\s*\Z")
HOW_FAR = re.compile(r"^\w+: dream \d+ of .*\n", re.MULTILINE)  # a bar on a terminal; how many of these is the machine's affair
STRUCK = 4  # the dream at which something happens meanwhile
LITTLE = 10_000  # bytes that a file may have when the disk is full: less than a dream


@dataclass(frozen=True)
class Transcript:
    """A command of a page, and what the page says of it."""

    block: Block
    files: dict[str, str]  # that stand in the folder, by name
    arguments: list[str]
    said: str
    meanwhile: str = ""  # what happens while it runs: a name of EVENTS

    def agrees(self, said: str) -> bool:
        """Whether what was said is what the page says, with anything where that has an ellipsis."""
        return stands_for(self.said.strip(), said.strip())

    def renew(self, said: str) -> str:
        """What was said, with the page's own line in place of each that it stands for: its ellipses stay."""
        old = self.said.splitlines()
        lines = [next((line for line in old if stands_for(line, new)), new) for new in said.strip().splitlines()]
        return "\n".join(line for line, _ in groupby(lines))  # one ellipsis stands for several lines


def stands_for(quoted: str, said: str) -> bool:
    """Whether a quotation is what was said, with anything where it has an ellipsis."""
    pattern = ".*".join(re.escape(part) for part in quoted.split(ANYTHING))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


def transcripts(page: Path = PAGE) -> Iterator[Transcript]:
    """The transcripts of a page: each has the titled files that stand in the page before it, the nearest of a name."""
    files: dict[str, str] = {}
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        if block.title:
            files = {**files, block.title: block.text}
        if block.language == "console":
            first, _, said = block.text.partition("\n")
            arguments = render_arguments(first.removeprefix("$ "))
            if arguments is not None:
                event = MEANWHILE.search("".join(text.splitlines(keepends=True)[: block.line - 1]))
                yield Transcript(block, files, arguments, said, event[1] if event else "")


def put_files(transcript: Transcript, folder: Path) -> None:
    """Write the files that a transcript needs into an empty folder."""
    for name, text in {**transcript.files, NO_PICTURE: "no picture"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    clip = (ROOT / "configs" / "media" / "harbour.mp4").read_bytes()
    (folder / CLIP).write_bytes(clip[: len(clip) * 2 // 3])


def rewrite(page: Path = PAGE) -> None:
    """Write into a page what its commands say now; what has an ellipsis and still agrees stays."""
    text = page.read_text(encoding="utf-8")
    for transcript in transcripts(page):
        with TemporaryDirectory() as name:
            put_files(transcript, Path(name))
            _, said = what_is_said(transcript, Path(name))
            if not transcript.agrees(said):
                text = replace_at(text, transcript.block, transcript.renew(said))
    page.write_text(text, encoding="utf-8")


def what_is_said(transcript: Transcript, folder: Path) -> tuple[int, str]:
    """The exit code of its command, and all that it says, in a folder, without a net; the folder's name is left out."""
    alone = {"RENDER_OFFLINE": "1", "RENDER_WEIGHTS": str(folder / "weights")}
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        stack.enter_context(mock.patch.dict(os.environ, alone))
        stack.enter_context(chdir(folder))
        stack.enter_context(at_work(transcript.meanwhile))
        record = stack.enter_context(recorder())
        try:
            main(transcript.arguments)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        record.flush()
        record.seek(0)
        said = re.sub(HOW_FAR, "", record.read())
    return code, said.replace(f"{folder}/", ANYTHING).strip()


@contextmanager
def recorder() -> Iterator[TextIO]:
    """A file that holds what goes to stdout and stderr meanwhile, in order; also what is written to their numbers."""
    with TemporaryFile("w+", encoding="utf-8") as file, ExitStack() as after:
        for number in (1, 2):
            before = os.dup(number)
            after.callback(os.close, before)
            after.callback(os.dup2, before, number)
            os.dup2(file.fileno(), number)
        file.reconfigure(write_through=True)
        with redirect_stdout(file), redirect_stderr(file):
            yield file


# ---- what happens meanwhile


@contextmanager
def at_work(event: str) -> Iterator[None]:
    """Inside, that happens once some dreams are dreamed."""
    real, calls = travel.dream, 0
    with ExitStack() as after:

        def dream(*things: Any) -> Any:
            nonlocal calls
            calls += 1
            if event and calls == STRUCK:
                EVENTS[event](after)
            return real(*things)

        with mock.patch.object(travel, "dream", dream):
            yield


def press_ctrl_c(after: ExitStack) -> None:
    signal.raise_signal(signal.SIGINT)


def fill_disk(after: ExitStack) -> None:
    import resource  # which Windows has not

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LITTLE, hard))
    after.callback(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))


def take_memory(after: ExitStack) -> None:
    raise MemoryError


EVENTS: dict[str, Callable[[ExitStack], None]] = {  # (what is to be put right afterwards)
    "Ctrl-C": press_ctrl_c,
    "the disk is full": fill_disk,
    "memory ends": take_memory,
}


def replace_at(text: str, block: Block, said: str) -> str:
    """The page with what a command of it says, in place of what the page had it say."""
    first = block.text.partition("\n")[0]
    before, fence, after = text.partition(f"```console\n{block.text}```")
    return f"{before}```console\n{first}\n{said}\n```{after}" if fence else text
