"""HEIC pictures, as phones take them: bytes -> Pillow's picture. Pillow has no decoder for them, and ffmpeg has."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from render.errors import MissingError
from render.source.grid import TURN, Grid, read_grid

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Pixels = NDArray[np.uint8]  # [H, W, 3]

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

    Raises MissingError, which continues the file's name, where it is put together in another way than of tiles.
    """
    import av  # late: most films wait for no such library
    from av.stream import Disposition

    with av.open(BytesIO(content), "r", format="mov") as container:
        stream = next((stream for stream in container.streams.video if stream.disposition & Disposition.default), None)
        if not container.streams.video:
            raise UnidentifiedImageError
        if stream:
            _require_few(stream.codec_context.width * stream.codec_context.height, most)
            pixels = _pixels(next(container.decode(stream)))
        else:
            pixels = _put_together(container, read_grid(content), most)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.info |= {"icc_profile": profile} if (profile := _profile(content)) else {}
    return picture


def _require_few(pixels: int, most: int) -> None:
    if pixels > most:
        raise Image.DecompressionBombError


def _pixels(frame: VideoFrame) -> Pixels:
    from render.source.planes import planes

    return (planes(frame)[:3].transpose(1, 2, 0) * 255).round().clip(0, 255).astype(np.uint8)


def _put_together(container: InputContainer, grid: Grid | None, most: int) -> Pixels:
    """The picture of a grid's tiles, upright."""
    streams = {stream.id: stream for stream in container.streams.video}
    if grid is None or not streams.keys() >= {*grid.tiles}:
        raise MissingError("is a HEIC picture put together in a way that cannot be read here", CURE, continues=True)
    sizes = [streams[number].codec_context for number in grid.tiles]
    _require_few(max(grid.size[0] * grid.size[1], sum(each.width * each.height for each in sizes)), most)
    tiles = _tiles(container, {number: streams[number] for number in grid.tiles})
    row_by_row = [grid.tiles[start : start + grid.columns] for start in range(0, len(grid.tiles), grid.columns)]
    whole = np.concatenate([np.concatenate([tiles[number] for number in row], axis=1) for row in row_by_row])
    if whole.shape[0] < grid.size[0] or whole.shape[1] < grid.size[1]:
        raise UnidentifiedImageError
    pixels = whole[: grid.size[0], : grid.size[1]]
    for kind, how in grid.upright:
        pixels = np.rot90(pixels, how) if kind == TURN else np.flip(pixels, axis=how & 1)
    return pixels


def _tiles(container: InputContainer, streams: Mapping[int, VideoStream]) -> dict[int, Pixels]:
    """The pixels of each item."""
    for stream in streams.values():
        stream.codec_context.thread_count = 1  # a phone's picture has fifty of them
    tiles: dict[int, Pixels] = {}
    for packet in container.demux(*streams.values()):
        for frame in packet.decode():
            tiles[packet.stream.id] = _pixels(frame)  # type: ignore[arg-type]
    return tiles


def _profile(content: bytes) -> bytes:
    """The colour profile in a file; nothing where there is none. The picture's own is the first."""
    place = content.find(PROFILE)
    return content[place + len(PROFILE) : place - 4 + int.from_bytes(content[place - 4 : place])] if place >= 4 else b""
