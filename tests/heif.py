"""HEIC pictures for tests, made of one HEVC picture when they are needed (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from pathlib import Path

from clips import Picture, clip


def box(kind: bytes, *parts: bytes, full: int | None = None) -> bytes:
    """A box; full: the version of one that has a version and flags."""
    body = b"".join(parts) if full is None else struct.pack(">I", full << 24) + b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def heic(file: Path, picture: Picture, turn: int | None = None, tiles: int = 1, brand: bytes = b"heic") -> Path:
    """A HEIC of the picture, [H, W, 3], sides even and 64 at least. turn: quarters against the clock that it is to be turned.

    tiles: of how many such pictures, one beside the other, it is put together, as phones do; 1: of one alone.
    """
    film = clip(
        file.with_suffix(".mp4"), [picture], "-c:v libx265 -x265-params log-level=none:lossless=1 -pix_fmt yuv420p -tag:v hvc1"
    )
    data = film.read_bytes()
    film.unlink()
    start = data.index(b"hvcC") - 4
    settings = data[start : start + int.from_bytes(data[start : start + 4])]
    start = data.index(b"mdat") + 4
    sample = data[start : start - 8 + int.from_bytes(data[start - 8 : start - 4])]
    height, width, _ = picture.shape

    properties = [settings, box(b"ispe", struct.pack(">II", width, height), full=0)]
    properties += [box(b"irot", bytes([turn]))] if turn is not None else []
    items = [(number, b"hvc1") for number in range(1, tiles + 1)]
    used = [struct.pack(">HB", number, len(properties)) + bytes([0x81, *range(2, len(properties) + 1)]) for number, _ in items]
    grid, primary, links = b"", 1, b""
    if tiles > 1:
        primary, grid = tiles + 1, struct.pack(">BBBBHH", 0, 0, 0, tiles - 1, width * tiles, height)
        items.append((primary, b"grid"))
        properties.append(box(b"ispe", struct.pack(">II", width * tiles, height), full=0))
        used.append(struct.pack(">HBB", primary, 1, len(properties)))
        links = box(b"iref", box(b"dimg", struct.pack(f">HH{tiles}H", primary, tiles, *range(1, tiles + 1))), full=0)

    def meta(place: int) -> bytes:
        """The table of contents, where the samples begin at `place`."""
        entries = [(number, place, len(sample)) for number in range(1, tiles + 1)]
        entries += [(primary, place + len(sample), len(grid))] if grid else []
        where = b"".join(struct.pack(">HHHII", number, 0, 1, begin, length) for number, begin, length in entries)
        names = b"".join(box(b"infe", struct.pack(">HH4s", number, 0, kind) + b"\0", full=2) for number, kind in items)
        return box(
            b"meta",
            box(b"hdlr", bytes(4) + b"pict" + bytes(13), full=0),
            box(b"pitm", struct.pack(">H", primary), full=0),
            box(b"iloc", b"\x44\0" + struct.pack(">H", len(entries)) + where, full=0),
            box(b"iinf", struct.pack(">H", len(items)) + names, full=0),
            links,
            box(
                b"iprp",
                box(b"ipco", *properties),
                box(b"ipma", struct.pack(">I", len(used)) + b"".join(used), full=0),
            ),
            full=0,
        )

    head = box(b"ftyp", brand, bytes(4), b"mif1heic")
    place = len(head) + len(meta(0)) + 8
    file.write_bytes(head + meta(place) + box(b"mdat", sample, grid))
    return file
