"""Transformers. torchvision's vision transformers, taught to look at pictures of any size: (model, device) -> Layers.

The picture's patches are cells of a map. Where each one lies was learned for one size of map; for another, what was
learned is stretched over it (section 3.2 of Dosovitskiy et al., arXiv 2010.11929).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream.network import CLASSES, Activations, Extractor, Layers, in_dtype

DEPTHS = {"low": 0.25, "mid": 0.5, "high": 0.75}  # how deep in the network ornament, parts of things, and things are seen
PATCHES, LAYERS = "conv_proj", "encoder.layers."


def read_layers(model: Any, device: torch.device) -> Layers:
    """Its layers, which are its blocks, and how to cut it."""
    model = model.eval().requires_grad_(False).to(device)
    layers = (PATCHES, *_row(model))
    aliases = {alias: layers[round(depth * len(model.encoder.layers))] for alias, depth in DEPTHS.items()}
    whole = model

    def cut(wanted: Sequence[str], dtype: torch.dtype = torch.float32, /) -> Extractor:
        model: Any = in_dtype(whole, dtype)
        row, names = _row(model), [*layers, CLASSES]
        deepest = max(names.index(layer) for layer in wanted)

        def extract(x: Tensor) -> Activations:
            patches = model.conv_proj(_whole_patches(x, model.patch_size))
            tokens = _with_positions(patches, model)
            maps = {PATCHES: patches}
            for name in names[1 : deepest + 1]:
                if name == CLASSES:
                    maps[name] = model.heads(model.encoder.ln(tokens)[:, 0])[..., None, None]
                else:
                    tokens = row[name](tokens)
                    maps[name] = tokens[:, 1:].mT.unflatten(2, patches.shape[2:])
            return maps

        return extract

    return Layers(layers, aliases, layers, cut)


def _row(model: Any) -> dict[str, Any]:
    """The transformer's blocks by the names of their layers."""
    return {LAYERS + name: block for name, block in model.encoder.layers.named_children()}


def _whole_patches(x: Tensor, side: int) -> Tensor:
    """The picture, its right and lower edge repeated until it divides into patches."""
    height, width = x.shape[2:]
    return F.pad(x, (0, -width % side, 0, -height % side), mode="replicate")


def _with_positions(patches: Tensor, model: Any) -> Tensor:
    """The tokens [1, 1 + h*w, C] of patches [1, C, h, w]: the one for the class first, and each with its place."""
    first, places = model.encoder.pos_embedding[:, :1], model.encoder.pos_embedding[:, 1:]
    side = isqrt(places.shape[1])
    if patches.shape[2:] != (side, side):
        places = F.interpolate(places.mT.unflatten(2, (side, side)), patches.shape[2:], mode="bicubic").flatten(2).mT
    return torch.cat((model.class_token + first, patches.flatten(2).mT + places), 1)
