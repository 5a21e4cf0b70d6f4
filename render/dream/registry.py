"""The registry. Networks by name: (name, files of weights and labels, device) -> Network.

A network is a row of NETWORKS, a mapping that others may extend; all other names are those of torchvision's classifiers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch

from render.dream import weights
from render.dream.labels import ImageNet, labels_beside, labels_for, read_labels
from render.dream.network import CLASSES, Network, freeze, in_stages
from render.dream.tuning import tune
from render.errors import ConfigError, nearest
from render.plugins import NetworkPart, Plugin, function_of, of_package, plugins
from render.weights import store
from render.weights.catalogue import CATALOGUE, Weights

Loader = Callable[[Path | None, torch.device], Network]  # from the file of its weights, or its usual ones if there is None


def load(
    name: str,
    file: Path | None,
    device: torch.device,
    labels: Path | None = None,
    dtype: torch.dtype = torch.float32,
) -> Network:
    """The network called `name`, with its weights and the labels of its classes from local files where given.

    dtype: that it works in.
    Raises ConfigError if there is no such network, MissingError if its weights are not there, or are damaged.
    """
    tune()
    network = replace(_loader(name)(file, device), dtype=dtype)
    label_file = labels or labels_beside(file)
    if not label_file:
        return network
    own_labels = read_labels(label_file, len(network.labels))
    return replace(network, labels=own_labels, digest=network.digest + weights.digest(label_file))


def _loader(name: str) -> Loader:
    if name in NETWORKS:
        return NETWORKS[name]
    of_packages = {plugin.name: plugin for plugin in plugins() if isinstance(plugin.value, NetworkPart)}
    if name in of_packages:
        return partial(_load_plugin, of_packages[name])
    from render.dream import zoo  # which imports torchvision: that takes two seconds

    if name in zoo.names():
        return partial(zoo.classifier, name)
    own = [*NETWORKS, *of_packages]
    near = nearest(name, [*own, *zoo.names()])
    hint = f"{near}  known: {' '.join(own)} and torchvision's classifiers".strip()
    raise ConfigError(f'is "{name}", and there is no such network', hint, continues=True)


def _load_plugin(plugin: Plugin, file: Path | None, device: torch.device) -> Network:
    """The network of a package. Raises ConfigError that names the package, whatever goes wrong in it."""
    with of_package(plugin.package):
        network = function_of(plugin.value.load)(file, device)
        if not isinstance(network, Network):
            raise TypeError("a network is a render.dream.network.Network")
    return network


def bestiary(file: Path | None, device: torch.device) -> Network:
    """The embedded network, trained by scripts/train_bestiary; its levels run from strokes to creatures."""
    from render.dream.bestiary import model
    from render.dream.bestiary.channels import CHANNELS

    stages = {name: freeze(stage, device) for name, stage in model.stages(file).items()}
    usual = model.statistics(file)
    return Network(
        name="bestiary",
        layers=tuple(stages),
        labels=labels_for(len(usual[CLASSES][0]), model.CLASSES),
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


def googlenet(published: Weights, file: Path | None, device: torch.device) -> Network:
    """The original GoogLeNet (arXiv 1409.4842): inception_v1, the network of the Inceptionism article, and GoogLeNet-Places.

    From a file, which may be any of that architecture, or with the weights that are published.
    """
    from render.dream import inception

    path = file or store.ensure(published.name, store.say_nothing)
    stages = {name: freeze(stage, device) for name, stage in inception.stages(inception.read(path)).items()}
    classes = len(stages[CLASSES].get_parameter("weight"))
    return Network(
        name=published.name,
        layers=tuple(stages),
        labels=labels_for(classes, ImageNet()),
        cut=in_stages(stages),
        **_preprocessing(published),
        min_side=64,
        digest=weights.digest(path),
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


def inception5h(published: Weights, file: Path | None, device: torch.device) -> Network:
    """Google's own GoogLeNet of 2015, with which its DeepDream notebooks dream; its classes have no names."""
    from render.dream.published import stages

    path = file or store.ensure(published.name, store.say_nothing)
    row = {name: freeze(stage, device) for name, stage in stages(published, path).items()}
    return Network(
        name=published.name,
        layers=tuple(row),
        labels=labels_for(len(next(row[CLASSES].parameters())), ()),
        cut=in_stages(row),
        **_preprocessing(published),
        min_side=64,
        digest=weights.digest(path),
        aliases={"low": "mixed3a", "mid": "mixed4c", "high": "mixed5a"},
    )


def retrained(published: Weights, file: Path | None, device: torch.device) -> Network:
    """An architecture of torchvision with weights of others."""
    from render.dream import zoo
    from render.dream.published import entries

    path = file or store.ensure(published.name, store.say_nothing)
    network = zoo.classifier(published.architecture, path, device, partial(entries, published))
    return replace(network, name=published.name, **_preprocessing(published))


def efficientnet_lite0(file: Path | None, device: torch.device) -> Network:
    """EfficientNet-Lite0 (arXiv 1905.11946), ImageNet's things with the weights that come with the program, or from a file."""
    from render.dream import efficientnet

    path = file or efficientnet.packaged()
    stages = {name: freeze(stage, device) for name, stage in efficientnet.stages(efficientnet.read(path)).items()}
    return Network(
        name="efficientnet_lite0",
        layers=tuple(stages),
        labels=labels_for(efficientnet.class_count(stages), ImageNet()),
        cut=in_stages(stages),
        cut_with_residual=cache(lambda share: in_stages(efficientnet.with_residual(stages, share))),
        mean=(efficientnet.MEAN,) * 3,
        std=(efficientnet.STD,) * 3,
        scale=efficientnet.SCALE,
        min_side=64,
        digest=weights.digest(path),
        aliases=efficientnet.ALIASES,
        notes=efficientnet.NOTES,
        channels=None if file else efficientnet.CHANNELS,
    )


LOADERS = {"inception_v1": googlenet, "inception5h": inception5h}  # by architecture; the others are torchvision's

NETWORKS: dict[str, Loader] = {
    "efficientnet_lite0": efficientnet_lite0,
    "bestiary": bestiary,
    **{name: partial(LOADERS.get(published.architecture, retrained), published) for name, published in CATALOGUE.items()},
}


def _preprocessing(published: Weights) -> dict[str, Any]:
    """How published weights want their input, as fields of a Network."""
    return asdict(published.preprocessing) if published.preprocessing else {}
