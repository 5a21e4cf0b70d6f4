"""Laws of the studio's door: who may come in, on requests and on sockets; and that whoever does not read costs nothing."""

from __future__ import annotations

import asyncio
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from render.studio.door import House, make_app
from render.studio.keys import Keys, lasting_secret
from render.studio.protocol import MESSAGE, pack_dream
from render.studio.serve import names
from render.studio.viewers import LOST, MOST_TEXTS, Viewer, Viewers

with warnings.catch_warnings():  # newer ones would have another client than httpx, which older ones know nothing of
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PORT = 8321
HOME = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOME}"


@pytest.fixture
def house(tmp_path: Path) -> House:
    film, takes = tmp_path / "film", tmp_path / "runs"
    for folder in (film, takes, film / "inside", film / ".git"):
        folder.mkdir()
    for path in (
        film / "a.png",
        film / "inside/b.mp4",
        film / ".git/c.png",
        takes / "d.gif",
        tmp_path / "secret.png",
        film / "f.yaml",
    ):
        path.write_bytes(b"content")
    (film / "link.png").symlink_to(tmp_path / "secret.png")
    (film / "away").symlink_to(tmp_path)
    house = House(Keys(PORT), Viewers(), {"files": film, "takes": takes})
    house.welcome = {"film": {"name": "film"}, "take": ""}
    house.viewers.tell({"type": "state", "tick": 1})
    return house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(make_app(house, names("127.0.0.1", PORT)), base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


def with_cookie(house: House, **headers: str) -> dict[str, str]:
    return {"cookie": f"{house.keys.name}={house.keys.cookie}", **headers}


# ---- hosts, origins and cookies: what is asked, and whether it is let in; for a request and for a socket

WHO: dict[str, tuple[dict[str, str], bool]] = {
    "this page": ({"host": HOME, "origin": ORIGIN}, True),
    "by another of its names": ({"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}, True),
    "IPv6": ({"host": f"[::1]:{PORT}", "origin": f"http://[::1]:{PORT}"}, True),
    "in capitals": ({"host": f"LOCALHOST:{PORT}", "origin": f"http://localhost:{PORT}"}, True),
    "a name that was bound again": ({"host": f"evil.example:{PORT}", "origin": f"http://evil.example:{PORT}"}, False),
    "no port": ({"host": "127.0.0.1", "origin": "http://127.0.0.1"}, False),
    "another port": ({"host": "127.0.0.1:80", "origin": "http://127.0.0.1:80"}, False),
    "a name that only begins so": ({"host": f"127.0.0.1.evil.example:{PORT}", "origin": ORIGIN}, False),
    "a name and more": ({"host": f"{HOME}@evil.example", "origin": ORIGIN}, False),
    "an empty host": ({"host": "", "origin": ORIGIN}, False),
    "another page": ({"host": HOME, "origin": "http://evil.example"}, False),
    "another page of this machine": ({"host": HOME, "origin": "http://127.0.0.1:3000"}, False),
    "its other name": ({"host": HOME, "origin": f"http://localhost:{PORT}"}, False),
    "https": ({"host": HOME, "origin": f"https://{HOME}"}, False),
    "a page of no origin": ({"host": HOME, "origin": "null"}, False),
    "an origin that goes on": ({"host": HOME, "origin": f"{ORIGIN}.evil.example"}, False),
    "an empty origin": ({"host": HOME, "origin": ""}, False),
    "no origin at all": ({"host": HOME}, False),
}
each_one = pytest.mark.parametrize(("headers", "welcome"), WHO.values(), ids=WHO)


@each_one
def test_who_may_ask_for_a_change(headers: dict[str, str], welcome: bool, house: House, client: TestClient) -> None:
    answer = client.post("/enter", json={"token": house.keys.token}, headers=headers)
    assert answer.status_code == (204 if welcome else 421 if "origin" in headers and headers["host"] not in (HOME,) else 403)
    assert ("set-cookie" in answer.headers) == welcome


@each_one
def test_who_may_open_a_socket(headers: dict[str, str], welcome: bool, house: House, client: TestClient) -> None:
    for cookie in (True, False):
        asked = with_cookie(house, **headers) if cookie else dict(headers)
        if welcome and cookie:
            with client.websocket_connect("/live", headers=asked) as socket:
                assert socket.receive_json()["type"] == "welcome"
        else:
            with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/live", headers=asked):
                pass
            assert closed.value.code == 1008
    assert len(house.viewers) == 0


@each_one
def test_who_may_read(headers: dict[str, str], welcome: bool, house: House, client: TestClient) -> None:
    """A page of one's own that reads by GET sends no origin; any other origin is refused all the same."""
    reads = welcome or headers == {"host": HOME}
    assert (client.get("/state", headers=with_cookie(house, **headers)).status_code == 200) == reads
    assert client.get("/state", headers=headers).status_code in (403, 421)


COOKIES = ["", "x=y", "render-studio-8321=", "render-studio-8321=0000", "render-studio-8322={cookie}", "{name}={cookie}0"]


@pytest.mark.parametrize("cookie", COOKIES)
def test_a_cookie_that_is_none(cookie: str, house: House, client: TestClient) -> None:
    text = cookie.format(name=house.keys.name, cookie=house.keys.cookie)
    for path in ("/state", "/vocabulary", "/files/a.png", "/takes/d.gif", "/tick/0.jpg", "/sound", "/plate/x/y/1.jpg"):
        assert client.get(path, headers={"cookie": text}).status_code == 403


def test_a_token_is_good_once(house: House, client: TestClient) -> None:
    token, heard = house.keys.token, []
    house.keys.on_renewal = heard.append
    for wrong in ("", "x", token + "x", token[:-1], None, 7, [token], {"a": token}):
        assert client.post("/enter", json={"token": wrong}, headers={"origin": ORIGIN}).status_code == 403
    first = client.post("/enter", json={"token": token}, headers={"origin": ORIGIN})
    assert first.status_code == 204
    words = first.headers["set-cookie"].lower()
    assert all(word in words for word in ("httponly", "samesite=strict", "path=/"))
    assert client.post("/enter", json={"token": token}, headers={"origin": ORIGIN}).status_code == 403
    assert heard == [house.keys.token] != [token]
    for body in (b"", b"[]", b"\xff", b'{"token": "\\ud800"}', b"[" * 30_000, b"x" * (MESSAGE + 1)):
        assert client.post("/enter", content=body, headers={"origin": ORIGIN}).status_code in (403, 413)


def test_the_secret_outlives_the_server_and_is_nobody_else_s(tmp_path: Path) -> None:
    secret = lasting_secret(tmp_path / "state")
    assert lasting_secret(tmp_path / "state") == secret
    assert Keys(PORT, secret).cookie == Keys(PORT, secret).cookie != Keys(PORT + 1, secret).cookie
    if os.name == "posix":
        assert (tmp_path / "state/studio.key").stat().st_mode & 0o077 == 0
    assert len(lasting_secret(Path("/dev/null/nowhere"))) == 32


# ---- files

PATHS = {
    "/files/a.png": 200,
    "/files/inside/b.mp4": 200,
    "/takes/d.gif": 200,
    "/files/f.yaml": 404,
    "/files/.git/c.png": 404,
    "/files/link.png": 404,
    "/files/away/secret.png": 404,
    "/files/%2e%2e/secret.png": 404,
    "/files/..%2fsecret.png": 404,
    "/files/inside/..%2f..%2f..%2fsecret.png": 404,
    "/files//etc/passwd": 404,
    "/files/%2fetc%2fpasswd": 404,
    "/files/a.png%00.jpg": 404,
    "/files/..\\secret.png": 404,
    "/files/" + "a/" * 3000 + "a.png": 404,
    "/files/inside": 404,
    "/files/": 404,
    "/other/a.png": 404,
    "/page/%2e%2e/door.py": 404,
    "/page/..%2fdoor.py": 404,
    "/tick/-1.jpg": 404,
    "/tick/0.jpg?width=99999999999999999999": 400,
    "/tick/0.jpg?width=x": 400,
    "/tick/0.jpg?width=0409600000": 400,
    "/tick/99999999999999999999.jpg": 404,
}


@pytest.mark.parametrize(("path", "status"), PATHS.items(), ids=[path[:40] for path in PATHS])
def test_files_and_paths(path: str, status: int, house: House, client: TestClient) -> None:
    answer = client.get(path, headers=with_cookie(house))
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' blob:")
    assert "access-control-allow-origin" not in answer.headers
    assert b"Traceback" not in answer.content


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods(method: str, house: House, client: TestClient) -> None:
    answer = client.request(method, "/state", headers=with_cookie(house, origin=ORIGIN))
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


# ---- what comes through the socket


def code_at_last(socket: Any) -> int:
    """The code that a socket is closed with, after whatever else is said."""
    try:
        while True:
            socket.receive_json()
    except WebSocketDisconnect as closed:
        return closed.code


NONSENSE: dict[str, Any] = {
    "no JSON": "garbage",
    "a list": "[]",
    "no type": "{}",
    "a type that is no word": '{"type": 3}',
    "deep": "[" * 20_000,
    "bytes": b"\x00\xff" * 1000,
}


@pytest.mark.parametrize("message", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_closes_a_socket_at_last(message: Any, house: House, client: TestClient) -> None:
    with client.websocket_connect("/live", headers=with_cookie(house, host=HOME, origin=ORIGIN)) as socket:
        assert [socket.receive_json()["type"] for _ in range(2)] == ["welcome", "state"]
        send = socket.send_bytes if isinstance(message, bytes) else socket.send_text
        for _ in range(10):
            send(message)
        assert code_at_last(socket) == 1003
    assert len(house.viewers) == 0


@pytest.mark.parametrize("message", ["x" * (MESSAGE + 1), b"x" * (MESSAGE + 1)])
def test_a_message_that_is_too_large_closes_the_socket(message: Any, house: House, client: TestClient) -> None:
    with client.websocket_connect("/live", headers=with_cookie(house, host=HOME, origin=ORIGIN)) as socket:
        (socket.send_bytes if isinstance(message, bytes) else socket.send_text)(message)
        assert code_at_last(socket) == 1009


def test_orders_before_there_is_a_film_are_answered(house: House, client: TestClient) -> None:
    with client.websocket_connect("/live", headers=with_cookie(house, host=HOME, origin=ORIGIN)) as socket:
        socket.send_json({"type": "play", "id": 3})
        said = [socket.receive_json() for _ in range(3)]
    assert (said[2]["type"], said[2]["id"]) == ("error", 3)


def test_pages_that_come_and_go_leave_nothing(house: House, client: TestClient) -> None:
    for _ in range(200):
        with client.websocket_connect("/live", headers=with_cookie(house, host=HOME, origin=ORIGIN)) as socket:
            socket.receive_json()
    assert len(house.viewers) == 0


# ---- flow


def dream(serial: int) -> bytes:
    return pack_dream({"serial": serial}, b"jpeg")


async def drain(viewer: Viewer) -> list[Any]:
    sent = []
    while True:
        try:
            sent.append(await asyncio.wait_for(viewer.next(), 0.01))
        except TimeoutError:
            return sent


def test_two_dreams_are_in_flight_and_the_newest_wins() -> None:
    async def play() -> None:
        viewer = Viewer()
        for serial in range(1, 100):
            viewer.show(serial, dream(serial))
            if serial <= 3:
                await drain(viewer)
        assert await drain(viewer) == []  # 1 and 2 are on their way
        viewer.ack(1)
        assert await drain(viewer) == [dream(99)]
        viewer.ack(7)  # one that never was
        viewer.show(100, dream(100))
        assert await drain(viewer) == []
        viewer.ack(99)
        assert await drain(viewer) == [dream(100)]

    asyncio.run(play())


def test_a_viewer_that_never_reads_holds_little_and_is_let_go() -> None:
    async def play() -> None:
        viewers, viewer = Viewers(), Viewer()
        viewers.add(viewer, {"type": "welcome"})
        for number in range(20_000):
            viewers.show(dream(number))
            viewers.tell({"type": "state", "tick": number})
            viewers.tell({"type": "values", "values": {str(number % 50): number}})
        assert not viewer.closing
        assert len(viewer._texts) == 3
        for number in range(MOST_TEXTS):
            viewers.tell({"type": "said", "text": str(number)})
        assert viewer._texts == []
        assert await viewer.next() == LOST

    asyncio.run(play())


def test_values_are_laid_over_each_other() -> None:
    async def play() -> None:
        viewer = Viewer()
        viewer.tell({"type": "values", "tick": 1, "values": {"a": 1, "b": 1}})
        viewer.tell({"type": "values", "tick": 2, "values": {"b": 2}})
        (text,) = await drain(viewer)
        assert json.loads(text) == {"type": "values", "tick": 2, "values": {"a": 1, "b": 2}}

    asyncio.run(play())


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("render.studio.NEEDS", ("uvicorn", "no_such_thing", "neither.this"))
    said = command("studio")
    assert said.code == 3
    assert "needs no_such_thing and neither.this, which are not installed" in said.words
    assert 'pip install "zoomdream[studio]"' in said.words


def test_a_film_that_is_not_there_has_a_cure(command: Any) -> None:
    for name in ("film.yaml", "photo.jpg", "film"):
        said = command("studio", name)
        assert said.code == 3
        assert f"{name}: there is no such film" in said.words
        assert "render new zoom > zoom.yaml" in said.words
