"""Machines: what many workers are worth, and what it costs to send dreams from one machine to another. For scripts/bench.

All workers are on this machine, with one thread each; between two machines the network's own time comes on top.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch

from render.config import load_text
from render.construct import build
from render.develop.shoot import shoot
from render.film import begin, step
from render.many.cluster import AHEAD, Cluster, Place, connect
from render.many.events import Done, Lost, Ticked
from render.many.queue import Order, Plan, render_queue

FILM = """
size: {width}x{height}
duration: {seconds}s
fps: 24
seed: {seed}
motion: {{zoom: 1.5}}
source: {{noise: perlin}}
dream: {{rate: 8, octaves: 4, steps: {steps}, first_steps: {steps}, precision: float32}}
outputs: "{{name}}.png"
"""
CPU, ALONE = torch.device("cpu"), Place("cpu", 1)
SENT = 40  # ticks
SIZES = ((480, 270), (854, 480), (1920, 1080))  # what the costs of sending are told of


def orders(count: int, width: int, height: int, steps: int, seconds: float) -> list[Order]:
    """A queue of films that differ in their seeds."""
    texts = [FILM.format(width=width, height=height, steps=steps, seconds=seconds, seed=seed) for seed in range(count)]
    return [Order(number, load_text(text, f"film{number}.yaml"), text) for number, text in enumerate(texts)]


def by_workers(cluster: Cluster, films: list[Order], workers: int, in_place: bool) -> float:
    """Seconds a tick of a queue on so many workers, from the first tick, which waits for what is loaded once."""
    with TemporaryDirectory() as folder:
        plan = Plan(Path(folder), [ALONE] * workers, in_place, CPU)
        times, ticks = list[float](), 0
        for event in render_queue(films, cluster, plan, threading.Event()):
            if isinstance(event, Lost):
                raise event.error
            if isinstance(event, Ticked | Done):
                times.append(perf_counter())
                ticks += isinstance(event, Ticked)
    return (times[-1] - times[0]) / (ticks - 1)


def in_one_process(films: list[Order]) -> float:
    """The same of the queue as it is rendered without --on."""
    times, ticks = list[float](), 0

    def watch(states: Iterator[Any], first: int, last: int) -> Iterator[Any]:
        nonlocal ticks
        for state in states:
            yield state
            ticks += 1
            times.append(perf_counter())

    with TemporaryDirectory() as folder:
        for film in films:
            shoot(film.config, film.text, Path(folder), CPU, watch)
            times.append(perf_counter())
    return (times[-1] - times[0]) / (ticks - 1)


def tick_seconds(width: int, height: int, steps: int) -> float:
    """Seconds of a tick alone."""
    film = build(orders(1, width, height, steps, 1)[0].config, CPU)
    state, spent = begin(film), []
    for _ in range(3):
        start = perf_counter()
        state = step(film, state)
        spent.append(perf_counter() - start)
    return median(spent)


def sending_seconds(cluster: Cluster, size: int) -> float:
    """Seconds from one tick of so many bytes to the next where nothing but sending takes time.

    Making a tick's files and writing them is done without a cluster, too.
    """

    class Sender:  # in here it travels whole: other processes know nothing of this file
        def send(self) -> Iterator[bytes]:
            content = os.urandom(size)
            for _ in range(SENT):
                yield content

    sender = cluster.remote(Sender).options(num_cpus=1).remote()
    options = {"num_returns": "streaming", "_generator_backpressure_num_objects": AHEAD}
    times = []
    for reference in cluster.each(sender.send.options(**options).remote()):
        cluster.get(reference)
        times.append(perf_counter())
    cluster.ray.kill(sender)
    return (times[-1] - times[0]) / (len(times) - 1)


def machines(width: int, height: int, steps: int, pairs: int, seconds: float) -> dict[str, float]:
    """Films an hour by workers; and for each size how large a tick is, and what of a tick's time it takes to send it."""
    torch.set_num_threads(1)
    films = orders(4, width, height, steps, seconds)
    ticks = films[0].config.clock.last_tick + 1
    with connect("") as cluster:
        queues = {"in one process": lambda: in_one_process(films)} | {
            f"{count} worker{'s' * (count > 1)}": lambda count=count: by_workers(cluster, films, count, True)
            for count in (1, 2)
        }
        spent: dict[str, list[float]] = {name: [] for name in queues}
        for _ in range(pairs):
            for name, run in queues.items():
                spent[name].append(run())
        figures = {f"films an hour, {name}": 3600 / (ticks * median(times)) for name, times in spent.items()}
        own = spent["in one process"]
        for name in list(queues)[1:]:
            figures[f"times as many, {name}"] = median(one / many for one, many in zip(own, spent[name], strict=True))
        whole = tick_seconds(width, height, steps)
        for wide, high in SIZES:
            sending = median(sending_seconds(cluster, 6 * wide * high) for _ in range(pairs))
            figures[f"MB a tick, {wide}x{high}"] = 6 * wide * high / 1e6
            figures[f"ms to send a tick, {wide}x{high}"] = 1000 * sending
            figures[f"share of a tick's time, {wide}x{high}"] = sending / (whole * wide * high / (width * height))
    return figures
