"""Labels. The names of a network's classes, in their order: from a file of a person's, or ImageNet's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import overload

from render.errors import MissingError
from render.inputs import TEXT, read_text

SYNSET = re.compile(r"^n[0-9]{8}\s+")  # WordNet's number, before ImageNet's names
PLACE = re.compile(r"/[a-z]/(\S+)(?:\s+[0-9]+)?")  # as Places writes its names: /b/bazaar/outdoor 47


def read_labels(file: Path, classes: int) -> tuple[str, ...]:
    """The labels in a text file, one a line, in the order of the classes, of which there are `classes`."""
    lines = [line.strip() for line in read_text(file, TEXT).splitlines() if line.strip()]
    if len(lines) != classes:
        raise MissingError(f"{file} holds {len(lines)} labels, and the network has {classes} classes")
    return tuple(_bare(line) for line in lines)


def labels_beside(weights: Path | None) -> Path | None:
    """The labels that lie beside a weights file under its name, as in places.txt beside places.caffemodel."""
    file = weights.with_suffix(".txt") if weights else None
    return file if file and file.is_file() else None


def labels_for(count: int, names: Sequence[str]) -> Sequence[str]:
    """Labels for `count` classes where nobody gave any: the usual names if they are as many, else numbers."""
    return names if count == len(names) else tuple(map(str, range(count)))


def _bare(line: str) -> str:
    """A label without what ImageNet's and Places' lists write around it."""
    if match := PLACE.fullmatch(line):
        return re.sub("[_/]", " ", match[1])
    return SYNSET.sub("", line)


# ---- ImageNet's


class ImageNet(Sequence[str]):
    """The 1,000 labels of ImageNet in their usual order, read when one is asked for: torchvision, which has them, is slow."""

    def __len__(self) -> int:
        return 1000

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return _imagenet()[index]


@cache
def _imagenet() -> tuple[str, ...]:
    """As torchvision has them: from its list alone where that lies where it did, else from the package, which takes 1.5 s."""
    names = tuple(getattr(_imagenet_list(), "_IMAGENET_CATEGORIES", ()))
    if len(names) == 1000:
        return names
    from torchvision.models import GoogLeNet_Weights

    return tuple(GoogLeNet_Weights.DEFAULT.meta["categories"])


def _imagenet_list() -> ModuleType | None:
    """torchvision's module of names, read without the package around it; None where there is none."""
    package = find_spec("torchvision")
    file = Path(package.origin).with_name("models") / "_meta.py" if package and package.origin else None
    if file is None or not file.is_file():
        return None
    spec = spec_from_file_location("render_imagenet_names", file)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
