"""The zoo. torchvision's classifiers as Networks: (name, weights, device) -> Network, with any layer by its module path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isqrt, log2
from pathlib import Path
from typing import Any

import torch
import torchvision.models as models
from torch import Tensor, nn
from torch.fx import GraphModule
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from render.dream import fuse, transformer, weights
from render.dream.entry import Entries
from render.dream.labels import labels_for
from render.dream.network import CLASSES, Activations, Extractor, Layers, Network, freeze, in_dtype
from render.errors import ConfigError
from render.weights import store

WITHOUT_TRAINING = {"aux_logits": False, "init_weights": False}  # what only training needs, left out
HALVED = ("googlenet", "inception_v3")  # networks that want (frame - 0.5) / 0.5, whatever the norm of the others
MIN_SIDES = {"inception_v3": 75}  # pixels; the others look at 64
ONE_SIZE = ("maxvit_t",)  # networks whose windows fit one size of picture only
SIZES = ((224, 256), (256, 320))  # (height, width) of two blanks, by which maps are told from other activations
STRIDES = {"low": 8, "mid": 16, "high": 32}  # pixels a cell where ornament, parts of things, and things are seen
NO_BLOCKS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Dropout)  # which see nothing of their own

Reader = Callable[[Path], Entries]  # a file of weights -> what it announces, by torchvision's names

# How an activation becomes a map [1, C, h, w], by its dimensions and those of them that grow with the picture.
AS_MAP: dict[tuple[int, tuple[int, ...]], Callable[[Tensor], Tensor]] = {
    (4, (2, 3)): lambda x: x,
    (4, (1, 2)): lambda x: x.permute(0, 3, 1, 2),
    (2, ()): lambda x: x[..., None, None],
}


def names() -> list[str]:
    """The names of torchvision's classifiers."""
    return list(models.list_models(models))


def classifier(name: str, file: Path | None, device: torch.device, read: Reader = weights.entries) -> Network:
    """Any classifier of torchvision by name; weights that are not given are those that torchvision publishes.

    A file may be torchvision's own or another of the same shape, with as many classes as it likes; read: its tensors, by
    torchvision's names.
    """
    if name in ONE_SIZE:
        raise ConfigError(f"is {name}, which looks at one size of picture only", "try swin_t or convnext_tiny", continues=True)
    enum = models.get_model_weights(name).DEFAULT
    preset = enum.transforms()
    model = _of_file(name, file, read) if file else _download(name)
    layers = transformer.read_layers(model, device) if name.startswith("vit_") else _trace(name, model, device)
    return Network(
        name=name,
        layers=(*layers.names, CLASSES),
        labels=labels_for(next(reversed(model.state_dict().values())).shape[0], enum.meta["categories"]),
        cut=layers.cut,
        mean=(0.5, 0.5, 0.5) if name in HALVED else tuple(preset.mean),
        std=(0.5, 0.5, 0.5) if name in HALVED else tuple(preset.std),
        min_side=MIN_SIDES.get(name, 64),
        digest=weights.digest(file) if file else str(enum),
        aliases=layers.aliases,
        blocks=(*layers.blocks, CLASSES),
    )


# ---- the module


def _plan(name: str, **settings: Any) -> Any:
    """The network without numbers in it."""
    settings = settings | (WITHOUT_TRAINING if name in HALVED else {})
    try:
        with torch.device("meta"):
            return models.get_model(name, weights=None, **settings).eval()
    except NotImplementedError:  # regnet works its widths out with tensors
        return models.get_model(name, weights=None, **settings).eval()


def _download(name: str) -> Any:
    return _of_file(name, store.ensure(name, store.say_nothing), weights.entries)


def _of_file(name: str, file: Path, read: Reader) -> Any:
    """The network with the numbers of a file, and as many classes as that has."""
    plan = _plan(name)
    names = list(plan.state_dict())
    entries = weights.under_prefix({_key(key): value for key, value in read(file).items()}, names)
    entries = {key: value for key, value in entries.items() if not key.lower().startswith("aux")}
    model = _plan(name, **_settings(name, plan, {key: entry.shape for key, entry in entries.items()}))
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    model.load_state_dict(weights.fit(entries, shapes, file, f"torchvision's {name}"), assign=True)
    return model


def _settings(name: str, plan: Any, shapes: weights.Shapes) -> dict[str, int]:
    """What torchvision is to be told of the network in a file: its number of classes, and the size of picture that it knows."""
    head = next(reversed(plan.state_dict()))  # the last layer's, whose length is the number of classes
    settings = {"num_classes": shapes[head][0]} if shapes.get(head) else {}
    places = shapes.get("encoder.pos_embedding", ())
    if name.startswith("vit_") and len(places) == 3:
        settings["image_size"] = plan.patch_size * isqrt(max(places[1] - 1, 1))
    return settings


def _key(key: str) -> str:
    """A weight's name of today: torchvision's own file of densenet is older than its code."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", key)


# ---- its layers


def _trace(name: str, model: nn.Module, device: torch.device) -> Layers:
    """Its layers, and how to cut it; batch norm is folded into the convolutions."""
    nodes = get_graph_node_names(model, suppress_diff_warning=True)[1]
    paths = _module_paths(model, nodes)
    shapes = _shapes(_plan(name), {*paths.values(), nodes[-1]})
    as_map = {end: AS_MAP[form] for end, (form, _) in shapes.items() if form in AS_MAP}
    layers = tuple(path for path, end in paths.items() if end in as_map)
    blocks = tuple(sorted(set(_blocks(model)) & set(layers), key=layers.index))
    strides = {block: stride for block in blocks if (stride := shapes[paths[block]][1])}
    ends = {**{layer: paths[layer] for layer in layers}, CLASSES: nodes[-1]}

    def cut(wanted: Sequence[str], dtype: torch.dtype = torch.float32, /) -> Extractor:
        extract = create_feature_extractor(model, sorted({ends[layer] for layer in wanted}), suppress_diff_warning=True)
        extract = in_dtype(freeze(fuse.fuse_graph(GraphModule(extract, extract.graph)), device), dtype)

        def extractor(x: Tensor) -> Activations:
            activations = extract(x)
            return {layer: as_map[ends[layer]](activations[ends[layer]]) for layer in wanted}

        return extractor

    return Layers(layers, _by_stride(strides), blocks, cut)


def _module_paths(model: nn.Module, nodes: Sequence[str]) -> dict[str, str]:
    """The path of every module that gives something, in the order in which they are finished, and the node that ends it."""
    last = {".".join(node.split(".")[:depth]): i for i, node in enumerate(nodes) for depth in range(1, node.count(".") + 2)}
    paths = [path for path, _ in model.named_modules() if path in last]
    return {path: nodes[last[path]] for path in sorted(paths, key=lambda path: (last[path], path.count(".")))}


def _shapes(plan: nn.Module, ends: set[str]) -> dict[str, tuple[tuple[int, tuple[int, ...]], int]]:
    """For each end the number of its dimensions and those that grow with the picture, and the pixels a cell; no numbers run."""
    extract = create_feature_extractor(plan.to("meta"), sorted(ends), suppress_diff_warning=True)
    with torch.no_grad():
        small, large = (extract(torch.zeros(1, 3, *size, device="meta")) for size in SIZES)
    shapes = {}
    for end in ends:
        if isinstance(small[end], Tensor):
            sides = list(zip(small[end].shape, large[end].shape, strict=True))
            grow = tuple(axis for axis, (of_small, of_large) in enumerate(sides) if of_small != of_large)
            shapes[end] = ((len(sides), grow), 2 ** round(log2(SIZES[1][0] / sides[grow[0]][1])) if grow else 0)
    return shapes


def _blocks(module: nn.Module, path: str = "") -> Iterator[str]:
    """The paths of the parts of a network that see something of their own and are more than a row of others."""
    for name, part in module.named_children():
        if type(part) is nn.Sequential:
            yield from _blocks(part, f"{path}{name}.")
        elif not isinstance(part, NO_BLOCKS):
            yield f"{path}{name}"


def _by_stride(strides: Mapping[str, int]) -> dict[str, str]:
    """low, mid and high: of the blocks with the wanted pixels a cell, or the most that are not above it, the middle one."""
    aliases = {}
    for alias, wanted in STRIDES.items():
        nearest = max(stride for stride in strides.values() if stride <= wanted)
        blocks = [block for block, stride in strides.items() if stride == nearest]
        aliases[alias] = blocks[(len(blocks) - 1) * (3 if nearest < wanted else 2) // 4]
    return aliases
