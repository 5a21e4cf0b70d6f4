"""Laws of the scenes of known motion: a frame carried by its flow is the next frame, and what was hidden was hidden."""

from __future__ import annotations

import coherence
import numpy as np
import pytest
import scenes

SIZE = (72, 128)
MOVING = ["layers", "zoom", "fast", "sway"]


@pytest.mark.parametrize("name", MOVING)
def test_flow_is_exact_both_ways_and_far(name: str) -> None:
    footage = scenes.SCENES[name](SIZE, 8)
    for one, other in ((5, 4), (4, 5), (6, 2)):
        way = footage.way(one, other)
        off = np.abs(footage.frames[one] - coherence.carry(footage.frames[other], way.field))
        assert off[way.known].mean() < 1 / 255
        assert way.known.mean() > 0.6
        wrong = np.abs(footage.frames[one] - footage.frames[other])
        assert off[way.known].mean() < 0.35 * wrong[way.known].mean(), "it does move"


@pytest.mark.parametrize("name", ["layers", "fast"])
def test_what_is_hidden_is_where_ground_comes_out_behind_the_thing(name: str) -> None:
    footage = scenes.SCENES[name]((144, 256), 8)
    way = footage.way(5, 4)
    off = np.abs(footage.frames[5] - coherence.carry(footage.frames[4], way.field)).mean(2)
    assert 0.001 < way.hidden.mean() < 0.1
    assert not (way.hidden & way.known).any()
    assert off[way.hidden].mean() > 8 * off[way.known].mean()
    x = np.nonzero(way.hidden)[1].mean()
    assert x < np.nonzero(footage.way(4, 5).hidden)[1].mean(), "it goes right: ground comes out on its left"


def test_scenes_are_as_long_as_asked_and_the_same_each_time() -> None:
    for name, scene in scenes.SCENES.items():
        one, other = scene((36, 64), 5), scene((36, 64), 5)
        assert len(one.frames) == 5, name
        assert all(frame.shape == (36, 64, 3) and frame.dtype == np.float32 for frame in one.frames), name
        assert all(np.array_equal(a, b) for a, b in zip(one.frames, other.frames, strict=True)), name


def test_noise_and_return() -> None:
    still = scenes.still(SIZE, 4).frames
    inner = (still[1] > 0.05) & (still[1] < 0.95) & (still[2] > 0.05) & (still[2] < 0.95)
    assert (still[1] - still[2])[inner].std() == pytest.approx(2 * 2**0.5 / 255, rel=0.1)
    sway = scenes.sway(SIZE, 101).frames
    assert np.abs(sway[100] - sway[0]).max() < 2 / 255, "after a hundred frames it is where it was"
