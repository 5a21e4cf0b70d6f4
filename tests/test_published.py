"""Laws of reading published weights: the architecture's names, no code out of a pickle, one sentence for what is damaged."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model

from render.dream import published, weights
from render.dream.entry import Entry
from render.errors import MissingError
from render.weights.catalogue import CATALOGUE, entry

ROBUST, VGG16, VGG19 = CATALOGUE["resnet50_robust"], CATALOGUE["vgg16_caffe"], CATALOGUE["vgg19_caffe"]


# ---- Caffe's VGG


def field(number: int, content: bytes) -> bytes:
    """A field of bytes of a protocol buffer."""

    def varint(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)

    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(numbers: Tensor) -> bytes:
    """An array as Caffe wrote it before 2014: num, channels, height, width, and packed floats."""
    sides = [1] * (4 - numbers.dim()) + list(numbers.shape)
    heads = b"".join(bytes([place << 3]) + _varint(side) for place, side in enumerate(sides, 1))
    return heads + field(5, struct.pack(f"<{numbers.numel()}f", *numbers.flatten().tolist()))


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)


def caffemodel(layers: Mapping[str, tuple[Tensor, Tensor]]) -> bytes:
    """A .caffemodel in the format of before 2014, which VGG's files have."""
    return field(1, b"VGG") + b"".join(
        field(2, field(4, name.encode()) + field(6, blob(weight)) + field(6, blob(bias)))
        for name, (weight, bias) in layers.items()
    )


def plan(architecture: str) -> nn.Module:
    with torch.device("meta"):
        return get_model(architecture, weights=None)


@pytest.mark.parametrize("weights", [VGG16, VGG19], ids=lambda weights: weights.name)
def test_vgg_of_caffe_has_the_names_of_torchvision_in_the_same_order(tmp_path: Path, weights: Any) -> None:
    """Every layer's bias says which layer it is, counted from the input, by Caffe's names and by torchvision's."""
    convolutions, dense = weights.name[3:5] == "16", ("fc6", "fc7", "fc8")
    counts = (2, 2, 3, 3, 3) if convolutions else (2, 2, 4, 4, 4)
    theirs = [f"conv{block}_{number}" for block, count in enumerate(counts, 1) for number in range(1, count + 1)]
    order = [*theirs, *dense]
    layers = {name: (torch.zeros(2, 1, 3, 3) + i, torch.zeros(2) + i) for i, name in enumerate(order)}
    file = tmp_path / "vgg.caffemodel"
    file.write_bytes(caffemodel(layers))
    read = {name: found.read() for name, found in published.entries(weights, file).items()}
    assert set(read) == set(plan(weights.architecture).state_dict())
    ours = [name for name in plan(weights.architecture).state_dict() if name.endswith(".bias")]
    assert [int(read[name][0]) for name in ours] == list(range(len(order)))
    assert read["features.0.weight"].shape == (2, 1, 3, 3)


def test_another_network_of_caffe_is_not_taken_for_vgg(tmp_path: Path) -> None:
    file = tmp_path / "x.caffemodel"
    file.write_bytes(caffemodel({"conv1": (torch.zeros(1, 1, 1, 1), torch.zeros(1))}))
    with pytest.raises(MissingError, match="1 convolutions"):
        published.entries(VGG16, file)


# ---- the checkpoint of the robustness library


class Spell:
    """What runs code when it is unpickled freely."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return exec, ("raise SystemExit('code of a pickle ran')",)


class Arguments:
    """Stands for what a training script leaves: an object of a class that is not here when the file is read."""

    def __init__(self) -> None:
        self.attack_lr, self.more = 0.5, {"a": [1, 2], "b": {3}}


def checkpoint(net: nn.Module, **more: Any) -> dict[str, Any]:
    """As robustness keeps one: the classifier in module.model, once more inside the attacker, and the normalizer."""
    state = {f"module.model.{name}": value for name, value in net.state_dict().items()}
    attacker = {f"module.attacker.model.{name}": value + 1 for name, value in net.state_dict().items()}
    means = {"module.normalizer.new_mean": torch.ones(3, 1, 1), "module.attacker.normalize.new_std": torch.ones(3, 1, 1)}
    return {"model": state | attacker | means, "epoch": 9, **more}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before zip"])
def test_only_the_classifier_is_read_and_nothing_runs(tmp_path: Path, old: bool) -> None:
    net = get_model("squeezenet1_1", weights=None)
    extras = {"args": Arguments(), "optimizer": {"state": [Spell(), Spell]}, "schedule": Spell()}
    file = tmp_path / "robust.ckpt"
    torch.save(checkpoint(net, **extras), file, _use_new_zipfile_serialization=not old)
    read, expected = read_as(net, file), net.state_dict()
    assert set(read) == set(expected)
    for name, value in expected.items():
        assert torch.equal(read[name], value)


def test_the_law_can_fail(tmp_path: Path) -> None:
    content = io.BytesIO()
    torch.save({"schedule": Spell()}, content)
    content.seek(0)
    with pytest.raises(SystemExit, match="ran"):
        torch.load(content, weights_only=False)


def read_as(net: nn.Module, file: Path) -> dict[str, Tensor]:
    """The tensors that a network wants of a checkpoint."""
    shapes = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    found = weights.under_prefix(published.entries(ROBUST, file), list(shapes))
    return weights.fit(found, shapes, file, "resnet50_robust")


HOSTILE: dict[str, Any] = {
    "no pickle": b"<html>",
    "empty": b"",
    "no state": {"epoch": 3},
    "a state that is none": {"model": 5},
    "an object for a state": {"model": Spell()},
    "an object for all": Spell(),
    "an object for a weight": {"model": {"module.model.conv1.weight": Spell()}},
    "values that are no numbers": {"weight": torch.full((1, 1, 1, 1), float("nan")), "bias": torch.ones(1)},
    "none of the names": {"model": {"conv1.weight": torch.zeros(1)}},
    "a list": [1, 2],
    "a bare pickle": pickle.dumps(Spell()),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_checkpoint_is_one_sentence(tmp_path: Path, kind: str) -> None:
    file, content = tmp_path / "robust.ckpt", HOSTILE[kind]
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        torch.save(content, file)
    with pytest.raises(MissingError, match=r"robust\.ckpt") as error:
        read_as(nn.Conv2d(1, 1, 1), file)
    assert "\n" not in error.value.message


def test_torchvisions_files_are_read_as_they_are(tmp_path: Path) -> None:
    net = get_model("squeezenet1_1", weights=None)
    file = tmp_path / "squeezenet.pth"
    torch.save(net.state_dict(), file)
    read: Mapping[str, Entry] = published.entries(entry("squeezenet1_1"), file)
    assert set(read) == set(net.state_dict())
