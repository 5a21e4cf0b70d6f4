"""Laws of networks by name: published weights become the network that they are weights of, with their own preprocessing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from test_graphdef import EXPECTED, GRAPH, tensor
from test_published import checkpoint
from torchvision.models import get_model

from render.dream import registry, zoo
from render.dream.network import CLASSES
from render.weights.catalogue import CATALOGUE

FRAME = torch.rand(1, 3, 70, 90, generator=torch.Generator().manual_seed(3))  # float32


def test_every_published_network_is_in_the_registry() -> None:
    assert set(CATALOGUE) <= set(registry.NETWORKS)


def test_inception5h_sees_frames_as_tensorflow_does() -> None:
    network = registry.load("inception5h", GRAPH, tiny.CPU)
    assert network.layers[:4] == ("conv2d0", "conv2d1", "conv2d2", "mixed3a")
    assert network.labels == tuple(map(str, range(11)))
    layers = [layer for layer in network.layers if layer != CLASSES]
    with torch.no_grad():
        features = network.extractor([*layers, CLASSES], tiny.CPU)(tensor("frame") / 255)
    for layer in layers:
        expected = tensor(layer)
        torch.testing.assert_close(features[layer], expected, rtol=1e-4, atol=2e-5 * float(expected.abs().max()))
    logits = torch.from_numpy(np.asarray(EXPECTED["softmax2_pre_activation"]))
    torch.testing.assert_close(features[CLASSES].mean((2, 3)), logits, rtol=1e-4, atol=1e-5)


def test_a_robust_network_is_torchvisions_with_its_own_weights(tmp_path: Path) -> None:
    published = replace(CATALOGUE["resnet50_robust"], architecture="squeezenet1_1")  # a small one in the place of the large
    torch.manual_seed(0)
    net = get_model("squeezenet1_1", weights=None)
    torch.save(checkpoint(net), tmp_path / "robust.ckpt")
    torch.save(net.state_dict(), tmp_path / "plain.pth")
    ours = registry.retrained(published, tmp_path / "robust.ckpt", tiny.CPU)
    plain = zoo.classifier("squeezenet1_1", tmp_path / "plain.pth", tiny.CPU)
    assert (ours.name, ours.mean, ours.std, ours.layers) == ("resnet50_robust", plain.mean, plain.std, plain.layers)
    with torch.no_grad():
        seen, wanted = (one.extractor([CLASSES], tiny.CPU)(FRAME)[CLASSES] for one in (ours, plain))
    torch.testing.assert_close(seen, wanted)


@pytest.mark.parametrize("name", ["vgg16_caffe", "vgg19_caffe", "inception_v1", "inception_v1_places365"])
def test_networks_of_caffe_take_blue_first_and_no_scale(name: str) -> None:
    preprocessing = CATALOGUE[name].preprocessing
    assert preprocessing
    assert preprocessing.flip
    assert (preprocessing.scale, preprocessing.std) == (255.0, (1.0, 1.0, 1.0))
    assert 103 < preprocessing.mean[0] < preprocessing.mean[1] < preprocessing.mean[2] < 124
