"""Published weights: (an entry of the catalogue, its file) -> a row of stages, or tensors in the names of torchvision.

No code runs from any file, a pickle neither: what a pickle names besides tensors is replaced by something that does nothing.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch._utils import _rebuild_parameter, _rebuild_tensor_v2

from render.dream import caffe, graphdef, inception
from render.dream import weights as files
from render.errors import MissingError, RenderError
from render.inputs import WEIGHTS, read_bytes
from render.weights.catalogue import Weights

INCEPTION5H = ("conv2d0", "conv2d1", "conv2d2", *(f"mixed{block}" for block in inception.BLOCKS))  # Google's own names
VGG_BLOCKS = {13: (2, 2, 3, 3, 3), 16: (2, 2, 4, 4, 4)}  # convolutions in all -> in each block (arXiv 1409.1556, table 1)
VGG_DENSE = {"fc6": "classifier.0", "fc7": "classifier.3", "fc8": "classifier.6"}


def stages(weights: Weights, file: Path) -> OrderedDict[str, nn.Module]:
    """The network of `weights` as a row of stages, if its architecture is in STAGES. MissingError for another's file."""
    with _sentences(weights, file):
        return STAGES[weights.architecture](file)


def tensors(weights: Weights, file: Path) -> Mapping[str, Tensor]:
    """The tensors of a file, float32, in the names of torchvision's architecture. MissingError if it holds something else."""
    with _sentences(weights, file):
        read = READERS[weights.reader](file)
    return files.as_float32(read, file, weights.name)


@contextmanager
def _sentences(weights: Weights, file: Path) -> Iterator[None]:
    """Whatever a broken or hostile file makes a reader say, as one sentence."""
    try:
        yield
    except RenderError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or ["?"])[0][:200]
        raise MissingError(f"{file} cannot be read as the weights of {weights.name}: {reason}") from error


STAGES: dict[str, Callable[[Path], OrderedDict[str, nn.Module]]] = {
    "inception_v1": lambda file: inception.stages(files.tensors(file)),
    "inception5h": lambda file: graphdef.stages(read_bytes(file, WEIGHTS), INCEPTION5H, "softmax2_pre_activation"),
}


# ---- Caffe's VGG, in torchvision's names


def caffe_vgg(file: Path) -> Mapping[str, Tensor]:
    """conv1_1 … fc8 of Caffe as features.0 … classifier.6 of torchvision, whose layers are the same in the same order."""
    read = caffe.tensors(read_bytes(file, WEIGHTS))
    convolutions = sum(name.startswith("conv") and name.endswith(".weight") for name in read)
    if convolutions not in VGG_BLOCKS:
        raise ValueError(f"it has {convolutions} convolutions")
    names = dict(_vgg_features(VGG_BLOCKS[convolutions])) | VGG_DENSE
    return {f"{ours}.{part}": read[f"{theirs}.{part}"] for theirs, ours in names.items() for part in caffe.PARTS}


def _vgg_features(blocks: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Caffe's and torchvision's names of the convolutions: torchvision counts each with its ReLU, and a pool a block."""
    place = 0
    for block, count in enumerate(blocks, 1):
        for number in range(1, count + 1):
            yield f"conv{block}_{number}", f"features.{place}"
            place += 2
        place += 1


# ---- pickles of more than tensors


class Inert:
    """What stands in a pickle for whatever is no tensor's: it can be made, called and filled, and does nothing."""

    def __new__(cls, *_: Any, **__: Any) -> Inert:
        return super().__new__(cls)

    def __call__(self, *_: Any, **__: Any) -> Inert:
        return self

    def _ignore(self, *_: Any) -> None: ...

    __setstate__ = __setitem__ = append = extend = add = _ignore


ALLOWED: dict[tuple[str, str], Any] = {  # what a state dict is made of; the storages are torch.load's own affair
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch", "Size"): torch.Size,
}


class Unpickler(pickle.Unpickler):
    """Python's, which imports nothing."""

    def find_class(self, module: str, name: str) -> Any:
        return ALLOWED.get((module, name), Inert)


def _load(file: Any, **settings: Any) -> Any:
    return Unpickler(file, **settings).load()


def robustness(file: Path) -> Mapping[str, Tensor]:
    """The classifier in a checkpoint of the robustness library (github.com/MadryLab/robustness).

    Beside it lie the training's arguments and optimizer, and the classifier a second time, inside the attacker.
    """
    gate: Any = SimpleNamespace(__name__="tensors only", Unpickler=Unpickler, load=_load)
    # From memory: from a file torch would try first whether it is a tar, and unpack that.
    checkpoint = torch.load(BytesIO(read_bytes(file, WEIGHTS)), map_location="cpu", pickle_module=gate, weights_only=False)
    state = checkpoint.get("model", checkpoint.get("state_dict"))
    names = {name: name.removeprefix("module.") for name in state}
    return {ours.removeprefix("model."): state[name] for name, ours in names.items() if ours.startswith("model.")}


READERS: dict[str, Callable[[Path], Mapping[str, Tensor]]] = {
    "caffe_vgg": caffe_vgg,
    "robustness": robustness,
    "torchvision": files.tensors,
}
