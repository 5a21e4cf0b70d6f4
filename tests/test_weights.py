"""Laws of weights: every kind of file gives what was put in, and faults are one sentence."""

from __future__ import annotations

import re
import struct
from argparse import Namespace
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from render.dream import caffe, weights
from render.errors import MissingError

HELD = {
    "conv1.7x7_s2.weight": torch.randn(4, 3, 7, 7, generator=torch.Generator().manual_seed(1)),
    "conv1.7x7_s2.bias": torch.tensor([0.5, -1.0, 300.0, 0.0]),
    "loss3.classifier.weight": torch.randn(5, 4, generator=torch.Generator().manual_seed(2)),
    "loss3.classifier.bias": torch.arange(5.0),
}


# ---- a writer of .caffemodel, for the tests


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def floats(tensor: Tensor, number: int = 5) -> bytes:
    return field(number, tensor.flatten().numpy().tobytes())


def shaped(tensor: Tensor) -> bytes:
    """A blob of today: a shape of packed sides, and the numbers."""
    return field(7, field(1, b"".join(map(varint, tensor.shape)))) + floats(tensor)


def old(tensor: Tensor) -> bytes:
    """A blob of before: num, channels, height, width, and the numbers."""
    sides = [1] * (4 - tensor.dim()) + list(tensor.shape)
    return b"".join(field(number, side) for number, side in enumerate(sides, 1)) + floats(tensor)


def one_by_one(tensor: Tensor) -> bytes:
    """A blob whose sides and numbers each have a field of their own."""
    sides = b"".join(field(1, side) for side in tensor.shape)
    return field(7, sides) + b"".join(varint(5 << 3 | 5) + struct.pack("<f", one) for one in tensor.flatten().tolist())


def doubles(tensor: Tensor) -> bytes:
    return field(7, field(1, b"".join(map(varint, tensor.shape)))) + floats(tensor.double(), 8)


FORMS = {"today": (100, 1, 7), "v1": (2, 4, 6)}
BLOBS: dict[str, Callable[[Tensor], bytes]] = {"shaped": shaped, "old": old, "one by one": one_by_one, "doubles": doubles}


def caffemodel(tensors: Mapping[str, Tensor], form: str = "v1", blob: Callable[[Tensor], bytes] = old) -> bytes:
    """A network as Caffe writes it, with a layer that has no numbers and fields that mean nothing to us."""
    layers, name, blobs = FORMS[form]
    content = field(1, b"GoogleNet") + field(layers, field(name, b"data") + field(10, 3))
    for layer in dict.fromkeys(key.rpartition(".")[0] for key in tensors):
        slashed = re.sub(r"^(inception_..|conv.|loss3)\.", r"\1/", layer)
        parts = [field(blobs, blob(tensors[f"{layer}.{part}"])) for part in ("weight", "bias")]
        content += field(layers, field(name, slashed.encode()) + field(15, b"\x00\x01") + b"".join(parts))
    return content + varint(90 << 3 | 1) + bytes(8)


# ---- reading


def zipped(name: str) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr(name, b"hello")
    return content.getvalue()


@pytest.mark.parametrize("blob", BLOBS)
@pytest.mark.parametrize("form", FORMS)
def test_caffemodels_give_what_was_put_in(form: str, blob: str) -> None:
    read = caffe.tensors(caffemodel(HELD, form, BLOBS[blob]))
    assert list(read) == list(HELD)
    for name, value in HELD.items():
        torch.testing.assert_close(read[name], value, rtol=0, atol=0)


def test_no_cut_or_scrambled_caffemodel_gets_further_than_one_sentence(tmp_path: Path) -> None:
    whole = caffemodel(HELD)
    chance = torch.Generator().manual_seed(0)
    hurt = [whole[:length] for length in range(0, len(whole), 97)] + [b"\xff" * 40, b"\x00"]
    for _ in range(200):
        scrambled = bytearray(whole)
        for place in torch.randint(0, 120, (3,), generator=chance).tolist():
            scrambled[place] = int(torch.randint(0, 256, (), generator=chance))
        hurt.append(bytes(scrambled))
    said = []
    for content in hurt:
        (tmp_path / "hurt.caffemodel").write_bytes(content)
        try:
            weights.tensors(tmp_path / "hurt.caffemodel")
        except MissingError as error:
            said.append(error.message)
    assert len(said) > 50
    assert all("hurt.caffemodel" in message and len(message.splitlines()) == 1 for message in said)


def pickled(wrapper: str | None, prefix: str) -> Callable[[Mapping[str, Tensor], Path], None]:
    def write(held: Mapping[str, Tensor], file: Path) -> None:
        named = {prefix + name: value for name, value in held.items()}
        torch.save({wrapper: named, "epoch": 90, "arch": "alexnet"} if wrapper else named, file)

    return write


WRITERS: dict[str, Callable[[Mapping[str, Tensor], Path], object]] = {
    "plain.safetensors": lambda held, file: save_file(dict(held), file),
    "half.safetensors": lambda held, file: save_file({name: value.half() for name, value in held.items()}, file),
    "brain.safetensors": lambda held, file: save_file({name: value.bfloat16() for name, value in held.items()}, file),
    "v1.caffemodel": lambda held, file: file.write_bytes(caffemodel(held)),
    "plain.pth": pickled(None, ""),
    "parallel.pt": pickled("state_dict", "module."),
    "places.pth.tar": pickled("state_dict", "module."),
    "trained.PTH": pickled("model_state_dict", ""),
    "lightning.ckpt": pickled("state_dict", "model."),
    "hub.bin": pickled(None, ""),
}


def read_as(held: Mapping[str, Tensor], file: Path) -> Mapping[str, Tensor]:
    """What a network that wants `held` gets of a file."""
    shapes = {name: tuple(value.shape) for name, value in held.items()}
    return weights.fit(weights.under_prefix(weights.entries(file), list(shapes)), shapes, file, "a test")


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_is_read(name: str, tmp_path: Path) -> None:
    WRITERS[name](HELD, tmp_path / name)
    read = read_as(HELD, tmp_path / name)
    assert set(read) == set(HELD)
    loss = {"half": 1e-3, "brain": 1e-2}.get(name.split(".")[0], 0.0)
    for key, value in HELD.items():
        assert read[key].dtype == torch.float32
        torch.testing.assert_close(read[key], value, rtol=loss, atol=loss)
    assert {Path(one).suffix.lower() for one in WRITERS} == set(weights.ENDINGS)


def test_no_code_runs_from_a_file(tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (mark,))

    torch.save({"weight": Hostile()}, tmp_path / "hostile.pth")
    with pytest.raises(MissingError, match=r"hostile.pth holds something else than weights"):
        weights.tensors(tmp_path / "hostile.pth")
    assert not mark.exists()


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone.safetensors": (lambda file: None, "there are no weights at .*gone"),
    "list.onnx": (lambda file: file.write_bytes(b"x"), "no file of weights that is known"),
    "broken.safetensors": (lambda file: file.write_bytes(b"no weights" * 9), "cannot be read as weights"),
    "broken.pth": (lambda file: file.write_bytes(b"\x80\x02no weights" * 9), "cannot be read as weights"),
    "empty.caffemodel": (lambda file: file.write_bytes(b""), "empty.caffemodel is empty"),
    "words.pth": (lambda file: torch.save({"weight": "heavy"}, file), "something else than weights"),
    "one.pth": (lambda file: torch.save(torch.ones(3), file), "one.pth"),
    "nan.safetensors": (
        lambda file: save_file({"a": torch.ones(2), "b": torch.tensor([1.0, float("nan")])}, file),
        "nan.safetensors: b holds values that are not numbers",
    ),
    "inf.caffemodel": (
        lambda file: file.write_bytes(caffemodel({"a.weight": torch.tensor([[float("inf")]]), "a.bias": torch.ones(1)})),
        "inf.caffemodel: a.weight holds values that are not numbers",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_of_a_file_is_one_sentence(name: str, tmp_path: Path) -> None:
    make, said = FAULTS[name]
    make(tmp_path / name)
    with pytest.raises(MissingError, match=said) as wrong:
        weights.tensors(tmp_path / name)
    assert len(wrong.value.message.splitlines()) == 1


# ---- what people have: wrappers, prefixes, and files that are something else

WRAPPED: dict[str, Callable[[Mapping[str, Tensor]], object]] = {
    **{wrapper: lambda held, wrapper=wrapper: {wrapper: held, "epoch": 9} for wrapper in weights.WRAPPERS},
    "a wrapper in a wrapper": lambda held: {"model": {"state_dict": held}},
    "a Namespace beside them": lambda held: {"state_dict": held, "args": Namespace(lr=0.1), "optimizer": {"state": [1]}},
    "tensors and a number": lambda held: {**held, "epoch": 9},
    "a parameter": lambda held: {name: torch.nn.Parameter(value) for name, value in held.items()},
}
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "module.model.", "_orig_mod.module.", "backbone.encoder.0.")


@pytest.mark.parametrize("ending", [ending for ending in weights.ENDINGS if ending not in (".safetensors", ".caffemodel")])
@pytest.mark.parametrize("wrapped", WRAPPED)
def test_whatever_training_wrapped_around_weights_is_taken_off(tmp_path: Path, wrapped: str, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    torch.save(WRAPPED[wrapped](HELD), file)
    assert_same(read_as(HELD, file))


@pytest.mark.parametrize("prefix", PREFIXES)
def test_whatever_training_put_before_the_names_is_taken_off(tmp_path: Path, prefix: str) -> None:
    beside = {"criterion.weight": torch.ones(2), "n_averaged": torch.tensor(3)}
    file = tmp_path / "a.safetensors"
    save_file({**{prefix + name: value for name, value in HELD.items()}, **beside}, file)
    assert_same(read_as(HELD, file))


def assert_same(read: Mapping[str, Tensor]) -> None:
    assert read.keys() == HELD.keys()
    assert all(torch.equal(read[name], value) for name, value in HELD.items())


PAGE = b"\n<!DOCTYPE html><html><title>weights.pth</title>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4966400\n"
OTHERS: dict[str, tuple[bytes, str, str]] = {  # content, what it is, and the cure
    "pointer": (POINTER, "is a Git LFS pointer", "git lfs pull"),
    "page": (PAGE, "is a web page", "download the file that the page links to"),
    "bare page": (b"<html>", "is a web page", "download the file"),
    "sheet": (b'<?xml version="1.0"?>', "is a page", "download the file"),
    "gzip": (b"\x1f\x8b\x08", "packed by gzip", "unpack"),
    "keras": (b"\x89HDF\r\n", "Keras", "convert"),
    "zip": (zipped("readme.txt"), "a zip without weights", "unpack it"),
    "empty": (b"", "is empty", "download it anew"),
}


@pytest.mark.parametrize("ending", weights.ENDINGS)
@pytest.mark.parametrize("other", OTHERS)
def test_a_file_that_is_something_else_is_called_what_it_is_with_a_cure(tmp_path: Path, other: str, ending: str) -> None:
    content, what, cure = OTHERS[other]
    (tmp_path / f"a{ending}").write_bytes(content)
    with pytest.raises(MissingError, match=what) as wrong:
        weights.entries(tmp_path / f"a{ending}")
    assert cure in str(wrong.value)
    assert "weights_only" not in str(wrong.value)


def test_a_larger_network_is_not_taken_for_a_smaller_one(tmp_path: Path) -> None:
    save_file({**HELD, "conv9.weight": torch.ones(1)}, tmp_path / "a.safetensors")
    with pytest.raises(MissingError, match=r"not the weights of a test: it has conv9\.weight as well"):
        read_as(HELD, tmp_path / "a.safetensors")
