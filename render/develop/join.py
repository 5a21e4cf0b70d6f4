"""Joining. Several takes as one film, one after the other, made from their negatives: (folders) -> a print."""

from __future__ import annotations

import wave
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from torch import Tensor

from render.develop import files, prints
from render.develop.ffmpeg import Pixels
from render.develop.outside import require_replaceable, sources_of
from render.develop.placement import Placement, Settings, note_elsewhere, place_alone, settings_like
from render.develop.reel import Reel, open_reel, seconds_of
from render.develop.shoot import Prints
from render.develop.takes import newest_take
from render.errors import ConfigError
from render.picture.colour import crossfade
from render.picture.picture import resize, to_pixels
from render.source.sound_file import Samples, Sound, film_samples

SAMPLES, CHANNELS = 48_000, 2  # of joined sound: a second, and side by side
LIKE = 0.01  # by which two pictures' proportions may differ and still be the same


def join(folders: Sequence[Path], file: str | None, fade: str, settings: Settings) -> Prints:
    """Develop takes into one film, one after the other, from their negatives: each frame is encoded once.

    file: the film; A+B in the working folder, of the kind of the first one's first output, if there is none. fade: a time over
    which each fades into the next, "" for a cut. The first says how large the film is, and how many frames a second it has.
    Raises as `print_again`, and ConfigError for takes that do not fit together.
    """
    with ExitStack() as stack:
        # A take that comes twice is opened once, by whatever names it comes.
        takes = [newest_take(folder).resolve() for folder in folders]
        opened = {take: stack.enter_context(open_reel(take)) for take in dict.fromkeys(takes)}
        reels = [opened[take] for take in takes]
        first, names = reels[0], [reel.config.name for reel in reels]
        _require_one_shape(reels)
        overlap = _overlap(fade, reels)
        title, output = " + ".join(names), first.config.outputs[0]
        different = [*dict.fromkeys(names)]  # of one film's takes A+A: A alone may be the footage that it was made from
        usual = "+".join(different if len(different) > 1 else names[:2]) + output.suffix
        like = settings_like(output, {"alpha": "none", **settings})
        placement = place_alone(file or "", usual, settings, like, Path())
        sources = [source for reel in reels for source in sources_of(reel.config)]
        require_replaceable(placement.first_file(title), sources, marks=first.take.elsewhere)
        paths, notices = _develop(reels, overlap, placement, title)
        note_elsewhere(first.take, [placement], title)
        return paths, [*chain(*(reel.take.notices for reel in reels)), *notices]


def _overlap(fade: str, reels: Sequence[Reel]) -> Fraction:
    """The seconds over which each film fades into the next; ConfigError where one of them does not last as long."""
    overlap = seconds_of(fade, reels[0].scene.clock) if fade else Fraction(0)
    if short := next((reel for reel in reels if overlap >= reel.seconds), None):
        raise ConfigError(f"--crossfade {fade}: {short.take.folder} lasts {float(short.seconds):.6g} s", "fade shorter")
    return overlap


def _develop(reels: Sequence[Reel], overlap: Fraction, placement: Placement, title: str) -> Prints:
    """The joined film: its frames as the first film's are, and what is heard with it."""
    scene, folder, output = reels[0].scene, placement.folder, placement.output

    def frames(fps: Fraction) -> Iterator[Pixels]:
        films = [(resize(frame, scene.size) for frame in reel.frames(fps)) for reel in reels]
        return (to_pixels(frame, np.uint16) for frame in join_frames(films, round(overlap * fps)))

    with join_sound(reels, overlap, folder / output.file) as sound:
        return prints.develop([output], frames, reels[0].size, scene.clock.fps, folder, title, "", sound)


def _require_one_shape(reels: Sequence[Reel]) -> None:
    for before, after in pairwise(reels):
        (wide, high), (width, height) = before.size, after.size
        if abs(wide * height / (width * high) - 1) > LIKE:
            raise ConfigError(
                f"{after.take.folder}: its pictures are {width}x{height}, and those of {before.take.folder} {wide}x{high}",
                "films of one shape can be joined",
            )


def join_frames(films: Sequence[Iterator[Tensor]], overlap: int) -> Iterator[Tensor]:
    """The frames of films, one film after the other; the last `overlap` frames of each fade into the first of the next."""
    ending: list[Tensor] = []
    for film in films:
        coming = deque[Tensor]()
        for index, frame in enumerate(film):
            if index < len(ending):
                share = (index + 1) / (overlap + 1)
                frame = crossfade(ending[index], frame, share * share * (3 - 2 * share))
            coming.append(frame)
            if len(coming) > overlap:
                yield coming.popleft()
        ending = [*coming]
    yield from ending


@contextmanager
def join_sound(reels: Sequence[Reel], overlap: Fraction, path: Path) -> Iterator[Sound | None]:
    """What is heard of takes one after the other, as a file beside `path` while the block lasts; None where all are silent."""
    sounds = [reel.sound((Fraction(0), reel.seconds)) for reel in reels]
    if not any(sounds):
        yield None
        return
    seconds = sum((reel.seconds for reel in reels), Fraction(0)) - overlap * (len(reels) - 1)
    blocks = (_samples(sound, reel.seconds) for sound, reel in zip(sounds, reels, strict=True))
    with files.scratch(path, ".wav") as place:
        with wave.open(str(place), "wb") as track:
            track.setparams((CHANNELS, 2, SAMPLES, 0, "NONE", ""))
            for block in join_samples(blocks, round(overlap * SAMPLES)):
                track.writeframes((block.T.clip(-1, 1) * 32767).astype("<i2").tobytes())
        yield Sound(place, Fraction(0), seconds, sounds[-1].fade if sounds[-1] else 0.0)


def _samples(sound: Sound | None, seconds: Fraction) -> Iterator[Samples]:
    """The samples [CHANNELS, n] of a film that lasts so long, block by block; silence where it has none."""
    if sound:
        yield from film_samples(sound, SAMPLES, "stereo")
        return
    for start in range(0, round(seconds * SAMPLES), SAMPLES):
        yield np.zeros((CHANNELS, min(SAMPLES, round(seconds * SAMPLES) - start)), np.float32)


def join_samples(films: Iterable[Iterator[Samples]], overlap: int) -> Iterator[Samples]:
    """The samples of films, one film after the other; the last `overlap` of each fade into the first of the next."""
    ending = np.zeros((CHANNELS, 0), np.float32)
    for film in films:
        coming, passed = np.zeros((CHANNELS, 0), np.float32), 0
        for block in film:
            fading = ending[:, passed : passed + block.shape[1]]
            count = fading.shape[1]
            share = (passed + np.arange(1, count + 1)) / (overlap + 1)
            mixed = block.astype(np.float32)
            mixed[:, :count] = fading * (1 - share) + mixed[:, :count] * share
            coming, passed = np.concatenate((coming, mixed), axis=1), passed + block.shape[1]
            whole = max(0, coming.shape[1] - overlap)
            yield coming[:, :whole]
            coming = coming[:, whole:]
        ending = coming
    yield ending
