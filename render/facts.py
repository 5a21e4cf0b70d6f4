"""Facts. Finding out what a film's own files say, before anything waits for torch: Settings -> Facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from render.config import load as load_config
from render.config.clock import USUAL_FPS
from render.config.facts import Facts
from render.config.model import Settings
from render.config.moving import features
from render.config.problem import SettingError
from render.errors import ConfigError, MissingError, RenderError

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config


def load(path: Path | str, overrides: Sequence[str] = (), quality: str = "final") -> Config:
    """The film that the file at `path` asks for, knowing what its own files say; else as render.config.load."""
    return load_config(path, overrides, quality, facts)


def facts(settings: Settings) -> Facts:
    """What the footage and the music of a film, and the take that it follows, say of themselves.

    Raises a SettingError at the setting at fault.
    """
    about = Facts()
    if settings.source.kind in FOOTAGE:
        about = FOOTAGE[settings.source.kind](settings, about)
    if settings.follow:
        about = _followed(settings, about)
    return _music(settings, about) if settings.audio else about


def _frames(settings: Settings, about: Facts) -> Facts:
    from render.source.sequence import picture_files

    fps = settings.fps if isinstance(settings.fps, Fraction) else USUAL_FPS
    with _blaming("source", "frames", file="files"):
        found = picture_files(settings.source.part.files)
    return replace(about, footage=len(found.files) / fps, pictures=found.files, notes=found.notes)


def _video(settings: Settings, about: Facts) -> Facts:
    from render.source.audio import Sound, footage_loss
    from render.source.footage import probe

    part = settings.source.part
    with _blaming("source", "video"):
        video = probe(part.file, part.start.amount, part.end and part.end.amount)
        heard = Sound(part.file, video.start, video.seconds, zero=video.zero) if video.sound and not settings.audio else None
        unheard = MUTE if video.mute and not settings.audio else footage_loss(heard) if heard else ""
    return replace(
        about,
        size=video.size,
        fps=video.fps,
        footage=video.seconds,
        sounding=bool(video.sound),
        flaw=_sentences(part.file, video.flaw, unheard),
        notes=video.notes,
        video=video,
    )


def _followed(settings: Settings, about: Facts) -> Facts:
    from render.source.tick import NEGATIVE, tick_count

    assert settings.follow
    return replace(about, dreams=tick_count(settings.follow.take / NEGATIVE))


def _music(settings: Settings, about: Facts) -> Facts:
    from render.source.audio import listen

    audio = settings.audio
    assert audio
    bands = {name: audio.features[name] for name in features(settings)}
    with _blaming("audio"):
        offset = audio.offset.amount if audio.offset else None
        music = listen(audio.file, audio.start.amount, bands, audio.bpm or settings.bpm, offset)
    return replace(
        about,
        music=music.seconds,
        bpm=music.bpm,
        first_beat=music.first_beat,
        features=music.features,
        music_digest=music.digest,
        music_stamp=music.stamp,
        flaw="\n".join(filter(None, (about.flaw, _sentences(audio.file, music.flaw)))),
    )


def _sentences(file: Path, *flaws: str) -> str:
    """What is said of a file, a line each."""
    return "\n".join(f"{file}: {flaw}" for flaw in flaws if flaw)


MUTE = "has sound that cannot be read here, and the film is silent"
FOOTAGE: dict[str, Callable[[Settings, Facts], Facts]] = {"frames": _frames, "video": _video}


@contextmanager
def _blaming(*section: str, file: str = "file") -> Iterator[None]:
    """What goes wrong inside is the fault of the section's setting `file`, or of its start where that lies past the end."""
    try:
        yield
    except ConfigError as error:
        raise SettingError(error.message, error.hint, (*section, "start"), error=MissingError) from error
    except RenderError as error:
        message = f"cannot be used: {error.message}"
        raise SettingError(message, error.hint, (*section, file), error=type(error)) from error
