"""A host of files on loopback that can be told to misbehave: what it was asked is in `requests`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread

BODY = Random(7).randbytes(300_000)  # several pieces of a download
ETAG = '"version-1"'


@dataclass
class Host:
    """A server and what it was asked."""

    address: str  # http://127.0.0.1:PORT
    routes: dict[str, Callable[[Request], None]]  # path -> what is done with a request
    requests: list[tuple[str, str, str]] = field(default_factory=list)  # path, Range, If-Range

    def at(self, path: str) -> str:
        return f"{self.address}/{path}"

    def ranges(self) -> list[str]:
        """The Range of every request, in order."""
        return [asked for _, asked, _ in self.requests]


class Request(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    host: Host

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.host.requests.append((name, self.headers.get("Range", ""), self.headers.get("If-Range", "")))
        self.host.routes.get(name, missing)(self)

    def answer(self, code: int, body: bytes, sent: int | None = None, **headers: str) -> None:
        """An answer, of whose body only `sent` bytes come; Content_Type is the header Content-Type."""
        self.send_response(code)
        for key, value in ({"Content_Length": str(len(body))} | headers).items():
            if value:
                self.send_header(key.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body if sent is None else body[:sent])
        self.close_connection = True

    @property
    def start(self) -> int:
        """Where the range begins that is asked for; 0 if the whole is."""
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))

    def log_message(self, format: str, *args: object) -> None: ...


Route = Callable[[Request], None]


def missing(request: Request) -> None:
    request.answer(404, b"there is nothing")


def whole(body: bytes = BODY, etag: str = ETAG) -> Route:
    """A host as it should be, with ranges."""

    def route(request: Request) -> None:
        start = request.start
        if not start or request.headers.get("If-Range", etag) != etag:
            return request.answer(200, body, ETag=etag)
        if start >= len(body):
            return request.answer(416, b"", Content_Range=f"bytes */{len(body)}")
        return request.answer(206, body[start:], ETag=etag, Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}")

    return route


def cuts_off(every: int, body: bytes = BODY, etag: str = ETAG, times: int = 99) -> Route:
    """Stops after so many bytes of each answer, so many times."""
    left = [times]

    def route(request: Request) -> None:
        start = request.start
        left[0] -= 1
        sent = every if left[0] >= 0 else None
        if not start or request.headers.get("If-Range", etag) != etag:
            return request.answer(200, body, sent, ETag=etag)
        return request.answer(206, body[start:], sent, ETag=etag, Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}")

    return route


@contextmanager
def hosting(**routes: Route) -> Iterator[Host]:
    """A host of these files, on loopback, for the block."""
    kind = type("Bound", (Request,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    kind.host = Host(f"http://127.0.0.1:{server.server_address[1]}", dict(routes))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield kind.host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
