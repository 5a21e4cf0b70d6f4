"""Laws of --on: what is asked for elsewhere, in the words of the command line; what cannot be is refused before any work."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from commands import Command

from render.errors import MissingError
from render.many import cluster
from render.many.nodes import NodeReport

FILM = """\
size: 48x32
fps: 8
duration: 0.5s
source: {noise: perlin}
dream: {rate: 2, octaves: 1, steps: 1, first_steps: 1, precision: float32}
outputs: "{name}.png"
"""


@pytest.fixture
def films(command: Command) -> list[str]:
    for name in ("one", "two"):
        Path(f"{name}.yaml").write_text(FILM)
    return ["one.yaml", "two.yaml"]


@pytest.mark.usefixtures("tiny_network")
def test_a_list_of_commands_renders_what_the_queue_would(command: Command, films: list[str]) -> None:
    said = command(*films, "--on", "list", "-q", "draft", "--set", "motion.zoom=1 + 0.1*s", "-o", "my takes", "--fresh")
    assert said.code == 0
    assert len(said.paths) == 2
    assert not Path("my takes").exists()
    for line, name in zip(said.paths, ("one", "two"), strict=True):
        program, *arguments = shlex.split(line)
        assert program == "render"
        assert command(*arguments).paths == [f"my takes/{name}/take-001/{name}.png"]


@pytest.mark.usefixtures("tiny_network")
def test_a_sweep_s_commands_make_its_takes(command: Command, films: list[str]) -> None:
    vary = ("sweep", "one.yaml", "--vary", "seed=1..2", "--vary", "dream.steps=1,2")
    for line in command(*vary, "--on", "list").paths:
        assert command(*shlex.split(line)[1:]).code == 0
    made = sorted(Path("runs").glob("*/*/take-*"))
    assert len(made) == 4
    again = command(*vary)
    assert again.words.count("nothing was left to dream") == 4
    assert sorted(Path("runs").glob("*/*/take-*")) == made


@pytest.mark.usefixtures("tiny_network")
@pytest.mark.parametrize(
    ("other", "code"),
    [
        (FILM, 2),
        (FILM.replace("0.5s", "1s"), 2),
        (FILM + "seed: random", 2),  # it goes on in an unfinished take of whatever seed
        (FILM + "seed: 2", 3),
        (FILM + "name: second", 3),
    ],
)
def test_a_film_that_is_twice_in_a_queue_is_told_before_work(
    command: Command, films: list[str], monkeypatch: pytest.MonkeyPatch, other: str, code: int
) -> None:
    def connect(address: str) -> Any:
        raise MissingError("a cluster is asked for")

    monkeypatch.setattr(cluster, "connect", connect)
    Path("other").mkdir()
    Path("other/one.yaml").write_text(other)
    said = command(*films, "other/one.yaml", "--on", "ray")
    assert said.code == code, said.words
    assert ("one: is twice in this queue" in said.words) == (code == 2)
    assert not Path("runs").exists()


@pytest.mark.parametrize("on", ["rai", "ray:", "list:x", ""])
def test_what_is_no_place_is_refused(command: Command, films: list[str], on: str) -> None:
    said = command(*films, f"--on={on}")
    assert (said.code, "write ray, ray:HOST:PORT or list" in said.words) == (2, True)


def test_ray_s_client_and_what_is_no_address_are_refused(command: Command, films: list[str]) -> None:
    said = command(*films, "--on", "ray:ray://head:10001")
    assert (said.code, "write HOST:6379" in said.words) == (2, True)
    said = command(*films, "--on", "ray:head")
    assert (said.code, "is no address" in said.words) == (2, True)


def test_where_no_cluster_answers_that_is_said_at_once(command: Command, films: list[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = command(*films, "--on", f"ray:127.0.0.1:{port}")
    assert (said.code, "no cluster answers there" in said.words) == (3, True)
    assert not Path("runs").exists()


def test_without_ray_the_line_that_installs_it_is_said(
    command: Command, films: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    said = command(*films, "--on", "ray")
    assert said.code == 3
    assert 'pip install "zoomdream[cluster]"' in said.words


def test_ray_is_here() -> None:
    assert find_spec("ray"), "the laws of test_cluster need it"


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (
            RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 2.61\n    Python: 3.12\nThis process"),
            "Ray: 2.61; Python: 3.12",
        ),
        (RuntimeError("AuthenticationError: no authentication token"), "asks for a token"),
        (ConnectionError("Could not find any running Ray instance.\nMore"), "Could not find any running Ray instance."),
    ],
)
def test_what_ray_says_is_said_in_our_words(raised: Exception, words: str) -> None:
    error = cluster._connection_error("head:6379", raised)
    assert error.exit_code == 3
    assert words in str(error)
    assert error.hint


@pytest.mark.usefixtures("tiny_network")
def test_a_machine_that_is_not_alike_is_refused_before_any_work(
    command: Command, films: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lonely:
        def nodes(self) -> list[cluster.Node]:
            return [cluster.Node("a", "attic", 1, 0)]

        def ask(self, node: cluster.Node, question: Any, *arguments: Any) -> NodeReport:
            answer: NodeReport = question(*arguments)
            answer.versions["render"] = "0.0.9 (ff)"
            return answer

    @contextmanager
    def connect(address: str) -> Iterator[Any]:
        yield Lonely()

    monkeypatch.setattr(cluster, "connect", connect)
    said = command(*films, "--on", "ray:head:6379")
    assert said.code == 3
    assert "attic: has render 0.0.9 (ff), and this machine" in said.words
    assert not list(Path("runs").glob("*/take-*"))
