"""Files outside of takes: what lies there may be a person's own, and is not written over."""

from __future__ import annotations

from collections.abc import Iterable
from filecmp import cmp
from pathlib import Path

from render.config import Config
from render.develop.metadata import embedded_config
from render.errors import ConfigError


def require_replaceable(file: Path, sources: Iterable[Path] = (), copies: Iterable[Path] = ()) -> None:
    """Refuse a name that somebody's own file has. ConfigError.

    What bears the settings of a film, and is none of the `sources`, was made by this program; so was what has the bytes of one
    of the `copies`, which lie in takes.
    """
    if not file.exists():
        return
    if any(source.exists() and source.samefile(file) for source in sources):
        raise ConfigError(f"{file}: the film is made from it", "name another file")
    if file.is_file() and (any(cmp(copy, file, shallow=False) for copy in copies if copy.is_file()) or embedded_config(file)):
        return
    raise ConfigError(f"{file}: is there already, and may be a work of yours", "name another file, or remove this one first")


def sources_of(config: Config) -> list[Path]:
    """The files that a film is made from."""
    source = config.source
    files = (source.image and source.image.file, source.video and source.video.file, config.mask and config.mask.file)
    return [file for file in (*files, config.audio and config.audio.file) if file]
