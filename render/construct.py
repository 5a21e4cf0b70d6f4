"""Construction. From what was asked for to what is rendered: (Config, device) -> Film, or one error that names the place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, log
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from render.config import Config
from render.config.scalars import Time
from render.dream import garden, memory, network, objective, weights
from render.dream.ascent import Ascent, Terms
from render.dream.garden import Bed, World
from render.dream.network import CLASSES, Activations, Extractor, Network
from render.dream.objective import Objective
from render.dream.receptive import ReceptiveField, measure_fields
from render.dream.tile import tiling
from render.errors import ConfigError, RenderError, memory_ended
from render.film import Film, Scene, with_tiles
from render.frames import frame_count
from render.moment import Moment
from render.picture import colour, warp
from render.picture.motion import VELOCITIES, CameraPath, Speeds, spline_point
from render.propagate import Blend
from render.source import Source
from render.source.flow import FlowEstimator, make_estimator
from render.source.frames import frames
from render.source.image import digest, image, image_size, picture
from render.source.noise import MEAN, noise

if TYPE_CHECKING:  # what decodes films is imported where it is used: most films wait for no such library
    from render.source.mask import Mask

NOISE_TONE = colour.Tone(torch.full((3,), MEAN), 0.22)  # what a film from noise is held to
NEAREST = 4.0  # times that a droste's camera must come nearer: else its copy fills the frame from the start
FRESH = 7919  # between the seeds of one tick's fresh ground and the next's
BLANK = 256  # pixels: of a longer side only what is left over counts when it is tried whether a network can look at it
GUIDE = 256  # a guide is looked at with as many pixels as a square of this side
CONTRAST = (0.15, 0.25)  # between which a source's contrast is held: a fog would stay a fog, a poster would burn

Made = TypeVar("Made")
Faults = list[tuple[str, RenderError]]  # keys of settings, and what is wrong with what they ask for


def build(config: Config, device: torch.device) -> Film:
    """The film that `config` asks for. Raises one error that names every setting at fault, before any dreaming."""
    faults: Faults = []
    seen = _camera(config, device, faults)
    networks = _networks(config, device, faults)
    parts = _parts(config, networks, seen, device, faults)
    if faults or not seen:
        raise config.problems(faults)
    extract, min_side = _eye(networks, parts, device), max(one.min_side for one in networks.values())
    kept = _attempt(faults, "size", lambda: _fits(extract, networks, seen))
    if kept is None:
        raise config.problems(faults)
    film = Film(
        scene=seen,
        seed=config.seed,
        extract=extract,
        terms=lambda moment, worlds: _wishes(parts, moment, worlds, config.seed),
        ascent=lambda moment, fresh: ascent_settings(config, moment, min_side, fresh),
        gardens=lambda moment: tuple(part.bed(moment) for part in parts if part.bed),
        tone=tone_reference(config, seen),
        blend=lambda moment: Blend(config.flow.persistence(moment), config.flow.anchor(moment)),
        digest=_digest(config, networks, parts, seen),
        tiles=lambda side: tiling(side, _fields(extract, networks, parts, min_side, device), min_side),
    )
    return _tiled(film, config.dream.tile, kept)


def build_scene(config: Config, device: torch.device) -> Scene:
    """The film without its dream: enough to develop frames from a negative."""
    faults: Faults = []
    seen = _camera(config, device, faults)
    if not seen:
        raise config.problems(faults)
    return seen


def _attempt(faults: Faults, key: str, make: Callable[[], Made]) -> Made | None:
    """What `make` gives; what goes wrong in it is noted as the fault of the setting `key`."""
    try:
        return make()
    except RenderError as error:
        message = error.message if error.continues else f"cannot be used: {error.message}"
        faults.append((key, type(error)(message, error.hint)))
        return None


def _camera(config: Config, device: torch.device, faults: Faults) -> Scene | None:
    keys = {"image": "source.image.file", "frames": "source.frames.files", "video": "source.video.file"}
    key = keys.get(config.source.kind, "size")
    size = _attempt(faults, key, lambda: frame_size(config))
    source = _attempt(faults, key, lambda: make_source(config, size)) if size else None
    if not size or not source:
        return None

    seen = Scene(
        clock=config.clock,
        size=size,
        source=source,
        path=camera_path(config, size),
        border=config.motion.border,
        fresh=_fresh(config, size),
        look=_attempt(faults, "flow.engine", lambda: flow_estimator(config, device)) if source.moves else None,
        cut=cut_test(config),
        mask=None,
        loop=config.loop,
        device=device,
    )
    seen = replace(seen, mask=_masking(config, seen, faults))
    return _attempt(faults, "loop", lambda: _closed(seen)) if config.loop == "droste" else seen


def _fresh(config: Config, size: tuple[int, int]) -> Callable[[int], Tensor]:
    """tick -> noise of mean 0 of the film's own kind, or clouds where it began with a picture; softer than a film begins."""
    start, noisy = config.clock.tick(0), config.source.noise
    kind, contrast = (noisy.kind, 0.7 * noisy.contrast(start)) if noisy else ("perlin", 0.4)
    return lambda tick: noise(kind, contrast, size, config.seed + FRESH * (tick + 1)).at(start) - MEAN


Networks = Mapping[str, Network]  # by what their activations are marked with, in a film's eye


def _networks(config: Config, device: torch.device, faults: Faults) -> Networks:
    """The networks that the objectives ask, each loaded once; one that cannot be is told of once."""
    loaded: dict[str, Network | None] = {}
    for i, term in enumerate(config.dream.objective):
        asked, mark = term.network or config.dream.network, _mark(config, term)
        key = f"dream.objective.{i}.network" if term.network else "dream.network"
        if mark not in loaded:
            loaded[mark] = _attempt(faults, key, partial(network.load, asked.name, asked.weights, device, asked.labels))
    return {mark: one for mark, one in loaded.items() if one}


def _mark(config: Config, term: Any) -> str:
    """What the activations that a term needs are marked with: nothing, if they are of the film's own network."""
    return "" if term.network in (None, config.dream.network) else f"{term.network}: "


def _eye(networks: Networks, parts: Sequence[BoundTerm], device: torch.device) -> Extractor:
    """All networks as one, each as deep as the parts need it."""
    return network.combine(
        {mark: one.extractor([part.layer for part in parts if part.mark == mark], device) for mark, one in networks.items()}
    )


def _tiled(film: Film, asked: int | str, kept: float) -> Film:
    """The film in the tiles that are asked for, or that memory asks for; a look keeps so many bytes a pixel of it."""
    pixels, room = film.scene.size[0] * film.scene.size[1], memory.room(film.scene.device)
    if asked == "none" or (asked == "auto" and memory.taken(pixels, pixels, kept) <= room):
        return film
    side = asked if isinstance(asked, int) else memory.side(pixels, kept, room, film.tiles(0))
    return with_tiles(film, side) if max(film.scene.size) > side else film


def _fields(
    extract: Extractor, networks: Networks, parts: Sequence[BoundTerm], min_side: int, device: torch.device
) -> dict[str, ReceptiveField]:
    """The fields of all layers that the parts need; where one has no cells, of the deepest that has some, too."""
    found = measure_fields(extract, sorted({part.mark + part.layer for part in parts}), min_side, device)
    for mark, one in networks.items():
        if any(part.mark == mark and not found[mark + part.layer].cell for part in parts):
            deepest = (
                measure_fields(one.extractor([name], device), [name], one.min_side, device)
                for name in reversed(one.blocks or one.layers)
            )
            found |= next(({mark + name: field} for seen in deepest for name, field in seen.items() if field.cell), {})
    return found


def _fits(extract: Extractor, networks: Networks, seen: Scene) -> float:
    """Look once at a blank like the film: some networks need a least size, or just one. Bytes a pixel that it keeps."""
    height, width = (side if side <= BLANK else BLANK + side % BLANK for side in seen.size)
    try:
        return memory.kept(extract, torch.zeros(1, 3, height, width, device=seen.device)) / (height * width)
    except RuntimeError as error:
        if memory_ended(error):
            raise
        names, reason = " and ".join(one.name for one in networks.values()), str(error).splitlines()[0][:160]
        raise ConfigError(
            f"is {seen.size[1]}x{seen.size[0]}, which {names} cannot look at ({reason})",
            continues=True,
        ) from error


# ---- the source


def frame_size(config: Config) -> tuple[int, int]:
    """(height, width) of the film."""
    part = config.source.part
    if not config.size.of_source:
        return config.size.height, config.size.width
    if config.source.kind == "noise":
        raise ConfigError("is source, but noise has no size of its own", "write size: 640x360", continues=True)
    sizes: dict[str, Callable[[], tuple[int, int] | None]] = {
        "image": lambda: image_size(part.file),
        "frames": lambda: image_size(config.facts.pictures[0]),
        "video": lambda: config.facts.size,
    }
    known = sizes[config.source.kind]()
    assert known  # the facts of a film over a video were found when it was loaded
    height, width = known
    width, height = config.size.within(width, height)
    return height, width


def make_source(config: Config, size: tuple[int, int]) -> Source:
    """The source at the film's size."""
    part, clock = config.source.part, config.clock
    sources: dict[str, Callable[[], Source]] = {
        "noise": lambda: noise(part.kind, part.contrast(clock.tick(0)), size, config.seed),
        "image": lambda: image(part.file, part.fit, size),
        "frames": lambda: frames(list(config.facts.pictures), part.fit, size, clock.fps),
        "video": lambda: _video(config.facts.video, part.fit, size),
    }
    return sources[config.source.kind]()


def _video(footage: Any, fit: str, size: tuple[int, int]) -> Source:
    from render.source.video import video

    return video(footage, fit, size)


def flow_estimator(config: Config, device: torch.device) -> FlowEstimator:
    """How motion is looked for in footage."""
    asked = config.flow
    learned = weights.tensors(asked.engine.weights) if asked.engine.weights else None
    dilate = asked.occlusion.dilate if isinstance(asked.occlusion.dilate, int) else None
    return make_estimator(asked.engine.name, asked.quality, asked.max_width, dilate, asked.occlusion.feather, device, learned)


def cut_test(config: Config) -> Callable[[Moment, Moment], bool | None]:
    """Whether footage cuts to another shot between two moments; None where that is to be found out."""
    if config.cuts == "auto":
        return lambda before, after: None
    times = [cut.seconds(config.clock) for cut in config.cuts if isinstance(cut, Time)]

    def between(before: Moment, after: Moment) -> bool:
        start, end = sorted((before.seconds, after.seconds))
        return any(start < time <= end for time in times)

    return between


# ---- the camera


def camera_path(config: Config, size: tuple[int, int]) -> CameraPath:
    """The camera's path: each motion's value at any times."""
    clock, values = config.clock, {name: getattr(config.motion, name) for name in (*VELOCITIES, "center")}
    points = torch.tensor(config.motion.path, dtype=torch.float64) if config.motion.path else None

    def over(value: Any, seconds: np.ndarray) -> Tensor:
        if isinstance(value, tuple):
            return torch.stack([over(one, seconds) for one in value], dim=-1)
        return torch.from_numpy(np.array(value.over(seconds, clock), dtype=np.float64))

    def speeds(seconds: np.ndarray) -> Speeds:
        asked = {name: over(value, seconds) for name, value in values.items()}
        if points is not None:
            asked["center"] = spline_point(points, torch.from_numpy(clock.curve_time(seconds) / clock.seconds))
        return asked

    return CameraPath(speeds, size[1] / size[0], config.seed)


def _closed(seen: Scene) -> Scene:
    """The camera of a film that ends where it began. One that moves out is dreamed from its end: a copy must lie inside."""
    end = seen.clock.seconds
    move = seen.path.between(0, end)
    if move.bends:
        raise ConfigError(
            "is droste, and its picture must return as it was; a swirl bends it",
            "leave motion.swirl out",
            continues=True,
        )
    times = warp.scale(move)
    if times < 1:
        move, times = move.inverse, 1 / times
        seen = replace(seen, clock=replace(seen.clock, backwards=True), path=replace(seen.path, mirror=end))
    if times < NEAREST:
        rate = times ** (1 / end)
        longer = f"; at this speed duration: {ceil(log(NEAREST) / log(rate))}s would do" if rate > 1.01 else ""
        raise ConfigError(
            f"is droste, and in {end:g} s the camera comes {times:.3g} times nearer, where it takes {NEAREST:g} or more",
            f"raise motion.zoom or the duration{longer}",
            continues=True,
        )
    height, width = seen.size
    rim = torch.tensor([(x * width / height, y) for x in (-1, 1) for y in (-1, 1)], dtype=torch.float64)
    inner = warp.carry(move.inverse, rim) / torch.tensor((width / height, 1.0))
    if float(inner.abs().max()) > 1:
        raise ConfigError(
            "is droste, and the camera ends outside of what it saw at first",
            "keep motion.pan and center inside",
            continues=True,
        )
    return seen


# ---- the dream


@dataclass(frozen=True)
class BoundTerm:
    """A term of the objective, bound to its network, by whose mark it knows its activations.

    wish: what it asks for at a moment, with the weights of its garden. kinds, bed: how many grow in its garden, and the
    garden's settings at a moment; None for others. mask: where it counts; None is everywhere. digest: of the files it reads.
    """

    layer: str
    weight: Callable[[Moment], float]
    objective_at: Callable[[Moment, objective.Weights], Objective]
    kinds: int = 0
    bed: Callable[[Moment], Bed] | None = None
    mark: str = ""
    mask: Mask | None = None
    digest: str = ""


def _masking(config: Config, seen: Scene, faults: Faults) -> Mask | None:
    """Where the film dreams; None is everywhere."""
    asked = config.mask
    if asked is None:
        return None
    return _attempt(faults, "mask", lambda: _mask(asked, seen))


def _mask(asked: Any, seen: Scene) -> Mask:
    from render.source.mask import mask

    return mask(asked.file, asked.invert, asked.feather, float(frame_count(seen) / seen.clock.fps), seen.size)


def _digest(config: Config, networks: Networks, parts: Sequence[BoundTerm], seen: Scene) -> str:
    """Of all files that shape the film, and of how it looks for motion."""
    asked = [*(one.digest for one in networks.values()), *(part.digest for part in parts), seen.source.digest]
    return "".join(asked) + (digest(config.mask.file) if config.mask else "") + (seen.look.name if seen.look else "")


def _parts(config: Config, networks: Networks, seen: Scene | None, device: torch.device, faults: Faults) -> list[BoundTerm]:
    """The terms of the objective, bound; those whose network could not be loaded left out."""
    parts = []
    for i, term in enumerate(config.dream.objective):
        mark = _mark(config, term)
        part = _part(f"dream.objective.{i}", term, networks[mark], device, faults) if mark in networks else None
        if part and seen and term.mask:
            part = _attempt(faults, f"dream.objective.{i}.mask", partial(_masked, part, term.mask, seen))
        parts += [replace(part, mark=mark)] if part else []
    return parts


def _masked(part: BoundTerm, asked: Any, seen: Scene) -> BoundTerm:
    """The same, counted within a mask only."""
    where = _mask(asked, seen)
    return replace(part, mask=lambda moment: where(moment).to(seen.device), digest=part.digest + digest(asked.file))


def _part(key: str, term: Any, dreamer: Network, device: torch.device, faults: Faults) -> BoundTerm | None:
    layer = _attempt(faults, f"{key}.layer", lambda: dreamer.layer(getattr(term, "layer", None) or CLASSES))
    if not layer:
        return None
    return _attempt(faults, f"{key}.{term.kind}", lambda: PARTS[term.kind](term, layer, dreamer, device))


def _layer(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    objective_at = objective.layer(dreamer, layer)
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at)


def _channels(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    objective_at = objective.channels(dreamer, layer, _numbers(term.channels, layer, dreamer, device))
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at)


def _class(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    objective_at = objective.classes(dreamer, [dreamer.label(label) for label in term.classes])
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at)


def _guide(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    height, width = image_size(term.guide)
    scale = max(GUIDE / (height * width) ** 0.5, dreamer.min_side / min(height, width))
    shown = picture(term.guide, "stretch", (round(height * scale), round(width * scale))).to(device)
    with torch.no_grad():
        objective_at = objective.guide(dreamer, layer, dreamer.extractor([layer], device)(shown)[layer])
    return BoundTerm(layer, term.weight, lambda moment, _: objective_at, digest=digest(term.guide))


def _neuron(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    (channel,) = _numbers([term.neuron], layer, dreamer, device)
    x, y = term.at
    return BoundTerm(layer, term.weight, lambda moment, _: objective.neuron(dreamer, layer, channel, (x(moment), y(moment))))


def _direction(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    amounts = dict(zip(_numbers(list(term.direction), layer, dreamer, device), term.direction.values(), strict=True))

    def objective_at(moment: Moment, _: objective.Weights) -> Objective:
        return objective.direction(dreamer, layer, {channel: amount(moment) for channel, amount in amounts.items()})

    return BoundTerm(layer, term.weight, objective_at)


def _garden(term: Any, layer: str, dreamer: Network, device: torch.device) -> BoundTerm:
    channels, cells = _shape(layer, dreamer, device)
    if cells == 1:
        raise ConfigError(
            f"needs a map, and {dreamer.name} gives {layer} for the picture as a whole",
            "name another layer",
            continues=True,
        )
    indices = list(range(channels)) if term.garden == "all" else _numbers(term.garden, layer, dreamer, device)
    return BoundTerm(
        layer,
        term.weight,
        lambda moment, weights: objective.garden(dreamer, layer, indices, weights),
        len(indices),
        lambda moment: Bed(term.size(moment), term.drift(moment), term.sharpness(moment)),
    )


PARTS: dict[str, Callable[[Any, str, Network, torch.device], BoundTerm]] = {
    "layer": _layer,
    "channels": _channels,
    "class": _class,
    "guide": _guide,
    "neuron": _neuron,
    "direction": _direction,
    "garden": _garden,
}


def _numbers(channels: Sequence[str | int], layer: str, dreamer: Network, device: torch.device) -> list[int]:
    """Channels of a layer, given by name or number, as numbers."""
    numbers = [dreamer.channel(layer, channel) for channel in channels]
    if layer == CLASSES:
        return numbers
    count, _ = _shape(layer, dreamer, device)
    if wrong := [channel for channel in numbers if channel >= count]:
        raise ConfigError(f"is {wrong[0]}, and {dreamer.name}'s layer {layer} has channels 0 to {count - 1}", continues=True)
    return numbers


def _shape(layer: str, dreamer: Network, device: torch.device) -> tuple[int, int]:
    """How many channels a layer has, and in how many places, found by looking at nothing."""
    blank = torch.zeros(1, 3, 4 * dreamer.min_side, 4 * dreamer.min_side, device=device)
    with torch.no_grad():
        seen: Activations = dreamer.extractor([layer], device)(blank)
    _, channels, height, width = seen[layer].shape
    return channels, height * width


def _wishes(parts: Sequence[BoundTerm], moment: Moment, worlds: tuple[World, ...], seed: int) -> Terms:
    terms, number = [], 0
    for part in parts:
        weights: objective.Weights = torch.zeros_like
        if part.bed:
            weights = garden.weights(worlds[number], part.bed(moment), part.kinds, seed, number)
            number += 1
        objective_at = objective.with_prefix(part.mark, part.objective_at(moment, weights))
        terms.append((part.weight(moment), replace(objective_at, mask=part.mask(moment)) if part.mask else objective_at))
    return terms


def ascent_settings(config: Config, moment: Moment, min_side: int, fresh: bool) -> Ascent:
    """How to climb at that tick: on fresh ground, or where a dream goes on."""
    asked = config.dream
    return Ascent(
        steps=int((asked.first_steps if fresh else asked.steps)(moment)),
        step_size=asked.step_size(moment),
        octaves=int(asked.octaves(moment)),
        octave_scale=asked.octave_scale(moment),
        jitter=int(asked.jitter(moment)),
        smoothing=asked.smoothing(moment),
        chroma=asked.chroma(moment),
        min_side=min_side,
        turn=asked.jitter_turn(moment),
        scale=asked.jitter_scale(moment),
        parametrisation=asked.parametrisation,
    )


# ---- the look


def tone_reference(config: Config, seen: Scene) -> Callable[[Moment], tuple[colour.Tone, float]]:
    """What a tick's tone is held to, and how firmly: the source's, or for noise that of a usual picture."""
    still = NOISE_TONE if config.source.kind == "noise" else _natural(seen.picture(config.clock.tick(0)))

    def at(moment: Moment) -> tuple[colour.Tone, float]:
        reference = _natural(seen.picture(moment)) if seen.source.moves else still
        mean, contrast = reference.mean, reference.contrast
        if config.look.mean is not None:
            mean = mean - mean.mean() + config.look.mean(moment)
        if config.look.contrast is not None:
            contrast = config.look.contrast(moment)
        return colour.Tone(mean, contrast), config.look.hold(moment)

    return at


def _natural(frame: Tensor) -> colour.Tone:
    seen = colour.tone(frame)
    return colour.Tone(seen.mean, min(max(seen.contrast, CONTRAST[0]), CONTRAST[1]))
