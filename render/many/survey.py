"""Surveys. What the machines of a cluster have, before anything is rendered: whether they are alike, and what they all see."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from render.config import Config
from render.develop import files
from render.errors import ConfigError, MissingError
from render.many.cluster import Cluster, Node, Place
from render.many.nodes import PROBE, NodeReport, Question, report, require_alike
from render.many.parcel import files_of

DRAFTS = 2  # drafts that share a GPU


def takes_in_place(cluster: Cluster, configs: Sequence[Config], root: Path, shared: bool | None) -> bool:
    """Whether the workers may write the films' takes under `root` themselves: all machines see it, and the films' files.

    shared: what the person says of it; to be found out if None. Raises one MissingError for all that machines lack.
    """
    networks = tuple(dict.fromkeys(name for config in configs for name in config.published_networks))
    with _probe(root) as (probe, token):
        paths = {path for config in configs for path, content in files_of(config) if content is None}
        known = tuple((path, path.stat().st_size) for path in sorted(paths))
        question = Question(networks, probe, token, known)
        nodes = cluster.nodes()
        with ThreadPoolExecutor(16) as asking:
            reports = list(asking.map(lambda node: ask(cluster, node, question), nodes))
    require_alike(report(question), zip((node.host for node in nodes), reports, strict=True))
    blind = [node.host for node, answer in zip(nodes, reports, strict=True) if not (answer.sees_takes and answer.sees_files)]
    if shared and blind:
        raise MissingError(
            f"{blind[0]}: does not see {root}, or not all files of the films", "leave --shared out: ticks travel then"
        )
    return not blind if shared is None else shared


def ask(cluster: Cluster, node: Node, question: Question) -> NodeReport:
    """What a machine says of itself."""
    return cluster.ask(node, report, question)


def places(nodes: Sequence[Node], device: str, quality: str, films: int) -> list[Place]:
    """A place for each worker: a GPU each, half of one for drafts; where there are none, or the processor is asked for, cores.

    films: pieces of work. Cores are shared among so many, at least one for each. Raises ConfigError.
    """
    gpus = sum(node.gpus for node in nodes) if device in ("auto", "cuda") else 0
    if device == "mps":  # which Ray knows nothing of: each machine has one
        return [Place("mps", node.cores) for node in nodes]
    if gpus:
        share = DRAFTS if quality == "draft" else 1
        return [Place("cuda", 1, 1 / share) for _ in range(gpus * share)]
    if device == "cuda":
        raise ConfigError("--device cuda: no machine of the cluster has a GPU that Ray knows of")
    cores = sum(node.cores for node in nodes)
    threads = max(1, cores // max(1, films))
    return [
        Place("cpu" if device == "auto" else device, min(threads, node.cores))
        for node in nodes
        for _ in range(node.cores // min(threads, max(1, node.cores)))
    ]


@contextmanager
def _probe(root: Path) -> Iterator[tuple[Path, str]]:
    """A file in the folder of takes, and what it holds."""
    path, token = root / f"{PROBE}{secrets.token_hex(4)}", secrets.token_hex(16)
    files.write(path, token.encode())
    try:
        yield path, token
    finally:
        with suppress(OSError):
            path.unlink()
