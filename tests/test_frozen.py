"""Frozen convolutions: what oneDNN does in one pass with kernels laid out once is torch's own convolution and ReLU6."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from render.dream import frozen
from render.dream.frozen import ConvRelu, FrozenConv
from render.dream.inception import Normalise

SHAPES = [  # channels in, out, sides of the kernels, stride, padding, groups
    (3, 32, (3, 3), 2, 1, 1),
    (3, 32, (3, 4), 2, 1, 1),
    (32, 12, (2, 2), 1, 1, 1),
    (16, 96, (1, 1), 1, 0, 1),
    (96, 96, (4, 3), 2, 1, 96),
    (96, 96, (6, 6), 2, 2, 96),
    (40, 40, (5, 5), 1, 2, 40),
]
Shape = tuple[int, int, tuple[int, int], int, int, int]


def convolution(shape: Shape, then: str) -> FrozenConv:
    takes, gives, kernel, stride, padding, groups = shape
    chance = torch.Generator().manual_seed(3)
    weight = torch.randn((gives, takes // groups, *kernel), generator=chance)
    return FrozenConv(weight, torch.randn(gives, generator=chance), stride, padding, groups, then)


def plainly(conv: FrozenConv, x: Tensor) -> Tensor:
    y = F.conv2d(x, conv.weight, conv.bias, conv.stride, conv.padding, 1, conv.groups)
    return y.clamp(0, 6) if conv.then else y


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("then", ["", "relu6"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_convolution_at_every_size(shape: Shape, then: str, dtype: torch.dtype) -> None:
    conv = convolution(shape, then).to(dtype)
    for size in ((19, 33), (7, 8), (40, 21), (19, 33)):
        x = torch.randn((1, shape[0], *size), generator=torch.Generator().manual_seed(4)).to(dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        atol = 0.1 if dtype == torch.bfloat16 else 1e-4
        torch.testing.assert_close(conv(x), plainly(conv, x), atol=atol, rtol=0.02 if dtype == torch.bfloat16 else 1e-4)


def test_kernels_are_laid_out_for_a_few_sizes_at_a_time() -> None:
    conv = convolution(SHAPES[3], "")
    for side in range(4, 4 + 3 * frozen.SIZES):
        x = torch.randn(1, 16, side, 9)
        torch.testing.assert_close(conv(x), plainly(conv, x), atol=1e-4, rtol=1e-4)
        assert 0 < len(conv.layouts) <= frozen.SIZES


def test_without_onednn_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    conv, x = convolution(SHAPES[3], "relu6"), torch.randn(1, 16, 9, 9)
    here = conv(x)
    monkeypatch.setattr(frozen, "has_layout", lambda x: False)
    torch.testing.assert_close(conv(x), here, atol=1e-5, rtol=1e-5)


def test_a_torch_that_was_built_without_onednn_does_it_itself() -> None:
    """As on some Macs: there its operations for oneDNN have no names to look up, and all else is as ever."""
    code = """if True:
        import torch
        torch.ops.mkldnn, torch._C._has_mkldnn = object(), False
        from render.dream.frozen import FrozenConv
        conv = FrozenConv(torch.ones(2, 3, 1, 1), torch.ones(2), then="relu6")
        print(conv(torch.ones(1, 3, 4, 4)).unique().tolist(), len(conv.layouts))
    """
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[4.0] 0\n"


def test_a_copy_in_another_precision_lays_out_its_own_kernels() -> None:
    conv, x = convolution(SHAPES[3], ""), torch.randn(1, 16, 9, 9)
    before = conv(x)
    copy = deepcopy(conv).to(torch.bfloat16)
    assert not copy.layouts
    assert copy(x.to(torch.bfloat16)).dtype == torch.bfloat16
    assert torch.equal(conv(x), before)


@pytest.mark.parametrize(("kernel", "padding"), [(1, 0), (3, 1), (5, 2), (3, 0)])
def test_its_gradient_is_torchs_own(kernel: int, padding: int) -> None:
    conv = nn.Conv2d(4, 6, kernel, padding=padding).double().requires_grad_(False)
    x = torch.randn((1, 4, 9, 7), generator=torch.Generator().manual_seed(4), dtype=torch.float64, requires_grad=True)
    slopes = [torch.autograd.grad(y.square().sum(), x)[0] for y in (ConvRelu(conv)(x), F.relu(conv(x)))]
    torch.testing.assert_close(*slopes)


def test_local_response_normalisation_is_torchs_own() -> None:
    norm = Normalise(12).double()
    x = (100 * torch.randn((1, 12, 5, 6), generator=torch.Generator().manual_seed(4), dtype=torch.float64)).requires_grad_()
    ours, theirs = norm(x), F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1)
    slopes = [torch.autograd.grad(y.pow(3).sum(), x)[0] for y in (ours, theirs)]
    for own, wanted in ((ours, theirs), slopes):  # its 1e-4 is one of float32
        torch.testing.assert_close(own, wanted, atol=0, rtol=1e-5)
