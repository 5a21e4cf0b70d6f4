"""The scene of a film: (Config, device) -> Scene, with its source, camera path, flow estimator and mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from render.config import Config
from render.construct.camera import as_droste, camera_path, first_view
from render.construct.cuts import cut_test, shot_start
from render.construct.faults import Faults, attempt
from render.construct.flow import flow_estimator
from render.construct.mask import with_mask
from render.construct.palette import colour_hold
from render.construct.source import frame_size, fresh_ground, make_source, with_photo
from render.construct.undreamed import undreamed
from render.loops import LOOPS
from render.moment import Moment
from render.scene import Scene

FILE_KEYS = {  # the settings that are at fault where a source cannot be used
    "image": "source.image.file",
    "frames": "source.frames.files",
    "video": "source.video.file",
    "take": "source.take.folder",
}


def make_scene(config: Config, device: torch.device, faults: Faults) -> Scene | None:
    """The scene, or None where its size or its source is at fault."""
    key = FILE_KEYS.get(config.source.kind, "size")
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
    looped = attempt(faults, "loop", lambda: as_droste(scene)) if scene.loop.closes else scene
    if not looped:
        return None
    masked = with_mask(config, looped, faults) if config.mask else looped
    shown = replace(masked, amount=shown_amount(config, masked), undreamed=undreamed(config, masked))
    colours = attempt(faults, "look.colour", lambda: colour_hold(config, shown)) if config.look.colour else None
    return replace(shown, colours=colours)


def shown_amount(config: Config, scene: Scene) -> Callable[[Moment], float]:
    """How much of the dream is shown, by the film's own clock: a print at another frame rate counts the same frames."""
    clock = scene.clock
    return lambda moment: config.dream.amount(replace(moment, clock=clock))
