"""Laws of the studio: a flight recorded and rendered is the flight flown, bit for bit; no edit changes the past."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any

import cv2
import numpy as np
import pytest
import tiny
import torch
from clips import clip, plain

from render.construct import build
from render.develop.takes import existing_take
from render.errors import RoomError
from render.facts import load
from render.film import Film, State, begin, step
from render.moment import Clock
from render.picture.picture import resize, to_pixels
from render.scene import Scene
from render.studio import orders
from render.studio.flight import (
    Rows,
    Stage,
    film_with,
    flown_length,
    has_end,
    make_stage,
    numbers_to_end,
    scene_of_its_own,
    with_values,
)
from render.studio.governor import Effort, advise
from render.studio.jobs import Jobs
from render.studio.mending import mend_takes
from render.studio.orders import carry_out
from render.studio.pictures import last_seconds
from render.studio.plates import Wall
from render.studio.protocol import unpack_dream
from render.studio.record import write_flight
from render.studio.script import Script
from render.studio.session import Session
from render.studio.setup import Setup
from render.studio.status import describe
from render.studio.takes import state_at
from render.studio.thin import count_rows, thin_rows
from render.studio.watch import watch_film

pytestmark = pytest.mark.usefixtures("tiny_network")

DREAM = """\
dream:
  rate: 8
  octaves: 2
  steps: 2
  first_steps: 2
  jitter: 3
  objective:
    - {garden: all, drift: 0.3}
    - {layer: edges, weight: "0.3 + 0.1*sin(s)"}
    - {neuron: 3, layer: shapes, at: [0.2, 0.6]}
"""
SOURCES = {
    "noise": "size: 48x32\nsource: {noise: perlin}\nmotion: {zoom: 1.5}\n",
    "photo": "size: 48x32\nsource: {image: photo.png}\nmask: photo.png\nmotion: {zoom: {0s: 1.1, 2s: 1.4}}\n",
    "large photo": "size: 48x32\nsource: {image: large.png}\nmotion: {zoom: 1.2}\n",
    "footage": "size: 48x32\nsource: {video: clip.mp4}\nmotion: {zoom: 1.1}\n",
}
ODD = "fps: 30000/1001\n"  # ticks that fall on no edge of the camera's cells


def film_file(folder: Path, text: str) -> Path:
    for name, size in (("photo", (32, 48)), ("large", (64, 96))):
        cv2.imwrite(str(folder / f"{name}.png"), to_pixels(tiny.photo(size))[..., ::-1])
    if "clip.mp4" in text:
        clip(folder / "clip.mp4", plain(36, (32, 48)), fps="24")
    path = folder / "film.yaml"
    path.write_text(f"seed: 7\n{text}{DREAM}")
    return path


def fly(stage: Stage, edits: Mapping[int, Mapping[str, Any]], ticks: int) -> tuple[list[State], Rows]:
    rows: Rows = {}
    states = [begin(stage.film)]
    for tick in range(ticks):
        rows = with_values(stage, rows, tick, edits.get(tick, {}))
        states.append(step(film_with(stage, rows), states[-1]))
    return states, rows


def everything(stage: Stage, tick: int) -> dict[str, Any]:
    """Another value for every number that can move, and an expression for one."""
    share = {1: 0.35, 3: 0.6}[tick]
    fixed = ("dream.first_steps", "source.noise.contrast")
    values: dict[str, Any] = {}
    for key, span in stage.spans.items():
        low, high = max(span.low, -20.0), min(span.high, 4.0 if not key.startswith("dream.octave") else 2.0)
        value = low + share * (high - low)
        if key not in fixed and not (key.startswith("look.") and stage.config.source.moves and key != "look.hold"):
            values[key] = round(value) if span.whole else value
    if stage.config.source.moves or stage.film.scene.source.photo:
        values = {key: value for key, value in values.items() if not key.startswith(("motion.swirl", "motion.tilt"))}
    return {**values, "motion.zoom": "1.1 + 0.2*min(1, s)"}


@pytest.mark.parametrize("source", SOURCES)
def test_a_flight_that_is_recorded_and_rendered_is_the_flight_that_was_flown(source: str, tmp_path: Path) -> None:
    path = film_file(tmp_path, SOURCES[source] + (ODD if source != "footage" else ""))
    stage = make_stage(load(path), tiny.CPU, {})
    states, rows = fly(stage, {tick: everything(stage, tick) for tick in (1, 3)}, 5)
    recording = write_flight(stage, rows, 5, tmp_path, "film-flight", path)
    assert "extends: film.yaml" in recording.yaml.read_text()
    film = build(load(recording.yaml), torch.device("cpu"))
    assert film.scene.clock.last_tick == 5, "it ends where it was flown to"
    again = begin(film)
    for live in states:
        again = step(film, again) if live.tick else again
        assert tiny.same(live, again), f"tick {live.tick}"


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), Fraction(30_000, 1001)])
def test_a_flight_over_footage_is_cut_where_no_way_becomes_another(fps: Fraction) -> None:
    clock = Clock(fps, 400, Fraction(8), on_frames=True)
    for last in range(1, 20):
        cut = replace(clock, frames=int(flown_length(clock, last) * fps))
        assert (cut.tick(last).seconds, cut.tick(last).dt) == (clock.tick(last).seconds, clock.tick(last).dt)
        assert cut.last_tick in (last, last + 1)


def test_the_law_can_fail(tmp_path: Path) -> None:
    """One number one tick later is another flight."""
    stage = make_stage(load(film_file(tmp_path, SOURCES["noise"])), tiny.CPU, {})
    early, late = (fly(stage, {tick: {"motion.rotate": 40.0}}, 3)[0] for tick in (1, 2))
    assert tiny.same(early[1], late[1])
    assert not tiny.same(early[2], late[2])


def test_no_edit_changes_the_past(tmp_path: Path) -> None:
    stage = make_stage(load(film_file(tmp_path, SOURCES["noise"] + ODD)), tiny.CPU, {})
    states, rows = fly(stage, {0: {"motion.zoom": 2.0}}, 4)
    edited = film_with(stage, with_values(stage, rows, 4, everything(stage, 3)))
    again = begin(edited)
    for live in states:
        again = step(edited, again) if live.tick else again
        assert tiny.same(live, again)


ENDS = {
    "motion: {zoom: 1.5}": [],
    "motion: {zoom: '1 + s'}": [],
    "motion: {zoom: '1 + p'}": ["motion.zoom"],
    "motion: {zoom: {0s: 1, 50%: 2}}": ["motion.zoom"],
    "motion: {rotate: {0s: 1, end: 2}}": ["motion.rotate"],
    "motion: {rotate: {0s: 1, 3s: 2}}": [],
}


@pytest.mark.parametrize(("text", "keys"), ENDS.items())
def test_numbers_that_know_their_end_are_told(text: str, keys: list[str], tmp_path: Path) -> None:
    path = tmp_path / "film.yaml"
    path.write_text(text)
    config = load(path)
    assert numbers_to_end(config) == keys
    assert has_end(config) == bool(keys)


def test_a_thinned_flight_comes_no_farther_than_said(tmp_path: Path) -> None:
    stage = make_stage(load(film_file(tmp_path, SOURCES["noise"])), tiny.CPU, {})
    rows: Rows = {}
    for tick in range(24):
        rows = with_values(stage, rows, tick, {"motion.zoom": 1.5 + 0.002 * tick, "motion.rotate": 10.0})
    few, error = thin_rows(stage, rows, 24, 2.0)
    assert count_rows(few) < count_rows(rows) / 2
    assert 0 < error <= 2.0
    same, none = thin_rows(stage, rows, 24, 0.0)
    assert (count_rows(same), none) == (24, 0.0)


FULL = Effort(57_600, 3, 4)
ADVICE = {
    "in time": (Effort(57_600, 3, 4), 0.1, Effort(57_600, 3, 4)),
    "a little slow": (Effort(57_600, 3, 4), 0.2, Effort(57_600, 2, 4)),
    "far too slow": (Effort(57_600, 3, 4), 2.0, Effort(57_600, 1, 4)),
    "one step is too slow": (Effort(57_600, 1, 4), 0.2, Effort(57_600, 1, 3)),
    "nothing but the size is left": (Effort(57_600, 1, 2), 0.2, Effort(43_200, 1, 2)),
    "fast": (Effort(57_600, 1, 4), 0.02, Effort(57_600, 2, 4)),
    "fast, and all that the film asks for": (Effort(57_600, 3, 4), 0.02, Effort(57_600, 3, 4)),
}


@pytest.mark.parametrize(("effort", "took", "wanted"), ADVICE.values(), ids=ADVICE)
def test_the_governor(effort: Effort, took: float, wanted: Effort) -> None:
    assert advise(effort, FULL, took, 1 / 6) == wanted


# ---- sessions


class Audience:
    """Remembers all that it is told and shown."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.dreams: list[bytes] = []

    def tell(self, message: dict[str, Any]) -> None:
        self.told.append(json.loads(json.dumps(message, allow_nan=False)))

    def show(self, dream: bytes) -> None:
        self.dreams.append(dream)

    def last(self, kind: str) -> dict[str, Any]:
        return next(message for message in reversed(self.told) if message["type"] == kind)


class Flown:
    """A session that is stepped by hand."""

    def __init__(self, path: Path, share: float = 1.0, pixels: int = 57_600) -> None:
        self.audience = Audience()
        setup = Setup(
            Script(load(path), path.read_text(), path, lambda: load(path)),
            path.parent / "runs",
            tiny.CPU,
            pixels=pixels,
            share=share,
            govern=False,
            pace=False,
        )
        self.session = Session(setup, self.audience, carry_out)
        self.session.start_over()

    def order(self, **message: Any) -> list[dict[str, Any]]:
        replies: list[dict[str, Any]] = []
        carry_out(self.session, message, replies.append)
        return replies

    def done(self, **message: Any) -> None:
        *_, last = self.order(**message)
        assert last["type"] == "done", last

    def fly(self, ticks: int) -> None:
        for _ in range(ticks):
            self.session.advance()

    @property
    def shown(self) -> dict[str, Any]:
        return unpack_dream(self.audience.dreams[-1])[0]


def negatives(take: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((take / "negative").glob("tick-*"))]


def test_a_session_is_recorded_and_nothing_is_dreamed_twice(tmp_path: Path, command: Any) -> None:
    path = film_file(tmp_path, SOURCES["noise"])
    flown = Flown(path)
    flown.done(type="set", values={"motion.center.0": 0.2, "dream.steps": 1})
    flown.fly(2)
    flown.done(type="set", values={"motion.zoom": 2.0}, over=0.4)
    flown.fly(3)
    live = flown.session.live_take.folder
    flown.done(type="stop")
    flown.session.close()
    said = command(str(tmp_path / "film-flight.yaml"), "-o", str(tmp_path / "runs"), "--set", "outputs=last.png")
    assert said.code == 0, said.words
    assert "nothing was left to dream; --fresh begins a new take" in said.words
    assert negatives(tmp_path / "runs/film-flight/take-001") == negatives(live)
    fresh = command(str(tmp_path / "film-flight.yaml"), "-o", "elsewhere", "--set", "outputs=last.png")
    assert fresh.code == 0, fresh.words
    assert negatives(Path("elsewhere/film-flight/take-001")) == negatives(live)


@pytest.mark.parametrize(("source", "quality"), [("noise", "final"), ("noise", "flown"), ("footage", "final")])
def test_a_flight_rendered_larger_is_led_by_what_was_flown(source: str, quality: str, tmp_path: Path) -> None:
    """What one flew into is there: brought to its size, the large film is the flight; led by nothing it is another film."""
    path = film_file(tmp_path, SOURCES[source])
    path.write_text(path.read_text().replace("48x32", "96x64"))
    flown = Flown(path, share=0.5, pixels=48 * 32)
    flown.done(type="set", values={"motion.center.0": 0.2, "motion.rotate": 40.0})
    flown.fly(3)
    flown.session.hand.pending["dream.octaves"] = 1  # the governor's, who knows nothing of the large film
    flown.fly(2)
    flown.done(type="save", name="way")
    flown.done(type="thin", flight="way", pixels=50.0)
    flown.session.jobs.add = lambda *job: None
    flown.done(type="render", flight="way", size="144x96", quality=quality)
    config = load(tmp_path / ("way-144x96.yaml" if quality == "final" else "way-144x96-flown.yaml"))
    assert config.follow
    assert config.dream.octaves(config.clock.tick(4)) >= 3, "they lead down to the flight's size"
    assert config.dream.steps(config.clock.tick(4)) == (2 if quality == "final" else 1)
    canvases = [to_pixels(state.canvas).astype(float) for state in flown_states(flown)]
    assert nearness(build(config, tiny.CPU), canvases) > 24
    if quality == "final":
        assert nearness(build(config.model_copy(update={"follow": None}), tiny.CPU), canvases) < 24
    flown.session.close()


def flown_states(flown: Flown) -> list[State]:
    """All ticks that were flown."""
    session = flown.session
    return [state_at(session.live_take, session.stage, session.rows, tick) for tick in range(session.head + 1)]


def nearness(film: Film, canvases: list[Any]) -> float:
    """PSNR of a film's last tick, brought to the size of what was flown, against it; dB."""
    state = begin(film)
    while state.tick < len(canvases) - 1:
        state = step(film, state)
    height, width = canvases[-1].shape[:2]
    small = to_pixels(resize(state.canvas, (height, width)).clamp(0, 1)).astype(float)
    return float(-10 * np.log10(((small - canvases[-1]) ** 2).mean() / 255**2))


def test_a_flight_is_not_rendered_smaller_or_in_another_shape(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    flown.fly(1)
    flown.done(type="save", name="way")
    for size, words in (("24x16", "the take has 48x32"), ("1080p", "has another shape")):
        (error,) = flown.order(type="render", flight="way", size=size, quality="final")
        assert words in error["text"]
    flown.session.close()


def test_a_fork_begins_as_the_old_take_did(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["footage"]))
    flown.done(type="set", values={"dream.chroma": 0.1})
    flown.fly(4)
    old = flown.session.live_take.folder
    flown.done(type="mark", tick=1, name="here")
    flown.done(type="scrub", tick=1)
    assert (flown.shown["tick"], flown.shown["scrub"]) == (1, True)
    flown.done(type="fork", tick=2)
    flown.fly(2)
    new = flown.session.live_take.folder
    assert new != old
    assert negatives(new) == negatives(old)  # nothing was set otherwise, so it goes on as it did
    assert describe(flown.session)["marks"] == [{"tick": 1, "seconds": 0.125, "name": "here"}]
    flown.session.close()


def test_a_save_takes_hold_at_the_next_tick_and_a_fault_changes_nothing(tmp_path: Path) -> None:
    path = film_file(tmp_path, SOURCES["noise"])
    text, flown = path.read_text(), Flown(path)
    flown.fly(1)
    path.write_text(
        text.replace("zoom: 1.5", "zoom: 1.8").replace("- {garden", "- {layer: shapes, weight: 0.7}\n    - {garden")
    )
    flown.done(type="saved")
    take = flown.session.live_take.folder
    flown.fly(10)
    assert flown.session.values()["motion.zoom"] == 1.8
    state = describe(flown.session)
    assert [term["weight"] for term in state["terms"]][-1] == pytest.approx(0.7)  # it rose from 0
    assert flown.session.live_take.folder == take
    path.write_text(text.replace("zoom", "zom"))
    flown.done(type="saved")
    fault = flown.audience.last("fault")
    assert fault["problems"][0]["hint"].startswith('did you mean "zoom"?')
    assert fault["problems"][0]["line"] == 4
    assert fault["text"].endswith("Nothing was rendered.")
    flown.fly(1)
    path.write_text(text.replace("48x32", "64x32"))
    flown.done(type="saved")
    assert flown.audience.last("mended")
    assert flown.session.live_take.folder != take  # another size is a cut
    assert "size" in flown.audience.last("said")["text"]
    flown.session.close()


def test_a_flight_with_new_objectives_is_the_flight_that_was_flown(tmp_path: Path) -> None:
    path = film_file(tmp_path, SOURCES["noise"])
    flown = Flown(path)
    flown.fly(1)
    flown.done(type="add", term={"layer": "shapes"}, over=0.3)
    flown.done(type="drop", index=1, over=0)
    flown.fly(4)
    flown.done(type="save", name="other")
    film = build(load(tmp_path / "other.yaml"), tiny.CPU)
    state = begin(film)
    while state.tick < 5:
        state = step(film, state)
    assert flown.session.state
    assert tiny.same(state, flown.session.state)
    flown.session.close()


def test_the_page_s_numbers_are_written_into_the_file_and_comments_stay(tmp_path: Path) -> None:
    path = film_file(tmp_path, SOURCES["noise"])
    path.write_text(path.read_text().replace("zoom: 1.5}", "zoom: 1.5}  # slow"))
    flown = Flown(path, share=0.5)
    flown.done(
        type="set", values={"motion.zoom": 1.75, "motion.pan.0": 0.25, "look.hold": 0.2, "dream.objective.2.weight": 0.5}
    )
    flown.fly(1)
    flown.done(type="write")
    config = load(path)
    moment = config.clock.tick(0)
    assert config.motion.zoom(moment) == 1.75
    assert [curve(moment) for curve in config.motion.pan] == [0.25, 0]
    assert config.look.hold(moment) == 0.2
    assert config.dream.objective[2].weight(moment) == 0.5
    assert "zoom: 1.75, pan: [0.25, 0]} # slow" in path.read_text()
    assert describe(flown.session)["unsaved"] == []
    flown.session.close()


def test_what_no_film_takes_up_on_its_way_is_a_cut_that_is_told(tmp_path: Path) -> None:
    """A garden grows from the beginning, and a network is another film's: both begin anew, and what was added before stays."""
    path = film_file(tmp_path, SOURCES["noise"])
    flown = Flown(path)
    flown.fly(1)
    take = flown.session.live_take.folder
    flown.done(type="add", term={"layer": "shapes", "weight": 0.7}, over=0)
    flown.done(type="add", term={"garden": ["leaf", "fern"]})
    assert flown.session.live_take.folder != take
    assert flown.audience.last("said")["text"] == "a garden grows from the beginning: the film begins anew"
    flown.done(type="add", term={"layer": "edges", "network": "efficientnet_lite0"})
    assert flown.audience.last("said")["text"] == "efficientnet_lite0 is a new network: the film begins anew"
    flown.fly(1)
    state = describe(flown.session)
    assert [(term["kind"], term["weight"]) for term in state["terms"]][3:] == [("layer", 0.7), ("garden", 1), ("layer", 1)]
    path.write_text(path.read_text().replace("zoom: 1.5", "zoom: 1.25"))
    take = flown.session.live_take.folder
    flown.done(type="saved")
    assert flown.session.live_take.folder == take, "the file has none of these, and a save of it takes none away"
    flown.session.close()


def test_a_flight_that_was_killed_is_a_take_at_the_next_start(tmp_path: Path) -> None:
    """Its dreams, its numbers and what was added, as if it had been ended. One that is flown now is left alone."""
    path = film_file(tmp_path, SOURCES["noise"])
    flown, other = Flown(path), Flown(path)
    flown.fly(1)
    flown.done(type="set", values={"motion.zoom": 2.0, "look.hold": 0.3})
    flown.done(type="add", term={"layer": "shapes"}, over=0.3)
    flown.fly(4)
    session = flown.session
    take = session.live_take
    take.write_rows(5, {"motion.zoom": 9.0})  # the step that these govern was never taken
    with (take.folder / "flight.jsonl").open("a") as journal:
        journal.write('{"tick": 6, "val')
    take.take.__exit__()  # as a kill does it
    take._journal.close()
    root = tmp_path / "runs"
    assert list(mend_takes(root, tiny.CPU, {})) == [f"a flight that was cut off is a take now: {take.folder}, 6 dreams"]
    assert list(mend_takes(root, tiny.CPU, {})) == []
    other.session.close()
    film = build(load(take.folder / "flight.yaml"), tiny.CPU)
    state = begin(film)
    while state.tick < 5:
        state = step(film, state)
    assert session.state
    assert tiny.same(state, session.state)
    assert film.scene.clock.last_tick == 5
    with existing_take(take.folder) as mended:
        assert mended.record["dreamed"] == 6
        assert "live" not in mended.record["fingerprint"]


def test_a_journal_that_says_what_no_film_has_is_told_and_stops_nothing(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    flown.fly(2)
    take = flown.session.live_take
    take.write_rows(0, {"motion.gone": 9.0})  # as a version of before had it
    take.take.__exit__()
    take._journal.close()
    (said,) = mend_takes(tmp_path / "runs", tiny.CPU, {})
    assert "cannot be mended" in said
    assert "tick 0 sets motion.gone" in said


def test_what_an_order_leads_to_is_told_before_its_answer(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    flown.fly(2)
    told = flown.audience.told
    for kind, fields, key, value in (
        ("pause", {}, "playing", False),
        ("scrub", {"tick": 1}, "scrub", 1),
        ("record", {}, "scrub", None),
        ("mark", {"tick": 1}, "marks", [{"tick": 1, "seconds": 0.125, "name": ""}]),
    ):
        carry_out(flown.session, {"type": kind, "id": 1, **fields}, told.append)
        assert (told[-1], told[-2]["type"], told[-2][key]) == ({"id": 1, "type": "done"}, "state", value)
    assert flown.session.playing, "what is recorded plays"
    flown.session.close()


def test_objectives_of_a_take_that_has_ended_are_not_set(tmp_path: Path) -> None:
    """A page that still shows them may mean another one; what all takes have is set."""
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    values = {"motion.zoom": 2.0, "dream.objective.1.weight": 0.9}
    flown.done(type="set", values=values, take="take-000")
    assert flown.session.hand.pending == {"motion.zoom": 2.0}
    flown.done(type="set", values=values, take=flown.session.live_take.folder.name)
    assert flown.session.hand.pending == values
    flown.done(type="release")
    assert not flown.session.hand.moved, "without keys it is all"
    flown.session.close()


REFUSED: dict[str, dict[str, Any]] = {
    "no such order": {"type": "sing"},
    "no such number": {"type": "set", "values": {"motion.zom": 1}},
    "no number": {"type": "set", "values": {"motion.zoom": "fast"}},
    "not a finite one": {"type": "set", "values": {"motion.zoom": float("inf")}},
    "of the beginning only": {"type": "set", "values": {"dream.first_steps": 3}},
    "no such tick": {"type": "scrub", "tick": 99},
    "no tick": {"type": "fork"},
    "a name that is a path": {"type": "save", "name": "../film"},
    "the name of somebody's file": {"type": "save", "name": "film"},
    "the name of somebody's table": {"type": "save", "name": "moves"},
    "a number without end": {"type": "set", "values": {"motion.zoom": 10**400}},
    "no such layer": {"type": "add", "term": {"layer": "sky"}},
    "no such objective": {"type": "drop", "index": 9},
    "no such flight": {"type": "thin", "flight": "x", "pixels": 1.0},
    "no such network": {"type": "plates", "network": "sky", "plates": [["low", 1]]},
    "no such layer of plates": {"type": "plates", "network": "tiny", "plates": [["sky", 1]]},
    "no network to visit": {"type": "visit", "network": "sky"},
    "a quality that is none": {"type": "render", "quality": "best"},
    "a size that is none": {"type": "size", "size": "huge"},
    "a tick of another take": {"type": "fork", "tick": 0, "take": "take-000"},
    "a mark of another take": {"type": "unmark", "tick": 0, "take": "take-000"},
    "an objective of another take": {"type": "drop", "index": 0, "take": "take-000"},
}


@pytest.mark.parametrize("order", REFUSED.values(), ids=REFUSED)
def test_an_order_that_cannot_be_is_one_sentence(order: dict[str, Any], tmp_path: Path) -> None:
    path, table = film_file(tmp_path, SOURCES["noise"]), tmp_path / "moves.csv"
    table.write_text("mine")
    flown, text = Flown(path), path.read_text()
    (error,) = flown.order(id=4, **order)
    assert (error["type"], error["id"]) == ("error", 4)
    assert error["text"]
    flown.fly(1)
    assert sorted(tmp_path.glob("*.yaml")) == [path]
    assert (path.read_text(), table.read_text()) == (text, "mine")
    flown.session.close()


def test_a_picture_without_end_of_a_network_is_left_out(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    flown.done(type="plates", network="tiny", plates=[["shapes", 10**400], ["shapes", -1]])
    flown.session.close()


def test_another_size_keeps_what_was_set(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    flown.done(type="set", values={"motion.zoom": 2.5})
    flown.fly(2)
    flown.done(type="size", size="32x16")
    flown.fly(1)
    assert flown.shown["size"] == [28, 18]
    assert flown.session.values()["motion.zoom"] == 2.5
    flown.session.close()


def test_pictures_of_a_flight(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    flown.fly(5)
    file, _ = flown.order(type="snapshot", tick=2)
    picture = cv2.imread(file["path"], cv2.IMREAD_UNCHANGED)
    assert (picture.dtype, picture.shape) == ("uint16", (32, 48, 3))
    session = flown.session
    gif = last_seconds(scene_of_its_own(session.stage, session.rows), session.live_take.folder, session.head, 0.5, 48, 12)
    assert gif.read_bytes().startswith(b"GIF89a")
    session.close()


def test_a_gif_is_made_beside_the_flight_from_footage_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source decodes for one reader at a time, and the flight goes on meanwhile."""
    flown, scenes = Flown(film_file(tmp_path, SOURCES["footage"])), list[Scene]()

    def spy(scene: Scene, *more: Any) -> Path:
        scenes.append(scene)
        return last_seconds(scene, *more)

    monkeypatch.setattr(orders, "last_seconds", spy)
    flown.fly(3)
    replies = flown.order(type="gif", seconds=0.25, width=48, fps=8)
    flown.fly(6)
    wait_for(lambda: [reply for reply in replies if reply["type"] == "file"] or graves(flown))
    assert not graves(flown)
    assert scenes[0].source is not flown.session.film.scene.source
    assert torch.equal(scenes[0].picture(scenes[0].clock.tick(2)), flown.session.film.scene.picture(scenes[0].clock.tick(2)))
    flown.session.close()


def graves(flown: Flown) -> list[dict[str, Any]]:
    """What was told as grave."""
    return [said for said in flown.audience.told if said.get("grave")]


def wait_for(true: Callable[[], Any]) -> None:
    """Wait until something holds, a minute at most."""
    for _ in range(3000):
        if true():
            return
        sleep(0.02)
    raise AssertionError("it never came")


def test_a_gif_for_which_memory_ends_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(orders, "last_seconds", end)
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    flown.fly(3)
    flown.order(type="gif", seconds=0.25, width=48, fps=8)
    wait_for(lambda: graves(flown))
    assert "the GIF could not be made: out of memory" in graves(flown)[0]["text"]
    flown.fly(4)
    flown.session.close()


def test_a_disk_that_is_full_ends_no_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise RoomError("the disk is full")

    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    with monkeypatch.context() as patch:
        patch.setattr("render.studio.session.LiveTake", full)
        assert flown.order(type="over")[-1]["text"] == "the disk is full"
    assert "no take to fly in" in flown.order(type="unmark", tick=0)[-1]["text"]
    flown.done(type="over")
    flown.fly(1)
    flown.session.close()


def test_a_save_of_what_the_film_extends_is_noticed_wherever_that_is(tmp_path: Path) -> None:
    film, base = tmp_path / "film.yaml", tmp_path / "away" / "base.yaml"
    base.parent.mkdir()
    film.write_text("seed: 1\n")
    saves, ending = list[int](), Event()
    watcher = watch_film(film, lambda: saves.append(1), ending)

    def save(path: Path, text: str) -> None:
        """Write a file until that is noticed: whoever watches may not have begun."""
        before = len(saves)
        for number in range(120):
            path.write_text(f"{text}# {number}\n")
            sleep(0.5)
            if len(saves) > before:
                return
        raise AssertionError(f"never noticed: {path}")

    save(film, "extends: away/base.yaml\n")
    save(base, "seed: 2\n")
    ending.set()
    watcher.join(5)
    assert not watcher.is_alive()


def test_what_goes_wrong_in_an_order_is_told_and_the_flight_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(session: Session, message: Any, reply: Any) -> None:
        raise MemoryError

    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    monkeypatch.setitem(orders.ORDERS, "live", forget)  # type: ignore[arg-type]
    (error,) = flown.order(type="live", id=1)
    assert (error["type"], error["id"]) == ("error", 1)
    assert error["text"].startswith("out of memory at")
    flown.fly(1)
    flown.session.close()


def test_every_handle_says_what_it_is(tmp_path: Path) -> None:
    flown = Flown(film_file(tmp_path, SOURCES["noise"]))
    handles = flown.session.vocabulary()["handles"]
    assert {handle["key"] for handle in handles} >= {"motion.zoom", "motion.pan.0", "dream.objective.1.weight", "look.mean"}
    for handle in handles:
        assert handle["meaning"]
        assert handle["low"] <= handle["likely"][0] < handle["likely"][1] <= handle["high"]
        assert handle["live"] or handle["why"]
    flown.session.close()


def test_what_a_network_knows_is_dreamed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **more: tmp_path / "cache")
    told: list[dict[str, Any]] = []
    wall = Wall([tiny.network()], tiny.CPU, told.append)
    (known,) = wall.knowledge()["networks"]
    assert [layer["channels"] for layer in known["layers"]] == [8, 12]
    assert (len(known["classes"]), known["plates"]) == (6, {})
    wall.want("tiny", [("shapes", 3), ("classes", 1)])
    while len(told) < 2:
        sleep(0.02)
    wall.close()
    again = Wall([tiny.network()], tiny.CPU, told.append)
    assert again.knowledge()["networks"][0]["plates"] == {"classes": [1], "shapes": [3]}
    again.want("tiny", [("shapes", 3)])
    again.close()
    assert [plate["url"] for plate in told].count("/plate/tiny/shapes/3.jpg") == 2


def test_renderings_wait_for_each_other_get_on_and_are_done(tmp_path: Path) -> None:
    """By a command that stands for `render`: what it says of its ticks is told, and where its film lies below the takes."""
    program = "import json, sys; [print(json.dumps({'tick': tick, 'last': 3, 'left': 1}), file=sys.stderr, flush=True)"
    program += " for tick in range(4)]; print(sys.argv[1]); sys.exit('bad' in sys.argv[1])"
    told: list[dict[str, Any]] = []
    jobs = Jobs(tmp_path, told.append, lambda job, root: [sys.executable, "-S", "-c", program, str(root / job.flight)])
    for flight in ("good.mp4", "bad.mp4", "never.mp4"):
        jobs.add(tmp_path / "film.yaml", flight, "4k", "final")
    jobs.cancel(3)
    while {job["stage"] for job in told[-1]["jobs"]} - {"done", "failed", "cancelled"}:
        sleep(0.02)
    jobs.close()
    stages = [[message["jobs"][0]["stage"], message["jobs"][0]["share"]] for message in told]
    assert [stage for at, stage in enumerate(stages) if stage not in stages[:at]] == [
        *(["queued", 0], ["dreaming", 0], ["dreaming", 0.25], ["dreaming", 0.5], ["dreaming", 0.75]),
        *(["developing", 1], ["done", 1]),
    ]
    assert [(job["stage"], job["url"]) for job in told[-1]["jobs"]] == [
        ("done", "/takes/good.mp4"),
        ("failed", ""),
        ("cancelled", ""),
    ]
