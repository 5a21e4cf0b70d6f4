"""The film's file, while it is flown: what a save changes in flight, and the page's numbers written into it, comments kept."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from render.config import Config, load_text, nodes
from render.config.loader import read, section_of
from render.config.model import Settings
from render.config.nodes import Node
from render.config.problem import Origin, Problem, ProblemsError
from render.config.section import Section
from render.develop import files
from render.errors import ConfigError, RenderError

LIVING = ("name", "extends", "duration", "schedule", "outputs")  # settings that change nothing of a flight
Plain = dict[str, Any]


# ---- what a save changes


def skeleton(config: Config) -> tuple[Plain, list[str]]:
    """All of a film but its moving numbers: its settings without the objectives, and each objective as one text."""
    plain = config.resolved()
    for key, _ in config.curves():
        _blank(plain, key.split("."))
    terms = [json.dumps(term, sort_keys=True, default=str) for term in plain["dream"].pop("objective")]
    return {key: value for key, value in plain.items() if key not in LIVING}, terms


def _blank(plain: Any, path: Sequence[str]) -> None:
    """Leave out the number at a path."""
    for step in path[:-1]:
        plain = plain[int(step)] if isinstance(plain, list) else plain.get(step)
        if not isinstance(plain, dict | list):
            return
    if isinstance(plain, list):
        plain[int(path[-1])] = None
    else:
        plain.pop(path[-1], None)


def match_terms(new: Sequence[str], old: Sequence[str]) -> list[int | None]:
    """For each of the new objectives the index of the old one that it is; None for one that was not there."""
    free = dict(enumerate(old))
    matches: list[int | None] = []
    for term in new:
        index = next((index for index, other in free.items() if other == term), None)
        if index is not None:
            del free[index]
        matches.append(index)
    return matches


def fault_message(error: RenderError) -> Plain:
    """The message "fault": as the command line shows it, and each problem with its place."""
    problems = error.problems if isinstance(error, ProblemsError) else ()
    return {"type": "fault", "text": str(error), "problems": [_as_plain(problem) for problem in problems]}


def _as_plain(problem: Problem) -> Plain:
    place = problem.place
    lines = place.origin.lines
    return {
        "file": place.origin.name,
        "line": place.line + 1 if lines else 0,
        "column": place.column + 1 if lines else 0,
        "width": place.width,
        "message": problem.message,
        "hint": problem.hint,
        "source": lines[place.line] if place.line < len(lines) else "",
        "shown": str(problem),
    }


# ---- the page's numbers, written


def write_numbers(path: Path, numbers: Mapping[str, float], pairs: Mapping[str, Sequence[float]]) -> None:
    """Write numbers into the film's file by their keys; all else stays as it is written, comments and all.

    pairs: both numbers of each pair ("motion.pan") that may have to be written out. Raises ConfigError or MissingError, and
    then the file is as it was.
    """
    text = before = read(path)
    for key, value in numbers.items():
        text = with_number(text, path, key, value, pairs)
    if text != before:
        load_text(text, str(path), path.parent)  # what is written must be a film
        files.write(path, text.encode())


def with_number(text: str, path: Path, key: str, value: float, pairs: Mapping[str, Sequence[float]]) -> str:
    """The text of a film with another number under a key: where one stands, it is replaced; else a line is added."""
    word = nodes.to_yaml(_short(value), one_line=True)
    origin = Origin(str(path), path.parent.absolute(), nodes.lines_of(text))
    node = _node_at(nodes.parse(text, origin), key.split("."), Settings)
    if node and not isinstance(node.scalar, bool) and node.pairs is None and node.items is None and node.scalar is not None:
        lines = text.splitlines(keepends=True)
        line, start, width = node.place.line, node.place.column, node.place.width
        changed = lines[line][:start] + word + lines[line][start + width :]
        return "".join((*lines[:line], changed, *lines[line + 1 :]))
    return _with_line(text, key, value, pairs)


def _node_at(node: Node, path: Sequence[str], section: type[Section] | None) -> Node | None:
    """What stands in a file under a key; a section that is written as its one setting is that setting."""
    if not path:
        return node
    step, *rest = path
    if node.pairs is None and section and section.shorthand == step and not node.items:
        return node if not rest else None
    if node.items is None and step.isdigit():
        return _node_at(node, rest, section) if step == "0" and node.pairs is not None else None
    entry = node.entry(int(step) if node.items is not None and step.isdigit() else step)
    return _node_at(entry[1], rest, section_of(section, step) if section else None) if entry else None


def _with_line(text: str, key: str, value: float, pairs: Mapping[str, Sequence[float]]) -> str:
    """The text with a setting more, or with another value in the place of one that is no plain number."""
    writer = YAML()
    writer.preserve_quotes = True
    writer.width = 4096
    writer.indent(mapping=2, sequence=4, offset=2)
    try:
        tree = writer.load(text)
    except YAMLError as error:
        raise ConfigError(f"the file cannot be written to: {str(error).splitlines()[0]}") from error
    _put(tree, key.split("."), _short(value), Settings, pairs, "")
    written = io.StringIO()
    writer.dump(tree, written)
    return written.getvalue()


def _put(
    tree: Any,
    path: Sequence[str],
    value: float,
    section: type[Section] | None,
    pairs: Mapping[str, Sequence[float]],
    above: str,
) -> None:
    step, *rest = path
    here = f"{above}.{step}" if above else step
    index: Any = int(step) if isinstance(tree, CommentedSeq) and step.isdigit() else step
    if isinstance(tree, CommentedMap) and step.isdigit():
        _put(tree, rest, value, section, pairs, here)
        return
    if not rest:
        tree[index] = value
        return
    below = section_of(section, step) if section else None
    inside = tree[index] if (index in tree if isinstance(tree, dict) else index < len(tree)) else None
    if inside is None and here in pairs:
        inside = CommentedSeq(map(_short, pairs[here]))
        inside.fa.set_flow_style()
    elif inside is None and step == "objective":
        raise ConfigError(f"{here} stands in another file, which this one extends", "write the objectives into this file first")
    elif inside is None:
        inside = CommentedMap()
    elif not isinstance(inside, CommentedMap | CommentedSeq):
        inside = CommentedMap({below.shorthand: inside} if below and below.shorthand else {})
    tree[index] = inside
    _put(inside, rest, value, below, pairs, here)


def _short(value: float) -> float:
    """As few digits as say the same to an eye and a hand: six that count."""
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() else short
