"""Laws of torch's files: what was saved is read, nothing runs, and a file that lies is refused before anything is made."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import tiny
import torch
from commands import Command
from safetensors.torch import save_file
from torch import Tensor, nn

from render.dream import pickles
from render.dream.entry import DTYPES, Entry
from render.dream.registry import load
from render.errors import MissingError

NAME = "features.0.weight"  # the first of squeezenet1_1, 64x3x3x3


# ---- what was saved is read

KINDS = [(dtype, False) for dtype in sorted(DTYPES, key=str)]
KINDS += [(dtype, True) for dtype, _ in KINDS if dtype not in (torch.float8_e4m3fn, torch.float8_e5m2)]  # which are younger


@pytest.mark.parametrize(("dtype", "old"), KINDS, ids=str)
def test_every_kind_of_number_is_read(tmp_path: Path, dtype: torch.dtype, old: bool) -> None:
    whole = torch.arange(24).reshape(2, 3, 4).to(dtype)
    views = {
        "whole": whole,
        "turned": whole.transpose(0, 2),
        "part": whole[1:, :, ::2],
        "one": whole[0, 0, 1],
        "none": whole[:0],
    }
    views["parameter"] = nn.Parameter(whole, requires_grad=False)
    torch.save(views, tmp_path / "a.pth", _use_new_zipfile_serialization=not old)
    read = pickles.load(tmp_path / "a.pth")
    for name, value in views.items():
        assert (read[name].shape, read[name].dtype) == (tuple(value.shape), dtype)
        assert torch.equal(read[name].read().to(torch.float64), value.to(torch.float64))


# ---- what lies


class Announced:
    """A tensor that a pickle announces, with numbers or without."""

    def __init__(self, count: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> None:
        self.count, self.shape, self.stride = count, shape, stride

    def __reduce__(self) -> tuple[Any, ...]:
        return torch._utils._rebuild_tensor_v2, (Row(self.count), 0, self.shape, self.stride, False, OrderedDict())


class Rebuilt:
    """What only a function of torch's makes again."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, ()


class Row:
    def __init__(self, count: int) -> None:
        self.count = count


def announce(held: object, numbers: bytes = bytes(4), how: int = 0) -> bytes:
    """A file of torch's format that says what it likes; `how` its numbers are packed."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> object:
            return ("storage", torch.FloatStorage, "0", "cpu", thing.count) if isinstance(thing, Row) else None

    content, zipped = io.BytesIO(), io.BytesIO()
    Pickler(content, 2).dump(held)
    with ZipFile(zipped, "w") as archive:
        archive.writestr("a/data.pkl", content.getvalue())
        archive.writestr("a/data/0", numbers, how)
    return zipped.getvalue()


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_pkl", ".pkl"), data)
    return content.getvalue()


def saved(value: object, old: bool = False) -> bytes:
    content = io.BytesIO()
    torch.save(value, content, _use_new_zipfile_serialization=not old)
    return content.getvalue()


def weights(**instead: object) -> dict[str, object]:
    """squeezenet's first tensors, some of them replaced."""
    return {NAME: torch.zeros(64, 3, 3, 3), "features.0.bias": torch.zeros(64), **instead}


def safetensors(**head: str) -> bytes:
    text = "{" + ",".join(f'"{name}":{value}' for name, value in head.items()) + "}"
    return struct.pack("<Q", len(text)) + text.encode() + bytes(64)


HUGE = 100_000
HEAVY = bytes(2**27)  # that zip makes small
LIES: dict[str, Callable[[], bytes]] = {
    "a number repeated": lambda: saved({NAME: torch.zeros(1).expand(HUGE, HUGE)}),
    "a number repeated, before zip": lambda: saved({NAME: torch.zeros(1).expand(HUGE, HUGE)}, old=True),
    "more numbers than bytes": lambda: announce({NAME: Announced(HUGE**2, (HUGE, HUGE), (HUGE, 1))}),
    "a shape larger than its row": lambda: announce({NAME: Announced(1, (64, 3, 3, 3), (27, 9, 3, 1))}),
    "steps past its row": lambda: announce({NAME: Announced(1, (1, 1), (1, 1)), "x": Announced(1, (2,), (10**12,))}),
    "a negative side": lambda: announce({NAME: Announced(1, (-1, 3), (3, 1))}),
    "sides that are words": lambda: announce({NAME: Announced(1, ("a", 3), (3, 1))}),  # type: ignore[arg-type]
    "packed numbers": lambda: announce({NAME: Announced(2**25, (2**25,), (1,))}, HEAVY, ZIP_DEFLATED),
    "a place of 2**31": lambda: zipped(a__data_pkl=b"\x80\x02Nr" + struct.pack("<I", 2**31 - 1) + b"."),
    "an array of 2**40 bytes": lambda: zipped(a__data_pkl=b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"."),
    "no numbers": lambda: zipped(a__data_pkl=pickle.dumps({NAME: 1}, 2)),
    "another byte order": lambda: zipped(a__data_pkl=pickle.dumps({}, 2), a__byteorder=b"big"),
    "a program": lambda: zipped(a__data_pkl=pickle.dumps({}, 2), a__code__x=b""),
    "a zip of something": lambda: zipped(readme=b"hello"),
    "a whole model": lambda: saved(nn.Linear(1, 1)),
    "a whole model in a wrapper": lambda: saved({"model": nn.Linear(1, 1)}),
    "nested": lambda: announce({NAME: Rebuilt(torch._utils._rebuild_nested_tensor)}),
    "quantised": lambda: announce({NAME: Rebuilt(torch._utils._rebuild_qtensor)}),
    "sparse": lambda: saved(weights(**{NAME: torch.eye(3).to_sparse()})),
    "meta": lambda: saved(weights(**{NAME: torch.empty(HUGE, HUGE, device="meta")})),
    "complex": lambda: saved(weights(**{NAME: torch.zeros(64, 3, 3, 3, dtype=torch.complex64)})),
    "65 dimensions": lambda: announce({NAME: Announced(1, (1,) * 65, (1,) * 65)}),
    "whole numbers": lambda: saved(weights(**{NAME: torch.zeros(64, 3, 3, 3, dtype=torch.int32)})),
    "words": lambda: saved(weights(**{NAME: "heavy"})),
    "another shape": lambda: saved(weights(**{NAME: torch.zeros(64, 3, 7, 7)})),
    "30,000 names": lambda: announce({f"layer.{i}.weight": Announced(1, (1,), (1,)) for i in range(30_000)}),
    "a name that a terminal obeys": lambda: saved({f"\x1b[2J\x1b]0;owned\x07.{NAME}": "x", NAME: torch.eye(3).to_sparse()}),
    "such a name that is too much": lambda: saved({"\x1b[31mred": torch.zeros(1), **load_names()}),
    "a name without end": lambda: saved({"x" * 10**6: torch.zeros(1), **load_names()}),
    "4-bit numbers": lambda: safetensors(**{NAME: '{"dtype":"F4","shape":[64,2],"data_offsets":[0,64]}'}),
    "complex numbers": lambda: safetensors(**{NAME: '{"dtype":"C64","shape":[8],"data_offsets":[0,64]}'}),
    "65 sides": lambda: safetensors(**{NAME: f'{{"dtype":"F32","shape":{[1] * 64 + [16]},"data_offsets":[0,64]}}'}),
    "a kind that is none": lambda: safetensors(**{NAME: '{"dtype":"X9","shape":[8],"data_offsets":[0,64]}'}),
}


def load_names() -> dict[str, Tensor]:
    """Everything that squeezenet1_1 wants."""
    from torchvision.models import get_model

    return dict(get_model("squeezenet1_1", weights=None).state_dict())


@pytest.mark.parametrize("network", ["squeezenet1_1", "bestiary"])
@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_one_sentence_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str, network: str
) -> None:
    file, made = tmp_path / "lying.pth", list[object]()
    file.write_bytes(LIES[lie]())
    monkeypatch.setattr(torch, "frombuffer", lambda *_, **__: made.append(lie))
    with pytest.raises(MissingError, match=r"lying\.pth") as wrong:
        load(network, file, tiny.CPU)
    assert not made
    assert len(str(wrong.value).splitlines()) <= 2
    assert str(wrong.value).replace("\n", "").isprintable()
    assert len(str(wrong.value)) < 600
    assert not [word for word in LIBRARIES if word in str(wrong.value)]


LIBRARIES = ("weights_only", "state_dict:", "Error(s)", "size mismatch", "HeaderToo", "unpickl", "persistent", "Traceback")


def test_a_byte_order_without_end_is_not_read(tmp_path: Path) -> None:
    content, file = io.BytesIO(), tmp_path / "lying.pth"
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}, 2))
        archive.writestr("a/byteorder", HEAVY)
    file.write_bytes(content.getvalue())
    tracemalloc.start()
    with pytest.raises(MissingError, match="of another byte order"):
        load("bestiary", file, tiny.CPU)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(HEAVY) / 8


def test_a_lie_ends_the_command_with_3(command: Command) -> None:
    Path("lying.pth").write_bytes(LIES["a number repeated"]())
    Path("film.yaml").write_text("dream: {network: {squeezenet1_1: lying.pth}}\n")
    said = command("check", "film.yaml")
    assert said.code == 3, said
    assert "film.yaml:1:" in said.words
    assert "the file has 1 numbers for it" in said.words


def test_every_tensor_read_is_within_its_file(tmp_path: Path) -> None:
    """The law of memory, from below: no entry without a flaw has more numbers than the file has bytes for."""
    for lie, make in LIES.items():
        if lie in ("30,000 names", "packed numbers"):
            continue
        (tmp_path / "a.pth").write_bytes(make())
        try:
            held = pickles.load(tmp_path / "a.pth")
        except Exception:
            continue
        entries = [value for value in held.values() if isinstance(value, Entry)] if isinstance(held, dict) else []
        most = (tmp_path / "a.pth").stat().st_size
        assert all(entry.read().numel() * entry.dtype.itemsize <= most for entry in entries if not entry.flaw), lie


def test_a_file_of_another_is_read_as_what_it_is_and_not_as_it_is_called(tmp_path: Path) -> None:
    save_file(load_names(), tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").rename(tmp_path / "a.pth")
    assert load("squeezenet1_1", tmp_path / "a.pth", tiny.CPU).name == "squeezenet1_1"
