"""Grids. How a HEIC picture is put together of tiles, as phones make it: (bytes of the file) -> a Grid.

The file is a tree of boxes (ISO/IEC 14496-12); one of them says which item is the picture, others of which items it is made
(ISO/IEC 23008-12, 6.6.2.3). ffmpeg's libraries decode the tiles, each as a stream of the item's number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PICTURE_BOX, TURN, MIRROR = b"meta", b"irot", b"imir"
IN_FILE, IN_BOX = 0, 1  # where an item's bytes lie: from the file's beginning, or in the box idat
MOST_TILES = 4096


@dataclass(frozen=True)
class Grid:
    """A picture of tiles, all of one size."""

    rows: int
    columns: int
    size: tuple[int, int]  # (height, width) of the picture, which the tiles may reach past
    tiles: tuple[int, ...]  # the number of each item, row by row
    upright: tuple[tuple[bytes, int], ...]  # what is done in turn: (TURN, quarters against the clock), (MIRROR, axis)


class Fields:
    """The numbers of a box, one after the other, the highest byte first. Raises ValueError where it breaks off."""

    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0

    def number(self, length: int) -> int:
        """The next number, of so many bytes."""
        return int.from_bytes(self.take(length))

    def take(self, length: int) -> bytes:
        """The next bytes."""
        part = self._content[self._place : self._place + length]
        if len(part) < length:
            raise ValueError("a box breaks off")
        self._place += length
        return part

    def rest(self) -> bytes:
        """All that follows."""
        return self._content[self._place :]

    def version(self) -> tuple[int, int]:
        """(version, flags), with which some boxes begin."""
        return self.number(1), self.number(3)


def read_grid(content: bytes) -> Grid | None:
    """The grid that a file's picture is; None if it is none, or one that nobody can make sense of."""
    try:
        meta = next(body for kind, body in boxes(content) if kind == PICTURE_BOX)
        parts = dict(boxes(meta[4:]))
        picture = _picture(Fields(parts[b"pitm"]))
        tiles = _parts_of(picture, Fields(parts[b"iref"]))
        fields = Fields(_content_of(picture, Fields(parts[b"iloc"]), content, parts.get(b"idat", b"")))
        _, flags = fields.number(1), fields.number(1)
        rows, columns = fields.number(1) + 1, fields.number(1) + 1
        width, height = fields.number(4 if flags & 1 else 2), fields.number(4 if flags & 1 else 2)
        upright = tuple(_upright(picture, dict(boxes(parts[b"iprp"]))))
    except (ValueError, KeyError, IndexError, StopIteration):
        return None
    good = rows * columns == len(tiles) <= MOST_TILES and width and height
    return Grid(rows, columns, (height, width), tiles, upright) if good else None


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, what is in it) of each box that lies in these bytes."""
    place = 0
    while place + 8 <= len(content):
        fields = Fields(content[place : place + 16])
        length, kind, head = fields.number(4), fields.take(4), 8
        if length == 1:
            length, head = fields.number(8), 16
        length = length or len(content) - place  # 0: to the end
        if length < head:
            raise ValueError("a box that is shorter than its head")
        yield kind, content[place + head : place + length]
        place += length


def _picture(fields: Fields) -> int:
    """The item that is the file's picture."""
    version, _ = fields.version()
    return fields.number(4 if version else 2)


def _parts_of(item: int, fields: Fields) -> tuple[int, ...]:
    """The items that an item is made of."""
    version, _ = fields.version()
    wide = 4 if version else 2
    for kind, body in boxes(fields.rest()):
        link = Fields(body)
        if kind == b"dimg" and link.number(wide) == item:
            return tuple(link.number(wide) for _ in range(link.number(2)))
    raise KeyError(item)


def _content_of(item: int, fields: Fields, content: bytes, box: bytes) -> bytes:
    """The bytes of an item, which lie in the file or in the box idat."""
    version, _ = fields.version()
    sizes, bases = fields.number(1), fields.number(1)
    wide = 4 if version == 2 else 2
    for _ in range(fields.number(wide)):
        number, where = fields.number(wide), fields.number(2) & 15 if version else IN_FILE
        fields.number(2)  # the file that it lies in: this one
        base, place, length = fields.number(bases >> 4), 0, 0
        for _ in range(fields.number(2)):
            fields.number(bases & 15 if version else 0)
            place, length = fields.number(sizes >> 4), fields.number(sizes & 15)
        if number == item and where in (IN_FILE, IN_BOX):
            return (box if where == IN_BOX else content)[base + place :][:length]
    raise KeyError(item)


def _upright(item: int, properties: dict[bytes, bytes]) -> Iterator[tuple[bytes, int]]:
    """How an item is turned and mirrored, in order."""
    kinds, fields = [*boxes(properties[b"ipco"])], Fields(properties[b"ipma"])
    version, flags = fields.version()
    for _ in range(fields.number(4)):
        number = fields.number(4 if version else 2)
        for _ in range(fields.number(1)):
            index = fields.number(2) & 0x7FFF if flags & 1 else fields.number(1) & 0x7F
            kind, body = kinds[index - 1] if index else (b"", b"")
            if number == item and kind in (TURN, MIRROR):
                yield kind, Fields(body).number(1) & 3
