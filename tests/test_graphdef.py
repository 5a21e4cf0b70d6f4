"""Laws of TensorFlow's graphs: what is read from one computes what TensorFlow computes; what is none is one sentence."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from render.dream import graphdef, published
from render.dream.entry import DamagedError
from render.dream.protobuf import fields
from render.errors import MissingError
from render.weights.catalogue import CATALOGUE

FOLDER = Path(__file__).parent / "graphdef"  # made by TensorFlow, see make.py there
GRAPH, EXPECTED = FOLDER / "graph.pb", np.load(FOLDER / "expected.npz")
INCEPTION5H = CATALOGUE["inception5h"]


def tensor(name: str) -> Tensor:
    """[N, C, H, W] of what TensorFlow has as [N, H, W, C], float32."""
    return torch.from_numpy(EXPECTED[name].astype(np.float32)).permute(0, 3, 1, 2)


def test_every_stage_is_what_tensorflow_computes() -> None:
    stages = published.stages(INCEPTION5H, GRAPH)
    mean = torch.tensor(INCEPTION5H.preprocessing.mean)[:, None, None] if INCEPTION5H.preprocessing else 0
    x = tensor("frame") - mean
    for name, stage in stages.items():
        x = stage(x)
        if name != "classes":
            expected = tensor(name)
            assert x.shape == expected.shape, name
            assert float((x - expected).abs().max()) < 2e-6 * float(expected.abs().max()), name
    logits = torch.from_numpy(EXPECTED["softmax2_pre_activation"])
    assert x.shape[1] == logits.shape[1]
    assert torch.allclose(x.mean((2, 3)), logits, atol=1e-6)


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A normalisation as Caffe has it, or padding as torch has it, is not what the graph says."""
    x = tensor("frame") - 117
    stage = published.stages(INCEPTION5H, GRAPH)["conv2d0"]
    right = tensor("conv2d0")
    assert torch.allclose(stage(x), right, rtol=1e-5, atol=1e-3)
    assert not torch.allclose(stage(x.flip(1)), right, rtol=1e-5, atol=1e-3)
    monkeypatch.setattr(graphdef.Padding, "forward", lambda self, x: torch.nn.functional.pad(x, (3, 3, 3, 3)))
    assert not torch.allclose(stage(x)[:, :, : right.shape[2], : right.shape[3]], right, rtol=1e-5, atol=1e-3)


def test_stages_take_any_size_and_have_gradients() -> None:
    for height, width in ((64, 64), (65, 33), (7, 190)):
        x = torch.zeros(1, 3, height, width, requires_grad=True)
        y = x + 1
        for stage in published.stages(INCEPTION5H, GRAPH).values():
            y = stage(y)
        assert y.shape[2:] == (-(-height // 32), -(-width // 32))
        y.sum().backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()


@pytest.mark.parametrize("content", ["", "begin", "cut", "text", "another"])
def test_what_is_no_such_graph_is_one_sentence(tmp_path: Path, content: str) -> None:
    data = GRAPH.read_bytes()
    broken = {
        "": b"",
        "begin": data[:5],
        "cut": data[: len(data) // 2],
        "text": b"<html>sign in</html>",
        "another": data.replace(b"mixed4c", b"mixed4x"),
    }
    file = tmp_path / "graph.pb"
    file.write_bytes(broken[content])
    with pytest.raises(MissingError, match="inception5h") as error:
        published.stages(INCEPTION5H, file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_graph_never_ends_in_a_traceback(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(GRAPH.read_bytes())
    for place in random.integers(0, len(data), 40):
        data[place] = random.integers(0, 256)
    file = tmp_path / "graph.pb"
    file.write_bytes(data)
    with suppress(MissingError):  # where the damage lies in a weight, nothing is wrong with the graph
        published.stages(INCEPTION5H, file)


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(name: str, op: str, *inputs: str, **attributes: bytes) -> bytes:
    entries = [field(5, field(1, key.encode()) + field(2, value)) for key, value in attributes.items()]
    parts = [field(1, name.encode()), field(2, op.encode()), *(field(3, source.encode()) for source in inputs), *entries]
    return field(1, b"".join(parts))


def constant(*sides: int) -> bytes:
    """One number that stands for as many as the sides say."""
    shape = b"".join(field(2, b"\x08" + varint(side)) for side in sides)
    return field(8, b"\x08\x01" + field(2, shape) + field(4, bytes(4)))


@pytest.mark.parametrize("lie", ["round", "endless"])
def test_a_hostile_graph_is_one_sentence(lie: str) -> None:
    """One that goes round is not followed without end, and one number does not become terabytes."""
    sides = (10**6, 10**6) if lie == "endless" else (2, 2)
    head = [node("weight", "Const", value=constant(*sides)), node("bias", "Const", value=constant(2))]
    head += [node("round", "Reshape", "round"), node("product", "MatMul", "round", "weight")]
    words = {"round": "leads back to itself", "endless": "1 numbers for a shape"}
    with pytest.raises(DamagedError, match=words[lie]):
        graphdef.stages(b"".join((*head, node("logits", "BiasAdd", "product", "bias"))), (), "logits")


def test_fields_are_numbers_or_bytes() -> None:
    message = fields(memoryview(b"\x08\x96\x01\x12\x02hi"))
    assert message[1] == [150]
    assert bytes(message[2][0]) == b"hi"  # type: ignore[arg-type]
