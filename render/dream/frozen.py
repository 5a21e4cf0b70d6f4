"""Convolutions whose kernels never change: what a network that is only looked through allows, and one that learns does not.

oneDNN, torch's convolutions on a processor, wants kernels in an order of its own, and brings them into it at every call; for
the small maps of a dream that takes as long as a third of the convolution. Here they are brought into it once, and the ReLU
that follows is done while each value is still at hand. torch has these two steps for its compiler (`torch.ops.mkldnn`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from render.dream.precision import has_bfloat16

CEILING = 6.0  # of ReLU6
# What may follow a convolution: its name and numbers in oneDNN's words, and the same done by torch in place.
THEN: Mapping[str, tuple[str, list[float], Callable[[Tensor], Tensor]]] = {
    "": ("none", [], lambda y: y),
    "relu": ("relu", [], F.relu_),
    "relu6": ("hardtanh", [0.0, CEILING], lambda y: F.hardtanh_(y, 0.0, CEILING)),
}
SIZES = 8  # of pictures that kernels are laid out for at a time: more than the octaves of most films


class FrozenConv(nn.Module):
    """A convolution with constant kernels, and the "relu" or "relu6" that follows it, if any; padded with zeros.

    It has no gradient of its own: whoever calls it inside an autograd function knows the convolution that gives it.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        then: str = "",
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias)
        self.stride, self.padding, self.groups, self.then = stride, padding, groups, then
        # the convolution with its kernels as oneDNN has them, by the kind and size of picture
        self.layouts: dict[tuple[torch.dtype, torch.Size], Callable[[Tensor], Tensor]] = {}

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, K, H', W']."""
        if has_layout(x):
            return (self.layouts.get((x.dtype, x.shape)) or self._lay_out(x))(x)
        _, _, follow = THEN[self.then]
        return follow(F.conv2d(x, self.weight, self.bias, self.stride, self.padding, 1, self.groups))

    __call__ = forward  # without the hooks of a module, which take longer than the call of a small convolution

    def _lay_out(self, x: Tensor) -> Callable[[Tensor], Tensor]:
        """The convolution of pictures like this one: kernels laid out for another size would be turned about at every call."""
        ops = torch.ops.mkldnn  # looked up here: a torch without oneDNN has none, and never comes here
        convolve, bias, groups = ops._convolution_pointwise.default, self.bias, self.groups
        pads, strides, ones, (then, numbers, _) = [self.padding] * 2, [self.stride] * 2, [1, 1], THEN[self.then]
        kernels = ops._reorder_convolution_weight(self.weight, pads, strides, ones, groups, list(x.shape))

        def convolution(x: Tensor) -> Tensor:
            y: Tensor = convolve(x, kernels, bias, pads, strides, ones, groups, then, numbers, "")
            return y

        if len(self.layouts) >= SIZES:
            self.layouts.clear()
        self.layouts[x.dtype, x.shape] = convolution
        return convolution

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"layouts": {}}  # a layout of oneDNN's cannot be copied


class ConvRelu(nn.Module):
    """A convolution of stride 1 and its ReLU, with a gradient: a convolution, too, whose kernels are turned."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        padding = int(conv.padding[0])
        self.conv = FrozenConv(conv.weight.detach(), conv.bias, padding=padding, then="relu")
        self.slope = FrozenConv(turn(conv.weight.detach()), padding=conv.kernel_size[0] - 1 - padding)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, K, H', W']."""
        y: Tensor = _ConvReluFunction.apply(x, self)
        return y


class _ConvReluFunction(torch.autograd.Function):
    """A convolution with its ReLU, and its gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, step: ConvRelu) -> Tensor:
        y: Tensor = step.conv(x)
        ctx.step = step
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> Any:
        (y,) = ctx.saved_tensors
        return ctx.step.slope(torch.ops.aten.threshold_backward(slope, y, 0)), None


def turn(kernels: Tensor) -> Tensor:
    """The kernels [K, C, h, w] of a convolution's gradient: turned by half a circle, inputs and outputs exchanged."""
    return kernels.flip(2, 3).transpose(0, 1)


def has_layout(x: Tensor) -> bool:
    """Whether oneDNN works on such a picture."""
    return x.is_cpu and _works_in(x.dtype)


@cache
def _works_in(dtype: torch.dtype) -> bool:
    """Whether oneDNN does, and is fast, in numbers of that kind."""
    known = dtype == torch.float32 or (dtype == torch.bfloat16 and has_bfloat16(torch.device("cpu")))
    return known and torch._C._has_mkldnn
