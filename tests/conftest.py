"""What all tests share: one thread, because processor cores are shared; and a tiny network in the place of the embedded one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
torch.set_num_threads(1)


@pytest.fixture
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """`network: bestiary` means a tiny random network for one test."""
    import tiny

    from render.dream import network

    monkeypatch.setitem(network.NETWORKS, "bestiary", lambda weights, device: tiny.network())
