"""Laws of traces on disk: what was found is found again to the bit, and a damaged or missing one is only found anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from time import time

import numpy as np
import pytest

from render.develop import files
from render.develop.flow_cache import cached_estimator, read, sweep
from render.picture.picture import Pixels
from render.source.flow import FlowEstimator, FlowPair

CHANCE = np.random.default_rng(0)
PAIR = [CHANCE.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(2)]


class Engine:
    """Finds something that depends on both pictures, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, earlier: Pixels, later: Pixels) -> FlowPair:
        self.asked += 1
        back = 257 * np.stack((earlier[..., 0], later[..., 1]), axis=-1).astype(np.int16)  # from end to end of its range
        return FlowPair(back, later[..., 2].copy(), 0.1 + 1e-17, 1 / 3, float(later.mean()) / 255)

    def look(self, name: str = "engine") -> FlowEstimator:
        return FlowEstimator(self, 960, name)


def same(one: FlowPair, other: FlowPair) -> bool:
    facts = [(trace.lost, trace.alike, trace.still) for trace in (one, other)]
    return np.array_equal(one.back, other.back) and np.array_equal(one.trust, other.trust) and facts[0] == facts[1]


def test_what_was_found_is_found_again(tmp_path: Path) -> None:
    engine = Engine()
    first = cached_estimator(engine.look(), tmp_path / "deep" / "flow").trace(*PAIR)
    again = cached_estimator(engine.look(), tmp_path / "deep" / "flow").trace(*PAIR)
    assert engine.asked == 1
    assert same(first, engine(*PAIR))
    assert same(first, again)
    assert again.back.dtype == np.int16
    assert again.trust.dtype == np.uint8


def test_other_pictures_and_other_looks_are_others(tmp_path: Path) -> None:
    engine = Engine()
    one, other = PAIR
    changed = other.copy()
    changed[3, 3, 1] ^= 1
    for pair in (
        (one, other),
        (other, one),
        (one, changed),
        (one[:10], other[:10]),
        (one.reshape(30, 20, 3), other.reshape(30, 20, 3)),
    ):
        assert same(cached_estimator(engine.look(), tmp_path).trace(*pair), Engine()(*pair))
    assert engine.asked == 5
    cached_estimator(engine.look("another"), tmp_path).trace(one, other)
    assert engine.asked == 6


def test_a_damaged_trace_is_found_anew(tmp_path: Path) -> None:
    engine = Engine()
    look = cached_estimator(engine.look(), tmp_path)
    whole = look.trace(*PAIR)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    hurt = [content[:length] for length in (0, 10, 32, 40, len(content) - 1)]
    for place in CHANCE.integers(0, len(content), 20):
        hurt.append(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
    for number, damaged in enumerate(hurt, 2):
        path.write_bytes(damaged)
        assert read(path) is None
        assert same(look.trace(*PAIR), whole)
        assert engine.asked == number
        assert path.read_bytes() == content, "and is whole again"
    assert [file.name for file in tmp_path.iterdir()] == [path.name], "nothing else is left"


def test_where_nothing_can_be_kept_it_is_found_every_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    engine = Engine()
    look = cached_estimator(engine.look(), tmp_path / "file")
    assert same(look.trace(*PAIR), look.trace(*PAIR))
    assert engine.asked == 2


def test_the_oldest_traces_go_when_there_are_too_many(tmp_path: Path) -> None:
    for age in range(10):
        (tmp_path / f"{age}.trace").write_bytes(bytes(100))
        os.utime(tmp_path / f"{age}.trace", (1_000_000 - age, 1_000_000 - age))
    read(tmp_path / "9.trace")  # needed again
    sweep(tmp_path, most=450)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.trace", "1.trace", "2.trace", "9.trace"]


def test_what_killed_processes_left_goes_and_what_is_being_written_stays(tmp_path: Path) -> None:
    for name, age in ((f"{files.PART}1-0.trace", 7200), (f"{files.PART}2-0.trace", 10), ("a.trace", 7200)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time() - age, time() - age))
    files.sweep_forgotten(tmp_path, 3600)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{files.PART}2-0.trace", "a.trace"]


def test_the_law_of_sameness_can_fail() -> None:
    found = Engine()(*PAIR)
    assert not same(found, replace(found, lost=0.2))
    assert not same(found, replace(found, back=found.back + np.int16(1)))
    with pytest.raises(AssertionError):
        assert same(found, replace(found, trust=255 - found.trust))
