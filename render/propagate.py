"""Propagation. How a dream's detail is carried from one picture of footage to the next, and kept as strong as it was.

The detail is dream minus source. It is looked up where each pixel was, believed where the flow can be trusted, let go a
little, dreamed on, and blended with what was carried; its strength is held by the length of the next steps. (Ruder,
Dosovitskiy and Brox 2016, arXiv 1604.08610, warp the whole picture instead, and so drag the source along.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from render.picture import colour, warp
from render.picture.readback import read_later
from render.picture.warp import Move
from render.source.flow import Flow

GAIN = (0.05, 4.0)  # limits of the gain
GAIN_CHANGE = (0.1, 2.0)  # limits of the gain's change per tick; it falls faster than it rises, so burning stops first
FEWEST = 12  # trusted places needed to say how the whole picture moves
JOINING = 0.85  # of the dream's strength: a new detail before it is dreamed on with the rest
UNSURE = 1e-4  # share of the frame that must be new before it is dreamed in full


@dataclass(frozen=True)
class Blend:
    """How the dream sits on footage at a moment."""

    persistence: float  # of the carried detail, 0..1
    anchor: float  # how much of the carried detail a new dream leaves as it was, 0..1


@dataclass(frozen=True)
class Carried:
    """A dream on footage, between two ticks."""

    detail: Tensor  # [1, 3, H, W], dream minus source, not clamped
    strength: float  # the detail's rms when it was fresh, which is to be kept
    gain: float  # of the next steps' length


def start(detail: Tensor) -> Carried:
    """A fresh dream's detail."""
    return Carried(detail, colour.rms(detail), 1.0)


def remove_mean(detail: Tensor, hold: float) -> Tensor:
    """The detail without its mean colour, wholly so from `hold` 0.5 on: the eye sees at once when footage breathes."""
    return detail - min(1.0, 2 * hold) * detail.mean((2, 3), keepdim=True)


def nearest_move(flow: Flow) -> Move:
    """The affine move nearest to the flow, by least squares over what can be trusted: what a garden travels by."""
    if flow.kind != "usual":
        return Move(warp.STILL)
    step = max(1, min(flow.back.shape[1:3]) // 32)
    read = read_later({"trust": flow.trust[0, 0, ::step, ::step], "back": flow.back[0, ::step, ::step]})()
    weight, earlier = read["trust"].flatten().double()[:, None], read["back"].reshape(-1, 2).double()
    if float(weight.sum()) < FEWEST:
        return Move(warp.STILL)
    later = warp.grid((flow.back.shape[1], flow.back.shape[2]))[0, ::step, ::step].reshape(-1, 2).double()
    places = torch.cat((later, torch.ones_like(weight)), dim=1)
    back = torch.linalg.lstsq(places * weight, earlier * weight).solution.T
    return Move(torch.cat((back, warp.STILL[2:]))).inverse


def carry_detail(detail: Tensor, flow: Flow, border: str) -> Tensor:
    """The detail moved onto the later picture; nothing of it where that shows what was hidden."""
    if flow.kind in ("same", "flash"):
        return detail
    moved = warp.lanczos4(detail, flow.back, border=border)
    return flow.trust * colour.sharpen_to(moved, colour.fine(detail))  # what a move blurs, most of all one that comes nearer


def match_strength(detail: Tensor, new: Tensor, strength: float) -> Tensor:
    """A detail that was dreamed where it is `new`, [1, 1, H, W] of 0..1, made a little weaker than the dream it joins."""
    rms = (detail.square().sum() / (3 * new.square().sum()).clamp_min(1e-6)).sqrt()
    return detail * torch.where(rms > 0, (JOINING * strength / rms.double()).clamp(max=1.0), 1.0).float()


def blend_detail(carried: Carried, dreamed: Tensor, kept: Tensor, trust: Tensor, blend: Blend) -> Carried:
    """The newly `dreamed` detail, drawn to the `kept` one where the flow is trusted, and the gain of the next steps.

    Gain for the next tick: scaled by (strength to be won back after decay) / (strength that these steps added).
    """
    hold = blend.anchor * trust
    share = hold.mean().double()
    energy = (1 - share) * colour.fine(dreamed) + share * colour.fine(kept)
    detail = colour.sharpen_to((1 - hold) * dreamed + hold * kept, energy)  # where two dreams disagree their mean is a blur
    idle_detail = ((1 - hold) * blend.persistence + hold) * kept  # had the steps added nothing
    before, idle, now = colour.each_rms(carried.detail, idle_detail, detail)
    if not before or not now:
        return Carried(detail, carried.strength, 1.0)
    missing, added = carried.strength - now * idle / before, now - idle
    change = min(max(missing / added, GAIN_CHANGE[0]), GAIN_CHANGE[1]) if added > 0 else GAIN_CHANGE[1]
    return Carried(detail, carried.strength, min(max(carried.gain * change, GAIN[0]), GAIN[1]))


def to_tensors(carried: Carried) -> dict[str, Tensor]:
    """What is carried, as named tensors."""
    return {"detail": carried.detail, "scalars": torch.tensor([carried.strength, carried.gain], dtype=torch.float64)}


def from_tensors(tensors: Mapping[str, Tensor], device: torch.device) -> Carried:
    """What gave those `to_tensors`."""
    strength, gain = tensors["scalars"].tolist()
    return Carried(tensors["detail"].to(device), strength, gain)
