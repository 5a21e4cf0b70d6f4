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
from render.config.model import Settings, SourceSettings
from render.config.moving import features
from render.config.problem import SettingError, SettingsError
from render.config.scalars import NetworkChoice
from render.config.section import walk
from render.config.setting_types import FILE, PALETTE
from render.errors import ConfigError, MissingError, RenderError
from render.inputs import PICTURE, near

MUTE = "has sound that cannot be read here, and the film is silent"

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config


def load(path: Path | str, overrides: Sequence[str] = (), quality: str = "final") -> Config:
    """The film that the file at `path` asks for, knowing what its own files say; else as render.config.load."""
    return load_config(path, overrides, quality, facts_and_files)


def facts(settings: Settings) -> Facts:
    """What the footage and the music of a film, and the take that it follows, say of themselves.

    Raises a SettingsError with every setting at fault. A picture may be gone: a take has all that was dreamed of it.
    """
    known, faults = _inquire(settings)
    if faults:
        raise SettingsError(faults)
    return known


def facts_and_files(settings: Settings) -> Facts:
    """The same of a film that is to be dreamed: the SettingsError also tells every other file that is not there."""
    known, faults = _inquire(settings)
    faults += [error for error in _absent(settings) if all(error.path != other.path for other in faults)]
    if faults:
        raise SettingsError(faults)
    return known


def _inquire(settings: Settings) -> tuple[Facts, list[SettingError]]:
    """What is found, and what is at fault."""
    known, faults = Facts(), list[SettingError]()
    for concerns, inquire in INQUIRIES:
        try:
            known = inquire(settings, known) if concerns(settings) else known
        except SettingError as error:
            faults.append(error)
    return known, faults


def _absent(settings: Settings) -> Iterator[SettingError]:
    """A fault for each file that the settings name and that is not there."""
    for setting in walk(settings):
        network = setting.value if isinstance(setting.value, NetworkChoice) else None
        files = (network.weights, network.labels) if network else (setting.value,) if setting.type in (FILE, PALETTE) else ()
        for file in files:
            if isinstance(file, Path) and _is_absent(file):
                message = f"cannot be used: {file}: there is no such file"
                yield SettingError(message, near(file), setting.path, error=MissingError)


def _is_absent(file: Path) -> bool:
    """Whether there is no such file; of one that is there and cannot be reached, whoever reads it tells."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _frames(settings: Settings, known: Facts) -> Facts:
    from render.source.sequence import picture_files

    fps = settings.fps if isinstance(settings.fps, Fraction) else USUAL_FPS
    with _blame("source", "frames", file="files"):
        sequence = picture_files(settings.source.part.files)
    return replace(known, footage=len(sequence.files) / fps, pictures=sequence.files, notes=sequence.notes)


def _video(settings: Settings, known: Facts) -> Facts:
    from render.source.footage import probe
    from render.source.sound_file import Sound, footage_loss

    part = settings.source.part
    with _blame("source", "video"), _if_no_video(part.file):
        video = probe(part.file, part.start.amount, part.end and part.end.amount)
        sound = Sound(part.file, video.start, video.seconds, zero=video.zero)
        silent = "" if settings.audio else MUTE if video.mute else footage_loss(sound) if video.sound else ""
    return replace(
        known,
        size=video.size,
        fps=video.fps,
        footage=video.seconds,
        sounding=bool(video.sound),
        flaw=_sentences(part.file, video.flaw, silent),
        notes=video.notes,
        video=video,
    )


def _followed(settings: Settings, known: Facts) -> Facts:
    from render.source.tick import NEGATIVE, tick_count

    assert settings.follow
    return replace(known, dreams=tick_count(settings.follow.take / NEGATIVE))


def _music(settings: Settings, known: Facts) -> Facts:
    from render.source.audio import listen

    audio = settings.audio
    assert audio
    bands = {name: audio.features[name] for name in features(settings)}
    with _blame("audio"):
        offset = audio.offset.amount if audio.offset else None
        music = listen(audio.file, audio.start.amount, bands, audio.bpm or settings.bpm, offset)
    return replace(
        known,
        music=music.seconds,
        bpm=music.bpm,
        first_beat=music.first_beat,
        features=music.features,
        music_digest=music.digest,
        music_stamp=music.stamp,
        flaw="\n".join(filter(None, (known.flaw, _sentences(audio.file, music.flaw)))),
    )


def _palette(settings: Settings, known: Facts) -> Facts:
    """The digest of the picture that the film's colours are led to. One that is gone is told by who needs it."""
    assert settings.look.colour
    file = settings.look.colour.palette
    if not isinstance(file, Path) or _is_absent(file):
        return known
    from render.source import stamp

    with _blame("look", "colour", file="palette"):
        return replace(known, palette_digest=stamp.digest(stamp.stamp(file, PICTURE), PICTURE))


def _sentences(file: Path, *flaws: str) -> str:
    """What is said of a file, a line each."""
    return "\n".join(f"{file}: {flaw}" for flaw in flaws if flaw)


@contextmanager
def _if_no_video(file: Path) -> Iterator[None]:
    """What cannot be read inside as a video is told to be a picture where its ending says so."""
    try:
        yield
    except MissingError as error:
        if file.suffix.lower() not in SourceSettings.endings["image"] or error.hint or _is_absent(file):
            raise
        message, hint = f"{file}: is a picture, not a video", f"it is asked for by source: {{image: {file.name}}}"
        raise MissingError(message, hint) from error


@contextmanager
def _blame(*section: str, file: str = "file") -> Iterator[None]:
    """What goes wrong inside is the fault of the section's setting `file`, or of its start where that lies past the end."""
    try:
        yield
    except ConfigError as error:
        raise SettingError(error.message, error.hint, (*section, "start"), error=MissingError) from error
    except RenderError as error:
        message = f"cannot be used: {error.message}"
        raise SettingError(message, error.hint, (*section, file), error=type(error)) from error


# What is asked of a film's files: (whether it has any, what they say added to what is known).
INQUIRIES: tuple[tuple[Callable[[Settings], bool], Callable[[Settings, Facts], Facts]], ...] = (
    (lambda settings: settings.source.kind == "frames", _frames),
    (lambda settings: settings.source.kind == "video", _video),
    (lambda settings: settings.follow is not None, _followed),
    (lambda settings: settings.audio is not None, _music),
    (lambda settings: settings.look.colour is not None, _palette),
)
