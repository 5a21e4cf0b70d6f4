"""Laws of precision: who asks for none gets what the machine is good at, and a take goes on in what it began with."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest
import tiny
import torch
import torch.nn.functional as F
from torch import Tensor

from render.config import load_text
from render.develop.negative import Negative
from render.develop.shoot import shoot
from render.dream import frozen, objective, precision, registry
from render.dream.precision import DTYPES, WORTHWHILE, choose_precision
from render.dream.view import view_of
from render.picture.picture import from_pixels

LARGE, SMALL = (360, 640), (36, 64)
FILM = """\
size: 192x128
duration: 1s
fps: 8
dream: {rate: 4, steps: 1, first_steps: 1, octaves: 1}
outputs: last.png
"""


@pytest.fixture(params=[True, False])
def able(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the processor knows bfloat16."""
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: request.param)
    return bool(request.param)


@pytest.mark.parametrize("setting", DTYPES)
def test_what_a_film_names_it_gets(able: bool, setting: str) -> None:
    assert {choose_precision(setting, tiny.CPU, size) for size in (SMALL, LARGE)} == {setting}


def test_auto_is_bfloat16_where_the_processor_and_the_frame_are_made_for_it(able: bool) -> None:
    assert choose_precision("auto", tiny.CPU, LARGE) == ("bfloat16" if able else "float32")
    assert choose_precision("auto", tiny.CPU, SMALL) == "float32"
    assert SMALL[0] * SMALL[1] < WORTHWHILE < LARGE[0] * LARGE[1]


def test_a_gpu_dreams_in_float32_until_one_is_faster_otherwise() -> None:
    """An H100 was not (docs/BENCH.md)."""
    assert {choose_precision("auto", torch.device("cuda"), size) for size in (SMALL, LARGE, (2160, 3840))} == {"float32"}


@pytest.mark.parametrize("dtype", DTYPES.values())
@pytest.mark.parametrize("name", ["bestiary", "efficientnet_lite0"])
def test_kernels_lie_channels_last_in_every_precision(name: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels: list[Tensor] = []
    convolve = F.conv2d

    def note(x: Tensor, weight: Tensor, *rest: object) -> Tensor:
        kernels.append(weight)
        return convolve(x, weight, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(frozen, "has_layout", lambda x: False)  # as on a GPU
    monkeypatch.setattr(F, "conv2d", note)
    network = registry.load(name, None, tiny.CPU, dtype=dtype)
    network.extractor([network.layer("mid")], tiny.CPU)(tiny.photo((64, 64)))
    assert len(kernels) > 3
    assert all(weight.dtype == dtype and weight.is_contiguous(memory_format=torch.channels_last) for weight in kernels)


def test_a_torch_that_cannot_tell_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "PROBES", ("_is_something_of_another_day",))
    assert not precision.has_bfloat16(tiny.CPU)


@pytest.mark.parametrize("name", ["bestiary", "efficientnet_lite0"])
def test_in_bfloat16_a_network_asks_for_nearly_the_same_and_the_canvas_stays_float32(name: str) -> None:
    frame, slopes = tiny.photo((96, 128)), []
    for dtype in DTYPES.values():
        network = registry.load(name, None, tiny.CPU, dtype=dtype)
        layer = network.layer("mid")
        features = network.extractor([layer], tiny.CPU)(canvas := frame.clone().requires_grad_())
        assert features[layer].dtype == torch.float32
        (slope,) = torch.autograd.grad(objective.layer(network, layer).score(features, view_of(frame)), canvas)
        assert slope.dtype == torch.float32
        slopes.append(slope.flatten())
    assert 0.9 < float(F.cosine_similarity(*slopes, dim=0)) < 0.999999, "the second was not of float32 again"


def test_a_take_goes_on_in_the_precision_it_began_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_network: None
) -> None:
    """Begun where bfloat16 is fast and gone on with where it is not, its pictures are those of one machine."""

    def shot(named: str, able: bool, count: int = 99, root: Path = tmp_path) -> Path:
        monkeypatch.setattr(precision, "has_bfloat16", lambda device: able)
        watch = lambda states, first, last: islice(states, count)  # noqa: E731
        return shoot(load_text(FILM + f"name: {named}", "film.yaml"), FILM, root, tiny.CPU, watch).folder

    def dreamed(take: Path) -> Tensor:
        return torch.cat([from_pixels(pixels) for pixels in Negative(take / "negative").ticks()])

    one, half, other = shot("one", True), shot("two", True, 2), shot("other", False, root=tmp_path / "elsewhere")
    two = shot("two", False)
    assert two == half
    assert [json.loads((take / "run.json").read_text())["precision"] for take in (one, two, other)] == [
        *2 * ["bfloat16"],
        "float32",
    ]
    assert torch.equal(dreamed(one), dreamed(two))
    assert not torch.equal(dreamed(one), dreamed(other))


def test_what_the_bestiary_dreamed_is_not_gone_on_with_by_another(tmp_path: Path, tiny_network: None) -> None:
    """A film that names no network was the bestiary's once: its take is left alone, and another begun."""

    def shot(dream: str) -> Path:
        text = FILM.replace("octaves: 1", f"octaves: 1, {dream}")
        return shoot(
            load_text(text, "film.yaml"), text, tmp_path, tiny.CPU, lambda states, first, last: islice(states, 1)
        ).folder

    once = shot("network: bestiary, objective: {layer: high}")
    assert shot("objective: {layer: high}") != once
    assert shot("network: bestiary, objective: {layer: high}") == once
    assert json.loads((once / "run.json").read_text())["networks"] == ["bestiary"]
