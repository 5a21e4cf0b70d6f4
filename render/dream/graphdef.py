"""TensorFlow. A frozen graph (.pb) as a row of stages: (bytes) -> modules by the names of the nodes that end them.

A graph says of itself how it is computed: strides, padding and normalisation are read from it, not assumed. The numbers of the
fields are those of TensorFlow's graph, node_def, attr_value and tensor .proto, which are the same since 2015.

Departures from the graph change its speed, not its values: a convolution has its bias in it, and the classifier behind the
average over all cells is a 1x1 convolution, so it gives a class *map* whose mean is the logits.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from render.dream.entry import DamagedError
from render.dream.network import CLASSES
from render.dream.protobuf import Fields, content, fields, numbers, text

NODES = 1  # of a graph
NAME, OP, INPUT, ATTRIBUTES, KEY, VALUE = 1, 2, 3, 5, 1, 2  # of a node, and of an entry of its attributes
LIST, TEXT, FLOAT, TENSOR, INTEGERS = 1, 2, 4, 8, 3  # of an attribute's value, and of its list
SHAPE, CONTENT, SIDE, SIZE = 2, 4, 2, 1  # of a tensor, of its shape, and of a side
TYPE, FLOATS, WHOLES = 1, 5, 7  # of a tensor: its type, and its numbers where they are not in its content
DTYPES = {1: ("<f4", FLOATS), 3: ("<i4", WHOLES)}  # float32 and int32

MOST_REPEATED = 2**20  # numbers of a constant that its last one stands for: more memory than that is not asked for so


@dataclass(frozen=True)
class Node:
    """An operation of a graph."""

    name: str
    op: str
    inputs: tuple[str, ...]  # names of nodes
    attributes: Mapping[str, Fields]

    def text(self, name: str) -> str:
        """An attribute that is a word."""
        return text(self.attributes[name][TEXT][0])

    def number(self, name: str, default: float) -> float:
        """An attribute that is a number with a point. TensorFlow leaves out what is zero, and old files what is usual."""
        if name not in self.attributes:
            return default
        values = self.attributes[name][FLOAT]
        return float(struct.unpack("<f", content(values[0]))[0]) if values else 0.0

    def whole(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        values = numbers(self.attributes[name][INTEGERS]) if name in self.attributes else [default]
        return values[0] if values else 0

    def sides(self, name: str) -> tuple[int, int]:
        """An attribute for (batch, height, width, channels), of which only height and width may differ from 1."""
        batch, height, width, channels = numbers(fields(content(self.attributes[name][LIST][0]))[INTEGERS])
        if (batch, channels) != (1, 1):
            raise DamagedError(f"{self.name} strides over pictures or channels")
        return height, width


def nodes(data: bytes) -> dict[str, Node]:
    """The operations of a graph by name. ValueError for what is no such file."""
    graph = [_node(fields(content(message))) for message in fields(memoryview(data))[NODES]]
    if not graph:
        raise DamagedError("there is no graph in it")
    return {node.name: node for node in graph}


def stages(data: bytes, ends: Sequence[str], logits: str) -> OrderedDict[str, nn.Module]:
    """A graph cut at the nodes `ends`, each of which is all that the later ones need, and `classes`, which gives `logits`.

    Between two of them lies a module [N, C, H, W] -> [N, C', H', W']. ValueError if the graph is of another kind.
    """
    graph = nodes(data)
    head = _conv_of(graph, logits)
    row: OrderedDict[str, nn.Module] = OrderedDict()
    begin = next((node.name for node in graph.values() if node.op == "Placeholder"), "")
    for end in ends:
        row[end] = Piece(graph, begin, end)
        begin = end
    if head.source != begin:
        raise DamagedError(f"its classes come from {head.source}, not from {begin}")
    row[CLASSES] = head.module
    return row


class Piece(nn.Module):
    """The part of a graph that leads from one node to another."""

    def __init__(self, graph: Mapping[str, Node], begin: str, end: str) -> None:
        super().__init__()
        self.begin, self.end = begin, end
        steps: dict[str, Step] = {}
        _plan(graph, begin, end, steps)
        self.inputs = {name: step.inputs for name, step in steps.items()}  # in the order in which they are computed
        self.parts = nn.ModuleList(step.module for step in steps.values())

    def forward(self, x: Tensor) -> Tensor:
        values = {self.begin: x}
        for (name, inputs), part in zip(self.inputs.items(), self.parts, strict=True):
            values[name] = part(*(values[source] for source in inputs))
        return values[self.end]


class Convolution(nn.Module):
    """A convolution padded as TensorFlow pads; weight: [height, width, in, out], as it lies in a graph."""

    def __init__(self, weight: Tensor, bias: Tensor, stride: tuple[int, int], padding: str) -> None:
        super().__init__()
        self.pad = Padding(weight.shape[:2], stride, padding, 0.0)
        height, width, channels, outputs = weight.shape
        self.conv = nn.Conv2d(channels, outputs, (height, width), stride)
        self.conv.weight = nn.Parameter(weight.permute(3, 2, 0, 1).contiguous(), False)
        self.conv.bias = nn.Parameter(bias, False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(self.pad(x))
        return y


class Padding(nn.Module):
    """VALID pads nothing. SAME makes the output ceil(side / stride), with the odd pixel right and below."""

    def __init__(self, kernel: Sequence[int], stride: Sequence[int], padding: str, value: float) -> None:
        super().__init__()
        if padding not in ("SAME", "VALID"):
            raise DamagedError(f"it pads in a way that is not known: {padding}")
        self.kernel, self.stride, self.same, self.value = tuple(kernel), tuple(stride), padding == "SAME", value

    def forward(self, x: Tensor) -> Tensor:
        if not self.same:
            return x
        rims = []
        for side, kernel, stride in zip(x.shape[:1:-1], self.kernel[::-1], self.stride[::-1], strict=True):  # width first
            total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            rims += [total // 2, total - total // 2]
        return F.pad(x, rims, value=self.value) if any(rims) else x


class MaxPool(nn.Module):
    """The largest of each window; what lies outside the picture is never the largest."""

    def __init__(self, kernel: tuple[int, int], stride: tuple[int, int], padding: str) -> None:
        super().__init__()
        self.pad, self.kernel, self.stride = Padding(kernel, stride, padding, -torch.inf), kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(self.pad(x), self.kernel, self.stride)


class Normalise(nn.Module):
    """x / (bias + alpha * sum of x² over the channels within radius) ^ beta; the sum as a banded 1x1 convolution."""

    def __init__(self, radius: int, bias: float, alpha: float, beta: float) -> None:
        super().__init__()
        self.radius, self.bias, self.alpha, self.beta = radius, bias, alpha, beta

    def forward(self, x: Tensor) -> Tensor:
        place = torch.arange(x.shape[1], device=x.device)
        near = ((place[:, None] - place[None, :]).abs() <= self.radius).to(x.dtype) * self.alpha
        return x * (self.bias + F.conv2d(x * x, near[:, :, None, None])) ** -self.beta


class Concat(nn.Module):
    """Channels side by side."""

    def forward(self, *parts: Tensor) -> Tensor:
        return torch.cat(parts, dim=1)


@dataclass(frozen=True)
class Step:
    """A module and the nodes that it takes."""

    module: nn.Module
    inputs: tuple[str, ...]

    @property
    def source(self) -> str:
        """The one node that it takes."""
        return self.inputs[0]


def _plan(graph: Mapping[str, Node], begin: str, end: str, steps: dict[str, Step]) -> None:
    """Fill `steps` with what has to be computed for `end` when `begin` is known, in order."""
    if end == begin or end in steps:
        return
    if end not in graph or graph[end].op not in STEPS:
        raise DamagedError(f"its {end} cannot be computed" if end in graph else f"it has no {end}")
    step = STEPS[graph[end].op](graph, graph[end])
    for source in step.inputs:
        _plan(graph, begin, source, steps)
    steps[end] = step


def _conv_of(graph: Mapping[str, Node], name: str) -> Step:
    """A convolution or a matrix with the bias that is added to it, as one step."""
    if name not in graph or graph[name].op != "BiasAdd":
        raise DamagedError(f"it has no {name}")
    product, bias = (graph[source] for source in graph[name].inputs)
    weight = _constant(graph[product.inputs[1]])
    if product.op == "Conv2D":
        layer = Convolution(weight, _constant(bias), product.sides("strides"), product.text("padding"))
        return Step(layer, product.inputs[:1])
    if product.op != "MatMul":
        raise DamagedError(f"its {name} is neither convolution nor matrix")
    source = _before_average(graph, product.inputs[0])
    return Step(Convolution(weight[None, None], _constant(bias), (1, 1), "VALID"), (source,))


def _before_average(graph: Mapping[str, Node], name: str) -> str:
    """The node of which that one is the average over all cells, which is taken of the classes instead."""
    for _ in graph:  # no longer than there are nodes: a hostile graph goes round
        if graph[name].op not in ("Reshape", "AvgPool"):
            return name
        name = graph[name].inputs[0]
    raise DamagedError(f"its {name} leads back to itself")


def _pool(graph: Mapping[str, Node], node: Node) -> Step:
    return Step(MaxPool(node.sides("ksize"), node.sides("strides"), node.text("padding")), node.inputs)


def _normalise(graph: Mapping[str, Node], node: Node) -> Step:
    radius, bias = node.whole("depth_radius", 5), node.number("bias", 1.0)
    return Step(Normalise(radius, bias, node.number("alpha", 1.0), node.number("beta", 0.5)), node.inputs)


def _concat(graph: Mapping[str, Node], node: Node) -> Step:
    axis, *parts = node.inputs
    if int(_constant(graph[axis])) != 3:
        raise DamagedError(f"its {node.name} does not lay channels side by side")
    return Step(Concat(), tuple(parts))


STEPS: dict[str, Callable[[Mapping[str, Node], Node], Step]] = {
    "BiasAdd": lambda graph, node: _conv_of(graph, node.name),
    "Relu": lambda graph, node: Step(nn.ReLU(), node.inputs),
    "MaxPool": _pool,
    "LRN": _normalise,
    "Concat": _concat,
}


def _node(message: Fields) -> Node:
    entries = [fields(content(entry)) for entry in message[ATTRIBUTES]]
    attributes = {text(entry[KEY][0]): fields(content(entry[VALUE][0])) for entry in entries}
    inputs = tuple(text(source).removesuffix(":0") for source in message[INPUT])
    return Node(text(message[NAME][0]), text(message[OP][0]), inputs, attributes)


def _constant(node: Node) -> Tensor:
    """The numbers of a constant: its content as it stands, or one by one, of which the last may stand for all that follow."""
    if node.op != "Const":
        raise DamagedError(f"its {node.name} is no constant")
    tensor = fields(content(node.attributes["value"][TENSOR][0]))
    kind = numbers(tensor[TYPE])[0]
    if kind not in DTYPES:
        raise DamagedError(f"its {node.name} has numbers of a kind that is not known")
    dtype, place = DTYPES[kind]
    sides = [numbers(fields(content(side))[SIZE]) for side in fields(content(tensor[SHAPE][0]))[SIDE]] if tensor[SHAPE] else []
    shape = [side[0] if side else 0 for side in sides]
    if tensor[CONTENT]:
        values = np.frombuffer(content(tensor[CONTENT][0]), dtype)
    elif place == FLOATS:
        values = np.frombuffer(b"".join(map(content, tensor[FLOATS])), dtype)
    else:
        values = np.array(numbers(tensor[WHOLES]), dtype)
    if not len(values) or not len(values) <= max(prod(shape), 1) <= len(values) + MOST_REPEATED:
        raise DamagedError(f"its {node.name} has {len(values)} numbers for a shape of {shape}")
    values = np.concatenate([values, np.repeat(values[-1:], prod(shape) - len(values))])
    return torch.from_numpy(values.reshape(shape).copy())
