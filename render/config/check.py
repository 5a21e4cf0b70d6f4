"""Checking. From the nodes of a YAML file to a Config: (tree, name) -> Config, or every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from render.config.curve import Array, Curve
from render.config.facts import Facts
from render.config.kinds import name_from
from render.config.model import OBJECTIVES, Audio, Config, Places, find
from render.config.nodes import Node, Text
from render.config.problem import Place, Problem, ProblemsError, SettingError, did_you_mean, quote
from render.config.schedule import movable, read_schedule
from render.config.section import Section, is_list, sections, tag
from render.loops import LOOPS
from render.moment import Clock

LONGEST = 24 * 60 * 60  # seconds of film
TICKS_CHECKED = 20_000
INSTANTS_CHECKED = 2_001
TIME_KEY = re.compile(r"[0-9]|end$")
UNKNOWN = "unknown key"  # begins the one message that does not begin with a key's name


Inspect = Callable[[Config], Facts]


def nothing(config: Config) -> Facts:
    """What is known of a film's files when nobody looks at them."""
    return Facts()


def checked(tree: Node, name: str, look: Inspect = nothing) -> Config:
    """The Config that `tree` asks for, checked over the whole film. Raises ProblemsError.

    name: the film's, where the tree gives none. look: finds out what the film's files say.
    """
    config = _validated(tree, name)
    config = config.informed(look(config))
    config, problems = _scheduled(config, tree)
    if problems := [*problems, *(_problem(tree, wrong) for wrong in impossible(config))]:
        raise ProblemsError(problems)
    return config


def _scheduled(config: Config, tree: Node) -> tuple[Config, Sequence[Problem]]:
    """The film as its schedule moves it, or what is wrong with that."""
    if config.schedule is None:
        return config, ()
    try:
        schedule = read_schedule(config.schedule, dict(movable(config)), find(tree, ["schedule"]))
    except ProblemsError as error:
        return config, error.problems
    return config.moved_by(schedule), ()


# ── each setting ────────────────────────────────────────────────────────────────────────────────────────────────────


def _validated(tree: Node, name: str) -> Config:
    flaws = tree.all_flaws()
    if tree.pairs is None:
        raise ProblemsError([Problem(tree.place, "a film is a mapping of settings", "write key: value, one a line")])
    values = {"name": Text(name_from(name)), **tree.plain()}
    values.pop("extends", None)  # the base has been laid under long ago
    try:
        config = Config.model_validate(values, context=Places(tree, _features(tree)))
    except ValidationError as error:
        wrongs = [_wrong(details) for details in error.errors(include_url=False)]
        raise ProblemsError([*flaws, *(_problem(tree, wrong) for wrong in wrongs)]) from None
    if flaws:
        raise ProblemsError(flaws)
    return config


def _features(tree: Node) -> tuple[str, ...]:
    """The names that the film's music has for expressions."""
    if (audio := tree.entry("audio")) is None:
        return ()
    given = audio[1].entry("features")
    return tuple(given[1].plain() or () if given else Audio.rows()["features"].default)


def _problem(tree: Node, wrong: SettingError) -> Problem:
    """A fault with its place and its key."""
    _, info, path = _setting(wrong.path)
    place = find(tree, path, wrong.on_key)
    if wrong.column is not None:
        place = _column(place, wrong.column)
    subject = ".".join(map(str, path[:-1] if wrong.on_key else path)) or "the film"
    hint = wrong.hint or (info and info.description) or ""
    return Problem(place, wrong.message if UNKNOWN in wrong.message else f"{subject} {wrong.message}", hint)


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
    section: type[Section] = Config
    info: FieldInfo | None = None
    steps: list[str | int] = []
    for before, step in zip((None, *path), path, strict=False):
        inner = sections(info.annotation) if info else ()
        if tagged := [one for one in inner if isinstance(before, int) and tag(one) == step]:
            section = tagged[0]
            continue
        steps.append(step)
        if isinstance(step, str):
            section = inner[0] if len(inner) == 1 else section
            info = section.rows().get(step, info)
    return section, info, steps


def _wrong(details: ErrorDetails) -> SettingError:
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
    else:
        hint = did_you_mean(str(key), section.rows())
    where = f" in {'.'.join(map(str, above))}" if above else ""
    return SettingError(f'{UNKNOWN} "{key}"{where}', hint, path, on_key=True)


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
    return SettingError(f"is {quote(value)}; it takes a mapping of {' '.join(inner[0].rows())}", path=path)


# ── over the whole film ─────────────────────────────────────────────────────────────────────────────────────────────


def impossible(config: Config) -> Iterator[SettingError]:
    """What is wrong with settings taken together, or at some moment of the film."""
    if config.size.of_source and config.source.noise is not None:
        yield SettingError("is source, and noise has no size of its own", "write 1280x720 or a name such as 720p", ("size",))
    if unknown := list(unsaid(config)):
        yield from unknown
        return
    yield from unlike_footage(config)
    clock = config.clock
    if clock.seconds > LONGEST:
        yield SettingError(f"is {config.duration}; a film lasts 24 hours at most", path=("duration",))
        return
    files = [output.file.replace("{name}", config.name) for output in config.outputs]
    for index, file in enumerate(files):
        if file in files[:index]:
            yield SettingError(f"is {quote(file)}, which another output is called already", path=("outputs", index, "file"))
    instants = checked_instants(clock)
    for key, curve in config.curves():
        unheard = curve.names & set(config.audio.features if config.audio else ()) - clock.features.keys()
        if curve.constant is None and not unheard and (message := astray(curve, instants, clock)):
            path = tuple(int(step) if step.isdigit() else step for step in key.split("."))
            yield SettingError(message, path=path)


def unlike_footage(config: Config) -> Iterator[SettingError]:
    """Settings that mean nothing for a film over footage."""
    if not config.source.moves:
        return
    if not LOOPS[config.loop].over_footage:
        yield SettingError(
            f"is {config.loop}, and footage goes on its own way", "loop: pingpong goes there and back", ("loop",)
        )
    if config.motion.swirl.constant != 0:
        hint = "zoom, rotate, pan, spiral, shake and tilt can be"
        yield SettingError("bends the picture without end, and cannot be used over footage", hint, ("motion", "swirl"))
    for name in ("mean", "contrast"):
        if getattr(config.look, name) is not None:
            yield SettingError("cannot be held to over footage, which keeps its own", "leave it out", ("look", name))


def unsaid(config: Config) -> Iterator[SettingError]:
    """Settings that ask the film's files for what those do not say."""
    facts = config.facts
    if config.fps == "source" and facts.fps is None:
        yield SettingError("is source, and only a video knows its own", "write fps: 30", ("fps",))
    said = {"source": (facts.footage, "only footage"), "audio": (facts.music, "only music")}
    length, who = said.get(config.duration.unit, (1, ""))
    if length is None:
        yield SettingError(f"is {config.duration}, and {who} knows how long it is", "write duration: 12s", ("duration",))


def checked_instants(clock: Clock) -> Array:
    """The seconds at which moving numbers are looked at: every tick (in very long films, some) and a fixed grid."""
    count = min(clock.last_tick + 1, TICKS_CHECKED)
    ticks = np.linspace(0, clock.last_tick, count) / float(clock.rate)
    return np.unique(np.concatenate([ticks, np.linspace(0, clock.seconds, INSTANTS_CHECKED)]))


def astray(curve: Curve, instants: Array, clock: Clock) -> str:
    """What to say of the first moment at which a number is no number or out of its range; "" where there is none."""
    values = curve.over(instants, clock)
    span = curve.span
    with np.errstate(invalid="ignore"):
        bad = ~((values >= span.low) & (values <= span.high))
    if not bad.any():
        return ""
    first = int(np.argmax(bad))
    value, seconds = float(values[first]), min(float(instants[first]), clock.seconds)
    when = f"at {seconds:.4g} s (frame {seconds * float(clock.fps):.4g})"
    if not np.isfinite(value):
        return f"is {value} {when}, not a number to work with"
    return f"is {value:.6g} {when}, outside {span}"
