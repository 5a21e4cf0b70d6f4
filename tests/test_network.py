"""Laws of networks: folding and cutting change no number, nothing runs that was not asked for, and what is missing is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from test_weights import caffemodel
from torch import Tensor, nn

from render.config.usual import USUAL
from render.construct.networks import with_residual
from render.dream import inception, network, objective, registry, weights
from render.dream.network import CLASSES, Network, combine, freeze, in_stages
from render.dream.registry import load
from render.dream.view import view_of
from render.errors import ConfigError, MissingError, RenderError

SHARED = Path(__file__).parents[2] / "shared" / "data"
CAFFE = SHARED / "weights" / "bvlc_googlenet.safetensors"
FRAME = tiny.photo((64, 80))


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
        assert set(layers) <= set(ours.extractor(layers, tiny.CPU)(tiny.grain((16, 16))))
        assert calls[nn.Conv2d] == wanted


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
    stages = {name: freeze(stage, tiny.CPU) for name, stage in inception.stages(t).items()}
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
        seen = ours.extractor(["conv2"], tiny.CPU)(FRAME)["conv2"]
    wanted = plainly(t, x)["conv2"]
    torch.testing.assert_close(seen / wanted.std(), wanted / wanted.std(), atol=1e-3, rtol=0)
    assert (ours.layer("mid"), len(ours.labels), ours.label("lion")) == ("inception_4c", 1000, 291)


@pytest.mark.skipif(not CAFFE.is_file(), reason="needs the original weights, which do not come with this project")
def test_the_original_weights_know_a_lion() -> None:
    from render.source.image import picture

    ours = load("inception_v1", CAFFE, tiny.CPU)
    with torch.no_grad():
        scores = ours.extractor([CLASSES], tiny.CPU)(picture(SHARED / "photos" / "lion.jpg", "cover", (224, 224)))[CLASSES]
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


def test_weights_of_another_network_are_named(tmp_path: Path) -> None:
    other = {"features.0.weight": torch.ones(4, 3, 3, 3), "features.0.bias": torch.ones(4)}
    save_file(other, tmp_path / "other.safetensors")
    with pytest.raises(MissingError, match="not the weights of inception_v1: there is no"):
        load("inception_v1", tmp_path / "other.safetensors", tiny.CPU)
    with pytest.raises(MissingError, match=r"other.safetensors: these are not the weights of the bestiary"):
        load("bestiary", tmp_path / "other.safetensors", tiny.CPU)
    narrow = {**caffe_tensors(), "inception_4a.3x3.weight": torch.ones(208, 12, 3, 3)}
    save_file(narrow, tmp_path / "narrow.safetensors")
    with pytest.raises(MissingError, match=r"narrow.safetensors: these are not the weights of inception_v1"):
        load("inception_v1", tmp_path / "narrow.safetensors", tiny.CPU)


def test_places_is_the_same_network_with_other_classes(tmp_path: Path) -> None:
    """A .caffemodel whose classifier bears another name and has as many classes as the list beside it has names."""
    t = caffe_tensors()
    for part in ("weight", "bias"):
        t[f"loss3.classifier_places.{part}"] = t.pop(f"loss3.classifier.{part}")[:5]
    (tmp_path / "places.caffemodel").write_bytes(caffemodel(t))
    assert load("inception_v1", tmp_path / "places.caffemodel", tiny.CPU).labels == ("0", "1", "2", "3", "4")
    (tmp_path / "categories.txt").write_text("/a/abbey 0\n/a/airfield 1\n/a/alley 2\n/a/arch 3\n/b/bar 4\n", encoding="utf-8")
    ours = load("inception_v1", tmp_path / "places.caffemodel", tiny.CPU, tmp_path / "categories.txt")
    assert (ours.label("arch"), ours.layers[-1]) == (3, CLASSES)
    whole = {name: freeze(stage, tiny.CPU) for name, stage in inception.stages(t).items()}
    x = 255 * FRAME[:, [2, 1, 0]] - torch.tensor([104.0, 117.0, 123.0])[:, None, None]
    with torch.no_grad():
        seen, wanted = ours.extractor([CLASSES], tiny.CPU)(FRAME)[CLASSES], in_stages(whole)([CLASSES])(x)[CLASSES]
    torch.testing.assert_close(seen, wanted, rtol=1e-3, atol=1e-3)


def test_published_weights_that_are_not_here_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENDER_WEIGHTS", str(tmp_path))
    with pytest.raises(MissingError, match=r"the weights of inception_v1 are not here.*offline.*\n.*54 MB"):
        load("inception_v1", None, tiny.CPU)


def test_unknown_layers_and_classes_are_named() -> None:
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
    assert weights.digest(tmp_path / "a") != weights.digest(tmp_path / "b")


# ---- several networks


def test_several_eyes_are_one_that_marks_what_each_sees() -> None:
    one, other = tiny.network(0), tiny.network(1)
    extract = combine({"": one.extractor(["edges"], tiny.CPU), "other: ": other.extractor(["shapes"], tiny.CPU)})
    frame = tiny.grain((16, 16))
    seen = extract(frame)
    assert {"edges", "other: shapes"} == set(seen)
    torch.testing.assert_close(seen["other: shapes"], other.extractor(["shapes"], tiny.CPU)(frame)["shapes"])
    alone, marked = objective.layer(other, "shapes"), objective.with_prefix("other: ", objective.layer(other, "shapes"))
    torch.testing.assert_close(
        marked.score(seen, view_of(frame)), alone.score(other.extractor(["shapes"], tiny.CPU)(frame), view_of(frame))
    )


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the networks that were loaded: tiny ones, each of its own weights."""
    names: list[str] = []

    def made(name: str, seed: int) -> Callable[[Path | None, torch.device], Network]:
        def make(file: Path | None, device: torch.device) -> Network:
            names.append(name)
            return replace(tiny.network(seed), name=name, digest=name, min_side=8 + 2 * seed)

        return make

    monkeypatch.setattr(registry, "NETWORKS", {name: made(name, seed) for seed, name in enumerate((USUAL, "b", "c"))})
    return names


def test_only_networks_that_are_asked_are_loaded_and_each_once(loaded: list[str]) -> None:
    film = tiny.film("dream: {objective: [{layer: low, network: c}, {class: eye, network: b}, {class: 1, network: c}]}")
    assert sorted(loaded) == ["b", "c"]
    assert sorted(film.digest) == ["b", "c"]
    assert film.ascent(film.scene.clock.tick(0), True).min_side == 12, "the more demanding of the two"
    loaded.clear()
    tiny.film("dream: {network: b, objective: [{layer: low}, {layer: low, network: b}]}")
    assert loaded == ["b"]


def test_each_objective_asks_its_own_network(loaded: list[str]) -> None:
    """A film of two equals two wishes, each of the network it names."""
    both = tiny.film(
        "dream: {objective: [{channels: 3, layer: shapes}, {channels: 3, layer: shapes, network: b, weight: 0.5}]}"
    )
    canvas, moment = tiny.photo((32, 48)), both.scene.clock.tick(0)
    scores = [float(target.score(both.extract(canvas), view_of(canvas))) for _, target in both.terms(moment, ())]
    alone = [float(tiny.network(seed).extractor(["shapes"], tiny.CPU)(canvas)["shapes"][:, 3].mean()) for seed in (0, 1)]
    assert scores == pytest.approx(alone)
    assert scores[0] != scores[1]


def test_a_network_that_cannot_be_is_told_of_where_it_is_asked_for(loaded: list[str]) -> None:
    text = (
        "dream:\n  objective:\n    - {layer: low, network: {b: {labels: gone.txt}}}\n    - {class: eye, network: gogglenet}\n"
    )
    with pytest.raises(RenderError) as wrong:
        tiny.film(text)
    said = str(wrong.value)
    assert "gone.txt: there is no such file" in said
    assert 'dream.objective.1.network is "gogglenet"' in said
    assert wrong.value.exit_code == 3


def test_branches_let_less_through_where_a_network_has_some() -> None:
    plain, other = tiny.network(), tiny.network(1)
    branched = replace(tiny.network(), cut_with_residual=lambda share: other.cut)
    assert with_residual({"": plain, "b: ": branched}, 1) == {"": plain, "b: ": branched}
    assert with_residual({"": plain, "b: ": branched}, 0.3) == {
        "": plain,
        "b: ": replace(branched, cut=other.cut, cut_with_residual=None),
    }
    with pytest.raises(RenderError) as told:
        tiny.film("dream: {network: bestiary, residual: 0.3}")
    assert "dream.residual is 0.3, and bestiary has no residual branches that are known" in str(told.value)
    assert "efficientnet_lite0 has some" in str(told.value)


def test_a_network_of_another_precision_is_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[nn.Module] = []
    usual = network.in_dtype
    monkeypatch.setattr(network, "in_dtype", lambda stage, dtype: copies.append(stage) or usual(stage, dtype))
    cut = tiny.network().cut
    cut(["shapes"], torch.bfloat16)
    cut(["classes"], torch.bfloat16)
    assert len(copies) == 3


UNKNOWN = {  # names of classes, and those that a message tells
    ("eye", "tower"): (),
    ("eye", "towr"): ("towr",),
    ("ey", "tower", "lef", 99): ('"ey"', '"lef"', "99", "did you mean"),
}


@pytest.mark.parametrize("names", UNKNOWN)
def test_all_classes_that_there_are_not_are_told_at_once(names: tuple[str | int, ...]) -> None:
    if not UNKNOWN[names]:
        assert tiny.network().all_labels(names) == [0, 1]
        return
    with pytest.raises(ConfigError) as told:
        tiny.network().all_labels(names)
    assert all(word in f"{told.value.message} {told.value.hint}" for word in UNKNOWN[names])
