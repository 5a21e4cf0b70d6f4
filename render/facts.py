"""Facts. Finding out what a film's own files say, before anything waits for torch: Config -> Facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from render.config import Config
from render.config import load as load_config
from render.config.facts import Facts
from render.errors import ConfigError, MissingError, RenderError

Found = TypeVar("Found")


def load(path: Path | str, overrides: Sequence[str] = (), quality: str = "final") -> Config:
    """The film that the file at `path` asks for, knowing what its own files say; else as render.config.load."""
    return load_config(path, overrides, quality, facts)


def facts(config: Config) -> Facts:
    """What the footage and the music of a film say of themselves. Raises an error that names the setting at fault."""
    known = Facts()
    if config.source.kind in FOOTAGE:
        known = FOOTAGE[config.source.kind](config, known)
    return _music(config, known) if config.audio else known


def _frames(config: Config, known: Facts) -> Facts:
    from render.source.frames import picture_files

    fps = config.fps if isinstance(config.fps, Fraction) else Fraction(30)
    count = len(_told(config, "source.frames", "files", lambda: picture_files(config.source.part.files)))
    return replace(known, footage=count / fps)


def _music(config: Config, known: Facts) -> Facts:
    from render.source.audio import listen

    asked = config.audio
    assert asked
    used = {name: asked.features[name] for name in config.features}
    music = _told(config, "audio", "file", lambda: listen(asked.file, asked.start.amount, used, asked.bpm))
    known = replace(known, music=music.seconds, bpm=music.bpm, first_beat=music.first_beat)
    return replace(known, features=music.features, music_digest=music.digest)


def _video(config: Config, known: Facts) -> Facts:
    from render.source.footage import probe

    asked = config.source.part
    end = asked.end and asked.end.amount
    found = _told(config, "source.video", "file", lambda: probe(asked.file, asked.start.amount, end))
    flaw = f"{asked.file}: {found.flaw}" if found.flaw else ""
    return replace(known, size=found.size, fps=found.fps, footage=found.seconds, sounding=bool(found.sound), flaw=flaw)


FOOTAGE: dict[str, Callable[[Config, Facts], Facts]] = {"frames": _frames, "video": _video}


def _told(config: Config, section: str, files: str, find_out: Callable[[], Found]) -> Found:
    """What `find_out` finds; what goes wrong in it is the fault of the section's setting `files`, or of its start."""
    try:
        return find_out()
    except ConfigError as error:
        raise config.problem(f"{section}.start", error.message, error.hint, MissingError) from error
    except RenderError as error:
        raise config.problem(f"{section}.{files}", f"cannot be used: {error.message}", error.hint, type(error)) from error
