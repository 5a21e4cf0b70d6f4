"""Deforum. What its settings files ask for, as far as a dream can: (text) -> the film, and what became of each key.

Read are the files that the notebook and the extension of A1111's web UI write (JSON, whatever they end in). There motion is
counted per frame, and in pixels; `{deforum: …, fps: …}` (deforum_keys.py) keeps its strings and reads them so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import pi, radians, tan
from typing import Any

from render.config import expression
from render.config.curve import read_curve
from render.config.deforum_keys import DEFORUM_NAMES, deforum_keys
from render.config.file_names import name_from
from render.config.nodes import to_yaml
from render.config.problem import SettingError
from render.config.scalars import read_rate, read_size, write_rate
from render.config.track import ANY, Span
from render.errors import ConfigError

PIXELS_3D = 200  # units of a translation in 3D that are the distance to the picture, were it a plane
USUAL_FPS, USUAL_FOV = {"a1111": 15, "notebook": 12}, 40.0
USED, CONVERTED, IGNORED = "used", "converted", "ignored"
MOVING = ("2D", "3D")
ZOOM, SPEED = Span("times per second", 0, float("inf"), log=True), Span("per second", -float("inf"), float("inf"))
SIGNS = ("max_frames", "zoom", "angle", "translation_x", "animation_mode", "animation_prompts", "diffusion_cadence")

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
UNREADABLE = (SettingError, ValueError, TypeError, OverflowError)  # what a number that is none may raise
NO_COUNTERPART = "no counterpart here"


@dataclass(frozen=True)
class Fate:
    """What became of one key: used as it is, converted, or ignored, and how or why."""

    key: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what}, {self.why}" if self.why else f"{self.key}: {self.what}"


@dataclass
class Film:
    """The film that comes of a file, while it is read."""

    old: Mapping[str, Any]  # the settings as they were
    values: dict[str, Any] = field(default_factory=dict)  # of the film, nested as in YAML
    fates: list[Fate] = field(default_factory=list)
    pan: list[Any] = field(default_factory=lambda: [0, 0])
    center: list[Any] = field(default_factory=lambda: [0.5, 0.5])

    @property
    def mode(self) -> str:
        """2D, 3D, Video Input, Interpolation or None."""
        return str(self.old.get("animation_mode", "2D"))

    @property
    def fps(self) -> Fraction:
        """Frames a second; the usual ones of the program that wrote the file, where it names none."""
        fps = self.old.get("fps")
        return read_rate(fps) if fps else Fraction(USUAL_FPS["notebook" if "animation_prompts" in self.old else "a1111"])

    @property
    def frames(self) -> int:
        return max(1, int(float(self.old.get("max_frames") or 1)))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return int(self.old.get("W") or 512), int(self.old.get("H") or 512)

    @property
    def focal(self) -> float:
        """Frame heights that something at distance 1 moves on the picture by when it moves 1: the lens of 3D."""
        width, height = self.size
        fov = first_number(self.old.get("fov_schedule", self.old.get("fov", USUAL_FOV)), USUAL_FOV)
        return min(1.0, width / height) / (2 * tan(radians(min(max(fov, 1.0), 170.0)) / 2))

    def note(self, key: str, what: str, why: str = "") -> None:
        """Keep what became of a key."""
        self.fates.append(Fate(key, what, why))


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


# ── strings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def schedule_of(value: Any, frames: int) -> str:
    """A Deforum string as it is written here: `0: (1.02), 60: (1.05)`; its keys may be formulas of max_f."""
    text = str(value).replace("\n", " ").strip().strip(",")
    if ":" not in text:
        return f"0: ({text.strip('() ')})"
    return ", ".join(f"{_frame(key, frames)}: ({inner})" for key, inner in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The keys and values of a string, split at the commas that stand in no bracket."""
    if text.count("(") != text.count(")"):
        raise SettingError("has a bracket that never closes or opens")
    depth, start = 0, 0
    for place, letter in enumerate(f"{text},"):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            key, _, inner = text[start:place].partition(":")
            start, inner = place + 1, inner.strip()
            yield key.strip().strip("\"'"), inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner


def _frame(key: str, frames: int) -> int:
    if key.isdecimal():
        return int(key)
    formula = expression.parse(key, DEFORUM_NAMES)
    formula.require(())
    return max(0, int(formula({"max_f": frames - 1, "t": 0, "s": 0})))


def first_number(value: Any, usual: float) -> float:
    """The first value of a schedule, where it is a number."""
    match = re.search(r"(?:^|\()\s*([-+]?[0-9.]+)\s*(?:$|\))", str(value))
    return float(match[1]) if match else usual


def constant_of(schedule: str) -> float | None:
    """The number that a schedule always is; raises SettingError for one that names what is not known here."""
    curve = read_curve(schedule, ANY)
    curve.require(())
    return curve.constant


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Reader = Callable[[Film, str], None]


def speed(
    modes: str, put: Callable[[Film, Any], bool], each: Callable[[Film], str], span: Span, rests: float, about: str = ""
) -> Reader:
    """How a string of numbers per frame is read in some modes. put: keeps the speed, False where another stands there."""

    def read(film: Film, key: str) -> None:
        if film.mode not in modes.split():
            film.note(key, IGNORED, f"it moves nothing in the mode {film.mode}")
            return
        try:
            schedule = schedule_of(film.old[key], film.frames)
            list(deforum_keys(schedule))
            number, formula = constant_of(schedule), each(film)
            written = {"deforum": schedule, "fps": write_rate(film.fps), **({"each": formula} if formula != "x" else {})}
            curve = read_curve(written, span)
            curve.require(())
        except SettingError as wrong:
            film.note(key, IGNORED, f"it {wrong.message}")
            return
        if number == rests:
            film.note(key, USED, "it stands still")
        elif not put(film, written if curve.constant is None else _short(curve.constant)):
            film.note(key, IGNORED, "another key moves the picture in this direction already")
        else:
            now = "from frames to seconds" if curve.constant is None else f"{number:g} a frame is {curve.constant:.4g} a second"
            film.note(key, CONVERTED, now + (f"; {about}" if about else ""))

    return read


def _motion(name: str) -> Callable[[Film, Any], bool]:
    def put(film: Film, value: Any) -> bool:
        motion = film.values.setdefault("motion", {})
        free: bool = name not in motion
        motion.setdefault(name, value)
        return free

    return put


def _pan(axis: int) -> Callable[[Film, Any], bool]:
    def put(film: Film, value: Any) -> bool:
        free: bool = film.pan[axis] == 0
        film.pan[axis] = value if free else film.pan[axis]
        return free

    return put


def _shift(sign: int) -> Callable[[Film], str]:
    """A translation: in pixels of the picture's height, or in 3D along a plane."""

    def each(film: Film) -> str:
        if film.mode == "2D":
            return f"x/{film.size[1]}"
        return f"{sign * film.focal / PIXELS_3D:.6g}*x"

    return each


def _turn(sign: int) -> Callable[[Film], str]:
    """A turn of the lens, which moves the picture."""
    return lambda film: f"{sign * film.focal * pi / 180:.6g}*x"


def _place(axis: int) -> Reader:
    def read(film: Film, key: str) -> None:
        if film.mode != "2D":
            film.note(key, IGNORED, f"it moves nothing in the mode {film.mode}")
            return
        try:
            schedule = schedule_of(film.old[key], film.frames)
            number = constant_of(schedule)
        except SettingError as wrong:
            film.note(key, IGNORED, f"it {wrong.message}")
            return
        film.center[axis] = schedule if number is None else _short(min(max(number, 0.0), 1.0))
        film.note(key, USED, "as motion.center")

    return read


def _leave_out(film: Film, key: str) -> None:
    film.note(key, IGNORED, why_not(key))


def _seed(film: Film, key: str) -> None:
    seed = int(float(film.old[key] or 0))
    film.values["seed"] = seed if seed >= 0 else "random"
    film.note(key, USED if seed >= 0 else CONVERTED, "" if seed >= 0 else "-1 is random")


def _name(film: Film, key: str) -> None:
    film.values["name"] = name_from(re.sub(r"[_-]?\{[^}]*\}", "", str(film.old[key])) or "film")
    film.note(key, USED, "as name")


def _size(film: Film, key: str) -> None:
    width, height = film.size
    film.values["size"] = str(read_size(f"{width}x{height}"))
    film.note(key, USED, "as size")


def _fps(film: Film, key: str) -> None:
    if film.mode == "Video Input":
        film.note(key, IGNORED, "the film has that of its video")
        return
    film.values["fps"] = write_rate(film.fps)
    film.note(key, USED)


def _length(film: Film, key: str) -> None:
    if film.mode == "Video Input":
        film.note(key, IGNORED, "the film is as long as its video")
    elif film.mode == "None":
        film.note(key, IGNORED, "in the mode None every picture is one of its own: one is made")
    else:
        film.note(key, CONVERTED, f"{film.frames} frames at {float(film.fps):g} are {float(film.frames / film.fps):.4g} s")


def _cadence(film: Film, key: str) -> None:
    cadence = max(1, int(first_number(film.old[key], 1)))
    if film.mode == "Video Input":
        film.note(key, IGNORED, "write dream.rate, the dreams a second of the video")
        return
    rate = film.fps / cadence
    film.values.setdefault("dream", {})["rate"] = write_rate(rate)
    film.note(key, CONVERTED, f"a dream every {cadence} frames is {float(rate):.4g} a second, dream.rate")


def _init(film: Film, key: str) -> None:
    """The picture that a film begins with, if it is used and a file."""
    file = str(film.old[key] or "")
    if not film.old.get("use_init") or film.mode == "Video Input" or not file:
        film.note(key, IGNORED, "use_init is off" if film.mode != "Video Input" else "the video is the source")
    else:
        _begin_with(film, key, "image", file)


def _video(film: Film, key: str) -> None:
    file = str(film.old[key] or "")
    if film.mode != "Video Input" or not file:
        film.note(key, IGNORED, f"the mode is {film.mode}")
    else:
        _begin_with(film, key, "video", file)


def _begin_with(film: Film, key: str, source: str, file: str) -> None:
    """Make a file the film's source, if it is one."""
    if "://" in file:
        film.note(key, IGNORED, f"an address: download it and write source: {{{source}: FILE}}")
    else:
        film.values["source"] = {source: file}
        film.note(key, USED, f"as source.{source}")


def _mask(film: Film, key: str) -> None:
    file = str(film.old[key] or "")
    if not film.old.get("use_mask") or not file or "://" in file:
        film.note(key, IGNORED, "an address: download it and write mask: FILE" if "://" in file else "use_mask is off")
        return
    blur = first_number(film.old.get("mask_overlay_blur", 4), 4)
    film.values["mask"] = {"file": file, "invert": bool(film.old.get("invert_mask")), "feather": blur}
    film.note(key, USED, "as mask.file; white is where it dreams")


def _sound(film: Film, key: str) -> None:
    file, wanted = str(film.old[key] or ""), str(film.old.get("add_soundtrack", "None"))
    if wanted != "File" or not file or "://" in file:
        address = "an address: download it and write audio: FILE"
        film.note(key, IGNORED, address if "://" in file else "add_soundtrack names no file")
        return
    film.values["audio"] = {"file": file}
    film.note(key, USED, "as audio.file; features of it can move numbers here")


def _border(film: Film, key: str) -> None:
    names = {"wrap": "wrap", "replicate": "replicate", "border": "replicate", "reflection": "reflect", "zeros": "replicate"}
    mine = ("border", "padding_mode")[film.mode == "3D"]
    border = names.get(str(film.old[key]))
    if key != mine or border is None:
        film.note(key, IGNORED, f"it counts in {'2D' if key == 'border' else '3D'} only" if key != mine else "not known here")
        return
    film.values.setdefault("motion", {})["border"] = border
    film.note(key, USED if border == film.old[key] else CONVERTED, f"as motion.border: {border}")


def _with(other: str, switch: str = "") -> Reader:
    """A key that says something of another's, where its switch is on."""

    def read(film: Film, key: str) -> None:
        off = switch and not film.old.get(switch)
        film.note(key, *((IGNORED, f"{switch} is off") if off else (USED, f"with {other}")))

    return read


def _lens(film: Film, key: str) -> None:
    used = USED, "its first value, for what moves in 3D"
    film.note(key, *(used if film.mode == "3D" else (IGNORED, "it counts in 3D only")))


def _mode(film: Film, key: str) -> None:
    modes = {
        "Video Input": "the dream follows a video",
        "None": "one picture",
        "Interpolation": "prompts are left out, nothing moves",
    }
    film.note(key, USED, modes.get(film.mode, f"what moves in {film.mode}"))


FLAT = "as if the picture were a plane one lens away, since no depth is known"
READERS: dict[str, Reader] = {
    "animation_mode": _mode,
    "batch_name": _name,
    "seed": _seed,
    "W": _size,
    "H": _size,
    "fps": _fps,
    "max_frames": _length,
    "diffusion_cadence": _cadence,
    "border": _border,
    "padding_mode": _border,
    "zoom": speed("2D", _motion("zoom"), lambda film: "x", ZOOM, 1.0),
    "angle": speed("2D", _motion("rotate"), lambda film: "-x", SPEED, 0.0, "there against the clock, here with it"),
    "translation_x": speed("2D 3D", _pan(0), _shift(1), SPEED, 0.0, "from pixels to frame heights"),
    "translation_y": speed("2D 3D", _pan(1), _shift(-1), SPEED, 0.0, "from pixels to frame heights"),
    "translation_z": speed("3D", _motion("zoom"), lambda film: f"1/(1 - x/{PIXELS_3D})", ZOOM, 0.0, FLAT),
    "rotation_3d_x": speed("3D", _pan(1), _turn(-1), SPEED, 0.0, "the picture moves, and does not lean"),
    "rotation_3d_y": speed("3D", _pan(0), _turn(1), SPEED, 0.0, "the picture moves, and does not lean"),
    "rotation_3d_z": speed("3D", _motion("rotate"), lambda film: "-x", SPEED, 0.0, "there against the clock, here with it"),
    "transform_center_x": _place(0),
    "transform_center_y": _place(1),
    "use_init": _with("init_image"),
    "init_image": _init,
    "video_init_path": _video,
    "use_mask": _with("mask_file"),
    "mask_file": _mask,
    "invert_mask": _with("mask_file", "use_mask"),
    "mask_overlay_blur": _with("mask_file", "use_mask"),
    "add_soundtrack": _with("soundtrack_path"),
    "soundtrack_path": _sound,
    "fov": _lens,
    "fov_schedule": _lens,
}


def _short(number: float) -> float:
    """A number of ten digits; whole ones as such."""
    short = float(f"{number:.10g}")
    return int(short) if short.is_integer() else short
