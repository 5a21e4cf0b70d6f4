"""Flow, drawn. By this picture a person sets `flow`: what the footage does, what of it is trusted, what is dreamed on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from render.config import Config
from render.construct import build
from render.develop import files, stills
from render.develop.ffmpeg import Pixels
from render.film import Film, State, ticks
from render.moment import Moment
from render.picture import warp
from render.picture.picture import to_pixels
from render.show.preview import small
from render.show.progress import ProgressStyle
from render.source.flow import Flow

PLACES = 5  # of the film
COLUMNS = ("source", "motion", "trust", "dream")
LINE, MARGIN = 22, 6  # pixels
INK, PAPER = (225, 225, 225), (24, 24, 24)
# The colours of directions, clockwise from the right, and how far round each begins: the wheel of the Middlebury benchmark
# (Baker and others 2011), which gives more room to the hues that the eye tells apart.
WHEEL = np.array([(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255), (255, 0, 0)]) / 255
STARTS = np.cumsum([0, 15, 6, 4, 11, 13, 6]) / 55


def strip(config: Config, root: Path, device: torch.device, progress: ProgressStyle) -> Path:
    """A few ticks of the film, dreamed small, a row each: a PNG beside the takes."""
    film = build(small(config), device)
    if not film.scene.source.moves:
        raise config.problem("source", "stands still, and --flow shows what moves in footage", "give it a video or frames")
    last = film.scene.clock.last_tick
    if not last:
        raise config.problem("duration", "holds a single dream, and nothing moves from it to another", "make it longer")
    wanted = {round(place * last / PLACES) for place in range(1, PLACES + 1)} - {0}
    states = progress(ticks(film), -1, last, f"{config.name}, small")
    path = root / files.folder_name(config.name) / "preview-flow.png"
    files.write(path, stills.png(draw(film, [state for state in states if state.tick in wanted])))
    return path


def draw(film: Film, states: Sequence[State]) -> Pixels:
    """The rows of those ticks under one another: each with what moved since the tick before."""
    clock = film.scene.clock
    moments = [(clock.tick(state.tick - 1), clock.tick(state.tick)) for state in states]
    flows = [film.scene.flow_between(before, moment) for before, moment in moments]
    speeds = [speeds_of(flow, *pair) for flow, pair in zip(flows, moments, strict=True)]
    fastest = [float(np.quantile(np.hypot(speed[..., 0], speed[..., 1]), 0.99)) for speed in speeds]
    full = max(*fastest, 1e-3)
    rows = [_header(film.scene.size[1])]
    for state, (_, moment), flow, speed, fast in zip(states, moments, flows, speeds, fastest, strict=True):
        trust = to_pixels(flow.trust.expand(-1, 3, -1, -1))
        source, dream = to_pixels(film.scene.picture(moment)), to_pixels(state.canvas)
        rows += [
            np.concatenate((source, colour_flow(speed / full), trust, dream), axis=1),
            _caption(moment, flow, fast, source),
        ]
    return np.concatenate(rows)


def colour_flow(vectors: NDArray[np.float64]) -> Pixels:
    """Directions as hues and lengths (0..1) as strength, [h, w, 2] -> uint8 [h, w, 3]; what rests is white."""
    length = np.hypot(vectors[..., 0], vectors[..., 1])[..., None]
    turn = np.arctan2(vectors[..., 1], vectors[..., 0]) / (2 * np.pi) % 1
    hue = np.stack([np.interp(turn, STARTS, channel) for channel in WHEEL.T], axis=-1)
    shade = 1 - length.clip(0, 1) * (1 - hue)
    return np.asarray(np.rint(np.where(length > 1, 0.75 * hue, shade) * 255).astype(np.uint8))


def speeds_of(flow: Flow, before: Moment, moment: Moment) -> NDArray[np.float64]:
    """[H, W, 2], frame heights per second: where things go, which is the way back turned round."""
    at_rest = warp.grid((flow.back.shape[1], flow.back.shape[2]), flow.back.device)
    moved = (at_rest - flow.back)[0].double().cpu().numpy() / 2
    return np.asarray(moved / max(moment.seconds - before.seconds, 1e-6))


def _header(width: int) -> Pixels:
    """The names of the columns, and the wheel by which motion is read."""
    side = 2 * LINE
    page, ink = _page(width * len(COLUMNS), side + 2 * MARGIN)
    for index, name in enumerate(COLUMNS):
        ink.text((index * width + MARGIN, LINE), name, INK, ImageFont.load_default(16))
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    disc = Image.fromarray((np.hypot(x, y) <= 1).astype(np.uint8) * 255)
    page.paste(Image.fromarray(colour_flow(np.stack((x, y), axis=-1))), (2 * width - side - MARGIN, MARGIN), disc)
    return np.asarray(page)


def _caption(moment: Moment, flow: Flow, fastest: float, source: Pixels) -> Pixels:
    trusted = f"{100 * float(flow.trust.mean()):.0f} % trusted"
    words = {
        "usual": f"{trusted}, up to {fastest:.2g} frame heights a second",
        "same": "the same picture as before: the dream stays in place",
        "flash": "the light changed: the dream stays in place",
        "cut": "a cut: dreamed afresh",
    }
    page, ink = _page(source.shape[1] * len(COLUMNS), LINE + 2 * MARGIN)
    ink.text((MARGIN, MARGIN), f"{moment.seconds:.2f} s   {words[flow.kind]}", INK, ImageFont.load_default(14))
    return np.asarray(page)


def _page(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("RGB", (width, height), PAPER)
    return page, ImageDraw.Draw(page)
