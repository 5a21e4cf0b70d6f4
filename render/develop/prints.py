"""Prints. From the frames of a film to its outputs: which frames each takes, and what writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from render.develop import encode, pictures
from render.develop.ffmpeg import Pixels, Send
from render.develop.formats import Output, require
from render.develop.job import Job, job_of
from render.develop.names import frame_path
from render.develop.sound import audio_inputs, require_same_sound
from render.errors import ConfigError
from render.source.sound_file import Sound

Ratio = Callable[[Fraction, Fraction], int]  # (fine, coarse) -> fine frames per coarse frame; 0 if their times do not coincide
Frames = Callable[[Fraction], Iterable[Pixels]]  # (rate) -> the film's frames at that rate, [H, W, 3] uint8 or uint16
CutOuts = Callable[[Fraction, str, bool], Iterable[Pixels]]  # (rate, alpha, whether in linear light) -> the same, [H, W, 4]


def develop(
    outputs: Sequence[Output],
    frames: Frames,
    size: tuple[int, int],
    fps: Fraction,
    folder: Path,
    name: str,
    config: str,
    sound: Sound | None = None,
    ratio: Ratio = lambda fine, coarse: int(fine == coarse),
    cut_outs: CutOuts | None = None,
) -> tuple[list[Path], list[str]]:
    """Develop `outputs` into `folder`; their paths (of a sequence, the first picture) and notices to be told.

    frames, cut_outs: the film, of `size` (width, height); called once for each of the `walks`, cut_outs for outputs with alpha.
    config: the resolved configuration, which goes into the files that can hold it. sound: goes into those that have one.
    Raises ConfigError or MissingError before any work, DevelopError or RoomError; what has its final name is whole.
    """
    require(outputs, name, size, sound is not None)
    if cut_outs is None and (clear := [output.file for output in outputs if output.alpha != "none"]):
        raise ConfigError(f"{clear[0]}: joined films have no alpha", "leave alpha out, and print each take with it")
    notices: list[str] = []
    jobs = [job_of(output, size, fps, folder, name, config, notices.append) for output in outputs]
    beside = next((job.path for job in jobs if job.audio), folder)
    with audio_inputs(sound, [job.audio for job in jobs], beside) as inputs:
        jobs = [replace(job, sound=inputs(job.audio, encode.SOUND)) for job in jobs]
        for cut_out in dict.fromkeys(job.cut_out for job in jobs):
            alike = [job for job in jobs if job.cut_out == cut_out]
            for rate, rates in walks((job.fps for job in alike), ratio).items():
                film = _while_same(sound, cut_outs(rate, *cut_out) if cut_outs and alike[0].clear else frames(rate))
                _send(film, [(job, ratio(rate, job.fps)) for job in alike if job.fps in rates])
    return [frame_path(job.path, 0) for job in jobs], notices


def _while_same(sound: Sound | None, frames: Iterable[Pixels]) -> Iterator[Pixels]:
    """The frames; before the last encoder is done with them, it is asked whether the music is still the file that it was."""
    yield from frames
    require_same_sound(sound)


def _send(frames: Iterable[Pixels], jobs: Iterable[tuple[Job, int]]) -> None:
    """Send each of the jobs its share of the frames: the first, and then one of so many."""
    with ExitStack() as stack:
        encoders = [(job, step, stack.enter_context(work(job))) for job, step in jobs]
        for number, frame in enumerate(frames):
            for job, step, send in encoders:
                if number % step == 0:
                    send(job.pixels_of(frame))


def work(job: Job) -> AbstractContextManager[Send]:
    """What takes the pixels of a job, and leaves its file when its block is left."""
    return pictures.writing(job) if job.format.still else encode.writing(job)


def walks(rates: Iterable[Fraction], ratio: Ratio) -> dict[Fraction, list[Fraction]]:
    """The rates at which frames are made, and with each those that its frames are enough for: itself the first."""
    walks: dict[Fraction, list[Fraction]] = {}
    for rate in sorted({*rates}, reverse=True):
        walks.setdefault(next((fine for fine in walks if ratio(fine, rate)), rate), []).append(rate)
    return walks
