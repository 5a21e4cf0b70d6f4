"""A studio for tests of its page: the real one, from door to dream, whose networks are tiny; and what pages said to it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any
from unittest.mock import patch

import cv2
import tiny
import torch

from render.dream import registry
from render.dream.network import Network
from render.facts import load
from render.picture.picture import to_pixels
from render.studio.door import House
from render.studio.jobs import Job
from render.studio.keys import Keys
from render.studio.orders import carry_out
from render.studio.script import Script
from render.studio.serve import Address, let_in, listen, listening, names, open_house
from render.studio.session import Message, Reply, Session
from render.studio.setup import Setup
from render.studio.watch import watch_film

TOKEN = "key"  # of every studio here, and good as often as one likes
FILM = """\
name: garden
size: 96x54
fps: 24
seed: 3
source: {image: photo.png}
motion: {zoom: 1.4, rotate: 4}  # slow
look: {hold: "0.5 + 0.3*sin(2*pi*s/4)"}
dream:
  rate: 8
  octaves: 1
  steps: 2
  first_steps: 2
  step_size: 0.04
  jitter: 2
  objective:
    - {garden: [eye, leaf, fern]}
    - {layer: shapes, weight: 0.8}
"""
RENDERED = """\
import json, sys
for tick in range(4):
    print(json.dumps({"tick": tick, "last": 3, "left": 3 - tick}), file=sys.stderr, flush=True)
print(sys.argv[1])
"""


class Studio:
    """A film that is flown, what pages ordered, and the house that they come to."""

    def __init__(self, folder: Path, text: str = FILM) -> None:
        self.folder, self.file, self.runs = folder, folder / "film.yaml", folder / "runs"
        cv2.imwrite(str(folder / "photo.png"), to_pixels(tiny.photo((54, 96), 3))[..., ::-1])
        self.file.write_text(text)
        self.heard: list[Message] = []  # all that pages ordered
        self.film = self.runs / "film.mp4"  # what a rendering gives
        self.house: House
        self.session: Session

    @property
    def head(self) -> int:
        """The newest tick."""
        return self.session.head

    @property
    def values(self) -> dict[str, float]:
        """The numbers as they are now."""
        return self.session.values()

    def carry(self, session: Session, message: Message, reply: Reply) -> None:
        """Do what is ordered, and remember it."""
        carry_out(session, message, reply)
        self.heard.append(message)

    def order(self, **message: Any) -> None:
        """Order something, as a page does, and wait until it is done."""
        done = threading.Event()
        self.session.post(message, lambda answer: done.set() if answer["type"] in ("done", "error") else None)
        assert done.wait(20), message

    def quiet(self, plays: bool = True) -> None:
        """As in the beginning: the film plays, or waits, nothing is set, and nothing was heard."""
        wanted = {"type": "play" if plays else "pause"}
        for order in ({"type": "live"}, wanted, {"type": "release", "keys": sorted(self.session.hand.moved)}):
            self.order(**order)
        self.heard.clear()

    def rendered(self, job: Job, root: Path) -> list[str]:
        """The command that stands for a rendering: it says how it gets on, and gives a film that is there."""
        return [sys.executable, "-S", "-c", RENDERED, str(self.film)]


def small(name: str) -> Callable[[Path | None, torch.device], Network]:
    """What loads a tiny network of that name."""
    return lambda weights, device: replace(tiny.network(), name=name)


@contextmanager
def served(studio: Studio, port: int = 0, plays: bool = True) -> Iterator[str]:
    """The studio behind an address of this machine, until the block ends."""
    listener = listen(Address("127.0.0.1", port))
    port = listener.getsockname()[1]
    with ExitStack() as stack:
        stack.enter_context(patch("render.studio.plates.STEPS", 3))
        stack.enter_context(patch.dict(registry.NETWORKS, {name: small(name) for name in ("bestiary", "efficientnet_lite0")}))
        stack.enter_context(patch("platformdirs.user_cache_path", lambda name, **more: studio.folder / "cache"))
        script = Script(load(studio.file), studio.file.read_text(), studio.file, lambda: load(studio.file))
        keys = Keys(port, b"k" * 32, TOKEN)
        keys.on_renewal = lambda token: setattr(keys, "token", TOKEN)
        studio.house = open_house(script, studio.runs, keys)
        stack.enter_context(listening(studio.house, listener, names("127.0.0.1", port)))
        setup = Setup(script, studio.runs, tiny.CPU, share=1, govern=False)
        studio.session = session = Session(setup, studio.house.viewers, studio.carry)
        session.jobs.command = studio.rendered
        session.playing = plays
        let_in(studio.house, session)
        watching = watch_film(studio.file, lambda: session.post({"type": "saved"}), session.ending)
        flying = threading.Thread(target=session.run)
        flying.start()
        while session.head < 0:
            sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            session.ending.set()
            flying.join(20)
            watching.join(5)
