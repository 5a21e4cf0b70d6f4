"""Laws of fetching: whatever the net and the hosts do, the file is whole and the right one, or one sentence says why not."""

from __future__ import annotations

import errno
import gzip
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from weights_server import BODY, ETAG, Request, Route, cuts_off, hosting, missing, whole

from render.errors import RoomError
from render.weights import cache, fetch
from render.weights.catalogue import Weights

HASH = sha256(BODY).hexdigest()
OTHER = bytes(reversed(BODY))
KNOWN = Weights("known", "known.bin", (), len(BODY), HASH, "free", "inception_v1", None)
UNKNOWN = replace(KNOWN, name="unknown", size=0, sha256="")
ABOUT = replace(KNOWN, name="about", size=len(BODY) + 999, exact=False, sha256=HASH[:8])


@pytest.fixture(autouse=True)
def straight(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands before loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Download:
    """A download into a folder: what it gave, what it said, how far it said that it was."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "known.bin"
        self.words: list[str] = []
        self.here: list[int] = []

    def __call__(self, weights: Weights, *addresses: str) -> str:
        weights = replace(weights, addresses=addresses)
        return fetch.download(weights, self.path, self.words.append, lambda here, total: self.here.append(here))

    @property
    def left(self) -> set[str]:
        return {path.name for path in self.path.parent.iterdir()}


@pytest.fixture
def download(tmp_path: Path) -> Download:
    return Download(tmp_path)


def sends(body: bytes, code: int = 200, sent: int | None = None, **headers: str) -> Route:
    """Answers so, whatever it is asked."""
    return lambda request: request.answer(code, body, sent, **headers)


def redirects(to: str) -> Route:
    return lambda request: request.answer(302, b"", Location=to)


# ---- it comes


@pytest.mark.parametrize("weights", [KNOWN, UNKNOWN, ABOUT], ids=lambda weights: weights.name)
def test_a_file_comes_whole_and_leaves_nothing_beside_it(download: Download, weights: Weights) -> None:
    with hosting(file=whole()) as host:
        assert download(weights, host.at("file")) == HASH
    assert download.path.read_bytes() == BODY
    assert download.left == {"known.bin"}
    assert download.here[-1] == len(BODY)
    assert download.here == sorted(download.here)


def test_the_second_address_serves_where_the_first_has_nothing(download: Download) -> None:
    with hosting(file=whole()) as host:
        download(KNOWN, host.at("gone"), host.at("file"))
    assert download.path.read_bytes() == BODY
    assert "answers 404" in download.words[0]


def test_a_host_that_cannot_be_reached_gives_way_to_the_next(download: Download) -> None:
    with hosting() as gone:
        pass
    with hosting(file=whole()) as host:
        download(KNOWN, gone.at("file"), host.at("file"))
    assert "cannot be reached" in download.words[0]


def test_redirects_are_followed_and_keep_the_range(download: Download) -> None:
    with hosting(moved=redirects("/file"), file=cuts_off(150_000, times=1)) as host:
        download(KNOWN, host.at("moved"))
    asked = [(path, bool(span)) for path, span, _ in host.requests]
    assert asked == [("moved", False), ("file", False), ("moved", True), ("file", True)]
    assert download.path.read_bytes() == BODY


def test_redirects_without_end_are_one_sentence(download: Download) -> None:
    with hosting(a=redirects("/b"), b=redirects("/a")) as host, pytest.raises(fetch.UnfetchedError, match="without end"):
        download(KNOWN, host.at("a"))


# ---- it breaks off


@pytest.mark.parametrize("weights", [KNOWN, UNKNOWN, ABOUT], ids=lambda weights: weights.name)
def test_what_breaks_off_goes_on_where_it_stopped(download: Download, weights: Weights) -> None:
    with hosting(file=cuts_off(150_000, times=1)) as host:
        assert download(weights, host.at("file")) == HASH
    first, second = host.requests
    assert first == ("file", "", "")
    assert int(second[1].removeprefix("bytes=").removesuffix("-")) > 50_000, "what came was kept"
    assert second[2] == ETAG, "only of the same version"


def test_a_host_that_always_stops_near_the_end_does_not_fail_for_ever(download: Download) -> None:
    """torchvision #607: downloads that stop at 98 %, are taken for whole, and fail the hash until somebody removes them."""

    def stops(request: Request) -> None:
        missing(request) if request.start else cuts_off(294_000)(request)

    with hosting(stops=stops, file=whole()) as host:
        with pytest.raises(fetch.UnfetchedError):
            download(KNOWN, host.at("stops"))
        assert not download.path.exists()
        came = cache.part_of(download.path).stat().st_size
        assert came > 200_000
        assert download(KNOWN, host.at("file")) == HASH
    assert host.requests[-1] == ("file", f"bytes={came}-", ""), "the next time, at whichever host, only the rest is asked for"


def test_a_file_that_changed_meanwhile_begins_anew(download: Download) -> None:
    with hosting(file=cuts_off(150_000, OTHER, '"old"', times=1)) as host:
        first = cuts_off(150_000, OTHER, '"old"')
        after = whole()
        host.routes["file"] = lambda request: (after if request.start else first)(request)
        assert download(UNKNOWN, host.at("file")) == HASH
    assert host.requests[1][2] == '"old"'
    assert download.path.read_bytes() == BODY


@pytest.mark.parametrize("etag", ['W/"weak"', ""])
def test_without_a_strong_name_for_the_version_only_a_hash_lets_it_go_on(download: Download, etag: str) -> None:
    def route(request: Request) -> None:
        cuts(request) if len(host.requests) == 1 else whole(etag=etag)(request)

    cuts = cuts_off(150_000, etag=etag)
    for weights, resumes in ((UNKNOWN, False), (KNOWN, True)):
        with hosting(file=route) as host:
            assert download(weights, host.at("file")) == HASH
        assert bool(host.ranges()[1]) == resumes
        assert not host.requests[1][2]
        download.path.unlink()


def test_a_whole_part_of_a_killed_process_is_not_fetched_again(download: Download) -> None:
    cache.part_of(download.path).write_bytes(BODY)
    with hosting(file=whole()) as host:
        assert download(KNOWN, host.at("file")) == HASH
    assert host.requests == []


# ---- it lies


def shifted(request: Request) -> None:
    """Says a range and sends the beginning."""
    start = request.start
    if not start:
        return request.answer(200, BODY, 150_000, ETag=ETAG)
    return request.answer(206, BODY[: len(BODY) - start], Content_Range=f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")


def misplaced(request: Request) -> None:
    """Says another range than it was asked for."""
    start = request.start
    if not start:
        return request.answer(200, BODY, 150_000, ETag=ETAG)
    return request.answer(206, BODY[5:], Content_Range=f"bytes 5-{len(BODY) - 1}/{len(BODY)}")


def deaf(request: Request) -> None:
    """Ignores ranges, and sends all again."""
    request.answer(200, BODY, None if request.start else 150_000, ETag=ETAG)


def sated(request: Request) -> None:
    """Says that there is nothing after what it sent."""
    if request.start:
        return request.answer(416, b"")
    return request.answer(200, BODY, 150_000, ETag=ETAG)


@pytest.mark.parametrize("liar", [shifted, misplaced, deaf, sated])
def test_a_host_that_lies_about_ranges_never_gives_a_wrong_file(download: Download, liar: Route) -> None:
    with hosting(liar=liar, file=whole()) as host:
        assert download(KNOWN, host.at("liar"), host.at("file")) == HASH
    assert download.path.read_bytes() == BODY
    assert download.left == {"known.bin"}


LIES: dict[str, tuple[Callable[[Weights], bool], Route]] = {  # of which weights it shows, and what is sent
    "other bytes": (lambda weights: bool(weights.sha256), sends(OTHER)),
    "a shorter file": (lambda weights: bool(weights.sha256), sends(BODY[:1000])),
    "a longer file": (lambda weights: bool(weights.sha256), sends(BODY + b"more")),
    "an empty file": (lambda weights: True, sends(b"")),
    "a page that says that it is none": (lambda weights: True, sends(b"<!doctype html>", Content_Type="application/x")),
    "a web page": (lambda weights: True, sends(b"<html>sign in", Content_Type="text/html; charset=utf-8")),
    "gzip": (lambda weights: True, sends(gzip.compress(BODY), Content_Encoding="gzip")),
    "a piece unasked": (lambda weights: True, sends(BODY[:9], 206, Content_Range=f"bytes 0-8/{len(BODY)}")),
    "a fault": (lambda weights: True, sends(b"", 500)),
    "a length that is none": (lambda weights: bool(weights.sha256), sends(OTHER, Content_Length="")),
    "more than any file has": (lambda weights: True, sends(b"x", Content_Length=str(1 << 60))),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("weights", [KNOWN, UNKNOWN, ABOUT], ids=lambda weights: weights.name)
def test_what_is_not_the_file_never_gets_its_name(download: Download, weights: Weights, lie: str) -> None:
    shows, route = LIES[lie]
    if not shows(weights):
        return
    with hosting(liar=route, file=whole()) as host:
        with pytest.raises(fetch.UnfetchedError):
            download(weights, host.at("liar"))
        assert not download.path.exists()
        assert download(weights, host.at("liar"), host.at("file")) == HASH
    assert download.path.read_bytes() == BODY


def test_every_address_is_said_with_its_reason(download: Download) -> None:
    pages = {"page": sends(b"", Content_Type="text/html"), "wrong": sends(OTHER)}
    with hosting(**pages) as host, pytest.raises(fetch.UnfetchedError) as error:
        download(KNOWN, host.at("gone"), host.at("page"), host.at("wrong"))
    assert [word in error.value.message for word in ("404", "web page", "another file")] == [True] * 3
    assert "\n" not in error.value.message


# ---- the disk is full


def test_a_disk_that_fills_is_a_sentence_and_what_came_stays(download: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: object, chunk: bytes) -> None:
        if download.here and download.here[-1] > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, chunk)  # type: ignore[arg-type]

    write = fetch.write
    with hosting(file=whole()) as host:
        with monkeypatch.context() as patch:
            patch.setattr(fetch, "write", full)
            with pytest.raises(RoomError, match="full"):
                download(KNOWN, host.at("file"), host.at("file"))
        assert not download.path.exists()
        assert len(host.requests) == 1, "another host has no other disk"
        assert download(KNOWN, host.at("file")) == HASH
    assert host.requests[1][1] == f"bytes={download.here[1]}-"


def test_no_room_is_known_before_the_first_byte(download: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda folder: SimpleNamespace(free=len(BODY) - 1))
    with hosting(file=whole()) as host, pytest.raises(RoomError, match="missing"):
        download(KNOWN, host.at("file"))
    assert download.here == []


def test_a_folder_that_may_not_be_written_is_a_sentence(download: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: object, chunk: bytes) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(fetch, "write", refuse)
    with hosting(file=whole()) as host, pytest.raises(Exception, match="cannot be written: Permission denied"):
        download(KNOWN, host.at("file"))
