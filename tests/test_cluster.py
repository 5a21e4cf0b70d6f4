"""Laws of films on a cluster, on two nodes of Ray on this machine: whatever dies, the takes are those of an undisturbed render.

Each waits for processes to begin, so there are few; the laws that need no machine are in test_queue, test_pool and test_nodes.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import tiny
from commands import Command
from PIL import Image

os.environ |= {  # before Ray is imported: nodes that nobody else reaches, and that tell nobody
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_raylet_start_wait_time_s": "120",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}

ROOT = Path(__file__).parent.parent
MEMORY = 80 * 2**20
FILM = """\
size: 48x32
fps: 8
duration: 2s
motion: {zoom: 1.5}
source: {noise: perlin}
dream: {rate: 4, octaves: 1, steps: 1, first_steps: 1, jitter: 2, precision: float32}
outputs: "{name}.png"
"""
TICKS = 9
LONG = {"duration": "4s", "dream": "{rate: 8, octaves: 1, steps: 20, first_steps: 1, precision: float32}"}
LONG_TICKS = 33
VARIES = {"run.json", ".lock", "config.yaml"}


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """Two nodes with a core each."""
    from ray.cluster_utils import Cluster

    how = {"num_cpus": 1, "object_store_memory": MEMORY, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=how)
    try:
        cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
        yield cluster
    finally:
        cluster.shutdown()


def write(name: str, **settings: Any) -> str:
    text = "".join(line for line in FILM.splitlines(True) if line.split(":")[0] not in settings)
    Path(f"{name}.yaml").write_text(text + "".join(f"{key}: {value}\n" for key, value in settings.items()))
    return f"{name}.yaml"


def contents(root: str) -> Mapping[str, bytes]:
    paths = sorted(path for path in Path(root).rglob("*") if path.is_file() and path.name not in VARIES)
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def begin(*arguments: str) -> subprocess.Popen[str]:
    """`render` in a process of its own."""
    command = [sys.executable, "-m", "render", *arguments, "--progress", "json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ticks_of(process: subprocess.Popen[str], count: int) -> list[dict[str, Any]]:
    """What the process tells of its first ticks."""
    assert process.stderr
    told: list[dict[str, Any]] = []
    for line in process.stderr:
        if line.startswith("{"):
            told.append(json.loads(line))
        if len(told) == count:
            break
    return told


def workers() -> list[int]:
    """The processes of workers that dream now."""
    status = (Path(entry) / "cmdline" for entry in Path("/proc").glob("[0-9]*"))
    own = os.environ["RAY_AUTH_TOKEN"].encode()
    found = []
    for path in status:
        try:
            if b"ray::Actor" in path.read_bytes() and own in (path.parent / "environ").read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_for(what: Any, seconds: float = 120) -> None:
    end = monotonic() + seconds
    while not what():
        assert monotonic() < end, "it never came"
        sleep(0.2)


@pytest.mark.parametrize("how", ["--no-shared", pytest.param("--shared", marks=pytest.mark.slow)])
def test_a_queue_is_the_same_in_place_on_a_disk_of_its_own_and_here(nodes: Any, command: Command, how: str) -> None:
    films = [write(f"film{seed}", seed=seed) for seed in range(2)]
    assert command(*films, "-o", "alone").code == 0
    said = command(*films, "-o", "runs", "--on", f"ray:{nodes.address}", how, "--device", "cpu")
    assert said.code == 0, said.words
    assert sorted(said.paths) == [f"runs/film{seed}/take-001/film{seed}.png" for seed in range(2)]
    assert "2 of 2 films done" in said.words
    assert contents("runs") == contents("alone")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["--shared", "--no-shared"])
def test_a_worker_that_is_killed_and_a_driver_that_is_killed_cost_no_dream(nodes: Any, command: Command, how: str) -> None:
    films = [write(f"film{seed}", seed=seed, **LONG) for seed in range(2)]
    assert command(*films, "-o", "alone").code == 0
    asked = (*films, "-o", "runs", "--on", f"ray:{nodes.address}", how)
    first = begin(*asked)
    with first:
        ticks_of(first, 5)
        os.kill(workers()[0], signal.SIGKILL)
        ticks_of(first, 8)
        first.kill()
        first.communicate()
    assert first.returncode == -signal.SIGKILL
    said = command(*asked)
    assert said.code == 0, said.words
    assert contents("runs") == contents("alone")


@pytest.mark.slow
def test_a_sweep_and_the_shots_of_a_clip_are_the_same_on_a_cluster(nodes: Any, command: Command) -> None:
    vary = ("sweep", write("film"), "--vary", "seed=1..2", "--vary", "dream.steps=1,2")
    assert command(*vary, "-o", "alone").code == 0
    said = command(*vary, "-o", "placed", "--on", f"ray:{nodes.address}")
    assert said.code == 0, said.words
    assert said.paths[-2:] == ["placed/film-sweep/sheet.png", "placed/film-sweep/site/index.html"]
    placed, alone = contents("placed/film-sweep"), contents("alone/film-sweep")
    differing = {name for name in {*placed, *alone} if placed.get(name) != alone.get(name)}
    assert {name for name in differing if not name.startswith("site/")} == set()  # the page tells how long each took
    cut = write("cut", cuts="[0.5s, 1.2s]")
    assert command(cut, "-o", "alone").code == 0
    process = begin(cut, "-o", "placed", "--on", f"ray:{nodes.address}")
    _, words = process.communicate()
    assert process.returncode == 0, words
    assert contents("placed/cut") == contents("alone/cut")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["--shared", "--no-shared"])
def test_the_shots_that_are_found_in_footage_are_those_of_one_go(nodes: Any, command: Command, how: str) -> None:
    Path("shots").mkdir()
    for shot, length in enumerate((4, 6, 5)):
        photo = (tiny.photo(size=(40, 80), seed=shot)[0].permute(1, 2, 0).numpy() * 255).astype("uint8")
        for step in range(length):
            number = len(list(Path("shots").iterdir()))
            Image.fromarray(photo[:32, step : step + 48]).save(f"shots/{number:03}.png")
    clip = {"source": "{frames: 'shots/*.png'}", "duration": "source", "motion": "{zoom: 1}", "flow": "{quality: fast}"}
    dream = "{octaves: 1, steps: 1, first_steps: 1, jitter: 2, precision: float32}"
    film = write("clip", **clip, dream=dream, outputs="[clip.png, clip.gif]")
    assert command(film, "-o", "alone").code == 0
    said = command(film, "-o", "together", "--on", f"ray:{nodes.address}", how, "--device", "cpu")
    assert said.code == 0, said.words
    assert "2 workers" in said.words
    assert contents("together/clip") == contents("alone/clip")


@pytest.mark.slow
def test_a_machine_that_is_taken_away_costs_no_dream(nodes: Any, command: Command) -> None:
    films = [write(f"film{seed}", seed=seed, **LONG) for seed in range(2)]
    assert command(*films, "-o", "alone").code == 0
    leaving = nodes.add_node(num_cpus=1, object_store_memory=MEMORY)
    process = begin(*films, write("third", **LONG), "-o", "sent", "--on", f"ray:{nodes.address}", "--no-shared")
    with process:
        ticks_of(process, 6)
        nodes.remove_node(leaving, allow_graceful=False)
        _, words = process.communicate()
    assert process.returncode == 0, words
    sent = {name: data for name, data in contents("sent").items() if not name.startswith("third")}
    assert sent == contents("alone")


@pytest.mark.slow
def test_a_cluster_of_this_machine_alone_is_reached_by_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = begin(write("film", **LONG), "--on", "ray")
    with process:
        ticks_of(process, 1)
        listening = [line.split()[1] for line in sockets(children(process.pid))]
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate()
    assert listening
    assert {place.partition(":")[0] for place in listening} == {"0100007F"}, "loopback's address"
    assert process.returncode == 130, words
    assert "stopped; the same command goes on" in words


def children(process: int) -> set[int]:
    """A process and all that it began."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    family, new = {process}, [process]
    while new:
        new = [child for parent in new for child in parents.get(parent, [])]
        family |= {*new}
    return family


def sockets(processes: set[int]) -> list[str]:
    """The lines of /proc/net/tcp of their sockets that listen, those of IPv6 with IPv4's address."""
    own = set()
    for process in processes:
        for link in Path(f"/proc/{process}/fd").glob("*"):
            try:
                own.add(os.readlink(link).removeprefix("socket:[").rstrip("]"))
            except OSError:
                continue
    rows = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in own:
                rows.append(line.replace("0000000000000000FFFF0000", "") if table == "tcp6" else line)
    return rows


@pytest.mark.slow
def test_a_hundred_films_none_lost_none_doubled_and_the_driver_stays_as_it_is(
    nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    films = [write(f"film{seed:03}", seed=seed, size="32x32") for seed in range(100)]
    process = begin(*films, "--on", f"ray:{nodes.address}", "--no-shared")
    memory, done = [], 0
    assert process.stderr
    with process:
        for line in process.stderr:
            if line.startswith("{") and json.loads(line).get("state") == "done":
                done += 1
                status = Path(f"/proc/{process.pid}/status").read_text()
                memory.append(int(next(row for row in status.splitlines() if row.startswith("VmRSS")).split()[1]) // 1024)
        process.wait()
    assert process.returncode == 0
    assert done == 100
    takes = sorted(Path("runs").glob("*/take-*"))
    assert [str(take) for take in takes] == [f"runs/film{seed:03}/take-001" for seed in range(100)]
    assert all(len(list((take / "negative").glob("tick-*"))) == TICKS for take in takes)
    assert max(memory[50:]) - max(memory[:50]) < 40, memory
