"""Laws of folding: fewer, larger steps give the same numbers, at every size and for every shape of convolution."""

from __future__ import annotations

import pytest
import tiny
import torch
from torch import Tensor, nn
from torch.fx import GraphModule, symbolic_trace

from render.dream.frozen import ConvRelu
from render.dream.fuse import Stem, fits, fuse_graph, side_by_side


@pytest.mark.parametrize(("kernel", "padding"), [(7, 3), (6, 2), (5, 2), (3, 1), (3, 0), (11, 2), (4, 1), (2, 0), (1, 0)])
@pytest.mark.parametrize("size", [(32, 48), (33, 47), (40, 31)])
def test_a_stem_is_its_convolution(kernel: int, padding: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 5, kernel, stride=2, padding=padding)
    assert fits(conv)
    frame = tiny.grain(size).requires_grad_()
    ours, plain = Stem(conv)(frame), conv(frame)
    torch.testing.assert_close(ours, plain, atol=1e-5, rtol=1e-5)
    down = torch.randn(plain.shape)
    (one,), (other,) = torch.autograd.grad(ours, frame, down), torch.autograd.grad(plain, frame, down)
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_what_no_stem_can_stand_in_for() -> None:
    fine = {"in_channels": 3, "out_channels": 6, "kernel_size": 7, "stride": 2, "padding": 3}
    assert fits(nn.Conv2d(**fine))
    for odd in ({"in_channels": 4}, {"stride": 1}, {"groups": 3}, {"dilation": 2}, {"padding_mode": "reflect"}):
        assert not fits(nn.Conv2d(**{**fine, **odd}))  # type: ignore[arg-type]
    assert not fits(nn.ReLU())


class Branches(nn.Module):
    """Three 1x1 branches of one input, of which one is read before its ReLU, and batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = (
            nn.Conv2d(4, width, 1, bias=bias) for width, bias in ((3, True), (5, False), (2, True))
        )
        self.norm = nn.BatchNorm2d(5)
        nn.init.uniform_(self.norm.running_var, 0.3, 3)
        nn.init.normal_(self.norm.running_mean)

    def forward(self, x: Tensor) -> Tensor:
        three = self.three(x)
        return torch.cat((self.one(x).relu(), torch.relu(self.norm(self.two(x))), three, torch.relu(three)), 1)


def test_branches_are_joined_and_batch_norm_goes() -> None:
    torch.manual_seed(0)
    whole = Branches().eval()
    fewer = fuse_graph(symbolic_trace(whole))
    x = torch.randn(2, 4, 6, 5)
    torch.testing.assert_close(fewer(x), whole(x), atol=1e-5, rtol=1e-5)
    assert not any(node.op == "call_module" and isinstance(fewer.get_submodule(str(node.target)), nn.BatchNorm2d)
                   for node in fewer.graph.nodes)  # fmt: skip


class Pooled(nn.Module):
    """Two convolutions with ReLU and a max-pool after each; the second's ReLU is read by another, too."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 4, 3)
        self.bright, self.pool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        bright = torch.relu(self.two(self.pool(self.bright(self.one(x)))))
        return self.pool(bright).mean() + bright.square().mean()


def test_a_max_pool_comes_before_its_relu_and_not_a_bit_changes() -> None:
    torch.manual_seed(0)
    whole, graph = Pooled(), symbolic_trace(Pooled())
    graph.load_state_dict(whole.state_dict())
    fewer = fuse_graph(graph)
    assert order(fewer, "one", "pool", "bright", "two", "pool_1"), "what others read is not put off"
    frame = tiny.photo((33, 47)).requires_grad_()
    ours, plain = fewer(frame), whole(frame)
    assert torch.equal(ours, plain)
    slopes = [torch.autograd.grad(score, frame)[0] for score in (ours, plain)]
    torch.testing.assert_close(*slopes, atol=1e-8, rtol=1e-5)  # summed up in another order


def order(graph: GraphModule, *names: str) -> bool:
    """Whether the nodes of those names are there and run one after the other."""
    places = [node.name for node in graph.graph.nodes]
    return [name for name in places if name in names] == list(names)


def test_side_by_side() -> None:
    convs = [nn.Conv2d(4, 3, 1), nn.Conv2d(4, 2, 1, bias=False)]
    x = torch.randn(1, 4, 5, 5)
    torch.testing.assert_close(side_by_side(convs)(x), torch.cat([conv(x) for conv in convs], 1))


class Chain(nn.Module):
    """Convolutions with ReLU that can be one with it, and that cannot: of stride 2, in groups, called twice, read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.plain, self.wide, self.stride, self.groups, self.twice, self.shared = (
            *(nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 5, padding=2)),
            *(nn.Conv2d(4, 4, 3, stride=2, padding=1), nn.Conv2d(4, 4, 3, groups=2), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        for conv in (self.plain, self.wide, self.stride, self.groups, self.twice, self.twice):
            x = torch.relu(conv(x))
        dark = self.shared(x)
        return torch.relu(dark) + dark


def test_a_convolution_is_one_with_its_relu_where_nothing_else_reads_it() -> None:
    torch.manual_seed(0)
    whole = Chain().requires_grad_(False)
    graph = symbolic_trace(Chain().requires_grad_(False))
    graph.load_state_dict(whole.state_dict())
    fewer = fuse_graph(graph)
    assert [name for name, module in fewer.named_children() if isinstance(module, ConvRelu)] == ["plain", "wide"]
    x = torch.randn(1, 4, 17, 12, requires_grad=True)
    torch.testing.assert_close(fewer(x), whole(x), atol=1e-5, rtol=1e-5)
    slopes = [torch.autograd.grad(net(x).square().sum(), x)[0] for net in (fewer, whole)]
    torch.testing.assert_close(*slopes, atol=1e-5, rtol=1e-4)
