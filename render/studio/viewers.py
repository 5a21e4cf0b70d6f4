"""Viewers: the pages that look on. Each is sent the newest dream when it has a place free, and what it missed is left out.

The session tells and shows from its own thread; all else here belongs to the server's loop. A viewer that does not read holds
two dreams and a few messages, whatever comes: nobody waits for it, and nothing piles up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from render.studio.protocol import IN_FLIGHT, unpack_dream

Message = dict[str, Any]
KEPT = ("state", "vocabulary", "knowledge", "jobs", "fault")  # messages that whoever comes later is told, too
NEWEST = (*KEPT, "values")  # messages of which the newest says it all; values are laid over each other
LOST = 1013  # code with which who is too far behind is let go
MOST_TEXTS = 512  # messages that wait for one viewer; who is behind by more is let go


class Viewer:
    """One page's socket, as far as what goes out to it."""

    def __init__(self) -> None:
        self.closing = 0  # the code to close with, once what waits was sent; LOST at once
        self._texts: list[Message] = []
        self._dream: tuple[int, bytes] | None = None  # the newest that it was not sent
        self._in_flight: list[int] = []
        self._wake = asyncio.Event()

    def tell(self, message: Message) -> None:
        """A message is to be sent."""
        for index, other in enumerate(self._texts):
            if message["type"] in NEWEST and other["type"] == message["type"]:
                self._texts[index] = _merge(other, message)
                return
        if len(self._texts) >= MOST_TEXTS:
            self._texts = []
            self.close(LOST)
        elif not self.closing:
            self._texts.append(message)
        self._wake.set()

    def close(self, code: int) -> None:
        """Let the page go, with what it was told before."""
        self.closing = self.closing or code
        self._wake.set()

    def show(self, serial: int, dream: bytes) -> None:
        """A dream is to be sent, if there is a place for it before the next comes."""
        self._dream = serial, dream
        self._wake.set()

    def ack(self, serial: object) -> None:
        """The page has decoded a dream, and with it all that were sent before."""
        if isinstance(serial, int) and serial in self._in_flight:
            self._in_flight = self._in_flight[self._in_flight.index(serial) + 1 :]
            self._wake.set()

    async def next(self) -> str | bytes | int:
        """What to send next, when there is something; or the code to close with."""
        while True:
            if self._texts:
                return json.dumps(self._texts.pop(0), ensure_ascii=False)
            if self.closing:
                return self.closing
            if self._dream and len(self._in_flight) < IN_FLIGHT:
                (serial, dream), self._dream = self._dream, None
                self._in_flight.append(serial)
                return dream
            self._wake.clear()
            await self._wake.wait()


def _merge(before: Message, after: Message) -> Message:
    if after["type"] != "values":
        return after
    return {**after, "values": {**before["values"], **after["values"]}}


class Viewers:
    """All of them, and what one that comes now is told first."""

    def __init__(self) -> None:
        self.latest: dict[str, Message] = {}
        self.dream: tuple[int, bytes] | None = None
        self._viewers: set[Viewer] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def send_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop that sends."""
        self._loop = loop

    def __len__(self) -> int:
        return len(self._viewers)

    def add(self, viewer: Viewer, welcome: Message) -> None:
        """A page is there."""
        viewer.tell(welcome)
        for kind in KEPT:
            if kind in self.latest:
                viewer.tell(self.latest[kind])
        if self.dream:
            viewer.show(*self.dream)
        self._viewers.add(viewer)

    def remove(self, viewer: Viewer) -> None:
        """A page is gone."""
        self._viewers.discard(viewer)

    # ---- from the session's thread

    def tell(self, message: Message) -> None:
        """Tell all."""
        self.soon(lambda: self._tell(message))

    def show(self, dream: bytes) -> None:
        """Show all."""
        self.soon(lambda: self._show(dream))

    def answer(self, viewer: Viewer) -> Callable[[Message], None]:
        """How a viewer is answered from another thread."""
        return lambda message: self.soon(lambda: viewer.tell(message))

    def soon(self, act: Callable[[], None]) -> None:
        """Do something on the loop that sends."""
        if self._loop is None:
            act()
            return
        with suppress(RuntimeError):  # the loop has ended, and nobody looks on
            self._loop.call_soon_threadsafe(act)

    def _tell(self, message: Message) -> None:
        if message["type"] == "mended":
            self.latest.pop("fault", None)
        if message["type"] in KEPT:
            self.latest[message["type"]] = message
        for viewer in self._viewers:
            viewer.tell(message)

    def _show(self, dream: bytes) -> None:
        serial = int(unpack_dream(dream)[0]["serial"])
        self.dream = serial, dream
        for viewer in self._viewers:
            viewer.show(serial, dream)
