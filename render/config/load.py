"""Loading. From YAML to a Config: (path, overrides) -> Config, or one error that names every problem with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from os.path import realpath
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from render.config import nodes
from render.config.curve import Curve
from render.config.draft import draft
from render.config.kinds import FILE
from render.config.model import OBJECTIVES, Config, OneOf, Places, Section, find, sections
from render.config.nodes import Node
from render.config.problem import ConfigProblems, Origin, Place, Problem, Wrong, did_you_mean, report, shown
from render.errors import ConfigError, MissingError
from render.moment import Clock

LONGEST = 24 * 60 * 60  # seconds of film
TICKS_CHECKED = 20_000
INSTANTS_CHECKED = 2_001
UNKNOWN = "unknown key"  # begins the one message that does not begin with a key's name


def load(path: Path | str, overrides: Sequence[str] = (), quality: str = "final") -> Config:
    """The film that the file at `path` asks for.

    overrides: `key.key=value` texts of `--set`, in order. Raises ConfigError or MissingError with the whole message.
    """
    file = Path(path)
    return load_text(read(file), str(path), file.parent, overrides, quality)


def load_text(
    text: str, name: str = "film.yaml", folder: Path | str = ".", overrides: Sequence[str] = (), quality: str = "final"
) -> Config:
    """The film that `text` asks for; `name` is the file's in messages, `folder` where its relative paths start."""
    origin = Origin(name, Path(folder).absolute(), nodes.lines_of(text), 0)
    tree = extended(nodes.parse(text, origin), (realpath(origin.folder / Path(name).name),))
    for rank, override in enumerate(overrides):
        tree = overridden(tree, override, 1000 + rank)
    config = build(tree, Path(name).stem)
    if problems := [_problem(tree, wrong) for wrong in impossible(config)]:
        raise ConfigProblems(problems)
    return draft(config) if quality == "draft" else config


def read(path: Path) -> str:
    """The text of a configuration file; raises MissingError or ConfigError."""
    try:
        data = path.read_bytes() if path.stat().st_size <= 4 * nodes.LARGEST else b"\0"
    except (OSError, ValueError) as error:
        reason = {"FileNotFoundError": "no such file", "IsADirectoryError": "it is a folder"}
        raise MissingError(f"{path}: {reason.get(type(error).__name__, str(error))}") from None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ConfigError(f"{path}: the file is written in UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not a text file in UTF-8") from None
    if "\0" in text:
        raise ConfigError(f"{path}: not a text file; a film is asked for in YAML")
    return text


# ── merging ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def extended(tree: Node, seen: tuple[str, ...]) -> Node:
    """`tree` laid over the file that it extends, and that over its own base."""
    entry = tree.entry("extends")
    if entry is None:
        return tree
    place, wanted = entry[1].place, entry[1].scalar
    try:
        path = FILE.read(wanted)
    except Wrong as wrong:
        raise ConfigProblems([Problem(place, f"extends {wrong.message}", "extends: base.yaml")]) from None
    if realpath(path) in seen:
        raise ConfigProblems([Problem(place, f"extends goes round in a circle: {path.name} is being extended already")])
    shown_name = str(Path(place.origin.name).parent / str(wanted))
    origin = Origin(shown_name, path.parent.absolute(), (), len(seen))
    try:
        text = read(path)
    except MissingError:
        raise MissingError(report([Problem(place, f"extends {shown(wanted)}, and there is no such file")])) from None
    base = nodes.parse(text, replace(origin, lines=nodes.lines_of(text)))
    return merged(extended(base, (*seen, realpath(path))), tree, Config)


def merged(base: Node, over: Node, section: type[Section] | None) -> Node:
    """`over` laid upon `base`: sections key by key, everything else (lists, keyframes, one-of blocks) whole."""
    if base.pairs is None or over.pairs is None or section is None or issubclass(section, OneOf):
        return over
    pairs = {str(key.scalar): (key, node) for key, node in base.pairs}
    for key, node in over.pairs:
        name = str(key.scalar)
        pairs[name] = (key, merged(pairs[name][1], node, within(section, name)) if name in pairs else node)
    return replace(over, pairs=tuple(pairs.values()), flaws=(*base.flaws, *over.flaws))


def within(section: type[Section], key: str) -> type[Section] | None:
    """The section that the setting `key` of a section is, if it is one and not a list of them."""
    info = section.keys().get(key)
    found = sections(info.annotation) if info and not _is_list(info.annotation) else ()
    return found[0] if len(found) == 1 else None


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is tuple


def overridden(tree: Node, override: str, rank: int) -> Node:
    """`tree` with one `--set key.key=value` laid over it; relative paths in the value start in the working folder."""
    key, equals, text = override.partition("=")
    origin = Origin(f"--set {override}", Path.cwd(), (), rank)
    path = [step.strip() for step in key.split(".")]
    if not equals or not all(path):
        raise ConfigProblems([Problem(Place(origin), "write KEY=VALUE", "as in --set dream.steps=6")])
    value = nodes.parse(text, origin) if text.strip() else Node(Place(origin))
    return _with(tree, path, value, Config, Place(origin))


def _with(node: Node, path: list[str], value: Node, section: type[Section] | None, place: Place) -> Node:
    """`node` with the value under `path` replaced; what is missing on the way is made."""
    if not path:
        return value
    step, *rest = path
    if node.items is not None and step.isdigit() and int(step) < len(node.items):
        inner = _with(node.items[int(step)], rest, value, None, place)
        return replace(node, items=(*node.items[: int(step)], inner, *node.items[int(step) + 1 :]))
    if node.pairs is None and (node.items is not None or step.isdigit()):
        hint = f"the file lists {len(node.items or ())}, counted from 0"
        raise ConfigProblems([Problem(place, f"there is no item {step} to set", hint)])
    pairs = _written_out(node, section)
    if section and issubclass(section, OneOf):
        pairs = {name: pair for name, pair in pairs.items() if name == step}
    key, old = pairs.get(step, (Node(place, nodes.Text(step)), Node(place)))
    below = within(section, step) if section else None
    pairs[step] = (Node(place, key.scalar), _with(old, rest, value, below, place))
    return Node(place, pairs=tuple(pairs.values()))


def _written_out(node: Node, section: type[Section] | None) -> dict[str, tuple[Node, Node]]:
    """The settings of a mapping; a shorthand counts as the setting it stands for."""
    if node.pairs is not None:
        return {str(key.scalar): (key, value) for key, value in node.pairs}
    if section and section.shorthand and not (node.scalar is None and node.items is None):
        return {section.shorthand: (Node(node.place, nodes.Text(section.shorthand)), node)}
    return {}


# ── validating ──────────────────────────────────────────────────────────────────────────────────────────────────────


def build(tree: Node, stem: str) -> Config:
    """The Config that a tree of nodes asks for; raises ConfigProblems."""
    flaws = tree.all_flaws()
    if tree.pairs is None:
        raise ConfigProblems([Problem(tree.place, "a film is a mapping of settings", "write key: value, one a line")])
    values = {"name": nodes.Text(stem), **tree.plain()}
    values.pop("extends", None)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        wrongs = [_wrong(details) for details in error.errors(include_url=False)]
        raise ConfigProblems([*flaws, *(_problem(tree, wrong) for wrong in wrongs)]) from None
    if flaws:
        raise ConfigProblems(flaws)
    config._places = Places(tree)
    return config


def _problem(tree: Node, wrong: Wrong) -> Problem:
    """A fault with its place and its key."""
    path = [step for step in wrong.path if not _is_tag(step)]
    place = find(tree, path, wrong.on_key)
    if wrong.column is not None:
        place = _column(place, wrong.column)
    subject = ".".join(map(str, path[:-1] if wrong.on_key else path)) or "the film"
    _, info = _setting(wrong.path)
    hint = wrong.hint or (info.description if info is not None else "") or ""
    return Problem(place, wrong.message if UNKNOWN in wrong.message else f"{subject} {wrong.message}", hint)


def _is_tag(step: str | int) -> bool:
    return isinstance(step, str) and step.startswith("<")


def _column(place: Place, column: int) -> Place:
    """The place of one character of a scalar, where the scalar stands in one line as written."""
    if not place.origin.lines or place.width <= column:
        return place
    quoted = place.origin.lines[place.line][place.column : place.column + 1] in ('"', "'")
    return replace(place, column=place.column + column + quoted, width=1)


def _setting(path: Sequence[str | int]) -> tuple[type[Section], Any]:
    """The section that holds the setting at `path`, and the setting itself; None for what no setting is called."""
    section: type[Section] = Config
    info = None
    for index, step in enumerate(path):
        if isinstance(step, int):
            continue
        if _is_tag(step):
            section = next(one for one in sections(info.annotation) if f"<{one.kind}>" == step)  # type: ignore
            continue
        ahead = path[index + 1 :]
        found = section.keys().get(step)
        if found is None:
            return section, info if not ahead or index else None
        info = found
        inner = sections(info.annotation)
        if len(inner) == 1 and any(isinstance(one, str) for one in ahead):
            section = inner[0]
    return section, info


def _wrong(details: ErrorDetails) -> Wrong:
    """Pydantic's error as a fault of ours."""
    path, kind = tuple(details["loc"]), details["type"]
    if isinstance(error := details.get("ctx", {}).get("error"), Wrong):
        return error.inside(*path)
    readings = {"extra_forbidden": _unknown, "missing": _missing}
    return readings.get(kind, _shape)(path, details["input"])


def _unknown(path: tuple[str | int, ...], value: Any) -> Wrong:
    *above, key = path
    section, _ = _setting(path)
    names = [str(step) for step in above if not _is_tag(step)]
    kind = next((str(step)[1:-1] for step in above if _is_tag(step)), "")
    if kind and key in OBJECTIVES:
        hint = f"one objective dreams one thing: make {key} an item of its own"
    else:
        hint = did_you_mean(str(key), section.keys())
    where = f" in {'.'.join(names)}" if names else ""
    return Wrong(f'{UNKNOWN} "{key}"{where}', hint, path, on_key=True)


def _missing(path: tuple[str | int, ...], value: Any) -> Wrong:
    _, info = _setting(path)
    return Wrong(f"has no {path[-1]}", f"{path[-1]}: {info.description}", path, on_key=True)


def _shape(path: tuple[str | int, ...], value: Any) -> Wrong:
    """A mapping or list where something else was wanted, or the other way round."""
    _, info = _setting(path)
    inner = sections(info.annotation) if info else (Config,)
    if info is not None and _is_list(info.annotation) and not isinstance(path[-1], int):
        return Wrong(
            "is empty; it takes at least one" if value in ([], ()) else f"is {shown(value)}; it takes a list", path=path
        )
    keys = " ".join(inner[0].keys()) if inner else ""
    return Wrong(f"is {shown(value)}; it takes a mapping of {keys}", path=path)


# ── over the whole film ─────────────────────────────────────────────────────────────────────────────────────────────


def impossible(config: Config) -> Iterator[Wrong]:
    """What is wrong with settings taken together, or at some moment of the film."""
    if config.size.of_source and config.source.noise is not None:
        yield Wrong("is source, and noise has no size of its own", "write 1280x720 or a name such as 720p", ("size",))
    clock = config.clock
    if clock.seconds > LONGEST:
        yield Wrong(f"is {config.duration}; a film lasts 24 hours at most", path=("duration",))
        return
    files = [output.file.replace("{name}", config.name) for output in config.outputs]
    for index, file in enumerate(files):
        if file in files[:index]:
            yield Wrong(f"is {shown(file)}, which another output is called already", path=("outputs", index, "file"))
    instants = checked_instants(clock)
    for key, curve in config.curves():
        if curve.constant is None and (message := astray(curve, instants, clock)):
            path = tuple(int(step) if step.isdigit() else step for step in key.split("."))
            yield Wrong(message, path=path)


def checked_instants(clock: Clock) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The seconds at which moving numbers are looked at: every tick (of very long films, evenly many) and a fixed grid."""
    count = min(clock.last_tick + 1, TICKS_CHECKED)
    ticks = np.linspace(0, clock.last_tick, count) / float(clock.rate)
    return np.unique(np.concatenate([ticks, np.linspace(0, clock.seconds, INSTANTS_CHECKED)]))


def astray(curve: Curve, instants: np.ndarray[Any, np.dtype[np.float64]], clock: Clock) -> str:
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
