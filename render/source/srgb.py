"""sRGB. What the numbers of a picture mean: (a picture of Pillow's, in any of its modes) -> pixels in sRGB."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

DEEP = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N", "F"})  # Pillow's modes of grey in more than 8 bits

Pixels = NDArray[Any]


def pixels(picture_file: Image.Image, ground: int) -> Pixels:
    """uint8 or uint16 [H, W, 3], sRGB, of a picture in any of Pillow's modes. ground: the grey on which its clear parts lie."""
    if picture_file.mode in DEEP:
        return _deep_grey(picture_file, ground)
    profile = picture_file.info.get("icc_profile")
    if not picture_file.has_transparency_data:
        return np.asarray(_to_srgb(picture_file, profile))
    clear = picture_file.convert("RGBA")
    opacity = clear.getchannel("A")
    colours = _to_srgb(picture_file.convert("L") if picture_file.mode in ("LA", "La") else clear.convert("RGB"), profile)
    behind = Image.new("RGBA", clear.size, (ground, ground, ground, 255))
    over = Image.merge("RGBA", (*colours.split(), opacity))
    return np.asarray(Image.alpha_composite(behind, over).convert("RGB"))


def _deep_grey(picture_file: Image.Image, ground: int) -> Pixels:
    """uint16 [H, W, 3] of a picture in a mode of DEEP. Numbers with a point go from 0 to 1, or to the largest of them."""
    numbers = np.asarray(picture_file)
    if picture_file.mode == "F":
        floats = np.nan_to_num(numbers.astype(np.float32), posinf=1.0)
        numbers = np.clip(floats / max(1.0, float(floats.max())), 0, 1) * 65535
    grey = np.clip(numbers, 0, 65535).astype(np.uint16)
    colours = np.repeat(grey[..., None], 3, axis=2)
    if profile := picture_file.info.get("icc_profile"):
        ramp = np.arange(256, dtype=np.uint8)[None]
        curve = np.asarray(_to_srgb(Image.fromarray(ramp), profile))[0].astype(np.float64)  # what 256 greys become
        levels = [np.interp(grey / 257, ramp[0], curve[:, channel]) * 257 for channel in range(3)]
        colours = np.stack(levels, axis=-1).round().astype(np.uint16)
    if isinstance(clear := picture_file.info.get("transparency"), int):
        colours[grey == clear] = ground * 257
    return colours


def _to_srgb(picture_file: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB with sRGB's meaning: phones tag their pictures Display P3, and CMYK means nothing without its profile.

    picture_file: without opacity. A profile that is damaged, or of another kind of picture, is left out: without it the
    numbers are near enough.
    """
    mode = picture_file.mode
    if not profile and mode != "LAB":
        return picture_file.convert("RGB")
    try:
        embedded = ImageCms.ImageCmsProfile(BytesIO(profile) if profile else ImageCms.createProfile("LAB"))
        fitting = PROFILED.get(embedded.profile.xcolor_space.strip(), {}).get(mode)
        if fitting:
            srgb = ImageCms.createProfile("sRGB")
            meant = ImageCms.profileToProfile(picture_file.convert(fitting), embedded, srgb, outputMode="RGB")
            return meant or picture_file.convert("RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        pass
    return picture_file.convert("RGB")


_COLOURS = dict.fromkeys(("1", "L", "P", "PA", "RGB", "RGBX", "YCbCr", "HSV"), "RGB")
PROFILED = {  # what a profile is for -> Pillow's modes to which it applies, and the mode in which it does
    "RGB": _COLOURS,
    "GRAY": {"1": "L", "L": "L"},
    "CMYK": {"CMYK": "CMYK"},
    "Lab": {"LAB": "LAB"},
}
