"""The language of films, written down: chapters on expressions, easings, times and settings, made from their declarations.

`render help expressions` shows them in the terminal, and docs/reference.md as tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from render.config.easing import EASINGS, FORMS, easing
from render.config.expression import CONSTANTS, FUNCTIONS, SIGNS, VARIABLES, Function
from render.config.model import Settings
from render.config.nodes import to_yaml
from render.config.scalars import TIMES
from render.config.section import Setting, plain, walk

BLOCKS = "▁▂▃▄▅▆▇█"
WIDE = 24  # letters of a curve
NARROW = 14  # of one among three
PAGE = 100  # letters of a line in the terminal
WAYS = ("in", "out", "in-out")  # of a family of easings


@dataclass(frozen=True)
class Chapter:
    """A table with a few words above it."""

    title: str
    words: str  # what it is about, and an example
    head: tuple[str, ...]  # of the columns; the last one holds sentences
    rows: Sequence[tuple[str, ...]]


def draw_curve(numbers: NDArray[np.float64], wide: int = WIDE, within: tuple[float, ...] = ()) -> str:
    """Numbers as a line of blocks: lowest the least of them and of `within`, highest the largest."""
    low, high = min((*numbers, *within)), max((*numbers, *within))
    places = np.linspace(0, len(numbers) - 1, wide).round().astype(int)
    steps = (numbers[places] - low) / (high - low or 1) * (len(BLOCKS) - 1)
    return "".join(BLOCKS[int(step)] for step in steps.round())


# ---- the chapters


def expressions() -> list[Chapter]:
    """What may stand in an expression."""
    constants = [(name, f"{value:.6g}") for name, value in CONSTANTS.items()]
    return [
        Chapter(
            "Expressions",
            'A number that may move can be a formula of time: `zoom: "1.2 + 0.3*sin(tau*s/8)"`. '
            "It is evaluated at every moment of the film; `render plot FILM` draws what comes of it.",
            ("written", "is"),
            list(SIGNS.items()),
        ),
        Chapter(
            "Variables",
            "Beside these, the features of the film's music are variables: with "
            '`audio: {file: track.wav, features: {kick: 40-120}}` a film may say `zoom: "1.2 + 0.8*kick"`.',
            ("name", "is"),
            [*VARIABLES.items(), *constants],
        ),
        Chapter(
            "Functions",
            "x is any number: `pulse(b, 0.25)` is 1 for a quarter of every beat. An argument with a value may be left out. "
            "Each curve is drawn over a few units of x.",
            ("function", "curve", "is"),
            [(f"{name}({function.takes})", _draw_function(function), function.meaning) for name, function in FUNCTIONS.items()],
        ),
    ]


def _draw_function(function: Function) -> str:
    if function.across is None:
        return ""
    x = np.linspace(*function.across, 8 * WIDE, endpoint=False)
    return draw_curve(np.asarray(function.call(0, x) if function.seeded else function.call(x), dtype=np.float64))


def easings() -> list[Chapter]:
    """How a number goes from one keyframe to the next."""
    families = [name.removeprefix("ease-in-out-") for name in EASINGS if name.startswith("ease-in-out-")]
    of_families = {f"ease-{way}-{family}" for family in families for way in WAYS}
    return [
        Chapter(
            "Easings",
            "Keyframes go from one to the next by an easing: `zoom: {0s: 1, 4s: 1.5, ease: in-out}`, or each by its own: "
            "`zoom: [{at: 0s, value: 1, ease: out-bounce}, {at: 4s, value: 1.5}]`. Linear is usual. `in` is short for ease-in.",
            ("easing", "curve", "is"),
            [
                *((name, _draw_easing(name, WIDE), "") for name in EASINGS if name not in of_families),
                *((form, _draw_easing(form, WIDE), meaning) for form, meaning in FORMS.items()),
            ],
        ),
        Chapter(
            "Families of easings",
            "Each goes three ways: ease-in-sine starts slowly, ease-out-sine arrives slowly, ease-in-out-sine does both; "
            "in-sine is short for ease-in-sine.",
            ("family", *WAYS),
            [(family, *(_draw_easing(f"ease-{way}-{family}", NARROW) for way in WAYS)) for family in families],
        ),
    ]


def _draw_easing(name: str, wide: int) -> str:
    return draw_curve(np.asarray(easing(name)(np.linspace(0, 1, wide)), dtype=np.float64), wide, (0.0, 1.0))


def times() -> list[Chapter]:
    """How a moment or a length is written."""
    words = "Lengths and moments: `duration: 12s`, and the keys of keyframes, as in `zoom: {0s: 1, 50%: 1.5, end: 1}`."
    return [Chapter("Times", words, ("written", "counts"), list(TIMES.items()))]


TOPICS: dict[str, Callable[[], list[Chapter]]] = {
    "expressions": expressions,
    "easings": easings,
    "times": times,
}


def chapters_on(topic: str) -> list[Chapter]:
    """What there is to say of a topic, a setting, or one function, variable or easing; nothing where it is none of these."""
    if topic in TOPICS:
        return TOPICS[topic]()
    return settings(topic) or [chapter for all_of in TOPICS.values() for chapter in _rows_on(topic, all_of())]


def _rows_on(word: str, chapters: Sequence[Chapter]) -> Iterator[Chapter]:
    """The chapters with their rows on a word alone, where they have some."""
    for chapter in chapters:
        if rows := [row for row in chapter.rows if row[0].partition("(")[0] == word]:
            yield replace(chapter, words="", rows=rows)


def words_with_help() -> set[str]:
    """All that `chapters_on` has something to say of."""
    keys = [setting.key.split(".") for setting in walk(Settings) if setting.type]
    names = {".".join(path[:end]) for path in keys for end in range(1, len(path) + 1)} | {path[-1] for path in keys}
    return {*TOPICS, *names, *VARIABLES, *CONSTANTS, *FUNCTIONS, *EASINGS}


# ---- settings


def settings(key: str) -> list[Chapter]:
    """The settings called `key` or below it, such as "motion", "dream.steps" or only "steps"; none where there are none."""
    found = {setting.key: setting for setting in walk(Settings) if setting.type}
    below = {name: setting for name, setting in found.items() if name == key or name.startswith(f"{key}.")}
    wanted = below or {name: setting for name, setting in found.items() if f".{key}." in f"{name}."}
    rows = [(name, _default(setting), _meaning(setting)) for name, setting in wanted.items()]
    return [Chapter(f"Settings: {key}", "", ("setting", "usually", "is"), rows)] if rows else []


def _default(setting: Setting) -> str:
    info = setting.info
    return "needed" if info.is_required() else "" if info.default is None else to_yaml(plain(info.default), one_line=True)


def _meaning(setting: Setting) -> str:
    assert setting.type
    meaning = setting.info.description or ""
    return f"{meaning} ({setting.type.wants})" if setting.type.wants else meaning


# ---- shown


def in_terminal(chapters: Sequence[Chapter]) -> Iterator[str]:
    """The lines of chapters, at most PAGE letters wide."""
    for number, chapter in enumerate(chapters):
        yield from [""] * bool(number)
        yield chapter.title
        yield from (f"  {line}" for line in wrap(chapter.words, PAGE - 2, break_on_hyphens=False))
        yield from [""] * bool(chapter.words)
        yield from _columns(chapter.rows)


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows in columns, of which the last is wrapped."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    before = sum(width + 2 for width in widths[:-1]) + 2
    for *cells, last in rows:
        start = "  " + "".join(f"{cell:{width}}  " for cell, width in zip(cells, widths, strict=False))
        first, *more = wrap(last, max(30, PAGE - before)) or [""]
        yield (start + first).rstrip()
        yield from (" " * before + line for line in more)


def in_markdown(chapters: Sequence[Chapter]) -> Iterator[str]:
    """The lines of chapters as a page of Markdown has them."""
    for chapter in chapters:
        yield from (f"## {chapter.title}", "", chapter.words, "")
        yield f"| {' | '.join(chapter.head)} |"
        yield "|---" * len(chapter.head) + "|"
        sentences = chapter.head[-1] not in WAYS
        for row in chapter.rows:
            cells = [_code(cell) for cell in row[: len(row) - sentences]] + [row[-1]] * sentences
            yield f"| {' | '.join(cells)} |"
        yield ""


def _code(cell: str) -> str:
    return f"`{cell}`" if cell else ""
