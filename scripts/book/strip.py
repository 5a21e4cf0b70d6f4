"""Strips. Some moments of a film side by side, as one picture of a page: (film, seconds) -> JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
from PIL import Image

WIDTH = 1280  # of the whole strip: a page shows it at half of that on a usual screen
GAP, GROUND = 8, (14, 16, 20)
LARGEST = 290_000  # bytes; a picture in git stays below 300 KB
END = float("inf")


def seconds(text: str) -> list[float]:
    """The moments of `0,2.5,end`."""
    return [END if word.strip() == "end" else float(word) for word in text.split(",")]


def strip(film: Path, moments: Sequence[float], target: Path) -> None:
    """Write the frames of a film at these seconds, from left to right."""
    pictures = frames_at(film, moments)
    width = min((WIDTH - GAP * (len(pictures) - 1)) // len(pictures), pictures[0].width)
    height = round(width * pictures[0].height / pictures[0].width)
    sheet = Image.new("RGB", ((width + GAP) * len(pictures) - GAP, height), GROUND)
    for number, picture in enumerate(pictures):
        sheet.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (number * (width + GAP), 0))
    save(sheet, target)


def frames_at(film: Path, moments: Sequence[float]) -> list[Image.Image]:
    """The last frame at or before each moment."""
    pictures: list[Image.Image | None] = [None] * len(moments)
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            for number, moment in enumerate(moments):
                if pictures[number] is None or (frame.time or 0) <= moment:
                    pictures[number] = frame.to_image()
    return [picture for picture in pictures if picture]


def save(picture: Image.Image, target: Path) -> None:
    """Write a JPEG as good as the limit of a picture in git allows."""
    for quality in range(90, 40, -4):
        picture.convert("RGB").save(target, quality=quality, optimize=True, progressive=True)
        if target.stat().st_size <= LARGEST:
            return
