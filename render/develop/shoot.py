"""Shooting. From a configuration to a finished take: dream what is not dreamed yet, then develop what is not developed yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.config import Config, load_text
from render.config.kinds import Drawn
from render.config.load import read
from render.config.scalars import Size
from render.construct import build, build_scene
from render.develop import prints, sound
from render.develop.alongside import Safe, alongside, at_once, finished
from render.develop.ffmpeg import Pixels
from render.develop.flow_cache import with_flow_cache
from render.develop.negative import Kept, settled
from render.develop.retile import in_recorded_tiles, retile_notices, ticks_within_memory
from render.develop.seam import measured
from render.develop.take import Take, existing_take, open_take, unfinished
from render.dream.ascent import sizes
from render.dream.precision import DTYPES
from render.errors import MissingError, RenderError, RoomError, gpu_failed, memory_ended
from render.facts import facts
from render.film import Film, State, ticks
from render.frames import at_rate, dreamed_up_to, frame_count, in_loop_order, rate_ratio
from render.picture.picture import from_pixels, to_pixels
from render.scene import Scene

SAFE = "what is dreamed is safe"
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
    with plainly(config):
        film = build(config, device)
        if isinstance(config.seed, Drawn) and not fresh and (seed := begun_with(root, config, film)) is not None:
            config = config.model_copy(update={"seed": seed})
            film = build(config, device)
        film = replace(film, scene=with_flow_cache(film.scene, root))
        fingerprint = shape(config, film)
        with open_take(root, config.name, fingerprint, given, config.yaml(), fresh) as take:
            film = in_recorded_tiles(in_recorded_precision(config, film, take), take)
            safe, end = Safe(), film.scene.clock.last_tick
            with closing(developing(config, film.scene, take, safe)) as steps:
                with alongside(steps, safe) as ahead:
                    dreamed, last = expose(film, take, watch, safe, spare=config.dream.tile == "auto")
                    safe.end(last + 1 if last == end else 0)
                if whole := last == end:
                    ahead.result()
                    paths, notices = finished(steps)
            if not whole:  # a film that ends elsewhere is another film: its prints begin anew
                paths, notices = develop(config, dreamed_up_to(film.scene, last), take) if last >= 0 else ([], [])
            return Shot(take.folder, paths, left_out(film) + retile_notices(film, take) + notices, dreamed, whole)


def in_recorded_precision(config: Config, film: Film, take: Take) -> Film:
    """The film in the precision that its take was begun in, though another would be chosen now: its pictures stay the same."""
    if "precision" not in take.record:
        take.note(precision=film.precision, networks=config.networks)
    recorded = take.record["precision"]
    if recorded == film.precision or recorded not in DTYPES:
        return film
    dream = config.dream.model_copy(update={"precision": recorded})
    scene = film.scene
    return replace(build(config.model_copy(update={"dream": dream}), scene.device), scene=scene)


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
    return {**known, "files": film.digest, "size": list(film.scene.size)}


def begun_with(root: Path, config: Config, film: Film) -> int | None:
    """The seed of an unfinished take that asked for the same with `seed: random`: it is gone on with, not begun again."""
    for record in unfinished(root, config.name):
        seed = record.get("fingerprint", {}).get("seed")
        if isinstance(seed, int) and record["fingerprint"] == shape(config.model_copy(update={"seed": seed}), film):
            return seed
    return None


def left_out(film: Film) -> list[str]:
    """A notice if the network cannot use the smallest octaves."""
    ascent = film.ascent(film.scene.clock.tick(0), True)
    used = len(sizes(film.scene.size, ascent))
    if used == ascent.octaves:
        return []
    return [f"{used} of {ascent.octaves} octaves are dreamed: sides under {ascent.min_side} pixels are too small to see in"]


def expose(film: Film, take: Take, watch: Watch, safe: Safe, spare: bool) -> tuple[int, int]:
    """Dream from the take's newest tick to the end of the film, or until `watch` stops: ticks dreamed now, and the last one.

    safe: hears of the ticks that are safe, but for the film's last. spare: where memory ends, go on in smaller tiles.
    """
    begun, dreamed = monotonic(), 0

    def tell_but_the_last(tick: int) -> None:
        if tick < film.scene.clock.last_tick:
            safe.now(settled(tick))

    with take.negative() as negative:
        state = restore(negative.last(), film.scene.device)
        last = first = state.tick if state else -1
        tell_but_the_last(last)
        states = ticks_within_memory(film, state, take) if spare else ticks(film, state)
        for new in watch(states, first, film.scene.clock.last_tick):
            negative.keep(new.tick, to_pixels(new.canvas, np.uint16), new.tensors())
            last = new.tick
            tell_but_the_last(last)
        dreamed = last - first
    if last >= 0 and take.record.get("dreamed") != last + 1:  # dreamed now, or by a process that was killed before its note
        take.poster(next(take.negative().ticks(last // 2)))
        seconds = round(take.record.get("seconds", 0) + monotonic() - begun, 2)
        finished = last == film.scene.clock.last_tick
        take.note(
            device=str(film.scene.device),
            threads=torch.get_num_threads(),
            seconds=seconds,
            dreamed=last + 1,
            finished=finished,
        )
    return dreamed, last


def developing(
    config: Config, seen: Scene, take: Take, safe: Safe | None = None
) -> Generator[None, None, tuple[list[Path], list[str]]]:
    """Develop the outputs that are not there yet from the negative, a frame each step; the paths of all outputs, and notices.

    safe: of a film that is being dreamed, whose ticks and whose end are waited for.
    """
    heard = sound.film_sound(config, frame_count(seen) / seen.clock.fps)
    facts = {"fps": str(seen.clock.fps), "frames": seen.clock.frames, "loop": seen.loop.name, "sound": sound.told(heard)}
    wanted, seams = take.undeveloped(config.outputs, facts), list[str]()
    negative, (height, width), last = take.negative(), seen.size, seen.clock.last_tick

    def at(fps: Fraction) -> Iterator[Pixels]:
        passing = (
            to_pixels(frame, np.uint16) for frame in in_loop_order(seen, canvases_from, at_rate(seen.clock, fps, seen.loop))
        )
        yield from passing if not seen.loop.seamless or seams else measured(passing, seams.append)
        if safe:
            safe.wait(last + 1)

    def canvases_from(start: int, step: int) -> Iterator[Tensor]:
        return (from_pixels(pixels, seen.device) for pixels in canvases(start, step))

    def canvases(start: int, step: int) -> Iterator[Pixels]:
        if safe and step > 0:
            return negative.following(start, last, (width, height), safe.wait)
        if safe:
            safe.wait(last + 1)
        return negative.ticks(start, step)

    size, rate, text, thinned = (width, height), seen.clock.fps, config.yaml(), partial(rate_ratio, seen)
    _, notices = yield from prints.developing(wanted, at, size, rate, take.folder, config.name, text, heard, thinned)
    if safe:
        safe.wait(last + 1)
        yield  # who dreams writes in the record, too
    take.developed(wanted, facts)
    paths = [prints.frame_path(take.folder / prints.fill_name(output.file, config.name), 0) for output in config.outputs]
    return paths, notices + seams


develop = at_once(developing)


def print_again(folder: Path, outputs: Sequence[str], settings: Mapping[str, str | int]) -> tuple[list[Path], list[str]]:
    """Develop other outputs from the negative of the take in `folder`; nothing is dreamed."""
    with existing_take(folder) as take:
        text = read(folder / "resolved.yaml")
        wanted = json.dumps([{"file": file, **settings} for file in outputs])
        config = load_text(text, str(folder / "resolved.yaml"), folder, [f"outputs={wanted}"], look=facts)
        moved_by = next((key for key in ("schedule", "audio") if getattr(config, key)), "")
        if moved_by and config.fingerprint() != take.record.get("fingerprint", {}).get("config"):
            told = "is another one now than when this film was dreamed"
            raise config.problem(moved_by, told, "render the film again: new moves make a new take", MissingError)
        prints.require(config.outputs, config.name)
        kept = take.negative().last()
        if kept is None:
            raise MissingError(f"{folder}: nothing was dreamed here yet", "render its film first")
        height, width = kept.canvas.shape[:2]
        needless = () if config.source.moves or config.mask else ("source.noise=uniform",)  # a still is not seen again
        seen = load_text(text, str(folder / "resolved.yaml"), folder, [f"size={width}x{height}", *needless], look=facts)
        there = with_flow_cache(build_scene(seen, torch.device("cpu")), folder.absolute().parents[1])
        if there.source.digest not in str(take.record.get("fingerprint", {}).get("files")):
            told = "is other footage now than when this film was dreamed"
            raise config.problem("source", told, "render the film again: new footage makes a new take", MissingError)
        return develop(config, dreamed_up_to(there, kept.tick), take)


def restore(kept: Kept | None, device: torch.device) -> State | None:
    """The state that was kept."""
    return State.of(kept.tick, from_pixels(kept.canvas, device), kept.extra) if kept else None


@contextmanager
def plainly(config: Config) -> Iterator[None]:
    """Turn what torch says when memory ends or a GPU fails into a sentence with a cure."""
    try:
        yield
    except Exception as error:
        if memory_ended(error):
            cure = f"size={smaller(config.size)}" if config.dream.tile == "auto" else "dream.tile=auto"
            raise RoomError(f"out of memory at {config.size}; {SAFE}", f"try --set {cure}") from error
        if gpu_failed(error):
            reason = str(error).splitlines()[0]
            raise RenderError(
                f"the GPU failed ({reason}); {SAFE}", "the same command goes on; --device cpu needs no GPU"
            ) from error
        raise


def smaller(size: Size) -> Size:
    """About half as many pixels."""
    return size.halved() if size.of_source else Size(size.width * 3 // 8 * 2, size.height * 3 // 8 * 2)
