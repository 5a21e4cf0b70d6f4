"""Commands. A queue as a list of command lines, for whatever starts programs elsewhere: GNU parallel, Slurm, a farm."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path


def command(path: Path, overrides: Sequence[str], quality: str, device: str, root: Path, flags: Sequence[str] = ()) -> str:
    """The line that renders one film, as a shell reads it; it begins in the folder where this one was asked for.

    >>> command(Path("zoom.yaml"), ["seed=3"], "draft", "auto", Path("runs"))
    'render zoom.yaml --set seed=3 -q draft --progress plain'
    """
    words = ["render", f"./{path}" if str(path).startswith("-") else str(path)]
    words += [word for override in overrides for word in ("--set", override)]
    words += ["-q", quality] if quality != "final" else []
    words += ["--device", device] if device != "auto" else []
    words += ["-o", str(root)] if root != Path("runs") else []
    return shlex.join([*words, *flags, "--progress", "plain"])
