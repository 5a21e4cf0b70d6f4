"""The studio's page as a picture: a film flown a little in Chromium, its handles open."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright
from studio_gif import open_page, serve, wait_for_newest

from book.strip import save

WINDOW = (1200, 675)  # CSS pixels
DREAMS = 14  # before the picture is taken: by then the film has grown out of its noise


def photograph(film: str, target: Path) -> None:
    """Fly a film, and write what the page shows."""
    with TemporaryDirectory() as folder, serve(Path(film), Path(folder)) as (session, address), sync_playwright() as playwright:
        page = open_page(playwright, *WINDOW)
        page.goto(address)
        page.keyboard.press("1")
        page.mouse.move(520, 300)
        for _ in range(DREAMS):
            while session.obey(0.05):
                pass
            session.advance()
        wait_for_newest(page, session, lambda: page.wait_for_timeout(100))
        page.mouse.move(530, 310)  # the controls come when the hand moves
        page.wait_for_timeout(500)
        picture = Image.open(io.BytesIO(page.screenshot()))
        page.close()
    save(picture, target)
