"""Laws of the judge's figures: each knows a dream that is glued to what moves from one that boils, haunts, fades or blurs."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import coherence
import cv2
import numpy as np
import pytest
import scenes
from coherence import Footage, Picture, Way

SIZE = (48, 80)


def grain(seed: int, size: tuple[int, int] = SIZE) -> Picture:
    """Detail of rms 0.08, smooth enough to be moved."""
    rough = np.random.default_rng(seed).standard_normal((*size, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(rough, (0, 0), 1.2)
    return 0.08 * soft / soft.std()


def panned(count: int = 8) -> tuple[Footage, list[Picture]]:
    """Footage that moves by 2 pixels a frame to the left, and the detail that would be glued to it; no interpolation in it."""
    ground, detail = 0.5 + grain(1, (48, 120)), grain(2, (48, 120))
    frames = [np.ascontiguousarray(ground[:, 2 * t : 2 * t + 80]) for t in range(count)]

    def way(one: int, other: int) -> Way:
        field = np.zeros((*SIZE, 2), np.float32)
        field[..., 0] = 2 * (one - other)
        x = np.arange(80) + field[0, 0, 0]
        known = np.broadcast_to((x >= 0) & (x <= 79), SIZE).copy()
        return Way(field, known, np.zeros(SIZE, bool))

    return Footage(frames, way), [np.ascontiguousarray(detail[:, 2 * t : 2 * t + 80]) for t in range(count)]


def over(footage: Footage, details: list[Picture]) -> list[Picture]:
    return [s + d for s, d in zip(footage.frames, details, strict=True)]


def test_what_is_glued_does_not_flicker_and_what_is_new_each_time_does() -> None:
    footage, detail = panned()
    glued, boiling = over(footage, detail), over(footage, [grain(10 + t) for t in range(8)])
    in_place = over(footage, [detail[0]] * 8)
    for figure in (coherence.flicker, coherence.warp_error):
        assert figure(glued, footage, 2) == pytest.approx(0, abs=1e-6)
        assert figure(glued, footage, 2, 4) == pytest.approx(0, abs=1e-6)
    assert coherence.flicker(boiling, footage, 2) == pytest.approx(1, abs=0.06)
    assert 0.1 < coherence.flicker(in_place, footage, 2) < 1
    assert coherence.warp_error(boiling, footage, 2) == pytest.approx(2 * 0.08**2, rel=0.06), "the mean over channels, as Lai's"


def test_what_footage_does_by_itself_is_no_fault_of_the_dream() -> None:
    footage, detail = panned()
    noisy = replace(footage, frames=[s + grain(40 + t) for t, s in enumerate(footage.frames)])
    floor = coherence.warp_error(noisy.frames, noisy, 2)
    assert floor == pytest.approx(2 * 0.08**2, rel=0.06)
    assert coherence.excess(noisy.frames, noisy, 2) == 0
    assert coherence.excess(over(noisy, detail), noisy, 2) == pytest.approx(0, abs=0.02 * floor)
    boiling = over(noisy, [grain(10 + t) for t in range(8)])
    assert coherence.excess(boiling, noisy, 2) == pytest.approx(2 * 0.08**2, rel=0.1)


def test_flicker_knows_no_strength_and_warp_error_does() -> None:
    footage, _ = panned()
    boil = [grain(10 + t) for t in range(8)]
    strong, weak = over(footage, boil), over(footage, [d / 4 for d in boil])
    assert coherence.flicker(weak, footage, 2) == pytest.approx(coherence.flicker(strong, footage, 2), rel=1e-3)
    assert 16 * coherence.warp_error(weak, footage, 2) == pytest.approx(coherence.warp_error(strong, footage, 2), rel=1e-3)
    assert isnan(coherence.flicker(footage.frames, footage, 2)), "no dream is not a steady dream"


def test_strength_drift_level_and_sharpness() -> None:
    footage, detail = panned()
    fading = over(footage, [d * 0.9**t for t, d in enumerate(detail)])
    assert coherence.strength(over(footage, detail), footage, 2) == pytest.approx(0.08, rel=0.05)
    assert coherence.drift(fading, footage) == pytest.approx(0.9**7, rel=0.05)
    assert coherence.level([footage.frames[0] + 0.004 * t for t in range(5)]) == pytest.approx(0.016, abs=1e-5)
    tinted = [footage.frames[0] + np.float32(t * 0.004) * np.array((1, 0, -1), np.float32) for t in range(5)]
    assert coherence.level(tinted) == pytest.approx(0, abs=1e-5)
    assert coherence.tint(tinted) == pytest.approx(0.016, abs=1e-5)
    assert coherence.sharpness(footage.frames, footage, 2) == pytest.approx(1)
    assert coherence.sharpness([cv2.GaussianBlur(s, (0, 0), 2) for s in footage.frames], footage, 2) < 0.1
    assert coherence.sharpness([0.5 + 2 * (s - 0.5) for s in footage.frames], footage, 2) == pytest.approx(4, rel=1e-3)


def test_ghosts_and_holes_are_seen_where_something_was_hidden() -> None:
    footage = scenes.layers((72, 128), 8)
    hidden = [footage.way(t, t - 1).hidden[..., None] for t in range(1, 8)]
    fresh = [grain(10 + t, (72, 128)) for t in range(8)]
    dragged, holes = [fresh[0]], [fresh[0]]
    for t in range(1, 8):
        dragged.append(np.where(hidden[t - 1], coherence.carry(dragged[-1], footage.way(t, t - 1).field), fresh[t]))
        holes.append(np.where(hidden[t - 1], 0.2 * fresh[t], fresh[t]))
    clean = over(footage, fresh)
    assert coherence.ghost(over(footage, dragged), footage, 2) == pytest.approx(1, abs=0.01)
    assert coherence.ghost(clean, footage, 2) < 0.3
    assert coherence.fill(clean, footage, 2) == pytest.approx(1, abs=0.15)
    assert coherence.fill(over(footage, holes), footage, 2) < 0.3
    assert isnan(coherence.fill(*[panned()[0].frames, panned()[0]], 2)), "nothing was hidden"


def test_what_survives_a_cut_is_seen() -> None:
    footage = scenes.cut((72, 128), 8)
    assert footage.cuts == (4,)
    assert all(not i < 4 <= j for i, j in footage.pairs(0))
    fresh = [grain(10 + t, (72, 128)) for t in range(8)]
    assert coherence.survival(over(footage, fresh), footage) < 0.1
    assert coherence.survival(over(footage, [*fresh[:4], 0.5 * fresh[3] + 0.5 * fresh[4], *fresh[5:]]), footage) > 0.5


def test_the_judges_own_flow_finds_known_motion_and_cuts() -> None:
    for name in ("layers", "zoom"):
        footage = scenes.SCENES[name]((72, 128), 3)
        way, true = coherence.measure_motion(footage.frames).way(2, 1), footage.way(2, 1)
        off = np.linalg.norm(way.field - true.field, axis=2)
        assert off[way.known & true.known].mean() < 0.25, name
        assert way.known.mean() > 0.7, name
    assert coherence.measure_motion(scenes.cut((72, 128), 4).frames).cuts == (2,)
