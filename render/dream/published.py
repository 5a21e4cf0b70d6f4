"""Published weights: (an entry of the catalogue, its file) -> a row of stages, or Entries in the names of torchvision."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from torch import nn

from render.dream import caffe, graphdef, inception
from render.dream import weights as files
from render.dream.entry import Entries
from render.inputs import WEIGHTS, read_bytes
from render.weights.catalogue import Weights

INCEPTION5H = ("conv2d0", "conv2d1", "conv2d2", *(f"mixed{block}" for block in inception.BLOCKS))  # Google's own names
VGG_BLOCKS = {13: (2, 2, 3, 3, 3), 16: (2, 2, 4, 4, 4)}  # convolutions in all -> in each block (arXiv 1409.1556, table 1)
VGG_DENSE = {"fc6": "classifier.0", "fc7": "classifier.3", "fc8": "classifier.6"}


def stages(weights: Weights, file: Path) -> OrderedDict[str, nn.Module]:
    """The network of `weights` as a row of stages, if its architecture is in STAGES. MissingError for another's file."""
    with files.reading(file, f"the weights of {weights.name}"):
        return STAGES[weights.architecture](file)


def entries(weights: Weights, file: Path) -> Entries:
    """What a file announces, in the names of torchvision's architecture. MissingError if it holds something else."""
    with files.reading(file, f"the weights of {weights.name}"):
        return READERS[weights.reader](file)


STAGES: dict[str, Callable[[Path], OrderedDict[str, nn.Module]]] = {
    "inception_v1": lambda file: inception.stages(inception.read(file)),
    "inception5h": lambda file: graphdef.stages(read_bytes(file, WEIGHTS), INCEPTION5H, "softmax2_pre_activation"),
}


# ---- Caffe's VGG, in torchvision's names


def caffe_vgg(file: Path) -> Entries:
    """conv1_1 … fc8 of Caffe as features.0 … classifier.6 of torchvision, whose layers are the same in the same order."""
    read = files.entries(file)
    convolutions = sum(name.startswith("conv") and name.endswith(".weight") for name in read)
    if convolutions not in VGG_BLOCKS:
        raise ValueError(f"it has {convolutions} convolutions")
    names = dict(_vgg_features(VGG_BLOCKS[convolutions])) | VGG_DENSE
    ours = {f"{theirs}.{part}": f"{own}.{part}" for theirs, own in names.items() for part in caffe.PARTS}
    return {ours[name]: value for name, value in read.items() if name in ours}


def _vgg_features(blocks: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Caffe's and torchvision's names of the convolutions: torchvision counts each with its ReLU, and a pool a block."""
    place = 0
    for block, count in enumerate(blocks, 1):
        for number in range(1, count + 1):
            yield f"conv{block}_{number}", f"features.{place}"
            place += 2
        place += 1


READERS: dict[str, Callable[[Path], Entries]] = {
    "caffe_vgg": caffe_vgg,
    "robustness": files.entries,
    "torchvision": files.entries,
}
