"""Apart. The shots of one film dreamed by several workers at the same time, and put together in their order.

One worker looks where the film cuts, which is sooner done than dreaming; each shot is dreamed as soon as its end is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from time import monotonic

from render.develop.negative import Kept, TickFiles
from render.develop.shot_files import join_shot, shot_negative
from render.develop.take import Take
from render.many.cluster import Contents, RemoteWorker
from render.many.keeping import dream_ticks, note_news, record_for_worker
from render.many.news import Opened
from render.many.parcel import Parcel
from render.many.pool import Pool, StoppedError
from render.many.worker import Stretch
from render.shots import Opening
from render.show.eta import Progress


@dataclass
class Shot:
    """A shot of a film."""

    first: int  # tick
    last: int
    opening: Opening | None  # None: it goes on from the film's newest tick, or begins the film
    dreamed: bool = False  # to its end


@dataclass
class Shots:
    """The shots of a film while they are dreamed."""

    pool: Pool
    parcel: Parcel
    contents: Contents
    take: Take
    last: int  # tick of the film
    newest: Kept | None  # that the take has
    any_device: bool
    tell: Callable[[Progress, str], None]  # takes how far the film is, and the machine that dreamed last
    stop: Callable[[], None]  # asks its workers to stop
    shots: list[Shot] = field(default_factory=list)  # those known, in order
    known: bool = False  # whether these are all
    error: BaseException | None = None
    ticks: int = 0  # dreamed now
    changed: Condition = field(default_factory=Condition)
    begun: float = field(default_factory=monotonic)

    def dream(self, workers: int) -> Iterator[int]:
        """Dream them, and move them into the negative: the number of the last tick that is there, whenever it rises.

        Raises what a worker failed of, StoppedError.
        """
        threads = ThreadPoolExecutor(workers + 1, "shot")
        try:
            threads.submit(self._watch, self._find, threads)
            yield from self._join()
        except BaseException:
            self.stop()  # before they are waited for: each would dream its shot to the end first
            raise
        finally:
            threads.shutdown(cancel_futures=True)

    def _join(self) -> Iterator[int]:
        joined = 0
        while True:
            with self.changed:
                if self.error:
                    raise self.error
                if self._are_all(joined):
                    return
                if not self._is_next_dreamed(joined):
                    self.changed.wait(timeout=1)
                    continue
            join_shot(self.take, self.shots[joined].first)
            yield self.shots[joined].last
            joined += 1

    def _is_next_dreamed(self, joined: int) -> bool:
        return joined < len(self.shots) and self.shots[joined].dreamed

    def _are_all(self, joined: int) -> bool:
        return self.known and joined == len(self.shots)

    def _watch(self, work: Callable[..., None], *arguments: object) -> None:
        """Run `work`; what goes wrong in it is raised by who waits."""
        try:
            work(*arguments)
        except BaseException as error:
            with self.changed:
                self.error = self.error or error
                self.changed.notify_all()

    def _find(self, threads: ThreadPoolExecutor) -> None:
        """Find where shots begin, and have each dreamed when its end is known."""
        first, opening = self.newest.tick + 1 if self.newest else 0, None

        def add(last: int) -> None:
            shot = Shot(first, last, opening)
            with self.changed:
                self.shots.append(shot)
            threads.submit(self._watch, self._dream, shot)

        for next_opening in self.pool.steadily(self._openings):
            if next_opening.tick > first:  # where a worker died, the first ones are found again
                add(next_opening.tick - 1)
                first, opening = next_opening.tick, next_opening
        add(self.last)
        with self.changed:
            self.known = True
            self.changed.notify_all()

    def _openings(self, worker: RemoteWorker) -> Iterator[Opening]:
        record = record_for_worker(self.take)
        for news in worker.run("find_shots", self.parcel.number, self.parcel, self.contents, record):
            note_news(news, self.take, self.any_device)
            if isinstance(news, Opened):
                yield news.opening

    def _dream(self, shot: Shot) -> None:
        for _, where in self.pool.steadily(lambda worker: self._ticks(worker, shot)):
            self._tell(where)
        if shot_negative(self.take, shot.first).count() <= shot.last - shot.first:  # the worker was asked to stop
            raise StoppedError
        with self.changed:
            shot.dreamed = True
            self.changed.notify_all()

    def _ticks(self, worker: RemoteWorker, shot: Shot) -> Iterator[tuple[int, str]]:
        """The ticks of a shot that are not there yet."""
        negative = shot_negative(self.take, shot.first)
        kept = negative.last()
        if kept and kept.tick == shot.last:
            return
        stretch = Stretch(self._before(shot, kept), None if kept else shot.opening, shot.last, record_for_worker(self.take))
        news = worker.run("dream", self.parcel.number, self.parcel, self.contents, stretch)
        for tick in dream_ticks(news, negative, self.take, self.any_device):
            yield tick, worker.where

    def _before(self, shot: Shot, kept: Kept | None) -> TickFiles | None:
        """The tick that the shot goes on from."""
        if kept:
            return shot_negative(self.take, shot.first).files_at(kept.tick)
        return self.take.negative().files_at(self.newest.tick) if self.newest and not shot.opening else None

    def _tell(self, where: str) -> None:
        with self.changed:
            self.ticks += 1
            done = self.ticks + (self.newest.tick + 1 if self.newest else 0)
            each = (monotonic() - self.begun) / self.ticks
        left = max(0, self.last + 1 - done)
        self.tell(Progress(min(done, self.last + 1), self.last + 1, each, each * left), where)
