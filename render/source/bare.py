"""Bare pictures. The bytes of a PNG or a JPEG without what it says of itself, as far as its pixels do not need it.

Programs write into pictures whatever they like (how they were made, in megabytes; EXIF of a kind that nobody reads), and a
library that stumbles over it would lose a good picture. What stays is what changes the pixels: the profile, the opacity of
single colours, and what may tell which side is up. The rest is passed over, as libpng does with what is damaged.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
ORIENTATION, SHORT = 0x0112, 3  # a tag of EXIF, and its type
MOST_TEXT = 2**19  # bytes of a text that may tell which side is up
MOST_PROFILE = 2**24  # bytes of a colour profile; those of printers have one or two million
UPRIGHT = (b"Raw profile type exif", b"XML:com.adobe.xmp")  # keys of texts that may tell which side is up
SEGMENTS = range(0xE0, 0xF0)  # markers of what programs say in a JPEG
KEPT = {  # (marker, how it begins) of those that stay -> bytes that it must have
    (0xE0, b"JFIF\0"): 14,
    (0xE1, b"Exif\0\0"): 14,
    (0xE1, b"http://ns.adobe.com/xap/1.0/"): 30,
    (0xE2, b"ICC_PROFILE\0"): 14,
    (0xEE, b"Adobe"): 12,
}
COMMENT, SCAN = 0xFE, 0xDA


@dataclass(frozen=True)
class Bare:
    """A picture file without what it says of itself."""

    content: bytes
    profile: bytes = b""  # its colour profile, where that was taken out of the content
    moves: bool = False  # it is an animated PNG


def bare(content: bytes) -> Bare:
    """A file's bytes made bare; of other formats, and of what is damaged, the same bytes."""
    readers = {PNG: _png, JPEG: _jpeg}
    return next((read(content) for signature, read in readers.items() if content.startswith(signature)), Bare(content))


# ---- PNG


@dataclass(frozen=True)
class Chunk:
    """A part of a PNG."""

    kind: bytes  # four letters; the first is small where pixels can be had without it
    data: bytes
    raw: bytes  # the whole, with length and checksum
    whole: bool  # the checksum is right


def _png(content: bytes) -> Bare:
    kept, profile, moves, header = [PNG], b"", False, b""
    for chunk in _chunks(content):
        if chunk.kind == b"IHDR":
            header = chunk.data
        if chunk.kind == b"acTL":
            moves = int.from_bytes(chunk.data[:4]) > 1
        if chunk.kind == b"iCCP" and chunk.whole:
            profile = _unpacked(chunk.data.partition(b"\0")[2][1:], MOST_PROFILE)
        needed = not chunk.kind[:1].islower() or (chunk.whole and WORTH.get(chunk.kind, _worthless)(chunk.data))
        if needed:
            kept.append(_scaled(chunk, header) if chunk.kind == b"tRNS" else chunk.raw)
    return Bare(b"".join(kept), profile, moves)


def _chunks(content: bytes) -> Iterator[Chunk]:
    """The chunks of a PNG; what follows something that is none comes as one, as it is."""
    place = len(PNG)
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if end > len(content) or not kind.isalpha():
            break
        data = content[place + 8 : end - 4]
        yield Chunk(kind, data, content[place:end], zlib.crc32(kind + data) == int.from_bytes(content[end - 4 : end]))
        place = end
    if place < len(content):
        yield Chunk(b"IDAT", b"", content[place:], False)


def _worthless(data: bytes) -> bool:
    return False


def _tells_upright(text: Callable[[bytes], bytes]) -> Callable[[bytes], bool]:
    """Whether a chunk holds a text that may tell which side is up. text: what follows its key -> the text, if it is small."""

    def tells(data: bytes) -> bool:
        key, _, rest = data.partition(b"\0")
        return key in UPRIGHT and 0 < len(text(rest)) <= MOST_TEXT

    return tells


def _international(rest: bytes) -> bytes:
    """The text of an iTXt chunk, before which stand whether it is packed, a language and the key in that language."""
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _unpacked(text, MOST_TEXT) if rest[:1] == b"\1" else text


WORTH: dict[bytes, Callable[[bytes], bool]] = {  # ancillary chunks that stay, and of which content
    b"tRNS": lambda data: bool(data),
    b"eXIf": lambda data: data[:4] in (b"II*\0", b"MM\0*"),
    b"tEXt": _tells_upright(lambda rest: rest),
    b"zTXt": _tells_upright(lambda rest: _unpacked(rest[1:], MOST_TEXT)),
    b"iTXt": _tells_upright(_international),
}


def _scaled(chunk: Chunk, header: bytes) -> bytes:
    """The clear colour of a PNG, counted as Pillow counts its pixels: in 8 bits, but for grey of 16."""
    depth, colours = (header[8], header[9]) if len(header) > 9 else (8, 0)
    numbers = {0: 1, 2: 3}.get(colours)
    if numbers is None:  # a palette's
        return chunk.raw
    if len(chunk.data) != 2 * numbers:
        return b""
    values = struct.unpack(f">{numbers}H", chunk.data)
    if depth == 16 and colours == 2:
        values = tuple(value >> 8 for value in values)
    if 1 < depth < 8:
        values = tuple(value * 255 // (2**depth - 1) for value in values)
    return _chunk(b"tRNS", struct.pack(f">{numbers}H", *values))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _unpacked(data: bytes, most: int) -> bytes:
    """What was compressed, or nothing if it is damaged or larger than `most`."""
    unpack = zlib.decompressobj()
    try:
        whole = unpack.decompress(data, most)
    except zlib.error:
        return b""
    return whole if unpack.eof else b""


# ---- JPEG


def _jpeg(content: bytes) -> Bare:
    kept, place = [JPEG], len(JPEG)
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        end = place + 2 + length
        if marker in (0xFF, 0x00, SCAN) or 0xD0 <= marker <= 0xD9 or length < 2 or end > len(content):
            break
        if _belongs(marker, content[place + 4 : end]):
            kept.append(content[place:end])
        place = end
    return Bare(b"".join((*kept, content[place:])))


def _belongs(marker: int, data: bytes) -> bool:
    """Whether a segment of a JPEG says something of the pixels."""
    if marker not in SEGMENTS:
        return marker != COMMENT
    return any(marker == of and data.startswith(start) and len(data) >= least for (of, start), least in KEPT.items())


# ---- EXIF


def exif_orientation(exif: bytes) -> int:
    """EXIF's number for how the camera was held, 1 to 8; 0 where it says none. Nothing else of it is read."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 10:
        return 0
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    count = int.from_bytes(exif[start : start + 2], "little" if order == "<" else "big")
    for place in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind, values, value = struct.unpack_from(f"{order}HHIH", exif, place)
        if (tag, kind, values) == (ORIENTATION, SHORT, 1) and 1 <= value <= 8:
            return int(value)
    return 0
