"""Names in networks. How networks, their layers, channels and classes are read: (YAML value) -> NetworkChoice, str or int."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from render.config.file_names import read_path
from render.config.problem import SettingError, did_you_mean, inside, quote
from render.config.scalars import NetworkChoice

NETWORK_FILES = ("weights", "labels")


def read_network(value: Any) -> NetworkChoice:
    """A name, or a mapping of one to the files of its weights and labels; raises SettingError."""
    if isinstance(value, NetworkChoice):
        return value
    if isinstance(value, str) and value.strip():
        return NetworkChoice(str(value).strip())
    if not isinstance(value, Mapping) or len(value) != 1:
        named = "{inception_v1: weights.safetensors}, or {NAME: {weights: FILE, labels: FILE}}"
        hint = f"write bestiary, a torchvision name, {named}"
        raise SettingError(f"is {quote(value)}; it takes a name, or one name and its weights file", hint)
    ((name, files),) = value.items()
    with inside(str(name)):
        paths = _read_files(files) if isinstance(files, Mapping) else {"weights": read_path(files)}
    return NetworkChoice(str(name), **paths)


def _read_files(files: Mapping[str, Any]) -> dict[str, Path]:
    paths = {}
    for key, file in files.items():
        if key not in NETWORK_FILES:
            hint = did_you_mean(str(key), NETWORK_FILES)
            raise SettingError(f'has "{key}", which is none of its files', hint, (str(key),), on_key=True)
        with inside(str(key)):
            paths[str(key)] = read_path(file)
    return paths


def write_network(network: NetworkChoice) -> Any:
    """What reads back the same."""
    files = {key: str(getattr(network, key)) for key in NETWORK_FILES if getattr(network, key)}
    if not files:
        return network.name
    return {network.name: files if network.labels else files["weights"]}


def read_layer(value: Any) -> str:
    """The name of a layer; raises SettingError."""
    if not isinstance(value, str) or not value.strip():
        raise SettingError(f"is {quote(value)}; it takes the name of a layer", "`render layers NETWORK` lists them")
    return str(value).strip()


def read_one(noun: str, hint: str) -> Callable[[Any], str | int]:
    """How one of the things that a network knows is read: a name, or a number from 0."""

    def read(value: Any) -> str | int:
        if isinstance(value, str) and value.strip():
            return str(value).strip()
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**16:
            raise SettingError(f"is {quote(value)}, which is no {noun}", hint)
        return value

    return read


def read_several(noun: str, hint: str) -> Callable[[Any], tuple[str | int, ...]]:
    """The same for a list, which may also be written as its only item."""
    read_item = read_one(noun, hint)

    def read_at(index: int, item: Any) -> str | int:
        with inside(index):
            return read_item(item)

    def read(value: Any) -> tuple[str | int, ...]:
        items = value if isinstance(value, list | tuple) else [value]
        if not items:
            raise SettingError("is an empty list", hint)
        return tuple(read_at(index, item) for index, item in enumerate(items))

    return read


def channel_number(channel: str | int) -> str | int:
    """A key, which YAML's reader gives as text, as the number it may be."""
    return int(channel) if str(channel).isdecimal() else str(channel).strip()
