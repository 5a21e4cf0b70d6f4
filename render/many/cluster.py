"""Clusters. The one file that knows Ray: machines are found, asked, and given workers, whose news comes back as it is told.

A cluster of this machine's own is reached by nobody else: it listens on the loopback address alone, and asks for a token that
only this process and its children know. Ray runs what anyone tells it who reaches its ports (CVE-2023-48022).
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from render.errors import ConfigError, MissingError, RenderError
from render.inputs import MOVIE, open_file

T = TypeVar("T")

INSTALL = 'pip install "zoomdream[cluster]", or in a copy of the project: pip install ".[cluster]"'
ALONE = {  # what a cluster of this machine's own is begun with, unless the person says otherwise
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on Linux, too: addresses are loopback's
    "RAY_AUTH_MODE": "token",
}
STORE = 256 * 2**20  # bytes of shared memory of such a one: takes are written by whoever dreams them
AHEAD = 4  # news that a worker may be ahead of whoever reads it: a state is up to 37 MB at 1080p
PIECE = 32 * 2**20  # bytes in which files travel
REACH = 5.0  # seconds in which a machine must answer
ANSWER = 600.0  # seconds in which it must have said what it has: it may have gigabytes of weights to hash
LOOK = 0.5  # seconds between two looks whether somebody asked to stop


class WorkerDiedError(Exception):
    """A worker's process, or its machine, is gone."""


@dataclass(frozen=True)
class Node:
    """A machine of a cluster."""

    id: str
    host: str
    cores: int
    gpus: int


@dataclass(frozen=True)
class Place:
    """What a worker takes of a machine."""

    device: str  # as for --device
    threads: int
    gpu: float = 0.0  # how much of a GPU


def require_ray() -> None:
    """Raises MissingError with the line that installs Ray, where it is not there."""
    if find_spec("ray") is None:
        raise MissingError("--on ray needs Ray, which is not installed", INSTALL)


class Actor:
    """A worker, as Ray begins it in a process of its own."""

    def __init__(self, device: str, threads: int) -> None:
        from render.many.worker import Worker

        self._worker = Worker(device, threads)

    def where(self) -> tuple[str, str]:
        """The machine's name, and the GPU's number there, if any."""
        gpus = os.environ.get("CUDA_VISIBLE_DEVICES", "") if self._worker.device.type == "cuda" else ""
        return socket.gethostname(), gpus

    def run(self, method: str, *arguments: Any) -> Iterator[Any]:
        """The news of a method of the worker."""
        for news in getattr(self._worker, method)(*arguments):  # noqa: UP028 - Ray sends values to generators
            yield news

    def stop(self, job: int) -> None:
        """See Worker.stop."""
        self._worker.stop(job)

    def close(self) -> None:
        """See Worker.close."""
        self._worker.close()


@dataclass(frozen=True)
class Contents:
    """The contents of files, by their sha256, as they lie in the cluster's store."""

    pieces: dict[str, list[Any]]  # references

    def __call__(self, key: str) -> Iterator[bytes]:
        import ray

        return (ray.get(piece) for piece in self.pieces[key])


class RemoteWorker:
    """A worker of the cluster, as this process sees it; when one dies, another takes its place."""

    def __init__(self, cluster: Cluster, place: Place) -> None:
        self._cluster, self.place = cluster, place
        self.where = ""  # the machine, in words; "" until it is there
        self.hire()

    def hire(self) -> None:
        """Ask for a worker, or for another one."""
        self.where, place = "", self.place
        options = {"num_gpus": place.gpu, "num_cpus": 1 if place.gpu else place.threads, "max_concurrency": 2}
        self._actor = self._cluster.remote(Actor).options(**options).remote(place.device, place.threads)
        self._ready = self._actor.where.remote()

    def is_ready(self) -> bool:
        """Whether the worker has begun; waits for it a moment. Raises WorkerDiedError."""
        if not self.where and self._cluster.wait(self._ready, LOOK):
            host, gpu = self._cluster.get(self._ready)
            self.where = f"{host}, GPU {gpu}" if gpu else host
        return bool(self.where)

    def run(self, method: str, *arguments: Any) -> Iterator[Any]:
        """The news of a method of Worker. Raises WorkerDiedError."""
        options = {"num_returns": "streaming", "_generator_backpressure_num_objects": AHEAD}
        for reference in self._cluster.each(self._actor.run.options(**options).remote(method, *arguments)):
            yield self._cluster.get(reference)

    def stop(self, job: int) -> None:
        """Ask the worker to end a job."""
        with suppress(Exception):  # it may be gone
            self._actor.stop.remote(job)

    def dismiss(self) -> None:
        """End the worker at once."""
        with suppress(Exception):
            if self.where:
                self._cluster.wait(self._actor.close.remote(), REACH)
            self._cluster.ray.kill(self._actor)


class Cluster:
    """A cluster that this process is connected to."""

    def __init__(self, ray: Any) -> None:
        self.ray = ray
        self._pieces: dict[str, list[Any]] = {}
        self._known: dict[tuple[Path, int, int], str] = {}
        self._workers: list[RemoteWorker] = []

    def nodes(self) -> list[Node]:
        """The machines that are there."""
        return [
            Node(node["NodeID"], node["NodeManagerHostname"], int(own.get("CPU", 0)), int(own.get("GPU", 0)))
            for node in self.ray.nodes()
            if node["Alive"] and (own := node["Resources"]) is not None
        ]

    def ask(self, node: Node, question: Callable[..., T], *arguments: Any) -> T:
        """What a function says on that machine. Raises MissingError where it cannot be asked."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        there = NodeAffinitySchedulingStrategy(node.id, soft=False)
        remote = self.remote(question).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
        try:
            answer: T = self.ray.get(remote.remote(*arguments), timeout=ANSWER)
        except Exception as error:
            if "No module named 'render'" in str(error):
                cure = "install the same version there, or begin Ray from the environment in which it is installed"
                raise MissingError(f"{node.host}: render is not installed there", cure) from error
            raise MissingError(f"{node.host}: cannot be asked what it has ({_first_line(error)})") from error
        return answer

    def hire(self, place: Place) -> RemoteWorker:
        """A worker."""
        worker = RemoteWorker(self, place)
        self._workers.append(worker)
        return worker

    def stop_all(self, job: int) -> None:
        """Ask all workers to end a job."""
        for worker in self._workers:
            worker.stop(job)

    def dismiss_all(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.dismiss()

    def contents(self, files: Iterable[tuple[Path, bytes | None]]) -> tuple[Contents, dict[Path, str]]:
        """The contents of files in the cluster's store, each once; and what each path's content goes by, its sha256."""
        keys = {path: self._keep(path, content) for path, content in files}
        return Contents({key: self._pieces[key] for key in keys.values()}), keys

    def _keep(self, path: Path, content: bytes | None) -> str:
        if content is not None:
            key = sha256(content).hexdigest()
            self._pieces.setdefault(key, [self.ray.put(content)])
            return key
        status = path.stat()
        stamp = path, status.st_size, status.st_mtime_ns
        if stamp not in self._known:
            digest, pieces = sha256(), list[Any]()
            with open_file(path, MOVIE) as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    pieces.append(self.ray.put(piece))
            self._known[stamp] = digest.hexdigest()
            self._pieces.setdefault(self._known[stamp], pieces)
        return self._known[stamp]

    # ---- what Ray says, in our words

    def remote(self, work: Any) -> Any:
        """A function or a class, to be run elsewhere."""
        return self.ray.remote(work)

    def wait(self, reference: Any, seconds: float) -> bool:
        """Whether that is there, at the latest after so many seconds."""
        return bool(self.ray.wait([reference], timeout=seconds)[0])

    def get(self, reference: Any) -> Any:
        """What a reference stands for. Raises WorkerDiedError."""
        with self._deaths():
            return self.ray.get(reference)

    def each(self, references: Iterator[Any]) -> Iterator[Any]:
        """The references of a stream. Raises WorkerDiedError."""
        while True:
            with self._deaths():
                try:
                    reference = next(references)
                except StopIteration:
                    return
            yield reference

    @contextmanager
    def _deaths(self) -> Iterator[None]:
        gone = self.ray.exceptions
        try:
            yield
        except (gone.RayActorError, gone.ObjectLostError, gone.NodeDiedError, gone.WorkerCrashedError) as error:
            raise WorkerDiedError(_first_line(error)) from error


@contextmanager
def connect(address: str) -> Iterator[Cluster]:
    """The cluster at an address, HOST:PORT or auto; one of this machine's own if that is empty. Raises MissingError."""
    require_ray()
    if address.startswith("ray://"):
        raise ConfigError(
            f"--on ray:{address}: that is Ray's client", "write HOST:6379 on a machine of the cluster, or ray:auto"
        )
    if address and address != "auto":
        _require_answer(address)
    ray = _begin(address)
    cluster = Cluster(ray)
    try:
        yield cluster
    finally:
        cluster.dismiss_all()
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Raises before Ray would wait for a minute."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"--on ray:{address}: is no address", "as in --on ray:192.168.1.10:6379")
    try:
        socket.create_connection((host, int(port)), REACH).close()
    except (OSError, OverflowError) as error:
        cure = "begin one with ray start --head there; --on ray alone uses this machine"
        raise MissingError(
            f"--on ray:{address}: no cluster answers there ({getattr(error, 'strerror', None) or error})", cure
        ) from error


def _begin(address: str) -> Any:
    """Ray, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not address:
        for name, value in ALONE.items():
            os.environ.setdefault(name, value)
        if os.environ["RAY_AUTH_MODE"] == "token":
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray

    _silence(ray)
    how: dict[str, Any] = {"include_dashboard": False, "object_store_memory": STORE} if not address else {}
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level="ERROR",
            configure_logging=False,
            **how,
        )
    except Exception as error:
        raise _connection_error(address, error) from error
    return ray


def _silence(ray: Any) -> None:
    """Ray writes to stdout what befalls workers, which only paths of films go to."""
    with suppress(AttributeError):
        ray._private.worker.print_to_stdstream = lambda *_, **__: None


def _connection_error(address: str, error: Exception) -> RenderError:
    """What keeps a driver from a cluster, in words, and the cure."""
    text, where = str(error), f"--on ray:{address}" if address else "--on ray"
    if "ersion mismatch" in text:
        facts = "; ".join(line.strip() for line in text.splitlines() if "Ray:" in line or "Python:" in line)
        return MissingError(
            f"{where}: the cluster runs another Python or Ray ({facts})", "all machines need the same versions of both"
        )
    if "token" in text.lower():
        cure = "copy the head's ~/.ray/auth_token here, and set RAY_AUTH_MODE=token"
        return MissingError(f"{where}: the cluster asks for a token that this machine does not have", cure)
    return MissingError(
        f"{where}: cannot be connected to ({_first_line(error)})",
        "a driver runs on a machine of the cluster: ray start --address=HOST:PORT makes this one",
    )


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
