"""Footage from picture files: one for each film frame, in the order that a person counts."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from torch import Tensor

from render.inputs import PICTURE
from render.moment import Moment
from render.source import Source
from render.source.image import digest, image_size, picture
from render.source.stamp import require_unchanged, stamp


def frames(files: list[Path], fit: str, size: tuple[int, int], fps: Fraction) -> Source:
    """Pictures as footage of `fps`, fitted to (height, width) and decoded when asked for; the last stays until the film ends.

    fps is the film's: prints at other rates show the same pictures at the same times. MissingError if one is not a picture.
    One that has changed when it is asked for raises a RenderError.
    """
    stamps = [stamp(file, PICTURE) for file in files]
    for file in files:
        image_size(file)
    digests = [*map(digest, files)]

    @lru_cache(maxsize=2)  # the two sides of a tick
    def decode(index: int) -> Tensor:
        frame = picture(files[index], fit, size)
        require_unchanged(files[index], PICTURE, stamps[index])
        return frame

    def index(moment: Moment) -> int:
        # A tick between two film frames sits on the nearer one.
        return min(round(moment.seconds * fps), len(files) - 1)

    return Source(
        lambda moment: decode(index(moment)),
        moves=True,
        digest=sha256("".join(digests).encode()).hexdigest(),
        picture_id=lambda moment: digests[index(moment)],
    )
