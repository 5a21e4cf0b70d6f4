"""Caffe. A .caffemodel is a network's weights as Caffe wrote them: (bytes) -> tensors by the names of their layers.

The file is a protocol buffer. Of its messages only those that lead to the numbers are read; the numbers of the fields are
those of caffe.proto, in the format of today and in the one of before 2014 (V1), which most of the famous files have.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor

from render.dream.entry import DIMENSIONS
from render.dream.protobuf import Fields, content, fields, numbers, text

PARTS = ("weight", "bias")  # what a layer's blobs are called, in their order


@dataclass(frozen=True)
class Form:
    """A format's numbers: the field of a network that is a layer, and of a layer its name and its blobs."""

    layer: int
    name: int
    blobs: int


FORMS = (Form(100, 1, 7), Form(2, 4, 6))  # of today, and V1
DATA, DOUBLES, SHAPE, SIDES = 5, 8, 7, 1  # a blob's numbers and shape, and a shape's sides
OLD_SIDES = (1, 2, 3, 4)  # a blob's num, channels, height and width, from before there were shapes


def tensors(data: bytes) -> dict[str, Tensor]:
    """The weights and biases in a .caffemodel, float32, as `layer.weight` and `layer.bias`, a / in a name as a dot.

    Raises ValueError for what is no such file.
    """
    network = fields(memoryview(data))
    found: dict[str, Tensor] = {}
    for form in FORMS:
        for message in network[form.layer]:
            layer = fields(content(message))
            name = text(layer[form.name][0]).replace("/", ".") if layer[form.name] else ""
            blobs = zip(PARTS, layer[form.blobs], strict=False)
            found |= {f"{name}.{part}": _blob(fields(content(blob))) for part, blob in blobs}
    if not found:
        raise ValueError("there are no weights in it")
    return found


def _blob(blob: Fields) -> Tensor:
    """An array: numbers packed or one by one, and its shape."""
    floats, doubles = (b"".join(map(content, blob[field])) for field in (DATA, DOUBLES))
    if len(floats) % 4 or len(doubles) % 8:
        raise ValueError("it breaks off")
    array, shape = np.frombuffer(floats, "<f4") if floats else np.frombuffer(doubles, "<f8"), _shape(blob)
    if len(shape) > DIMENSIONS or prod(shape) != len(array):
        raise ValueError("its numbers do not fit the shapes that it says")
    return torch.from_numpy(array.astype(np.float32).reshape(shape))


def _shape(blob: Fields) -> list[int]:
    if blob[SHAPE]:
        return numbers(fields(content(blob[SHAPE][0]))[SIDES])
    old = [side for field in OLD_SIDES for side in blob[field] if isinstance(side, int)]
    while len(old) > 1 and old[0] == 1:  # a vector was written as 1x1x1xN, a matrix as 1x1xMxN
        old = old[1:]
    return old
