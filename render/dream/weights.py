"""Weights. What lies in files about a network: (path) -> tensors by name, labels, a digest. No code runs from any of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from render.dream import caffe
from render.errors import MissingError
from render.inputs import TEXT, WEIGHTS, open_file, plain, read_bytes, read_text

WRAPPERS = ("state_dict", "model_state_dict", "model")  # where training scripts put the weights beside an epoch's number
SYNSET = re.compile(r"^n[0-9]{8}\s+")  # WordNet's number, before ImageNet's names
PLACE = re.compile(r"/[a-z]/(\S+)(?:\s+[0-9]+)?")  # as Places writes its names: /b/bazaar/outdoor 47


def _unpickle(file: Path) -> Mapping[str, Any]:
    held = torch.load(plain(file, WEIGHTS), map_location="cpu", weights_only=True)
    inner = next((held[key] for key in WRAPPERS if isinstance(held.get(key), Mapping)), held)
    return {key.removeprefix("module."): value for key, value in inner.items()}


READERS: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    ".safetensors": lambda file: load_file(plain(file, WEIGHTS)),
    ".caffemodel": lambda file: caffe.tensors(read_bytes(file, WEIGHTS)),
    ".pth": _unpickle,
    ".pt": _unpickle,
    ".tar": _unpickle,
}


def tensors(weights: Path) -> Mapping[str, Tensor]:
    """The tensors of a weights file, those of numbers with a point as float32. MissingError if it is none, or damaged."""
    if not weights.exists():
        hint = "a film's head says where to get them; the name of a file is seen from the folder of the YAML file"
        raise MissingError(f"there are no weights at {weights}", hint)
    if weights.suffix.lower() not in READERS:
        raise MissingError(f"{weights} is no file of weights that is known", f"known: {' '.join(READERS)}")
    try:
        read = READERS[weights.suffix.lower()](weights)
    except MissingError:
        raise
    except Exception as error:  # whatever a broken or hostile file makes a reader say
        raise MissingError(f"{weights} cannot be read as weights: {(str(error).splitlines() or ['?'])[0][:200]}") from error
    return as_float32(read, weights)


def as_float32(read: Mapping[str, Any], file: Path, of: str = "") -> Mapping[str, Tensor]:
    """What a reader found in a file, those of numbers with a point as float32. of: whose weights they should be, if known.

    Raises MissingError if there is something else than tensors, or a number that is none.
    """
    if not read or not all(isinstance(value, Tensor) for value in read.values()):
        raise MissingError(f"{file} holds something else than {f'the weights of {of}' if of else 'weights by their names'}")
    tensors = {name: value.float() if value.is_floating_point() else value for name, value in read.items()}
    if damaged := [name for name, value in tensors.items() if value.is_floating_point() and not value.isfinite().all()]:
        raise MissingError(f"{file}: {damaged[0]}{f' of {of}' if of else ''} holds values that are not numbers")
    return tensors


def labels(file: Path, classes: int) -> tuple[str, ...]:
    """The labels in a text file, one a line, in the order of the classes, of which there are `classes`."""
    lines = [line.strip() for line in read_text(file, TEXT).splitlines() if line.strip()]
    if len(lines) != classes:
        raise MissingError(f"{file} holds {len(lines)} labels, and the network has {classes} classes")
    return tuple(_bare(line) for line in lines)


def beside(weights: Path | None) -> Path | None:
    """The labels that lie beside a weights file under its name, as in places.txt beside places.caffemodel."""
    file = weights.with_suffix(".txt") if weights else None
    return file if file and file.is_file() else None


def usual(count: int, names: Sequence[str]) -> Sequence[str]:
    """Labels for `count` classes where nobody gave any: the usual names if they are as many, else numbers."""
    return names if count == len(names) else tuple(map(str, range(count)))


def digest(file: Path) -> str:
    """sha256 of a file: what a take remembers of its network."""
    with open_file(file, WEIGHTS) as content:
        return file_digest(content, "sha256").hexdigest()


def _bare(line: str) -> str:
    """A label without what ImageNet's and Places' lists write around it."""
    if match := PLACE.fullmatch(line):
        return re.sub("[_/]", " ", match[1])
    return SYNSET.sub("", line)
