"""The studio's page as a picture: a film flown a little in Chromium, its handles open."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import studio_gif
from PIL import Image
from playwright.sync_api import sync_playwright

from book.strip import save

WINDOW = {"width": 1200, "height": 675}
DREAMS = 14  # before the picture is taken: by then the film has grown out of its noise


def photograph(film: str, target: Path) -> None:
    """Fly a film, and write what the page shows."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with TemporaryDirectory() as folder, studio_gif.studio(film, folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport=WINDOW)
        page.goto(address)
        studio_gif.dreams(page, 1)
        studio_gif.let_it_take_its_time(page)
        page.keyboard.press("1")
        page.mouse.move(520, 300)
        studio_gif.dreams(page, DREAMS)
        page.mouse.move(530, 310)  # the controls come when the hand moves
        page.wait_for_timeout(500)
        picture = Image.open(io.BytesIO(page.screenshot()))
        browser.close()
    save(picture, target)
