"""Checking. From the nodes of a YAML file to a Config, or every problem with its place.

Node ── read ──> Settings ── inspect ──> Facts          what is asked for; what its files say
          Settings + Facts + Schedule + Places = Config  one value, written once
Config ── contradictions ──> SettingsError               over the whole film, and again over its draft
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from render.config import cuts
from render.config.clock import film_clock, instants
from render.config.curve import Curve
from render.config.draft import draft
from render.config.facts import Facts
from render.config.file_names import name_from
from render.config.hold import unsaid
from render.config.model import OBJECTIVES, Audio, Settings
from render.config.moving import movable
from render.config.nodes import Node, Text
from render.config.parts import fault_of, parts
from render.config.places import Places, find, path_of
from render.config.problem import (
    Place,
    Problem,
    ProblemsError,
    SettingError,
    SettingsError,
    comma_between,
    did_you_mean,
    missing_space,
    quote,
)
from render.config.schedule import Schedule, read_schedule
from render.config.section import Section, is_list, sections, tag, walk
from render.config.track import Array
from render.errors import ConfigError, RenderError, nearest
from render.loops import LOOPS
from render.moment import Clock

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config

LONGEST = 24 * 60 * 60  # seconds of film
LONGEST_NAME = 230  # bytes of a file's name; systems take 255, and what is being written has a longer one
TIME_KEY = re.compile(r"[0-9]|end$")
MOST_PLACES = 3  # at which a setting stands, for a message to name them
ALSO_CALLED = {  # words that people come with, and the settings that they mean
    **dict.fromkeys(("strength", "intensity", "learning_rate", "lr"), "dream.step_size"),
    **dict.fromkeys(("iterations", "num_steps"), "dream.steps"),
    **dict.fromkeys(("length", "seconds", "max_frames", "num_frames"), "duration"),
    **dict.fromkeys(("framerate", "frame_rate"), "fps"),
    **dict.fromkeys(("photo", "picture", "input"), "source.image"),
    **dict.fromkeys(("music", "sound", "track"), "audio"),
    **dict.fromkeys(("rotation", "angle"), "motion.rotate"),
    "resolution": "size",
    "model": "dream.network",
    "color": "look.colour",
}

Inspect = Callable[[Settings], Facts]


def no_facts(settings: Settings) -> Facts:
    """What is known of a film's files when nobody looks at them."""
    return Facts()


def check(tree: Node, name: str, inspect: Inspect = no_facts, quality: str = "final") -> Config:
    """The Config that `tree` asks for, checked over the whole film; with `quality` draft, its draft, checked as well.

    name: the film's, where the tree gives none. inspect: finds out what the film's files say.
    Raises ProblemsError; or, where a file cannot be used, the error that `inspect` names.
    """
    places = Places(tree, _features(tree))
    settings = _settings(tree, name, places)
    try:
        facts = inspect(settings)
    except SettingsError as faults:
        raise places.error([(".".join(map(str, error.path)), _raised(error)) for error in faults.errors]) from faults
    schedule, problems = _schedule(settings, facts, tree)
    from render.config.config import Config

    config = Config.of(settings, facts, schedule, places)
    _refuse([*problems, *(_problem(tree, error) for error in contradictions(config))])
    if quality != "draft":
        return config
    small = draft(config)
    _refuse([_problem(tree, error) for error in contradictions(small)])
    return small


def _raised(error: SettingError) -> RenderError:
    return error.error(error.message, error.hint)


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise ProblemsError(problems)


def _schedule(settings: Settings, facts: Facts, tree: Node) -> tuple[Schedule, Sequence[Problem]]:
    """What the film's schedule says, or what is wrong with it."""
    if settings.schedule is None:
        return Schedule(), ()
    try:
        fps = film_clock(settings, facts).fps
        return read_schedule(settings.schedule, dict(movable(settings)), find(tree, ["schedule"]), fps), ()
    except ProblemsError as error:
        return Schedule(), error.problems


# ── each setting ────────────────────────────────────────────────────────────────────────────────────────────────────


def _settings(tree: Node, name: str, places: Places) -> Settings:
    """What `tree` asks for, or every fault of a single setting."""
    flaws = tree.all_flaws()
    if tree.pairs is None:
        hint = missing_space(tree.scalar) or "write key: value, one a line"
        raise ProblemsError([Problem(tree.place, "a film is a mapping of settings", hint)])
    values = {"name": Text(name_from(name)), **tree.plain()}
    values.pop("extends", None)  # the base has been laid under long ago
    try:
        settings = Settings.model_validate(values, context=places)
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors(include_url=False)]
        raise ProblemsError([*flaws, *(_problem(tree, fault) for fault in faults)]) from None
    _refuse(flaws)
    return settings


def _features(tree: Node) -> tuple[str, ...]:
    """The names that the film's music has for expressions."""
    if (audio := tree.entry("audio")) is None:
        return ()
    if (features := audio[1].entry("features")) is None:
        return tuple(Audio.rows()["features"].default)
    return tuple(str(name.scalar) for name, _ in features[1].pairs or ())


def _problem(tree: Node, fault: SettingError) -> Problem:
    """A fault with its place and its key."""
    _, info, path = _setting(fault.path)
    place = find(tree, path, fault.on_key)
    if fault.column is not None:
        place = _column(place, fault.column)
    subject = ".".join(map(str, path[:-1] if fault.on_key else path)) or "the film"
    hint = fault.hint or (info and info.description) or ""
    return Problem(place, f"{subject} {fault.message}" if fault.continues else fault.message, hint)


def _column(place: Place, column: int) -> Place:
    """The place of one character of a scalar, where the scalar stands in one line as written."""
    if not place.origin.lines or place.width <= column:
        return place
    quoted = place.origin.lines[place.line][place.column : place.column + 1] in ('"', "'")
    return replace(place, column=place.column + column + quoted, width=1)


def _setting(path: Sequence[str | int]) -> tuple[type[Section], FieldInfo | None, list[str | int]]:
    """The innermost section on the way along `path`, the last setting named, and the path as YAML has it.

    Where a list holds several kinds of section, pydantic puts the kind, as <kind>, after the index.
    """
    section: type[Section] = Settings
    info: FieldInfo | None = None
    steps: list[str | int] = []
    for before, step in zip((None, *path), path, strict=False):
        inner = sections(info.annotation) if info else ()
        if kinds := [kind for kind in inner if isinstance(before, int) and tag(kind) == step]:
            section = kinds[0]
            continue
        steps.append(step)
        if isinstance(step, str):
            section = inner[0] if len(inner) == 1 else section
            info = section.rows().get(step, info)
    return section, info, steps


def _fault(details: ErrorDetails) -> SettingError:
    """Pydantic's error as a fault of ours."""
    path, kind = tuple(details["loc"]), details["type"]
    if isinstance(error := details.get("ctx", {}).get("error"), SettingError):
        return error.inside(*path)
    readings = {"extra_forbidden": _unknown, "missing": _missing}
    return readings.get(kind, _shape)(path, details["input"])


def _unknown(path: tuple[str | int, ...], value: Any) -> SettingError:
    section, _, (*above, key) = _setting(path)
    if section.shorthand and TIME_KEY.match(str(key)):
        hint = f"keyframes belong to one number: {section.shorthand}: {{{key}: …}}"
    elif "kind" in vars(section) and key in OBJECTIVES:
        hint = f"one objective dreams one thing: make {key} an item of its own"
    elif "kind" in vars(section) and (objective := not nearest(str(key), section.rows()) and nearest(str(key), OBJECTIVES)):
        hint = f"{objective}  known: {' '.join(section.rows())}"
    else:
        slip = comma_between(key, value) or missing_space(key) or fault_of(str(key))
        hint = slip or _elsewhere(str(key), above) or did_you_mean(str(key), section.rows())
    where = f" in {'.'.join(map(str, above))}" if above else ""
    return SettingError(f'unknown key "{key}"{where}', hint, path, on_key=True, continues=False)


def _elsewhere(key: str, above: Sequence[str | int]) -> str:
    """A hint: where a setting of that name stands, or the one that is meant by a word of another program; "" for others."""
    word = key.lower()
    meant = tuple(ALSO_CALLED.get(word, "").split("."))
    places = [meant] if word in ALSO_CALLED else [path for path in _places() if path[-1] == word]
    if not 0 < len(places) <= MOST_PLACES or places == [tuple(above)]:
        return ""
    return f"write {' or '.join(map(_written_out, places))}, or --set {'.'.join(places[0])}=…"


def _written_out(path: Sequence[str]) -> str:
    """A setting with all that it stands in: motion: {zoom: …}."""
    *above, last = path
    return "".join(f"{step}: {{" for step in above) + f"{last}: …" + "}" * len(above)


@cache
def _places() -> tuple[tuple[str, ...], ...]:
    """The path of every setting of a film, without the kinds of items of lists."""
    paths = ((*map(str, setting.path), "") for setting in walk(Settings))
    return tuple(
        dict.fromkeys(tuple(step for step, after in pairwise(path) if step not in OBJECTIVES or not after) for path in paths)
    )


def _missing(path: tuple[str | int, ...], value: Any) -> SettingError:
    _, info, _ = _setting(path)
    meaning = info.description if info else ""
    return SettingError(f"has no {path[-1]}", f"{path[-1]}: {meaning}", path, on_key=True)


def _shape(path: tuple[str | int, ...], value: Any) -> SettingError:
    """A list or mapping was wanted, and something else was given."""
    section, info, _ = _setting(path)
    if info and is_list(info.annotation) and not isinstance(path[-1], int):
        return SettingError(f"is {quote(value)}; it takes a list", path=path)
    inner = sections(info.annotation) if info else (section,)
    return SettingError(f"is {quote(value)}; it takes a mapping of {' '.join(inner[0].rows())}", missing_space(value), path)


# ── over the whole film ─────────────────────────────────────────────────────────────────────────────────────────────


def contradictions(config: Config) -> Iterator[SettingError]:
    """What is wrong with settings taken together, or at some moment of the film."""
    if config.size.of_source and config.source.noise is not None:
        yield SettingError("is source, and noise has no size of its own", "write 1280x720 or a name such as 720p", ("size",))
    if unknown := list(_unknown_facts(config)):
        yield from unknown
        return
    yield from _against_footage(config)
    clock = config.clock
    if clock.seconds > LONGEST:
        yield SettingError(f"is {config.duration}; a film lasts 24 hours at most", path=("duration",))
        return
    yield from _outputs(config)
    yield from cuts.faults(config)
    seconds = instants(clock)
    for key, curve in config.curves():
        unheard = curve.names & set(config.audio.features if config.audio else ()) - clock.features.keys()
        if curve.constant is None and not unheard and not unsaid(curve) and (message := out_of_range(curve, seconds, clock)):
            yield SettingError(message, path=path_of(key))


def _outputs(config: Config) -> Iterator[SettingError]:
    """Outputs of one name, or of a name that is too long once the film's is filled in; or that show what there is not."""
    files = [output.file.replace("{name}", config.name) for output in config.outputs]
    for index, file in enumerate(files):
        path = ("outputs", index, "file")
        if file in files[:index]:
            yield SettingError(f"is {quote(file)}, which another output is called already", path=path)
        length = max(len(part.encode()) for part in file.split("/"))
        if length > LONGEST_NAME:
            yield SettingError(f"is {quote(file)}, a name of {length} bytes; {LONGEST_NAME} is the most", "shorten it", path)
    for index, output in enumerate(config.outputs):
        if output.alpha == "mask" and config.mask is None:
            hint = "write mask: left.png, or alpha: dream"
            yield SettingError("is mask, and the film has none", hint, ("outputs", index, "alpha"))
        size = config.size
        if output.crop and not size.of_source and (fault := output.crop.fault(size.width, size.height)):
            yield SettingError(fault, "make it smaller, or write a shape such as 9:16", ("outputs", index, "crop"))


def _against_footage(config: Config) -> Iterator[SettingError]:
    """Settings that mean nothing for a film over footage."""
    if not config.source.moves:
        return
    if not LOOPS[config.loop].over_footage:
        yield SettingError(
            f"is {config.loop}, and footage goes on its own way", "loop: pingpong goes there and back", ("loop",)
        )
    for bending, motion in config.motion.in_use().items():
        if motion.bends and not motion.rests(config.motion.values()[bending]):
            *straight, last = (name for name, part in parts().motions.items() if not part.bends)
            hint = f"{', '.join(straight)} and {last} can be"
            yield SettingError("bends the picture without end, and cannot be used over footage", hint, ("motion", bending))
    for name in ("mean", "contrast"):
        if getattr(config.look, name) is not None:
            yield SettingError("cannot be held to over footage, which keeps its own", "leave it out", ("look", name))


def _unknown_facts(config: Config) -> Iterator[SettingError]:
    """Settings that ask the film's files for what those do not say."""
    facts = config.facts
    if config.fps == "source" and facts.fps is None:
        yield SettingError("is source, and only a video knows its own", "write fps: 30", ("fps",))
    lengths = {"source": (facts.footage, "only footage"), "audio": (facts.music, "only music")}
    length, what = lengths.get(config.duration.unit, (1, ""))
    if length is None:
        yield SettingError(f"is {config.duration}, and {what} knows how long it is", "write duration: 12s", ("duration",))


def out_of_range(curve: Curve, seconds: Array, clock: Clock) -> str:
    """What to say of the first moment at which a number is no number or out of its range; "" where there is none."""
    try:
        values, span = curve.over(seconds, clock), curve.span
    except ConfigError as error:  # of a function of a program
        return error.message
    with np.errstate(invalid="ignore"):
        bad = ~((values >= span.low) & (values <= span.high))
    if not bad.any():
        return ""
    first = int(np.argmax(bad))
    value, second = float(values[first]), min(float(seconds[first]), clock.seconds)
    when = f"at {second:.4g} s (frame {second * float(clock.fps):.4g})"
    if not np.isfinite(value):
        return f"is {value} {when}, not a number to work with"
    return f"is {value:.6g} {when}, outside {span}"
