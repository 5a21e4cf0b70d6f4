"""The door: the server's routes, and who may come in. `make_app` is an ASGI application; protocol.py says what it answers.

A server on one's own machine is a door for every page that the browser shows. So: only hosts by their names, only pages of this
server's own, a token for whoever opened it and a cookie from then on; on sockets as on requests.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import mimetypes
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import compare_digest, token_bytes, token_urlsafe
from typing import TYPE_CHECKING, Any

from anyio import create_task_group
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from render.errors import RenderError
from render.studio.protocol import MESSAGE, VERSION
from render.studio.viewers import Viewer, Viewers

if TYPE_CHECKING:
    from render.studio.session import Session

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

PAGE = Path(__file__).parent / "page"
TOKENS = PAGE.parents[1] / "show" / "page"  # tokens.css, which all pages share
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
TYPES = {  # of the files that are given out, by their endings; others are not
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".csv": "text/csv; charset=utf-8",
}
OF_PAGE = (".html", ".css", ".js", ".json", ".svg", ".woff2", ".png", ".jpg", ".webp")
OF_PROGRAMS = (".html", ".css", ".js", ".json", ".svg", ".woff2")
OF_PERSON = tuple(ending for ending in TYPES if ending not in OF_PROGRAMS)
STRIKES = 10  # messages that mean nothing, after which a socket is closed
WIDEST = 4096  # pixels of a tick that is asked for


# ---- keys


@dataclass
class Keys:
    """Who may come in: whoever has a token that was not used yet, and from then on the cookie."""

    port: int
    secret: bytes = field(default_factory=lambda: token_bytes(32), repr=False)  # of which the cookie is made
    token: str = field(default_factory=lambda: token_urlsafe(24), repr=False)  # good once
    renewed: Callable[[str], None] = lambda token: None  # hears of the next token

    @property
    def name(self) -> str:
        """Of the cookie: cookies of one host know no ports."""
        return f"render-studio-{self.port}"

    @property
    def cookie(self) -> str:
        """Its value, the same after a restart."""
        return hmac.new(self.secret, self.name.encode(), sha256).hexdigest()

    def trade(self, token: str) -> bool:
        """Whether this is the token; it is good no more."""
        if not compare_digest(token.encode(), self.token.encode()):
            return False
        self.token = token_urlsafe(24)
        self.renewed(self.token)
        return True

    def knows(self, cookies: str) -> bool:
        """Whether the header `Cookie` has it."""
        pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
        values = [value for name, _, value in pairs if name == self.name]
        return any(compare_digest(value.encode(), self.cookie.encode()) for value in values)


def kept_secret(folder: Path) -> bytes:
    """The secret of this user on this machine, made if there is none: pages that are open join a server that was restarted."""
    path = folder / "studio.key"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(token_bytes(32))
        secret = path.read_bytes()
        if len(secret) == 32:
            return secret
    return token_bytes(32)


# ---- the guard


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


# ---- what is behind it


class House:
    """What the routes answer from."""

    def __init__(self, keys: Keys, viewers: Viewers, roots: Mapping[str, Path]) -> None:
        self.keys, self.viewers, self.roots = keys, viewers, dict(roots)
        self.session: Session | None = None  # there as soon as the film is built
        self.welcome: dict[str, Any] = {}
        self.sound: Path | None = None
        self.plates: Mapping[str, Path] = {}  # of each network by its name, LAYER/NUMBER.jpg
        self.ending = asyncio.Event()


def make_app(house: House, hosts: Iterable[str]) -> Guard:
    """The application: `hosts` are the names, with the port, that the server answers to."""

    def route(path: str, answer: Callable[[House, Request], Awaitable[Response]], methods: tuple[str, ...] = ("GET",)) -> Route:
        async def endpoint(request: Request) -> Response:
            return await answer(house, request)

        return Route(path, endpoint, methods=list(methods))

    async def live(socket: WebSocket) -> None:
        await serve_socket(house, socket)

    routes = [
        route("/", _page("page.html")),
        route("/screen", _page("screen.html")),
        route("/favicon.ico", _page("icon.svg")),
        route("/page/{path:path}", _page()),
        route("/enter", _enter, ("POST",)),
        route("/state", _latest("state")),
        route("/vocabulary", _latest("vocabulary")),
        route("/knowledge", _latest("knowledge")),
        route("/tick/{number:int}.jpg", _tick),
        route("/sound", _sound),
        route("/plate/{network}/{path:path}", _plate),
        route("/{root}/{path:path}", _file),
        WebSocketRoute("/live", live),
    ]
    return Guard(
        Starlette(routes=routes, exception_handlers={404: _missing, 405: _missing, 500: _failed}), house.keys, frozenset(hosts)
    )


async def _missing(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "there is nothing here"}, getattr(error, "status_code", 404))


async def _failed(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "this is a fault of render"}, 500)


def nothing() -> Response:
    """The answer where there is nothing."""
    return JSONResponse({"error": "there is nothing here"}, 404)


def _page(name: str = "") -> Callable[[House, Request], Awaitable[Response]]:
    async def answer(house: House, request: Request) -> Response:
        file = name or request.path_params["path"]
        return give_file(TOKENS if file == "tokens.css" else PAGE, file, OF_PAGE)

    return answer


def give_file(root: Path, path: str, endings: tuple[str, ...]) -> Response:
    """A file below a folder, where it is of one of the kinds that are given out; wherever links lead."""
    try:
        file = (root / path).resolve(strict=True)
        inside = file.is_relative_to(root.resolve()) and file.is_file()
    except (OSError, ValueError, RuntimeError):
        return nothing()
    hidden = any(part.startswith(".") for part in Path(path).parts)
    if not inside or hidden or file.suffix.lower() not in endings:
        return nothing()
    return FileResponse(file, media_type=TYPES[file.suffix.lower()])


async def _enter(house: House, request: Request) -> Response:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MESSAGE:
            return JSONResponse({"error": "that is too much"}, 413)
    try:
        token = json.loads(body)["token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        token = None
    if not isinstance(token, str) or not house.keys.trade(token):
        return JSONResponse({"error": "this token is none, or was used already; the terminal shows a new one"}, 403)
    response = Response(status_code=204)
    response.set_cookie(house.keys.name, house.keys.cookie, max_age=30 * 24 * 3600, httponly=True, samesite="strict", path="/")
    return response


def _latest(kind: str) -> Callable[[House, Request], Awaitable[Response]]:
    async def answer(house: House, request: Request) -> Response:
        message = house.viewers.latest.get(kind)
        return JSONResponse(message) if message else nothing()

    return answer


async def _tick(house: House, request: Request) -> Response:
    width = request.query_params.get("width", "160")
    if not width.isascii() or not width.isdecimal() or not 16 <= int(width[:5]) <= WIDEST:
        return JSONResponse({"error": f"width: 16 to {WIDEST}"}, 400)
    session = house.session
    take = session.take if session else None
    if take is None:
        return nothing()
    return await run_in_threadpool(_small_tick, take.negative.folder, request.path_params["number"], int(width))


def _small_tick(folder: Path, number: int, width: int) -> Response:
    from render.develop import stills
    from render.develop.negative import Negative

    try:
        picture = stills.eight_bits(Negative(folder).read(number))
    except RenderError:
        return nothing()
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return Response(stills.jpeg(stills.resize_pixels(picture, (width, height))), media_type="image/jpeg")


async def _sound(house: House, request: Request) -> Response:
    if house.sound is None or not house.sound.is_file():
        return nothing()
    kind = TYPES.get(house.sound.suffix.lower()) or mimetypes.guess_type(house.sound.name)[0] or "application/octet-stream"
    return FileResponse(house.sound, media_type=kind)


async def _plate(house: House, request: Request) -> Response:
    folder = house.plates.get(request.path_params["network"])
    return give_file(folder, request.path_params["path"], (".jpg",)) if folder else nothing()


async def _file(house: House, request: Request) -> Response:
    root = house.roots.get(request.path_params["root"])
    return give_file(root, request.path_params["path"], OF_PERSON) if root else nothing()


# ---- the socket


async def serve_socket(house: House, socket: WebSocket) -> None:
    """A page, from its coming to its going."""
    await socket.accept()
    viewer = Viewer()
    house.viewers.add(viewer, {"type": "welcome", "version": VERSION, **house.welcome})
    try:
        async with create_task_group() as group:

            async def until_it_ends(work: Awaitable[None]) -> None:
                await work
                group.cancel_scope.cancel()

            group.start_soon(until_it_ends, _send(viewer, socket))
            group.start_soon(until_it_ends, _hear(house, viewer, socket))
            await house.ending.wait()
            viewer.tell({"type": "bye"})
            viewer.close(1001)
    finally:
        house.viewers.remove(viewer)


async def _send(viewer: Viewer, socket: WebSocket) -> None:
    """Send what there is, until the page is let go: nobody else writes to the socket."""
    with suppress(WebSocketDisconnect, RuntimeError, OSError):
        while not isinstance(message := await viewer.next(), int):
            await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message))
        await socket.close(message)


async def _hear(house: House, viewer: Viewer, socket: WebSocket) -> None:
    """Hear the page until it is gone; what is nonsense or too large lets it go."""
    strikes = 0
    with suppress(WebSocketDisconnect, RuntimeError, OSError):
        while (heard := await socket.receive())["type"] != "websocket.disconnect":
            text = heard.get("text")
            order = _parse(text)
            strikes += order is None
            if len(text or heard.get("bytes") or "") > MESSAGE:
                viewer.close(1009)
            elif order is None:
                viewer.tell({"type": "error", "text": "a message is a JSON object with a type", "hint": ""})
            elif order["type"] == "ack":
                viewer.ack(order.get("serial"))
            elif house.session is None:
                viewer.tell({"type": "error", **_id(order), "text": "the film is being built", "hint": "in a moment"})
            elif not viewer.closing:
                house.session.post(order, house.viewers.answer(viewer))
            if strikes >= STRIKES:
                viewer.close(1003)


def _parse(text: str | None) -> dict[str, Any] | None:
    """A message, or None where it is none."""
    try:
        message = json.loads(text or "", parse_constant=lambda word: None)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and isinstance(message.get("type"), str) else None


def _id(order: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": order["id"]} if "id" in order else {}
