"""Setting types. A SettingType is how one setting is read: a YAML value in, its value out, and the same as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import randbelow
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from render.config.curve import Curve, read_curve, wants
from render.config.file_names import read_glob, read_name, read_output_name, read_path
from render.config.network_names import (
    NETWORK_FILES,
    channel_number,
    read_layer,
    read_network,
    read_one,
    read_several,
    write_network,
)
from render.config.palettes import PALETTES
from render.config.poses import FARTHEST, NEAREST, read_poses, write_poses
from render.config.problem import SettingError, inside, quote
from render.config.scalars import (
    SHAPES,
    SIZES,
    Cutting,
    NetworkChoice,
    Size,
    is_number,
    read_bitrate,
    read_bytes,
    read_cutting,
    read_size,
)
from render.config.times import (
    read_cuts,
    read_dream_rate,
    read_dreamed,
    read_duration,
    read_film_fps,
    read_fps,
    read_within,
    write_cuts,
    write_rate_or_word,
)
from render.config.track import Span
from render.errors import nearest

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
        with inside(*path):
            curve.require(features)


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
    plain_number, *other_forms = CURVE_SCHEMA["anyOf"]
    limits = {**plain_number, "minimum": low, "maximum": high, "type": "integer" if whole else "number"}
    return SettingType(
        lambda value: read_curve(value, span),
        wants(span),
        {"anyOf": [limits, *other_forms]},
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
    with inside(index):
        return item_type.read(value[index])


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


def or_auto(inner: SettingType, *more: str) -> SettingType:
    """As `inner`, or the word auto, or one of some more."""
    words = ("auto", *more)

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
        with inside(name):
            return NetworkChoice(name, read_path(value[name]))

    weighed = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": dict.fromkeys(learned, _WORD)}
    schema = {"anyOf": [words.schema, {**weighed, "additionalProperties": False}]}
    return SettingType(read, f"{words.wants}, or {{{learned[0]}: file}}", schema, write_network)


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
    return str(read_path(value))


def _read_colour(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"#?[0-9a-fA-F]{6}", value.strip()):
        raise SettingError(
            f"is {quote(value)}, which is no colour", 'write "#88aaff": red, green and blue, two digits each, in quotes'
        )
    return f"#{value.strip().removeprefix('#').lower()}"


class Drawn(int):
    """A seed that was drawn, where `random` was asked for."""


def _read_seed(value: Any) -> int:
    if value == "random":
        return Drawn(randbelow(2**31))
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise SettingError(f"is {quote(value)}; it takes a whole number from 0, or random")
    return value


def direction_of(weight: SettingType) -> SettingType:
    """How much of each channel: a mapping of channels, by number or name, to numbers as `weight` reads them."""
    hint = "as in {3: 1, 17: -0.5}"

    def read(value: Any) -> Mapping[str | int, Any]:
        if not isinstance(value, Mapping) or not value:
            raise SettingError(f"is {quote(value)}; it takes channels and how much of each", hint)
        amounts = {channel_number(channel): amount for channel, amount in value.items()}
        return {channel: _item(weight, amounts, channel) for channel in amounts}

    def write(value: Mapping[str | int, Any]) -> dict[str | int, Any]:
        return {channel: weight.write(amount) for channel, amount in value.items()}

    schema = {"type": "object", "minProperties": 1, "additionalProperties": weight.schema}
    return SettingType(read, f"channels and how much of each, {weight.wants}", schema, write, weight.span)


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
    return isinstance(value, list | tuple) and len(value) == 2 and all(is_number(number, 0, 1) for number in value)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def output_name(suffixes: tuple[str, ...], pictures: tuple[str, ...]) -> SettingType:
    """The name of an output inside the take's folder; its ending, one of `suffixes`, is its format.

    `{name}` and `{frame}` (or `{frame:06}`) are filled in; only `pictures` can be a sequence with `{frame}`.
    """
    return SettingType(
        lambda value: read_output_name(value, suffixes, pictures),
        f"a file name ending in {' '.join(suffixes)}",
        {"type": "string"},
    )


_WORD: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_WORDS: Schema = {"anyOf": [_WORD, _COUNT, {"type": "array", "minItems": 1, "items": {"anyOf": [_WORD, _COUNT]}}]}
_FILES: Schema = {
    "anyOf": [_WORD, {"type": "object", "properties": dict.fromkeys(NETWORK_FILES, _WORD), "additionalProperties": False}]
}
_RATE: Schema = {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 240}, _WORD]}

NAME = SettingType(read_name, "a name for the run's folder", {"type": ["string", "integer"]})
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
FPS = SettingType(read_fps, "frames per second, above 0 to 240, or a fraction", _RATE, write_rate_or_word)
FILM_FPS = SettingType(read_film_fps, "frames per second, above 0 to 240, a fraction, or source", _RATE, write_rate_or_word)
DREAM_RATE = SettingType(read_dream_rate, "dreams per second, above 0 to 240, or every-frame", _RATE, write_rate_or_word)
DURATION = SettingType(read_duration, "12s, 360 frames, 00:00:12, 48b, source or audio", _WORD, str)
FILE = SettingType(read_path, "a file", _WORD, str)
FOLDER = SettingType(read_path, "a folder", _WORD, str)
FILES = SettingType(read_glob, 'a pattern such as "shots/*.png"', _WORD)
NETWORK = SettingType(
    read_network,
    "bestiary, a torchvision name, or {inception_v1: file}",
    {"anyOf": [_WORD, {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _FILES}]},
    write_network,
)
LAYER = SettingType(read_layer, "the name of a layer", _WORD)
CHANNEL_HINT = "channels are counted from 0, as `render layers NETWORK` lists them"
CHANNEL = SettingType(read_one("channel", CHANNEL_HINT), "a channel by number or name", {"anyOf": [_WORD, _COUNT]})
CHANNELS = SettingType(read_several("channel", CHANNEL_HINT), "channels by number or name, [3, 17]", _WORDS, _listed)
CLASSES = SettingType(
    read_several("class", "`render classes NETWORK` lists them; indices count from 0"),
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
    read_cuts,
    "auto, none, a list of times, or every 4b",
    {"anyOf": [_WORD, {"type": "array", "minItems": 1, "items": {"type": ["string", "integer"]}}]},
    write_cuts,
)
GARDEN = SettingType(_read_garden, "all, or a list of classes (of channels, with layer)", _WORDS, _listed)
BAND = SettingType(_read_band, "a band in Hz such as 40-120, rms or onsets", _WORD, _write_band)
FLAG = SettingType(_read_flag, "true or false", {"type": "boolean"})
WITHIN = SettingType(read_within, "a time in the file, 5s or 00:01:30", _WORD, str)
TEMPO = static(20, 400, "beats per minute", whole=False)
BPM = or_auto(TEMPO)
DREAMED = SettingType(read_dreamed, "start, end, 50% or a time such as 4s", _WORD, str)
BITRATE = SettingType(read_bitrate, "bits per second such as 8M or 8000k", {"type": ["string", "integer"]})
BYTES = SettingType(read_bytes, "a file size such as 10MB", {"type": ["string", "integer"]})
WEIGHT = number("", -100, 100)
