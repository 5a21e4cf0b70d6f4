"""Pickles. Files that torch.save wrote: (file) -> what they hold, tensors as Entries. Before any number is read.

No code runs from a file: what a pickle names besides tensors is replaced by something that does nothing. No memory is asked
for either that the file does not have the bytes for: each tensor is compared with its storage, and each storage with the file.
"""

from __future__ import annotations

import pickle
import pickletools
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import torch
from torch import Tensor

from render.dream.entry import DamagedError, Entry, entry, unusable
from render.inputs import WEIGHTS, open_file, plain

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # with which files begin that torch wrote before 2020
LARGEST_PICKLE = 2**21  # bytes of names and shapes: more than ten thousand tensors, and no network has so many
LENGTHS = 26  # bytes of a zip's member before the lengths of its name and of what else stands before its content
LITTLE = b"little"  # the byte order that is read here
HEADER = 8  # bytes before each storage of an old file: how many numbers it has

# The words of torch for storages and their numbers; a storage without a type counts bytes.
STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
    "UntypedStorage": torch.uint8,
}
FLAWS = {  # the functions by which torch makes tensors again that are not plain ones
    "_rebuild_sparse_tensor": "is a sparse tensor",
    "_rebuild_sparse_csr_tensor": "is a sparse tensor",
    "_rebuild_nested_tensor": "is a nested tensor",
    "_rebuild_meta_tensor_no_storage": "is a tensor without numbers (meta)",
    "_rebuild_qtensor": "is a quantised tensor",
}


@dataclass(frozen=True)
class Storage:
    """A row of numbers in the file, of which tensors are views."""

    key: str  # its name in the file
    dtype: torch.dtype
    count: int  # numbers
    start: int  # of the first of them, numbers after the beginning of what lies under the key


Reader = Callable[[Storage], bytes]  # its bytes


def load(file: Path) -> Any:
    """What torch.save wrote, with an Entry for each tensor, and Inert for what is neither a tensor nor plain data.

    Raises DamagedError, or what pickle and zipfile raise for a damaged file.
    """
    with open_file(file, WEIGHTS) as content:
        zipped = content.read(2) == b"PK"
    return _load_zip(file) if zipped else _load_old(file)


# ---- the two formats


def _load_zip(file: Path) -> Any:
    with ZipFile(plain(file, WEIGHTS)) as archive:
        sizes = {member.filename: member for member in archive.infolist()}
        names = [name for name in sizes if name.rpartition("/")[2] == "data.pkl"]
        if not names:
            raise DamagedError("it is a zip without weights of torch; unpack it, and name the file of weights in it")
        root = names[0].removesuffix("data.pkl")
        if any(name.startswith(f"{root}code/") for name in sizes):
            raise DamagedError("it holds a program (TorchScript), not weights; save the model's state_dict()")
        if f"{root}byteorder" in sizes and not _is_little_endian(archive, f"{root}byteorder"):
            raise DamagedError("its numbers were written by a machine of another byte order; save it anew")
        if sizes[names[0]].file_size > LARGEST_PICKLE:
            raise DamagedError("its list of names is too long to be one")
        content = archive.read(names[0])

    def size(key: str) -> int:
        member = sizes.get(f"{root}data/{key}")
        if member is None or member.compress_type != ZIP_STORED:
            raise DamagedError("its numbers are not in it")
        return member.file_size

    def read(storage: Storage) -> bytes:
        with open_file(file, WEIGHTS) as content:  # not through ZipFile, which reads all names anew
            head = sizes[f"{root}data/{storage.key}"].header_offset
            content.seek(head + LENGTHS)
            lengths = struct.unpack("<HH", content.read(4))
            content.seek(head + LENGTHS + 4 + sum(lengths) + storage.start * storage.dtype.itemsize)
            return content.read(storage.count * storage.dtype.itemsize)

    _scan(BytesIO(content))
    return _unpickle(content, read, lambda storage: size(storage.key))


def _is_little_endian(archive: ZipFile, name: str) -> bool:
    """Whether a member says so. No more of it is read than that takes: a zip makes small what is endless."""
    with archive.open(name) as member:
        return member.read(len(LITTLE) + 1) == LITTLE


def _load_old(file: Path) -> Any:
    """Four pickles, a list of keys, and the storages with those keys one after the other."""
    length = file.stat().st_size
    places: dict[str, int] = {}  # where the numbers of each key begin, bytes

    def read(storage: Storage) -> bytes:
        with open_file(file, WEIGHTS) as content:
            content.seek(places[storage.key] + storage.start * storage.dtype.itemsize)
            return content.read(storage.count * storage.dtype.itemsize)

    with open_file(file, WEIGHTS) as content:
        heads = [_plain(_pickle_of(content)) for _ in range(2)]
        if heads != [MAGIC, PROTOCOL]:
            raise DamagedError("it is a pickle, and torch did not write it")
        _pickle_of(content)  # of the machine that wrote it
        pickled = _pickle_of(content)
        storages: dict[str, Storage] = {}
        value = _unpickle(pickled, read, lambda storage: length, storages)
        for key in _plain(_pickle_of(content)):
            count = int.from_bytes(content.read(HEADER), "little")
            places[key] = content.tell()
            bytes_of = count * storages[key].dtype.itemsize if key in storages else length
            if places[key] + bytes_of > length:
                raise DamagedError("it breaks off")
            content.seek(bytes_of, 1)
    if not storages.keys() <= places.keys():
        raise DamagedError("its numbers are not in it")
    return value


def _pickle_of(content: Any) -> bytes:
    """The next pickle of an open file, which is as long as it says itself."""
    start = content.tell()
    _scan(content)
    end = content.tell()
    content.seek(start)
    data: bytes = content.read(end - start)
    return data


def _plain(content: bytes) -> Any:
    """A pickle of plain data."""
    return _Unpickler(BytesIO(content), lambda storage: b"", lambda storage: 0, {}).load()


def _unpickle(content: bytes, read: Reader, size: Callable[[Storage], int], storages: dict[str, Storage] | None = None) -> Any:
    """What a pickle holds, whose instructions were scanned."""
    return _Unpickler(BytesIO(content), read, size, {} if storages is None else storages).load()


def _scan(content: Any) -> None:
    """Read a pickle's instructions without following them. Raises DamagedError if it asks for more memory than it has bytes."""
    start = content.tell()
    for code, argument, place in pickletools.genops(content):
        length = (place or 0) - start
        if code.name.endswith("PUT") and int(argument or 0) > length:  # a place for each thing: never more than bytes
            raise DamagedError("it is damaged")
        if length > LARGEST_PICKLE:
            raise DamagedError("its list of names is too long to be one")


# ---- what a pickle names


class Inert:
    """What stands in a pickle for whatever is no tensor's: it can be made, called and filled, and does nothing."""

    def __new__(cls, *_: Any, **__: Any) -> Inert:
        return super().__new__(cls)

    def __call__(self, *_: Any, **__: Any) -> Inert:
        return self

    def _ignore(self, *_: Any) -> None: ...

    __setstate__ = __setitem__ = append = extend = add = _ignore


class _Unpickler(pickle.Unpickler):
    """Python's, which imports nothing."""

    def __init__(self, content: BytesIO, read: Reader, size: Callable[[Storage], int], storages: dict[str, Storage]) -> None:
        super().__init__(content, encoding="utf-8", errors="replace")
        self._read, self._size, self._storages = read, size, storages

    def find_class(self, module: str, name: str) -> Any:
        if module == "collections" and name == "OrderedDict":
            return OrderedDict
        if module.partition(".")[0] != "torch":
            return Inert
        if name in STORAGES:
            return STORAGES[name]
        if name in FLAWS:
            return lambda *_: unusable(FLAWS[name])
        if isinstance(dtype := getattr(torch, name, None), torch.dtype):
            return dtype
        return {"_rebuild_tensor": self._tensor, "_rebuild_tensor_v2": self._tensor, "_rebuild_tensor_v3": self._typed}.get(
            name, PARTS.get(name, Inert)
        )

    def persistent_load(self, pid: Any) -> Storage:
        """A storage of the file, if it has so many bytes."""
        _, dtype, key, _, count, *rest = pid
        root, start, count = rest[0] if rest and rest[0] else (key, 0, count)  # torch's files of 2017 have views of storages
        storage = Storage(str(root), dtype, count, start)
        if not isinstance(dtype, torch.dtype) or not 0 <= start <= start + count:
            raise DamagedError("it is damaged")
        if (start + count) * dtype.itemsize > self._size(storage):
            raise DamagedError("it breaks off")
        self._storages[storage.key] = storage
        return storage

    def _typed(self, storage: Any, start: int, shape: Any, stride: Any, _: Any, __: Any, dtype: Any, *___: Any) -> Entry:
        """A tensor over bytes."""
        if not isinstance(storage, Storage) or not isinstance(dtype, torch.dtype):
            return unusable("is no tensor")
        row = Storage(storage.key, dtype, storage.count // dtype.itemsize, storage.start)
        return self._tensor(row, start, shape, stride)

    def _tensor(self, storage: Any, start: Any, shape: Any, stride: Any, *_: Any) -> Entry:
        """A tensor over a storage, which must have a number for each of its own."""
        if not isinstance(storage, Storage) or not _whole((start, *shape, *stride)) or len(shape) != len(stride):
            return unusable("is no tensor")
        last = start + sum((side - 1) * step for side, step in zip(shape, stride, strict=True))
        if prod(shape) > storage.count or (prod(shape) and last >= storage.count):
            return unusable(f"says that it is {_sides(shape)}, and the file has {storage.count:,} numbers for it")

        def read() -> Tensor:
            data = bytearray(self._read(storage))
            if len(data) < storage.count * storage.dtype.itemsize:
                raise DamagedError("it breaks off")
            row = torch.frombuffer(data, dtype=storage.dtype) if data else torch.empty(0, dtype=storage.dtype)
            return row.as_strided(tuple(shape), tuple(stride), start)

        return entry(tuple(shape), storage.dtype, read)


PARTS: Mapping[str, Callable[..., Any]] = {  # what else a state dict is made of
    "_rebuild_parameter": lambda data, *_: data,
    "_rebuild_parameter_with_state": lambda data, *_: data,
    "_rebuild_from_type_v2": lambda function, _, arguments, *__: function(*arguments),
    "Size": lambda sides=(): tuple(sides),
}


def _whole(numbers: Sequence[Any]) -> bool:
    return all(isinstance(number, int) and number >= 0 for number in numbers)


def _sides(shape: Sequence[int]) -> str:
    return "x".join(f"{side:,}" for side in shape[:4]) + "x…" * (len(shape) > 4)
