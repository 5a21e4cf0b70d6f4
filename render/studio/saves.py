"""Saves. What a save of the film's file changes in flight: settings, objectives; or its fault, as the page is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from render.config import Config
from render.config.problem import Problem, ProblemsError
from render.errors import RenderError

IRRELEVANT = ("name", "extends", "duration", "schedule", "outputs")  # settings that change nothing of a flight
Plain = dict[str, Any]


def skeleton(config: Config) -> tuple[Plain, list[str]]:
    """All of a film but its moving numbers: its settings without the objectives, and each objective as one text."""
    plain = config.resolved()
    for key, _ in config.curves():
        _blank(plain, key.split("."))
    terms = [json.dumps(term, sort_keys=True, default=str) for term in plain["dream"].pop("objective")]
    return {key: value for key, value in plain.items() if key not in IRRELEVANT}, terms


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


def changed_keys(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    """The settings that differ, by their keys."""
    changed = []
    for key in {**old, **new}:
        value, before = new.get(key), old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            changed += [f"{key}.{below}" for below in changed_keys(value, before)]
        elif value != before:
            changed.append(key)
    return changed
