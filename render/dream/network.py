"""Networks. A Network is what can be asked of a classifier: named activations, labels, and its preprocessing as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from render.dream import folding
from render.errors import ConfigError, MissingError

Activations = Mapping[str, Tensor]
Eye = Callable[[Tensor], Activations]

CLASSES = "classes"  # the layer of class scores: a map [1, K, h, w] whose mean is the logits, or the logits as [1, K, 1, 1]


@dataclass(frozen=True)
class Network:
    """A frozen classifier.

    layers: names of its activations, shallow to deep. aliases: other names for some of them. labels: of its classes, in order.
    mean, std, scale, flip: the input is (frame * scale - mean) / std, with channels in BGR order if flip.
    least: the smallest useful side of a picture, pixels. cut: layer names -> an eye that runs only as deep as they lie.
    statistics: layer -> (mean, deviation) of its channels over natural pictures, where known. digest: of the weights.
    notes: layer -> a word on what it gives, where known.
    """

    name: str
    layers: tuple[str, ...]
    labels: tuple[str, ...]
    cut: Callable[[Sequence[str]], Eye]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    least: int
    digest: str
    scale: float = 1.0
    flip: bool = False
    aliases: Mapping[str, str] | None = None
    statistics: Mapping[str, tuple[Tensor, Tensor]] | None = None
    notes: Mapping[str, str] | None = None

    def layer(self, name: str) -> str:
        """The layer of that name or alias; ConfigError with the list of layers if there is none."""
        known = {**{layer: layer for layer in self.layers}, **(self.aliases or {})}
        if name in known:
            return known[name]
        listed = f"layers: {' '.join(known)}" if len(known) < 40 else f"`render layers {self.name}` lists all {len(known)}"
        raise ConfigError(f'is "{name}", and {self.name} has no such layer', _did_you_mean(name, known) + listed)

    def label(self, name: str | int) -> int:
        """The index of a class by its label (any of its comma-separated names) or number."""
        if isinstance(name, int):
            if not 0 <= name < max(len(self.labels), 1):
                raise ConfigError(f"is {name}, and {self.name} has classes 0 to {len(self.labels) - 1}")
            return name
        known = {part.strip().lower(): i for i, label in reversed(list(enumerate(self.labels))) for part in label.split(",")}
        if name.lower() in known:
            return known[name.lower()]
        within = [label for label in known if name.lower() in label][:8]
        listed = f"`render classes {self.name}` lists all {len(self.labels)}"
        near = f"did you mean one of: {', '.join(within)}?  " if within else _did_you_mean(name.lower(), known)
        raise ConfigError(f'is "{name}", and {self.name} has no such class', near + listed)

    def see(self, layers: Sequence[str], device: torch.device) -> Eye:
        """Frame -> activations of those layers, preprocessing included."""
        eye = self.cut(layers)
        std = torch.tensor(self.std, device=device)[:, None, None]
        scale, offset = self.scale / std, torch.tensor(self.mean, device=device)[:, None, None] / std

        def look(frame: Tensor) -> Activations:
            return eye((frame.flip(1) if self.flip else frame) * scale - offset)

        return look


def _did_you_mean(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, list(known), 1)
    return f'did you mean "{close[0]}"?  ' if close else ""


def load(name: str, weights: Path | None, device: torch.device) -> Network:
    """The network called `name`, with `weights` from a local file where it takes one."""
    if name in NETWORKS:
        return NETWORKS[name](weights, device)
    return torchvision_classifier(name, weights, device)


def frozen(module: nn.Module, device: torch.device) -> nn.Module:
    """For looking only: eval mode, no gradients for weights, and channels-last, which is faster on CPU and GPU alike."""
    for name, inner in list(module.named_modules()):
        if name and folding.fits(inner):
            module.set_submodule(name, folding.Stem(inner))
    module = module.eval().requires_grad_(False).to(device)
    return module.to(memory_format=torch.channels_last)


def in_stages(stages: Mapping[str, nn.Module]) -> Callable[[Sequence[str]], Eye]:
    """The cut of a network that is a row of stages: it stops after the deepest one asked for."""

    def cut(layers: Sequence[str]) -> Eye:
        deepest = max(list(stages).index(layer) for layer in layers)
        run = list(stages.items())[: deepest + 1]

        def eye(x: Tensor) -> Activations:
            seen = {}
            for name, stage in run:
                x = stage(x)
                seen[name] = x
            return seen

        return eye

    return cut


def bestiary(weights: Path | None, device: torch.device) -> Network:
    """The embedded network, trained by scripts/train_bestiary.py; its levels run from strokes to creatures."""
    from render.dream.bestiary import model

    stages = {name: frozen(stage, device) for name, stage in model.stages(weights).items()}
    return Network(
        name="bestiary",
        layers=tuple(stages),
        labels=model.CLASSES,
        cut=in_stages(stages),
        mean=model.MEAN,
        std=model.STD,
        least=32,
        digest=digest(weights or model.WEIGHTS),
        aliases={"low": "ornament", "mid": "texture", "high": "creatures"},
        statistics={name: (mean.to(device), std.to(device)) for name, (mean, std) in model.statistics(weights).items()},
        notes=model.LEVELS,
    )


def inception_v1(weights: Path | None, device: torch.device) -> Network:
    """The original GoogLeNet (arXiv 1409.4842), the network of the Inceptionism article, from a local file."""
    from render.dream import inception

    if weights is None:
        hint = "network: {inception_v1: bvlc_googlenet.safetensors}"
        raise ConfigError("is inception_v1, which needs the file of its weights", hint)
    stages = {name: frozen(stage, device) for name, stage in inception.stages(tensors(weights)).items()}
    return Network(
        name="inception_v1",
        layers=tuple(stages),
        labels=_imagenet_labels(),
        cut=in_stages(stages),
        mean=(104.0, 117.0, 123.0),
        std=(1.0, 1.0, 1.0),
        scale=255.0,
        flip=True,
        least=64,
        digest=digest(weights),
        aliases={"low": "inception_3a", "mid": "inception_4c", "high": "inception_5a"},
        notes={
            "conv2": "strokes and hatching",
            "inception_3a": "ornament, ripples, coils",
            "inception_3b": "fur, scales, patterns, first eyes",
            "inception_4a": "textures that become things",
            "inception_4b": "eyes, arches, wheels",
            "inception_4c": "pagodas, dogs, birds, cars: the article's favourite",
            "inception_4d": "animals and their faces",
            "inception_4e": "whole animals",
            "inception_5a": "whole things, tangled",
            "classes": "one channel for each of 1,000 classes",
        },
    )


NETWORKS: dict[str, Callable[[Path | None, torch.device], Network]] = {
    "bestiary": bestiary,
    "inception_v1": inception_v1,
}


def torchvision_classifier(name: str, weights: Path | None, device: torch.device) -> Network:
    """Any classifier of torchvision by name, its layers by module path; batch norm is folded into the convolutions."""
    import torchvision.models as zoo
    from torch.fx import GraphModule
    from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

    known = [*NETWORKS, *zoo.list_models(zoo)]
    if name not in known:
        raise ConfigError(
            f'is "{name}", and there is no such network',
            _did_you_mean(name, dict.fromkeys(known)) + f"known: {' '.join(NETWORKS)} and torchvision's classifiers",
        )
    enum = zoo.get_model_weights(name).DEFAULT
    model = _zoo_model(name, weights).eval()
    nodes = get_graph_node_names(model, suppress_diff_warning=True)[1]

    def cut(layers: Sequence[str]) -> Eye:
        ends = {layer: nodes[-1] if layer == CLASSES else _end(layer, nodes) for layer in layers}
        eye = create_feature_extractor(model, sorted(set(ends.values())), suppress_diff_warning=True)
        eye = frozen(folding.folded(GraphModule(eye, eye.graph)), device)

        def see(x: Tensor) -> Activations:
            seen = {end: value if value.dim() == 4 else value[..., None, None] for end, value in eye(x).items()}
            return {layer: seen[end] for layer, end in ends.items()}

        return see

    return Network(
        name=name,
        layers=(*_module_paths(model, nodes), CLASSES),
        labels=tuple(enum.meta["categories"]),
        cut=cut,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        least=75 if name == "inception_v3" else 64,
        digest=digest(weights) if weights else str(enum),
    )


def _zoo_model(name: str, weights: Path | None) -> nn.Module:
    import torchvision.models as zoo

    bare = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if weights is None:
        try:
            return zoo.get_model(name, weights="DEFAULT")  # type: ignore[no-any-return]
        except OSError as error:
            raise MissingError(
                f"is {name}, whose weights could not be downloaded ({error})",
                f"give a local file: network: {{{name}: weights.safetensors}}",
            ) from error
    model: nn.Module = zoo.get_model(name, weights=None, **bare)
    given = {key: value for key, value in tensors(weights).items() if not key.lower().startswith("aux")}
    try:
        model.load_state_dict(given)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip()
        raise MissingError(f"{weights}: these are not the weights of torchvision's {name}: {reason[:200]}") from None
    return model


def _module_paths(model: nn.Module, nodes: Sequence[str]) -> tuple[str, ...]:
    """The path of every module that gives a tensor, in the order in which they are finished."""
    last = {".".join(node.split(".")[:depth]): i for i, node in enumerate(nodes) for depth in range(1, node.count(".") + 2)}
    paths = [path for path, _ in model.named_modules() if path in last]
    return tuple(sorted(paths, key=lambda path: (last[path], path.count("."))))


def _end(path: str, nodes: Sequence[str]) -> str:
    """The last node of a module: two modules, one in the other, may end at the same."""
    return next(node for node in reversed(nodes) if node == path or node.startswith(f"{path}."))


def _imagenet_labels() -> tuple[str, ...]:
    """The 1,000 labels of ImageNet in their usual order; torchvision knows them."""
    from torchvision.models import GoogLeNet_Weights

    return tuple(GoogLeNet_Weights.DEFAULT.meta["categories"])


def tensors(weights: Path) -> Mapping[str, Tensor]:
    """The tensors of a weights file. No code runs from it: safetensors, or .pth read as weights only."""
    if not weights.is_file():
        raise MissingError(f"there are no weights at {weights}")
    try:
        if weights.suffix in (".pth", ".pt"):
            read: Mapping[str, Tensor] = torch.load(weights, map_location="cpu", weights_only=True)
        else:
            read = load_file(weights)
    except Exception as error:  # whatever a broken or hostile file makes a reader say
        raise MissingError(f"{weights} cannot be read as weights: {str(error).splitlines()[0][:200]}") from error
    damaged = [name for name, value in read.items() if value.is_floating_point() and not value.isfinite().all()]
    if damaged:
        raise MissingError(f"{weights}: {damaged[0]} holds values that are not numbers")
    return read


def digest(weights: Path) -> str:
    """sha256 of a weights file: what a take remembers of its network."""
    return sha256(weights.read_bytes()).hexdigest()
