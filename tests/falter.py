"""A machine that falters for a moment: (a command, the number of a system call, an errno) -> what came of it.

Each call on a file below a folder is counted by a library (falter.c) that is loaded before the system's own, so that those of
Python, of Pillow and of ffmpeg's readers count alike. Where no such library can be had, Python's own calls are counted, by its
audit hooks, which tell of no read nor write. The ffmpeg that a render starts holds its own C library within and counts no call:
a program in its place fails as it would (CHILDREN).
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
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
    "stat": (errno.EIO, errno.EACCES),
    "close": (errno.EIO,),
    "mmap": (errno.ENOMEM, errno.ENODEV),
}
AUDITED = {  # Python's audit event -> the call
    "os.remove": "unlink",
    "os.rename": "rename",
    "os.mkdir": "mkdir",
    "os.rmdir": "rmdir",
    "os.truncate": "ftruncate",
    "os.scandir": "opendir",
    "os.listdir": "opendir",
    "fcntl.flock": "flock",
}
CHILDREN: Mapping[
    str, str
] = {  # what ffmpeg's stand-in does when it is to write a film: a shell's lines, with $REAL the real one
    "is killed at once": "kill -9 $$",
    "is killed in mid-film": "head -c 3000 >/dev/null; kill -9 $$",
    "finds the disk full": 'echo "av_interleaved_write_frame(): No space left on device" >&2; exit 228',
    "cannot read": 'echo "pipe:0: Input/output error" >&2; exit 1',
    "reads all, and writes nothing": "cat >/dev/null; exit 0",
    "says nothing and fails": "exit 1",
    "writes half": 'head -c 3000 | "$REAL" "$@" 2>/dev/null; exit 0',
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

    def __init__(self, preloaded: Path | None, under: Path) -> None:
        environment = {**os.environ, "FALTER_UNDER": str(under), "RENDER_OFFLINE": "1"}
        environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
        if preloaded:
            environment |= {"LD_PRELOAD": str(preloaded), "FALTER_LIBRARY": str(preloaded)}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SERVER],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(
        self,
        folder: Path,
        words: Sequence[str],
        number: int = 0,
        fault: int = 0,
        child: str = "",
        out: str = "nothing",
        audited: bool = False,
    ) -> End:
        """The command in that folder, whose call of that number, from 1, fails so.

        child, out: rows of CHILDREN and STDOUTS. audited: Python's own calls are counted, as where there is no library.
        """
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([str(folder), list(words), number, fault, child, out, audited]), file=self._process.stdin, flush=True)
        code, said, calls = json.loads(self._process.stdout.readline())
        return End(code, said, tuple(calls))

    def close(self) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.stdout.close()  # type: ignore[union-attr]
        self._process.wait()


@contextmanager
def machine(preloaded: Path | None, under: Path) -> Iterator[Machine]:
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
    from render.config import notices  # noqa: F401
    from render.develop import join, reprint, shoot  # noqa: F401
    from render.dream import registry
    from render.show import estimate, gallery, limits, progress  # noqa: F401
    from render.source import mask, video  # noqa: F401

    torch.set_num_threads(1)
    Image.init()
    for name in ("bestiary", "efficientnet_lite0"):
        registry.NETWORKS[name] = lambda weights, device: tiny.network()  # type: ignore[index]
    shoot.helps = lambda device: False
    for line in sys.stdin:
        folder, words, number, fault, child, out, audited = json.loads(line)
        counted = not audited and "FALTER_LIBRARY" in os.environ
        print(json.dumps(_fork(folder, words, number, fault, child, out, counted)), flush=True)


def _fork(
    folder: str, words: Sequence[str], number: int, fault: int, stand_in: str, out: str, counted: bool
) -> tuple[int, str, list[str]]:
    diary, said = TemporaryFile(), TemporaryFile()  # noqa: SIM115  # closed below, when they are read
    child = os.fork()
    if not child:
        _live(folder, words, number, fault, stand_in, out, counted, diary.fileno(), said.fileno())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    texts = []
    for file in (said, diary):
        with file:
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    calls = [f"{call} {Path(path).name}" for call, _, path in (line.partition(" ") for line in texts[1].splitlines())]
    return code, texts[0], calls


def _live(
    folder: str, words: Sequence[str], number: int, fault: int, stand_in: str, out: str, counted: bool, diary: int, said: int
) -> None:
    """The life of the fork, which never returns."""
    from render import cli
    from render.develop import ffmpeg

    code: Any = 1
    try:
        os.chdir(folder)
        if stand_in:
            program = _program(Path(folder).parent / "stand-in", CHILDREN[stand_in], ffmpeg._program())
            ffmpeg._program = lambda: program  # type: ignore[assignment]
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        STDOUTS[out]()
        os.dup2(said, 2)
        if counted:
            ctypes.CDLL(os.environ["FALTER_LIBRARY"]).falter_arm(number, fault, diary)
        else:
            _audit(number, fault, diary)
        cli.main(words)
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _onto(file: int) -> None:
    os.dup2(file, 1)


def _unread() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    _onto(theirs)


def _ascii_terminal() -> None:
    theirs, ours = os.openpty()
    if not os.fork():  # somebody reads
        os.close(ours)
        with suppress(OSError):
            while os.read(theirs, 2**16):
                pass
        os._exit(0)
    os.close(theirs)
    _onto(ours)
    os.close(ours)
    sys.stdout = open(1, "w", encoding="ascii", closefd=False)  # noqa: SIM115


STDOUTS: Mapping[str, Callable[[], object]] = {  # where what a command prints goes
    "nothing": lambda: _onto(os.open(os.devnull, os.O_RDWR)),
    "closed": lambda: os.close(1),
    "a full disk": lambda: _onto(os.open("/dev/full", os.O_WRONLY)),
    "nobody reads": _unread,
    "a terminal without UTF-8": _ascii_terminal,
}


def _program(place: Path, lines: str, real: str) -> str:
    """A program in ffmpeg's place, which does as `lines` say when it is to write a film from frames, else as ffmpeg does."""
    words = f"""#!/bin/sh
REAL={real!r}
for word in "$@"; do case "$word" in pipe:0) {lines};; esac; done
exec "$REAL" "$@"
"""
    place.write_text(words)
    place.chmod(0o755)
    return str(place)


def _audit(target: int, fault: int, diary: int) -> None:
    """Count the calls that Python tells of; the one of that number fails."""
    root, number = os.environ["FALTER_UNDER"], 0

    def about_to(event: str, details: tuple[Any, ...]) -> None:
        nonlocal number
        if event == "open" and isinstance(details[0], str | bytes | os.PathLike):
            call = "create" if details[2] & os.O_CREAT else "open"
        elif event in AUDITED and details and isinstance(details[0], str | bytes | os.PathLike):
            call = AUDITED[event]
        else:
            return
        path = os.path.abspath(os.fsdecode(details[1] if event == "os.rename" else details[0]))
        if not path.startswith(root):
            return
        number += 1
        os.write(diary, f"{call} {path}\n".encode())
        if fault <= -100 and target > 0 and target <= number < target + 5:
            os.kill(os.getpid(), -100 - fault)
        if number == target and fault > 0:
            raise OSError(fault, os.strerror(fault))

    sys.addaudithook(about_to)
