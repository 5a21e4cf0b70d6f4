"""Plugins. A Plugin is what an installed package adds to this program: an entry point of the group `render.parts`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from render.errors import ConfigError, RenderError, printable

GROUP = "render.parts"

Function = Callable[..., Any] | str  # a function, or its name "package.module:function", imported when a film is built


@dataclass(frozen=True)
class Plugin:
    """An entry point, imported."""

    name: str  # of the entry point, and so of the part
    package: str  # that brings it, and its version: "leaning 1.2"
    value: Any = None  # what the entry point names
    fault: str = ""  # why that cannot be imported, as the end of a sentence


@dataclass(frozen=True)
class NetworkPart:
    """A network of a package."""

    load: Function  # (file of its weights or None, device) -> render.dream.network.Network
    package: str = ""  # that brings it, and its version


def network(load: Function) -> NetworkPart:
    """Declares a function that loads a network, or the name of one."""
    return NetworkPart(load)


@cache
def plugins() -> tuple[Plugin, ...]:
    """Those of all installed packages, in the order of the packages' names; read once."""
    return tuple(sorted(map(_plugin, entry_points(group=GROUP)), key=lambda plugin: (plugin.package, plugin.name)))


def _plugin(entry: EntryPoint) -> Plugin:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
    try:
        return Plugin(entry.name, package, entry.load())
    except (Exception, SystemExit) as error:  # it is somebody else's code, and may raise anything
        return Plugin(entry.name, package, fault=f"{entry.value} cannot be imported ({reason(error)})")


def function_of(function: Function) -> Callable[..., Any]:
    """The function, imported where only its name is there. Raises ConfigError if it cannot be."""
    if callable(function):
        return function
    module, _, name = function.partition(":")
    try:
        imported: Callable[..., Any] = getattr(import_module(module), name)
    except (Exception, SystemExit) as error:
        raise ConfigError(f"needs {function}, which cannot be imported ({reason(error)})", continues=True) from error
    return imported


@contextmanager
def of_package(package: str) -> Iterator[None]:
    """Inside, whatever somebody else's code raises becomes a ConfigError that names the package."""
    try:
        yield
    except RenderError:
        raise
    except Exception as error:
        raise ConfigError(f"is of the package {package}, which fails ({reason(error)})", continues=True) from error


def reason(error: BaseException) -> str:
    """An error of somebody else's code in a few words."""
    return printable(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"[:200]).strip(": ")
