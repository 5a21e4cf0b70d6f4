"""Places. Where in its files each setting of a film stands, and errors that point there: (key, message) -> RenderError."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from render.config.nodes import Node
from render.config.problem import Place, Problem, report
from render.errors import ConfigError, RenderError


@dataclass(frozen=True)
class Places:
    """Where the settings of a film stand. Films that ask for the same are equal wherever it stands, so all Places are equal."""

    tree: Node | None = field(default=None, compare=False)  # what was read; None for a film that comes from no file
    features: tuple[str, ...] = field(default=(), compare=False)  # what expressions may name of the film's music

    @property
    def folder(self) -> Path:
        """Where relative paths of the film start: its file's folder, or the working folder."""
        return self.tree.place.origin.folder if self.tree else Path.cwd()

    def place(self, key: str) -> Place | None:
        """Where the value of a dotted key (`dream.objective.0.layer`) stands, or what is nearest above it."""
        return find(self.tree, path_of(key)) if self.tree else None

    def has(self, key: str) -> bool:
        """Whether a dotted key is written in the film's file."""
        node = self.tree
        for step in path_of(key):
            entry = node.entry(step) if node else None
            node = entry and entry[1]
        return node is not None

    def error(self, faults: Sequence[tuple[str, RenderError]]) -> RenderError:
        """The one error for several faults, each a key and an error that continues it; the gravest gives the exit code."""
        gravest = max((fault for _, fault in faults), key=lambda fault: fault.exit_code)
        problems = [(self.place(key), f"{key} {fault.message}", fault.hint) for key, fault in faults]
        placed = [Problem(place, message, hint) for place, message, hint in problems if place]
        if len(placed) == len(problems):
            return type(gravest)(report(sorted(placed, key=lambda problem: problem.position)))
        return type(gravest)("\n".join(f"{message}\n{hint}".rstrip() for _, message, hint in problems))

    def refusal(self, key: str, message: str, hint: str = "", error: type[RenderError] = ConfigError) -> RenderError:
        """The error for one fault; `message` continues "<key> …"."""
        return self.error([(key, error(message, hint))])


def find(tree: Node, path: Sequence[str | int], on_key: bool = False) -> Place:
    """The place of the value (or of its key) under `path`; steps that the text does not have are passed over."""
    key = node = tree
    for step in path:
        key, node = node.entry(step) or (key, node)
    return key.place if on_key or node is tree else node.place


def path_of(key: str) -> tuple[str | int, ...]:
    """The steps of a dotted key; those into a list are numbers.

    >>> path_of("dream.objective.0.weight")
    ('dream', 'objective', 0, 'weight')
    """
    return tuple(int(step) if step.isdigit() else step for step in key.split("."))
