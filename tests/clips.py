"""Tiny clips for tests, made when they are needed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import torch
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

RED = (200, 30, 60)
BITS = 12


def ffmpeg(*arguments: str | Path, feed: bytes = b"") -> None:
    """Runs ffmpeg; each text is one argument or several, each path one."""
    words = [word for one in arguments for word in (one.split() if isinstance(one, str) else [f"file:{one}"])]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *words]
    done = subprocess.run(command, input=feed, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def clip(file: Path, pictures: Iterable[Picture], how: str = "", fps: str = "30") -> Path:
    """A video of those pictures; `how`: ffmpeg's arguments. Lossless H.264 unless they say otherwise."""
    pictures = list(pictures)
    height, width, _ = pictures[0].shape
    raw = f"-f rawvideo -pixel_format rgb24 -video_size {width}x{height} -framerate {fps} -i pipe:0"
    packed = "" if "-c:v" in how else "-c:v libx264 -preset ultrafast -qp 0 -g 10"
    ffmpeg(raw, packed, how, file, feed=b"".join(picture.tobytes() for picture in pictures))
    return file


def plain(count: int, size: tuple[int, int] = (48, 64), colour: Sequence[int] = RED) -> list[Picture]:
    """That many pictures of one colour."""
    return [np.full((*size, 3), colour, dtype=np.uint8)] * count


def counted(count: int, size: tuple[int, int] = (24, 48)) -> list[Picture]:
    """Pictures that bear their number in bars, black for 0 and white for 1, from the lowest bit on."""
    bit = np.arange(size[1]) * BITS // size[1]
    rows = (((np.arange(count)[:, None] >> bit) & 1) * 255).astype(np.uint8)
    return [np.broadcast_to(row[None, :, None], (*size, 3)).copy() for row in rows]


def number(frame: torch.Tensor) -> int:
    """What `counted` wrote on a Frame."""
    bars = frame[0].mean((0, 1)).unflatten(0, (BITS, -1)).mean(1)
    return sum(1 << n for n, bar in enumerate(bars.tolist()) if bar > 0.5)
