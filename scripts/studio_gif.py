"""The README's flight: a film flown in the studio's page by a hand that this draws, and a GIF of what the page showed."""

from __future__ import annotations

import argparse
import io
import math
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

WINDOW = (760, 428)  # CSS pixels of the page
WIDTH = 440  # pixels of the GIF
FPS = 8  # of the GIF
COLOURS = 88  # of its palette
PER_DREAM = 2  # pictures taken from dream to dream: more is smoother, and larger
SIZE = "320x180"  # of a dream
FIRST = 6  # dreams before it begins
SHOWN = 40  # pictures in the GIF
HANDS = range(14, 26)  # pictures in which the handles are open
HOME = "document.querySelector('.scrub').value"


def fly(film: str, target: Path) -> None:
    """Fly the film and write the GIF."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with TemporaryDirectory() as folder, studio(film, folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
        page.goto(address)
        dreams(page, 1)
        let_it_take_its_time(page)
        dreams(page, FIRST)
        pictures = list(flight(page))
        browser.close()
    write(pictures, target)
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


@contextmanager
def studio(film: str, folder: str) -> Iterator[str]:
    """The studio with that film, and its address with the token."""
    command = [sys.executable, "-m", "render", "studio", film, "--port", "0", "--no-browser", "-o", folder]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        yield next(match[0] for line in process.stderr if (match := re.search(r"http://\S+#\S+", line)))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def let_it_take_its_time(page: Any) -> None:
    """Dream as the film says, however slow this machine: pictures are taken by dreams, not by the clock."""
    page.keyboard.press("4")
    page.evaluate("document.querySelector('#governs').click()")
    page.wait_for_timeout(500)
    page.select_option("#live-size", SIZE)
    page.keyboard.press("Escape")


def dreams(page: Any, count: int) -> None:
    """Wait for so many dreams."""
    begin = int(page.evaluate(HOME))
    while int(page.evaluate(HOME)) < begin + count:
        page.wait_for_timeout(20)


def flight(page: Any) -> Iterator[Image.Image]:
    """The pictures of a flight: the aim wanders over the picture, the handles come and go."""
    began = int(page.evaluate(HOME))
    for number in range(SHOWN):
        while (int(page.evaluate(HOME)) - began) * PER_DREAM < number - PER_DREAM:
            page.wait_for_timeout(10)
        if number in (HANDS.start, HANDS.stop):
            page.keyboard.press("1")
        turn = 2 * math.pi * number / SHOWN
        box = page.locator("#picture").bounding_box()
        x, y = 0.5 + 0.34 * math.sin(turn), 0.5 + 0.26 * math.sin(2 * turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        yield Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def write(pictures: list[Image.Image], target: Path) -> None:
    """The GIF: one palette for all of it, no dither, which would double its size."""
    height = round(WIDTH * WINDOW[1] / WINDOW[0])
    small = [picture.resize((WIDTH, height), Image.Resampling.LANCZOS) for picture in pictures]
    sheet = Image.new("RGB", (WIDTH, height * len(small)))
    for number, picture in enumerate(small):
        sheet.paste(picture, (0, number * height))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in small]
    frames[0].save(target, save_all=True, append_images=frames[1:], duration=1000 // FPS, loop=0, optimize=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", nargs="?", default="configs/zoom.yaml")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/studio.gif"))
    options = parser.parse_args()
    fly(options.film, options.output)
