"""Shooting. From a configuration to a finished take: dream what is not dreamed yet, then develop what is not developed yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.config import Config, load_text
from render.config.kinds import Drawn
from render.construct import build, camera
from render.develop import prints
from render.develop.ffmpeg import Pixels
from render.develop.negative import Kept
from render.develop.take import Take, existing_take, open_take, unfinished
from render.dream import garden
from render.dream.ascent import sizes
from render.errors import MissingError, RenderError, RoomError
from render.film import Camera, Film, State, frames, ticks
from render.moment import Clock
from render.picture.picture import from_pixels, to_pixels

VERSION = 1  # of the dream: it counts up when the same settings begin to give other pictures
Watch = Callable[[Iterator[State], int, int], Iterable[State]]  # (states, tick to begin after, last tick) -> the same states


@dataclass(frozen=True)
class Shot:
    """What came of it. dreamed: ticks dreamed now. whole: the film was dreamed to its end."""

    folder: Path
    paths: list[Path]
    notices: list[str]
    dreamed: int
    whole: bool


def shoot(config: Config, given: str, root: Path, device: torch.device, watch: Watch, fresh: bool = False) -> Shot:
    """Render `config` into the take that has its pictures, or a new one under `root`.

    given: the configuration as written. watch: sees every state pass, and may stop early; then the film so far is developed.
    """
    require_outputs(config)
    film = build(config, device)
    if isinstance(config.seed, Drawn) and not fresh and (seed := begun_with(root, config, film)) is not None:
        config = config.model_copy(update={"seed": seed})
        film = build(config, device)
    fingerprint = shape(config, film)
    with open_take(root, config.name, fingerprint, given, config.yaml(), fresh) as take, out_of_memory(film):
        dreamed, last = expose(film, take, watch)
        if dreamed:
            take.poster(next(take.negative().ticks(last // 2)))
        whole = last == film.camera.clock.last_tick
        paths, notices = develop(config, film.camera, take, so_far(film.camera.clock, last)) if last >= 0 else ([], [])
        return Shot(take.folder, paths, left_out(film) + notices, dreamed, whole)


def require_outputs(config: Config) -> None:
    """Refuse the first output that cannot be developed, with its place."""
    for count in range(1, len(config.outputs) + 1):
        try:
            prints.require(config.outputs[:count], config.name)
        except RenderError as error:
            message = f"cannot be made: {error.message}"
            raise config.problem(f"outputs.{count - 1}", message, error.hint, type(error)) from error


def shape(config: Config, film: Film) -> dict[str, Any]:
    """All that shapes the film's pictures: a take with the same is the same film."""
    known = {"version": VERSION, "seed": int(config.seed), "config": config.fingerprint()}
    return {**known, "files": film.digest, "size": list(film.camera.size)}


def begun_with(root: Path, config: Config, film: Film) -> int | None:
    """The seed of an unfinished take that asked for the same with `seed: random`: it is gone on with, not begun again."""
    for record in unfinished(root, config.name):
        seed = record.get("fingerprint", {}).get("seed")
        if isinstance(seed, int) and record["fingerprint"] == shape(config.model_copy(update={"seed": seed}), film):
            return seed
    return None


def left_out(film: Film) -> list[str]:
    """A notice if the network cannot use the smallest octaves."""
    ascent = film.ascent(film.camera.clock.tick(0))
    used = len(sizes(film.camera.size, ascent))
    if used == ascent.octaves:
        return []
    return [f"{used} of {ascent.octaves} octaves are dreamed: sides under {ascent.least} pixels are too small to see in"]


def expose(film: Film, take: Take, watch: Watch) -> tuple[int, int]:
    """Dream from the take's newest tick to the end of the film, or until `watch` stops: ticks dreamed now, and the last one."""
    begun, dreamed = monotonic(), 0
    with take.negative() as negative:
        state = restored(negative.last(), film.camera.device)
        last = first = state.tick if state else -1
        for new in watch(ticks(film, state), first, film.camera.clock.last_tick):
            negative.keep(new.tick, to_pixels(new.canvas, np.uint16), extra(new))
            last = new.tick
        dreamed = last - first
    if not dreamed:
        return 0, last
    seconds = take.record.get("seconds", 0) + monotonic() - begun
    take.note(device=str(film.camera.device), seconds=round(seconds, 2), finished=last == film.camera.clock.last_tick)
    return dreamed, last


def develop(config: Config, seen: Camera, take: Take, clock: Clock) -> tuple[list[Path], list[str]]:
    """Develop the outputs that are not there yet from the negative; the paths of all outputs, and notices."""
    facts = {"fps": str(clock.fps), "frames": clock.frames}
    wanted = take.undeveloped(config.outputs, facts)
    negative, (height, width) = take.negative(), seen.size

    def at(fps: Fraction) -> Iterator[Pixels]:
        canvases = (from_pixels(pixels, seen.device) for pixels in negative.ticks())
        return (to_pixels(frame, np.uint16) for frame in frames(seen, canvases, at_rate(clock, fps)))

    _, notices = prints.develop(wanted, at, (width, height), clock.fps, take.folder, config.name, config.yaml())
    take.developed(wanted, facts)
    return [prints.numbered(take.folder / prints.filled(output.file, config.name), 0) for output in config.outputs], notices


def print_again(folder: Path, outputs: Sequence[str], settings: Mapping[str, str | int]) -> tuple[list[Path], list[str]]:
    """Develop other outputs from the negative of the take in `folder`; nothing is dreamed."""
    with existing_take(folder) as take:
        text = (folder / "resolved.yaml").read_text(encoding="utf-8")
        wanted = json.dumps([{"file": file, **settings} for file in outputs])
        config = load_text(text, str(folder / "resolved.yaml"), folder, [f"outputs={wanted}"])
        prints.require(config.outputs, config.name)
        kept = take.negative().last()
        if kept is None:
            raise MissingError(f"{folder}: nothing was dreamed here yet", "render its film first")
        height, width = kept.canvas.shape[:2]
        needless = () if config.source.kind == "frames" else ("source.noise=uniform",)  # a still is not seen again
        seen = load_text(text, str(folder / "resolved.yaml"), folder, [f"size={width}x{height}", *needless])
        return develop(config, camera(seen, torch.device("cpu")), take, so_far(config.clock, kept.tick))


def at_rate(clock: Clock, fps: Fraction) -> Clock:
    """The same time counted at another frame rate; the film is as long, to the nearest frame."""
    return replace(clock, fps=fps, frames=max(1, round(clock.frames / clock.fps * fps)))


def so_far(clock: Clock, last: int) -> Clock:
    """The clock of a film that was dreamed up to tick `last`."""
    reached = floor(last / clock.rate * clock.fps) + 1
    return replace(clock, frames=min(clock.frames, reached))


def extra(state: State) -> dict[str, Tensor]:
    """What a state holds besides its canvas, as named tensors."""
    return {
        f"world{i}.{name}": value for i, world in enumerate(state.worlds) for name, value in garden.to_tensors(world).items()
    }


def restored(kept: Kept | None, device: torch.device) -> State | None:
    """The state that was kept."""
    if kept is None:
        return None
    worlds: list[dict[str, Tensor]] = [{} for name in kept.extra if name.endswith(".scalars")]
    for name, value in kept.extra.items():
        world, part = name.split(".")
        worlds[int(world.removeprefix("world"))][part] = value
    return State(kept.tick, from_pixels(kept.canvas, device), tuple(map(garden.from_tensors, worlds)))


@contextmanager
def out_of_memory(film: Film) -> Iterator[None]:
    """Turn what torch says when memory ends into a sentence with a cure."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate" not in str(error) and "out of memory" not in str(error).lower():
            raise
        height, width = film.camera.size
        smaller = f"{width * 3 // 8 * 2}x{height * 3 // 8 * 2}"
        raise RoomError(f"out of memory at {width}x{height}; what is dreamed is safe", f"try --set size={smaller}") from error
