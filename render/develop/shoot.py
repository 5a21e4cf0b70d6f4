"""Shooting: from a configuration to a finished take. Dream what is not dreamed yet, then develop what is not developed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.config import Config
from render.config.paths import from_folder
from render.config.scalars import Size
from render.config.setting_types import Drawn
from render.construct import build, build_scene
from render.construct.camera import camera_path
from render.construct.networks import Known
from render.develop import formats, prints, sound
from render.develop.alongside import Watermark, alongside, helps
from render.develop.beginnings import same_film
from render.develop.browser import html
from render.develop.chain import tick_chain
from render.develop.ffmpeg import Pixels
from render.develop.flow_cache import with_flow_cache
from render.develop.keep import keep_ticks
from render.develop.names import fill_name, frame_path
from render.develop.negative import Kept
from render.develop.record import RecordKeeper, read_record
from render.develop.retile import in_recorded_tiles, retile_notices, ticks_within_memory
from render.develop.seam import measure_seam
from render.develop.shot_files import join_shots
from render.develop.take import Take
from render.develop.takes import open_take, take_folder, unfinished_takes
from render.dream.ascent import sizes
from render.dream.device import describe
from render.dream.precision import DTYPES
from render.errors import RenderError, RoomError, gpu_failed, memory_ended
from render.film import Film, State, ticks
from render.frames import at_rate, dreamed_up_to, frame_count, in_loop_order, rate_ratio
from render.picture.picture import from_pixels, to_pixels
from render.picture.readback import own_stream, read_frames
from render.scene import Scene
from render.weights.catalogue import credits

SAFE = "what is dreamed is safe"
# Versions of the dream, of most films, and of those on footage, on a photo larger than the frame, or that follow a take: one
# counts up when the same settings begin to give other pictures.
VERSION = 1, 2
Watch = Callable[[Iterator[State], int, int], Iterable[State]]  # (states, tick to begin after, last tick) -> the same states
# (film, take, newest tick kept) -> the number of each tick that is on disk now, as it comes there
Dreamer = Callable[[Film, Take, Kept | None], Iterator[int]]


@dataclass(frozen=True)
class Shot:
    """What came of rendering a film."""

    folder: Path  # of the take
    paths: list[Path]  # of the prints; of a sequence, its first picture
    notices: list[str]  # to be told
    dreamed: int  # ticks dreamed now
    whole: bool  # the film was dreamed to its end

    def _repr_html_(self) -> str:
        """The take in a notebook: its film plays there, as long as it is small, or its poster is shown."""
        return html(self.folder, read_record(self.folder))


def shoot(
    config: Config,
    text: str,
    root: Path,
    device: torch.device,
    watch: Watch,
    fresh: bool = False,
    any_device: bool = False,
    known: Known | None = None,
    dreamer: Dreamer | None = None,
    first: Path | None = None,
    tell: Callable[[str], object] | None = None,
) -> Shot:
    """Render `config` into the take that has its pictures, or a new one under `root`.

    text: the configuration as written. watch: lets every state pass, and may stop early; then the film so far is developed.
    any_device: whether a take that was begun on another kind of device is gone on with. known: networks that are loaded
    already. dreamer: dreams it elsewhere, and keeps what comes of it in the take; then `device` only develops.
    first: the take to go on in, of several that could be. tell: hears, before anything is dreamed, what a person may want to
    know then; without it that is among the notices.
    Raises a RenderError: MissingError, DevelopError, RoomError or ConfigError by what cannot be had, made, held or asked for.
    """
    require_outputs(config)
    with explain_failures(config):
        config, film = build_for_take(config, root, device, fresh, known)
        chain, resolved = tick_chain(config, film, version_of(film)), config.yaml(from_folder(take_folder(root, config.name)))
        early = octave_notices(film)
        while tell and early:
            tell(early.pop(0))
        with open_take(root, config.name, fingerprint(config, film), text, resolved, fresh, chain, first) as take:
            note_whereabouts(config, take)
            if dreamer:  # which knows how many tiles and what precision its own device needs
                dreamed, last = expose(film, take, dreamer, Watermark())
                paths, notices = develop_so_far(config, film, take, last)
            else:
                film = in_recorded_tiles(in_recorded_precision(config, film, take, known), take)
                unchanged = partial(sound.require_same_music, config)
                spare = config.dream.tile == "auto"
                here = partial(dream_here, watch=watch, spare=spare, any_device=any_device, unchanged=unchanged)
                dreamed, last, (paths, notices) = dream_and_develop(config, film, root, take, here)
                notices = [*retile_notices(film, take), *notices]
            notices = [*take.notices, *early, *notices]
            return Shot(take.folder, paths, notices, dreamed, last == film.scene.clock.last_tick)


def build_for_take(config: Config, root: Path, device: torch.device, fresh: bool, known: Known | None) -> tuple[Config, Film]:
    """The film as it is dreamed for a take under `root`, with the seed that an unfinished take drew. Raises as `shoot`."""
    film = build(config, device, known)
    require_outputs(config, film.scene.size[::-1])
    if isinstance(config.seed, Drawn) and not fresh and (seed := unfinished_seed(root, config, film)) is not None:
        config = config.model_copy(update={"seed": seed})
        film = build(config, device, known)
    return config, replace(film, scene=with_flow_cache(film.scene, root))


def note_whereabouts(config: Config, take: Take) -> None:
    """Note where the film's own files lie, seen from the take, and what shapes its dreams wherever they do: prints ask that."""
    home = from_folder(take.folder)(config.places.folder)
    facts = {"home": str(take.record.get("home", home) if home == Path() else home), "settings": config.fingerprint_anywhere()}
    if any(take.record.get(key) != value for key, value in facts.items()):
        take.note(**facts)


Prints = tuple[list[Path], list[str]]  # the paths of all outputs, and notices to be told


def dream_and_develop(config: Config, film: Film, root: Path, take: Take, dreamer: Dreamer) -> tuple[int, int, Prints]:
    """Dream the film and develop its prints, at the same time where that helps: ticks dreamed, the last one, the prints."""
    watermark, device = Watermark(), film.scene.device
    dream = partial(expose, film, take, dreamer, watermark)
    if helps(device):
        scene = with_flow_cache(build_scene(config, device), root)

        def develop_beside() -> Prints:
            with own_stream(device):
                return develop(config, scene, take, watermark.wait_for)

        with alongside(develop_beside, watermark) as ahead:
            dreamed, last = dream()
            if last == film.scene.clock.last_tick:
                return dreamed, last, ahead.result()
    else:
        dreamed, last = dream()
    return dreamed, last, develop_so_far(config, film, take, last)


def in_recorded_precision(config: Config, film: Film, take: RecordKeeper, known: Known | None = None) -> Film:
    """The film in the precision that its take was begun in, though another would be chosen now: its pictures stay the same."""
    if "precision" not in take.record:
        take.note(precision=film.precision, networks=config.networks, credits=credits(config.networks))
    recorded = take.record.get("precision", film.precision)
    if recorded == film.precision or recorded not in DTYPES:
        return film
    dream = config.dream.model_copy(update={"precision": recorded})
    scene = film.scene
    return replace(build(config.model_copy(update={"dream": dream}), scene.device, known), scene=scene)


def require_outputs(config: Config, size: tuple[int, int] | None = None) -> None:
    """Refuse the first output that cannot be developed, with its place: ConfigError or MissingError.

    size: the film's (width, height), once it is known.
    """
    for count in range(1, len(config.outputs) + 1):
        try:
            formats.require(config.outputs[:count], config.name, size, has_sound(config))
        except RenderError as error:
            message = f"cannot be made: {error.message}"
            raise config.problem(f"outputs.{count - 1}", message, error.hint, type(error)) from error


def has_sound(config: Config) -> bool:
    """Whether anything is heard with the film."""
    return config.audio is not None or bool(config.facts.video and config.facts.video.sound)


def version_of(film: Film) -> int:
    """The version of the dream that makes the film."""
    follows = bool(film.followed(film.scene.clock.tick(0)))
    return VERSION[film.scene.source.moves or film.scene.source.photo is not None or follows]


def fingerprint(config: Config, film: Film) -> dict[str, Any]:
    """All that shapes the film's pictures: a take with the same is the same film."""
    shape = {"version": version_of(film), "seed": int(config.seed), "config": config.fingerprint()}
    return {**shape, "files": film.digest, "size": list(film.scene.size)}


def unfinished_seed(root: Path, config: Config, film: Film) -> int | None:
    """The seed of an unfinished take that asked for the same with `seed: random`: it is gone on with, not begun again."""
    for folder, record in unfinished_takes(root, config.name):
        seed = record.get("fingerprint", {}).get("seed")
        if not isinstance(seed, int):
            continue
        seeded = config.model_copy(update={"seed": seed})
        scene = replace(film.scene, path=camera_path(seeded, film.scene.size))
        same = same_film(folder, tick_chain(seeded, replace(film, scene=scene), version_of(film)))
        if record["fingerprint"] == fingerprint(seeded, film) if same is None else same:
            return seed
    return None


def octave_notices(film: Film) -> list[str]:
    """A notice if the network cannot use the smallest octaves."""
    ascent = film.ascent(film.scene.clock.tick(0), True)
    used = len(sizes(film.scene.size, ascent))
    if used == ascent.octaves:
        return []
    return [
        f"{used} of {ascent.octaves} octaves are dreamed: of a side under {ascent.min_side} pixels the network sees nothing"
    ]


def expose(film: Film, take: Take, dreamer: Dreamer, watermark: Watermark) -> tuple[int, int]:
    """Dream from the take's newest tick to the end of the film, or until the dreamer stops: ticks dreamed now, and the last.

    watermark: rises with each tick that is on disk.
    """
    join_shots(take)
    start, newest = monotonic(), take.negative().last()
    last = first = newest.tick if newest else -1
    watermark.advance(last + 1)
    for last in dreamer(film, take, newest):
        watermark.advance(last + 1)
    if last >= 0 and take.record.get("dreamed") != last + 1:  # dreamed now, or by a process that was killed before its note
        poster(film.scene, take, last // 2)
        take.note(
            seconds=round(take.record.get("seconds", 0) + monotonic() - start, 2),
            dreamed=last + 1,
            finished=last == film.scene.clock.last_tick,
        )
    return last - first, last


def dream_here(
    film: Film,
    take: Take,
    newest: Kept | None,
    watch: Watch,
    spare: bool,
    any_device: bool,
    unchanged: Callable[[], None] = lambda: None,
) -> Iterator[int]:
    """Dream the film in this process, after the newest tick, and keep each tick.

    spare: where memory ends, go on in smaller tiles. any_device: whether to go on with what another kind of device began.
    unchanged: raises where what the film moves to is no longer what it was.
    """
    state, end = state_of(newest, film.scene.device), film.scene.clock.last_tick
    first = state.tick if state else -1
    if first < end:
        take.note_device(describe(film.scene.device), torch.get_num_threads(), any_device)
    states = ticks_within_memory(film, state, take) if spare else ticks(film, state)

    def states_to_keep() -> Iterator[State]:
        for new in watch(states, first, end):
            unchanged()
            yield new

    yield from keep_ticks(take.negative(), states_to_keep(), film.scene.device)


def poster(scene: Scene, take: Take, tick: int) -> None:
    """Make the take's poster of a tick, as the film shows it."""
    canvas = from_pixels(take.negative().read(tick), scene.device)
    take.poster(to_pixels(scene.show(scene.clock.tick(tick), canvas), np.uint16))


def state_of(kept: Kept | None, device: torch.device) -> State | None:
    """The state that was kept, on a device."""
    return State.of(kept.tick, from_pixels(kept.canvas, device), kept.tensors) if kept else None


def develop_so_far(config: Config, film: Film, take: Take, last: int) -> Prints:
    """Develop the film as far as it was dreamed: one that ends elsewhere is another film, and its prints begin anew."""
    return develop(config, dreamed_up_to(film.scene, last), take) if last >= 0 else ([], [])


def develop(config: Config, scene: Scene, take: Take, wait_for: Callable[[int], None] = lambda ticks: None) -> Prints:
    """Develop the outputs that are not there yet from the take's negative, to the end of the scene's clock.

    wait_for: returns when so many ticks are on disk; no print gets its name before all are. Raises DevelopError, RoomError.
    """
    track = sound.film_sound(config, frame_count(scene) / scene.clock.fps)
    film = {
        "fps": str(scene.clock.fps),
        "frames": scene.clock.frames,
        "loop": scene.loop.name,
        "sound": sound.describe_sound(track),
        **({"amount": amount} if (amount := config.shown_digest) else {}),
    }
    missing, seams = take.missing_prints(config.outputs, film), list[str]()
    negative, (height, width), last = take.negative(), scene.size, scene.clock.last_tick
    bits = formats.most_bits(missing)

    def canvases(start: int, step: int) -> Iterator[Tensor]:
        for tick in range(start, last + 1 if step > 0 else -1, step):
            wait_for(tick + 1)
            yield from_pixels(negative.read(tick), scene.device)

    def read(scene: Scene, fps: Fraction) -> Iterator[Pixels]:
        clock = at_rate(scene.clock, fps, scene.loop)
        return read_frames(in_loop_order(scene, canvases, clock), scene.device, bits)

    def frames(fps: Fraction) -> Iterator[Pixels]:
        pictures = read(scene, fps)
        yield from pictures if not scene.loop.seamless or seams else measure_seam(pictures, seams.append)
        wait_for(last + 1)

    def cut_outs(fps: Fraction, alpha: str, linear: bool) -> Iterator[Pixels]:
        yield from read(replace(scene, alpha=alpha, linear=linear), fps)
        wait_for(last + 1)

    ratio = partial(rate_ratio, scene)
    size, recipe = (width, height), config.recipe(take.home)
    _, notices = prints.develop(
        missing, frames, size, scene.clock.fps, take.folder, config.name, recipe, track, ratio, cut_outs
    )
    take.note_prints(missing, film)
    if missing:
        poster(scene, take, last // 2)
    paths = [frame_path(take.folder / fill_name(output.file, config.name), 0) for output in config.outputs]
    return paths, notices + seams


@contextmanager
def explain_failures(config: Config) -> Iterator[None]:
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
                f"the GPU failed ({reason}); {SAFE}", "the same command goes on; --device cpu --any-device needs no GPU"
            ) from error
        raise


def smaller(size: Size) -> Size:
    """About half as many pixels."""
    return size.halved() if size.of_source else Size(size.width * 3 // 8 * 2, size.height * 3 // 8 * 2)
