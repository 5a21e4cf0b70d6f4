"""Atlases. An atlas shows what a network sees, on one sheet: (network, what is asked) -> Sheet, dreamed, drawn.

sheet = plan(network, classes="lion,flamingo")      # or layer="mid", channels="0-31"; or its layers
draw(sheet, list(dream_plates(sheet, network, recipe)))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil, sqrt
from typing import TypeVar

import torch
from torch import Tensor

from render.config.usual import THINGS, USUAL
from render.develop.ffmpeg import Pixels
from render.dream import objective
from render.dream.ascent import Ascent, dream
from render.dream.network import CLASSES, Extractor, Network
from render.dream.objective import Objective
from render.dream.receptive import ReceptiveField
from render.errors import ConfigError
from render.picture import colour
from render.picture.picture import to_pixels
from render.show import sheet as sheets
from render.show.listing import fields_of
from render.show.responses import BEGINNING, Response, channel_name, responses
from render.source.noise import MEAN, noise

T = TypeVar("T")
CPU = torch.device("cpu")

TONE = colour.Tone(torch.full((3,), MEAN), 0.2)  # what a dream from noise is held to: a sheet of them is looked at as one
HOLD = 0.8
MORE = 12  # times as many steps for a class of efficientnet_lite0: 384 if not said, as films take
FOG = 0.25  # contrast of the noise that a dream begins with
MOST_ROWS = 16  # of an overview: of more layers it shows as many, evenly chosen
CHANNELS = 4  # in a row of an overview
FAMILIAR = ("goldfish", "jellyfish", "red fox", "daisy")  # classes of ImageNet that are plain from noise


@dataclass(frozen=True)
class Plate:
    """A picture to be dreamed."""

    caption: str
    layer: str
    objective: Objective
    seed: int | None = 0  # of the noise it begins with, counted from the sheet's; None: it begins with the photo
    whole: bool = False  # it asks for a whole layer, and is dreamed as films are; else it shows one thing, as clearly as can be


@dataclass(frozen=True)
class Row:
    """Plates side by side; of a sheet of layers with a heading, and some lines on what they are of."""

    plates: tuple[Plate, ...]
    heading: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Rows of plates under a title."""

    title: str
    subtitle: str
    rows: tuple[Row, ...]

    @property
    def plates(self) -> list[Plate]:
        """All of them, in the order in which they are read."""
        return [plate for row in self.rows for plate in row.plates]


@dataclass(frozen=True)
class Recipe:
    """How a sheet is dreamed."""

    size: int  # of a plate's sides, pixels
    steps: int  # an octave
    seed: int
    photo: Tensor | None = None  # a Frame of that size
    device: torch.device = CPU


# ── what it shows ──────────────────────────────────────────────────────────────────────────────────────────────────


def plan(
    network: Network,
    classes: str | None = None,
    layer: str | None = None,
    channels: str | None = None,
    photo: bool = False,
    device: torch.device = CPU,
    picture: Tensor | None = None,
) -> Sheet:
    """The sheet that is asked for in words: classes as "lion,7" or "all", channels as "0-31,40"; else the layers.

    photo: whether layers are dreamed on a photo beside noise. picture: a frame on which all is dreamed, and no noise.
    """
    if (classes and layer) or (channels and not layer):
        raise ConfigError("channels need a layer, and classes stand alone", "--classes A,B or --layer NAME --channels 0-31")
    if picture is not None:
        return on_picture(network, plan(network, classes, layer, channels, device=device), picture)
    if classes:
        return of_classes(network, [] if classes == "all" else [label.strip() for label in classes.split(",")])
    if layer:
        return of_channels(network, network.layer(layer), numbers(channels) if channels else [], device)
    return of_layers(network, photo, device)


def numbers(words: str) -> list[int]:
    """The numbers that "0-31,40" counts up."""
    if not all(re.fullmatch(r"\d{1,5}(-\d{1,5})?", part.strip()) for part in words.split(",")):
        raise ConfigError(f'is "{words}", which counts no channels', "write --channels 0-31,40", continues=True)
    spans = [[int(end) for end in part.split("-")] for part in words.split(",")]
    return [number for span in spans for number in range(span[0], span[-1] + 1)]


def of_layers(network: Network, photo: bool, device: torch.device) -> Sheet:
    """Its layers, shallow to deep: each from noise, on the photo if there is one, and some of its channels."""
    names = _evenly(network.blocks or network.layers, MOST_ROWS)
    fields = fields_of(network, names, device)
    rows = []
    for name in names:
        whole = objective.layer(network, name)
        starts: list[tuple[str, int | None]] = [("from noise", 0), *([("on a photo", None)] if photo else [])]
        plates = [Plate(caption, name, whole, seed, whole=True) for caption, seed in starts]
        examples = _evenly(_examples(network, name, fields[name].channels), CHANNELS)
        plates += [_channel(network, name, index) for index in examples]
        rows.append(Row(tuple(plates), name, tuple(_facts(network, name, fields[name]))))
    return Sheet(network.name, f"{len(names)} layers, shallow to deep", tuple(rows))


def _examples(network: Network, layer: str, channels: int) -> Sequence[int]:
    """What an overview takes a layer's channels from: classes that a person knows at once, channels with names, or all."""
    if layer == CLASSES and set(FAMILIAR) <= {channel_name(network, layer, index) for index in range(channels)}:
        return network.all_labels(FAMILIAR)
    return list((network.channels or {}).get(layer, {}).values()) or range(channels)


def of_channels(network: Network, layer: str, indices: Sequence[int], device: torch.device) -> Sheet:
    """Channels of a layer, each from noise; all of them if none are named."""
    field = fields_of(network, [layer], device)[layer]
    if wrong := [index for index in indices if index >= field.channels]:
        raise ConfigError(
            f"is {' '.join(map(str, wrong))}, and {network.name}'s layer {layer} has channels 0 to {field.channels - 1}",
            continues=True,
        )
    plates = [_channel(network, layer, index) for index in indices or range(field.channels)]
    return Sheet(f"{network.name}  {layer}", "   ·   ".join(_facts(network, layer, field)), _grid(plates))


def of_classes(network: Network, labels: Sequence[str]) -> Sheet:
    """Classes, each from noise; all of them if none are named."""
    indices = network.all_labels([int(label) if label.isdigit() else label for label in labels]) or range(len(network.labels))
    plates = [_class(network, index) for index in indices]
    return Sheet(network.name, f"{len(plates)} of {len(network.labels)} classes, each from noise", _grid(plates))


def on_picture(network: Network, sheet: Sheet, picture: Tensor) -> Sheet:
    """The same sheet, each plate dreamed on a picture; of layers those channels are shown that see most in it."""
    strongest = responses(network, [row.heading for row in sheet.rows], picture) if sheet.rows[0].heading else {}
    rows = tuple(replace(row, plates=_on_picture(network, row, strongest.get(row.heading, []))) for row in sheet.rows)
    return replace(sheet, subtitle=sheet.subtitle.replace("each from noise", "each on the picture"), rows=rows)


def _on_picture(network: Network, row: Row, strongest: Sequence[Response]) -> tuple[Plate, ...]:
    wholes = [replace(plate, caption="on the picture") for plate in row.plates if plate.whole]
    channels = [_channel(network, row.heading, each.channel) for each in strongest[:CHANNELS]]
    channels = channels or [plate for plate in row.plates if not plate.whole]
    return tuple(replace(plate, seed=None) for plate in (*wholes, *channels))


def _class(network: Network, index: int) -> Plate:
    caption = str(channel_name(network, CLASSES, index))
    return Plate(caption, CLASSES, objective.classes(network, [index]), seed=index)


def _channel(network: Network, layer: str, index: int) -> Plate:
    if layer == CLASSES:
        return _class(network, index)
    return Plate(str(channel_name(network, layer, index)), layer, objective.channels(network, layer, [index]), seed=index)


def _evenly(items: Sequence[T], most: int) -> list[T]:
    """At most `most` of the items, evenly spaced."""
    if len(items) <= most:
        return list(items)
    return [items[(2 * place + 1) * len(items) // (2 * most)] for place in range(most)]


def _grid(plates: Sequence[Plate]) -> tuple[Row, ...]:
    """Rows of equal length, more across than down, and as few places left over as can be."""
    across = ceil(sqrt(1.5 * len(plates)))
    across = min(range(across, across + 3), key=lambda number: -len(plates) % number)
    return tuple(Row(tuple(plates[start : start + across])) for start in range(0, len(plates), across))


def _facts(network: Network, layer: str, field: ReceptiveField) -> Iterator[str]:
    if note := (network.notes or {}).get(layer):
        yield note
    yield f"{field.channels} channels, a cell is {_span(field.stride)}"
    yield f"sees {_span(field.size)}"


def _span(side: int) -> str:
    return f"{side} px" if side else "the whole picture"


# ── dreaming ────────────────────────────────────────────────────────────────────────────────────────────────────────


def dream_plates(sheet: Sheet, network: Network, recipe: Recipe) -> Iterator[Pixels]:
    """The plates in their order, dreamed."""
    for (layer, is_thing), plates in groupby(sheet.plates, lambda plate: (plate.layer, _is_thing(plate, network))):
        dreamer = network.with_residual(THINGS["residual"]) if is_thing else network
        extract = dreamer.extractor([layer], recipe.device)
        for plate in plates:
            yield to_pixels(_dream_plate(plate, extract, recipe, network).cpu())


def _dream_plate(plate: Plate, extract: Extractor, recipe: Recipe, network: Network) -> Tensor:
    terms, min_side = [(1.0, plate.objective)], network.min_side
    if plate.seed is None:
        assert recipe.photo is not None
        photo = recipe.photo.to(recipe.device)
        steps = max(1, recipe.steps // (3 if plate.whole else 2))  # one channel alone takes longer to be seen
        canvas = dream(photo, extract, terms, _as_films(steps, min_side), recipe.seed, 0)
        return colour.hold_tone(canvas, colour.tone(photo), HOLD)
    fog = noise("perlin", FOG, (recipe.size, recipe.size), recipe.seed + plate.seed).at(BEGINNING).to(recipe.device)
    if plate.whole:
        ascent = _as_films(recipe.steps, min_side)
    elif _is_thing(plate, network):
        ascent = _as_things(recipe.steps, min_side)
    else:
        ascent = _as_nature(recipe.steps, min_side)
    return colour.hold_tone(dream(fog, extract, terms, ascent, recipe.seed, 0), TONE, HOLD)


def _is_thing(plate: Plate, network: Network) -> bool:
    """Whether it is grown from noise as films grow the classes of the usual network."""
    return plate.layer == CLASSES and network.name == USUAL and plate.seed is not None and not plate.whole


def _as_nature(steps: int, min_side: int) -> Ascent:
    """With the natural-image prior: waves, and a new view in each step."""
    return Ascent(
        steps=steps,
        step_size=0.03,
        octaves=2,
        octave_scale=1.6,
        jitter=16,
        smoothing=0.0,
        chroma=1.0,
        min_side=min_side,
        turn=10.0,
        scale=1.15,
        parametrisation="fourier",
    )


def _as_things(steps: int, min_side: int) -> Ascent:
    """As films grow classes of efficientnet_lite0 from noise: in one octave, with as many more steps."""
    return Ascent(
        steps=MORE * steps,
        step_size=THINGS["step_size"],
        octaves=THINGS["octaves"],
        octave_scale=1.4,
        jitter=THINGS["jitter"],
        smoothing=THINGS["smoothing"],
        chroma=THINGS["chroma"],
        min_side=min_side,
        turn=THINGS["jitter_turn"],
        scale=THINGS["jitter_scale"],
        parametrisation=THINGS["parametrisation"],
    )


def _as_films(steps: int, min_side: int) -> Ascent:
    """With steps in the picture itself; on a photo a third as many, that it stays a photo."""
    return Ascent(
        steps=steps, step_size=0.014, octaves=3, octave_scale=1.4, jitter=16, smoothing=0.25, chroma=0.8, min_side=min_side
    )


# ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def draw(sheet: Sheet, pictures: Sequence[Pixels]) -> Pixels:
    """The sheet with its dreams."""
    left = iter(pictures)
    rows = [
        sheets.Row([sheets.Cell(next(left), plate.caption) for plate in row.plates], row.heading, row.lines)
        for row in sheet.rows
    ]
    return sheets.draw(sheet.title, sheet.subtitle, rows)
