"""Coherence. What can be told of a dream over footage: (dreamed frames, the footage, how it moved) -> number.

A frame is float32 [H, W, 3], RGB, 0..1. O is what was dreamed, S the footage beneath it, D = O - S the dream's detail, W a
frame looked up where its things were (or will be), M the pixels where that is known. Exact motion comes from scenes.py; for
real clips `measure_motion` measures it with another engine than the film's, so that no engine is asked about its own mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from measures import LUMA
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Field = NDArray[np.float32]  # [H, W, 2]: (x, y) in pixels
Mask = NDArray[np.bool_]  # [H, W]

RUDER = (0.01, 0.5)  # of the squared lengths, and squared pixels, by which two flows may differ (Ruder et al. 2016)
BOUNDARY = (0.01, 0.002)  # the same for a flow's slope, where motions meet (Lai et al. 2018 leave these pixels out)
FOUND = 0.2  # share of a frame that must be found in the one before, else it begins a shot


@dataclass(frozen=True)
class Way:
    """From one frame to another: pixel p of the one is the same thing as p + field[p] in the other.

    known: where that is so beyond doubt. hidden: where it would be in the other frame, but something stands before it there.
    """

    field: Field
    known: Mask
    hidden: Mask


@dataclass(frozen=True)
class Footage:
    """A clip and how it moves. way: (from, to) -> Way between two frames of a shot. cuts: the first frames of later shots."""

    frames: list[Picture]
    way: Callable[[int, int], Way]
    cuts: tuple[int, ...] = ()

    def pairs(self, settled: int, apart: int = 1) -> list[tuple[int, int]]:
        """(earlier, later) frames of the same shot, `apart` frames apart, from frame `settled` on."""
        found = [(later - apart, later) for later in range(settled + apart, len(self.frames))]
        return [(i, j) for i, j in found if not any(i < cut <= j for cut in self.cuts)]


# ---- how frames are carried


def carry(frame: Picture, field: Field) -> Picture:
    """The frame looked up at p + field[p]."""
    x, y = _pixels(field)
    return np.asarray(cv2.remap(frame, x + field[..., 0], y + field[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def _pixels(frame: Picture) -> tuple[Picture, Picture]:
    """x and y of every pixel of a frame or field, float32 [H, W] each."""
    height, width = frame.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y


def grey(frame: Picture) -> NDArray[np.uint8]:
    """Luminance, 8 bits."""
    return np.asarray((frame @ LUMA * 255).round().clip(0, 255), dtype=np.uint8)


def find_agreement(field: Field, back: Field) -> Mask:
    """Where going there and back again ends near the start, within the frame, and away from where motions meet."""
    height, width = field.shape[:2]
    x, y = _pixels(field)
    x, y = x + field[..., 0], y + field[..., 1]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    returned = cv2.remap(back, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lengths = np.square(field).sum(2) + np.square(returned).sum(2)
    near = np.square(field + returned).sum(2) <= RUDER[0] * lengths + RUDER[1]
    slope = sum(np.square(np.diff(field, axis=axis, append=field.take([-1], axis))).sum(2) for axis in (0, 1))
    smooth = slope <= BOUNDARY[0] * np.square(field).sum(2) + BOUNDARY[1]
    return np.asarray(inside & near & smooth)


def lucas_kanade(one: Picture, other: Picture) -> Field:
    """Flow from `one` to `other`: Lucas and Kanade's, pyramidal (Bouguet 2000), each pixel by its own 11x11 neighbours alone.

    On the scenes of known motion it errs by 0.05 to 0.2 pixels where it trusts itself, and Farneback's by 0.2 to 0.5.
    """
    start = np.stack(_pixels(one), -1)
    enough = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 30, 0.01)
    points = start.reshape(-1, 1, 2)
    found = cv2.calcOpticalFlowPyrLK(
        grey(one), grey(other), points, points.copy(), winSize=(11, 11), maxLevel=4, criteria=enough, minEigThreshold=1e-5
    )[0]
    return np.asarray(found.reshape(start.shape) - start, dtype=np.float32)


def dis(one: Picture, other: Picture) -> Field:
    """Flow from `one` to `other` (Kroeger et al. 2016): what films usually carry by, wrong where theirs is wrong."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    engine.setFinestScale(0)
    return np.asarray(engine.calc(grey(one), grey(other), None), dtype=np.float32)


def measure_motion(frames: list[Picture]) -> Footage:
    """A clip whose motion is measured with Lucas and Kanade's flow and checked forwards and backwards.

    Where next to nothing of a frame is found in the one before, a shot begins.
    """

    @lru_cache(maxsize=64)
    def flow(i: int, j: int) -> Field:
        return lucas_kanade(frames[i], frames[j])

    def way(i: int, j: int) -> Way:
        known = find_agreement(flow(i, j), flow(j, i))
        return Way(flow(i, j), known, np.zeros_like(known))

    cuts = tuple(j for j in range(1, len(frames)) if way(j, j - 1).known.mean() < FOUND)
    return Footage(frames, way, cuts)


# ---- the figures


def details(dreamed: Sequence[Picture], footage: Footage) -> list[Picture]:
    """D of each frame."""
    return [o - s for o, s in zip(dreamed, footage.frames, strict=True)]


def rms(detail: Picture, where: Mask | None = None) -> float:
    """Root mean square, over `where` if given."""
    return float(np.sqrt(np.mean(np.square(detail if where is None else detail[where]), dtype=np.float64)))


def warp_error(dreamed: Sequence[Picture], footage: Footage, settled: int, apart: int = 1) -> float:
    """E_warp (Lai et al. 2018): mean over M of |O_t - W O_t+1|^2, then over the pairs. What the footage scores is its floor."""
    errors = []
    for i, j in footage.pairs(settled, apart):
        way = footage.way(i, j)
        errors.append(np.square(dreamed[i] - carry(dreamed[j], way.field))[way.known].mean(dtype=np.float64))
    return _mean(errors)


def excess(dreamed: Sequence[Picture], footage: Footage, settled: int) -> float:
    """E_warp above its floor: what the dream adds to what noise, ripples and light already change from frame to frame."""
    return warp_error(dreamed, footage, settled) - warp_error(footage.frames, footage, settled)


def flicker(dreamed: Sequence[Picture], footage: Footage, settled: int, apart: int = 1) -> float:
    """NRF: |D_t - W D_t-1|^2 by |D_t|^2 + |W D_t-1|^2 over M; 0 is glued to the surface, 1 unrelated, NaN no dream at all."""
    detail, shares = details(dreamed, footage), []
    for i, j in footage.pairs(settled, apart):
        way = footage.way(j, i)
        before = carry(detail[i], way.field)[way.known]
        now = detail[j][way.known]
        whole = float(np.square(now).sum(dtype=np.float64) + np.square(before).sum(dtype=np.float64))
        shares.append(float(np.square(now - before).sum(dtype=np.float64)) / whole if whole > 1e-9 * now.size else float("nan"))
    return _mean(shares)


def strength(dreamed: Sequence[Picture], footage: Footage, settled: int) -> float:
    """rms(D) over the settled frames."""
    return float(np.sqrt(np.mean([rms(detail) ** 2 for detail in details(dreamed, footage)[settled:]])))


def drift(dreamed: Sequence[Picture], footage: Footage) -> float:
    """rms(D) of the last frame by that of the first."""
    detail = details(dreamed, footage)
    return rms(detail[-1]) / max(rms(detail[0]), 1e-9)


def level(dreamed: Sequence[Picture]) -> float:
    """How far the mean of all pixels and channels ever moves from what it was in the first frame."""
    means = np.array([frame.mean(dtype=np.float64) for frame in dreamed])
    return float(np.abs(means - means[0]).max())


def tint(dreamed: Sequence[Picture]) -> float:
    """The same for the channel that moves most: a cast of colour leaves the level as it is."""
    means = np.array([frame.mean((0, 1), dtype=np.float64) for frame in dreamed])
    return float(np.abs(means - means[0]).max())


def ghost(dreamed: Sequence[Picture], footage: Footage, settled: int) -> float:
    """How far what was hidden wears the dream of what hid it: the highest correlation of D_t with W D_t-1 on such pixels.

    The highest of three ways to bring a dream along: with the ground's true motion, in place, and with DIS's flow.
    """
    detail = details(dreamed, footage)
    fields: dict[str, Callable[[int, int], Field]] = {
        "true": lambda i, j: footage.way(j, i).field,
        "in place": lambda i, j: np.zeros_like(footage.way(j, i).field),
        "dis": lambda i, j: dis(footage.frames[j], footage.frames[i]),
    }
    pairs = [(i, j, footage.way(j, i).hidden) for i, j in footage.pairs(settled)]
    return max(
        _correlation([(detail[j][hidden], carry(detail[i], field(i, j))[hidden]) for i, j, hidden in pairs])
        for field in fields.values()
    )


def fill(dreamed: Sequence[Picture], footage: Footage, settled: int) -> float:
    """rms(D) where the picture is new by rms(D) elsewhere: 1 is even, less leaves holes behind what moves."""
    detail = details(dreamed, footage)
    masks = [(detail[j], footage.way(j, i).hidden) for i, j in footage.pairs(settled)]
    new, old = (np.concatenate([one[mask == wanted] for one, mask in masks]) for wanted in (True, False))
    return rms(new) / max(rms(old), 1e-9) if new.size else float("nan")


def sharpness(dreamed: Sequence[Picture], footage: Footage, settled: int) -> float:
    """Variance of the luminance's Laplacian by that of the footage."""

    def laplacian(frame: Picture) -> float:
        return float(cv2.Laplacian(frame @ LUMA, cv2.CV_32F).var(dtype=np.float64))

    pairs = list(zip(dreamed, footage.frames, strict=True))[settled:]
    return _mean([laplacian(o) / max(laplacian(s), 1e-12) for o, s in pairs])


def survival(dreamed: Sequence[Picture], footage: Footage) -> float:
    """How far a shot's last detail is left in the next one's first frame: their correlation, in place or by DIS's flow."""
    detail = details(dreamed, footage)
    found = []
    for cut in footage.cuts:
        fields = np.zeros((*detail[cut].shape[:2], 2), np.float32), dis(footage.frames[cut], footage.frames[cut - 1])
        found += [_correlation([(detail[cut], carry(detail[cut - 1], field))]) for field in fields]
    return max(found, default=float("nan"))


def _correlation(pairs: Sequence[tuple[Picture, Picture]]) -> float:
    """Pearson's, over the pixels and channels of all pairs together; never below 0; NaN where there are no pixels."""
    one, other = (np.concatenate([np.ravel(pair[side]) for pair in pairs] or [np.zeros(0)]) for side in (0, 1))
    if one.size < 2 or not one.std() or not other.std():
        return float("nan")
    return max(0.0, float(np.corrcoef(one, other)[0, 1]))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
