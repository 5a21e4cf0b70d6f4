"""Colour. What is measured of a frame's colours, and how they are held."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from render.picture.picture import send

LUMA = (0.2126, 0.7152, 0.0722)  # BT.709
CONES = (  # of linear sRGB, and Oklab of their cube roots (bottosson.github.io/posts/oklab)
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
MOST_SHARPENED = 1.5  # how much fine detail may be raised
PALETTE_WIDTH = 0.12  # Oklab: colours nearer than this to two of a palette's become a mixture of them
CALM = 3  # times that colour is blurred to take its thinnest lines out
SHOULDER = 0.08  # of the range, at either end, over which a tone that is held fast rolls off instead of clipping


@dataclass(frozen=True)
class Tone:
    """Channel means [3] and the contrast: the standard deviation about them over all pixels and channels."""

    mean: Tensor
    contrast: float


def tone(frame: Tensor) -> Tone:
    """The tone of a frame."""
    mean, contrast = _tone(frame)
    return Tone(mean, float(contrast))


def hold_tone(frame: Tensor, reference: Tone, hold: float, measured: Tensor | None = None) -> Tensor:
    """The frame with its tone brought `hold` (0..1) of the way to the reference; 0 leaves it to burn.

    measured: what of the frame has that tone, if not all of it.
    """
    if not hold:
        return frame
    now, contrast = _tone(frame if measured is None else measured)
    gain = 1 + hold * (reference.contrast / contrast.clamp_min(1e-6) - 1)
    mean = torch.lerp(now, reference.mean.to(now, non_blocking=True), hold)
    return _roll_off((frame - now[:, None, None]) * gain + mean[:, None, None], hold * SHOULDER)


def _roll_off(frame: Tensor, edge: float) -> Tensor:
    """The frame between 0 and 1, as film does it: what comes within `edge` of black or white nears it ever more slowly."""
    inside = frame.clamp(edge, 1 - edge)
    return inside + edge * ((frame - inside) / edge).tanh()


def crossfade(before: Tensor, after: Tensor, share: float) -> Tensor:
    """A cross-fade, `share` of `after`, as rich in contrast as the two are: an average of two pictures is a fog."""
    mix = torch.lerp(before, after, share)
    now, contrast = _tone(mix)
    wanted = (1 - share) * _tone(before)[1] + share * _tone(after)[1]
    gain = (wanted / contrast.clamp_min(1e-6)).clamp(1.0, MOST_SHARPENED)
    mean = now[:, None, None]
    return ((mix - mean) * gain + mean).clamp(0, 1)


def rms(detail: Tensor) -> float:
    """Root mean square of a detail, its strength."""
    return each_rms(detail)[0]


def each_rms(*details: Tensor) -> list[float]:
    """The same of several, read at once."""
    strengths: list[float] = torch.stack([_power(detail).sqrt() for detail in details]).cpu().tolist()
    return strengths


def fine(frame: Tensor) -> Tensor:
    """Fine-detail energy, [] float64: mean square of the luminance minus its 3x3 binomial blur."""
    light = luma(frame)
    return _power((light - blur(light))[..., 2:-2, 2:-2])


def sharpen_to(frame: Tensor, energy: float | Tensor) -> Tensor:
    """The frame with its fine detail brought up to `energy`, at most by MOST_SHARPENED.

    A cross-fade averages two dreams, and where they disagree detail is lost; the film would pump between ticks.
    """
    now = fine(frame)
    gain = torch.where(now > 0, (energy / now).sqrt().clamp(1.0, MOST_SHARPENED), 1.0)
    if frame.device.type == "cpu" and gain == 1:  # on a GPU to look would be to wait for it
        return frame
    return frame + (gain - 1) * (frame - blur(frame))


def to_linear(frame: Tensor) -> Tensor:
    """The light that sRGB's numbers stand for (IEC 61966-2-1)."""
    return torch.where(frame <= 0.04045, frame / 12.92, ((frame.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def from_linear(light: Tensor) -> Tensor:
    """The sRGB numbers of light."""
    return torch.where(light <= 0.0031308, 12.92 * light, 1.055 * light.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)


def oklab(frame: Tensor) -> Tensor:
    """A frame in Oklab (Ottosson 2020), [1, 3, H, W]: lightness 0..1, green to red, blue to yellow, apart as one sees."""
    cones = torch.einsum("rc,nchw->nrhw", _matrix(CONES, frame.device), to_linear(frame)).clamp_min(0) ** (1 / 3)
    return torch.einsum("rc,nchw->nrhw", _matrix(OKLAB, frame.device), cones)


def from_oklab(lab: Tensor) -> Tensor:
    """The frame of an Oklab one; what no screen can show is below 0 or above 1."""
    cones = torch.einsum("rc,nchw->nrhw", _inverse(OKLAB, lab.device), lab) ** 3
    return from_linear(torch.einsum("rc,nchw->nrhw", _inverse(CONES, lab.device), cones))


def from_hex(colour: str) -> Tensor:
    """[3]: the sRGB numbers, 0..1, of a colour written as "#rrggbb"."""
    return torch.tensor([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])


def hold_colour(frame: Tensor, wanted: Tensor, hold: float) -> Tensor:
    """The frame with its hue and saturation brought `hold` (0..1) of the way to those of `wanted`, in Oklab."""
    lab = oklab(frame.clamp(0, 1))
    return from_oklab(torch.cat((lab[:, :1], torch.lerp(lab[:, 1:], wanted[:, 1:].to(lab), hold)), dim=1)).clamp(0, 1)


def nearest_in(palette: Tensor, lab: Tensor) -> Tensor:
    """Oklab [1, 3, H, W] whose hues are those of a palette's colours [n, 3], of the nearest most, so that no line is drawn."""
    palette = send(palette, lab.device)
    apart = (lab[:, None] - palette[None, :, :, None, None]).square().sum(2)  # [1, n, H, W]
    shares = (-apart / PALETTE_WIDTH**2).softmax(1)
    return torch.einsum("bnhw,nc->bchw", shares, palette)


def calm_fringes(frame: Tensor, amount: float) -> Tensor:
    """The frame with `amount` (0..1) of the colour of its thinnest lines taken out; as light as it was."""
    if not amount:
        return frame
    lab = oklab(frame.clamp(0, 1))
    soft = lab[:, 1:]
    for _ in range(CALM):
        soft = blur(soft)
    return from_oklab(torch.cat((lab[:, :1], torch.lerp(lab[:, 1:], soft, amount)), dim=1)).clamp(0, 1)


def fringes(frame: Tensor) -> float:
    """The share of the energy of colour (Oklab's a and b) above a quarter of the sampling rate, in waves under 4 pixels.

    Under a Hann window: without one the step from each edge of the frame to the other is half of what is found.
    """
    colour = oklab(frame.clamp(0, 1))[0, 1:]
    down, across = (torch.hann_window(side, device=frame.device) for side in colour.shape[1:])
    waves = torch.fft.fft2((colour - colour.mean((1, 2), keepdim=True)) * down[:, None] * across).abs().square().sum(0)
    down, across = (torch.fft.fftfreq(side, device=frame.device).abs() for side in waves.shape)
    fine = torch.maximum(down[:, None], across[None]) > 0.25
    return float(waves[fine].sum() / waves.sum().clamp_min(1e-12))


@cache
def _matrix(rows: tuple[tuple[float, ...], ...], device: torch.device) -> Tensor:
    return torch.tensor(rows, device=device)


@cache
def _inverse(rows: tuple[tuple[float, ...], ...], device: torch.device) -> Tensor:
    """Of a matrix; a GPU that is asked for one is waited for, to be told whether there is any."""
    return torch.tensor(rows).inverse().to(device)


def luma(frame: Tensor) -> Tensor:
    """Luminance [1, 1, H, W]."""
    return (frame * _luma_weights(frame.device)).sum(1, keepdim=True)


@cache
def _luma_weights(device: torch.device) -> Tensor:
    return torch.tensor(LUMA, device=device)[:, None, None]


# Figures of a whole frame stay where it is, as float64 [], and are read only by who needs a number: whoever reads one waits
# until a GPU has done all that it was asked for.


def _tone(frame: Tensor) -> tuple[Tensor, Tensor]:
    """Channel means [3], and the contrast []."""
    mean = frame.mean((0, 2, 3))
    return mean, _power(frame - mean[:, None, None]).sqrt()


def _power(detail: Tensor) -> Tensor:
    """Mean square [], summed along rows first: the same number, however many threads there are."""
    return detail.square().mean(-1).mean().double()


def blur(frame: Tensor) -> Tensor:
    """Each pixel with its neighbours, weighed 1 2 1 in both directions."""
    for axis in (2, 3):
        end = frame.shape[axis] - 1
        blurred = 2 * frame
        for to, source, count in ((0, 0, 1), (1, 0, end), (0, 1, end), (end, end, 1)):  # the edges are their own neighbours
            blurred.narrow(axis, to, count).add_(frame.narrow(axis, source, count))
        frame = blurred.div_(4)
    return frame
