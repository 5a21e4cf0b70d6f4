"""Easings. An Easing maps the way from one key to the next, 0..1, to the share of the change made so far.

All give 0 at 0 and 1 at 1, but for steps that jump at the start, which have left 0 at once.

Names and shapes are those of CSS (linear, ease, ease-in-out, step-end, steps, cubic-bezier) and of easings.net.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from render.config.problem import SettingError, did_you_mean, quote
from render.errors import nearest

Array = NDArray[np.float64]
Easing = Callable[[Array], Array]

BEZIER = re.compile(r"cubic-bezier\(\s*([^,()]+),([^,()]+),([^,()]+),([^,()]+)\)")
STEPS = re.compile(r"steps\(\s*([0-9]{1,4})\s*(?:,\s*([a-z-]+)\s*)?\)")
EXAMPLES = "for example linear, in-out, ease-out-bounce, step, steps(4) or cubic-bezier(0.2, 0, 0, 1)"

# Where CSS's steps jump: whether at once, at the start; and whether at the very end, too.
JUMPS = {
    "jump-start": (True, False),
    "start": (True, False),
    "jump-end": (False, True),
    "end": (False, True),
    "jump-none": (False, False),
    "jump-both": (True, True),
}


def easing(name: str) -> Easing:
    """The easing called `name`: `in-out`, `ease-in-out-sine` and `easeInOutSine` alike; raises SettingError."""
    if match := BEZIER.fullmatch(name.strip()):
        return _bezier_of(name, match.groups())
    if match := STEPS.fullmatch(name.strip()):
        return _steps_of(name, int(match[1]), match[2] or "end")
    word = re.sub(r"(?<=[a-z])([A-Z])", r"-\1", name.strip()).lower()
    word = f"ease-{word}" if re.match(r"(in|out)(-|$)", word) else word
    if word not in EASINGS:
        near = nearest(word, EASINGS)
        raise SettingError(f"is {quote(name)}, which is no easing", "  ".join(filter(None, (near, EXAMPLES))))
    return EASINGS[word]


def _bezier_of(name: str, numbers: tuple[str, ...]) -> Easing:
    try:
        x1, y1, x2, y2 = (float(number) for number in numbers)
    except ValueError:
        raise SettingError(f"is {quote(name)}; cubic-bezier takes four numbers", "cubic-bezier(0.25, 0.1, 0.25, 1)") from None
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1 and abs(y1) <= 100 and abs(y2) <= 100):
        raise SettingError(f"is {quote(name)}; its first and third number are times and must be 0 to 1")
    return bezier(x1, y1, x2, y2)


def _steps_of(name: str, count: int, jump: str) -> Easing:
    if jump not in JUMPS:
        raise SettingError(f"is {quote(name)}; it jumps nowhere that is known", did_you_mean(jump, JUMPS))
    if count < 1 + (jump == "jump-none"):
        raise SettingError(f"is {quote(name)}; that is too few steps", "steps(4) or steps(4, jump-start)")
    return steps(count, *JUMPS[jump])


def steps(count: int, at_start: bool, at_end: bool) -> Easing:
    """The CSS staircase of `count` steps, whether it jumps at the start and whether it does at the end."""
    jumps = count - 1 + at_start + at_end
    return lambda u: np.where(u >= 1, 1.0, (np.floor(np.minimum(u, 1) * count) + at_start) / jumps)


def bezier(x1: float, y1: float, x2: float, y2: float) -> Easing:
    """The CSS cubic Bézier from (0, 0) to (1, 1) by way of (x1, y1) and (x2, y2), as y over x."""

    def ease(u: Array) -> Array:
        low, high = np.zeros_like(u), np.ones_like(u)
        for _ in range(40):  # bisection: x rises with the parameter, and 2^-40 is below what a pixel can show
            middle = (low + high) / 2
            left = _cubic(middle, x1, x2) < u
            low, high = np.where(left, middle, low), np.where(left, high, middle)
        return np.where(u <= 0, 0.0, np.where(u >= 1, 1.0, _cubic((low + high) / 2, y1, y2)))

    return ease


def _cubic(v: Array, first: float, second: float) -> Array:
    return 3 * (1 - v) ** 2 * v * first + 3 * (1 - v) * v**2 * second + v**3


def _sine(u: Array) -> Array:
    return 1 - np.cos(u * np.pi / 2)


def _power(exponent: int) -> Easing:
    return lambda u: u**exponent


def _expo(u: Array) -> Array:
    return np.where(u <= 0, 0.0, 2.0 ** (10 * u - 10))


def _circle(u: Array) -> Array:
    return 1 - np.sqrt(np.maximum(0, 1 - u**2))


def _back(overshoot: float) -> Easing:
    return lambda u: (overshoot + 1) * u**3 - overshoot * u**2


def _elastic(waves: float) -> Easing:
    """Swings once in `waves` of the last tenths; easings.net swings wider apart when it goes in and out."""

    def ease(u: Array) -> Array:
        swing = -(2.0 ** (10 * u - 10)) * np.sin((10 * u - 10.75) * 2 * np.pi / waves)
        return np.where(u <= 0, 0.0, np.where(u >= 1, 1.0, swing))

    return ease


def _elastic_in_out(u: Array) -> Array:
    swing = np.sin((20 * u - 11.125) * 2 * np.pi / 4.5) / 2
    moved = np.where(u < 0.5, -(2.0 ** (20 * u - 10)) * swing, 2.0 ** (-20 * u + 10) * swing + 1)
    return np.where(u <= 0, 0.0, np.where(u >= 1, 1.0, moved))


def _bounce(u: Array) -> Array:
    return 1 - _bounce_out(1 - u)


def _bounce_out(u: Array) -> Array:
    """Four parabolas of one curvature that touch 1 between them."""
    bounces = [(1 / 2.75, 0.0, 0.0), (2 / 2.75, 1.5, 0.75), (2.5 / 2.75, 2.25, 0.9375)]
    tests = [u < end for end, _, _ in bounces]
    arcs = [7.5625 * (u - centre / 2.75) ** 2 + floor for _, centre, floor in bounces]
    return np.select(tests, arcs, 7.5625 * (u - 2.625 / 2.75) ** 2 + 0.984375)


def _out(ease_in: Easing) -> Easing:
    return lambda u: 1 - ease_in(1 - u)


def _in_out(ease_in: Easing) -> Easing:
    return lambda u: np.where(u < 0.5, ease_in(2 * u) / 2, 1 - ease_in(2 - 2 * u) / 2)


def _family(name: str, ease_in: Easing, both: Easing | None = None) -> dict[str, Easing]:
    """The three easings of one easings.net family; `both` where the middle one is not made of its halves."""
    return {
        f"ease-in-{name}": ease_in,
        f"ease-out-{name}": _out(ease_in),
        f"ease-in-out-{name}": both or _in_out(ease_in),
    }


def _hold(u: Array) -> Array:
    return np.where(u < 1, 0.0, 1.0)


def _jump(u: Array) -> Array:
    return np.ones_like(u)


FORMS: Mapping[str, str] = {  # easings that take numbers: an example, and what it is
    "cubic-bezier(0.2, 0, 0, 1)": "CSS's curve by its two handles",
    "steps(4)": "a staircase; its last jump is at the end",
    "steps(4, jump-start)": "a staircase; its first jump is at the start. Also jump-both and jump-none",
}
EASINGS: dict[str, Easing] = {
    "linear": lambda u: u,
    "ease": bezier(0.25, 0.1, 0.25, 1),
    "ease-in": bezier(0.42, 0, 1, 1),
    "ease-out": bezier(0, 0, 0.58, 1),
    "ease-in-out": bezier(0.42, 0, 0.58, 1),
    "step": _hold,
    "step-end": _hold,
    "step-start": _jump,
    **_family("sine", _sine),
    **_family("quad", _power(2)),
    **_family("cubic", _power(3)),
    **_family("quart", _power(4)),
    **_family("quint", _power(5)),
    **_family("expo", _expo),
    **_family("circ", _circle),
    **_family("back", _back(1.70158), _in_out(_back(1.70158 * 1.525))),
    **_family("elastic", _elastic(3.0), _elastic_in_out),
    **_family("bounce", _bounce),
}
