"""Serving: the command `render studio`, from a film to a page in the browser, until Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import uvicorn

from render.errors import ConfigError, MissingError
from render.show.terminal import say, stoppable
from render.studio.door import House, make_app
from render.studio.keys import Keys, lasting_secret
from render.studio.protocol import MESSAGE
from render.studio.script import Script
from render.studio.viewers import Viewers

if TYPE_CHECKING:
    import torch

    from render.studio.session import Session

PORT = 8321
TRIES = 10  # ports after that one that will do, where it is taken and nobody asked for it
MOST_AT_ONCE = 64  # connections


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    port: int | None  # None: the usual one, or the next that is free


def serve(
    script: Script,
    root: Path,
    address: Address,
    browser: bool,
    pick_device: Callable[[], torch.device],
) -> None:
    """Serve the page and fly the film until Ctrl-C. Raises ConfigError where the port is taken, else as building a film."""
    listener = listen(address)
    port = listener.getsockname()[1]
    shown = "127.0.0.1" if address.host in ("127.0.0.1", "0.0.0.0", "localhost") else address.host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
    keys = Keys(port, lasting_secret(platformdirs.user_state_path("render")))
    keys.on_renewal = lambda token: say(f"studio: a page is open; for another browser: {url}#{token}")
    house = open_house(script, root, keys)
    with listening(house, listener, names(address.host, port)):
        say(f"studio: {url}#{keys.token}")
        if browser:
            threading.Thread(target=webbrowser.open, args=(f"{url}#{keys.token}",), daemon=True).start()
        _fly(script, root, house, pick_device)
    say(f"studio: closed; what was flown is in {root}")


def open_house(script: Script, root: Path, keys: Keys) -> House:
    """What the routes answer from, before there is a session."""
    house = House(keys, Viewers(), {"files": script.folder, "takes": root.absolute()})
    house.sound = script.config.audio.file if script.config.audio else None
    film = {
        "name": script.config.name,
        "file": str(script.file) if script.file else None,
        "folder": str(script.folder),
        "sound": house.sound is not None,
    }
    house.welcome = {"film": film, "take": ""}
    return house


def let_in(house: House, session: Session) -> None:
    """The session is there: whoever comes, and has come, is told what it can do, what its networks know, what it renders."""
    house.session, house.plates = session, session.wall.folders
    house.viewers.tell(session.vocabulary())
    house.viewers.tell(session.wall.knowledge())
    house.viewers.tell(session.jobs.message)


def _fly(script: Script, root: Path, house: House, pick_device: Callable[[], torch.device]) -> None:
    """Build the film, which takes seconds, and fly it. The first Ctrl-C ends it after the dream at work."""
    from render.studio.orders import carry_out
    from render.studio.session import Session
    from render.studio.setup import Setup
    from render.studio.status import notices
    from render.studio.watch import watch_film

    session = Session(Setup(script, root, pick_device()), house.viewers, carry_out)
    let_in(house, session)
    for notice in notices(session):
        say(notice)
    session.post({"type": "mend"}, lambda answer: say(answer["text"]) if "text" in answer else None)
    watcher = watch_film(script.file, lambda: session.post({"type": "saved"}), session.ending) if script.file else None
    try:
        with stoppable(session.ending):
            session.run()
    finally:
        session.ending.set()
        if watcher:
            watcher.join(2)


def listen(address: Address) -> socket.socket:
    """A socket that listens there."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    ports = [address.port] if address.port is not None else range(PORT, PORT + TRIES)
    for port in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address.host, port))
            listener.listen()  # who opens the address before the server answers waits, and is not refused
        except OSError as error:
            listener.close()
            reason = error.strerror or str(error)
            continue
        return listener
    taken = f"port {address.port}" if address.port is not None else f"ports {PORT} to {PORT + TRIES - 1}"
    raise ConfigError(f"{address.host}, {taken}: cannot be listened at ({reason})", "--port 0 takes any that is free")


def names(host: str, port: int) -> list[str]:
    """The names with the port that stand in `Host` of requests for this server."""
    own = [host] if host not in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::") else []
    return [f"{f'[{name}]' if ':' in name else name}:{port}" for name in ("127.0.0.1", "localhost", "::1", *own)]


@contextmanager
def listening(house: House, listener: socket.socket, hosts: list[str]) -> Iterator[None]:
    """Inside, a thread answers at the socket; at the end every page is told so."""
    options: dict[str, Any] = {
        "lifespan": "off",
        "log_config": None,
        "log_level": "critical",  # what a stranger sends is no news for the terminal
        "access_log": False,
        "server_header": False,
        "ws": "websockets-sansio",
        "ws_max_size": MESSAGE,
        "ws_per_message_deflate": False,  # a JPEG does not become smaller
        "limit_concurrency": MOST_AT_ONCE,
        "timeout_graceful_shutdown": 2,
    }
    server = uvicorn.Server(uvicorn.Config(make_app(house, hosts), **options))
    ready = threading.Event()

    async def answer() -> None:
        house.viewers.send_on(asyncio.get_running_loop())
        ready.set()
        await server.serve(sockets=[listener])
        for connection in list(server.server_state.connections):  # pages that do not let go
            connection.transport.abort()
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: asyncio.run(answer()), name="studio-door", daemon=True)
    thread.start()
    if not ready.wait(10):
        raise MissingError("the server did not begin")
    try:
        yield
    finally:
        house.viewers.soon(house.ending.set)
        server.should_exit = True
        thread.join(5)
