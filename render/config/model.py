"""The vocabulary. A Config is what one YAML file asks for: every setting, its kind, unit, range, default and meaning.

Read it as the manual: `key: Annotated[type, kind] = row(default, meaning)`. Validation, error texts, the JSON Schema,
the templates of `render new` and the reference page are all made from these rows; no default stands anywhere else.

A `number(unit, low, high)` may move: YAML may hold a number, an expression such as "1 + 0.5*sin(2*pi*p)", keyframes
such as {0s: 1, 4s: 1.5, ease: in-out}, or a Deforum string; the value is a Curve. All other kinds stand still.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, PrivateAttr, Tag, model_validator

from render.config import kinds, nodes
from render.config.curve import Curve
from render.config.kinds import choice, number, output_name, pair, static
from render.config.problem import Place, Problem, SettingError, nearest, report
from render.config.scalars import Network, Size, Time
from render.config.section import PART, OneOf, OneOrMore, Row, Section, needed, plain, reference_of, row, tag
from render.errors import ConfigError, RenderError
from render.moment import Clock

OUTPUT_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp", ".png", ".jpg")
PICTURE_SUFFIXES = (".png", ".jpg", ".webp")  # those that can be a sequence of stills
CODECS = ("auto", "h264", "h265", "av1", "prores", "vp9", "ffv1")


# ── source ──────────────────────────────────────────────────────────────────────────────────────────────────────────

FIT = choice("cover", "contain", "stretch")
FIT_MEANING = "how it fills the frame: cover cuts off, contain leaves a border, stretch distorts"


class Noise(Section):
    """A picture drawn from random numbers."""

    shorthand = "kind"
    kind: Annotated[str, choice("perlin", "uniform", "gaussian")] = row("perlin", "smooth clouds, or grain of one of two sorts")
    contrast: Annotated[Curve, number("", 0, 1)] = row(0.6, "how far it departs from grey")


class Image(Section):
    """A picture file: JPEG, PNG, WebP and others."""

    shorthand = "file"
    file: Annotated[Path, kinds.FILE] = needed("the picture")
    fit: Annotated[str, FIT] = row("cover", FIT_MEANING)


class Frames(Section):
    """Pictures in the order of their names, one for each film frame."""

    shorthand = "files"
    files: Annotated[str, kinds.FILES] = needed("a pattern of file names")
    fit: Annotated[str, FIT] = row("cover", FIT_MEANING)


class Source(OneOf):
    """What the dream begins with: exactly one of these."""

    noise: Noise | None = row(None, "a picture drawn from random numbers")
    image: Image | None = row(None, "a picture file")
    frames: Frames | None = row(None, "a sequence of picture files")


# ── motion ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Motion(Section):
    """The camera. Speeds are per second of film, so that the frame rate changes nothing but smoothness."""

    zoom: Annotated[Curve, number("times per second", 0.001, 1000, log=True), PART] = row(
        1.5, "how fast the camera moves in: 1 is still, below 1 moves out"
    )
    rotate: Annotated[Curve, number("degrees per second", -3600, 3600), PART] = row(
        0, "how fast the picture turns, clockwise on screen"
    )
    pan: Annotated[tuple[Curve, Curve], pair("right", "down", number("frame heights per second", -100, 100)), PART] = row(
        [0, 0], "how fast the picture moves"
    )
    center: Annotated[tuple[Curve, Curve], pair("x", "y", number("of the frame", 0, 1))] = row(
        [0.5, 0.5], "what zoom and rotate turn about; [0, 0] is the top left corner"
    )
    border: Annotated[str, choice("reflect", "wrap", "replicate")] = row("reflect", "what lies beyond the picture's edge")


# ── dream ───────────────────────────────────────────────────────────────────────────────────────────────────────────

WEIGHT = number("", -100, 100)
WEIGHT_MEANING = "its share among the objectives; negative pushes away"


class Layer(Section):
    """Dreams more of whatever a layer of the network sees."""

    kind: ClassVar[str] = "layer"
    layer: Annotated[str, kinds.LAYER] = needed("the layer, as `render layers NETWORK` lists them")
    weight: Annotated[Curve, WEIGHT] = row(1, WEIGHT_MEANING)


class Channels(Section):
    """Dreams what single channels of a layer see."""

    kind: ClassVar[str] = "channels"
    channels: Annotated[tuple[int, ...], kinds.CHANNELS] = needed("the channels, counted from 0")
    layer: Annotated[str, kinds.LAYER] = needed("the layer they belong to")
    weight: Annotated[Curve, WEIGHT] = row(1, WEIGHT_MEANING)


class Class(Section):
    """Dreams things of one class, or of several at once."""

    kind: ClassVar[str] = "class"
    classes: Annotated[tuple[str | int, ...], kinds.CLASSES] = needed(
        "the class, as `render classes NETWORK` lists them", key="class"
    )
    weight: Annotated[Curve, WEIGHT] = row(1, WEIGHT_MEANING)


class Garden(Section):
    """Every region of the picture dreams its own kind, and new kinds open as the camera moves in."""

    kind: ClassVar[str] = "garden"
    garden: Annotated[str | tuple[str | int, ...], kinds.GARDEN] = needed("the kinds that grow: all, or a list of classes")
    layer: Annotated[str | None, kinds.LAYER] = row(None, "a layer, whose channels then grow instead of classes")
    size: Annotated[Curve, number("frame heights", 0.01, 10)] = row(0.4, "how large a region is")
    drift: Annotated[Curve, number("regions per second", 0, 100)] = row(0.1, "how fast regions change into others")
    sharpness: Annotated[Curve, number("", 0, 100)] = row(10, "how clearly regions part: 0 blends all, 20 cuts")
    weight: Annotated[Curve, WEIGHT] = row(1, WEIGHT_MEANING)

    @model_validator(mode="after")
    def _channels_have_a_layer(self) -> Garden:
        words = [] if self.layer is None or self.garden == "all" else [one for one in self.garden if isinstance(one, str)]
        if words:
            raise SettingError(f'has "{words[0]}", and with layer it takes channels by number', "or all", ("garden",))
        return self


Term = Layer | Channels | Class | Garden
_TERMS: dict[str, type[Section]] = {"garden": Garden, "class": Class, "channels": Channels, "layer": Layer}


def _term_tag(value: Any) -> str | None:
    """Which objective a mapping (or a term already read) is, as the tag of its model."""
    if isinstance(value, Section):
        return tag(type(value))
    return next((tag(_TERMS[kind]) for kind in _TERMS if kind in value), None)


def _is_a_term(value: Any) -> Any:
    """The same value, if it is one of the objectives; pydantic's own words for what is not would help nobody."""
    hint = f"write one of {{{'}, {'.join(f'{kind}: …' for kind in reversed(_TERMS))}}}"
    if not isinstance(value, Mapping | Section):
        raise SettingError("takes a mapping for each objective", hint)
    if isinstance(value, Mapping) and _term_tag(value) is None:
        near = next(filter(None, (nearest(key, _TERMS) for key in value)), "")
        raise SettingError(f"names none of {' '.join(reversed(_TERMS))}", f"{near}  {hint}".strip())
    return value


Objective = Annotated[
    Annotated[Layer, Tag(tag(Layer))]
    | Annotated[Channels, Tag(tag(Channels))]
    | Annotated[Class, Tag(tag(Class))]
    | Annotated[Garden, Tag(tag(Garden))],
    Discriminator(_term_tag),
    BeforeValidator(_is_a_term),
]


class Dream(Section):
    """How each tick of the film is dreamed: gradient ascent on the picture, from small octaves to large ones."""

    rate: Annotated[Fraction | str, kinds.DREAM_RATE] = row(8, "dreams per second of film, or every-frame")
    network: Annotated[Network, kinds.NETWORK] = row("bestiary", "the network that dreams; bestiary is built in")
    objective: Annotated[tuple[Objective, ...], OneOrMore()] = row(
        [{"garden": "all"}], "what it dreams of: one or a list of layer, channels, class, garden"
    )
    steps: Annotated[Curve, number("steps", 0, 500, whole=True)] = row(4, "ascent steps per octave")
    first_steps: Annotated[Curve, number("steps", 0, 500, whole=True)] = row(16, "the same for the first tick")
    step_size: Annotated[Curve, number("of full range", 0, 1)] = row(0.012, "rms change of the picture in one step")
    octaves: Annotated[Curve, number("octaves", 1, 20, whole=True)] = row(3, "sizes at which the picture is dreamed")
    octave_scale: Annotated[Curve, number("times", 1.05, 4)] = row(1.4, "from one octave to the next larger")
    jitter: Annotated[Curve, number("pixels", 0, 512, whole=True)] = row(16, "random shift before each step; hides the grid")
    smoothing: Annotated[Curve, number("", 0, 1)] = row(0.25, "how far the gradient is blurred; 0 is off")
    chroma: Annotated[Curve, number("", 0, 1)] = row(0.8, "how much of the gradient's colour is kept; 0 dreams in light only")


# ── look ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Look(Section):
    """What keeps a long film from burning: how firmly brightness and contrast are held to the source's."""

    shorthand = "hold"
    hold: Annotated[Curve, number("", 0, 1)] = row(0.5, "0 lets it burn, 1 holds fast")
    mean: Annotated[Curve | None, number("", 0, 1)] = row(None, "brightness to hold to; default: the source's")
    contrast: Annotated[Curve | None, number("", 0, 0.5)] = row(
        None, "contrast (standard deviation) to hold to; default: the source's, within 0.15 to 0.25"
    )


# ── outputs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Output(Section):
    """A file developed from the film."""

    shorthand = "file"
    file: Annotated[str, output_name(OUTPUT_SUFFIXES, PICTURE_SUFFIXES)] = needed(
        "its name, in the take's folder; the ending is the format, {name} and {frame:06} are filled in"
    )
    width: Annotated[int | None, static(16, 16384, "pixels")] = row(None, "pixels; the height follows; default: the film's")
    fps: Annotated[Fraction | None, kinds.FPS] = row(None, "frames per second; default: the film's")
    crf: Annotated[int | None, static(0, 63)] = row(None, "compression: 0 is lossless, 18 looks so, more is smaller")
    codec: Annotated[str, choice(*CODECS)] = row("auto", "how pictures are packed; auto goes by the ending")
    size_limit: Annotated[int | None, kinds.BYTES] = row(None, "the most the file may weigh, as in 10MB")

    @property
    def suffix(self) -> str:
        """The ending, in small letters."""
        return Path(self.file).suffix.lower()

    @property
    def sequence(self) -> bool:
        """Whether each frame is a file of its own."""
        return "{frame" in self.file


# ── the whole film ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Places:
    """Where in the files each value stands; configurations that ask for the same are equal wherever it stands."""

    tree: nodes.Node | None = field(default=None, compare=False)


class Config(Section):
    """A film, as asked for."""

    name: Annotated[str, kinds.NAME] = row("film", "the run's folder and {name}; default: the file's name")
    seed: Annotated[int, kinds.SEED] = row(0, "where randomness begins; random draws one and records it")
    size: Annotated[Size, kinds.SIZE] = row("640x360", "WxH, 360p 480p 720p 1080p 4k, square vertical portrait, or source")
    fps: Annotated[Fraction, kinds.FPS] = row(30, "frames per second, exact: 30000/1001 is allowed")
    duration: Annotated[Time, kinds.DURATION] = row("10s", "12s, 360 frames, 00:00:12 or 48b")
    extends: Annotated[Path | None, kinds.FILE] = row(None, "a file that holds what this one leaves out")
    source: Source = row({"noise": {}}, "what the dream begins with")
    motion: Motion = row({}, "the camera")
    dream: Dream = row({}, "how it dreams, and of what")
    look: Look = row({}, "how firmly brightness and contrast are held")
    outputs: Annotated[tuple[Output, ...], OneOrMore()] = row(["{name}.mp4"], "the files to make")
    _places: Places = PrivateAttr(default_factory=Places)

    def model_post_init(self, context: Any) -> None:
        """Keeps the nodes that the settings were read from, which come as pydantic's context."""
        self._places = Places(context)

    @property
    def clock(self) -> Clock:
        """The two clocks of the film."""
        rate = self.dream.rate if isinstance(self.dream.rate, Fraction) else self.fps
        exact = self.duration.exact(Clock(self.fps, 1, rate)) * self.fps
        return Clock(self.fps, max(1, round(exact)), rate, seed=self.seed)

    def resolved(self) -> dict[str, Any]:
        """Everything, as plain YAML values with absolute paths: all defaults written out, the seed as drawn."""
        return dict(plain(self.model_dump(by_alias=True, exclude_none=True)))

    def yaml(self) -> str:
        """`resolved()` as YAML text, which loads back to the same Config."""
        return nodes.to_yaml(self.resolved())

    def fingerprint(self) -> str:
        """SHA-256 of what shapes the picture: no name, no outputs, and the frame rate only where it matters."""
        shape = self.resolved()
        shape["duration"] = str(self.duration.exact(self.clock))
        needless = {"name", "outputs"} if self.uses_frames else {"name", "outputs", "fps"}
        text = json.dumps({key: value for key, value in shape.items() if key not in needless}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def uses_frames(self) -> bool:
        """Whether another frame rate is another film: every frame is dreamed or has a picture, or a number counts frames."""
        each = self.dream.rate == "every-frame" or self.source.kind == "frames"
        return each or any(curve.uses_frames for _, curve in self.curves())

    def curves(self) -> Iterator[tuple[str, Curve]]:
        """Every number that may move, with its dotted key."""
        return _curves(self, ())

    def place(self, key: str) -> Place | None:
        """Where the value of a dotted key (`dream.objective.0.layer`) stands, or what is nearest above it."""
        path = [int(step) if step.isdigit() else step for step in key.split(".")]
        return find(self._places.tree, path) if self._places.tree else None

    def problem(self, key: str, message: str, hint: str = "", error: type[RenderError] = ConfigError) -> RenderError:
        """The error to raise when what `key` asks for turns out to be impossible; `message` continues "<key> …"."""
        return self.problems([(key, error(message, hint))])

    def problems(self, faults: Sequence[tuple[str, RenderError]]) -> RenderError:
        """The one error for several such faults, each a key and what its error says of it; the gravest gives the exit code."""
        gravest = max((fault for _, fault in faults), key=lambda fault: fault.exit_code)
        told = [(self.place(key), f"{key} {fault.message}", fault.hint) for key, fault in faults]
        placed = [Problem(place, message, hint) for place, message, hint in told if place]
        if len(placed) == len(told):
            return type(gravest)(report(sorted(placed, key=lambda problem: problem.position)))
        return type(gravest)("\n".join(f"{message}\n{hint}".rstrip() for _, message, hint in told))


def find(tree: nodes.Node, path: list[str | int], on_key: bool = False) -> Place:
    """The place of the value (or of its key) under `path`; steps that the text does not have are passed over."""
    key = node = tree
    for step in path:
        key, node = node.entry(step) or (key, node)
    return key.place if on_key or node is tree else node.place


def _curves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Curve]]:
    if isinstance(value, Curve):
        yield ".".join(path), value
    children: list[tuple[str, Any]] = []
    if isinstance(value, Section):
        children = [(info.alias or name, getattr(value, name)) for name, info in type(value).model_fields.items()]
    if isinstance(value, tuple):
        children = [(str(index), one) for index, one in enumerate(value)]
    for name, child in children:
        yield from _curves(child, (*path, name))


# ── the vocabulary as data ──────────────────────────────────────────────────────────────────────────────────────────

MOTIONS = tuple(name for name, info in Motion.model_fields.items() if PART in info.metadata)
OBJECTIVES = tuple(reversed(_TERMS))
SOURCES = tuple(Source.model_fields)


def reference() -> list[Row]:
    """Every setting of the vocabulary, in the order of the files that use it."""
    return reference_of(Config)


def json_schema() -> Mapping[str, Any]:
    """The vocabulary as JSON Schema, for completion and hover in editors."""
    schema = Config.model_json_schema(by_alias=True)
    top = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A film for render"}
    return MappingProxyType({**top, **schema, "title": top["title"]})
