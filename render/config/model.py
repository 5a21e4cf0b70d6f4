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
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, PrivateAttr, Tag, model_validator

from render import loops
from render.config import expression, kinds, nodes, usual
from render.config.curve import Curve
from render.config.facts import Facts
from render.config.kinds import choice, number, output_name, pair, static
from render.config.problem import Place, Problem, SettingError, nearest, report
from render.config.scalars import Network, Size, Time
from render.config.schedule import Schedule, laid_over
from render.config.section import PART, Named, OneOf, OneOrMore, Row, Section, needed, plain, reference_of, row, tag
from render.errors import ConfigError, RenderError
from render.moment import Clock

OUTPUT_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp", ".png", ".jpg")
PICTURE_SUFFIXES = (".png", ".jpg", ".webp")  # those that can be a sequence of stills
CODECS = ("auto", "h264", "h265", "av1", "prores", "vp9", "ffv1", "h264_nvenc", "hevc_nvenc")


# ── source ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# Sources that move, and what a film over them has of them if nothing else is said.
AS_FOOTAGE = {"frames": {"duration": "source"}, "video": {"size": "source", "fps": "source", "duration": "source"}}
FOOTAGE = tuple(AS_FOOTAGE)
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


class Video(Section):
    """A video file, as footage: the dream follows what moves in it."""

    shorthand = "file"
    file: Annotated[Path, kinds.FILE] = needed("the video, of any format that ffmpeg reads")
    start: Annotated[Time, kinds.WITHIN] = row("0s", "where in the file the film begins")
    end: Annotated[Time | None, kinds.WITHIN] = row(None, "where in the file it ends; default: with the file")
    fit: Annotated[str, FIT] = row("cover", FIT_MEANING)

    @model_validator(mode="after")
    def _goes_forward(self) -> Video:
        if self.end is not None and self.end.amount <= self.start.amount:
            raise SettingError(f"is {self.end}, and the film begins at {self.start} of the file", path=("end",))
        return self


class Source(OneOf):
    """What the dream begins with: exactly one of these."""

    endings: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "image": (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"),
        "video": (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".ts", ".gif"),
        "noise": ("noise", "perlin", "uniform", "gaussian"),
    }
    noise: Noise | None = row(None, "a picture drawn from random numbers")
    image: Image | None = row(None, "a picture file")
    frames: Frames | None = row(None, "a sequence of picture files")
    video: Video | None = row(None, "a video file")

    @property
    def moves(self) -> bool:
        """Whether it is footage, a new picture for each film frame."""
        return self.kind in FOOTAGE


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
    spiral: Annotated[Curve, number("turns per second", -10, 10), PART] = row(
        0, "how fast it spirals in: clockwise, 6.85 times nearer each turn; below 0 out again"
    )
    swirl: Annotated[Curve, number("degrees per second", -3600, 3600), PART] = row(
        0, "how fast the middle turns while the rim stays"
    )
    shake: Annotated[Curve, number("frame heights", 0, 1), PART] = row(0, "how far a hand-held camera strays")
    tilt: Annotated[tuple[Curve, Curve], pair("right", "down", number("degrees per second", -360, 360)), PART] = row(
        [0, 0], "how fast the picture leans back, its right and its lower side going away"
    )
    center: Annotated[tuple[Curve, Curve], pair("x", "y", number("of the frame", 0, 1))] = row(
        [0.5, 0.5], "what the camera's motions are about; [0, 0] is the top left corner"
    )
    path: Annotated[tuple[tuple[float, float], ...] | None, kinds.POINTS] = row(
        None, "points that the centre passes through, evenly over the film; closed, if it ends where it begins"
    )
    border: Annotated[str, choice("reflect", "wrap", "replicate")] = row("reflect", "what lies beyond the picture's edge")


# ── dream ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Mask(Section):
    """Where something is dreamed: white in a picture or a video, as large as the frame. Where it is black nothing happens."""

    shorthand = "file"
    file: Annotated[Path, kinds.FILE] = needed("a picture, or a video as long as the film")
    invert: Annotated[bool, kinds.FLAG] = row(False, "dreams where it is black instead")
    feather: Annotated[Curve, number("pixels", 0, 500)] = row(4, "how softly its edges end")


WEIGHT = number("", -100, 100)


class Term(Section):
    """What every objective has beside what it asks for."""

    network: Annotated[Network | None, kinds.NETWORK] = row(None, "the network it is asked of; default: dream.network")
    weight: Annotated[Curve, WEIGHT] = row(1, "its share among the objectives; negative pushes away")
    mask: Mask | None = row(None, "where it counts: white in a picture or a video; default: everywhere")


class Layer(Term):
    """Dreams more of whatever a layer of the network sees."""

    kind: ClassVar[str] = "layer"
    layer: Annotated[str, kinds.LAYER] = needed("the layer, as `render layers NETWORK` lists them")


class Channels(Term):
    """Dreams what single channels of a layer see."""

    kind: ClassVar[str] = "channels"
    channels: Annotated[tuple[str | int, ...], kinds.CHANNELS] = needed("the channels, from 0, or by names they have")
    layer: Annotated[str, kinds.LAYER] = needed("the layer they belong to")


class Class(Term):
    """Dreams things of one class, or of several at once."""

    kind: ClassVar[str] = "class"
    classes: Annotated[tuple[str | int, ...], kinds.CLASSES] = needed(
        "the class, as `render classes NETWORK` lists them", key="class"
    )


class Guide(Term):
    """Dreams what a picture shows: wherever something looks a little like a part of it, more like that part."""

    kind: ClassVar[str] = "guide"
    guide: Annotated[Path, kinds.FILE] = needed("the picture")
    layer: Annotated[str, kinds.LAYER] = needed("the layer in which parts are compared: low for touch, high for things")


class Neuron(Term):
    """Dreams what one channel sees, in one place."""

    kind: ClassVar[str] = "neuron"
    neuron: Annotated[str | int, kinds.CHANNEL] = needed("the channel, from 0, or by a name it has")
    layer: Annotated[str, kinds.LAYER] = needed("the layer it belongs to")
    at: Annotated[tuple[Curve, Curve], pair("x", "y", number("of the frame", 0, 1))] = row(
        [0.5, 0.5], "where; [0, 0] is the top left corner"
    )


class Direction(Term):
    """Dreams a mixture of channels: more of some and less of others, in every place."""

    kind: ClassVar[str] = "direction"
    direction: Annotated[Mapping[str | int, Curve], kinds.direction(WEIGHT)] = needed(
        "how much of each channel, below 0 less: {3: 1, 17: -0.5}, or by names they have"
    )
    layer: Annotated[str, kinds.LAYER] = needed("the layer they belong to")


class Garden(Term):
    """Every region of the picture dreams its own kind, and new kinds open as the camera moves in."""

    kind: ClassVar[str] = "garden"
    garden: Annotated[str | tuple[str | int, ...], kinds.GARDEN] = needed("the kinds that grow: all, or a list")
    layer: Annotated[str | None, kinds.LAYER] = row(None, "a layer, whose channels then grow instead of classes")
    size: Annotated[Curve, number("frame heights", 0.01, 10)] = row(0.4, "how large a region is")
    drift: Annotated[Curve, number("regions per second", 0, 100)] = row(0.1, "how fast regions change into others")
    sharpness: Annotated[Curve, number("", 0, 100)] = row(10, "how clearly regions part: 0 blends all, 20 cuts")


_TERMS: dict[str, type[Term]] = {  # what a mapping asks for is the first of these that it names
    "garden": Garden,
    "direction": Direction,
    "neuron": Neuron,
    "guide": Guide,
    "class": Class,
    "channels": Channels,
    "layer": Layer,
}


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
    | Annotated[Guide, Tag(tag(Guide))]
    | Annotated[Neuron, Tag(tag(Neuron))]
    | Annotated[Direction, Tag(tag(Direction))]
    | Annotated[Garden, Tag(tag(Garden))],
    Discriminator(_term_tag),
    BeforeValidator(_is_a_term),
]


class Dream(Section):
    """How each tick of the film is dreamed: gradient ascent on the picture, from small octaves to large ones."""

    rate: Annotated[Fraction | str, kinds.DREAM_RATE] = row(8, "dreams per second of film, or every-frame")
    network: Annotated[Network, kinds.NETWORK] = row(
        usual.USUAL, "the network that dreams; bestiary, if not said, where the objective names kinds or a layer of its own"
    )
    objective: Annotated[tuple[Objective, ...], OneOrMore()] = row(
        usual.OBJECTIVE, "what it dreams of: one or a list of layer, channels, class, guide, neuron, direction, garden"
    )
    steps: Annotated[Curve, number("steps", 0, 500, whole=True)] = row(4, "ascent steps per octave")
    first_steps: Annotated[Curve, number("steps", 0, 500, whole=True)] = row(
        16, "the same where nothing was dreamed before: the first tick, and in footage all that is new"
    )
    step_size: Annotated[Curve, number("of full range", 0, 1)] = row(0.012, "rms change of the picture in one step")
    octaves: Annotated[Curve, number("octaves", 1, 20, whole=True)] = row(3, "sizes at which the picture is dreamed")
    octave_scale: Annotated[Curve, number("times", 1.05, 4)] = row(1.4, "from one octave to the next larger")
    jitter: Annotated[Curve, number("pixels", 0, 512, whole=True)] = row(16, "random shift before each step; hides the grid")
    jitter_turn: Annotated[Curve, number("degrees", 0, 180)] = row(0, "random turn before each step, either way")
    jitter_scale: Annotated[Curve, number("times", 1, 2)] = row(1, "random scale before each step, up or down by at most that")
    parametrisation: Annotated[str, choice("pixel", "fourier")] = row(
        "pixel", "what a step changes: pixels, or waves of all sizes as natural pictures have them; for things from noise"
    )
    smoothing: Annotated[Curve, number("", 0, 1)] = row(0.25, "how much coarse detail counts before fine; 0 is off")
    chroma: Annotated[Curve, number("", 0, 1)] = row(0.8, "how much of the gradient's colour is kept; 0 dreams in light only")
    precision: Annotated[str, choice("auto", "float32", "bfloat16")] = row(
        "auto", "what networks work in: bfloat16 is faster where the processor knows it, and auto takes it there"
    )
    tile: Annotated[int | str, kinds.or_auto(static(128, 16384, "pixels"), "none")] = row(
        "auto",
        "side of the overlapping tiles that larger frames are seen in: auto if memory is too small for the whole, or none",
    )

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, value: Any) -> Any:
        """The network and the objective of a dream that leaves them out hang together."""
        return usual.completed(value) if isinstance(value, Mapping) else value


# ── look ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Look(Section):
    """What keeps a long film from burning: how firmly brightness and contrast are held to the source's."""

    shorthand = "hold"
    hold: Annotated[Curve, number("", 0, 1)] = row(0.5, "0 lets it burn, 1 holds fast")
    mean: Annotated[Curve | None, number("", 0, 1)] = row(None, "brightness to hold to; default: the source's")
    contrast: Annotated[Curve | None, number("", 0, 0.5)] = row(
        None, "contrast (standard deviation) to hold to; default: the source's, within 0.15 to 0.25"
    )


# ── footage ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LEARNED = ("raft-small", "raft-large")  # flow engines that are networks
ENGINES = ("dis", *LEARNED, "farneback", "none")


class Occlusion(Section):
    """What a moving thing uncovers, where the dream begins anew."""

    dilate: Annotated[int | str, kinds.or_auto(static(0, 64, "pixels"))] = row(
        "auto", "how far it reaches past what was found; auto is 1 pixel in 640"
    )
    feather: Annotated[float, static(0, 64, "pixels", whole=False)] = row(1, "how softly it ends")


class Flow(Section):
    """How the dream follows what moves in footage."""

    shorthand = "engine"
    engine: Annotated[Network, kinds.engine(ENGINES, LEARNED)] = row(
        "dis", "what finds the motion; none leaves the dream in place. raft-small and raft-large are networks"
    )
    quality: Annotated[str, choice("fast", "medium", "high")] = row("high", "how closely it looks")
    max_width: Annotated[int, static(64, 4096, "pixels")] = row(960, "the longer side at which motion is looked for, at most")
    persistence: Annotated[Curve, number("", 0, 1)] = row(
        0.95, "how much of the dream goes on to the next tick; 0 dreams every picture alone"
    )
    anchor: Annotated[Curve, number("", 0, 1)] = row(0.5, "how firmly it stays as it was: 0 boils, 0.8 is nearly frozen")
    occlusion: Occlusion = row({}, "what a moving thing uncovers")


# ── audio ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Feature(Section):
    """What is heard of the music, as a number 0 to 1 that expressions may use by its name."""

    shorthand = "band"
    band: Annotated[tuple[float, float] | str, kinds.BAND] = needed(
        "what it follows: a band in Hz such as 40-120, rms (how loud all of it is), or onsets (each note that begins)"
    )
    attack: Annotated[float, static(0, 10, "seconds", whole=False)] = row(0.01, "how long it takes to rise")
    release: Annotated[float, static(0, 60, "seconds", whole=False)] = row(0.25, "how long it takes to fall")


class Audio(Section):
    """Music: the film's sound, and what its numbers may move to."""

    shorthand = "file"
    file: Annotated[Path, kinds.FILE] = needed("the track, of any format that ffmpeg reads")
    start: Annotated[Time, kinds.WITHIN] = row("0s", "where in the track the film begins")
    bpm: Annotated[float | str | None, kinds.BPM] = row(None, "beats per minute, or auto to find the beat; default: 120")
    features: Annotated[Mapping[str, Feature], Named(expression.free)] = row(
        {"kick": "40-120", "snare": "1500-4000", "hats": "7000-11000", "level": {"band": "rms", "attack": 0.3, "release": 1.5}},
        "what is heard of it: names for expressions, as in zoom: 1.2 + 0.8*kick",
    )
    fade: Annotated[float, static(0, 60, "seconds", whole=False)] = row(1, "how long its sound fades out at the film's end")


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
    """Where in the files each value stands; configurations that ask for the same are equal wherever it stands.

    features: what expressions may name of the film's music.
    """

    tree: nodes.Node | None = field(default=None, compare=False)
    features: tuple[str, ...] = field(default=(), compare=False)


class Config(Section):
    """A film, as asked for."""

    name: Annotated[str, kinds.NAME] = row("film", "the run's folder and {name}; default: the file's name")
    seed: Annotated[int, kinds.SEED] = row(0, "where randomness begins; random draws one and records it")
    size: Annotated[Size, kinds.SIZE] = row("640x360", "WxH, 360p 480p 720p 1080p 4k, square vertical portrait, or source")
    fps: Annotated[Fraction | str, kinds.FILM_FPS] = row(30, "frames per second, exact: 30000/1001; or source, as the footage")
    duration: Annotated[Time, kinds.DURATION] = row("10s", "12s, 360 frames, 00:00:12, 48b, source or audio")
    extends: Annotated[Path | None, kinds.FILE] = row(None, "a file that holds what this one leaves out")
    source: Source = row({"noise": {}}, "what the dream begins with")
    motion: Motion = row({}, "the camera")
    dream: Dream = row({}, "how it dreams, and of what")
    look: Look = row({}, "how firmly brightness and contrast are held")
    flow: Flow = row({}, "how the dream follows what moves in footage")
    cuts: Annotated[str | tuple[Time, ...], kinds.CUTS] = row(
        "auto", "where footage cuts to another shot: auto finds out, none, or a list of times"
    )
    mask: Mask | None = row(None, "where it dreams: white in a picture or a video; default: everywhere")
    loop: Annotated[str, choice(*loops.LOOPS)] = row("none", f"how it ends where it began: {loops.meanings()}")
    schedule: Annotated[Path | None, kinds.FILE] = row(
        None, "a CSV or Parseq file: its columns, headed by keys such as motion.zoom, say how those numbers move"
    )
    audio: Audio | None = row(None, "music: the film's sound, and what its numbers may move to")
    outputs: Annotated[tuple[Output, ...], OneOrMore()] = row(["{name}.mp4"], "the files to make")
    _places: Places = PrivateAttr(default_factory=Places)
    _facts: Facts = PrivateAttr(default_factory=Facts)
    _scheduled: Schedule = PrivateAttr(default_factory=Schedule)

    def model_post_init(self, context: Any) -> None:
        """Keeps the places that the settings were read from, which come as pydantic's context."""
        self._places = context or Places()

    @model_validator(mode="before")
    @classmethod
    def _like_its_footage(cls, value: Any) -> Any:
        """What is left out of a film over footage is as the footage is; its camera stands still."""
        source = value.get("source") if isinstance(value, Mapping) else None
        if not isinstance(source, Mapping) or not (kind := next((kind for kind in FOOTAGE if kind in source), "")):
            return value
        motion = value.get("motion") or {}
        still = {"motion": {"zoom": 1, **motion}} if isinstance(motion, Mapping) else {}
        return {**AS_FOOTAGE[kind], **value, **still}

    @property
    def facts(self) -> Facts:
        """What the film's files say."""
        return self._facts

    def informed(self, facts: Facts) -> Config:
        """The same, knowing what its files say."""
        config = self.model_copy()
        config._facts = facts
        return config

    @property
    def left_out(self) -> tuple[str, ...]:
        """The fields of the schedule that mean nothing here."""
        return self._scheduled.left_out

    def moved_by(self, schedule: Schedule) -> Config:
        """The same, its numbers moving as the schedule says."""
        config: Config = laid_over(self, schedule.curves)
        config._scheduled = schedule
        return config

    @property
    def clock(self) -> Clock:
        """The two clocks of the film. Of a film there and back they count the way there."""
        fps = self.fps if isinstance(self.fps, Fraction) else self._facts.fps or Fraction(30)
        rate = self.dream.rate if isinstance(self.dream.rate, Fraction) else fps
        rate = min(rate, fps) if self.source.moves else rate  # footage has nothing new to dream between two frames
        heard = (self._facts.bpm or 120.0, self.seed, self._facts.first_beat, self._facts.features)
        clock = Clock(fps, 1, rate, *heard, on_frames=self.source.moves)
        frames = max(1, round(self._seconds(clock) * fps))
        return loops.LOOPS[self.loop].clock(replace(clock, frames=frames))

    def _seconds(self, clock: Clock) -> Fraction:
        """How long the film is, exactly."""
        known = {"source": self._facts.footage, "audio": self._facts.music}
        asked = known[self.duration.unit] if self.duration.unit in known else self.duration.exact(clock)
        longest = self._facts.footage if self.source.kind == "video" else None  # a film over a video ends with it at the latest
        return min(asked or Fraction(0), longest or asked or Fraction(0))

    @property
    def cut_short(self) -> bool:
        """Whether the film was asked to go on where its footage has ended."""
        clock, footage = self.clock, self._facts.footage
        if self.source.kind != "video" or footage is None or self.duration.unit == "source":
            return False
        asked = self._facts.music if self.duration.unit == "audio" else self.duration.exact(clock)
        return asked is not None and asked > footage + 1 / clock.fps

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of the networks that dream it."""
        return tuple(dict.fromkeys((term.network or self.dream.network).name for term in self.dream.objective))

    def resolved(self) -> dict[str, Any]:
        """Everything, as plain YAML values with absolute paths: all defaults written out, the seed as drawn."""
        return dict(plain(self.model_dump(by_alias=True, exclude_none=True)))

    def yaml(self) -> str:
        """`resolved()` as YAML text, which loads back to the same Config."""
        return nodes.to_yaml(self.resolved())

    def fingerprint(self) -> str:
        """SHA-256 of what shapes the picture: no name, no outputs, and the frame rate only where it matters."""
        shape = self.resolved()
        shape["duration"] = str(self._seconds(self.clock))
        shape["schedule"] = self._scheduled.digest
        shape["audio"] = self._heard()
        needless = {"name", "outputs"} if self.uses_frames else {"name", "outputs", "fps"}
        text = json.dumps({key: value for key, value in shape.items() if key not in needless}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _heard(self) -> dict[str, Any]:
        """What shapes the picture of its music: what its numbers move to, and nothing of how it sounds."""
        clock = self.clock
        beat = {"bpm": clock.bpm, "upbeat": clock.first_beat} if "b" in self.variables else {}
        if not self.audio or not self.features:
            return beat
        asked = {name: self.audio.features[name].model_dump() for name in self.features}
        return {**beat, "features": asked, "start": str(self.audio.start.amount), "file": self._facts.music_digest}

    @property
    def features(self) -> tuple[str, ...]:
        """The features of its music that move any of its numbers."""
        return tuple(name for name in (self.audio.features if self.audio else ()) if name in self.variables)

    @property
    def variables(self) -> frozenset[str]:
        """What moves its numbers: variables that expressions use or keys are counted in, and features of the music."""
        return frozenset[str]().union(*(curve.names for _, curve in self.curves()))

    @property
    def uses_frames(self) -> bool:
        """Whether another frame rate is another film: every frame is dreamed or has a picture, or a number counts frames."""
        return self.dream.rate == "every-frame" or self.source.moves or self.counts_frames

    @property
    def counts_frames(self) -> bool:
        """Whether a number that moves names the frame, and so moves otherwise at another frame rate."""
        return any(curve.uses_frames for _, curve in self.curves())

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
    if isinstance(value, Mapping):
        children = [(str(name), one) for name, one in value.items()]
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
