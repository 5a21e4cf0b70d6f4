"""Laws of cuts: a dream that cuts on a beat begins anew there, or other kinds grow on in it; what was before is as it was."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import tiny
import torch

from render.config import Config, load_text
from render.config.cuts import cut_times
from render.config.facts import Facts
from render.construct import build
from render.develop.chain import tick_chain
from render.film import Film, step, ticks
from render.frames import frames
from render.loops import NONE

USUAL = ("duration=2s", "fps=20", "size=32x24", "dream.rate=4")
GARDEN = "{garden: all, drift: 0}"
LAYER = "{layer: low}"


def film(what: str = LAYER, more: str = "") -> Film:
    return tiny.film(f"dream: {{objective: {what}}}\nbpm: 75\n{more}", USUAL)


def config(cuts: str, first_beat: float = 0.0, more: str = "") -> Config:
    known = Facts(bpm=75, first_beat=first_beat)
    return load_text(f"{{duration: 4s, audio: a.wav, cuts: {cuts}{more}}}", inspect=lambda settings: known)


TIMES = {
    "every 1b": (0.3, [0.3, 1.1, 1.9, 2.7, 3.5]),
    "every 4b": (0.35, [0.35, 3.55]),
    "every 2b": (0.02, [1.62, 3.22]),
    "every 1.5s": (0.3, [1.5, 3.0]),
    "every 45": (0.3, [1.5, 3.0]),
    "every 50%": (0.0, [2.0]),
    "[3s, 1s]": (0.3, [1.0, 3.0]),
    "[1b, 2b]": (0.3, [1.1, 1.9]),
    "none": (0.3, []),
    "auto": (0.3, []),
}


@pytest.mark.parametrize("cuts", TIMES)
def test_cuts_fall_where_they_are_written(cuts: str) -> None:
    first_beat, times = TIMES[cuts]
    found = config(cuts, first_beat)
    assert cut_times(found, found.clock) == pytest.approx(tuple(times))
    again = load_text(found.yaml(), inspect=lambda settings: found.facts)
    assert again.cuts == found.cuts


def test_the_beat_of_cuts_is_part_of_the_film() -> None:
    prints = {(cuts, beat): config(cuts, beat).fingerprint() for cuts in ("every 1b", "none", "[2s]") for beat in (0.0, 0.3)}
    assert prints["every 1b", 0.0] != prints["every 1b", 0.3]
    assert prints["none", 0.0] == prints["none", 0.3]
    assert prints["[2s]", 0.0] == prints["[2s]", 0.3] != prints["none", 0.0]
    spelled = config("{at: every 4b, to: garden}", more=", dream: {objective: {garden: all}}")
    assert spelled.fingerprint() != config("every 4b", more=", dream: {objective: {garden: all}}").fingerprint()


def test_a_cut_to_a_fresh_dream_owes_nothing_to_what_was_before() -> None:
    whole, cut = film(), film(more="cuts: every 1b")  # at 0.8 s and 1.6 s, between ticks 3 and 4, and 6 and 7
    plain, anew = list(ticks(whole)), list(ticks(cut))
    same = [torch.equal(a.canvas, b.canvas) for a, b in zip(plain, anew, strict=True)]
    assert same == [True] * 4 + [False] * (len(plain) - 4)
    other = step(cut, plain[3]), step(cut, step(whole, plain[2]))
    assert torch.equal(anew[4].canvas, other[0].canvas)
    assert torch.equal(other[0].canvas, other[1].canvas)
    clock = cut.scene.clock
    pictures = [cut.scene.picture(clock.tick(tick)) for tick in (0, 3, 4, 6, 7)]
    equal = [[torch.equal(a, b) for b in pictures] for a in pictures]
    assert equal == [
        [True, True, False, False, False],
        [True, True, False, False, False],
        [False, False, True, True, False],
        [False, False, True, True, False],
        [False, False, False, False, True],
    ], "noise is another in each shot"


def test_a_cut_falls_on_its_frame() -> None:
    cut = film(more="cuts: [0.8s]")
    states = [state.canvas for state in ticks(cut)]
    shown = list(frames(cut.scene, states, cut.scene.clock))
    grey = [torch.full_like(states[0], 0.5)] * len(states)
    before, after = (
        list(frames(cut.scene, row, cut.scene.clock)) for row in ([*states[:4], *grey[4:]], [*grey[:4], *states[4:]])
    )
    number = round(0.8 * 20)
    for index, frame in enumerate(shown):
        assert torch.equal(frame, (before if index < number else after)[index]), "nothing of the other side is in it"


def test_a_cut_to_the_garden_goes_on_with_the_picture_and_other_kinds() -> None:
    whole, cut = film(GARDEN), film(GARDEN, "cuts: {at: [0.8s], to: garden}")
    plain, jumped = list(ticks(whole)), list(ticks(cut))
    assert torch.equal(plain[3].canvas, jumped[3].canvas)
    worlds = [state.worlds[0] for state in jumped]
    assert worlds[3].depth < worlds[4].depth == plain[4].worlds[0].depth
    near = {octave: torch.equal(worlds[4].places[octave], place) for octave, place in plain[4].worlds[0].places.items()}
    assert not any(near.values())
    assert not torch.equal(plain[4].canvas, jumped[4].canvas)
    apart, anew = (
        float((jumped[4].canvas - other).abs().mean())
        for other in (plain[4].canvas, whole.scene.picture(whole.scene.clock.tick(0)))
    )
    assert apart < anew, "the picture itself goes on"
    assert not cut.scene.cut(cut.scene.clock.tick(3), cut.scene.clock.tick(4)), "frames on the way are mixed as ever"


@pytest.mark.parametrize("to", ["fresh", "garden"])
def test_a_take_goes_on_up_to_a_cut_that_is_new(to: str) -> None:
    def digests(at: str) -> list[str]:
        text = f"{{dream: {{objective: {GARDEN}}}, cuts: {{at: {at}, to: {to}}}}}"
        config = load_text(text, overrides=USUAL)
        return [link.digest for link in tick_chain(config, build(config, tiny.CPU), 1)]

    none, once, twice = map(digests, ("none", "[0.8s]", "[0.8s, 1.6s]"))
    assert [a == b for a, b in zip(none, once, strict=True)] == [True] * 4 + [False] * (len(none) - 4)
    assert [a == b for a, b in zip(once, twice, strict=True)] == [True] * 7 + [False] * (len(none) - 7)


def test_a_garden_that_jumps_twice_grows_other_kinds_each_time() -> None:
    cut = film(GARDEN, "cuts: {at: every 1b, to: garden}")
    places = [state.worlds[0].places[0] for state in ticks(cut)]
    turns = np.array([float(torch.atan2(place[1, 0], place[0, 0])) for place in places])
    assert list(np.flatnonzero(np.abs(np.diff(turns)) > 1e-6) + 1) == [4, 7]
    assert cut.scene.loop is NONE
    assert Fraction(cut.scene.clock.bpm) == 75
