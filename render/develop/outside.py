"""Files outside of takes: what lies there may be a person's own, and is not written over."""

from __future__ import annotations

from collections.abc import Container, Iterable
from filecmp import cmp
from pathlib import Path

from render.config import Config
from render.develop.metadata import embedded_config
from render.errors import ConfigError

Mark = list[int]  # of a file that was made: its bytes, and the time of its last change in nanoseconds


def mark(file: Path) -> Mark:
    """What a file is known by as long as nobody changes it."""
    facts = file.stat()
    return [facts.st_size, facts.st_mtime_ns]


def require_replaceable(
    file: Path, sources: Iterable[Path] = (), copies: Iterable[Path] = (), marks: Container[Mark] = ()
) -> None:
    """Refuse a name that somebody's own file has. ConfigError.

    What bears the settings of a film, and is none of the `sources`, was made by this program; so was what has the bytes of one
    of the `copies`, which lie in takes, or one of the `marks`, which takes have noted.
    """
    if not file.exists():
        return
    if any(source.exists() and source.samefile(file) for source in sources):
        raise ConfigError(f"{file}: the film is made from it", "name another file")
    copied = any(cmp(copy, file, shallow=False) for copy in copies if copy.is_file())
    if file.is_file() and (copied or mark(file) in marks or embedded_config(file)):
        return
    raise ConfigError(f"{file}: is there already, and may be a work of yours", "name another file, or remove this one first")


def sources_of(config: Config) -> list[Path]:
    """The files that a film is made from."""
    source = config.source
    files = (source.image and source.image.file, source.video and source.video.file, config.mask and config.mask.file)
    return [file for file in (*files, config.audio and config.audio.file) if file]
