"""The masks of a film: (a section of the configuration, Scene) -> Mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor

from render.config import Config
from render.construct.faults import Faults, attempt
from render.construct.undreamed import seen_source
from render.frames import frame_count
from render.moment import Moment
from render.picture import warp
from render.scene import Scene

if TYPE_CHECKING:  # what decodes films is imported where it is used: most films wait for no such library
    from render.source.mask import Mask


def with_mask(config: Config, scene: Scene, faults: Faults) -> Scene:
    """The scene with its mask. What one of the world leaves out is seen by the camera."""
    assert config.mask
    behind = seen_source(scene) if config.mask.space == "world" and not scene.source.moves else None
    return replace(scene, mask=attempt(faults, "mask", lambda: make_mask(config.mask, scene)), behind=behind)


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
