"""Networks. A Network is what can be asked of a classifier: named activations, labels, and its preprocessing as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Protocol

import torch
from torch import Tensor, nn

from render.dream import fuse
from render.errors import ConfigError, nearest

Activations = Mapping[str, Tensor]
Extractor = Callable[[Tensor], Activations]

CLASSES = "classes"  # the layer of class scores: a map [1, K, h, w] whose mean is the logits, or the logits as [1, K, 1, 1]


class Cut(Protocol):
    """(names of layers, dtype) -> an extractor that runs only as deep as they lie, with weights of that dtype."""

    def __call__(self, layers: Sequence[str], dtype: torch.dtype = torch.float32, /) -> Extractor: ...


@dataclass(frozen=True)
class Layers:
    """What a network can be asked for, and how."""

    names: tuple[str, ...]  # of its activations, shallow to deep
    aliases: Mapping[str, str]  # other names for some of them
    blocks: tuple[str, ...]  # those worth a line in a list
    cut: Cut


def every(names: Sequence[str | int], number: Callable[[str | int], int]) -> list[int]:
    """The number of each name. One ConfigError tells all names that have none."""
    numbers, faults = list[int](), list[ConfigError]()
    for name in names:
        try:
            numbers.append(number(name))
        except ConfigError as fault:
            faults.append(fault)
    if not faults:
        return numbers
    hints = dict.fromkeys(hint for fault in faults for hint in fault.hint.split("  "))
    raise ConfigError("; ".join(fault.message for fault in faults), "  ".join(hints), continues=True)


@dataclass(frozen=True)
class Network:
    """A frozen classifier. Its input is (frame * scale - mean) / std, with channels in BGR order if flip."""

    name: str
    layers: tuple[str, ...]  # names of its activations, shallow to deep
    labels: Sequence[str]  # of its classes, in order
    cut: Cut
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    min_side: int  # the smallest useful side of a picture, pixels
    digest: str  # of the weights
    scale: float = 1.0
    flip: bool = False
    aliases: Mapping[str, str] | None = None  # other names for some of the layers
    statistics: Mapping[str, tuple[Tensor, Tensor]] | None = None  # layer -> channels' (mean, deviation) over natural pictures
    notes: Mapping[str, str] | None = None  # layer -> a word on what it gives, where known
    blocks: tuple[str, ...] = ()  # the layers worth a line in a list; all if none are named
    channels: Mapping[str, Mapping[str, int]] | None = None  # layer -> name -> channel; the class map's are `labels`
    cut_with_residual: Callable[[float], Cut] | None = None  # share of a gradient that residual branches let through -> its cut
    dtype: torch.dtype = torch.float32  # of its weights, and of all between a frame and the activations, which are float32
    shapes: dict[str, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)  # those that were tried already

    def layer(self, name: str) -> str:
        """The layer of that name or alias; ConfigError with the list of layers if there is none."""
        known = {**{layer: layer for layer in self.layers}, **(self.aliases or {})}
        if name in known:
            return known[name]
        listed = f"layers: {' '.join(known)}" if len(known) < 40 else f"`render layers {self.name}` lists all {len(known)}"
        hint = f"{nearest(name, known)}  {listed}".strip()
        raise ConfigError(f'is "{name}", and {self.name} has no such layer', hint, continues=True)

    @cached_property
    def classes(self) -> Mapping[str, int]:
        """The numbers of its classes by each of their comma-separated names, in small letters; of two the first."""
        labels = reversed(list(enumerate(self.labels)))
        return {part.strip().lower(): number for number, label in labels for part in label.split(",")}

    def label(self, name: str | int) -> int:
        """The index of a class by its label (any of its comma-separated names) or number."""
        if isinstance(name, int):
            if not 0 <= name < max(len(self.labels), 1):
                raise ConfigError(f"is {name}, and {self.name} has classes 0 to {len(self.labels) - 1}", continues=True)
            return name
        known = self.classes
        if name.lower() in known:
            return known[name.lower()]
        within = [label for label in known if name.lower() in label][:8]
        listed = f"`render classes {self.name}` lists all {len(self.labels)}"
        if tuple(self.labels) == tuple(map(str, range(len(self.labels)))):
            listed = f"its classes have numbers only; name them: {{{self.name}: {{weights: file, labels: names.txt}}}}"
        near = f"did you mean one of: {', '.join(within)}?" if within else nearest(name, known)
        raise ConfigError(f'is "{name}", and {self.name} has no such class', f"{near}  {listed}".strip(), continues=True)

    def all_labels(self, names: Sequence[str | int]) -> list[int]:
        """The indices of several classes. One ConfigError names all that there are not."""
        return every(names, self.label)

    def channel(self, layer: str, name: str | int) -> int:
        """The number of a layer's channel by its name or number; how many there are is not known here."""
        if layer == CLASSES:
            return self.label(name)
        if isinstance(name, int):
            return name
        known = (self.channels or {}).get(layer, {})
        if name in known:
            return known[name]
        hint = f"{nearest(name, known)}  names: {', '.join(known)}".strip() if known else "write its number"
        raise ConfigError(f'is "{name}", and {self.name}\'s layer {layer} has no channel of that name', hint, continues=True)

    def with_residual(self, share: float) -> Network:
        """The same; its residual branches let through that share of a gradient, 0..1, beside all that comes by the shortcuts.

        What a network alone knows is mostly in its branches; with less of them other networks, too, know what it dreams
        (Wu, Wang, Xia, Bailey and Ma: Skip Connections Matter, arXiv 2002.05990). Raises ConfigError where it has none.
        """
        if share == 1:
            return self
        if not self.cut_with_residual:
            hint = "efficientnet_lite0 has some; leave it out for others"
            raise ConfigError(f"is {share:g}, and {self.name} has no residual branches that are known", hint, continues=True)
        return replace(self, cut=self.cut_with_residual(share), cut_with_residual=None)

    def extractor(self, layers: Sequence[str], device: torch.device) -> Extractor:
        """Frame -> activations of those layers, preprocessing included."""
        extract = self.cut(layers, self.dtype)
        std = torch.tensor(self.std, device=device)[:, None, None]
        scale, offset = self.scale / std, torch.tensor(self.mean, device=device)[:, None, None] / std

        def look(frame: Tensor) -> Activations:
            features = extract(((frame.flip(1) if self.flip else frame) * scale - offset).to(self.dtype))
            return {layer: features[layer].float() for layer in layers}

        return look


def combine(extractors: Mapping[str, Extractor]) -> Extractor:
    """Several networks' extractors as one; the names of each one's activations begin with its prefix."""

    def look(frame: Tensor) -> Activations:
        return {
            prefix + layer: features for prefix, extract in extractors.items() for layer, features in extract(frame).items()
        }

    return look


def freeze(module: nn.Module, device: torch.device) -> nn.Module:
    """For looking only: eval mode, no gradients for weights, and channels-last, which is faster on CPU and GPU alike."""
    for name, inner in list(module.named_modules()):
        if name and fuse.fits(inner):
            module.set_submodule(name, fuse.Stem(inner))
    module = module.eval().requires_grad_(False).to(device)
    return module.to(memory_format=torch.channels_last)


def in_stages(stages: Mapping[str, nn.Module]) -> Cut:
    """The cut of a network that is a row of stages: it stops after the deepest one asked for."""

    @cache
    def stage_in(name: str, dtype: torch.dtype) -> nn.Module:
        return in_dtype(stages[name], dtype)

    def cut(layers: Sequence[str], dtype: torch.dtype = torch.float32, /) -> Extractor:
        deepest = max(list(stages).index(layer) for layer in layers)
        row = {name: stage_in(name, dtype) for name in list(stages)[: deepest + 1]}

        def extract(x: Tensor) -> Activations:
            features = {}
            for name, stage in row.items():
                x = stage(x)
                features[name] = x
            return features

        return extract

    return cut


def in_dtype(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    """The module itself, or for another dtype than float32 a copy of it with such weights."""
    return module if dtype == torch.float32 else deepcopy(module).to(dtype)
