"""Hostile strings: what a careless or a wicked hand might write for a moving number, (dice) -> text.

About a third are sound expressions, so that what runs is tried as well as what is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from render.config.expression import FUNCTIONS, VARIABLES


def words(text: str) -> list[str]:
    """What stands between the spaces."""
    return text.split(" ")


NUMBERS = words("0 1 2.5 .5 1e9 -1e9 1e-9 1e308 010 1_000 3. 16 0.1 7")
ODD_NUMBERS = ["9" * 30, "9" * 400, *words("1e999 1j 0x1f 0b1 1__0 1e 1.2.3 1e-400 0777 1if ½ ０ ²")]
NAMES = [*VARIABLES, "kick", "pi", "tau"]
STRANGE_NAMES = words("t x np os sys self True None Ellipsis __builtins__ __debug__ _ ｓｉｎ ѕ")
OPERATORS = words("+ - * / % ** < <= > >= == != and or")
STRANGE_OPERATORS = ["not in", *words("// << >> & | ^ @ ~ := = is in -> . , ; **- +-")]
PUNCTUATION = list("()()(),.:;@=!<>~+-*/%&|^\\#$?`[]{}'\"\0\n\t\r\v\x85\u2028\ud800\u202e\ufeff")
SPELLS = [
    "().__class__.__bases__[0].__subclasses__()",
    "({0}).__class__",
    "sin.__globals__",
    "sin.__call__({0})",
    "{0}.real.__add__(1)",
    "__import__('os').system('true')",
    "eval('{0}')",
    "exec({0})",
    "open({0})",
    "getattr(s, {0})",
    "globals()['s']",
    "(lambda: {0})()",
    "(lambda x=({0}): x)",
    "[x for x in ({0})]",
    "{{x: x for x in range(10**9)}}",
    "sum(x for x in range(10**9))",
    "(y := {0})",
    "min(*[{0}, 1])",
    "max(**{{'a': {0}}})",
    "sin(x={0})",
    "f'{{{0}}}'",
    "f'{{s!r:>{{10**9}}}}'",
    "b'{0}'",
    "'a' * 10**9",
    "'%s' % ({0})",
    "({0},) * 10**9",
    "s[{0}]",
    "s[::{0}]",
    "{{{0}}}",
    "...",
    "await {0}",
    "yield {0}",
    "(yield)",
    "print({0})",
    "import os",
    "del s",
    "s = {0}",
    "{0} if",
    "if {0} else 1",
    "{0}; {0}",
    "{0} # {0}",
    "where({0})",
    "sin sin {0}",
    "sin(sin)",
    "(sin)({0})",
    "sin({0})({0})",
    "(min if {0} else max)({0}, {0})",
    "0: ({0}), 60: ({0})",
    "0: ({0}), 60: {0}",
    "0: ({0}) 60: ({0})",
    "0:({0}),",
    "0: ({0}",
    "99999999999: ({0})",
    "0: (0: ({0}))",
]
REPEATED = ["not ", "s if s else ", *words("( - + ~ sin( 1+ 2** 9**9** s< 1, min(1, (( [ { s. 1e ''")]


def sound(dice: Random, depth: int = 3) -> str:
    """An expression that reads and runs."""
    if depth == 0 or dice.random() < 0.2:
        return dice.choice(NAMES if dice.random() < 0.6 else NUMBERS)

    def inner() -> str:
        return sound(dice, depth - 1)

    kind = dice.random()
    if kind < 0.45:
        return f"({inner()} {dice.choice(OPERATORS)} {inner()})"
    if kind < 0.8:
        name, rule = dice.choice(list(FUNCTIONS.items()))
        count = dice.randint(rule.fewest, min(rule.most, 4))
        return f"{name}({', '.join(inner() for _ in range(count))})"
    return dice.choice([f"-{inner()}", f"(not {inner()})", f"({inner()} if {inner()} else {inner()})", f"  {inner()}\n"])


def changed(dice: Random) -> str:
    """A sound expression of which a few letters were lost, doubled, swapped or replaced."""
    text = sound(dice)
    for _ in range(dice.randint(1, 3)):
        here, there = sorted(dice.randrange(len(text) + 1) for _ in range(2))
        there = min(there, here + 6)
        piece, stranger = (
            text[here:there],
            dice.choice(dice.choice((ODD_NUMBERS, STRANGE_NAMES, STRANGE_OPERATORS, PUNCTUATION))),
        )
        text = text[:here] + dice.choice(["", piece * 2, piece[::-1], stranger, f" {stranger} "]) + text[there:]
    return text


def spelled(dice: Random) -> str:
    """What gets somewhere in a program that trusts its text, around something sound."""
    return dice.choice(SPELLS).format(sound(dice, 2))


def repeated(dice: Random) -> str:
    """One thing again and again, closed or left open, short or longer than what is let through."""
    piece, times = dice.choice(REPEATED), dice.choice([3, 20, 39, 41, 80, 100, 240, 600, 3000])
    end = dice.choice(["", "1", sound(dice, 1)])
    return piece * times + end + dice.choice(["", ")" * times * piece.count("("), "]" * times])


def noise(dice: Random) -> str:
    """Words and signs in any order."""
    lists = (NUMBERS, ODD_NUMBERS, NAMES, STRANGE_NAMES, OPERATORS, STRANGE_OPERATORS, PUNCTUATION, list(FUNCTIONS))
    return "".join(dice.choice(dice.choice(lists)) + dice.choice(["", " "]) for _ in range(dice.randrange(12)))


def letters(dice: Random) -> str:
    """Any letters that there are."""
    most = dice.choice([0x7F, 0xFF, 0x2FFF, 0x10FFFF])
    return "".join(chr(dice.randint(0, most)) for _ in range(dice.randrange(30)))


KINDS: dict[Callable[[Random], str], int] = {sound: 30, changed: 30, spelled: 15, repeated: 5, noise: 14, letters: 6}


def hostile(dice: Random) -> str:
    """One of them."""
    (kind,) = dice.choices(list(KINDS), list(KINDS.values()))
    return kind(dice)
