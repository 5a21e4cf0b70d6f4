"""Pictures from files. Whatever a file holds (turned by a camera, see-through, grey, of 16 bits, CMYK) comes out as a Frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from torch import Tensor

from render.errors import MissingError, unopened
from render.picture.picture import from_pixels, resize
from render.source import Source

MOST_PIXELS = 150_000_000  # of a picture file: more is a mistake or an attack, and would take gigabytes
GREY = 128  # behind what is see-through: the dream finds most to do in the middle
SURROUND = 8  # pixels high is the picture that fills the borders of `contain`
SIXTEEN_BITS = frozenset({"I", "I;16", "I;16B", "I;16L"})
SIDEWAYS = range(5, 9)  # the EXIF orientations that swap width and height
ORIENTATION = 0x0112


def image(file: Path, fit: str, size: tuple[int, int]) -> Source:
    """A picture file that fills (height, width): `fit` is a row of FITS. MissingError names the file and what is wrong."""
    frame, content = picture(file, fit, size), digest(file)
    return Source(lambda moment: frame, digest=content, picture_id=lambda moment: content)


def picture(file: Path, fit: str, size: tuple[int, int]) -> Tensor:
    """The Frame of a picture file, fitted to (height, width)."""
    return FITS[fit](_load(file), size).clamp(0, 1)


def image_size(file: Path) -> tuple[int, int]:
    """(height, width) of a picture as it is seen, without decoding it."""
    with _open_picture(file) as picture_file:
        turned = picture_file.getexif().get(ORIENTATION) in SIDEWAYS
        width, height = picture_file.size
    return (width, height) if turned else (height, width)


def digest(file: Path) -> str:
    """A hash of the file's content, by which a picture that was changed is noticed."""
    with _naming_faults(file), file.open("rb") as content:
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


def _scaled_size(frame: Tensor, size: tuple[int, int], which: Any) -> tuple[int, int]:
    """The picture's (height, width) when its larger or smaller side (`which`: max or min of the two scales) fills `size`."""
    height, width = frame.shape[-2:]
    scale = which(size[0] / height, size[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _load(file: Path) -> Tensor:
    with _open_picture(file) as picture_file:
        return from_pixels(_pixels(ImageOps.exif_transpose(picture_file)))


@contextmanager
def _open_picture(file: Path) -> Iterator[Image.Image]:
    """The picture file, its size checked before anything is decoded."""
    with _naming_faults(file), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oddities of a file that can be read are none of the person's business
        with Image.open(file) as picture_file:
            if picture_file.width * picture_file.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            yield picture_file


@contextmanager
def _naming_faults(file: Path) -> Iterator[None]:
    """Turn all that can go wrong with a picture file into one sentence that names it."""
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise MissingError(f"{file}: is a pipe or a device, not a picture")
        yield
    except IsADirectoryError as error:
        raise MissingError(f"{file}: is a folder, not a picture") from error
    except Image.DecompressionBombError as error:
        raise MissingError(f"{file}: has more than {MOST_PIXELS // 1_000_000} million pixels") from error
    except UnidentifiedImageError as error:
        raise MissingError(f"{file}: is not a picture that can be read here; JPEG, PNG and WebP can") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError, MemoryError) as error:
        # What Pillow's decoders are known to raise for a damaged file.
        why = unopened(error) or f"cannot be read: {error or 'the file is damaged'}"
        raise MissingError(f"{file}: {why}") from error


def _pixels(picture_file: Image.Image) -> NDArray[Any]:
    """uint8 or uint16 [H, W, 3] of a picture in any of Pillow's modes."""
    if picture_file.mode in SIXTEEN_BITS:
        grey = np.clip(np.asarray(picture_file), 0, 65535).astype(np.uint16)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture_file.mode == "F":
        floats = np.nan_to_num(np.asarray(picture_file, dtype=np.float32), posinf=1.0)
        grey = (np.clip(floats / max(1.0, float(floats.max())), 0, 1) * 65535).astype(np.uint16)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture_file.has_transparency_data:
        clear = picture_file.convert("RGBA")
        behind = Image.new("RGBA", clear.size, (GREY, GREY, GREY, 255))
        return np.asarray(Image.alpha_composite(behind, clear).convert("RGB"))
    return np.asarray(_to_srgb(picture_file))


def _to_srgb(picture_file: Image.Image) -> Image.Image:
    """RGB with sRGB's meaning: phones tag their pictures Display P3, and CMYK means nothing without its profile."""
    profile = picture_file.info.get("icc_profile")
    if profile and picture_file.mode in ("RGB", "CMYK"):
        try:
            embedded = ImageCms.ImageCmsProfile(BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture_file, embedded, srgb, outputMode="RGB") or picture_file.convert("RGB")
        except (ImageCms.PyCMSError, OSError):
            pass  # a damaged profile; without it the picture is near enough
    return picture_file.convert("RGB")
