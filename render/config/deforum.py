"""Deforum. What its settings files ask for, as far as a dream can: (text) -> the film, and what became of each key.

Read are the files that the notebook and the extension of A1111's web UI write (JSON, whatever they end in). There motion is
counted per frame, and in pixels; `{deforum: …, fps: …}` (deforum_keys.py) keeps its strings and reads them so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from render.config.deforum_film import IGNORED, Film
from render.config.deforum_readers import READERS
from render.config.nodes import to_yaml
from render.config.problem import SettingError
from render.config.scalars import read_size, write_rate
from render.errors import ConfigError

SIGNS = ("max_frames", "zoom", "angle", "translation_x", "animation_mode", "animation_prompts", "diffusion_cadence")
UNREADABLE = (SettingError, ValueError, TypeError, OverflowError)  # what a number that is none may raise

# Why a key is left out, by what its name looks like; the first that fits.
REASONS: dict[str, str] = {
    r".*prompt.*|prompts": "words lead a diffusion; a dream is led by dream.objective (`render classes bestiary` lists kinds)",
    r".*seed.*": "every dream has random numbers of its own here",
    r".*(hybrid|flow|cn_|controlnet|composite).*": "no counterpart; `flow` follows what moves in footage",
    r".*flip.*": "no counterpart; motion.tilt leans the picture back",
    r".*(depth|midas|plane|aspect_ratio|sampling_mode|fov).*": "a dream's picture has no depth that is known",
    r".*(color|contrast|kernel|sigma|threshold|sharpen|blur|gamma|histogram).*": "look.hold keeps brightness and contrast",
    r".*(upscal|interpolat|gif|video|ffmpeg|crf|preset|mp4|image_path|store|save|delete|out|dir|resume|filename|batch).*": (
        "outputs say which files are made"
    ),
    r".*mask.*": "no counterpart besides mask: its file, invert and feather",
    r".*(sampler|steps|scale|cfg|strength|noise|amount|ddim|eta|checkpoint|clip|model|scheduler|tiling|faces|hires|init).*": (
        "diffusion's own; a dream has dream.steps, step_size and octaves"
    ),
}
NO_COUNTERPART = "no counterpart here"


def read_settings(text: str) -> Mapping[str, Any]:
    """The settings in a file's text. Raises ConfigError for what is none of Deforum's."""
    try:
        old = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"not JSON, line {error.lineno}", "settings files of Deforum are JSON") from None
    except (ValueError, RecursionError, MemoryError):
        old = None
    if isinstance(old, dict):  # the notebook may keep its groups apart
        groups = {key: value for key, value in old.items() if key.endswith("args") and isinstance(value, dict)}
        old = {**{key: value for key, value in old.items() if key not in groups}, **dict(_flat(groups))}
    if not isinstance(old, dict) or not any(sign in old for sign in SIGNS):
        raise ConfigError(f"no settings file of Deforum: it has none of {' '.join(SIGNS)}")
    return old


def _flat(groups: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for group in groups.values():
        yield from group.items()


def convert(old: Mapping[str, Any]) -> Film:
    """The film that the settings ask for, and what became of each of their keys.

    Raises ConfigError for sizes and rates that no film has.
    """
    film = Film(old)
    _require_size_and_rate(film)
    for key in old:
        try:
            READERS.get(key, _leave_out)(film, key)
        except UNREADABLE:
            film.note(key, IGNORED, "its value cannot be read")
    _complete(film)
    return film


def _require_size_and_rate(film: Film) -> None:
    """Refuse what most keys are reckoned with, where it cannot be; ConfigError."""
    try:
        read_size("{}x{}".format(*film.size))
        _ = film.fps, film.frames
    except UNREADABLE as wrong:
        reason = wrong.message if isinstance(wrong, SettingError) else str(wrong)
        raise ConfigError(f"its size, its frames or their rate cannot be read: {reason}") from None


def why_not(key: str) -> str:
    """Why a key is left out."""
    return next((why for form, why in REASONS.items() if re.fullmatch(form, key, re.IGNORECASE)), NO_COUNTERPART)


def _complete(film: Film) -> None:
    """What the film needs besides."""
    motion = film.values.setdefault("motion", {})
    motion.setdefault("zoom", 1)
    if film.pan != [0, 0]:
        motion["pan"] = film.pan
    if film.center != [0.5, 0.5]:
        motion["center"] = film.center
    film.values["outputs"] = "{name}.mp4"
    if film.mode != "Video Input":
        film.values.setdefault("fps", write_rate(film.fps))
        film.values.setdefault("duration", f"{film.frames if film.mode != 'None' else 1} frames")


ORDER = ("name", "seed", "size", "fps", "duration", "source", "motion", "dream", "mask", "audio", "outputs")


def yaml_text(film: Film, name: str) -> str:
    """The film as YAML, and below, as comments, what became of each key. name: of the file that it comes from."""
    head = f"# What {name} asks for, by `render import deforum`.\n"
    body = to_yaml({key: film.values[key] for key in ORDER if key in film.values})
    fates = "\n".join(f"#   {fate}".replace("\n", " ") for fate in film.fates)
    return f"{head}{body.rstrip()}\n\n# What became of each key of {name}:\n{fates}\n"


def _leave_out(film: Film, key: str) -> None:
    film.note(key, IGNORED, why_not(key))
