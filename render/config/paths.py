"""Paths. The files that settings name, and how they are written where a film's settings are kept: never by an absolute path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from glob import escape
from os.path import abspath, commonpath, relpath
from pathlib import Path
from typing import Any

from render.config.model import Settings
from render.config.scalars import NetworkChoice
from render.config.section import Setting, walk, with_values
from render.config.setting_types import FILES

Rewrite = Callable[[Path], Path]  # the absolute path of a file -> what is written of it


def with_paths(settings: Settings, rewrite: Rewrite) -> Any:
    """The same settings, whose files are written as `rewrite` says."""
    return with_values(settings, {setting.key: _rewritten(setting, rewrite) for setting in walk(settings) if setting.type})


def _rewritten(setting: Setting, rewrite: Rewrite) -> Any:
    value = setting.value
    if isinstance(value, Path):
        return rewrite(value)
    if isinstance(value, NetworkChoice):
        weights, labels = (path and rewrite(path) for path in (value.weights, value.labels))
        return replace(value, weights=weights, labels=labels)
    return str(rewrite(Path(value))) if setting.type == FILES and value else value


def from_folder(folder: Path) -> Rewrite:
    """Paths that start in `folder`: a take keeps them so, and a project that is moved or copied as a whole finds its files."""

    def rewrite(path: Path) -> Path:
        try:
            return Path(relpath(path, _base(path, folder)))
        except ValueError:  # it lies on another drive
            return Path(path.name)

    return rewrite


def without_folders(folder: Path) -> Rewrite:
    """Paths inside `folder`, where the film's settings lie, and bare names of what lies elsewhere: what a film may tell."""

    def rewrite(path: Path) -> Path:
        try:
            return path.relative_to(_base(path, folder))
        except ValueError:
            return Path(path.name)

    return rewrite


def _base(path: Path, folder: Path) -> Path:
    """The folder as that path writes it: what stands for itself in a pattern of names is escaped there."""
    return max((Path(abspath(folder)), Path(escape(abspath(folder)))), key=lambda base: len(commonpath((base, path))))
