"""The films that are measured: (network, size, precision) -> film, and one step of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from card import cases
from render.config import Config, load_text
from render.construct import build
from render.dream import ascent
from render.dream.view import view_of
from render.facts import facts
from render.film import Film, State
from render.picture.picture import from_pixels, to_pixels
from render.source.noise import perlin

CPU = torch.device("cpu")
FILM = """
seed: 7
size: {width}x{height}
fps: {fps}
{duration}
source: {source}
motion: {{zoom: 1.5}}
dream:
  rate: {rate}
  network: {network}
  objective: {objective}
  octaves: 3
  steps: 4
  first_steps: 4
  precision: {precision}
outputs: gpu.mp4
"""


@dataclass(frozen=True)
class Studio:
    """Where films come from: the networks' weights, and pictures to begin with."""

    folder: Path
    weights: Mapping[str, Path | None]
    photo: Path | None

    def film(
        self,
        network: str,
        device: torch.device,
        size: tuple[int, int],
        precision: str = "float32",
        more: Sequence[str] = (),
        footage: bool = False,
        seconds: float = 12,
    ) -> Film:
        """The film of (width, height) that is measured."""
        return build(self.config(network, size, precision, more, footage, seconds), device)

    def config(
        self,
        network: str,
        size: tuple[int, int],
        precision: str = "float32",
        more: Sequence[str] = (),
        footage: bool = False,
        seconds: float = 12,
    ) -> Config:
        """What that film asks for."""
        file, (width, height) = self.weights[network], size
        still = f"{{image: {json.dumps(str(self.photo))}}}" if self.photo else "{noise: perlin}"
        text = FILM.format(
            width=width,
            height=height,
            fps=cases.FPS,
            rate=cases.RATE,
            duration="duration: source" if footage else f"duration: {seconds:g}s",
            source=f"{{frames: {json.dumps(str(self.footage(size)))}}}" if footage else still,
            network=f"{{{network}: {json.dumps(str(file))}}}" if file else network,
            objective=cases.NETWORKS[network],
            precision=precision,
        )
        return load_text(text, "gpu.yaml", self.folder, more, inspect=facts)

    def footage(self, size: tuple[int, int]) -> Path:
        """A folder of pictures in which clouds pass by."""
        width, height = size
        folder = self.folder / f"footage-{width}x{height}"
        if folder.exists():
            return folder
        import cv2

        folder.mkdir()
        clouds = (0.46 + 0.22 * perlin((height, width + 120), 3)).clamp(0, 1)
        for index in range(24):
            pixels = to_pixels(clouds[..., 3 * index : 3 * index + width])
            cv2.imwrite(str(folder / f"{index:03}.png"), pixels[..., ::-1])
        return folder


def on_device(value: Any, device: torch.device) -> Any:
    """The value with all tensors in it on a device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: on_device(getattr(value, name), device) for name in value.__dataclass_fields__})
    return value


def state_on(state: State, device: torch.device) -> State:
    """A state on another device; where gardens lie is the processor's business."""
    return replace(
        state,
        canvas=on_device(state.canvas, device),
        first=on_device(state.first, device),
        carried=on_device(state.carried, device),
    )


def resume(state: State, device: torch.device) -> State:
    """A state as a take gives it back: its canvas as 16 bits, all else as it is."""
    through = state_on(state_on(state, CPU), device)
    return replace(through, canvas=from_pixels(to_pixels(state.canvas, np.uint16), device))


def with_one_step(film: Film) -> Film:
    """The same film, each tick one step at full size."""
    return replace(film, ascent=lambda moment, fresh: replace(film.ascent(moment, fresh), steps=1, octaves=1))


def gradient_of(film: Film, state: State, canvas: Tensor | None = None) -> Callable[[], Tensor]:
    """The work of one step at full size: the gradient of what the film asks for."""
    moment = film.scene.clock.tick(1)
    terms = [term for term in film.terms(moment, state.worlds) if term[0]]
    settings, picture = film.ascent(moment, False), state.canvas if canvas is None else canvas
    return lambda: ascent.gradient(picture, film.extract, terms, view_of(picture), settings)


def pack(frame: Tensor) -> Tensor:
    """[H, W, 3] uint8 of a frame, made where the frame is."""
    return (frame[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()
