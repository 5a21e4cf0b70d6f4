"""Laws of films dreamed elsewhere: whoever dreams them, and whoever dies at it, the takes are those of a render alone."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from PIL import Image
from workers import HOST, Cluster, RemoteWorker

from render.develop import files
from render.develop.shoot import shoot
from render.errors import ConfigError, MissingError, RenderError, RoomError
from render.facts import load
from render.many.cluster import Place
from render.many.events import Done, Left, Lost, Said, Ticked
from render.many.queue import Order, Plan, may_cut, render_queue

pytestmark = pytest.mark.usefixtures("tiny_network")
FILM = """\
size: 48x32
fps: 8
duration: 2s
motion: {zoom: 1.5}
source: {noise: perlin}
dream: {rate: 4, octaves: 1, steps: 1, first_steps: 1, jitter: 2, precision: float32, objective: {garden: all}}
outputs: "{name}.png"
"""
TICKS = 9
FOOTAGE = """\
size: 48x32
fps: 8
duration: source
source: {frames: "shots/*.png"}
dream: {octaves: 1, steps: 1, first_steps: 1, jitter: 2, precision: float32, objective: {garden: all}}
flow: {quality: fast}
outputs: "{name}.png"
"""
PLACE = Place("cpu", 1)
VARIES = {"run.json", ".lock", "config.yaml"}


def write(folder: Path, name: str, text: str = FILM, **settings: Any) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text + "".join(f"{key}: {value}\n" for key, value in settings.items()))
    return path


def footage(folder: Path, lengths: Sequence[int]) -> Path:
    """Pictures of as many shots, each of a photo that drifts."""
    (folder / "shots").mkdir()
    number = 0
    for shot, length in enumerate(lengths):
        photo = (tiny.photo(size=(40, 80), seed=shot)[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
        for step in range(length):
            Image.fromarray(photo[:32, step : step + 48]).save(folder / "shots" / f"{number:03}.png")
            number += 1
    return write(folder, "clip", FOOTAGE)


def alone(path: Path, root: Path) -> None:
    """Render a film as a command of its own does."""
    shoot(load(path), path.read_text(), root, tiny.CPU, lambda states, first, last: states)


def together(paths: Sequence[Path], root: Path, workers: Sequence[RemoteWorker], in_place: bool, **plan: Any) -> list[Any]:
    """Render films with these workers: what befell."""
    orders = [Order(number, load(path), path.read_text()) for number, path in enumerate(paths)]
    stop = plan.pop("stop", Event())
    how = Plan(root, [PLACE] * len(workers), in_place, torch.device("cpu"), **plan)
    return list(render_queue(orders, Cluster(workers), how, stop))  # type: ignore[arg-type]


def contents(root: Path) -> Mapping[str, bytes]:
    """All that lies under the root but what tells of who and when."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.name not in VARIES)
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if ".flow" not in path.parts}


def endings(events: Sequence[Any]) -> dict[int, Any]:
    ended = [event for event in events if isinstance(event, Done | Lost | Left)]
    assert len({event.number for event in ended}) == len(ended), "each film ends once"
    return {event.number: event for event in ended}


@pytest.mark.parametrize("in_place", [True, False])
def test_a_queue_makes_the_takes_that_its_films_make_alone(tmp_path: Path, in_place: bool) -> None:
    paths = [write(tmp_path, f"film{seed}", seed=seed) for seed in range(2)]
    paths.append(write(tmp_path, "moving", FILM.replace("{name}.png", "{name}.gif"), seed=2))
    for path in paths:
        alone(path, tmp_path / "alone")
    events = together(paths, tmp_path / "runs", [RemoteWorker(), RemoteWorker()], in_place)
    assert {number: type(event) for number, event in endings(events).items()} == dict.fromkeys(range(3), Done)
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")
    ticks = [event for event in events if isinstance(event, Ticked)]
    assert len(ticks) == 3 * TICKS
    assert {event.where for event in ticks} == {HOST}
    assert all(event.progress.of == TICKS for event in ticks)
    records = [json.loads(path.read_text()) for path in sorted((tmp_path / "runs").glob("*/*/run.json"))]
    own = [json.loads(path.read_text()) for path in sorted((tmp_path / "alone").glob("*/*/run.json"))]
    told = ("device", "threads", "precision", "tile", "networks", "dreamed", "finished", "fingerprint", "prints")
    assert [[record[key] for key in told] for record in records] == [[record[key] for key in told] for record in own]


def test_a_film_outlives_its_workers(tmp_path: Path) -> None:
    path = write(tmp_path, "film")
    alone(path, tmp_path / "alone")
    workers = [RemoteWorker([2, 3, 1])]
    events = together([path], tmp_path / "runs", workers, False)
    assert isinstance(endings(events)[0], Done)
    assert workers[0].hired == 4
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")
    assert workers[0].dreamed == TICKS, "no dream that was kept is dreamed again"


def test_a_film_that_kills_one_worker_after_the_other_fails_alone(tmp_path: Path) -> None:
    paths = [write(tmp_path, "bad", seed=1), write(tmp_path, "good", seed=2)]
    events = together(paths, tmp_path / "runs", [RemoteWorker([0, 0, 0])], False)
    ended = endings(events)
    bad = next(event for event in ended.values() if isinstance(event, Lost))
    assert "its worker died 3 times" in str(bad.error)
    assert sum(isinstance(event, Done) for event in ended.values()) == 1


@pytest.mark.parametrize("in_place", [True, False])
def test_a_failed_film_says_why_and_stops_no_other(tmp_path: Path, in_place: bool) -> None:
    (tmp_path / "blue.png").write_bytes(b"no picture")
    bad = write(tmp_path, "bad", FILM.replace("{noise: perlin}", "{image: blue.png}"))
    events = together([bad, write(tmp_path, "good")], tmp_path / "runs", [RemoteWorker()], in_place)
    ended = endings(events)
    assert isinstance(ended[1], Done)
    assert isinstance(ended[0].error, MissingError)
    assert "blue.png" in str(ended[0].error)


def test_a_full_disk_here_is_said_and_costs_no_dream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "film")
    alone(path, tmp_path / "alone")
    written = files.write

    def full(place: Path, content: bytes) -> None:
        if place.name == "tick-000004.safetensors":
            with files.refusals(place):
                raise OSError(errno.ENOSPC, "No space left on device")
        written(place, content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        failed = endings(together([path], tmp_path / "runs", [RemoteWorker()], False))[0]
    assert isinstance(failed.error, RoomError)
    assert "the disk is full" in str(failed.error)
    worker = RemoteWorker()
    assert isinstance(endings(together([path], tmp_path / "runs", [worker], False))[0], Done)
    assert worker.dreamed == TICKS - 4
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")


@pytest.mark.parametrize("in_place", [True, False])
def test_stopped_films_are_developed_as_far_as_they_are_and_go_on(tmp_path: Path, in_place: bool) -> None:
    paths = [write(tmp_path, f"film{seed}", seed=seed) for seed in range(2)]
    for path in paths:
        alone(path, tmp_path / "alone")
    stop = Event()
    orders = [Order(number, load(path), path.read_text()) for number, path in enumerate(paths)]
    plan = Plan(tmp_path / "runs", [PLACE], in_place, torch.device("cpu"))
    events = []
    for event in render_queue(orders, Cluster([RemoteWorker()]), plan, stop):  # type: ignore[arg-type]
        events.append(event)
        if isinstance(event, Ticked):
            stop.set()
    ended = endings(events)
    assert len(ended) == 2
    assert any(isinstance(event, Left) for event in ended.values())
    assert not any(isinstance(event, Lost) for event in ended.values())
    again = together(paths, tmp_path / "runs", [RemoteWorker(), RemoteWorker()], in_place)
    assert all(isinstance(event, Done) for event in endings(again).values())
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")


# ---- what travels


def test_the_files_of_a_film_travel_by_what_they_hold(tmp_path: Path) -> None:
    film = FILM.replace("2s", "1s")
    start = write(tmp_path, "start", film)
    alone(start, tmp_path / "alone")
    (tmp_path / "sub").mkdir()
    picture = (tiny.photo(size=(64, 96))[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "sub" / "sky [1].png")
    (tmp_path / "curve.csv").write_text("frame,motion.rotate\n0,0\n8,20\n")
    taken = "{take: {folder: alone/start/take-001, at: 50%}}"
    films = [
        write(tmp_path, "photo", film.replace("{noise: perlin}", "{image: 'sub/sky [1].png'}"), schedule="curve.csv"),
        write(tmp_path, "onward", film.replace("{noise: perlin}", taken)),
        write(tmp_path, "masked", film, mask="{file: 'sub/sky [1].png'}"),
        write(tmp_path, "larger", film.replace("48x32", "96x64"), follow="alone/start/take-001"),
    ]
    for film in films:
        alone(film, tmp_path / "own")
    assert all(
        isinstance(event, Done) for event in endings(together(films, tmp_path / "runs", [RemoteWorker()], False)).values()
    )
    assert contents(tmp_path / "runs") == contents(tmp_path / "own")


# ---- kinds of device


def test_a_take_does_not_wander_between_kinds_of_device_unnoticed(tmp_path: Path) -> None:
    path = write(tmp_path, "film")

    def two(states: Iterator[Any], first: int, last: int) -> Iterator[Any]:
        yield from (next(states), next(states))

    folder = shoot(load(path), FILM, tmp_path / "runs", tiny.CPU, two).folder
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"device": "cuda", "gpu": "NVIDIA L4"}))
    for in_place in (True, False):
        failed = endings(together([path], tmp_path / "runs", [RemoteWorker()], in_place))[0]
        assert isinstance(failed.error, ConfigError)
        assert "a GPU (NVIDIA L4), and a processor would go on" in str(failed.error)
        assert "--any-device" in str(failed.error)
    with pytest.raises(ConfigError, match="--any-device"):
        alone(path, tmp_path / "runs")
    assert isinstance(endings(together([path], tmp_path / "runs", [RemoteWorker()], True, any_device=True))[0], Done)
    record = json.loads((folder / "run.json").read_text())
    assert (record["device"], record.get("gpu"), record["finished"]) == ("cpu", None, True)
    alone(path, tmp_path / "runs")  # what is finished is dreamed on by nobody


# ---- shots


@pytest.mark.parametrize(("cuts", "lives"), [("auto", (1, 2, 1)), ("[0.5s, 1.25s]", ())])
def test_the_shots_of_a_clip_dreamed_apart_make_the_same_take(tmp_path: Path, cuts: str, lives: tuple[int, ...]) -> None:
    path = footage(tmp_path, (4, 6, 5))
    path.write_text(path.read_text() + f"cuts: {cuts}\n")
    alone(path, tmp_path / "alone")
    workers = [RemoteWorker(list(lives)), RemoteWorker()]
    events = together([path], tmp_path / "runs", workers, True)
    assert isinstance(endings(events)[0], Done), endings(events)
    assert sum(isinstance(event, Ticked) for event in events) == 15
    assert all(worker.dreamed for worker in workers), "several workers dream one film"
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")


def test_the_shots_of_a_film_with_listed_cuts_make_the_same_take(tmp_path: Path) -> None:
    path = write(tmp_path, "film", cuts="[0.5s, 1.2s]")
    alone(path, tmp_path / "alone")
    assert isinstance(endings(together([path], tmp_path / "runs", [RemoteWorker(), RemoteWorker()], False))[0], Done)
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")


def test_shots_that_were_cut_off_are_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = footage(tmp_path, (4, 6, 5))
    alone(path, tmp_path / "alone")
    written, count = files.write, 0

    def full(place: Path, content: bytes) -> None:
        nonlocal count
        if place.name.startswith("tick-"):
            count += 1
            if count > 9:
                raise RenderError("the driver is killed")
        written(place, content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        assert isinstance(endings(together([path], tmp_path / "runs", [RemoteWorker(), RemoteWorker()], False))[0], Lost)
    workers = [RemoteWorker(), RemoteWorker()]
    assert isinstance(endings(together([path], tmp_path / "runs", workers, False))[0], Done)
    assert sum(worker.dreamed for worker in workers) == 15 - 9, "what was kept is not dreamed again"
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")
    alone(path, tmp_path / "runs")  # and a plain render goes on in the same take


def test_a_shot_that_fails_stops_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would dream to its end before the fault is told, which may be hours."""
    written, ticks = files.write, 40

    def full(place: Path, content: bytes) -> None:
        if place.name == "tick-000001.safetensors":
            raise RenderError("the disk is gone")
        written(place, content)

    monkeypatch.setattr(files, "write", full)
    workers = [RemoteWorker(), RemoteWorker()]
    (ended,) = endings(together([footage(tmp_path, (2, ticks))], tmp_path / "runs", workers, False)).values()
    assert isinstance(ended, Lost)
    assert "the disk is gone" in str(ended.error)
    assert sum(worker.dreamed for worker in workers) < ticks


@pytest.mark.parametrize("in_place", [True, False])
def test_a_take_that_is_named_is_gone_on_with_before_newer_ones(tmp_path: Path, in_place: bool) -> None:
    path = write(tmp_path, "film")

    def two(states: Iterator[Any], first: int, last: int) -> Iterator[Any]:
        yield from (next(states), next(states))

    older, _ = (shoot(load(path), FILM, tmp_path / "runs", tiny.CPU, two, fresh=True).folder for _ in range(2))
    plan = Plan(tmp_path / "runs", [PLACE], in_place, torch.device("cpu"))
    (done,) = endings(
        list(render_queue([Order(0, load(path), FILM, older)], Cluster([RemoteWorker()]), plan, Event()))
    ).values()  # type: ignore[arg-type]
    assert done.finished.folder == older
    assert done.finished.dreamed == TICKS - 2


def test_what_films_may_be_dreamed_apart(tmp_path: Path) -> None:
    assert may_cut(load(footage(tmp_path, (2, 2))))
    assert may_cut(load(write(tmp_path, "cut", cuts="[1s]")))
    assert not may_cut(load(write(tmp_path, "whole")))
    assert not may_cut(load(write(tmp_path, "garden", cuts="{at: [1s], to: garden}")))


def test_sentences_are_said_of_their_film(tmp_path: Path) -> None:
    path = write(tmp_path, "film")

    def one(states: Iterator[Any], first: int, last: int) -> Iterator[Any]:
        yield next(states)

    shoot(load(path), FILM, tmp_path / "runs", tiny.CPU, one)
    events = together([path], tmp_path / "runs", [RemoteWorker()], False)
    assert "1 of 9 dreams are there already" in [event.words for event in events if isinstance(event, Said)]
