"""Kinds. A Kind is how one setting is read: a YAML value in, the setting's value out, and the same as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from glob import escape
from pathlib import Path
from secrets import randbelow
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from render.config.curve import Curve, Span, read_curve, wants
from render.config.problem import SettingError, nearest, shown
from render.config.scalars import SIZES, Network, Size, Time, read_bytes, read_rate, read_size, read_time

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """How a setting is read.

    read: YAML value -> value, raises SettingError. wants: what it takes, in words. schema: the same as JSON Schema.
    write: value -> YAML value that reads back the same. span: unit and range of a number. bad: a value it refuses, for
    the tests.
    """

    read: Callable[[Any], Any]
    wants: str
    schema: Schema = field(repr=False)
    write: Callable[[Any], Any] = field(default=lambda value: value, repr=False)
    span: str = ""
    bad: Any = field(default=True, repr=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        writer = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.no_info_plain_validator_function(self._validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)

    def _validate(self, value: Any) -> Any:
        if value is None:
            raise SettingError("has no value", f"it takes {self.wants}; leave the line out for the default")
        return self.read(value)


CURVE_SCHEMA: Schema = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "description": "an expression, or Deforum keyframes"},
        {"type": "object", "description": "keyframes: {0s: 1, 4s: 1.5, ease: in-out}"},
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "value"],
                "properties": {"at": {"type": ["string", "integer"]}, "value": {}, "ease": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    ]
}


def number(unit: str, low: float, high: float, *, whole: bool = False, log: bool = False) -> Kind:
    """A number that may move: `unit`, from `low` to `high`; `whole` counts things, `log` moves by factors."""
    span = Span(unit, low, high, whole, log)
    first, *others = CURVE_SCHEMA["anyOf"]
    limits = {**first, "minimum": low, "maximum": high, "type": "integer" if whole else "number"}
    return Kind(
        lambda value: value if isinstance(value, Curve) else read_curve(value, span),
        wants(span),
        {"anyOf": [limits, *others]},
        lambda curve: curve.given,
        str(span),
        bad=high + 1,
    )


def pair(first: str, second: str, kind: Kind) -> Kind:
    """Two numbers that may move, as in [0, 0]; the names say what each is."""
    form = f"[{first}, {second}]"

    def read(value: Any) -> tuple[Any, Any]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise SettingError(f"is {shown(value)}; it takes two numbers, {form}", "each of them may move: [0, {0s: 0, 4s: 1}]")
        return _item(kind, value, 0), _item(kind, value, 1)

    schema = {"type": "array", "prefixItems": [kind.schema] * 2, "minItems": 2, "maxItems": 2}

    def write(both: tuple[Any, Any]) -> list[Any]:
        return [kind.write(one) for one in both]

    return Kind(read, f"{form}, each {kind.wants}", schema, write, kind.span, bad=0)


def _item(kind: Kind, value: Any, index: int) -> Any:
    try:
        return kind.read(value[index])
    except SettingError as wrong:
        raise wrong.inside(index) from None


def static(low: float, high: float, unit: str = "", *, whole: bool = True) -> Kind:
    """A number that cannot move."""
    span = Span(unit, low, high, whole)

    def read(value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SettingError(f"is {shown(value)}; it takes a number, {span}, and cannot move")
        span.check(value)
        return int(value) if whole else float(value)

    schema = {"type": "integer" if whole else "number", "minimum": low, "maximum": high}
    return Kind(read, f"a number, {span}", schema, span=str(span), bad="fast")


def choice(*names: str) -> Kind:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in names:
            raise SettingError(f"is {shown(value)}; it takes one of {' '.join(names)}", nearest(str(value), names))
        return str(value)

    return Kind(read, " or ".join(names), {"enum": list(names)}, bad="nothing of the kind")


NOT_IN_NAMES = re.compile(r"[/\\:*?\"<>|{}\x00-\x1f]")  # what some system or another forbids in a file's name


def name_from(stem: str) -> str:
    """The name of a film whose file is called `stem`."""
    letters = "".join(letter if letter.isprintable() else "-" for letter in stem)
    return NOT_IN_NAMES.sub("-", letters).strip(" .")[:100].rstrip(" .") or "film"


def _read_name(value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or name_from(text) != text:
        hint = "it names a folder and files: letters, digits, spaces, - and _; at most 100"
        raise SettingError(f"is {shown(value)}, which cannot name a folder", hint)
    return text


class Drawn(int):
    """A seed that was drawn, where `random` was asked for."""


def _read_seed(value: Any) -> int:
    if value == "random":
        return Drawn(randbelow(2**31))
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise SettingError(f"is {shown(value)}; it takes a whole number from 0, or random")
    return value


def _read_fps(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else read_rate(value)


def _write_rate(rate: Any) -> Any:
    """30, or "30000/1001", or the word it is."""
    if not isinstance(rate, Fraction):
        return rate
    return rate.numerator if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"


def _read_dream_rate(value: Any) -> Fraction | str:
    if value == "every-frame":
        return "every-frame"
    try:
        return _read_fps(value)
    except SettingError as wrong:
        raise SettingError(wrong.message, "dreams per second of film, above 0, at most 240; or every-frame") from None


def _read_duration(value: Any) -> Time:
    if isinstance(value, Time):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise SettingError(f"is {shown(value)} without a unit", f"write {value}s for seconds or {value:.0f} frames")
    hint = "write 12s, 360 frames, 00:00:12 or 48b (beats)"
    time = read_time(value) if isinstance(value, str) and re.search(r"[a-z:]", value) else None
    if time is None or time.unit == "percent":
        raise SettingError(f"is {shown(value)}, which is no length", hint)
    if not time.amount:
        raise SettingError(f"is {shown(value)}; a film has at least one frame", hint)
    return time


def _at_home(value: str) -> Path:
    """The path, with ~ replaced by the home folder where there is one."""
    try:
        return Path(str(value)).expanduser()
    except RuntimeError:
        return Path(str(value))


def _read_path(value: Any) -> Path:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise SettingError(f"is {shown(value)}; it takes the name of a file")
    folder: Path = getattr(value, "folder", Path())
    return Path(folder, _at_home(value)).absolute()


def _read_glob(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise SettingError(f"is {shown(value)}; it takes a pattern of file names", 'for example "shots/*.png"')
    folder: Path = getattr(value, "folder", Path())
    return str(Path(escape(str(folder.absolute())), _at_home(value)))


def _read_network(value: Any) -> Network:
    if isinstance(value, Network):
        return value
    if isinstance(value, str) and value.strip():
        return Network(str(value).strip())
    if not isinstance(value, Mapping) or len(value) != 1:
        hint = "write bestiary, a torchvision name, or {inception_v1: weights.safetensors}"
        raise SettingError(f"is {shown(value)}; it takes a name, or one name and its weights file", hint)
    ((name, file),) = value.items()
    try:
        return Network(str(name), _read_path(file))
    except SettingError as wrong:
        raise wrong.inside(str(name)) from None


def _write_network(network: Network) -> Any:
    return network.name if network.weights is None else {network.name: str(network.weights)}


def _read_layer(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingError(f"is {shown(value)}; it takes the name of a layer", "`render layers NETWORK` lists them")
    return str(value).strip()


def _read_channels(value: Any) -> tuple[int, ...]:
    wanted = value if isinstance(value, list | tuple) else [value]
    if not wanted:
        raise SettingError("is an empty list", "write channels: [3, 17]")
    for index, one in enumerate(wanted):
        if isinstance(one, bool) or not isinstance(one, int) or not 0 <= one < 2**16:
            hint = "channels are counted from 0: channels: [3, 17]"
            raise SettingError(f"has {shown(one)}, which is no channel", hint, (index,))
    return tuple(wanted)


def _read_classes(value: Any) -> tuple[str | int, ...]:
    wanted = value if isinstance(value, list | tuple) else [value]
    hint = "`render classes NETWORK` lists them; indices count from 0"
    if not wanted:
        raise SettingError("is an empty list", hint)
    for index, one in enumerate(wanted):
        is_index = isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 2**16
        if not (is_index or (isinstance(one, str) and one.strip())):
            raise SettingError(f"has {shown(one)}, which is no class", hint, (index,))
    return tuple(one if isinstance(one, int) else str(one).strip() for one in wanted)


def _read_garden(value: Any) -> Any:
    return "all" if value == "all" else _read_classes(value)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def output_name(suffixes: tuple[str, ...], pictures: tuple[str, ...]) -> Kind:
    """The name of an output inside the take's folder; its ending, one of `suffixes`, is its format.

    `{name}` and `{frame}` (or `{frame:06}`) are filled in; only `pictures` can be a sequence with `{frame}`.
    """
    hint = f"for example film.mp4 or frames/{{frame:06}}.png; endings: {' '.join(suffixes)}"

    def read(value: Any) -> str:
        text = str(value).strip() if isinstance(value, str) else ""
        parts = text.split("/")
        bare = re.sub(r"\{name\}|\{frame(:0?[1-9])?\}", "", text)
        faults = {
            "which is no file name": not text.isprintable()
            or not text
            or len(text) > 200
            or not parts[-1]
            or text.startswith("~"),
            "with a character that no file name may have": bool(re.search(r"[\\:*?\"<>|\x00-\x1f]", bare)),
            "and outputs stay in the take's folder": text.startswith("/") or ".." in parts,
            "and only {name} and {frame} or {frame:06} are filled in": "{" in bare or "}" in bare,
            "whose ending is no known format": not text.lower().endswith(suffixes),
            "and only pictures can be a sequence": "{frame" in text and not text.lower().endswith(pictures),
        }
        if fault := next((fault for fault, found in faults.items() if found), None):
            raise SettingError(f"is {shown(value)}, {fault}", hint)
        return text

    return Kind(read, f"a file name ending in {' '.join(suffixes)}", {"type": "string"}, bad="film.avi")


_WORD: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_WORDS: Schema = {"anyOf": [_WORD, _COUNT, {"type": "array", "minItems": 1, "items": {"anyOf": [_WORD, _COUNT]}}]}
_RATE: Schema = {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 240}, _WORD]}

NAME = Kind(_read_name, "a name for the run's folder", {"type": ["string", "integer"]}, bad="a/b")
SEED = Kind(_read_seed, "a whole number from 0, or random", {"anyOf": [_COUNT, {"const": "random"}]}, int, bad=-1)
SIZE = Kind(
    lambda value: value if isinstance(value, Size) else read_size(value),
    f"WxH, {' '.join(SIZES)} or source",
    {"type": "string", "examples": [*SIZES, "source", "1280x720"]},
    str,
    bad="0x720",
)
FPS = Kind(_read_fps, "frames per second, above 0 to 240, or a fraction", _RATE, _write_rate, bad=0)
DREAM_RATE = Kind(_read_dream_rate, "dreams per second, above 0 to 240, or every-frame", _RATE, _write_rate, bad=0)
DURATION = Kind(_read_duration, "12s, 360 frames, 00:00:12 or 48b", _WORD, str, bad="soon")
FILE = Kind(_read_path, "a file", _WORD, str, bad=[])
FILES = Kind(_read_glob, 'a pattern such as "shots/*.png"', _WORD, bad=3)
NETWORK = Kind(
    _read_network,
    "bestiary, a torchvision name, or {inception_v1: file}",
    {"anyOf": [_WORD, {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _WORD}]},
    _write_network,
    bad=[],
)
LAYER = Kind(_read_layer, "the name of a layer", _WORD, bad=3)
CHANNELS = Kind(
    _read_channels,
    "channels by number, [3, 17]",
    {"anyOf": [_COUNT, {"type": "array", "minItems": 1, "items": _COUNT}]},
    _listed,
    bad=["eye"],
)
CLASSES = Kind(_read_classes, "a class by name or number, or a list", _WORDS, _listed, bad=[])
GARDEN = Kind(_read_garden, "all, or a list of classes (of channels, with layer)", _WORDS, _listed, bad=[])
BYTES = Kind(read_bytes, "a file size such as 10MB", {"type": ["string", "integer"]}, bad="much")
