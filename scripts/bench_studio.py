"""The studio measured: what of a tick is not dreaming, dreams a second, how soon a hand is seen: scripts/bench --what studio.

The film is configs/zoom.yaml at the size that a session begins with; a page flies it in Chromium, where there is one.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any
from unittest.mock import patch

import torch

from render.facts import load
from render.studio import session as sessions
from render.studio.keys import Keys
from render.studio.orders import carry_out
from render.studio.script import Script
from render.studio.serve import Address, let_in, listen, listening, names, open_house
from render.studio.session import Session
from render.studio.setup import Setup

FILM = Path(__file__).parents[1] / "configs" / "zoom.yaml"
WARM = 4  # ticks before it is measured
HANDS = 12  # moves of the pointer
PATIENCE = 120  # seconds until the page shows its first dreams
APART = 1.5  # seconds from one to the next
SPY = """
window.felt = []; window.dreamed = []; window.frames = 0;
const locate = WebGL2RenderingContext.prototype.getUniformLocation, matrix = WebGL2RenderingContext.prototype.uniformMatrix3fv;
const hands = new Set(), decode = TextDecoder.prototype.decode;
WebGL2RenderingContext.prototype.getUniformLocation = function (program, name) {
  const place = locate.call(this, program, name);
  if (name === "hand") hands.add(place);
  return place;
};
WebGL2RenderingContext.prototype.uniformMatrix3fv = function (place, turned, numbers) {
  if (hands.has(place)) felt.push([performance.now(), window.frames, numbers[2]]);
  return matrix.call(this, place, turned, numbers);
};
TextDecoder.prototype.decode = function (...bytes) {
  const text = decode.apply(this, bytes);
  if (text.startsWith("{") && text.includes('"center"')) dreamed.push([performance.now(), JSON.parse(text).center[0]]);
  return text;
};
const count = () => { window.frames++; requestAnimationFrame(count); };
requestAnimationFrame(count);
"""
MOVE = """([share]) => {
  const canvas = document.querySelector("#picture"), box = canvas.getBoundingClientRect();
  felt.length = dreamed.length = 0;
  const at = { clientX: box.left + share * box.width, clientY: box.top + box.height / 2, pointerType: "mouse", bubbles: true };
  window.began = [performance.now(), frames];
  canvas.dispatchEvent(new PointerEvent("pointermove", at));
}"""
READ = """([share]) => {
  const first = felt.find(([, , x]) => Math.abs(x) > 1e-4), dream = dreamed.find(([, x]) => Math.abs(x - share) < 0.01);
  return [first && first[0] - began[0], first && first[1] - began[1], dream && dream[0] - began[0]];
}"""


class Nobody:
    """An audience that is not there."""

    def tell(self, message: dict[str, Any]) -> None: ...

    def show(self, dream: bytes) -> None: ...


def share_of_the_rest(ticks: int, share: float) -> dict[str, float]:
    """Of a tick, dreamed as fast as can be, while a hand moves: what is not dreaming. share: of the film's steps."""
    spent: list[float] = []

    def timed(film: Any, state: Any) -> Any:
        began = perf_counter()
        result = step(film, state)
        spent.append(perf_counter() - began)
        return result

    step = sessions.step
    with tempfile.TemporaryDirectory() as folder, patch.object(sessions, "step", timed):
        setup = Setup(Script(load(FILM), ""), Path(folder), torch.device("cpu"), share=share, govern=False, pace=False)
        session = Session(setup, Nobody(), carry_out)
        session.start_over()
        whole = []
        for tick in range(WARM + ticks):
            began = perf_counter()
            session.set({"motion.center.0": 0.4 + 0.01 * (tick % 20), "motion.center.1": 0.5})
            session.advance()
            whole.append(perf_counter() - began)
        height, width = session.film.scene.size
        how = f"{width}x{height}, {int(session.effort.steps)} steps"
        session.close()
    rest = [1 - dreaming / all_of_it for dreaming, all_of_it in zip(spent[WARM:], whole[WARM:], strict=True)]
    return {
        f"share of a tick that is not dreaming (0.1 is allowed), {how}": median(rest),
        f"dreams a second (6 are wanted), {how}": 1 / median(whole[WARM:]),
    }


def latency() -> dict[str, float]:
    """From a pointer's move to the frame that is drawn with it, and to the dream that was dreamed with it."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not chromium:
        return {}
    rows = []
    with tempfile.TemporaryDirectory() as folder, flown(Path(folder)) as address, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium).new_page(viewport={"width": 640, "height": 360})
        page.add_init_script(SPY)
        page.goto(address)
        until = perf_counter() + PATIENCE
        while not page.evaluate("dreamed.length > 8") and perf_counter() < until:
            page.wait_for_timeout(100)
        for hand in range(HANDS):
            share = 0.3 + 0.4 * (hand % 2)
            page.evaluate(MOVE, [share])
            page.wait_for_timeout(APART * 1000)
            rows.append(page.evaluate(READ, [share]))
    names_of = (
        "ms from a pointer's move to a changed pixel",
        "display frames from a pointer's move to a changed pixel (2 are allowed)",
        "ms from a pointer's move to a dream that was dreamed with it",
    )
    columns = [[figure for figure in column if figure is not None] for column in zip(*rows, strict=True)]
    felt = {name: median(column) for name, column in zip(names_of, columns, strict=True) if column}
    return felt | {f"of {HANDS} moves, dreams that came within {APART:g} s": len(columns[-1])}


@contextmanager
def flown(folder: Path) -> Iterator[str]:
    """The film, flown behind an address."""
    listener = listen(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    script = Script(load(FILM), "", FILM)
    house = open_house(script, folder, Keys(port, token="key"))
    with listening(house, listener, names("127.0.0.1", port)):
        session = Session(Setup(script, folder, torch.device("cpu")), house.viewers, carry_out)
        let_in(house, session)
        flying = threading.Thread(target=session.run)
        flying.start()
        try:
            while session.head < 0:
                sleep(0.05)
            yield f"http://127.0.0.1:{port}/#key"
        finally:
            session.ending.set()
            flying.join(60)


def studio(ticks: int) -> dict[str, float]:
    """All of it."""
    return share_of_the_rest(ticks, 0.25) | share_of_the_rest(ticks, 1.0) | latency()
