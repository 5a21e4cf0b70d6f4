"""Films as raw pictures, for tests: written through render's own door to ffmpeg, read back without it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from render.develop import ffmpeg
from render.develop.ffmpeg import PixelFormat, Pixels


def write(
    path: Path, frames: Iterable[Pixels], size: tuple[int, int], fps: Fraction, pixels: PixelFormat, arguments: Sequence[str]
) -> None:
    """Frames [H, W, 3] of `size` (width, height) as a film."""
    with ffmpeg.writing(path, size, fps, pixels, arguments) as send:
        for frame in frames:
            send(frame)


def read(path: Path, size: tuple[int, int], pixels: PixelFormat) -> Iterator[Pixels]:
    """The frames of a film as [H, W, 3 or 4]."""
    channels, kind = ffmpeg.TYPES[pixels]
    out = ["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixels, "pipe:1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", f"file:{path.absolute()}", *out]
    content = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return iter(np.frombuffer(content, kind).reshape(-1, size[1], size[0], channels))
