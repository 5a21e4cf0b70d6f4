"""The README's flight: a film flown in the studio's page by a hand that this draws, and a GIF of what the page showed.

The page's clock, the session and the hand go in lockstep, so that a slow machine makes the same GIF as a fast one.
"""

from __future__ import annotations

import argparse
import io
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, Playwright, sync_playwright

from render.config.model import OutputSettings
from render.develop import prints
from render.facts import load
from render.studio.keys import Keys
from render.studio.orders import carry_out
from render.studio.script import Script
from render.studio.serve import Address, let_in, listen, listening, names, open_house
from render.studio.session import Session
from render.studio.setup import Setup

WINDOW = (640, 360)  # CSS pixels of the page: so few that its words can be read in the GIF
CAMERA = ("motion.zoom=1.25", "motion.rotate=3")  # slower than the film says, for a GIF of few pictures
PER_DREAM = 2  # pictures from dream to dream
BEFORE = 5  # dreams before it begins
DREAMS = 20  # in it
HANDLES = range(8, 13)  # dreams in which the handles are open
GIF = {"width": 480, "size_limit": "2MB"}


def fly(film: Path, target: Path) -> None:
    """Fly the film and write the GIF."""
    with (
        TemporaryDirectory() as folder,
        serve(film, Path(folder), CAMERA) as (session, address),
        sync_playwright() as playwright,
    ):
        page = open_page(playwright, *WINDOW)
        page.clock.install()
        page.goto(address)
        rate = PER_DREAM * session.film.scene.clock.rate
        pictures = list(flight(page, session, 1000 / float(rate)))
        page.close()
        output = OutputSettings.model_validate({"file": "studio.gif", "fps": float(rate), **GIF})
        (made,), _ = prints.develop([output], lambda fps: iter(pictures), WINDOW, rate, Path(folder), "studio", "")
        shutil.copyfile(made, target)
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


def open_page(playwright: Playwright, width: int, height: int) -> Page:
    """A page of Chromium, so large in CSS pixels."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return playwright.chromium.launch(executable_path=chromium).new_page(viewport={"width": width, "height": height})


def wait_for_newest(page: Page, session: Session, wait: Callable[[], object]) -> None:
    """Wait until the page shows the newest dream. wait: lets the page's time go on a little."""
    while int(page.evaluate("document.querySelector('.scrub').value")) < session.head:
        wait()


@contextmanager
def serve(film: Path, folder: Path, overrides: Sequence[str] = ()) -> Iterator[tuple[Session, str]]:
    """The film, ready to be stepped by hand, behind an address."""
    listener = listen(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    script = Script(load(film, overrides), "", film)
    house = open_house(script, folder, Keys(port, token="key"))
    with listening(house, listener, names("127.0.0.1", port)):
        setup = Setup(script, folder, torch.device("cpu"), share=1, govern=False, pace=False)
        session = Session(setup, house.viewers, carry_out)
        let_in(house, session)
        session.pace.note = lambda dreaming, whole: None  # how fast this machine is, is none of the film's
        session.start_over()
        try:
            yield session, f"http://127.0.0.1:{port}/#key"
        finally:
            session.close()


def flight(page: Page, session: Session, apart: float) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a flight: the aim wanders over the picture, the handles come and go. apart: milliseconds of the page."""
    for number in range(-BEFORE, DREAMS):
        if number in (HANDLES.start, HANDLES.stop):
            page.keyboard.press("1")
        turn = 2 * math.pi * number / DREAMS
        box = page.locator("#picture").bounding_box()
        assert box
        x, y = 0.5 + 0.34 * math.sin(turn), 0.5 + 0.26 * math.sin(2 * turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.clock.run_for(40)  # after which the hand has sent where it is
        while session.obey(0.2):
            pass
        session.advance()
        wait_for_newest(page, session, lambda: page.clock.run_for(5))
        for _ in range(PER_DREAM):
            page.clock.run_for(apart)
            if number >= 0:
                shot = page.screenshot(type="png")
                yield np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", nargs="?", type=Path, default=Path("configs/zoom.yaml"))
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/studio.gif"))
    options = parser.parse_args()
    fly(options.film, options.output)
