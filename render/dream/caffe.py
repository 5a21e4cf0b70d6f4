"""Caffe. A .caffemodel is a network's weights as Caffe wrote them: (bytes) -> tensors by the names of their layers.

The file is a protocol buffer. Of its messages only those that lead to the numbers are read; the numbers of the fields are
those of caffe.proto, in the format of today and in the one of before 2014 (V1), which most of the famous files have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

VARINT, BYTES, LENGTHS = 0, 2, {1: 8, 5: 4}  # wire types: a whole number, a length and so many bytes, or always so many
PARTS = ("weight", "bias")  # what a layer's blobs are called, in their order

Value = int | memoryview
Fields = Mapping[int, Sequence[Value]]  # what a message holds under each number


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
    network = _fields(memoryview(data))
    found: dict[str, Tensor] = {}
    for form in FORMS:
        for message in network[form.layer]:
            layer = _fields(_bytes(message))
            name = bytes(_bytes(layer[form.name][0])).decode().replace("/", ".") if layer[form.name] else ""
            blobs = zip(PARTS, layer[form.blobs], strict=False)
            found |= {f"{name}.{part}": _blob(_fields(_bytes(blob))) for part, blob in blobs}
    if not found:
        raise ValueError("there are no weights in it")
    return found


def _blob(blob: Fields) -> Tensor:
    """An array: numbers packed or one by one, and its shape."""
    floats, doubles = (b"".join(map(_bytes, blob[field])) for field in (DATA, DOUBLES))
    numbers = np.frombuffer(floats, "<f4") if floats else np.frombuffer(doubles, "<f8")
    return torch.from_numpy(numbers.astype(np.float32).reshape(_shape(blob)))


def _shape(blob: Fields) -> list[int]:
    if blob[SHAPE]:
        sides = _fields(_bytes(blob[SHAPE][0]))[SIDES]
        return [side for value in sides for side in ([value] if isinstance(value, int) else _numbers(value))]
    old = [side for field in OLD_SIDES for side in blob[field] if isinstance(side, int)]
    while len(old) > 1 and old[0] == 1:  # a vector was written as 1x1x1xN, a matrix as 1x1xMxN
        old = old[1:]
    return old


def _fields(message: memoryview) -> defaultdict[int, list[Value]]:
    """The fields of a message: whole numbers, or bytes as they stand."""
    fields: defaultdict[int, list[Value]] = defaultdict(list)
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        field, wire = key >> 3, key & 7
        if wire not in (VARINT, BYTES, *LENGTHS):
            raise ValueError(f"there is no field at byte {at}")
        length, at = (LENGTHS[wire], at) if wire in LENGTHS else _number(message, at)
        if wire == VARINT:
            fields[field].append(length)
            continue
        if at + length > len(message):
            raise ValueError("it breaks off")
        fields[field].append(message[at : at + length])
        at += length
    return fields


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("it has a number where bytes are due")
    return value


def _numbers(packed: memoryview) -> list[int]:
    numbers, at = [], 0
    while at < len(packed):
        number, at = _number(packed, at)
        numbers.append(number)
    return numbers


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """The whole number that begins there, seven bits a byte, and where it ends."""
    number = 0
    for place, byte in enumerate(message[at : at + 10]):
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, at + place + 1
    raise ValueError("it breaks off")
