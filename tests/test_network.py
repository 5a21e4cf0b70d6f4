"""Laws of networks: folding and cutting change no number, nothing runs that was not asked for, and what is missing is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
import tiny
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from render.dream import inception, network
from render.dream.network import CLASSES, frozen, in_stages, load
from render.errors import ConfigError, MissingError

zoo = pytest.importorskip("torchvision.models")
SHARED = Path(__file__).parents[2] / "shared" / "data"
CAFFE = SHARED / "weights" / "bvlc_googlenet.safetensors"
FRAME = tiny.photo((64, 80))
MEAN, STD = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]


# ---- torchvision's classifiers


@pytest.fixture(scope="module")
def googlenet(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    """GoogLeNet with random weights and batch norms that do something, and its file."""
    return _saved("googlenet", tmp_path_factory.mktemp("googlenet"), aux_logits=False, init_weights=False)


@pytest.fixture(scope="module")
def squeezenet(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    return _saved("squeezenet1_1", tmp_path_factory.mktemp("squeezenet"))


def _saved(name: str, folder: Path, **settings: bool) -> tuple[nn.Module, Path]:
    torch.manual_seed(0)
    model = zoo.get_model(name, weights=None, **settings).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.05)
            nn.init.uniform_(module.running_var, 0.05, 0.5)
    save_file(model.state_dict(), folder / f"{name}.safetensors")
    return model, folder / f"{name}.safetensors"


def _by_hook(model: nn.Module, layers: list[str], frame: Tensor) -> dict[str, Tensor]:
    seen: dict[str, Tensor] = {}

    def remember(layer: str) -> RemovableHandle:
        return model.get_submodule(layer).register_forward_hook(lambda module, given, out: seen.update({layer: out.clone()}))

    hooks = [remember(layer) for layer in layers]
    with torch.no_grad():
        seen[CLASSES] = model((frame - MEAN) / STD)[..., None, None]
    for hook in hooks:
        hook.remove()
    return seen


LAYERS = {
    "googlenet": ["conv3", "inception3b", "inception4c.branch2", "inception5b"],
    "squeezenet1_1": ["features.3", "features.9"],
}


@pytest.mark.parametrize("size", [(64, 80), (75, 91)])
@pytest.mark.parametrize("name", LAYERS)
def test_folded_and_cut_networks_see_what_whole_ones_see(
    name: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    model, file = request.getfixturevalue(name.removesuffix("1_1"))
    ours = load(name, file, tiny.CPU)
    assert set(LAYERS[name]) <= set(ours.layers)
    frame = tiny.photo(size)
    wanted = _by_hook(model, LAYERS[name], frame)
    with torch.no_grad():
        seen = ours.see([*LAYERS[name], CLASSES], tiny.CPU)(frame)
    for layer in (*LAYERS[name], CLASSES):
        size = float(wanted[layer].abs().max())
        assert size > 1e-3, f"{layer} sees nothing; this test would pass for any network"
        torch.testing.assert_close(seen[layer] / size, wanted[layer] / size, atol=1e-4, rtol=0)


def test_batch_norm_is_folded_away(googlenet: tuple[nn.Module, Path], calls: dict[type, int]) -> None:
    load("googlenet", googlenet[1], tiny.CPU).see(["inception3a"], tiny.CPU)(FRAME)
    assert calls.get(nn.BatchNorm2d, 0) == 0
    assert 5 <= calls[nn.Conv2d] <= 9, "conv1 conv2 conv3 and the six of inception3a, and nothing deeper"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[type, int]]:
    """How often layers of each kind ran."""
    counted: dict[type, int] = {}
    for kind in (nn.Conv2d, nn.BatchNorm2d):

        def forward(self: nn.Module, x: Tensor, kind: type = kind, whole: object = kind.forward) -> Tensor:
            counted[kind] = counted.get(kind, 0) + 1
            return whole(self, x)  # type: ignore[operator,no-any-return]

        monkeypatch.setattr(kind, "forward", forward)
    return counted


def test_only_as_deep_as_asked(calls: dict[type, int]) -> None:
    ours = tiny.network()
    for layers, wanted in ((["edges"], 1), (["shapes"], 2), (["classes", "edges"], 3)):
        calls.clear()
        assert set(layers) <= set(ours.see(layers, tiny.CPU)(tiny.grain((16, 16))))
        assert calls[nn.Conv2d] == wanted


def test_no_net_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = zoo.get_model

    def offline(name: str, weights: object = None, **settings: object) -> nn.Module:
        if weights is not None:
            raise URLError("no net")
        return whole(name, weights=None, **settings)

    monkeypatch.setattr(zoo, "get_model", offline)
    with pytest.raises(MissingError, match=r"alexnet.*downloaded.*no net(.|\n)*alexnet: weights.safetensors"):
        load("alexnet", None, tiny.CPU)


# ---- the original GoogLeNet

WIDTHS = {  # 1x1, 3x3_reduce, 3x3, 5x5_reduce, 5x5, pool_proj (Szegedy et al., table 1)
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def caffe_tensors() -> dict[str, Tensor]:
    """Random tensors of the right names and shapes; the signal stays loud enough for the normalisation to matter."""
    chance = torch.Generator().manual_seed(0)
    tensors: dict[str, Tensor] = {}

    def conv(name: str, inputs: int, outputs: int, size: int = 1) -> None:
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, size, size, generator=chance) * (2 / (inputs * size**2)) ** 0.5
        tensors[f"{name}.bias"] = 0.1 * torch.randn(outputs, generator=chance)

    conv("conv1.7x7_s2", 3, 64, 7)
    conv("conv2.3x3_reduce", 64, 64)
    conv("conv2.3x3", 64, 192, 3)
    inputs = 192
    for block, (one, reduce3, three, reduce5, five, pooled) in WIDTHS.items():
        conv(f"inception_{block}.1x1", inputs, one)
        conv(f"inception_{block}.3x3_reduce", inputs, reduce3)
        conv(f"inception_{block}.3x3", reduce3, three, 3)
        conv(f"inception_{block}.5x5_reduce", inputs, reduce5)
        conv(f"inception_{block}.5x5", reduce5, five, 5)
        conv(f"inception_{block}.pool_proj", inputs, pooled)
        inputs = one + three + five + pooled
    tensors["loss3.classifier.weight"] = torch.randn(1000, inputs, generator=chance) / inputs**0.5
    tensors["loss3.classifier.bias"] = torch.randn(1000, generator=chance)
    return tensors


def plainly(t: dict[str, Tensor], x: Tensor) -> dict[str, Tensor]:
    """The Caffe graph written down as it is published, layer by layer."""
    seen = {}

    def conv(name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = t[f"{name}.weight"]
        return F.conv2d(x, weight, t[f"{name}.bias"], stride, weight.shape[-1] // 2).relu()

    def pool(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    x = conv("conv1.7x7_s2", x, stride=2)
    x = F.local_response_norm(pool(x), 5, alpha=1e-4, beta=0.75, k=1)
    seen["conv2"] = x = conv("conv2.3x3", conv("conv2.3x3_reduce", x))
    x = pool(F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1))
    for block in WIDTHS:
        if block in ("4a", "5a"):
            x = pool(x)
        name = f"inception_{block}"
        three = conv(f"{name}.3x3", conv(f"{name}.3x3_reduce", x))
        five = conv(f"{name}.5x5", conv(f"{name}.5x5_reduce", x))
        pooled = conv(f"{name}.pool_proj", F.max_pool2d(x, 3, 1, 1))
        seen[name] = x = torch.cat((conv(f"{name}.1x1", x), three, five, pooled), 1)
    seen["logits"] = F.linear(x.mean((2, 3)), t["loss3.classifier.weight"], t["loss3.classifier.bias"])
    return seen


@pytest.mark.parametrize("size", [(64, 64), (75, 110)])
def test_inception_is_the_published_graph(size: tuple[int, int]) -> None:
    t = caffe_tensors()
    x = 255 * tiny.photo(size)[:, [2, 1, 0]] - torch.tensor([104.0, 117.0, 123.0])[:, None, None]
    stages = {name: frozen(stage, tiny.CPU) for name, stage in inception.stages(t).items()}
    assert list(stages) == ["conv1", "conv2", *(f"inception_{block}" for block in WIDTHS), "classes"]
    with torch.no_grad():
        seen, wanted = in_stages(stages)(["classes"])(x.contiguous(memory_format=torch.channels_last)), plainly(t, x)
        seen = {**seen, "logits": seen["classes"].mean((2, 3))}
    for name, value in wanted.items():
        size_of = float(value.std())
        torch.testing.assert_close(seen[name] / size_of, value / size_of, atol=1e-3, rtol=0)


def test_inception_v1_sees_frames_as_caffe_did(tmp_path: Path) -> None:
    """RGB 0..1 goes in as BGR 0..255 less the mean."""
    t = caffe_tensors()
    save_file(t, tmp_path / "caffe.safetensors")
    ours = load("inception_v1", tmp_path / "caffe.safetensors", tiny.CPU)
    x = 255 * FRAME[:, [2, 1, 0]] - torch.tensor([104.0, 117.0, 123.0])[:, None, None]
    with torch.no_grad():
        seen = ours.see(["conv2"], tiny.CPU)(FRAME)["conv2"]
    wanted = plainly(t, x)["conv2"]
    torch.testing.assert_close(seen / wanted.std(), wanted / wanted.std(), atol=1e-3, rtol=0)
    assert (ours.layer("mid"), len(ours.labels), ours.label("lion")) == ("inception_4c", 1000, 291)


@pytest.mark.skipif(not CAFFE.is_file(), reason="needs the original weights, which do not come with this project")
def test_the_original_weights_know_a_lion() -> None:
    from render.source.image import picture

    ours = load("inception_v1", CAFFE, tiny.CPU)
    with torch.no_grad():
        scores = ours.see([CLASSES], tiny.CPU)(picture(SHARED / "photos" / "lion.jpg", "cover", (224, 224)))[CLASSES]
    best = int(scores.mean((2, 3)).argmax())
    assert ours.labels[best] == "lion"


# ---- what goes wrong is named


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("inception_v1", "squeezenet1_1"):
        with pytest.raises(MissingError, match=r"no weights at .*gone\.safetensors"):
            load(name, tmp_path / "gone.safetensors", tiny.CPU)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    for name in ("broken.safetensors", "broken.pth"):
        (tmp_path / name).write_bytes(b"\x80\x02these are no weights" * 9)
        with pytest.raises(MissingError, match=f"{name} cannot be read as weights"):
            load("squeezenet1_1", tmp_path / name, tiny.CPU)


def test_weights_that_are_not_numbers_are_named(tmp_path: Path) -> None:
    damaged = caffe_tensors()
    damaged["conv2.3x3.bias"][3] = float("nan")
    save_file(damaged, tmp_path / "damaged.safetensors")
    with pytest.raises(MissingError, match=r"damaged.safetensors: conv2.3x3.bias holds values that are not numbers"):
        load("inception_v1", tmp_path / "damaged.safetensors", tiny.CPU)


def test_weights_of_another_network_are_named(squeezenet: tuple[nn.Module, Path]) -> None:
    with pytest.raises(MissingError, match="not the weights of inception_v1"):
        load("inception_v1", squeezenet[1], tiny.CPU)
    with pytest.raises(MissingError, match="not the weights of torchvision's alexnet"):
        load("alexnet", squeezenet[1], tiny.CPU)


def test_inception_v1_asks_for_its_file() -> None:
    with pytest.raises(ConfigError, match="which needs the file of its weights"):
        load("inception_v1", None, tiny.CPU)


def test_unknown_networks_layers_and_classes_are_named() -> None:
    with pytest.raises(ConfigError, match=r'"gogglenet"(.|\n)*did you mean "googlenet"') as wrong:
        load("gogglenet", None, tiny.CPU)
    assert "bestiary" in str(wrong.value)
    ours = tiny.network()
    with pytest.raises(ConfigError, match=r'"shaps"(.|\n)*did you mean "shapes"(.|\n)*layers: edges shapes classes low'):
        ours.layer("shaps")
    with pytest.raises(ConfigError, match=r'"goldfsh"(.|\n)*did you mean "goldfish"(.|\n)*render classes tiny'):
        ours.label("goldfsh")
    with pytest.raises(ConfigError, match="is 6, and tiny has classes 0 to 5"):
        ours.label(6)


def test_aliases_and_labels() -> None:
    ours = tiny.network()
    assert (ours.layer("low"), ours.layer("shapes")) == ("edges", "shapes")
    assert (ours.label("goldfish"), ours.label("FISH"), ours.label(5)) == (2, 2, 5)


def test_a_digest_tells_files_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    assert network.digest(tmp_path / "a") != network.digest(tmp_path / "b")
