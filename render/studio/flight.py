"""Flights. A film that is flown, and the rows that are its flight: (Stage, rows) -> a frozen Film, (Stage, rows) -> a table.

A Stage is built once. Each edit makes another frozen film of it, whose clock has one row more: equal to the one before at all
times up to now, since a row rules from just after its time on. Written as a table, the rows are a schedule of the film, and
that film is the flight that was flown, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, log
from typing import Any

import numpy as np
import torch

from render.config import Config
from render.config.curve import Curve
from render.config.hold import UNSAID, Hold
from render.config.moving import movable, overlay
from render.config.scalars import Size, Time
from render.config.track import Array, Span, Track
from render.construct import build, build_scene
from render.construct.camera import camera_path
from render.construct.networks import Known
from render.construct.palette import colour_hold
from render.construct.scene import shown_amount
from render.construct.source import frame_size
from render.film import Film
from render.moment import CELLS, Clock
from render.picture.picture import Pixels
from render.scene import Scene
from render.source.flow import FlowPair

Rows = Mapping[str, Hold]  # by the key of the number they move

ENDLESS = Time(Fraction(86_400), "seconds", "86400s")  # of film: a day, the longest that a film may be
INSTANTS = 257  # instants at which it is seen whether a number knows how long its film is
MOVES_ITSELF = (".webm", ".mp4", ".mov", ".mkv", ".avi", ".m4v", ".gif")  # endings of masks that are as long as their film


@dataclass(frozen=True)
class Stage:
    """What stays the same from one cut to the next."""

    config: Config  # of the film as it is flown, before any row: its size and steps, no loop
    live: Config  # the same, with numbers that rows may move
    film: Film  # built of that
    endless: bool  # whether the flight goes on for as long as one likes

    @cached_property
    def spans(self) -> Mapping[str, Span]:
        """What the numbers that can be moved may be, by their keys."""
        return dict(steerable(self.config))

    @cached_property
    def curves(self) -> Mapping[str, Curve]:
        """The numbers as the film says them, by their keys; those that it leaves out are left out."""
        return dict(self.config.curves())


def make_stage(config: Config, device: torch.device, known: Known) -> Stage:
    """The stage of a film that is to be flown as it is, but for its loop, its end and what it follows. Raises as `build`."""
    endless = not has_end(config)
    changes = {"loop": "none", "follow": None, **({"duration": ENDLESS} if endless else {})}
    plain = config.model_copy(update=changes)
    live = with_live_numbers(plain)
    film = build(live, device, known)
    return Stage(plain, live, replace(film, scene=remember_flow(film.scene)), endless)


def remember_flow(scene: Scene) -> Scene:
    """The same scene, whose estimator knows the pair it saw last: a step asks for it, and then what is shown of the step."""
    estimator = scene.estimator
    if estimator is None:
        return scene
    newest: list[tuple[Pixels, Pixels, FlowPair]] = []

    def trace(earlier: Pixels, later: Pixels) -> FlowPair:
        for before, after, pair in newest:
            if np.array_equal(before, earlier) and np.array_equal(after, later):
                return pair
        newest[:] = [(earlier, later, estimator.trace(earlier, later))]
        return newest[0][2]

    return replace(scene, estimator=replace(estimator, trace=trace))


def with_other_terms(stage: Stage, config: Config, known: Known) -> Stage:
    """The same stage with other objectives: its scene stays, and so do its networks."""
    live = with_live_numbers(config)
    film = build(live, stage.film.scene.device, known)
    return replace(stage, config=config, live=live, film=replace(film, scene=stage.film.scene))


def has_end(config: Config) -> bool:
    """Whether the film cannot go on past its end: footage, and numbers that know how long it is."""
    masks = [config.mask, *(term.mask for term in config.dream.objective)]
    moving_mask = any(mask and mask.file and mask.file.suffix.lower() in MOVES_ITSELF for mask in masks)
    return config.source.moves or moving_mask or counts_to_end(config)


def counts_to_end(config: Config) -> bool:
    """Whether the film would be another if it ended at another time."""
    return config.motion.centers is not None or bool(config.motion.to) or bool(numbers_to_end(config))


def numbers_to_end(config: Config) -> list[str]:
    """The numbers that would move otherwise in a longer film: they count in p, in % or to the end."""
    clock = config.clock
    longer = replace(clock, frames=3 * clock.frames)
    seconds = np.linspace(0, clock.seconds, INSTANTS)[:-1]
    with np.errstate(all="ignore"):
        return [
            key
            for key, curve in config.curves()
            if curve.constant is None and not np.array_equal(curve.over(seconds, clock), curve.over(seconds, longer), True)
        ]


def steerable(config: Config) -> Iterator[tuple[str, Span]]:
    """The key and the span of every number that a flight may move: colours cannot be held to those of noise, which has none."""
    colourless = config.source.kind == "noise" and not (config.look.colour and config.look.colour.palette)
    return ((key, span) for key, span in movable(config) if not (colourless and key == "look.colour.hold"))


def with_live_numbers(config: Config) -> Config:
    """The same film; where its clock has rows of a number, that number moves as they say."""
    curves = dict(config.curves())
    live = {
        key: _live(key, span, curves.get(key)) for key, span in steerable(config) if key in curves or _may_be_said(config, key)
    }
    moved: Config = overlay(config, live)  # type: ignore[assignment]
    return moved


def _may_be_said(config: Config, key: str) -> bool:
    """Whether a number that the film leaves out can be moved: footage keeps its own tone."""
    return key.startswith("look.") and not config.source.moves


def _live(key: str, span: Span, curve: Curve | None) -> Curve:
    base = curve.track if curve else UNSAID

    def at(seconds: Array, clock: Clock) -> Array:
        return (clock.rows.get(key) or base.at)(seconds, clock)

    return Curve(curve.given if curve else None, span, Track(at, base.names, require=base.require), scheduled=True)


def film_with(stage: Stage, rows: Rows, before: Film | None = None, tick: int = 0) -> Film:
    """The frozen film that is flown with these rows.

    before: another that is equal up to that tick, which has worked out the camera's way so far.
    """
    clock = replace(stage.film.scene.clock, rows=rows)
    path = camera_path(stage.live, stage.film.scene.size, clock)
    if before:
        path.cache.begin_as(before.scene.path.cache, floor(clock.tick(tick).seconds))
    scene = replace(stage.film.scene, clock=clock, path=path)
    scene = replace(scene, amount=shown_amount(stage.live, scene))
    if stage.live.look.colour:
        scene = replace(scene, colours=colour_hold(stage.live, scene))
    return replace(stage.film, scene=scene)


def scene_of_its_own(stage: Stage, rows: Rows) -> Scene:
    """The scene that is flown with these rows, made anew for another thread: a source decodes for one reader at a time."""
    scene = build_scene(stage.live, stage.film.scene.device)
    return film_with(replace(stage, film=replace(stage.film, scene=scene)), rows).scene


# ---- rows


def row_time(clock: Clock, tick: int) -> Fraction:
    """When a row begins that is written at a tick: on the edge of the camera's cells at or after it, in seconds."""
    return Fraction(ceil(clock.place(tick) / clock.fps * CELLS), CELLS)


def with_values(stage: Stage, rows: Rows, tick: int, values: Mapping[str, object]) -> Rows:
    """The rows and one more for each of `values`, from tick `tick` on. Raises SettingError for what a number cannot be."""
    time, spans = row_time(stage.film.scene.clock, tick), stage.spans
    new = {}
    for key, value in values.items():
        curve = stage.curves.get(key)
        first = Hold((), (), spans[key], before=curve.track if curve else UNSAID)
        new[key] = rows.get(key, first).and_then(time, value)
    return {**rows, **new}


def up_to_tick(stage: Stage, rows: Rows, tick: int) -> Rows:
    """The rows that were written before tick `tick`."""
    time = row_time(stage.film.scene.clock, tick)
    kept = {key: hold.up_to(time) for key, hold in rows.items()}
    return {key: hold for key, hold in kept.items() if hold.times}


def first_rows(stage: Stage) -> Rows:
    """The rows that a film brings which is a flight already: it flies as it was flown until a hand takes over."""
    return {key: curve.track.at for key, curve in stage.curves.items() if isinstance(curve.track.at, Hold)}


def rows_by_tick(stage: Stage, rows: Rows) -> dict[int, dict[str, Any]]:
    """The rows as they were written: tick -> what was set there."""
    clock = stage.film.scene.clock
    ticks: dict[int, dict[str, Any]] = {}
    for key, hold in rows.items():
        for time, value in zip(hold.times, hold.values, strict=True):
            tick = int(time * clock.rate) if not clock.on_frames else clock.beside(time)[0]
            ticks.setdefault(tick, {})[key] = value
    return dict(sorted(ticks.items()))


# ---- how long a flight is


def flown_length(clock: Clock, last: int) -> Fraction:
    """The length, in seconds, of the film whose last tick is `last`.

    Over footage the way to the tick after counts, too: where frames lie so that it is no usual one, the film has one tick more.
    """
    place, after = clock.place(last), clock.place(last + 1)
    usual = not clock.on_frames or after - place == clock.fps / clock.rate
    return (floor(place if usual else after) + 1) / clock.fps


def flown_config(stage: Stage, last: int) -> Config:
    """The film of a flight up to tick `last`, but for its rows; all of a film that would be another if it ended there."""
    clock = stage.film.scene.clock
    if last >= clock.last_tick or counts_to_end(stage.config):
        return stage.config
    frames = flown_length(clock, last) * clock.fps
    return stage.config.model_copy(update={"duration": Time(Fraction(frames), "frames", f"{frames} frames")})


# ---- size


def at_size(config: Config, pixels: int, share: float) -> Config:
    """The same film of about so many pixels, with that share of its steps: patterns keep their size in the frame.

    One that is small enough stays as large as it is. What is changed is what a draft changes (config/draft.py).
    """
    height, width = frame_size(config)
    shrink = max(1.0, (height * width / pixels) ** 0.5)
    size = Size(_even(width / shrink), _even(height / shrink)) if shrink > 1 else Size(width, height)
    scale = config.dream.octave_scale(config.clock.tick(0))
    formulas = {
        "steps": f"ceil(x * {share:.6g})",
        "first_steps": f"ceil(x * {share:.6g})",
        "octaves": f"max(1, x - {round(log(shrink) / log(scale))})",
        "jitter": f"ceil(x / {shrink:.6g})",
        "step_size": f"min({config.dream.step_size.span.high:g}, {share**-0.5:.6g} * x)",
    }
    changes = {name: _through(getattr(config.dream, name), formula) for name, formula in formulas.items()}
    return config.model_copy(update={"size": size, "dream": config.dream.model_copy(update=changes)})


def _through(curve: Curve, formula: str) -> Curve:
    return curve if curve.scheduled else curve.map(formula)


def _even(side: float) -> int:
    return max(16, round(side / 2) * 2)
