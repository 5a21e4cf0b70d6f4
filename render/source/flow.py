"""Optical flow. What moved between two pictures, and how far that can be trusted: (before, after, estimator) -> Flow.

The flow leads from the later picture back to the earlier, because what was dreamed on the earlier is looked up there; the
other way only serves to check it. Where they disagree, the later picture shows what the earlier hid (Ruder, Dosovitskiy,
Brox 2016, arXiv 1604.08610).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from render.errors import MissingError
from render.picture.picture import Pixels, numbers, pixels_in_place, resize, send
from render.picture.readback import read_later
from render.picture.warp import grid

Vectors = NDArray[np.float32]  # [h, w, 2] pixels, (x, y): from where a pixel of one picture lies to where it lies in another
Engine = Callable[[Pixels, Pixels], Vectors]  # (here, there), uint8 [h, w, 3] -> for each pixel of `here` the way to `there`

FINE = 32  # steps a pixel in which a FlowPair keeps its flow: finer than any engine is right
DISAGREE = (0.01, 0.5)  # of the vectors' squared lengths, and pixels²: Ruder's, as good at 640 as at 1280 pixels
GAP = 16.0  # contrasts further apart than this have no picture in common: one of them is black, white or fog
LOST, ALIKE = 0.5, 0.6  # more than half the picture lost, and not alike after all: a cut
STILL = 0.05  # flow that makes pictures so little more alike found no motion: the light changed
SAME = (0.5, 4.0)  # of 255: the mean difference of a picture that is shown twice, and that of its most different block
FAINT = 0.06  # of full range: a picture of less contrast hides what it stands before, as in a flash, a black or a white one
BURNT = (0.7, 3 / 255)  # so does one of which so much is as near as that to black or white
BLOCK = 16  # pixels: a bird that moves in a still sky must not hide in the mean
SOFT = 2.0  # pixels of blur before pictures are compared as a whole


@dataclass(frozen=True)
class FlowPair:
    """What an engine found for a pair of pictures, at the size it worked at; small enough to be stored."""

    back: NDArray[np.int16]  # [h, w, 2], in 1/FINE pixels: from a pixel of the later picture to its place in the earlier
    trust: NDArray[np.uint8]  # [h, w], 255 is full
    lost: float  # share of the picture where the flow there and the flow back disagree
    alike: float  # correlation of the later picture with the earlier one moved onto it
    still: float  # the same with the earlier one left in place


@dataclass(frozen=True)
class FlowEstimator:
    """How motion is estimated."""

    trace: Callable[[Pixels, Pixels], FlowPair]  # (earlier, later), uint8 [h, w, 3] each
    widest: int  # pixels of the longer side at which it works at most
    name: str  # all that shapes its answers, as text: the key of the flow cache, part of a take's fingerprint


@dataclass(frozen=True)
class Flow:
    """What moved from one picture to a later one, at the film's size."""

    back: Tensor  # Coords [1, H, W, 2]: where each pixel of the later picture was in the earlier
    trust: Tensor  # [1, 1, H, W]: 1 where it was there, 0 where it is new
    kind: str  # "usual", "same" (nothing new to dream on), "flash" (too much light to follow: all stays in place), "cut"


def flow(before: Tensor, after: Tensor, estimator: FlowEstimator, cut: bool | None = None) -> Flow:
    """What moved between two Frames of a size. cut: whether there is a cut between them, where that is known already."""
    size = (after.shape[-2], after.shape[-1])
    small = working_size(size, estimator.widest)
    frames = {"earlier": before, "later": after}
    read = read_later({name: pixels_in_place(resize(frame, small), np.uint8) for name, frame in frames.items()})()
    earlier, later = read["earlier"].numpy(), read["later"].numpy()
    if cut:
        return flow_at_rest(size, after.device, "cut")
    if same_picture(earlier, later):
        return flow_at_rest(size, after.device, "same")
    pair = estimator.trace(earlier, later)
    kind = classify_pair(pair, cut)
    return _at_film_size(pair, size, after.device) if kind == "usual" else flow_at_rest(size, after.device, kind)


def classify_pair(pair: FlowPair, cut: bool | None = None) -> str:
    """The kind of a pair of pictures: usual, flash or cut."""
    if pair.lost <= LOST:
        return "usual"
    if pair.alike < ALIKE:
        return "cut" if cut is None else "usual"
    return "flash" if pair.still > pair.alike - STILL else "usual"


def same_picture(earlier: Pixels, later: Pixels) -> bool:
    """Whether two pictures are one that is shown twice, as footage of another frame rate does."""
    difference = cv2.absdiff(earlier, later).astype(np.float32).mean(axis=2)
    height, width = difference.shape
    blocks = (max(1, width // BLOCK), max(1, height // BLOCK))
    most = cv2.resize(difference, blocks, interpolation=cv2.INTER_AREA).max()
    return bool(difference.mean() < SAME[0] and most < SAME[1])


def working_size(size: tuple[int, int], widest: int) -> tuple[int, int]:
    """The (height, width) at which flow is looked for: large motions are beyond any engine at full size."""
    scale = min(1.0, widest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def all_clear(*frames: Tensor) -> bool:
    """Whether each Frame shows something: it is neither blank, nor all but black or white."""
    small = [resize(frame, working_size((frame.shape[-2], frame.shape[-1]), 96)).mean(1) for frame in frames]
    burnt = [((each < BURNT[1]) | (each > 1 - BURNT[1])).float().mean() for each in small]
    clear = [(each.std().double() >= FAINT) & (share.double() <= BURNT[0]) for each, share in zip(small, burnt, strict=True)]
    return bool(torch.stack(clear).all())


def flow_at_rest(size: tuple[int, int], device: torch.device, kind: str) -> Flow:
    """The flow where all stays in its place, of no trust after a cut."""
    trust = torch.full((1, 1, *size), 0.0 if kind == "cut" else 1.0, device=device)
    return Flow(grid(size, device), trust, kind)


def _at_film_size(pair: FlowPair, size: tuple[int, int], device: torch.device) -> Flow:
    """The flow of a pair at the film's size, in Coords."""
    height, width = pair.trust.shape
    step = numbers((size[1] / width * 2 / size[0], 2 / height), device) / FINE
    back = send(torch.from_numpy(pair.back), device).permute(2, 0, 1)[None].float()
    trust = send(torch.from_numpy(pair.trust), device)[None, None].float() / 255
    if (height, width) != size:
        back, trust = (F.interpolate(plane, size=size, mode="bilinear", align_corners=False) for plane in (back, trust))
    return Flow(grid(size, device) + back.permute(0, 2, 3, 1) * step, trust, "usual")


# ---- estimating


def make_estimator(
    engine: str,
    quality: str,
    widest: int,
    dilate: int | None,
    feather: float,
    device: torch.device,
    weights: Mapping[str, Tensor] | None = None,
) -> FlowEstimator:
    """The estimator that uses `engine` (a row of ENGINES) at a `quality` (fast, medium or high).

    dilate: pixels by which what is lost grows, None for one in 640 of the longer side, so 0 in a small picture. feather:
    pixels over which trust rises again. weights: of an engine that is a network, where they are not to be downloaded;
    MissingError if they cannot be.
    """
    estimate = ENGINES[engine](quality, weights, device)

    def trace(earlier: Pixels, later: Pixels) -> FlowPair:
        pair = _estimate_pair(estimate, earlier, later, dilate, feather)
        if engine != "none":
            return pair
        return replace(pair, back=np.zeros_like(pair.back), trust=np.full_like(pair.trust, 255))

    name = f"{engine} {quality} {dilate} {feather} {_digest(weights or {})}"
    return FlowEstimator(trace, widest, name)


def _estimate_pair(engine: Engine, earlier: Pixels, later: Pixels, dilate: int | None, feather: float) -> FlowPair:
    """The flow from the later picture back to the earlier, and what the flow the other way says of it."""
    height, width = later.shape[:2]
    matched = _match_light(earlier, later)
    if matched is None:
        return FlowPair(np.zeros((height, width, 2), np.int16), np.zeros((height, width), np.uint8), 1.0, 0.0, 0.0)
    earlier, later = matched
    back, forth = engine(later, earlier), engine(earlier, later)
    places = _pixel_grid(height, width) + back
    lost = _inconsistent(back, _sample_at(forth, places)) | _outside(places)
    grown = round(max(height, width) / 640) if dilate is None else dilate
    grey, earlier_grey = _grey(later), _grey(earlier)
    return FlowPair(
        back=np.clip(np.rint(back * FINE), -(2**15), 2**15 - 1).astype(np.int16),
        trust=_trust(lost, grown, feather),
        lost=float(lost.mean()),
        alike=_similarity(grey, _sample_at(earlier_grey, places)),
        still=_similarity(grey, earlier_grey),
    )


def _match_light(earlier: Pixels, later: Pixels) -> tuple[Pixels, Pixels] | None:
    """Both with the brightness and contrast of the one that has more; None if they are too far apart to be one scene.

    Flow takes a change of light for motion: a camera's flash would move everything.
    """
    light = [cv2.meanStdDev(_grey(picture)) for picture in (earlier, later)]
    (mean, contrast), (other_mean, other) = (map(float, np.ravel(each)) for each in light)
    if other > contrast:
        swapped = _match_light(later, earlier)
        return swapped and swapped[::-1]
    gain = (contrast + 1e-3) / (other + 1e-3)
    if gain > GAP:
        return None
    table = np.clip(np.rint((np.arange(256) - other_mean) * gain + mean), 0, 255).astype(np.uint8)
    return earlier, cv2.LUT(later, table)


def _inconsistent(back: Vectors, forth: Vectors) -> NDArray[np.bool_]:
    """Where the way back and forth does not end where it began."""
    share, offset = DISAGREE
    apart = np.square(back + forth).sum(-1)
    return np.asarray(apart > share * (np.square(back).sum(-1) + np.square(forth).sum(-1)) + offset)


def _outside(places: Vectors) -> NDArray[np.bool_]:
    """Where the way back leads out of the picture, which ends half a pixel past its last one."""
    height, width = places.shape[:2]
    x, y = places[..., 0], places[..., 1]
    return np.asarray((x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5))


def _trust(lost: NDArray[np.bool_], dilate: int, feather: float) -> NDArray[np.uint8]:
    """uint8 [h, w]: 0 where lost and `dilate` pixels around, fading over `feather` on the trusted side only."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * dilate + 1, 2 * dilate + 1))
    sure = 255 - 255 * cv2.dilate(lost.astype(np.uint8), disc)
    if not feather:
        return np.asarray(sure)
    soft = cv2.GaussianBlur(cv2.erode(sure, np.ones((3, 3), np.uint8)), (0, 0), feather, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.minimum(soft, sure))


def _similarity(one: Pixels, other: Pixels) -> float:
    """The correlation of two grey pictures, softened; 1 if both are blank."""
    a, b = (cv2.GaussianBlur(grey.astype(np.float32), (0, 0), SOFT, borderType=cv2.BORDER_REPLICATE) for grey in (one, other))
    a, b = a - a.mean(), b - b.mean()
    return float(((a * b).mean() + 1e-3) / (np.sqrt((a * a).mean() * (b * b).mean()) + 1e-3))


def _sample_at(picture: NDArray[Any], places: Vectors) -> NDArray[Any]:
    """The picture at those places, bilinear; past its edge it goes on as it ends."""
    return np.asarray(cv2.remap(picture, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _grey(picture: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def _pixel_grid(height: int, width: int) -> Vectors:
    return np.stack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)), axis=-1)


# ---- engines


def _dis(quality: str, weights: Any, device: torch.device) -> Engine:
    """Dense inverse search (Kroeger 2016, arXiv 1603.03590), OpenCV's: the same bytes on any number of threads."""
    preset, finest = {
        "fast": (cv2.DISOPTICAL_FLOW_PRESET_FAST, 1),
        "medium": (cv2.DISOPTICAL_FLOW_PRESET_MEDIUM, 1),
        "high": (cv2.DISOPTICAL_FLOW_PRESET_MEDIUM, 0),
    }[quality]

    def calc(here: Pixels, there: Pixels) -> Vectors:
        search = cv2.DISOpticalFlow.create(preset)
        search.setFinestScale(finest)
        return np.asarray(search.calc(_grey(here), _grey(there), None))  # type: ignore[call-overload]

    return _pad_for(calc, min_side=64, multiple=1)  # a picture smaller than that would end the process


def _farneback(quality: str, weights: Any, device: torch.device) -> Engine:
    """Polynomial expansion (Farneback 2003), OpenCV's: cruder and slower than dis."""
    rounds = {"fast": 2, "medium": 3, "high": 6}[quality]

    def calc(here: Pixels, there: Pixels) -> Vectors:
        start = np.zeros((*here.shape[:2], 2), np.float32)
        return np.asarray(cv2.calcOpticalFlowFarneback(_grey(here), _grey(there), start, 0.5, 5, 15, rounds, 5, 1.2, 0))

    return _pad_for(calc, min_side=64, multiple=1)


def _raft(name: str) -> Callable[[str, Mapping[str, Tensor] | None, torch.device], Engine]:
    """Recurrent all-pairs field transforms (Teed and Deng 2020, arXiv 2003.12039), torchvision's."""

    def make(quality: str, weights: Mapping[str, Tensor] | None, device: torch.device) -> Engine:
        updates = {"fast": 6, "medium": 12, "high": 20}[quality]
        network = _load_raft(name, weights).eval().requires_grad_(False).to(device)

        def calc(here: Pixels, there: Pixels) -> Vectors:
            pair = torch.from_numpy(np.stack((here, there))).permute(0, 3, 1, 2).to(device).float() / 127.5 - 1
            with torch.no_grad():
                vectors = network(pair[:1], pair[1:], num_flow_updates=updates)[-1]
            return np.asarray(vectors[0].permute(1, 2, 0).cpu().numpy())

        return _pad_for(calc, min_side=128, multiple=8)

    return make


def _load_raft(name: str, weights: Mapping[str, Tensor] | None) -> torch.nn.Module:
    from torchvision.models import get_model

    if weights is None:
        try:
            return get_model(name, weights="DEFAULT")  # type: ignore[no-any-return]
        except (OSError, RuntimeError) as error:
            word, why = name.replace("_", "-"), error.strerror if isinstance(error, OSError) else None
            raise MissingError(
                f"is {word}, whose weights could not be downloaded{f': {why}' if why else ''}",
                f"give a local file: engine: {{{word}: weights.safetensors}}; or engine: dis, which needs none",
                continues=True,
            ) from error
    model: torch.nn.Module = get_model(name, weights=None)
    try:
        model.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise MissingError(f"is given weights that are not those of torchvision's {name}", continues=True) from error
    return model


def _pad_for(engine: Engine, min_side: int, multiple: int) -> Engine:
    """The engine with pictures mirrored past their right and lower edge, to `min_side` pixels and a multiple."""

    def calc(here: Pixels, there: Pixels) -> Vectors:
        height, width = here.shape[:2]
        more = [max(min_side, -(-side // multiple) * multiple) - side for side in (height, width)]
        if not any(more):
            return engine(here, there)
        room = ((0, more[0]), (0, more[1]), (0, 0))
        vectors = engine(np.pad(here, room, mode="symmetric"), np.pad(there, room, mode="symmetric"))
        return np.ascontiguousarray(vectors[:height, :width])

    return calc


# `none` leaves everything in place, and looks, quickly, only for cuts.
ENGINES: dict[str, Callable[[str, Mapping[str, Tensor] | None, torch.device], Engine]] = {
    "dis": _dis,
    "farneback": _farneback,
    "raft-small": _raft("raft_small"),
    "raft-large": _raft("raft_large"),
    "none": lambda quality, weights, device: _dis("fast", weights, device),
}


def _digest(weights: Mapping[str, Tensor]) -> str:
    """A hash of a network's weights."""
    content = sha256()
    for name in sorted(weights):
        content.update(weights[name].detach().cpu().numpy().tobytes())
    return content.hexdigest()[:16]
