"""The vocabulary. Settings are what one YAML file asks for: every setting, its kind, unit, range, default and meaning.

Read it as the manual: `key: Annotated[type, kind] = row(default, meaning)`. Validation, error texts, the JSON Schema,
the templates of `render new` and the reference page are all made from these rows; no default stands anywhere else.

A `number(unit, low, high)` may move: YAML may hold a number, an expression such as "1 + 0.5*sin(2*pi*p)", keyframes
such as {0s: 1, 4s: 1.5, ease: in-out}, or a Deforum string; the value is a Curve. All other kinds stand still.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Union

from pydantic import BeforeValidator, Discriminator, Tag, create_model, model_validator

from render import loops
from render.config import expression, usual
from render.config import setting_types as types
from render.config.curve import Curve
from render.config.palettes import PALETTES
from render.config.parts import SHARED, MotionPart, ObjectivePart, fault_of, field_name, formats, parts
from render.config.poses import Poses
from render.config.problem import SettingError
from render.config.scalars import Cutting, Every, NetworkChoice, Size, Time
from render.config.section import Named, OneOf, OneOrMore, Row, Section, needed, reference_of, row, tag
from render.config.setting_types import choice, number, output_name, pair, static
from render.errors import nearest

OUTPUT_SUFFIXES = tuple(formats().endings)
PICTURE_SUFFIXES = formats().pictures  # those that can be a sequence of stills
CODECS = ("auto", *formats().by_name)
ALPHAS = ("none", "dream", "mask")


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
    file: Annotated[Path, types.FILE] = needed("the picture")
    fit: Annotated[str, FIT] = row("cover", FIT_MEANING)


class Frames(Section):
    """Pictures in the order of their names, one for each film frame."""

    shorthand = "files"
    files: Annotated[str, types.FILES] = needed("a folder, or a pattern: shots/*.png, shots/%04d.png or shots/####.png")
    fit: Annotated[str, FIT] = row("cover", FIT_MEANING)


class Video(Section):
    """A video file, as footage: the dream follows what moves in it."""

    shorthand = "file"
    file: Annotated[Path, types.FILE] = needed("the video, of any format that ffmpeg reads")
    start: Annotated[Time, types.WITHIN] = row("0s", "where in the file the film begins")
    end: Annotated[Time | None, types.WITHIN] = row(None, "where in the file it ends; default: with the file")
    fit: Annotated[str, FIT] = row("cover", FIT_MEANING)

    @model_validator(mode="after")
    def _require_forward(self) -> Video:
        if self.end is not None and self.end.amount <= self.start.amount:
            raise SettingError(f"is {self.end}, and the film begins at {self.start} of the file", path=("end",))
        return self


class TakeSource(Section):
    """A picture that another film dreamed, from its take."""

    shorthand = "folder"
    folder: Annotated[Path, types.FOLDER] = needed("the folder of the take, as in runs/zoom/take-001")
    at: Annotated[Time, types.DREAMED] = row("end", "which of its dreams: start, end, 50% or a time of its film, 4s")
    fit: Annotated[str, FIT] = row("cover", FIT_MEANING)


class SourceSettings(OneOf):
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
    take: TakeSource | None = row(None, "the picture on which another film ended; {take: runs/zoom/take-001, at: end}")

    @model_validator(mode="before")
    @classmethod
    def _read_moment_beside_take(cls, value: Any) -> Any:
        """The moment of a take may stand beside it."""
        if not isinstance(value, Mapping) or not {"take", "at"} <= value.keys() or isinstance(value["take"], Mapping):
            return value
        beside = {key: settings for key, settings in value.items() if key not in ("take", "at")}
        return {**beside, "take": {"folder": value["take"], "at": value["at"]}}

    @property
    def moves(self) -> bool:
        """Whether it is footage, a new picture for each film frame."""
        return self.kind in FOOTAGE


# ── motion ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def settings_of(parts: Iterable[MotionPart]) -> dict[str, Any]:
    """The fields of motions, as `create_model` takes them."""
    return {part.name: (Annotated[Any, part.type], part.row) for part in parts}


if TYPE_CHECKING:
    Motions = Section
else:
    Motions = create_model("Motions", __base__=Section, **settings_of(parts().motions.values()))


class MotionSettings(Motions):
    """The camera. Speeds are per second of film, so that the frame rate changes nothing but smoothness."""

    center: Annotated[tuple[Curve, Curve], pair("x", "y", number("of the frame", 0, 1))] = row(
        [0.5, 0.5], "what the camera's motions are about; [0, 0] is the top left corner"
    )
    to: Annotated[Poses | None, types.POSES] = row(
        None, "where the camera is, by keyframes: the place of the picture that it looks at, and how large that is shown"
    )
    centers: Annotated[tuple[tuple[float, float], ...] | None, types.POINTS] = row(
        None, "in place of center, points that it passes through, evenly over the film; `to` takes the camera to places"
    )
    border: Annotated[str, choice("reflect", "wrap", "replicate")] = row("reflect", "what lies beyond the picture's edge")

    @model_validator(mode="before")
    @classmethod
    def _read_former_path(cls, value: Any) -> Any:
        """What is called `centers` was called `path`, from which people expected that it moves the camera."""
        if not isinstance(value, Mapping) or "path" not in value or "centers" in value:
            return value
        return {"centers" if key == "path" else key: setting for key, setting in value.items()}

    @model_validator(mode="before")
    @classmethod
    def _keep_zoom_still(cls, value: Any) -> Any:
        """A camera that goes to places does not zoom besides unless that is said."""
        return {"zoom": 1, **value} if isinstance(value, Mapping) and value.get("to") is not None else value

    def values(self) -> dict[str, Any]:
        """What each motion is set to: a Curve, or a pair of them."""
        return {name: getattr(self, name) for name in parts().motions}

    def in_use(self) -> dict[str, MotionPart]:
        """The motions that move this film: this project's own, and those of packages that it asks for."""
        return {name: part for name, part in parts().motions.items() if name not in self.at_rest()}

    def at_rest(self) -> set[str]:
        """The motions of packages that this film does not ask for."""
        values = self.values()
        return {name for name, part in parts().motions.items() if part.package and part.rests(values[name])}


# ── dream ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class MaskKey(Section):
    """What of the source's own picture a mask is white in: near a colour, of some brightness, or along edges."""

    near: Annotated[str | None, types.COLOUR] = row(None, "what has nearly this colour, red, green and blue")
    within: Annotated[Curve, number("of black to white", 0.01, 1)] = row(
        0.2, "how far from that colour, as the eye tells them apart"
    )
    brightness: Annotated[tuple[Curve, Curve] | None, pair("from", "to", number("", 0, 1))] = row(
        None, "what is so bright: [0.6, 1] are lights, [0, 0.3] shadows"
    )
    edges: Annotated[Curve | None, number("", 0, 1)] = row(
        None, "edges whose two sides differ so much in brightness: 0.1 finds most of them"
    )

    @model_validator(mode="after")
    def _require_one_kind(self) -> MaskKey:
        kinds = [name for name in ("near", "brightness", "edges") if getattr(self, name) is not None]
        if len(kinds) != 1:
            has = f"has {' and '.join(kinds)}" if kinds else "has none of near, brightness, edges"
            raise SettingError(f"{has}; it takes exactly one", 'as in {near: "#88aaff", within: 0.2}')
        return self


class MaskSettings(Section):
    """Where something is dreamed: white in a picture or a video, as large as the frame. Where it is black nothing happens."""

    shorthand = "file"
    file: Annotated[Path | None, types.FILE] = row(None, "a picture, or a video as long as the film")
    key: MaskKey | None = row(None, "in its place, what of the source's own picture it is white in")
    invert: Annotated[bool, types.FLAG] = row(False, "dreams where it is black instead")
    space: Annotated[str, choice("screen", "world")] = row(
        "screen", "world moves it with what the camera sees, and all that it leaves out; screen leaves it where it is"
    )
    grow: Annotated[Curve, number("pixels", -500, 500)] = row(0, "how far its edges go outwards; below 0 it shrinks")
    feather: Annotated[Curve, number("pixels", 0, 500)] = row(4, "how softly its edges end")

    @model_validator(mode="after")
    def _require_one_origin(self) -> MaskSettings:
        if (self.file is None) == (self.key is None):
            has = "has file and key" if self.file else "has neither file nor key"
            raise SettingError(f"{has}; it takes one of them", 'write mask: left.png, or mask: {key: {near: "#88aaff"}}')
        return self


class Term(Section):
    """What every objective has beside what it asks for."""

    kind: ClassVar[str] = ""
    shared = SHARED
    network: Annotated[NetworkChoice | None, types.NETWORK] = row(None, "the network it is asked of; default: dream.network")
    weight: Annotated[Curve, types.WEIGHT] = row(1, "its share among the objectives; negative pushes away")
    mask: MaskSettings | None = row(None, "where it counts: white in a picture or a video; default: everywhere")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its kind, since its class is made when the vocabulary is and has no name of its own."""
        return new_term, (vars(type(self))["kind"],), self.__getstate__()


def new_term(kind: str) -> Term:
    """A term whose settings are still to come, as pickle makes one."""
    return TERMS[kind].__new__(TERMS[kind])


def term_of(part: ObjectivePart) -> type[Term]:
    """The section of an objective: its own settings and those of every term."""
    fields: dict[str, Any] = {}
    for key, (setting_type, info) in part.settings.items():
        name = field_name(key)
        alias = key if name != key else None
        required = info.is_required()
        declared = needed(info.description, key=alias) if required else row(info.default, info.description, key=alias)
        fields[name] = (Annotated[Any, setting_type], declared)
    section: type[Term] = create_model(part.name.capitalize(), __base__=Term, __doc__=part.meaning, **fields)
    section.kind = part.name
    return section


TERMS: dict[str, type[Term]] = {name: term_of(part) for name, part in parts().objectives.items()}


def _term_tag(value: Any) -> str | None:
    """Which objective a mapping (or a term already read) is, as the tag of its model: the last declared of those it names."""
    if isinstance(value, Section):
        return tag(type(value))
    return next((tag(TERMS[kind]) for kind in reversed(TERMS) if kind in value), None)


def _is_a_term(value: Any) -> Any:
    """The same value, if it is one of the objectives; pydantic's own words for what is not would help nobody."""
    hint = f"write one of {{{'}, {'.join(f'{kind}: …' for kind in TERMS)}}}"
    if not isinstance(value, Mapping | Section):
        raise SettingError("takes a mapping for each objective", hint)
    if isinstance(value, Mapping) and _term_tag(value) is None:
        near = next(filter(None, (fault_of(key) or nearest(key, TERMS) for key in value)), "")
        raise SettingError(f"names none of {' '.join(TERMS)}", f"{near}  {hint}".strip())
    return value


if TYPE_CHECKING:
    AnyTerm = Term
else:
    AnyTerm = Annotated[
        Union[tuple(Annotated[section, Tag(tag(section))] for section in TERMS.values())],  # noqa: UP007
        Discriminator(_term_tag),
        BeforeValidator(_is_a_term),
    ]


class Dream(Section):
    """How each tick of the film is dreamed: gradient ascent on the picture, from small octaves to large ones."""

    rate: Annotated[Fraction | str, types.DREAM_RATE] = row(8, "dreams per second of film, or every-frame")
    network: Annotated[NetworkChoice, types.NETWORK] = row(
        usual.USUAL, "the network that dreams; bestiary, if not said, where the objective names kinds or a layer of its own"
    )
    objective: Annotated[tuple[AnyTerm, ...], OneOrMore()] = row(
        usual.OBJECTIVE, f"what it dreams of: one or a list of {', '.join(TERMS)}"
    )
    amount: Annotated[Curve, number("", 0, 1)] = row(
        1,
        "how much of it is shown: 0 is the source as the camera sees it (of noise, its mean); to change it costs no dreaming",
    )
    steps: Annotated[Curve, number("steps", 0, 500, whole=True)] = row(4, "ascent steps per octave")
    first_steps: Annotated[Curve, number("steps", 0, 2000, whole=True)] = row(
        16, "the same where nothing was dreamed before: the first tick, and in footage all that is new"
    )
    step_size: Annotated[Curve, number("of full range", 0, 1)] = row(
        0.012, "rms change of the picture in one step; of use are 0.002, a breath, to 0.03, where little else is seen"
    )
    footage: Annotated[str | None, choice(*usual.FOOTAGE)] = row(
        None, "how much of it lies on footage: subtle, clear or full stand for a step_size, first_steps and steps"
    )
    octaves: Annotated[Curve, number("octaves", 1, 20, whole=True)] = row(3, "sizes at which the picture is dreamed")
    octave_scale: Annotated[Curve, number("times", 1.05, 4)] = row(1.4, "from one octave to the next larger")
    jitter: Annotated[Curve, number("pixels", 0, 512, whole=True)] = row(16, "random shift before each step; hides the grid")
    jitter_turn: Annotated[Curve, number("degrees", 0, 180)] = row(0, "random turn before each step, either way")
    jitter_scale: Annotated[Curve, number("times", 1, 4)] = row(1, "random scale before each step, up or down by at most that")
    parametrisation: Annotated[str, choice("pixel", "fourier", "spectrum")] = row(
        "pixel", "what a step changes: pixels, or waves of all sizes as nature has them; spectrum: for clear things from noise"
    )
    smoothing: Annotated[Curve, number("", 0, 1)] = row(0.25, "how much coarse detail counts before fine; 0 is off")
    chroma: Annotated[Curve, number("", 0, 1)] = row(0.8, "how much of the gradient's colour is kept; 0 dreams in light only")
    residual: Annotated[float, static(0, 1, whole=False)] = row(
        1, "how much of a gradient comes through the residual branches of efficientnet_lite0: with less, things are more whole"
    )
    precision: Annotated[str, choice("auto", "float32", "bfloat16")] = row(
        "auto", "what networks work in: bfloat16 is faster where the processor knows it, and auto takes it there"
    )
    tile: Annotated[int | str, types.or_auto(static(128, 16384, "pixels"), "none")] = row(
        "auto",
        "side of the overlapping tiles that larger frames are seen in: auto if memory is too small for the whole, or none",
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any) -> Any:
        """The network and the objective of a dream that leaves them out hang together."""
        return usual.complete_dream(value) if isinstance(value, Mapping) else value


# ── look ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ColourSettings(Section):
    """How firmly hue and saturation of what is shown are held to the source's, or led to a palette's."""

    shorthand = "hold"
    hold: Annotated[Curve, number("", 0, 1)] = row(
        0.8, "0 leaves the dream its own colours, as where only fringes is said; 1 takes all from the source, 0.5 is half way"
    )
    palette: Annotated[str | Path | None, types.PALETTE] = row(
        None, f"in place of the source's, the colours of a picture, or {', '.join(PALETTES)}"
    )
    fringes: Annotated[Curve, number("", 0, 1)] = row(
        0.4, "how much of the rainbow of thin lines is taken out; 0.4 takes more than half, and is not seen"
    )

    @model_validator(mode="before")
    @classmethod
    def _hold_nothing_beside_fringes(cls, value: Any) -> Any:
        """Where only fringes are taken out, no colour is held."""
        return {"hold": 0, **value} if isinstance(value, Mapping) and [*value] == ["fringes"] else value


class Look(Section):
    """What keeps a long film from burning: how firmly brightness and contrast are held to the source's."""

    shorthand = "hold"
    hold: Annotated[Curve, number("", 0, 1)] = row(0.5, "0 lets it burn, 1 holds fast")
    mean: Annotated[Curve | None, number("", 0, 1)] = row(None, "brightness to hold to; default: the source's")
    contrast: Annotated[Curve | None, number("", 0, 0.5)] = row(
        None, "contrast (standard deviation) to hold to; default: the source's, within 0.15 to 0.25"
    )
    colour: ColourSettings | None = row(
        None,
        "hue and saturation; default: the dream's own, with the bestiary {hold: 0, fringes: 0.4}; null leaves that alone, too",
    )


# ── footage ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LEARNED = ("raft-small", "raft-large")  # flow engines that are networks
ENGINES = ("dis", *LEARNED, "farneback", "none")


class Occlusion(Section):
    """What a moving thing uncovers, where the dream begins anew."""

    dilate: Annotated[int | str, types.or_auto(static(0, 64, "pixels"))] = row(
        "auto", "how far it reaches past what was found; auto is 1 pixel in 640"
    )
    feather: Annotated[float, static(0, 64, "pixels", whole=False)] = row(1, "how softly it ends")


class FlowSettings(Section):
    """How the dream follows what moves in footage."""

    shorthand = "engine"
    engine: Annotated[NetworkChoice, types.engine(ENGINES, LEARNED)] = row(
        "dis", "what finds the motion; none leaves the dream in place. raft-small and raft-large are networks"
    )
    quality: Annotated[str, choice("fast", "medium", "high")] = row("high", "how closely it looks")
    max_width: Annotated[int, static(64, 4096, "pixels")] = row(960, "the longer side at which motion is looked for, at most")
    persistence: Annotated[Curve, number("", 0, 1)] = row(
        0.95, "how much of the dream goes on to the next tick; 0 dreams every picture alone"
    )
    anchor: Annotated[Curve, number("", 0, 1)] = row(0.5, "how firmly it stays as it was: 0 boils, 0.8 is nearly frozen")
    occlusion: Occlusion = row({}, "what a moving thing uncovers")


# ── a film that follows a smaller one ───────────────────────────────────────────────────────────────────────────────


class FollowSettings(Section):
    """A smaller take of the same film: what it shows is shown here, too, and the dream adds what is finer."""

    shorthand = "take"
    take: Annotated[Path, types.FOLDER] = needed("the folder of the take, as in runs/zoom/take-001")
    strength: Annotated[Curve, number("", 0, 1)] = row(
        0.8, "how firmly: 0 is a film of its own, 1 shows all that is larger than 4 pixels of the smaller take just as it does"
    )


# ── cuts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Cuts(Section):
    """Where footage goes on with another shot, and a dream with another dream."""

    shorthand = "at"
    at: Annotated[str | Every | tuple[Time, ...], types.CUTS] = row(
        "auto", "auto finds the cuts of footage, and in a dream there are none; or none, a list of times, or every 4b (or 2s)"
    )
    to: Annotated[str, choice("fresh", "garden")] = row(
        "fresh",
        "what a dream cuts to: fresh begins it anew from its source, garden has other kinds grow on in the same picture",
    )


# ── audio ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class FeatureSettings(Section):
    """What is heard of the music, as a number 0 to 1 that expressions may use by its name."""

    shorthand = "band"
    band: Annotated[tuple[float, float] | str, types.BAND] = needed(
        "what it follows: a band in Hz such as 40-120, rms (how loud all of it is), or onsets (each note that begins)"
    )
    attack: Annotated[float, static(0, 10, "seconds", whole=False)] = row(0.01, "how long it takes to rise")
    release: Annotated[float, static(0, 60, "seconds", whole=False)] = row(0.25, "how long it takes to fall")


class Audio(Section):
    """Music: the film's sound, and what its numbers may move to."""

    shorthand = "file"
    file: Annotated[Path, types.FILE] = needed("the track, of any format that ffmpeg reads")
    start: Annotated[Time, types.WITHIN] = row("0s", "where in the track the film begins")
    bpm: Annotated[float | str | None, types.BPM] = row(
        None, "beats per minute, or auto to find the beat and put it on the kick; default: the film's bpm, or 120"
    )
    offset: Annotated[Time | None, types.WITHIN] = row(
        None,
        "where in the track a beat falls, from which on they are counted; default: bpm: auto finds it, or the film's start",
    )
    features: Annotated[Mapping[str, FeatureSettings], Named(expression.require_feature_name)] = row(
        {"kick": "40-120", "snare": "1500-4000", "hats": "7000-11000", "level": {"band": "rms", "attack": 0.3, "release": 1.5}},
        "what is heard of it: names for expressions, as in zoom: 1.2 + 0.8*kick",
    )
    fade: Annotated[float, static(0, 60, "seconds", whole=False)] = row(1, "how long its sound fades out at the film's end")


# ── outputs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Crop(Section):
    """What of the frame an output shows."""

    shorthand = "size"
    size: Annotated[Cutting, types.CUTTING] = needed(
        "pixels of the film, 1080x1080, or a shape, for as much of it as fits: 9:16"
    )
    at: Annotated[tuple[float, float], pair("x", "y", static(0, 1, "of the frame", whole=False))] = row(
        [0.5, 0.5], "its middle, as near as the frame's edges let it come; [0, 0] is the top left corner"
    )

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(left, top, width, height) in pixels of a frame of that size, which is large enough."""
        across, down = self.size.within(width, height)
        left, top = (
            min(max(round(share * whole - part / 2), 0), whole - part)
            for share, whole, part in zip(self.at, (width, height), (across, down), strict=True)
        )
        return left, top, across, down

    def fault(self, width: int, height: int) -> str:
        """What is wrong with it for a film of that size; "" for nothing."""
        across, down = self.size.within(width, height)
        return f"is {self.size}, and the film {width}x{height}" if across > width or down > height else ""


class OutputSettings(Section):
    """A file developed from the film."""

    shorthand = "file"
    file: Annotated[str, output_name(OUTPUT_SUFFIXES, PICTURE_SUFFIXES)] = needed(
        "its name, in the take's folder; the ending is the format, {name} and {frame:06} are filled in"
    )
    crop: Crop | None = row(None, "what of the frame it shows: 1080x1080, 9:16, or {size: 9:16, at: [0.3, 0.5]}; default: all")
    width: Annotated[int | None, static(16, 16384, "pixels")] = row(None, "pixels; the height follows; default: the film's")
    height: Annotated[int | None, static(16, 16384, "pixels")] = row(None, "pixels, instead of width; the width follows")
    fps: Annotated[Fraction | None, types.FPS] = row(None, "frames per second; default: the film's")
    crf: Annotated[int | None, static(0, 63)] = row(None, "compression: 0 is lossless, 18 looks so, more is smaller")
    bitrate: Annotated[int | None, types.BITRATE] = row(None, "bits per second instead of crf, as in 8M or 8000k")
    codec: Annotated[str, choice(*CODECS)] = row(
        "auto",
        f"how pictures are packed; auto goes by the ending, and by alpha; of 16 bits or more are {formats().deep()}",
    )
    alpha: Annotated[str, choice(*ALPHAS)] = row(
        "none",
        "what is clear in it: with dream all but what the dream changed, so that it lies over nothing; with mask what the mask"
        f" leaves out; {formats().with_alpha()} hold it",
    )
    size_limit: Annotated[int | None, types.BYTES] = row(None, "the most the file may weigh, as in 10MB")
    recipe: Annotated[bool, types.FLAG] = row(
        True, "whether the film's settings are written into it (`render from` reads them), without any folder's name"
    )

    @property
    def suffix(self) -> str:
        """The ending, in small letters."""
        return Path(self.file).suffix.lower()

    @property
    def sequence(self) -> bool:
        """Whether each frame is a file of its own."""
        return "{frame" in self.file


# ── the whole film ──────────────────────────────────────────────────────────────────────────────────────────────────


class Settings(Section):
    """A film, as asked for."""

    name: Annotated[str, types.NAME] = row("film", "the run's folder and {name}; default: the file's name")
    seed: Annotated[int, types.SEED] = row(0, "where randomness begins; random draws one and records it")
    size: Annotated[Size, types.SIZE] = row("640x360", "WxH, 360p 480p 720p 1080p 4k, square vertical portrait, or source")
    fps: Annotated[Fraction | str, types.FILM_FPS] = row(30, "frames per second, exact: 30000/1001; or source, as the footage")
    duration: Annotated[Time, types.DURATION] = row("10s", "12s, 360 frames, 00:00:12, 48b, source or audio")
    bpm: Annotated[float | None, types.TEMPO] = row(None, "beats per minute, in a film that counts beats and has no music")
    extends: Annotated[Path | None, types.FILE] = row(None, "a file that holds what this one leaves out")
    source: SourceSettings = row({"noise": {}}, "what the dream begins with")
    motion: MotionSettings = row({}, "the camera")
    dream: Dream = row({}, "how it dreams, and of what")
    look: Look = row({}, "how firmly brightness and contrast are held")
    flow: FlowSettings = row({}, "how the dream follows what moves in footage")
    follow: FollowSettings | None = row(
        None, "a smaller take of the same film, whose pictures this one shows in more detail; `render enlarge` writes it"
    )
    cuts: Cuts = row({}, "where it cuts: auto, none, a list of times, or on beats, as in every 4b")
    mask: MaskSettings | None = row(None, "where it dreams: white in a picture or a video; default: everywhere")
    loop: Annotated[str, choice(*loops.LOOPS)] = row("none", f"how it ends where it began: {loops.meanings()}")
    schedule: Annotated[Path | None, types.FILE] = row(
        None,
        "a spreadsheet's CSV or a Parseq file: columns headed by keys such as motion.zoom say how those move; others are notes",
    )
    audio: Audio | None = row(None, "music: the film's sound, and what its numbers may move to")
    outputs: Annotated[tuple[OutputSettings, ...], OneOrMore()] = row(["{name}.mp4"], "the files to make")

    @model_validator(mode="before")
    @classmethod
    def _complete_over_footage(cls, value: Any) -> Any:
        """What is left out of a film over footage is as the footage is; its camera stands still."""
        source = value.get("source") if isinstance(value, Mapping) else None
        if not isinstance(source, Mapping) or not (kind := next((kind for kind in FOOTAGE if kind in source), "")):
            return value
        motion = value.get("motion") or {}
        still = {"motion": {"zoom": 1, **motion}} if isinstance(motion, Mapping) else {}
        dream = {"dream": usual.complete_on_footage(value["dream"])} if "dream" in value else {}
        return {**AS_FOOTAGE[kind], **value, **still, **dream}

    @model_validator(mode="before")
    @classmethod
    def _complete_class_dream(cls, value: Any) -> Any:
        """What is left out of a film of things from noise is as things need it."""
        return usual.complete_class_dream(value) if isinstance(value, Mapping) else value

    @model_validator(mode="before")
    @classmethod
    def _complete_colour(cls, value: Any) -> Any:
        """What is left out of the look of a film that the bestiary dreams is as its lines need it."""
        return usual.complete_colour(value) if isinstance(value, Mapping) else value


# ── the vocabulary as data ──────────────────────────────────────────────────────────────────────────────────────────

OBJECTIVES = tuple(TERMS)
SOURCES = tuple(SourceSettings.model_fields)


def packages(settings: Settings) -> list[str]:
    """The packages whose parts a film uses, and their versions."""
    known, terms = parts(), settings.dream.objective
    networks = (choice.name for choice in (settings.dream.network, *(term.network for term in terms)) if choice)
    names = {motion.package for motion in settings.motion.in_use().values()}
    names |= {known.objectives[term.kind].package for term in terms}
    names |= {known.networks[name].package for name in networks if name in known.networks}
    return sorted(names - {""})


def reference() -> list[Row]:
    """Every setting of the vocabulary, in the order of the files that use it."""
    return reference_of(Settings)


def json_schema() -> Mapping[str, Any]:
    """The vocabulary as JSON Schema, for completion and hover in editors."""
    schema = Settings.model_json_schema(by_alias=True)
    top = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A film for render"}
    return MappingProxyType({**top, **schema, "title": top["title"]})
