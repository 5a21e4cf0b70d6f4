"""Folding. The same network in fewer, larger steps: what a frozen network allows and a trained one does not need."""

from __future__ import annotations

import operator
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx import GraphModule, Node
from torch.fx.experimental.optimization import fuse

from render.dream.frozen import ConvRelu

RELUS = frozenset({F.relu, torch.relu, F.relu_, torch.relu_})


def fuse_graph(graph: GraphModule) -> GraphModule:
    """Batch norm folded into convolutions, 1x1 convolutions with ReLU of one input made one, each one with its ReLU, too; and
    max-pools before their ReLU."""
    fuse_in: Any = fuse  # torch types what it gives back as any Module
    graph = fuse_in(graph.eval(), no_trace=True)
    modules, readers = dict(graph.named_modules()), defaultdict(list)
    for node in list(graph.graph.nodes):
        if _relu(node, modules) and _only_pooled(node, modules):
            _pool_first(node)
    for node in graph.graph.nodes:
        if node.op == "call_module" and _pointwise(modules[node.target]) and _then_relu(node, modules):
            readers[node.args[0]].append(node)
    for source, nodes in readers.items():
        if len(nodes) > 1:
            _join(graph, source, nodes, [modules[node.target] for node in nodes])
    modules, calls = dict(graph.named_modules()), Counter(node.target for node in graph.graph.nodes)
    for node in list(graph.graph.nodes):
        alone = node.op == "call_module" and calls[node.target] == 1
        if alone and _takes_relu(modules[node.target]) and _then_relu(node, modules):
            _with_relu(graph, node, modules[node.target])
    graph.recompile()
    return graph


def _with_relu(graph: GraphModule, node: Node, conv: nn.Conv2d) -> None:
    """Make a convolution and the ReLU after it one."""
    (relu,) = node.users
    relu.replace_all_uses_with(node)
    graph.graph.erase_node(relu)
    graph.set_submodule(str(node.target), ConvRelu(conv))


def _takes_relu(module: nn.Module) -> bool:
    """Whether a module is a convolution that a ConvRelu can stand in for."""
    return (
        isinstance(module, nn.Conv2d)
        and module.stride == module.dilation == (1, 1)
        and module.groups == 1
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
        and module.kernel_size[0] == module.kernel_size[1] > module.padding[0] == module.padding[1]
    )


def side_by_side(convs: Sequence[nn.Conv2d]) -> nn.Conv2d:
    """Convolutions of one input and one shape as a single one, which gives their outputs in a row."""
    first = convs[0]
    joined = nn.Conv2d(first.in_channels, sum(conv.out_channels for conv in convs), 1)
    joined.weight = nn.Parameter(torch.cat([conv.weight for conv in convs]), False)
    biases = [torch.zeros(conv.out_channels) if conv.bias is None else conv.bias for conv in convs]
    joined.bias = nn.Parameter(torch.cat(biases), False)
    return joined


def _join(graph: GraphModule, source: Node, nodes: Sequence[Node], convs: Sequence[nn.Conv2d]) -> None:
    """Replace the nodes, and the ReLU after each, by one convolution, one ReLU and a split."""
    name = f"joined_{nodes[0].name}"
    graph.add_submodule(name, side_by_side(convs))
    with graph.graph.inserting_before(nodes[0]):
        bright = graph.graph.call_function(torch.relu_, (graph.graph.call_module(name, (source,)),))
        parts = graph.graph.call_method("split", (bright, [conv.out_channels for conv in convs], 1))
        shares = [graph.graph.call_function(operator.getitem, (parts, place)) for place in range(len(nodes))]
    for node, share in zip(nodes, shares, strict=True):
        (relu,) = node.users
        relu.replace_all_uses_with(share)
        graph.graph.erase_node(relu)
        graph.graph.erase_node(node)


def _pool_first(relu: Node) -> None:
    """A max-pool and the ReLU before it change places: the same numbers to the bit, and a quarter of them to cut off."""
    (pool,), (source,) = relu.users, relu.all_input_nodes
    pool.replace_all_uses_with(relu)
    pool.replace_input_with(relu, source)
    relu.replace_input_with(source, pool)
    pool.append(relu)


def _pointwise(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.Conv2d)
        and module.kernel_size == module.stride == (1, 1)
        and module.padding == (0, 0)
        and module.groups == 1
    )


def _then_relu(node: Node, modules: dict[str, nn.Module]) -> bool:
    """Whether the only thing done with a node's output is a ReLU."""
    return len(node.users) == 1 and all(_relu(user, modules) for user in node.users)


def _relu(node: Node, modules: dict[str, nn.Module]) -> bool:
    called = modules[str(node.target)] if node.op == "call_module" else node.target
    return isinstance(called, nn.ReLU) or called in RELUS


def _only_pooled(relu: Node, modules: dict[str, nn.Module]) -> bool:
    """Whether nothing else reads a ReLU than a max-pool, and nothing else than the ReLU what it cuts off."""
    users = [*relu.users, *relu.all_input_nodes[0].users]
    return len(users) == 2 and isinstance(modules.get(str(users[0].target)), nn.MaxPool2d)


class Stem(nn.Module):
    """A stride-2 convolution of a picture as the equal stride-1 convolution of its 2x2 blocks.

    The gradient with respect to three channels is what a CPU does worst; with respect to twelve it takes half the time.
    conv: without groups or dilation, padded with zeros.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.kernel, self.padding = _pair(conv.kernel_size), _pair(conv.padding)
        self.odd = tuple(padding % 2 for padding in self.padding)  # taps that move the first one onto an even pixel
        self.taps = tuple((kernel + odd + 1) // 2 * 2 for kernel, odd in zip(self.kernel, self.odd, strict=True))
        (down, right), (high, wide) = self.odd, self.taps
        filled = F.pad(conv.weight, (right, wide - self.kernel[1] - right, down, high - self.kernel[0] - down))
        blocks = filled.reshape(*filled.shape[:2], high // 2, 2, wide // 2, 2).permute(0, 1, 3, 5, 2, 4)
        self.conv = nn.Conv2d(4 * conv.in_channels, conv.out_channels, (high // 2, wide // 2))
        self.conv.weight = nn.Parameter(blocks.flatten(1, 3).contiguous(), False)
        self.conv.bias = conv.bias

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, K, ~H/2, ~W/2]."""
        (top, bottom), (left, right) = (self._rim(axis, x.shape[2 + axis]) for axis in (0, 1))
        y: Tensor = self.conv(F.pixel_unshuffle(F.pad(x, (left, right, top, bottom)), 2))
        return y

    def _rim(self, axis: int, side: int) -> tuple[int, int]:
        """Pixels to add before and after a side, so that the blocks give just the wanted outputs."""
        outputs = (side + 2 * self.padding[axis] - self.kernel[axis]) // 2 + 1
        before = self.padding[axis] + self.odd[axis]
        return before, 2 * (outputs - 1) + self.taps[axis] - side - before


def fits(module: nn.Module) -> bool:
    """Whether a module is a convolution that a Stem can stand in for."""
    return (
        isinstance(module, nn.Conv2d)
        and module.in_channels == 3
        and module.stride == (2, 2)
        and module.groups == 1
        and module.dilation == (1, 1)
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
    )


def _pair(size: object) -> tuple[int, int]:
    down, right = size if isinstance(size, tuple) else (size, size)
    return int(down), int(right)
