"""Weights. What lies in files of weights: (path) -> tensors by name, a digest. No code runs from any of them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from render.dream import caffe, pickles
from render.dream.entry import DamagedError, Entries, Entry, entry, unusable
from render.errors import MissingError, RenderError, unopened
from render.inputs import WEIGHTS, open_file, plain, read_bytes

WRAPPERS = (  # where training scripts put the weights, beside an epoch's number and the optimizer
    *("state_dict", "model_state_dict", "model_state", "model", "net", "network", "params_ema", "ema", "params", "module"),
    *("weights", "backbone"),
)
DEPTH = 3  # wrappers inside wrappers
LONGEST = 80  # letters of a tensor's name that a message repeats
COUNTER = "num_batches_tracked"  # a tensor of every batch norm
WHOLE = (COUNTER, "relative_position_index")  # the tensors whose numbers are whole
HEAD = 512  # bytes by which a file shows what it is

Shapes = Mapping[str, tuple[int, ...]]  # what a network wants, by the names of its tensors

SAFETENSORS = {  # its words for kinds of numbers
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "C64": torch.complex64,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt", ".bin", ".tar", ".caffemodel")
NO_WEIGHTS: dict[bytes, tuple[str, str]] = {  # what files of other kinds begin with: what they are, and the cure
    b"version https://git-lfs": (
        "is a Git LFS pointer: it says where the weights are, and holds none",
        "`git lfs pull` in its repository fetches them",
    ),
    b"<!doctype": ("is a web page that was saved, not the weights", "download the file that the page links to"),
    b"<html": ("is a web page that was saved, not the weights", "download the file that the page links to"),
    b"<?xml": ("is a page that was saved, not the weights", "download the file that the page links to"),
    b"\x1f\x8b": ("is packed by gzip", "unpack it first"),
    b"7z\xbc\xaf": ("is packed by 7z", "unpack it first"),
    b"rar!": ("is packed by rar", "unpack it first"),
    b"\x89hdf": ("is a file of Keras, which is not read here", "convert it to .safetensors"),
    b"gguf": ("is a file of a language model, which does not dream pictures", ""),
}


# ---- what a file holds


def entries(weights: Path) -> Entries:
    """What a weights file announces, by name. Nothing of it is made yet. MissingError if it is none, or damaged."""
    with reading(weights):
        if not weights.exists():
            hint = "a film's head says where to get them; the name of a file is seen from the folder of the YAML file"
            raise MissingError(f"there are no weights at {weights}", hint)
        with open_file(weights, WEIGHTS) as file:
            head = file.read(HEAD)
        read = _reader(weights, head)(weights)
    if not read:
        raise MissingError(f"{weights} holds something else than weights by their names", _cure(weights))
    return read


def tensors(weights: Path) -> Mapping[str, Tensor]:
    """All tensors of a weights file, those of numbers with a point as float32. MissingError if it is none, or damaged."""
    return {name: _take(name, entry, weights) for name, entry in entries(weights).items()}


def fit(entries: Entries, wanted: Shapes, file: Path, network: str, others: bool = False) -> dict[str, Tensor]:
    """The tensors that a network wants, of these shapes, out of what a file announces.

    All names, kinds and shapes are compared before any number is read. others: there may be tensors that it does not want.
    Raises MissingError that names the first that is missing, of another shape, or too much.
    """
    wrong = f"{file}: these are not the weights of {network}"
    for name, shape in wanted.items():
        if name not in entries:
            if name.endswith(COUNTER):  # which only training needs, and old files do not have
                continue
            raise MissingError(f"{wrong}: there is no {name} in the file")
        if entries[name].flaw:
            raise MissingError(f"{file}: {name} {entries[name].flaw}")
        if _without_ones(entries[name].shape) != _without_ones(shape):
            raise MissingError(f"{wrong}: {name} is {_sides(entries[name].shape)}, not {_sides(shape)}")
        if not entries[name].dtype.is_floating_point and not name.endswith(WHOLE):
            raise MissingError(f"{file}: {name} holds whole numbers, and weights are numbers with a point")
    if more := None if others else next((name for name in entries if name not in wanted), None):
        raise MissingError(f"{wrong}: it has {short(more)} as well")
    return {
        name: _take(name, entries[name], file).reshape(shape) if name in entries else torch.zeros(shape, dtype=torch.int64)
        for name, shape in wanted.items()
    }


def under_prefix(entries: Entries, names: Sequence[str]) -> Entries:
    """The entries under the prefix that training put before the network's own `names`; as they are where there is none.

    "module." of several GPUs, "_orig_mod." of torch.compile, "model." or "net." of whatever the network was a part of.
    """
    first = names[0]
    prefixes = sorted((name.removesuffix(first) for name in entries if name == first or name.endswith(f".{first}")), key=len)
    best = max(prefixes, key=lambda prefix: sum(prefix + name in entries for name in names), default="")
    return {name.removeprefix(best): value for name, value in entries.items() if name.startswith(best)} if best else entries


def _take(name: str, entry: Entry, file: Path) -> Tensor:
    """The tensor itself, of float32 if its numbers have a point."""
    if entry.flaw:
        raise MissingError(f"{file} holds something else than weights by their names: {short(name)} {entry.flaw}", _cure(file))
    with reading(file):
        tensor = entry.read()
    tensor = tensor.float() if tensor.is_floating_point() else tensor
    if tensor.is_floating_point() and not tensor.isfinite().all():
        raise MissingError(f"{file}: {short(name)} holds values that are not numbers")
    return tensor


@contextmanager
def reading(file: Path, what: str = "weights") -> Iterator[None]:
    """Whatever a broken or hostile file makes a reader say, as one sentence."""
    try:
        yield
    except RenderError:
        raise
    except OSError as error:
        raise MissingError(f"{file}: {unopened(error) or f'cannot be read: {error.strerror or error}'}") from error
    except Exception as error:
        reason = str(error) if isinstance(error, DamagedError) else "the file is damaged"
        raise MissingError(f"{file} cannot be read as {what}: {short(reason)}", _cure(file)) from error


# ---- the kinds of files


def _reader(file: Path, head: bytes) -> Callable[[Path], Entries]:
    """What reads a file that begins so: what it is counts, then what it is called."""
    start = head.lstrip().lower()
    for begin, (flaw, cure) in NO_WEIGHTS.items():
        if start.startswith(begin):
            raise MissingError(f"{file} {flaw}", cure)
    if not head:
        raise MissingError(f"{file} is empty", "download it anew")
    if head.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        return _pickle
    ending = file.suffix.lower()
    if ending == ".safetensors" or (head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] < file.stat().st_size):
        return _safetensors
    if ending == ".caffemodel":
        return _caffe
    if ending in ENDINGS:
        raise DamagedError("torch did not write it")
    raise MissingError(f"{file} is no file of weights that is known", f"known: {' '.join(ENDINGS)}")


def _cure(file: Path) -> str:
    """What helps where a file is not what its name says."""
    torchs = file.suffix.lower() in (".pth", ".pt", ".ckpt", ".bin", ".tar")
    return "save the network's weights alone: torch.save(model.state_dict(), …)" if torchs else ""


def _caffe(file: Path) -> Entries:
    read = caffe.tensors(read_bytes(file, WEIGHTS))
    return {name: entry(tuple(tensor.shape), tensor.dtype, tensor.clone) for name, tensor in read.items()}


def _pickle(file: Path) -> Entries:
    return _state(pickles.load(file), DEPTH)


def _state(content: object, depth: int) -> Entries:
    """The tensors in a mapping, or in the first of WRAPPERS in it that has any; what lies beside them is left alone."""
    if not isinstance(content, Mapping):
        return {}
    inner = (content[key] for key in WRAPPERS if key in content) if depth else ()
    own = {name: value for name, value in content.items() if isinstance(value, Entry) and isinstance(name, str)}
    return next(filter(None, (_state(value, depth - 1) for value in inner)), own)


def _safetensors(file: Path) -> Entries:
    content: Any = safe_open(plain(file, WEIGHTS), "pt")
    return {name: _slice(content, name) for name in content.keys()}  # noqa: SIM118


def _slice(content: Any, name: str) -> Entry:
    piece = content.get_slice(name)
    kind = str(piece.get_dtype())
    if kind not in SAFETENSORS:
        return unusable(f"holds numbers of a kind that is not read here ({kind})")
    return entry(tuple(piece.get_shape()), SAFETENSORS[kind], partial(content.get_tensor, name))


def short(name: str) -> str:
    """A name of a file's own in a message: a stranger may have made it as long as he likes."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"


def _sides(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without the ones at its end: a convolution of one cell is a matrix."""
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def digest(file: Path) -> str:
    """sha256 of a file: what a take remembers of its network."""
    with open_file(file, WEIGHTS) as content, reading(file):
        return file_digest(content, "sha256").hexdigest()
