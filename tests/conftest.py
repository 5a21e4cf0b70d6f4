"""What all tests share: one thread, because processor cores are shared; and a tiny network in the place of the embedded one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import tiny
import torch
from commands import Command, Said, exit_code

from render.dream import registry

torch.set_num_threads(1)

# Signals that whoever began the tests ignores (a shell's background job, nohup) stay ignored in what a test starts: films would
# not hear that they are to stop.
for number in (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
os.environ["RENDER_OFFLINE"] = "1"  # no test asks the internet for anything; those of fetching have a host on loopback


@pytest.fixture
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks that films have without a file mean a tiny random one for one test."""
    for name in ("bestiary", "efficientnet_lite0"):
        monkeypatch.setitem(registry.NETWORKS, name, lambda weights, device: tiny.network())


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """`render` in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def run(*arguments: str) -> Said:
        said = Said(exit_code(*arguments), *capfd.readouterr())
        assert "Traceback" not in said.words
        return said

    return run
