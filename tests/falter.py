"""A machine that falters for a moment: (a command, the number of a system call, an errno) -> what came of it.

Each call on a file below a folder is counted by a library (falter.c) that is loaded before the system's own, so that those of
Python, of Pillow and of ffmpeg's readers count alike. The programs that a render starts, such as ffmpeg, are not touched.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHORT = -1  # in the place of an errno: the call does half of what it should, as it may
FAULTS: Mapping[str, tuple[int, ...]] = {  # how each call can fail
    "open": (errno.EIO, errno.EACCES),
    "create": (errno.EIO, errno.EACCES, errno.ENOSPC),
    "read": (errno.EIO, SHORT),
    "write": (errno.ENOSPC, errno.EIO, SHORT),
    "fsync": (errno.EIO, errno.ENOSPC),
    "ftruncate": (errno.EIO,),
    "flock": (errno.EIO, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP),
    "rename": (errno.EIO, errno.EACCES, errno.ENOSPC),
    "unlink": (errno.EIO, errno.EACCES),
    "mkdir": (errno.ENOSPC, errno.EACCES),
    "rmdir": (errno.EIO, errno.EACCES),
    "opendir": (errno.EIO,),
}
VARIES = {".lock", "run.json", "index.html"}  # files that name processes and times


@dataclass(frozen=True)
class End:
    """How a command ended. calls: what it did on the disk, as lines "read street.mkv"."""

    code: int
    words: str
    calls: tuple[str, ...]


def library(folder: Path) -> Path | None:
    """The library, compiled; None where there is no compiler of C, or no library can be loaded before the system's."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if sys.platform != "linux" or not compiler:
        return None
    made = folder / "falter.so"
    done = subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, HERE / "falter.c", "-ldl"], capture_output=True)
    return made if done.returncode == 0 else None


SERVER = f"""
import sys
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]
import falter
falter.serve()
"""


class Machine:
    """A process in which everything is imported, which forks one for each command."""

    def __init__(self, preloaded: Path, under: Path) -> None:
        environment = {**os.environ, "LD_PRELOAD": str(preloaded), "FALTER_UNDER": str(under), "RENDER_OFFLINE": "1"}
        environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
        environment["FALTER_LIBRARY"] = str(preloaded)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SERVER],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, folder: Path, words: Sequence[str], number: int = 0, fault: int = 0) -> End:
        """The command in that folder, whose call of that number, from 1, fails so."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([str(folder), list(words), number, fault]), file=self._process.stdin, flush=True)
        code, said, calls = json.loads(self._process.stdout.readline())
        return End(code, said, tuple(calls))

    def close(self) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.stdout.close()  # type: ignore[union-attr]
        self._process.wait()


@contextmanager
def machine(preloaded: Path, under: Path) -> Iterator[Machine]:
    made = Machine(preloaded, under)
    try:
        yield made
    finally:
        made.close()


def serve() -> None:
    """Read commands from stdin, a line each, run each in a fork, and write how it ended."""
    import av  # noqa: F401
    import tiny
    import torch
    from PIL import Image

    from render import cli, facts  # noqa: F401
    from render.develop import shoot
    from render.dream import registry
    from render.show import gallery  # noqa: F401
    from render.source import mask, video  # noqa: F401

    torch.set_num_threads(1)
    Image.init()
    for name in ("bestiary", "efficientnet_lite0"):
        registry.NETWORKS[name] = lambda weights, device: tiny.network()  # type: ignore[index]
    shoot.helps = lambda device: False
    for line in sys.stdin:
        folder, words, number, fault = json.loads(line)
        print(json.dumps(_fork(folder, words, number, fault)), flush=True)


def _fork(folder: str, words: Sequence[str], number: int, fault: int) -> tuple[int, str, list[str]]:
    diary, said = os.memfd_create("calls"), os.memfd_create("words")
    child = os.fork()
    if not child:
        _live(folder, words, number, fault, diary, said)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    texts = []
    for file in (said, diary):
        os.lseek(file, 0, os.SEEK_SET)
        with os.fdopen(file, encoding="utf-8", errors="replace") as content:
            texts.append(content.read())
    calls = [f"{call} {Path(path).name}" for call, _, path in (line.partition(" ") for line in texts[1].splitlines())]
    return code, texts[0], calls


def _live(folder: str, words: Sequence[str], number: int, fault: int, diary: int, said: int) -> None:
    """The life of the fork, which never returns."""
    from render import cli

    code: Any = 1
    try:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(said, 2)
        ctypes.CDLL(os.environ["FALTER_LIBRARY"]).falter_arm(number, fault, diary)
        cli.main(words)
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
