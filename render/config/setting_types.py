"""Setting types. A SettingType is how one setting is read: a YAML value in, its value out, and the same as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from glob import escape
from os.path import abspath
from pathlib import Path
from secrets import randbelow
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from render.config.curve import Curve, Span, read_curve, wants
from render.config.palettes import PALETTES
from render.config.poses import FARTHEST, NEAREST, read_poses, write_poses
from render.config.problem import SettingError, comma, did_you_mean, nearest, quote
from render.config.scalars import (
    SHAPES,
    SIZES,
    Cutting,
    Every,
    NetworkChoice,
    Size,
    Time,
    read_bitrate,
    read_bytes,
    read_cutting,
    read_rate,
    read_size,
    read_time,
)

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class SettingType:
    """How a setting is read: `number("degrees", 0, 180).read("90*p")` is a Curve."""

    read: Callable[[Any], Any]  # YAML value -> value; raises SettingError
    wants: str  # what it takes, in words
    schema: Schema = field(repr=False)  # the same as JSON Schema
    write: Callable[[Any], Any] = field(default=lambda value: value, repr=False)  # value -> YAML value that reads back the same
    span: str = ""  # range and unit, of a number or of each of several
    moves: Span | None = None  # what a number that may move can be

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        writer = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.with_info_plain_validator_function(self._validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)

    def _validate(self, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            raise SettingError("has no value", f"it takes {self.wants}; leave the line out for the default")
        read = self.read(value)
        _require(read, info.context.features if info.context else ())
        return read


def _require(value: Any, features: Collection[str]) -> None:
    """Refuses a moving number, or one of several, that names what is none of the film's features."""
    for path, curve in curves_of(value):
        try:
            curve.require(features)
        except SettingError as wrong:
            raise wrong.inside(*path) from None


def curves_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Curve]]:
    """The moving numbers in a setting's value (one, a pair, or a mapping of them), each with where it stands in it."""
    if isinstance(value, Curve):
        yield path, value
    items = enumerate(value) if isinstance(value, tuple) else value.items() if isinstance(value, Mapping) else ()
    for key, item in items:
        yield from curves_of(item, (*path, key))


CURVE_SCHEMA: Schema = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "description": "an expression, or Deforum keyframes"},
        {"type": "object", "description": "keyframes: {0s: 1, 4s: 1.5, ease: in-out}, or {deforum: ..., fps: 15}"},
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


def number(unit: str, low: float, high: float, *, whole: bool = False, log: bool = False) -> SettingType:
    """A number that may move: `unit`, from `low` to `high`; `whole` counts things, `log` moves by factors."""
    span = Span(unit, low, high, whole, log)
    first, *others = CURVE_SCHEMA["anyOf"]
    limits = {**first, "minimum": low, "maximum": high, "type": "integer" if whole else "number"}
    return SettingType(
        lambda value: read_curve(value, span),
        wants(span),
        {"anyOf": [limits, *others]},
        lambda curve: curve.written,
        str(span),
        moves=span,
    )


def pair(first: str, second: str, each: SettingType) -> SettingType:
    """Two numbers that may move, as in [0, 0]; the names say what each is."""
    form = f"[{first}, {second}]"

    def read(value: Any) -> tuple[Any, Any]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise SettingError(f"is {quote(value)}; it takes two numbers, {form}", "each of them may move: [0, {0s: 0, 4s: 1}]")
        return _item(each, value, 0), _item(each, value, 1)

    schema = {"type": "array", "prefixItems": [each.schema] * 2, "minItems": 2, "maxItems": 2}

    def write(both: tuple[Any, Any]) -> list[Any]:
        return [each.write(value) for value in both]

    return SettingType(read, f"{form}, each {each.wants}", schema, write, each.span)


def _item(item_type: SettingType, value: Any, index: int | str) -> Any:
    try:
        return item_type.read(value[index])
    except SettingError as wrong:
        raise wrong.inside(index) from None


def static(low: float, high: float, unit: str = "", *, whole: bool = True) -> SettingType:
    """A number that cannot move."""
    span = Span(unit, low, high, whole)

    def read(value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SettingError(f"is {quote(value)}; it takes a number, {span}, and cannot move")
        span.check(value)
        return int(value) if whole else float(value)

    schema = {"type": "integer" if whole else "number", "minimum": low, "maximum": high}
    return SettingType(read, f"a number, {span}", schema, span=str(span))


def choice(*names: str) -> SettingType:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in names:
            raise SettingError(f"is {quote(value)}; it takes one of {' '.join(names)}", nearest(str(value), names))
        return str(value)

    return SettingType(read, " or ".join(names), {"enum": list(names)})


def or_auto(inner: SettingType, *others: str) -> SettingType:
    """As `inner`, or the word auto, or one of some others."""
    words = ("auto", *others)

    def read(value: Any) -> Any:
        if value in words:
            return value
        try:
            return inner.read(value)
        except SettingError as wrong:
            raise SettingError(wrong.message, f"{wrong.hint}; or {' or '.join(words)}".removeprefix("; "), wrong.path) from None

    return replace(
        inner,
        read=read,
        wants=f"{inner.wants}, or {' or '.join(words)}",
        schema={"anyOf": [*({"const": word} for word in words), inner.schema]},
        write=lambda value: value if value in words else inner.write(value),
    )


def engine(names: tuple[str, ...], learned: tuple[str, ...]) -> SettingType:
    """One of a few words, of which those that have `learned` may bring the file of their weights, as a Network."""
    words = choice(*names)

    def read(value: Any) -> NetworkChoice:
        if isinstance(value, NetworkChoice):
            return value
        name = next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else None
        if name not in learned:
            return NetworkChoice(words.read(value))
        try:
            return NetworkChoice(name, _read_path(value[name]))
        except SettingError as wrong:
            raise wrong.inside(name) from None

    weighed = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": dict.fromkeys(learned, _WORD)}
    schema = {"anyOf": [words.schema, {**weighed, "additionalProperties": False}]}
    return SettingType(read, f"{words.wants}, or {{{learned[0]}: file}}", schema, _write_network)


MOST_POINTS = 1000  # that a centre passes through
LOWEST, HIGHEST = 20, 11_000  # Hz of a band, as far as music is listened to
BAND_FORM = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)\s*[-–]\s*([0-9]{1,5}(?:\.[0-9]{1,3})?)\s*(?:hz)?", re.IGNORECASE)


def _read_band(value: Any) -> tuple[float, float] | str:
    if value in ("rms", "onsets") or isinstance(value, tuple):
        return tuple(value) if isinstance(value, tuple) else str(value)
    hint = "write a band in Hz such as 40-120, rms for all of it, or onsets for each note that begins"
    match = BAND_FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise SettingError(f"is {quote(value)}, which is no band", hint)
    low, high = float(match[1]), float(match[2])
    if not LOWEST <= low < high <= HIGHEST:
        raise SettingError(f"is {quote(value)}; a band goes up, within {LOWEST} to {HIGHEST} Hz", hint)
    return low, high


def _write_band(band: Any) -> Any:
    return band if isinstance(band, str) else f"{band[0]:g}-{band[1]:g}"


def _read_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"is {quote(value)}; it takes true or false")
    return value


def _read_palette(value: Any) -> str:
    if isinstance(value, str) and value in PALETTES:
        return value
    if isinstance(value, str) and not Path(value).suffix:
        raise SettingError(f"is {quote(value)}; it takes a picture, or one of {' '.join(PALETTES)}", nearest(value, PALETTES))
    return str(_read_path(value))


def _read_colour(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"#?[0-9a-fA-F]{6}", value.strip()):
        raise SettingError(
            f"is {quote(value)}, which is no colour", 'write "#88aaff": red, green and blue, two digits each, in quotes'
        )
    return f"#{value.strip().removeprefix('#').lower()}"


def _time_with_unit(value: Any) -> Time | None:
    """A time that says what it counts; None for what is none, or a bare number."""
    if isinstance(value, Time):
        return value
    with suppress(SettingError):
        return read_time(value) if isinstance(value, str) and re.search(r"[a-z:%]", value) else None
    return None


def _read_within(value: Any) -> Time:
    time = _time_with_unit(value)
    if time is None or time.unit != "seconds":
        hint = comma(str(value)) or "write 5s or 00:01:30, from 0s on, where the file begins"
        raise SettingError(f"is {quote(value)}, which is no time in a file", hint)
    return time


def _read_dreamed(value: Any) -> Time:
    time = _time_with_unit(value)
    if time is None or time.unit not in ("seconds", "percent") or (time.unit == "percent" and time.amount > 100):
        raise SettingError(
            f"is {quote(value)}, which is no moment of a take", "write start, end, 50% or a time of its film, 4s"
        )
    return time


LONGEST_NAME = 200  # bytes of a film's name, of the 255 that systems take; letters of Chinese have three each
NOT_IN_NAMES = re.compile(r"[/\\:*?\"<>|{}\x00-\x1f]")  # what some system or another forbids in a file's name


def name_from(stem: str) -> str:
    """The name of a film whose file is called `stem`, no longer than files' names may be with what is added to it."""
    letters = "".join(letter if letter.isprintable() else "-" for letter in stem)
    short = NOT_IN_NAMES.sub("-", letters).strip(" .")[:100].encode()[:LONGEST_NAME].decode(errors="ignore")
    return short.rstrip(" .") or "film"


def _read_name(value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or name_from(text) != text:
        hint = "it names a folder and files: letters, digits, spaces, - and _; at most 100, and 200 bytes"
        raise SettingError(f"is {quote(value)}, which cannot name a folder", hint)
    return text


class Drawn(int):
    """A seed that was drawn, where `random` was asked for."""


def _read_seed(value: Any) -> int:
    if value == "random":
        return Drawn(randbelow(2**31))
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise SettingError(f"is {quote(value)}; it takes a whole number from 0, or random")
    return value


def _read_fps(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else read_rate(value)


def _write_rate(rate: Any) -> Any:
    """30, or "30000/1001", or the word it is."""
    if not isinstance(rate, Fraction):
        return rate
    return rate.numerator if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"


def _read_film_fps(value: Any) -> Fraction | str:
    return "source" if value == "source" else _read_fps(value)


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
        raise SettingError(f"is {quote(value)} without a unit", f"write {value}s for seconds or {value:.0f} frames")
    if value in ("source", "audio"):
        return Time(Fraction(1), str(value), str(value))
    hint = comma(str(value)) or "write 12s, 360 frames, 00:00:12, 48b (beats), source or audio"
    time = read_time(value) if isinstance(value, str) and re.search(r"[a-z:]", value) else None
    if time is None or time.unit == "percent":
        raise SettingError(f"is {quote(value)}, which is no length", hint)
    if not time.amount:
        raise SettingError(f"is {quote(value)}; a film has at least one frame", hint)
    return time


def _at_home(value: str) -> Path:
    """The path, with ~ replaced by the home folder where there is one."""
    try:
        return Path(str(value)).expanduser()
    except RuntimeError:
        return Path(str(value))


ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
LONGEST_PART, LONGEST_PATH = 255, 4095  # bytes of a file's name, and of it with all its folders, on every usual system


def _refuse_endless(value: str) -> None:
    """Refuses a path that no file can have. It is bytes that count: a letter of Chinese has three."""
    longest = max((len(part.encode(errors="replace")) for part in Path(value).parts), default=0)
    if longest > LONGEST_PART or len(value.encode(errors="replace")) > LONGEST_PATH:
        raise SettingError(f"is {quote(value)}, longer than the name of any file can be")


def _read_path(value: Any) -> Path:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise SettingError(f"is {quote(value)}; it takes the name of a file")
    if ADDRESS.match(value):
        raise SettingError(f"is {quote(value)}, an address; it takes a file of this machine", "download it, and name that file")
    _refuse_endless(value)
    folder: Path = getattr(value, "folder", Path())
    return Path(abspath(Path(folder, _at_home(value))))


def _read_glob(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise SettingError(f"is {quote(value)}; it takes a pattern of file names", 'for example "shots/*.png"')
    _refuse_endless(value)
    folder: Path = getattr(value, "folder", Path())
    return abspath(Path(escape(str(folder.absolute())), _at_home(value)))


NETWORK_FILES = ("weights", "labels")


def _read_network(value: Any) -> NetworkChoice:
    if isinstance(value, NetworkChoice):
        return value
    if isinstance(value, str) and value.strip():
        return NetworkChoice(str(value).strip())
    if not isinstance(value, Mapping) or len(value) != 1:
        hint = (
            "write bestiary, a torchvision name, {inception_v1: weights.safetensors}, or {NAME: {weights: FILE, labels: FILE}}"
        )
        raise SettingError(f"is {quote(value)}; it takes a name, or one name and its weights file", hint)
    ((name, files),) = value.items()
    try:
        given = _read_files(files) if isinstance(files, Mapping) else {"weights": _read_path(files)}
    except SettingError as wrong:
        raise wrong.inside(str(name)) from None
    return NetworkChoice(str(name), **given)


def _read_files(files: Mapping[str, Any]) -> dict[str, Path]:
    paths = {}
    for key, file in files.items():
        if key not in NETWORK_FILES:
            hint = did_you_mean(str(key), NETWORK_FILES)
            raise SettingError(f'has "{key}", which is none of its files', hint, (str(key),), on_key=True)
        try:
            paths[str(key)] = _read_path(file)
        except SettingError as wrong:
            raise wrong.inside(str(key)) from None
    return paths


def _write_network(network: NetworkChoice) -> Any:
    files = {key: str(getattr(network, key)) for key in NETWORK_FILES if getattr(network, key)}
    if not files:
        return network.name
    return {network.name: files if network.labels else files["weights"]}


def _read_layer(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingError(f"is {quote(value)}; it takes the name of a layer", "`render layers NETWORK` lists them")
    return str(value).strip()


def _read_one(noun: str, hint: str) -> Callable[[Any], str | int]:
    """How one of the things that a network knows is read: a name, or a number from 0."""

    def read(value: Any) -> str | int:
        if isinstance(value, str) and value.strip():
            return str(value).strip()
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**16:
            raise SettingError(f"is {quote(value)}, which is no {noun}", hint)
        return value

    return read


def _read_several(noun: str, hint: str) -> Callable[[Any], tuple[str | int, ...]]:
    """The same for a list, which may also be written as its only item."""
    item_type = SettingType(_read_one(noun, hint), noun, {})

    def read(value: Any) -> tuple[str | int, ...]:
        items = value if isinstance(value, list | tuple) else [value]
        if not items:
            raise SettingError("is an empty list", hint)
        return tuple(_item(item_type, items, index) for index in range(len(items)))

    return read


def direction_of(weight: SettingType) -> SettingType:
    """How much of each channel: a mapping of channels, by number or name, to numbers as `weight` reads them."""
    hint = "as in {3: 1, 17: -0.5}"

    def read(value: Any) -> Mapping[str | int, Any]:
        if not isinstance(value, Mapping) or not value:
            raise SettingError(f"is {quote(value)}; it takes channels and how much of each", hint)
        amounts = {_numbered(channel): amount for channel, amount in value.items()}
        return {channel: _item(weight, amounts, channel) for channel in amounts}

    def write(value: Mapping[str | int, Any]) -> dict[str | int, Any]:
        return {channel: weight.write(amount) for channel, amount in value.items()}

    schema = {"type": "object", "minProperties": 1, "additionalProperties": weight.schema}
    return SettingType(read, f"channels and how much of each, {weight.wants}", schema, write, weight.span)


def _numbered(channel: str | int) -> str | int:
    """A key, which YAML's reader gives as text, as the number it may be."""
    return int(channel) if str(channel).isdecimal() else str(channel).strip()


def _read_garden(value: Any) -> Any:
    return "all" if value == "all" else CLASSES.read(value)


def _read_points(value: Any) -> tuple[tuple[float, float], ...]:
    hint = "write centers: [[0.5, 0.5], [0.2, 0.7], [0.8, 0.4]]; [0, 0] is the top left corner, [1, 1] the lower right"
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= MOST_POINTS:
        raise SettingError(f"is {quote(value)}; it takes a list of 2 to {MOST_POINTS} points", hint)
    for index, point in enumerate(value):
        if not _is_point(point):
            raise SettingError("is no point of the frame, [0, 0] to [1, 1]", hint, (index,))
    return tuple((float(x), float(y)) for x, y in value)


def _is_point(value: Any) -> bool:
    """Whether it is a place of the frame, as in [0.5, 0.5]."""
    numbers = value if isinstance(value, list | tuple) else ()
    return len(numbers) == 2 and all(isinstance(number, int | float) and 0 <= number <= 1 for number in numbers)


CUTS_HINT = "write auto to find them, none, times as in [12s, 410], or every 4b (or 2s)"


def _read_cuts(value: Any) -> Any:
    if value in ("auto", "none") or isinstance(value, Every):
        return value
    if isinstance(value, str) and (match := re.fullmatch(r"every\s+(\S.*)", value.strip().lower())):
        return Every(_cut(match[1]))
    if not isinstance(value, list | tuple):
        return (_cut(value),)
    if not value:
        raise SettingError("is an empty list", CUTS_HINT)
    return tuple(_cut(time, index) for index, time in enumerate(value))


def _cut(value: Any, *path: int) -> Time:
    if isinstance(value, Time):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingError(f"is {quote(value)}, which is no time", CUTS_HINT, path)
    try:
        return read_time(str(value))
    except SettingError as wrong:
        raise SettingError(wrong.message, CUTS_HINT, path) from None


def _write_cuts(cuts: Any) -> Any:
    return [str(cut) for cut in cuts] if isinstance(cuts, tuple) else str(cuts)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def output_name(suffixes: tuple[str, ...], pictures: tuple[str, ...]) -> SettingType:
    """The name of an output inside the take's folder; its ending, one of `suffixes`, is its format.

    `{name}` and `{frame}` (or `{frame:06}`) are filled in; only `pictures` can be a sequence with `{frame}`. What compositors
    write, #### or %04d, means {frame:04}.
    """
    hint = f"for example film.mp4 or frames/{{frame:06}}.png; endings: {' '.join(suffixes)}"

    def read(value: Any) -> str:
        text = str(value).strip() if isinstance(value, str) else ""
        text = re.sub(r"#{2,9}", lambda signs: f"{{frame:0{len(signs[0])}}}", re.sub(r"%0?([1-9])d", r"{frame:0\1}", text))
        parts = text.split("/")
        bare = re.sub(r"\{name\}|\{frame(:0?[1-9])?\}", "", text)
        faults = {
            "which is no file name": not text.isprintable() or not text or not parts[-1] or text.startswith("~"),
            f"which is longer than {LONGEST_NAME} bytes": len(text.encode()) > LONGEST_NAME,
            "with a character that no file name may have": bool(re.search(r"[\\:*?\"<>|\x00-\x1f]", bare)),
            "and outputs stay in the take's folder": text.startswith("/") or ".." in parts,
            "and only {name} and {frame} or {frame:06} are filled in": "{" in bare or "}" in bare,
            "whose ending is no known format": not text.lower().endswith(suffixes),
            "and only pictures can be a sequence": "{frame" in text and not text.lower().endswith(pictures),
        }
        if fault := next((fault for fault, is_so in faults.items() if is_so), None):
            raise SettingError(f"is {quote(value)}, {fault}", hint)
        return text

    return SettingType(read, f"a file name ending in {' '.join(suffixes)}", {"type": "string"})


_WORD: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_WORDS: Schema = {"anyOf": [_WORD, _COUNT, {"type": "array", "minItems": 1, "items": {"anyOf": [_WORD, _COUNT]}}]}
_FILES: Schema = {
    "anyOf": [_WORD, {"type": "object", "properties": dict.fromkeys(NETWORK_FILES, _WORD), "additionalProperties": False}]
}
_RATE: Schema = {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 240}, _WORD]}

NAME = SettingType(_read_name, "a name for the run's folder", {"type": ["string", "integer"]})
SEED = SettingType(_read_seed, "a whole number from 0, or random", {"anyOf": [_COUNT, {"const": "random"}]}, int)
SIZE = SettingType(
    lambda value: value if isinstance(value, Size) else read_size(value),
    f"WxH, {' '.join(SIZES)} or source",
    {"type": "string", "examples": [*SIZES, "source", "1280x720"]},
    str,
)
CUTTING = SettingType(
    lambda value: value if isinstance(value, Cutting) else read_cutting(value),
    f"WxH, a shape such as 9:16, or {' '.join(SHAPES)}",
    {"type": "string", "examples": ["1080x1080", "9:16", *SHAPES]},
    str,
)
FPS = SettingType(_read_fps, "frames per second, above 0 to 240, or a fraction", _RATE, _write_rate)
FILM_FPS = SettingType(_read_film_fps, "frames per second, above 0 to 240, a fraction, or source", _RATE, _write_rate)
DREAM_RATE = SettingType(_read_dream_rate, "dreams per second, above 0 to 240, or every-frame", _RATE, _write_rate)
DURATION = SettingType(_read_duration, "12s, 360 frames, 00:00:12, 48b, source or audio", _WORD, str)
FILE = SettingType(_read_path, "a file", _WORD, str)
FOLDER = SettingType(_read_path, "a folder", _WORD, str)
FILES = SettingType(_read_glob, 'a pattern such as "shots/*.png"', _WORD)
NETWORK = SettingType(
    _read_network,
    "bestiary, a torchvision name, or {inception_v1: file}",
    {"anyOf": [_WORD, {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _FILES}]},
    _write_network,
)
LAYER = SettingType(_read_layer, "the name of a layer", _WORD)
CHANNEL_HINT = "channels are counted from 0, as `render layers NETWORK` lists them"
CHANNEL = SettingType(_read_one("channel", CHANNEL_HINT), "a channel by number or name", {"anyOf": [_WORD, _COUNT]})
CHANNELS = SettingType(_read_several("channel", CHANNEL_HINT), "channels by number or name, [3, 17]", _WORDS, _listed)
CLASSES = SettingType(
    _read_several("class", "`render classes NETWORK` lists them; indices count from 0"),
    "a class by name or number, or a list",
    _WORDS,
    _listed,
)
POINTS = SettingType(
    _read_points,
    "points of the frame, [[0.5, 0.5], [0.2, 0.7]]",
    {"type": "array", "minItems": 2, "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}},
    lambda points: [list(point) for point in points] if points else points,
)
PALETTE = SettingType(_read_palette, f"a picture, or one of {' '.join(PALETTES)}", _WORD)
COLOUR = SettingType(_read_colour, 'a colour such as "#88aaff"', _WORD)
POSES = SettingType(
    read_poses,
    "keyframes of where the camera is, {0s: {at: [0.5, 0.5], scale: 1}, 4s: {at: [0.35, 0.4], scale: 3}}",
    {
        "type": "object",
        "properties": {"ease": _WORD},
        "additionalProperties": {
            "type": "object",
            "properties": {
                "at": {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 2, "maxItems": 2},
                "scale": {"type": "number", "minimum": NEAREST, "maximum": FARTHEST},
            },
            "additionalProperties": False,
        },
    },
    write_poses,
)
CUTS = SettingType(
    _read_cuts,
    "auto, none, a list of times, or every 4b",
    {"anyOf": [_WORD, {"type": "array", "minItems": 1, "items": {"type": ["string", "integer"]}}]},
    _write_cuts,
)
GARDEN = SettingType(_read_garden, "all, or a list of classes (of channels, with layer)", _WORDS, _listed)
BAND = SettingType(_read_band, "a band in Hz such as 40-120, rms or onsets", _WORD, _write_band)
FLAG = SettingType(_read_flag, "true or false", {"type": "boolean"})
WITHIN = SettingType(_read_within, "a time in the file, 5s or 00:01:30", _WORD, str)
TEMPO = static(20, 400, "beats per minute", whole=False)
BPM = or_auto(TEMPO)
DREAMED = SettingType(_read_dreamed, "start, end, 50% or a time such as 4s", _WORD, str)
BPM = or_auto(static(20, 400, "beats per minute", whole=False))
BITRATE = SettingType(read_bitrate, "bits per second such as 8M or 8000k", {"type": ["string", "integer"]})
BYTES = SettingType(read_bytes, "a file size such as 10MB", {"type": ["string", "integer"]})
WEIGHT = number("", -100, 100)
