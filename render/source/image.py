"""Pictures from files. Whatever a file holds (turned by a camera, see-through, grey, of 16 bits, CMYK) comes out as a Frame."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import file_digest
from io import BytesIO
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from torch import Tensor

from render.errors import MissingError, RenderError
from render.inputs import MOVIE, PICTURE, Kind, open_file, read_bytes
from render.picture.picture import from_pixels, resize
from render.source import Source, heic
from render.source.bare import JPEG, ORIENTATION, bare, exif_orientation
from render.source.heic import is_heic, read_heic
from render.source.photo import photo
from render.source.srgb import pixels

# What is read, with its usual endings: formats that Pillow decodes itself. Others start programs, as EPS does Ghostscript.
FORMATS = {
    "AVIF": (".avif",),
    "BMP": (".bmp",),
    "DDS": (".dds",),
    "DIB": (".dib",),
    "GIF": (".gif",),
    "ICO": (".ico",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "JPEG2000": (".jp2", ".j2k"),
    "PCX": (".pcx",),
    "PNG": (".png", ".apng"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "PSD": (".psd",),
    "QOI": (".qoi",),
    "SGI": (".sgi", ".rgb"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}
TARGA = (".tga", ".icb", ".vda", ".vst")  # of a format that nothing but its name tells from noise
ENDINGS = frozenset((*(ending for endings in FORMATS.values() for ending in endings), *TARGA, *heic.ENDINGS))
MOVING = frozenset({"AVIF", "GIF", "WEBP"})  # formats of which a file may be a film; an animated PNG says so itself
# Where a film says that it is one, bytes into the file, and how.
FILMS = ((0, b"\x1aE\xdf\xa3"), (8, b"AVI "), (0, b"OggS"), (0, b"FLV\1"), (4, b"moov"), (4, b"wide"), (188, b"G@"))
HEAD = 256  # bytes by which it is known what a file holds
MOST_PIXELS = 150_000_000  # of a picture file: more is a mistake or an attack, and would take gigabytes
GREY = 128  # behind what is see-through: the dream finds most to do in the middle
SURROUND = 8  # pixels: the height of the small picture that is blurred over the borders of `contain`
TURNS = {  # EXIF's orientations, and what puts a picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = range(5, 9)  # those that swap width and height


def image(file: Path, fit: str, size: tuple[int, int], ground: int = GREY) -> Source:
    """A picture file that fills (height, width): `fit` is a row of FITS. MissingError names the file and what is wrong."""
    whole, content = load_picture(file, ground), digest(file)
    frame = FITS[fit](whole, size).clamp(0, 1)
    larger = photo(whole, PLACES[fit](whole, size), size) if fit in PLACES else None
    return Source(lambda moment: frame, digest=content, picture_id=lambda moment: content, photo=larger)


def picture(file: Path, fit: str, size: tuple[int, int], ground: int = GREY) -> Tensor:
    """The Frame of a picture file, fitted to (height, width). ground: the grey, 0..255, on which its clear parts lie."""
    return FITS[fit](load_picture(file, ground), size).clamp(0, 1)


def load_picture(file: Path, ground: int = GREY) -> Tensor:
    """The Frame of a picture file in its own size."""
    with _open_picture(file) as picture_file:
        return from_pixels(pixels(_upright(picture_file), ground))


def image_size(file: Path) -> tuple[int, int]:
    """(height, width) of a picture as it is seen, without decoding it."""
    with _open_picture(file) as picture_file:
        turned = _orientation(picture_file) in SIDEWAYS and picture_file.format != "TIFF"  # whose size Pillow has turned
        width, height = picture_file.size
    return (width, height) if turned else (height, width)


def stands_still(file: Path) -> bool:
    """Whether a file holds one picture and no film: the file is asked, and if it is neither, its name."""
    try:
        if _is_film(_head(file)):
            return False
        with _open_picture(file) as picture_file:
            return not picture_file.info.get("moves")
    except MissingError:
        return file.suffix.lower() in ENDINGS


def digest(file: Path) -> str:
    """A hash of the file's content, by which a picture that was changed is noticed."""
    with _naming_faults(file), open_file(file, PICTURE) as content:
        return file_digest(content, "sha256").hexdigest()


def cover(frame: Tensor, size: tuple[int, int]) -> Tensor:
    """Fill the frame, keep the proportions, cut off what is too much."""
    height, width = _scaled_size(frame, size, max)
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return resize(frame, (height, width))[..., top : top + size[0], left : left + size[1]]


def contain(frame: Tensor, size: tuple[int, int]) -> Tensor:
    """Show all of the picture; where it ends, it goes on as a soft blur of itself: colours for the dream to begin with."""
    height, width = _scaled_size(frame, size, min)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    small = resize(frame, (SURROUND, max(1, round(SURROUND * size[1] / size[0]))))
    around = F.interpolate(small, size=size, mode="bicubic", align_corners=False)
    around[..., top : top + height, left : left + width] = resize(frame, (height, width))
    return around


FITS = {"cover": cover, "contain": contain, "stretch": resize}
PLACES: dict[str, Callable[[Tensor, tuple[int, int]], tuple[int, int]]] = {  # the size that a whole picture has for the film
    "cover": lambda frame, size: _scaled_size(frame, size, max),
    "stretch": lambda frame, size: size,
}


def _scaled_size(frame: Tensor, size: tuple[int, int], which: Any) -> tuple[int, int]:
    """The picture's (height, width) when its larger or smaller side (`which`: max or min of the two scales) fills `size`."""
    height, width = frame.shape[-2:]
    scale = which(size[0] / height, size[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


# ---- what a file holds


@contextmanager
def _open_picture(file: Path) -> Iterator[Image.Image]:
    """The picture in a file, its size checked before anything is decoded; a JPEG that is too large is read smaller.

    Raises MissingError that names the file and what is wrong. info["moves"]: it is one picture of a film.
    """
    with _naming_faults(file), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oddities of a file that can be read are none of the person's business
        if _is_film(_head(file)):
            raise MissingError(f"{file}: is a video, not a picture", f"footage is asked for by source: {{video: {file.name}}}")
        whole = bare(read_bytes(file, PICTURE))
        with _identify(whole.content, file) as picture_file:
            picture_file.info |= {"icc_profile": whole.profile} if whole.profile else {}
            picture_file.info["moves"] = whole.moves or (
                picture_file.format in MOVING and getattr(picture_file, "is_animated", False)
            )
            _reduce(picture_file)
            if picture_file.width * picture_file.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            yield picture_file


def _head(file: Path) -> bytes:
    with open_file(file, Kind(PICTURE.name, MOVIE.most)) as content:
        return content.read(HEAD)


def _is_film(head: bytes) -> bool:
    """Whether a file that begins so is a video, of the kinds that tell so themselves."""
    if head[4:8] == b"ftyp":
        return not is_heic(head) and not any(brand in head[8:] for brand in (b"avif", b"avis", b"mif1"))
    return any(head[place : place + len(sign)] == sign for place, sign in FILMS)


def _identify(content: bytes, file: Path) -> Image.Image:
    """What Pillow makes of a file's bytes. A JPEG may have more pixels than Pillow lets through: it can be read smaller."""
    if is_heic(content[:HEAD]):
        try:
            return read_heic(content, MOST_PIXELS)
        except MissingError as error:
            raise MissingError(error.about(f"{file}:"), error.hint) from error
    if not content.startswith(JPEG):
        formats = [*FORMATS, *(["TGA"] if file.suffix.lower() in TARGA else [])]
        return Image.open(BytesIO(content), formats=formats)
    try:
        return JpegImageFile(BytesIO(content))
    except SyntaxError as error:
        raise UnidentifiedImageError from error


def _reduce(picture_file: Image.Image) -> None:
    """Have a JPEG of too many pixels decoded at a half, a quarter or an eighth of its size."""
    width, height = picture_file.size
    part = next((part for part in (1, 2, 4, 8) if width * height <= MOST_PIXELS * part**2), 1)
    if part > 1 and picture_file.format == "JPEG":
        picture_file.draft(picture_file.mode, (width // part, height // part))


@contextmanager
def _naming_faults(file: Path) -> Iterator[None]:
    """Turn all that can go wrong with a picture file into one sentence that names it."""
    try:
        yield
    except RenderError:
        raise
    except Image.DecompressionBombError as error:
        raise MissingError(f"{file}: has more than {MOST_PIXELS // 1_000_000} million pixels") from error
    except UnidentifiedImageError as error:
        raise MissingError(f"{file}: is not a picture that can be read here; JPEG, PNG and WebP can") from error
    except Exception as error:  # whatever a damaged or hostile file makes Pillow say
        ours = type(error).__module__ == "builtins"  # else ffmpeg's, which have words of their own
        reason = error.strerror if ours and isinstance(error, OSError) else ""
        raise MissingError(f"{file}: cannot be read: {reason or 'the file is damaged'}") from error


def _orientation(picture_file: Image.Image) -> int:
    """EXIF's number for how the camera was held; 1, upright, where what the file says cannot be read."""
    if picture_file.format == "PNG":
        picture_file.load()  # EXIF may stand after its pixels
    if number := exif_orientation(picture_file.info.get("exif") or b""):
        return number
    try:  # a TIFF's own tags, XMP, and what ImageMagick writes
        return int(picture_file.getexif().get(ORIENTATION, 1))
    except Exception:  # whatever odd EXIF makes Pillow say: the picture is good all the same
        return 1


def _upright(picture_file: Image.Image) -> Image.Image:
    """The picture as it is seen, decoded."""
    picture_file.load()  # which puts a TIFF upright
    turn = TURNS.get(_orientation(picture_file))
    return picture_file if turn is None else picture_file.transpose(turn)
