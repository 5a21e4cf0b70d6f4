"""The names of prints: templates such as `shots/{name}-{frame:06}.png`, filled in and kept inside the take's folder."""

from __future__ import annotations

import re
from pathlib import Path

from render.develop import files
from render.errors import ConfigError

FRAME = re.compile(r"\{frame(?::0?(\d{1,2})d?)?\}")
DIGITS = 7  # of a frame's number: a film of a day has ten million frames
# What a take holds besides prints.
RESERVED = ("negative", "poster.jpg", "config.yaml", "resolved.yaml", "run.json", "ticks.txt")


def fill_name(template: str, name: str) -> str:
    """An output's file name with {name} filled in and {frame} left. Raises ConfigError for one that no print can have.

    >>> fill_name("shots/{name}-{frame:06}.png", "zoom")
    'shots/zoom-{frame:06}.png'
    """
    text = template.replace("{name}", name)
    bare = FRAME.sub(lambda match: "0" * max(int(match[1] or 1), DIGITS), text)
    if "{" in bare or "}" in bare or FRAME.search(str(Path(text).parent)):
        raise ConfigError(f"{template}: only {{name}} and, in the last part, {{frame:06}} can be filled in")
    parts = Path(text).parts
    if not parts or Path(text).anchor or ".." in parts or "\0" in text:
        raise ConfigError(f"{template}: an output lies inside the film's folder")
    if parts[0].lower() in RESERVED or any(part.startswith(files.PART) for part in parts):
        raise ConfigError(f"{template}: the take keeps a file of its own under this name")
    if (length := max(len(part.encode()) for part in Path(bare).parts)) > files.LONGEST:
        reason = (
            f"its name has {length} bytes, and a file's has {files.LONGEST} at most (letters beyond ASCII count for 2 to 4)"
        )
        raise ConfigError(f"{template}: {reason}", "give the film a shorter name")
    return text


def frame_path(path: Path, frame: int) -> Path:
    """The path of one picture of a sequence; any other path is itself."""
    return path.with_name(FRAME.sub(lambda match: f"{frame:0{match[1] or 1}}", path.name))
