"""Loading. From YAML to a Config: (path, overrides) -> Config, or one error with every problem and its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

from render.config import nodes
from render.config.check import Inspect, check, no_facts
from render.config.model import Settings
from render.config.nodes import Node
from render.config.problem import Origin, Place, Problem, ProblemsError, SettingError, quote, report
from render.config.section import OneOf, Section, is_list, sections
from render.config.setting_types import FILE
from render.errors import ConfigError, MissingError
from render.inputs import TEXT, open_file

if TYPE_CHECKING:  # a file at fault never becomes a Config, and waits for none
    from render.config.config import Config

LONGEST_OVERRIDE = 100  # characters of a --set that a message repeats


def load(path: Path | str, overrides: Sequence[str] = (), quality: str = "final", inspect: Inspect = no_facts) -> Config:
    """The film that the file at `path` asks for.

    overrides: `key.key=value` texts of `--set`, in order. inspect: finds out what the film's own files say.
    Raises ConfigError or MissingError with the whole message.
    """
    file = Path(path)
    return load_text(read(file), str(path), file.parent, overrides, quality, inspect)


def load_text(
    text: str,
    name: str = "film.yaml",
    folder: Path | str = ".",
    overrides: Sequence[str] = (),
    quality: str = "final",
    inspect: Inspect = no_facts,
) -> Config:
    """The film that `text` asks for; `name` is the file's in messages, `folder` where its relative paths start."""
    origin = Origin(name, Path(folder).absolute(), nodes.lines_of(text), 0)
    tree = with_base(nodes.parse(text, origin), (realpath(origin.folder / Path(name).name),))
    for rank, override in enumerate(overrides):
        tree = with_override(tree, override, 1000 + rank)
    return check(tree, Path(name).stem, inspect, quality)


def read(path: Path, folder: Path | None = None) -> str:
    """The text of a configuration file, which lies in `folder`, if one is given; raises MissingError or ConfigError."""
    most = 4 * nodes.LARGEST  # four bytes are the most that a character takes
    with open_file(path, TEXT, folder) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ConfigError(f"{path}: the file has more than {nodes.LARGEST:,} characters; a film needs a few dozen lines")
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


def with_base(tree: Node, files: tuple[str, ...]) -> Node:
    """`tree` laid over the file that it extends, and that over its own base. files: those that lead here."""
    entry = tree.entry("extends")
    if entry is None:
        return tree
    place, word = entry[1].place, entry[1].scalar
    try:
        path = FILE.read(word)
    except SettingError as wrong:
        raise ProblemsError([Problem(place, f"extends {wrong.message}", "extends: base.yaml")]) from None
    if realpath(path) in files:
        raise ProblemsError([Problem(place, f"extends goes round in a circle: {path.name} is being extended already")])
    origin = Origin(str(Path(place.origin.name).parent / str(word)), path.parent.absolute(), (), len(files))
    try:
        text = read(path)
    except MissingError as error:
        raise MissingError(report([Problem(place, f"extends {quote(word)}, which cannot be read", str(error))])) from None
    base = nodes.parse(text, replace(origin, lines=nodes.lines_of(text)))
    return merge(with_base(base, (*files, realpath(path))), tree, Settings)


def merge(base: Node, over: Node, section: type[Section] | None) -> Node:
    """`over` laid upon `base`: sections key by key, everything else (lists, keyframes, one-of blocks) whole."""
    if base.pairs is None or over.pairs is None or section is None or issubclass(section, OneOf):
        return over
    pairs = {str(key.scalar): (key, node) for key, node in base.pairs}
    for key, node in over.pairs:
        name = str(key.scalar)
        pairs[name] = (key, merge(pairs[name][1], node, section_of(section, name)) if name in pairs else node)
    return replace(over, pairs=tuple(pairs.values()), flaws=(*base.flaws, *over.flaws))


def section_of(section: type[Section], key: str) -> type[Section] | None:
    """The section that the setting `key` of a section is, if it is one and not a list of them."""
    info = section.rows().get(key)
    kinds = sections(info.annotation) if info and not is_list(info.annotation) else ()
    return kinds[0] if len(kinds) == 1 else None


def with_override(tree: Node, override: str, rank: int) -> Node:
    """`tree` with one `--set key.key=value` laid over it; relative paths in the value start in the working folder."""
    key, equals, text = override.partition("=")
    short = override if len(override) <= LONGEST_OVERRIDE else f"{override[:LONGEST_OVERRIDE]}…"
    origin = Origin(f"--set {short}", Path.cwd(), (), rank)
    path = [step.strip() for step in key.split(".")]
    if not equals or not all(path):
        raise ProblemsError([Problem(Place(origin), "write KEY=VALUE", "as in --set dream.steps=6")])
    if len(path) > nodes.DEEPEST:
        message = f"a key of {len(path):,} steps; no setting has more than {nodes.DEEPEST}"
        raise ProblemsError([Problem(Place(origin), message, "as in --set dream.steps=6")])
    if path == ["extends"]:
        raise ProblemsError([Problem(Place(origin), "extends stands in files only")])
    value = nodes.parse(text, origin) if text.strip() else Node(Place(origin))
    return _with(tree, path, value, Settings, Place(origin))


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
        raise ProblemsError([Problem(place, f"there is no item {step} to set", hint)])
    pairs = _pairs(node, section)
    if section and issubclass(section, OneOf):
        pairs = {name: pair for name, pair in pairs.items() if name == step}
    key, old = pairs.get(step, (Node(place, nodes.Text(step)), Node(place)))
    below = section_of(section, step) if section else None
    pairs[step] = (key if rest else Node(place, key.scalar), _with(old, rest, value, below, place))
    return replace(node, scalar=None, pairs=tuple(pairs.values()))


def _pairs(node: Node, section: type[Section] | None) -> dict[str, tuple[Node, Node]]:
    """The settings of a mapping; a shorthand counts as the setting it stands for."""
    if node.pairs is not None:
        return {str(key.scalar): (key, value) for key, value in node.pairs}
    if section and section.shorthand and not (node.scalar is None and node.items is None):
        return {section.shorthand: (Node(node.place, nodes.Text(section.shorthand)), node)}
    return {}
