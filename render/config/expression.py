"""Expressions. An Expression maps named values (numbers or float64 arrays) to numbers; there is nothing else it can do.

Python's own parser makes the tree, and only the nodes, names and functions of the tables below are let through: no
attributes, no strings, no calls by any other name. Arithmetic is numpy's float64, so nothing grows without bound: what
overflows becomes infinite, and the check of the whole film names the moment.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.config.problem import SettingError, comma, did_you_mean, quote

LONGEST = 500  # characters
WITH_UNIT = re.compile(r"\s*([-+]?[0-9]{1,9}(?:\.[0-9]{0,9})?)\s*(%|°|[A-Za-z]{1,12}(?:/s)?)\s*")
DEEPEST = 40  # calls, brackets and operators inside one another
MOST_ARGUMENTS = 100

Array = NDArray[np.float64]
Values = Mapping[str, Any]
Run = Callable[[Values], Any]

VARIABLES: Mapping[str, str] = {  # what they are
    "s": "seconds since the film began",
    "p": "how far the film is: 0 at its start, 1 at its end",
    "f": "frames since the film began; at another fps another film",
    "b": "beats, counted from the music's first, or from the start; bpm says how long one is",
    "fps": "frames a second",
    "seed": "the film's seed",
}
CONSTANTS = {"pi": np.pi, "tau": 2 * np.pi}
SIGNS: Mapping[str, str] = {  # an example of each, and what it is
    "s + 1 - 2 * p / 3": "sums and products, in the usual order; brackets first",
    "s % 2": "what is left of s when it is divided by 2: 0 to 2, again and again",
    "s ** 2": "s to the power of 2",
    "s < 2 <= p": "1 where it is so, 0 where not; also `>` `>=` `==` `!=`",
    "not (s < 2 and p > 0.5 or b > 8)": "1 or 0 of what is 1 or 0",
    "1 if s < 2 else 3": "one number where something is so, another where not",
}
WHY_NOT_T = "t is the frame in one tool and the second in another: write f for frames or s for seconds"

RESERVED = frozenset({*keyword.kwlist, "t", "max_f"})  # words of Python's grammar and of Deforum


class ExpressionError(SettingError):
    """An expression that cannot be read; `message` continues "motion.zoom …", `column` counts characters from 0."""


@dataclass(frozen=True)
class Expression:
    """A formula ready to run.

    >>> float(parse("1 + s / 2")({"s": 3}))
    2.5
    """

    text: str
    names: frozenset[str]  # all that it uses; seed, too, where a function draws numbers from it
    run: Run = field(compare=False, repr=False)
    free_names: Mapping[str, int] = field(default_factory=dict, compare=False)  # those that are no variable, and their columns
    variables: tuple[str, ...] = ()  # what it may name besides the features of the film's music

    def __call__(self, values: Values) -> Array:
        """The numbers for `values`, which may be arrays of one shape; all of its `names` must be among them."""
        with np.errstate(all="ignore"):
            return np.asarray(self.run(values), dtype=np.float64)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its text, since what runs is made of closures."""
        return parse, (self.text, self.variables)

    def require(self, features: Collection[str]) -> None:
        """Raises ExpressionError for the first free name that is not among the film's `features`."""
        for name, column in self.free_names.items():
            if name not in features:
                known = did_you_mean(name, (*self.variables, *CONSTANTS, *features))
                raise ExpressionError(f'uses "{name}", which is no variable', known, column=column)


@dataclass(frozen=True)
class Function:
    """A function of expressions."""

    call: Callable[..., Any]
    meaning: str
    takes: str = "x"  # its arguments; one with a value may be left out, and … stands for more
    across: tuple[float, float] | None = None  # the x from which to which its curve shows best
    seeded: bool = False  # it gets the film's seed before them

    @property
    def fewest(self) -> int:
        """How many arguments it needs."""
        return sum("=" not in argument and argument != "…" for argument in self.takes.split(", "))

    @property
    def most(self) -> int:
        """How many it can take."""
        return MOST_ARGUMENTS if "…" in self.takes else len(self.takes.split(", "))


def parse(text: str, names: tuple[str, ...] = tuple(VARIABLES)) -> Expression:
    """The expression that `text` writes with the variables `names`; raises ExpressionError.

    Other names pass as free names, to be looked at with `require` once the film's features are known.
    """
    flat = re.sub(r"\s", " ", text)
    start = len(flat) - len(flat.lstrip())
    _refuse(flat)
    tree = _tree(flat.strip(), start)
    compiler = _Compiler(names, start)
    run = compiler.run(tree, 0)
    return Expression(text, frozenset(compiler.used) | compiler.free_names.keys(), run, compiler.free_names, names)


def require_feature_name(name: str) -> None:
    """Raises SettingError for what cannot be the name of a feature, since expressions could not tell what it means."""
    hint = "as in features: {kick: 40-120}"
    if name in (*VARIABLES, *CONSTANTS, *FUNCTIONS, *RESERVED):
        raise SettingError(f'calls a feature "{name}", which means something else in expressions', hint)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,39}", name):
        raise SettingError(f"calls a feature {quote(name)}; names are letters, digits and _", hint)


def _refuse(text: str) -> None:
    """What can be refused before parsing: length, strange characters, deep brackets."""
    if not text.strip():
        raise ExpressionError("is empty", 'write a number, or an expression such as "1 + 0.5*sin(2*pi*p)"')
    if len(text) > LONGEST:
        raise ExpressionError(f"is an expression of {len(text)} characters; {LONGEST} is the most", column=LONGEST)
    if hint := comma(text) or _unit(text):
        raise ExpressionError(f"is {quote(text.strip())}, which is no number", hint, column=len(text) - len(text.lstrip()))
    if strange := re.search(r"[^\w.+\-*/%(),<>=! ]|[^\x00-\x7f]", text):
        hint = "powers are written **" if strange[0] == "^" else "expressions are made of numbers, names and + - * / % ** ( )"
        raise ExpressionError(f'cannot use "{strange[0]}"', hint, column=strange.start())
    depth = 0
    for column, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth > DEEPEST:
            raise ExpressionError(f"has more than {DEEPEST} brackets inside one another", column=column)


def _unit(text: str) -> str:
    """A hint for a number with a unit behind it, which settings know themselves; "" for any other text."""
    match = WITH_UNIT.fullmatch(text)
    if match is None:
        return ""
    number, unit = match.groups()
    if unit == "%":
        return f"write {float(number) / 100:g}"
    return f"write the number alone: {number}" + f"; or {number}*{unit} to multiply" * (unit in VARIABLES)


def _tree(text: str, start: int) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of spellings such as 1if; they are harmless here
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        column = min(error.offset or len(text), len(text)) - 1  # offset 0: the end came too soon
        raise ExpressionError("does not read as an expression", _complaint(error), column=start + column) from None
    except (ValueError, MemoryError, RecursionError, OverflowError):
        raise ExpressionError("does not read as an expression") from None


def _complaint(error: SyntaxError) -> str:
    """Python's complaint where it helps an artist, which is about brackets."""
    message = str(error.msg)
    return message.replace("parenthesis", "bracket") if "(" in message or ")" in message else "something is missing here"


@dataclass(frozen=True)
class _Compiler:
    """Turns a tree into a function; `used` collects the variables it meets, `free_names` all others."""

    names: tuple[str, ...]
    start: int
    used: set[str] = field(default_factory=set)
    free_names: dict[str, int] = field(default_factory=dict)

    def run(self, node: ast.expr, depth: int) -> Run:
        """The function of one node and all below it."""
        if depth > DEEPEST:
            raise self.error(node, f"is nested more than {DEEPEST} deep")
        compile_node = COMPILERS.get(type(node))
        if compile_node is None:
            raise self.error(node, "holds something that is not arithmetic", "no attributes, strings, lists or lambdas")
        return compile_node(self, node, depth + 1)

    def error(self, node: ast.expr, message: str, hint: str = "") -> ExpressionError:
        """The error that points at `node`."""
        return ExpressionError(message, hint, column=self.start + node.col_offset)

    def constant(self, node: ast.Constant, depth: int) -> Run:
        """A number as written."""
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.error(node, f"cannot use {node.value!r}", "expressions know numbers only")
        try:
            number = np.float64(node.value)
        except OverflowError:
            raise self.error(node, "holds a number too large to work with") from None
        return lambda values: number

    def name(self, node: ast.Name, depth: int) -> Run:
        """A variable or a constant."""
        word = node.id
        if word in CONSTANTS and word not in self.names:
            number = np.float64(CONSTANTS[word])
            return lambda values: number
        if word == "t" and word not in self.names:
            raise self.error(node, 'uses "t"', WHY_NOT_T)
        if word in FUNCTIONS:
            raise self.error(node, f'uses "{word}" without its brackets', f"write {word}(…)")
        if word in self.names:
            self.used.add(word)
        else:
            self.free_names.setdefault(word, self.start + node.col_offset)
        return lambda values: np.asarray(values[word], dtype=np.float64)

    def call(self, node: ast.Call, depth: int) -> Run:
        """A function of the table, with as many plain arguments as it takes."""
        word = node.func.id if isinstance(node.func, ast.Name) else "…"
        function = FUNCTIONS.get(word)
        if function is None:
            raise self.error(node, f'calls "{word}", which is no function', did_you_mean(word, FUNCTIONS))
        if node.keywords or not function.fewest <= len(node.args) <= function.most:
            raise self.error(node, f"gives {word}() {len(node.args)} arguments", f"it takes {_arguments(function)}")
        arguments = [self.run(argument, depth) for argument in node.args]
        if function.seeded:
            self.used.add("seed")
            return lambda values: function.call(values["seed"], *(argument(values) for argument in arguments))
        return lambda values: function.call(*(argument(values) for argument in arguments))

    def binary(self, node: ast.BinOp, depth: int) -> Run:
        """`+ - * / % **`."""
        if type(node.op) not in BINARY:
            raise self.error(node, "uses an operator that is not + - * / % or **")
        operate, left, right = BINARY[type(node.op)], self.run(node.left, depth), self.run(node.right, depth)
        return lambda values: operate(left(values), right(values))

    def unary(self, node: ast.UnaryOp, depth: int) -> Run:
        """`- + not`."""
        if type(node.op) not in UNARY:
            raise self.error(node, "uses an operator that is not + - * / % or **")
        operate, operand = UNARY[type(node.op)], self.run(node.operand, depth)
        return lambda values: operate(operand(values))

    def compare(self, node: ast.Compare, depth: int) -> Run:
        """`< <= > >= == !=`, chains included: 1 where true, 0 where not."""
        if any(type(operator) not in COMPARE for operator in node.ops):
            raise self.error(node, "uses a comparison that is not < <= > >= == or !=")
        operands = [self.run(operand, depth) for operand in (node.left, *node.comparators)]
        steps = list(zip((COMPARE[type(operator)] for operator in node.ops), operands, operands[1:], strict=False))
        return lambda values: _all([compare(left(values), right(values)) for compare, left, right in steps])

    def logic(self, node: ast.BoolOp, depth: int) -> Run:
        """`and or`: 1 where true, 0 where not."""
        join = _all if isinstance(node.op, ast.And) else _any
        operands = [self.run(operand, depth) for operand in node.values]
        return lambda values: join([operand(values) for operand in operands])

    def choice(self, node: ast.IfExp, depth: int) -> Run:
        """`a if c else b`."""
        test, yes, no = (self.run(part, depth) for part in (node.test, node.body, node.orelse))
        return lambda values: np.where(_true(test(values)), yes(values), no(values))


def _true(value: Any) -> Any:
    return np.not_equal(value, 0)


def _all(values: list[Any]) -> Any:
    return np.float64(1) * np.logical_and.reduce(np.broadcast_arrays(*map(_true, values)))


def _any(values: list[Any]) -> Any:
    return np.float64(1) * np.logical_or.reduce(np.broadcast_arrays(*map(_true, values)))


def _arguments(function: Function) -> str:
    if function.most == MOST_ARGUMENTS:
        return f"at least {function.fewest}"
    return str(function.fewest) if function.fewest == function.most else f"{function.fewest} or {function.most}"


COMPILERS: dict[type[ast.expr], Callable[..., Run]] = {
    ast.Constant: _Compiler.constant,
    ast.Name: _Compiler.name,
    ast.Call: _Compiler.call,
    ast.BinOp: _Compiler.binary,
    ast.UnaryOp: _Compiler.unary,
    ast.Compare: _Compiler.compare,
    ast.BoolOp: _Compiler.logic,
    ast.IfExp: _Compiler.choice,
}
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.Mod: np.remainder,
    ast.Pow: np.float_power,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: np.negative,
    ast.UAdd: np.positive,
    ast.Not: lambda value: np.float64(1) * np.equal(value, 0),
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


def _clamp(value: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(value, low), high)


def _where(test: Any, yes: Any, no: Any) -> Any:
    return np.where(_true(test), yes, no)


def _least(*values: Any) -> Any:
    return np.minimum.reduce(np.broadcast_arrays(*values))


def _largest(*values: Any) -> Any:
    return np.maximum.reduce(np.broadcast_arrays(*values))


def _fraction(x: Any) -> Any:
    return x - np.floor(x)


def _triangle(x: Any) -> Any:
    """Like sin(2 pi x) with straight sides: 0 at 0, 1 at 1/4, -1 at 3/4."""
    return 1 - 4 * np.abs(_fraction(np.add(x, 0.25)) - 0.5)


def _saw(x: Any) -> Any:
    """Rises from -1 to 1 once a unit, through 0 at every whole x."""
    return 2 * _fraction(np.add(x, 0.5)) - 1


def _square(x: Any) -> Any:
    """1 in the first half of every unit, -1 in the second."""
    return np.where(_fraction(x) < 0.5, 1.0, -1.0)


def _pulse(x: Any, width: Any = 0.1) -> Any:
    """1 in the first `width` of every unit, else 0."""
    return np.where(_fraction(x) < width, 1.0, 0.0)


def _hash(seed: Any, whole: Any) -> Array:
    """A number 0..1 for every whole number and seed (splitmix64), the same on every machine."""
    finite = np.where(np.isfinite(whole), np.remainder(whole, 2.0**53), 0.0)
    with np.errstate(over="ignore"):
        x = np.atleast_1d(finite).astype(np.uint64) + np.uint64(int(seed) & (2**64 - 1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return ((x >> np.uint64(11)).astype(np.float64) / 2.0**53).reshape(np.shape(finite))


def _rand(seed: Any, x: Any) -> Any:
    """A random number 0..1, a new one at every whole x."""
    return np.where(np.isfinite(x), _hash(int(seed) ^ 0x5EED, np.floor(x)), np.nan)


def _noise(seed: Any, x: Any) -> Any:
    """A smooth random curve between -1 and 1, about one wave for two units of x."""
    left = np.floor(x)
    u = np.subtract(x, left)
    smooth = u * u * u * (u * (6 * u - 15) + 10)
    before, after = _hash(seed, left), _hash(seed, left + 1)
    return 2 * (before + (after - before) * smooth) - 1


WAVE, STEPS, CHANCE = (0.0, 3.0), (-2.0, 2.0), (0.0, 12.0)  # of x, to draw

FUNCTIONS: dict[str, Function] = {
    "sin": Function(np.sin, "a wave between -1 and 1, once in tau: `sin(tau*s/8)` swings once in 8 s", across=(0, 6 * np.pi)),
    "cos": Function(np.cos, "the same wave, begun at 1", across=(0, 6 * np.pi)),
    "tri": Function(_triangle, "a wave of straight sides, once a unit", across=WAVE),
    "saw": Function(_saw, "rises from -1 to 1 and falls at once, once a unit; 0 at 0", across=WAVE),
    "square": Function(_square, "1 in the first half of every unit, -1 in the second", across=WAVE),
    "pulse": Function(_pulse, "1 in the first part of every unit, that is so wide, else 0", "x, width=0.1", across=WAVE),
    "noise": Function(_noise, "a smooth random curve between -1 and 1; the seed says which", across=CHANCE, seeded=True),
    "rand": Function(_rand, "a random number from 0 to 1, a new one at every whole x", across=CHANCE, seeded=True),
    "floor": Function(np.floor, "the whole number at or below x", across=STEPS),
    "ceil": Function(np.ceil, "the whole number at or above x", across=STEPS),
    "round": Function(lambda x: np.floor(np.add(x, 0.5)), "the nearest whole number; halves go up", across=STEPS),
    "abs": Function(np.abs, "x without its sign", across=STEPS),
    "sqrt": Function(np.sqrt, "the square root", across=(0, 4)),
    "exp": Function(np.exp, "e to the power of x", across=STEPS),
    "log": Function(np.log, "the logarithm to the base of e", across=(0.05, 4)),
    "tan": Function(np.tan, "the tangent"),
    "min": Function(_least, "the least of its numbers", "a, b, …"),
    "max": Function(_largest, "the largest of its numbers", "a, b, …"),
    "clamp": Function(_clamp, "x, but never below low nor above high", "x, low, high"),
    "where": Function(_where, "yes where the test is not 0, else no: `where(s < 2, 1, 3)`", "test, yes, no"),
}
