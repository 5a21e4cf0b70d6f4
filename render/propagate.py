"""Dreams on footage. What is carried is the dream's detail, dream minus source, and never the source, which stays sharp.

The detail is looked up where each pixel was, believed where the flow can be trusted, let go a little, dreamed on, and drawn
back to what was carried; its strength is held by the length of the next steps. (Ruder, Dosovitskiy and Brox 2016 warp the
whole picture instead, and so drag the source along.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from render.picture import colour, warp
from render.picture.warp import Move
from render.source.flow import Flow

GAIN = (0.05, 4.0)  # within which the strength of steps is steered
FEWEST = 12  # places that must be trusted to say how the whole picture moves
AT_ONCE = (0.1, 2.0)  # times that the gain may change from one tick to the next: what burns is stopped sooner
JOINING = 0.85  # of the dream's strength: what is newly dreamed, before it is dreamed on with the rest
UNSURE = 1e-4  # share of the frame that is new, from which it is dreamed up


@dataclass(frozen=True)
class Blend:
    """How the dream sits on footage at a moment. persistence: of the carried detail, 0..1. anchor: how much of what was
    carried a new dream leaves as it was, 0..1."""

    persistence: float
    anchor: float


@dataclass(frozen=True)
class Carried:
    """A dream that rides on footage. detail: [1, 3, H, W], not clamped. strength: its rms when it was fresh. gain: of steps."""

    detail: Tensor
    strength: float
    gain: float


def start(detail: Tensor) -> Carried:
    """A fresh dream's detail, whose strength is to be kept."""
    return Carried(detail, float(colour.rms(detail)), 1.0)


def remove_mean(detail: Tensor, hold: float) -> Tensor:
    """The detail with its mean colour taken out, from `hold` 0.5 on all of it: the eye sees at once when footage breathes."""
    return detail - min(1.0, 2 * hold) * detail.mean((2, 3), keepdim=True)


def nearest_move(drift: Flow) -> Move:
    """The affine move that is nearest to what the footage does, where it can be trusted: what a garden travels by."""
    if drift.kind != "usual":
        return Move(warp.STILL)
    step = max(1, min(drift.back.shape[1:3]) // 32)
    weight = drift.trust[0, 0, ::step, ::step].flatten().double().cpu()[:, None]
    there = drift.back[0, ::step, ::step].reshape(-1, 2).double().cpu()
    here = warp.grid((drift.back.shape[1], drift.back.shape[2]))[0, ::step, ::step].reshape(-1, 2).double()
    places = torch.cat((here, torch.ones_like(weight)), dim=1)
    if float(weight.sum()) < FEWEST:
        return Move(warp.STILL)
    back = torch.linalg.lstsq(places * weight, there * weight).solution.T
    return Move(torch.cat((back, warp.STILL[2:]))).inverse


def carry_detail(detail: Tensor, drift: Flow, border: str) -> Tensor:
    """The detail on the later picture, nothing of it where that shows what was hidden."""
    if drift.kind in ("same", "flash"):
        return detail
    moved = warp.lanczos4(detail, drift.back, border=border)
    return drift.trust * colour.sharpen_to(moved, colour.fine(detail))  # what a move blurs, most of all one that comes nearer


def match_strength(detail: Tensor, where: Tensor, strength: float) -> Tensor:
    """A new detail, dreamed only `where` [1, 1, H, W] says: weaker there than the dream it joins, for the steps to come."""
    there = float((detail.square().sum() / (3 * where.square().sum()).clamp_min(1e-6)).sqrt())
    return detail * min(1.0, JOINING * strength / there) if there > 0 else detail


def blend_detail(carried: Carried, dreamed: Tensor, kept: Tensor, trust: Tensor, blend: Blend) -> Carried:
    """What rides on: the newly `dreamed` detail, drawn to the `kept` one where that is trusted, and the gain it calls for.

    The next steps must earn what is let go until then: as much as these did, times what is wanted over what these earned.
    """
    hold = blend.anchor * trust
    share = float(hold.mean())
    energy = (1 - share) * colour.fine(dreamed) + share * colour.fine(kept)
    detail = colour.sharpen_to((1 - hold) * dreamed + hold * kept, energy)  # where two dreams disagree their mean is a blur
    before, idle, now = (colour.rms(one) for one in (carried.detail, ((1 - hold) * blend.persistence + hold) * kept, detail))
    if not before or not now:
        return Carried(detail, carried.strength, 1.0)
    wanted, earned = carried.strength - now * idle / before, now - idle
    change = min(max(wanted / earned, AT_ONCE[0]), AT_ONCE[1]) if earned > 0 else AT_ONCE[1]
    return Carried(detail, carried.strength, min(max(carried.gain * change, GAIN[0]), GAIN[1]))


def to_tensors(carried: Carried) -> dict[str, Tensor]:
    """What rides, as named tensors, for the negative."""
    return {"detail": carried.detail, "scalars": torch.tensor([carried.strength, carried.gain], dtype=torch.float64)}


def from_tensors(tensors: Mapping[str, Tensor], device: torch.device) -> Carried:
    """What `to_tensors` stored."""
    strength, gain = tensors["scalars"].tolist()
    return Carried(tensors["detail"].to(device), strength, gain)
