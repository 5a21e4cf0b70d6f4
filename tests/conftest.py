"""What all tests share: one thread, because processor cores are shared; and a tiny network in the place of the embedded one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
torch.set_num_threads(1)


@pytest.fixture
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks that films have without a file mean a tiny random one for one test."""
    import tiny

    from render.dream import registry

    for name in ("bestiary", "efficientnet_lite0"):
        monkeypatch.setitem(registry.NETWORKS, name, lambda weights, device: tiny.network())


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    words: str

    @property
    def paths(self) -> list[str]:
        """The lines of stdout."""
        return self.out.splitlines()


@pytest.fixture
def command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Said]]:
    """`render` in this process, in a folder of its own."""
    from render import cli

    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str) -> Said:
        code = 0
        try:
            cli.main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        said = Said(code, *capfd.readouterr())
        assert "Traceback" not in said.words
        return said

    yield run
    signal.signal(signal.SIGTERM, before)
