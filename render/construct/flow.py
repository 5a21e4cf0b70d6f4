"""How a film finds motion in footage: (Config, device) -> FlowEstimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from render.config import Config
from render.dream import weights
from render.source.flow import FlowEstimator, make_estimator


def flow_estimator(config: Config, device: torch.device) -> FlowEstimator:
    """How motion is looked for in footage."""
    settings = config.flow
    learned = _flow_weights(settings.engine.name, settings.engine.weights) if settings.engine.weights else None
    dilate = settings.occlusion.dilate if isinstance(settings.occlusion.dilate, int) else None
    feather = settings.occlusion.feather
    return make_estimator(settings.engine.name, settings.quality, settings.max_width, dilate, feather, device, learned)


def _flow_weights(engine: str, file: Path) -> Mapping[str, Tensor]:
    """The tensors of a file for an engine that is a network. MissingError if it holds another's."""
    from torchvision.models import get_model

    name = engine.replace("-", "_")
    with torch.device("meta"):
        shapes = {key: tuple(value.shape) for key, value in get_model(name, weights=None).state_dict().items()}
    return weights.fit(weights.under_prefix(weights.entries(file), list(shapes)), shapes, file, f"torchvision's {name}")
