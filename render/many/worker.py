"""Workers. A Worker dreams films where it is, one after the other, and says how they go; its networks stay loaded.

It knows nothing of how its news travels: methods are generators of news, which cluster.py carries.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from render.config import Config
from render.develop import files
from render.develop.negative import TickFiles
from render.many.news import Begun, Dreamed, Failed, Finished, News, Noted, Opened, Told
from render.many.parcel import Parcel, unpack
from render.many.scratch import Scratch
from render.shots import Opening, find_openings, open_shot
from render.show.eta import efforts, with_eta

if TYPE_CHECKING:
    from render.construct.networks import Known
    from render.film import Film, State

ALL = -1  # instead of a job's number: whatever there is
HELD = 30  # seconds that a take may be held by a process that is ending: a driver that was killed leaves such
Contents = Callable[[str], Iterable[bytes]]  # what a file's content goes by -> the content, in pieces


@dataclass
class Notes:
    """The record of a film whose take is elsewhere, and what of it is not sent yet."""

    record: dict[str, Any]
    unsent: dict[str, Any] = field(default_factory=dict)

    def note(self, **facts: Any) -> None:
        """Add facts to the record."""
        self.record |= facts
        self.unsent |= facts

    def send(self) -> Iterator[Noted]:
        """The news of what was noted since the last time."""
        if self.unsent:
            yield Noted(dict(self.unsent))
            self.unsent.clear()


@dataclass(frozen=True)
class Stretch:
    """What of a film is to be dreamed."""

    newest: TickFiles | None  # the tick to go on from
    opening: Opening | None  # or the shot to begin with; the film's beginning if there is neither
    last: int | None  # the last tick; the film's if not said
    record: Mapping[str, Any]  # what the take's record says of how it was dreamed so far


class Worker:
    """Dreams films on one device."""

    def __init__(self, device: str, threads: int) -> None:
        from render.dream.device import pick

        self.device, self.threads = pick(device), threads
        self._known: Known = {}
        self._scratch = Scratch()
        self._stopped: set[int] = set()
        self._film: tuple[Parcel, Film, Config] | None = None  # the one at work, for its next shot

    def stop(self, job: int) -> None:
        """End that job, or all, after the dream at work."""
        self._stopped.add(job)

    def close(self) -> None:
        """Remove what films brought along."""
        self._scratch.remove()

    def render(
        self,
        job: int,
        config: Config,
        text: str,
        root: Path,
        fresh: bool = False,
        any_device: bool = False,
        first: Path | None = None,
    ) -> Iterator[News]:
        """Render a film into its take, which lies under `root` on a disk that this machine sees. first: as of `shoot`."""
        from render.develop.lock import BusyError
        from render.develop.shoot import shoot

        def work(tell: Callable[[News], object]) -> None:
            self._set_threads()
            begun = monotonic()

            def watch(states: Iterator[State], first: int, last: int) -> Iterator[State]:
                for state, progress in with_eta(states, first, last, efforts(config)):
                    yield state
                    tell(Told(progress))
                    if self._is_stopped(job):
                        return

            while True:
                try:
                    shot = shoot(config, text, root, self.device, watch, fresh, any_device, self._known, first=first)
                except BusyError:
                    if monotonic() - begun > HELD:
                        raise
                    sleep(1)
                else:
                    tell(Finished(shot.folder, tuple(shot.paths), tuple(shot.notices), shot.dreamed, shot.whole))
                    return

        yield from _in_thread(work)

    def dream(self, job: int, parcel: Parcel, contents: Contents, stretch: Stretch) -> Iterator[News]:
        """Dream a stretch of a film whose take is elsewhere: its ticks, as their files."""

        def ticks(film: Film, config: Config) -> Iterator[News]:
            notes = Notes(dict(stretch.record))
            for state in self._states(film, config, stretch, notes):
                yield from notes.send()
                yield Dreamed(_files_of(state))
                if self._is_stopped(job) or state.tick == stretch.last:
                    return

        yield from self._work(parcel, contents, ticks)

    def find_shots(self, job: int, parcel: Parcel, contents: Contents, record: Mapping[str, Any]) -> Iterator[News]:
        """Where the shots of a film begin, but for the first; and before that, how all of them are to be dreamed."""

        def openings(film: Film, config: Config) -> Iterator[News]:
            notes = Notes(dict(record))
            self._as_recorded(film, config, notes)
            yield from notes.send()
            for opening in find_openings(film):
                yield Opened(opening)
                if self._is_stopped(job):
                    return

        yield from self._work(parcel, contents, openings)

    def _work(self, parcel: Parcel, contents: Contents, work: Callable[[Film, Config], Iterator[News]]) -> Iterator[News]:
        """The news of `work` on the film of a parcel, with that of its beginning before; and of an error that ends it."""
        from render.develop.shoot import explain_failures
        from render.dream.device import describe

        self._set_threads()
        try:
            film, config = self._build(parcel, contents)
            yield Begun(describe(self.device), self.threads)
            with explain_failures(config):
                yield from work(film, config)
        except Exception as error:
            yield Failed.of(error)

    def _states(self, film: Film, config: Config, stretch: Stretch, notes: Notes) -> Iterator[State]:
        from render.develop.retile import ticks_within_memory
        from render.develop.shoot import state_of
        from render.film import ticks

        film = self._as_recorded(film, config, notes)
        state = state_of(stretch.newest.read(), self.device) if stretch.newest else None
        if stretch.opening:
            state = open_shot(film, stretch.opening)
            yield state
        yield from ticks_within_memory(film, state, notes) if config.dream.tile == "auto" else ticks(film, state)

    def _as_recorded(self, film: Film, config: Config, notes: Notes) -> Film:
        """The film in the precision and the tiles in which its take was begun; noted, where it is begun now."""
        from render.develop.retile import in_recorded_tiles
        from render.develop.shoot import in_recorded_precision

        return in_recorded_tiles(in_recorded_precision(config, film, notes, self._known), notes)

    def _build(self, parcel: Parcel, contents: Contents) -> tuple[Film, Config]:
        from dataclasses import replace

        from render.construct import build
        from render.develop.flow_cache import with_flow_cache

        if not self._film or self._film[0] != parcel:
            folder = self._scratch.folder / f"film-{parcel.number}"
            for place, key in parcel.files.items():
                self._put(folder / place, key, contents)
            config = unpack(parcel, folder)
            film = build(config, self.device, self._known)
            film = replace(film, scene=with_flow_cache(film.scene, self._scratch.folder))
            self._film = parcel, film, config
        return self._film[1:]

    def _put(self, path: Path, key: str, contents: Contents) -> None:
        """Put a file in its place; several films may read the same."""
        kept = self._scratch.folder / "contents" / key
        if not kept.exists():
            with files.beside(kept) as part, part.open("wb") as file:
                file.writelines(contents(key))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(kept, path)

    def _is_stopped(self, job: int) -> bool:
        return not {job, ALL}.isdisjoint(self._stopped)

    def _set_threads(self) -> None:
        """For this thread: each has a number of its own."""
        import torch

        torch.set_num_threads(self.threads)


def _files_of(state: State) -> TickFiles:
    from render.develop.keep import read_state
    from render.source.tick import CANVAS

    tensors = read_state(state)()
    return TickFiles.of(state.tick, tensors.pop(CANVAS).numpy(), tensors)


def _in_thread(work: Callable[[Callable[[News], object]], None]) -> Iterator[News]:
    """The news that `work` tells, as it comes; of an error that ends it, too."""
    news: SimpleQueue[News | None] = SimpleQueue()

    def run() -> None:
        try:
            work(news.put)
        except BaseException as error:
            news.put(Failed.of(error))
        finally:
            news.put(None)

    Thread(target=run, name="film", daemon=True).start()
    while (item := news.get()) is not None:
        yield item
