"""Footage from video files: Footage -> a Source that shows at each moment the picture nearest to it in the file's own time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from render.inputs import MOVIE
from render.picture.colour import from_linear
from render.picture.picture import resize
from render.source import Source
from render.source.decoder import naming_faults, picture_reader
from render.source.footage import Footage
from render.source.image import FITS, GREY, digest
from render.source.planes import planes, upright_size
from render.source.stamp import require_unchanged

TICKS = 4  # pictures kept as Frames: the two ticks beside a moment, the moment's own, and the one before
PQ, HLG = 16, 18  # transfers of high dynamic range, numbered as in ITU-T H.273
WHITE = 203.0  # cd/m² of a white page in such a film (ITU-R BT.2408), which becomes a white page here
PEAK = 1000.0  # cd/m² of the display that HLG is meant for
SHOULDER = 0.75  # of white: light below stays as it is, light from there to PEAK is bent to below full white, as film does
REC709_OF_2020 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))  # ITU-R BT.2087


def video(footage: Footage, fit: str, size: tuple[int, int], ground: int = GREY) -> Source:
    """A video file as footage, fitted to (height, width): `fit` is a row of FITS. Past its end its last picture stays.

    ground: the grey, 0..255, on which its clear parts lie. Where the file has changed since the footage was read its pictures
    raise a RenderError. Moments count from the footage's start, so that a film of its own constant rate shows picture i in
    frame i.
    """
    read = picture_reader(footage.file, footage.marks, footage.interlaced, footage.clock)

    @lru_cache(maxsize=TICKS)
    def decode(number: int) -> Tensor:
        frame = read(number)
        require_unchanged(footage.file, MOVIE, footage.stamp)
        with naming_faults(footage.file):
            pixels = planes(frame)
        picture = _over_ground(torch.from_numpy(pixels)[None], ground)
        if frame.color_trc in LIGHTS:
            picture = _to_srgb(LIGHTS[frame.color_trc](picture))
        upright = resize(picture, upright_size(frame, footage.aspect))  # which may change in the middle of a broadcast
        return FITS[fit](upright, size).clamp(0, 1)

    content = digest(footage.file)
    require_unchanged(footage.file, MOVIE, footage.stamp)
    return Source(
        lambda moment: decode(footage.shown(moment.seconds)),
        moves=True,
        digest=content,
        picture_id=lambda moment: f"{content} {footage.marks[footage.shown(moment.seconds)]}",
    )


def _over_ground(picture: Tensor, ground: int) -> Tensor:
    """The Frame of [1, 4, H, W] that may be see-through: it lies on grey of that brightness. [1, 3, H, W] is one."""
    if picture.shape[1] == 3:
        return picture
    return torch.lerp(torch.full_like(picture[:, :3], ground / 255), picture[:, :3], picture[:, 3:])


# ---- high dynamic range, as phones and televisions have it


def pq(code: Tensor) -> Tensor:
    """Light, 1 a white page, of what was encoded by SMPTE ST 2084."""
    root = code.clamp(0, 1) ** (1 / 78.84375)
    return ((root - 0.8359375).clamp(min=0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125) * (10_000 / WHITE)


def hlg(code: Tensor) -> Tensor:
    """Light, 1 a white page, on a display of PEAK, of what was encoded by ARIB STD-B67."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = torch.where(code <= 0.5, code**2 / 3, (((code - c) / a).exp() + b) / 12)
    bright = (scene * torch.tensor((0.2627, 0.6780, 0.0593)).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return scene * bright.clamp_min(1e-6) ** 0.2 * (PEAK / WHITE)


LIGHTS: dict[int, Callable[[Tensor], Tensor]] = {PQ: pq, HLG: hlg}


def _to_srgb(light: Tensor) -> Tensor:
    """BT.2020's light as an sRGB Frame. What is brighter than white rolls off along its own hue."""
    light = torch.einsum("rc,nchw->nrhw", torch.tensor(REC709_OF_2020), light).clamp(min=0)
    most = light.amax(1, keepdim=True).clamp_min(1e-6)
    over, peak = (most - SHOULDER).clamp(min=0) / (1 - SHOULDER), (PEAK / WHITE - SHOULDER) / (1 - SHOULDER)
    bent = SHOULDER + (1 - SHOULDER) * (over * (1 + over / peak**2) / (1 + over)).clamp(max=1)  # Reinhard et al. 2002, eq. 4
    light = light * (torch.where(over > 0, bent, most) / most)
    return from_linear(light)
