"""Laws of the bench: shares are of the whole, a straight line is told from a bent one, and it runs."""

from __future__ import annotations

import bench
import pytest

LEAST = (64, 64)  # pixels: what GoogLeNet sees anything of


def test_what_does_not_grow_is_told() -> None:
    for still in (0.0, 3.0):
        figures = bench.per_unit("step", (1, 2, 4), [still + 2 * steps for steps in (1, 2, 4)])
        assert figures.pop("share of the least that does not grow with it (step)") == pytest.approx(
            still / (still + 2), abs=1e-9
        )
        assert list(figures.values()) == pytest.approx([still + 2, still / 2 + 2, still / 4 + 2])


def test_a_tick_is_shared_out() -> None:
    shares = bench.parts(*LEAST, 1)
    assert set(shares) == {*bench.PARTS, *bench.OPS, "all else"}
    assert all(share > 0 for share in shares.values())
    assert sum(shares.values()) == pytest.approx(1)


def test_the_blocks_do_the_work_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "BLOCKS", ("conv1", "conv3"))
    figures = bench.layers(*LEAST, 1)
    work = [figures[f"{block}: GFLOP"] for block in bench.BLOCKS]
    assert all(share > 0 for share in work)
    assert sum(work) == pytest.approx(figures["all: GFLOP"])
