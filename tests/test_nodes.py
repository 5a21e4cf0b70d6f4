"""Laws of what machines must have in common: each difference is one sentence that names the machine and the cure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from render.errors import MissingError
from render.facts import load
from render.many.cluster import Node
from render.many.nodes import NodeReport, Question, code_digest, faults_of, report, require_alike
from render.many.survey import places, takes_in_place

OWN = NodeReport(
    "desk",
    {"Python": "3.12.1", "render": "0.1.0 (aa)", "Ray": "2.60.0", "torch": "2.14.1"},
    {"inception_v1": "abc"},
    True,
    True,
)


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"render": "0.2.0 (aa)"}, ("attic: has render 0.2.0 (aa), and this machine 0.1.0 (aa)", "need the same")),
        ({"render": "0.1.0 (bb)"}, ("attic: has render 0.1.0 (bb)",)),
        ({"Python": "3.11.9"}, ("attic: has Python 3.11.9, and this machine 3.12.1",)),
        ({"Ray": "2.61.0"}, ("attic: has Ray 2.61.0",)),
        ({"torch": "2.13.0"}, ("attic: has torch 2.13.0",)),
    ],
)
def test_another_version_is_one_sentence(differs: dict[str, str], words: Sequence[str]) -> None:
    other = replace(OWN, host="attic", versions=OWN.versions | differs)
    (sentence,) = faults_of(OWN, other, "attic")
    assert all(word in sentence for word in words)
    with pytest.raises(MissingError, match="attic") as refused:
        require_alike(OWN, [("cellar", OWN), ("attic", other)])
    assert "cellar" not in str(refused.value)


def test_weights_that_are_not_there_are_named_with_the_cure() -> None:
    (sentence,) = faults_of(OWN, replace(OWN, weights={"inception_v1": ""}), "attic")
    assert sentence == "attic: the weights of inception_v1 are not there; run `render weights get inception_v1` on it"
    (sentence,) = faults_of(OWN, replace(OWN, weights={"inception_v1": "abd"}), "attic")
    assert "attic: has other weights of inception_v1" in sentence


def test_machines_that_are_alike_are_good() -> None:
    require_alike(OWN, [("desk", OWN), ("attic", replace(OWN, host="attic", sees_takes=False))])


def test_a_machine_says_what_it_has_and_sees(tmp_path: Path) -> None:
    film = tmp_path / "film.yaml"
    film.write_text("seed: 7\n")
    probe = tmp_path / ".probe"
    probe.write_text("token")
    answer = report(Question(("bestiary", "inception_v1"), probe, "token", ((film, 8),)))
    assert (answer.sees_takes, answer.sees_files) == (True, True)
    assert code_digest() in answer.versions["render"]
    assert answer.weights["bestiary"] == "with the program"
    blind = report(Question((), tmp_path / "gone", "token", ((film, 9),)))
    assert (blind.sees_takes, blind.sees_files) == (False, False)
    assert not report(Question((), probe, "another", ())).sees_takes


class Cluster:
    """Two machines, of which the second answers so."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def nodes(self) -> list[Node]:
        return [Node("a", "desk", 4, 0), Node("b", "attic", 4, 0)]

    def ask(self, node: Node, question: Any, *arguments: Any) -> NodeReport:
        answer: NodeReport = question(*arguments)
        return replace(answer, host=node.host, **(self.answers if node.host == "attic" else {}))


def test_takes_are_written_in_place_where_all_machines_see_them(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text("seed: 7\n")
    configs = [load(tmp_path / "film.yaml")]

    def decided(shared: bool | None, **answers: Any) -> bool:
        return takes_in_place(Cluster(**answers), configs, tmp_path / "runs", shared)  # type: ignore[arg-type]

    assert decided(None)
    assert not decided(False)
    assert not decided(None, sees_takes=False)
    assert not decided(None, sees_files=False)
    with pytest.raises(MissingError, match="attic: does not see"):
        decided(True, sees_takes=False)
    with pytest.raises(MissingError, match=r"attic: has Python 3\.1"):
        decided(None, versions=report(Question()).versions | {"Python": "3.1"})
    assert not list((tmp_path / "runs").iterdir()), "the probe is taken away"


MACHINES = [Node("a", "desk", 8, 0), Node("b", "attic", 4, 0)]


@pytest.mark.parametrize(
    ("nodes", "device", "quality", "films", "expected"),
    [
        (MACHINES, "auto", "final", 100, [("cpu", 1, 0)] * 12),
        (MACHINES, "auto", "final", 3, [("cpu", 4, 0)] * 3),
        (MACHINES, "auto", "final", 1, [("cpu", 8, 0), ("cpu", 4, 0)]),
        ([Node("a", "desk", 8, 2)], "auto", "final", 5, [("cuda", 1, 1)] * 2),
        ([Node("a", "desk", 8, 2)], "auto", "draft", 5, [("cuda", 1, 0.5)] * 4),
        ([Node("a", "desk", 8, 2)], "cpu", "final", 8, [("cpu", 1, 0)] * 8),
        (MACHINES, "mps", "final", 5, [("mps", 8, 0), ("mps", 4, 0)]),
        ([Node("a", "head", 0, 0), Node("b", "attic", 2, 0)], "auto", "final", 9, [("cpu", 1, 0)] * 2),
    ],
)
def test_each_worker_has_a_gpu_or_its_share_of_the_cores(
    nodes: Sequence[Node], device: str, quality: str, films: int, expected: Sequence[Any]
) -> None:
    assert [(place.device, place.threads, place.gpu) for place in places(nodes, device, quality, films)] == expected
