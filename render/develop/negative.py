"""The negative. It holds the ticks of a film as segments of lossless 16-bit video, and what else the last state of each holds.

    ticks-000000.mkv  state-000015.safetensors  ticks-000001.mkv  state-000031.safetensors  …

The fold rounds each canvas to 16 bits, so what is stored *is* the state, and resuming is reading. A segment is
always [n·SEGMENT, (n+1)·SEGMENT): one that was closed early is read again into its successor, which replaces it, so an
interrupted negative ends with the same bytes as any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from fractions import Fraction
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from render.develop import ffmpeg, files
from render.errors import DevelopError, MissingError, RenderError

SEGMENT = 16  # ticks: a crash repeats half a minute of a usual film at most; starting ffmpeg costs less than 1 % of it
PATIENCE = 120.0  # seconds; slow films are made safe more often than once a segment, for 5 % of their time at most
RATE = Fraction(1)  # ticks have no frame rate of their own
# Not ffv1, the usual lossless codec: the low bits of a dream are noise, so it saves 17 % (5.00 bytes a pixel against 6.02)
# and costs 72 ms of a processor for each tick of 480x270 against 4. PNG has checksums, raw video has not.
STORED = ("-c:v", "png", "-compression_level", "0", "-pred", "none", "-pix_fmt", "rgb48be", *ffmpeg.EXACT)

Canvas = NDArray[np.uint16]


@dataclass(frozen=True)
class Kept:
    """A state as it was stored: the tick, its canvas uint16 [H, W, 3], and what else it holds."""

    tick: int
    canvas: Canvas
    extra: dict[str, Tensor]


@dataclass(frozen=True)
class _Seal:
    """What a state file says: its tick, the canvas's (width, height), and the hashes of its segment and of all of this."""

    tick: int
    size: tuple[int, int]
    ticks: str
    whole: str

    @classmethod
    def of(cls, tick: int, size: tuple[int, int], ticks: str, extra: Mapping[str, Tensor]) -> _Seal:
        return cls(tick, size, ticks, sha256(repr((tick, size, ticks)).encode() + save(dict(extra))).hexdigest())


class Negative:
    """The folder of a take's negative, for reading and for going on. Leaving the block makes all kept ticks safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._segment: AbstractContextManager[ffmpeg.Send] | None = None  # being written
        self._send: ffmpeg.Send | None = None
        self._newest: tuple[int, tuple[int, int], dict[str, Tensor]] | None = None  # tick, size and extra last kept
        self._since = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.close()
        except RenderError:
            if error is None:  # else the first failure is the one to tell
                raise

    def last(self) -> Kept | None:
        """The newest state that is whole, or None; a damaged or half-written one is passed over for the one before."""
        for seal, extra in self._whole():
            with suppress(DevelopError), closing(self._read(seal.tick // SEGMENT, seal.size)) as canvases:
                for canvas in islice(canvases, seal.tick % SEGMENT, None):
                    return Kept(seal.tick, canvas, extra)
        return None

    def ticks(self, start: int = 0, step: int = 1) -> Iterator[Canvas]:
        """The canvases from tick `start` to the newest whole one (step -1: to tick 0); DevelopError names a damaged file."""
        seal, _ = next(self._whole(), (None, None))
        if seal is None:
            raise MissingError(f"{self.folder}: there are no dreams here")
        last = seal.tick if step > 0 else 0
        for number in range(start // SEGMENT, last // SEGMENT + step, step):
            first, end = number * SEGMENT, min((number + 1) * SEGMENT, seal.tick + 1)
            onwards = self._canvases(number, seal.size, range(max(start, first) if step > 0 else first, end))
            yield from onwards if step > 0 else list(islice(onwards, start + 1 - first))[::-1]

    def following(self, start: int, last: int, size: tuple[int, int], wait: Callable[[int], None]) -> Iterator[Canvas]:
        """The canvases from tick `start` to `last` of a film that is being dreamed; `wait` returns when so many are safe."""
        for number in range(start // SEGMENT, last // SEGMENT + 1):
            first, end = number * SEGMENT, min((number + 1) * SEGMENT, last + 1)
            wait(end)
            yield from self._canvases(number, size, range(max(start, first), end))

    def _canvases(self, number: int, size: tuple[int, int], wanted: range) -> Iterator[Canvas]:
        """Those of segment `number` that are wanted, which goes to its end."""
        given = wanted.start
        with closing(self._read(number, size)) as canvases:
            for canvas in islice(canvases, wanted.start % SEGMENT, None):
                given += 1
                yield canvas
        if given != wanted.stop:
            raise DevelopError(f"{self._ticks(number)}: damaged; delete it and render again from there")

    def keep(self, tick: int, canvas: Canvas, extra: Mapping[str, Tensor]) -> None:
        """Add the next tick: its canvas uint16 [H, W, 3], and what else the state holds (not copied before it is stored).

        Raises RoomError, MissingError or RenderError; then the ticks since the last segment are not kept.
        """
        if self._newest and tick != self._newest[0] + 1:
            raise ValueError(f"tick {tick} after tick {self._newest[0]}")
        size = (canvas.shape[1], canvas.shape[0])
        try:
            with _while_rendering():
                (self._send or self._open(tick, size))(canvas)
        except BaseException as error:
            self._abandon(error)
            raise
        self._newest = tick, size, dict(extra)
        if (tick + 1) % SEGMENT == 0 or monotonic() - self._since > PATIENCE:
            self.close()

    def close(self) -> None:
        """Make safe what was kept, a begun segment too. More may be kept afterwards."""
        if not self._segment or not self._newest:
            return
        segment, self._segment, self._send = self._segment, None, None
        with _while_rendering():
            segment.__exit__(None, None, None)
        self._tidy(self._newest[0])
        self._since = monotonic()

    def _open(self, tick: int, size: tuple[int, int]) -> ffmpeg.Send:
        """Begin the segment of `tick` with those of its ticks that an earlier, shorter one holds."""
        number = tick // SEGMENT
        if number and not self._ticks(number - 1).exists():
            raise MissingError(f"{self.folder}: the dreams before number {tick + 1} are gone")
        if not self._newest:
            self._forget(tick)
        path = self._ticks(number)
        self._segment = ffmpeg.writing(path, size, RATE, "rgb48le", STORED, proven=self._seal)
        self._send = self._segment.__enter__()
        if tick % SEGMENT:
            with closing(self._read(number, size)) as canvases:
                for canvas in islice(canvases, tick % SEGMENT):
                    self._send(canvas)
        return self._send

    def _seal(self, part: Path) -> None:
        """Store the state that belongs to a finished segment before that gets its place.

        Killed in between, the segment in place does not match this state and still matches the one before.
        """
        assert self._newest
        tick, size, extra = self._newest
        extra = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in extra.items()}
        seal = _Seal.of(tick, size, _hash(part), extra)
        # One entry, since safetensors writes several in no fixed order.
        files.write(self._state(tick), save(extra, {"seal": json.dumps(asdict(seal))}))

    def _abandon(self, error: BaseException) -> None:
        segment, self._segment, self._send = self._segment, None, None
        self._newest = None
        if segment:
            with suppress(type(error), RenderError):
                segment.__exit__(type(error), error, error.__traceback__)

    def _whole(self) -> Iterator[tuple[_Seal, dict[str, Tensor]]]:
        """States whose own file and segment are as they were written, newest first, with no gap before them."""
        present = 0
        while self._ticks(present).exists():
            present += 1
        for tick in sorted(self._states(), reverse=True):
            if tick < present * SEGMENT:
                with suppress(OSError, ValueError, KeyError, TypeError, SafetensorError):
                    content = self._state(tick).read_bytes()
                    extra, seal = load(content), _opened(content)  # in this order: load() refuses what is nested too deep
                    found = _hash(self._ticks(tick // SEGMENT))
                    if seal.tick == tick and seal == _Seal.of(tick, seal.size, found, extra):
                        yield seal, extra

    def _read(self, number: int, size: tuple[int, int]) -> Generator[Canvas, None, None]:
        return ffmpeg.read(self._ticks(number), size, "rgb48le")

    def _forget(self, tick: int) -> None:
        """Remove what was passed over when going on with `tick`: nothing may follow it."""
        for path in self.folder.glob("ticks-*.mkv"):
            if path.stem[6:].isdigit() and int(path.stem[6:]) > tick // SEGMENT:
                path.unlink(missing_ok=True)
        for later in (state for state in self._states() if state >= tick):
            self._state(later).unlink(missing_ok=True)

    def _tidy(self, newest: int) -> None:
        """Remove states of segments that have grown since."""
        for tick in self._states():
            if tick < newest and (tick + 1) % SEGMENT:
                self._state(tick).unlink(missing_ok=True)

    def _states(self) -> list[int]:
        stems = (path.stem[6:] for path in self.folder.glob("state-*.safetensors"))
        return [int(stem) for stem in stems if stem.isdigit()]

    def _ticks(self, number: int) -> Path:
        return self.folder / f"ticks-{number:06}.mkv"

    def _state(self, tick: int) -> Path:
        return self.folder / f"state-{tick:06}.safetensors"


def settled(tick: int) -> int:
    """How many ticks, up to and with that one, lie in segments that will not grow any more."""
    return (tick + 1) // SEGMENT * SEGMENT


def _opened(content: bytes) -> _Seal:
    """The seal in the bytes of a state file."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    seal = json.loads(header["__metadata__"]["seal"])
    return _Seal(seal["tick"], (seal["size"][0], seal["size"][1]), seal["ticks"], seal["whole"])


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def _while_rendering() -> Iterator[None]:
    """A negative that cannot be written is a failed render; prints have nothing to do with it."""
    try:
        yield
    except DevelopError as error:
        raise RenderError(error.message, "what was dreamed before is safe, and the same command goes on from there") from error
