"""The guard: every request and every socket passes here first, and is refused or let in.

A server on one's own machine is a door for every page that the browser shows. So: only hosts by their names, only pages of this
server's own, a cookie for all that is somebody's; on sockets as on requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse

from render.studio.keys import Keys

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

OPEN = ("/", "/screen", "/enter", "/page/", "/favicon.ico")  # what needs no cookie: there is nothing of anybody in it
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Guard:
    """The ASGI application behind the door: every request and every socket passes here first."""

    app: Any
    keys: Keys
    hosts: frozenset[str]  # names with the port, as they stand in `Host`

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let in with the headers that every answer bears."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if reason := self.refusal(scope):
            await _refuse(scope, receive, send, *reason)
            return
        await self.app(scope, receive, _with_headers(send))

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason why this may not come in; None if it may."""
        hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return 421, "this server answers to its own names only"
        reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if (origins or not reads) and origins != [f"http://{hosts[0].lower()}"]:
            return 403, "only this server's own page may ask that"
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "POST"):
            return 405, "GET, HEAD and POST are answered"
        path = scope["path"]
        if not any(path == free or (free.endswith("/") and free != "/" and path.startswith(free)) for free in OPEN) and not (
            self.keys.knows("; ".join(_headers(scope, b"cookie")))
        ):
            return 403, "open the address that the terminal shows"
        return None


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()  # the handshake
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    await JSONResponse({"error": reason}, status)(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *own]}
        await send(message)

    return sending
