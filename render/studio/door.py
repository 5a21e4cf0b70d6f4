"""The door: the server's routes. `make_app` is an ASGI application; protocol.py says what it answers, guard.py whom."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from render.errors import RenderError
from render.studio.assets import OF_PAGE, OF_PERSON, TYPES, give_file, nothing
from render.studio.guard import Guard
from render.studio.keys import Keys
from render.studio.protocol import MESSAGE
from render.studio.sockets import serve_socket
from render.studio.viewers import Viewers

if TYPE_CHECKING:
    from render.studio.session import Session

PAGE = Path(__file__).parent / "page"
TOKENS = PAGE.parents[1] / "show" / "page"  # tokens.css, which all pages share
WIDEST = 4096  # pixels of a tick that is asked for


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
        route("/", _document("page.html")),
        route("/screen", _document("screen.html")),
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
        Starlette(routes=routes, exception_handlers={404: _missing, 405: _missing, 500: _fault}), house.keys, frozenset(hosts)
    )


async def _missing(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "there is nothing here"}, getattr(error, "status_code", 404))


async def _fault(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "this is a fault of render"}, 500)


def _document(name: str) -> Callable[[House, Request], Awaitable[Response]]:
    """A page with the head that all pages begin with."""

    async def answer(house: House, request: Request) -> Response:
        return HTMLResponse("".join((PAGE / part).read_text("utf-8") for part in ("head.html", name)))

    return answer


def _page(name: str = "") -> Callable[[House, Request], Awaitable[Response]]:
    async def answer(house: House, request: Request) -> Response:
        file = name or request.path_params["path"]
        return give_file(TOKENS if file == "tokens.css" else PAGE, file, OF_PAGE)

    return answer


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
        return JSONResponse(message) if message else Response(status_code=204)  # the film is being built

    return answer


async def _tick(house: House, request: Request) -> Response:
    width = request.query_params.get("width", "160")
    if not re.fullmatch(r"[0-9]{2,4}", width) or not 16 <= int(width) <= WIDEST:
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
