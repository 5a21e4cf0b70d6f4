"""Fetching: (addresses, what is known of the file) -> the file, whole and checked, however the net behaves.

By requests: it follows redirects with the Range kept, goes through the proxies of the environment, brings certificates along
(Python on a Mac has none), tells a body that breaks off from one that ends, and has one root for its errors. No library that
is kept well resumes by Range with If-Range and a hash over the whole (pooch and torch.hub begin anew, huggingface_hub resumes
from its own hub only), so that is done here.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

import requests

from render.errors import MissingError, RenderError, RoomError
from render.inputs import TEXT, WEIGHTS, open_file, read_text
from render.weights import cache
from render.weights.cache import FOLDER, Say
from render.weights.catalogue import FULL, Weights, megabytes

if TYPE_CHECKING:
    from hashlib import _Hash

TIMEOUT = (10.0, 30.0)  # seconds until a host answers, and between two of its words
PIECE = 1 << 16  # bytes asked for at a time; of an answer that breaks off so many at most are lost
RESUMES = 8  # times that one host may cut off before the next is tried
LARGEST = 4 << 30  # bytes: what says that it is larger, or never ends, is none of these files
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")

Progress = Callable[[int, int], None]  # bytes that are here, bytes in all (0 where the host does not say)


class RefusedError(Exception):
    """An address does not give the file, and will not if asked again; the message says why."""


class UnfitError(Exception):
    """What an address gives does not fit what is here already, or is not the file in the end; the message says why."""


class CutError(Exception):
    """The net or the host broke off; what came is kept."""


class UnfetchedError(RenderError):
    """No address gave the file; the message says why, for each."""


@dataclass
class Part:
    """The unfinished file of a download, which outlives the process, and what its host called the version it is of."""

    path: Path

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def validator(self, address: str) -> str:
        """The ETag or date of the version that was begun, if it was begun at that address."""
        with suppress(MissingError, ValueError, AttributeError, TypeError, RecursionError):
            begun = json.loads(read_text(self._note, TEXT))
            return str(begun["validator"]) if begun.get("address") == address else ""
        return ""

    def begin(self, address: str, validator: str) -> None:
        """Forget what is here: another version begins."""
        self.remove()
        self._note.write_text(json.dumps({"address": address, "validator": validator}), encoding="utf-8")

    def remove(self) -> None:
        """Leave nothing."""
        for path in (self.path, self._note):
            path.unlink(missing_ok=True)

    def hash(self) -> _Hash:
        """sha256 of what is here, to go on with."""
        return cache.hash_file(self.path) if self.size else sha256()

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")


def download(weights: Weights, path: Path, say: Say, progress: Progress) -> str:
    """Fetch weights from the first address that gives them, to `path`; their sha256.

    What an earlier try left is gone on with. Raises UnfetchedError if no address gives the file, RoomError if the disk is full.
    """
    part, failures = Part(cache.part_of(path)), []
    for number, address in enumerate(weights.addresses, 1):
        try:
            with cache.refusals(path):
                digest = _fetch_whole(weights, address, part, progress)
                cache.finish(part.path, path)
                part.remove()
            return digest
        except (RefusedError, UnfitError, CutError) as failure:
            failures.append(f"{urlsplit(address).netloc}: {failure}")
            if number < len(weights.addresses):
                say(f"{weights.name}: {failures[-1]}; trying {urlsplit(weights.addresses[number]).netloc}")
    raise UnfetchedError("; ".join(failures))


def _fetch_whole(weights: Weights, address: str, part: Part, progress: Progress) -> str:
    """The part made whole from one address; its sha256. What was left by an earlier try and does not fit is dropped once."""
    for _ in range(RESUMES):
        before = part.size
        try:
            digest = _fetch_rest(weights, address, part, progress)
        except CutError:
            if part.size <= before:  # it does not even begin
                raise
            continue
        except UnfitError:
            part.remove()
            if not before:
                raise
            continue
        if digest.startswith(weights.sha256) and _is_file(part):
            return digest
        part.remove()
        if not before:
            raise UnfitError(f"sends another file, of sha256 {digest}")
    raise CutError("breaks off again and again")


def _fetch_rest(weights: Weights, address: str, part: Part, progress: Progress) -> str:
    """What is missing of the part, from one answer of the host; sha256 of all of it."""
    if part.size and not (part.validator(address) or len(weights.sha256) == FULL):
        part.remove()  # nothing could tell whether the rest is of the same file
    if weights.exact and weights.size and part.size == weights.size:
        return part.hash().hexdigest()
    with _request(address, part) as answer:
        start, said = _range_of(answer, part.size)
        _require_file(answer, weights, said)
        total = said or (weights.size if weights.exact else 0)
        if start == 0:
            part.begin(address, _validator(answer))
        _require_room(part.path.parent, total - start)
        digest = part.hash()
        with part.path.open("ab") as file:
            for chunk in _chunks(answer):
                start += len(chunk)
                if start > (total or LARGEST):
                    raise UnfitError("sends more than it says")
                write(file, chunk)
                digest.update(chunk)
                progress(start, total)
    if total and start < total:
        raise CutError(f"breaks off after {megabytes(start)} of {megabytes(total)}")
    return digest.hexdigest()


def write(file: BinaryIO, chunk: bytes) -> None:
    """Append to a file and leave nothing in memory: what was counted is what a later try finds."""
    file.write(chunk)
    file.flush()


@contextmanager
def _request(address: str, part: Part) -> Iterator[requests.Response]:
    """What the host answers when asked for the file, or for the rest of it if some is here."""
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        if validator := part.validator(address):
            headers["If-Range"] = validator
    with _in_our_words(), requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        yield answer


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """The body as it comes. CutError if it breaks off."""
    with _in_our_words():
        yield from answer.iter_content(PIECE)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """What requests raises, in our words: its own are a page long."""
    try:
        yield
    except requests.RequestException as error:
        raise CutError(next(words for kind, words in FAILURES.items() if isinstance(error, kind))) from error


FAILURES: dict[type[Exception], str] = {  # the first that fits
    requests.exceptions.SSLError: "its certificate is not to be trusted",
    requests.exceptions.ProxyError: "the proxy does not let it through",
    requests.exceptions.Timeout: "does not answer",
    requests.exceptions.ChunkedEncodingError: "breaks off",
    requests.exceptions.ConnectionError: "cannot be reached",
    requests.exceptions.TooManyRedirects: "sends from one address to the next without end",
    requests.RequestException: "answers with nonsense",
}


def _range_of(answer: requests.Response, have: int) -> tuple[int, int]:
    """Where in the file the answer begins, and the file's bytes in all, 0 if unsaid."""
    length = int(text) if (text := answer.headers.get("Content-Length", "")).isdecimal() else 0
    if answer.status_code == 200:
        return 0, length
    if answer.status_code not in (206, 416):  # 416: there is nothing so far into the file
        raise RefusedError(f"answers {answer.status_code} {answer.reason or ''}".rstrip())
    match = RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if not have or not match or int(match[1]) != have or int(match[2]) + 1 != int(match[3]):
        raise UnfitError("sends another piece of the file than it was asked for")
    return have, int(match[3])


def _require_file(answer: requests.Response, weights: Weights, total: int) -> None:
    """RefusedError if the answer's head already says that what follows is another file."""
    if answer.headers.get("Content-Type", "").startswith("text/html"):  # a hotel's portal, or a page that says sorry
        raise RefusedError("sends a web page instead of the file")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise RefusedError("sends the file packed in a way that was not asked for")
    if total > LARGEST or (weights.exact and weights.size and total and total != weights.size):
        raise RefusedError(f"has a file of {total:,} bytes, not of {weights.size:,}")


def _is_file(part: Part) -> bool:
    """Whether it could be weights at all; it matters where no hash tells. No format of weights begins as a web page does."""
    with open_file(part.path, WEIGHTS) as file:
        return file.read(1) not in (b"", b"<")


def _validator(answer: requests.Response) -> str:
    """What If-Range can name a version by (RFC 9110, 13.1.5): its ETag if that is a strong one, else its date."""
    etag = answer.headers.get("ETag", "")
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified", "")


def _require_room(folder: Path, missing: int) -> None:
    """RoomError before the first byte, if there is no room for the last."""
    free = shutil.disk_usage(folder).free
    if missing > free:
        hint = f"free some room, or set {FOLDER} to a folder on another disk"
        raise RoomError(f"{folder}: {megabytes(missing)} are missing and {megabytes(free)} are free", hint)
