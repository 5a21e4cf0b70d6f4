"""Workers without Ray: a cluster in this process, whose workers dream as they are asked, and die when they are told to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from render.many.cluster import Place, WorkerDiedError
from render.many.news import Dreamed, Told
from render.many.worker import Worker

HOST = "here"


@dataclass
class RemoteWorker:
    """A worker. lives: how many dreams each of its lives has; after them it is immortal."""

    lives: list[int] = field(default_factory=list)
    where: str = HOST
    hired: int = 1
    dreamed: int = 0  # in all its lives

    def __post_init__(self) -> None:
        self.worker = Worker("cpu", 1)

    def hire(self) -> None:
        self.worker.close()
        self.worker = Worker("cpu", 1)
        self.hired += 1

    def is_ready(self) -> bool:
        return True

    def run(self, method: str, *arguments: Any) -> Iterator[Any]:
        left = self.lives.pop(0) if self.lives else None
        for news in getattr(self.worker, method)(*arguments):
            if isinstance(news, Dreamed | Told):
                if left == 0:
                    raise WorkerDiedError("it was killed")
                left = left and left - 1
                self.dreamed += 1
            yield news

    def stop(self, job: int) -> None:
        self.worker.stop(job)

    def dismiss(self) -> None:
        self.worker.close()


@dataclass
class Cluster:
    """A cluster that hires these workers in turn."""

    workers: Sequence[RemoteWorker]
    hired: int = 0
    sent: list[Path] = field(default_factory=list)  # files whose contents travelled

    def hire(self, place: Place) -> RemoteWorker:
        self.hired += 1
        return self.workers[self.hired - 1]

    def contents(self, files: Iterable[tuple[Path, bytes | None]]) -> tuple[Any, dict[Path, str]]:
        kept, keys = dict[str, bytes](), dict[Path, str]()
        for path, content in files:
            data = path.read_bytes() if content is None else content
            keys[path] = sha256(data).hexdigest()
            kept[keys[path]] = data
            self.sent.append(path)
        return lambda key: [kept[key][:1000], kept[key][1000:]], keys

    def stop_all(self, job: int) -> None:
        for worker in self.workers:
            worker.stop(job)

    def dismiss_all(self) -> None:
        for worker in self.workers:
            worker.dismiss()
