"""Planes. A decoded picture as numbers, upright: (frame of ffmpeg's) -> [3 or 4, H, W]. Without torch."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

UNTAGGED, BT709, BT601 = 2, 1, 5  # colour matrices, numbered as in ITU-T H.273
SD = (576, 1024)  # (height, width) up to which untagged colours are taken for BT.601's, as players do
ODDEST = Fraction(4)  # times that a pixel may be as wide as it is high; a file that says more is mistaken
EXACTLY = (
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
)


def planes(frame: VideoFrame) -> NDArray[np.float32]:
    """[3, H, W] of RGB, 0..1, or [4, H, W] where it has an opacity: upright, of full range, in the file's own transfer."""
    matrix = None
    if frame.colorspace == UNTAGGED:
        matrix = BT601 if frame.height <= SD[0] and frame.width <= SD[1] else BT709
    clear = any(component.is_alpha for component in frame.format.components)
    # A scaler of its own: a frame keeps the one that its own `reformat` makes, with that one's threads, as long as it is kept.
    floats = VideoReformatter().reformat(
        frame, format="gbrapf32le" if clear else "gbrpf32le", src_colorspace=matrix, interpolation=EXACTLY
    )
    green, blue, red, *opacity = (
        np.frombuffer(memoryview(plane), "<f4").reshape(plane.height, -1)[:, : plane.width] for plane in floats.planes
    )
    return _upright(np.stack([red, green, blue, *opacity]), frame)


def upright_size(frame: VideoFrame, aspect: Fraction) -> tuple[int, int]:
    """(height, width) of a picture as seen; aspect: width of a pixel by its height. No pixel is lost."""
    square, wide = Fraction(1), min(max(aspect, 1 / ODDEST), ODDEST)
    width, height = round(frame.width * max(wide, square)), round(frame.height / min(wide, square))
    across, _, _ = _turn(frame)
    return (width, height) if across else (height, width)


def _upright(colours: NDArray[np.float32], frame: VideoFrame) -> NDArray[np.float32]:
    across, mirrored, upside_down = _turn(frame)
    colours = colours.swapaxes(1, 2) if across else colours
    return np.ascontiguousarray(colours[:, :: -1 if upside_down else 1, :: -1 if mirrored else 1])


def _turn(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """How a picture must be turned to stand upright: rows become columns; then right becomes left; then top becomes bottom."""
    side: Any = frame.side_data.get("DISPLAYMATRIX")
    if side is None:
        return False, False, False
    xx, yx, _, xy, yy = np.frombuffer(bytes(side), "<i4")[:5].tolist()  # seen x = xx x + xy y, seen y = yx x + yy y
    across = abs(xy) > abs(xx)
    return across, (xy if across else xx) < 0, (yx if across else yy) < 0
