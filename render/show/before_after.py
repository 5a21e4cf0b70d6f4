"""Before and after: the photo or the footage of a take, as the camera sees it at a moment, beside what was dreamed of it."""

from __future__ import annotations

from pathlib import Path

import torch

from render.config import load_text
from render.construct import build_scene
from render.develop.ffmpeg import Pixels
from render.develop.negative import Negative
from render.develop.record import read_record
from render.develop.whereabouts import locate_files
from render.errors import MissingError
from render.facts import facts
from render.picture import warp
from render.picture.picture import from_pixels, to_pixels

NEARER = 1.6  # times that the camera has come nearer or gone back, at most: a photo is still known then


def before_and_after(folder: Path, text: str, size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """Of the take in `folder`: what the camera saw and what is shown of the dream there, [H, W, 3] uint8 each.

    text: its configuration in full. size: (width, height).
    Raises a RenderError if what it began with is gone or another file, and StopIteration if its dream is.
    """
    path = folder / "resolved.yaml"
    found = locate_files(folder, text, str(read_record(folder).get("home", "")))
    config = load_text(text, str(path), folder, [*found, f"size={size[0]}x{size[1]}"], inspect=facts)
    scene = build_scene(config, torch.device("cpu"))
    if scene.source.digest not in str(read_record(folder).get("fingerprint", {}).get("files")):
        # A stranger's take may name any picture of its reader.
        raise MissingError("what it began with is another file now")
    clock = scene.clock
    middle = range(clock.last_tick // 2, -1, -1)
    near = (tick for tick in middle if 1 / NEARER <= warp.scale(scene.path.so_far(clock.tick(tick).seconds)) <= NEARER)
    moment = max(map(clock.tick, near), key=scene.amount, default=clock.tick(0))  # of those that show as much, the latest
    before = scene.undreamed(moment) if scene.undreamed else scene.picture(moment)
    after = next(Negative(folder / "negative").ticks(moment.index))
    return to_pixels(before), to_pixels(scene.show(moment, from_pixels(after)))
