"""Previews. A preview is a small picture or film by which a person judges a configuration before rendering it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from render.config import Config
from render.config.draft import draft
from render.config.model import OutputSettings
from render.construct import build, build_scene
from render.develop import files, prints, stills
from render.develop.ffmpeg import Pixels
from render.dream import garden
from render.film import ticks
from render.frames import frames
from render.picture import warp
from render.picture.picture import to_pixels
from render.scene import Scene
from render.show.progress import ProgressStyle

PICTURES = 8  # in a strip, in two rows
SHINES = 0.1  # of a garden comes anew with each frame of the camera's preview
WIDTH = 400  # pixels of each at most


def strip(config: Config, root: Path, device: torch.device, progress: ProgressStyle) -> Path:
    """A contact strip of the film, dreamed small, first frame to last: a PNG beside the takes."""
    film = build(small(config), device)
    clock = film.scene.clock
    wanted = sorted({round(i * (clock.frames - 1) / (PICTURES - 1)) for i in range(PICTURES)})
    states = progress(ticks(film), -1, clock.last_tick, f"{config.name}, small")
    passing = frames(film.scene, (state.canvas for state in states), clock)
    pictures = [to_pixels(frame) for i, frame in enumerate(passing) if i in wanted]
    half = (len(pictures) + 1) // 2
    pictures += [np.zeros_like(pictures[0])] * (2 * half - len(pictures))
    rows = [np.concatenate(row, axis=1) for row in (pictures[:half], pictures[half:]) if row]
    path = root / files.folder_name(config.name) / "preview.png"
    files.write(path, stills.png(np.concatenate(rows)))
    return path


def motion(config: Config, root: Path, device: torch.device) -> Path:
    """The camera alone, in real time: a small mp4 beside the takes."""
    scene = build_scene(small(config), device)
    height, width = scene.size
    paths, _ = prints.develop(
        [OutputSettings(file="preview-motion.mp4")],
        lambda fps: over_a_garden(scene, config.seed),
        (width, height),
        scene.clock.fps,
        root / files.folder_name(config.name),
        config.name,
        config.recipe(),
    )
    return paths[0]


def small(config: Config) -> Config:
    """The film's draft, or the draft of that …, small enough for a strip: it never costs more than the draft."""
    config = draft(config)
    while (config.size.of_source and config.size.part < 4) or config.size.width > WIDTH:
        config = draft(config)
    return config


def over_a_garden(scene: Scene, seed: int) -> Iterator[Pixels]:
    """What the camera does to a garden: the map of one is moved by it, and shines through anew, with shapes at every depth."""
    bed = garden.Bed(size=0.3, drift=0.0, sharpness=3.0)
    world, xy = garden.begin(seed, 0, bed.size), warp.grid(scene.size)
    canvas = garden.weights(world, bed, 3, seed, 0)(xy)
    for index in range(scene.clock.frames):
        moment = scene.clock.frame(index)
        yield to_pixels(canvas)
        move = scene.path.between(moment.seconds, moment.seconds + moment.dt)
        world = garden.travel(world, move, bed, moment.dt, seed, 0)
        moved = warp.move_frame(canvas, move, kernel=warp.bicubic, border=scene.border)
        canvas = torch.lerp(moved, garden.weights(world, bed, 3, seed, 0)(xy), SHINES)
