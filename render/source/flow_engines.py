"""Flow engines. An Engine finds where each pixel of one picture lies in another: (here, there) -> Vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from render.errors import MissingError
from render.picture.picture import Pixels

Vectors = NDArray[np.float32]  # [h, w, 2] pixels, (x, y): from where a pixel of one picture lies to where it lies in another
Engine = Callable[[Pixels, Pixels], Vectors]  # (here, there), uint8 [h, w, 3] -> for each pixel of `here` the way to `there`


def grey_of(picture: Pixels) -> Pixels:
    """[h, w] of uint8 [h, w, 3]."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


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
        return np.asarray(search.calc(grey_of(here), grey_of(there), None))  # type: ignore[call-overload]

    return _pad_for(calc, min_side=64, multiple=1)  # a picture smaller than that would end the process


def _farneback(quality: str, weights: Any, device: torch.device) -> Engine:
    """Polynomial expansion (Farneback 2003), OpenCV's: cruder and slower than dis."""
    rounds = {"fast": 2, "medium": 3, "high": 6}[quality]

    def calc(here: Pixels, there: Pixels) -> Vectors:
        start = np.zeros((*here.shape[:2], 2), np.float32)
        return np.asarray(cv2.calcOpticalFlowFarneback(grey_of(here), grey_of(there), start, 0.5, 5, 15, rounds, 5, 1.2, 0))

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
