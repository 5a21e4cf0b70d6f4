"""Laws of the studio under load: whatever comes at its socket, memory stays flat and the film goes on."""

from __future__ import annotations

import os
import re
import signal
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="the studio is not installed: pip install -e .[studio]")
from studio_server import FILM, Studio, served
from tiny import CPU

from render.facts import load
from render.studio.orders import carry_out
from render.studio.protocol import IN_FLIGHT
from render.studio.script import Script
from render.studio.session import Session
from render.studio.setup import Setup

MEGABYTE = 1 << 20
LARGE = 100 * MEGABYTE  # of garbage
ROOM = 24 * MEGABYTE  # that a process may have more after it: allocators keep some of what they had
PATIENCE = 30.0  # seconds, at most, for what takes none

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="how much memory a process has stands in /proc")


def resident() -> int:
    """Bytes of memory that this process has now: the server is in it, and the clients hold next to nothing."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("load"), FILM.replace("96x54", "64x36"))
    with served(studio):
        yield studio


# ---- a client


@contextmanager
def connection(studio: Studio) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", studio.house.keys.port), PATIENCE) as line:
        yield line


def head(studio: Studio, first: str, *more: str) -> bytes:
    """The head of a request by the studio's own page, which has its cookie."""
    keys = studio.house.keys
    home = f"127.0.0.1:{keys.port}"
    own = (f"Host: {home}", f"Origin: http://{home}", f"Cookie: {keys.name}={keys.cookie}")
    return "\r\n".join((first, *own, *more, "", "")).encode()


def upgraded(studio: Studio, line: socket.socket) -> None:
    """Make it a WebSocket."""
    key = b64encode(os.urandom(16)).decode()
    wish = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")
    line.sendall(head(studio, "GET /live HTTP/1.1", *wish))
    assert line.recv(12) == b"HTTP/1.1 101"


def frame(content: bytes, said: int | None = None, kind: int = 0x81) -> bytes:
    """A frame of a WebSocket, masked with zeros; said: the length that it claims."""
    length = len(content) if said is None else said
    return bytes((kind, 0x80 | 127)) + length.to_bytes(8, "big") + bytes(4) + content


def pour(studio: Studio, begin: Callable[[socket.socket], None], content: bytes, amount: int) -> None:
    """Send so many bytes; where the server has enough and closes, over the next connection."""
    sent, ends = 0, monotonic() + 10 * PATIENCE
    while sent < amount:
        assert monotonic() < ends
        with connection(studio) as line, suppress(OSError):
            begin(line)
            while sent < amount:
                sent += line.send(content)


GARBAGE = np.random.default_rng(0).bytes(MEGABYTE)


def over_http(studio: Studio) -> None:
    pour(studio, lambda line: None, GARBAGE, LARGE)


def in_a_body(studio: Studio) -> None:
    pour(studio, lambda line: line.sendall(head(studio, "POST /enter HTTP/1.1", f"Content-Length: {LARGE}")), GARBAGE, LARGE)


def in_headers(studio: Studio) -> None:
    pour(studio, lambda line: line.sendall(b"GET / HTTP/1.1\r\n"), b"x: " + b"y" * 60_000 + b"\r\n", LARGE)


def in_a_socket(studio: Studio) -> None:
    pour(studio, lambda line: upgraded(studio, line), GARBAGE, LARGE)


def in_a_large_frame(studio: Studio) -> None:
    def begin(line: socket.socket) -> None:
        upgraded(studio, line)
        line.sendall(frame(b"", said=LARGE))

    pour(studio, begin, GARBAGE, LARGE)


def in_parts_without_end(studio: Studio) -> None:
    def begin(line: socket.socket) -> None:
        upgraded(studio, line)
        line.sendall(frame(b"{", kind=0x01))

    pour(studio, begin, frame(b" " * 60_000, kind=0x00), LARGE)


def in_messages(studio: Studio) -> None:
    pour(studio, lambda line: upgraded(studio, line), frame(b'{"type": "' + b"x" * 60_000 + b'"}'), LARGE // 10)


def in_pings(studio: Studio) -> None:
    """Each wants an answer, which is never read."""
    pour(studio, lambda line: upgraded(studio, line), (bytes((0x89, 0x80 | 125)) + bytes(129)) * 400, 8 * MEGABYTE)


LOADS = {
    load.__name__.replace("_", " "): load
    for load in (
        *(over_http, in_a_body, in_headers, in_a_socket, in_a_large_frame, in_parts_without_end),
        *(in_messages, in_pings),
    )
}


@contextmanager
def unharmed(studio: Studio) -> Iterator[None]:
    """Inside, memory stays flat; and after it the film goes on, nobody is left over, and who comes is answered."""
    before = resident()
    yield
    assert resident() - before < ROOM
    tick = studio.head
    wait_for(lambda: studio.head > tick + 1, "the film goes on")
    wait_for(lambda: not len(studio.house.viewers), "nobody is left over")
    with connection(studio) as line:
        line.sendall(head(studio, "GET /state HTTP/1.1", "Connection: close"))
        assert line.recv(15) == b"HTTP/1.1 200 OK"


def wait_for(true: Callable[[], Any], what: str) -> None:
    ends = monotonic() + PATIENCE
    while not true():
        assert monotonic() < ends, what
        sleep(0.02)


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
def test_a_hundred_megabytes_of_garbage(load: Callable[[Studio], None], studio: Studio) -> None:
    with unharmed(studio):
        load(studio)


def test_a_page_that_never_acknowledges_gets_two_dreams_and_costs_nothing(studio: Studio) -> None:
    with unharmed(studio), connection(studio) as line:
        upgraded(studio, line)
        Thread(target=drain, args=(line, seen := bytearray()), daemon=True).start()
        tick = studio.head
        wait_for(lambda: studio.head > tick + 8, "the film goes on")
        assert 1 <= len(re.findall(rb'"serial":', bytes(seen))) <= IN_FLIGHT


def drain(line: socket.socket, into: bytearray) -> None:
    """Read, and answer nothing."""
    with suppress(OSError):
        while content := line.recv(MEGABYTE):
            into += content


def test_pages_that_never_read_cost_nothing(studio: Studio) -> None:
    """Dreams and messages for them are left out as they come."""
    with unharmed(studio):
        lines = [socket.create_connection(("127.0.0.1", studio.house.keys.port), PATIENCE) for _ in range(20)]
        for line in lines:
            upgraded(studio, line)
        for number in range(2000):
            studio.house.viewers.tell({"type": "said", "text": f"{number} " + "x" * 1000, "hint": "", "grave": False})
        tick = studio.head
        wait_for(lambda: studio.head > tick + 4, "the film goes on")
        assert resident() > 0
        for line in lines:
            line.close()


def come_and_go(studio: Studio, times: int) -> None:
    for _ in range(times):
        with connection(studio) as line:
            upgraded(studio, line)


@pytest.mark.parametrize("times", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_pages_that_come_and_go_leave_nothing(times: int, studio: Studio) -> None:
    come_and_go(studio, 20)
    with unharmed(studio):
        come_and_go(studio, times)


# ---- the end


def test_ctrl_c_loses_nothing(command: Any, tiny_network: None, tmp_path: Path) -> None:
    """The command itself, interrupted as a terminal does it: it ends after the dream at work, and the live take is a take."""
    studio = Studio(tmp_path)
    Thread(target=interrupt, args=(studio.runs / "garden-live/take-001/negative/tick-000003.safetensors",), daemon=True).start()
    said = command("studio", str(studio.file), "--no-browser", "--port", "0", "-o", str(studio.runs))
    assert said.code == 0, said.words
    assert "studio: closed; what was flown is in" in said.words
    (take,) = (studio.runs / "garden-live").glob("take-*")
    assert "motion" in (take / "flight.yaml").read_text()
    again = command(str(take / "flight.yaml"), "-o", str(studio.runs), "--set", "outputs=last.png")
    assert again.code == 0, again.words


def interrupt(after: Path) -> None:
    """Press Ctrl-C once that file is there."""
    wait_for(after.exists, "the film is flown")
    os.kill(os.getpid(), signal.SIGINT)


# ---- a long flight


RATE = 4  # dreams a second of film


class Nobody:
    """An audience that is not there."""

    def tell(self, message: dict[str, Any]) -> None: ...

    def show(self, dream: bytes) -> None: ...


@pytest.mark.parametrize("minutes", [0.5, pytest.param(60, marks=pytest.mark.slow)])
def test_memory_is_flat_in_a_long_flight_whose_hand_never_rests(minutes: float, tmp_path: Path, tiny_network: None) -> None:
    """An hour at 64x36, as fast as it goes; every dream is kept, and every move of the hand."""
    text = FILM.replace("96x54", "64x36").replace("rate: 8", f"rate: {RATE}")
    studio = Studio(tmp_path, text)
    setup = Setup(Script(load(studio.file), ""), studio.runs, CPU, share=0.5, govern=False, pace=False)
    session = Session(setup, Nobody(), carry_out)
    session.start_over()
    ticks = round(minutes * 60 * RATE)
    warm, before = ticks // 4, 0
    for tick in range(ticks):
        session.set({"motion.center.0": 0.5 + 0.3 * np.sin(tick / 20), "motion.center.1": 0.5 + 0.3 * np.cos(tick / 31)})
        session.advance()
        if tick == warm:
            before = resident()
    assert resident() - before < ROOM
    assert session.live_take.negative.count() == ticks + 1
    session.close()
