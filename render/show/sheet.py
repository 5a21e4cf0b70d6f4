"""Sheets. Rows of small pictures with captions under a title: what atlases and sweeps are shown on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from render.develop.ffmpeg import Pixels
from render.show.plot import BRIGHT, DIM, GROUND

Colour = tuple[int, ...]

ACCENT = (234, 180, 96)
NARROWEST = 620  # pixels: room for a title

# pixels
MARGIN, GUTTER, GAP, HEAD, FOOT, CAPTION, LINE = 56, 264, 12, 132, 40, 30, 20


@dataclass(frozen=True)
class Cell:
    """A picture and the words below it."""

    picture: Pixels  # [height, width, 3], of one size on a sheet
    caption: str


@dataclass(frozen=True)
class Row:
    """Pictures side by side; what they are of stands in the gutter before them."""

    cells: Sequence[Cell]
    heading: str = ""
    lines: Sequence[str] = ()


def draw(title: str, subtitle: str, rows: Sequence[Row]) -> Pixels:
    """The sheet, [height, width, 3]: title above, captions below the pictures, what rows are of in the gutter."""
    gutter = GUTTER if any(row.heading for row in rows) else 0
    tall, wide = rows[0].cells[0].picture.shape[:2]
    across, pitch = max(len(row.cells) for row in rows), tall + GAP + CAPTION
    width = max(2 * MARGIN + gutter + across * (wide + GAP) - GAP, NARROWEST)
    paper = Image.new("RGB", (width, HEAD + len(rows) * pitch + FOOT), GROUND)
    pen = ImageDraw.Draw(paper)
    write(pen, (MARGIN, 58), title, 34, BRIGHT, room=width - 2 * MARGIN)
    write(pen, (MARGIN, 92), subtitle, 16, DIM, room=width - 2 * MARGIN)
    for number, row in enumerate(rows):
        top = HEAD + number * pitch
        if row.heading:
            write(pen, (MARGIN, top + 12), row.heading, 19, ACCENT, room=gutter - 20)
            lines = [line for fact in row.lines for line in wrap(fact, 34)]
            for place, line in enumerate(lines):
                write(pen, (MARGIN, top + 40 + place * LINE), line, 14, DIM)
        for column, cell in enumerate(row.cells):
            x = MARGIN + gutter + column * (wide + GAP)
            paper.paste(Image.fromarray(cell.picture), (x, top))
            write(pen, (x, top + tall + 15), cell.caption, 14, DIM, room=wide)
    return np.asarray(paper)


def write(
    pen: ImageDraw.ImageDraw, place: tuple[float, float], words: str, size: float, shade: Colour, room: float = 0
) -> None:
    """Words with their middle at a height; smaller if they would not fit `room` pixels."""
    font = ImageFont.load_default(size)
    if room and (long := pen.textlength(words, font)) > room:
        font = ImageFont.load_default(size * room / long)
    pen.text(place, words, shade, font, "lm")
