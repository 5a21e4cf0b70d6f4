"""Sessions. A Session is a film that is being flown: a frozen film, its state, and one thread that takes the next step.

    state = step(film, state)     while it plays: the fold of any film

Whoever wants something of it posts an order, which is carried out between two steps (orders.py has what can be ordered). What
there is to see and to hear goes to the audience.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from time import monotonic
from typing import Any, Protocol

import numpy as np
import torch

from render.config import Config
from render.config.curve import read_curve
from render.config.hold import Hold
from render.config.scalars import read_size
from render.construct.scene import frame_size
from render.develop.shoot import explain_failures
from render.errors import RenderError
from render.film import Film, State, begin, step
from render.frames import frame_count
from render.loops import LOOPS
from render.picture.picture import from_pixels
from render.studio.dreams import dream_message
from render.studio.filing import fault_message, match_terms, skeleton, write_numbers
from render.studio.flight import (
    Rows,
    Stage,
    at_size,
    film_with,
    has_end,
    knows_its_end,
    make_stage,
    up_to_tick,
    with_other_terms,
    with_values,
)
from render.studio.governor import FIRST, PATIENCE, SHARE, Effort, advise, because
from render.studio.handles import terms, values_at, vocabulary, why_fixed
from render.studio.jobs import Jobs
from render.studio.plates import Wall
from render.studio.record import Recording, write_flight
from render.studio.takes import LiveTake, adopt, recorded_film, state_at
from render.studio.thin import count_rows, thin_rows

Message = dict[str, Any]
Reply = Callable[[Message], None]
Carry = Callable[["Session", Message, Reply], None]
LATELY = 12  # dreams over which the pace is measured
FLEETING = ("tick", "seconds", "values", "dreams", "share", "keeps_up")  # of the state: what a dream's header tells, too
OFTEN = 0.5  # seconds after which these are told again
IDLE = 0.5  # seconds between two looks whether the end is asked for
EFFORT = ("steps", "first_steps", "octaves", "jitter", "step_size")  # of the dream: what a smaller flight has less of
RULED = ("dream.steps", "dream.octaves", "dream.step_size")  # numbers that the governor sets
TIRED = 8  # settlings after which the governor leaves a film as it is


class Audience(Protocol):
    """Whoever looks on."""

    def tell(self, message: Message) -> None:
        """A message for all."""

    def show(self, dream: bytes) -> None:
        """A dream for all; who is late sees the newest only."""


@dataclass(frozen=True)
class Setup:
    """What a session is asked for."""

    config: Config  # the film as its file says
    file: Path | None  # that file
    text: str  # what stands in it
    root: Path  # of takes
    device: torch.device
    reload: Callable[[], Config] | None = None  # reads the file again; raises a RenderError
    pixels: int = FIRST  # of the flight, at most
    share: float = SHARE  # of the film's steps
    govern: bool = True  # whether the governor may change these
    pace: bool = True  # whether film time is at most as fast as the wall clock
    known: dict[Any, Any] = field(default_factory=dict)  # networks that are loaded

    @property
    def folder(self) -> Path:
        """Where flights are written."""
        return self.file.absolute().parent if self.file else Path.cwd()


@dataclass(frozen=True)
class Glide:
    """A number on its way to another."""

    key: str
    start: float
    end: float
    first: int  # tick at which it began
    ticks: int  # that it takes
    log: bool  # by equal factors

    def at(self, tick: int) -> float:
        """The number for the step that begins at `tick`."""
        share = min(1.0, (tick - self.first + 1) / self.ticks)
        if self.log:
            return float(np.exp(np.log(self.start) * (1 - share) + np.log(self.end) * share))
        return self.start + (self.end - self.start) * share


class Session:
    """A film that is being flown, by the thread that runs it. All but `post` and `end` belongs to that thread."""

    def __init__(self, setup: Setup, audience: Audience, carry: Carry) -> None:
        self.setup = setup
        self.audience = audience
        self.carry = carry  # carries out an order
        self.known = setup.known
        self.pixels, self.share = setup.pixels, setup.share
        self.filed = setup.config  # as the file was last read without a fault
        self.filed_small = at_size(setup.config, self.pixels, self.share)  # the same at the size that is flown
        self.stage: Stage = make_stage(self.filed_small, setup.device, self.known)
        self.places = list(range(len(setup.config.dream.objective)))  # of the file's objectives in the stage's
        self.rows: Rows = {}
        self.film: Film = self.stage.film
        self.state: State | None = None
        self.take: LiveTake | None = None
        self.serial = 0  # of dreams that were shown
        self.playing, self.recording, self.scrubbed = True, False, False
        self.shown = 0  # the tick that is seen
        self.govern, self.settlings = setup.govern, 0
        self.pending: dict[str, Any] = {}  # numbers that were set since the last step
        self.glides: dict[str, Glide] = {}
        self.moved: set[str] = set()  # keys that are set here and not by the file
        self.dropped: set[int] = set()  # objectives that were taken out
        self.jobs = Jobs(setup.root, audience.tell)
        self.wall = Wall(self.known.values(), setup.device, audience.tell)
        self.marks: dict[int, str] = {}
        self.flights: list[Message] = []
        self.recordings: dict[str, tuple[Recording, Stage, Rows, int]] = {}
        self.paused_by = ""
        self._orders: SimpleQueue[tuple[Message, Reply]] = SimpleQueue()
        self.ending = Event()  # set: end after the step at work; nothing is lost
        self._steps: deque[tuple[float, float]] = deque(maxlen=LATELY)  # seconds of each step: dreaming, and all of it
        self._fresh: list[float] = []  # seconds of dreams since the governor last changed something
        self._due = monotonic()
        self._last_state: Message = {}
        self._told = 0.0  # when the state was told last

    # ---- for other threads

    def post(self, order: Message, reply: Reply = lambda message: None) -> None:
        """Order something."""
        self._orders.put((order, reply))

    # ---- the thread

    def run(self) -> None:
        """Fly until the end is asked for. What goes wrong pauses the flight and is told."""
        try:
            self.start_over()
            while not self.ending.is_set():
                self._obey()
                if self.flying:
                    self._protected(self.advance)
        finally:
            self.close()

    @property
    def flying(self) -> bool:
        """Whether the next step is to be taken."""
        return self.playing and not self.scrubbed and not self.ended and self.state is not None

    @property
    def ended(self) -> bool:
        """Whether the film is over: that of a flight has no end, unless the film knows its own."""
        return self.head >= self.stage.film.scene.clock.last_tick

    @property
    def head(self) -> int:
        """The newest tick; -1 before there is one."""
        return self.state.tick if self.state else -1

    def _obey(self) -> None:
        """Carry out what was ordered, waiting until the next step is due."""
        while not self.ending.is_set():
            wait = max(0.0, self._due - monotonic()) if self.flying else IDLE
            try:
                order, reply = self._orders.get(timeout=wait) if wait > 0 else self._orders.get_nowait()
            except Empty:
                return
            self.carry(self, order, reply)
            self.tell_state()

    def _protected(self, act: Callable[[], None]) -> None:
        """Do it; where that fails, pause and say why."""
        try:
            with explain_failures(self.stage.config):
                act()
        except RenderError as error:
            self.playing, self.paused_by = False, error.message
            self.say(error.message, error.hint, grave=True)
            self.tell_state()

    # ---- takes

    def start_over(self) -> None:
        """A new take from tick 0. Numbers that are set here are so from its first step on."""
        values = self._moved_values()
        self._new_take()
        self.rows = first_rows(self.stage)
        self.pending = {**values, **self.pending}
        self.glides, self.marks, self.film = {}, {}, film_with(self.stage, self.rows)

        def first() -> None:
            if not self.serial:  # the page has something to show while the first dream of all is dreamed
                self._show(State(0, self.film.scene.picture(self.film.scene.clock.tick(0))), 0.0, cut=True)
            began = monotonic()
            state = begin(self.film)
            assert self.take
            self.take.keep(state)
            self.state = state
            self._show(state, monotonic() - began, cut=True)

        self._protected(first)
        self._due = monotonic()
        self.tell_state()

    def _new_take(self) -> None:
        self.close_take()
        self.state, self.recording, self.scrubbed = None, False, False
        self.take = LiveTake(self.setup.root, self.stage, self.setup.text)

    def fork(self, tick: int) -> None:
        """A new take whose first ticks are those of this one, up to `tick`; the flight goes on from there."""
        take, rows = self._take(), up_to_tick(self.stage, self.rows, tick)
        state, old = state_at(take, self.stage, self.rows, tick), take.folder
        marks = {at: name for at, name in self.marks.items() if at <= tick}
        self._new_take()
        self._take().begin_from(old, state)
        for at, values in by_tick(self.stage, rows).items():
            self._take().write_rows(at, values)
        self.rows, self.state, self.marks, self.glides = rows, state, marks, {}
        self.film = film_with(self.stage, rows)
        self._show(state, 0.0, cut=True)
        self._due = monotonic()

    def close_take(self) -> None:
        """Make the live take one that `render` knows."""
        if self.take:
            take, self.take = self.take, None
            take.close(self.stage, self.rows, self.head, self.known)

    def close(self) -> None:
        """End: the live take is a take."""
        self.jobs.close()
        self.wall.close()
        self.close_take()

    def _take(self) -> LiveTake:
        assert self.take, "a session that runs has a take"
        return self.take

    @property
    def live_take(self) -> LiveTake:
        """The take that is being flown."""
        return self._take()

    def save(self, name: str) -> Recording:
        """Write the flight so far beside the film, and give it its take: nothing is dreamed twice."""
        assert self.state
        rows = up_to_tick(self.stage, self.rows, self.head) if self.stage.endless else self.rows
        recording = write_flight(self.stage, rows, self.head, self.setup.folder, name, self.setup.file)
        film = recorded_film(recording, self.stage, self.known)
        adopt(recording, film, self._take(), self.head)
        self.recordings[name] = recording, self.stage, rows, self.head
        size = self.stage.film.scene.size
        flight = {
            "name": name,
            "yaml": str(recording.yaml),
            "csv": str(recording.table) if recording.table else None,
            "ticks": self.head + 1,
            "seconds": self.film.scene.clock.tick(self.head).seconds,
            "size": [size[1], size[0]],
        }
        self.flights = [*(other for other in self.flights if other["name"] != name), flight]
        return recording

    def thin(self, name: str, pixels: float) -> None:
        """Drop the rows of a saved flight that are seen least, up to an error of so many pixels at 1080p."""
        _, stage, rows, last = self.recordings[name]
        thinned, error = thin_rows(stage, rows, last, pixels)
        recording = write_flight(stage, thinned, last, self.setup.folder, name, self.setup.file)
        self.recordings[name] = recording, stage, thinned, last
        flight = next(flight for flight in self.flights if flight["name"] == name)
        counts = {"rows": count_rows(thinned), "rows_before": count_rows(rows)}
        self.audience.tell({"type": "flight", "flight": flight, **counts, "pixels": round(error, 3)})

    def large_flight(self, name: str, size: str, quality: str) -> Path:
        """The file of a saved flight at another size, written beside it: as flown, a draft, or with the film's own steps."""
        recording, stage, rows, last = self.recordings[name]
        full = self.filed.model_copy(update={"size": read_size(size)})
        effort = {} if quality == "flown" else {key: getattr(full.dream, key) for key in EFFORT}
        config = stage.config.model_copy(update={"size": full.size, "dream": stage.config.dream.model_copy(update=effort)})
        kept = {key: hold for key, hold in rows.items() if quality == "flown" or key not in ruled(self.moved)}
        other = f"{name}-{size}" + ("" if quality == "final" else f"-{quality}")
        return write_flight(replace(stage, config=config), kept, last, self.setup.folder, other, recording.yaml).yaml

    # ---- a step

    def advance(self) -> None:
        """The next tick, by the numbers as they are set now."""
        began = monotonic()
        state, tick = self.state, self.head
        assert state
        values = self._values(tick)
        if values:
            self.rows = with_values(self.stage, self.rows, tick, values)
            self._take().write_rows(tick, values)
            self.film = film_with(self.stage, self.rows)
        dreaming = monotonic()
        new = step(self.film, state)
        took = monotonic() - dreaming
        self._take().keep(new)
        self.state = new
        self._show(new, took)
        if values:
            self.audience.tell({"type": "values", "tick": new.tick, "values": self.values(values)})
        self._steps.append((took, monotonic() - began))
        self._rule(took)
        self._due = max(self._due + 1 / float(self.film.scene.clock.rate), monotonic()) if self.setup.pace else monotonic()
        self.tell_state()

    def _values(self, tick: int) -> dict[str, Any]:
        """What is set at a tick: by a hand, by what glides, and by a schedule of the film's own, a row a tick."""
        gliding = {key: glide.at(tick) for key, glide in self.glides.items()}
        self.glides = {key: glide for key, glide in self.glides.items() if tick - glide.first + 1 < glide.ticks}
        spans = self.stage.spans
        values = {**self._scheduled(tick), **gliding, **self.pending}
        self.pending = {}
        return {key: round(value) if spans[key].whole and isinstance(value, float) else value for key, value in values.items()}

    def _scheduled(self, tick: int) -> dict[str, float]:
        """The numbers that a table of the film's own moves, at the end of the step; what a hand moved is its own."""
        moment = self.film.scene.clock.tick(tick + 1)
        return {
            key: curve(moment)
            for key, curve in self.stage.config.curves()
            if curve.scheduled and not isinstance(curve.track.at, Hold) and key not in self.moved
        }

    def set(self, values: Mapping[str, float], seconds: float = 0.0) -> None:
        """Set numbers, from the next step on; or let them glide there in so many seconds of film."""
        spans = self.stage.spans
        for key, value in values.items():
            if key not in spans:
                raise RenderError(f"{key}: this film has no such number")
            if why := why_fixed(self.stage, key):
                raise RenderError(f"{key} cannot be moved in flight: {why}")
            if not np.isfinite(value):
                raise RenderError(f"{key}: {value} is no number to work with")
        now = self.values()
        for key, value in values.items():
            span = spans[key]
            wanted = float(min(max(value, span.low), span.high))
            self.moved.add(key)
            self.glides.pop(key, None)
            ticks = round(seconds * float(self.stage.film.scene.clock.rate))
            if ticks > 1 and key in now:
                self.pending.pop(key, None)
                self.glides[key] = Glide(key, now[key], wanted, self.head, ticks, span.log)
            else:
                self.pending[key] = round(wanted) if span.whole else wanted

    def release(self, keys: list[str]) -> None:
        """Give numbers back to the film's file."""
        for key in keys:
            curve = dict(self.filed_small.curves()).get(key)
            self.moved.discard(key)
            self.glides.pop(key, None)
            if curve is not None and key in self.rows:
                self.pending[key] = curve.written

    def add_term(self, term: Any, weight: float, seconds: float) -> int:
        """Another objective, which rises from weight 0: its index. Raises ConfigError for one that cannot be."""
        silent = term.model_copy(update={"weight": read_curve(0, term.weight.span)})
        dream = self.stage.config.dream
        dream = dream.model_copy(update={"objective": (*dream.objective, silent)})
        self.stage = with_other_terms(self.stage, self.stage.config.model_copy(update={"dream": dream}), self.known)
        self.film = film_with(self.stage, self.rows)
        index = len(dream.objective) - 1
        self.set({f"dream.objective.{index}.weight": weight}, seconds)
        self.audience.tell(self.vocabulary())
        return index

    def drop_term(self, index: int, seconds: float) -> None:
        """An objective's weight goes to 0."""
        self.set({f"dream.objective.{index}.weight": 0.0}, seconds)
        self.dropped.add(index)

    def file_saved(self) -> None:
        """The film's file is another: what it changes takes hold at the next step; a fault in it changes nothing."""
        if self.setup.reload is None:
            return
        try:
            config = self.setup.reload()
            if config != self.filed:
                self._take_over(config)
        except RenderError as error:
            self.audience.tell(fault_message(error))
            return
        self.audience.tell({"type": "mended"})

    def _take_over(self, config: Config) -> None:
        """Fly on as another version of the file says; where that is no matter of numbers, anew."""
        small = at_size(config, self.pixels, self.share)
        (shape, new), (old_shape, old) = skeleton(small), skeleton(self.filed_small)
        matches = match_terms(new, old)
        planted = any(match is None and config.dream.objective[i].kind == "garden" for i, match in enumerate(matches))
        if shape != old_shape or planted or has_end(config) != has_end(self.filed):
            what = changed_keys(shape, old_shape) or (["a garden"] if planted else ["duration"])
            self.cut(config, f"{' and '.join(what)}: this is another film, and begins anew")
            return
        places = [
            self.places[match] if match is not None else self._planted(small.dream.objective[i])
            for i, match in enumerate(matches)
        ]
        for index in {self.places[match] for match in range(len(old))} - set(places):
            self.drop_term(index, 1.0)
        before = {in_stage(key, self.places): curve for key, curve in self.filed_small.curves()}
        for key, curve in small.curves():
            here = in_stage(key, places)
            if here in before and before[here].given != curve.given:
                self.pending[here] = curve.written
                self.moved.discard(here)
                self.glides.pop(here, None)
        self.filed, self.filed_small, self.places = config, small, places
        self.audience.tell(self.vocabulary())

    def _planted(self, term: Any) -> int:
        weight = term.weight.constant
        return self.add_term(term, 1.0 if weight is None else weight, 1.0)

    def write(self, keys: list[str] | None) -> None:
        """Write the numbers that were set here into the film's file."""
        file = self.setup.file
        if file is None:
            raise RenderError("this film has no file to write to", "save the flight instead")
        values, back = self.values(), {here: number for number, here in enumerate(self.places)}
        wanted = [key for key in (sorted(self.moved) if keys is None else keys) if key in values]
        if foreign := [key for key in wanted if _term_index(key) is not None and _term_index(key) not in back]:
            raise RenderError(f"{foreign[0]}: this objective was added here, and the file has none like it", "write it there")
        numbers = {in_file(key, back): self._full_size(key, values[key]) for key in wanted}
        pairs = {
            f"motion.{name}": [values[f"motion.{name}.0"], values[f"motion.{name}.1"]]
            for name in ("pan", "tilt", "center")
            if f"motion.{name}.0" in values
        }
        write_numbers(file, numbers, pairs)
        self.moved -= set(wanted)
        assert self.setup.reload
        self.filed = self.setup.reload()
        self.filed_small = at_size(self.filed, self.pixels, self.share)

    def _full_size(self, key: str, value: float) -> float:
        """The number of the film as large as its file says, where the flight has a smaller one."""
        height, width = self.filed_size
        flown = self.stage.film.scene.size
        shrink = max(1.0, sqrt(height * width / (flown[0] * flown[1])))
        if key == "dream.steps":
            return min(500, max(1, round(value / self.share))) if value else 0
        if key == "dream.jitter":
            return min(512, round(value * shrink))
        if key == "dream.octaves":
            return float(min(20, value + self.most.octaves - self.filed_small.dream.octaves(self.filed.clock.tick(0))))
        return float(value * self.share**0.5) if key == "dream.step_size" else float(value)

    def resize(self, pixels: int, why: str) -> None:
        """The film begins anew with about so many pixels; numbers that were set here stay so."""
        self.pixels = pixels
        self.close_take()
        moved = self._moved_values()
        self.rows, self.dropped = {}, set()
        self.places = list(range(len(self.filed.dream.objective)))
        self.filed_small = at_size(self.filed, self.pixels, self.share)
        self.stage = make_stage(self.filed_small, self.setup.device, self.known)
        self.pending = {key: value for key, value in {**moved, **self.pending}.items() if key in self.stage.spans}
        self.moved &= set(self.stage.spans)
        self.say(why)
        self.start_over()
        self.audience.tell(self.vocabulary())

    def _moved_values(self) -> dict[str, Any]:
        return {key: hold.values[-1] for key, hold in self.rows.items() if key in self.moved and hold.times}

    def cut(self, config: Config, why: str) -> None:
        """The film begins anew, since something is another that is no number."""
        self.close_take()
        self.rows, self.moved, self.dropped, self.pending = {}, set(), set(), {}
        self.places = list(range(len(config.dream.objective)))
        self.filed, self.filed_small = config, at_size(config, self.pixels, self.share)
        self.stage = make_stage(self.filed_small, self.setup.device, self.known)
        self.say(why)
        self.start_over()
        self.audience.tell(self.vocabulary())

    # ---- the governor

    @property
    def effort(self) -> Effort:
        """What a dream costs now."""
        return self._effort_of(self.values(), self.stage)

    @property
    def most(self) -> Effort:
        """What one would cost as the film's file says."""
        config = self.filed
        moment = config.clock.tick(0)
        height, width = self.filed_size
        return Effort(height * width, int(config.dream.steps(moment)), int(config.dream.octaves(moment)))

    @property
    def filed_size(self) -> tuple[int, int]:
        """(height, width) of the film as its file says."""
        return frame_size(self.filed)

    @property
    def network_name(self) -> str:
        """The film's own network, as YAML has it."""
        name: str = self.filed.resolved()["dream"]["network"]
        return name

    def _effort_of(self, values: Mapping[str, float], stage: Stage) -> Effort:
        height, width = stage.film.scene.size
        return Effort(height * width, int(values.get("dream.steps", 1)), int(values.get("dream.octaves", 1)))

    def _rule(self, took: float) -> None:
        """Let the governor look at a dream that took so long."""
        self._fresh.append(took)
        if not self.govern or self.recording or self.settlings >= TIRED or len(self._fresh) < PATIENCE:
            return
        effort, most = self.effort, self.most
        wanted = advise(effort, most, min(self._fresh), 1 / float(self.film.scene.clock.rate))
        self._fresh = []
        self.settlings += 1
        if wanted == effort:
            self.settlings = TIRED
        elif wanted.pixels != effort.pixels:
            self.settlings = TIRED  # once: nobody wants to fly through beginnings
            if not self.moved and not self.dropped and len(self.places) == len(self.stage.config.dream.objective):
                self.resize(wanted.pixels, "this machine does not keep up at that size: the film begins anew, smaller")
        else:
            self._set_effort(wanted, most)

    def _set_effort(self, wanted: Effort, most: Effort) -> None:
        far = self.filed.dream.step_size(self.filed.clock.tick(0)) * (most.steps / max(1, wanted.steps)) ** 0.5
        values = {"dream.steps": wanted.steps, "dream.octaves": wanted.octaves, "dream.step_size": min(far, 1.0)}
        self.pending.update({key: value for key, value in values.items() if key not in self.moved})

    # ---- what there is to see and hear

    def _show(self, state: State, took: float, cut: bool = False, scrub: bool = False) -> None:
        self.serial += 1
        self.shown = state.tick
        about = {
            "serial": self.serial,
            "take": self._take().folder.name,
            "scrub": scrub,
            "dreaming": round(took, 4),
            "center": self._center(),
        }
        self.audience.show(dream_message(self.film, state, about, cut))

    def _center(self) -> list[float]:
        values = self.values(("motion.center.0", "motion.center.1"))
        return [values.get("motion.center.0", 0.5), values.get("motion.center.1", 0.5)]

    def scrub(self, tick: int) -> None:
        """Show a tick of the take."""
        canvas = from_pixels(self._take().negative.read(tick), self.stage.film.scene.device)
        self.scrubbed = True
        self._show(State(tick, canvas), 0.0, cut=True, scrub=True)

    def back_to_live(self) -> None:
        """Show the newest tick again."""
        self.scrubbed = False
        if self.state:
            self._show(self.state, 0.0, cut=True)
        self._due = monotonic()

    def values(self, keys: Any = None) -> dict[str, float]:
        """The numbers as they are for the next step."""
        clock = self.film.scene.clock
        moment = clock.tick(self.head + 1)
        values = values_at(self.stage, self.rows, moment)
        pending = {key: value for key, value in self.pending.items() if isinstance(value, int | float)}
        values |= pending
        return values if keys is None else {key: values[key] for key in keys if key in values}

    def vocabulary(self) -> Message:
        """The message of that type."""
        return vocabulary(self.stage, self.rows, self.film.scene.clock.tick(max(0, self.head) + 1))

    def say(self, text: str, hint: str = "", grave: bool = False) -> None:
        """Tell all a sentence."""
        self.audience.tell({"type": "said", "text": text, "hint": hint, "grave": grave})

    def tell_state(self) -> None:
        """Tell the state, if something of it is another."""
        state = self.describe()
        same = {**state, **dict.fromkeys(FLEETING)} == {**self._last_state, **dict.fromkeys(FLEETING)}
        if not same or monotonic() - self._told > OFTEN:
            self._last_state, self._told = state, monotonic()
            self.audience.tell(state)

    def describe(self) -> Message:
        """The message "state"."""
        scene, values = self.film.scene, self.values()
        height, width = scene.size
        film_height, film_width = self.filed_size
        dreaming = sum(took for took, _ in self._steps)
        whole = sum(all_of_it for _, all_of_it in self._steps)
        dreams = len(self._steps) / whole if whole else 0.0
        rate = float(scene.clock.rate)
        effort = self.effort
        filed = dict(self.filed_small.curves())
        return {
            "type": "state",
            "playing": self.playing,
            "recording": self.recording,
            "scrub": self.shown if self.scrubbed else None,
            "ended": self.ended,
            "take": self.take.folder.name if self.take else "",
            "tick": self.head,
            "first": 0,
            "seconds": scene.clock.tick(max(0, self.head)).seconds,
            "duration": None if self.stage.endless else frame_count(scene) / float(scene.clock.fps),
            "rate": rate,
            "size": [width, height],
            "film_size": [film_width, film_height],
            "dreams": round(dreams, 2),
            "keeps_up": dreams >= 0.9 * rate or len(self._steps) < PATIENCE,
            "share": round(1 - dreaming / whole, 3) if whole else 0.0,
            "governor": {
                "on": self.govern,
                "size": f"{width}x{height}",
                "steps": effort.steps,
                "octaves": effort.octaves,
                "because": because(effort, self.most, dreams or rate, rate),
            },
            "values": values,
            "moved": sorted(self.moved),
            "terms": terms(self.stage.config, values, frozenset(self.dropped)),
            "marks": [
                {"tick": tick, "seconds": scene.clock.tick(tick).seconds, "name": name}
                for tick, name in sorted(self.marks.items())
            ],
            "flights": self.flights,
            "device": str(scene.device),
            "paused_by": self.paused_by or None,
            "unsaved": sorted(
                key for key in self.moved if key in values and (key not in filed or filed[key].constant != values[key])
            ),
        }

    def notices(self) -> list[str]:
        """What of the film is not flown as its file says."""
        said = []
        if LOOPS[self.filed.loop].seamless:
            said.append(f"loop: {self.filed.loop} is left out: a flight does not know where it ends")
        if keys := knows_its_end(self.filed):
            seconds = self.stage.film.scene.clock.seconds
            said.append(
                f"{' and '.join(keys)} would not be live without an end (p, %, end): the flight is as long as the film, "
                f"{seconds:g} s; duration: in the file makes it longer"
            )
        elif self.filed.motion.path is not None or self.filed.motion.to:
            said.append("the camera's way is set for the whole film: the flight is as long as that; duration: makes it longer")
        return said


def ruled(moved: set[str]) -> set[str]:
    """The numbers that the governor set, and no hand."""
    return {key for key in RULED if key not in moved}


def first_rows(stage: Stage) -> Rows:
    """The rows that a film brings which is a flight already: it flies as it was flown until a hand takes over."""
    return {key: curve.track.at for key, curve in stage.config.curves() if isinstance(curve.track.at, Hold)}


def in_stage(key: str, places: list[int]) -> str:
    """The key of a number of the file as the stage has it, whose objectives stand elsewhere."""
    index = _term_index(key)
    return key if index is None else ".".join(("dream.objective", str(places[index]), *key.split(".")[3:]))


def in_file(key: str, places: Mapping[int, int]) -> str:
    """The way back."""
    index = _term_index(key)
    return key if index is None else ".".join(("dream.objective", str(places[index]), *key.split(".")[3:]))


def _term_index(key: str) -> int | None:
    parts = key.split(".")
    return int(parts[2]) if parts[:2] == ["dream", "objective"] else None


def changed_keys(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    """The settings that differ, by their keys."""
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    inner = [(key, old.get(key), new.get(key)) for key in keys]
    return [
        f"{key}.{below}" for key, a, b in inner if isinstance(a, dict) and isinstance(b, dict) for below in changed_keys(b, a)
    ] + [key for key, a, b in inner if not (isinstance(a, dict) and isinstance(b, dict))]


def by_tick(stage: Stage, rows: Rows) -> dict[int, dict[str, Any]]:
    """The rows as they were written: tick -> what was set there."""
    clock = stage.film.scene.clock
    ticks: dict[int, dict[str, Any]] = {}
    for key, hold in rows.items():
        for time, value in zip(hold.times, hold.values, strict=True):
            tick = int(time * clock.rate) if not clock.on_frames else clock.beside(time)[0]
            ticks.setdefault(tick, {})[key] = value
    return dict(sorted(ticks.items()))
