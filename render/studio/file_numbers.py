"""Numbers of the page in the film's file: written in the place of those that stand there, comments and all else kept."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from render.config import load_text, nodes
from render.config.loader import read, section_of
from render.config.model import Settings
from render.config.nodes import Node
from render.config.problem import Origin
from render.config.section import Section
from render.develop import files
from render.errors import ConfigError


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
