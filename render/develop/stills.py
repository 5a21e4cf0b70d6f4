"""Single pictures as bytes. PNG carries the configuration of its film as a text chunk, which JPEG has no good place for."""

from __future__ import annotations

import os
import struct
import zlib
from fractions import Fraction
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
KEY = b"render_config"
SIGNATURE = 8  # bytes
HEADER_END = 33  # the signature and IHDR, which must come first
LONGEST = 2**22  # bytes of a configuration: more is none


def png(picture: Pixels, config: str = "") -> bytes:
    """A PNG of [H, W, 3 or 4] uint8 or uint16 with the configuration inside."""
    content = _encode(".png", picture)
    return content[:HEADER_END] + (_chunk(config) if config else b"") + content[HEADER_END:]


def jpeg(picture: Pixels, config: str = "") -> bytes:
    """A JPEG of [H, W, 3] uint8, of quality 95 and with full colour resolution."""
    full_colour = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    return _encode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 95, *full_colour))


def webp(picture: Pixels, config: str = "") -> bytes:
    """A WebP of [H, W, 3 or 4] uint8, of quality 90."""
    return _encode(".webp", picture, (cv2.IMWRITE_WEBP_QUALITY, 90))


def tiff(picture: Pixels, config: str = "") -> bytes:
    """A TIFF of [H, W, 3 or 4] uint16, sRGB, packed without loss; it says that its colours are not multiplied by alpha."""
    return _encode_by_av("tiff", picture, "rgba64le" if picture.shape[2] == 4 else "rgb48le", {"compression_algo": "lzw"})


def exr(picture: Pixels, config: str = "") -> bytes:
    """An OpenEXR of [H, W, 3 or 4] uint16, as float32 in linear light, which compositing programs take EXR to be.

    Colours are multiplied by alpha there, as the format wants it.
    """
    shown = picture[..., :3].astype(np.float32) / 65535
    light = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4).astype(np.float32)
    if picture.shape[2] == 3:
        return _encode_by_av("exr", light, "gbrpf32le", {"compression": "zip16", "gamma": "1.0"})
    alpha = picture[..., 3:].astype(np.float32) / 65535
    return _encode_by_av(
        "exr", np.concatenate((light * alpha, alpha), 2), "gbrapf32le", {"compression": "zip16", "gamma": "1.0"}
    )


def _encode_by_av(encoder: str, picture: Pixels, layout: str, options: dict[str, str]) -> bytes:
    """One picture as an encoder of PyAV's makes it."""
    import av

    height, width = picture.shape[:2]
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=layout)
    context: Any = av.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt, context.time_base = width, height, layout, Fraction(1, 25)
    context.options = options
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


def png_text(file: BinaryIO) -> str | None:
    """The configuration in a PNG, or None."""
    file.seek(SIGNATURE)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if not kind.isalpha():  # no PNG, however long it goes on
            return None
        if kind == b"iTXt" and length <= LONGEST:
            content = file.read(length)
            if content.startswith(KEY + b"\0"):
                return content[len(KEY) + 5 :].decode("utf-8", "replace")
            length = 0
        file.seek(length + 4, os.SEEK_CUR)  # with the checksum
    return None


def resize_pixels(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """[H, W, 3 or 4] at another (width, height); what is clear does not bleed into its neighbours."""
    if picture.shape[1::-1] == size:
        return picture
    smaller = size[0] < picture.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LANCZOS4
    result: Pixels
    if picture.shape[2] == 3:
        result = cv2.resize(picture, size, interpolation=way)
        return result
    top = float(np.iinfo(picture.dtype).max)
    values = picture.astype(np.float32) / top
    values[..., :3] *= values[..., 3:]
    resized = cv2.resize(values, size, interpolation=way).clip(0, 1)
    resized[..., :3] /= resized[..., 3:].clip(1e-6)
    result = (resized.clip(0, 1) * top).round().astype(picture.dtype)
    return result


def eight_bits(picture: Pixels) -> Pixels:
    """uint8 of uint8 or uint16, rounded."""
    return picture if picture.dtype == np.uint8 else cv2.convertScaleAbs(picture, alpha=1 / 257)


def sixteen_bits(picture: Pixels) -> Pixels:
    """uint16 of uint8 or uint16."""
    return picture if picture.dtype == np.uint16 else picture.astype(np.uint16) * np.uint16(257)


def _encode(ending: str, picture: Pixels, settings: tuple[int, ...] = ()) -> bytes:
    _, content = cv2.imencode(
        ending, cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR), settings
    )
    return content.tobytes()


def _chunk(config: str) -> bytes:
    """An iTXt chunk: key, no compression, no language, UTF-8."""
    body = b"iTXt" + KEY + b"\0" * 5 + config.encode()
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
