"""HEIC pictures for tests, made of one HEVC picture when they are needed (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from itertools import accumulate
from pathlib import Path

from clips import Picture, clip


def box(kind: bytes, *parts: bytes, full: int | None = None) -> bytes:
    """A box; full: the version of one that has a version and flags."""
    body = b"".join(parts) if full is None else struct.pack(">I", full << 24) + b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def coded(file: Path, picture: Picture) -> tuple[bytes, bytes]:
    """(the decoder's settings as a box, the sample) of one picture, by way of a film beside the file."""
    film = clip(
        file.with_suffix(".mp4"), [picture], "-c:v libx265 -x265-params log-level=none:lossless=1 -pix_fmt yuv420p -tag:v hvc1"
    )
    data = film.read_bytes()
    film.unlink()
    start = data.index(b"hvcC") - 4
    settings = data[start : start + int.from_bytes(data[start : start + 4])]
    start = data.index(b"mdat") + 4
    return settings, data[start : start - 8 + int.from_bytes(data[start - 8 : start - 4])]


def heic(
    file: Path,
    picture: Picture,
    turn: int | None = None,
    grid: tuple[int, int] | None = None,
    brand: bytes = b"heic",
    shown: tuple[int, int] | None = None,
    boxed: bool = False,
) -> Path:
    """A HEIC of the picture, [H, W, 3], sides even and 64 at least. turn: quarters against the clock that it is to be turned.

    grid: of how many (rows, columns) of tiles it is put together, as phones do; of one alone if not given.
    shown: (height, width) of what of the tiles is shown; all if not given. boxed: the grid lies in a box of its own.
    """
    rows, columns = grid or (1, 1)
    height, width = picture.shape[0] // rows, picture.shape[1] // columns
    places = [(row * height, column * width) for row in range(rows) for column in range(columns)]
    tiles = [coded(file, picture[down : down + height, right : right + width]) for down, right in places]
    samples, numbers = [sample for _, sample in tiles], range(1, len(tiles) + 1)

    properties = [tiles[0][0], box(b"ispe", struct.pack(">II", width, height), full=0)]
    properties += [box(b"irot", bytes([turn]))] if turn is not None else []
    own = [0x81, 2, *([3] if turn is not None and not grid else [])]
    items = [(number, b"hvc1") for number in numbers]
    used = [struct.pack(">HB", number, len(own)) + bytes(own) for number in numbers]
    table, primary, links = b"", 1, b""
    if grid:
        high, wide = shown or picture.shape[:2]
        primary, table = len(tiles) + 1, struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, wide, high)
        items.append((primary, b"grid"))
        properties.append(box(b"ispe", struct.pack(">II", wide, high), full=0))
        own = [len(properties), *([3] if turn is not None else [])]
        used.append(struct.pack(">HB", primary, len(own)) + bytes(own))
        links = box(b"iref", box(b"dimg", struct.pack(f">HH{len(tiles)}H", primary, len(tiles), *numbers)), full=0)

    def meta(place: int) -> bytes:
        """The table of contents, where the samples begin at `place`."""
        contents = [*zip(numbers, samples, strict=True), *([(primary, table)] if table else [])]
        begins = accumulate((len(content) for _, content in contents), initial=place)
        entries = [(number, 0, begin, len(content)) for (number, content), begin in zip(contents, begins, strict=False)]
        entries[len(tiles) :] = [(primary, 1, 0, len(table))] if boxed else entries[len(tiles) :]
        where = b"".join(struct.pack(">HHHHII", number, how, 0, 1, begin, length) for number, how, begin, length in entries)
        names = b"".join(box(b"infe", struct.pack(">HH4s", number, 0, kind) + b"\0", full=2) for number, kind in items)
        return box(
            b"meta",
            box(b"hdlr", bytes(4) + b"pict" + bytes(13), full=0),
            box(b"pitm", struct.pack(">H", primary), full=0),
            box(b"iloc", b"\x44\0" + struct.pack(">H", len(entries)) + where, full=1),
            box(b"iinf", struct.pack(">H", len(items)) + names, full=0),
            links,
            box(b"idat", table) if boxed else b"",
            box(
                b"iprp",
                box(b"ipco", *properties),
                box(b"ipma", struct.pack(">I", len(used)) + b"".join(used), full=0),
            ),
            full=0,
        )

    head = box(b"ftyp", brand, bytes(4), b"mif1heic")
    place = len(head) + len(meta(0)) + 8
    file.write_bytes(head + meta(place) + box(b"mdat", *samples, b"" if boxed else table))
    return file
