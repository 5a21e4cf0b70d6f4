"""Revisions. A film that is flown becomes another version of itself: by a save of its file, by the page, by another size.

What is a number takes hold at the next step. An objective enters with weight 0 and rises; one that goes sinks to 0. All else is
a cut: the film begins anew, and why is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Any

from render.config import Config
from render.config.curve import read_curve
from render.errors import RenderError
from render.studio.file_numbers import write_numbers
from render.studio.flight import film_with, has_end, make_stage, with_other_terms
from render.studio.saves import changed_keys, fault_message, match_terms, skeleton
from render.studio.setup import Original, term_index

if TYPE_CHECKING:
    from render.studio.session import Session

RISE = 1.0  # seconds in which an objective of a saved file comes in, or goes
PAIRS = ("pan", "tilt", "center")  # motions that are two numbers


# ---- the file


def read_again(session: Session) -> None:
    """The film's file was saved: what it changes takes hold at the next step; a fault in it changes nothing."""
    if session.setup.script.reload is None:
        return
    try:
        config = session.setup.script.reload()
        if config != session.original.config:
            take_over(session, config)
    except RenderError as error:
        session.audience.tell(fault_message(error))
        return
    session.audience.tell({"type": "mended"})


def take_over(session: Session, config: Config) -> None:
    """Fly on as another version of the file says; where that is no matter of numbers, anew."""
    original = session.original
    new = Original.of(config, session.pixels, session.share)
    (shape, terms), (old_shape, old_terms) = skeleton(new.small), skeleton(original.small)
    matches = match_terms(terms, old_terms)
    if reasons := _reasons_to_cut(original.config, config, shape, old_shape, matches):
        cut(session, config, f"{' and '.join(reasons)}: this is another film, and begins anew")
        return
    places = [
        original.places[match] if match is not None else _plant(session, new.small.dream.objective[i])
        for i, match in enumerate(matches)
    ]
    for index in set(original.places) - set(places):
        drop_term(session, index, RISE)
    before = {original.in_stage(key): curve for key, curve in original.curves.items()}
    session.original = replace(new, places=tuple(places))
    for key, curve in new.curves.items():
        here = session.original.in_stage(key)
        if here in before and before[here].given != curve.given:
            session.hand.give_back(here, curve.written)
    session.audience.tell(session.vocabulary())


def _reasons_to_cut(
    old: Config, new: Config, shape: Mapping[str, Any], old_shape: Mapping[str, Any], matches: list[int | None]
) -> list[str]:
    """What of another version of a film is no matter of numbers, by its keys; nothing where all of it is."""
    if shape != old_shape:
        return changed_keys(shape, old_shape)
    if any(match is None and new.dream.objective[i].kind == "garden" for i, match in enumerate(matches)):
        return ["a garden"]
    return ["duration"] if has_end(new) != has_end(old) else []


def _plant(session: Session, term: Any) -> int:
    weight = term.weight.constant
    return add_term(session, term, 1.0 if weight is None else weight, RISE)


def write(session: Session, keys: list[str] | None) -> None:
    """Write the numbers that were set here into the film's file."""
    file, reload = session.setup.script.file, session.setup.script.reload
    if file is None or reload is None:
        raise RenderError("this film has no file to write to", "save the flight instead")
    values, original = session.values(), session.original
    wanted = [key for key in (sorted(session.hand.moved) if keys is None else keys) if key in values]
    if strange := [key for key in wanted if term_index(key) is not None and term_index(key) not in original.places]:
        raise RenderError(f"{strange[0]}: this objective was added here, and the file has none like it", "write it there")
    numbers = {original.in_file(key): _full_size(session, key, values[key]) for key in wanted}
    pairs = {
        f"motion.{name}": [values[f"motion.{name}.0"], values[f"motion.{name}.1"]]
        for name in PAIRS
        if f"motion.{name}.0" in values
    }
    write_numbers(file, numbers, pairs)
    session.hand.moved -= set(wanted)
    config = reload()
    session.original = replace(Original.of(config, session.pixels, session.share), places=original.places)


def _full_size(session: Session, key: str, value: float) -> float:
    """The number of the film as large as its file says, where the flight has a smaller one."""
    original, share = session.original, session.share
    (height, width), flown = original.size, session.stage.film.scene.size
    shrink = max(1.0, sqrt(height * width / (flown[0] * flown[1])))
    if key == "dream.steps":
        return min(500, max(1, round(value / share))) if value else 0
    if key == "dream.jitter":
        return min(512, round(value * shrink))
    if key == "dream.octaves":
        return float(min(20, value + original.effort.octaves - original.small.dream.octaves(original.config.clock.tick(0))))
    return float(value * share**0.5) if key == "dream.step_size" else float(value)


# ---- objectives


def add_term(session: Session, term: Any, weight: float, seconds: float) -> int:
    """Another objective, which rises from weight 0: its index. Raises ConfigError for one that cannot be."""
    stage, dream = session.stage, session.stage.config.dream
    dream = dream.model_copy(update={"objective": (*dream.objective, term_at(term, 0))})
    session.stage = with_other_terms(stage, stage.config.model_copy(update={"dream": dream}), session.known)
    session.live_take.note_film(session.stage)
    session.film = film_with(session.stage, session.rows)
    index = len(dream.objective) - 1
    session.set({f"dream.objective.{index}.weight": weight}, seconds)
    session.audience.tell(session.vocabulary())
    return index


def plant(session: Session, term: Any, what: str) -> None:
    """An objective that no film can take up on its way: the film begins anew with it, and with those that were added before."""
    config, values = session.original.config, session.values()
    added = [
        term_at(other, values[f"dream.objective.{index}.weight"])
        for index, other in enumerate(session.stage.config.dream.objective)
        if index not in session.original.places and index not in session.dropped
    ]
    dream = config.dream.model_copy(update={"objective": (*config.dream.objective, *added, term)})
    cut(session, config.model_copy(update={"dream": dream}), f"{what}: the film begins anew")
    session.original = Original.of(config, session.pixels, session.share)  # which has none of these


def term_at(term: Any, weight: float) -> Any:
    """The same objective, of another weight."""
    return term.model_copy(update={"weight": read_curve(weight, term.weight.span)})


def drop_term(session: Session, index: int, seconds: float) -> None:
    """An objective's weight goes to 0."""
    session.set({f"dream.objective.{index}.weight": 0.0}, seconds)
    session.dropped.add(index)


# ---- cuts


def cut(session: Session, config: Config, why: str) -> None:
    """The film begins anew, since something is another that is no number."""
    _begin_anew(session, Original.of(config, session.pixels, session.share), {}, why)


def resize(session: Session, pixels: int, why: str) -> None:
    """The film begins anew with about so many pixels; numbers that were set here stay so."""
    session.pixels = pixels
    moved = session.moved_values()
    _begin_anew(session, Original.of(session.original.config, pixels, session.share), {**moved, **session.hand.pending}, why)


def _begin_anew(session: Session, original: Original, numbers: Mapping[str, Any], why: str) -> None:
    """numbers: that were set here and stay so, as far as the film has them."""
    stage = make_stage(original.small, session.setup.device, session.known)  # where that fails, the old film plays on
    session.close_take()
    session.original, session.stage, session.rows, session.dropped = original, stage, {}, set()
    session.hand.pending = dict(numbers)
    session.hand.keep_only(stage.spans if numbers else ())
    session.wall.know(session.known.values())
    session.say(why)
    session.start_over()
    session.audience.tell(session.vocabulary())
    session.audience.tell(session.wall.knowledge())
