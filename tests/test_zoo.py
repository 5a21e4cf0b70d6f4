"""Laws of torchvision's classifiers: every objective rises on each kind of them, and cut and folded they see the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import imageio.v3 as iio
import pytest
import tiny
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from render.config.model import OBJECTIVES
from render.dream import registry, zoo
from render.dream.ascent import dream
from render.dream.frozen import FrozenConv
from render.dream.network import CLASSES, Extractor, Layers, Network
from render.dream.registry import load
from render.dream.view import view_of
from render.errors import ConfigError, MissingError
from render.film import first_worlds
from render.picture.picture import to_pixels

EACH = (
    "googlenet",
    "inception_v3",
    "vgg16",
    "vgg19",
    "resnet50",
    "densenet121",
    "mobilenet_v3_small",
    "efficientnet_b0",
    "convnext_tiny",
    "alexnet",
    "squeezenet1_1",
    "vit_b_16",
)
TERMS = {
    "layer": "{layer: low}",
    "channels": "{channels: [0, 3], layer: low}",
    "class": "{class: goldfish}",
    "guide": "{guide: guide.png, layer: low}",
    "neuron": "{neuron: 3, layer: low, at: [0.3, 0.7]}",
    "direction": "{direction: {0: 1, 3: -0.5}, layer: low}",
    "garden": "{garden: [1, 4], layer: low}",
}
# Where nothing was learned the slope changes from pixel to pixel: steps are short, and follow it as it is.
CLIMB = (
    "dream.octaves=1",
    "dream.first_steps=5",
    "dream.step_size=0.005",
    "dream.jitter=0",
    "dream.smoothing=0",
    "dream.chroma=1",
)


def untrained(name: str, **settings: object) -> nn.Module:
    """A classifier with random weights that pass a signal on as strong as it came; torchvision's own take minutes to draw."""
    model = zoo._plan(name, **settings).to_empty(device="cpu")
    chance = torch.Generator().manual_seed(0)
    for key, value in model.state_dict().items():
        if value.dim() > 1 and value.is_floating_point():
            spread = (6 / value[0].numel()) ** 0.5
            value.uniform_(-spread, spread, generator=chance)
            if value.dim() == 4 and value[0].numel() > 1:  # else what all places have in common decides which channels are dead
                value -= value.mean((1, 2, 3), keepdim=True)
        else:
            value.fill_(1 if key.endswith(("weight", "running_var")) else 0.5)  # so that few neurons are dead
    return model.eval()


@pytest.fixture
def dreamed_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Network]:
    """Makes films be dreamed on an untrained classifier, which is built and cut once."""

    def on(name: str) -> Network:
        monkeypatch.setattr(zoo, "_download", untrained)
        loaded, extractors = load(name, None, tiny.CPU), {}

        def cut(layers: Sequence[str], dtype: torch.dtype = torch.float32, /) -> Extractor:
            known = next((extract for seen, extract in extractors.items() if seen >= set(layers)), None)
            return known or extractors.setdefault(frozenset(layers), loaded.cut(layers))

        kept = replace(loaded, cut=cut)
        monkeypatch.setattr(registry, "load", lambda *asked: kept)
        return kept

    return on


@pytest.mark.parametrize("name", EACH)
def test_every_objective_rises_in_five_steps(name: str, dreamed_on: Callable[[str], Network], tmp_path: Path) -> None:
    assert set(TERMS) == set(OBJECTIVES)
    ours = dreamed_on(name)
    iio.imwrite(tmp_path / "guide.png", to_pixels(tiny.photo((72, 80), seed=5)))
    film = tiny.film(
        f"dream: {{network: {name}, objective: [{', '.join(TERMS.values())}]}}",
        [*CLIMB, f"size={ours.min_side}x{ours.min_side}"],
        tmp_path,
    )
    moment, canvas = film.scene.clock.tick(0), tiny.photo(film.scene.size)
    for term, (_, target) in zip(TERMS, film.terms(moment, first_worlds(film, moment)), strict=True):
        extract = ours.extractor(target.layers, tiny.CPU)

        def score(frame: Tensor, extract: Extractor = extract, target: object = target) -> float:
            with torch.no_grad():
                return float(target.score(extract(frame), view_of(frame)))  # type: ignore[attr-defined]

        dreamed = dream(canvas, extract, [(1.0, target)], film.ascent(moment, True), seed=1, tick=0)
        assert score(dreamed) > score(canvas), term


# ---- the same, folded and cut

MEAN, STD = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]
LAYERS = {
    "googlenet": ["conv3", "inception3b", "inception4c.branch2", "inception5b"],
    "squeezenet1_1": ["features.3", "features.9"],
    "swin_t": ["features.1.1", "features.3"],
    "vit_b_32": ["conv_proj", "encoder.layers.encoder_layer_1"],
}
SIZES = {"vit_b_32": [(64, 64)]}  # as large as it was built for
SETTINGS = {"vit_b_32": {"image_size": 64}}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[nn.Module, Path]]:
    """A classifier with batch norms that do something, and its file, as torchvision would look through it."""

    @cache
    def save(name: str) -> tuple[nn.Module, Path]:
        model = untrained(name, **SETTINGS.get(name, {}))
        torch.manual_seed(0)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.8, 1.5)
                nn.init.normal_(module.bias, std=0.1)
                nn.init.normal_(module.running_mean, std=0.05)
                nn.init.uniform_(module.running_var, 0.05, 0.5)
        file = tmp_path_factory.mktemp("weights") / f"{name}.safetensors"
        save_file(model.state_dict(), file)
        if name in zoo.HALVED:
            model.transform_input = True  # as torchvision has it for its own weights
        return model, file

    return save


def by_hook(model: nn.Module, layers: Sequence[str], frame: Tensor) -> dict[str, Tensor]:
    seen: dict[str, Tensor] = {}

    def remember(layer: str) -> RemovableHandle:
        return model.get_submodule(layer).register_forward_hook(lambda module, given, out: seen.update({layer: out.clone()}))

    hooks = [remember(layer) for layer in layers]
    with torch.no_grad():
        seen[CLASSES] = model((frame - MEAN) / STD)[..., None, None]
    for hook in hooks:
        hook.remove()
    return seen


def as_map(seen: Tensor, layer: str) -> Tensor:
    """What torchvision gives, as a map: of a swin the channels come last, of a transformer the class's token first."""
    if layer.startswith("encoder"):
        side = round((seen.shape[1] - 1) ** 0.5)
        return seen[:, 1:].mT.reshape(1, -1, side, side)
    return seen.permute(0, 3, 1, 2) if seen.dim() == 4 and seen.shape[1] < seen.shape[3] and seen.shape[1] > 1 else seen


@pytest.mark.parametrize("name", LAYERS)
def test_folded_and_cut_networks_see_what_whole_ones_see(name: str, saved: Callable[[str], tuple[nn.Module, Path]]) -> None:
    model, file = saved(name)
    ours = load(name, file, tiny.CPU)
    assert set(LAYERS[name]) <= set(ours.layers)
    for size in SIZES.get(name, [(64, 80), (75, 91)]):
        frame = tiny.photo(size)
        wanted = by_hook(model, LAYERS[name], frame)
        with torch.no_grad():
            seen = ours.extractor([*LAYERS[name], CLASSES], tiny.CPU)(frame)
        for layer in (*LAYERS[name], CLASSES):
            loud = float(wanted[layer].abs().max())
            assert loud > 1e-3, f"{layer} sees nothing; this test would pass for any network"
            torch.testing.assert_close(seen[layer] / loud, as_map(wanted[layer], layer) / loud, atol=1e-4, rtol=0)


def test_batch_norm_is_folded_away(saved: Callable[[str], tuple[nn.Module, Path]], monkeypatch: pytest.MonkeyPatch) -> None:
    extract, called = load("googlenet", saved("googlenet")[1], tiny.CPU).extractor(["inception3a"], tiny.CPU), dict[type, int]()
    for kind in (nn.Conv2d, FrozenConv, nn.BatchNorm2d):

        def count(self: nn.Module, x: Tensor, kind: type = kind, whole: Callable[..., Tensor] = kind.__call__) -> Tensor:
            called[kind] = called.get(kind, 0) + 1
            return whole(self, x)

        monkeypatch.setattr(kind, "__call__", count)
    extract(tiny.photo((64, 80)))
    assert called.get(nn.BatchNorm2d, 0) == 0
    assert 5 <= called[nn.Conv2d] + called[FrozenConv] <= 9, "conv1 conv2 conv3 and the six of inception3a, and nothing deeper"


def test_a_transformer_looks_at_any_size(saved: Callable[[str], tuple[nn.Module, Path]]) -> None:
    """Also where patches do not fit; and a picture twice as large is seen as the same, only finer."""
    ours = load("vit_b_32", saved("vit_b_32")[1], tiny.CPU)
    layer = ours.layer("low")
    extract = ours.extractor([layer, CLASSES], tiny.CPU)
    with torch.no_grad():
        for size, cells in (((64, 64), (2, 2)), ((65, 100), (3, 4)), ((128, 96), (4, 3))):
            seen = extract(tiny.photo(size))
            assert (seen[layer].shape[2:], seen[CLASSES].shape) == (cells, (1, 1000, 1, 1))
    assert set(ours.layers) == {"conv_proj", *(f"encoder.layers.encoder_layer_{i}" for i in range(12)), CLASSES}


# ---- what it is called

ALIASES = {
    "googlenet": ("inception3a", "inception4c", "inception5a"),
    "resnet50": ("layer2.1", "layer3.2", "layer4.1"),
    "vgg16": ("features.19", "features.26", "features.27"),
    "vit_b_16": tuple(f"encoder.layers.encoder_layer_{i}" for i in (2, 5, 8)),
}


@pytest.mark.parametrize("name", ALIASES)
def test_low_mid_and_high_are_where_strides_are_8_16_and_32(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "_download", lambda name: zoo._plan(name).to_empty(device="cpu"))  # nothing looks through it
    ours = load(name, None, tiny.CPU)
    assert tuple(ours.layer(alias) for alias in ("low", "mid", "high")) == ALIASES[name]
    assert set(ours.blocks) <= set(ours.layers)
    assert len(ours.blocks) < 40
    assert len(ours.labels) == 1000


def test_preprocessing_is_torchvisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "_download", zoo._plan)
    monkeypatch.setattr(zoo, "_trace", lambda name, model, device: Layers((), {}, (), lambda layers, dtype: dict))
    usual, half = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    for name, wanted in (("resnet18", usual), ("googlenet", half), ("efficientnet_v2_l", half)):
        ours = load(name, None, tiny.CPU)
        assert (ours.mean, ours.std) == wanted


# ---- files


def test_a_checkpoint_of_ones_own(tmp_path: Path) -> None:
    """With as many classes as it likes, numbered unless a list of names lies beside it or is given."""
    file = tmp_path / "mine.safetensors"
    save_file(untrained("squeezenet1_1", num_classes=3).state_dict(), file)
    ours = load("squeezenet1_1", file, tiny.CPU)
    assert ours.labels == ("0", "1", "2")
    assert ours.extractor([CLASSES], tiny.CPU)(tiny.photo((64, 64)))[CLASSES].shape[1] == 3
    with pytest.raises(ConfigError, match=r"no such class(.|\n)*labels: names.txt"):
        ours.label("lion")
    (tmp_path / "mine.txt").write_text("lion\ncastle\nfern\n", encoding="utf-8")
    (tmp_path / "other.txt").write_text("Löwe\nBurg\nFarn\n", encoding="utf-8")
    named, other = load("squeezenet1_1", file, tiny.CPU), load("squeezenet1_1", file, tiny.CPU, tmp_path / "other.txt")
    assert (named.label("castle"), other.label("Burg")) == (1, 1)
    assert len({ours.digest, named.digest, other.digest}) == 3


def test_torchvisions_old_file_of_densenet_is_read(tmp_path: Path) -> None:
    held = untrained("densenet121").state_dict()
    renamed = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", key): value for key, value in held.items()}
    assert renamed.keys() != held.keys()
    torch.save(renamed, tmp_path / "densenet121.pth")
    assert load("densenet121", tmp_path / "densenet121.pth", tiny.CPU).name == "densenet121"


def test_weights_of_another_network_are_named(tmp_path: Path) -> None:
    save_file(untrained("squeezenet1_1").state_dict(), tmp_path / "squeezed.safetensors")
    for name in ("alexnet", "resnet18", "vit_b_16"):
        with pytest.raises(
            MissingError, match=f"squeezed.safetensors: these are not the weights of torchvision's {name}"
        ) as wrong:
            load(name, tmp_path / "squeezed.safetensors", tiny.CPU)
        assert len(wrong.value.message.splitlines()) == 1


def test_no_net_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", "nowhere")
    with pytest.raises(
        MissingError, match=r"the weights of alexnet are not here, and this is offline\n.*alexnet-owt-[0-9a-f]{8}.pth"
    ):
        load("alexnet", None, tiny.CPU)


def test_unknown_networks_are_named() -> None:
    with pytest.raises(ConfigError, match=r'"gogglenet"(.|\n)*did you mean "googlenet"') as wrong:
        load("gogglenet", None, tiny.CPU)
    assert "bestiary" in str(wrong.value)
    with pytest.raises(ConfigError, match="looks at one size of picture only"):
        load("maxvit_t", None, tiny.CPU)
