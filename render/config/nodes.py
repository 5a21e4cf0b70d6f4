"""Nodes. A Node is a YAML value that still knows its place; scalars are read by the rules of YAML 1.2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from render.config.problem import Origin, Place, Problem, ProblemsError, missing_space

LARGEST = 256_000  # characters of a file
DEEPEST = 50  # lists and mappings inside one another
MERGE = "<<"  # the key that brings another mapping in
MOST = 10_000  # values, each alias counted as often as it is used

NULL = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]{1,300}")  # always decimal: 010 is ten, 0x10 a text
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
LINE = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # where YAML ends a line
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What PyYAML's complaints mean to somebody who writes a film.
BACKSLASH = "write the name of a file with /, or between single quotes"
BRACED = re.compile(r"(?:^|:|-)\s+(\{\w+\}[^\s,\]}]\S*)")  # outputs: {name}.mp4
PLAIN_WORDS = {
    "found character '\\t'": ("a tab in the indentation", "YAML is indented with spaces"),
    "mapping values are not allowed": (
        'a second ":" where one value was expected',
        'quote text that has ": " in it, as in zoom: "0: (1.02), 60: (1.05)"; or the line is indented too far',
    ),
    "could not find expected ':'": ('a key without its ":"', "write key: value"),
    "found unexpected end of stream": ("a quotation that never ends", "close it with the quote that opened it"),
    "found undefined alias": ("an alias without its anchor", "*name needs a &name before it"),
    "expected ',' or": ("a list or mapping that is not closed, or lacks a comma", ""),
    "expected the node content": ("a value that is missing, or a bracket that never closes", ""),
    "expected <block end>": ("a line that does not fit its neighbours", "keys of one mapping start in one column"),
    "expected escape sequence": ("a backslash between double quotes", BACKSLASH),
    "found unknown escape": ("a backslash between double quotes", BACKSLASH),
    "found character '%'": ('a value that begins with "%"', "quote it"),
    "found character '@'": ('a value that begins with "@"', "quote it"),
    "found character '`'": ('a value that begins with "`"', "quote it"),
}


class Text(str):
    """A string that knows the folder of the file it came from, where relative paths start."""

    folder: Path = Path()


@dataclass(frozen=True)
class Node:
    """A value and its place: a scalar, a list or a mapping."""

    place: Place
    scalar: Any = None  # bool, int, float, Text or None; in a film that a program asks for, also functions and Curves
    items: tuple[Node, ...] | None = None  # of a list
    pairs: tuple[tuple[Node, Node], ...] | None = None  # of a mapping: key and value
    size: int = 1  # how many values it is made of
    flaws: tuple[Problem, ...] = ()  # what is wrong with how it is written, to be told along with all else

    def entry(self, key: str | int) -> tuple[Node, Node] | None:
        """The key node and value node under `key`; an item of a list is its own key."""
        if self.pairs is not None:
            return next(((name, node) for name, node in self.pairs if name.scalar == key), None)
        if self.items is not None and isinstance(key, int) and 0 <= key < len(self.items):
            return self.items[key], self.items[key]
        return None

    def plain(self) -> Any:
        """The value alone: dicts with string keys, lists, numbers, booleans, None and Texts."""
        if self.pairs is not None:
            return {str(key.scalar): node.plain() for key, node in self.pairs}
        return self.scalar if self.items is None else [item.plain() for item in self.items]

    def all_flaws(self) -> list[Problem]:
        """The flaws of this value and of all inside it."""
        inside = [node for _, node in self.pairs or ()] + list(self.items or ())
        return [*self.flaws, *(flaw for node in inside for flaw in node.all_flaws())]


def parse(text: str, origin: Origin) -> Node:
    """The one value that `text` holds; raises ProblemsError for anything that is not one well-formed YAML value.

    Tags and keys that stand twice do not stop the reading; they are flaws of their node.
    """
    if len(text) > LARGEST:
        raise _refusal(origin, 0, 0, f"the file has more than {LARGEST:,} characters", "a film needs a few dozen lines")
    if strange := FORBIDDEN.search(text):
        lines = LINE.split(text[: strange.start()])
        raise _refusal(origin, len(lines) - 1, len(lines[-1]), f"character {strange[0]!r} cannot stand in a YAML file")
    try:
        return _Reader(text, origin).document()
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, origin) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        raise _refusal(origin, 0, 0, "the file cannot be read as YAML", "`render new zoom` prints one that can") from None


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of `text` as YAML counts them."""
    return tuple(LINE.split(text))


def scalar(text: str) -> bool | int | float | str | None:
    """What an unquoted YAML word means."""
    if text in NULL:
        return None
    if text in BOOLEAN:
        return BOOLEAN[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan")) if FLOAT.fullmatch(text) else text


def to_yaml(value: Any, *, one_line: bool = False) -> str:
    """`value` as YAML text that `parse` reads back to the same value; `one_line` writes [a, b] and {a: b}."""
    style, width = (True, 10_000) if one_line else (False, 120)
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width, default_flow_style=style)
    return text.removesuffix("...\n").rstrip("\n") if one_line else text


class _Dumper(yaml.SafeDumper):
    """PyYAML's dumper, which believes in YAML 1.1, taught to quote what YAML 1.2 would not read as a string."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if scalar(text) == text else "'")


_Dumper.add_representer(str, _quoted)


def text_from(text: str, origin: Origin) -> Text:
    """Text that knows where its relative paths start."""
    known = Text(text)
    known.folder = origin.folder
    return known


class _Reader:
    """Builds nodes from PyYAML's stream of events.

    Its composer would build nodes as well, but forgets what a film's errors need: which tags were written out, which keys were
    aliases, and how deep it is before it is there.
    """

    def __init__(self, text: str, origin: Origin) -> None:
        self.origin = origin
        # PyYAML's events have attributes by kind, which its types do not tell; hence Any, here and below
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
        self.anchors: dict[str, Node] = {}
        self.size = 0

    def document(self) -> Node:
        """The only document of the stream."""
        next(self.events)  # the stream starts
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise _refusal(self.origin, 0, 0, "the file is empty", "`render new zoom` prints one to start from")
        node = self.value(next(self.events), 0)
        next(self.events)  # the document ends
        after = next(self.events)
        if isinstance(after, yaml.DocumentStartEvent):
            raise self.refuse(after, "a second document begins here", "one file is one film: remove the ---")
        return node

    def value(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`."""
        if depth > DEEPEST:
            raise self.refuse(event, f"more than {DEEPEST} lists and mappings inside one another")
        node = self.alias(event) if isinstance(event, yaml.AliasEvent) else self.fresh(event, depth)
        if getattr(event, "tag", None) not in (None, "!"):
            flaw = self.flaw(event, "a YAML tag (!), which is not used here", "remove the tag, or quote the text")
            node = replace(node, flaws=(*node.flaws, flaw))
        if getattr(event, "anchor", None) and not isinstance(event, yaml.AliasEvent):
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: yaml.AliasEvent) -> Node:
        """The node that an alias stands for."""
        if event.anchor not in self.anchors:
            raise self.refuse(event, f'an alias "*{event.anchor}" without its anchor', "a & of that name comes first")
        self.count(event, self.anchors[event.anchor].size)
        return self.anchors[event.anchor]

    def fresh(self, event: Any, depth: int) -> Node:
        """A node that is written out."""
        self.count(event, 1)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        self.readable(event)
        plain = scalar(event.value) if event.implicit[0] else event.value
        return Node(self.place(event), text_from(plain, self.origin) if isinstance(plain, str) else plain)

    def mapping(self, start: Any, depth: int) -> Node:
        """A mapping, up to its end event; keys are kept as text, since times and names are both."""
        pairs: dict[str, tuple[Node, Node]] = {}
        merged: list[tuple[Node, Node]] = []
        flaws: list[Problem] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event)
            value = self.value(following := next(self.events), depth + 1)
            name = str(key.scalar)
            if name == MERGE and event.implicit[0]:
                merged += self.merge(following, value)
            elif name in pairs:
                hint = f"it stands first in line {pairs[name][0].place.line + 1}"
                flaws.append(self.flaw(event, f'"{name}" stands here twice', hint))
            else:
                pairs[name] = key, value
        for key, value in merged:
            pairs.setdefault(str(key.scalar), (key, value))  # what stands here itself comes first, wherever it stands
        size = 1 + sum(node.size for _, node in pairs.values())
        return Node(self.place(start, event), pairs=tuple(pairs.values()), size=size, flaws=tuple(flaws))

    def merge(self, event: Any, node: Node) -> list[tuple[Node, Node]]:
        """What `<<: *base` or `<<: [*base, *other]` brings into a mapping; of two that say the same the first counts."""
        bases = (node,) if node.items is None else node.items
        if any(base.pairs is None for base in bases):
            raise self.refuse(event, "<< takes a mapping, or a list of mappings", "as in <<: *base")
        return [pair for base in bases for pair in base.pairs or ()]

    def key(self, event: Any) -> Node:
        """The key of a mapping: a word, a number or a time."""
        if not isinstance(event, yaml.ScalarEvent):
            raise self.refuse(event, "a key must be a word or a time", "quote text that begins with [ { or *")
        self.readable(event)
        self.count(event, 1)
        return Node(self.place(event), Text(event.value))

    def sequence(self, start: Any, depth: int) -> Node:
        """A list, up to its end event."""
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, depth + 1))
        return Node(self.place(start, event), items=tuple(items), size=1 + sum(item.size for item in items))

    def readable(self, event: Any) -> None:
        """Refuses text whose escapes, such as "\\x1b", stand for what a YAML file could not hold."""
        if strange := FORBIDDEN.search(event.value):
            raise self.refuse(event, f"character {strange[0]!r} cannot stand in a YAML file")

    def count(self, event: Any, more: int) -> None:
        """Keeps the whole small, aliases of aliases included."""
        self.size += more
        if self.size > MOST:
            raise self.refuse(event, f"more than {MOST:,} values in one file, aliases included")

    def place(self, start: Any, end: Any = None) -> Place:
        """The stretch of a value that fits one line, or the first character of one that does not."""
        first, last = start.start_mark, (end or start).end_mark
        width = last.column - first.column if first.line == last.line else 1
        return Place(self.origin, first.line, first.column, max(1, width))

    def refuse(self, event: Any, message: str, hint: str = "") -> ProblemsError:
        """The error that points at `event`."""
        return ProblemsError([self.flaw(event, message, hint)])

    def flaw(self, event: Any, message: str, hint: str = "") -> Problem:
        """The problem that points at `event`."""
        return Problem(self.place(event), message, hint)


def _refusal(origin: Origin, line: int, column: int, message: str, hint: str = "") -> ProblemsError:
    return ProblemsError([Problem(Place(origin, line, column), message, hint)])


def _syntax(error: yaml.MarkedYAMLError, origin: Origin) -> ProblemsError:
    """PyYAML's complaint in plain words, at the place it complains about."""
    mark = error.problem_mark or error.context_mark
    for line in range(mark.line, max(-1, mark.line - 2), -1) if mark else ():  # a line without its space goes on in the next
        if line < len(origin.lines) and (hint := missing_space(origin.lines[line])):
            text = origin.lines[line]
            return _refusal(origin, line, len(text) - len(text.lstrip()), "a key and its value in one word", hint)
    faulty = origin.lines[mark.line] if mark and mark.line < len(origin.lines) else ""
    if mark and (braced := BRACED.search(faulty)):
        hint = f'quote text that begins with a brace: "{braced[1]}"'
        return _refusal(origin, mark.line, braced.start(1), "a text that begins as a mapping does", hint)
    message = str(error.problem or error.context or "not YAML")
    known = (words for start, words in PLAIN_WORDS.items() if message.startswith(start))
    words, hint = next(known, (f"not YAML: {message}", str(error.context or "")))
    return _refusal(origin, mark.line if mark else 0, mark.column if mark else 0, words, hint)
