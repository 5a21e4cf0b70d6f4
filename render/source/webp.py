"""Animated WebP as footage: a file -> the same pictures as a film that ffmpeg reads, which has no decoder for them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from render.errors import MissingError, RenderError
from render.inputs import PICTURE, read_bytes
from render.source.stamp import FileStamp

MILLISECOND = Fraction(1, 1000)  # in which a WebP counts time
SHORTEST = 10  # of them that a picture is shown for: browsers take less for a mistake
SLOW = 100  # which they show then
MOST = 2**30  # bytes of such a film, which is kept in memory


def is_webp(head: bytes) -> bool:
    """Whether a file that begins so is a WebP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


@lru_cache(maxsize=2)
def film_of(file: FileStamp) -> bytes:
    """A QuickTime film of the pictures of a WebP, lossless, with their opacity and for as long as each is shown.

    Raises MissingError where it is damaged, too long, or a picture that stands still.
    """
    film, content = BytesIO(), read_bytes(file.path, PICTURE)
    try:
        with Image.open(BytesIO(content), formats=["WEBP"]) as pictures, av.open(film, "w", format="mov") as container:
            _write(pictures, film, container, file.path)
    except RenderError:
        raise
    except Exception as error:  # whatever a damaged picture makes Pillow say
        raise MissingError(f"{file.path}: cannot be read: the file is damaged") from error
    return film.getvalue()


def _write(pictures: Image.Image, film: BytesIO, container: av.container.OutputContainer, file: Path) -> None:
    count = getattr(pictures, "n_frames", 1)
    if count < 2:
        raise MissingError(f"{file}: is a picture, not a video", f"it is asked for by source: {{image: {file.name}}}")
    stream = container.add_stream("qtrle", rate=1000, width=pictures.width, height=pictures.height, pix_fmt="argb")
    stream.codec_context.time_base = stream.time_base = MILLISECOND
    time = 0
    for number in range(count):
        pictures.seek(number)
        frame = VideoFrame.from_ndarray(np.asarray(pictures.convert("RGBA")), format="rgba")
        lasts = round(pictures.info.get("duration", 0))
        lasts = lasts if lasts >= SHORTEST else SLOW
        frame.pts, frame.time_base = time, MILLISECOND
        for packet in stream.encode(frame):
            packet.duration = lasts  # of the last one the film would know nothing else
            container.mux(packet)
        time += lasts
        if film.tell() > MOST:
            raise MissingError(f"{file}: is an animated WebP too long to be held in memory", "convert it to mp4")
