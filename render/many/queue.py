"""Queues. Films rendered by the workers of a cluster: (orders, cluster, plan) -> events, in the order in which they befall.

In place: the takes' folder is on a disk that all machines see, so that a worker renders a film there as this machine would.
Else ticks travel: a worker dreams, and this machine keeps each tick in the take, and develops. Where there are more workers
than films, the shots of a film that cuts are dreamed at the same time (apart.py).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

import torch

from render.config import Config
from render.config.notices import notices
from render.config.setting_types import Drawn
from render.construct import build
from render.construct.networks import Known
from render.develop import ffmpeg
from render.develop.chain import tick_chain
from render.develop.files import folder_name
from render.develop.negative import Kept
from render.develop.shoot import shoot, version_of
from render.develop.take import Take
from render.errors import ConfigError
from render.film import Film
from render.loops import LOOPS
from render.many.apart import Shots
from render.many.cluster import LOOK, Cluster, Contents, Place, RemoteWorker
from render.many.events import Done, Event, Left, Lost, Said, Ticked
from render.many.keeping import dream_ticks, record_for_worker
from render.many.news import Failed, Finished, News, Told
from render.many.parcel import Parcel, files_of, pack
from render.many.pool import Pool, StoppedError
from render.many.worker import ALL, Stretch
from render.show.eta import Progress, efforts, with_eta

BESIDES = 2  # films beside those that have a worker: they are being developed, or wait for the next one


@dataclass(frozen=True)
class Order:
    """A film of the queue."""

    number: int
    config: Config
    text: str  # as written
    take: Path | None = None  # that it goes on in, of several that could be; absolute


@dataclass(frozen=True)
class Plan:
    """How the queue is rendered."""

    root: Path  # where takes go, absolute
    places: Sequence[Place]  # a worker each
    in_place: bool  # whether workers write takes themselves
    device: torch.device  # of this machine, to develop on
    fresh: bool = False
    any_device: bool = False


def render_queue(orders: Sequence[Order], cluster: Cluster, plan: Plan, stop: threading.Event) -> Iterator[Event]:
    """Render the films: each ends with Done, Lost or Left. After `stop` those at work are developed as far as they are."""
    queue = _Queue(cluster, plan, Pool([cluster.hire(place) for place in plan.places], stop), len(orders))
    films = ThreadPoolExecutor(len(plan.places) + BESIDES, "film")
    try:
        for order in orders:
            films.submit(queue.render, order)
        yield from queue.events(stop)
    finally:
        queue.pool.close()
        if queue.open:
            ffmpeg.end_all()
        cluster.dismiss_all()
        films.shutdown()


def require_own_takes(configs: Sequence[Config]) -> None:
    """Raises ConfigError where two films of one name begin with the same dreams: both would be dreamed in one take."""
    names = Counter(folder_name(config.name) for config in configs)
    known: Known = {}
    beginnings = Counter(
        (config.name, _first_dream(config, known)) for config in configs if names[folder_name(config.name)] > 1
    )
    for (name, _), count in beginnings.items():
        if count > 1:
            times = "twice" if count == 2 else f"{count} times"
            raise ConfigError(
                f"{name}: is {times} in this queue, and a take is dreamed by one worker only",
                "name the film once; a longer or another version of it needs a `name` of its own",
            )


def _first_dream(config: Config, known: Known) -> str:
    """What shapes the first dream of a film; one whose seed is drawn is the same film each time."""
    if isinstance(config.seed, Drawn):
        config = config.model_copy(update={"seed": 0})
    film = build(config, torch.device("cpu"), known)
    return tick_chain(config, film, version_of(film))[0].digest


def may_cut(config: Config) -> bool:
    """Whether a film may have several shots that know nothing of each other."""
    if config.source.moves:
        return config.cuts.at != "none"
    return config.cuts.at not in ("auto", "none") and config.cuts.to == "fresh" and not LOOPS[config.loop].closes


class _Queue:
    """The films of a queue while they are rendered, each by a thread of this process."""

    def __init__(self, cluster: Cluster, plan: Plan, pool: Pool, count: int) -> None:
        self.cluster, self.plan, self.pool = cluster, plan, pool
        self.open = count  # films that have not ended
        self.apart = count < len(plan.places)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._known: Known = {}
        self._packing = threading.Lock()

    def events(self, stop: threading.Event) -> Iterator[Event]:
        """What befalls, until all films have ended."""
        told = False
        while self.open:
            if stop.is_set() and not told:
                told = True
                self.cluster.stop_all(ALL)
            try:
                event = self._events.get(timeout=LOOK)
            except Empty:
                continue
            self.open -= isinstance(event, Done | Lost | Left)
            yield event

    def render(self, order: Order) -> None:
        """A film, from its first event to its last."""
        try:
            if self.pool.stop.is_set():
                raise StoppedError
            for notice in notices(order.config):
                self._events.put(Said(order.number, notice))
            split = self.apart and may_cut(order.config)
            finished = self._in_place(order) if self.plan.in_place and not split else self._here(order, split)
            self._events.put(Done(order.number, finished))
        except StoppedError:
            self._events.put(Left(order.number))
        except Exception as error:
            self._events.put(Lost(order.number, error))

    def _in_place(self, order: Order) -> Finished:
        """The worker renders the film into its take."""

        def work(worker: RemoteWorker) -> Iterator[tuple[News, str]]:
            plan = self.plan
            fresh = plan.fresh and not begun
            arguments = order.number, order.config, order.text, plan.root, fresh, plan.any_device, order.take
            for news in worker.run("render", *arguments):
                yield news, worker.where

        begun = finished = None
        for news, where in self.pool.steadily(work):
            begun = begun or news  # a take that a worker began before it died is gone on with
            if isinstance(news, Told):
                self._events.put(Ticked(order.number, news.progress, where))
            elif isinstance(news, Finished):
                finished = news
            elif isinstance(news, Failed):
                raise news.error
        assert finished
        return finished

    def _here(self, order: Order, split: bool) -> Finished:
        """Ticks travel to this machine, which keeps and develops them."""
        plan = self.plan

        def dreamer(film: Film, take: Take, newest: Kept | None) -> Iterator[int]:
            first, last = newest.tick if newest else -1, film.scene.clock.last_tick
            if first == last:
                return
            if newest:
                self._events.put(Said(order.number, f"{first + 1} of {last + 1} dreams are there already"))
            ticks = self._apart(order, film, take, newest) if split else self._stream(order, film, take)
            try:
                yield from ticks
            except StoppedError:
                return

        shot = shoot(
            order.config,
            order.text,
            plan.root,
            plan.device,
            lambda states, first, last: states,
            plan.fresh,
            known=self._known,
            dreamer=dreamer,
            first=order.take,
        )
        if not shot.paths:  # nothing was dreamed until the person asked to stop
            raise StoppedError
        return Finished(shot.folder, tuple(shot.paths), tuple(shot.notices), shot.dreamed, shot.whole)

    def _stream(self, order: Order, film: Film, take: Take) -> Iterator[int]:
        """The film dreamed by one worker, tick after tick."""
        parcel, contents = self._pack(order, film)
        last, efforts_of = film.scene.clock.last_tick, efforts(order.config)

        def work(worker: RemoteWorker) -> Iterator[int]:
            negative = take.negative()
            newest = negative.last()
            stretch = Stretch(negative.files_at(newest.tick) if newest else None, None, None, record_for_worker(take))
            news = worker.run("dream", order.number, parcel, contents, stretch)
            ticks = dream_ticks(news, negative, take, self.plan.any_device)
            try:
                for tick, progress in with_eta(ticks, newest.tick if newest else -1, last, efforts_of):
                    self._events.put(Ticked(order.number, progress, worker.where))
                    yield tick
            except BaseException:
                worker.stop(order.number)
                raise

        yield from self.pool.steadily(work)

    def _apart(self, order: Order, film: Film, take: Take, newest: Kept | None) -> Iterator[int]:
        """The film's shots dreamed at the same time."""
        parcel, contents = self._pack(order, film)

        def tell(progress: Progress, where: str) -> None:
            self._events.put(Ticked(order.number, progress, where))

        stop = partial(self.cluster.stop_all, order.number)
        last = film.scene.clock.last_tick
        shots = Shots(self.pool, parcel, contents, take, last, newest, self.plan.any_device, tell, stop)
        yield from shots.dream(len(self.plan.places))

    def _pack(self, order: Order, film: Film) -> tuple[Parcel, Contents]:
        """The parcel of a film, with the seed that its take has."""
        config = order.config.model_copy(update={"seed": film.seed})
        with self._packing:
            contents, keys = self.cluster.contents(files_of(config))
        return pack(config, order.number, keys), contents
