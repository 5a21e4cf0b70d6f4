"""The source of a film: (Config, size) -> Source, and the size of its frames where that is the source's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from render.config import Config
from render.config.scalars import Time
from render.construct.cuts import shot_number
from render.errors import ConfigError
from render.loops import LOOPS
from render.moment import Moment
from render.picture import warp
from render.picture.motion import CameraPath
from render.picture.warp import Move
from render.source import Source
from render.source.frames import frames
from render.source.image import image, image_size
from render.source.noise import MEAN, noise
from render.source.photo import Photo
from render.source.take import Pick, nearest, share, take, take_size

FRESH = 7919  # between the seeds of one tick's fresh ground and the next's
SHOT = 104_729  # between the seeds of one shot's noise and the next's


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
    section, number = config.source.noise, shot_number(config)
    assert section
    contrast = section.contrast(config.clock.tick(0))

    @lru_cache(maxsize=2)
    def shot(number: int) -> Source:
        return noise(section.kind, contrast, size, config.seed + SHOT * number)

    return Source(lambda moment: shot(number(moment)).at(moment), picture_id=lambda moment: str(number(moment)))


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


def with_photo(config: Config, source: Source, path: CameraPath, start: Move, device: torch.device) -> Source:
    """The source whose picture is seen as the camera begins, and whose photo is there where the camera can go on into it.

    It cannot where lines bend, where the picture's edge meets the other, and where the picture holds itself.
    """
    border, photo = config.motion.border, source.photo
    if not photo or path.bends(config.clock.seconds) or border == "wrap" or LOOPS[config.loop].closes:
        photo = None
    photo = photo and replace(photo, levels=tuple(level.to(device) for level in photo.levels))
    if source.moves or config.source.kind == "noise" or torch.equal(start.matrix, warp.STILL):
        return replace(source, photo=photo)
    return replace(source, photo=photo, at=_from_start(source, photo, start, border))


def _from_start(source: Source, photo: Photo | None, start: Move, border: str) -> Callable[[Moment], Tensor]:
    """Moment -> the source's picture, one that stands still, as the camera sees it at first."""
    frames: list[Tensor] = []

    def at(moment: Moment) -> Tensor:
        if not frames:
            moved = warp.move_frame(source.at(moment), start, kernel=warp.lanczos4, border=border)
            frames.append((photo.look(start, border)[0].cpu() if photo else moved).clamp(0, 1))
        return frames[0]

    return at
