"""The scene of a film: (Config, device) -> Scene, with its source, camera path, flow estimator and mask."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from render.config import Config
from render.config.cuts import cut_times
from render.config.scalars import Time
from render.construct.camera import as_droste, camera_path, first_view
from render.construct.faults import Faults, attempt
from render.construct.palette import colour_hold
from render.construct.undreamed import seen_source, undreamed
from render.dream import weights
from render.errors import ConfigError
from render.frames import frame_count
from render.loops import LOOPS
from render.moment import Moment
from render.picture import warp
from render.picture.motion import CameraPath
from render.picture.warp import Move
from render.scene import Scene
from render.source import Source
from render.source.flow import FlowEstimator, make_estimator
from render.source.frames import frames
from render.source.image import image, image_size
from render.source.noise import MEAN, noise
from render.source.photo import Photo
from render.source.take import Pick, nearest, share, take, take_size

if TYPE_CHECKING:  # what decodes films is imported where it is used: most films wait for no such library
    from render.source.mask import Mask

FRESH = 7919  # between the seeds of one tick's fresh ground and the next's
SHOT = 104_729  # between the seeds of one shot's noise and the next's
EARLY = 1e-6  # seconds by which a frame may come before a cut that falls on it, as sums of floats may have it


def make_scene(config: Config, device: torch.device, faults: Faults) -> Scene | None:
    """The scene, or None where its size or its source is at fault."""
    keys = {
        "image": "source.image.file",
        "frames": "source.frames.files",
        "video": "source.video.file",
        "take": "source.take.folder",
    }
    key = keys.get(config.source.kind, "size")
    size = attempt(faults, key, lambda: frame_size(config))
    source = attempt(faults, key, lambda: make_source(config, size)) if size else None
    if not size or not source:
        return None

    path, start = camera_path(config, size), first_view(config, size)
    source = with_photo(config, source, path, start, device)
    scene = Scene(
        clock=config.clock,
        size=size,
        source=source,
        path=path,
        start=start,
        shot=shot_start(config),
        border=config.motion.border,
        fresh=fresh_ground(config, size),
        estimator=attempt(faults, "flow.engine", lambda: flow_estimator(config, device)) if source.moves else None,
        cut=cut_test(config) if config.cuts.to == "fresh" else lambda before, after: False,
        mask=None,
        loop=LOOPS[config.loop],
        device=device,
    )
    closed = attempt(faults, "loop", lambda: as_droste(scene)) if scene.loop.closes else scene
    if not closed:
        return None
    if config.mask:
        closed = with_mask(config, closed, faults)
    shown = replace(closed, amount=shown_amount(config, closed), undreamed=undreamed(config, closed))
    colours = attempt(faults, "look.colour", lambda: colour_hold(config, shown)) if config.look.colour else None
    return replace(shown, colours=colours)


def with_mask(config: Config, scene: Scene, faults: Faults) -> Scene:
    """The scene with its mask. What one of the world leaves out is seen by the camera."""
    assert config.mask
    seen = seen_source(scene) if config.mask.space == "world" and not scene.source.moves else None
    return replace(scene, mask=attempt(faults, "mask", lambda: make_mask(config.mask, scene)), behind=seen)


def with_photo(config: Config, source: Source, path: CameraPath, start: Move, device: torch.device) -> Source:
    """The source whose picture is seen as the camera begins, and whose photo is there where the camera can go on into it.

    It cannot where lines bend, where the picture's edge meets the other, and where the picture holds itself.
    """
    border, held = config.motion.border, source.photo
    if not held or path.bends(config.clock.seconds) or border == "wrap" or LOOPS[config.loop].closes:
        held = None
    held = held and replace(held, levels=tuple(level.to(device) for level in held.levels))
    if source.moves or config.source.kind == "noise" or torch.equal(start.matrix, warp.STILL):
        return replace(source, photo=held)
    return replace(source, photo=held, at=_from_start(source, held, start, border))


def _from_start(source: Source, held: Photo | None, start: Move, border: str) -> Callable[[Moment], Tensor]:
    """Moment -> the source's picture, one that stands still, as the camera sees it at first."""
    seen: list[Tensor] = []

    def at(moment: Moment) -> Tensor:
        if not seen:
            moved = warp.move_frame(source.at(moment), start, kernel=warp.lanczos4, border=border)
            seen.append((held.look(start, border)[0].cpu() if held else moved).clamp(0, 1))
        return seen[0]

    return at


def shot_start(config: Config) -> Callable[[Moment], float]:
    """When a film that is no footage began with its source: the tick after the last cut to a fresh dream, seconds."""
    clock = config.clock
    times = (cut_times(config, clock) or ()) if config.cuts.to == "fresh" and not config.source.moves else ()
    ticks = [ceil((time - EARLY) * clock.rate) for time in times]
    starts = [clock.tick(tick).seconds for tick in ticks]
    return lambda moment: ([0.0, *starts])[bisect_right(times, moment.seconds + EARLY)]


def shown_amount(config: Config, scene: Scene) -> Callable[[Moment], float]:
    """How much of the dream is shown, by the film's own clock: a print at another frame rate counts the same frames."""
    clock = scene.clock
    return lambda moment: config.dream.amount(replace(moment, clock=clock))


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
        "take": lambda: take_size(part.folder, pick_of(part.at)),
    }
    size = sizes[config.source.kind]()
    assert size  # the facts of a film over a video were found when it was loaded
    height, width = size
    width, height = config.size.within(width, height)
    return height, width


def make_source(config: Config, size: tuple[int, int]) -> Source:
    """The source at the film's size."""
    part, clock = config.source.part, config.clock
    sources: dict[str, Callable[[], Source]] = {
        "noise": lambda: _noise_of_shots(config, size),
        "image": lambda: image(part.file, part.fit, size),
        "frames": lambda: frames(list(config.facts.pictures), part.fit, size, clock.fps),
        "video": lambda: _video(config.facts.video, part.fit, size),
        "take": lambda: take(part.folder, pick_of(part.at), part.fit, size),
    }
    return sources[config.source.kind]()


def _noise_of_shots(config: Config, size: tuple[int, int]) -> Source:
    """Noise that is another after each cut to a fresh dream."""
    section, clock = config.source.noise, config.clock
    assert section
    times = cut_times(config, clock) or () if config.cuts.to == "fresh" else ()

    @lru_cache(maxsize=2)
    def shot(number: int) -> Source:
        return noise(section.kind, section.contrast(clock.tick(0)), size, config.seed + SHOT * number)

    def number_at(moment: Moment) -> int:
        return bisect_right(times, moment.seconds + EARLY)

    return Source(lambda moment: shot(number_at(moment)).at(moment), picture_id=lambda moment: str(number_at(moment)))


def pick_of(time: Time) -> Pick:
    """Which dream of a take is meant by a moment of its film."""
    return share(float(time.amount) / 100) if time.unit == "percent" else nearest(float(time.amount))


def _video(footage: Any, fit: str, size: tuple[int, int]) -> Source:
    from render.source.video import video

    return video(footage, fit, size)


def fresh_ground(config: Config, size: tuple[int, int]) -> Callable[[int], Tensor]:
    """tick -> noise of mean 0 of the film's own kind, or clouds where it began with a picture; softer than a film begins."""
    start, section = config.clock.tick(0), config.source.noise
    kind, contrast = (section.kind, 0.7 * section.contrast(start)) if section else ("perlin", 0.4)
    return lambda tick: noise(kind, contrast, size, config.seed + FRESH * (tick + 1)).at(start) - MEAN


def make_mask(section: Any, scene: Scene) -> Mask:
    """The mask that a section of the configuration asks for, as large and as long as the film; it may go with the camera."""
    still = _still_mask(section, scene)
    if section.space == "screen" or (section.key and scene.source.moves):  # footage is seen as the camera sees it
        return still

    def at(moment: Moment) -> Tensor:
        move = scene.travelled(moment) if section.key else scene.camera(moment)
        return warp.move_frame(still(moment), move, kernel=warp.bicubic, border=scene.border).clamp(0, 1)

    return at


def _still_mask(section: Any, scene: Scene) -> Mask:
    """The mask as it lies over the source."""
    from render.source import mask as masks

    shape = masks.Shape(section.invert, section.feather, section.grow)
    if section.key:
        return _key_mask(section.key, scene, shape)
    seconds = float(frame_count(scene) / scene.clock.fps)
    return masks.mask(section.file, shape, seconds, scene.size)


def _key_mask(key: Any, scene: Scene, shape: Callable[[Tensor, Moment], Tensor]) -> Mask:
    """What is meant of the source's own picture."""
    from render.source.mask import along_edges, near_colour, of_brightness

    def at(moment: Moment) -> Tensor:
        picture = scene.picture(moment).cpu()
        if key.near:
            return shape(near_colour(picture, key.near, key.within(moment)), moment)
        if key.brightness:
            return shape(of_brightness(picture, *(bound(moment) for bound in key.brightness)), moment)
        return shape(along_edges(picture, key.edges(moment)), moment)

    return at


# ---- footage


def flow_estimator(config: Config, device: torch.device) -> FlowEstimator:
    """How motion is looked for in footage."""
    settings = config.flow
    learned = _flow_weights(settings.engine.name, settings.engine.weights) if settings.engine.weights else None
    dilate = settings.occlusion.dilate if isinstance(settings.occlusion.dilate, int) else None
    feather = settings.occlusion.feather
    return make_estimator(settings.engine.name, settings.quality, settings.max_width, dilate, feather, device, learned)


def _flow_weights(engine: str, file: Path) -> Mapping[str, Tensor]:
    """The tensors of a file for an engine that is a network. MissingError if it holds another's."""
    from torchvision.models import get_model

    name = engine.replace("-", "_")
    with torch.device("meta"):
        shapes = {key: tuple(value.shape) for key, value in get_model(name, weights=None).state_dict().items()}
    return weights.fit(weights.under_prefix(weights.entries(file), list(shapes)), shapes, file, f"torchvision's {name}")


def cut_test(config: Config) -> Callable[[Moment, Moment], bool | None]:
    """Whether the film cuts between two moments; None for footage where that is to be found out."""
    times = cut_times(config, config.clock)
    if times is None:
        return lambda before, after: None

    def cut(before: Moment, after: Moment) -> bool:
        start, end = sorted((before.seconds, after.seconds))
        return bisect_right(times, start + EARLY) < bisect_right(times, end + EARLY)

    return cut
