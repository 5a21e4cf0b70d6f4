"""Construction. From what was asked for to what is rendered: (Config, device) -> Film, or one error that names the place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from render.config import Config
from render.dream import garden, network, objective
from render.dream.ascent import Ascent, Wishes
from render.dream.garden import Bed, World
from render.dream.network import CLASSES, Activations, Network
from render.dream.objective import Objective
from render.errors import ConfigError, RenderError
from render.film import Camera, Film
from render.moment import Moment
from render.picture import colour
from render.picture.motion import VELOCITIES, Path, Speeds
from render.source import Source
from render.source.frames import found, frames
from render.source.image import image, image_size
from render.source.noise import MEAN, noise

NOISE_TONE = colour.Tone(torch.full((3,), MEAN), 0.22)  # what a film from noise is held to
FRESH = 7919  # between the seeds of one tick's fresh ground and the next's
CONTRAST = (0.15, 0.25)  # between which a source's contrast is held: a fog would stay a fog, a poster would burn

Made = TypeVar("Made")
Faults = list[tuple[str, RenderError]]  # keys of settings, and what is wrong with what they ask for


def build(config: Config, device: torch.device) -> Film:
    """The film that `config` asks for. Raises one error that names every setting at fault, before any dreaming."""
    faults: Faults = []
    seen = _camera(config, device, faults)
    dreamer = _network(config, device, faults)
    parts = _parts(config, dreamer, device, faults) if dreamer else []
    if not faults and seen and dreamer:
        _attempt(faults, "size", lambda: _fits(dreamer, parts, seen))
    if faults or not seen or not dreamer:
        raise config.problems(faults)
    return Film(
        camera=seen,
        seed=config.seed,
        eye=dreamer.see([part.layer for part in parts], device),
        wishes=lambda moment, worlds: _wishes(parts, moment, worlds, config.seed),
        ascent=lambda moment: ascent(config, moment, dreamer.least),
        gardens=lambda moment: tuple(part.bed(moment) for part in parts if part.bed),
        tone=tone(config, seen),
        digest=dreamer.digest + seen.source.digest,
    )


def camera(config: Config, device: torch.device) -> Camera:
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
        message = error.message if error.message.startswith(("is ", "needs ")) else f"cannot be used: {error.message}"
        faults.append((key, type(error)(message, error.hint)))
        return None


def _camera(config: Config, device: torch.device, faults: Faults) -> Camera | None:
    key = {"image": "source.image.file", "frames": "source.frames.files"}.get(config.source.kind, "size")
    size = _attempt(faults, key, lambda: frame_size(config))
    source = _attempt(faults, key, lambda: still_or_moving(config, size)) if size else None
    if not size or not source:
        return None

    return Camera(config.clock, size, source, path(config, size), config.motion.border, _fresh(config, size), device)


def _fresh(config: Config, size: tuple[int, int]) -> Callable[[int], Tensor]:
    """tick -> noise of mean 0 of the film's own kind, or clouds where it began with a picture; softer than a film begins."""
    start, noisy = config.clock.tick(0), config.source.noise
    kind, contrast = (noisy.kind, 0.7 * noisy.contrast(start)) if noisy else ("perlin", 0.4)
    return lambda tick: noise(kind, contrast, size, config.seed + FRESH * (tick + 1)).at(start) - MEAN


def _network(config: Config, device: torch.device, faults: Faults) -> Network | None:
    asked = config.dream.network
    return _attempt(faults, "dream.network", lambda: network.load(asked.name, asked.weights, device))


def _fits(dreamer: Network, parts: Sequence[Part], seen: Camera) -> None:
    """Look once at a blank of the film's size: some networks need a least size, or just one."""
    try:
        with torch.no_grad():
            dreamer.see([part.layer for part in parts], seen.device)(torch.zeros(1, 3, *seen.size, device=seen.device))
    except RuntimeError as error:
        reason = str(error).splitlines()[0][:160]
        raise ConfigError(f"is {seen.size[1]}x{seen.size[0]}, which {dreamer.name} cannot look at ({reason})") from error


# ---- the source


def frame_size(config: Config) -> tuple[int, int]:
    """(height, width) of the film."""
    part = config.source.part
    if not config.size.of_source:
        return config.size.height, config.size.width
    if config.source.kind == "noise":
        raise ConfigError("is source, but noise has no size of its own", "write size: 640x360")
    height, width = image_size(part.file if config.source.kind == "image" else found(part.files)[0])
    width, height = config.size.within(width, height)
    return height, width


def still_or_moving(config: Config, size: tuple[int, int]) -> Source:
    """The source at the film's size."""
    part, clock = config.source.part, config.clock
    sources: dict[str, Callable[[], Source]] = {
        "noise": lambda: noise(part.kind, part.contrast(clock.tick(0)), size, config.seed),
        "image": lambda: image(part.file, part.fit, size),
        "frames": lambda: frames(found(part.files), part.fit, size, clock.fps),
    }
    return sources[config.source.kind]()


# ---- the camera


def path(config: Config, size: tuple[int, int]) -> Path:
    """The camera's path: each motion's value at any times."""
    clock, values = config.clock, {name: getattr(config.motion, name) for name in (*VELOCITIES, "center")}

    def over(value: Any, seconds: np.ndarray) -> Tensor:
        if isinstance(value, tuple):
            return torch.stack([over(one, seconds) for one in value], dim=-1)
        return torch.from_numpy(np.array(value.over(seconds, clock), dtype=np.float64))

    def speeds(seconds: np.ndarray) -> Speeds:
        return {name: over(value, seconds) for name, value in values.items()}

    return Path(speeds, size[1] / size[0])


# ---- the dream


@dataclass(frozen=True)
class Part:
    """A term of the objective, bound to its network. bed: a garden's settings at a moment; None for others."""

    layer: str
    weight: Callable[[Moment], float]
    wish: Callable[[objective.Weights], Objective]
    kinds: int = 0
    bed: Callable[[Moment], Bed] | None = None


def _parts(config: Config, dreamer: Network, device: torch.device, faults: Faults) -> list[Part]:
    """The terms of the objective, bound."""
    bound = (_part(f"dream.objective.{i}", term, dreamer, device, faults) for i, term in enumerate(config.dream.objective))
    return [part for part in bound if part]


def _part(key: str, term: Any, dreamer: Network, device: torch.device, faults: Faults) -> Part | None:
    layer = _attempt(faults, f"{key}.layer", lambda: dreamer.layer(getattr(term, "layer", None) or CLASSES))
    if not layer:
        return None
    return _attempt(faults, f"{key}.{term.kind}", lambda: PARTS[term.kind](term, layer, dreamer, device))


def _layer(term: Any, layer: str, dreamer: Network, device: torch.device) -> Part:
    return Part(layer, term.weight, lambda _: objective.layer(dreamer, layer))


def _channels(term: Any, layer: str, dreamer: Network, device: torch.device) -> Part:
    _within(term.channels, layer, dreamer, device)
    return Part(layer, term.weight, lambda _: objective.channels(dreamer, layer, term.channels))


def _class(term: Any, layer: str, dreamer: Network, device: torch.device) -> Part:
    indices = [dreamer.label(label) for label in term.classes]
    return Part(layer, term.weight, lambda _: objective.classes(dreamer, indices))


def _garden(term: Any, layer: str, dreamer: Network, device: torch.device) -> Part:
    channels, cells = _shape(layer, dreamer, device)
    if cells == 1:
        raise ConfigError(f"needs a map, and {dreamer.name} gives {layer} for the picture as a whole", "name another layer")
    if term.garden == "all":
        indices = list(range(channels))
    elif layer == CLASSES:
        indices = [dreamer.label(label) for label in term.garden]
    else:
        indices = _within(term.garden, layer, dreamer, device)
    return Part(
        layer,
        term.weight,
        lambda weights: objective.garden(dreamer, layer, indices, weights),
        len(indices),
        lambda moment: Bed(term.size(moment), term.drift(moment), term.sharpness(moment)),
    )


PARTS: dict[str, Callable[[Any, str, Network, torch.device], Part]] = {
    "layer": _layer,
    "channels": _channels,
    "class": _class,
    "garden": _garden,
}


def _within(channels: Sequence[int], layer: str, dreamer: Network, device: torch.device) -> list[int]:
    count, _ = _shape(layer, dreamer, device)
    if wrong := [channel for channel in channels if not 0 <= channel < count]:
        raise ConfigError(f"is {wrong[0]}, and {dreamer.name}'s layer {layer} has channels 0 to {count - 1}")
    return list(channels)


def _shape(layer: str, dreamer: Network, device: torch.device) -> tuple[int, int]:
    """How many channels a layer has, and in how many places, found by looking at nothing."""
    blank = torch.zeros(1, 3, 4 * dreamer.least, 4 * dreamer.least, device=device)
    with torch.no_grad():
        seen: Activations = dreamer.see([layer], device)(blank)
    _, channels, height, width = seen[layer].shape
    return channels, height * width


def _wishes(parts: Sequence[Part], moment: Moment, worlds: tuple[World, ...], seed: int) -> Wishes:
    wishes, number = [], 0
    for part in parts:
        weights: objective.Weights = torch.zeros_like
        if part.bed:
            weights = garden.weights(worlds[number], part.bed(moment), part.kinds, seed, number)
            number += 1
        wishes.append((part.weight(moment), part.wish(weights)))
    return wishes


def ascent(config: Config, moment: Moment, least: int) -> Ascent:
    """How to climb at that tick."""
    asked = config.dream
    return Ascent(
        steps=int((asked.steps if moment.index else asked.first_steps)(moment)),
        step_size=asked.step_size(moment),
        octaves=int(asked.octaves(moment)),
        octave_scale=asked.octave_scale(moment),
        jitter=int(asked.jitter(moment)),
        smoothing=asked.smoothing(moment),
        chroma=asked.chroma(moment),
        least=least,
    )


# ---- the look


def tone(config: Config, seen: Camera) -> Callable[[Moment], tuple[colour.Tone, float]]:
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
