"""Laws of pictures: what their numbers mean counts in every mode and format, and what they say of themselves loses none."""

from __future__ import annotations

import io
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import heif
import numpy as np
import pytest
import torch
from clips import clip, plain
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw
from torch import Tensor

from render.errors import MissingError
from render.moment import Clock
from render.source import image as images
from render.source.image import ENDINGS, FORMATS, GREY, TARGA, image_size, picture, stands_still
from render.source.mask import Shape, mask

SIZE = (24, 36)  # height, width
Pixels = NDArray[np.uint8]


def rainbow(size: tuple[int, int] = SIZE) -> Image.Image:
    down, across = np.mgrid[0 : size[0], 0 : size[1]]
    return Image.fromarray(np.stack([down * 9, across * 6, (down + across) * 4], axis=-1).astype(np.uint8))


def grey() -> Image.Image:
    return rainbow().convert("L")


def disc() -> Image.Image:
    """An opacity: all in the middle, none outside."""
    opacity = Image.new("L", SIZE[::-1], 0)
    ImageDraw.Draw(opacity).ellipse((6, 2, 28, 20), fill=255)
    return opacity


def levels(path: Path, ground: int = GREY) -> Tensor:
    """[3, H, W] of the picture at its own size, 0..255."""
    return picture(path, "stretch", image_size(path), ground)[0] * 255


def far(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


# ---- colour profiles


def matrix_profile(gamma: float, colours: bool) -> bytes:
    """An ICC profile (version 2) of that gamma: of grey, or of colours whose red and green are exchanged."""

    def text(words: bytes) -> bytes:
        return b"desc" + bytes(4) + struct.pack(">I", len(words) + 1) + words + b"\0" + bytes(78)

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    tags = {b"desc": text(b"test"), b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": xyz(0.9642, 1, 0.8249)}
    if colours:
        tags |= {
            b"gXYZ": xyz(0.4361, 0.2225, 0.0139),
            b"rXYZ": xyz(0.3851, 0.7169, 0.0971),
            b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        }
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    else:
        tags[b"kTRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s", 132 - 4 + len(table) + len(body), b"lcms", 0x02400000, b"mntr", b"RGB " if colours else b"GRAY", b"XYZ "
    )
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


SWAPPED, DIM = matrix_profile(2.2, True), matrix_profile(1.0, False)

PROFILED: dict[str, tuple[bytes, Callable[[], Image.Image]]] = {  # mode: its profile, and a picture in it that is clear nowhere
    "RGB": (SWAPPED, rainbow),
    "RGBA": (SWAPPED, lambda: rainbow().convert("RGBA")),
    "P": (SWAPPED, lambda: rainbow().quantize(200)),
    "PA": (SWAPPED, lambda: rainbow().quantize(200).convert("PA")),
    "L": (DIM, grey),
    "LA": (DIM, lambda: grey().convert("LA")),
    "1": (DIM, lambda: grey().convert("1")),
    "I;16": (DIM, lambda: Image.fromarray(np.asarray(grey()).astype(np.uint16) * 257)),
    "F": (DIM, lambda: Image.fromarray(np.asarray(grey()).astype(np.float32) / 255)),
    "L of colours": (SWAPPED, grey),
    "LA of colours": (SWAPPED, lambda: grey().convert("LA")),
}


@pytest.mark.parametrize("mode", PROFILED)
def test_a_profile_counts_in_every_mode(tmp_path: Path, mode: str) -> None:
    profile, make = PROFILED[mode]
    path = tmp_path / ("a.tif" if mode in ("F", "PA") else "a.png")
    if mode == "PA":  # which no format keeps as such
        path = tmp_path / "a.png"
        rainbow().quantize(200).save(path, icc_profile=profile, transparency=bytes([255] * 200))
    else:
        make().save(path, icc_profile=profile)
    flat = make().convert("L").convert("RGB") if mode in ("L", "LA", "1", "L of colours", "LA of colours") else None
    if mode in ("I;16", "F"):
        flat = grey().convert("RGB")
    colours = flat or make().convert("RGB")
    embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = colours if embedded.profile.xcolor_space == "RGB " else colours.convert("L")
    wanted = ImageCms.profileToProfile(space, embedded, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert wanted
    right = torch.from_numpy(np.asarray(wanted).copy()).permute(2, 0, 1).float()
    plain_numbers = torch.from_numpy(np.asarray(colours).copy()).permute(2, 0, 1).float()
    assert far(levels(path), right) <= 2
    assert far(plain_numbers, right) > 20 or mode in ("1", "L of colours", "LA of colours")


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "CMYK", "RGBA", "I;16"])
def test_a_damaged_profile_loses_no_picture(tmp_path: Path, mode: str) -> None:
    made = grey() if mode in ("L", "I;16") else rainbow()
    made = Image.fromarray(np.asarray(made).astype(np.uint16) * 257) if mode == "I;16" else made.convert(mode)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    made.save(path)
    right = levels(path)
    wrong = matrix_profile(1.0, True).replace(b"RGB ", b"CMYK")  # of another kind of picture
    for profile in (b"\0" * 200, SWAPPED[:150], SWAPPED[:100], wrong if mode != "CMYK" else DIM):
        made.save(path, icc_profile=profile)
        assert far(levels(path), right) == 0


def test_cmyk_means_what_its_profile_says_and_lab_what_it_is(tmp_path: Path) -> None:
    rainbow().convert("CMYK").save(tmp_path / "a.tif")
    assert far(levels(tmp_path / "a.tif"), levels_of(rainbow())) < 3
    lab = ImageCms.ImageCmsTransform(
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")),
        "RGB",
        "LAB",
    ).apply(rainbow())
    lab.save(tmp_path / "b.tif")
    assert float((levels(tmp_path / "b.tif") - levels_of(rainbow())).abs().mean()) < 3  # 8 bits of Lab are few in the dark


def levels_of(made: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(made.convert("RGB")).copy()).permute(2, 0, 1).float()


# ---- opacity

CLEAR: dict[str, Callable[[Path], Image.Image]] = {  # a picture that is clear outside the disc: written, and what it is inside
    "RGBA": lambda path: saved(with_disc(rainbow(), "RGBA"), path),
    "LA": lambda path: saved(with_disc(grey(), "LA"), path),
    "P with a clear colour": lambda path: cut_palette(path, 199),
    "P with opacities": lambda path: cut_palette(path, bytes([255] * 199 + [0])),
    "L with a clear grey": lambda path: cut(grey().point(lambda level: min(level, 250)), 255, path),
    "RGB with a clear colour": lambda path: cut(rainbow(), (255, 255, 255), path),
    "1 with a clear bit": lambda path: cut(Image.new("1", SIZE[::-1], 0), 1, path),
    "I;16 with a clear grey": lambda path: cut(
        Image.fromarray(np.minimum(np.asarray(grey()), 250).astype(np.uint16) * 257), 65535, path
    ),
    "WebP": lambda path: saved(with_disc(rainbow(), "RGBA"), path.with_suffix(".webp"), path),
    "TIFF": lambda path: saved(with_disc(rainbow(), "RGBA"), path.with_suffix(".tif"), path),
    "TGA": lambda path: saved(with_disc(rainbow(), "RGBA"), path.with_suffix(".tga")),
}


def with_disc(made: Image.Image, mode: str) -> Image.Image:
    whole = made.convert(mode)
    whole.putalpha(disc())
    return whole


def saved(made: Image.Image, path: Path, as_path: Path | None = None) -> Image.Image:
    made.save(path, **({"lossless": True, "exact": True} if path.suffix == ".webp" else {}))
    if as_path:
        path.rename(as_path)
    return made.convert("RGB") if made.mode != "LA" else made.convert("L").convert("RGB")


def cut(made: Image.Image, colour: int | tuple[int, int, int], path: Path) -> Image.Image:
    """The picture in one colour outside the disc, which the file says is clear."""
    pixels = np.array(made)
    pixels[np.asarray(disc()) == 0] = colour
    Image.fromarray(pixels).save(path, transparency=colour)
    if made.mode == "I;16":
        return Image.fromarray((pixels // 257).astype(np.uint8)).convert("RGB")
    return made.convert("RGB")


def cut_palette(path: Path, clear: int | bytes) -> Image.Image:
    made = rainbow().quantize(199)
    inside = made.convert("RGB")
    pixels = np.array(made)
    pixels[np.asarray(disc()) == 0] = 199
    again = Image.frombytes("P", made.size, pixels.tobytes())
    again.putpalette([*(made.getpalette() or [])[: 199 * 3], 255, 0, 255])
    again.save(path, transparency=clear)
    return inside


@pytest.mark.parametrize("ground", [GREY, 0])
@pytest.mark.parametrize("kind", CLEAR)
def test_what_is_clear_shows_the_ground_in_every_mode(tmp_path: Path, kind: str, ground: int) -> None:
    path = tmp_path / "a.png"
    inside = levels_of(CLEAR[kind](path))
    path = path if path.exists() else path.with_suffix(".tga")
    outside = torch.from_numpy(np.asarray(disc()) == 0)
    shown = levels(path, ground)
    assert far(shown[:, outside], torch.full((3, 1), float(ground))) <= 1
    assert far(shown[:, ~outside], inside[:, ~outside]) <= 1


@pytest.mark.parametrize("depth", [1, 2, 4, 16])
def test_a_clear_grey_is_counted_in_the_depth_of_its_file(tmp_path: Path, depth: int) -> None:
    """Pillow shows greys of 1 to 4 bits in 8, and tells the clear one as it stands in the file."""
    top = 2**depth - 1
    row = b"".join(struct.pack(">H", value) for value in (0, top)) if depth == 16 else bytes([top << (8 - 2 * depth)])
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, depth, 0, 0, 0, 0)) + chunk(b"tRNS", struct.pack(">H", top))
    (tmp_path / "a.png").write_bytes(SIGNATURE + body + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b""))
    assert levels(tmp_path / "a.png", 99)[0, 0].round().tolist() == [0, 99]
    if depth == 16:
        body = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)) + chunk(b"tRNS", struct.pack(">3H", top, top, 0))
        row = struct.pack(">6H", 0, 0, 0, top, top, 0)
        (tmp_path / "b.png").write_bytes(SIGNATURE + body + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b""))
        assert levels(tmp_path / "b.png", 99)[:, 0, 1].round().tolist() == [99] * 3


def test_profile_and_opacity_together(tmp_path: Path) -> None:
    rainbow().save(tmp_path / "rgb.png", icc_profile=SWAPPED)
    with_disc(rainbow(), "RGBA").save(tmp_path / "rgba.png", icc_profile=SWAPPED)
    inside = torch.from_numpy(np.asarray(disc()) > 0)
    assert far(levels(tmp_path / "rgba.png")[:, inside], levels(tmp_path / "rgb.png")[:, inside]) <= 2


# ---- which side is up


def test_every_format_stands_upright_at_the_size_that_it_says(tmp_path: Path) -> None:
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        shown = []
        for ending in ("png", "tif", "webp", "jpg", "avif"):
            path = tmp_path / f"{orientation}.{ending}"
            rainbow((20, 32)).save(path, exif=exif, quality=100, lossless=ending == "webp")
            assert image_size(path) == ((32, 20) if orientation > 4 else (20, 32))
            shown.append(levels(path))
        assert max(far(shown[0], other) for other in shown[1:3]) == 0
        assert max(far(shown[0], other) for other in shown[3:]) < 30


# ---- what a file is, and what its name says

SAVED = {  # a format: how Pillow writes it
    "AVIF": (rainbow, "AVIF"),
    "BMP": (rainbow, "BMP"),
    "DDS": (rainbow, "DDS"),
    "DIB": (rainbow, "DIB"),
    "GIF": (rainbow, "GIF"),
    "ICO": (rainbow, "ICO"),
    "JPEG": (rainbow, "JPEG"),
    "JPEG2000": (rainbow, "JPEG2000"),
    "PCX": (rainbow, "PCX"),
    "PNG": (rainbow, "PNG"),
    "PPM": (rainbow, "PPM"),
    "QOI": (rainbow, "QOI"),
    "SGI": (rainbow, "SGI"),
    "TIFF": (rainbow, "TIFF"),
    "WEBP": (rainbow, "WEBP"),
}
CLOCK = Clock(Fraction(30), 30, Fraction(8))


@pytest.mark.parametrize("name", SAVED)
def test_a_picture_is_one_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    make, kind = SAVED[name]
    for ending in (*FORMATS[name], ".png", ".mp4", ".data", ""):
        path = tmp_path / f"a{ending}"
        make().save(path, kind)
        assert stands_still(path)
        size = image_size(path)
        shown = picture(path, "stretch", size)
        assert shown.std() > 0.1, ending
        where = mask(path, Shape(False, lambda _: 0.0), CLOCK.seconds, size)(CLOCK.tick(0))
        assert 0.1 < float(where.mean()) < 0.9
        path.unlink()


def test_every_format_that_is_read_is_tried() -> None:
    assert {*FORMATS} - {*SAVED} == {"PSD"}  # which Pillow cannot write


@pytest.mark.parametrize("ending", TARGA)
def test_a_targa_is_known_by_its_name(tmp_path: Path, ending: str) -> None:
    rainbow().save(tmp_path / f"a{ending}", "TGA")
    assert far(levels(tmp_path / f"a{ending}"), levels_of(rainbow())) == 0
    assert stands_still(tmp_path / f"a{ending}")


def test_a_video_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    pictures = plain(15, SIZE, (255, 255, 255)) + plain(15, SIZE, (0, 0, 0))
    film = clip(tmp_path / "a.mp4", pictures)
    for name in ("a.jpg", "a.png", "a.tga", "a"):
        shutil.copy(film, tmp_path / name)
        assert not stands_still(tmp_path / name)
        where = mask(tmp_path / name, Shape(False, lambda _: 0.0), CLOCK.seconds, SIZE)
        assert [round(float(where(CLOCK.frame(index)).mean())) for index in (0, 14, 15, 29)] == [1, 1, 0, 0]
        with pytest.raises(MissingError, match=rf"{name}: is a video, not a picture") as error:
            picture(tmp_path / name, "cover", SIZE)
        assert "source: {video:" in error.value.hint


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "avif"])
def test_a_picture_that_moves_is_a_film_as_a_mask_and_its_first_as_a_picture(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    pictures = [Image.fromarray(each) for each in (*plain(1, SIZE, (255, 255, 255)), *plain(1, SIZE, (0, 0, 0)))]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=500, loop=0)
    assert not stands_still(path)
    assert picture(path, "cover", SIZE).mean() > 0.95
    pictures[0].save(path)
    assert stands_still(path)


def test_a_picture_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.Popen", start)
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 36 24\n%%EndComments\n0 0 36 24 rectfill\nshowpage\n"
    for name in ("a.eps", "a.png", "a.tga"):
        (tmp_path / name).write_bytes(postscript)
        with pytest.raises(MissingError, match=f"{name}: is not a picture that can be read here"):
            picture(tmp_path / name, "cover", SIZE)
    assert not {"EPS", "WMF", "FPX", "MIC", "HDF5", "GRIB", "BUFR"} & {*FORMATS}
    assert {".jfif", ".tga", ".pgm", ".gif", ".avif"} <= ENDINGS


# ---- masks


@pytest.mark.parametrize("kind", ["RGBA", "LA", "P with opacities", "L with a clear grey"])
def test_what_is_clear_of_a_mask_does_not_dream(tmp_path: Path, kind: str) -> None:
    CLEAR[kind](tmp_path / "a.png")
    outside = torch.from_numpy(np.asarray(disc()) == 0)
    where = mask(tmp_path / "a.png", Shape(False, lambda _: 0.0), 1.0, SIZE)(CLOCK.tick(0))[0, 0]
    assert where[outside].max() == 0
    assert where[~outside].mean() > 0.2
    turned = mask(tmp_path / "a.png", Shape(True, lambda _: 0.0), 1.0, SIZE)(CLOCK.tick(0))[0, 0]
    assert torch.equal(turned, 1 - where)


# ---- what a picture says of itself

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes, right: bool = True) -> bytes:
    checksum = zlib.crc32(kind + data) if right else zlib.crc32(kind + data) ^ 1
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def written(kind: str, **settings: object) -> bytes:
    content = io.BytesIO()
    rainbow().save(content, kind, **settings)
    return content.getvalue()


VAST = zlib.compress(bytes(3 * 2**20))
ANCILLARY: dict[bytes, list[bytes]] = {  # the chunks of the PNG specification, and what a program may have written into them
    b"tEXt": [b"Comment\0" + b"x" * 3_000_000, b"no end of a key"],
    b"zTXt": [b"prompt\0\0" + VAST, b"prompt\0\7" + VAST, b"prompt", b"prompt\0\0broken", b"Raw profile type exif\0\0" + VAST],
    b"iTXt": [
        b"workflow\0\1\0\0\0" + VAST,
        b"workflow\0\1\0\0",
        b"XML:com.adobe.xmp\0\1\0\0\0" + VAST,
        b"workflow\0\1\0\0\0broken",
    ],
    b"iCCP": [b"vast\0\0" + VAST, b"vast\0\0broken", b"vast\0\7" + VAST, b"x"],
    b"eXIf": [b"MM\0*\0\0\0\7", b"Exif\0\0MM\0*", b"nothing of the kind"],
    b"gAMA": [],
    b"cHRM": [],
    b"sRGB": [],
    b"cICP": [],
    b"mDCV": [],
    b"cLLI": [],
    b"pHYs": [b"\0\0\0\0\0\0\0\0\1"],
    b"sBIT": [],
    b"bKGD": [],
    b"hIST": [],
    b"sPLT": [],
    b"tIME": [],
    b"acTL": [struct.pack(">II", 0, 0), struct.pack(">II", 2**31, 0)],
    b"fcTL": [bytes(26), b"\xff" * 26],
    b"oFFs": [],
    b"juNk": [],
}
COMMON = [b"", b"\0", b"\xff" * 5, bytes(300)]  # of every kind


@pytest.mark.parametrize("kind", ANCILLARY)
@pytest.mark.parametrize("late", [False, True], ids=["before the pixels", "after them"])
def test_what_a_png_says_of_itself_loses_no_picture(tmp_path: Path, kind: bytes, late: bool) -> None:
    whole, path = written("PNG"), tmp_path / "a.png"
    place = len(whole) - 12 if late else 33
    for data in (*COMMON, *ANCILLARY[kind]):
        for right in (True, False):
            path.write_bytes(whole[:place] + chunk(kind, data, right) + whole[place:])
            assert far(levels(path), levels_of(rainbow())) == 0, (kind, data[:30], right)


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


SEGMENTS: dict[str, tuple[int, list[bytes]]] = {  # the segments that programs write into a JPEG
    "JFIF": (0xE0, [b"JFIF\0", b"JFIF", b"JFXX\0\x10", b"AVI1\0"]),
    "Exif": (0xE1, [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]),
    "XMP": (0xE1, [b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation='9'/>", b"http://ns.adobe.com/xap/1.0/\0\xff\xfe"]),
    "profile": (0xE2, [b"ICC_PROFILE\0", b"ICC_PROFILE\0\1\2x", b"ICC_PROFILE\0\0\0", b"ICC_PROFILE\0\1\1" + b"x" * 200]),
    "several pictures": (0xE2, [b"MPF\0", b"MPF\0MM\0*\0\0\0\x08\0\0", b"MPF\0II*\0" + b"\xff" * 60]),
    "Photoshop": (0xED, [b"Photoshop 3.0\0", b"Photoshop 3.0\08BIM\3\xed", b"Photoshop 3.0\08BIM\3\xed\0\0\0\0\xff\xff"]),
    "Adobe": (0xEE, [b"Adobe", b"Adobe\0d"]),
    "comment": (0xFE, [b"made by nobody", b"\xff\xfe"]),
    "other": (0xE8, [b"SPIFF\0", b"anything"]),
}


@pytest.mark.parametrize("name", SEGMENTS)
def test_what_a_jpeg_says_of_itself_loses_no_picture(tmp_path: Path, name: str) -> None:
    whole, path, (marker, contents) = written("JPEG", quality=95), tmp_path / "a.jpg", SEGMENTS[name]
    path.write_bytes(whole)
    right = levels(path)
    for data in (*COMMON[:3], *contents):
        path.write_bytes(whole[:2] + segment(marker, data) + whole[2:])
        assert far(levels(path), right) == 0, data[:40]
        assert image_size(path) == SIZE


def exif_of(orientation: int, entries: list[tuple[int, int, int, bytes]], order: str) -> bytes:
    """EXIF with an orientation, and entries of (tag, type, count, the four bytes of its value)."""
    rows = [struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)]
    rows += [struct.pack(f"{order}HHI", tag, kind, count) + value for tag, kind, count, value in entries]
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}IH", 8, len(rows))
    return head + b"".join(sorted(rows)) + bytes(4)


TYPES = (*range(14), 16, 18, 99, 65535)  # of EXIF's values: those that are known, and some that are not
VALUES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0", b"\0\0\xff\xf0")
TAGS = (0x00FE, 0x011A, 0x0128, 0x0132, 0x013E, 0x4746, 0x8769, 0x8825, 0x927C, 0xA005, 0x014A, 0xFFFF)


def exifs() -> Iterator[bytes]:
    """EXIF that says which side is up, and next to it something odd of every type."""
    for kind in TYPES:
        for count in (0, 1, 2, 2**31 - 1):
            yield from (exif_of(6, [(tag, kind, count, value)], ">") for tag in TAGS[kind % 3 :: 3] for value in VALUES)
        yield exif_of(6, [(0x010F, kind, 1, b"\xff\xff\xff\xff"), (0xC4A5, kind, 1, b"\x80\0\0\0")], "<")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_odd_exif_loses_no_picture_and_no_orientation(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    start, settings = (b"Exif\0\0", {"quality": 95}) if kind == "JPEG" else (b"", {})
    path.write_bytes(written(kind, exif=start + exif_of(6, [], ">"), **settings))
    right = levels(path)
    assert right.shape == (3, SIZE[1], SIZE[0])
    lost = 0
    for number, exif in enumerate(exifs()):
        if kind == "WEBP" and number % 7:
            continue
        path.write_bytes(written(kind, exif=start + exif, **settings))
        shown = levels(path)
        lost += shown.shape != right.shape or far(shown, right) > 0
    assert lost == 0


def read_or_refused(path: Path) -> bool:
    """Whether a picture is read, or refused in words of ours."""
    try:
        return bool(levels(path).isfinite().all())
    except MissingError as error:
        words = ("the file is damaged", "JPEG, PNG and WebP can", "million pixels")
        return error.message.startswith(f"{path}: ") and error.message.endswith(words)


def test_a_tiff_with_odd_tags_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    whole, path = written("TIFF"), tmp_path / "a.tif"
    dice = np.random.default_rng(1)
    start = struct.unpack("<I", whole[4:8])[0]
    for _ in range(300):
        hurt = bytearray(whole)
        place = int(dice.integers(start, min(len(whole), start + 200)))
        hurt[place] = int(dice.integers(256))
        path.write_bytes(hurt)
        assert read_or_refused(path)


# ---- HEIC


def soft(size: tuple[int, int] = (64, 96)) -> Pixels:
    """A picture that loses little in halved colours."""
    down, across = np.mgrid[0 : size[0], 0 : size[1]]
    high, wide = size
    return np.stack([down * 192 // high, across * 192 // wide, (down + across) * 160 // (high + wide)], axis=-1).astype(
        np.uint8
    )


@pytest.mark.parametrize("turn", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_a_heic_is_a_picture_by_any_name(tmp_path: Path, turn: int | None, brand: bytes) -> None:
    right = np.rot90(soft(), turn or 0)
    for name in ("a.heic", "a.jpg", "a"):
        path = heif.heic(tmp_path / name, soft(), turn, brand=brand)
        assert stands_still(path)
        assert image_size(path) == right.shape[:2]
        assert far(levels(path), torch.from_numpy(right.copy()).permute(2, 0, 1).float()) < 6


@pytest.mark.parametrize("turn", [None, 1])
@pytest.mark.parametrize(("grid", "shown"), [((1, 2), None), ((2, 1), (120, 96)), ((2, 2), (100, 150))], ids=str)
def test_a_heic_of_tiles_is_put_together(
    tmp_path: Path, grid: tuple[int, int], shown: tuple[int, int] | None, turn: int | None
) -> None:
    size = (64 * grid[0], 96 * grid[1])
    high, wide = shown or size
    right = np.rot90(soft(size)[:high, :wide], turn or 0)
    path = heif.heic(tmp_path / "a.heic", soft(size), turn, grid, shown=shown, boxed=bool(shown))
    assert image_size(path) == right.shape[:2]
    assert far(levels(path), torch.from_numpy(right.copy()).permute(2, 0, 1).float()) < 6


def test_a_damaged_heic_of_tiles_is_named(tmp_path: Path) -> None:
    whole = heif.heic(tmp_path / "a.heic", soft((64, 192)), grid=(1, 2)).read_bytes()
    hurt = [whole[:end] for end in range(40, len(whole), 211)]
    hurt += [whole[:place] + b"\xff" + whole[place + 1 :] for place in range(40, 600, 7)]
    for content in hurt:
        (tmp_path / "b.heic").write_bytes(content)
        with suppress(MissingError):
            assert levels(tmp_path / "b.heic").isfinite().all()


def test_a_heic_that_is_put_together_otherwise_is_refused_with_a_cure(tmp_path: Path) -> None:
    whole = heif.heic(tmp_path / "a.heic", soft((64, 192)), grid=(1, 2)).read_bytes()
    path = tmp_path / "a.heic"
    path.write_bytes(whole.replace(b"dimg", b"iovl"))
    with pytest.raises(MissingError, match=r"a\.heic: is a HEIC picture put together in a way") as error:
        picture(path, "cover", SIZE)
    assert "JPEG" in error.value.hint
    assert stands_still(path), "its name tells"


def test_a_damaged_heic_is_named(tmp_path: Path) -> None:
    whole = heif.heic(tmp_path / "a.heic", soft()).read_bytes()
    for end in range(40, len(whole), 97):
        (tmp_path / "b.heic").write_bytes(whole[:end])
        with suppress(MissingError):
            assert levels(tmp_path / "b.heic").isfinite().all()


# ---- large ones


def test_a_large_jpeg_is_read_smaller_and_others_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_PIXELS", 600)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)  # Pillow's own: from twice as many on it refuses them
    rainbow((48, 72)).save(tmp_path / "a.jpg", quality=95)
    assert image_size(tmp_path / "a.jpg") == (12, 18)
    small = torch.nn.functional.avg_pool2d(levels_of(rainbow((48, 72))), 4)
    assert far(levels(tmp_path / "a.jpg"), small) < 30
    rainbow((48, 72)).save(tmp_path / "a.png")
    with pytest.raises(MissingError, match=r"a\.png: has more than"):
        image_size(tmp_path / "a.png")
    rainbow((800, 800)).resize((2000, 2000)).save(tmp_path / "b.jpg")  # more than an eighth can help
    with pytest.raises(MissingError, match=r"b\.jpg: has more than"):
        image_size(tmp_path / "b.jpg")


@pytest.mark.slow
def test_a_jpeg_of_two_hundred_megapixels(tmp_path: Path) -> None:
    Image.new("L", (20000, 10000), 77).save(tmp_path / "a.jpg")
    assert image_size(tmp_path / "a.jpg") == (5000, 10000)
    assert far(picture(tmp_path / "a.jpg", "cover", (36, 64)) * 255, torch.full((1,), 77.0)) < 1
