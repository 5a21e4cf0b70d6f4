"""Footage from picture files: one for each film frame, in the order that a person counts."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from glob import glob, has_magic
from hashlib import sha256
from pathlib import Path

from torch import Tensor

from render.errors import MissingError
from render.moment import Moment
from render.source import Source
from render.source.image import digest, image_size, picture

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})


def frames(files: list[Path], fit: str, size: tuple[int, int], fps: Fraction) -> Source:
    """Pictures as footage of `fps`, fitted to (height, width) and decoded when asked for; the last stays until the film ends.

    fps is the film's: prints at other rates show the same pictures at the same times. MissingError if one is not a picture.
    """
    for file in files:
        image_size(file)
    digests = [*map(digest, files)]

    @lru_cache(maxsize=2)  # the two sides of a tick
    def decode(index: int) -> Tensor:
        return picture(files[index], fit, size)

    def index(moment: Moment) -> int:
        # A tick between two film frames sits on the nearer one.
        return min(round(moment.seconds * fps), len(files) - 1)

    return Source(
        lambda moment: decode(index(moment)),
        moves=True,
        digest=sha256("".join(digests).encode()).hexdigest(),
        picture_id=lambda moment: digests[index(moment)],
    )


def picture_files(pattern: str) -> list[Path]:
    """The picture files that a pattern such as `shots/*.png`, or a folder, means, in natural order; MissingError if none."""
    place = Path(pattern)
    if place.is_dir():
        files = [path for path in place.iterdir() if path.suffix.lower() in ENDINGS and not path.name.startswith(".")]
    else:
        files = [Path(path) for path in glob(pattern, recursive=True)] if has_magic(pattern) else [place]
    files = sorted((path for path in files if path.is_file()), key=natural_order)
    if not files:
        raise MissingError(f"{pattern}: there are no pictures here")
    return files


def natural_order(path: Path) -> tuple[list[str | int], str]:
    """A sorting key by which shot9 comes before shot10."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], str(path)
