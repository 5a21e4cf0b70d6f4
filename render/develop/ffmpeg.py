"""Films as bytes. The one place that starts ffmpeg: frames go in and come out as arrays, files appear only when whole.

A killed ffmpeg, or one whose parent was killed, can leave a short file that reads clean, so a file counts only once its
exit code was seen and its frames were counted.
"""

from __future__ import annotations

import errno
import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO, Any, Literal

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from render.develop.files import PART, beside, full
from render.errors import DevelopError, MissingError, RenderError, RoomError

Pixels = NDArray[Any]
PixelFormat = Literal["rgb24", "rgba", "rgb48le", "rgba64le"]
Send = Callable[[Pixels], None]

TYPES: dict[str, tuple[int, np.dtype[Any]]] = {  # channels, and the type of each
    "rgb24": (3, np.dtype("u1")),
    "rgba": (4, np.dtype("u1")),
    "rgb48le": (3, np.dtype("<u2")),
    "rgba64le": (4, np.dtype("<u2")),
}
EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact")  # no random ids, no dates: same frames, same bytes
ECHOES = ("Terminating thread", "Task finished", "Conversion failed", "Error opening output", "Could not open encoder")
UNFINISHED = re.compile(rf"file:.*?{re.escape(PART)}[\w.-]*")  # how ffmpeg calls a file that has no name yet
NO_SPACE_EXITS = {228, -getattr(signal, "SIGXFSZ", 228)}  # for ENOSPC, which ffmpeg does not always put into words; at a limit
CARRIERS = "mov,mp4,matroska,webm"  # the formats that can hold a configuration: others may name files and addresses to be read
MOST_METADATA = 2**22  # bytes: a configuration has a few thousand

_running: set[_Child] = set()  # every ffmpeg that this process has at work


@contextmanager
def writing(
    path: Path,
    size: tuple[int, int],
    fps: Fraction,
    pixels: PixelFormat,
    arguments: Sequence[str],
    merges: bool = False,
) -> Iterator[Send]:
    """A function that takes one frame [H, W, 3 or 4] after the other; leaving the block puts the whole file in place.

    merges: the format stores equal neighbours as one longer frame, so that it is measured in time, not counted.
    Raises DevelopError with ffmpeg's own words, or RoomError; then, as on any exception inside, nothing is left behind.
    """
    with beside(path) as part, feeding(part, path, size, fps, pixels, arguments, merges) as send:
        yield send


@contextmanager
def feeding(
    part: Path,
    path: Path,
    size: tuple[int, int],
    fps: Fraction,
    pixels: PixelFormat,
    arguments: Sequence[str],
    merges: bool = False,
) -> Iterator[Send]:
    """A function that takes frames into `part`, of which `path` is to be made, whole when the block is left. As `writing`."""
    (width, height), (channels, kind) = size, TYPES[pixels]
    raw = ("-f", "rawvideo", "-pixel_format", pixels, "-video_size", f"{width}x{height}", "-framerate", str(fps))
    sent = 0
    with _run("-y", *raw, "-i", "pipe:0", *arguments, f"file:{part}", feed=True) as child:
        assert child.stdin is not None
        pipe = child.stdin

        def send(frame: Pixels) -> None:
            nonlocal sent
            if (frame.shape, frame.dtype) != ((height, width, channels), kind):
                raise ValueError(f"a frame of {frame.shape} {frame.dtype} for {width}x{height} {pixels}")
            _feed(pipe, frame, child, path)
            sent += 1

        yield send
        if not sent:
            raise DevelopError(f"{path}: a film without frames")
        _finish(child, pipe, path)
        _prove(part, path, sent, fps, merges)


def convert(
    part: Path,
    path: Path,
    inputs: Sequence[Path],
    arguments: Sequence[str],
    frames: int,
    fps: Fraction,
    merges: bool = False,
) -> None:
    """Make `part`, which is to become `path`, from files; it must come out `frames` long. Errors as in `writing`."""
    sources = [word for file in inputs for word in ("-i", f"file:{file.absolute()}")]
    with _run("-y", *sources, *arguments, f"file:{part.absolute()}") as child:
        _finish(child, None, path)
    _prove(part, path, frames, fps, merges)


def count(path: Path) -> int:
    """How many frames a finished file holds, counted in the file itself without decoding."""
    return len(_packets(path, path))


@cache
def encoders() -> frozenset[str]:
    """The names of the encoders that this ffmpeg has."""
    words = (line.split() for line in _answer("-encoders").splitlines())
    return frozenset(line[1] for line in words if len(line) > 1 and line[0][0] in "VA" and line[1] != "=")


@cache
def finds_hardware(encoder: str) -> bool:
    """Whether an encoder that is in this ffmpeg finds the hardware it needs: it is tried on two frames."""
    frames = ("-f", "lavfi", "-i", "color=black:size=256x144", "-frames:v", "2")
    with _run(*frames, "-c:v", encoder, "-f", "null", "-") as child:
        return child.wait() == 0


@cache
def version() -> str:
    """This ffmpeg's version, for the record of a run."""
    return _answer("-version").split()[2]


def metadata(path: Path) -> str:
    """A stranger's film's metadata as ffmpeg's own text form (escaped `key=value` lines); none if it is vast."""
    alone = ("-protocol_whitelist", "file", "-format_whitelist", CARRIERS)
    with _run(*alone, "-i", f"file:{path.absolute()}", "-f", "ffmetadata", "pipe:1") as child:
        assert child.stdout is not None
        text = child.stdout.read(MOST_METADATA + 1)
        while child.stdout.read(2**20):
            pass
        _finish(child, None, path, "read")
    return text.decode("utf-8", "replace") if len(text) <= MOST_METADATA else ""


def end_all() -> None:
    """Kill every ffmpeg that this process has at work; whoever waits for one gets a DevelopError."""
    for child in tuple(_running):
        child.kill()


@cache
def _program() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MissingError("ffmpeg is missing: pip install imageio-ffmpeg (it brings the program with it)") from error


@contextmanager
def _run(*arguments: str, feed: bool = False) -> Iterator[_Child]:
    """ffmpeg at work. Its own session, so that Ctrl-C reaches only us; ended, whatever happens, when the block is left."""
    child = _Child([_program(), "-nostdin", "-hide_banner", "-loglevel", "error", *arguments], feed)
    _running.add(child)
    try:
        yield child
    finally:
        _running.discard(child)
        child.end()


class _Child:
    """A running ffmpeg. Its words are read as they come, since a full pipe would stop it."""

    def __init__(self, command: list[str], feed: bool) -> None:
        source = subprocess.PIPE if feed else subprocess.DEVNULL
        out = subprocess.PIPE
        try:
            self._process = subprocess.Popen(command, stdin=source, stdout=out, stderr=out, start_new_session=True)
        except (OSError, ValueError) as error:
            number, reason = (
                (error.errno, error.strerror) if isinstance(error, OSError) else (None, "a name holds what none can")
            )
            wrong = RoomError if number == errno.ENOMEM else MissingError
            raise wrong(f"ffmpeg cannot be started: {reason}") from error
        self.stdin = self._process.stdin
        self.stdout = self._process.stdout
        self.words: deque[str] = deque(maxlen=40)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.words.append(line.decode("utf-8", "replace").strip())

    def wait(self) -> int:
        """The exit code, once it has ended."""
        code = self._process.wait()
        self._listener.join()
        return code

    def kill(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.kill()

    def end(self) -> None:
        """Leave nothing running or open."""
        self.kill()
        self.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                _close(pipe)

    def complaint(self, path: Path, code: int, verb: str) -> RenderError:
        """What went wrong, in ffmpeg's words."""
        words = [line for line in self.words if line]
        if code in NO_SPACE_EXITS or any("No space left" in line or "quota exceeded" in line for line in words):
            return RoomError(full(path))
        if not path.parent.is_dir():
            return MissingError(f"{path.parent}: the folder is gone")
        if code < 0:
            return DevelopError(f"{path}: ffmpeg was stopped by signal {-code}")
        return DevelopError(f"{path}: ffmpeg could not {verb} it: {UNFINISHED.sub(path.name, _useful(words))}")


def _useful(lines: list[str]) -> str:
    """The line that names the cause: the first from a part of ffmpeg that is not just passing the failure on."""
    causes = [line for line in lines if not any(echo in line for echo in ECHOES)] or lines
    return causes[0].split("] ")[-1] if causes else "it said nothing"


def _feed(pipe: IO[bytes], frame: Pixels, child: _Child, path: Path) -> None:
    try:
        pipe.write(np.ascontiguousarray(frame).data)
    except BrokenPipeError:
        raise child.complaint(path, child.wait(), "write") from None


def _finish(child: _Child, pipe: IO[bytes] | None, path: Path, verb: str = "write") -> None:
    """See the child to its end, and believe only exit code 0."""
    if pipe:
        _close(pipe)
    if code := child.wait():
        raise child.complaint(path, code, verb)


def _close(pipe: IO[bytes]) -> None:
    with suppress(BrokenPipeError):  # the child is gone already; its exit code tells
        pipe.close()


def _prove(part: Path, path: Path, frames: int, fps: Fraction, merges: bool) -> None:
    """Count the frames of a file that ffmpeg called finished."""
    packets = _packets(part, path)
    if merges and len(packets) == 1:
        return  # a film that stands still
    count = round(sum(packets) * fps) if merges else len(packets)
    if abs(count - frames) > merges:
        raise DevelopError(f"{path}: ffmpeg wrote {count} frames of {frames}")


def _packets(part: Path, path: Path) -> list[Fraction]:
    """How long each frame in `part`, which is to become `path`, is shown, in seconds."""
    with _run("-i", f"file:{part.absolute()}", "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "pipe:1") as child:
        assert child.stdout is not None
        unit, lengths = Fraction(1), []
        for line in child.stdout:
            if line.startswith(b"#tb 0:"):
                unit = Fraction(line.split(b":")[1].strip().decode())
            elif not line.startswith(b"#"):
                lengths.append(int(line.split(b",")[3]) * unit)
        _finish(child, None, path, "read")
    return lengths


def _answer(question: str) -> str:
    with _run(question) as child:
        assert child.stdout is not None
        answer = child.stdout.read().decode("utf-8", "replace")
        if child.wait() or len(answer.split()) < 3:
            raise MissingError(f"{_program()}: this is no ffmpeg that works")
        return answer
