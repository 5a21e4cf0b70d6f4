"""Stamps. Whether a file is still the one that was looked at: (path) -> FileStamp."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path

from render.errors import MissingError, RenderError, unopened
from render.inputs import Kind, open_file, plain


@dataclass(frozen=True)
class FileStamp:
    """A file as it was found, so that what was learned of it is kept until it changes."""

    path: Path  # absolute
    size: int  # bytes
    changed: int  # when, in nanoseconds
    number: int  # the system's, which is another one where a new file took its name


def stamp(file: Path, kind: Kind) -> FileStamp:
    """The file as it is now. Raises MissingError if it is gone, or no plain file."""
    try:
        status = plain(file, kind).stat()
    except OSError as error:  # gone since it was looked at
        raise MissingError(f"{file}: {unopened(error) or f'cannot be read: {error.strerror or error}'}") from error
    return FileStamp(file.absolute(), status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=8)
def digest(file: FileStamp, kind: Kind) -> str:
    """A hash of the file's content, by which one that was changed is noticed. It is kept until the file changes."""
    with open_file(file.path, kind) as content:
        return file_digest(content, "sha256").hexdigest()


def require_unchanged(file: Path, kind: Kind, before: FileStamp) -> None:
    """Raises RenderError if the file is not as it was, so that no film is made of two."""
    if stamp(file, kind) != before:
        raise RenderError(
            f"{file}: has changed while it was dreamed; what was dreamed of it as it was is safe",
            "the same command dreams what changed again",
        )
