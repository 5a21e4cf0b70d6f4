"""Laws of bad configurations: ten thousand accidents, and each loads or is one message that names its place."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from render.config import load
from render.config.templates import TEMPLATES, template
from render.errors import RenderError

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))
TEXTS = [path.read_text(encoding="utf-8") for path in CONFIGS] + [template(kind) for kind in TEMPLATES]
FEW, ALL = 1_000, 10_000  # accidents; all of them take a minute and more
PLACED = re.compile(r"film\.yaml(:\d+){1,2}: .")  # how every problem begins
UNPLACED = re.compile(r"film\.yaml: (not a text file|the file (is written in UTF-16|has more than))")  # nothing can be read

SCRAPS = [
    *"{}[]:,-&*!|>'\"#%@`?\t\n\x00\r0~日\\",
    "null",
    "true",
    "<<:",
    "&a ",
    "*a",
    "!!str ",
    "---\n",
    "...",
    "\x1b[31m",
    "\u202e",
]
VALUES = [
    "", "~", "yes", "off", "0x10", "010", "1_000", "12:30:45", "2026-11-21", "-1", "0", "-0.0", "1e999", "-1e999",
    ".nan", "-.inf", "9" * 300, "9" * 5000, "1e-320", "18446744073709551616", "0." + "3" * 400, "1/0", "30000/1001",
    "1/" + "9" * 12, "NaN", "[]", "{}", "[[]]", "[~]", "{~: ~}", "[1, 2, 3]", "{a: b}", "{0s: 1}", "{0s: {}}",
    "{ease: in}", "[{at: 0s}]", "- 1", "{0s: 1, 0s: 2}", "{1: 2, end: 3, 200%: 4}", "{-1s: 1}", "{9999999999s: 1}",
    "!!python/object/apply:os.system [ls]", "!!binary aGk=", "!x y", "!!float 1", "!!set {a, b}", "&a [*a]",
    "&a {b: *a}", "*nowhere", "<<", "{<<: {zoom: 2}}", "''", '"\\0"', '"\\x1b[31mred"', '"\\u202e"', '"\\ud800"',
    "'\u0000'", "日本語", "\U0001f41f", "é" * 300, "a" * 100_000, "'" + "x y " * 20_000 + "'", "../../etc/passwd",
    "/dev/zero", "http://example.org/a.png", "-y.mp4", "'a\n\n b.mp4'", "CON.mp4", "{name}/{name}.mp4",
    "'{frame:99}.png'", "'{frame}{frame}.png'", "'{0.__class__}.mp4'", "99999x99999", "16x16", "-5x5", "1x1",
    "source/99", "0s", "1e9s", "999:59:59", "86401s", "86399s", "4b", "0 frames", "1 frames", "999999999999 frames",
    "240", "0.001", "random", "9223372036854775808", "'9**9**9**9'", "'2**1023*2'", "'1/0'", "'0/s'", "'log(0)'",
    "'(' ", "'" + "(" * 500 + "'", "'" + "-" * 5000 + "1'", "'s.__class__'", "'[x for x in s]'", "'lambda: 1'",
    "'f\"{s}\"'", "'s if s else p'", "'noise(' ", "'" + "noise(" * 90 + "s" + ")" * 90 + "'", "'0: (1), 60: (2'",
    "'0: (1), 0: (2)'", "'99999999999999999999: (1)'", "'0:(" + "9" * 4000 + ")'", "| \n a", ">-\n  b",
    "{0s: 1, ease: " + "x" * 300 + "}", "{garden: all, garden: [1]}", "{class: [[]]}", "{channels: [99999999999]}",
    "{layer: ''}",
]  # fmt: skip
LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
)

Accident = Callable[[str, random.Random], str | bytes]


def somewhere(text: str, dice: random.Random) -> int:
    return dice.randrange(len(text) + 1)


def line_of(text: str, dice: random.Random) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, dice.randrange(len(lines))


def cut(text: str, dice: random.Random) -> str:
    place = somewhere(text, dice)
    return text[:place] + text[place + dice.choice([1, 3, 12, len(text)]) :]


def scrap(text: str, dice: random.Random) -> str:
    place = somewhere(text, dice)
    return text[:place] + dice.choice(SCRAPS) * dice.choice([1, 1, 2, 40]) + text[place:]


def stutter(text: str, dice: random.Random) -> str:
    place, length = somewhere(text, dice), dice.choice([2, 9, 60])
    return text[:place] + text[place : place + length] * 2 + text[place + length :]


def shuffle(text: str, dice: random.Random) -> str:
    lines, first = line_of(text, dice)
    second = dice.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines)


def indent(text: str, dice: random.Random) -> str:
    lines, at = line_of(text, dice)
    lines[at] = dice.choice([" ", "  ", "\t", "     ", "\u00a0", "\u3000"]) + lines[at]
    return "\n".join(lines)


def value(text: str, dice: random.Random) -> str:
    """One setting's value becomes something else."""
    places = list(re.finditer(r"(?<=: )[^\n,{}\[\]#]+", text))
    if not places:
        return text
    place = dice.choice(places)
    return text[: place.start()] + dice.choice(VALUES) + text[place.end() :]


def key(text: str, dice: random.Random) -> str:
    """One setting's name becomes something else."""
    names = list(re.finditer(r"\b\w+(?=:)", text))
    if not names:
        return text
    place, other = dice.choice(names), dice.choice(names)[0]
    new = dice.choice(
        [other, place[0] + "x", place[0].upper(), "__class__", "日", "1", "? []", "''", "<<", "'a b'", "&k k", "!k k", "~"]
    )
    return text[: place.start()] + new + text[place.end() :]


def deep(text: str, dice: random.Random) -> str:
    depth = dice.choice([10, 49, 52, 500, 20_000])
    form = dice.choice(["[{}]", "{{a: {}}}", "- {}", "? {}"])
    before, after = form.format("\n").split("\n")
    return text + f"\n{dice.choice(['motion', 'deep', 'outputs'])}: " + before * depth + "1" + after * depth


def laughs(text: str, dice: random.Random) -> str:
    last = chr(97 + dice.randrange(13))
    return dice.choice([LAUGHS + text, f"{LAUGHS}outputs: *{last}\n", text + "\n" + LAUGHS])


def many(text: str, dice: random.Random) -> str:
    count = dice.choice([100, 9_000, 60_000])
    return text + dice.choice(
        [f"\noutputs: [{'a.mp4, ' * count}]", "\n" + "x: 1\n" * min(count, 9000), "\n#" + "x" * count * 5]
    )


def written(text: str, dice: random.Random) -> str | bytes:
    """Another system's editor."""
    codec = dice.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "shift-jis"])
    ends = text.replace("\n", dice.choice(["\r\n", "\r", "\n", "\x85", "\u2028"]))
    return ends.encode(codec, "replace")


def rot(text: str, dice: random.Random) -> bytes:
    data = bytearray(text.encode())
    for _ in range(dice.choice([1, 2, 30])):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def noise(text: str, dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice([0, 1, 3, 200, 5000]))


ACCIDENTS = {  # and how often each happens
    value: 80, key: 24, scrap: 24, cut: 12, stutter: 10, shuffle: 10, indent: 10, rot: 12, written: 8, deep: 4, laughs: 2,
    many: 1, noise: 2,
}  # fmt: skip


def spoiled(dice: random.Random) -> tuple[str, bytes]:
    """A configuration after one to three accidents, and their names."""
    text: str | bytes = dice.choice(TEXTS)
    happened = []
    for _ in range(dice.choice([1, 1, 2, 3])):
        if isinstance(text, bytes):
            break
        accident = dice.choices(list(ACCIDENTS), list(ACCIDENTS.values()))[0]
        text = accident(text, dice)
        happened.append(accident.__name__)
    return " ".join(happened), text if isinstance(text, bytes) else text.encode("utf-8", "replace")


def fault(message: str) -> str:
    """What is wrong with a message to a person; "" where nothing is."""
    if "Traceback" in message or re.search(r"\w+Error\b", message):
        return "it speaks of Python"
    if not message.replace("\n", "").isprintable():
        return "it holds characters that a terminal obeys"
    if len(message) > 40_000:
        return "it is a book"
    if UNPLACED.match(message):
        return ""
    first = message.splitlines()[0]
    return "" if PLACED.match(first) else f"it names no place: {first[:200]!r}"


def loaded(path: Path, quality: str) -> tuple[bool, str]:
    """Whether a configuration loads, and what is wrong with how it does not; "" where nothing is."""
    try:
        return bool(load(path, quality=quality)), ""
    except RenderError as error:
        wrong = fault(str(error).replace(f"{path.parent}/", ""))
        return False, wrong or ("" if error.exit_code in (2, 3) else f"it ends with {error.exit_code}")
    except Exception as error:
        return False, f"it falls: {error!r}"


@pytest.mark.parametrize("cases", [range(FEW), pytest.param(range(FEW, ALL), marks=pytest.mark.slow)], ids=["few", "all"])
def test_accidents_load_or_are_one_message_that_names_the_place(tmp_path: Path, cases: range) -> None:
    path, happened = tmp_path / "film.yaml", Counter[str]()
    for case in cases:
        dice = random.Random(case)
        names, data = spoiled(dice)
        path.write_bytes(data)
        loads, wrong = loaded(path, dice.choice(["final", "final", "draft"]))
        assert not wrong, (case, names)
        happened.update(["loads" if loads else "refused", *names.split()])
    assert min(happened["loads"], happened["refused"]) > len(cases) / 20
    assert set(happened) == {"loads", "refused", *(accident.__name__ for accident in ACCIDENTS)}


def test_the_law_of_messages_can_fail() -> None:
    assert not fault("film.yaml:3:4: seed is twice")
    assert not fault("film.yaml: not a text file; a film is asked for in YAML")
    for message in ("seed is twice", "film.yaml:3:4: \x1b[31mred", "film.yaml:1:1: ValueError: no", "film.yaml:1:1: a\u0085b"):
        assert fault(message)
