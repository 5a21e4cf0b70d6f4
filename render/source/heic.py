"""HEIC pictures, as phones take them: bytes -> Pillow's picture. Pillow has no decoder for them, and ffmpeg has."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from render.errors import MissingError

BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})  # ISO/IEC 23008-12, annex B
ANY = frozenset({b"mif1", b"msf1"})  # brands of files whose other brands say what is in them
PROFILE = b"colrprof"
ENDINGS = (".heic", ".heif")
CURE = "save it as JPEG or PNG; an iPhone does so itself: Settings, Camera, Formats, Most Compatible"


def is_heic(head: bytes) -> bool:
    """Whether a file that begins so is one."""
    if head[4:8] != b"ftyp":
        return False
    others = {head[place : place + 4] for place in range(16, min(len(head), int.from_bytes(head[:4])), 4)}
    return head[8:12] in BRANDS or (head[8:12] in ANY and bool(others & BRANDS))


def read_heic(content: bytes, most: int) -> Image.Image:
    """The picture in RGB, upright, with its colour profile. most: pixels.

    Raises MissingError, which continues the file's name, where it is put together of tiles: ffmpeg gives them one by one.
    """
    import av  # late: most films wait for no such library
    from av.stream import Disposition

    from render.source.decoder import planes

    with av.open(BytesIO(content), "r", format="mov") as container:
        stream = next((stream for stream in container.streams.video if stream.disposition & Disposition.default), None)
        if stream is None and container.streams.video:
            raise MissingError("is a HEIC picture of many tiles, which cannot be read here", CURE, continues=True)
        if stream is None:
            raise UnidentifiedImageError
        if stream.codec_context.width * stream.codec_context.height > most:
            raise Image.DecompressionBombError
        frame = next(container.decode(stream))
        pixels = (planes(frame)[:3].transpose(1, 2, 0) * 255).round().clip(0, 255).astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.info |= {"icc_profile": profile} if (profile := _profile(content)) else {}
    return picture


def _profile(content: bytes) -> bytes:
    """The colour profile in a file; nothing where there is none. The picture's own is the first."""
    place = content.find(PROFILE)
    return content[place + len(PROFILE) : place - 4 + int.from_bytes(content[place - 4 : place])] if place >= 4 else b""
