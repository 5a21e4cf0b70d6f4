"""Networks. A Network is what can be asked of a classifier: named activations, labels, and its preprocessing as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import torch
from torch import Tensor, nn

from render.dream import fuse, weights
from render.errors import ConfigError, MissingError

Activations = Mapping[str, Tensor]
Extractor = Callable[[Tensor], Activations]

CLASSES = "classes"  # the layer of class scores: a map [1, K, h, w] whose mean is the logits, or the logits as [1, K, 1, 1]


@dataclass(frozen=True)
class Network:
    """A frozen classifier.

    layers: names of its activations, shallow to deep. aliases: other names for some of them. labels: of its classes, in order.
    mean, std, scale, flip: the input is (frame * scale - mean) / std, with channels in BGR order if flip.
    least: the smallest useful side of a picture, pixels. cut: layer names -> an eye that runs only as deep as they lie.
    statistics: layer -> (mean, deviation) of its channels over natural pictures, where known. digest: of the weights.
    notes: layer -> a word on what it gives, where known. blocks: the layers worth a line in a list; all if none are named.
    channels: layer -> name -> channel, of those that are known by what they give; the class map's are `labels`.
    """

    name: str
    layers: tuple[str, ...]
    labels: tuple[str, ...]
    cut: Callable[[Sequence[str]], Extractor]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    min_side: int
    digest: str
    scale: float = 1.0
    flip: bool = False
    aliases: Mapping[str, str] | None = None
    statistics: Mapping[str, tuple[Tensor, Tensor]] | None = None
    notes: Mapping[str, str] | None = None
    blocks: tuple[str, ...] = ()
    channels: Mapping[str, Mapping[str, int]] | None = None

    def layer(self, name: str) -> str:
        """The layer of that name or alias; ConfigError with the list of layers if there is none."""
        known = {**{layer: layer for layer in self.layers}, **(self.aliases or {})}
        if name in known:
            return known[name]
        listed = f"layers: {' '.join(known)}" if len(known) < 40 else f"`render layers {self.name}` lists all {len(known)}"
        raise ConfigError(f'is "{name}", and {self.name} has no such layer', did_you_mean(name, known) + listed, continues=True)

    def label(self, name: str | int) -> int:
        """The index of a class by its label (any of its comma-separated names) or number."""
        if isinstance(name, int):
            if not 0 <= name < max(len(self.labels), 1):
                raise ConfigError(f"is {name}, and {self.name} has classes 0 to {len(self.labels) - 1}", continues=True)
            return name
        known = {part.strip().lower(): i for i, label in reversed(list(enumerate(self.labels))) for part in label.split(",")}
        if name.lower() in known:
            return known[name.lower()]
        within = [label for label in known if name.lower() in label][:8]
        listed = f"`render classes {self.name}` lists all {len(self.labels)}"
        if self.labels == tuple(map(str, range(len(self.labels)))):
            listed = f"its classes have numbers only; name them: {{{self.name}: {{weights: file, labels: names.txt}}}}"
        near = f"did you mean one of: {', '.join(within)}?  " if within else did_you_mean(name.lower(), known)
        raise ConfigError(f'is "{name}", and {self.name} has no such class', near + listed, continues=True)

    def channel(self, layer: str, name: str | int) -> int:
        """The number of a layer's channel by its name or number; how many there are is not known here."""
        if layer == CLASSES:
            return self.label(name)
        if isinstance(name, int):
            return name
        known = (self.channels or {}).get(layer, {})
        if name in known:
            return known[name]
        hint = did_you_mean(name, known) + f"names: {', '.join(known)}" if known else "write its number"
        raise ConfigError(f'is "{name}", and {self.name}\'s layer {layer} has no channel of that name', hint, continues=True)

    def extractor(self, layers: Sequence[str], device: torch.device) -> Extractor:
        """Frame -> activations of those layers, preprocessing included."""
        extract = self.cut(layers)
        std = torch.tensor(self.std, device=device)[:, None, None]
        scale, offset = self.scale / std, torch.tensor(self.mean, device=device)[:, None, None] / std

        def look(frame: Tensor) -> Activations:
            return extract((frame.flip(1) if self.flip else frame) * scale - offset)

        return look


def did_you_mean(name: str, known: Mapping[str, object]) -> str:
    """The beginning of a hint: the known name that is closest, if any is close."""
    close = get_close_matches(name, list(known), 1)
    return f'did you mean "{close[0]}"?  ' if close else ""


def load(name: str, file: Path | None, device: torch.device, labels: Path | None = None) -> Network:
    """The network called `name`, with its weights and the labels of its classes from local files where given."""
    if name in NETWORKS:
        network = NETWORKS[name](file, device)
    else:
        from render.dream import zoo

        network = zoo.classifier(name, file, device)
    named = labels or weights.beside(file)
    if not named:
        return network
    words = weights.labels(named, len(network.labels))
    return replace(network, labels=words, digest=network.digest + weights.digest(named))


def combine(extractors: Mapping[str, Extractor]) -> Extractor:
    """Several networks' eyes as one, in which each one's activations bear its mark before their names."""

    def look(frame: Tensor) -> Activations:
        return {mark + layer: seen for mark, extract in extractors.items() for layer, seen in extract(frame).items()}

    return look


def freeze(module: nn.Module, device: torch.device) -> nn.Module:
    """For looking only: eval mode, no gradients for weights, and channels-last, which is faster on CPU and GPU alike."""
    for name, inner in list(module.named_modules()):
        if name and fuse.fits(inner):
            module.set_submodule(name, fuse.Stem(inner))
    module = module.eval().requires_grad_(False).to(device)
    return module.to(memory_format=torch.channels_last)


def in_stages(stages: Mapping[str, nn.Module]) -> Callable[[Sequence[str]], Extractor]:
    """The cut of a network that is a row of stages: it stops after the deepest one asked for."""

    def cut(layers: Sequence[str]) -> Extractor:
        deepest = max(list(stages).index(layer) for layer in layers)
        run = list(stages.items())[: deepest + 1]

        def extract(x: Tensor) -> Activations:
            seen = {}
            for name, stage in run:
                x = stage(x)
                seen[name] = x
            return seen

        return extract

    return cut


def bestiary(file: Path | None, device: torch.device) -> Network:
    """The embedded network, trained by scripts/train_bestiary; its levels run from strokes to creatures."""
    from render.dream.bestiary import model
    from render.dream.bestiary.channels import CHANNELS

    if file:
        weights.tensors(file)  # names what is wrong with the file itself
    try:
        stages = {name: freeze(stage, device) for name, stage in model.stages(file).items()}
        usual = model.statistics(file)
    except Exception as error:  # safetensors and torch each have their own words for a tensor too few
        raise MissingError(f"{file}: these are not the weights of the bestiary: {_last_line(error)}") from error
    return Network(
        name="bestiary",
        layers=tuple(stages),
        labels=weights.usual(len(usual[CLASSES][0]), model.CLASSES),
        cut=in_stages(stages),
        mean=model.MEAN,
        std=model.STD,
        min_side=32,
        digest=weights.digest(file or model.WEIGHTS),
        aliases={"low": "ornament", "mid": "texture", "high": "creatures"},
        statistics={name: (mean.float().to(device), std.float().to(device)) for name, (mean, std) in usual.items()},
        notes=model.LEVELS,
        channels=None if file else CHANNELS,
    )


def inception_v1(file: Path | None, device: torch.device) -> Network:
    """The original GoogLeNet (arXiv 1409.4842), the network of the Inceptionism article, from a local file.

    Any weights of that architecture do, those of GoogLeNet-Places too.
    """
    from render.dream import inception

    if file is None:
        hint = "network: {inception_v1: bvlc_googlenet.caffemodel} (or .safetensors)"
        raise ConfigError("is inception_v1, which needs the file of its weights", hint, continues=True)
    stages = {name: freeze(stage, device) for name, stage in inception.stages(weights.tensors(file)).items()}
    extract = in_stages(stages)
    try:
        with torch.no_grad():
            classes = extract([CLASSES])(torch.zeros(1, 3, 64, 64, device=device))[CLASSES].shape[1]
    except RuntimeError as error:
        raise MissingError(f"{file}: these are not the weights of inception_v1: {_last_line(error)}") from error
    return Network(
        name="inception_v1",
        layers=tuple(stages),
        labels=weights.usual(classes, imagenet()),
        cut=extract,
        mean=(104.0, 117.0, 123.0),
        std=(1.0, 1.0, 1.0),
        scale=255.0,
        flip=True,
        min_side=64,
        digest=weights.digest(file),
        aliases={"low": "inception_3a", "mid": "inception_4c", "high": "inception_5a"},
        notes={
            "conv1": "edges and colours",
            "conv2": "strokes and hatching",
            "inception_3a": "ornament, ripples, coils",
            "inception_3b": "fur, scales, patterns, first eyes",
            "inception_4a": "textures that become things",
            "inception_4b": "eyes, arches, wheels",
            "inception_4c": "pagodas, dogs, birds, cars: the article's favourite",
            "inception_4d": "animals and their faces",
            "inception_4e": "whole animals",
            "inception_5a": "whole things, tangled",
            "inception_5b": "what the classes are told by",
            "classes": f"one channel for each of {classes:,} classes",
        },
    )


NETWORKS: dict[str, Callable[[Path | None, torch.device], Network]] = {
    "bestiary": bestiary,
    "inception_v1": inception_v1,
}


def imagenet() -> tuple[str, ...]:
    """The 1,000 labels of ImageNet in their usual order; torchvision knows them."""
    from torchvision.models import GoogLeNet_Weights

    return tuple(GoogLeNet_Weights.DEFAULT.meta["categories"])


def _last_line(error: Exception) -> str:
    """The last of what a library says, where the point of it is."""
    return (str(error).strip().splitlines() or ["?"])[-1].strip()[:200]
