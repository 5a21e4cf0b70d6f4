"""Pictures. Frames as files of their own: all of them under a name with {frame}, else the last."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from render.develop import files, stills
from render.develop.ffmpeg import Pixels, Send
from render.develop.job import Job
from render.develop.names import FRAME, frame_path
from render.plugins import function_of, of_package


def writing(job: Job) -> AbstractContextManager[Send]:
    """What takes frames and writes one picture each where the name has {frame}, else one of the last."""
    return _sequence(job) if FRAME.search(job.path.name) else _last_picture(job)


@contextmanager
def _last_picture(job: Job) -> Iterator[Send]:
    last: list[Pixels] = []
    number = 0

    def take(frame: Pixels) -> None:
        nonlocal number
        number += 1
        last[:] = [frame]

    yield take
    if number > 1:
        job.notice(f"{job.path.name} is the last frame; a name with {{frame:06}} makes a picture of each")
    files.write(job.path, _encode(job, last[0]))


@contextmanager
def _sequence(job: Job) -> Iterator[Send]:
    """All pictures wait in a folder beside their places until the last is there."""
    with files.scratch(job.path, "") as waiting:
        waiting.mkdir()
        number = 0

        def take(frame: Pixels) -> None:
            nonlocal number
            (waiting / str(number)).write_bytes(_encode(job, frame))
            number += 1

        yield take
        for frame in range(number):
            os.replace(waiting / str(frame), frame_path(job.path, frame))
    if frame_path(job.path, number).exists():
        job.notice(f"{job.path.parent}: pictures of an earlier, longer print follow after number {number - 1}")


def _encode(job: Job, frame: Pixels) -> bytes:
    """The bytes of one picture."""
    assert job.format.still
    encode, picture = function_of(job.format.still), stills.resize_pixels(frame, job.tuning.size)
    if not job.format.package:
        return bytes(encode(picture, job.config))
    with of_package(job.format.package):
        return bytes(encode(picture, job.config))
