"""Sockets: a page's line to the session, from its coming to its going."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from anyio import create_task_group
from starlette.websockets import WebSocket, WebSocketDisconnect

from render.studio.protocol import MESSAGE, VERSION
from render.studio.viewers import Viewer

if TYPE_CHECKING:
    from render.studio.door import House

STRIKES = 10  # messages that mean nothing, after which a socket is closed


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
