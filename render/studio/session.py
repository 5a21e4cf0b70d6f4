"""Sessions. A Session is a film that is being flown: a frozen film, its state, and one thread that takes the next step.

    state = step(film, state)     while it plays: the fold of any film

Whoever wants something of it posts an order, which is carried out between two steps (orders.py has what can be ordered). What
there is to see and to hear goes to the audience.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from threading import Event
from time import monotonic
from typing import Any, Protocol

from render.config.scalars import NetworkChoice
from render.develop.shoot import explain_failures
from render.errors import RenderError
from render.film import Film, State, begin, step
from render.picture.picture import from_pixels
from render.studio.dreams import dream_message
from render.studio.flight import Rows, Stage, film_with, first_rows, make_stage, rows_by_tick, up_to_tick, with_values
from render.studio.flights import Flights
from render.studio.governor import Effort, Governor
from render.studio.hand import Hand
from render.studio.handles import values_at, vocabulary
from render.studio.jobs import Jobs
from render.studio.plates import Wall
from render.studio.revisions import resize
from render.studio.setup import Original, Setup
from render.studio.status import Pace, describe, same_but_for_time
from render.studio.takes import LiveTake, state_at

Message = dict[str, Any]
Reply = Callable[[Message], None]
Order = Callable[["Session", Message, Reply], None]
OFTEN = 0.5  # seconds after which what a dream's header tells, too, is told again
IDLE = 0.5  # seconds between two looks whether the end is asked for


class Audience(Protocol):
    """Whoever looks on."""

    def tell(self, message: Message) -> None:
        """A message for all."""

    def show(self, dream: bytes) -> None:
        """A dream for all; who is late sees the newest only."""


class Session:
    """A film that is being flown, by the thread that runs it. All but `post` and `ending` belongs to that thread."""

    def __init__(self, setup: Setup, audience: Audience, carry_out: Order) -> None:
        self.setup = setup
        self.audience = audience
        self.carry_out = carry_out  # carries out an order
        self.known = setup.known  # networks that are loaded
        self.pixels, self.share = setup.pixels, setup.share
        self.original = Original.of(setup.script.config, self.pixels, self.share)
        self.stage: Stage = make_stage(self.original.small, setup.device, self.known)
        self.rows: Rows = {}
        self.film: Film = self.stage.film
        self.state: State | None = None
        self.take: LiveTake | None = None
        self.playing, self.recording, self.scrubbed = True, False, False
        self.paused_by = ""  # what went wrong
        self.shown = 0  # the tick that is seen
        self.serial = 0  # of dreams that were shown
        self.hand = Hand()
        self.dropped: set[int] = set()  # objectives that were taken out
        self.marks: dict[int, str] = {}
        self.governor = Governor(setup.govern)
        self.pace = Pace()
        self.flights = Flights(setup.script.folder, setup.script.file)
        self.jobs = Jobs(setup.root, audience.tell)
        self.wall = Wall(self.known.values(), setup.device, audience.tell)
        self.ending = Event()  # set: end after the step at work; nothing is lost
        self._orders: SimpleQueue[tuple[Message, Reply]] = SimpleQueue()
        self._due = monotonic()  # when the next step is
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
                    self._attempt(self.advance)
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
            if not self.obey(wait):
                return

    def obey(self, wait: float = 0.0) -> bool:
        """Carry out one order, the first that comes within so many seconds; whether one came."""
        try:
            order, reply = self._orders.get(timeout=wait) if wait > 0 else self._orders.get_nowait()
        except Empty:
            return False
        self.carry_out(self, order, reply)
        if self._orders.empty():  # a hand that moves orders thirty times a second
            self.tell_state()
        return True

    def _attempt(self, act: Callable[[], None]) -> None:
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
        values = self.moved_values()
        self._new_take()
        self.rows = first_rows(self.stage)
        self.hand.pending, self.hand.glides = {**values, **self.hand.pending}, {}
        self.marks, self.film = {}, film_with(self.stage, self.rows)
        self._attempt(self._begin)
        self._due = monotonic()
        self.tell_state()

    def _begin(self) -> None:
        if not self.serial:  # the page has something to show while the first dream of all is dreamed
            self._show(State(0, self.film.scene.picture(self.film.scene.clock.tick(0))), 0.0, cut=True)
            self.tell_state()
            self.say("the first dream is on its way")
        began = monotonic()
        state = begin(self.film)
        self.live_take.keep(state)
        self.state = state
        self._show(state, monotonic() - began, cut=True)

    def _new_take(self) -> None:
        self.close_take()
        self.state, self.recording, self.scrubbed = None, False, False
        self.take = LiveTake(self.setup.root, self.stage, self.setup.script.text)

    def fork(self, tick: int) -> None:
        """A new take whose first ticks are those of this one, up to `tick`; the flight goes on from there."""
        take, rows = self.live_take, up_to_tick(self.stage, self.rows, tick)
        state, old = state_at(take, self.stage, self.rows, tick), take.folder
        self._new_take()
        self.live_take.begin_from(old, state)
        for at, values in rows_by_tick(self.stage, rows).items():
            self.live_take.write_rows(at, values)
        self.rows, self.state, self.hand.glides = rows, state, {}
        self.marks = {at: name for at, name in self.marks.items() if at <= tick}
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

    @property
    def live_take(self) -> LiveTake:
        """The take that is being flown. Raises RenderError where none could be begun, as on a full disk."""
        if self.take is None:
            raise RenderError("there is no take to fly in", "start over, once there is room for one")
        return self.take

    # ---- a step

    def advance(self) -> None:
        """The next tick, by the numbers as they are set now."""
        began = monotonic()
        state, tick = self.state, self.head
        assert state
        values = self.hand.take(self.stage, tick)
        if values:
            self.rows = with_values(self.stage, self.rows, tick, values)
            self.live_take.write_rows(tick, values)
            self.film = film_with(self.stage, self.rows, self.film, tick)
        dreaming = monotonic()
        new = step(self.film, state)
        took = monotonic() - dreaming
        self.live_take.keep(new)
        self.state = new
        self._show(new, took)
        if values:
            self.audience.tell({"type": "values", "tick": new.tick, "values": self.values(values)})
        self.pace.note(took, monotonic() - began)
        self._govern(took)
        self._due = max(self._due + 1 / float(self.film.scene.clock.rate), monotonic()) if self.setup.pace else monotonic()
        self.tell_state()

    def set(self, values: Mapping[str, float], seconds: float = 0.0) -> None:
        """Set numbers, from the next step on; or let them glide there in so many seconds of film."""
        self.hand.set(self.stage, self.values(values), values, self.head, seconds)

    def release(self, keys: Iterable[str]) -> None:
        """Give numbers back to the film's file."""
        curves = self.original.curves
        for key in keys:
            if key in curves and key in self.rows:
                self.hand.give_back(key, curves[key].written)
            else:
                self.hand.let_go(key)

    def knows(self, network: NetworkChoice) -> bool:
        """Whether a network is loaded."""
        return any(choice == network for choice, _ in self.known)

    def moved_values(self) -> dict[str, Any]:
        """The numbers that were set here, as they are now."""
        return {key: hold.values[-1] for key, hold in self.rows.items() if key in self.hand.moved and hold.times}

    # ---- the governor

    @property
    def effort(self) -> Effort:
        """What a dream costs now."""
        (height, width), values = self.stage.film.scene.size, self.values(("dream.steps", "dream.octaves"))
        return Effort(height * width, int(values.get("dream.steps", 1)), int(values.get("dream.octaves", 1)))

    def _govern(self, took: float) -> None:
        """Let the governor look at a dream that took so long."""
        if self.recording:
            return
        effort, most = self.effort, self.original.effort
        wanted = self.governor.look(took, effort, most, 1 / float(self.film.scene.clock.rate))
        if wanted is None:
            return
        if wanted.pixels == effort.pixels:
            self._set_effort(wanted, most)
        elif not self.hand.moved and not self.dropped and len(self.original.places) == len(self.stage.config.dream.objective):
            resize(self, wanted.pixels, "this machine does not keep up at that size: the film begins anew, smaller")

    def _set_effort(self, wanted: Effort, most: Effort) -> None:
        config = self.original.config
        far = config.dream.step_size(config.clock.tick(0)) * (most.steps / max(1, wanted.steps)) ** 0.5
        values = {"dream.steps": wanted.steps, "dream.octaves": wanted.octaves, "dream.step_size": min(far, 1.0)}
        self.hand.pending |= {key: value for key, value in values.items() if key not in self.hand.moved}

    # ---- what there is to see and hear

    def _show(self, state: State, took: float, cut: bool = False, scrub: bool = False) -> None:
        self.serial += 1
        self.shown = state.tick
        about = {
            "serial": self.serial,
            "take": self.live_take.folder.name,
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
        canvas = from_pixels(self.live_take.negative.read(tick), self.stage.film.scene.device)
        self.scrubbed = True
        self._show(State(tick, canvas), 0.0, cut=True, scrub=True)

    def back_to_live(self) -> None:
        """Show the newest tick again."""
        self.scrubbed = False
        if self.state:
            self._show(self.state, 0.0, cut=True)
        self._due = monotonic()

    def values(self, keys: Iterable[str] | None = None) -> dict[str, float]:
        """The numbers, or those of `keys`, as they are for the next step."""
        wanted = None if keys is None else [key for key in keys if key in self.stage.spans]
        values = values_at(self.stage, self.rows, self.film.scene.clock.tick(self.head + 1), wanted)
        pending = {key: value for key, value in self.hand.pending.items() if isinstance(value, int | float)}
        return values | {key: value for key, value in pending.items() if wanted is None or key in wanted}

    def vocabulary(self) -> Message:
        """The message of that type."""
        return vocabulary(self.stage, self.rows, self.film.scene.clock.tick(max(0, self.head) + 1))

    def say(self, text: str, hint: str = "", grave: bool = False) -> None:
        """Tell all a sentence."""
        self.audience.tell({"type": "said", "text": text, "hint": hint, "grave": grave})

    def tell_state(self) -> None:
        """Tell the state, if something of it is another."""
        state = describe(self)
        if not same_but_for_time(state, self._last_state) or monotonic() - self._told > OFTEN:
            self._last_state, self._told = state, monotonic()
            self.audience.tell(state)
